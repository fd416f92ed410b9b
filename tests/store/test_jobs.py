"""Jobs in the file: their words sealed, one open a subject, their text appended piece by piece."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from bot.errors import JobRunning, UnknownJob
from bot.essay.structure import Structure
from bot.services.jobs.job import Job, JobKind, JobOutcome, JobState
from bot.store.jobs import process_name
from bot.store.sql_store import SqlStore
from tests.joined_services import join_services
from tests.services.fakes import StoredJobs

pytestmark = pytest.mark.both_databases

Clock = Callable[[], datetime]


@pytest.fixture
def jobs(store: SqlStore) -> StoredJobs:
    return StoredJobs(store)


@pytest.fixture
async def job(jobs: StoredJobs, clock: Clock) -> Job:
    return await jobs.add_job("me", "one", JobKind.REVISION, 3, "Shorter, please.", clock())


async def test_a_job_is_read_as_it_was_stored(jobs: StoredJobs, job: Job, clock: Clock) -> None:
    assert await jobs.job("me", job.id) == job
    assert (job.state, job.kind, job.base_version, job.argument, job.text) == (
        JobState.QUEUED,
        JobKind.REVISION,
        3,
        "Shorter, please.",
        "",
    )
    await jobs.mark_job_running(job.id, clock())
    assert (await jobs.job("me", job.id)).state is JobState.RUNNING


async def test_only_jobs_of_a_dead_process_count_as_abandoned(
    store: SqlStore, jobs: StoredJobs, job: Job, clock: Clock
) -> None:
    gone = StoredJobs(store, "999999999-gone")
    left = await gone.add_job("me", "left", JobKind.DRAFT, None, "", clock())
    restarted = StoredJobs(store, f"{os.getpid()}-before")  # in a container every process has the same number
    also = await restarted.add_job("me", "also", JobKind.DRAFT, None, "", clock())
    parent = StoredJobs(store, process_name(os.getppid()))
    await parent.add_job("me", "kept", JobKind.DRAFT, None, "", clock())
    assert {found.id for found in await jobs.abandoned_jobs()} == {left.id, also.id}


async def test_an_essay_has_at_most_one_open_job_and_any_number_of_ended_ones(
    store: SqlStore, jobs: StoredJobs, job: Job, clock: Clock
) -> None:
    with pytest.raises(JobRunning, match="A revision of this text is still being written"):
        await jobs.add_job("me", "one", JobKind.DRAFT, None, "", clock())
    other = StoredJobs(store, "999999999-gone")
    with pytest.raises(JobRunning, match="A revision of this text is being written in another session"):
        await other.add_job("me", "one", JobKind.DRAFT, None, "", clock())
    await jobs.add_job("me", "two", JobKind.DRAFT, None, "", clock())
    await jobs.end_job(job.id, JobOutcome(JobState.STOPPED), clock())
    newer = await jobs.add_job("me", "one", JobKind.DRAFT, None, "", clock())
    assert await jobs.latest_job("me", "one") == newer
    assert await jobs.latest_job("me", "three") is None


async def test_text_pieces_of_a_job_are_appended_in_order_and_can_be_dropped(
    jobs: StoredJobs, job: Job, clock: Clock
) -> None:
    other = await jobs.add_job("me", "two", JobKind.DRAFT, None, "", clock())
    await jobs.append_text({job.id: "One. ", other.id: "Ein. "})
    await jobs.append_text({job.id: "Two. ", 999: "of no job"})
    assert (await jobs.job("me", job.id)).text == "One. Two. "
    await jobs.delete_text(job.id)
    await jobs.append_text({job.id: "Three."})
    assert (await jobs.job("me", job.id)).text == "Three."
    assert (await jobs.job("me", other.id)).text == "Ein. "


@pytest.mark.parametrize(
    ("ending", "text"),
    [
        (JobOutcome(JobState.DONE, None, 4), ""),
        (JobOutcome(JobState.DONE), ""),
        (JobOutcome(JobState.STOPPED, None, 4), ""),
        (JobOutcome(JobState.FAILED, "It broke."), "Text."),
        (JobOutcome(JobState.INTERRUPTED), "Text."),
    ],
)
async def test_an_ended_job_keeps_its_text_only_if_the_text_did_not_become_a_version(
    jobs: StoredJobs, job: Job, clock: Clock, ending: JobOutcome, text: str
) -> None:
    await jobs.append_text({job.id: "Text."})
    await jobs.end_job(job.id, ending, clock())
    await jobs.append_text({job.id: "Too late."})
    found = await jobs.job("me", job.id)
    assert (found.state, found.error, found.result, found.text) == (
        ending.state,
        ending.error,
        ending.result,
        text,
    )
    assert await jobs.abandoned_jobs() == []


async def test_a_stranger_cannot_see_another_writers_job(jobs: StoredJobs, job: Job) -> None:
    with pytest.raises(UnknownJob):
        await jobs.job("you", job.id)
    assert await jobs.latest_job("you", "one") is None


async def test_the_database_files_hold_no_readable_word_of_a_job(
    database: Path, store: SqlStore, jobs: StoredJobs, job: Job, clock: Clock
) -> None:
    await jobs.append_text({job.id: "A velocipede."})
    await jobs.end_job(job.id, JobOutcome(JobState.FAILED, "The quagmire sentence."), clock())
    assert (await jobs.job("me", job.id)).text == "A velocipede."
    store.close()
    held = b"".join(path.read_bytes() for path in database.parent.iterdir() if path.name.startswith("essays.db"))
    for words in (b"velocipede", b"quagmire", b"Shorter"):
        assert words not in held


async def test_deleting_an_essay_deletes_its_jobs_and_their_ids_are_never_reused(
    store: SqlStore, jobs: StoredJobs, structure: Structure, clock: Clock
) -> None:
    desk = join_services(store, structure, clock, lambda: "mine").essays
    await desk.create_essay("me", structure)
    job = await jobs.add_job("me", "mine", JobKind.DRAFT, None, "", clock())
    await jobs.append_text({job.id: "Text."})
    await desk.delete_essay("me", "mine")
    with pytest.raises(UnknownJob):
        await jobs.job("me", job.id)
    newer = await jobs.add_job("me", "other", JobKind.DRAFT, None, "", clock())
    assert newer.id > job.id
    await jobs.append_text({job.id: "of the deleted one"})
    await jobs.end_job(job.id, JobOutcome(JobState.DONE), clock())
    assert await jobs.job("me", newer.id) == newer
