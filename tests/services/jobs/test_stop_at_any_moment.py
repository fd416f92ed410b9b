"""A stop or a shutdown that comes at whatever moment of a draft: it ends, once, and what is stored fits together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import pytest

from bot.essay.structure import Structure
from bot.services.jobs.job import JobState
from bot.store.sql_store import SqlStore
from tests.services.conftest import Room, joined
from tests.services.fakes import PATIENCE, says

pytestmark = pytest.mark.both_databases

Clock = Callable[[], datetime]
DRAFT = ("## What I missed\n\n", "The noise. ", "\n\n## What I gave up\n\n", "The pay.\n")
TURNS = (*range(12), *range(12, 60, 4), 100, 200, 400, 800, 1_600, 3_200)  # of the event loop, into the draft


async def turns(count: int) -> None:
    """Lets the loop go round so often: each time, whatever can go on goes on a step."""
    for _ in range(count):
        await asyncio.sleep(0)


async def check_consistent_state(room: Room, essay: str, job: int) -> JobState:
    """Asserts that the job, the versions and the stored text of the job agree; how the job ended."""
    ended = await room.stored_jobs.job("me", job)
    versions = await room.desk.versions("me", essay)
    assert ended.state.is_ended
    assert [info.number for info in versions] == ([ended.result] if ended.result else [])
    if ended.state is JobState.DONE:
        assert versions[0].is_complete
    elif versions:
        assert not versions[0].is_complete
    else:
        assert not ended.text.strip()
    if versions:
        assert ended.text == ""
    assert await room.jobs.running_job("me", essay) is None
    return ended.state


@pytest.mark.parametrize("count", TURNS)
async def test_a_draft_stopped_at_any_moment_leaves_a_consistent_state(
    room: Room, structure: Structure, count: int
) -> None:
    essay = await room.essay_with_notes(structure)
    room.models.script(says(*DRAFT))
    job = await room.writing.start_draft("me", essay)
    await turns(count)
    async with asyncio.timeout(PATIENCE):
        stopped = await room.jobs.stop("me", job.id)
        assert await check_consistent_state(room, essay, job.id) is stopped.state
    assert stopped.state in (JobState.STOPPED, JobState.DONE)
    room.models.answers.clear()
    room.models.script(says(*DRAFT))
    again = await room.writing.start_draft("me", essay)
    async with asyncio.timeout(PATIENCE):
        assert (await room.jobs.wait("me", again.id)).state is JobState.DONE


@pytest.mark.parametrize("count", TURNS[::3])
async def test_a_shutdown_at_any_moment_among_starts_and_stops_leaves_a_consistent_state(
    store: SqlStore, structure: Structure, clock: Clock, count: int
) -> None:
    room = joined(store, structure, clock, at_once=2, per_writer=2)
    essays = [await room.essay_with_notes(structure) for _ in range(4)]
    room.models.script(*(says(*DRAFT) for _ in essays))
    starting = [asyncio.create_task(room.writing.start_draft("me", essay)) for essay in essays]
    await turns(count)
    async with asyncio.timeout(PATIENCE):
        done = await asyncio.gather(room.jobs.close(), *starting, return_exceptions=True)
        begun = [job for job in done[1:] if not isinstance(job, BaseException)]
        await asyncio.gather(*(room.jobs.stop("me", job.id) for job in begun if job))
    assert done[0] is None
    for job in begun:
        assert job is not None
        state = await check_consistent_state(room, job.subject, job.id)
        assert state in (JobState.INTERRUPTED, JobState.DONE)
    assert await room.stored_jobs.abandoned_jobs() == []
