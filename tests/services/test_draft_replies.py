"""What comes with a draft or a revision: questions, a remark, facts; and a note worked into a passage."""

from __future__ import annotations

import pytest

from bot.errors import BadReply, NothingToDo, UnknownSection
from bot.essay.essay import Origin, Question, QuestionOrigin, QuestionState
from bot.essay.structure import Structure
from bot.services.drafting import RevisionRequest
from bot.services.jobs.job import JobKind, JobState, PlannedJob
from tests.services.conftest import Room
from tests.services.fakes import Gate, rewrites, says
from tests.services.test_drafting import CUT, DRAFT, drafted, ended

pytestmark = pytest.mark.both_databases

TAGGED = (
    '<section key="missed">\nThe noise of May 2019.\n</section>\n'
    '<section key="gave-up">\nAnna said so.\n\n[NEED: What did Anna say next?]\n</section>\n'
)


@pytest.fixture
async def essay(room: Room, structure: Structure) -> str:
    return await room.essay_with_notes(structure)


async def questions(room: Room, essay: str) -> tuple[Question, ...]:
    return await room.store.read(lambda tx: tx.essays.questions("me", essay))


async def run(room: Room, planned: PlannedJob) -> JobState:
    return (await ended(room, await planned.start())).state


async def test_what_a_draft_would_ask_is_stored_with_it_as_open_questions(room: Room, essay: str) -> None:
    raw = (
        f'{TAGGED}<question section="missed">Who was in the room?</question><question section="gave-up">WHO was in'
        ' the room?</question><question section="missed">What is your password?</question>'
        f"<question>{'Why' * 200}?</question>"
    )
    version = await drafted(room, essay, raw)
    assert "[NEED: What did Anna say next?]" in version.text
    assert "Who was" not in version.text
    found = [(one.section, one.text, one.state, one.origin, one.version) for one in await questions(room, essay)]
    assert found == [
        ("gave-up", "What did Anna say next?", QuestionState.OPEN, QuestionOrigin.DRAFT, 1),
        ("missed", "Who was in the room?", QuestionState.OPEN, QuestionOrigin.DRAFT, 1),
    ]


async def test_a_new_draft_is_given_the_one_that_stands_and_asks_nothing_that_was_declined(
    room: Room, essay: str
) -> None:
    await drafted(room, essay, f'{TAGGED}<question section="missed">Who was in the room?</question>')
    at = room.clock()
    await room.store.write("me", lambda tx: tx.essays.set_question_state("me", essay, 2, QuestionState.DECLINED, at))
    edited = await room.desk.edit_text(
        "me", essay, await room.desk.current_version("me", essay), DRAFT.replace("The noise", "The din")
    )
    await drafted(room, essay, f'{TAGGED}<question section="missed">Who was in the room then?</question>')
    given = room.models.asked[-1].given
    assert given["text"] == edited.version.text
    assert given["open_questions"] == ("What did Anna say next?",)
    assert given["declined_questions"] == ("Who was in the room?",)
    assert len(await questions(room, essay)) == 2


async def test_notes_that_were_only_set_into_the_structure_are_no_draft_that_stands(room: Room, essay: str) -> None:
    await room.desk.assemble_post("me", essay)
    await drafted(room, essay)
    assert room.models.asked[-1].given["text"] == ""


async def test_a_draft_with_words_that_are_private_now_is_not_sent_and_the_new_one_is_written_without_it(
    room: Room, essay: str
) -> None:
    await drafted(room, essay, DRAFT.replace("Anna said so.", "It cost me 4,000 euros a year."))
    await room.notes.exclude("me", essay, 2)
    await drafted(room, essay, '<section key="missed">The noise.</section>')
    assert room.models.asked[-1].given["text"] == ""
    assert "4,000" not in room.models.asked[-1]


async def test_what_stands_outside_the_tags_is_kept_with_the_version_and_never_in_the_post(
    room: Room, essay: str
) -> None:
    version = await drafted(room, essay, f"Here it is.\n\n{TAGGED}\nSee https://evil.example/x for more.")
    assert version.remark.startswith("Here it is.\n\nSee ")
    assert "https://evil.example" not in version.remark
    assert "Here it is" not in version.text


