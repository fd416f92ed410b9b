"""What a writer asked for is looked at once more just before it begins: what was done meanwhile is not done again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.errors import NothingToDo, StaleRequest, StreamBroken
from bot.essay.structure import Structure
from bot.services.jobs.job import Job
from tests.services.conftest import Room
from tests.services.fakes import PATIENCE, Gate, opinion, rewrites, says
from tests.services.test_critiques import TEXT

pytestmark = pytest.mark.both_databases

DRAFT = "## What I missed\n\nThe noise of May 2019.\n\n## What I gave up\n\nAnna said so.\n"


async def ended(room: Room, job: Job) -> Job:
    async with asyncio.timeout(PATIENCE):
        return await room.jobs.wait(job.writer, job.id)


async def test_planned_work_does_not_begin_once_another_version_is_current(room: Room, structure: Structure) -> None:
    essay = await room.essay_with_notes(structure)
    room.models.script(says(DRAFT, cut=True))
    await ended(room, await room.writing.start_draft("me", essay, seen=0))
    for planned in (await room.writing.plan_draft("me", essay), await room.writing.plan_finish("me", essay, seen=1)):
        await room.desk.edit_text("me", essay, await room.desk.current_version("me", essay), f"{DRAFT}\n{id(planned)}")
        with pytest.raises(StaleRequest, match="nothing was begun, and nothing was spent"):
            await planned.start()
        await room.desk.go_to_version("me", essay, 1)
    with pytest.raises(StaleRequest):
        await room.writing.start_draft("me", essay, seen=0)
    room.models.script(says(DRAFT))
    assert (await ended(room, await room.writing.start_draft("me", essay, seen=1))).result == 4


async def test_a_revision_form_submitted_twice_starts_one_revision(room: Room, structure: Structure) -> None:
    """Another instruction is another revision; and once it is undone, the same one may be wanted anew."""
    essay = await room.essay_with_notes(structure)
    room.models.script(says(DRAFT))
    await ended(room, await room.writing.start_draft("me", essay))
    seen = await room.desk.current_version("me", essay)
    results: list[int | None] = []
    for instruction in ("Shorter.", "Shorter.", "Longer.", "Shorter."):
        room.models.script(rewrites(f"Revision {len(results)}."))
        try:
            job = await room.writing.start_revision("me", essay, seen, 0, instruction)
        except StaleRequest:
            room.models.answers.clear()
            results.append(None)
        else:
            results.append((await ended(room, job)).result)
    assert results == [2, None, 3, 4]
    await room.desk.go_to_version("me", essay, 1)
    room.models.script(rewrites("Once more."))
    assert (await ended(room, await room.writing.start_revision("me", essay, seen, 0, "Shorter."))).result == 5


async def test_a_critique_that_ends_while_it_is_requested_again_is_not_repeated(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.models.script(StreamBroken())
    begun, job = await room.criticism.start_text_critique("me", TEXT, None, own=True)
    await ended(room, job)
    gate, critic, release = Gate(), room.models.critique, room.jobs.release_abandoned

    async def slowly(*given: Any, **more: Any) -> Any:
        await gate.hold()
        return await critic(*given, **more)

    monkeypatch.setattr(room.models, "critique", slowly)
    room.models.script(opinion())
    again = await room.criticism.retry("me", begun.id)
    await gate.reached()

    async def as_it_ends(*given: Any) -> Any:
        gate.release()
        await ended(room, again)
        return await release(*given)

    monkeypatch.setattr(room.jobs, "release_abandoned", as_it_ends)
    with pytest.raises(NothingToDo, match="This critique is finished"):
        await room.criticism.retry("me", begun.id)
    assert [asked.what for asked in room.models.asked] == ["critique", "critique"]


async def test_an_existing_critique_is_not_repeated_and_the_refusal_claims_no_changed_text(
    room: Room, structure: Structure
) -> None:
    essay = await room.essay_with_notes(structure)
    room.models.script(says(TEXT))
    await ended(room, await room.writing.start_draft("me", essay))
    version = await room.desk.current_version("me", essay)
    room.models.script(opinion())
    _, job = await room.criticism.start_essay_critique("me", essay, version, anew=False)
    await ended(room, job)
    with pytest.raises(StaleRequest, match="or this has been done already, so nothing was begun"):
        await room.criticism.start_essay_critique("me", essay, version, anew=False)
    assert [asked.what for asked in room.models.asked] == ["draft", "critique"]
