"""A model drafts, continues and revises: from the notes that are not left out, and every version is kept."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.errors import BadReply, InvalidInput, JobRunning, NoModel, NothingToDo, NothingWritten, UnknownSection
from bot.essay.essay import Origin, Version
from bot.essay.structure import Structure
from bot.services.drafting import MAX_INSTRUCTION_CHARACTERS
from bot.services.jobs.job import Job, JobKind, JobState
from bot.services.llm_ports import ThinkingChunk
from tests.joined_services import join_services
from tests.services.conftest import Room
from tests.services.fakes import PATIENCE, Gate, rewrites, says, seen_until

pytestmark = pytest.mark.both_databases

DRAFT = "## What I missed\n\nThe noise of May 2019.\n\n## What I gave up\n\nAnna said so.\n"
CUT = "## What I missed\n\nThe noise.\n\n## What I gave up\n\nAnna sa"


async def ended(room: Room, job: Job) -> Job:
    async with asyncio.timeout(PATIENCE):
        return await room.jobs.wait(job.writer, job.id)


async def drafted(room: Room, essay: str, text: str = DRAFT, *, cut: bool = False) -> Version:
    room.models.script(says(text, cut=cut))
    assert (await ended(room, await room.writing.start_draft("me", essay))).state is JobState.DONE
    return await room.desk.current_version("me", essay)


@pytest.fixture
async def essay(room: Room, structure: Structure) -> str:
    return await room.essay_with_notes(structure)


async def test_a_draft_normalised_to_its_structure_becomes_version_1(room: Room, essay: str) -> None:
    room.models.script(
        says(ThinkingChunk(), "Here is the draft:\n\n# My year\n\n## WHAT I GAVE UP\n\nAnna said so.  \n\n\n", "\n")
    )
    job = await ended(room, await room.writing.start_draft("me", essay))
    assert (job.state, job.result, job.kind) == (JobState.DONE, 1, JobKind.DRAFT)
    version = await room.desk.current_version("me", essay)
    assert version.text == ("## What I missed\n\n[NEED: What was missing?]\n\n## What I gave up\n\nAnna said so.\n")
    info = version.info
    assert (info.number, info.origin, info.is_complete, info.model, info.last_note_number) == (
        1,
        Origin.DRAFTED,
        True,
        "a-model",
        2,
    )


async def test_an_excluded_note_is_passed_to_no_model(room: Room, essay: str, structure: Structure) -> None:
    await room.desk.add_notes("me", essay, "## What I missed\n\n[private] My manager's illness.\n")
    await room.notes.exclude("me", essay, 2)
    await drafted(room, essay, CUT, cut=True)
    room.models.script(says("## What I gave up\n\nPay.\n"))
    await ended(room, await room.writing.start_finish("me", essay))
    room.models.script(rewrites("Less noise."))
    await ended(
        room,
        await room.writing.start_revision("me", essay, await room.desk.current_version("me", essay), 0, "Shorter."),
    )
    assert [asked.what for asked in room.models.asked] == ["draft", "finish", "revise"]
    for asked in room.models.asked:
        assert [note.number for note in asked.given["notes"]] == [1]
        assert "illness" not in asked
        assert "4,000" not in asked


async def test_without_notes_or_with_all_left_out_there_is_nothing_to_draft(room: Room, structure: Structure) -> None:
    essay = await room.desk.create_essay("me", structure)
    with pytest.raises(NothingToDo, match="no notes to write from"):
        await room.writing.start_draft("me", essay.id)
    await room.desk.add_notes("me", essay.id, "[private] All of it.\n")
    with pytest.raises(NothingToDo, match="no notes to write from"):
        await room.writing.start_draft("me", essay.id)


async def test_without_a_model_the_writer_is_told_and_claims_are_still_checked(
    room: Room, essay: str, structure: Structure
) -> None:
    post = await room.desk.assemble_post("me", essay)
    writing = join_services(room.store, structure, room.clock).drafting
    for asking in (
        writing.start_draft("me", essay),
        writing.start_finish("me", essay),
        writing.start_revision("me", essay, post, 0, "Shorter."),
    ):
        with pytest.raises(NoModel):
            await asking
    assert await writing.unsupported_claims("me", essay, post) == ()


async def test_a_draft_cut_short_is_an_incomplete_version_that_can_be_continued(room: Room, essay: str) -> None:
    version = await drafted(room, essay, CUT, cut=True)
    assert (version.text, version.info.is_complete) == (CUT + "\n", False)
    room.models.script(says("## What I gave up\n\nAnna said so, and was right.\n"))
    job = await ended(room, await room.writing.start_finish("me", essay))
    assert (job.kind, job.result) == (JobKind.FINISH, 2)
    (_, asked) = room.models.asked
    assert (asked.given["sections"], asked.given["text"]) == (("gave-up",), "## What I missed\n\nThe noise.\n")
    whole = await room.desk.current_version("me", essay)
    assert whole.text == "## What I missed\n\nThe noise.\n\n## What I gave up\n\nAnna said so, and was right.\n"
    assert whole.info.is_complete
    with pytest.raises(NothingToDo, match="complete"):
        await room.writing.start_finish("me", essay)


async def test_a_continuation_that_is_cut_or_stopped_is_incomplete_too(room: Room, essay: str) -> None:
    await drafted(room, essay, "## What I missed\n\nThe noi", cut=True)
    room.models.script(says(CUT, cut=True))
    await ended(room, await room.writing.start_finish("me", essay))
    assert room.models.asked[-1].given["sections"] == ("missed", "gave-up")
    version = await room.desk.current_version("me", essay)
    assert (version.info.is_complete, version.text) == (False, CUT + "\n")
    gate = Gate()
    room.models.script(says("## What I gave up\n\nAnna, and", gate))
    job = await room.writing.start_finish("me", essay)
    await gate.reached()
    stopped = await room.jobs.stop("me", job.id)
    assert (stopped.state, stopped.result) == (JobState.STOPPED, 3)
    assert (
        await room.desk.current_version("me", essay)
    ).text == "## What I missed\n\nThe noise.\n\n## What I gave up\n\nAnna, and\n"


async def test_a_continuation_without_a_word_leaves_the_draft_as_it_was(room: Room, essay: str) -> None:
    version = await drafted(room, essay, CUT, cut=True)
    room.models.script(says("## ", error=NothingWritten()))
    job = await ended(room, await room.writing.start_finish("me", essay))
    assert (job.state, job.result, job.text) == (JobState.FAILED, None, "## ")
    assert await room.desk.current_version("me", essay) == version


async def test_a_draft_cut_while_repeating_a_section_is_complete(room: Room, essay: str) -> None:
    version = await drafted(room, essay, f"{DRAFT}\n## What I missed\n\nThe noise ag", cut=True)
    assert (version.text, version.info.is_complete) == (DRAFT, True)


async def test_a_draft_cut_short_can_be_kept_as_it_is(room: Room, essay: str) -> None:
    await drafted(room, essay, CUT, cut=True)
    await room.writing.mark_complete("me", essay)
    version = await room.desk.current_version("me", essay)
    assert (version.text, version.info.is_complete, version.info.number) == (CUT + "\n", True, 1)


async def test_a_stopped_draft_keeps_its_text_and_one_without_a_word_makes_no_version(room: Room, essay: str) -> None:
    gate = Gate()
    room.models.script(says(ThinkingChunk(), gate, "never"))
    job = await room.writing.start_draft("me", essay)
    await gate.reached()
    assert (await room.jobs.stop("me", job.id)).result is None
    wordless = Gate()
    room.models.script(says("## ", wordless))
    job = await room.writing.start_draft("me", essay)
    await wordless.reached()
    assert (await room.jobs.stop("me", job.id)).result is None
    assert await room.desk.versions("me", essay) == ()
    gate = Gate()
    room.models.script(says("## What I missed\n\nThe noise, ", gate, "never"))
    job = await room.writing.start_draft("me", essay)
    await seen_until(room.jobs, "me", job.id, "noise, ")
    stopped = await room.jobs.stop("me", job.id)
    version = await room.desk.current_version("me", essay)
    assert (stopped.result, version.text, version.info.is_complete) == (
        1,
        "## What I missed\n\nThe noise,\n",
        False,
    )


async def test_an_essay_has_at_most_one_job_at_a_time(room: Room, essay: str, structure: Structure) -> None:
    gate = Gate()
    room.models.script(says(gate, DRAFT), says(DRAFT))
    job = await room.writing.start_draft("me", essay)
    with pytest.raises(JobRunning):
        await room.writing.start_draft("me", essay)
    other = await room.essay_with_notes(structure)
    await gate.reached()
    assert (await ended(room, await room.writing.start_draft("me", other))).state is JobState.DONE
    gate.release()
    assert (await ended(room, job)).state is JobState.DONE


async def test_an_edit_during_a_draft_keeps_both(room: Room, essay: str) -> None:
    post = await room.desk.assemble_post("me", essay)
    gate = Gate()
    room.models.script(says("## What I missed\n\n", gate, "The model's words.\n"))
    job = await room.writing.start_draft("me", essay)
    await gate.reached()
    edited = (await room.desk.edit_text("me", essay, post, "## What I missed\n\nMy own words.\n")).version
    gate.release()
    done = await ended(room, job)
    assert await room.desk.current_version("me", essay) == edited
    beside = await room.desk.version("me", essay, done.result or 0)
    assert "The model's words." in beside.text
    assert beside.info.parent == post.info.number


async def test_an_essay_deleted_during_its_draft_stays_deleted_and_nothing_of_the_draft_is_stored(
    room: Room, essay: str, structure: Structure
) -> None:
    first, never = Gate(), Gate()
    room.models.script(says("## What I missed\n\nBefore. ", first, "After. ", never))
    job = await room.writing.start_draft("me", essay)
    await seen_until(room.jobs, "me", job.id, "Before.")
    await room.desk.delete_essay("me", essay)
    other = await room.essay_with_notes(structure)
    room.models.script(says(gate := Gate(), DRAFT))
    next_job = await room.writing.start_draft("me", other)
    assert next_job.id != job.id  # else the deleted essay's text would run into this one
    first.release()
    assert (await ended(room, job)).state is JobState.STOPPED  # at its next words, rather than at its end
    gate.release()
    await ended(room, next_job)
    rows = await room.store.database.run(lambda opened: opened.db.execute("SELECT count(*) FROM job_texts").fetchone())
    assert rows[0] == 0
    assert "Before" not in (await room.desk.current_version("me", other)).text


async def test_a_revision_changes_one_section_and_no_other_byte(room: Room, essay: str) -> None:
    text = "Opening line.  \n\n## One\n\nFirst.\n\n\n## Two ##\n\nSecond,\twith a tab. \n\n## Three\nThird.\n\n"
    post = await room.desk.assemble_post("me", essay)
    seen = (await room.desk.edit_text("me", essay, post, text)).version
    room.models.script(says("<rewr", "ite>Second, ", "at last.\n\nIn two paragraphs.\n</rewrite>"))
    job = await ended(room, await room.writing.start_revision("me", essay, seen, 2, "  Two paragraphs.\n"))
    version = await room.desk.version("me", essay, job.result or 0)
    assert version.text == text.replace("Second,\twith a tab.", "Second, at last.\n\nIn two paragraphs.")
    assert (version.info.origin, version.info.parent) == (Origin.REVISED, seen.info.number)
    asked = room.models.asked[0].given
    assert (asked["text"], asked["index"], asked["instruction"]) == (text, 2, "Two paragraphs.")


async def test_notes_added_since_the_draft_still_count_as_new_after_a_revision(room: Room, essay: str) -> None:
    seen = await drafted(room, essay)
    await room.desk.add_notes("me", essay, "## What I missed\n\nThe smell of glue.\n")
    room.models.script(rewrites("Anna said so again."))
    await ended(room, await room.writing.start_revision("me", essay, seen, 1, "Again."))
    assert "The smell of glue." in (await room.desk.assemble_post("me", essay)).text


async def test_a_revision_of_a_draft_cut_short_leaves_it_to_be_continued(room: Room, essay: str) -> None:
    seen = await drafted(room, essay, CUT, cut=True)
    room.models.script(rewrites("The loud noise."))
    await ended(room, await room.writing.start_revision("me", essay, seen, 0, "Louder."))
    assert not (await room.desk.current_version("me", essay)).info.is_complete


@pytest.mark.parametrize("instruction", ["", "  \n", "— … !", "x " * MAX_INSTRUCTION_CHARACTERS, "half \ud83d"])
async def test_an_instruction_without_words_or_too_long_is_refused(room: Room, essay: str, instruction: str) -> None:
    seen = await drafted(room, essay)
    with pytest.raises(InvalidInput, match=r"The section is as it was|Nothing was changed"):
        await room.writing.start_revision("me", essay, seen, 0, instruction)
    assert len(room.models.asked) == 1


async def test_an_instruction_of_maximum_length_is_accepted_and_a_missing_section_is_refused(
    room: Room, essay: str
) -> None:
    seen = await drafted(room, essay)
    for index in (-1, 2):
        with pytest.raises(UnknownSection, match=f"no section {index + 1}"):
            await room.writing.start_revision("me", essay, seen, index, "Shorter.")
    room.models.script(rewrites("Short."))
    job = await room.writing.start_revision("me", essay, seen, 0, "x" * MAX_INSTRUCTION_CHARACTERS)
    assert (await ended(room, job)).state is JobState.DONE


async def test_a_revision_cut_short_never_replaces_the_section(room: Room, essay: str) -> None:
    seen = await drafted(room, essay)
    room.models.script(says("Half a sec", cut=True))
    job = await ended(room, await room.writing.start_revision("me", essay, seen, 0, "Shorter."))
    assert (job.state, job.error, job.text) == (JobState.FAILED, str(BadReply.truncated()), "Half a sec")
    assert await room.desk.current_version("me", essay) == seen
    assert len(await room.desk.versions("me", essay)) == 1


async def test_a_job_can_be_retried_with_its_original_request(room: Room, essay: str) -> None:
    seen = await drafted(room, essay, CUT, cut=True)
    room.models.script(says("No.", error=NothingWritten()))
    revision = await ended(room, await room.writing.start_revision("me", essay, seen, 1, "Shorter."))
    room.models.script(rewrites("Short."), says("## What I gave up\n\nPay.\n"), says(DRAFT))
    again = await ended(room, await room.writing.retry("me", revision))
    assert (again.state, again.kind, room.models.asked[-1].given["index"]) == (
        JobState.DONE,
        JobKind.REVISION,
        1,
    )
    await room.desk.undo("me", essay)
    finish = replace(revision, kind=JobKind.FINISH)
    assert (await ended(room, await room.writing.retry("me", finish))).kind is JobKind.FINISH
    draft = replace(revision, kind=JobKind.DRAFT)
    assert (await ended(room, await room.writing.retry("me", draft))).kind is JobKind.DRAFT
    with pytest.raises(NothingToDo):
        await room.writing.retry("me", replace(revision, kind=JobKind.CRITIQUE))
    assert [asked.what for asked in room.models.asked] == ["draft", "revise", "revise", "finish", "draft"]


async def test_a_claim_that_no_note_holds_is_listed_with_its_sentence(room: Room, essay: str) -> None:
    text = (
        "## What I missed\n\nThe noise of May 2019, fourteen of us. Marek left with 30% of the team.\n\n"
        '## What I gave up\n\nAnna said "You will be back by Christmas". It was 4,000 euros, and then $12,000.\n'
    )
    version = await drafted(room, essay, text)
    found = await room.writing.unsupported_claims("me", essay, version)
    assert [(claim.raw, claim.sentence_span.extract(version.text)) for claim in found] == [
        ("30%", "Marek left with 30% of the team."),
        ("$12,000", "It was 4,000 euros, and then $12,000."),
    ]


async def test_a_number_in_the_essays_title_counts_as_supported(room: Room, essay: str) -> None:
    await room.desk.rename_essay("me", essay, "Leaving after 33 years")
    version = await drafted(room, essay, "## What I missed\n\n33 years of it.\n\n## What I gave up\n\nPay.\n")
    assert await room.writing.unsupported_claims("me", essay, version) == ()
