"""The drafter and the reviser, through the real SDK, against the loopback Claude in both dialects."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.errors import BadReply
from bot.essay.structure import Structure, WordBudget
from bot.services.llm_ports import ModelRole, Models
from tests.llm.conftest import DRAFT, NOTES, TAG, FakeSleep, ProgressLog, material, ports
from tests.llm.memory_ledger import MemoryLedger
from tests.simulators.claude import ClaudeSimulator, Reply, Thinking, tokens_in


async def test_a_draft_is_streamed_in_pieces_and_returned_whole(
    either: ClaudeSimulator, ledger: MemoryLedger, fake_sleep: FakeSleep, on: ProgressLog, structure: Structure
) -> None:
    either.script(Reply(DRAFT, thinking=Thinking(tokens=100)))
    async with ports(either, ledger, fake_sleep) as models:
        written = await models.drafter.draft(material(structure, NOTES), on)
    assert written.text == on.text == DRAFT
    assert on.thoughts == 1
    assert not written.is_truncated
    assert written.model == either.requests[0].model
    assert written.cost.output_tokens == 100 + tokens_in(DRAFT)
    assert written.cost.input_tokens == either.requests[0].usage.total_input


async def test_the_request_holds_the_notes_and_asks_for_each_section_last(
    either: ClaudeSimulator, ledger: MemoryLedger, fake_sleep: FakeSleep, on: ProgressLog, structure: Structure
) -> None:
    either.script(Reply(DRAFT))
    async with ports(either, ledger, fake_sleep) as models:
        await models.drafter.draft(material(structure, NOTES), on)
    turn = either.requests[0].last_user_text
    notes, task = turn.split(
        f'<note id="{TAG}" number="2" section="gave-up">\nMy pay went from 61,000 to 48,500.\n</note id="{TAG}">'
    )
    assert "Tuesday" in notes
    for section in structure.sections:
        assert f"## {section.heading}\n" in task
        assert f"Length: {section.budget} words." in task
        assert f"[NEED: {section.questions[0]}]" in task
    assert f'<title id="{TAG}">\nOut\n</title id="{TAG}">' in task
    assert either.requests[0].streaming


async def test_effort_is_sent_to_claude_and_no_claude_only_parameter_to_a_local_server(
    either: ClaudeSimulator, ledger: MemoryLedger, fake_sleep: FakeSleep, on: ProgressLog, structure: Structure
) -> None:
    either.script(Reply(DRAFT))
    async with ports(either, ledger, fake_sleep) as models:
        await models.drafter.draft(material(structure, NOTES), on)
    body = either.requests[0].body
    if either.basic:
        assert set(body) == {"model", "max_tokens", "system", "messages", "stream"}
        assert isinstance(body["system"], str)
    else:
        assert body["output_config"] == {"effort": "medium"}
        assert body["system"][0]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}
        assert set(body) == {"model", "max_tokens", "system", "messages", "stream", "output_config", "metadata"}


async def test_a_draft_that_runs_out_of_room_is_truncated(
    claude: ClaudeSimulator, models: Models, on: ProgressLog, structure: Structure, ledger: MemoryLedger
) -> None:
    claude.script(Reply(DRAFT, thinking=Thinking(tokens=15_990)))
    written = await models.drafter.draft(material(structure, NOTES), on)
    assert written.is_truncated
    assert DRAFT.startswith(written.text)
    assert written.text == on.text != DRAFT
    assert ledger.rows[0].stop_reason == "max_tokens"


async def test_a_full_context_window_is_a_truncation_too(
    claude: ClaudeSimulator, models: Models, on: ProgressLog, structure: Structure
) -> None:
    claude.script(Reply(DRAFT[:40], stop_reason="model_context_window_exceeded"))
    assert (await models.drafter.draft(material(structure, NOTES), on)).is_truncated


async def test_finish_sends_the_draft_and_asks_for_the_missing_sections_alone(
    either: ClaudeSimulator, ledger: MemoryLedger, fake_sleep: FakeSleep, on: ProgressLog, structure: Structure
) -> None:
    done, rest = DRAFT.split("\n\n## ", 1)
    either.script(Reply("## " + rest))
    async with ports(either, ledger, fake_sleep) as models:
        written = await models.drafter.finish(material(structure, NOTES, text=done), ["gave-up"], on)
    assert written.text == on.text == "## " + rest
    turn = either.requests[0].last_user_text
    _, task = turn.split(f'<post id="{TAG}">\n{done}\n</post id="{TAG}">')
    assert "## What I gave up" in task
    assert "## What I missed" not in task
    assert ledger.reservations[0].prompt == "finish.md"


async def test_finish_without_a_section_is_a_value_error(
    models: Models, on: ProgressLog, structure: Structure, ledger: MemoryLedger
) -> None:
    with pytest.raises(ValueError, match="no section"):
        await models.drafter.finish(material(structure, NOTES, text=DRAFT), [], on)
    assert ledger.rows == []


async def test_a_revision_is_the_sections_body_alone(
    either: ClaudeSimulator, ledger: MemoryLedger, fake_sleep: FakeSleep, on: ProgressLog, structure: Structure
) -> None:
    either.script(Reply("## What I missed\n\nThe build broke. Nobody asked.\n"))
    async with ports(either, ledger, fake_sleep) as models:
        revised = await models.reviser.revise(material(structure, NOTES, text=DRAFT), 0, "Shorter, please.", on)
    assert revised.text == "The build broke. Nobody asked."
    turn = either.requests[0].last_user_text
    assert f'<instruction id="{TAG}">\nShorter, please.\n</instruction id="{TAG}">' in turn
    assert f'<heading id="{TAG}">\nWhat I missed\n</heading id="{TAG}">' in turn
    assert DRAFT in turn
    assert ledger.reservations[0].role is ModelRole.WRITER


async def test_a_revision_without_an_instruction_sends_a_default_one(
    claude: ClaudeSimulator, models: Models, on: ProgressLog, structure: Structure
) -> None:
    claude.script(Reply("The build broke."))
    await models.reviser.revise(material(structure, NOTES, text=DRAFT), 0, "  ", on)
    assert "<instruction" not in claude.requests[0].last_user_text
    assert "clearer and more exact" in claude.requests[0].last_user_text


@pytest.mark.parametrize("tag", ["think", "thinking"])
async def test_reasoning_in_the_answer_is_neither_shown_nor_kept(
    tag: str,
    either: ClaudeSimulator,
    ledger: MemoryLedger,
    fake_sleep: FakeSleep,
    on: ProgressLog,
    structure: Structure,
) -> None:
    either.script(Reply(f"\n<{tag}>First the scene.\n## What I missed\nNo.</{tag}>\n\n{DRAFT}", chunk=3))
    async with ports(either, ledger, fake_sleep) as models:
        written = await models.drafter.draft(material(structure, NOTES), on)
    assert written.text == on.text == DRAFT
    assert on.thoughts == 1


async def test_a_closing_reasoning_tag_that_nothing_opened_ends_the_reasoning(
    local: ClaudeSimulator, ledger: MemoryLedger, fake_sleep: FakeSleep, on: ProgressLog, structure: Structure
) -> None:
    local.script(Reply(f"I should begin with the build.\n</think>\n{DRAFT}"), Reply(f"{DRAFT}<think>Done.</think>"))
    async with ports(local, ledger, fake_sleep) as models:
        for _ in range(2):
            assert (await models.drafter.draft(material(structure, NOTES), on)).text == DRAFT


REFUSALS = ["I am sorry, but I cannot help with this text.", "Which of the two dates is right?"]


@pytest.mark.parametrize("said", REFUSALS)
async def test_a_refusal_in_prose_is_not_accepted_as_a_draft(
    said: str,
    either: ClaudeSimulator,
    ledger: MemoryLedger,
    fake_sleep: FakeSleep,
    on: ProgressLog,
    structure: Structure,
) -> None:
    wide = replace(structure, sections=tuple(replace(each, budget=WordBudget(60, 90)) for each in structure.sections))
    either.script(Reply(said), Reply(said), Reply(f"## What I missed\n\n{said}"))
    async with ports(either, ledger, fake_sleep) as models:
        with pytest.raises(BadReply, match="something other than the text"):
            await models.drafter.draft(material(wide, NOTES), on)
        with pytest.raises(BadReply, match="something other than the text"):
            await models.drafter.finish(material(wide, NOTES, text=""), ["gave-up"], on)
        assert said in (await models.drafter.draft(material(wide, NOTES), on)).text


@pytest.mark.parametrize(
    "said",
    [
        *REFUSALS[:1],
        "I can't help with that request.",
        "Here is the revised section:",
        "## What I missed",
        "## What I gave up\n\nMy pay.\n",
        "Could you tell me what you would like me to change?",
    ],
)
async def test_a_revision_that_is_no_section_is_a_bad_reply(
    said: str,
    either: ClaudeSimulator,
    ledger: MemoryLedger,
    fake_sleep: FakeSleep,
    on: ProgressLog,
    structure: Structure,
) -> None:
    either.script(Reply(said))
    async with ports(either, ledger, fake_sleep) as models:
        with pytest.raises(BadReply, match="something other than the text"):
            await models.reviser.revise(material(structure, NOTES, text=DRAFT), 0, "Shorter.", on)
    assert [(row.stop_reason, row.is_estimated) for row in ledger.rows] == [("end_turn", False)]


@pytest.mark.parametrize(
    ("said", "section"),
    [
        ("Here is the revised section:\n\nNobody asked.\n", "Nobody asked."),
        ("I can't help it: nobody asked.", "I can't help it: nobody asked."),
        ("No.", "No."),
        ("Nobody asked.\n\n## What I gave up\n\nMy pay.\n", "Nobody asked."),
    ],
)
async def test_a_section_of_a_few_words_is_accepted(
    said: str, section: str, claude: ClaudeSimulator, models: Models, on: ProgressLog, structure: Structure
) -> None:
    claude.script(Reply(said))
    revised = await models.reviser.revise(material(structure, NOTES, text=DRAFT), 0, "Shorter.", on)
    assert revised.text == section
