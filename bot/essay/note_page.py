"""All notes of an essay as one page of Markdown, to be read, printed or kept."""

from __future__ import annotations

from collections.abc import Sequence

from bot.essay.essay import Note
from bot.essay.left_out import state_of
from bot.essay.structure import Structure
from bot.essay.text.gaps import UNSORTED


def note_page(title: str, structure: Structure | None, notes: Sequence[Note]) -> str:
    """The notes under their sections' headings, each with its number, its question and what of it is private.

    Those without a section come last; without a structure all do. The text of a note stands as it is stored.
    """
    sections = structure.sections if structure is not None else ()
    placed = [(one.heading, [note for note in notes if note.section == one.key]) for one in sections]
    keys = {one.key for one in sections}
    placed.append((UNSORTED, [note for note in notes if note.section not in keys]))
    parts = [f"# {title}: notes"]
    for heading, here in placed:
        if here:
            parts.append(f"## {heading}")
            parts.extend(_note(note) for note in here)
    if not notes:
        parts.append("There are no notes yet.")
    return "\n\n".join(parts) + "\n"


def _note(note: Note) -> str:
    state = state_of(note)
    head = f"### Note {note.number}{f', {state}' if state else ''}"
    question = f"\n\n> {' '.join(note.question.split())}" if note.question else ""
    return f"{head}{question}\n\n{note.text}"
