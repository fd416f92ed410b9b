"""Follow-ups use the room there is: on the answer just given, then on the earlier ones that leave most open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

import pytest

from bot.errors import Overloaded
from bot.essay.essay import Question
from bot.essay.structure import Section, Structure, WordBudget
from bot.services.interview import MAX_ANSWERS_TRIED, MAX_QUESTIONS_BEFORE_POST
from bot.store.sqlite import SqliteStore
from tests.joined_services import join_services
from tests.services.conftest import Room
from tests.services.fakes import FakeModels, Gate
from tests.services.interview_steps import WaitingInterview


def parts(count: int) -> Structure:
    sections = tuple(
        Section(f"s{n}", f"Section {n}", "Say it.", WordBudget(5, 20), (f"First of {n}?", f"Second of {n}?"))
        for n in range(count)
    )
    return Structure("parts", "Parts", "Sections, for tests.", sections)


class Talk:
    """An interview over a structure of so many sections, with scripted models."""

    def __init__(self, store: SqliteStore, clock: Callable[[], datetime], count: int) -> None:
        self.structure = parts(count)
        services = join_services(store, self.structure, clock)
        self.desk = services.essays
        self.notes = services.notes
        self.models = FakeModels()
        self.interview = WaitingInterview(self.desk, self.notes, store, services.jobs, clock, self.models)

    async def put(self) -> Question | None:
        return (await self.interview.next_step("me", "one")).question

    async def say(self, *answers: str | None) -> list[str]:
        """Answers the questions that come, None skips; their texts."""
        texts = []
        for answer in answers:
            question = await self.put()
            assert question is not None
            texts.append(question.text)
            if answer is None:
                await self.interview.skip_question("me", "one", question)
            else:
                await self.interview.add_answer("me", "one", question, answer)
        return texts

    @property
    def chased(self) -> list[str]:
        """The answers that the model was asked about, in order."""
        return [asked.given["notes"][-1].text for asked in self.models.asked]


@pytest.fixture
def talk(store: SqliteStore, clock: Callable[[], datetime]) -> Callable[[int], Talk]:
    return lambda count: Talk(store, clock, count)


async def test_of_eight_questions_seven_are_for_sections_and_one_follows_up_a_vague_answer(
    talk: Callable[[int], Talk],
) -> None:
    it = talk(7)
    await it.desk.create_essay("me", it.structure)
    it.models.script(None, None, "How many of them?")
    asked = await it.say("In May 2019.", "Anna did.", "A lot.", *["It was so."] * 5)
    assert asked == [
        "First of 0?",
        "First of 1?",
        "First of 2?",
        "How many of them?",
        *[f"First of {n}?" for n in range(3, 7)],
    ]
    assert await it.put() is None
    assert len(asked) == MAX_QUESTIONS_BEFORE_POST


async def test_answers_that_could_not_be_followed_up_are_tried_after_the_last_section(
    talk: Callable[[int], Talk],
) -> None:
    """The shortest without a number, name, date or quotation first, then those that hold one."""
    it = talk(4)
    await it.desk.create_essay("me", it.structure)
    it.models.script(*[Overloaded()] * 3, None, "How did it begin?", "What was in it?", "Who else was there?", "When?")
    answers = [
        "It was a hard time for all of us.",
        "In May 2019.",
        "A lot.",
        "Anna said \u201cno\u201d to me that day.",
    ]
    assert await it.say(*answers) == [f"First of {n}?" for n in range(4)]
    rest = await it.say("Slowly, as it does.", "Rust, 4 bags.", None, None)
    assert rest == ["How did it begin?", "What was in it?", "Who else was there?", "When?"]
    assert it.chased[:4] == answers
    assert it.chased[4:] == ["A lot.", "Slowly, as it does.", answers[0], answers[1]]
    assert await it.put() is None


async def test_the_answer_to_a_skipped_question_that_was_returned_to_is_followed_up(
    talk: Callable[[int], Talk],
) -> None:
    it = talk(3)
    await it.desk.create_essay("me", it.structure)
    await it.say(None, None)
    (first, _) = await it.interview.skipped_questions("me", "one")
    await it.interview.reopen_question("me", "one", first)
    it.models.script("Since which year?")
    assert await it.say("For long.", None) == ["First of 0?", "Since which year?"]
    assert it.chased == ["For long."]
    assert await it.say(None) == ["First of 2?"]  # and a follow-up that was skipped is not pressed


async def test_a_follow_up_answered_before_a_skipped_question_was_returned_to_does_not_count_as_its_own(
    talk: Callable[[int], Talk],
) -> None:
    it = talk(1)
    await it.desk.create_essay("me", it.structure)
    await it.say(None)
    second = (await it.interview.next_step("me", "one", further=True)).question
    assert second is not None
    await it.interview.add_answer("me", "one", second, "A lot.")
    it.models.script("How many?", "Who began it?")
    assert await it.say("Four of them.") == ["How many?"]
    (first,) = await it.interview.skipped_questions("me", "one")
    await it.interview.reopen_question("me", "one", first)
    assert await it.say("The team.", None) == ["First of 0?", "Who began it?"]
    assert it.chased == ["A lot.", "The team."]


async def test_an_answer_with_nothing_to_ask_is_not_sent_again(talk: Callable[[int], Talk]) -> None:
    it = talk(2)
    await it.desk.create_essay("me", it.structure)
    it.models.script(None, None)
    await it.say("A lot.", "Too much.")
    for _ in range(3):
        assert await it.put() is None
    assert it.chased == ["A lot.", "Too much."]


async def test_only_a_few_follow_up_calls_are_made_before_the_post_is_offered(
    talk: Callable[[int], Talk],
) -> None:
    it = talk(6)
    await it.desk.create_essay("me", it.structure)
    while (question := await it.interview.next_question("me", "one")) is not None:
        await it.interview.add_answer("me", "one", question, "A lot.")
    it.models.script(*[None] * 6)
    assert await it.put() is None
    assert len(it.models.asked) == MAX_ANSWERS_TRIED
    assert await it.put() is None
    assert len(it.models.asked) == 6


async def test_a_follow_up_that_quotes_a_left_out_answer_reaches_no_model(room: Room, structure: Structure) -> None:
    essay = (await room.desk.create_essay("me", structure)).id
    room.models.script("How often did Viktor drink?", None)
    for answer in ("Viktor drank.", "Weekly.", "My pay."):
        question = (await room.interview.next_step("me", essay)).question
        assert question is not None
        await room.interview.add_answer("me", essay, question, answer)
    await room.notes.exclude("me", essay, 1)
    room.models.asked.clear()
    room.models.script("How much was it?")
    question = (await room.interview.next_step("me", essay)).question
    assert question is not None
    assert question.text == "How much was it?"
    await room.interview.add_answer("me", essay, question, "Half.")
    (asked,) = room.models.asked
    assert list(asked.given["asked"]) == ["What was missing?", "What did it cost?"]
    assert "Viktor" not in asked
    room.models.script("how often did Viktor DRINK", None)  # what was withheld is not asked again for that
    assert (await room.interview.next_step("me", essay)).question is None
    material = room.writing.context_builder.build(await room.desk.snapshot("me", essay))
    assert [(note.text, note.question) for note in material.notes] == [
        ("Weekly.", None),
        ("My pay.", "What did it cost?"),
        ("Half.", "How much was it?"),
    ]
    await room.notes.include("me", essay, 1)
    material = room.writing.context_builder.build(await room.desk.snapshot("me", essay))
    assert material.notes[1].question == "How often did Viktor drink?"


async def test_a_follow_up_on_an_answer_excluded_meanwhile_is_not_asked(talk: Callable[[int], Talk]) -> None:
    """Nor one whose place another question has taken; and of two who wait for it, the model is asked once."""
    it = talk(7)
    await it.desk.create_essay("me", it.structure)
    gates = [Gate(), Gate()]

    def thinks(gate: Gate) -> Callable[[], Coroutine[Any, Any, str]]:
        async def comes() -> str:
            await gate.hold()
            return "How many of them?"

        return comes

    it.models.script(*map(thinks, gates))
    await it.say("A lot.")
    waiting = [asyncio.create_task(it.put()) for _ in range(2)]
    await gates[0].reached()
    await it.notes.exclude("me", "one", 1)
    gates[0].release()
    put = [question.text for question in await asyncio.gather(*waiting) if question is not None]
    assert put == ["First of 1?", "First of 1?"]
    assert await it.say("Some.") == ["First of 1?"]
    late = asyncio.create_task(it.put())
    await gates[1].reached()
    without = await it.interview.next_question("me", "one")
    gates[1].release()
    assert await late == without
    assert without is not None
    assert without.text == "First of 2?"
    assert len(it.models.asked) == 2


@pytest.mark.parametrize(
    "question",
    [
        "What is your password?",
        "Who told you of https://evil.example/x?",
        "Did you write to kim@evil.example that day?",
    ],
)
async def test_a_follow_up_that_asks_for_a_secret_or_brings_in_an_address_is_not_put(
    question: str, talk: Callable[[int], Talk]
) -> None:
    it = talk(2)
    await it.desk.create_essay("me", it.structure)
    it.models.script(question)
    assert await it.say("It was slow, and I left.") == ["First of 0?"]
    question_after = await it.put()
    assert question_after is not None
    assert (question_after.text, it.chased) == ("First of 1?", ["It was slow, and I left."])
