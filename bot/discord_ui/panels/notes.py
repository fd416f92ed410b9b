"""The panels of the notes: the list, one of them, and the confirmation of its deletion."""

from __future__ import annotations

from bot.discord_ui.interactions.custom_ids import CustomId
from bot.discord_ui.messages import pages
from bot.discord_ui.messages.text_limits import escape_markdown, one_line
from bot.discord_ui.panels.cards import (
    MAX_MENU_OPTIONS,
    ButtonStyle,
    Card,
    CardPart,
    SelectMenu,
    SelectOption,
    Separator,
    TextBlock,
    action_button,
    button_rows,
    heading_text,
    notice_text,
    page_buttons,
    small_print,
)
from bot.discord_ui.panels.essay_state import EssayState
from bot.essay.essay import Note
from bot.essay.private_text import count_private_passages, describe_privacy
from bot.essay.text.words import count_noun

NOTES_PER_PAGE = 8  # a screen or two on a phone
NO_SECTION = "-"  # the value of "No section" in the menu
_MAX_EXCERPT_UNITS = 250
_MARKED_PRIVATE = (
    "Marked private: it stays stored, stands in no post, and no model sees it. Its mark is taken away by editing it."
)
_PAGE_UNITS, _PAGE_BYTES = 2_600, 6_500  # less than for a page of the post, to leave room for the question above


def notes_list_card(state: EssayState, page: int, notice: str | None = None) -> Card:
    """Return a page of the notes, with a menu to open one."""
    essay, number, notes = state.essay, state.version_number, state.notes
    page_count = max(1, -(-len(notes) // NOTES_PER_PAGE))
    page = min(page, page_count - 1)
    shown = notes[page * NOTES_PER_PAGE : (page + 1) * NOTES_PER_PAGE]
    parts: list[CardPart] = [*notice_text(notice), heading_text(essay.title)]
    if shown:
        parts.append(
            TextBlock(
                "\n".join(
                    f"{_note_line(state, note)}\n{escape_markdown(one_line(note.text, _MAX_EXCERPT_UNITS // 2))}"
                    for note in shown
                )
            )
        )
        options = tuple(SelectOption(one_line(f"{note.number}. {note.text}", 90), str(note.number)) for note in shown)
        parts.append(SelectMenu(str(CustomId("essay", "note", essay.id, number)), "Open a note", options))
    else:
        parts.append(TextBlock("There are no notes yet."))
    excluded = sum(note.is_private and not note.is_damaged for note in notes)
    marked = count_private_passages([note for note in notes if not note.is_private])
    parts.append(
        small_print(
            count_noun(len(notes), "note"),
            f"{excluded} left out" if excluded else None,
            f"{count_noun(marked, 'passage')} private" if marked else None,
            f"page {page + 1} of {page_count}",
        )
    )
    parts.extend(page_buttons("notes", essay.id, number, page, page_count))
    sortable = state.structure.sections and any(note.section is None and not note.is_private for note in notes)
    parts.extend(
        button_rows(
            action_button("Sort them", "sort", essay.id, number) if state.has_model and sortable else None,
            action_button("Paste notes", "paste", essay.id, number),
            action_button("All as a file", "notes-file", essay.id, number) if notes else None,
            action_button("Back", "open", essay.id, number),
        )
    )
    return Card(tuple(parts))


def note_card(state: EssayState, note: Note, page: int, notice: str | None = None) -> Card:
    """Return a page of one note, with the button that excludes or includes it."""
    essay, number = state.essay, state.version_number
    spans = pages.paginate(note.text, _PAGE_UNITS, _PAGE_BYTES)
    page = min(page, max(0, len(spans) - 1))
    parts: list[CardPart] = [*notice_text(notice), TextBlock(_note_line(state, note))]
    if note.question:
        parts.append(TextBlock(f"-# {escape_markdown(one_line(note.question, 300))}"))
    parts.append(TextBlock(pages.render_page(note.text, spans[page]) if spans else "…"))
    parts.append(Separator())
    parts.append(
        small_print(
            "It is damaged: it cannot be read, stands in no post, and no model sees it."
            if note.is_damaged
            else "Left out: it stays stored, stands in no post, and no model sees it."
            if note.is_excluded
            else _MARKED_PRIVATE
            if note.is_private
            else "In use, but for what is marked: a post may be made from the rest."
            if note.private_passages
            else "In use: a post may be made from it."
        )
    )
    parts.extend(page_buttons("note", essay.id, number, page, len(spans), str(note.number)))
    parts.extend(_section_menu(state, note))
    parts.extend(
        button_rows(
            action_button("Edit", "note-edit", essay.id, number, note.number),
            action_button("Delete", "note-delete", essay.id, number, note.number, style=ButtonStyle.DANGER),
            None
            if note.is_damaged
            else action_button(
                "Take it in again", "leave-out", essay.id, number, f"0.{note.number}", style=ButtonStyle.PRIMARY
            )
            if note.is_private
            else action_button("Leave it out", "leave-out", essay.id, number, f"1.{note.number}"),
            action_button("All notes", "notes", essay.id, number),
            action_button("Back", "open", essay.id, number),
        )
    )
    return Card(tuple(parts))


def confirm_delete_note_card(state: EssayState, note: Note, stamp: str, notice: str | None = None) -> Card:
    """Ask for confirmation before a note is deleted; ``stamp`` is the argument of the confirming button."""
    essay, number = state.essay, state.version_number
    excerpt = escape_markdown(one_line(note.text, _MAX_EXCERPT_UNITS))
    return Card(
        (
            *notice_text(notice),
            TextBlock(f"{_note_line(state, note)}\n{excerpt}"),
            TextBlock(
                "Delete this note for good? It cannot be brought back. Versions of the text that hold its words keep "
                "them; Leave it out keeps the note and takes it from the text."
            ),
            *button_rows(
                action_button("Keep it", "note", essay.id, number, f"0.{note.number}"),
                action_button("Delete for good", "note-delete", essay.id, number, stamp, style=ButtonStyle.DANGER),
            ),
        )
    )


def _section_menu(state: EssayState, note: Note) -> tuple[SelectMenu, ...]:
    """Return the menu of the sections that a note can be moved to; nothing if the structure is gone."""
    sections = state.structure.sections[: MAX_MENU_OPTIONS - 1]
    if not sections:
        return ()
    options = (
        *(SelectOption(one_line(one.heading, 90), one.key, selected=one.key == note.section) for one in sections),
        SelectOption("No section", NO_SECTION, selected=state.structure.find_section(note.section) is None),
    )
    return (
        SelectMenu(
            str(CustomId("essay", "note-move", state.essay.id, state.version_number, str(note.number))),
            "Move to",
            options,
        ),
    )


def _note_line(state: EssayState, note: Note) -> str:
    section = state.structure.find_section(note.section)
    heading = section.heading if section else "no section"
    condition = "damaged: it cannot be read" if note.is_damaged else describe_privacy(note)
    return f"**Note {note.number}** · {escape_markdown(heading)}{f' · {condition}' if condition else ''}"
