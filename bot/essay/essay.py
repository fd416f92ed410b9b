"""The values that an essay is made of: notes, questions, versions, and the essay itself.

Undo and redo walk a tree of versions: nothing is removed, only the head moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.essay.text.privacy_marks import private_passages, public_text, remove_private_marks, trim_blank_lines


class Origin(StrEnum):
    """How a version came to be."""

    ASSEMBLED = "assembled"
    DRAFTED = "drafted"
    REVISED = "revised"
    EDITED = "edited"
    SUGGESTION = "suggestion"
    IMPORTED = "imported"

    @property
    def is_by_writer(self) -> bool:
        """Whether every word that this step brought in is the writer's own."""
        return self not in (Origin.DRAFTED, Origin.REVISED, Origin.SUGGESTION)


@dataclass(frozen=True, slots=True)
class Note:
    """Raw material in the writer's own words. No model edits it.

    ``number`` counts from 1 within the essay. ``question`` is the question that drew the note out, None for a paste.
    ``section`` is a section key, None while the note has no place. A note that ``is_excluded`` stays stored,
    stands in no post, and no model ever sees it. Of one that is ``damaged``, ``text`` is DAMAGED_NOTE, and it counts as
    left out. The same holds of a passage that a mark in the text covers.
    """

    number: int
    text: str
    question: str | None = None
    section: str | None = None
    is_excluded: bool = False
    is_damaged: bool = False

    @property
    def public_text(self) -> str:
        """What of the text may stand in a post and be shown to a model; "" where nothing of it may."""
        return "" if self.is_excluded else public_text(self.text)

    @property
    def private_passages(self) -> tuple[str, ...]:
        """The passages that may not, without their marks; the whole text where the note is left out."""
        if self.is_damaged:
            return ()
        return (trim_blank_lines(remove_private_marks(self.text)),) if self.is_excluded else private_passages(self.text)

    @property
    def is_private(self) -> bool:
        """Whether nothing of the note may stand in a post."""
        return self.is_excluded or not self.public_text


DAMAGED_TITLE_TEXT = "(the title is damaged)"
DAMAGED_NOTE_TEXT = "(This note is damaged and cannot be read.)"
DAMAGED_QUESTION_TEXT = "(This question is damaged and cannot be read.)"


class QuestionState(StrEnum):
    """What became of a question that was put to the writer."""

    OPEN = "open"
    ANSWERED = "answered"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Question:
    """A question that was put to the writer; ``number`` counts from 1 within the essay, in the order of asking."""

    number: int
    section: str
    text: str
    state: QuestionState = QuestionState.OPEN


@dataclass(frozen=True, slots=True)
class VersionInfo:
    """All about a version but its text.

    ``number`` counts from 1 within the essay; ``parent`` is the version it was made from, None for a first one;
    ``words`` are those apart from headings; ``last_note_number`` is the number of the last note that was there to be
    used, 0 for none; ``created`` is in UTC. A text that a model could not finish is not ``complete``; ``model`` is the
    model that had a part in this very step.
    """

    number: int
    parent: int | None
    origin: Origin
    word_count: int
    last_note_number: int
    created_at: datetime
    is_complete: bool = True
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """The whole Markdown text at one moment."""

    info: VersionInfo
    text: str


@dataclass(frozen=True, slots=True)
class Essay:
    """One piece of work of one writer.

    ``structure`` is a structure's key. ``head`` is the number of the version that the writer is looking at, None
    before there is a text; ``exported`` the number of the version last handed over, None before any was.
    ``created`` and ``changed`` are in UTC.
    """

    id: str
    writer: str
    structure: str
    title: str
    head: int | None
    exported_version: int | None
    created_at: datetime
    changed_at: datetime

    @property
    def is_exported(self) -> bool:
        """Whether the version that the writer is looking at was handed over."""
        return self.head is not None and self.head == self.exported_version


@dataclass(frozen=True, slots=True)
class VersionHistory:
    """The versions of one essay, by number, and the one that is looked at (``head``, None before the first)."""

    versions: Sequence[VersionInfo]
    head: int | None

    def _find_version(self, number: int | None) -> VersionInfo | None:
        return next((version for version in self.versions if version.number == number), None)

    @property
    def undo_version(self) -> int | None:
        """The version that undo goes to: the parent of the head. None at a first version."""
        head = self._find_version(self.head)
        return head.parent if head else None

    @property
    def redo_version(self) -> int | None:
        """The version that redo goes to: the newest made from the head. None where nothing was made from it."""
        return max((version.number for version in self.versions if version.parent == self.head), default=None)

    @property
    def lineage(self) -> tuple[VersionInfo, ...]:
        """The head and all it was made from, oldest first."""
        found: list[VersionInfo] = []
        at = self._find_version(self.head)
        while at is not None:
            found.append(at)
            at = self._find_version(at.parent)
        return tuple(reversed(found))

    @property
    def origins(self) -> frozenset[Origin]:
        """The origins of the head and of all it was made from."""
        return frozenset(version.origin for version in self.lineage)
