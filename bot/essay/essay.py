"""The values that an essay is made of: notes, questions, versions, and the essay itself.

Versions form a tree. Undo and redo move the head and remove nothing.
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
    MENDED = "mended"
    IMPORTED = "imported"

    @property
    def is_by_writer(self) -> bool:
        """Return whether every word that this step brought in is the writer's own."""
        return self not in (Origin.DRAFTED, Origin.REVISED, Origin.SUGGESTION, Origin.MENDED)


@dataclass(frozen=True, slots=True)
class Note:
    """Raw material in the writer's own words. No model edits it.

    ``number`` counts from 1 within the essay. ``question`` is the question that it answers, None for pasted notes.
    ``section`` is a section's key, None while the note is unsorted. A note that ``is_excluded`` stays stored, but it is
    kept from posts and models, as are passages that a private mark in the text covers. One that ``is_damaged`` has
    DAMAGED_NOTE_TEXT for its text, and is excluded too.
    """

    number: int
    text: str
    question: str | None = None
    section: str | None = None
    is_excluded: bool = False
    is_damaged: bool = False

    @property
    def public_text(self) -> str:
        """Return the text that posts and models may have; "" if there is none."""
        return "" if self.is_excluded else public_text(self.text)

    @property
    def private_passages(self) -> tuple[str, ...]:
        """Return the passages that are private, without their marks; the whole text if the note is excluded."""
        if self.is_damaged:
            return ()
        return (trim_blank_lines(remove_private_marks(self.text)),) if self.is_excluded else private_passages(self.text)

    @property
    def is_private(self) -> bool:
        """Return whether the whole note is kept from posts and models."""
        return self.is_excluded or not self.public_text


DAMAGED_TITLE_TEXT = "(the title is damaged)"
DAMAGED_NOTE_TEXT = "(This note is damaged and cannot be read.)"
DAMAGED_REMARK_TEXT = "(This remark is damaged and cannot be read.)"
DAMAGED_QUESTION_TEXT = "(This question is damaged and cannot be read.)"


class QuestionState(StrEnum):
    """What became of a question. One that was skipped may be returned to; one that was declined is never put again."""

    OPEN = "open"
    ANSWERED = "answered"
    SKIPPED = "skipped"
    DECLINED = "declined"


class QuestionOrigin(StrEnum):
    """Who asks: the structure, the model that interviews, or the model that wrote a draft."""

    STRUCTURE = "structure"
    INTERVIEWER = "interviewer"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Question:
    """A question to the writer; ``number`` counts from 1 within the essay.

    ``section`` is a section's key. A draft's question came with the version of the number ``version``; it is open from
    then on, and put when the writer asks for it.
    """

    number: int
    section: str
    text: str
    state: QuestionState = QuestionState.OPEN
    origin: QuestionOrigin = QuestionOrigin.STRUCTURE
    version: int | None = None

    @property
    def is_put(self) -> bool:
        """Return whether the interview has put this question and waits for its answer."""
        return self.state is QuestionState.OPEN and self.origin is not QuestionOrigin.DRAFT

    @property
    def is_left_by_draft(self) -> bool:
        """Return whether a draft left this question, and nobody has answered it yet."""
        return self.state is QuestionState.OPEN and self.origin is QuestionOrigin.DRAFT


class SectionState(StrEnum):
    """Whether a section's notes are enough to write it from, as the interviewer sees it."""

    EMPTY = "empty"
    THIN = "thin"
    ENOUGH = "enough"


@dataclass(frozen=True, slots=True)
class VersionInfo:
    """Everything about a version but its text.

    ``number`` counts from 1 within the essay; ``parent`` is the version it was made from, None for a first one.
    ``word_count`` leaves headings out. ``last_note_number`` is the number of the last note that existed then, 0 for
    none. ``created_at`` is in UTC. ``is_complete`` is False for a text that a model could not finish, of which
    ``unwritten`` are the keys of the sections that are still to be written. ``model`` is the model that had a part in
    this very step.
    """

    number: int
    parent: int | None
    origin: Origin
    word_count: int
    last_note_number: int
    created_at: datetime
    is_complete: bool = True
    model: str | None = None
    unwritten: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Version:
    """The whole Markdown text at one moment, and what the model that wrote it said beside it ("" for nothing)."""

    info: VersionInfo
    text: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Essay:
    """One piece of work of one writer.

    ``structure`` is a structure's key. ``head`` is the number of the current version, None before there is a text.
    ``exported_version`` is the number of the version last exported, None before any was. Times are in UTC.
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
        """Return whether the current version is the one last exported."""
        return self.head is not None and self.head == self.exported_version


@dataclass(frozen=True, slots=True)
class VersionHistory:
    """The versions of one essay, and the number of the current one (None before the first)."""

    versions: Sequence[VersionInfo]
    head: int | None

    def _find_version(self, number: int | None) -> VersionInfo | None:
        return next((version for version in self.versions if version.number == number), None)

    @property
    def undo_version(self) -> int | None:
        """Return the number of the version that undo goes to, the parent of the head; None at a first version."""
        head = self._find_version(self.head)
        return head.parent if head else None

    @property
    def redo_version(self) -> int | None:
        """Return the number of the newest version made from the head, to which redo goes; None if there is none."""
        return max((version.number for version in self.versions if version.parent == self.head), default=None)

    @property
    def lineage(self) -> tuple[VersionInfo, ...]:
        """Return the head and its ancestors, oldest first."""
        found: list[VersionInfo] = []
        version_info = self._find_version(self.head)
        while version_info is not None:
            found.append(version_info)
            version_info = self._find_version(version_info.parent)
        return tuple(reversed(found))

    @property
    def origins(self) -> frozenset[Origin]:
        """Return the origins of the head and its ancestors."""
        return frozenset(version.origin for version in self.lineage)
