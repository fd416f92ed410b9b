"""Which messages show which jobs, who edits them, and whether a job's end was told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import pytest

from bot.services.jobs.job import Job, JobKind, JobOutcome, JobState
from bot.services.jobs.store_ports import PanelEditor, StoredPanel
from bot.store.sql_store import SqlStore
from tests.services.fakes import StoredJobs

pytestmark = pytest.mark.both_databases

Clock = Callable[[], datetime]
ONE, TWO = 1_200_000_000_000_000_001, 1_200_000_000_000_000_002


@pytest.fixture
async def job(store: SqlStore, clock: Clock) -> Job:
    return await StoredJobs(store).add_job("me", "one", JobKind.DRAFT, None, "", clock())


async def save(store: SqlStore, job: Job, message: int, address: str, editor: PanelEditor = PanelEditor.WORKER) -> None:
    await store.write("me", lambda tx: tx.job_panels.save(job.id, message, address, editor))


async def panels(store: SqlStore, job: Job) -> Sequence[StoredPanel]:
    return await store.read(lambda tx: tx.job_panels.of(job.id))


async def addresses(store: SqlStore, job: Job) -> list[tuple[str, str]]:
    return [(panel.address, panel.editor.value) for panel in await panels(store, job)]


async def revision(store: SqlStore, job: Job, message: int) -> int | None:
    return await store.read(lambda tx: tx.job_panels.revision(job.id, message))


async def test_the_message_used_last_comes_last_and_each_change_has_a_new_revision(store: SqlStore, job: Job) -> None:
    await save(store, job, ONE, "first")
    before = await revision(store, job, ONE)
    await save(store, job, TWO, "second")
    await save(store, job, ONE, "renewed")
    assert await addresses(store, job) == [("second", "worker"), ("renewed", "worker")]
    assert await revision(store, job, ONE) not in (before, None)


async def test_where_a_click_has_put_a_job_is_not_stored_over_by_what_comes_after_by_itself(
    store: SqlStore, job: Job
) -> None:
    await store.write("me", lambda tx: tx.job_panels.save(job.id, ONE, "by itself", only_new=True))
    assert await addresses(store, job) == [("by itself", "gateway")]
    await store.write("me", lambda tx: tx.job_panels.save(job.id, ONE, "by a click"))
    await store.write("me", lambda tx: tx.job_panels.save(job.id, ONE, "by itself", only_new=True))
    assert await addresses(store, job) == [("by a click", "gateway")]


async def test_a_message_that_a_click_left_is_no_longer_a_workers_until_it_is_taken_up(
    store: SqlStore, job: Job
) -> None:
    await save(store, job, ONE, "first")
    assert await store.write("me", lambda tx: tx.job_panels.leave(ONE, "clicked")) == [job.id]
    assert await store.write("me", lambda tx: tx.job_panels.leave(TWO, "never shown")) == []
    assert await revision(store, job, ONE) is None
    assert await addresses(store, job) == [("clicked", "nobody")]
    await store.write("me", lambda tx: tx.job_panels.take_up(ONE, [job.id]))
    assert await addresses(store, job) == [("clicked", "worker")]


async def test_messages_that_changed_since_are_not_deleted(store: SqlStore, job: Job) -> None:
    await save(store, job, ONE, "first")
    await save(store, job, TWO, "second")
    seen = [panel.revision for panel in await panels(store, job)]
    await save(store, job, TWO, "renewed")
    await store.write("me", lambda tx: tx.job_panels.delete_revisions(job.id, seen))
    assert await addresses(store, job) == [("renewed", "worker")]


async def test_messages_go_over_to_the_job_that_follows_with_whoever_edits_them(
    store: SqlStore, job: Job, clock: Clock
) -> None:
    jobs = StoredJobs(store)
    await save(store, job, ONE, "first", PanelEditor.GATEWAY)
    await save(store, job, TWO, "second")
    await jobs.end_job(job.id, JobOutcome(JobState.INTERRUPTED), clock())
    follower = await jobs.add_job("me", "one", JobKind.FINISH, 1, "", clock())
    await store.write("me", lambda tx: tx.job_panels.move(job.id, follower.id))
    assert await addresses(store, job) == []
    assert await addresses(store, follower) == [("first", "gateway"), ("second", "worker")]


async def test_messages_of_a_gateway_that_runs_on_stay_with_their_job(store: SqlStore, job: Job, clock: Clock) -> None:
    jobs = StoredJobs(store)
    await save(store, job, ONE, "first", PanelEditor.GATEWAY)
    await save(store, job, TWO, "second", PanelEditor.NOBODY)
    await jobs.end_job(job.id, JobOutcome(JobState.INTERRUPTED), clock())
    follower = await jobs.add_job("me", "one", JobKind.FINISH, 1, "", clock())
    await store.write("me", lambda tx: tx.job_panels.move(job.id, follower.id, of_workers=True))
    assert await addresses(store, job) == [("first", "gateway")]
    assert await addresses(store, follower) == [("second", "nobody")]


async def test_workers_are_told_of_the_jobs_that_no_worker_shows_by_running_them(
    store: SqlStore, job: Job, clock: Clock
) -> None:
    jobs, shown = StoredJobs(store), PanelEditor.WORKER

    async def add(subject: str, kind: JobKind, editor: PanelEditor = shown) -> Job:
        made = await jobs.add_job("me", subject, kind, None, "", clock())
        await save(store, made, ONE, "somewhere", editor)
        return made

    await save(store, job, ONE, "first")  # waits, as does the next one
    await add("waiting", JobKind.DRAFT)
    running, ended = await add("running", JobKind.DRAFT), await add("ended", JobKind.DRAFT, PanelEditor.NOBODY)
    check, question = await add("check", JobKind.CHECK), await add("question", JobKind.QUESTION, PanelEditor.GATEWAY)
    for one in (running, check, question):
        await jobs.mark_job_running(one.id, clock())
    await jobs.end_job(ended.id, JobOutcome(JobState.DONE), clock())
    found = await store.read(lambda tx: tx.job_panels.left_to_workers(1))
    assert {one.id for one in found} == {job.id, ended.id, check.id}
    read = await store.read(lambda tx: [tx.job_panels.ended(one.id) for one in (ended, running, question)])
    assert [one and one.id for one in read] == [ended.id, None, None]


async def test_that_a_jobs_end_was_told_is_stored(store: SqlStore, job: Job) -> None:
    assert not await store.read(lambda tx: tx.jobs.is_told(job.id))
    await store.write("me", lambda tx: tx.jobs.mark_told(job.id))
    assert await store.read(lambda tx: tx.jobs.is_told(job.id))


async def test_to_forget_no_messages_of_a_job_leaves_those_that_it_has(store: SqlStore, job: Job) -> None:
    await save(store, job, ONE, "first")
    await store.write("me", lambda tx: tx.job_panels.delete_revisions(job.id, ()))
    assert await addresses(store, job) == [("first", "worker")]
