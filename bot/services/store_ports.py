"""The storage ports: what the services need of a database, each as the smallest interface that serves it.

Everything is plain synchronous functions over one transaction. A service composes what it needs in one step and hands
that step to ``Store.read`` or ``Store.write``. The rules of the domain stand in the services: a store keeps rows whole,
sealed and apart by writer, and decides nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from bot.essay.essay import (
    Essay,
    Note,
    Origin,
    Question,
    QuestionOrigin,
    QuestionState,
    SectionState,
    Version,
    VersionInfo,
)
from bot.essay.limits import StorageIncrease
from bot.essay.notes import NewNote

if TYPE_CHECKING:  # the values that the other services define and the store keeps
    from bot.essay.critique import Critique
    from bot.essay.support import Check
    from bot.services.critiques import Decision, StoredCritique
    from bot.services.dm_messages import DmChannel, DmContext, DmMessage
    from bot.services.jobs.job import Job, JobKind, JobOutcome, JobState
    from bot.services.ledger import Reservation, Settlement, Spending, UsageRow

T = TypeVar("T")

Clock = Callable[[], datetime]
"""The time now, in UTC."""

IdFactory = Callable[[], str]
"""A new essay id: short, unguessable, safe in a file name, an address and a button."""


class EssayStore(Protocol):
    """Essays with their notes, questions and versions.

    Every method that takes a writer and an essay raises UnknownEssay where that writer has no such essay. Those that
    take a time mark the essay as changed at that time.
    """

    def add(self, essay: Essay) -> None:
        """Store a new essay, which has no version yet."""

    def get(self, writer: str, essay: str) -> Essay:
        """Return the essay with this id."""

    def of_writer(self, writer: str) -> tuple[Essay, ...]:
        """Return the writer's essays, the last changed first."""

    def rename(self, writer: str, essay: str, title: str, at: datetime) -> None:
        """Give the essay another title."""

    def set_structure(self, writer: str, essay: str, structure: str, at: datetime) -> None:
        """Give the essay another structure, by key."""

    def has_content(self, writer: str, essay: str) -> bool:
        """Tell whether the essay holds a note, a question or a version."""

    def delete(self, writer: str, essay: str) -> None:
        """Remove the essay and all that belongs to it, its jobs too. No trace of its words is left in the file."""

    def mark_changed(self, writer: str, essay: str, at: datetime) -> None:
        """Mark the essay as changed."""

    def mark_exported(self, writer: str, essay: str, version: int, at: datetime) -> None:
        """Store which version was exported last."""

    def add_note(self, writer: str, essay: str, passage: NewNote, at: datetime, *, question: str | None = None) -> Note:
        """Store a passage as the essay's next note; a deleted note's number is never given again."""

    def notes(self, writer: str, essay: str) -> tuple[Note, ...]:
        """Return the essay's notes in order. A damaged note is returned as one."""

    def note(self, writer: str, essay: str, number: int) -> Note:
        """Return one note. Raises NothingToDo where there is none with that number."""

    def update_note(self, writer: str, essay: str, note: Note, at: datetime) -> None:
        """Store a note's text, and whether it is left out. Raises NothingToDo."""

    def exclude_note(self, writer: str, essay: str, number: int, left_out: bool, at: datetime) -> None:
        """Store whether a note is left out; its text is not touched. Raises NothingToDo."""

    def place_notes(self, writer: str, essay: str, places: Mapping[int, str | None], at: datetime) -> None:
        """Put notes, by number, into sections, by key."""

    def delete_note(self, writer: str, essay: str, number: int, at: datetime) -> None:
        """Remove a note; no trace of its words is left in the file. Raises NothingToDo."""

    def add_question(
        self,
        writer: str,
        essay: str,
        section: str,
        text: str,
        at: datetime,
        *,
        origin: QuestionOrigin = QuestionOrigin.STRUCTURE,
        version: int | None = None,
    ) -> Question:
        """Store an open question to the writer; ``version`` is the number of the draft that it came with."""

    def questions(self, writer: str, essay: str) -> tuple[Question, ...]:
        """Return all questions to the writer, in order."""

    def question(self, writer: str, essay: str, number: int) -> Question:
        """Return one question. Raises NothingToDo."""

    def set_question_state(self, writer: str, essay: str, number: int, state: QuestionState, at: datetime) -> None:
        """Store what became of a question. Raises NothingToDo."""

    def section_states(self, writer: str, essay: str) -> Mapping[str, SectionState]:
        """Return how far the interviewer saw each section last, by key; nothing for one that it has not judged."""

    def set_section_states(self, writer: str, essay: str, states: Mapping[str, SectionState], at: datetime) -> None:
        """Store how far each section has come, in place of what was stored."""

    def suggested_titles(self, writer: str, essay: str) -> tuple[str, ...]:
        """Return the titles that a model suggested last."""

    def set_suggested_titles(self, writer: str, essay: str, titles: Sequence[str], at: datetime) -> None:
        """Store suggested titles in place of those before."""

    def add_version(
        self,
        writer: str,
        essay: str,
        parent: int | None,
        origin: Origin,
        text: str,
        words: int,
        notes_through: int,
        at: datetime,
        *,
        complete: bool = True,
        model: str | None = None,
    ) -> Version:
        """Store a version; the head stays where it is."""

    def version(self, writer: str, essay: str, number: int) -> Version:
        """Return the version with this number. Raises UnknownVersion, DamagedText."""

    def versions(self, writer: str, essay: str) -> tuple[VersionInfo, ...]:
        """Return all about the essay's versions but their texts, in order."""

    def set_head(self, writer: str, essay: str, number: int | None, at: datetime) -> None:
        """Make a version the head; with None the essay has no text. Raises UnknownVersion."""

    def mark_complete(self, writer: str, essay: str, number: int, at: datetime) -> None:
        """Store that a version is complete. Raises UnknownVersion."""


