"""The ports of jobs: what running and showing them needs of the database, and of the other processes that share it.

See ``bot.services.store_ports`` for how a step uses those that are part of a Transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum, auto
from typing import Protocol

from bot.services.jobs.job import Job, JobKind, JobOutcome, JobState


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
        server: str | None = None,
        kills: int = 0,
    ) -> Job:
        """Store a job, queued or ``running``. Raise JobRunning if the subject has one that has not ended.

        ``server`` and ``kills`` are as in Job.
        """

    def mark_running(self, job: int, at: datetime) -> None:
        """Store that a queued job is running, if it has not ended."""

    def append_text(self, pieces: Mapping[int, str]) -> Collection[int]:
        """Add a piece of text to the end of each of the jobs' texts, and return the jobs that had not ended: only they
        take text."""

    def delete_text(self, job: int) -> None:
        """Remove what the job wrote so far."""

    def ended_outcome(self, job: int) -> JobOutcome | None:
        """Return how a job ended, None while it has not. One that was deleted counts as stopped."""

    def end(self, job: int, outcome: JobOutcome, at: datetime) -> None:
        """Store how the job ended. Delete the text of a job that made a version, which has it."""

    def record_kill(self, job: int) -> None:
        """Count one more process that died while the job was running."""

    def mark_told(self, job: int) -> None:
        """Store that the writer was told of the job's end, in a message of its own."""

    def is_told(self, job: int) -> bool:
        """Return whether the writer was told of the job's end."""

    def get(self, writer: str, job: int) -> Job:
        """Return the job with this number. Raise UnknownJob if the writer has none such."""

    def unended(self, job: int) -> Job | None:
        """Return the job with this number, whoever's it is, if it has not ended."""

    def unended_on(self, writer: str, subject: str) -> Job | None:
        """Return the writer's job on the subject that has not ended, without its text."""

    def unended_of(self, writer: str) -> Sequence[Job]:
        """Return the writer's jobs that have not ended, in order and without their texts."""

    def last_of_kind(self, writer: str, subject: str, kind: JobKind) -> Job | None:
        """Return the last job of a kind on the subject, without its text; None if there never was one."""

    def next_on(self, writer: str, subject: str, job: int) -> Job | None:
        """Return the job that came next on the subject after this one, without its text; None if none did."""

    def end_open(self, writer: str, subject: str, kinds: Collection[JobKind], state: JobState, at: datetime) -> None:
        """Store that the open job on the subject, if it is of one of these kinds, has ended in this state."""

    def latest(self, writer: str, subject: str) -> Job | None:
        """Return the last job on the subject that does not give way; None if there never was one."""

    def leftovers(self, writer: str, subject: str) -> Sequence[int]:
        """Return the numbers of ended jobs whose text or instruction is in no version, the last first.

        An instruction counts for a revision that failed.
        """

    def count_open(self, writer: str) -> int:
        """Return how many jobs of the writer have not ended."""

    def run_elsewhere(self, writer: str) -> bool:
        """Return whether another process that still runs, or the queue, has a job of the writer's."""

    def abandoned(self) -> Sequence[Job]:
        """Return every job that is in no queue and has not ended, and whose process no longer runs, as after a kill."""

    def interrupted(self, since: datetime) -> Sequence[Job]:
        """Return the jobs created since then that ended as interrupted and are the last on their subjects, in order."""


class QueueState(Enum):
    """What the queue knew of a job that was to be cancelled."""

    WAITING = auto()
    """No worker had it, and none will."""
    RUNNING = auto()
    """A worker has it, and has been told to end it."""
    GONE = auto()
    """It is not in the queue."""


@dataclass(frozen=True, slots=True)
class LostEntry:
    """A job that nobody runs although it has not ended: its number, and its entry if that is still there.

    ``is_cancelled`` says that its end was asked for. ``worker`` is the number of the worker that has the entry, and
    ``is_certain`` says that its process ran on this machine and has ended.
    """

    job: int
    entry: int | None
    is_cancelled: bool = False
    worker: int | None = None
    is_certain: bool = False


class JobQueueStore(Protocol):
    """The queue out of which the workers of several processes take jobs; on PostgreSQL alone.

    An entry holds a job's number, and nothing of a person.
    """

    def defer(self, job: Job, slots: int, busy: int) -> None:
        """Put a stored job at the end of the queue.

        At most ``slots`` jobs of one writer run at once; jobs that give way are not among them, and wait for none.
        Writers with fewer jobs come first: ``busy`` is how many the writer has beside this one.
        """

    def cancel(self, job: int) -> QueueState:
        """Take a job out of the queue, or tell the worker that has it to end it; return which it was."""

    def places(self, jobs: Collection[int]) -> Mapping[int, int]:
        """Return the places in the queue, from 1, of those of the jobs that wait; none give way."""

    def waiting(self) -> Mapping[JobKind, int]:
        """Return how many jobs of each kind wait."""

    def lost(self, seconds: float, exempt_writer: str) -> Sequence[LostEntry]:
        """Return what workers had that have not been heard of for so long, and open jobs that have no entry.

        Jobs of the exempt writer are in no queue.
        """

    def held_by(self, workers: Collection[int]) -> Sequence[LostEntry]:
        """Return the entries that these workers have."""

    def discard(self, entry: int) -> None:
        """Remove an entry that a worker had."""


