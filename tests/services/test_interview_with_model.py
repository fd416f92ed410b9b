"""With a model the interview sorts notes and chases what an answer leaves open, and goes on where the model fails."""

from __future__ import annotations

import pytest

from bot.errors import Overloaded
from bot.essay.essay import Essay, SectionState
from bot.essay.structure import Structure
from bot.services.llm_ports import NextQuestion
from tests.services.conftest import Room

pytestmark = pytest.mark.both_databases


@pytest.fixture
async def essay(room: Room, structure: Structure) -> Essay:
    return await room.desk.create_essay("me", structure)


async def answered(room: Room, essay: Essay, *, left_out: bool = False) -> str:
    """Answers the question put now; its text."""
    step = await room.interview.next_step("me", essay.id)
    assert step.question is not None
    await room.interview.add_answer("me", essay.id, step.question, f"To {step.question.text} yes.", left_out=left_out)
    return step.question.text


async def test_nothing_is_asked_twice_even_if_the_model_would(room: Room, essay: Essay) -> None:
    room.models.script("What was missing?", "  what did it COST? ", None)
    asked = [await answered(room, essay) for _ in range(2)]
    assert asked == ["What was missing?", "What did it cost?"]
    assert (await room.interview.next_step("me", essay.id)).question is None


async def test_a_left_out_answer_is_never_followed_up_nor_shown_to_a_model(room: Room, essay: Essay) -> None:
    await answered(room, essay, left_out=True)
    room.models.script("How much exactly?", None, None)
    assert [await answered(room, essay) for _ in range(2)] == ["What did it cost?", "How much exactly?"]
    assert (await room.interview.next_step("me", essay.id)).question is None
    assert "missing" not in repr([asked.given["notes"] for asked in room.models.asked])


async def test_what_the_interviewer_has_enough_of_is_not_asked_in_the_structures_words_on_request(
    room: Room, essay: Essay, structure: Structure
) -> None:
    enough = {section.key: SectionState.ENOUGH for section in structure.sections}
    room.models.script("How loud?", NextQuestion("missed", None, enough))
    for _ in range(2):
        await answered(room, essay)
    assert (await room.interview.next_step("me", essay.id, further=True)).question is None
    seen_thin = {**enough, "missed": SectionState.THIN}
    room.models.script(NextQuestion("missed", None, seen_thin))
    step = await room.interview.next_step("me", essay.id, further=True)
    assert step.question is not None
    assert step.question.text in structure.sections[0].questions


async def test_before_the_first_note_no_model_is_asked(room: Room, essay: Essay) -> None:
    step = await room.interview.next_step("me", essay.id)
    assert step.question is not None
    await room.interview.skip_question("me", essay.id, step.question)
    assert await room.interview.next_step("me", essay.id) != step
    assert room.models.asked == []


async def test_an_open_question_is_shown_again_without_calling_the_model(room: Room, essay: Essay) -> None:
    await answered(room, essay)
    room.models.script("How loud?")
    step = await room.interview.next_step("me", essay.id)
    assert await room.interview.next_step("me", essay.id) == step
    assert await room.interview.open_question("me", essay.id) == step.question
    assert len(room.models.asked) == 1


async def test_a_failing_model_is_told_and_the_interview_goes_on(room: Room, essay: Essay) -> None:
    await answered(room, essay)
    room.models.script(Overloaded(), Overloaded())
    step = await room.interview.next_step("me", essay.id)
    assert step.question is not None
    assert step.question.text == "What did it cost?"
    assert step.notice is not None
    assert step.notice.startswith("Your answers are stored; the structure's own question comes next.")
    assert "overloaded" in step.notice
    await room.interview.add_answer("me", essay.id, step.question, "Four thousand.")
    last = await room.interview.next_step("me", essay.id)
    assert last.question is None
    assert last.notice is not None


async def test_placing_keeps_every_note_word_for_word_and_ignores_keys_and_numbers_that_are_not_there(
    room: Room, essay: Essay
) -> None:
    blocks = ["The *noise*,  twice spaced.", "My pay: 4,000 less.", "Nothing in particular.", "Anna."]
    room.models.script({1: "missed", 2: "gave-up", 3: "no-such-section", 99: "missed"})
    handed = await room.interview.add_notes("me", essay.id, "\n\n".join(blocks))
    assert [(note.text, note.section) for note in handed.notes] == [
        (blocks[0], "missed"),
        (blocks[1], "gave-up"),
        (blocks[2], None),
        (blocks[3], None),
    ]
    assert handed.notice is None
    assert await room.desk.notes("me", essay.id) == handed.notes


async def test_only_notes_without_a_place_and_never_the_left_out_ones_are_sorted(room: Room, essay: Essay) -> None:
    await room.desk.add_notes("me", essay.id, "An older note.\n")
    room.models.script({1: "missed", 2: "gave-up", 3: "missed"})
    handed = await room.interview.add_notes(
        "me", essay.id, "The glue.\n\n[private] My boss drank.\n\n## What I gave up\n\nPay.\n"
    )
    (asked,) = room.models.asked
    assert [note.text for note in asked.given["notes"]] == ["The glue."]
    assert [(note.number, note.section) for note in handed.notes] == [(2, "gave-up"), (3, None), (4, "gave-up")]
    older = (await room.desk.notes("me", essay.id))[0]
    assert older.section is None


async def test_notes_that_could_not_be_sorted_are_stored_and_it_is_told(room: Room, essay: Essay) -> None:
    room.models.script(Overloaded())
    handed = await room.interview.add_notes("me", essay.id, "The glue.\n")
    assert handed.notice is not None
    assert handed.notice.startswith("The notes are stored; they could not be sorted into sections.")
    assert await room.desk.notes("me", essay.id) == handed.notes
    room.models.script({})
    assert (await room.interview.add_notes("me", essay.id, "More.\n")).notice is None


async def test_notes_under_headings_need_no_model(room: Room, essay: Essay) -> None:
    handed = await room.interview.add_notes("me", essay.id, "## What I missed\n\nThe noise.\n")
    assert [note.section for note in handed.notes] == ["missed"]
    assert room.models.asked == []
