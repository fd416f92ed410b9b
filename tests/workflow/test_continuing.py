"""A continuation that holds less than it was asked for leaves the draft to be continued; a refusal changes nothing."""

from __future__ import annotations

import pytest

from bot.errors import BadReply
from bot.essay.structure import Structure
from bot.workflow.jobs import JobState
from tests.workflow.conftest import Room
from tests.workflow.fakes import says
from tests.workflow.test_writing import CUT, drafted, ended


@pytest.fixture
async def essay(room: Room, structure: Structure) -> str:
    return await room.essay_with_notes(structure)


async def test_a_continuation_that_leaves_out_a_section_with_notes_is_incomplete(room: Room, essay: str) -> None:
    await drafted(room, essay, "## What I missed\n\nThe noi", cut=True)
    room.models.script(says("## What I missed\n\nThe noise.\n"), says("## What I gave up\n\nAnna said so.\n"))
    await ended(room, await room.writing.finish("me", essay))
    version = await room.desk.current("me", essay)
    assert (version.info.complete, version.text) == (False, "## What I missed\n\nThe noise.\n\n## What I gave up\n")
    await ended(room, await room.writing.finish("me", essay))
    assert room.models.asked[-1].given["sections"] == ("gave-up",)
    whole = await room.desk.current("me", essay)
    assert (whole.info.complete, whole.text) == (True, version.text + "\nAnna said so.\n")


async def test_a_section_that_no_note_tells_of_may_stay_a_gap(room: Room, structure: Structure) -> None:
    essay = await room.essay_with_notes(structure, "## What I missed\n\nThe noise.\n")
    await drafted(room, essay, "## What I missed\n\nThe noi", cut=True)
    room.models.script(says("## What I missed\n\nThe noise.\n"))
    await ended(room, await room.writing.finish("me", essay))
    version = await room.desk.current("me", essay)
    assert version.info.complete
    assert version.text.endswith("## What I gave up\n\n[NEED: What did it cost?]\n")


async def test_a_refusal_in_prose_makes_no_version(room: Room, essay: str) -> None:
    room.models.script(says("I cannot.", error=BadReply.misshapen()))
    job = await ended(room, await room.writing.draft("me", essay))
    assert (job.state, job.result, job.error) == (JobState.FAILED, None, str(BadReply.misshapen()))
    assert await room.desk.history("me", essay) == ()
    assert await room.desk.notes("me", essay)
    version = await drafted(room, essay, CUT, cut=True)
    room.models.script(says("No.", error=BadReply.misshapen()))
    await ended(room, await room.writing.finish("me", essay))
    assert await room.desk.current("me", essay) == version
