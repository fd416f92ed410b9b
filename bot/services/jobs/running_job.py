"""What a JobRunner remembers of a job while it runs, and what it writes down at its end."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from bot.errors import BotError
from bot.services.jobs.job import Job, JobOutcome, JobPhase, JobState, JobStore, JobWork
from bot.services.store_ports import Clock

log = logging.getLogger(__name__)


@dataclass(eq=False)
class RunningJob:
    """A job in this process. ``changed`` is a new event after each change, so that no watcher takes another's."""

    job: Job
    work: JobWork
    phase_since: datetime
    phase: JobPhase = JobPhase.WAITING
    unflushed_pieces: list[str] = field(default_factory=list)
    is_started: bool = False
    task: asyncio.Task[int | None] | None = None
    changed_event: asyncio.Event = field(default_factory=asyncio.Event)
    ended_event: asyncio.Event = field(default_factory=asyncio.Event)
    stop_state: JobState | None = None
    is_declined: bool = False

    def set_phase(self, phase: JobPhase, now: datetime) -> None:
        """The job does this from now on, if it has not done so before; nobody is told yet."""
        if phase is not self.phase:
            self.phase, self.phase_since = phase, now

    def notify(self) -> None:
        """Wakes whoever watches the job."""
        self.changed_event.set()
        self.changed_event = asyncio.Event()


@dataclass(frozen=True, slots=True)
class FinalWrite:
    """What is stored of a job at its end: text that no flush could store, or that there is to be none, and the end."""

    job_id: int
    text: str
    is_declined: bool
    outcome: JobOutcome
    at: datetime


def as_stored(job: Job) -> Job:
    """A job that has ended, as the store has it: a text that became a version is with the essay alone."""
    return replace(job, text="") if has_version(job) else job


def has_version(ended: Job | JobOutcome) -> bool:
    """Whether the text of a job that has ended is with the essay, so that none is kept with the job."""
    return ended.result_version is not None or ended.state is JobState.DONE


def log_unexpected_error(job: Job, error: Exception) -> None:
    """Writes down where it happened, and not what the error says: that may hold a person's words."""
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("job %d (%s) failed by a bug: %s\n%s", job.id, job.kind, type(error).__name__, where)


async def save_partial(work: JobWork, job: int, text: str) -> int | None:
    """What the work makes of a text that ended early; None where that cannot be stored: the text is with the job."""
    try:
        return await work.save_partial(text)
    except BotError:  # the essay may be gone, or the disk full
        log.exception("job %d: its text could not be made a version", job)
        return None


# What running jobs write, stored before anybody is shown it.


FLUSH_SECONDS = 0.5  # twice as often as what a person may lose to a kill: a second's worth of writing
_FIRST_FLUSH_SECONDS = 0.02  # the first text of a job is waited for: it is not kept back for a whole interval
# How many jobs' watchers wake in one turn of the event loop: each may draw a panel, which takes a millisecond or two.
_NOTIFY_BATCH_SIZE = 8


class TextFlusher:
    """Stores the text of all jobs in one transaction an interval, and lets it be seen after that.

    The watchers are told beside the flushes: with hundreds of jobs that takes many turns of the event loop, and
    neither the next flush nor the end of a job waits for it.
    """

    def __init__(self, store: JobStore, clock: Clock, seconds: float) -> None:
        self._store = store
        self._clock = clock
        self._interval_seconds = seconds
        self._unflushed: dict[RunningJob, None] = {}  # in the order in which their text came
        self._unnotified: dict[RunningJob, None] = {}
        self._lock = asyncio.Lock()
        self._dirty = asyncio.Event()
        self._first_text = asyncio.Event()
        self._flush_task: asyncio.Task[None] | None = None
        self._notify_task: asyncio.Task[None] | None = None

    def append(self, live: RunningJob, text: str) -> None:
        """Puts a piece behind what the job has; it is stored soon."""
        live.unflushed_pieces.append(text)
        self._unflushed[live] = None
        if self._flush_task is None:
            self._flush_task = asyncio.create_task(self._flush_forever(), name="job-flusher")
        self._dirty.set()
        if not live.job.text:
            self._first_text.set()

    async def flush(self) -> None:
        """Stores all text that came since the last flush, of every job, in one transaction.

        Raises StoreError; the text is kept, and stored with the next.
        """
        async with self._lock:
            taken = {live: len(live.unflushed_pieces) for live in self._unflushed}
            if not taken:
                return
            pieces = {live: "".join(live.unflushed_pieces[:count]) for live, count in taken.items()}
            await self._store.append_text({live.job.id: text for live, text in pieces.items()})
            now = self._clock()
            for live, text in pieces.items():
                del live.unflushed_pieces[: taken[live]]
                if not live.unflushed_pieces:
                    self._unflushed.pop(live, None)
                live.job = replace(live.job, text=live.job.text + text)
                live.set_phase(JobPhase.WRITING, now)
        self._schedule_notify(pieces)

    async def detach(self, live: RunningJob) -> str:
        """Stores nothing more of the job; returns what came and is stored nowhere, once no flush has it in hand."""
        async with self._lock:
            left = "".join(live.unflushed_pieces)
            self.discard(live)
            return left

    def discard(self, live: RunningJob) -> None:
        """Stores nothing more of the job, whose text is held elsewhere; a flush may still have some of it in hand."""
        self._unflushed.pop(live, None)
        live.unflushed_pieces.clear()

    async def close(self) -> None:
        """Flushes no more."""
        for task in (self._flush_task, self._notify_task):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _flush_forever(self) -> None:
        """The first text of a job is stored, and so may be shown, at once; the rest of all jobs once every interval."""
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            self._first_text.clear()
            try:
                await self.flush()
            except BotError:  # kept in memory and tried again with the next piece, and at the job's end
                log.exception("the text of running jobs could not be stored")
            await asyncio.sleep(min(_FIRST_FLUSH_SECONDS, self._interval_seconds))
            with suppress(TimeoutError):
                async with asyncio.timeout(self._interval_seconds - _FIRST_FLUSH_SECONDS):
                    await self._first_text.wait()

    def _schedule_notify(self, lives: Iterable[RunningJob]) -> None:
        self._unnotified.update(dict.fromkeys(lives))
        if self._notify_task is None or self._notify_task.done():
            self._notify_task = asyncio.create_task(self._notify_all(), name="job-teller")

    async def _notify_all(self) -> None:
        """A few jobs in each turn of the loop, those that have waited longest first."""
        while self._unnotified:
            for live in list(islice(self._unnotified, _NOTIFY_BATCH_SIZE)):
                del self._unnotified[live]
                live.notify()
            await asyncio.sleep(0)
