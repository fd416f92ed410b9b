"""Watching a job: the latest state, the end last, nothing shown that is not stored; and watching changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import pytest

from bot.errors import UnknownJob
from bot.services.jobs.job import JobKind, JobPhase, JobState
from bot.services.jobs.local_runner import LocalJobRunner
from bot.services.jobs.runner import JobRunner
from bot.services.jobs.running_job import TextFlusher
from bot.services.llm_ports import ThinkingChunk
from bot.services.store_ports import Transaction
from bot.store.sql_store import SqlStore
from tests.services.fake_work import begin, in_time, views
from tests.services.fakes import PATIENCE, Gate, RecordingJobs, seen_until

pytestmark = pytest.mark.both_databases

Clock = Callable[[], datetime]
T = TypeVar("T")


async def test_a_watcher_of_a_queued_job_sees_its_position_change(jobs: JobRunner) -> None:
    gates = [Gate() for _ in range(4)]
    for number, gate in enumerate(gates):
        last, _ = await begin(jobs, gate, subject=str(number), who=str(number))
    await asyncio.gather(gates[0].reached(), gates[1].reached())
    watching = jobs.watch("3", last.id)
    assert (await anext(watching)).queue_position == 2
    gates[0].release()
    async with asyncio.timeout(PATIENCE):
        while (view := await anext(watching)).queue_position != 1:
            assert view.queue_position == 2
    for gate in gates:
        gate.release()


async def test_watching_shows_the_phases_and_then_the_end(jobs: JobRunner) -> None:
    thought, wrote = Gate(), Gate()
    job, _ = await begin(jobs, ThinkingChunk(), thought, "One. ", wrote, "Two.")
    await thought.reached()
    watching = jobs.watch("me", job.id)
    first = await anext(watching)
    assert (first.job.state, first.phase, first.job.text) == (JobState.RUNNING, JobPhase.THINKING, "")
    thought.release()
    view = await seen_until(jobs, "me", job.id, "One. ")
    assert (view.phase, view.job.text, view.queue_position) == (JobPhase.WRITING, "One. ", None)
    assert view.phase_since > first.phase_since
    wrote.release()
    assert (await views(jobs, job))[-1].job.state is JobState.DONE


async def test_a_slow_watcher_gets_only_the_latest_state(jobs: JobRunner) -> None:
    gates = [Gate() for _ in range(5)]
    job, _ = await begin(jobs, *(part for gate in gates for part in ("word ", gate)))
    slow = jobs.watch("me", job.id)
    await anext(slow)
    for number, gate in enumerate(gates, start=1):
        await gate.reached()
        await seen_until(jobs, "me", job.id, "word " * number)
        if number < 5:
            gate.release()
    async with asyncio.timeout(PATIENCE):
        assert (await anext(slow)).job.text == "word " * 5
    gates[4].release()


async def test_a_watcher_that_was_busy_when_the_job_ended_still_gets_the_end_last(jobs: JobRunner) -> None:
    gate = Gate()
    job, _ = await begin(jobs, gate)
    watching = jobs.watch("me", job.id)
    await anext(watching)
    gate.release()
    await in_time(jobs, job)
    rest = [view.job.state async for view in watching]
    assert rest == [JobState.DONE]


async def test_two_watchers_of_a_job_both_see_every_change(jobs: JobRunner) -> None:
    first_gate, last_gate = Gate(), Gate()
    job, _ = await begin(jobs, first_gate, "One. ", last_gate)
    await first_gate.reached()
    one, other = jobs.watch("me", job.id), jobs.watch("me", job.id)
    await anext(one)
    first_gate.release()
    await seen_until(jobs, "me", job.id, "One. ")
    await anext(other)
    last_gate.release()
    await in_time(jobs, job)
    async with asyncio.timeout(PATIENCE):
        assert [view.job.state async for view in one][-1] is JobState.DONE
        assert [view.job.state async for view in other][-1] is JobState.DONE


async def test_ending_a_watch_does_not_stop_the_job(jobs: JobRunner) -> None:
    gate = Gate()
    job, _ = await begin(jobs, "One. ", gate)
    watcher = asyncio.create_task(views(jobs, job))
    await gate.reached()
    watcher.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watcher
    gate.release()
    assert (await in_time(jobs, job)).state is JobState.DONE


async def test_an_ended_job_can_still_be_viewed_but_not_a_strangers(jobs: JobRunner) -> None:
    job, _ = await begin(jobs)
    await in_time(jobs, job)
    assert [view.job.state for view in await views(jobs, job)] == [JobState.DONE]
    for asking in (jobs.wait("you", job.id), jobs.stop("you", job.id), anext(jobs.watch("you", job.id))):
        with pytest.raises(UnknownJob):
            await asking


async def test_a_stranger_can_neither_watch_nor_stop_a_running_job(jobs: JobRunner) -> None:
    gate = Gate()
    job, _ = await begin(jobs, gate)
    for asking in (jobs.wait("you", job.id), jobs.stop("you", job.id), anext(jobs.watch("you", job.id))):
        with pytest.raises(UnknownJob):
            await asking
    gate.release()
    assert (await in_time(jobs, job)).state is JobState.DONE


async def test_a_job_of_another_process_cannot_be_watched_here(stored: RecordingJobs, clock: Clock) -> None:
    jobs = LocalJobRunner(stored, clock, max_running=1, max_per_writer=1)
    job = await stored.add_job("me", "elsewhere", JobKind.DRAFT, None, "", clock())
    with pytest.raises(UnknownJob):
        await anext(jobs.watch("me", job.id))


async def test_text_is_stored_before_any_view_shows_it(jobs: JobRunner, stored: RecordingJobs) -> None:
    pieces: list[str | Gate] = []
    gates = [Gate() for _ in range(6)]
    for number, gate in enumerate(gates):
        pieces += [f"piece {number}. ", gate]
    job, _ = await begin(jobs, *pieces)

    async def watch() -> None:
        async for view in jobs.watch("me", job.id):
            stored.events.append(("shown", view.job.text))

    watcher = asyncio.create_task(watch())
    for number, gate in enumerate(gates):
        await seen_until(jobs, "me", job.id, f"piece {number}. ")
        gate.release()
    await in_time(jobs, job)
    async with asyncio.timeout(PATIENCE):
        await watcher
    held = ""
    shown = []
    for what, value in stored.events:
        if what == "stored":
            held += value[job.id]
        elif what == "shown":
            assert value == held[: len(value)]
            shown.append(value)
    assert shown[-1] == "".join(f"piece {number}. " for number in range(6))


async def test_the_text_of_all_jobs_is_stored_in_one_transaction_a_tick(stored: RecordingJobs, clock: Clock) -> None:
    jobs = LocalJobRunner(stored, clock, max_running=5, max_per_writer=5, flush_seconds=0.01)
    gates = [(Gate(), Gate()) for _ in range(5)]
    started = [
        (await begin(jobs, go, f"text {number}", end, subject=str(number)))[0] for number, (go, end) in enumerate(gates)
    ]
    for go, _ in gates:
        await go.reached()
    for go, _ in gates:
        go.release()
    for number, job in enumerate(started):
        await seen_until(jobs, "me", job.id, f"text {number}")
    flushes = [value for what, value in stored.events if what == "stored"]
    assert flushes == [{job.id: f"text {number}" for number, job in enumerate(started)}]
    await jobs.close()


class Held(RecordingJobs):
    """A store that is slow to take text: it waits for the test."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.gate = Gate()

    async def write(self, owner: str, step: Callable[[Transaction], T]) -> T:
        if step.__qualname__.startswith(TextFlusher.__qualname__):
            await self.gate.hold()
        return await super().write(owner, step)


