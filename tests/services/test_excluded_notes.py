"""What a note that is left out says goes to no model, wherever else its words stand and whenever it is left out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bot.errors import PrivateMarkInText, PrivateNoteInText, TextNotUpdated
from bot.essay.essay import Version
from bot.essay.limits import WriterLimits
from bot.essay.structure import Structure
from bot.services.jobs.job import Job, JobState
from tests.services.conftest import Clock, Room, joined
from tests.services.fakes import PATIENCE, Gate, opinion, says

pytestmark = pytest.mark.both_databases

SECRET = "Marcus Feld told me he would sack half of the team before Easter."
NOTES = f"## What I missed\n\n{SECRET}\n\n## What I gave up\n\nIt cost me 4,000 euros a year.\n"
DRAFT = f"## What I missed\n\nIn spring {SECRET[:-1]}, and I wrote it down.\n\n## What I gave up\n\nPay.\n"


async def ended(room: Room, job: Job) -> Job:
    async with asyncio.timeout(PATIENCE):
        return await room.jobs.wait(job.writer, job.id)


@pytest.fixture
async def essay(room: Room, structure: Structure) -> str:
    """An essay whose first note is left out, after a model took its words into a draft that was cut short."""
    made = await room.essay_with_notes(structure, NOTES)
    room.models.script(says(DRAFT, cut=True))
    assert (await ended(room, await room.writing.start_draft("me", made))).state is JobState.DONE
    await room.notes.exclude("me", made, 1)
    room.models.asked.clear()
    return made


async def test_a_note_is_left_out_of_the_text_however_many_versions_there_are(
    room: Room, structure: Structure, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await room.essay_with_notes(structure, NOTES)
    await room.desk.assemble_post("me", made)
    check = WriterLimits.check_increase
    monkeypatch.setattr(
        WriterLimits, "check_increase", lambda self, *what: check(replace(self, essay_versions=1), *what)
    )
    version = await room.notes.exclude("me", made, 1)
    assert version is not None
    assert SECRET not in version.text
    with pytest.raises(TextNotUpdated, match="The note is stored as you have it now, but the text could not follow"):
        await room.notes.include("me", made, 1)
    assert not (await room.desk.note("me", made, 1)).is_excluded
    assert SECRET not in (await room.desk.current_version("me", made)).text


async def test_two_notes_that_are_left_out_at_once_are_both_out_of_the_text(room: Room, structure: Structure) -> None:
    made = await room.essay_with_notes(structure, NOTES)
    await room.desk.assemble_post("me", made)
    await asyncio.gather(room.notes.exclude("me", made, 1), room.notes.exclude("me", made, 2))
    text = (await room.desk.current_version("me", made)).text
    assert SECRET not in text
    assert "4,000 euros" not in text


Asking = Callable[[Room, str, Version], Awaitable[object]]


@pytest.mark.parametrize(
    "asking",
    [
        lambda room, essay, seen: room.writing.start_revision("me", essay, seen, 1, "Make it shorter."),
        lambda room, essay, _: room.writing.start_finish("me", essay),
        lambda room, essay, seen: room.criticism.start_essay_critique("me", essay, seen),
    ],
    ids=["revise", "continue", "critique"],
)
async def test_no_model_is_sent_a_text_that_holds_words_of_an_excluded_note(
    room: Room, essay: str, asking: Asking
) -> None:
    with pytest.raises(PrivateNoteInText) as refused:
        await asking(room, essay, await room.desk.current_version("me", essay))
    assert str(refused.value) == (
        "Note 1 is left out, and these words of it stand in the text: “Marcus Feld told me he would sack half of the "
        "team before Easter”. So no model was sent anything. Edit them out first, or take the note in again. "
        "Nothing was changed."
    )
    assert room.models.asked == []


async def test_no_model_is_sent_a_title_or_instruction_with_words_of_an_excluded_note(room: Room, essay: str) -> None:
    await room.desk.rename_essay("me", essay, "Marcus Feld told me")
    with pytest.raises(
        PrivateNoteInText, match=r"stand in the title: “Marcus Feld told me”\. .* Give the essay another"
    ):
        await room.writing.start_draft("me", essay)
    seen = await room.desk.edit_text(
        "me", essay, await room.desk.current_version("me", essay), "## What I missed\n\nIt was loud.\n"
    )
    with pytest.raises(PrivateNoteInText, match=r"stand in the instruction: .* Say it in other words first"):
        await room.writing.start_revision("me", essay, seen.version, 0, f"Say that {SECRET}")
    assert room.models.asked == []


async def test_no_model_is_sent_a_text_with_a_passage_marked_private(
    room: Room, essay: str, structure: Structure
) -> None:
    marked = "## What I missed\n\nIt was loud.\n\n[leave out] My boss drank at noon, every day of that spring.\n"
    seen = (await room.desk.edit_text("me", essay, await room.desk.current_version("me", essay), marked)).version
    for asking in (
        lambda: room.writing.start_revision("me", essay, seen, 0, "Make it shorter."),
        lambda: room.criticism.start_essay_critique("me", essay, seen),
        lambda: room.criticism.start_text_critique("me", marked, structure, own=True),
    ):
        with pytest.raises(PrivateMarkInText) as refused:
            await asking()
        assert str(refused.value) == (
            "The text holds a passage that is marked to be left out: “[leave out] My boss drank at noon, every day of "
            "that spring.”, so no model was sent anything. Take the passage out, or its mark alone if a model may read "
            "it. Nothing was changed."
        )
    assert room.models.asked == []


async def test_a_default_title_is_not_checked_against_excluded_notes(room: Room, structure: Structure) -> None:
    essay = await room.essay_with_notes(structure, f"[private] A {structure.name.lower()} to tell.\n\nThe noise.\n")
    room.models.script(says(DRAFT))
    assert (await ended(room, await room.writing.start_draft("me", essay))).state is JobState.DONE


async def test_excluding_a_note_tells_the_writer_where_its_words_are_still_in_the_text(room: Room, essay: str) -> None:
    standing = await room.notes.find_leak("me", essay, 1)
    assert standing is not None
    assert standing.message == (
        "Words of it still stand in the text: “Marcus Feld told me he would sack half of the team before Easter”. Edit "
        "them out; until then no model is given the text."
    )
    await room.desk.edit_text(
        "me", essay, await room.desk.current_version("me", essay), "## What I missed\n\nIt was loud.\n"
    )
    assert await room.notes.find_leak("me", essay, 1) is None


async def test_a_queued_job_sends_no_note_that_was_excluded_while_it_waited(
    room: Room, structure: Structure, clock: Clock
) -> None:
    busy = joined(room.store, structure, clock, at_once=1)
    first, second = [await busy.essay_with_notes(structure, NOTES) for _ in range(2)]
    gate = Gate()
    busy.models.script(says(gate, DRAFT), says(DRAFT), opinion())
    jobs = [await busy.writing.start_draft("me", first)]
    await gate.reached()
    jobs.append(await busy.writing.start_draft("me", second))
    edited = await busy.desk.assemble_post("another", await busy.essay_with_notes(structure, NOTES, "another"))
    fourth = (await busy.desk.list_essays("another"))[0].id
    _, critique = await busy.criticism.start_essay_critique("another", fourth, edited)
    await busy.notes.exclude("me", second, 1)
    await busy.notes.exclude("another", fourth, 1)
    gate.release()
    assert [(await ended(busy, job)).state for job in jobs] == [JobState.DONE, JobState.DONE]
    assert (await ended(busy, critique)).state is JobState.FAILED
    assert [asked.what for asked in busy.models.asked] == ["draft", "draft"]
    assert SECRET not in busy.models.asked[1]
    await busy.jobs.close()


async def test_a_claim_that_only_an_excluded_note_holds_is_listed(room: Room, structure: Structure) -> None:
    essay = await room.essay_with_notes(structure)
    await room.notes.exclude("me", essay, 1)
    post = await room.desk.assemble_post("me", essay)
    edited = (await room.desk.edit_text("me", essay, post, "In May 2019 14 of us left, and then 7.")).version
    found = await room.writing.unsupported_claims("me", essay, edited)
    assert [(claim.raw, claim.only_in_excluded_notes) for claim in found] == [
        ("May 2019", True),
        ("14", True),
        ("7", False),
    ]


async def test_an_answer_marked_private_is_excluded(room: Room, structure: Structure) -> None:
    essay = await room.desk.create_essay("me", structure)
    step = await room.interview.next_step("me", essay.id)
    assert step.question is not None
    note = await room.interview.add_answer("me", essay.id, step.question, "/Private My boss drank.\n")
    assert (note.text, note.is_private) == ("/Private My boss drank.", True)
