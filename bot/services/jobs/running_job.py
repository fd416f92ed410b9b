"""A running job: its state in memory, and how its text is stored before anybody is shown it."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from contextvars import Context, copy_context
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from bot.errors import BotError
from bot.services import metrics
from bot.services.jobs.job import Job, JobOutcome, JobPhase, JobState, JobWork, StoreResult
from bot.services.personal_data import WriterMark
from bot.services.store_ports import Clock, Store, Transaction

log = logging.getLogger(__name__)

FLUSH_SECONDS = 0.5  # a kill may lose at most a second's worth of writing
_FIRST_FLUSH_SECONDS = 0.02  # for the first text of a job, for which a person waits
# How many jobs' watchers wake in one turn of the event loop: each may draw a panel, which takes a millisecond or two.
_NOTIFY_BATCH_SIZE = 8


@dataclass(eq=False)
class RunningJob:
    """A job of this process that has not ended.

    ``changed_event`` is a new event after each change, so that no watcher misses one because of another. ``stop_state``
    is how it is to end, once somebody has stopped it. ``drops_text`` says that nothing of its text may be kept.
    ``context`` is that of the request that began it, in which it runs whenever its turn comes.
    """

    job: Job
    work: JobWork
    phase_since: datetime
    phase: JobPhase = JobPhase.WAITING
    unflushed_pieces: list[str] = field(default_factory=list)
    is_started: bool = False
    has_written: bool = False
    task: asyncio.Task[StoreResult | None] | None = None
    changed_event: asyncio.Event = field(default_factory=asyncio.Event)
    ended_event: asyncio.Event = field(default_factory=asyncio.Event)
    stop_state: JobState | None = None
    drops_text: bool = False
    context: Context = field(default_factory=copy_context)

    def set_phase(self, phase: JobPhase, now: datetime) -> None:
        """Set what the job does, and since when, if that has changed. Nobody is notified yet."""
        if phase is not self.phase:
            self.phase, self.phase_since = phase, now
            if phase is JobPhase.WRITING and not self.has_written:
                self.has_written = True
                waited = (now - self.job.created).total_seconds()
                metrics.first_text_seconds.observe(waited, self.job.kind.value)

    def notify(self) -> None:
        """Wake everybody who watches the job."""
        self.changed_event.set()
        self.changed_event = asyncio.Event()


@dataclass(frozen=True, slots=True)
class FinalWrite:
    """What is stored at a job's end, in one transaction: its result, and how it ended.

    ``text`` is the part that no flush has stored; ``drops_text`` says that all of its text is deleted instead, as it is
    while the writer's data is deleted. ``is_kill``: the process that ran it has died.
    """

    writer: str
    job_id: int
    text: str
    drops_text: bool
    outcome: JobOutcome
    at: datetime
    store_result: StoreResult | None = None
    is_kill: bool = False

    def run(self, tx: Transaction) -> JobOutcome:
        """Store it; return the outcome with the number of the job's result.

        Of a job that another process has ended nothing is stored, and its outcome is returned.
        """
        outcome = self.outcome
        if (stands := tx.jobs.ended_outcome(self.job_id)) is not None:
            return stands
        drops_text = self.drops_text or WriterMark.DELETING in tx.people.marks(self.writer)
        if self.store_result is not None and not drops_text:
            outcome = replace(outcome, result=self.store_result(tx))
        if self.text and not drops_text:
            tx.jobs.append_text({self.job_id: self.text})
        if self.is_kill:
            tx.jobs.record_kill(self.job_id)
        tx.jobs.end(self.job_id, outcome, self.at)
        if drops_text:  # now that no flush which is under way can add to it
            tx.jobs.delete_text(self.job_id)
        return outcome


def as_stored(job: Job) -> Job:
    """Return an ended job as the store has it: without its text, if that is a version now."""
    return replace(job, text="") if has_version(job) else job


def has_version(ended: Job) -> bool:
    """Return whether the text of an ended job is part of the essay, so that none is kept with the job."""
    return ended.result is not None or ended.state is JobState.DONE


class TextFlusher:
    """Store the text of all running jobs in one transaction per interval, and wake their watchers after that.

    The watchers are woken in a separate task: with hundreds of jobs that takes many turns of the event loop, and
    neither the next flush nor the end of a job waits for it.
    """

    def __init__(
        self, store: Store, clock: Clock, seconds: float, on_ended_elsewhere: Callable[[RunningJob], None]
    ) -> None:
        """Flush every so many ``seconds``; tell of a job whose row has ended, or is gone: it takes no text any more."""
        self._on_ended_elsewhere = on_ended_elsewhere
        self._store = store
        self._clock = clock
        self._interval_seconds = seconds
        self._owner = f"job texts {secrets.token_hex(8)}"  # it only adds rows: no other flush need wait for it
        self._unflushed: dict[RunningJob, None] = {}  # in the order in which their text came
        self._unnotified: dict[RunningJob, None] = {}
        self._lock = asyncio.Lock()
        self._dirty = asyncio.Event()
        self._first_text = asyncio.Event()
        self._flush_task: asyncio.Task[None] | None = None
        self._notify_task: asyncio.Task[None] | None = None

    def append(self, live: RunningJob, text: str) -> None:
        """Append a piece to the job's text, to be stored at the next flush."""
        live.unflushed_pieces.append(text)
        self._unflushed[live] = None
        if self._flush_task is None:
            # They serve all jobs, so they belong to no request.
            self._flush_task = asyncio.create_task(self._flush_forever(), name="job-flusher", context=Context())
        self._dirty.set()
        if not live.job.text:
            self._first_text.set()

    async def detach(self, live: RunningJob) -> str:
        """Stop storing the job's text; wait for a running flush, and return the part that is not stored."""
        async with self._lock:
            return self.discard(live)

    def discard(self, live: RunningJob) -> str:
        """Stop storing the job's text, which is stored elsewhere, and return the part that no flush has stored.

        A running flush may still store some of that.
        """
        self._unflushed.pop(live, None)
        left = "".join(live.unflushed_pieces)
        live.unflushed_pieces.clear()
        return left

    async def close(self) -> None:
        """Stop flushing."""
        for task in (self._flush_task, self._notify_task):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _flush_forever(self) -> None:
        """Flush a job's first text at once; batch the rest every interval."""
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            self._first_text.clear()
            try:
                await self._flush()
            except BotError:  # kept in memory and tried again with the next piece, and at the job's end
                log.exception("the text of running jobs could not be stored")
            except Exception as error:  # noqa: BLE001 - a bug here would keep the text of every job unstored
                log.error("the text of running jobs could not be stored, by a bug: %s", type(error).__name__)  # noqa: TRY400 - its message may hold a writer's words
            await asyncio.sleep(min(_FIRST_FLUSH_SECONDS, self._interval_seconds))
            with suppress(TimeoutError):
                async with asyncio.timeout(self._interval_seconds - _FIRST_FLUSH_SECONDS):
                    await self._first_text.wait()

    async def _flush(self) -> None:
        """Store the unflushed text of every job in one transaction. Raise StoreError; the text is then kept."""
        async with self._lock:
            taken = {live: len(live.unflushed_pieces) for live in self._unflushed}
            if not taken:
                return
            texts = {live: "".join(live.unflushed_pieces[:count]) for live, count in taken.items()}
            by_number = {live.job.id: text for live, text in texts.items()}
            stored = await self._store.write(self._owner, lambda tx: tx.jobs.append_text(by_number))
            now = self._clock()
            for live in texts:
                if live.job.id not in stored and live in self._unflushed:
                    self.discard(live)
                    self._on_ended_elsewhere(live)
                    continue
                text = "".join(live.unflushed_pieces[: taken[live]])  # none, if it was discarded meanwhile
                del live.unflushed_pieces[: taken[live]]
                if not live.unflushed_pieces:
                    self._unflushed.pop(live, None)
                live.job = replace(live.job, text=live.job.text + text)
                live.set_phase(JobPhase.WRITING, now)
        self._schedule_notify(texts)

    def _schedule_notify(self, lives: Iterable[RunningJob]) -> None:
        self._unnotified.update(dict.fromkeys(lives))
        if self._notify_task is None or self._notify_task.done():
            self._notify_task = asyncio.create_task(self._notify_all(), name="job-notifier", context=Context())

    async def _notify_all(self) -> None:
        """Wake the watchers of a few jobs in each turn of the loop, the longest waiting first."""
        while self._unnotified:
            for live in list(islice(self._unnotified, _NOTIFY_BATCH_SIZE)):
                del self._unnotified[live]
                live.notify()
            await asyncio.sleep(0)
