"""Questions and placements are jobs that give way: nothing waits for them, and nothing is lost with them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.errors import BudgetSpent, UnknownPrice
from bot.essay.structure import Structure
from bot.services.jobs.job import Job, JobKind, JobState
from tests.services.conftest import Room
from tests.services.fakes import GONE, Gate, StoredJobs, says

pytestmark = pytest.mark.both_databases

DRAFT = "## What I missed\n\nNoise.\n\n## What I gave up\n\nPay.\n"


def held(gate: Gate, answer: Any = "How loud?") -> Callable[[], Coroutine[Any, Any, Any]]:
    async def come() -> Any:
        await gate.hold()
        return answer

    return come


async def answered(room: Room, structure: Structure) -> str:
    """An essay whose first question is answered; its id."""
    essay = (await room.desk.create_essay("me", structure)).id
    question = await room.interview.next_question("me", essay)
    assert question is not None
    await room.interview.add_answer("me", essay, question, "The noise.")
    return essay


async def looking(room: Room, essay: str) -> tuple[Job, Gate]:
    """A question job that waits for the model."""
    gate = Gate()
    room.models.script(held(gate))
    planned = await room.interview.plan_question("me", essay)
    assert planned is not None
    job = await planned.start()
    await gate.reached()
    return job, gate


async def test_a_draft_that_is_started_stops_the_question_job_and_keeps_its_question_out(
    room: Room, structure: Structure
) -> None:
    essay = await answered(room, structure)
    waiting, gate = await looking(room, essay)
    room.models.script(says(DRAFT))
    draft = await room.writing.start_draft("me", essay)
    assert (await room.jobs.wait("me", waiting.id)).state is JobState.INTERRUPTED
    assert (await room.jobs.wait("me", draft.id)).state is JobState.DONE
    gate.release()
    assert len(await room.interview.asked_questions("me", essay)) == 1
    latest = await room.jobs.latest_job("me", essay)
    assert latest is not None
    assert latest.job.kind is JobKind.DRAFT
    assert await room.interview.plan_question("me", essay) is not None  # it may be asked for again


async def test_a_question_that_nobody_waits_for_is_stopped_and_the_structures_put(
    room: Room, structure: Structure
) -> None:
    essay = await answered(room, structure)
    waiting, _ = await looking(room, essay)
    question = await room.interview.next_question("me", essay)
    assert question is not None
    assert question.text == "What did it cost?"
    assert (await room.jobs.wait("me", waiting.id)).state is JobState.STOPPED
    assert await room.interview.plan_question("me", essay) is None


async def test_after_a_kill_during_a_question_job_the_structures_next_question_is_put(
    room: Room, structure: Structure
) -> None:
    essay = await answered(room, structure)
    await StoredJobs(room.store, GONE).add_job("me", essay, JobKind.QUESTION, None, "{}", room.clock())
    (found,) = await room.jobs.open(room.writing.work_for)
    assert (found.kind, found.state) == (JobKind.QUESTION, JobState.INTERRUPTED)
    question = await room.interview.next_question("me", essay)
    assert question is not None
    assert question.text == "What did it cost?"
    assert await room.jobs.latest_job("me", essay) is None


async def test_a_question_job_that_another_process_left_open_holds_up_no_draft(
    room: Room, structure: Structure
) -> None:
    essay = await answered(room, structure)
    await StoredJobs(room.store, GONE).add_job("me", essay, JobKind.QUESTION, None, "{}", room.clock())
    room.models.script(says(DRAFT))
    draft = await room.writing.start_draft("me", essay)
    assert (await room.jobs.wait("me", draft.id)).state is JobState.DONE


@pytest.mark.parametrize(
    "refusal",
    [UnknownPrice("a-model"), BudgetSpent("Your budget for today", datetime(2026, 12, 1, tzinfo=UTC))],
    ids=["no price", "no budget"],
)
async def test_a_question_that_may_not_be_paid_for_is_told_and_the_interview_goes_on(
    room: Room, structure: Structure, refusal: Exception
) -> None:
    essay = await answered(room, structure)
    room.models.script(refusal)
    step = await room.interview.next_step("me", essay)
    assert step.question is not None
    assert step.question.text == "What did it cost?"
    assert step.notice is not None
    assert step.notice.startswith("Your answers are stored; the structure's own question comes next.")


async def test_what_a_question_and_a_placement_may_cost_at_most_is_known_before(
    room: Room, structure: Structure
) -> None:
    essay = await answered(room, structure)
    planned = await room.interview.plan_question("me", essay)
    assert planned is not None
    assert await planned.max_cost() == 2 * room.models.worst  # its first question may have to be refused
    await room.desk.add_notes("me", essay, "Loose words.\n")
    placement = await room.interview.plan_placement("me", essay)
    assert placement is not None
    assert await placement.max_cost() == room.models.worst
    assert room.models.asked == []


async def test_an_interrupted_placement_leaves_the_notes_without_a_section(room: Room, structure: Structure) -> None:
    essay = (await room.desk.create_essay("me", structure)).id
    await room.desk.add_notes("me", essay, "Loose words.\n")
    gate = Gate()
    room.models.script(held(gate, {1: "missed"}))
    planned = await room.interview.plan_placement("me", essay)
    assert planned is not None
    job = await planned.start()
    await gate.reached()
    assert (await room.jobs.stop("me", job.id)).state is JobState.STOPPED
    assert [note.section for note in await room.desk.notes("me", essay)] == [None]
    assert await room.interview.plan_placement("me", essay) is not None
