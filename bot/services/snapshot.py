"""Read all that is stored of an essay at one moment."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import DamagedText
from bot.essay.essay import Essay, Note, Origin, Question, SectionState, Version, VersionHistory, VersionInfo

if TYPE_CHECKING:  # what is read is the other services'
    from bot.essay.support import Check
    from bot.essay.voice import VoiceSample
    from bot.services.critiques import StoredCritique
    from bot.services.dm_messages import DmContext, DmMessage
    from bot.services.jobs.job import Job
    from bot.services.store_ports import Transaction

_INLINE_MAX_CHARACTERS = 10_000  # of notes, whose marks are found in a millisecond


@dataclass(frozen=True, slots=True, kw_only=True)
class EssaySnapshot:
    """An essay as it was stored at one moment.

    ``version`` is the head, None before there is a text, or if it is damaged. ``job`` is the last job on the essay,
    running or ended; ``leftover_jobs`` are the numbers of ended jobs whose text, or instruction, is in no version, the
    last first. ``critique`` is the last finished one. ``pending_messages`` wait to become notes. ``dm_context`` is what
    the writer's messages in the bot's DM are about, this essay or another. ``check`` is that of the current version,
    None if none was made since it changed.
    ``section_states`` are how far the interviewer saw each section last, by key, and ``suggested_titles`` what a model
    suggested last. ``voice`` holds the writer's own texts that show how they write.
    ``was_shared`` says whether the essay ever stood in a thread.
    """

    essay: Essay
    notes: tuple[Note, ...]
    questions: tuple[Question, ...]
    version: Version | None
    versions: tuple[VersionInfo, ...]
    job: Job | None
    leftover_jobs: Sequence[int]
    critique: StoredCritique | None
    pending_messages: tuple[DmMessage, ...]
    dm_context: DmContext | None
    check: Check | None
    section_states: Mapping[str, SectionState]
    suggested_titles: tuple[str, ...]
    voice: tuple[VoiceSample, ...]
    was_shared: bool = False

    @property
    def history(self) -> VersionHistory:
        """The versions, and which of them is current."""
        return VersionHistory(self.versions, self.essay.head)

    @property
    def is_damaged(self) -> bool:
        """Whether there is a current version that cannot be read."""
        return self.version is None and self.essay.head is not None

    @property
    def is_assembled(self) -> bool:
        """Whether there is a text that was assembled from the notes alone."""
        return self.version is not None and self.history.origins == {Origin.ASSEMBLED}

    @property
    def notes_through(self) -> int:
        """The number of the last note, 0 before there is one."""
        return self.notes[-1].number if self.notes else 0

    @property
    def notes_size(self) -> int:
        """How many characters the notes have in all."""
        return sum(len(note.text) for note in self.notes)

    @property
    def open_question(self) -> Question | None:
        """The question that was asked and neither answered nor skipped."""
        return next((one for one in self.questions if one.is_put), None)

    @property
    def draft_questions(self) -> tuple[Question, ...]:
        """The questions that drafts left, and that nobody has answered yet."""
        return tuple(one for one in self.questions if one.is_left_by_draft)

    def note(self, number: int) -> Note | None:
        """Return the note with this number, None if there is none."""
        return next((note for note in self.notes if note.number == number), None)


@dataclass(frozen=True, slots=True)
class EssayHead:
    """What a form needs of an essay, read at one moment and quickly, because a form must be the first answer.

    ``version`` and ``job`` are as in EssaySnapshot.
    """

    essay: Essay
    version: Version | None
    job: Job | None


def read_essay_head(tx: Transaction, writer: str, essay: str) -> EssayHead:
    """Read an essay with its current version and its last job. Raise UnknownEssay."""
    opened = tx.essays.get(writer, essay)
    return EssayHead(opened, read_head(tx, opened), tx.jobs.latest(writer, essay))


def read_snapshot(tx: Transaction, writer: str, essay: str) -> EssaySnapshot:
    """Read all that is stored of an essay. Raise UnknownEssay."""
    opened = tx.essays.get(writer, essay)
    return EssaySnapshot(
        essay=opened,
        notes=tx.essays.notes(writer, essay),
        questions=tx.essays.questions(writer, essay),
        version=read_head(tx, opened),
        versions=tx.essays.versions(writer, essay),
        job=tx.jobs.latest(writer, essay),
        leftover_jobs=tx.jobs.leftovers(writer, essay),
        critique=tx.critiques.latest(writer, essay),
        pending_messages=read_pending_messages(tx, writer, essay),
        dm_context=tx.messages.context(writer),
        check=tx.support.get(writer, essay, opened.head) if opened.head is not None else None,
        section_states=tx.essays.section_states(writer, essay),
        suggested_titles=tx.essays.suggested_titles(writer, essay),
        voice=tx.voice.of_writer(writer),
        was_shared=tx.sharing.has_any(essay),
    )


def read_pending_messages(tx: Transaction, writer: str, essay: str) -> tuple[DmMessage, ...]:
    """Read the messages with a text that wait to become notes, in order."""
    return tuple(message for message in tx.messages.waiting(writer, essay) if message.text)


def read_head(tx: Transaction, essay: Essay) -> Version | None:
    """Read the essay's current version; None before there is one, and where it is damaged."""
    if essay.head is None:
        return None
    try:
        return tx.essays.version(essay.writer, essay.id, essay.head)
    except DamagedText:
        return None


async def warm_privacy_cache(notes: tuple[Note, ...]) -> tuple[Note, ...]:
    """Fill the cache of private passages in a thread, so that reading ``public_text`` later does not block.

    Return the notes.
    """
    if sum(len(note.text) for note in notes) > _INLINE_MAX_CHARACTERS:
        await asyncio.to_thread(lambda: [note.public_text for note in notes])
    return notes