class DmMessageStore(Protocol):
    """The messages of each writer's DM, and how far each DM was read.

    A message is found by its id and its writer; its parts are its text, 0, and its files from 1. Methods that take an
    essay raise UnknownEssay where the writer has no such essay.
    """

    def get(self, writer: str, message: int) -> DmMessage | None:
        """Return a message; None where it was never stored."""

    def add(
        self, writer: str, message: int, essay: str | None, question: int | None, text: str, *, part: int = 0
    ) -> None:
        """Store a part of a message; without an essay only that it was there, and no word of it."""

    def has_part(self, writer: str, message: int, part: int) -> bool:
        """Tell whether a part of a message is stored."""

    def set_text(self, writer: str, message: int, text: str) -> None:
        """Give a message another text."""

    def waiting(self, writer: str, essay: str) -> tuple[DmMessage, ...]:
        """Return the messages that have become no note yet, in the order of their ids."""

    def of_note(self, writer: str, essay: str, note: int) -> tuple[DmMessage, ...]:
        """Return the messages of a note, in the order of their ids."""

    def following(self, writer: str, message: int) -> DmMessage | None:
        """Return the first message after this id, of those that were stored last; None where there is none."""

    def has_messages(self, writer: str, essay: str) -> bool:
        """Tell whether any message belongs to the essay."""

    def make_note(self, writer: str, essay: str, messages: Sequence[DmMessage], note: int) -> None:
        """Make a note a view over its messages, these among them: it has no text of its own from now on."""

    def is_view(self, writer: str, essay: str, note: int) -> bool:
        """Tell whether a note is a view over its messages; one that was given a text is not."""

    def note_answering(self, writer: str, essay: str, question: int) -> int | None:
        """Return the number of the view over the messages that answer a question; None where there is none."""

    def was_asked_by(self, writer: str, essay: str, question: int, at: datetime) -> bool:
        """Tell whether a question had been put to the writer by that time."""

    def delete_messages_of_note(self, writer: str, essay: str, note: int) -> None:
        """Remove the words of a note's messages; that they were stored stays known while they may be read again."""

    def record_essay_deletion(self, writer: str, essay: str, at: datetime) -> None:
        """Remove the words of an essay's messages, and remember when. To be called before the essay is deleted."""

    def last_essay_deletion(self, writer: str) -> datetime | None:
        """Return when a writer whose DM is known last deleted an essay."""

    def context(self, writer: str) -> DmContext | None:
        """Return what stands before the writer, which may have ended; None where nothing does, or it is deleted."""

    def set_context(self, writer: str, essay: str, question: int | None) -> None:
        """Store what stands before the writer."""

    def channels(self) -> tuple[DmChannel, ...]:
        """Return every DM that is known; a damaged one is passed over."""

    def channel(self, writer: str) -> DmChannel | None:
        """Return a writer's DM; None where it is not known, or damaged."""

    def add_channel(self, channel: DmChannel) -> bool:
        """Store a writer's DM; False, and nothing, where it is known and not damaged."""

    def set_last_read(self, writer: str, message: int) -> None:
        """Store up to which message a DM need not be read again. It never goes back."""

    def delete_writer(self, writer: str) -> None:
        """Remove all that is stored here of a writer."""


