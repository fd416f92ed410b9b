"""The JobRunner owns all jobs: it queues, runs, stops and stores them. A user interface only watches.

What a job costs is reserved call by call behind the model ports, since only there it is known; cancelling a job cancels
its call, which settles its reservation.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import Context
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

from bot.errors import BeingDeleted, BotError, Declined, JobRunning, ShuttingDown, TooManyJobs, UnknownJob
from bot.services import metrics
from bot.services.jobs.job import Job, JobKind, JobOutcome, JobPhase, JobState, JobView, JobWork, StoreResult
from bot.services.jobs.running_job import FLUSH_SECONDS, FinalWrite, RunningJob, TextFlusher, as_stored
from bot.services.llm_ports import TextChunk, ThinkingChunk
from bot.services.personal_data import WriterMark
from bot.services.request_context import current_request
from bot.services.store_ports import Clock, Store, Transaction

log = logging.getLogger(__name__)

PrepareJob = Callable[[Transaction], None]
"""Called in the transaction that stores a job: raise an error if it must not start any more, else store what it works
on, if that is not stored yet."""

_INTERNAL_ERROR_MESSAGE = (
    "Something went wrong on our side while this was written. What came is stored; try again, "
    "and tell whoever runs the bot if it happens twice."
)


# How many processes may die in the middle of a job: after two it is likely that the job is why, and a third try would
# cost the writer as much again.
MAX_KILLS = 2
_KILLED_MESSAGE = (
    "The bot ended twice in the middle of this, so it does not try a third time by itself. What came is stored; try "
    "again, and tell whoever runs the bot if it happens once more."
)


class JobRunner:
    """Run at most ``max_running`` jobs, and at most ``max_per_writer`` of one writer, who may queue as many again.

    Jobs that give way are not counted; see ``JobKind.gives_way``.
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
        self._flusher = TextFlusher(store, clock, flush_seconds)
        self._jobs: dict[int, RunningJob] = {}
        self._queue: list[int] = []
        self._unsaved_writes: list[FinalWrite] = []
        self._admission_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # by writer
        self._admitted: Counter[str] = Counter()  # jobs that will start as soon as they are stored, by writer
        self._starting: set[asyncio.Task[Job]] = set()
        self._retry_lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._is_closing = False
        self._work_for: Callable[[Job], Awaitable[JobWork]] | None = None
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
        """Store a job and queue it; it runs as soon as there is room, even if the caller is cancelled.

        With ``follows`` it goes on with what that job, which has ended, was about, and counts as asked for with it: the
        messages that show that one show this one from now on.

        A job on the subject that gives way is stopped, or returned if it is the same. Raise JobRunning if any other job
        runs on the subject, TooManyJobs if the writer has too many queued, ShuttingDown after ``close``, and what
        ``prepare`` raises; then nothing is stored.
        """
        starting = self._spawn(self._admit(writer, subject, kind, work, base, argument, prepare, follows))
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
            other = self.running_job(writer, subject)
            if other is not None and not other.kind.gives_way:
                raise JobRunning(other.kind.label)
            if other is not None and (other.kind, other.argument) == (kind, argument):
                return other
            if not kind.gives_way and self._count_of(writer) >= 2 * self._max_per_writer:
                raise TooManyJobs(2 * self._max_per_writer)
            await self._retry_unsaved_writes()
            now, starts_at_once = self._clock(), kind.gives_way or self._has_room_for(writer)
            try:
                with self._held_place(writer) if starts_at_once and not kind.gives_way else nullcontext():
                    job = await self._store.write(writer, add)
                    if other is not None and (yielding := self._jobs.get(other.id)) is not None:
                        await self._stop_running(yielding, JobState.INTERRUPTED)
                    live = self._jobs[job.id] = RunningJob(job, work, now)
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

    def running_job(self, writer: str, subject: str) -> Job | None:
        """Return the writer's job on the subject that has not ended, None if there is none."""
        found = (live.job for live in self._jobs.values() if (live.job.writer, live.job.subject) == (writer, subject))
        return next(found, None)

    async def latest_job(self, writer: str, subject: str) -> JobView | None:
        """Return the writer's last job on the subject as it is now; None if there never was one.

        A job whose process has died is interrupted first. Jobs that give way do not count.
        """
        running = self.running_job(writer, subject)
        if running is not None and not running.kind.gives_way:
            return self.view(running)
        job = await self._store.read(lambda tx: tx.jobs.latest(writer, subject))
        if job is not None and not job.state.is_ended:
            await self.release_abandoned(writer, subject)
            job = await self._store.read(lambda tx: tx.jobs.latest(writer, subject))
        return self.view(job) if job is not None else None

    def view(self, job: Job) -> JobView:
        """Return the current state of a job that was read from the store; a running job is ahead of what is stored."""
        if job.state.is_ended or job.id not in self._jobs:
            return JobView(job, JobPhase.WAITING, job.created)
        return self._view(self._jobs[job.id])

    def counts(self) -> Counter[tuple[JobKind, JobState]]:
        """Return how many jobs of this process wait and run, by kind and state. It may be called from any thread."""
        return Counter((live.job.kind, live.job.state) for live in list(self._jobs.values()))

    @property
    def is_closing(self) -> bool:
        """Whether the process is ending in order: its jobs are interrupted, and go on after the next start."""
        return self._is_closing

    def is_running_here(self, job: Job) -> bool:
        """Return whether the job waits or runs in this process."""
        return job.id in self._jobs

    async def leftover_jobs(self, writer: str, subject: str) -> Sequence[int]:
        """Return the numbers of the writer's ended jobs whose text is in no version; see JobStore.leftovers."""
        return await self._store.read(lambda tx: tx.jobs.leftovers(writer, subject))

    async def watch(self, writer: str, job: int) -> AsyncIterator[JobView]:
        """Yield the state of a job now and after each change, at last its end; a slow watcher misses states between.

        Ending a watch stops nothing. Raise UnknownJob.
        """
        live = self._jobs.get(job)
        if live is None or live.job.writer != writer:
            yield await self._ended_view(writer, job)
            return
        while True:
            changed, ended = live.changed_event, live.ended_event.is_set()
            yield self._view(live)
            if ended:
                return
            await changed.wait()

    async def wait(self, writer: str, job: int) -> Job:
        """Wait until the job has ended, and return it. Raise UnknownJob."""
        if (live := self._jobs.get(job)) is not None and live.job.writer == writer:
            await live.ended_event.wait()
            return as_stored(live.job)
        return await self._store.read(lambda tx: tx.jobs.get(writer, job))

    async def stop(self, writer: str, job: int) -> Job:
        """Stop a job at once, keep its text so far, and return it as it ended.

        A job that has ended stays as it is, and one that is storing its result is done. Raise UnknownJob.
        """
        if (live := self._jobs.get(job)) is not None and live.job.writer == writer:
            await self._stop_running(live, JobState.STOPPED)
            return as_stored(live.job)
        return await self._store.read(lambda tx: tx.jobs.get(writer, job))

    async def drop_all(self, writer: str) -> None:
        """Stop all jobs of a writer, and keep nothing of their text: all that is stored of them is being deleted."""
        async with self._admission_lock(writer):  # let a start that is under way finish first: its job is seen here
            lives = [live for live in self._jobs.values() if live.job.writer == writer]
        for live in lives:
            live.drops_text = True
        await asyncio.gather(*(self._stop_running(live, JobState.STOPPED) for live in lives))

    async def close(self) -> None:
        """Interrupt every job and keep its text so far. Nothing can be started afterwards."""
        self._is_closing = True
        await asyncio.gather(*self._starting, return_exceptions=True)  # so that their jobs are seen here
        lives = list(self._jobs.values())
        await asyncio.gather(*(self._stop_running(live, JobState.INTERRUPTED) for live in lives))
        try:
            await self._retry_unsaved_writes()
        except BotError:  # at the next start these jobs are found open, and are interrupted
            log.exception("the ends of %d jobs could not be stored", len(self._unsaved_writes))
        await self._flusher.close()

    async def recover(
        self, work_for: Callable[[Job], Awaitable[JobWork]], is_ours: Callable[[str], bool] = lambda _: True
    ) -> tuple[Job, ...]:
        """Interrupt the jobs that an earlier process left, keep their text, and return them as they are now.

        One in the middle of which MAX_KILLS processes have died has failed instead.
        ``is_ours`` says whether this process serves a writer: another process may have its own jobs in the same store.
        Call it once, before anything is started; ``work_for`` is then also used by ``release_abandoned``.
        """
        self._work_for = work_for
        return await self._recover(work_for, lambda job: is_ours(job.writer))

    async def release_abandoned(self, writer: str, subject: str) -> Job | None:
        """Interrupt the writer's job on the subject and keep its text, if the process that ran it has died.

        Return it as it is now; None if there was none, and before ``recover``.
        """
        if self._work_for is None or self.running_job(writer, subject) is not None:
            return None
        async with self._recovery_lock:  # a second caller finds the job ended
            found = await self._recover(
                self._work_for, lambda job: (job.writer, job.subject) == (writer, subject) and not job.kind.gives_way
            )
        return found[0] if found else None

    async def _recover(
        self, work_for: Callable[[Job], Awaitable[JobWork]], is_wanted: Callable[[Job], bool]
    ) -> tuple[Job, ...]:
        found = []
        for job in await self._store.read(lambda tx: tx.jobs.abandoned()):
            if not is_wanted(job):
                continue
            store_result = None
            if job.text:
                try:
                    store_result = await (await work_for(job)).keep_partial(job.text)
                except BotError:  # its essay is gone, or its structure; the text stays with the job
                    log.exception("job %d: what it was about cannot be read", job.id)
                except Exception as error:  # noqa: BLE001 - one job that cannot be read must not stop every start
                    log_unexpected_error(job, error)
            is_kill = job.state is JobState.RUNNING
            outcome = JobOutcome(JobState.INTERRUPTED)
            if is_kill and job.kills + 1 >= MAX_KILLS:
                outcome = JobOutcome(JobState.FAILED, _KILLED_MESSAGE)
            ending = FinalWrite(job.writer, job.id, "", False, outcome, self._clock(), store_result, is_kill)
            try:
                outcome = await self._store.write(ending.writer, ending.run)
            except BotError:
                if store_result is None:
                    raise
                _log_unsaved_partial(job)
                outcome = await self._store.write(ending.writer, replace(ending, store_result=None).run)
            found.append(replace(_ended_job(job, outcome, ending.at), kills=job.kills + is_kill))
        return tuple(found)

    def _spawn(self, coroutine: Coroutine[Any, Any, Any], context: Context | None = None) -> asyncio.Task[Any]:
        """Create a task that runs to its end even if nobody awaits it; the event loop holds tasks only weakly."""
        task = asyncio.create_task(coroutine, context=context)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _start_queued(self) -> None:
        """Start as many queued jobs as there is room for, and notify the others of their new places."""
        while not self._is_closing:
            writers = [self._jobs[number].job.writer for number in self._queue]
            found = next_to_start(
                writers, self._running_by_writer, at_once=self._max_running, per_writer=self._max_per_writer
            )
            if found is None:
                break
            self._run_soon(self._jobs[self._queue.pop(found)])
        for number in self._queue:
            self._jobs[number].notify()

    def _has_room_for(self, writer: str) -> bool:
        """Return whether one more job of the writer would start at once; queued jobs cannot start."""
        running = self._running_by_writer
        return running.total() < self._max_running and running[writer] < self._max_per_writer

    def _run_soon(self, live: RunningJob) -> None:
        live.is_started = True
        self._spawn(self._run(live), live.context)

    def _count_of(self, writer: str) -> int:
        """Return how many jobs the writer has, running or queued, without those that give way."""
        return sum(live.job.writer == writer and not live.job.kind.gives_way for live in self._jobs.values())

    @property
    def _running_by_writer(self) -> Counter[str]:
        lives = self._jobs.values()
        running = Counter(live.job.writer for live in lives if live.is_started and not live.job.kind.gives_way)
        return running + self._admitted

    def _queue_position(self, job: int) -> int | None:
        if job not in self._queue:
            return None
        writers = [self._jobs[number].job.writer for number in self._queue]
        return queue_position(writers, self._running_by_writer, self._queue.index(job))

    async def _run(self, live: RunningJob) -> None:
        """Run one job from its start to its end; raise nothing.

        Only the work itself is ever cancelled, so that the steps after it are completed.
        """
        try:
            await self._run_work(live)
        except Exception as error:  # noqa: BLE001 - everybody would wait for ever for a job that does not end
            log_unexpected_error(live.job, error)
            await self._store_end(live, JobOutcome(JobState.FAILED, _INTERNAL_ERROR_MESSAGE))
        self._announce_end(live)

    async def _run_work(self, live: RunningJob) -> None:
        """Do a job's work, and store its result with how it ended."""
        number, now = live.job.id, self._clock()
        try:
            if live.job.state is JobState.QUEUED:
                await self._store.write(live.job.writer, lambda tx: tx.jobs.mark_running(number, now))
                live.job = replace(live.job, state=JobState.RUNNING)
            live.notify()
            live.task = asyncio.create_task(live.work.run(partial(self._handle_chunk, live)), name=f"job-{number}-work")
            if live.stop_state is not None:  # stopped while it was being started
                live.task.cancel()
            if (store_result := await live.task) is not None:
                await self._store_result(live, JobOutcome(JobState.DONE), store_result)
            else:
                await self._store_end(live, JobOutcome(JobState.DONE))
        except asyncio.CancelledError:
            await self._end_early(live, JobOutcome(live.stop_state or JobState.INTERRUPTED))
        except Declined as error:  # text of a model that then declined must not be shown
            live.drops_text = True
            await self._flusher.detach(live)
            live.job = replace(live.job, text="")
            live.notify()
            await self._store_end(live, JobOutcome(JobState.FAILED, error.public_message))
        except BotError as error:
            await self._end_early(live, JobOutcome(JobState.FAILED, error.public_message))
        except Exception as error:  # noqa: BLE001 - a bug in the work ends the job, not the bot
            log_unexpected_error(live.job, error)
            await self._end_early(live, JobOutcome(JobState.FAILED, _INTERNAL_ERROR_MESSAGE))

    async def _end_early(self, live: RunningJob, outcome: JobOutcome) -> None:
        """Store how a job ended, and its text, stored or not, as a version if its work can make one."""
        text = live.job.text + "".join(live.unflushed_pieces)
        try:
            if text and not live.drops_text and (store_result := await live.work.keep_partial(text)) is not None:
                await self._store_result(live, outcome, store_result)
                return
        except BotError:  # the essay may be gone, or the disk full
            _log_unsaved_partial(live.job)
        await self._store_end(live, outcome)

    async def _store_result(self, live: RunningJob, outcome: JobOutcome, store_result: StoreResult) -> None:
        """Store a job's result with how it ended. Raise what ``store_result`` raises; then nothing is stored."""
        # A text that becomes a version need not be flushed: if hundreds end together, each would wait for all others.
        ending = FinalWrite(live.job.writer, live.job.id, "", live.drops_text, outcome, self._clock(), store_result)
        outcome = await self._store.write(ending.writer, ending.run)
        whole = live.job.text + self._flusher.discard(live)
        live.job = _ended_job(replace(live.job, text=whole), outcome, ending.at)

    async def _store_end(self, live: RunningJob, outcome: JobOutcome) -> None:
        """Store how a job ended, and the part of its text that no flush has stored."""
        unstored = ""
        if outcome.state is JobState.DONE:
            self._flusher.discard(live)
        else:
            unstored = await self._flusher.detach(live)
        ending = FinalWrite(live.job.writer, live.job.id, unstored, live.drops_text, outcome, self._clock())
        try:
            await self._store.write(ending.writer, ending.run)
        except Exception as error:  # noqa: BLE001 - the disk may be full; tried again before the next job starts
            log_unexpected_error(live.job, error)
            if unstored:  # the last text is not stored yet, which the person must know
                told = error.public_message if isinstance(error, BotError) else _INTERNAL_ERROR_MESSAGE
                ending = replace(ending, outcome=JobOutcome(JobState.FAILED, told))
            self._unsaved_writes.append(ending)
        else:
            live.job = replace(live.job, text=live.job.text + unstored)
        live.job = _ended_job(live.job, ending.outcome, ending.at)

    def _announce_end(self, live: RunningJob) -> None:
        """Let watchers see the end of a job, and start the next one."""
        job = live.job
        assert job.ended is not None
        took = (job.ended - job.created).total_seconds() * 1000
        metrics.jobs_ended.add(job.kind.value, job.state.value)
        log.info("job %d, %s: %s, %.0f ms, %s", job.id, job.kind, job.state, took, job.subject[:4])
        del self._jobs[job.id]
        live.ended_event.set()
        live.notify()
        self._start_queued()
        if self.on_end is not None and not self._is_closing:
            self.on_end(job)

    async def _end_queued(self, live: RunningJob, state: JobState) -> None:
        """End a job that never ran."""
        await self._store_end(live, JobOutcome(state))
        self._announce_end(live)

    async def _retry_unsaved_writes(self) -> None:
        """Store the ends of jobs that could not be stored before; until then their essays seem busy."""
        async with self._retry_lock:
            while self._unsaved_writes:
                await self._store.write(self._unsaved_writes[0].writer, self._unsaved_writes[0].run)
                del self._unsaved_writes[0]

    async def _stop_running(self, live: RunningJob, state: JobState) -> None:
        if live.stop_state is None:  # the first stop decides how the job ends
            live.stop_state = state
            if live.job.id in self._queue:
                self._queue.remove(live.job.id)
                self._spawn(self._end_queued(live, state))
            elif live.task is not None:
                live.task.cancel()
        await live.ended_event.wait()

    def _handle_chunk(self, live: RunningJob, piece: ThinkingChunk | TextChunk) -> None:
        if isinstance(piece, ThinkingChunk):
            live.set_phase(JobPhase.THINKING, self._clock())
            live.notify()
        elif live.job.kind.shows_text:
            self._flusher.append(live, piece.text)
        elif live.phase is not JobPhase.WRITING:
            live.set_phase(JobPhase.WRITING, self._clock())
            live.notify()

    def _view(self, live: RunningJob) -> JobView:
        return JobView(live.job, live.phase, live.phase_since, self._queue_position(live.job.id))

    async def _ended_view(self, writer: str, job: int) -> JobView:
        found = await self._store.read(lambda tx: tx.jobs.get(writer, job))
        if not found.state.is_ended:
            raise UnknownJob(job)
        return JobView(found, JobPhase.WAITING, found.created)


