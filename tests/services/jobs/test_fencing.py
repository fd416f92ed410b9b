"""Of a job that somebody else has ended, or whose writer is being deleted, nothing more is stored."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from bot.services.jobs.executor import JobExecutor
from bot.services.jobs.job import JobKind, JobOutcome, JobState, StoreResult
from bot.services.jobs.runner import JobRunner
from bot.services.personal_data import WriterMark
from bot.services.store_ports import Transaction
from tests.services.conftest import Clock
from tests.services.fake_work import Piece, begin, in_time
from tests.services.fakes import PATIENCE, Gate, RecordingJobs

pytestmark = pytest.mark.both_databases


@dataclass(eq=False)
class Making(Piece):
    """Work whose result, or text, would be a version; it counts how often one is stored."""

    made: int = 0

    async def run(self, report: Any) -> StoreResult | None:
        await super().run(report)
        return self._make

    async def keep_partial(self, text: str) -> StoreResult | None:
        return self._make

    def _make(self, _: Transaction) -> int:
        self.made += 1
        return self.made


async def test_the_result_of_a_job_that_another_process_has_ended_is_not_stored(
    jobs: JobRunner, stored: RecordingJobs, clock: Clock
) -> None:
    gate = Gate()
    work = Making((gate,))
    job = await jobs.start("me", "s", JobKind.DRAFT, work)
    await gate.reached()
    await stored.end_job(job.id, JobOutcome(JobState.FAILED, "It was taken over."), clock())
    gate.release()
    ended = await in_time(jobs, job)
    assert (ended.state, ended.error, ended.result) == (JobState.FAILED, "It was taken over.", None)
    assert work.made == 0
    assert (await stored.job("me", job.id)).state is JobState.FAILED


async def test_work_ends_at_the_first_text_that_comes_after_another_process_has_ended_the_job(
    jobs: JobRunner, stored: RecordingJobs, clock: Clock
) -> None:
    begun, never = Gate(), Gate()
    work = Making(("One. ", begun, "Two. ", never))
    job = await jobs.start("me", "s", JobKind.DRAFT, work)
    await begun.reached()
    await stored.end_job(job.id, JobOutcome(JobState.INTERRUPTED), clock())
    begun.release()
    assert (await in_time(jobs, job)).state is JobState.INTERRUPTED
    assert work.made == 0
    assert "Two. " not in (await stored.job("me", job.id)).text
    again, _ = await begin(jobs)
    assert (await in_time(jobs, again)).state is JobState.DONE


async def test_two_processes_that_find_one_dead_job_keep_its_text_once(stored: RecordingJobs, clock: Clock) -> None:
    job = await stored.add_job("me", "s", JobKind.DRAFT, None, "", clock())
    await stored.append_text({job.id: "Half. "})
    work = Making()

    async def work_for(_: object) -> Making:
        return work

    left = await stored.job("me", job.id)
    executors = [JobExecutor(stored, clock, lambda _: None, 0.01) for _ in range(2)]
    async with asyncio.timeout(PATIENCE):
        found = await asyncio.gather(*(one.recover([left], work_for) for one in executors))
    assert [one.result for (one,) in found] == [1, 1]
    assert work.made == 1


async def test_what_comes_of_a_job_while_its_writer_is_being_deleted_is_dropped(
    jobs: JobRunner, stored: RecordingJobs, clock: Clock
) -> None:
    gate = Gate()
    work = Making(("One. ", gate))
    job = await jobs.start("me", "s", JobKind.DRAFT, work)
    await gate.reached()
    await stored.write("me", lambda tx: tx.people.mark("me", WriterMark.DELETING, clock()))
    gate.release()
    ended = await in_time(jobs, job)
    assert (ended.state, ended.result, work.made) == (JobState.DONE, None, 0)
    assert (await stored.job("me", job.id)).text == ""
