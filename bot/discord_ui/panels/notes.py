"""The notes: the list, and one of them."""

from __future__ import annotations

from bot.discord_ui import pages
from bot.discord_ui.cards import MENU_OPTIONS, Card, CardPart, Menu, Option, Rule, Text, Tone, rows
from bot.discord_ui.ids import Id
from bot.discord_ui.lengths import one_line, plain
from bot.discord_ui.panels.common import counted, heading, notices, press, small, turning
from bot.discord_ui.state import State
from bot.essay.essay import Note
from bot.essay.left_out import private_count
from bot.essay.left_out import state_of as private_state

ON_A_PAGE = 8  # with 250 characters of each, a screen or two on a phone
NOWHERE = "-"  # stands for no section where one is chosen
_EXCERPT = 250
MARKED = (
    "Marked private: it stays stored, stands in no post, and no model sees it. Its mark is taken away by editing it."
)
_UNITS, _OCTETS = 2_600, 6_500  # smaller than a page of the post: the question stands above it


def listed(state: State, page: int, notice: str | None = None) -> Card:
    """The notes, some on a page, with a menu to open one."""
    essay, number, notes = state.essay, state.number, state.notes
    count = max(1, -(-len(notes) // ON_A_PAGE))
    page = min(page, count - 1)
    here = notes[page * ON_A_PAGE : (page + 1) * ON_A_PAGE]
    parts: list[CardPart] = [*notices(notice), heading(essay.title)]
    if here:
        parts.append(
            Text("\n".join(f"{_line(state, note)}\n{plain(one_line(note.text, _EXCERPT // 2))}" for note in here))
        )
        options = tuple(Option(one_line(f"{note.number}. {note.text}", 90), str(note.number)) for note in here)
        parts.append(Menu(str(Id("essay", "note", essay.id, number)), "Open a note", options))
    else:
        parts.append(Text("There are no notes yet."))
    left = sum(note.is_private and not note.damaged for note in notes)
    marked = private_count([note for note in notes if not note.is_private])
    parts.append(
        small(
            counted(len(notes), "note"),
            f"{left} left out" if left else None,
            f"{counted(marked, 'passage')} private" if marked else None,
            f"page {page + 1} of {count}",
        )
    )
    parts.extend(turning("notes", essay.id, number, page, count))
    sortable = state.structure.sections and any(note.section is None and not note.is_private for note in notes)
    parts.extend(
        rows(
            press("Sort them", "sort", essay.id, number) if state.with_model and sortable else None,
            press("Paste notes", "paste", essay.id, number),
            press("All as a file", "notes-file", essay.id, number) if notes else None,
            press("Back", "open", essay.id, number),
        )
    )
    return Card(tuple(parts))


def one(state: State, note: Note, page: int, notice: str | None = None) -> Card:
    """One note whole, and the switch that keeps it from the text and from every model."""
    essay, number = state.essay, state.number
    found = pages.pages(note.text, _UNITS, _OCTETS)
    page = min(page, max(0, len(found) - 1))
    parts: list[CardPart] = [*notices(notice), Text(_line(state, note))]
    if note.question:
        parts.append(Text(f"-# {plain(one_line(note.question, 300))}"))
    parts.append(Text(pages.shown(note.text, found[page]) if found else "…"))
    parts.append(Rule())
    parts.append(
        small(
            "It is damaged: it cannot be read, stands in no post, and no model sees it."
            if note.damaged
            else "Left out: it stays stored, stands in no post, and no model sees it."
            if note.left_out
            else MARKED
            if note.is_private
            else "In use, but for what is marked: a post may be made from the rest."
            if note.private
            else "In use: a post may be made from it."
        )
    )
    parts.extend(turning("note", essay.id, number, page, len(found), str(note.number)))
    parts.extend(_moving(state, note))
    parts.extend(
        rows(
            press("Edit", "note-edit", essay.id, number, note.number),
            press("Delete", "note-delete", essay.id, number, note.number, tone=Tone.DANGER),
            None
            if note.damaged
            else press("Take it in again", "leave-out", essay.id, number, f"0.{note.number}", tone=Tone.MAIN)
            if note.is_private
            else press("Leave it out", "leave-out", essay.id, number, f"1.{note.number}"),
            press("All notes", "notes", essay.id, number),
            press("Back", "open", essay.id, number),
        )
    )
    return Card(tuple(parts))


def deleting(state: State, note: Note, stamp: str, notice: str | None = None) -> Card:
    """The question before a note is deleted; ``stamp`` is what the answer carries of it."""
    essay, number = state.essay, state.number
    held = plain(one_line(note.text, _EXCERPT))
    return Card(
        (
            *notices(notice),
            Text(f"{_line(state, note)}\n{held}"),
            Text(
                "Delete this note for good? It cannot be brought back. Versions of the text that hold its words keep "
                "them; Leave it out keeps the note and takes it from the text."
            ),
            *rows(
                press("Keep it", "note", essay.id, number, f"0.{note.number}"),
                press("Delete for good", "note-delete", essay.id, number, stamp, tone=Tone.DANGER),
            ),
        )
    )


def _moving(state: State, note: Note) -> tuple[Menu, ...]:
    """The menu of the sections that a note can be put under; none where the structure has gone."""
    sections = state.structure.sections[: MENU_OPTIONS - 1]
    if not sections:
        return ()
    options = (
        *(Option(one_line(one.heading, 90), one.key, chosen=one.key == note.section) for one in sections),
        Option("No section", NOWHERE, chosen=state.structure.section(note.section) is None),
    )
    return (Menu(str(Id("essay", "note-move", state.essay.id, state.number, str(note.number))), "Move to", options),)


def _line(state: State, note: Note) -> str:
    section = state.structure.section(note.section)
    place = section.heading if section else "no section"
    state_of = "damaged: it cannot be read" if note.damaged else private_state(note)
    return f"**Note {note.number}** · {plain(place)}{f' · {state_of}' if state_of else ''}"