async def test_names_are_told_only_where_text_and_notes_bear_it_out(room: Room, essay: str) -> None:
    raw = f'{TAGGED}<names kept="Anna, Christmas, Marek" out="May, Christmas, Kim"/>'
    version = await drafted(room, essay, raw)
    assert version.remark == "Names in the text: Anna. Kept out: Christmas."


@pytest.mark.parametrize(
    "raw",
    [
        "I cannot help with that.",
        "Which of the two dates is right?",
        '<section key="lessons">I learnt a lot.</section>',
        "<rewrite>The noise.</rewrite>",
        '<section key="missed"></section>',
        "word " * 40_000,
    ],
)
async def test_a_reply_without_any_section_makes_no_version_and_stays_with_the_job(
    room: Room, essay: str, raw: str
) -> None:
    room.models.script(says(raw))
    job = await ended(room, await room.writing.start_draft("me", essay))
    assert (job.state, job.error) == (JobState.FAILED, str(BadReply.not_the_requested_text()))
    assert job.text == raw
    assert await room.desk.versions("me", essay) == ()


async def test_nested_and_repeated_sections_are_told_apart_and_the_rest_is_the_remark(room: Room, essay: str) -> None:
    raw = (
        '<section key="missed">The noise.<section key="gave-up">Pay.</section></section>'
        '<section key="missed">Another noise.</section>'
    )
    version = await drafted(room, essay, raw)
    assert version.text == "## What I missed\n\nThe noise.\n\n## What I gave up\n\nPay.\n"
    assert version.remark == "Another noise."


async def test_a_draft_of_200_000_characters_is_stored_whole(room: Room, essay: str) -> None:
    long = "\n\n".join([("It was loud in the hall. " * 80).strip()] * 100)
    assert len(long) > 200_000 - 200
    version = await drafted(room, essay, f'<section key="missed">{long}</section><section key="gave-up">Pay.</section>')
    assert version.text == f"## What I missed\n\n{long}\n\n## What I gave up\n\nPay.\n"
    assert version.info.is_complete
    gate = Gate()
    room.models.script(says(f'<section key="missed">{long}', gate))
    job = await room.writing.start_draft("me", essay)
    await gate.reached()
    await room.jobs.stop("me", job.id)
    version = await room.desk.current_version("me", essay)
    assert (version.text, version.info.unwritten) == (f"## What I missed\n\n{long}\n", ("missed", "gave-up"))


async def test_an_open_tag_is_the_section_to_continue(room: Room, essay: str) -> None:
    await drafted(room, essay, '<section key="missed">The noise.</section><section key="gave-up">Anna sa')
    version = await room.desk.current_version("me", essay)
    assert (version.info.is_complete, version.info.unwritten, version.text) == (False, ("gave-up",), f"{CUT}\n")
    room.models.script(says('<section key="gave-up">Anna said so.</section>'))
    await ended(room, await room.writing.start_finish("me", essay))
    assert room.models.asked[-1].given["text"] == "## What I missed\n\nThe noise.\n"
    version = await room.desk.current_version("me", essay)
    assert version.text == "## What I missed\n\nThe noise.\n\n## What I gave up\n\nAnna said so.\n"
    assert (version.info.is_complete, version.info.unwritten) == (True, ())


async def test_a_stopped_draft_stores_which_sections_are_to_be_written(room: Room, essay: str) -> None:
    gate = Gate()
    room.models.script(says('<section key="missed">The noise.</section>\n<sect', gate))
    job = await room.writing.start_draft("me", essay)
    await gate.reached()
    await room.jobs.stop("me", job.id)
    version = await room.desk.current_version("me", essay)
    assert (version.text, version.info.unwritten) == ("## What I missed\n\nThe noise.\n", ("gave-up",))


INSTRUCTION = "Say that it was in the old hall, and that Ruth was there. Shorter."


