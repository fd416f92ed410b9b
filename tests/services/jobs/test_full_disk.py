"""A disk that is full while a job writes: nothing is lost that can still be kept, and the person is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import pytest

from bot.errors import StoreError
from bot.essay.structure import Structure
from bot.services.jobs.job import JobKind, JobState
from bot.services.jobs.local_runner import LocalJobRunner
from bot.store.sql_store import SqlStore
from tests.services.conftest import Room
from tests.services.fakes import PATIENCE, Gate, StoredJobs, says, seen_until

LONG = "It went on for a long time, and longer than that. " * 2_000  # more than the pages that are free


async def fill_the_disk(store: SqlStore) -> None:
    """SQLite's own limit on pages gives the very error of a full disk."""
    await store.database.run(lambda opened: opened.db.execute("PRAGMA max_page_count = 1").fetchall())


async def free_the_disk(store: SqlStore) -> None:
    await store.database.run(lambda opened: opened.db.execute("PRAGMA max_page_count = 1073741823").fetchall())


async def test_a_full_disk_that_is_freed_before_the_job_ends_loses_no_text(room: Room, structure: Structure) -> None:
    essay = await room.essay_with_notes(structure)
    first, second = Gate(), Gate()
    room.models.script(says("## What I missed\n\nFirst. ", first, LONG, second, "\n\n## What I gave up\n\nLast.\n"))
    job = await room.writing.start_draft("me", essay)
    await seen_until(room.jobs, "me", job.id, "First. ")
    await fill_the_disk(room.store)
    first.release()
    async with asyncio.timeout(PATIENCE):
        await room.stored_jobs.refused.wait()
    assert (await anext(room.jobs.watch("me", job.id))).job.text.endswith("First. ")  # not shown, since not stored
    await free_the_disk(room.store)
    second.release()
    ended = await room.jobs.wait("me", job.id)
    assert ended.state is JobState.DONE
    text = (await room.desk.current_version("me", essay)).text
    assert LONG.strip() in text
    assert text.endswith("Last.\n")


async def test_a_job_stopped_on_a_full_disk_reports_it_and_keeps_the_text_stored_before(
    room: Room, structure: Structure
) -> None:
    essay = await room.essay_with_notes(structure)
    first, second = Gate(), Gate()
    room.models.script(says("## What I missed\n\nFirst. ", first, LONG, second))
    job = await room.writing.start_draft("me", essay)
    await seen_until(room.jobs, "me", job.id, "First. ")
    await fill_the_disk(room.store)
    first.release()
    await second.reached()
    stopped = await room.jobs.stop("me", job.id)
    assert (stopped.state, stopped.result) == (JobState.FAILED, None)
    assert stopped.error is not None
    assert "is full" in stopped.error
    assert stopped.text == "## What I missed\n\nFirst. "
    assert len(await room.desk.notes("me", essay)) == 2


async def test_after_a_full_disk_a_new_job_can_start_and_the_text_is_stored_late(
    room: Room, structure: Structure
) -> None:
    essay = await room.essay_with_notes(structure)
    first, second = Gate(), Gate()
    room.models.script(says("## What I missed\n\nFirst. ", first, LONG, second))
    job = await room.writing.start_draft("me", essay)
    await seen_until(room.jobs, "me", job.id, "First. ")
    await fill_the_disk(room.store)
    await room.store.database.run(lambda opened: opened.db.execute("PRAGMA query_only = ON").fetchall())
    first.release()
    await second.reached()
    assert (await room.jobs.stop("me", job.id)).state is JobState.FAILED
    with pytest.raises(StoreError, match=r"cannot be used|is full"):
        await room.writing.start_draft("me", essay)
    await room.store.database.run(lambda opened: opened.db.execute("PRAGMA query_only = OFF").fetchall())
    await free_the_disk(room.store)
    room.models.script(says("## What I missed\n\nAnew.\n"))
    again = await room.writing.start_draft("me", essay)
    assert (await room.jobs.wait("me", again.id)).state is JobState.DONE
    late = await room.stored_jobs.job("me", job.id)
    assert late.state is JobState.FAILED
    assert late.text == "## What I missed\n\nFirst. " + LONG


async def test_a_job_that_cannot_start_on_a_full_disk_says_so(room: Room, structure: Structure) -> None:
    essay = await room.essay_with_notes(structure)
    await room.store.database.run(lambda opened: opened.db.execute("PRAGMA query_only = ON").fetchall())
    with pytest.raises(StoreError, match="cannot be used"):
        await room.writing.start_draft("me", essay)
    await room.store.database.run(lambda opened: opened.db.execute("PRAGMA query_only = OFF").fetchall())
    assert room.models.asked == []


async def test_shutting_down_on_a_full_disk_leaves_the_job_to_the_next_start(
    store: SqlStore, structure: Structure, room: Room, clock: Callable[[], datetime]
) -> None:
    essay = await room.essay_with_notes(structure)
    gate = Gate()
    room.models.script(says("## What I missed\n\nFirst. ", gate))
    job = await room.writing.start_draft("me", essay)
    await seen_until(room.jobs, "me", job.id, "First. ")
    await store.database.run(lambda opened: opened.db.execute("PRAGMA query_only = ON").fetchall())
    await room.jobs.close()
    await store.database.run(lambda opened: opened.db.execute("PRAGMA query_only = OFF").fetchall())
    left = await room.stored_jobs.job("me", job.id)
    assert (left.state, left.text) == (JobState.RUNNING, "## What I missed\n\nFirst. ")
    restarted = LocalJobRunner(StoredJobs(room.store, "1-next"), clock, max_running=1, max_per_writer=1)
    (found,) = await restarted.open(room.writing.work_for)
    assert (found.kind, found.state, found.result) == (JobKind.DRAFT, JobState.INTERRUPTED, 1)
