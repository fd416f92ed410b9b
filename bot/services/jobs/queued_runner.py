"""The JobRunner of several processes: the database has the queue, and any worker may take a job out of it.

What is stored of a job, and what stands in the queue, changes in one transaction. A job whose worker dies is ended by
another, which begins the one that follows it; see resumption.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from bot.errors import BeingDeleted, JobRunning, ShuttingDown, StoreError, TooManyJobs, UnknownJob
from bot.services.jobs.executor import JobExecutor, WorkFactory
from bot.services.jobs.job import (
    Job,
    JobKind,
    JobOutcome,
    JobPhase,
    JobState,
    JobView,
    JobWork,
    StoreResult,
)
from bot.services.jobs.runner import PLACES_PER_SECOND, PrepareJob
from bot.services.jobs.running_job import FLUSH_SECONDS, RunningJob, as_stored
from bot.services.jobs.store_ports import LostEntry, QueueState
from bot.services.llm_ports import ProgressCallback
from bot.services.personal_data import WriterMark
from bot.services.request_context import apply_rules, current_request, request_scope
from bot.services.server_rules import ALL_ALLOWED, ServerRules
from bot.services.store_ports import Clock, Store, Transaction

log = logging.getLogger(__name__)

T = TypeVar("T")

CHANNEL = "jobs"
"""On which the database tells the number of each job that has begun, ended or been deleted."""

STALLED_SECONDS = 8.0  # four heartbeats: a process that is busy, or waits for a server that restarts, is not dead
_RETRY_SECONDS = 1.0
# A worker looks every two seconds for what does not go on. Of a job that ended long ago nothing more is to come.
_FOLLOWER_SECONDS, _FOLLOWER_POLL_SECONDS = 5.0, 0.2
_FOLLOWER_WITHIN = timedelta(minutes=10)
_PLACE_SECONDS = 2.0
_TAKEOVER_SECONDS = 15.0  # by then a dead worker's jobs have been taken over, if there is another worker
# A worker with room takes a job up within milliseconds: to say for them that it is first in line would only flicker.
_TAKE_UP = timedelta(seconds=1)

RunEntry = Callable[[int, Callable[[], bool]], Awaitable[None]]
"""Run the job with this number, and return when its end is stored. It is cancelled where the job is to end early; then
the second argument says whether the queue was asked for that, as by Stop, or the process is ending."""


class JobQueue(Protocol):
    """One process's part in the queue."""

    async def start(self, channel: str, listener: Callable[[str | None], None]) -> None:
        """Listen to what the database tells on a channel; None stands for what may have been missed."""

    async def work(self, run: RunEntry, concurrency: int) -> None:
        """Begin to take jobs out of the queue, at most ``concurrency`` at once beside those that give way."""

    @property
    def workers(self) -> Collection[int]:
        """The numbers by which the queue knows what takes jobs in this process."""

    async def stop_working(self) -> None:
        """Take no more jobs, and cancel those that run here; return when they have ended."""

    async def close(self) -> None:
        """Stop working and close all connections."""


@dataclass(eq=False)
class StoredWork:
    """The work of a job that was taken out of the queue, built from what is stored once it begins."""

    job: Job
    work_for: WorkFactory
    _built: JobWork | None = field(default=None, init=False)

    async def run(self, report: ProgressCallback) -> StoreResult | None:
        self._built = await self.work_for(self.job)
        return await self._built.run(report)

    async def keep_partial(self, text: str) -> StoreResult | None:
        return await self._built.keep_partial(text) if self._built is not None else None