def _ended_job(job: Job, outcome: JobOutcome, at: datetime) -> Job:
    return replace(job, state=outcome.state, error=outcome.error, result=outcome.result, ended=at)


def _log_unsaved_partial(job: Job) -> None:
    log.exception("job %d: its text could not be made a version, and stays with it", job.id)


def log_unexpected_error(job: Job, error: Exception) -> None:
    """Log where an error happened, without its message, which may contain a person's words."""
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("job %d (%s) failed by a bug: %s\n%s", job.id, job.kind, type(error).__name__, where)


def next_to_start(writers: Sequence[str], running: Counter[str], *, at_once: int, per_writer: int) -> int | None:
    """Return the index in the queue of the job to start now, None if there is no room for any.

    ``writers`` are those of the queued jobs, the longest waiting first; ``running`` counts the running jobs of each.
    The writer with the fewest running jobs comes first, and then the job that has waited longest.
    """
    if running.total() >= at_once:
        return None
    able = [index for index, writer in enumerate(writers) if running[writer] < per_writer]
    return min(able, key=lambda index: running[writers[index]], default=None)


def queue_position(writers: Sequence[str], running: Counter[str], index: int) -> int:
    """Return the place in the queue, from 1, of the job at ``index``: one more than the jobs that start before it."""
    line = list(enumerate(writers))
    begun = Counter(running)
    while (first := min(line, key=lambda job: begun[job[1]]))[0] != index:
        line.remove(first)
        begun[first[1]] += 1
    return len(writers) - len(line) + 1
