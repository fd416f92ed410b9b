"""The interviewer: notes are placed by number alone, and one new question is asked or none."""

from __future__ import annotations

import json

import pytest

from bot.errors import BadReply
from bot.essay.essay import Note
from bot.essay.structure import Structure
from bot.llm.interviewer import extract_new_question
from bot.services.llm_ports import ModelRole, Models
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
    assert await models.interviewer.follow_up(material(structure, ()), structure.sections[0], ()) is None
    assert ledger.rows == []


async def test_malformed_placements_are_a_bad_reply(
    either: ClaudeSimulator, structure: Structure, ledger: MemoryLedger, fake_sleep: FakeSleep
) -> None:
    either.script(Reply('{"placements": {"1": "missed"}}'))
    async with ports(either, ledger, fake_sleep) as models:
        with pytest.raises(BadReply):
            await models.interviewer.place_notes(material(structure, NOTES))


async def test_one_question_is_asked_about_the_last_answer(
    either: ClaudeSimulator, structure: Structure, ledger: MemoryLedger, fake_sleep: FakeSleep
) -> None:
    either.script(Reply('{"question": "Who was in the room that Tuesday?"}'))
    async with ports(either, ledger, fake_sleep) as models:
        question = await models.interviewer.follow_up(
            material(structure, NOTES[:1]), structure.sections[0], ["What was missing?"]
        )
    assert question == "Who was in the room that Tuesday?"
    turn = either.requests[0].last_user_text
    assert f'<question id="{TAG}">\nWhat was missing?\n</question id="{TAG}">' in turn
    assert (
        f'<note id="{TAG}" number="1">\nThe build broke on a Tuesday and nobody asked me.\n</note id="{TAG}">' in turn
    )


@pytest.mark.parametrize(
    "reply",
    [
        '{"question": null}',
        '{"question": ""}',
        '{"question": "Tell me more."}',
        json.dumps({"question": "Who " + "really " * 50 + "was it?"}),
        '{"question": "what was missing"}',
        '{"question": "What was missing, then?"}',
    ],
)
async def test_a_reply_without_a_new_question_gives_none(
    reply: str, claude: ClaudeSimulator, models: Models, structure: Structure
) -> None:
    claude.script(Reply(reply))
    section = structure.sections[0]
    asked = ["What was missing then?"]
    assert await models.interviewer.follow_up(material(structure, NOTES[:1]), section, asked) is None


async def test_a_reply_without_a_question_field_is_a_bad_reply(
    claude: ClaudeSimulator, models: Models, structure: Structure
) -> None:
    claude.script(Reply('{"note": "fine"}'))
    with pytest.raises(BadReply):
        await models.interviewer.follow_up(material(structure, NOTES[:1]), structure.sections[0], ())


@pytest.mark.parametrize(
    "question",
    [
        "Who said “no?”",
        "誰がそう言いましたか？",
        "ماذا قال لك المدير؟",
        "Τι σας είπε ο διευθυντής;",
        "Ի՞նչ ասաց նա։",
    ],
)
def test_a_question_may_end_with_the_question_mark_of_its_script(question: str) -> None:
    assert extract_new_question(question, ()) == question


def test_a_semicolon_ends_a_question_in_greek_only() -> None:
    assert extract_new_question("It was late;", ()) is None


def test_a_question_of_the_same_pattern_about_somebody_else_is_new() -> None:
    assert (
        extract_new_question("What did your mother say?", ["What did your manager say?"]) == "What did your mother say?"
    )
    assert extract_new_question("What did your manager say then?", ["What did your manager say?"]) is None


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


async def test_a_follow_up_question_is_asked_without_links(
    claude: ClaudeSimulator, models: Models, structure: Structure
) -> None:
    claude.script(Reply(json.dumps({"question": "Who wrote https://example.com/rota that day?"})))
    asked = await models.interviewer.follow_up(material(structure, NOTES[:1]), structure.sections[0], ())
    assert asked == "Who wrote example.com/rota that day?"
