"""What a call comes to in the ledger where another model answers than was asked."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bot.errors import BudgetSpent
from bot.essay.structure import Structure
from bot.services.ledger import Budgets, RecordingLedger
from bot.services.llm_ports import ModelRole, Models
from bot.store.sqlite import SqliteStore
from tests.llm.conftest import IDS, LOCAL, WRITER, FakeSleep, ProgressLog, ports
from tests.llm.memory_ledger import MemoryLedger
from tests.llm.test_malformed_replies import BLOCK, STOP, TEXT, draft, end, events, start
from tests.simulators.claude import ClaudeSimulator

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # by the clock of the ports
OPUS, HAIKU = IDS[ModelRole.WRITER], IDS[ModelRole.INTERVIEWER]
# 700 tokens in and 15,000 out, in nano-dollars, by Anthropic's price list.
AT_OPUS = 700 * 4_000 + 15_000 * 20_000
AT_HAIKU = 700 * 100 + 15_000 * 500


@pytest.mark.parametrize(
    ("answering", "nano_usd"),
    [
        (OPUS, AT_OPUS),
        (f"{OPUS}-20260922", AT_OPUS),
        (HAIKU, AT_HAIKU),  # a fallback with a price of its own
        (f"us.anthropic.{OPUS}", AT_OPUS),  # an alias: the price of the model that was asked, at which it was reserved
        ("a-proxys-own-name", AT_OPUS),
    ],
)
async def test_a_call_is_billed_at_the_price_of_the_answering_model_or_else_the_requested_one(
    answering: str,
    nano_usd: int,
    claude: ClaudeSimulator,
    models: Models,
    structure: Structure,
    ledger: MemoryLedger,
    on: ProgressLog,
) -> None:
    claude.script(events(start(model=answering), BLOCK, TEXT, end(output_tokens=15_000), STOP))
    written = await draft(models, structure, on)
    assert (written.model, written.cost.nano_usd) == (answering, nano_usd)
    assert [(row.model, row.nano_usd, row.is_estimated) for row in ledger.rows] == [(answering, nano_usd, False)]


@pytest.mark.parametrize(("answering", "nano_usd"), [("another-local-model", 0), (HAIKU, AT_HAIKU)])
async def test_a_free_model_is_billed_nothing_unless_a_priced_model_answers(
    answering: str, nano_usd: int, local: ClaudeSimulator, structure: Structure, fake_sleep: FakeSleep, on: ProgressLog
) -> None:
    ledger = MemoryLedger()
    local.script(events(start(model=answering), BLOCK, TEXT, end(output_tokens=15_000), STOP))
    async with ports(local, ledger, fake_sleep) as models:
        await draft(models, structure, on)
    assert [(each.model, each.max_nano_usd) for each in ledger.reservations] == [(LOCAL[ModelRole.WRITER], 0)]
    assert [(row.model, row.nano_usd, row.output_tokens) for row in ledger.rows] == [(answering, nano_usd, 15_000)]


async def test_a_model_answering_under_an_alias_still_counts_against_the_budget(
    claude: ClaudeSimulator, store: SqliteStore, structure: Structure, fake_sleep: FakeSleep, on: ProgressLog
) -> None:
    ledger = RecordingLedger(store, Budgets(Decimal("0.50"), Decimal(50)))
    claude.script(events(start(model=f"us.anthropic.{OPUS}"), BLOCK, TEXT, end(output_tokens=15_000), STOP))
    async with ports(claude, ledger, fake_sleep) as models:
        await draft(models, structure, on)
        with pytest.raises(BudgetSpent):
            await draft(models, structure, on)
    assert (await ledger.spending(WRITER, NOW)).writer_day == AT_OPUS
    (row,) = await ledger.usage(NOW)
    assert (row.model, row.nano_usd, row.unpriced_calls) == (f"us.anthropic.{OPUS}", AT_OPUS, 0)