class JobStore(Protocol):
    """Jobs and what they have written so far."""

    def add(
        self,
        writer: str,
        subject: str,
        kind: JobKind,
        base: int | None,
        argument: str,
        at: datetime,
        *,
        running: bool = False,
    ) -> Job:
        """Store a job, queued or ``running``. Raises JobRunning where the subject has one that has not ended."""

    def mark_running(self, job: int, at: datetime) -> None:
        """Store that a queued job is running."""

    def append_text(self, pieces: Mapping[int, str]) -> None:
        """Put a piece of text behind what each of the jobs has."""

    def delete_text(self, job: int) -> None:
        """Remove what the job wrote so far."""

    def end(self, job: int, outcome: JobOutcome, at: datetime) -> None:
        """Store how the job ended. The text of one that made a version goes: the version has it."""

    def get(self, writer: str, job: int) -> Job:
        """Return the job with this number. Raises UnknownJob where the writer has none such."""

    def end_open(self, writer: str, subject: str, kinds: Collection[JobKind], state: JobState, at: datetime) -> None:
        """Store that the open job on the subject, if it is of one of these kinds, has ended in this state."""

    def of_kind(self, writer: str, subject: str, kind: JobKind) -> Sequence[Job]:
        """Return every job of this kind on the subject, in order. One with a damaged argument has none."""

    def latest(self, writer: str, subject: str) -> Job | None:
        """Return the last job on the subject that does not give way; None where there never was one."""

    def leftovers(self, writer: str, subject: str) -> Sequence[int]:
        """Return the numbers of the ended jobs of which something is kept that stands in no version, the last first.

        That is text, or the instruction of a revision that came to nothing.
        """

    def abandoned(self) -> Sequence[Job]:
        """Return every job that has not ended and whose process is gone: what a kill left behind."""


class CritiqueStore(Protocol):
    """Critiques with the texts they are about. Calls raise UnknownCritique where the writer has no such critique."""

    def add(self, critique: StoredCritique) -> None:
        """Store a text that is to be critiqued."""

    def delete(self, writer: str, critique: str) -> None:
        """Remove a critique with its text."""

    def save_critique(self, writer: str, critique: str, found: Critique) -> None:
        """Store what the critic said."""

    def get(self, writer: str, critique: str) -> StoredCritique:
        """Return the critique with this id. Raises DamagedText."""

    def latest(self, writer: str, essay: str) -> StoredCritique | None:
        """Return the essay's last critique in which the critic has spoken."""

    def pasted(self, writer: str, first: int, most: int) -> tuple[Sequence[StoredCritique], int]:
        """Return a page of the critiques of texts that are no essay's, the last first, and how many there are in all.

        The page holds at most ``most``, from the index ``first`` on.
        """

    def attach_to_essay(self, writer: str, critique: str, essay: str, version: int) -> None:
        """Store that the text which was critiqued is this version of this essay of the writer's."""

    def save_decision(
        self, writer: str, critique: str, finding: int, decision: Decision, version: int | None, at: datetime
    ) -> None:
        """Store what the writer decided about a finding, and the version that came of it."""


