"""What every port makes sure of before a word leaves the process."""

from __future__ import annotations

from collections.abc import Sequence

from bot.essay.essay import Note


def shown(notes: Sequence[Note]) -> Sequence[Note]:
    """The notes, unchanged.

    Raises ValueError where one is left out: a mistake in this program, which must fail before the note is sent.
    """
    if any(note.left_out for note in notes):
        raise ValueError("a note that is left out was handed to a model's port")
    return notes