JOB_PANELS_CHANNEL = "job_panels"
"""On which PostgreSQL tells each change of the messages that show jobs; see JobPanelStore."""


class PanelEditor(StrEnum):
    """Who edits a message that shows a job. The values are stored in the database."""

    GATEWAY = "gateway"
    """The process that answers clicks on it."""
    WORKER = "worker"
    """The process that runs the job, where that is another one."""
    NOBODY = "nobody"
    """A click shows something else there; the end of the job is told in a new message beside it."""


@dataclass(frozen=True, slots=True)
class StoredPanel:
    """A message that shows a job: the address to edit it by, and who does. ``revision`` is new with each address."""

    address: str
    editor: PanelEditor
    revision: int


class JobPanelStore(Protocol):
    """The Discord messages that show jobs, so that another process can update them, now or after this one.

    All that a message shows is of one writer. On PostgreSQL each change but a deletion is told on JOB_PANELS_CHANNEL:
    the job's number and whether it has ended, as "17 0" or "17 1".
    """

    def save(
        self,
        job: int,
        message_id: int,
        address: str,
        editor: PanelEditor = PanelEditor.GATEWAY,
        *,
        only_new: bool = False,
    ) -> None:
        """Store that a message shows the job from now on, as the one used last.

        With ``only_new`` nothing is stored if it shows the job already.
        """

    def leave(self, message_id: int, address: str) -> Sequence[int]:
        """Store that nobody edits a message any more but by clicks, the last of which has left this address.

        Return the jobs that a worker showed there until now.
        """

    def take_up(self, message_id: int, jobs: Collection[int]) -> None:
        """Store that a worker goes on showing these jobs in a message that was left."""

    def delete(self, job: int, message_id: int | None = None) -> None:
        """Delete one message of the job, or all that gateways edit."""

    def delete_revisions(self, job: int, revisions: Collection[int]) -> None:
        """Delete those messages of the job that have not changed since they had these revisions, and damaged ones."""

    def move(self, job: int, to: int, *, of_workers: bool = False) -> None:
        """Store that the messages of one job show another job of the same writer from now on.

        With ``of_workers`` those that a gateway edits stay: it runs on, and waits for the other job by itself.
        """

    def revision(self, job: int, message_id: int) -> int | None:
        """Return the revision of a message that a worker edits, None if it is not a worker's (any more)."""

    def of(self, job: int) -> Sequence[StoredPanel]:
        """Return the messages of one job, the one used last at the end."""

    def all(self) -> Sequence[tuple[Job, StoredPanel]]:
        """Return every message with its job, in the order of their use."""

    def left_to_workers(self, waiting: int) -> Sequence[Job]:
        """Return the jobs in messages of workers that are not shown by the worker that runs them, without their text.

        They have ended, or give way, or wait in the queue; of these the first ``waiting``.
        """

    def ended(self, job: int) -> Job | None:
        """Return a job that has ended and is in a message of workers, without its text; None if it is not so."""


class MessageLocks(Protocol):
    """Locks among the processes of one database. A process that dies loses its own at once."""

    def hold(self, message_id: int, late_seconds: float) -> AbstractAsyncContextManager[None]:
        """Hold the lock of a message, once it is free. Raise StoreError.

        If the work inside is cancelled, the lock is kept for ``late_seconds`` more, for as long as a request that was
        given up may arrive at Discord.
        """

    async def wait_until_free(self, message_id: int, seconds: float) -> bool:
        """Wait until nobody holds the lock of a message; return False if that is not so within the time."""

    async def claim(self, job: int) -> bool:
        """Take the right to show a job in its messages and to tell of its end; return whether no other process has it.

        Raise StoreError.
        """

    async def give_back(self, job: int) -> None:
        """Give back the right to show a job. Raise nothing."""


class Notifications(Protocol):
    """What the database tells a process of what others have changed."""

    def subscribe(self, channel: str, listener: Callable[[str | None], None]) -> None:
        """Call ``listener`` in the event loop with what is told on a channel, from about now on.

        It is called with None where something may have been missed, as while the connection was lost.
        """
