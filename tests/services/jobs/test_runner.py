"""Jobs: one an essay, in a fair line, stopped at will, and ended well however they end."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Declined, JobRunning, ShuttingDown, StreamBroken, TooManyJobs
from bot.services.jobs.job import JobKind, JobState, StoreResult
from bot.services.jobs.local_runner import LocalJobRunner, next_to_start, queue_positions
from bot.services.jobs.runner import JobRunner
from bot.services.llm_ports import ProgressCallback, TextChunk
from bot.services.request_context import RequestContext, current_request, request_scope
from bot.services.store_ports import Transaction
from bot.store.sql_store import SqlStore
from tests.services.fake_work import Piece, begin, in_time
from tests.services.fakes import PATIENCE, Gate, RecordingJobs, seen_until

pytestmark = pytest.mark.both_databases

Clock = Callable[[], datetime]


async def test_a_second_job_on_an_essay_is_refused_until_the_first_has_ended(jobs: JobRunner) -> None:
    gate = Gate()
    first, _ = await begin(jobs, gate)
    with pytest.raises(JobRunning, match="A draft of this text is still being written"):
        await begin(jobs)
    running = await jobs.running_job("me", "s")
    assert running is not None
    assert running.id == first.id
    gate.release()
    assert (await in_time(jobs, first)).state is JobState.DONE
    assert await jobs.running_job("me", "s") is None
    second, _ = await begin(jobs)
    assert second.id != first.id


async def test_another_process_with_the_same_store_cannot_take_the_essay_either(
    jobs: JobRunner, store: SqlStore, clock: Clock
) -> None:
    gate = Gate()
    await begin(jobs, gate)
    other = LocalJobRunner(RecordingJobs(store), clock, max_running=2, max_per_writer=1)
    with pytest.raises(JobRunning):
        await begin(other)
    await other.close()
    gate.release()


async def test_running_jobs_are_limited_and_the_queue_is_fair_and_shows_each_jobs_position(jobs: JobRunner) -> None:
    """Two at once, one a writer: a's second waits for a's first, and c comes before it although c came later."""
    gates = {name: Gate() for name in ("a1", "b1", "a2", "c1")}
    started = {name: (await begin(jobs, gate, subject=name, who=name[0]))[0] for name, gate in gates.items()}
    await gates["a1"].reached()
    await gates["b1"].reached()

    async def place(name: str) -> int | None:
        return (await anext(jobs.watch(name[0], started[name].id))).queue_position

    assert [await place(name) for name in gates] == [None, None, 2, 1]
    gates["b1"].release()
    await gates["c1"].reached()
    assert [await place(name) for name in ("a2", "c1")] == [1, None]
    gates["c1"].release()
    await in_time(jobs, started["c1"])
    assert await place("a2") == 1  # there is room, but not for a second job of this writer
    gates["a1"].release()
    await gates["a2"].reached()
    gates["a2"].release()
    for job in started.values():
        assert (await in_time(jobs, job)).state is JobState.DONE


@given(st.lists(st.sampled_from("abcde"), max_size=30), st.dictionaries(st.sampled_from("abcde"), st.integers(0, 3)))
def test_a_place_in_the_queue_says_how_many_jobs_start_before(writers: list[str], running: dict[str, int]) -> None:
    waiting, begun, order = list(enumerate(writers)), Counter(running), list[int]()
    while waiting:
        found = next_to_start([writer for _, writer in waiting], begun, at_once=10**6, per_writer=10**6)
        assert found is not None
        index, writer = waiting.pop(found)
        begun[writer] += 1
        order.append(index)
    assert [order[place - 1] for place in queue_positions(writers, Counter(running))] == list(range(len(writers)))


async def test_a_queued_job_belongs_to_its_own_request_whichever_jobs_end_starts_it(
    store: SqlStore, clock: Clock
) -> None:
    jobs = LocalJobRunner(RecordingJobs(store), clock, max_running=1, max_per_writer=1)
    gate, seen = Gate(), list[RequestContext | None]()

    class Asking(Piece):
        async def run(self, report: ProgressCallback) -> StoreResult | None:
            seen.append(current_request())
            return await super().run(report)

    begun = []
    for who in ("me", "you"):
        with request_scope(who, "server") as request:
            begun.append((request, await jobs.start(who, f"essay of {who}", JobKind.DRAFT, Asking((gate,)))))
    await gate.reached()
    gate.release()
    for _, job in begun:
        await in_time(jobs, job)
    assert seen == [request for request, _ in begun]
    await jobs.close()


async def test_a_writer_may_queue_only_as_many_jobs_as_may_run_at_once(jobs: JobRunner) -> None:
    gate = Gate()
    await begin(jobs, gate, subject="1")
    waiting, _ = await begin(jobs, subject="2")
    with pytest.raises(TooManyJobs, match="You have 2 pieces of work in line"):
        await begin(jobs, subject="3")
    await begin(jobs, subject="4", who="you")
    gate.release()
    await in_time(jobs, waiting)
    await begin(jobs, subject="3")


async def test_many_starts_at_the_same_instant_cannot_slip_past_the_limit(jobs: JobRunner) -> None:
    gate = Gate()
    tried = await asyncio.gather(
        *(begin(jobs, gate, subject=str(number)) for number in range(6)), return_exceptions=True
    )
    assert sum(isinstance(one, TooManyJobs) for one in tried) == 4
    gate.release()


async def test_stopping_keeps_the_text_so_far_and_a_second_stop_is_harmless(jobs: JobRunner) -> None:
    gate = Gate()
    work = Piece(("One. ", "Two. ", gate, "Three."), keeps=7)
    job = await jobs.start("me", "s", JobKind.DRAFT, work)
    await gate.reached()
    first, second = await asyncio.gather(jobs.stop("me", job.id), jobs.stop("me", job.id))
    assert (first.state, first.result, first.text) == (JobState.STOPPED, 7, "")
    assert first == second == await jobs.stop("me", job.id)
    assert work.kept == ["One. Two. "]


async def test_text_that_becomes_no_version_stays_with_the_stopped_job(jobs: JobRunner, stored: RecordingJobs) -> None:
    gate = Gate()
    job, work = await begin(jobs, "One. ", gate)
    await gate.reached()
    stopped = await jobs.stop("me", job.id)
    assert (stopped.state, stopped.text, stopped.result, work.kept) == (
        JobState.STOPPED,
        "One. ",
        None,
        ["One. "],
    )
    assert await stored.latest_job("me", "s") == stopped == await stored.job("me", job.id)


async def test_a_queued_job_can_be_stopped_even_if_the_stopping_caller_is_cancelled(jobs: JobRunner) -> None:
    gate = Gate()
    running, _ = await begin(jobs, gate, subject="1")
    waiting, work = await begin(jobs, "never", subject="2")
    stopping = asyncio.create_task(jobs.stop("me", waiting.id))
    await asyncio.sleep(0)  # it has begun to stop
    stopping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopping
    assert (await in_time(jobs, waiting)).state is JobState.STOPPED
    assert work.kept == []
    gate.release()
    assert (await in_time(jobs, running)).state is JobState.DONE


async def test_a_job_stopped_as_its_turn_comes_never_does_anything(jobs: JobRunner) -> None:
    gate = Gate()
    first, _ = await begin(jobs, gate, subject="1")
    job, work = await begin(jobs, "never", subject="2")
    await gate.reached()
    gate.release()
    await in_time(jobs, first)
    stopped = await jobs.stop("me", job.id)
    assert (stopped.state, stopped.text, work.kept) == (JobState.STOPPED, "", [])


async def test_a_job_still_starts_if_the_caller_of_start_is_cancelled(jobs: JobRunner) -> None:
    gate = Gate()
    starting = asyncio.create_task(begin(jobs, gate))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await gate.reached()
    job = await jobs.running_job("me", "s")
    assert job is not None
    gate.release()
    assert (await in_time(jobs, job)).state is JobState.DONE


async def test_a_stop_while_the_result_is_being_stored_is_too_late_and_returns_the_result(
    jobs: JobRunner, store: SqlStore
) -> None:
    storing, go_on = threading.Event(), threading.Event()

    def store_version(_: Transaction) -> int:
        storing.set()
        assert go_on.wait(PATIENCE)
        return 1

    class Storing(Piece):
        async def run(self, report: ProgressCallback) -> StoreResult | None:
            report(TextChunk("All of it."))
            return store_version

    work = Storing()
    job = await jobs.start("me", "s", JobKind.DRAFT, work)
    assert await asyncio.to_thread(storing.wait, PATIENCE)
    stopping = asyncio.create_task(jobs.stop("me", job.id))
    await asyncio.sleep(0)
    go_on.set()
    async with asyncio.timeout(PATIENCE):
        stopped = await stopping
    assert (stopped.state, stopped.result, work.kept) == (JobState.DONE, 1, [])


async def test_shutting_down_interrupts_all_jobs_keeps_their_text_and_starts_no_more(
    stored: RecordingJobs, clock: Clock
) -> None:
    jobs = LocalJobRunner(stored, clock, max_running=1, max_per_writer=2, flush_seconds=0.01)
    gate = Gate()
    running, work = await begin(jobs, "One. ", gate, subject="1")
    waiting, _ = await begin(jobs, "never", subject="2")
    await gate.reached()
    starting = asyncio.create_task(begin(jobs, "never", subject="3"))
    await asyncio.sleep(0)  # it asks to begin,
    await asyncio.sleep(0)  # and is being stored
    async with asyncio.timeout(PATIENCE):
        await jobs.close()
    ended = [await stored.job("me", number) for number in (running.id, waiting.id, (await starting)[0].id)]
    assert [job.state for job in ended] == [JobState.INTERRUPTED] * 3
    assert [job.text for job in ended] == ["One. ", "", ""]
    assert work.kept == ["One. "]
    with pytest.raises(ShuttingDown, match="try again in a minute"):
        await begin(jobs, subject="4")


async def test_text_begun_before_the_model_declined_is_discarded(jobs: JobRunner, stored: RecordingJobs) -> None:
    gate = Gate()
    job, work = await begin(jobs, "Begun. ", gate, "more", Declined("cyber"))
    await seen_until(jobs, "me", job.id, "Begun. ")
    gate.release()
    ended = await in_time(jobs, job)
    assert (ended.state, ended.text, ended.result, work.kept) == (JobState.FAILED, "", None, [])
    assert ended.error is not None
    assert "declined" in ended.error
    assert (await stored.job("me", job.id)).text == ""


async def test_a_failed_job_shows_its_error_message_and_keeps_its_text(jobs: JobRunner, stored: RecordingJobs) -> None:
    work = Piece(("One. ", StreamBroken()), keeps=3)
    job = await jobs.start("me", "s", JobKind.DRAFT, work)
    ended = await in_time(jobs, job)
    assert (ended.state, ended.error, ended.result) == (JobState.FAILED, str(StreamBroken()), 3)
    assert ended == await stored.job("me", job.id)


async def test_an_unexpected_exception_is_reported_politely_and_logged_without_the_text(
    jobs: JobRunner, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        job, work = await begin(jobs, "One secret. ", ValueError("what is a secret doing here"))
        ended = await in_time(jobs, job)
    assert ended.state is JobState.FAILED
    assert ended.error is not None
    assert ended.error.startswith("Something went wrong on our side")
    assert work.kept == ["One secret. "]
    assert "ValueError" in caplog.text
    assert "fake_work.py" in caplog.text  # where it happened
    assert "secret" not in caplog.text


async def test_an_exception_while_saving_partial_text_still_ends_the_job(
    jobs: JobRunner, caplog: pytest.LogCaptureFixture
) -> None:
    class Bad(Piece):
        async def keep_partial(self, text: str) -> StoreResult | None:
            raise KeyError(text)

    job = await jobs.start("me", "s", JobKind.DRAFT, Bad(("One. ", StreamBroken())))
    ended = await in_time(jobs, job)
    assert (ended.state, ended.text) == (JobState.FAILED, "One. ")
    assert "KeyError" in caplog.text
    await in_time(jobs, (await begin(jobs))[0])
