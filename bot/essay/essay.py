"""The values an essay is made of: notes, questions, versions, and the essay that holds them together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.essay.text.marks import private_passages, public_text, trimmed, unmarked


class Origin(StrEnum):
    """How a version came to be."""

    ASSEMBLED = "assembled"
    DRAFTED = "drafted"
    REVISED = "revised"
    EDITED = "edited"
    SUGGESTION = "suggestion"
    IMPORTED = "imported"

    @property
    def by_writer(self) -> bool:
        """Whether every word that this step brought in is the writer's own."""
        return self not in (Origin.DRAFTED, Origin.REVISED, Origin.SUGGESTION)


@dataclass(frozen=True, slots=True)
class Note:
    """Raw material in the writer's own words. No model edits it.

    ``number`` counts from 1 within the essay. ``question`` is the question that drew the note out, None for a paste.
    ``section`` is a section key, None while the note has no place. A note that is ``removed_comments`` stays stored,
    stands in no post, and no model ever sees it. Of one that is ``damaged``, ``text`` is DAMAGED_NOTE, and it counts as
    left out. The same holds of a passage that a mark in the text covers.
    """

    number: int
    text: str
    question: str | None = None
    section: str | None = None
    left_out: bool = False
    damaged: bool = False

    @property
    def public(self) -> str:
        """What of the text may stand in a post and be shown to a model; "" where nothing of it may."""
        return "" if self.left_out else public_text(self.text)

    @property
    def private(self) -> tuple[str, ...]:
        """The passages that may not, without their marks; the whole text where the note is left out."""
        if self.damaged:
            return ()
        return (trimmed(unmarked(self.text)),) if self.left_out else private_passages(self.text)

    @property
    def is_private(self) -> bool:
        """Whether nothing of the note may stand in a post."""
        return self.left_out or not self.public


DAMAGED_TITLE = "(the title is damaged)"
DAMAGED_NOTE = "(This note is damaged and cannot be read.)"
DAMAGED_QUESTION = "(This question is damaged and cannot be read.)"


class Answered(StrEnum):
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
    state: Answered = Answered.OPEN


@dataclass(frozen=True, slots=True)
class VersionInfo:
    """All about a version but its text.

    ``number`` counts from 1 within the essay; ``parent`` is the version it was made from, None for a first one;
    ``words`` are those apart from headings; ``notes_through`` is the number of the last note that was there to be
    used, 0 for none; ``created`` is in UTC. A text that a model could not finish is not ``complete``; ``model`` is the
    model that had a part in this very step.
    """

    number: int
    parent: int | None
    origin: Origin
    words: int
    notes_through: int
    created: datetime
    complete: bool = True
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
    exported: int | None
    created: datetime
    changed: datetime

    @property
    def is_exported(self) -> bool:
        """Whether the version that the writer is looking at was handed over."""
        return self.head is not None and self.head == self.exported
