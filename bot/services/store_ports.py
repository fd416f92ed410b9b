"""The storage ports: what the services need of a database, each as a small interface.

All methods are plain synchronous functions over one transaction. A service combines what it needs in one step and
passes that to ``Store.read`` or ``Store.write``. The rules are in the services: a store keeps rows whole, encrypted and
separate by writer, and decides nothing else. Those of jobs are in ``bot.services.jobs.store_ports``.
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
    from bot.essay.voice import VoiceSample
    from bot.services.critiques import Decision, StoredCritique
    from bot.services.dm_messages import DmChannel, DmContext, DmMessage
    from bot.services.jobs.store_ports import JobPanelStore, JobQueueStore, JobStore
    from bot.services.ledger import Reservation, ServerSpending, Settlement, Spending, UsageKey, UsageRow, UsageTotal
    from bot.services.personal_data import AuditEntry, HostAction, StoredTable, WriterMark
    from bot.services.retention import DeletionWarning, IdleEssay
    from bot.services.server_rules import ServerRules
    from bot.services.sharing import Feedback, Share

T = TypeVar("T")

Clock = Callable[[], datetime]
"""The time now, in UTC."""

IdFactory = Callable[[], str]
"""A new essay id: short, unguessable, safe in a file name, an address and a button."""


class EssayStore(Protocol):
    """Essays with their notes, questions and versions.

    Methods that take a writer and an essay raise UnknownEssay if that writer has no such essay. Those that take a time
    mark the essay as changed at that time.
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
        """Return whether the essay has a note, a question or a version."""

    def delete(self, writer: str, essay: str) -> None:
        """Delete the essay and all that belongs to it, its jobs too. No trace of its words is left in SQLite's file."""

    def mark_changed(self, writer: str, essay: str, at: datetime) -> None:
        """Mark the essay as changed."""

    def mark_exported(self, writer: str, essay: str, version: int, at: datetime) -> None:
        """Store which version was exported last."""

    def add_note(self, writer: str, essay: str, passage: NewNote, at: datetime, *, question: str | None = None) -> Note:
        """Store a passage as the essay's next note; a deleted note's number is never used again."""

    def notes(self, writer: str, essay: str) -> tuple[Note, ...]:
        """Return the essay's notes in order, including damaged ones."""

    def note(self, writer: str, essay: str, number: int) -> Note:
        """Return one note. Raise NothingToDo if there is none with that number."""

    def update_note(self, writer: str, essay: str, note: Note, at: datetime) -> None:
        """Store a note's text, and whether it is left out. Raise NothingToDo."""

    def exclude_note(self, writer: str, essay: str, number: int, left_out: bool, at: datetime) -> None:
        """Store whether a note is left out; its text is not touched. Raise NothingToDo."""

    def place_notes(self, writer: str, essay: str, places: Mapping[int, str | None], at: datetime) -> None:
        """Put notes, by number, into sections, by key."""

    def delete_note(self, writer: str, essay: str, number: int, at: datetime) -> None:
        """Delete a note; no trace of its words is left in SQLite's file. Raise NothingToDo."""

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
        """Return one question. Raise NothingToDo."""

    def set_question_state(self, writer: str, essay: str, number: int, state: QuestionState, at: datetime) -> None:
        """Store the state of a question. Raise NothingToDo."""

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
        unwritten: Sequence[str] = (),
        remark: str = "",
    ) -> Version:
        """Store a version; the head stays where it is."""

    def version(self, writer: str, essay: str, number: int) -> Version:
        """Return the version with this number. Raise UnknownVersion, DamagedText."""

    def versions(self, writer: str, essay: str) -> tuple[VersionInfo, ...]:
        """Return the essay's versions in order, without their texts."""

    def set_head(self, writer: str, essay: str, number: int | None, at: datetime) -> None:
        """Make a version the head; with None the essay has no text. Raise UnknownVersion."""

    def mark_complete(self, writer: str, essay: str, number: int, at: datetime) -> None:
        """Store that a version is complete. Raise UnknownVersion."""


