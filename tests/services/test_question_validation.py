"""A model's questions, in the interview and in a finding, bring in nothing that the writer did not say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.errors import InvalidInput
from bot.essay.structure import Structure
from bot.services.critique_validation import validate_critique
from bot.services.llm_ports import RawStrength
from tests.services.conftest import Room
from tests.services.fakes import opinion
from tests.services.test_critiques import found, pasted, remark

OURS = "What happened there, and to whom, the one time you remember best?"


async def put(room: Room, structure: Structure, answer: str, *follow_ups: str) -> str:
    """The question that comes after an answer to the first one, where the model asks these."""
    essay = (await room.desk.create_essay("me", structure)).id
    room.models.script(*follow_ups)
    first = (await room.interview.next_step("me", essay)).question
    assert first is not None
    await room.interview.add_answer("me", essay, first, answer)
    question = (await room.interview.next_step("me", essay)).question
    assert question is not None
    return question.text


@pytest.mark.parametrize(
    ("follow_up", "is_put"),
    [
        ("What did Anna say in May 2019?", True),
        ("How loud was it for the 14 of you?", True),
        ("Who said that it was “a zoo”?", True),
        ("What did you gave up, in your own words?", True),
        ("当時は何人いましたか。", True),
        ("Did Marcus Feld of Google really fire 40 people on 3 June?", False),
        ("Was it louder than 90 decibels?", False),
        ("Who said “I quit” first?", False),
        ("What did the part that you marked [private] cost you?", False),
    ],
)
async def test_a_follow_up_that_adds_a_fact_is_not_asked(
    follow_up: str, is_put: bool, room: Room, structure: Structure
) -> None:
    answer = "Anna said in May 2019 that it was a zoo, 14 of us in one room."
    assert await put(room, structure, answer, follow_up) == (follow_up if is_put else "What did it cost?")


async def test_a_name_that_stands_in_a_note_of_another_section_may_be_asked_about(
    room: Room, structure: Structure
) -> None:
    essay = (await room.desk.create_essay("me", structure)).id
    await room.desk.add_notes("me", essay, "## What I gave up\n\nViktor paid the rent.")
    room.models.script(None, "Was Viktor there?")
    first = (await room.interview.next_step("me", essay)).question
    assert first is not None
    await room.interview.add_answer("me", essay, first, "The noise.")
    question = (await room.interview.next_step("me", essay)).question
    assert question is not None
    assert question.text == "Was Viktor there?"


def test_a_finding_that_quotes_only_common_words_is_dropped_and_counted() -> None:
    text = "I left the team in May and we were humbled by it.\n"
    remarks = [remark(words) for words in ("the", "I", "and we", "humbled")]
    said = opinion(*remarks, praise=[RawStrength("in", "A place."), RawStrength("humbled", "A word.")], fixes=0)
    critique = validate_critique(said, text, None, [text])
    assert [finding.quotation for finding in critique.findings] == ["humbled"]
    assert [strength.quotation for strength in critique.strengths] == ["humbled"]
    assert critique.dropped == 4
    assert critique.fix_first.startswith("Begin with the first finding")


def test_a_replacement_for_only_common_words_is_not_offered() -> None:
    said = opinion(replace(remark("the"), replacement="We"))
    assert validate_critique(said, "the end of the year\n", None, []).findings == ()


JAPANESE = "朝、電車の中で田中さんは会社を辞めると言った。\n\n私は何も言えなかった。\n\n三年前のことだ。\n"


async def test_the_length_limits_of_a_critique_count_characters_in_scripts_without_spaces(room: Room) -> None:
    assert found(await pasted(room, opinion(remark("会社を辞める")), JAPANESE)).findings
    with pytest.raises(InvalidInput, match="The text has 4 characters, as much as 3 words, too few to say anything of"):
        await room.criticism.start_text_critique("me", "朝が来た。", None, own=True)
    long = "16,001 characters, as much as 10,001 words, and 10,000 can be critiqued at once"
    with pytest.raises(InvalidInput, match=long):
        await room.criticism.start_text_critique("me", "朝" * 16_001, None, own=True)
