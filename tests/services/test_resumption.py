"""Work that a restart interrupted goes on by itself, as it was begun; what must not go on stays offered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from bot.essay.structure import Structure
from bot.services.jobs.executor import MAX_KILLS
from bot.services.jobs.job import Job, JobKind, JobState, JobWork, PlannedJob
from bot.services.llm_ports import RawCheck
from bot.services.personal_data import WriterMark
from bot.services.request_context import current_request, request_scope
from bot.services.resumption import MAX_AGE, resume_jobs
from bot.services.server_rules import ServerRules
from bot.services.services import Services
from tests.services.conftest import Room, joined
from tests.services.fakes import COST, GONE, MODEL, Gate, StoredJobs, says

pytestmark = pytest.mark.both_databases

PAGE = "Some of the noise, 14 people in one room, and everything that I had learnt there in nine years of it. " * 4
FIRST, SECOND = "## What I missed\n\nNoise.\n\n", "## What I gave up\n\nPay.\n"


async def planned(plan: Awaitable[PlannedJob | None]) -> Job:
    found = await plan
    assert found is not None
    return await found.start()


async def revision(room: Room, essay: str) -> Job:
    return await room.writing.start_revision("me", essay, await room.desk.current_version("me", essay), 0, "Shorter.")


async def fill(room: Room, essay: str) -> Job:
    await room.desk.add_notes("me", essay, "## What I missed\n\nThe smell of glue.\n")
    note = (await room.desk.notes("me", essay))[-1].number
    return await planned(room.writing.plan_fill("me", essay, note, "missed"))


async def critique(room: Room, essay: str) -> Job:
    version = await room.desk.current_version("me", essay)
    return (await room.criticism.start_essay_critique("me", essay, version))[1]


async def placement(room: Room, essay: str) -> Job:
    await room.desk.add_notes("me", essay, "The smell of glue.")
    return await planned(room.services.interview.plan_placement("me", essay))


KINDS: dict[str, Callable[[Room, str], Awaitable[Job]]] = {
    "draft": lambda room, essay: room.writing.start_draft("me", essay),
    "revision": revision,
    "fill": fill,
    "critique": critique,
    "question": lambda room, essay: planned(room.services.interview.plan_question("me", essay, further=True)),
    "placement": placement,
    "titles": lambda room, essay: planned(room.services.interview.plan_titles("me", essay)),
    "check": lambda room, essay: planned(room.services.checking.plan_check("me", essay)),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_work_of_each_kind_that_a_stop_interrupted_asks_a_model_the_same_after_the_next_start(
    room: Room, structure: Structure, kind: str
) -> None:
    before, after = [joined(room.store, structure, room.clock, checker=kind == "check") for _ in range(2)]
    essay = await before.essay_with_notes(structure)
    await before.desk.add_notes("me", essay, f"## What I gave up\n\n{PAGE}\n")
    await before.desk.assemble_post("me", essay)
    gate, again = Gate(), Gate()
    before.models.script(*held(kind, gate))
    after.models.script(*held(kind, again))
    await KINDS[kind](before, essay)
    await gate.reached()
    await before.services.checking.close()
    await before.jobs.close()
    (job,) = await resume_jobs(after.services, lambda _: True)
    await again.reached()
    assert before.models.asked[-1] == after.models.asked[-1]
    assert await after.jobs.running_job("me", essay) is not None
    await after.jobs.close()
    assert (await room.stored_jobs.job("me", job.id)).state is JobState.INTERRUPTED


def held(kind: str, gate: Gate) -> list[object]:
    """The reply of a model that waits at the gate."""

    async def waits() -> object:
        await gate.hold()
        return RawCheck((), (), MODEL, COST, 0) if kind == "check" else None

    return [says("One ", gate) if kind in ("draft", "revision", "fill", "critique") else waits]


@dataclass(frozen=True, slots=True)
class Left:
    """A draft that a killed process left, and its essay."""

    room: Room
    essay: str
    job: Job

    async def resumed(self) -> tuple[Job, ...]:
        await self.room.jobs.open(self.room.services.work_for)
        return await resume_jobs(self.room.services, lambda _: True)


async def left_draft(
    room: Room,
    structure: Structure,
    at: datetime | None = None,
    kills: int = 0,
    text: str = f"{FIRST}## What I gave up\n\nPa",
) -> Left:
    essay = await room.essay_with_notes(structure)
    killed = StoredJobs(room.store, GONE)
    begun, argument = at or room.clock(), "2"
    job = await killed.write(
        "me",
        lambda tx: tx.jobs.add("me", essay, JobKind.DRAFT, None, argument, begun, running=True, kills=kills),
    )
    await killed.append_text({job.id: text})
    return Left(room, essay, job)


async def test_a_killed_draft_goes_on_from_its_finished_sections(room: Room, structure: Structure) -> None:
    left = await left_draft(room, structure)
    room.models.script(says(SECOND))
    (job,) = await left.resumed()
    ended = await room.jobs.wait("me", job.id)
    assert (ended.kind, ended.state, ended.kills) == (JobKind.FINISH, JobState.DONE, 0)
    assert [asked.given["sections"] for asked in room.models.asked] == [("gave-up",)]
    assert (await room.desk.current_version("me", left.essay)).text == FIRST + SECOND
    assert await resume_jobs(room.services, lambda _: True) == ()


async def test_a_draft_counts_kills_anew_with_each_section_that_was_finished(room: Room, structure: Structure) -> None:
    left = await left_draft(room, structure, kills=MAX_KILLS - 2)
    gate = Gate()
    room.models.script(says("## What I gave up\n\nOne ", gate))
    (job,) = await left.resumed()
    await gate.reached()
    assert (await room.stored_jobs.job("me", job.id)).kills == 0
    await room.jobs.close()


async def test_a_draft_that_got_no_further_keeps_its_count_of_kills(room: Room, structure: Structure) -> None:
    left = await left_draft(room, structure, kills=MAX_KILLS - 2, text="## What I missed\n\nNoi")
    gate = Gate()
    room.models.script(says("## What I missed\n\nNoi", gate))
    (job,) = await left.resumed()
    await gate.reached()
    assert (job.kind, job.kills) == (JobKind.FINISH, MAX_KILLS - 1)
    await room.jobs.close()


async def test_a_draft_that_four_processes_died_in_fails_with_its_text_and_is_not_tried_again(
    room: Room, structure: Structure
) -> None:
    left = await left_draft(room, structure, kills=MAX_KILLS - 1)
    assert await left.resumed() == ()
    job = await room.stored_jobs.job("me", left.job.id)
    assert (job.state, job.result) == (JobState.FAILED, 1)
    assert "ended four times in the middle of this" in str(job.error)


async def test_work_that_was_asked_for_longer_ago_stays_interrupted(room: Room, structure: Structure) -> None:
    left = await left_draft(room, structure, room.clock() - MAX_AGE - timedelta(minutes=1))
    assert await left.resumed() == ()
    assert (await room.stored_jobs.job("me", left.job.id)).state is JobState.INTERRUPTED


async def test_a_draft_whose_text_was_changed_since_stays_interrupted(room: Room, structure: Structure) -> None:
    left = await left_draft(room, structure)
    await room.jobs.open(room.services.work_for)
    await room.desk.edit_section("me", left.essay, await room.desk.current_version("me", left.essay), 0, "Glue.")
    assert await resume_jobs(room.services, lambda _: True) == ()
    assert room.models.asked == []


async def test_what_another_process_has_done_meanwhile_is_not_done_again(room: Room, structure: Structure) -> None:
    before, other = [joined(room.store, structure, room.clock) for _ in range(2)]
    essay = await before.essay_with_notes(structure)
    await before.desk.assemble_post("me", essay)
    gate = Gate()
    before.models.script(*held("revision", gate))
    await revision(before, essay)
    await gate.reached()
    await before.jobs.close()

    async def other_is_first(job: Job) -> None:
        other.models.script(says("## What I missed\n\nGlue.\n"))
        (follower,) = await resume_jobs(other.services, lambda _: True)
        await other.jobs.wait(job.writer, follower.id)

    late = _LateServices(room.services, other_is_first)
    assert await resume_jobs(cast(Services, late), lambda _: True) == ()
    assert room.models.asked == []
    await other.jobs.close()


@dataclass(frozen=True, slots=True)
class _LateServices:
    """Services of a process in which something happens before it builds the work of a job that is to go on."""

    services: Services
    before: Callable[[Job], Awaitable[None]]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.services, name)

    async def work_for(self, job: Job) -> JobWork:
        await self.before(job)
        return await self.services.work_for(job)


@pytest.mark.parametrize("mark", WriterMark)
async def test_the_work_of_a_writer_who_is_blocked_or_being_deleted_does_not_go_on(
    room: Room, structure: Structure, mark: WriterMark
) -> None:
    left = await left_draft(room, structure)
    await room.store.write("me", lambda tx: tx.people.mark("me", mark, room.clock()))
    assert await left.resumed() == ()


async def test_what_the_writer_stopped_does_not_go_on(room: Room, structure: Structure) -> None:
    essay, gate = await room.essay_with_notes(structure), Gate()
    room.models.script(says(FIRST, gate))
    job = await room.writing.start_draft("me", essay)
    await gate.reached()
    await room.jobs.stop("me", job.id)
    assert await resume_jobs(room.services, lambda _: True) == ()


async def test_without_a_model_work_stays_interrupted(room: Room, structure: Structure) -> None:
    left = await left_draft(room, structure)
    await room.jobs.open(room.services.work_for)
    assert await resume_jobs(replace(room.services, models=None), lambda _: True) == ()
    assert (await room.stored_jobs.job("me", left.job.id)).state is JobState.INTERRUPTED


@pytest.mark.parametrize("allows_model", [True, False])
async def test_work_goes_on_under_the_rules_that_its_server_has_now(
    room: Room, structure: Structure, *, allows_model: bool
) -> None:
    before, after = [joined(room.store, structure, room.clock) for _ in range(2)]
    essay, gate = await before.essay_with_notes(structure), Gate()
    before.models.script(says(FIRST, gate))
    with request_scope("me", "a server"):
        await before.writing.start_draft("me", essay)
    await gate.reached()
    await before.jobs.close()
    await room.services.servers.change("a server", lambda _: ServerRules(allows_model=allows_model))
    servers = []

    async def asked() -> None:
        servers.append(request.server if (request := current_request()) else None)

    class Heard(Gate):
        async def hold(self) -> None:
            await asked()

    after.models.script(says(Heard(), SECOND))
    for job in (found := await resume_jobs(after.services, lambda _: True)):
        assert (await after.jobs.wait("me", job.id)).state is JobState.DONE
        assert job.server == "a server"
    assert (len(found), servers) == ((1, ["a server"]) if allows_model else (0, []))
    await after.jobs.close()
