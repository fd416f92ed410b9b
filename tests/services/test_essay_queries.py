"""What a panel asks of the workflow: another structure for an empty essay, a version by number, the last job."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.errors import NothingToDo, UnknownEssay, UnknownVersion
from bot.essay.critique import Category, Severity
from bot.essay.structure import Structure
from bot.services.essays import EssayService
from bot.services.interview import InterviewService
from bot.services.jobs.job import JobState
from bot.services.llm_ports import RawFinding
from tests.services.conftest import Room
from tests.services.fakes import Gate, opinion, says

pytestmark = pytest.mark.both_databases


async def test_an_empty_essay_takes_another_structure_and_its_name(desk: EssayService, structure: Structure) -> None:
    other = replace(structure, key="other", name="Another one")
    essay = await desk.create_essay("me", structure)
    await desk.change_structure("me", essay.id, other)
    opened = await desk.get_essay("me", essay.id)
    assert (opened.structure, opened.title) == ("other", "Another one")


async def test_a_title_given_by_the_writer_is_kept_when_the_structure_changes(
    desk: EssayService, structure: Structure
) -> None:
    essay = await desk.create_essay("me", structure, "The rain")
    await desk.change_structure("me", essay.id, replace(structure, key="other", name="Another one"))
    assert (await desk.get_essay("me", essay.id)).title == "The rain"


async def test_the_structure_of_an_essay_with_content_cannot_be_changed(
    desk: EssayService, interview: InterviewService, structure: Structure
) -> None:
    """A note, a question or a text belongs to the structure it was made in; another's essay is none of one's own."""
    other = replace(structure, key="other")
    noted, asked = await desk.create_essay("me", structure), await desk.create_essay("me", structure)
    await desk.add_notes("me", noted.id, "A note.")
    await interview.next_question("me", asked.id)
    for essay in (noted, asked):
        with pytest.raises(NothingToDo, match="begun in its structure"):
            await desk.change_structure("me", essay.id, other)
    with pytest.raises(UnknownEssay):
        await desk.change_structure("somebody", noted.id, other)


async def test_any_version_can_be_read_by_its_number(desk: EssayService, structure: Structure) -> None:
    essay = await desk.create_essay("me", structure)
    first = await desk.assemble_post("me", essay.id)
    await desk.edit_text("me", essay.id, first, "Another text.")
    assert await desk.version("me", essay.id, 1) == first
    with pytest.raises(UnknownVersion):
        await desk.version("me", essay.id, 3)


async def test_the_last_job_can_be_queried_while_it_runs_and_after_it_ended(room: Room, structure: Structure) -> None:
    essay = await room.essay_with_notes(structure)
    assert await room.jobs.latest_job("me", essay) is None
    gate = Gate()
    room.models.script(says("## What I missed\n\nThe noise.\n", gate))
    job = await room.writing.start_draft("me", essay)
    await gate.reached()
    running = await room.jobs.latest_job("me", essay)
    assert running is not None
    assert running.job.id == job.id
    assert not running.job.state.is_ended
    assert await room.jobs.latest_job("somebody", essay) is None
    gate.release()
    await room.jobs.wait("me", job.id)
    ended = await room.jobs.latest_job("me", essay)
    assert ended is not None
    assert (ended.job.id, ended.job.state) == (job.id, JobState.DONE)


async def test_a_pasted_text_that_became_a_draft_takes_its_critique_along(room: Room, structure: Structure) -> None:
    """Its replacements can be applied, and it is the essay's last critique."""
    text = "The noise of the shop was loud. I left in May, and nobody asked me why I did."
    remark = RawFinding("was loud", Category.VAGUE, Severity.MINOR, "How loud?", "hurt", None)
    room.models.script(opinion(remark))
    critiqued, job = await room.criticism.start_text_critique("me", text, structure, own=True)
    await room.jobs.wait("me", job.id)
    essay = await room.criticism.create_essay("me", critiqued.id, structure)
    last = await room.criticism.latest("me", essay)
    assert last is not None
    assert (last.id, last.version) == (critiqued.id, 1)
    made = await room.criticism.apply_finding("me", critiqued.id, 0, await room.desk.current_version("me", essay))
    assert made.text == text.replace("was loud", "hurt")
    with pytest.raises(NothingToDo):
        await room.criticism.create_essay("me", critiqued.id, structure)
