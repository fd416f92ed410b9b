"""The interviewer chooses each question: what it asks is verified, and the structure's own stands in for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from bot.errors import BadReply
from bot.essay.essay import Question, QuestionOrigin, QuestionState, SectionState
from bot.essay.structure import Structure
from bot.services.interview import MAX_QUESTIONS
from bot.services.llm_ports import NextQuestion, RawTitle
from tests.services.conftest import Room
from tests.services.fakes import Gate

pytestmark = pytest.mark.both_databases

EMPTY, THIN, ENOUGH = SectionState.EMPTY, SectionState.THIN, SectionState.ENOUGH


def asks(question: str | None, section: str = "missed", **states: SectionState) -> NextQuestion:
    return NextQuestion(section, question, {key.replace("_", "-"): state for key, state in states.items()})


@pytest.fixture
async def essay(room: Room, structure: Structure) -> str:
    """An essay whose first question is answered."""
    key = (await room.desk.create_essay("me", structure)).id
    await say(room, key, "In May 2019 the noise of the shop, 14 of us.")
    return key


async def put(room: Room, essay: str, *, further: bool = False) -> Question | None:
    return (await room.interview.next_step("me", essay, further=further)).question


async def say(room: Room, essay: str, answer: str) -> str:
    """Answer the question that comes; return its text."""
    question = await put(room, essay)
    assert question is not None
    await room.interview.add_answer("me", essay, question, answer)
    return question.text


async def test_the_model_sees_all_notes_and_questions_and_its_question_stands_in_the_section_it_names(
    room: Room, essay: str
) -> None:
    room.models.script(asks("Who decided on your pay?", "gave-up", missed=THIN, gave_up=EMPTY))
    question = await put(room, essay)
    assert question is not None
    assert (question.text, question.section) == ("Who decided on your pay?", "gave-up")
    assert question.origin is QuestionOrigin.INTERVIEWER
    (asked,) = room.models.asked
    assert [(note.text, note.section) for note in asked.given["notes"]] == [
        ("In May 2019 the noise of the shop, 14 of us.", "missed")
    ]
    assert [(one.text, one.state) for one in asked.given["asked"]] == [("What was missing?", QuestionState.ANSWERED)]
    now = await room.desk.snapshot("me", essay)
    assert now.section_states == {"missed": THIN, "gave-up": EMPTY}
    assert "“What I missed” is thin" in (await room.interview.progress("me", essay)).outlook.summary


async def test_the_interview_ends_when_every_section_has_enough_and_goes_on_when_the_writer_asks(
    room: Room, essay: str
) -> None:
    room.models.script(asks(None, missed=ENOUGH, gave_up=ENOUGH))
    assert await put(room, essay) is None
    assert await put(room, essay) is None
    assert len(room.models.asked) == 1  # it is over: the model is not asked again
    room.models.script(asks("Who was glad that day?"))
    question = await put(room, essay, further=True)
    assert question is not None
    assert question.text == "Who was glad that day?"
    assert room.models.asked[-1].given["further"] is True


async def test_where_the_model_asks_nothing_about_a_thin_section_the_structure_does(room: Room, essay: str) -> None:
    room.models.script(asks(None, missed=THIN, gave_up=ENOUGH), asks(None))
    assert await say(room, essay, "Since June.") == "Since when?"
    assert await put(room, essay) is None


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("what was MISSING", "it was asked before"),
        ("Who was there? And what did it cost?", "it asks more than one thing"),
        ("Who " + "really " * 50 + "was it?", "it is longer than 300 characters"),
        ("Who fired the 40 of them?", "it names a number that nobody gave"),
        ("Who said “I quit” first?", "it quotes words that nobody wrote"),
        ("What is your password?", "it asks for a secret"),
        ("Did you write to kim@evil.example that day?", "it names an address that nobody gave"),
        ("…?", "it asks nothing"),
    ],
)
async def test_a_question_that_cannot_be_put_is_refused_with_its_reason_and_another_one_comes(
    question: str, reason: str, room: Room, essay: str
) -> None:
    room.models.script(asks(question), asks("How loud was it for the 14 of you in 2019?"))
    step = await room.interview.next_step("me", essay)
    assert step.question is not None
    assert (step.question.text, step.notice) == ("How loud was it for the 14 of you in 2019?", None)
    refused = room.models.asked[1].given["refused"]
    assert refused.reason == reason


async def test_an_interviewer_that_repeats_itself_gives_way_to_the_structure_and_it_is_said(
    room: Room, essay: str
) -> None:
    room.models.script(asks("What was missing?"), asks("what was missing"))
    step = await room.interview.next_step("me", essay)
    assert step.question is not None
    assert step.question.text == "What did it cost?"
    assert step.notice == (
        "Your answers are stored; the structure's own question comes next. "
        "The model's could not be put, because it was asked before."
    )


async def test_an_interviewer_that_names_no_section_of_the_structure_gives_way_too(room: Room, essay: str) -> None:
    room.models.script(asks("Who was it?", "the-label"), asks("Who was it?", "none"))
    step = await room.interview.next_step("me", essay)
    assert step.question is not None
    assert step.question.text == "What did it cost?"
    assert step.notice is not None
    assert step.notice.endswith("because it names a section that the structure does not have.")


async def test_an_interviewer_that_answers_in_prose_gives_way_and_it_is_said(room: Room, essay: str) -> None:
    room.models.script(BadReply.invalid_format())
    step = await room.interview.next_step("me", essay)
    assert step.question is not None
    assert step.question.text == "What did it cost?"
    assert step.notice is not None
    assert step.notice.startswith(
        "Your answers are stored; the structure's own question comes next. The model's answer was not in the form"
    )


async def test_an_interviewer_that_never_ends_is_ended(room: Room, essay: str) -> None:
    letters = [f"{one}{other}" for one in "abcdefgh" for other in "klmnopqr"]
    for word in letters[: MAX_QUESTIONS - 1]:
        room.models.script(asks(f"{word * 9}?", missed=THIN, gave_up=THIN))
        question = await put(room, essay)
        assert question is not None
        await room.interview.decline_question("me", essay, question)
    asked = len(room.models.asked)
    rest = [await put(room, essay)]
    while (question := rest[-1]) is not None:
        await room.interview.skip_question("me", essay, question)
        rest.append(await put(room, essay))
    assert [one.text for one in rest if one] == ["What did it cost?", "Since when?", "Who paid?"]  # the structure's own
    assert len(room.models.asked) == asked == MAX_QUESTIONS - 1


async def test_a_request_that_draws_several_facts_needs_no_question_mark(room: Room, essay: str) -> None:
    text = "List the steps with the month and year of each. Fragments will do."
    room.models.script(asks(text))
    assert await say(room, essay, "May: quit. June: nothing.") == text


async def test_a_question_that_is_nearly_the_structures_own_is_put_in_its_words(room: Room, essay: str) -> None:
    room.models.script(asks("what did it cost", "gave-up"))
    question = await put(room, essay)
    assert question is not None
    assert (question.text, question.origin) == ("What did it cost?", QuestionOrigin.STRUCTURE)


async def test_another_question_exchanges_one_that_never_comes_back(room: Room, essay: str) -> None:
    room.models.script(asks("Who was it?"))
    first = await put(room, essay)
    assert first is not None
    await room.interview.decline_question("me", essay, first)
    room.models.script(asks("Who was it"), asks("How loud was it?"))
    second = await put(room, essay)
    assert second is not None
    assert second.text == "How loud was it?"
    assert [one.state for one in room.models.asked[-1].given["asked"]] == [
        QuestionState.ANSWERED,
        QuestionState.DECLINED,
    ]
    assert await room.interview.skipped_questions("me", essay) == ()


async def test_a_question_of_the_models_that_may_quote_a_left_out_answer_reaches_no_model(
    room: Room, essay: str
) -> None:
    room.models.script(asks("How often did Viktor drink?"))
    assert await say(room, essay, "Weekly.") == "How often did Viktor drink?"
    await room.notes.exclude("me", essay, 1)
    room.models.asked.clear()
    room.models.script(asks("how often did Viktor DRINK"), asks("How much was it?"))
    assert await say(room, essay, "Half.") == "How much was it?"
    for asked in room.models.asked:
        assert [one.text for one in asked.given["asked"]] == ["What was missing?"]
        assert "Viktor" not in repr(asked.given["notes"])
    material = room.writing.context_builder.build(await room.desk.snapshot("me", essay))
    assert [(note.text, note.question) for note in material.notes] == [("Weekly.", None), ("Half.", None)]


async def test_a_question_on_a_note_that_was_left_out_meanwhile_is_not_put(room: Room, essay: str) -> None:
    gate = Gate()

    async def comes() -> NextQuestion:
        await gate.hold()
        return asks("How loud was the shop?", gave_up=THIN)

    held: Callable[[], Coroutine[Any, Any, NextQuestion]] = comes
    room.models.script(held)
    await room.desk.add_notes("me", essay, "## What I gave up\n\nPay.\n")
    waiting = asyncio.create_task(put(room, essay))
    await gate.reached()
    await room.notes.exclude("me", essay, 1)
    gate.release()
    question = await waiting
    assert question is not None
    assert question.text == "What did it cost?"


async def test_questions_that_a_draft_left_are_not_put_by_themselves(room: Room, essay: str) -> None:
    left = await room.store.write(
        "me",
        lambda tx: tx.essays.add_question(
            "me", essay, "missed", "In which month?", room.clock(), origin=QuestionOrigin.DRAFT, version=1
        ),
    )
    assert await room.interview.draft_questions("me", essay) == (left,)
    question = await room.interview.next_question("me", essay)
    assert question is not None
    assert question.text == "What did it cost?"
    await room.interview.add_answer("me", essay, left, "In May.")
    assert await room.interview.draft_questions("me", essay) == ()


async def test_titles_are_kept_that_are_made_around_words_of_the_notes(room: Room, essay: str) -> None:
    room.models.script(
        [
            RawTitle("The noise of the shop", "the noise of the shop"),
            RawTitle("A journey worth taking", "a journey"),
            RawTitle("What 14 of us heard", "14 of us"),
            RawTitle("Lessons from the shop", "14 of us"),
            RawTitle("Shop", "shop"),
        ]
    )
    planned = await room.interview.plan_titles("me", essay)
    assert planned is not None
    job = await room.jobs.wait("me", (await planned.start()).id)
    assert job.error is None
    assert await room.interview.suggested_titles("me", essay) == ("The noise of the shop", "What 14 of us heard")
    room.models.script([RawTitle("My journey", "my journey")])
    planned = await room.interview.plan_titles("me", essay)
    assert planned is not None
    job = await room.jobs.wait("me", (await planned.start()).id)
    assert job.error is not None
    assert job.error.startswith("No titles could be suggested; yours is as it was.")
