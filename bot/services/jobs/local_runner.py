"""The JobRunner of one process: its queue is in memory."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import Context
from heapq import heapify, heappop, heapreplace
from weakref import WeakValueDictionary

from bot.errors import BeingDeleted, JobRunning, ShuttingDown, TooManyJobs, UnknownJob
from bot.services.jobs.executor import JobExecutor, WorkFactory
from bot.services.jobs.job import Job, JobKind, JobPhase, JobState, JobView, JobWork
from bot.services.jobs.runner import PLACES_PER_SECOND, PrepareJob
from bot.services.jobs.running_job import FLUSH_SECONDS, RunningJob, as_stored
from bot.services.personal_data import WriterMark
from bot.services.request_context import current_request
from bot.services.store_ports import Clock, Store, Transaction


class LocalJobRunner:
    """Run at most ``max_running`` jobs, and at most ``max_per_writer`` of one writer, who may queue as many again.

    See JobRunner for what the methods promise.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        max_running: int,
        max_per_writer: int,
        flush_seconds: float = FLUSH_SECONDS,
    ) -> None:
        self._store = store
        self._clock = clock
        self._max_running = max_running
        self._max_per_writer = max_per_writer
        self._executor = JobExecutor(store, clock, self._job_ended, flush_seconds)
        self._jobs = self._executor.jobs
        self._jobs_of: defaultdict[str, list[RunningJob]] = defaultdict(list)  # those of each writer
        self._running: dict[int, str] = {}  # the writers of the running jobs, without those that give way
        self._queue: list[int] = []
        self._places: dict[int, int] | None = None  # in the queue; None until they are counted anew
        self._place_teller: asyncio.Task[None] | None = None
        self._admission_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # by writer
        self._admitted: Counter[str] = Counter()  # jobs that will start as soon as they are stored, by writer
        self._starting: set[asyncio.Task[Job]] = set()
        self._is_closing = False
        self._work_for: WorkFactory | None = None
        self._recovery_lock = asyncio.Lock()
        self.on_end: Callable[[Job], None] | None = None

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
        starting = self._executor.spawn(self._admit(writer, subject, kind, work, base, argument, prepare, follows))
        self._starting.add(starting)
        starting.add_done_callback(self._starting.discard)
        return await asyncio.shield(starting)

    async def _admit(
        self,
        writer: str,
        subject: str,
        kind: JobKind,
        work: JobWork,
        base: int | None,
        argument: str,
        prepare: PrepareJob | None,
        follows: Job | None,
    ) -> Job:
        request = current_request()
        server, kills = request.server if request is not None else None, follows.kills if follows is not None else 0

        def add(tx: Transaction) -> Job:
            if WriterMark.DELETING in tx.people.marks(writer):
                raise BeingDeleted
            if prepare is not None:
                prepare(tx)
            tx.jobs.end_open(writer, subject, [one for one in JobKind if one.gives_way], JobState.INTERRUPTED, now)
            asked = follows.created if follows is not None else now
            job = tx.jobs.add(
                writer, subject, kind, base, argument, asked, running=starts_at_once, server=server, kills=kills
            )
            if follows is not None:
                tx.job_panels.move(follows.id, job.id)
            return job

        async with self._admission_lock(writer):  # count the writer's next job only when this one is queued
            if self._is_closing:
                raise ShuttingDown
            other = self._running_job(writer, subject)
            if other is not None and not other.kind.gives_way:
                raise JobRunning(other.kind.label)
            if other is not None and (other.kind, other.argument) == (kind, argument):
                return other
            if not kind.gives_way and self._count_of(writer) >= 2 * self._max_per_writer:
                raise TooManyJobs(2 * self._max_per_writer)
            await self._executor.retry_unsaved_writes()
            now, starts_at_once = self._clock(), kind.gives_way or self._has_room_for(writer)
            try:
                with self._held_place(writer) if starts_at_once and not kind.gives_way else nullcontext():
                    job = await self._store.write(writer, add)
                    if other is not None and (yielding := self._jobs.get(other.id)) is not None:
                        await self._stop(yielding, JobState.INTERRUPTED)
                    live = self._executor.add(job, work)
                    self._jobs_of[writer].append(live)
                    if starts_at_once:
                        self._run_soon(live)
                    else:
                        self._queue.append(job.id)
            finally:  # where it could not be stored, its place goes to a queued one
                self._start_queued()
            return job

    @contextmanager
    def _held_place(self, writer: str) -> Iterator[None]:
        """Count a job that is being stored among the running ones."""
        self._admitted[writer] += 1
        try:
            yield
        finally:
            self._admitted -= Counter([writer])  # which leaves no zero behind

    def _admission_lock(self, writer: str) -> asyncio.Lock:
        return self._admission_locks.setdefault(writer, asyncio.Lock())

    async def running_job(self, writer: str, subject: str) -> Job | None:
        """See JobRunner."""
        return self._running_job(writer, subject)

    def _running_job(self, writer: str, subject: str) -> Job | None:
        found = (live.job for live in self._jobs_of.get(writer, ()) if live.job.subject == subject)
        return next(found, None)

    async def latest_job(self, writer: str, subject: str) -> JobView | None:
        """See JobRunner."""
        running = self._running_job(writer, subject)
        if running is not None and not running.kind.gives_way:
            return self._view(self._jobs[running.id])
        job = await self._store.read(lambda tx: tx.jobs.latest(writer, subject))
        if job is not None and not job.state.is_ended:
            await self.release_abandoned(writer, subject)
            job = await self._store.read(lambda tx: tx.jobs.latest(writer, subject))
        return await self.view(job) if job is not None else None

    async def view(self, job: Job) -> JobView:
        """See JobRunner."""
        if job.state.is_ended or job.id not in self._jobs:
            return JobView(job, JobPhase.WAITING, job.created)
        return self._view(self._jobs[job.id])

    def counts(self) -> Counter[tuple[JobKind, JobState]]:
        """See JobRunner."""
        return self._executor.counts()

    @property
    def is_closing(self) -> bool:
        """See JobRunner."""
        return self._is_closing

    @property
    def is_shared(self) -> bool:
        """See JobRunner."""
        return False

    def will_run(self, job: Job) -> bool:
        """See JobRunner."""
        return job.id in self._jobs

    async def leftover_jobs(self, writer: str, subject: str) -> Sequence[int]:
        """See JobRunner."""
        return await self._store.read(lambda tx: tx.jobs.leftovers(writer, subject))

    async def watch(self, writer: str, job: int) -> AsyncIterator[JobView]:
        """See JobRunner."""
        if (live := self._executor.find(writer, job)) is None:
            yield await self._ended_view(writer, job)
            return
        async for _ in self._executor.watch(live):
            yield self._view(live)

    async def wait(self, writer: str, job: int) -> Job:
        """See JobRunner."""
        if (live := self._executor.find(writer, job)) is not None:
            await live.ended_event.wait()
            return as_stored(live.job)
        return await self._store.read(lambda tx: tx.jobs.get(writer, job))

    async def stop(self, writer: str, job: int) -> Job:
        """See JobRunner."""
        if (live := self._executor.find(writer, job)) is not None:
            await self._stop(live, JobState.STOPPED)
            return as_stored(live.job)
        return await self._store.read(lambda tx: tx.jobs.get(writer, job))

    async def drop_all(self, writer: str) -> None:
        """See JobRunner."""
        async with self._admission_lock(writer):  # let a start that is under way finish first: its job is seen here
            lives = list(self._jobs_of.get(writer, ()))
        for live in lives:
            live.drops_text = True
        await asyncio.gather(*(self._stop(live, JobState.STOPPED) for live in lives))

    async def close(self) -> None:
        """See JobRunner."""
        self._is_closing = True
        await asyncio.gather(*self._starting, return_exceptions=True)  # so that their jobs are seen here
        self._queue.clear()
        self._places = None
        await self._executor.close()

    async def open(self, work_for: WorkFactory, is_ours: Callable[[str], bool] = lambda _: True) -> tuple[Job, ...]:
        """See JobRunner."""
        self._work_for = work_for
        found = await self._store.read(lambda tx: tx.jobs.abandoned())
        return await self._executor.recover([job for job in found if is_ours(job.writer)], work_for)

    async def release_abandoned(self, writer: str, subject: str) -> Job | None:
        """See JobRunner."""
        if self._work_for is None or self._running_job(writer, subject) is not None:
            return None
        async with self._recovery_lock:  # a second caller finds the job ended
            left = await self._store.read(lambda tx: tx.jobs.abandoned())
            ours = [job for job in left if (job.writer, job.subject) == (writer, subject) and not job.kind.gives_way]
            found = await self._executor.recover(ours, self._work_for)
        return found[0] if found else None

    async def _stop(self, live: RunningJob, state: JobState) -> None:
        if live.job.id in self._queue:
            self._queue.remove(live.job.id)
            self._places = None
        await self._executor.stop(live, state)

    def _job_ended(self, job: Job) -> None:
        self._running.pop(job.id, None)
        left = [live for live in self._jobs_of.pop(job.writer) if live.job.id != job.id]
        if left:
            self._jobs_of[job.writer] = left
        self._start_queued()
        if self.on_end is not None and not self._is_closing:
            self.on_end(job)

    def _start_queued(self) -> None:
        """Start as many queued jobs as there is room for, and let the others hear of their new places."""
        while not self._is_closing:
            writers = [self._jobs[number].job.writer for number in self._queue]
            found = next_to_start(
                writers, self._running_by_writer, at_once=self._max_running, per_writer=self._max_per_writer
            )
            if found is None:
                break
            self._run_soon(self._jobs[self._queue.pop(found)])
        self._places = None
        if self._queue and (self._place_teller is None or self._place_teller.done()):
            self._place_teller = self._executor.spawn(self._tell_places(), Context())

    async def _tell_places(self) -> None:
        """Wake the watchers of each queued job whose place has changed, from the first on, until all have been told."""
        told: dict[int, int | None] = {}
        while changed := [number for number in self._queue if told.get(number) != self._queue_position(number)]:
            for number in changed:
                if number in self._queue:
                    told[number] = self._queue_position(number)
                    self._jobs[number].notify()
                    await asyncio.sleep(1 / PLACES_PER_SECOND)

    def _run_soon(self, live: RunningJob) -> None:
        if not live.job.kind.gives_way:
            self._running[live.job.id] = live.job.writer
        self._executor.run_soon(live)

    def _has_room_for(self, writer: str) -> bool:
        """Return whether one more job of the writer would start at once; queued jobs cannot start."""
        running = self._running_by_writer
        return running.total() < self._max_running and running[writer] < self._max_per_writer

    def _count_of(self, writer: str) -> int:
        """Return how many jobs the writer has, running or queued, without those that give way."""
        return sum(not live.job.kind.gives_way for live in self._jobs_of.get(writer, ()))

    @property
    def _running_by_writer(self) -> Counter[str]:
        return Counter(self._running.values()) + self._admitted

    def _queue_position(self, job: int) -> int | None:
        if self._places is None:
            writers = [self._jobs[number].job.writer for number in self._queue]
            self._places = dict(zip(self._queue, queue_positions(writers, self._running_by_writer), strict=True))
        return self._places.get(job)

    def _view(self, live: RunningJob) -> JobView:
        return JobView(live.job, live.phase, live.phase_since, self._queue_position(live.job.id))

    async def _ended_view(self, writer: str, job: int) -> JobView:
        found = await self._store.read(lambda tx: tx.jobs.get(writer, job))
        if not found.state.is_ended:
            raise UnknownJob(job)
        return JobView(found, JobPhase.WAITING, found.created)


