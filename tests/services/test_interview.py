"""The interview asks one question at a time, none twice, and goes on where it stood."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.errors import InvalidInput, NothingToDo
from bot.essay.essay import Essay, QuestionState
from bot.essay.structure import Structure
from bot.services.essays import EssayService
from bot.services.interview import InterviewService

pytestmark = pytest.mark.both_databases


@pytest.fixture
async def essay(desk: EssayService, structure: Structure) -> Essay:
    return await desk.create_essay("me", structure)


async def all_questions(interview: InterviewService, essay: Essay, *, further: bool = False) -> list[str]:
    """Skips every question that comes, and returns their texts."""
    texts = []
    while question := await interview.next_question("me", essay.id, further=further):
        texts.append(question.text)
        await interview.skip_question("me", essay.id, question)
    return texts


async def test_one_question_a_section_then_the_post_is_offered_then_the_rest(
    interview: InterviewService, essay: Essay
) -> None:
    assert await all_questions(interview, essay) == ["What was missing?", "What did it cost?"]
    assert await all_questions(interview, essay, further=True) == ["Since when?", "Who paid?"]
    assert await all_questions(interview, essay, further=True) == []


async def test_a_question_stays_open_until_it_is_answered_or_skipped(interview: InterviewService, essay: Essay) -> None:
    first = await interview.next_question("me", essay.id)
    assert first is not None
    assert await interview.next_question("me", essay.id) == first


async def test_an_answer_is_stored_word_for_word_under_its_section_with_its_question(
    interview: InterviewService, desk: EssayService, essay: Essay
) -> None:
    question = await interview.next_question("me", essay.id)
    assert question is not None
    note = await interview.add_answer("me", essay.id, question, "\n  The noise,\r\n\r\nand *the* smell.\n")
    assert (note.text, note.question, note.section) == (
        "  The noise,\n\nand *the* smell.",
        "What was missing?",
        "missed",
    )
    assert await desk.notes("me", essay.id) == (note,)
    progress = await interview.progress("me", essay.id)
    assert (progress.covered_sections, progress.total_sections, progress.questions_asked) == (1, 2, 1)


async def test_only_what_the_notes_leave_open_is_asked(
    interview: InterviewService, desk: EssayService, essay: Essay
) -> None:
    await desk.add_notes("me", essay.id, "## What I missed\n\nThe noise of the shop, and the smell.\n")
    assert await all_questions(interview, essay) == ["What did it cost?"]


async def test_a_private_answer_is_stored_and_left_out(
    interview: InterviewService, desk: EssayService, essay: Essay
) -> None:
    question = await interview.next_question("me", essay.id)
    assert question is not None
    await interview.add_answer("me", essay.id, question, "My boss drank.", left_out=True)
    assert [note.is_excluded for note in await desk.notes("me", essay.id)] == [True]
    assert "drank" not in (await desk.assemble_post("me", essay.id)).text


async def test_an_answer_without_words_is_refused_and_the_question_stays_open(
    interview: InterviewService, essay: Essay
) -> None:
    question = await interview.next_question("me", essay.id)
    assert question is not None
    with pytest.raises(InvalidInput, match="It is still open"):
        await interview.add_answer("me", essay.id, question, " … \n")
    assert await interview.next_question("me", essay.id) == question


async def test_skipped_questions_can_be_returned_to(interview: InterviewService, essay: Essay) -> None:
    await all_questions(interview, essay)
    skipped = await interview.skipped_questions("me", essay.id)
    assert [question.text for question in skipped] == ["What was missing?", "What did it cost?"]
    await interview.reopen_question("me", essay.id, skipped[1])
    again = await interview.next_question("me", essay.id)
    assert again == replace(skipped[1], state=QuestionState.OPEN)


async def test_a_question_that_was_never_asked_cannot_be_answered(
    interview: InterviewService, desk: EssayService, essay: Essay
) -> None:
    question = await interview.next_question("me", essay.id)
    assert question is not None
    with pytest.raises(NothingToDo, match="Question 9 was never asked"):
        await interview.add_answer("me", essay.id, replace(question, number=9), "Yes.")
    with pytest.raises(NothingToDo, match="Question 9 was never asked"):
        await interview.skip_question("me", essay.id, replace(question, number=9))
    assert await desk.notes("me", essay.id) == ()


async def test_a_section_that_holds_only_pasted_lines_is_still_asked_for_its_scene(
    interview: InterviewService, desk: EssayService, essay: Essay
) -> None:
    await desk.add_notes("me", essay.id, "## What I missed\n\nThe noise.\n")
    assert await all_questions(interview, essay) == ["What was missing?", "What did it cost?"]


async def test_what_a_draft_would_come_to_is_known_at_any_time(
    interview: InterviewService, desk: EssayService, essay: Essay
) -> None:
    assert (await interview.progress("me", essay.id)).outlook.summary == (
        "about 0 of 30 words; “What I missed” and “What I gave up” are empty"
    )
    await desk.add_notes("me", essay.id, "## What I missed\n\n" + "The noise of the shop. " * 9)
    await desk.add_notes("me", essay.id, "## What I gave up\n\nPay.\n")
    assert (
        await interview.progress("me", essay.id)
    ).outlook.summary == "about 20 of 30 words; “What I gave up” is thin"
