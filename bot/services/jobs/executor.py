"""The JobExecutor runs the jobs of one process, and stores their text and how they ended."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from contextvars import Context
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from bot.errors import BotError, DatabaseServerAway, Declined
from bot.services import metrics
from bot.services.jobs.job import Job, JobKind, JobOutcome, JobPhase, JobState, JobWork, StoreResult
from bot.services.jobs.running_job import FinalWrite, RunningJob, TextFlusher
from bot.services.llm_ports import TextChunk, ThinkingChunk
from bot.services.store_ports import Clock, Store

log = logging.getLogger(__name__)

WorkFactory = Callable[[Job], Awaitable[JobWork]]
"""Build the work of a job as it is stored. Raise a BotError where what it is about is gone."""

_INTERNAL_ERROR_MESSAGE = (
    "Something went wrong on our side while this was written. What came is stored; try again, "
    "and tell whoever runs the bot if it happens twice."
)


_AGAIN_SECONDS = 1.0  # between two tries to store an end while the database's server is away
# How many processes may die in the middle of a job, of a draft since its last finished section: by then it is likely
# that the job is why, and each further try would cost the writer as much again. Where machines or updates end
# processes, the same section may be hit two or three times.
MAX_KILLS = 4
_KILLED_MESSAGE = (
    "The bot ended four times in the middle of this, so it does not try again by itself. What came is stored; try "
    "again, and tell whoever runs the bot if it happens once more."
)


class JobExecutor:
    """Runs jobs; when they run is for a JobRunner to say.

    ``jobs`` are those of this process that have not ended, by number, also those whose turn has not come. ``on_end`` is
    called with each that has ended.
    """

    def __init__(self, store: Store, clock: Clock, on_end: Callable[[Job], None], flush_seconds: float) -> None:
        self._store = store
        self._clock = clock
        self._on_end = on_end
        self._flusher = TextFlusher(store, clock, flush_seconds, self._end_fenced)
        self.jobs: dict[int, RunningJob] = {}
        self._unsaved_writes: list[FinalWrite] = []
        self._retry_lock = asyncio.Lock()
        self._closing = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()

    def add(self, job: Job, work: JobWork) -> RunningJob:
        """Take over a job that is stored. It runs in the context of the caller, once ``run_soon`` is called."""
        live = self.jobs[job.id] = RunningJob(job, work, self._clock())
        return live

    def spawn(self, coroutine: Coroutine[Any, Any, Any], context: Context | None = None) -> asyncio.Task[Any]:
        """Create a task that runs to its end even if nobody awaits it; the event loop holds tasks only weakly."""
        task = asyncio.create_task(coroutine, context=context)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def run_soon(self, live: RunningJob) -> None:
        """Run the job from its start to its end, and return at once."""
        live.is_started = True
        self.spawn(self._run(live), live.context)

    def find(self, writer: str, job: int) -> RunningJob | None:
        """Return the writer's job with this number, None if it is not among those of this process."""
        live = self.jobs.get(job)
        return live if live is not None and live.job.writer == writer else None

    def counts(self) -> Counter[tuple[JobKind, JobState]]:
        """Return how many jobs wait and run, by kind and state. It may be called from any thread."""
        return Counter((live.job.kind, live.job.state) for live in list(self.jobs.values()))

    async def watch(self, live: RunningJob) -> AsyncIterator[RunningJob]:
        """Yield the job now and after each change, at last when it has ended."""
        while True:
            changed, ended = live.changed_event, live.ended_event.is_set()
            yield live
            if ended:
                return
            await changed.wait()

    async def stop(self, live: RunningJob, state: JobState) -> None:
        """Have a job end in this state, and wait for its end. The first stop decides; one of a job that is done waits.

        One that has not begun never does: nothing of it but its end is stored.
        """
        if live.stop_state is None:
            live.stop_state = state
            if not live.is_started:
                self.spawn(self._end_unstarted(live, state))
            elif live.task is not None:
                live.task.cancel()
        await live.ended_event.wait()

    async def close(self) -> None:
        """Interrupt every job and keep its text so far."""
        self._closing.set()
        lives = list(self.jobs.values())
        await asyncio.gather(*(self.stop(live, JobState.INTERRUPTED) for live in lives))
        try:
            await self.retry_unsaved_writes()
        except BotError:  # at the next start these jobs are found open, and are interrupted
            log.exception("the ends of %d jobs could not be stored", len(self._unsaved_writes))
        await self._flusher.close()

    def has_unsaved_end(self, job: int) -> bool:
        """Return whether a job of this process has ended and the store does not know it yet."""
        return any(ending.job_id == job for ending in self._unsaved_writes)

    async def retry_unsaved_writes(self) -> None:
        """Store the ends of jobs that could not be stored before; until then their essays seem busy."""
        async with self._retry_lock:
            while self._unsaved_writes:
                await self._store.write(self._unsaved_writes[0].writer, self._unsaved_writes[0].run)
                del self._unsaved_writes[0]

    async def recover(
        self, jobs: Iterable[Job], work_for: WorkFactory, state: JobState = JobState.INTERRUPTED
    ) -> tuple[Job, ...]:
        """End jobs whose process has died in this state, keep their text, and return them as they are now.

        One in the middle of which MAX_KILLS processes have died has failed instead.
        """
        found = []
        for job in jobs:
            store_result = None
            if job.text:
                try:
                    store_result = await (await work_for(job)).keep_partial(job.text)
                except BotError:  # its essay is gone, or its structure; the text stays with the job
                    log.exception("job %d: what it was about cannot be read", job.id)
                except Exception as error:  # noqa: BLE001 - one job that cannot be read must not stop every start
                    log_unexpected_error(job, error)
            is_kill = job.state is JobState.RUNNING
            outcome = JobOutcome(state)
            if is_kill and state is JobState.INTERRUPTED and job.kills + 1 >= MAX_KILLS:
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
        outcome = await self._write_end(ending)
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
            outcome = await self._write_end(ending)
        except Exception as error:  # noqa: BLE001 - the disk may be full; tried again before the next job starts
            log_unexpected_error(live.job, error)
            if unstored:  # the last text is not stored yet, which the person must know
                told = error.public_message if isinstance(error, BotError) else _INTERNAL_ERROR_MESSAGE
                ending = replace(ending, outcome=JobOutcome(JobState.FAILED, told))
            self._unsaved_writes.append(ending)
            outcome = ending.outcome
        else:
            live.job = replace(live.job, text=live.job.text + unstored)
        live.job = _ended_job(live.job, outcome, ending.at)

    async def _write_end(self, ending: FinalWrite) -> JobOutcome:
        """Store the end of a job; while the database's server is away try again, until ``close``.

        If the server had stored it before the connection was lost, that outcome is returned.
        """
        while True:
            try:
                return await self._store.write(ending.writer, ending.run)
            except DatabaseServerAway:
                if self._closing.is_set():
                    raise
                log.info("job %d: its end is stored once the database's server answers", ending.job_id)
            with suppress(TimeoutError):
                async with asyncio.timeout(_AGAIN_SECONDS):
                    await self._closing.wait()

    async def _end_unstarted(self, live: RunningJob, state: JobState) -> None:
        """End a job that never ran."""
        await self._store_end(live, JobOutcome(state))
        self._announce_end(live)

    def _end_fenced(self, live: RunningJob) -> None:
        """End the work of a job whose row somebody else has ended, or deleted: nothing of it is stored any more."""
        log.info("job %d was ended elsewhere", live.job.id)
        self.spawn(self.stop(live, JobState.INTERRUPTED))

    def _announce_end(self, live: RunningJob) -> None:
        """Let watchers see the end of a job."""
        job = live.job
        assert job.ended is not None
        took = (job.ended - job.created).total_seconds() * 1000
        metrics.jobs_ended.add(job.kind.value, job.state.value)
        log.info("job %d, %s: %s, %.0f ms, %s", job.id, job.kind, job.state, took, job.subject[:4])
        del self.jobs[job.id]
        live.ended_event.set()
        live.notify()
        self._on_end(job)

    def _handle_chunk(self, live: RunningJob, piece: ThinkingChunk | TextChunk) -> None:
        if isinstance(piece, ThinkingChunk):
            live.set_phase(JobPhase.THINKING, self._clock())
            live.notify()
        elif live.job.kind.shows_text:
            self._flusher.append(live, piece.text)
        elif live.phase is not JobPhase.WRITING:
            live.set_phase(JobPhase.WRITING, self._clock())
            live.notify()


def _ended_job(job: Job, outcome: JobOutcome, at: datetime) -> Job:
    return replace(job, state=outcome.state, error=outcome.error, result=outcome.result, ended=at)


def _log_unsaved_partial(job: Job) -> None:
    log.exception("job %d: its text could not be made a version, and stays with it", job.id)


def log_unexpected_error(job: Job, error: Exception) -> None:
    """Log where an error happened, without its message, which may contain a person's words."""
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("job %d (%s) failed by a bug: %s\n%s", job.id, job.kind, type(error).__name__, where)
