"""What a session is told of its cost is its own, whoever else calls models over the same store."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bot.errors import OverBudget
from bot.services.ledger import NANO_PER_USD, Budgets, RecordingLedger, Reservation, Settlement, total_cost
from bot.services.llm_ports import Cost, ModelRole
from bot.store.sql_store import SqlStore

pytestmark = pytest.mark.both_databases

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def session(store: SqlStore) -> RecordingLedger:
    return RecordingLedger(store, Budgets(Decimal(1), Decimal(1)))


async def spend(ledger: RecordingLedger, nano: int | None, *, worst: int = 1_000) -> None:
    number = await ledger.reserve(Reservation("local", ModelRole.WRITER, "big", "draft.md", "abc", worst), NOON)
    await ledger.settle(number, Settlement("big", 100, 10, 1_000, 50, nano, 700, 9_000, "end_turn"))


async def test_two_sessions_at_once_each_count_their_own_calls(store: SqlStore) -> None:
    mine, other = session(store), session(store)
    await spend(mine, 1)  # before anybody counts
    with mine.record_settlements() as all_of_mine:
        await spend(mine, 20)
        with mine.record_settlements() as one_job, other.record_settlements() as theirs:
            await spend(other, 300)
            await spend(mine, 4_000)
        await spend(mine, 50_000)
        assert total_cost(one_job) == Cost(4_000, 1_110, 50)
        assert total_cost(theirs) == Cost(300, 1_110, 50)
    await spend(mine, 600_000)
    assert total_cost(all_of_mine) == Cost(54_020, 3 * 1_110, 150)
    (row,) = await mine.usage(NOON)
    assert (row.calls, row.nano_usd) == (6, 654_321)
    assert (await other.spending("local", NOON)).month == 654_321


async def test_a_call_without_a_price_leaves_the_sum_without_one_and_a_call_that_is_not_made_costs_nothing(
    store: SqlStore,
) -> None:
    ledger = session(store)
    with ledger.record_settlements() as calls:
        with pytest.raises(OverBudget):
            await spend(ledger, 1, worst=2 * NANO_PER_USD)
        assert calls == []
        await spend(ledger, 1)
        await spend(ledger, None)
    assert total_cost(calls) == Cost(None, 2_220, 100)
