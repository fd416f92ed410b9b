"""What the host is told by themselves: once each, in order, and not again after a restart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bot.errors import BudgetSpent
from bot.services.host_alerts import HostAlerts
from bot.services.ledger import NANO_PER_USD, Budgets, RecordingLedger, Reservation, Settlement
from bot.services.llm_ports import ModelRole
from bot.store.sql_store import SqlStore

pytestmark = pytest.mark.both_databases

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass(eq=False)
class Host:
    """A host whose clock a test moves. Each process has alerts of its own over the same store."""

    store: SqlStore
    now: datetime = NOON

    def __post_init__(self) -> None:
        self.restart()

    def restart(self, month: str = "10") -> None:
        self.ledger = RecordingLedger(self.store, Budgets(writer_day=Decimal(100), month=Decimal(month)))
        self.alerts = HostAlerts(self.store, self.ledger, lambda: self.now)

    def pass_time(self, **how_long: float) -> None:
        self.now += timedelta(**how_long)

    async def call(self, dollars: float = 0, failure: str | None = None, worst: float | None = None) -> None:
        nano = round(dollars * NANO_PER_USD)
        reserved = nano if worst is None else round(worst * NANO_PER_USD)
        number = await self.ledger.reserve(
            Reservation("me", ModelRole.WRITER, "big", "draft.md", "abc", reserved), self.now
        )
        text_ms = 700 if failure is None else None
        await self.ledger.settle(number, Settlement("big", 1, 0, 0, 1, nano, text_ms, 900, failure or "end_turn"))

    async def hears(self, lost_since: datetime | None = None) -> list[str]:
        """All that is told now."""
        told = []
        while (alert := await self.alerts.next_alert(lost_since)) is not None:
            told.append(alert.text)
            await self.alerts.mark_told(alert)
        return told


@pytest.fixture
def host(store: SqlStore) -> Host:
    return Host(store)


async def test_the_host_hears_of_four_fifths_of_the_month_and_of_all_of_it_once_each(host: Host) -> None:
    await host.call(7.99)
    assert await host.hears() == []
    await host.call(0.01)
    assert await host.hears() == [
        "$8.00 of the $10 that all may spend on models this month (BUDGET_MONTH) are spent. Once the rest is, nothing "
        "is drafted, revised, critiqued or checked by a model until 2026-12-01."
    ]
    host.restart()
    await host.call(0.5)
    assert await host.hears() == []
    await host.call(1.5)
    (told,) = await host.hears()
    assert told.startswith("The month's budget is used up: $10.00 of the $10 that all may spend")
    host.restart()
    assert await host.hears() == []


async def test_a_budget_too_small_for_the_next_call_is_used_up(host: Host) -> None:
    await host.call(9)
    await host.hears()
    with pytest.raises(BudgetSpent):
        await host.call(0.5, worst=2)
    (told,) = await host.hears()
    assert "$9.00 of the $10" in told
    assert "what is left is too little for the next call" in told
    assert await host.hears() == []


async def test_a_new_month_and_a_raised_budget_are_told_of_anew(host: Host) -> None:
    await host.call(10)
    assert len(await host.hears()) == 1  # all of it, and so not of four fifths besides
    host.restart(month="12")
    assert len(await host.hears()) == 1  # $10 of $12
    host.pass_time(days=10)
    assert await host.hears() == []
    await host.call(9.6)
    assert len(await host.hears()) == 1


async def test_the_host_hears_when_models_have_failed_for_five_minutes_and_when_one_answers(host: Host) -> None:
    await host.call()
    await host.call(failure="Overloaded")
    host.pass_time(minutes=4)
    await host.call(failure="ServiceFault")
    host.pass_time(minutes=10)
    assert await host.hears() == []  # nobody asked since: it may be over
    await host.call(failure="Stalled")
    assert await host.hears() == [
        "Every call of a model has failed since 2026-11-23 12:00 UTC, the last by Stalled. Notes and texts are stored "
        "as ever. `essay-bot check --live` says more."
    ]
    host.restart()
    await host.call(failure="Overloaded")
    assert await host.hears() == []
    await host.call()
    assert await host.hears() == [
        "Models answer again. From 2026-11-23 12:00 UTC until shortly before now every call failed."
    ]
    assert await host.hears() == []


async def test_a_refusal_of_another_process_is_told_by_the_one_that_tells_the_host(host: Host) -> None:
    await host.call(9.5)
    assert len(await host.hears()) == 1
    other = Host(host.store)
    with pytest.raises(BudgetSpent):
        await other.call(worst=1)
    (told,) = await host.hears()
    assert told.startswith("The month's budget is used up: $9.50 of the $10")
    host.restart(month="20")
    assert await host.hears() == []  # the refusal was of the smaller budget


async def test_calls_that_were_stopped_or_refused_for_their_text_are_no_failure_of_models(host: Host) -> None:
    for failure in ("cancelled", "RequestRefused", "Declined"):
        await host.call(failure=failure)
        host.pass_time(minutes=10)
    assert await host.hears() == []
    await host.call(failure="Overloaded")
    host.pass_time(minutes=1)
    await host.call()  # and one that answers ends what failed before
    host.pass_time(minutes=9)
    await host.call(failure="Overloaded")
    assert await host.hears() == []


async def test_the_host_hears_of_five_minutes_without_discord_and_of_their_end(host: Host) -> None:
    lost = host.now
    host.pass_time(minutes=4.9)
    assert await host.hears(lost) == []
    host.pass_time(minutes=0.1)
    assert await host.hears(lost) == [
        "There has been no connection to Discord since 2026-11-23 12:00 UTC. The bot goes on trying."
    ]
    host.restart()
    host.pass_time(minutes=20)
    assert await host.hears(lost + timedelta(minutes=6)) == []
    assert await host.hears() == [
        "The bot is connected to Discord again. It was not, from 2026-11-23 12:00 UTC until 2026-11-23 12:25 UTC or "
        "shortly before; what people wrote in its DM meanwhile is being read."
    ]
    assert await host.hears() == []


async def test_a_budget_of_nothing_is_a_wish_and_no_news(host: Host) -> None:
    host.restart(month="0")
    assert await host.hears() == []
