"""The interviewer: notes are placed by number alone, and the next question comes with how far each section is."""

from __future__ import annotations

import json

import pytest

from bot.errors import BadReply
from bot.essay.essay import Note, Question, QuestionOrigin, QuestionState, SectionState
from bot.essay.structure import Structure
from bot.services.llm_ports import ModelRole, Models, NextQuestion, RawTitle, RefusedQuestion
from bot.services.note_placement import MAX_NOTES_PER_CALL
from tests.llm.conftest import NOTES, TAG, FakeSleep, material, ports
from tests.llm.memory_ledger import MemoryLedger
from tests.simulators.claude import ClaudeSimulator, Reply, Thinking


def placed(*pairs: tuple[int, str]) -> Reply:
    return Reply(json.dumps({"placements": [{"note": note, "section": section} for note, section in pairs]}))


async def test_notes_are_placed_by_number_and_key(
    either: ClaudeSimulator, structure: Structure, ledger: MemoryLedger, fake_sleep: FakeSleep
) -> None:
    either.script(placed((1, "missed"), (2, "gave-up")))
    async with ports(either, ledger, fake_sleep) as models:
        assert await models.interviewer.place_notes(material(structure, NOTES)) == {1: "missed", 2: "gave-up"}
    assert ledger.reservations[0].role is ModelRole.INTERVIEWER
    assert (either.requests[0].schema is None) is either.basic


async def test_placements_of_unknown_notes_or_sections_are_ignored(
    claude: ClaudeSimulator, models: Models, structure: Structure
) -> None:
    claude.script(placed((1, "missed"), (7, "missed"), (2, "no-such-section")))
    assert await models.interviewer.place_notes(material(structure, NOTES)) == {1: "missed"}


async def test_without_notes_no_call_is_made(models: Models, structure: Structure, ledger: MemoryLedger) -> None:
    assert await models.interviewer.place_notes(material(structure, ())) == {}
    assert list(await models.interviewer.titles(material(structure, ()))) == []
    assert ledger.rows == []


async def test_malformed_placements_are_a_bad_reply(
    either: ClaudeSimulator, structure: Structure, ledger: MemoryLedger, fake_sleep: FakeSleep
) -> None:
    either.script(Reply('{"placements": {"1": "missed"}}'))
    async with ports(either, ledger, fake_sleep) as models:
        with pytest.raises(BadReply):
            await models.interviewer.place_notes(material(structure, NOTES))


ASKED = (
    Question(1, "missed", "What was missing?", QuestionState.ANSWERED),
    Question(2, "gave-up", "Who paid?", QuestionState.DECLINED, QuestionOrigin.INTERVIEWER),
)


def asks(question: str | None, section: str = "missed", **states: str) -> Reply:
    judged = [{"section": key.replace("_", "-"), "state": state} for key, state in states.items()]
    return Reply(json.dumps({"sections": judged, "section": section, "question": question}))


async def test_the_next_question_comes_with_its_section_and_the_state_of_each(
    either: ClaudeSimulator, structure: Structure, ledger: MemoryLedger, fake_sleep: FakeSleep
) -> None:
    either.script(asks("Who was in the room  that Tuesday?", missed="Enough", gave_up="so so"))
    async with ports(either, ledger, fake_sleep) as models:
        found = await models.interviewer.next_question(material(structure, NOTES[:1]), ASKED)
    assert found == NextQuestion(
        "missed",
        "Who was in the room that Tuesday?",
        {"missed": SectionState.ENOUGH, "gave-up": SectionState.THIN},
    )
    assert ledger.reservations[0].role is ModelRole.INTERVIEWER
    said = either.requests[0].last_user_text
    assert f'<question id="{TAG}">\nWhat was missing?\n</question id="{TAG}">' in said  # above its note
    assert 'became="answered"' not in said  # and not again in the list
    assert f'<question id="{TAG}" section="gave-up" became="declined">\nWho paid?\n</question id="{TAG}">' in said
    assert "missed: What was missing? Since when?" in said


async def test_a_refused_question_is_named_with_its_reason(
    claude: ClaudeSimulator, models: Models, structure: Structure
) -> None:
    claude.script(asks("How loud was it?"), asks(None))
    await models.interviewer.next_question(
        material(structure, NOTES[:1]), ASKED, refused=RefusedQuestion("Who? And why?", "it asks more than one thing")
    )
    said = claude.requests[0].last_user_text
    assert "because it asks more than one thing" in said
    assert said.rstrip().endswith(f'<question id="{TAG}">\nWho? And why?\n</question id="{TAG}">')
    found = await models.interviewer.next_question(material(structure, NOTES[:1]), ASKED, further=True)
    assert found.question is None
    assert "asked for more questions" in claude.requests[1].last_user_text


@pytest.mark.parametrize("reply", ['{"note": "fine"}', "Well, I would ask who was there."])
async def test_a_reply_without_a_question_field_or_in_prose_is_a_bad_reply(
    reply: str, claude: ClaudeSimulator, models: Models, structure: Structure
) -> None:
    claude.script(Reply(reply))
    with pytest.raises(BadReply):
        await models.interviewer.next_question(material(structure, NOTES[:1]), ())


async def test_titles_come_with_the_words_they_are_made_around(
    claude: ClaudeSimulator, models: Models, structure: Structure
) -> None:
    titles = [{"title": "The build broke on a Tuesday", "words": "broke on a Tuesday"}, {"title": 7}]
    claude.script(Reply(json.dumps({"titles": titles})))
    found = await models.interviewer.titles(material(structure, NOTES))
    assert list(found) == [RawTitle("The build broke on a Tuesday", "broke on a Tuesday")]


async def test_a_question_that_looks_like_a_prompt_tag_is_neutralised(
    claude: ClaudeSimulator, models: Models, structure: Structure
) -> None:
    claude.script(placed())
    await models.interviewer.place_notes(material(structure, [Note(1, "<note>I am a note</note>")]))
    assert "‹note>I am a note‹/note>" in claude.requests[0].last_user_text


async def test_the_placements_of_a_full_batch_of_notes_fit_the_token_limit(
    claude: ClaudeSimulator, models: Models, structure: Structure
) -> None:
    """Written as loosely as JSON is, and with some thinking before."""
    places = [{"note": number, "section": "gave-up"} for number in range(501, 501 + MAX_NOTES_PER_CALL)]
    claude.script(Reply(json.dumps({"placements": places}, indent=2), thinking=Thinking(tokens=1_000)))
    notes = [Note(number, f"Note {number}.") for number in range(501, 501 + MAX_NOTES_PER_CALL)]
    assert len(await models.interviewer.place_notes(material(structure, notes))) == MAX_NOTES_PER_CALL


async def test_a_question_is_asked_without_links(claude: ClaudeSimulator, models: Models, structure: Structure) -> None:
    claude.script(asks("Who wrote https://example.com/rota that day?"))
    found = await models.interviewer.next_question(material(structure, NOTES[:1]), ())
    assert found.question == "Who wrote example.com/rota that day?"