class DmMessageStore(Protocol):
    """The messages of each writer's DM, and how far each DM was read.

    A message is found by its id and its writer; part 0 is its text, and its files are parts from 1. Methods that take
    an essay raise UnknownEssay if the writer has no such essay.
    """

    def get(self, writer: str, message: int) -> DmMessage | None:
        """Return a message; None if it was never stored."""

    def add(
        self, writer: str, message: int, essay: str | None, question: int | None, text: str, *, part: int = 0
    ) -> None:
        """Store a part of a message; without an essay only that the message existed, and no word of it."""

    def has_part(self, writer: str, message: int, part: int) -> bool:
        """Return whether a part of a message is stored."""

    def set_text(self, writer: str, message: int, text: str) -> None:
        """Give a message another text."""

    def waiting(self, writer: str, essay: str) -> tuple[DmMessage, ...]:
        """Return the messages that are not part of a note yet, in the order of their ids."""

    def of_note(self, writer: str, essay: str, note: int) -> tuple[DmMessage, ...]:
        """Return the messages of a note, in the order of their ids."""

    def following(self, writer: str, message: int) -> DmMessage | None:
        """Return the first message after this id, among those stored last; None if there is none."""

    def has_messages(self, writer: str, essay: str) -> bool:
        """Return whether any message belongs to the essay."""

    def make_note(self, writer: str, essay: str, messages: Sequence[DmMessage], note: int) -> None:
        """Make a note a view over its messages, including these: it has no text of its own from now on."""

    def is_view(self, writer: str, essay: str, note: int) -> bool:
        """Return whether a note is a view over its messages; a note with a text of its own is not."""

    def note_answering(self, writer: str, essay: str, question: int) -> int | None:
        """Return the number of the note that is a view over the answer to a question; None if there is none."""

    def was_asked_by(self, writer: str, essay: str, question: int, at: datetime) -> bool:
        """Return whether a question had been asked by that time."""

    def delete_messages_of_note(self, writer: str, essay: str, note: int) -> None:
        """Delete the words of a note's messages; their rows stay while they may be read again."""

    def record_essay_deletion(self, writer: str, essay: str, at: datetime) -> None:
        """Delete the words of an essay's messages, and store when. Call it before the essay is deleted."""

    def last_essay_deletion(self, writer: str) -> datetime | None:
        """Return when a writer whose DM is known last deleted an essay."""

    def context(self, writer: str) -> DmContext | None:
        """Return what the writer's messages are about, even if that question has ended; None if nothing."""

    def set_context(self, writer: str, essay: str, question: int | None) -> None:
        """Store what the writer's messages are about."""

    def channels(self) -> tuple[DmChannel, ...]:
        """Return every known DM, without damaged ones."""

    def channel(self, writer: str) -> DmChannel | None:
        """Return a writer's DM; None if it is not known, or damaged."""

    def add_channel(self, channel: DmChannel) -> bool:
        """Store a writer's DM; if it is known and not damaged, return False and do nothing."""

    def set_last_read(self, writer: str, message: int) -> None:
        """Store up to which message a DM need not be read again. It never goes back."""


class CritiqueStore(Protocol):
    """Critiques with the texts they are about. Methods raise UnknownCritique if the writer has no such critique."""

    def add(self, critique: StoredCritique) -> None:
        """Store a text that is to be critiqued."""

    def delete(self, writer: str, critique: str) -> None:
        """Remove a critique with its text and its job. No trace of its words is left in SQLite's file."""

    def save_critique(self, writer: str, critique: str, found: Critique) -> None:
        """Store the critic's findings."""

    def get(self, writer: str, critique: str) -> StoredCritique:
        """Return the critique with this id. Raise DamagedText."""

    def latest(self, writer: str, essay: str) -> StoredCritique | None:
        """Return the essay's last finished critique."""

    def pasted(self, writer: str, first: int, most: int) -> tuple[Sequence[StoredCritique], int]:
        """Return a page of the critiques of pasted texts, the last first, and how many there are in all.

        The page has at most ``most`` critiques, starting with the index ``first``.
        """

    def attach_to_essay(self, writer: str, critique: str, essay: str, version: int) -> None:
        """Store that the critiqued text is this version of this essay of the writer's."""

    def save_decision(
        self, writer: str, critique: str, finding: int, decision: Decision, version: int | None, at: datetime
    ) -> None:
        """Store what the writer decided about a finding, and the version that resulted."""


class SupportStore(Protocol):
    """The checks of versions. Calls raise UnknownEssay where the writer has no such essay."""

    def save(self, writer: str, essay: str, check: Check, at: datetime) -> None:
        """Store the check of a version, in place of an earlier one."""

    def get(self, writer: str, essay: str, version: int) -> Check | None:
        """Return the check of a version; None if there is none, or it is damaged."""

    def versions(self, writer: str, essay: str) -> tuple[int, ...]:
        """Return the numbers of the versions that have a check, in order."""


