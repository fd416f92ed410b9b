"""A continuation that holds less than it was asked for leaves the draft to be continued; a refusal changes nothing."""

from __future__ import annotations

import pytest

from bot.errors import BadReply, NothingToDo
from bot.essay.essay import Version
from bot.essay.structure import Structure
from bot.services.jobs.job import JobState
from tests.services.conftest import Room
from tests.services.fakes import Gate, rewrites, says
from tests.services.test_drafting import CUT, drafted, ended

pytestmark = pytest.mark.both_databases


@pytest.fixture
async def essay(room: Room, structure: Structure) -> str:
    return await room.essay_with_notes(structure)


async def test_a_continuation_that_leaves_out_a_section_with_notes_is_incomplete(room: Room, essay: str) -> None:
    await drafted(room, essay, "## What I missed\n\nThe noi", cut=True)
    room.models.script(says("## What I missed\n\nThe noise.\n"), says("## What I gave up\n\nAnna said so.\n"))
    await ended(room, await room.writing.start_finish("me", essay))
    version = await room.desk.current_version("me", essay)
    assert (version.info.is_complete, version.text) == (False, "## What I missed\n\nThe noise.\n")
    await ended(room, await room.writing.start_finish("me", essay))
    assert room.models.asked[-1].given["sections"] == ("gave-up",)
    whole = await room.desk.current_version("me", essay)
    assert (whole.info.is_complete, whole.text) == (True, version.text + "\n## What I gave up\n\nAnna said so.\n")


async def test_a_section_without_notes_may_stay_a_gap(room: Room, structure: Structure) -> None:
    essay = await room.essay_with_notes(structure, "## What I missed\n\nThe noise.\n")
    await drafted(room, essay, "## What I missed\n\nThe noi", cut=True)
    room.models.script(says("## What I missed\n\nThe noise.\n"))
    await ended(room, await room.writing.start_finish("me", essay))
    version = await room.desk.current_version("me", essay)
    assert version.info.is_complete
    assert version.text.endswith("## What I gave up\n\n[NEED: What did it cost?]\n")


async def test_a_refusal_in_prose_makes_no_version(room: Room, essay: str) -> None:
    room.models.script(says("I cannot.", error=BadReply.invalid_format()))
    job = await ended(room, await room.writing.start_draft("me", essay))
    assert (job.state, job.result, job.error) == (JobState.FAILED, None, str(BadReply.invalid_format()))
    assert await room.desk.versions("me", essay) == ()
    assert await room.desk.notes("me", essay)
    version = await drafted(room, essay, CUT, cut=True)
    room.models.script(says("No.", error=BadReply.invalid_format()))
    await ended(room, await room.writing.start_finish("me", essay))
    assert await room.desk.current_version("me", essay) == version


MINE = "## What I missed\n\nThe noise.\n\n## What I gave up\n\nAnna said so, and Ruth signed it herself.\n"


async def by_hand(room: Room, essay: str, text: str) -> Version:
    return (await room.desk.edit_text("me", essay, await room.desk.current_version("me", essay), text)).version


async def test_a_draft_whose_sections_the_writer_completed_cannot_be_continued(room: Room, essay: str) -> None:
    await drafted(room, essay, CUT, cut=True)
    mine = await by_hand(room, essay, MINE)
    assert mine.info.is_complete
    with pytest.raises(NothingToDo, match="complete"):
        await room.writing.start_finish("me", essay)
    version = await room.desk.current_version("me", essay)
    assert (version.info.number, version.text, version.info.is_complete) == (mine.info.number, MINE, True)
    assert [asked.what for asked in room.models.asked] == ["draft"]


async def test_text_the_writer_typed_is_shown_to_the_model_and_kept(room: Room, essay: str) -> None:
    await drafted(room, essay, "## What I missed\n\nThe noi", cut=True)
    mine = (await by_hand(room, essay, "## What I missed\n\nThe noise,  and the  glue.\n")).text
    room.models.script(says("## What I missed\n\nQuiet.\n\n## What I gave up\n\nAnna sa", cut=True), says(MINE))
    await ended(room, await room.writing.start_finish("me", essay))
    assert room.models.asked[-1].given["sections"] == ("gave-up",)
    assert room.models.asked[-1].given["text"] == mine
    assert (await room.desk.current_version("me", essay)).text == f"{mine}\n## What I gave up\n\nAnna sa\n"
    await ended(room, await room.writing.start_finish("me", essay))
    assert room.models.asked[-1].given["sections"] == ("gave-up",)
    version = await room.desk.current_version("me", essay)
    assert (version.text, version.info.is_complete) == (mine + MINE[MINE.index("\n## What I gave") :], True)