def next_to_start(writers: Sequence[str], running: Counter[str], *, at_once: int, per_writer: int) -> int | None:
    """Return the index in the queue of the job to start now, None if there is no room for any.

    ``writers`` are those of the queued jobs, the longest waiting first; ``running`` counts the running jobs of each.
    The writer with the fewest running jobs comes first, and then the job that has waited longest.
    """
    if running.total() >= at_once:
        return None
    able = [index for index, writer in enumerate(writers) if running[writer] < per_writer]
    return min(able, key=lambda index: running[writers[index]], default=None)


def queue_positions(writers: Sequence[str], running: Counter[str]) -> list[int]:
    """Return the place in the queue of each queued job, from 1: one more than the jobs that start before it.

    The arguments are those of ``next_to_start``. It takes n log n steps: each job that ends may move all of them.
    """
    waiting: defaultdict[str, deque[int]] = defaultdict(deque)
    for index, writer in enumerate(writers):
        waiting[writer].append(index)
    next_of_each = [(running[writer], indices.popleft()) for writer, indices in waiting.items()]
    heapify(next_of_each)
    positions = [0] * len(writers)
    for position in range(1, len(writers) + 1):
        begun, index = next_of_each[0]
        positions[index] = position
        if others := waiting[writers[index]]:
            heapreplace(next_of_each, (begun + 1, others.popleft()))
        else:
            heappop(next_of_each)
    return positions
