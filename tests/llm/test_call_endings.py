"""How calls end that did reach a model, for every port: refused, out of room, wordless, out of form, or stopped."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.errors import BadReply, Declined, NothingWritten, OnlyThinking
from bot.essay.structure import Structure
from tests.llm.memory_ledger import MemoryLedger
from tests.llm.port_calls import PORTS, Calling, every_port
from tests.simulators.claude import ClaudeSimulator, Gate, Pause, Refusal, Reply, Thinking

MIDDLE = 20  # characters of each port's good reply after which it is stopped


@every_port
@pytest.mark.parametrize("after", [0, MIDDLE])
async def test_a_refusal_is_reported_and_text_before_it_is_dropped(calling: Calling, after: int) -> None:
    calling.claude.script(replace(calling.good, ending=Refusal(after, category="cyber")))
    with pytest.raises(Declined, match="dropped") as caught:
        await calling.call()
    assert caught.value.refusal_category == "cyber"
    assert calling.fake_sleep.taken == []
    (row,) = calling.ledger.rows
    assert (row.stop_reason, row.is_estimated) == ("refusal", False)
    assert row.nano_usd == round(calling.claude.requests[0].billed.total * 1e9)
    assert (row.nano_usd == 0) is (after == 0)


@every_port
async def test_a_call_whose_token_limit_is_used_up_by_thinking_raises_only_thinking(calling: Calling) -> None:
    calling.claude.script(replace(calling.good, thinking=Thinking(tokens=50_000)))
    with pytest.raises(OnlyThinking):
        await calling.call()
    (row,), (request,) = calling.ledger.rows, calling.claude.requests
    assert (row.stop_reason, row.output_tokens) == ("max_tokens", request.body["max_tokens"])


@every_port
async def test_an_answer_without_text_is_nothing_written(calling: Calling) -> None:
    calling.claude.script(Reply("", thinking=Thinking()))
    with pytest.raises(NothingWritten):
        await calling.call()
    assert calling.fake_sleep.taken == []


@every_port
@pytest.mark.parametrize("reason", ["tool_use", "pause_turn"])
async def test_a_stop_for_a_tool_is_an_unfinished_reply(calling: Calling, reason: str) -> None:
    calling.claude.script(replace(calling.good, stop_reason=reason))
    with pytest.raises(BadReply, match="stopped before it had finished"):
        await calling.call()
    assert calling.fake_sleep.taken == []


BREAKS_OFF = "…"
MISSHAPEN = [
    BREAKS_OFF,
    "Sorry, I would rather talk about something else.",
    '{"verdict": "good"}',
    '{"remarks": "none", "fix_first": "x"}',
    "[" * 1_500,
    '{"a":' * 1_500,
]
structured = pytest.mark.parametrize("name", ["place", "next_question"])


@structured
@pytest.mark.parametrize("text", MISSHAPEN, ids=range(len(MISSHAPEN)))
async def test_a_malformed_reply_is_a_bad_reply_and_is_paid_for(
    name: str, text: str, either: ClaudeSimulator, structure: Structure
) -> None:
    calling = Calling(PORTS[name], either, structure)
    either.script(Reply(calling.port.good[:-40] if text == BREAKS_OFF else text))
    with pytest.raises(BadReply, match="not in the form"):
        await calling.call()
    assert [(row.stop_reason, row.is_estimated) for row in calling.ledger.rows] == [("end_turn", False)]
    assert calling.fake_sleep.taken == []


@pytest.mark.parametrize("text", [*MISSHAPEN[1:], "<finding>It is vague.</finding>"], ids=range(len(MISSHAPEN)))
async def test_a_critique_without_a_tag_or_a_readable_finding_is_a_bad_reply_and_is_paid_for(
    text: str, either: ClaudeSimulator, structure: Structure
) -> None:
    calling = Calling(PORTS["critique"], either, structure)
    either.script(Reply(text))
    with pytest.raises(BadReply, match="not in the form"):
        await calling.call()
    assert [(row.stop_reason, row.is_estimated) for row in calling.ledger.rows] == [("end_turn", False)]


@structured
async def test_a_truncated_structured_reply_is_a_bad_reply_even_if_it_parses(calling: Calling) -> None:
    calling.claude.script(replace(calling.good, stop_reason="max_tokens"))
    with pytest.raises(BadReply, match="longer than there is room for"):
        await calling.call()


@every_port
async def test_stopping_a_call_closes_its_stream_and_settles_it(calling: Calling) -> None:
    gate = Gate()
    calling.claude.script(replace(calling.good, pauses=(Pause(MIDDLE, gate),)))
    task = asyncio.ensure_future(calling.call())
    await gate.reached()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await calling.claude.requests[0].done()).disconnected
    assert [(row.stop_reason, row.is_estimated) for row in calling.ledger.rows] == [("cancelled", True)]
    assert calling.fake_sleep.taken == []


@every_port
async def test_stopping_while_the_call_is_being_reserved_gives_the_reservation_back(calling: Calling) -> None:
    class SlowLedger(MemoryLedger):
        async def reserve(self, *args: object) -> int:
            begun.set()
            await go_on.wait()
            return await super().reserve(*args)  # type: ignore[arg-type]  # passed through as they came

    begun, go_on = asyncio.Event(), asyncio.Event()
    calling.ledger = SlowLedger()
    task = asyncio.ensure_future(calling.call())
    await begun.wait()
    task.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [(row.stop_reason, row.nano_usd) for row in calling.ledger.rows] == [("cancelled", 0)]
    assert calling.claude.requests == []