class VoiceStore(Protocol):
    """The writers' own texts that show how they write, encrypted."""

    def add(self, writer: str, text: str, at: datetime) -> VoiceSample:
        """Store a sample under the next number."""

    def of_writer(self, writer: str) -> tuple[VoiceSample, ...]:
        """Return the writer's samples, by number; a damaged one is marked as such."""

    def delete(self, writer: str, number: int) -> None:
        """Delete the sample with this number, if there is one."""


class SharingStore(Protocol):
    """The texts that were shared in Discord, and what was said about them.

    The caller has checked whose the essay is.
    """

    def owner(self, essay: str) -> str | None:
        """Return whose an essay is; None if there is none with this id."""

    def has_any(self, essay: str) -> bool:
        """Return whether an essay was ever shared."""

    def of_essay(self, writer: str, essay: str) -> tuple[Share, ...]:
        """Return the shares of an essay, by number; a damaged one without its place."""

    def standing(self, writer: str) -> Sequence[tuple[str, Share]]:
        """Return a writer's shares that are not taken down, with their essays."""

    def add(self, writer: str, essay: str, share: Share) -> None:
        """Store a share."""

    def change(self, writer: str, essay: str, share: Share) -> bool:
        """Store a share's state and place in place of what they were; return False if there is no such share."""

    def delete(self, writer: str, essay: str, number: int) -> None:
        """Delete a share, if there is one with this number."""

    def feedback(self, writer: str, essay: str) -> tuple[Feedback, ...]:
        """Return what was said about an essay, oldest first; a damaged text is None."""

    def add_feedback(self, writer: str, essay: str, item: Feedback) -> int:
        """Store what was said under the next number, and return that."""

    def change_feedback(self, writer: str, essay: str, item: Feedback) -> None:
        """Store a text and a message's id in place of what stood under the number."""

    def delete_feedback(self, writer: str, essay: str, numbers: Collection[int]) -> None:
        """Delete what was said under these numbers. No trace of its words is left in SQLite's file."""


class LedgerStore(Protocol):
    """One row for each call of a model, without its text."""

    def add_call(self, reservation: Reservation, at: datetime) -> int:
        """Store a call at its worst cost and return its number."""

    def settle_call(self, call: int, settlement: Settlement) -> datetime:
        """Replace a call's worst cost by what it used and cost; return when it was made."""

    def spending(self, writer: str, at: datetime) -> Spending:
        """Return what was spent in the day and month of ``at``, reservations and ``keep_spending`` included."""

    def keep_spending(self, writer: str, spent: Spending, at: datetime) -> None:
        """Store what a writer whose data was deleted had spent in the day and month of ``at``, in their calls' place.

        It stands under a pseudonym of the writer and the month, from which neither can be read. In which servers it was
        spent is not known any more, so it counts in each.
        """

    def reserved(self, writer: str, at: datetime, since: datetime) -> Spending:
        """Return the part of that which is reserved for calls that began after ``since`` and are not settled."""

    def server_spending(self, server: str, writer: str, at: datetime) -> ServerSpending:
        """Return what was spent in a server on the day of ``at``, as ``spending`` does."""

    def server_reserved(self, server: str, writer: str, at: datetime, since: datetime) -> ServerSpending:
        """Return the part of that which is reserved for calls that began after ``since`` and are not settled."""

    def settled_between(self, start: datetime, end: datetime) -> int:
        """Return what the settled calls from ``start`` up to ``end`` cost, in nano-dollars."""

    def failing_since(self, reasons: Sequence[str]) -> tuple[datetime, datetime, str] | None:
        """Return when calls first and last ended by one of ``reasons`` since one answered, and the last's reason.

        None if none ended so since then.
        """

    def usage(self, since: datetime, writer: str | None = None) -> Sequence[UsageRow]:
        """Return the sums of the calls since then, by day, role and model, oldest first; of one writer or everybody."""

    def usage_by(self, since: datetime, by: UsageKey) -> Sequence[UsageTotal]:
        """Return the sums of everybody's calls since then: of days the oldest first, of others what cost most."""