class SupportStore(Protocol):
    """The checks of versions. Calls raise UnknownEssay where the writer has no such essay."""

    def save(self, writer: str, essay: str, check: Check, at: datetime) -> None:
        """Store the check of a version, in place of an earlier one."""

    def get(self, writer: str, essay: str, version: int) -> Check | None:
        """Return the check of a version; None where there is none, or it is damaged."""

    def versions(self, writer: str, essay: str) -> tuple[int, ...]:
        """Return the numbers of the versions that have a check, in order."""


class LedgerStore(Protocol):
    """One row for each call of a model. Never its text."""

    def add_call(self, reservation: Reservation, at: datetime) -> int:
        """Store a call at its worst cost and return its number."""

    def settle_call(self, call: int, settlement: Settlement) -> datetime:
        """Put what the call came to in the place of its worst cost; return when it was made."""

    def spending(self, writer: str, at: datetime) -> Spending:
        """Return what was spent in the day and month of ``at``, reservations included."""

    def reserved(self, writer: str, at: datetime, since: datetime) -> Spending:
        """Return what of that is reserved for calls that began after ``since`` and are not settled."""

    def settled_between(self, start: datetime, end: datetime) -> int:
        """Return what the settled calls from ``start`` up to ``end`` cost, in nano-dollars."""

    def usage(self, since: datetime, writer: str | None = None) -> Sequence[UsageRow]:
        """Return the calls since then, by day, role and model, oldest first; one writer's, or everybody's."""


class JobPanelStore(Protocol):
    """Where jobs are shown in Discord, so that the next process can put that right."""

    def save(self, job: int, message_id: int, address: str) -> None:
        """Store that a message shows the job, with the address by which it can be edited."""

    def delete(self, job: int, message_id: int | None = None) -> None:
        """Forget one message of the job, or all."""

    def all(self) -> Sequence[tuple[Job, str]]:
        """Return every message's job and address."""


class QuotaStore(Protocol):
    """What each writer may keep, counted in the transaction that stores it."""

    def check_and_record(self, writer: str, essay: str | None, adding: StorageIncrease, at: datetime) -> None:
        """Count what is about to be stored at that time. Raises LimitExceeded, and then counts nothing."""


class KeyValueStore(Protocol):
    """Small things that a user interface keeps for itself between two starts. Nothing a person wrote."""

    def get(self, name: str) -> str | None:
        """Return what was last kept under the name, None where nothing was."""

    def set(self, name: str, value: str) -> None:
        """Keep a value under a name, in place of the one before."""

    def delete(self, name: str) -> None:
        """Keep nothing under the name any more."""

    def delete_all(self, prefix: str) -> None:
        """Keep nothing any more under the names that begin so."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction on the database, used only inside ``Store.read`` and ``Store.write``."""

    essays: EssayStore
    messages: DmMessageStore
    jobs: JobStore
    job_panels: JobPanelStore
    critiques: CritiqueStore
    support: SupportStore
    ledger: LedgerStore
    values: KeyValueStore
    quota: QuotaStore


class Store(Protocol):
    """The database. Both calls raise StoreError where it cannot be used."""

    async def read(self, step: Callable[[Transaction], T]) -> T:
        """Return what ``step`` returns. All that it reads is of one moment."""

    async def write(self, step: Callable[[Transaction], T]) -> T:
        """Return what ``step`` returns. All that it writes is stored, or, where it raises, nothing.

        It comes to its end even where the caller is cancelled.
        """
