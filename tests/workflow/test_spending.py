"""What a session is told of its cost is its own, whoever else calls models over the same store."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bot.errors import OverBudget
from bot.store.essays import SqliteStore
from bot.store.ledger import NANO, Budgets, SqliteLedger
from bot.workflow.models import Cost, Role
from bot.workflow.spending import CountingLedger, Reservation, Settlement, cost_of

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def session(store: SqliteStore) -> CountingLedger:
    return CountingLedger(SqliteLedger(store.thread, Budgets(Decimal(1), Decimal(1))))


async def spend(ledger: CountingLedger, nano: int | None, *, worst: int = 1_000) -> None:
    number = await ledger.reserve(Reservation("local", Role.WRITER, "big", "draft.md", "abc", worst), NOON)
    await ledger.settle(number, Settlement("big", 100, 10, 1_000, 50, nano, 700, 9_000, "end_turn"))


async def test_two_sessions_at_once_each_count_their_own_calls(store: SqliteStore) -> None:
    mine, other = session(store), session(store)
    await spend(mine, 1)  # before anybody counts
    with mine.counting() as all_of_mine:
        await spend(mine, 20)
        with mine.counting() as one_job, other.counting() as theirs:
            await spend(other, 300)
            await spend(mine, 4_000)
        await spend(mine, 50_000)
        assert cost_of(one_job) == Cost(4_000, 1_110, 50)
        assert cost_of(theirs) == Cost(300, 1_110, 50)
    await spend(mine, 600_000)
    assert cost_of(all_of_mine) == Cost(54_020, 3 * 1_110, 150)
    (row,) = await mine.usage(NOON)
    assert (row.calls, row.nano_usd) == (6, 654_321)
    assert (await other.spent("local", NOON)).month == 654_321


async def test_a_call_without_a_price_leaves_the_sum_without_one_and_a_call_that_is_not_made_costs_nothing(
    store: SqliteStore,
) -> None:
    ledger = session(store)
    with ledger.counting() as calls:
        with pytest.raises(OverBudget):
            await spend(ledger, 1, worst=2 * NANO)
        assert calls == []
        await spend(ledger, 1)
        await spend(ledger, None)
    assert cost_of(calls) == Cost(None, 2_220, 100)
