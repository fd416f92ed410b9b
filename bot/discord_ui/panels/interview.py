"""The interview: one question at a time, and how far it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bot.discord_ui.cards import Button, Card, CardPart, Text, Tone, rows
from bot.discord_ui.lengths import one_line, plain
from bot.discord_ui.panels import endings
from bot.discord_ui.panels.common import TITLE_UNITS, counted, heading, notices, press, quoted, small
from bot.discord_ui.state import State
from bot.essay.essay import Note, Question
from bot.essay.questions import STAYS_PRIVATE
from bot.essay.text.words import count_words

# Behind a question's number: the writer asked for more than the first round, or goes through those passed over.
FURTHER, RETURNED = "f", "s"


def question(state: State, asked: Question, *, mode: str = "", notice: str | None = None, own_dm: bool = False) -> Card:
    """A question with all that can be done about it. ``mode`` is "", FURTHER or RETURNED.

    In the bot's own DM it can be answered in messages, and shows what has been said so far.
    """
    essay, version = state.essay, state.number
    section = state.structure.section(asked.section)
    argument = f"{asked.number}{mode}"
    return Card(
        (
            *notices(notice),
            heading(essay.title),
            Text(f"**{section.heading if section else 'One more thing'}**\n{quoted(asked.text)}"),
            *((small(STAYS_PRIVATE),) if state.structure.keeps_private(asked.text) else ()),
            *((Text(_said(state.said(asked.number))),) if own_dm else ()),
            small(_bar(state), f"question {asked.number}"),
            *rows(
                press("Next", "next", essay.id, version, argument, tone=Tone.MAIN) if own_dm else None,
                press("Answer", "answer", essay.id, version, argument, tone=Tone.PLAIN if own_dm else Tone.MAIN),
                press("Skip", "skip", essay.id, version, argument),
                press("Paste notes", "paste", essay.id, version),
                _written(state),
                _notes(state),
            ),
            *(endings.ways(state) if state.version is None else ()),
        )
    )


def answered(state: State, asked: Question, note: Note) -> Card:
    """What stays of a question in the DM once its answer has ended: a record, without buttons."""
    words = counted(count_words(note.text), "word")
    return Card((heading(state.essay.title), Text(quoted(asked.text)), small(f"Answered: note {note.number}, {words}")))


def kept(state: State, made: Sequence[int], changed: Sequence[int]) -> Card:
    """Tells which notes of an essay messages have made and where they stand, and which ones edited messages changed."""
    title = f"“{plain(one_line(state.essay.title, TITLE_UNITS // 2))}”"
    lines = [f"{counted(len(made), 'note')} stored in {title}{_where(state, made)}."] if made else []
    if changed:
        which = " and ".join(filter(None, (", ".join(map(str, changed[:-1])), str(changed[-1]))))
        text = "; the text is as it was" if state.version is not None else ""
        lines.append(f"You edited {'note' if len(changed) == 1 else 'notes'} {which} of {title}{text}.")
    return Card((Text("\n".join(lines)), *rows(press("Open the essay", "open", state.essay.id, state.number))))


def _where(state: State, numbers: Sequence[int]) -> str:
    """Under which sections notes stand, as the end of a sentence that has counted them."""
    found = Counter(_place(state, note) for note in state.notes if note.number in numbers)
    if len(found) == 1:
        return f", {next(iter(found))}"
    return ": " + ", ".join(f"{count} {place}" for place, count in found.items())


def _place(state: State, note: Note) -> str:
    if note.is_private:
        return "left out"
    section = state.structure.section(note.section)
    return f"under “{plain(one_line(section.heading, 80))}”" if section else "under no section yet"


def _said(pieces: Sequence[str]) -> str:
    if not pieces:
        return "Write your answer here, in one message or several. **Next** ends it."
    words = counted(sum(count_words(piece) for piece in pieces), "word")
    return (
        f"Your answer so far: {counted(len(pieces), 'message')}, {words}, all stored. The last one begins:\n"
        f"{quoted(one_line(pieces[-1], 120))}\nGo on, or press **Next** to end it."
    )


def enough(state: State, *, further: bool, notice: str | None = None) -> Card:
    """No question is left for now."""
    essay, version = state.essay, state.number
    words = (
        "Those were all the questions."
        if further
        else "That is enough to write from. Every section without a note will hold a marked gap."
        if state.notes
        else "There are no more questions in this round, and no notes yet: paste some, or go back to a question."
    )
    parts: list[CardPart] = [*notices(notice), heading(essay.title), Text(words), small(_bar(state))]
    parts.extend(
        rows(
            _written(state) if state.notes or state.version else None,
            None if further else press("More questions", "further", essay.id, version),
            press("Skipped ones", "skipped", essay.id, version) if state.skipped else None,
            press("Paste notes", "paste", essay.id, version),
            _notes(state),
        )
    )
    return Card(tuple(parts))


def _notes(state: State) -> Button | None:
    return press("Notes", "notes", state.essay.id, state.number) if state.notes else None


def _written(state: State) -> Button:
    if state.version is not None:
        return press("Back to the text", "open", state.essay.id, state.number)
    label = "Write draft" if state.with_model else "Set into a post"
    return press(label, "write", state.essay.id, state.number)


def _bar(state: State) -> str:
    covered = sum(state.covered)
    sections = len(state.covered)
    have = "has" if covered == 1 else "have"
    return f"{'■' * covered}{'□' * (sections - covered)} {covered} of {counted(sections, 'section')} {have} notes"