async def test_a_bug_at_one_time_of_storing_text_keeps_no_later_text_from_being_stored(
    store: SqlStore, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    failed = asyncio.Event()

    class Faulty(RecordingJobs):
        async def write(self, owner: str, step: Callable[[Transaction], T]) -> T:
            if step.__qualname__.startswith(TextFlusher.__qualname__) and not failed.is_set():
                failed.set()
                raise ValueError("the words of a writer")
            return await super().write(owner, step)

    faulty, gate, more = Faulty(store), Gate(), Gate()
    jobs = LocalJobRunner(faulty, clock, max_running=2, max_per_writer=2, flush_seconds=0.01)
    job, _ = await begin(jobs, "One. ", gate, "Two. ", more)
    async with asyncio.timeout(PATIENCE):
        await failed.wait()
    gate.release()
    await seen_until(jobs, "me", job.id, "One. Two. ")
    assert "by a bug: ValueError" in caplog.text
    assert "the words of a writer" not in caplog.text
    await jobs.close()


async def test_a_job_can_finish_without_waiting_for_pending_text_to_be_stored(store: SqlStore, clock: Clock) -> None:
    """Its own is a version by then; what of it was on its way to the store is not kept a second time."""
    held = Held(store)
    jobs = LocalJobRunner(held, clock, max_running=2, max_per_writer=2, flush_seconds=0.01)
    written, never = Gate(), Gate()
    one, _ = await begin(jobs, "Of one. ", written, subject="1")
    other, _ = await begin(jobs, "Of the other. ", never, subject="2")
    await held.gate.reached()
    written.release()
    assert (await in_time(jobs, one)).state is JobState.DONE
    held.gate.release()
    assert (await seen_until(jobs, "me", other.id, "Of the other. ")).phase is JobPhase.WRITING
    assert (await held.job("me", one.id)).text == ""
    stopped = await jobs.stop("me", other.id)
    assert (stopped.state, stopped.text) == (JobState.STOPPED, "Of the other. ")
    await jobs.close()


async def test_the_last_job_on_an_essay_is_found_while_it_runs_and_after(jobs: JobRunner) -> None:
    assert await jobs.latest_job("me", "s") is None
    gate = Gate()
    job, _ = await begin(jobs, "One. ", gate)
    await seen_until(jobs, "me", job.id, "One. ")
    running = await jobs.latest_job("me", "s")
    assert running is not None
    assert (running.job.id, running.phase, running.job.text) == (job.id, JobPhase.WRITING, "One. ")
    assert await jobs.latest_job("you", "s") is None
    gate.release()
    await in_time(jobs, job)
    ended = await jobs.latest_job("me", "s")
    assert ended is not None
    assert (ended.job.id, ended.job.state, ended.queue_position) == (job.id, JobState.DONE, None)
