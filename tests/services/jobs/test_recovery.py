"""A process killed in the middle of a draft: the text so far is there at the next start, and can be continued."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from bot.essay.essay import Origin
from bot.essay.structure import Structure
from bot.services.jobs.job import Job, JobKind, JobState, JobWork
from bot.store.database import EncryptedDatabase
from bot.store.sqlite import SqliteStore
from tests.services.conftest import Room, joined
from tests.services.fakes import GONE, Gate, StoredJobs, rewrites, says

Clock = Callable[[], datetime]

pytestmark = pytest.mark.both_databases

CHILD = """
import asyncio, itertools, sys, time
from datetime import UTC, datetime
from pathlib import Path
from bot.essay.structure import Section, Structure, WordBudget
from bot.store.sqlite import SqliteStore
from bot.services.essays import EssayService
from bot.services.llm_ports import Models, TextChunk
from bot.services.jobs.local_runner import LocalJobRunner
from bot.services.drafting import DraftingService

class Slow:
    async def draft(self, material, on_progress):
        on_progress(TextChunk("## What I missed\\n\\nDone with it.\\n\\n## What I gave up\\n\\n"))
        for n in itertools.count():
            on_progress(TextChunk(f"w{n} "))
            print(n, time.monotonic(), flush=True)
            await asyncio.sleep(0.02)  # the pace at which a model writes

async def main():
    clock = lambda: datetime.now(UTC)
    store = SqliteStore(Path(sys.argv[1]), None, clock)
    sections = tuple(
        Section(key, heading, "Say it.", WordBudget(5, 20), ("What?",))
        for key, heading in (("missed", "What I missed"), ("gave-up", "What I gave up"))
    )
    structure = Structure("short-one", "Short one", "Two sections.", sections)
    desk = EssayService(store, {structure.key: structure}, clock, lambda: "one")
    jobs = LocalJobRunner(store, clock, max_running=1, max_per_writer=1)
    slow = Slow()
    writing = DraftingService(desk, store, jobs, Models(slow, slow, slow, slow), clock)
    await desk.create_essay("me", structure)
    await desk.add_notes("me", "one", "## What I missed\\n\\nThe noise.\\n")
    job = await writing.start_draft("me", "one")
    await jobs.wait("me", job.id)

asyncio.run(main())
"""


def killed_after(database: Path, pieces: int) -> tuple[int, float, list[float]]:
    """Runs a draft in a process of its own and kills it after so many pieces; when each came, and the kill's moment."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(database)], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": "."}
    )
    assert child.stdout is not None
    times = [float(child.stdout.readline().split()[1]) for _ in range(pieces)]
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    return pieces, times[-1], times


async def test_a_killed_draft_becomes_an_incomplete_version_and_only_missing_sections_are_continued(
    database: Path, structure: Structure, clock: Clock
) -> None:
    pieces, killed, times = killed_after(database, 80)
    store = SqliteStore(database, None, clock)
    room = joined(store, structure, clock)
    (job,) = await room.jobs.open(room.writing.work_for)
    assert (job.kind, job.state, job.result) == (JobKind.DRAFT, JobState.INTERRUPTED, 1)
    assert await room.stored_jobs.latest_job("me", "one") == await room.stored_jobs.job("me", job.id)
    version = await room.desk.current_version("me", "one")
    assert (version.info.is_complete, version.info.origin) == (False, Origin.DRAFTED)
    kept = version.text.split()
    for number in range(pieces):
        if times[number] < killed - 1:  # seconds: what a person may lose to a kill
            assert f"w{number}" in kept
    assert await room.jobs.open(room.writing.work_for) == ()
    room.models.script(says("## What I gave up\n\nNothing at all.\n"))
    again = await room.writing.start_finish("me", "one")
    assert (await room.jobs.wait("me", again.id)).state is JobState.DONE
    (asked,) = room.models.asked
    assert asked.given["sections"] == ("gave-up",)
    assert asked.given["text"] == "## What I missed\n\nDone with it.\n"
    whole = await room.desk.current_version("me", "one")
    assert whole.text == "## What I missed\n\nDone with it.\n\n## What I gave up\n\nNothing at all.\n"
    assert (whole.info.is_complete, whole.info.parent) == (True, 1)
    await room.jobs.close()
    store.close()


async def add_unfinished_job(
    room: Room, essay: str, kind: JobKind, text: str, argument: str = "", base: int | None = None
) -> Job:
    """A job as a killed process leaves it."""
    killed = StoredJobs(room.store, GONE)
    job = await killed.add_job("me", essay, kind, base, argument, room.clock())
    if text:
        await killed.append_text({job.id: text})
    return job


async def test_notes_that_came_while_a_killed_draft_was_written_still_count_as_new(
    room: Room, structure: Structure
) -> None:
    essay = await room.essay_with_notes(structure)
    await add_unfinished_job(room, essay, JobKind.DRAFT, "## What I missed\n\nNoise.\n\n## What I gave up\n\nPay.", "2")
    await room.desk.add_notes("me", essay, "## What I missed\n\nThe smell of glue.\n")
    await room.jobs.open(room.writing.work_for)
    assert (await room.desk.current_version("me", essay)).info.last_note_number == 2
    assert "The smell of glue." in (await room.desk.assemble_post("me", essay)).text


