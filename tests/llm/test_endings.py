"""How calls end that did reach a model: refused, out of room, wordless, out of form, or stopped by the person."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import (
    BadReply,
    CutShort,
    Declined,
    NothingWritten,
)
from bot.essay.structure import Structure
from bot.workflow.models import Models
from tests.llm.asks import GOOD_CRITIQUE, Ask, both, critique, draft
from tests.llm.conftest import DRAFT, MemoryLedger, Naps, Pieces, ports
from tests.simulators.claude import (
    ClaudeSimulator,
    Gate,
    Pause,
    Refusal,
    Reply,
    Thinking,
)


@both
@pytest.mark.parametrize("after", [0, 30])
async def test_a_refusal_is_told_and_what_had_begun_is_dropped(
    after: int,
    ask: Ask,
    claude: ClaudeSimulator,
    models: Models,
    structure: Structure,
    ledger: MemoryLedger,
    naps: Naps,
    on: Pieces,
) -> None:
    claude.script(Reply(DRAFT, ending=Refusal(after, category="cyber")))
    with pytest.raises(Declined, match="dropped") as caught:
        await ask(models, structure, on)
    assert caught.value.category == "cyber"
    assert naps.taken == []
    (row,) = ledger.rows
    assert (row.stop_reason, row.estimated) == ("refusal", False)
    assert row.nano_usd == round(claude.requests[0].billed.total * 1e9)
    assert (row.nano_usd == 0) is (after == 0)


@both
async def test_room_used_up_by_thinking_is_cut_short(
    ask: Ask, claude: ClaudeSimulator, models: Models, structure: Structure, ledger: MemoryLedger, on: Pieces
) -> None:
    claude.script(Reply(DRAFT, thinking=Thinking(tokens=50_000)))
    with pytest.raises(CutShort):
        await ask(models, structure, on)
    assert (ledger.rows[0].stop_reason, ledger.rows[0].output_tokens) == ("max_tokens", 16_000)


@both
async def test_an_end_without_a_word_is_told(
    ask: Ask, claude: ClaudeSimulator, models: Models, structure: Structure, naps: Naps, on: Pieces
) -> None:
    claude.script(Reply("", thinking=Thinking()))
    with pytest.raises(NothingWritten):
        await ask(models, structure, on)
    assert naps.taken == []


@both
async def test_an_end_for_a_tool_that_was_never_offered_is_a_bad_reply(
    ask: Ask, claude: ClaudeSimulator, models: Models, structure: Structure, on: Pieces
) -> None:
    claude.script(Reply(DRAFT, stop_reason="tool_use"))
    with pytest.raises(BadReply):
        await ask(models, structure, on)


MISSHAPEN = [
    GOOD_CRITIQUE[:-40],
    "Sorry, I would rather talk about something else.",
    '{"verdict": "good"}',
    '{"remarks": "none", "fix_first": "x"}',
    "[" * 5_000,
    '{"a":' * 5_000,
]


@pytest.mark.parametrize("text", MISSHAPEN, ids=range(len(MISSHAPEN)))
async def test_a_critique_out_of_form_is_a_bad_reply_and_is_paid_for(
    text: str,
    either: ClaudeSimulator,
    structure: Structure,
    ledger: MemoryLedger,
    naps: Naps,
    on: Pieces,
) -> None:
    either.script(Reply(text))
    async with ports(either, ledger, naps) as models:
        with pytest.raises(BadReply, match="not in the form"):
            await critique(models, structure, on)
    assert [(row.stop_reason, row.estimated) for row in ledger.rows] == [("end_turn", False)]
    assert naps.taken == []


async def test_a_critique_cut_short_is_a_bad_reply_even_where_it_can_be_read(
    claude: ClaudeSimulator, models: Models, structure: Structure, on: Pieces
) -> None:
    claude.script(Reply(GOOD_CRITIQUE, stop_reason="max_tokens"))
    with pytest.raises(BadReply, match="longer than there is room for"):
        await critique(models, structure, on)


@both
async def test_stopping_a_call_closes_its_stream_and_settles_it(
    ask: Ask,
    claude: ClaudeSimulator,
    models: Models,
    structure: Structure,
    ledger: MemoryLedger,
    naps: Naps,
    on: Pieces,
) -> None:
    gate = Gate()
    claude.script(Reply(DRAFT, pauses=(Pause(20, gate),)))
    task = asyncio.ensure_future(ask(models, structure, on))
    await gate.reached()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await claude.requests[0].done()).disconnected
    assert [(row.stop_reason, row.estimated) for row in ledger.rows] == [("cancelled", True)]
    assert naps.taken == []


async def test_stopping_while_the_call_is_being_reserved_gives_the_reservation_back(
    claude: ClaudeSimulator, structure: Structure, naps: Naps, on: Pieces
) -> None:
    class SlowLedger(MemoryLedger):
        async def reserve(self, *args: object) -> int:
            begun.set()
            await go_on.wait()
            return await super().reserve(*args)  # type: ignore[arg-type]  # passed through as they came

    begun, go_on = asyncio.Event(), asyncio.Event()
    ledger = SlowLedger()
    async with ports(claude, ledger, naps) as models:
        task = asyncio.ensure_future(draft(models, structure, on))
        await begun.wait()
        task.cancel()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert [(row.stop_reason, row.nano_usd) for row in ledger.rows] == [("cancelled", 0)]
    assert claude.requests == []
