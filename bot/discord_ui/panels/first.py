"""The first screen: how to begin, and what has been handed in while there is no text yet."""

from __future__ import annotations

from collections.abc import Mapping

from bot.discord_ui.cards import Card, CardPart, Menu, Option, Text, Tone, rows
from bot.discord_ui.ids import Id
from bot.discord_ui.lengths import one_line
from bot.discord_ui.panels import endings
from bot.discord_ui.panels.common import counted, heading, notices, press, small, who_reads
from bot.discord_ui.people import Place
from bot.discord_ui.state import State
from bot.errors import StructureGone
from bot.essay.essay import Essay
from bot.essay.structure import Structure

NO_MODEL = (
    "No model is configured: your notes are set into a post unchanged, and nothing is drafted, revised or critiqued."
)


def first(state: State, structures: Mapping[str, Structure], place: Place, notice: str | None = None) -> Card:
    """An essay without a text: the structure, what it holds so far, and the ways on."""
    essay, begun = state.essay, bool(state.notes or state.asked)
    parts: list[CardPart] = [*notices(notice), heading(essay.title)]
    gone = not state.structure.sections
    if state.damaged:
        parts.append(
            Text(
                f"The current text, version {state.number}, is damaged and cannot be read. History has the other "
                "versions, and your notes are as they were."
            )
        )
    if gone:
        parts.append(Text(str(StructureGone(state.essay.structure))))
    elif begun:
        parts.append(Text(f"{_held(state)} {_way_on(state)}"))
    else:
        ways = "paste the notes you have, or just write here" if place.own_dm else "or paste the notes you have"
        parts.append(
            Text(
                f"{state.structure.description}\nAnswer a few questions, {ways}. The post is made from your own words: "
                "nothing is invented, and what is missing is marked."
            )
        )
    if not begun:
        parts.append(_menu(state, structures))
    if waiting := state.said(None):
        parts.append(Text(f"You wrote {counted(len(waiting), 'message')}: stored, and a note each once you go on."))
    parts.extend(
        rows(
            press("Continue in DM", "dm", essay.id, state.number) if place.server is not None else None,
            press(
                "Write draft" if state.with_model else "Set into a post",
                "write",
                essay.id,
                state.number,
                tone=Tone.MAIN,
            )
            if state.notes or waiting
            else None,
            press("Paste notes", "paste", essay.id, state.number),
            press(
                "Go on asking" if state.asked else "Interview me",
                "interview",
                essay.id,
                state.number,
                tone=Tone.PLAIN if state.notes or waiting else Tone.MAIN,
            ),
        )
    )
    failed = state.ended_badly
    if failed is not None and state.notes and state.with_model:
        parts.extend(rows(press("Without a model", "assemble", essay.id, state.number)))
    parts.extend(endings.ways(state))
    # Versions without a text: a first draft that was discarded.
    history = press("History", "history", essay.id, state.number) if state.versions else None
    parts.extend(rows(press("Notes", "notes", essay.id, state.number) if state.notes else None, history))
    private = "Only you can see this." if place.private_only else None
    stored = f"Everything is stored, encrypted: {who_reads(with_model=state.with_model)}."
    parts.append(small(private, stored, NO_MODEL if not state.with_model else None))
    return Card(tuple(parts))


def after(card: Card, finished: Essay) -> Card:
    """A first screen below which the essay that was finished last can be opened."""
    return Card((*card.parts, *rows(press("Open the last one", "open", finished.id, finished.head or 0))))


def _held(state: State) -> str:
    sections, covered = len(state.structure.sections), sum(state.covered)
    out = sum(note.is_private and not note.damaged for note in state.notes)
    left_out = f", {out} of them left out" if out else ""
    return (
        f"{counted(len(state.notes), 'note')} so far{left_out}; {covered} of {counted(sections, 'section')} of "
        f"“{state.structure.name}” {'has' if covered == 1 else 'have'} one."
    )


def _way_on(state: State) -> str:
    if not state.notes:
        return "Go on with the questions, or paste notes."
    now = "Write the draft" if state.with_model else "Set the notes into a post"
    return f"{now} now, or answer more first: every section without a note will hold a marked gap."


def _menu(state: State, structures: Mapping[str, Structure]) -> Menu:
    options = [
        Option(one_line(one.name, 100), key, one_line(one.description, 100), chosen=key == state.structure.key)
        for key, one in list(structures.items())[:25]
    ]
    return Menu(str(Id("essay", "structure", state.essay.id, state.number)), "What happened?", tuple(options))