class QueuedJobRunner:
    """Hand jobs over to the queue, and in a worker run them. See JobRunner for what the methods promise.

    ``on_begin`` is called with each job that begins in this process.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        queue: JobQueue,
        *,
        max_running: int,
        max_per_writer: int,
        exempt_writer: str,
        flush_seconds: float = FLUSH_SECONDS,
        stalled_seconds: float = STALLED_SECONDS,
    ) -> None:
        """``max_running`` jobs run at once in this process, if it works. The exempt writer's jobs are in no queue."""
        self._store = store
        self._clock = clock
        self._queue = queue
        self._max_running = max_running
        self._max_per_writer = max_per_writer
        self._exempt_writer = exempt_writer
        self._stalled_seconds = stalled_seconds
        self._executor = JobExecutor(store, clock, self._job_ended, flush_seconds)
        self._watchers: defaultdict[int, set[asyncio.Event]] = defaultdict(set)
        self._work_for: WorkFactory | None = None
        self._is_working = False
        self._is_closed = False
        self._reachable_since: float | None = None
        self._suspects: set[int] = set()
        self._waiting: Mapping[JobKind, int] = {}
        self._place_teller: asyncio.Task[None] | None = None
        self.on_end: Callable[[Job], None] | None = None
        self.on_begin: Callable[[Job], None] | None = None

    async def start(
        self,
        writer: str,
        subject: str,
        kind: JobKind,
        work: JobWork,
        base: int | None = None,
        argument: str = "",
        *,
        prepare: PrepareJob | None = None,
        follows: Job | None = None,
    ) -> Job:
        """See JobRunner."""
        if self._is_closed and follows is None:  # a worker that ends hands on what it had
            raise ShuttingDown
        request = current_request()
        server, kills = request.server if request is not None else None, follows.kills if follows is not None else 0
        now = self._clock()

        def add(tx: Transaction) -> Job:
            if WriterMark.DELETING in tx.people.marks(writer):
                raise BeingDeleted
            other = tx.jobs.unended_on(writer, subject)
            if other is not None and not other.kind.gives_way:
                raise JobRunning(other.kind.label)
            if other is not None and (other.kind, other.argument) == (kind, argument):
                return other
            busy = sum(not job.kind.gives_way for job in tx.jobs.unended_of(writer)) if not kind.gives_way else 0
            if busy >= 2 * self._max_per_writer:
                raise TooManyJobs(2 * self._max_per_writer)
            if prepare is not None:
                prepare(tx)
            if other is not None:
                tx.queue.cancel(other.id)
                tx.jobs.end(other.id, JobOutcome(JobState.INTERRUPTED), now)
            asked = follows.created if follows is not None else now
            job = tx.jobs.add(writer, subject, kind, base, argument, asked, server=server, kills=kills)
            tx.queue.defer(job, self._max_per_writer, busy)
            if follows is not None:
                tx.job_panels.move(follows.id, job.id, of_workers=True)
            return job

        return await self._store.write(writer, add)

    async def running_job(self, writer: str, subject: str) -> Job | None:
        """See JobRunner."""
        found = await self._store.read(lambda tx: tx.jobs.unended_on(writer, subject))
        return self._ahead(found) if found is not None else None

    async def latest_job(self, writer: str, subject: str) -> JobView | None:
        """See JobRunner."""
        job = await self._store.read(lambda tx: tx.jobs.latest(writer, subject))
        return await self.view(job) if job is not None else None

    async def view(self, job: Job) -> JobView:
        """See JobRunner."""
        if (live := self._executor.jobs.get(job.id)) is not None:
            return _view(live)
        if job.state is JobState.QUEUED:
            place = (await self._store.read(lambda tx: tx.queue.places({job.id}))).get(job.id)
            if place == 1 and self._clock() - job.created < _TAKE_UP:
                place = None
            return JobView(job, JobPhase.WAITING, job.created, place)
        if job.state is JobState.RUNNING:
            return JobView(job, JobPhase.WRITING if job.text else JobPhase.THINKING, job.created)
        return JobView(job, JobPhase.WAITING, job.created)

    def counts(self) -> Counter[tuple[JobKind, JobState]]:
        """See JobRunner. Jobs that wait are in no process: a worker counts all of them, as of some seconds ago."""
        waiting = {(kind, JobState.QUEUED): count for kind, count in self._waiting.items()}
        return self._executor.counts() + Counter(waiting)

    @property
    def is_closing(self) -> bool:
        """See JobRunner. What a gateway asked for goes on without it."""
        return self._is_working and self._is_closed

    @property
    def is_shared(self) -> bool:
        """See JobRunner."""
        return True

    def will_run(self, job: Job) -> bool:
        """See JobRunner. A job that has not ended is always some worker's, or will be."""
        return not job.state.is_ended

    async def leftover_jobs(self, writer: str, subject: str) -> Sequence[int]:
        """See JobRunner."""
        return await self._store.read(lambda tx: tx.jobs.leftovers(writer, subject))

    async def watch(self, writer: str, job: int) -> AsyncIterator[JobView]:
        """See JobRunner. Of a job that runs in another process only its beginning and its end are seen."""
        view: JobView | None = None
        with self._changes(job) as changed:
            while True:
                changed.clear()
                if (live := self._executor.find(writer, job)) is not None:
                    async for _ in self._executor.watch(live):
                        yield _view(live)
                    return
                found = await self._store.read(lambda tx: tx.jobs.get(writer, job))
                before, view = view, await self.view(found)
                if view != before:
                    yield view
                if found.state.is_ended:
                    return
                if found.state is JobState.QUEUED and (self._place_teller is None or self._place_teller.done()):
                    self._place_teller = self._executor.spawn(self._tell_places(), Context())
                await changed.wait()

    async def _tell_places(self) -> None:
        """Wake who watches a waiting job whose place has changed, of which the database does not tell."""
        told: Mapping[int, int] = {}
        while self._watchers and not self._is_closed:
            await asyncio.sleep(_PLACE_SECONDS)
            try:
                places = await self._store.read(lambda tx: tx.queue.places(set(self._watchers)))
            except StoreError:
                continue
            if not places:
                return
            for number in sorted(places, key=places.__getitem__):
                if places[number] != told.get(number):
                    self._told(str(number))
                    await asyncio.sleep(1 / PLACES_PER_SECOND)
            told = places

    async def wait(self, writer: str, job: int) -> Job:
        """See JobRunner. Where the job was interrupted, wait for the end of the one that goes on with it."""
        while True:
            ended = await self._ended(writer, job)
            follower = await self._follower(ended)
            if follower is None:
                return ended
            job = follower.id

    async def stop(self, writer: str, job: int) -> Job:
        """See JobRunner. Where the job was interrupted, stop the one that goes on with it."""
        now = self._clock()
        while True:
            number = job

            def step(tx: Transaction, number: int = number) -> bool:
                return not tx.jobs.get(writer, number).state.is_ended and self._cancel(tx, number, now)

            is_ended_here = await self._store.write(writer, step)
            try:
                async with asyncio.timeout(_TAKEOVER_SECONDS):
                    ended = await self._ended(writer, job)
            except TimeoutError:  # no worker is left that would end it, and a person waits
                await self._recover(LostEntry(job, None, is_cancelled=True))
                ended = await self._ended(writer, job)
            if is_ended_here:
                self._job_ended(ended)
            follower = await self._follower(ended)
            if follower is None:
                return ended
            job = follower.id

    async def drop_all(self, writer: str) -> None:
        """See JobRunner."""
        now = self._clock()

        def step(tx: Transaction) -> Sequence[Job]:
            jobs = tx.jobs.unended_of(writer)
            for job in jobs:
                self._cancel(tx, job.id, now)
                tx.jobs.delete_text(job.id)
            return jobs

        jobs = await self._store.write(writer, step)
        try:
            async with asyncio.timeout(_TAKEOVER_SECONDS):
                await asyncio.gather(*(self._ended(writer, job.id) for job in jobs))
        except (TimeoutError, UnknownJob):  # what they would store is dropped all the same
            log.info("jobs of somebody whose data is deleted have not ended in time")

    async def close(self) -> None:
        """See JobRunner. What waits in the queue goes on waiting."""
        self._is_closed = True
        await self._queue.stop_working()
        await self._executor.close()
        await self._queue.close()

    async def open(self, work_for: WorkFactory, is_ours: Callable[[str], bool] = lambda _: True) -> tuple[Job, ...]:
        """See JobRunner. What others leave ``recover_lost`` takes over."""
        self._work_for = work_for
        await self._queue.start(CHANNEL, self._told)
        return ()

    async def release_abandoned(self, writer: str, subject: str) -> Job | None:
        """Return None: a worker recovers what another left, without being asked."""
        return None

    async def work(self) -> None:
        """Take jobs out of the queue and run them, from now on until ``close``. Call ``open`` first."""
        self._is_working = True
        await self._queue.work(self._run_entry, self._max_running)

    async def recover_lost(self) -> tuple[Job, ...]:
        """End the jobs of workers that have died, and those that nobody has in the queue; return them.

        Call it every two seconds or so in a worker, and ``resume_jobs`` after it. Raise StoreError.
        """
        workers, loop = list(self._queue.workers), asyncio.get_running_loop()
        asked = loop.time()
        try:
            lost, held, self._waiting = await self._store.read(
                lambda tx: (
                    tx.queue.lost(self._stalled_seconds, self._exempt_writer),
                    tx.queue.held_by(workers),
                    tx.queue.waiting(),
                )
            )
        except StoreError:
            self._reachable_since = None
            raise
        # After a server was away, or hung, no worker's heartbeat is fresh; first each must have had time to send one.
        now = loop.time()
        if self._reachable_since is None or now - asked > self._stalled_seconds / 2:
            self._reachable_since = now
        is_settled = now - self._reachable_since >= self._stalled_seconds
        # What this process was given while the connection was lost it does not know of.
        unknown = {one.entry: one for one in held if one.entry is not None and one.job not in self._executor.jobs}
        # What runs here is not lost, even if this process was too busy to say so.
        wanted = [
            one
            for one in lost
            if (one.entry is None or one.is_certain or is_settled) and one.job not in self._executor.jobs
        ]
        wanted += [one for entry, one in unknown.items() if entry in self._suspects]
        self._suspects = set(unknown)
        return tuple([job for one in wanted if (job := await self._recover(one)) is not None])

    async def _recover(self, one: LostEntry) -> Job | None:
        found = None
        job = await self._store.read(lambda tx: tx.jobs.unended(one.job))
        if job is not None and job.writer != self._exempt_writer:
            assert self._work_for is not None
            state = JobState.STOPPED if one.is_cancelled else JobState.INTERRUPTED
            (found,) = await self._executor.recover([job], self._work_for, state)
            log.info("job %d had no worker any more: %s", found.id, found.state)
            if found.state is not JobState.INTERRUPTED:  # else another follows it, and ends
                self._job_ended(found)
        if one.entry is not None:
            entry = one.entry
            await self._store.write("job queue", lambda tx: tx.queue.discard(entry))
        return found

    async def _run_entry(self, number: int, is_cancelled: Callable[[], bool]) -> None:
        """See RunEntry."""
        beginning = self._executor.spawn(self._begin(number))
        try:
            live = await asyncio.shield(beginning)
            if live is not None:
                await live.ended_event.wait()
        except asyncio.CancelledError:
            if (live := await beginning) is not None:
                await self._executor.stop(live, JobState.STOPPED if is_cancelled() else JobState.INTERRUPTED)
        while self._executor.has_unsaved_end(number) and not self._is_closed:
            await asyncio.sleep(_RETRY_SECONDS)
            try:
                await self._executor.retry_unsaved_writes()
            except StoreError as error:
                log.info("the end of job %d is not stored yet: %s", number, type(error).__name__)

    async def _begin(self, number: int) -> RunningJob | None:
        """Begin a job as a request of its own, under its server's rules as they are now; None if it has ended."""
        assert self._work_for is not None

        def read(tx: Transaction) -> tuple[Job | None, ServerRules]:
            job = tx.jobs.unended(number)
            return job, tx.servers.rules(job.server) if job is not None and job.server is not None else ALL_ALLOWED

        job, rules = await self._store.read(read)
        if job is None:
            return None
        with request_scope(job.writer, job.server):
            apply_rules(rules)
            live = self._executor.add(job, StoredWork(job, self._work_for))
            if self.on_begin is not None:
                self.on_begin(job)
            self._executor.run_soon(live)
        return live

    def _cancel(self, tx: Transaction, job: int, at: datetime) -> bool:
        """Have a job end; return whether it has, as no worker had it."""
        if tx.queue.cancel(job) is QueueState.RUNNING:
            return False
        tx.jobs.end(job, JobOutcome(JobState.STOPPED), at)
        return True

    async def _ended(self, writer: str, job: int) -> Job:
        """Return the job once it has ended. Raise UnknownJob."""
        with self._changes(job) as changed:
            while True:
                changed.clear()
                if (live := self._executor.find(writer, job)) is not None:
                    await live.ended_event.wait()
                    return as_stored(live.job)
                found = await self._store.read(lambda tx: tx.jobs.get(writer, job))
                if found.state.is_ended:
                    return found
                await changed.wait()

    async def _follower(self, ended: Job) -> Job | None:
        """Return the job that goes on with an interrupted one, and None if none does."""
        if ended.state is not JobState.INTERRUPTED or ended.ended is None or self.is_closing:
            return None
        loop = asyncio.get_running_loop()
        until = loop.time() + (_FOLLOWER_SECONDS if self._clock() - ended.ended < _FOLLOWER_WITHIN else 0)
        while True:
            after = await self._store.read(lambda tx: tx.jobs.next_on(ended.writer, ended.subject, ended.id))
            if after is not None:
                return after if after.created == ended.created else None
            if loop.time() >= until:
                return None
            await asyncio.sleep(_FOLLOWER_POLL_SECONDS)

    def _ahead(self, job: Job) -> Job:
        """Return a job that may run here as it is in memory, which is ahead of the store."""
        live = self._executor.jobs.get(job.id)
        return live.job if live is not None else job

    @contextmanager
    def _changes(self, job: int) -> Iterator[asyncio.Event]:
        """Yield an event that is set whenever the job may have changed."""
        changed = asyncio.Event()
        self._watchers[job].add(changed)
        try:
            yield changed
        finally:
            self._watchers[job].discard(changed)
            if not self._watchers[job]:
                del self._watchers[job]

    def _told(self, payload: str | None) -> None:
        """Wake who watches a job that the database has told of; None stands for any."""
        for number in list(self._watchers) if payload is None else [int(payload)]:
            for changed in self._watchers.get(number, ()):
                changed.set()

    def _job_ended(self, job: Job) -> None:
        if self.on_end is not None and not self._is_closed:
            self.on_end(job)


def _view(live: RunningJob) -> JobView:
    return JobView(live.job, live.phase, live.phase_since)
