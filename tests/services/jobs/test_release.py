"""Work that another process left when it died is ended where it is met, and its text is kept before the next begins."""

from __future__ import annotations

import asyncio
import os

import pytest

from bot.errors import JobRunning
from bot.essay.structure import Structure
from bot.services.jobs.job import Job, JobKind, JobState
from bot.store.jobs import process_name
from tests.services.conftest import Room
from tests.services.fakes import GONE, Gate, StoredJobs, opinion, says

pytestmark = pytest.mark.both_databases

CUT = "## What I missed\n\nNoise. It was lo"


@pytest.fixture
async def started(room: Room) -> Room:
    """A room as a process opens it: what was left before it has been looked after."""
    await room.jobs.open(room.writing.work_for)
    return room


async def left(room: Room, essay: str, text: str = CUT, process: str = GONE, kind: JobKind = JobKind.DRAFT) -> Job:
    """A job that another process has begun since."""
    theirs = StoredJobs(room.store, process)
    job = await theirs.add_job("me", essay, kind, None, "", room.clock())
    await theirs.append_text({job.id: text})
    return job


async def test_a_draft_can_start_on_an_essay_whose_job_belonged_to_a_dead_process(
    started: Room, structure: Structure
) -> None:
    room, essay = started, await started.essay_with_notes(structure)
    await left(room, essay)
    room.models.script(says("## What I missed\n\nNoise.\n\n## What I gave up\n\nPay.\n"))
    job = await room.jobs.wait("me", (await room.writing.start_draft("me", essay)).id)
    first, second = await room.desk.versions("me", essay)
    assert (first.is_complete, second.parent, job.result) == (False, first.number, second.number)
    assert (await room.desk.current_version("me", essay)).info == second
    assert (await room.desk.version("me", essay, 1)).text == f"{CUT}\n"


async def test_a_draft_left_by_a_dead_process_can_be_continued_at_once(started: Room, structure: Structure) -> None:
    room, essay = started, await started.essay_with_notes(structure)
    await left(room, essay, "## What I missed\n\nDone with it.\n\n## What I gave up\n\nPa")
    room.models.script(says("## What I gave up\n\nPay.\n"))
    await room.jobs.wait("me", (await room.writing.start_finish("me", essay)).id)
    assert room.models.asked[0].given["sections"] == ("gave-up",)


async def test_a_critique_can_start_where_a_dead_process_left_one_open(started: Room, structure: Structure) -> None:
    room, essay = started, await started.essay_with_notes(structure)
    post = await room.desk.assemble_post("me", essay)
    await left(room, essay, "", kind=JobKind.CRITIQUE)
    room.models.script(opinion())
    _, job = await room.criticism.start_essay_critique("me", essay, post)
    assert (await room.jobs.wait("me", job.id)).state is JobState.DONE


async def test_the_job_of_a_dead_process_is_shown_as_interrupted_and_its_text_kept_once(
    started: Room, structure: Structure
) -> None:
    room, essay = started, await started.essay_with_notes(structure)
    job = await left(room, essay)
    views = await asyncio.gather(*(room.jobs.latest_job("me", essay) for _ in range(3)))
    assert all(view is not None and view.job.id == job.id and view.job.state.is_ended for view in views)
    assert len(await room.desk.versions("me", essay)) == 1
    assert await room.jobs.release_abandoned("me", essay) is None


async def test_the_job_of_a_living_process_is_left_alone(started: Room, structure: Structure) -> None:
    room, essay = started, await started.essay_with_notes(structure)
    alive = process_name(os.getppid())
    assert alive is not None
    job = await left(room, essay, process=alive)
    with pytest.raises(JobRunning, match="in another session of this program: wait for its end, or press Ctrl-C"):
        await room.writing.start_draft("me", essay)
    view = await room.jobs.latest_job("me", essay)
    assert view is not None
    assert (view.job.id, view.job.state) == (job.id, JobState.QUEUED)


async def test_releasing_ends_neither_other_writers_jobs_nor_those_of_this_process(
    started: Room, structure: Structure
) -> None:
    room, essay = started, await started.essay_with_notes(structure)
    theirs = StoredJobs(room.store, GONE)
    other = await theirs.add_job("you", "yours", JobKind.DRAFT, None, "", room.clock())
    gate = Gate()
    room.models.script(says(gate, "## What I missed\n\nNoise.\n"))
    mine = await room.writing.start_draft("me", essay)
    await gate.reached()
    assert await room.jobs.release_abandoned("me", essay) is None
    assert (await room.stored_jobs.job("you", other.id)).state is JobState.QUEUED
    gate.release()
    assert (await room.jobs.wait("me", mine.id)).state is JobState.DONE