class PersonStore(Protocol):
    """All that is stored of one writer, whatever the table; the marks beside writers; what the host did about them."""

    def mark(self, writer: str, mark: WriterMark, at: datetime) -> None:
        """Store a mark beside a writer, unless it is there."""

    def unmark(self, writer: str, mark: WriterMark) -> None:
        """Remove a mark."""

    def marks(self, writer: str) -> frozenset[WriterMark]:
        """Return the marks beside a writer."""

    def marked(self, mark: WriterMark) -> Sequence[str]:
        """Return the writers with a mark, the longest first."""

    def beginning_with(self, start: str) -> Sequence[str]:
        """Return the writers of whom anything is stored and whose pseudonym begins so, in order."""

    def counts(self, writer: str) -> Mapping[str, int]:
        """Return how many rows each table has of a writer, without those that have none."""

    def rows(self, writer: str, essay: str | None) -> Sequence[StoredTable]:
        """Return all rows that belong to one of a writer's essays; with None all that belong to no essay."""

    def delete(self, writer: str) -> None:
        """Delete every row of a writer but marks and what the host did; calls stay, as nobody's and without an hour.

        No trace of a deleted row is left in SQLite's file, once ``has_erased``.
        """

    def has_erased(self) -> bool:
        """Return whether nothing that this process deleted, of anybody, is left in the log beside SQLite's file."""

    def record(self, action: HostAction, writer: str, at: datetime) -> None:
        """Store what the host does about a writer."""

    def audit_log(self) -> Sequence[AuditEntry]:
        """Return what the host did about writers, oldest first."""


class ServerStore(Protocol):
    """The rules of Discord servers, by their pseudonyms."""

    def rules(self, server: str) -> ServerRules:
        """Return a server's rules, those that allow all if it has none; ``is_damaged`` if they cannot be read."""

    def set_rules(self, server: str, rules: ServerRules, at: datetime) -> None:
        """Store a server's rules in place of those before."""


class RetentionStore(Protocol):
    """What of the database is deleted in time."""

    def idle_essays(self, since: datetime, exempt_writer: str, writer: str | None = None) -> Sequence[IdleEssay]:
        """Return the essays that nothing was done with after ``since``: one writer's, or all but the exempt one's.

        They are grouped by writer.
        """

    def last_touched(self, writer: str, essay: str) -> datetime | None:
        """Return when an essay was last changed or a job started on it; None if there is no such essay."""

    def save_warning(self, essay: str, warning: DeletionWarning) -> None:
        """Store where the warnings about an essay stand, if it is still there."""

    def delete_warning(self, essay: str) -> None:
        """Forget the warnings about an essay."""

    def delete_jobs(self, before: datetime) -> None:
        """Delete the jobs that ended before a time, but the last of each essay and critique."""

    def delete_calls(self, before: datetime) -> None:
        """Delete the calls of models that were made before a time."""

    def delete_memberships(self, before: datetime) -> None:
        """Delete that people were seen in a server, if it was before a time."""

    def delete_stored_counts(self, before: datetime) -> None:
        """Delete how much each writer stored in the minutes before a time."""

    def delete_kept_spending(self, at: datetime) -> None:
        """Delete what ``LedgerStore.keep_spending`` stored before the month of ``at``."""


class QuotaStore(Protocol):
    """The limits on what each writer may keep, checked in the transaction that stores it."""

    def check_and_record(self, writer: str, essay: str | None, adding: StorageIncrease, at: datetime) -> None:
        """Check and count what is to be stored at that time.

        Raise LimitExceeded, or BeingDeleted while the writer's data is deleted; then count nothing.
        """


class KeyValueStore(Protocol):
    """Small values that a user interface stores by name; nothing that a person wrote."""

    def get(self, name: str) -> str | None:
        """Return the value with this name, None if there is none."""

    def set(self, name: str, value: str) -> None:
        """Store a value under a name, in place of the one before."""

    def delete(self, name: str) -> None:
        """Delete the value with this name."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction on the database, used only inside ``Store.read`` and ``Store.write``."""

    essays: EssayStore
    messages: DmMessageStore
    jobs: JobStore
    queue: JobQueueStore
    job_panels: JobPanelStore
    critiques: CritiqueStore
    support: SupportStore
    voice: VoiceStore
    sharing: SharingStore
    ledger: LedgerStore
    people: PersonStore
    servers: ServerStore
    retention: RetentionStore
    values: KeyValueStore
    quota: QuotaStore


class Store(Protocol):
    """The database. Both methods raise StoreError if it cannot be used.

    Steps that write are kept apart by their ``owner``: the writer whose rows the step may change, or another name for
    what is nobody's, such as the ledger. Those of one owner run one after another, whichever process asks for them.
    """

    async def read(self, step: Callable[[Transaction], T]) -> T:
        """Run ``step`` and return its result. All that it reads is from one moment."""

    async def write(self, owner: str, step: Callable[[Transaction], T]) -> T:
        """Run ``step`` and return its result. All that it writes is stored, or nothing if it raises.

        It waits for the owner's other steps, and is completed even if the caller is cancelled.
        """
