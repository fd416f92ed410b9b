"""The JobRunner: the only owner of jobs. It queues, runs, stops and remembers them; a door only watches.

Cost is reserved call by call behind the model ports, since only there it is known; cancelling a job cancels its call,
which settles its reservation.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from bot.errors import BotError, Declined, JobRunning, ShuttingDown, TooManyJobs, UnknownJob
from bot.workflow.flushing import FLUSH_SECONDS, Flusher
from bot.workflow.jobs import Ending, Job, JobKind, JobState, JobStore, JobView, Phase
from bot.workflow.line import next_in_line, place_in_line
from bot.workflow.live import LastEntry, Live, as_stored, is_elsewhere, kept, log_bug
from bot.workflow.models import Text, Thinking
from bot.workflow.ports import Clock
from bot.workflow.recovery import recovered
from bot.workflow.work import Report, Work

__all__ = ["FLUSH_SECONDS", "JobRunner", "Ready", "Report", "Undo", "Work"]

log = logging.getLogger(__name__)

Undo = Callable[[], Awaitable[None]]
"""Removes again what was stored for a job that then could not be stored itself."""

Ready = Callable[[], Awaitable[Undo | None]]
"""Makes a job ready: raises the error that says why it must not begin any more, else stores what it works on, where
that is not stored yet, and returns how that is undone; None where it has stored nothing."""

_OUR_FAULT = (
    "Something went wrong on our side while this was written. What came is stored; try again, "
    "and tell whoever runs the bot if it happens twice."
)


class JobRunner:
    """Runs at most ``at_once`` jobs, of one writer at most ``per_writer``; a writer may have as many again in line."""

    def __init__(
        self, store: JobStore, clock: Clock, *, at_once: int, per_writer: int, flush_seconds: float = FLUSH_SECONDS
    ) -> None:
        self._store = store
        self._clock = clock
        self._at_once = at_once
        self._per_writer = per_writer
        self._flusher = Flusher(store, clock, flush_seconds)
        self._live: dict[int, Live] = {}
        self._waiting: list[int] = []
        self._owed: list[LastEntry] = []
        self._door = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closing = False
        self._work_of: Callable[[Job], Awaitable[Work]] | None = None
        self._recovering = asyncio.Lock()

    async def start(
        self,
        writer: str,
        subject: str,
        kind: JobKind,
        work: Work,
        base: int | None = None,
        argument: str = "",
        *,
        ready: Ready | None = None,
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
        work: Work,
        base: int | None,
        argument: str,
        ready: Ready | None,
    ) -> Job:
        async with self._door:  # the next is counted only when this one is in line
            if self._closing:
                raise ShuttingDown
            if (other := self.running(writer, subject)) is not None:
                raise JobRunning(other.kind.spoken)
            if sum(live.job.writer == writer for live in self._live.values()) >= 2 * self._per_writer:
                raise TooManyJobs(2 * self._per_writer)
            await self._settle()
            undo = await ready() if ready is not None else None
            try:
                job = await self._store.add_job(writer, subject, kind, base, argument, self._clock())
            except Exception:
                if undo is not None:
                    await undo()
                raise
            self._live[job.id] = Live(job, work, self._clock())
            self._waiting.append(job.id)
            self._begin_waiting()
            return job

    def running(self, writer: str, subject: str) -> Job | None:
        """The writer's job on the subject that has not ended, if there is one."""
        found = (live.job for live in self._live.values() if (live.job.writer, live.job.subject) == (writer, subject))
        return next(found, None)

    async def latest(self, writer: str, subject: str) -> JobView | None:
        """The writer's last job on the subject as it stands now; None where there never was one.

        One whose process has died is released first.
        """
        for live in self._live.values():
            if (live.job.writer, live.job.subject) == (writer, subject):
                return self._view(live)
        job = await self._store.latest_job(writer, subject)
        if job is not None and not job.state.ended:
            await self.release(writer, subject)
            job = await self._store.latest_job(writer, subject)
        return JobView(job, Phase.WAITING, job.created) if job is not None else None

    async def leftovers(self, writer: str, subject: str) -> Sequence[int]:
        """The writer's jobs on the subject that came to a bad end, of which something is kept; see JobStore."""
        return await self._store.leftover_jobs(writer, subject)

    async def watch(self, writer: str, job: int) -> AsyncIterator[JobView]:
        """The state of a job now and after each change, its end last; a slow watcher misses the ones between.

        Ending a watch stops nothing. Raises UnknownJob.
        """
        live = self._live.get(job)
        if live is None or live.job.writer != writer:
            yield await self._ended_view(writer, job)
            return
        while True:
            changed, ended = live.changed, live.ended.is_set()
            yield self._view(live)
            if ended:
                return
            await changed.wait()

    async def wait(self, writer: str, job: int) -> Job:
        """The job when it has ended. Raises UnknownJob."""
        if (live := self._live.get(job)) is not None and live.job.writer == writer:
            await live.ended.wait()
            return as_stored(live.job)
        return await self._store.job(writer, job)

    async def stop(self, writer: str, job: int) -> Job:
        """Stops a job at once, its text so far kept, and returns it as it ended. One that has ended stays as it is.

        One that was storing its result is done. Raises UnknownJob.
        """
        if (live := self._live.get(job)) is not None and live.job.writer == writer:
            await self._end_early(live, JobState.STOPPED)
            return as_stored(live.job)
        return await self._store.job(writer, job)

    async def close(self) -> None:
        """Interrupts every job, its text so far kept, and ends. Nothing can be started afterwards."""
        self._closing = True
        async with self._door:  # a start that is under way comes to its end, and so into line, first
            lives = list(self._live.values())
        await asyncio.gather(*(self._end_early(live, JobState.INTERRUPTED) for live in lives))
        try:
            await self._settle()
        except BotError:  # at the next start these jobs are found open, and are interrupted
            log.exception("the ends of %d jobs could not be stored", len(self._owed))
        await self._flusher.close()

    async def recover(
        self, work_of: Callable[[Job], Awaitable[Work]], mine: Callable[[str], bool] = lambda _: True
    ) -> tuple[Job, ...]:
        """Interrupts the jobs that an earlier process left open, their text kept, and returns them as they are now.

        ``mine`` says of a writer whether this process is the one that serves them: another may have its own jobs over
        the same store. Call it once, before anything is started; ``work_of`` then serves ``release`` too.
        """
        self._work_of = work_of
        return await recovered(self._store, self._clock, work_of, lambda job: mine(job.writer))

    async def release(self, writer: str, subject: str) -> Job | None:
        """Interrupts the writer's job on the subject, its text kept, where another process left it open and has died
        since; returns it as it is now. None where nothing was so left, and before ``recover``.
        """
        if self._work_of is None or self.running(writer, subject) is not None:
            return None
        async with self._recovering:  # whoever comes second finds it ended
            found = await recovered(
                self._store, self._clock, self._work_of, lambda job: (job.writer, job.subject) == (writer, subject)
            )
        return found[0] if found else None

    def _spawn(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """A task that comes to its end whoever waits for it; the event loop itself holds tasks only weakly."""
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _begin_waiting(self) -> None:
        while not self._closing:
            writers = [self._live[number].job.writer for number in self._waiting]
            found = next_in_line(writers, self._running, at_once=self._at_once, per_writer=self._per_writer)
            if found is None:
                break
            live = self._live[self._waiting.pop(found)]
            live.begun = True
            self._spawn(self._run(live))
        for number in self._waiting:
            self._live[number].tell()

    @property
    def _running(self) -> Counter[str]:
        return Counter(live.job.writer for live in self._live.values() if live.begun)

    def _place(self, job: int) -> int | None:
        if job not in self._waiting:
            return None
        writers = [self._live[number].job.writer for number in self._waiting]
        return place_in_line(writers, self._running, self._waiting.index(job))

    async def _run(self, live: Live) -> None:
        """One job from its beginning to its end; nothing that happens in it gets out.

        Only the work itself is ever cancelled, so that what must happen after it happens whole.
        """
        try:
            ending = await self._outcome(live)
        except Exception as error:  # noqa: BLE001 - a job that did not end would be waited for without end
            log_bug(live.job, error)
            ending = Ending(JobState.FAILED, _OUR_FAULT)
        await self._end(live, ending)

    async def _outcome(self, live: Live) -> Ending:
        try:
            await self._store.begin_job(live.job.id, self._clock())
            live.job = replace(live.job, state=JobState.RUNNING)
            live.tell()
            live.task = asyncio.create_task(live.work.run(partial(self._take, live)), name=f"job-{live.job.id}-work")
            if live.stop_state is not None:  # stopped while it was being begun
                live.task.cancel()
            return Ending(JobState.DONE, None, await live.task)
        except asyncio.CancelledError:
            return await self._ended_early(live, live.stop_state or JobState.INTERRUPTED, None)
        except Declined as error:  # what a model that then declined had begun must not be shown
            live.declined = True
            await self._flusher.leave(live)
            live.job = replace(live.job, text="")
            live.tell()
            return Ending(JobState.FAILED, error.elsewhere)
        except BotError as error:
            return await self._ended_early(live, JobState.FAILED, error.elsewhere)
        except Exception as error:  # noqa: BLE001 - a bug in the work ends the job, not the bot
            log_bug(live.job, error)
            return await self._ended_early(live, JobState.FAILED, _OUR_FAULT)

    async def _ended_early(self, live: Live, state: JobState, error: str | None) -> Ending:
        """Keeps what came. Where some of it could be stored nowhere, that is what the person is told."""
        lost = None
        try:
            await self._flusher.flush()
        except BotError as failure:
            log.exception("job %d: the last piece could not be stored", live.job.id)
            lost = failure.elsewhere
        text = live.job.text + "".join(live.unflushed)
        result = await kept(live.work, live.job.id, text) if text else None
        if lost is not None and result is None:
            return Ending(JobState.FAILED, lost)
        return Ending(state, error, result)

    async def _end(self, live: Live, ending: Ending) -> None:
        now = self._clock()
        # A text that is a version by now waits for no flush: where hundreds end together, each would for all others'.
        if is_elsewhere(ending):
            self._flusher.drop(live)
            unstored = ""
        else:
            unstored = await self._flusher.leave(live)
        entry = LastEntry(live.job.id, unstored, live.declined, ending, now)
        try:
            await self._enter(entry)
        except Exception as error:  # noqa: BLE001 - the disk may be full; tried again before the next job begins
            log_bug(live.job, error)
            self._owed.append(entry)
        live.job = replace(live.job, state=ending.state, error=ending.error, result=ending.result, ended=now)
        job, took = live.job, (now - live.job.created).total_seconds() * 1000
        log.info("job %d, %s: %s, %.0f ms, %s", job.id, job.kind, job.state, took, job.subject[:4])
        del self._live[live.job.id]
        live.ended.set()
        live.tell()
        self._begin_waiting()

    async def _enter(self, entry: LastEntry) -> None:
        if entry.declined:
            await self._store.drop_text(entry.job)
        elif entry.text:
            await self._store.append_text({entry.job: entry.text})
        await self._store.end_job(entry.job, entry.ending, entry.at)

    async def _settle(self) -> None:
        """Stores the ends that could not be stored when they came; while one is not, its essay would seem taken."""
        while self._owed:
            await self._enter(self._owed[0])
            del self._owed[0]

    async def _end_early(self, live: Live, state: JobState) -> None:
        if live.stop_state is None:  # whoever stops it first says how it ends
            live.stop_state = state
            if live.job.id in self._waiting:
                self._waiting.remove(live.job.id)
                self._spawn(self._end(live, Ending(state)))
            elif live.task is not None:
                live.task.cancel()
        await live.ended.wait()

    def _take(self, live: Live, piece: Thinking | Text) -> None:
        """The report of one job."""
        if isinstance(piece, Thinking):
            live.turn(Phase.THINKING, self._clock())
            live.tell()
        else:
            self._flusher.take(live, piece.text)

    def _view(self, live: Live) -> JobView:
        return JobView(live.job, live.phase, live.since, self._place(live.job.id))

    async def _ended_view(self, writer: str, job: int) -> JobView:
        found = await self._store.job(writer, job)
        if not found.state.ended:
            raise UnknownJob(job)
        return JobView(found, Phase.WAITING, found.created)