async def test_a_killed_revision_leaves_the_essay_as_it_was_and_its_text_with_the_job(
    room: Room, structure: Structure
) -> None:
    essay = await room.essay_with_notes(structure)
    post = await room.desk.assemble_post("me", essay)
    argument = '{"index": 0, "instruction": "Shorter."}'
    left = await add_unfinished_job(room, essay, JobKind.REVISION, "Half a sec", argument, post.info.number)
    (job,) = await room.jobs.open(room.writing.work_for)
    assert (job.result, job.text, job.argument) == (None, "Half a sec", argument)
    assert (await room.stored_jobs.job("me", left.id)).text == "Half a sec"
    assert await room.desk.current_version("me", essay) == post
    room.models.script(rewrites("Short."))
    again = await room.writing.retry("me", job)
    assert (await room.jobs.wait("me", again.id)).state is JobState.DONE
    assert room.models.asked[0].given["instruction"] == "Shorter."


async def test_a_killed_continuation_keeps_what_it_had_added(room: Room, structure: Structure) -> None:
    essay = await room.essay_with_notes(structure)
    room.models.script(says("## What I missed\n\nNoise.\n\n## What I gave up\n\nPa", cut=True))
    await room.jobs.wait("me", (await room.writing.start_draft("me", essay)).id)
    await add_unfinished_job(room, essay, JobKind.FINISH, "## What I gave up\n\nPay, and my", "", 1)
    (job,) = await room.jobs.open(room.writing.work_for)
    version = await room.desk.current_version("me", essay)
    assert (job.result, version.info.number, version.info.is_complete) == (2, 2, False)
    assert version.text == "## What I missed\n\nNoise.\n\n## What I gave up\n\nPay, and my\n"


async def test_only_jobs_of_the_given_writers_are_recovered(room: Room, structure: Structure) -> None:
    essay = await room.essay_with_notes(structure)
    left = await add_unfinished_job(room, essay, JobKind.DRAFT, "Some text.")
    assert await room.jobs.open(room.writing.work_for, lambda writer: writer == "you") == ()
    assert (await room.stored_jobs.job("me", left.id)).state is JobState.QUEUED


async def test_an_unreadable_job_is_ended_with_its_text_and_does_not_prevent_startup(
    room: Room, structure: Structure, caplog: pytest.LogCaptureFixture
) -> None:
    essay = await room.essay_with_notes(structure)
    broken = await add_unfinished_job(room, essay, JobKind.REVISION, "secret one", "no JSON", 1)
    gone = await add_unfinished_job(room, "no such essay", JobKind.DRAFT, "secret two")
    empty = await add_unfinished_job(room, "another", JobKind.DRAFT, "")
    room.desk.structures = {}  # as if the structure's file were gone
    found = await room.jobs.open(room.writing.work_for)
    assert [job.id for job in found] == [broken.id, gone.id, empty.id]
    assert {job.state for job in found} == {JobState.INTERRUPTED}
    assert (await room.stored_jobs.job("me", broken.id)).text == "secret one"
    assert not {"secret one", "secret two"} & set(re.findall(r"secret \w+", caplog.text))


async def test_an_exception_in_recovering_one_job_does_not_stop_recovery_of_the_others(
    room: Room, structure: Structure
) -> None:
    essay = await room.essay_with_notes(structure)
    await add_unfinished_job(room, "first", JobKind.DRAFT, "text")
    await add_unfinished_job(room, essay, JobKind.DRAFT, "## What I missed\n\nSome words.")

    async def work_of(job: Job) -> JobWork:
        if job.subject == "first":
            raise KeyError(job.subject)
        return await room.writing.work_for(job)

    found = await room.jobs.open(work_of)
    assert [job.result for job in found] == [None, 1]


async def test_an_interrupted_draft_is_offered_again_by_its_kind(room: Room, structure: Structure) -> None:
    essay = await room.essay_with_notes(structure)
    gate = Gate()
    room.models.script(says("## What I missed\n\nNoise. It was lo", gate))
    job = await room.writing.start_draft("me", essay)
    await gate.reached()
    await room.jobs.close()
    left = await room.stored_jobs.latest_job("me", essay)
    assert left is not None
    assert (left.id, left.kind, left.state, left.result) == (job.id, JobKind.DRAFT, JobState.INTERRUPTED, 1)


async def test_a_damaged_job_does_not_stop_recovery_of_the_others(room: Room, structure: Structure) -> None:
    """Each is ended, so that its essay can be worked on again; of a draft, what came is kept whole."""
    essays = [await room.essay_with_notes(structure) for _ in range(3)]
    post = await room.desk.assemble_post("me", essays[0])
    argument = '{"index": 0, "instruction": "Shorter."}'
    await add_unfinished_job(room, essays[0], JobKind.REVISION, "Half a sec", argument, post.info.number)
    for essay in essays[1:]:
        await add_unfinished_job(
            room, essay, JobKind.DRAFT, "## What I missed\n\nNoise.\n\n## What I gave up\n\nPay.", "2"
        )

    def damage(held: EncryptedDatabase) -> None:
        with held.transaction("me") as db:
            db.execute("UPDATE jobs SET argument = ? WHERE subject IN (?, ?)", [b"x", *essays[:2]])

    await room.store.database.run(damage)
    found = await room.jobs.open(room.writing.work_for)
    assert [job.state for job in found] == [JobState.INTERRUPTED] * 3
    assert await room.desk.current_version("me", essays[0]) == post
    for essay in essays[1:]:
        assert "Noise." in (await room.desk.current_version("me", essay)).text
        assert await room.jobs.latest_job("me", essay) is not None
    assert await room.jobs.latest_job("me", essays[0]) is None
    room.models.script(says("## What I missed\n\nNoise.\n"))
    assert (await room.writing.start_draft("me", essays[0])).subject == essays[0]
