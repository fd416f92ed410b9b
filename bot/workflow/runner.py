"""The JobRunner: the only owner of jobs. It queues, runs, flushes, stops and remembers them; a door only watches.

Cost is reserved call by call behind the model ports, since only there it is known; cancelling a job cancels its call,
which settles its reservation.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from bot.errors import BotError, Declined, TooManyJobs, UnknownJob
from bot.workflow.jobs import Ending, Job, JobKind, JobState, JobStore, JobView, Phase
from bot.workflow.models import Text, Thinking
from bot.workflow.ports import Clock

log = logging.getLogger(__name__)

FLUSH_SECONDS = 0.5  # twice as often as what a person may lose to a kill: a second's worth of writing
_OUR_FAULT = (
    "Something went wrong on our side while this was written. What came is stored; try again, "
    "and tell whoever runs the bot if it happens twice."
)


class Report(Protocol):
    """Given to running work: where its pieces go."""

    def __call__(self, piece: Thinking | Text) -> None:
        """Takes a piece; it is stored at the next flush and shown after that."""

    async def again(self) -> None:
        """Forgets what came so far, stored or not: the work begins again from nothing."""


class Work(Protocol):
    """What a job does, and what becomes of its text when it ends early."""

    async def run(self, report: Report) -> int | None:
        """Does it; returns the number of the version it made, if it made one."""

    async def keep(self, text: str) -> int | None:
        """Keeps what came before the work ended early, as a version whose number is returned, or not at all (None)."""


@dataclass(eq=False)
class _Live:
    """A job in this process."""

    job: Job
    work: Work
    since: datetime
    phase: Phase = Phase.WAITING
    unflushed: list[str] = field(default_factory=list)
    supervisor: asyncio.Task[None] | None = None
    task: asyncio.Task[int | None] | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    stop_state: JobState | None = None


class JobRunner:
    """Runs at most ``at_once`` jobs, of one writer at most ``per_writer``; a writer may have as many again in line."""

    def __init__(
        self, store: JobStore, clock: Clock, *, at_once: int, per_writer: int, flush_seconds: float = FLUSH_SECONDS
    ) -> None:
        self._store = store
        self._clock = clock
        self._at_once = at_once
        self._per_writer = per_writer
        self._flush_seconds = flush_seconds
        self._live: dict[int, _Live] = {}
        self._waiting: list[int] = []
        self._flush_lock = asyncio.Lock()
        self._dirty = asyncio.Event()
        self._flusher: asyncio.Task[None] | None = None
        self._closing = False

    async def start(
        self, writer: str, subject: str, kind: JobKind, work: Work, base: int | None = None, argument: str = ""
    ) -> Job:
        """Stores the job and puts it in line; it begins as soon as there is room.

        Raises JobRunning where the subject has a job, TooManyJobs where the writer has as many in line as may be.
        """
        if sum(live.job.writer == writer for live in self._live.values()) >= 2 * self._per_writer:
            raise TooManyJobs(2 * self._per_writer)
        job = await self._store.add_job(writer, subject, kind, base, argument, self._clock())
        self._live[job.id] = _Live(job, work, self._clock())
        self._waiting.append(job.id)
        self._begin_waiting()
        return job

    def running(self, writer: str, subject: str) -> Job | None:
        """The writer's job on the subject that has not ended, if there is one."""
        found = (live.job for live in self._live.values() if (live.job.writer, live.job.subject) == (writer, subject))
        return next(found, None)

    async def watch(self, writer: str, job: int) -> AsyncIterator[JobView]:
        """The state of a job now and after each change, its end last; a slow watcher misses the ones between.

        Ending a watch stops nothing. Raises UnknownJob.
        """
        live = self._live.get(job)
        if live is None or live.job.writer != writer:
            yield await self._ended_view(writer, job)
            return
        while True:
            live.changed.clear()
            yield self._view(live)
            if live.ended.is_set():
                return
            await live.changed.wait()

    async def wait(self, writer: str, job: int) -> Job:
        """The job when it has ended. Raises UnknownJob."""
        if (live := self._live.get(job)) is not None and live.job.writer == writer:
            await live.ended.wait()
        return await self._store.job(writer, job)

    async def stop(self, writer: str, job: int) -> Job:
        """Stops a job at once, its text so far kept, and returns it as it ended. One that has ended stays as it is."""
        live = self._live.get(job)
        if live is not None and live.job.writer == writer:
            await self._end_early(live, JobState.STOPPED)
        return await self._store.job(writer, job)

    async def close(self) -> None:
        """Interrupts every job, its text so far kept, and ends. Nothing can be started afterwards."""
        self._closing = True
        await asyncio.gather(*(self._end_early(live, JobState.INTERRUPTED) for live in list(self._live.values())))
        if self._flusher is not None:
            self._flusher.cancel()
            with suppress(asyncio.CancelledError):
                await self._flusher

    async def recover(
        self, work_of: Callable[[Job], Awaitable[Work]], mine: Callable[[str], bool] = lambda _: True
    ) -> tuple[Job, ...]:
        """Interrupts the jobs that an earlier process left open, their text kept, and returns them as they are now.

        ``mine`` says of a writer whether this process is the one that serves them: another may have its own jobs over
        the same store. Call it once, before anything is started.
        """
        recovered = []
        for job in await self._store.open_jobs():
            if not mine(job.writer):
                continue
            result = None
            if job.text:
                try:
                    result = await self._kept(await work_of(job), job)
                except BotError:  # its essay is gone, or its structure; the text stays with the job
                    log.exception("job %d: what it was about cannot be read", job.id)
            ending = Ending(JobState.INTERRUPTED, None, result)
            await self._store.end_job(job.id, ending, self._clock())
            recovered.append(replace(job, state=ending.state, result=result))
        return tuple(recovered)

    def _begin_waiting(self) -> None:
        while not self._closing and (nxt := self._next_in_line(self._waiting, self._running_by_writer())) is not None:
            self._waiting.remove(nxt)
            live = self._live[nxt]
            live.supervisor = asyncio.create_task(self._run(live), name=f"job-{nxt}")
        for number in self._waiting:
            self._live[number].changed.set()

    def _running_by_writer(self) -> Counter[str]:
        return Counter(live.job.writer for live in self._live.values() if live.supervisor is not None)

    def _next_in_line(self, waiting: list[int], running: Counter[str]) -> int | None:
        """Fair: whoever has the fewest running comes first, and among those the job that waits longest."""
        if running.total() >= self._at_once:
            return None
        able = [number for number in waiting if running[self._live[number].job.writer] < self._per_writer]
        return min(able, key=lambda number: running[self._live[number].job.writer], default=None)

    def _place(self, job: int) -> int | None:
        """The job's place in line: how many would begin before it if no more came, plus one."""
        if job not in self._waiting:
            return None
        line = list(self._waiting)
        running = self._running_by_writer()
        place = 1
        while line:
            nxt = min(line, key=lambda number: running[self._live[number].job.writer])
            if nxt == job:
                break
            line.remove(nxt)
            running[self._live[nxt].job.writer] += 1
            place += 1
        return place

    async def _run(self, live: _Live) -> None:
        """One job from its beginning to its end; nothing that happens in it gets out.

        Only the work itself is ever cancelled, so that what must happen after it happens whole.
        """
        ending: Ending
        try:
            await self._store.begin_job(live.job.id, self._clock())
            self._change(live, state=JobState.RUNNING)
            live.task = asyncio.create_task(live.work.run(_Reporter(self, live)), name=f"job-{live.job.id}-work")
            if live.stop_state is not None:  # stopped while it was being begun
                live.task.cancel()
            ending = Ending(JobState.DONE, None, await live.task)
        except asyncio.CancelledError:
            ending = Ending(live.stop_state or JobState.INTERRUPTED, None, await self._kept_so_far(live))
        except Declined as error:  # what a model that then declined had begun must not be shown
            await self._drop(live)
            ending = Ending(JobState.FAILED, str(error))
        except BotError as error:
            ending = Ending(JobState.FAILED, str(error), await self._kept_so_far(live))
        except Exception:
            log.exception("job %d (%s) failed", live.job.id, live.job.kind)
            ending = Ending(JobState.FAILED, _OUR_FAULT, await self._kept_so_far(live))
        await self._end(live, ending)

    async def _kept_so_far(self, live: _Live) -> int | None:
        try:
            await self._flush()
        except BotError:
            log.exception("job %d: the last piece could not be stored", live.job.id)
        return await self._kept(live.work, live.job) if live.job.text else None

    async def _kept(self, work: Work, job: Job) -> int | None:
        try:
            return await work.keep(job.text)
        except BotError:  # the text is with the job; the essay may be gone, or the disk full
            log.exception("job %d: its text could not be made a version", job.id)
            return None

    async def _end(self, live: _Live, ending: Ending) -> None:
        try:
            await self._store.end_job(live.job.id, ending, self._clock())
        except BotError:  # at the next start the job is found open, and is interrupted
            log.exception("job %d: its end could not be stored", live.job.id)
        live.job = replace(live.job, state=ending.state, error=ending.error, result=ending.result)
        del self._live[live.job.id]
        live.ended.set()
        live.changed.set()
        self._begin_waiting()

    async def _end_early(self, live: _Live, state: JobState) -> None:
        if live.job.id in self._waiting:
            self._waiting.remove(live.job.id)
            await self._end(live, Ending(state))
        elif live.stop_state is None:
            live.stop_state = state
            if live.task is not None:
                live.task.cancel()
        await live.ended.wait()

    def _change(self, live: _Live, *, state: JobState | None = None, phase: Phase | None = None) -> None:
        if state is not None:
            live.job = replace(live.job, state=state)
        if phase is not None and phase is not live.phase:
            live.phase, live.since = phase, self._clock()
        live.changed.set()

    def _take(self, live: _Live, piece: Thinking | Text) -> None:
        if isinstance(piece, Thinking):
            self._change(live, phase=Phase.THINKING)
            return
        live.unflushed.append(piece.text)
        if self._flusher is None:
            self._flusher = asyncio.create_task(self._flush_forever(), name="job-flusher")
        self._dirty.set()

    async def _drop(self, live: _Live) -> None:
        async with self._flush_lock:
            live.unflushed.clear()
            if live.job.text:
                await self._store.drop_text(live.job.id)
                live.job = replace(live.job, text="")
        live.changed.set()

    async def _flush_forever(self) -> None:
        """The first text after a quiet moment is stored, and so may be shown, at once; then once every interval."""
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            try:
                await self._flush()
            except BotError:  # kept in memory and tried again with the next piece
                log.exception("the text of running jobs could not be stored")
            await asyncio.sleep(self._flush_seconds)

    async def _flush(self) -> None:
        """Stores all text that came since the last flush, of every job, in one transaction."""
        async with self._flush_lock:
            taken = {live: len(live.unflushed) for live in self._live.values() if live.unflushed}
            if not taken:
                return
            pieces = {live: "".join(live.unflushed[:count]) for live, count in taken.items()}
            await self._store.append_text({live.job.id: text for live, text in pieces.items()})
            for live, text in pieces.items():
                del live.unflushed[: taken[live]]
                live.job = replace(live.job, text=live.job.text + text)
                self._change(live, phase=Phase.WRITING)

    def _view(self, live: _Live) -> JobView:
        return JobView(live.job, live.phase, live.since, self._place(live.job.id))

    async def _ended_view(self, writer: str, job: int) -> JobView:
        found = await self._store.job(writer, job)
        if not found.state.ended:
            raise UnknownJob(job)
        return JobView(found, Phase.WAITING, found.created)


@dataclass(frozen=True, slots=True)
class _Reporter:
    """The report of one job."""

    runner: JobRunner
    live: _Live

    def __call__(self, piece: Thinking | Text) -> None:
        self.runner._take(self.live, piece)

    async def again(self) -> None:
        await self.runner._drop(self.live)