async def test_facts_of_an_instruction_become_a_note_and_others_do_not(room: Room, essay: str) -> None:
    seen = await drafted(room, essay)
    room.models.script(
        says(
            "<rewrite>It was loud in the old hall; Ruth was there.</rewrite><fact>it was in the old hall</fact>"
            "<fact>Ruth was there</fact><fact>it was in 1999</fact>"
        )
    )
    await ended(room, await room.writing.start_revision("me", essay, seen, 0, INSTRUCTION))
    note = (await room.desk.notes("me", essay))[-1]
    assert (note.text, note.section, note.question) == (
        "it was in the old hall\nRuth was there",
        "missed",
        INSTRUCTION,
    )
    version = await room.desk.current_version("me", essay)
    assert version.info.last_note_number == note.number


FACTS = "<rewrite>It was loud in the old hall.</rewrite><fact>it was in the old hall</fact>"


async def test_a_note_that_came_while_a_revision_was_written_counts_as_new(room: Room, essay: str) -> None:
    seen, gate = await drafted(room, essay), Gate()
    room.models.script(says(gate, FACTS))
    job = await room.writing.start_revision("me", essay, seen, 0, INSTRUCTION)
    await gate.reached()
    await room.desk.add_notes("me", essay, "The smell of glue.")
    gate.release()
    await ended(room, job)
    assert [note.text for note in await room.desk.notes("me", essay)][-2:] == [
        "The smell of glue.",
        "it was in the old hall",
    ]
    version = await room.desk.current_version("me", essay)
    assert version.info.last_note_number == seen.info.last_note_number


async def test_facts_count_as_in_the_text_where_the_last_note_was_deleted(room: Room, essay: str) -> None:
    seen = await drafted(room, essay)
    await room.desk.add_notes("me", essay, "The smell of glue.")
    await room.notes.delete("me", essay, (await room.desk.notes("me", essay))[-1].number)
    room.models.script(says(FACTS))
    await ended(room, await room.writing.start_revision("me", essay, seen, 0, INSTRUCTION))
    version = await room.desk.current_version("me", essay)
    assert version.info.last_note_number == (await room.desk.notes("me", essay))[-1].number


@pytest.mark.parametrize(
    "raw", ["Shorter.", "I cannot do that.", "", "<rewrite></rewrite>", "<rewrite> *** </rewrite>"]
)
async def test_a_revision_without_its_form_is_not_used(room: Room, essay: str, raw: str) -> None:
    seen = await drafted(room, essay)
    room.models.script(says(raw))
    job = await ended(room, await room.writing.start_revision("me", essay, seen, 0, "Shorter."))
    assert (job.state, job.error, job.text) == (JobState.FAILED, str(BadReply.not_the_requested_text()), raw)
    assert await room.desk.current_version("me", essay) == seen


async def test_a_revision_from_a_server_that_ignores_the_form_is_used_where_it_is_plainly_the_section(
    room: Room, essay: str
) -> None:
    seen = await drafted(room, essay)
    room.models.script(says("The noise of May."))
    job = await ended(room, await room.writing.start_revision("me", essay, seen, 0, "Leave out the year."))
    assert job.state is JobState.DONE
    assert (await room.desk.current_version("me", essay)).text == DRAFT.replace("May 2019", "May")


async def test_a_revision_is_given_the_draft_as_the_model_wrote_it_beside_the_text(room: Room, essay: str) -> None:
    first = await drafted(room, essay)
    room.models.script(rewrites("It was loud."), rewrites("It was very loud."))
    await ended(room, await room.writing.start_revision("me", essay, first, 0, "Shorter."))
    assert room.models.asked[-1].given["base"] == ""
    second = await room.desk.current_version("me", essay)
    await ended(room, await room.writing.start_revision("me", essay, second, 0, "Louder."))
    assert (room.models.asked[-1].given["base"], room.models.asked[-1].given["text"]) == (first.text, second.text)


FILLED = (
    "An opening.\n\n## What I missed\n\nThe noise of May 2019.  \n\nOn [NEED: Which day?] I left.\r\n\n* * *\n\n"
    "## What I gave up\n\nAnna said so.\n"
)


