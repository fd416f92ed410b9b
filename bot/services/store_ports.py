"""What the workflow needs from outside, each as the smallest interface that serves it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.essay.essay import Essay, Note, Origin, Question, Version, VersionInfo
from bot.essay.notes import Passage

Clock = Callable[[], datetime]
"""The time now, in UTC."""

IdFactory = Callable[[], str]
"""A new essay id: short, unguessable, safe in a file name, an address and a button."""


class EssayStore(Protocol):
    """Where essays live. Every call is one transaction: it happened whole or not at all.

    Calls that take a writer and an essay raise UnknownEssay where that writer has no such essay; all raise StoreError
    where the store cannot be used.
    """

    async def add_essay(self, essay: Essay) -> None:
        """Stores a new essay, which has no version yet."""

    async def essay(self, writer: str, essay: str) -> Essay:
        """The essay with this id."""

    async def essays(self, writer: str) -> tuple[Essay, ...]:
        """The writer's essays, the last changed first."""

    async def rename_essay(self, writer: str, essay: str, title: str, at: datetime) -> None:
        """Gives the essay another title."""

    async def change_structure(self, writer: str, essay: str, structure: str, title: str, at: datetime) -> None:
        """Gives the essay another structure, by key, and a title.

        Raises NothingToDo where the essay holds a note, a question or a version: they belong to the old structure.
        """

    async def delete_essay(self, writer: str, essay: str, at: datetime, *, if_empty: bool = False) -> None:
        """Removes the essay with its notes, questions and versions, for good; ``if_empty``, only one without any.

        A message that waits to be a note is something, too.
        """

    async def add_notes(
        self, writer: str, essay: str, passages: Sequence[Passage], at: datetime, *, title: str | None = None
    ) -> tuple[Note, ...]:
        """Stores the passages as notes, numbered in order, and the title that came with them, if one did."""

    async def notes(self, writer: str, essay: str) -> tuple[Note, ...]:
        """The essay's notes in order."""

    async def set_note_excluded(self, writer: str, essay: str, note: int, left_out: bool, at: datetime) -> None:
        """Marks a note left out, or takes it in again. Raises NothingToDo where there is no such note."""

    async def edit_note(self, writer: str, essay: str, before: Note, passage: Passage, at: datetime) -> Note:
        """Gives a note the passage's text, and whether it is left out; it follows the messages it came from no more.

        Where the note no longer has the text of ``before``, or is gone, the passage becomes a note of its own. Returns
        the note that holds it.
        """

    async def delete_note(self, writer: str, essay: str, note: int, at: datetime) -> None:
        """Removes a note for good, with the messages it came from; no other gets its number. Raises NothingToDo."""

    async def add_question(self, writer: str, essay: str, section: str, text: str, at: datetime) -> Question:
        """Stores a question as put to the writer; where another one is open by now, nothing: it is returned."""

    async def questions(self, writer: str, essay: str) -> tuple[Question, ...]:
        """The questions put to the writer, in order."""

    async def answer_question(self, writer: str, essay: str, question: int, passage: Passage, at: datetime) -> Note:
        """Stores an answer as a note under the question's section and the question as answered."""

    async def skip_question(self, writer: str, essay: str, question: int, at: datetime) -> None:
        """Stores the question as skipped."""

    async def close_question(self, writer: str, essay: str, question: int, at: datetime) -> None:
        """Stores the question as answered, by a note that is there already."""

    async def reopen_question(self, writer: str, essay: str, question: int, at: datetime) -> None:
        """Stores a question as open again."""

    async def add_version(
        self,
        writer: str,
        essay: str,
        parent: int | None,
        origin: Origin,
        text: str,
        notes_through: int,
        at: datetime,
        *,
        complete: bool = True,
        model: str | None = None,
    ) -> Version:
        """Stores a version; it becomes the head where ``parent`` still is the head, and waits beside it where not."""

    async def version(self, writer: str, essay: str, number: int) -> Version:
        """The version with this number. Raises UnknownVersion."""

    async def versions(self, writer: str, essay: str) -> tuple[VersionInfo, ...]:
        """All about the essay's versions but their texts, in order."""

    async def move_head(self, writer: str, essay: str, number: int | None, at: datetime) -> None:
        """Makes a version the head; with None the essay has no text, as before its first. Raises UnknownVersion."""

    async def mark_complete(self, writer: str, essay: str, number: int, at: datetime) -> None:
        """Stores that this version is complete. Raises UnknownVersion."""

    async def place_notes(self, writer: str, essay: str, places: Mapping[int, str | None], at: datetime) -> None:
        """Puts notes, by number, into sections, by key; their texts stay as they are."""

    async def mark_exported(self, writer: str, essay: str, number: int, at: datetime) -> None:
        """Stores that this version was handed over."""
