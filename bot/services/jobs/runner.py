"""The line in which jobs wait: whose turn it is, and how long the line is before a job."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from bot.errors import BotError, Declined, JobRunning, ShuttingDown, TooManyJobs, UnknownJob
from bot.services.jobs.job import (
    Job,
    JobKind,
    JobOutcome,
    JobPhase,
    JobState,
    JobStore,
    JobView,
    JobWork,
)
from bot.services.jobs.running_job import (
    FLUSH_SECONDS,
    FinalWrite,
    RunningJob,
    TextFlusher,
    as_stored,
    has_version,
    log_unexpected_error,
    save_partial,
)
from bot.services.llm_ports import TextChunk, ThinkingChunk
from bot.services.store_ports import Clock


def next_to_start(writers: Sequence[str], running: Counter[str], *, at_once: int, per_writer: int) -> int | None:
    """The index in the line of the job to begin now, None where there is no room for any.

    ``writers`` are those of the waiting jobs, the longest waiting first; ``running`` how many jobs each has under way.
    Whoever has the fewest under way comes first, and among those the job that waits longest.
    """
    if running.total() >= at_once:
        return None
    able = [index for index, writer in enumerate(writers) if running[writer] < per_writer]
    return min(able, key=lambda index: running[writers[index]], default=None)


def queue_position(writers: Sequence[str], running: Counter[str], index: int) -> int:
    """The place in line, from 1, of the job at ``index``, which must be there: itself and those to begin before it."""
    line = list(enumerate(writers))
    begun = Counter(running)
    while (first := min(line, key=lambda job: begun[job[1]]))[0] != index:
        line.remove(first)
        begun[first[1]] += 1
    return len(writers) - len(line) + 1


# What becomes of the jobs that a process left open when it was killed.


log = logging.getLogger(__name__)


async def recover_jobs(
    store: JobStore, clock: Clock, work_for: Callable[[Job], Awaitable[JobWork]], is_ours: Callable[[Job], bool]
) -> tuple[Job, ...]:
    """The abandoned jobs that are ``mine``, interrupted, and their texts kept as their work keeps them."""
    found = []
    for job in await store.abandoned_jobs():
        if not is_ours(job):
            continue
        result = None
        if job.text:
            try:
                result = await save_partial(await work_for(job), job.id, job.text)
            except BotError:  # its essay is gone, or its structure; the text stays with the job
                log.exception("job %d: what it was about cannot be read", job.id)
            except Exception as error:  # noqa: BLE001 - one job that cannot be read must not stop every start
                log_unexpected_error(job, error)
        ending = JobOutcome(JobState.INTERRUPTED, None, result)
        await store.end_job(job.id, ending, now := clock())
        found.append(replace(job, state=ending.state, result_version=result, ended=now))
    return tuple(found)


# The JobRunner: the only owner of jobs. It queues, runs, stops and remembers them; a door only watches.
#
# Cost is reserved call by call behind the model ports, since only there it is known; cancelling a job cancels its call,
# which settles its reservation.


__all__ = ["FLUSH_SECONDS", "JobRunner", "JobWork", "PrepareJob", "UndoPreparation"]


UndoPreparation = Callable[[], Awaitable[None]]
"""Removes again what was stored for a job that then could not be stored itself."""

PrepareJob = Callable[[], Awaitable[UndoPreparation | None]]
"""Makes a job ready: raises the error that says why it must not begin any more, else stores what it works on, where
that is not stored yet, and returns how that is undone; None where it has stored nothing."""

_INTERNAL_ERROR_MESSAGE = (
    "Something went wrong on our side while this was written. What came is stored; try again, "
    "and tell whoever runs the bot if it happens twice."
)


class JobRunner:
    """Runs at most ``at_once`` jobs, of one writer at most ``per_writer``; a writer may have as many again in line."""

    def __init__(
        self,
        store: JobStore,
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
        self._admission_lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._is_closing = False
        self._work_for: Callable[[Job], Awaitable[JobWork]] | None = None
        self._recovery_lock = asyncio.Lock()

    async def start(
        self,
        writer: str,
        subject: str,
        kind: JobKind,
        work: JobWork,
        base: int | None = None,
        argument: str = "",
        *,
        ready: PrepareJob | None = None,
    ) -> Job:
        """Stores the job and puts it in line; it begins as soon as there is room, even if the caller is cancelled.

        Raises JobRunning where the subject has a job, TooManyJobs where the writer has as many in line as may be,
        ShuttingDown after ``close``. ``ready`` is awaited last: a job that was at work on the subject until then has
        stored what came of it. Where it raises, or the job cannot be stored, nothing begins, and what ``ready`` has
        stored is removed again.
        """
        return await asyncio.shield(self._spawn(self._admit(writer, subject, kind, work, base, argument, ready)))

    async def _admit(
        self,
        writer: str,
        subject: str,
        kind: JobKind,
        work: JobWork,
        base: int | None,
        argument: str,
        ready: PrepareJob | None,
    ) -> Job:
        async with self._admission_lock:  # the next is counted only when this one is in line
            if self._is_closing:
                raise ShuttingDown
            if (other := self.running_job(writer, subject)) is not None:
                raise JobRunning(other.kind.label)
            if sum(live.job.writer == writer for live in self._jobs.values()) >= 2 * self._max_per_writer:
                raise TooManyJobs(2 * self._max_per_writer)
            await self._retry_unsaved_writes()
            undo = await ready() if ready is not None else None
            try:
                job = await self._store.add_job(writer, subject, kind, base, argument, self._clock())
            except Exception:
                if undo is not None:
                    await undo()
                raise
            self._jobs[job.id] = RunningJob(job, work, self._clock())
            self._queue.append(job.id)
            self._start_queued()
            return job

    def running_job(self, writer: str, subject: str) -> Job | None:
        """The writer's job on the subject that has not ended, if there is one."""
        found = (live.job for live in self._jobs.values() if (live.job.writer, live.job.subject) == (writer, subject))
        return next(found, None)

    async def latest_job(self, writer: str, subject: str) -> JobView | None:
        """The writer's last job on the subject as it stands now; None where there never was one.

        One whose process has died is released first.
        """
        for live in self._jobs.values():
            if (live.job.writer, live.job.subject) == (writer, subject):
                return self._view(live)
        job = await self._store.latest_job(writer, subject)
        if job is not None and not job.state.is_ended:
            await self.release_abandoned(writer, subject)
            job = await self._store.latest_job(writer, subject)
        return JobView(job, JobPhase.WAITING, job.created) if job is not None else None

    async def leftover_jobs(self, writer: str, subject: str) -> Sequence[int]:
        """The writer's jobs on the subject that came to a bad end, of which something is kept; see JobStore."""
        return await self._store.leftover_jobs(writer, subject)

    async def watch(self, writer: str, job: int) -> AsyncIterator[JobView]:
        """The state of a job now and after each change, its end last; a slow watcher misses the ones between.

        Ending a watch stops nothing. Raises UnknownJob.
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
        """The job when it has ended. Raises UnknownJob."""
        if (live := self._jobs.get(job)) is not None and live.job.writer == writer:
            await live.ended_event.wait()
            return as_stored(live.job)
        return await self._store.job(writer, job)

    async def stop(self, writer: str, job: int) -> Job:
        """Stops a job at once, its text so far kept, and returns it as it ended. One that has ended stays as it is.

        One that was storing its result is done. Raises UnknownJob.
        """
        if (live := self._jobs.get(job)) is not None and live.job.writer == writer:
            await self._stop_running(live, JobState.STOPPED)
            return as_stored(live.job)
        return await self._store.job(writer, job)

    async def close(self) -> None:
        """Interrupts every job, its text so far kept, and ends. Nothing can be started afterwards."""
        self._is_closing = True
        async with self._admission_lock:  # a start that is under way comes to its end, and so into line, first
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
        """Interrupts the jobs that an earlier process left open, their text kept, and returns them as they are now.

        ``mine`` says of a writer whether this process is the one that serves them: another may have its own jobs over
        the same store. Call it once, before anything is started; ``work_for`` then serves ``release`` too.
        """
        self._work_for = work_for
        return await recover_jobs(self._store, self._clock, work_for, lambda job: is_ours(job.writer))

    async def release_abandoned(self, writer: str, subject: str) -> Job | None:
        """Interrupts the writer's job on the subject, its text kept, where another process left it open and has died
        since; returns it as it is now. None where nothing was so left, and before ``recover``.
        """
        if self._work_for is None or self.running_job(writer, subject) is not None:
            return None
        async with self._recovery_lock:  # whoever comes second finds it ended
            found = await recover_jobs(
                self._store, self._clock, self._work_for, lambda job: (job.writer, job.subject) == (writer, subject)
            )
        return found[0] if found else None

    def _spawn(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """A task that comes to its end whoever waits for it; the event loop itself holds tasks only weakly."""
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _start_queued(self) -> None:
        while not self._is_closing:
            writers = [self._jobs[number].job.writer for number in self._queue]
            found = next_to_start(
                writers, self._running_by_writer, at_once=self._max_running, per_writer=self._max_per_writer
            )
            if found is None:
                break
            live = self._jobs[self._queue.pop(found)]
            live.is_started = True
            self._spawn(self._run(live))
        for number in self._queue:
            self._jobs[number].notify()

    @property
    def _running_by_writer(self) -> Counter[str]:
        return Counter(live.job.writer for live in self._jobs.values() if live.is_started)

    def _queue_position(self, job: int) -> int | None:
        if job not in self._queue:
            return None
        writers = [self._jobs[number].job.writer for number in self._queue]
        return queue_position(writers, self._running_by_writer, self._queue.index(job))

    async def _run(self, live: RunningJob) -> None:
        """One job from its beginning to its end; nothing that happens in it gets out.

        Only the work itself is ever cancelled, so that what must happen after it happens whole.
        """
        try:
            ending = await self._run_work(live)
        except Exception as error:  # noqa: BLE001 - a job that did not end would be waited for without end
            log_unexpected_error(live.job, error)
            ending = JobOutcome(JobState.FAILED, _INTERNAL_ERROR_MESSAGE)
        await self._finish(live, ending)

    async def _run_work(self, live: RunningJob) -> JobOutcome:
        try:
            await self._store.mark_job_running(live.job.id, self._clock())
            live.job = replace(live.job, state=JobState.RUNNING)
            live.notify()
            live.task = asyncio.create_task(
                live.work.run(partial(self._handle_chunk, live)), name=f"job-{live.job.id}-work"
            )
            if live.stop_state is not None:  # stopped while it was being begun
                live.task.cancel()
            return JobOutcome(JobState.DONE, None, await live.task)
        except asyncio.CancelledError:
            return await self._save_early_end(live, live.stop_state or JobState.INTERRUPTED, None)
        except Declined as error:  # what a model that then declined had begun must not be shown
            live.is_declined = True
            await self._flusher.detach(live)
            live.job = replace(live.job, text="")
            live.notify()
            return JobOutcome(JobState.FAILED, error.elsewhere)
        except BotError as error:
            return await self._save_early_end(live, JobState.FAILED, error.elsewhere)
        except Exception as error:  # noqa: BLE001 - a bug in the work ends the job, not the bot
            log_unexpected_error(live.job, error)
            return await self._save_early_end(live, JobState.FAILED, _INTERNAL_ERROR_MESSAGE)

    async def _save_early_end(self, live: RunningJob, state: JobState, error: str | None) -> JobOutcome:
        """Keeps what came. Where some of it could be stored nowhere, that is what the person is told."""
        lost = None
        try:
            await self._flusher.flush()
        except BotError as failure:
            log.exception("job %d: the last piece could not be stored", live.job.id)
            lost = failure.elsewhere
        text = live.job.text + "".join(live.unflushed_pieces)
        result = await save_partial(live.work, live.job.id, text) if text else None
        if lost is not None and result is None:
            return JobOutcome(JobState.FAILED, lost)
        return JobOutcome(state, error, result)

    async def _finish(self, live: RunningJob, ending: JobOutcome) -> None:
        now = self._clock()
        # A text that is a version by now waits for no flush: where hundreds end together, each would for all others'.
        if has_version(ending):
            self._flusher.discard(live)
            unstored = ""
        else:
            unstored = await self._flusher.detach(live)
        entry = FinalWrite(live.job.id, unstored, live.is_declined, ending, now)
        try:
            await self._write_end(entry)
        except Exception as error:  # noqa: BLE001 - the disk may be full; tried again before the next job begins
            log_unexpected_error(live.job, error)
            self._unsaved_writes.append(entry)
        live.job = replace(
            live.job, state=ending.state, error=ending.error, result_version=ending.result_version, ended=now
        )
        job, took = live.job, (now - live.job.created).total_seconds() * 1000
        log.info("job %d, %s: %s, %.0f ms, %s", job.id, job.kind, job.state, took, job.subject[:4])
        del self._jobs[live.job.id]
        live.ended_event.set()
        live.notify()
        self._start_queued()

    async def _write_end(self, entry: FinalWrite) -> None:
        if entry.is_declined:
            await self._store.delete_text(entry.job_id)
        elif entry.text:
            await self._store.append_text({entry.job_id: entry.text})
        await self._store.end_job(entry.job_id, entry.outcome, entry.at)

    async def _retry_unsaved_writes(self) -> None:
        """Stores the ends that could not be stored when they came; while one is not, its essay would seem taken."""
        while self._unsaved_writes:
            await self._write_end(self._unsaved_writes[0])
            del self._unsaved_writes[0]

    async def _stop_running(self, live: RunningJob, state: JobState) -> None:
        if live.stop_state is None:  # whoever stops it first says how it ends
            live.stop_state = state
            if live.job.id in self._queue:
                self._queue.remove(live.job.id)
                self._spawn(self._finish(live, JobOutcome(state)))
            elif live.task is not None:
                live.task.cancel()
        await live.ended_event.wait()

    def _handle_chunk(self, live: RunningJob, piece: ThinkingChunk | TextChunk) -> None:
        """The report of one job."""
        if isinstance(piece, ThinkingChunk):
            live.set_phase(JobPhase.THINKING, self._clock())
            live.notify()
        else:
            self._flusher.append(live, piece.text)

    def _view(self, live: RunningJob) -> JobView:
        return JobView(live.job, live.phase, live.phase_since, self._queue_position(live.job.id))

    async def _ended_view(self, writer: str, job: int) -> JobView:
        found = await self._store.job(writer, job)
        if not found.state.is_ended:
            raise UnknownJob(job)
        return JobView(found, JobPhase.WAITING, found.created)