async def test_an_undone_edit_is_ignored_in_a_continuation(room: Room, essay: str) -> None:
    await drafted(room, essay, CUT, cut=True)
    await by_hand(room, essay, MINE)
    await room.desk.undo("me", essay)
    room.models.script(says("## What I gave up\n\nPay.\n"))
    await ended(room, await room.writing.start_finish("me", essay))
    assert room.models.asked[-1].given["sections"] == ("gave-up",)


@pytest.mark.parametrize("stopped", [True, False])
async def test_a_continuation_that_starts_over_from_the_top_duplicates_no_section(
    room: Room, essay: str, stopped: bool
) -> None:  # fmt: skip
    await drafted(room, essay, CUT, cut=True)
    gate, again = Gate(), "## What I missed\n\nAnother noise.\n\n## What I gave up\n\nPay, and"
    room.models.script(says(again, gate) if stopped else says(again, cut=True))
    job = await room.writing.start_finish("me", essay)
    if stopped:
        await gate.reached()
        await room.jobs.stop("me", job.id)
    await ended(room, job)
    version = await room.desk.current_version("me", essay)
    assert version.text == "## What I missed\n\nThe noise.\n\n## What I gave up\n\nPay, and\n"
    assert not version.info.is_complete


async def test_a_continuation_that_only_repeats_existing_text_leaves_the_draft_unchanged(
    room: Room, essay: str
) -> None:
    version = await drafted(room, essay, CUT, cut=True)
    room.models.script(says("## What I missed\n\nAnother noise.\n"))
    job = await ended(room, await room.writing.start_finish("me", essay))
    assert (job.state, job.error, job.result) == (JobState.FAILED, str(BadReply.not_the_requested_text()), None)
    assert "Another noise." in job.text
    assert await room.desk.current_version("me", essay) == version


async def test_a_revision_of_a_section_leaves_its_subsection_where_it_is(room: Room, essay: str) -> None:
    text = "## What I missed\n\nThe noise.\n\n### The night\n\nRuth spoke.\n\n## What I gave up\n\nPay.\n"
    await drafted(room, essay)
    seen = await by_hand(room, essay, text)
    room.models.script(rewrites("Noise."))
    await ended(room, await room.writing.start_revision("me", essay, seen, 0, "Shorter."))
    assert (await room.desk.current_version("me", essay)).text == text.replace("The noise.", "Noise.")


async def leave_all_out(room: Room, essay: str) -> None:
    for note in await room.desk.notes("me", essay):
        await room.notes.exclude("me", essay, note.number)


async def test_with_every_note_excluded_nothing_is_continued_and_no_model_is_called(room: Room, essay: str) -> None:
    version = await drafted(room, essay, "## What I missed\n\nA hum.\n\n## What I gave up\n\nPa", cut=True)
    await leave_all_out(room, essay)
    with pytest.raises(NothingToDo, match="There are no notes to write from"):
        await room.writing.start_finish("me", essay)
    assert [asked.what for asked in room.models.asked] == ["draft"]
    assert (await room.desk.current_version("me", essay)).text == version.text


@pytest.mark.parametrize("planned_before", [False, True])
async def test_a_section_is_revised_without_notes_too(room: Room, essay: str, planned_before: bool) -> None:
    seen = await drafted(room, essay, "## What I missed\n\nA hum.\n\n## What I gave up\n\nPart of it.\n")
    room.models.script(rewrites("Hum."))
    if planned_before:
        planned = await room.writing.plan_revision("me", essay, seen, 0, "Shorter.")
    await leave_all_out(room, essay)
    if not planned_before:
        planned = await room.writing.plan_revision("me", essay, seen, 0, "Shorter.")
    await ended(room, await planned.start())
    assert room.models.asked[-1].given["notes"] == ()
    assert (await room.desk.current_version("me", essay)).text == seen.text.replace("A hum.", "Hum.")