async def answered(room: Room, essay: str, text: str, answer: str) -> int:
    """A text of the writer's, and the number of a new note; it."""
    await room.desk.assemble_post("me", essay)
    await room.desk.edit_text("me", essay, await room.desk.current_version("me", essay), text)
    return (await room.desk.add_notes("me", essay, f"## What I missed\n\n{answer}\n"))[-1].number


@pytest.mark.parametrize("words", ["Which day?", "[NEED: Which day?]", "I left."])
async def test_a_note_is_worked_into_its_paragraph_and_every_other_byte_stays(
    room: Room, essay: str, words: str
) -> None:
    note = await answered(room, essay, FILLED, "It was a Tuesday.")
    room.models.script(rewrites("On a Tuesday I left."))
    assert await run(room, await room.writing.plan_fill("me", essay, note, "missed", words)) is JobState.DONE
    version = await room.desk.current_version("me", essay)
    before = await room.desk.version("me", essay, version.info.parent or 0)
    assert version.text == before.text.replace("On [NEED: Which day?] I left.", "On a Tuesday I left.")
    assert (version.info.origin, version.info.last_note_number) == (Origin.REVISED, note)
    given = room.models.asked[-1].given
    assert (given["heading"], given["passage"], given["note"]) == (
        "What I missed",
        "On [NEED: Which day?] I left.",
        note,
    )


async def test_without_its_words_a_note_is_worked_into_the_whole_section(room: Room, essay: str) -> None:
    note = await answered(room, essay, DRAFT, "It was a Tuesday.")
    room.models.script(rewrites("The noise of a Tuesday in May 2019."))
    await run(room, await room.writing.plan_fill("me", essay, note, "missed", "words that are gone"))
    version = await room.desk.current_version("me", essay)
    assert version.text == DRAFT.replace("The noise of May 2019.", "The noise of a Tuesday in May 2019.")


async def test_a_paragraph_that_was_a_gap_alone_goes_if_there_is_nothing_to_tell(room: Room, essay: str) -> None:
    text = DRAFT.replace("The noise", "[NEED: Which day?]\n\nThe noise")
    note = await answered(room, essay, text, "I do not remember.")
    room.models.script(rewrites(""))
    await run(room, await room.writing.plan_fill("me", essay, note, "missed", "Which day?"))
    assert (await room.desk.current_version("me", essay)).text == DRAFT


async def test_a_fill_that_failed_can_be_tried_again(room: Room, essay: str) -> None:
    note = await answered(room, essay, FILLED, "It was a Tuesday.")
    room.models.script(says("No."), rewrites("On a Tuesday I left."))
    planned = await room.writing.plan_fill("me", essay, note, "missed", "Which day?")
    job = await ended(room, await planned.start())
    assert (job.kind, job.state) == (JobKind.REVISION, JobState.FAILED)
    assert RevisionRequest.from_job(job).note == note
    assert (await ended(room, await room.writing.retry("me", job))).state is JobState.DONE
    assert "On a Tuesday" in (await room.desk.current_version("me", essay)).text


async def test_a_fill_needs_a_text_a_section_and_a_note_that_a_model_may_see(room: Room, essay: str) -> None:
    with pytest.raises(NothingToDo):
        await room.writing.plan_fill("me", essay, 1, "missed")
    note = await answered(room, essay, FILLED, "It was a Tuesday.")
    with pytest.raises(UnknownSection):
        await room.writing.plan_fill("me", essay, note, "lessons")
    await room.notes.exclude("me", essay, note)
    with pytest.raises(NothingToDo):
        await room.writing.plan_fill("me", essay, note, "missed")
    assert room.models.asked == []


async def test_a_revised_section_of_an_unfinished_text_counts_as_written(room: Room, essay: str) -> None:
    seen = await drafted(room, essay, CUT, cut=True)
    room.models.script(rewrites("Anna said so."))
    await ended(room, await room.writing.start_revision("me", essay, seen, 1, "End it."))
    version = await room.desk.current_version("me", essay)
    assert (version.info.is_complete, version.info.unwritten) == (True, ())
