"""The ledger: a call is reserved at its worst before it is made, and no budget can be passed, however many ask."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.errors import BudgetReserved, BudgetSpent, BudgetTooSmall, ModelNotAllowed, OverBudget
from bot.services.ledger import NANO_PER_USD, Budgets, RecordingLedger, Reservation, Settlement, Spending, UsageKey
from bot.services.llm_ports import ModelRole
from bot.services.server_rules import ServerRules
from bot.store.connection import column_names
from bot.store.database import EncryptedDatabase
from bot.store.sql_store import SqlStore
from bot.store.sqlite import SqliteStore

pytestmark = pytest.mark.both_databases

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CENT = NANO_PER_USD // 100


@pytest.fixture
def ledger(store: SqlStore) -> RecordingLedger:
    return RecordingLedger(store, Budgets(writer_day=Decimal("1.00"), month=Decimal("2.50")))


def call(cents: int, writer: str = "me", role: ModelRole = ModelRole.WRITER, model: str = "big") -> Reservation:
    return Reservation(writer, role, model, "draft.md", "abc123", cents * CENT)


def settlement(cents: int | None, model: str = "big", tokens: int = 100) -> Settlement:
    return Settlement(model, tokens, 10, 1000, 50, None if cents is None else cents * CENT, 700, 9000, "end_turn")


async def spend(ledger: RecordingLedger, cents: int, at: datetime, writer: str = "me") -> None:
    """A call that was made and is over."""
    await ledger.settle(await ledger.reserve(call(cents, writer), at), settlement(cents))


async def test_a_call_over_the_writers_daily_budget_is_refused_until_midnight(ledger: RecordingLedger) -> None:
    await spend(ledger, 60, NOON)
    await spend(ledger, 40, NOON)  # to the last cent
    with pytest.raises(BudgetSpent, match=r"Your budget for today is used up until 2026-11-24 00:00 UTC") as refused:
        await ledger.reserve(call(1), NOON)
    assert refused.value.reopens_at == datetime(2026, 11, 24, tzinfo=UTC)
    assert await ledger.spending("me", NOON) == Spending(100 * CENT, 100 * CENT, 100 * CENT)
    await spend(ledger, 100, NOON, "you")
    await ledger.reserve(call(50), refused.value.reopens_at)


async def test_a_call_over_the_monthly_budget_is_refused_until_the_first_of_the_month(ledger: RecordingLedger) -> None:
    for day in (20, 21):
        await spend(ledger, 100, NOON.replace(day=day))
    with pytest.raises(BudgetSpent, match=r"The bot's budget for this month is used up until 2026-12-01 00:00") as told:
        await ledger.reserve(call(51, "you"), NOON)
    await spend(ledger, 50, NOON, "you")
    await spend(ledger, 100, told.value.reopens_at, "you")
    december = NOON.replace(month=12, day=31)
    await spend(ledger, 100, december, "you")
    await spend(ledger, 50, december, "me")
    with pytest.raises(BudgetSpent) as told:
        await ledger.reserve(call(1, "me"), december)
    assert told.value.reopens_at == datetime(2027, 1, 1, tzinfo=UTC)


async def test_of_many_calls_at_once_only_as_many_as_fit_are_reserved(ledger: RecordingLedger) -> None:
    tried = await asyncio.gather(*(ledger.reserve(call(30), NOON) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(one, BudgetReserved) for one in tried) == 7
    assert len({one for one in tried if isinstance(one, int)}) == 3
    assert (await ledger.spending("me", NOON)).writer_day == 90 * CENT


async def test_two_processes_over_one_file_share_the_budget(
    database: Path, store: SqlStore, ledger: RecordingLedger
) -> None:
    other_store = SqliteStore(database, None, lambda: NOON)
    other = RecordingLedger(other_store, Budgets(Decimal(1), Decimal(2)))
    both = [ledger, other] * 5
    tried = await asyncio.gather(*(one.reserve(call(30), NOON) for one in both), return_exceptions=True)
    assert sum(isinstance(one, int) for one in tried) == 3
    assert all(isinstance(one, int | BudgetReserved) for one in tried)
    other_store.close()


async def test_settling_a_call_frees_the_unused_part_of_its_reservation(ledger: RecordingLedger) -> None:
    number = await ledger.reserve(call(100), NOON)
    with pytest.raises(OverBudget):
        await ledger.reserve(call(90), NOON)
    await ledger.settle(number, settlement(10))
    assert await ledger.spending("me", NOON) == Spending(10 * CENT, 10 * CENT, 10 * CENT)
    await ledger.reserve(call(90), NOON)


async def test_a_budget_reserved_by_running_work_is_reported_as_reserved_and_not_as_spent(
    ledger: RecordingLedger,
) -> None:
    await spend(ledger, 10, NOON)
    await ledger.reserve(call(50), NOON)
    with pytest.raises(BudgetReserved) as told:
        await ledger.reserve(call(60), NOON + timedelta(seconds=30))
    assert str(told.value) == (
        "Your budget for today has $0.90 left, and $0.50 of it is held by work that is under way, so no model was "
        "called. Everything is stored; try again when that work is done."
    )
    with pytest.raises(BudgetSpent):  # this one would not fit even then
        await ledger.reserve(call(91), NOON)


async def test_the_monthly_budget_can_be_reserved_by_other_writers_work(ledger: RecordingLedger) -> None:
    for writer in ("you", "they"):
        await ledger.reserve(call(100, writer), NOON)
    with pytest.raises(
        BudgetReserved, match=r"The bot's budget for this month has \$2.50 left, and \$2.00 of it is held"
    ):
        await ledger.reserve(call(60), NOON)


async def test_a_spent_month_is_reported_before_a_reserved_day(ledger: RecordingLedger) -> None:
    for day in (18, 19):
        await spend(ledger, 100, NOON.replace(day=day))
    await ledger.reserve(call(40), NOON)
    with pytest.raises(BudgetSpent, match="this month"):
        await ledger.reserve(call(70), NOON)


async def test_a_reservation_left_by_a_killed_program_counts_as_spent_and_not_as_running(
    ledger: RecordingLedger,
) -> None:
    await ledger.reserve(call(80), NOON)
    later = NOON + timedelta(minutes=15)
    with pytest.raises(BudgetReserved):
        await ledger.reserve(call(30), later - timedelta(seconds=1))
    with pytest.raises(BudgetSpent):
        await ledger.reserve(call(30), later)


@pytest.mark.parametrize(
    ("budget", "nano_usd", "told"),
    [
        ("0.001", 2_345_678, r"is \$0.001, and this may cost up to \$0.002346, so"),
        ("0.00001", 40_000, r"is \$0.00001, and this may cost up to \$0.00004, so"),
        ("0.03", 30_100_000, r"is \$0.03, and this may cost up to \$0.04, so"),
        ("0", 9_999_999, r"is \$0, and this may cost up to \$0.01, so"),
    ],
)
async def test_small_sums_are_shown_with_enough_digits_to_compare_them(
    store: SqlStore, budget: str, nano_usd: int, told: str
) -> None:
    ledger = RecordingLedger(store, Budgets(Decimal(budget), Decimal(1)))
    with pytest.raises(BudgetTooSmall, match=told):
        await ledger.reserve(Reservation("me", ModelRole.INTERVIEWER, "fast", "place.md", "abc123", nano_usd), NOON)


async def test_a_call_that_was_never_settled_counts_at_its_maximum_cost(ledger: RecordingLedger) -> None:
    await ledger.reserve(call(80), NOON)
    assert (await ledger.spending("me", NOON)).writer_day == 80 * CENT
    (row,) = await ledger.usage(NOON)
    assert (row.calls, row.nano_usd, row.input_tokens, row.output_tokens, row.unpriced_calls) == (1, 80 * CENT, 0, 0, 0)


async def test_a_call_of_an_unknown_price_of_earlier_versions_is_counted_in_tokens(ledger: RecordingLedger) -> None:
    """None is made any more; what was written down then is still shown."""
    await ledger.reserve(call(100), NOON)
    number = await ledger.reserve(call(0, model="a-local-model"), NOON)
    await ledger.settle(number, settlement(None, "a-local-model"))
    assert (await ledger.spending("me", NOON)).writer_day == 100 * CENT
    (_, row) = sorted(await ledger.usage(NOON), key=lambda one: one.unpriced_calls)
    assert (row.model, row.calls, row.unpriced_calls, row.nano_usd) == ("a-local-model", 1, 1, 0)
    assert (row.input_tokens, row.cache_read_tokens, row.output_tokens) == (110, 1000, 50)


async def test_one_writers_monthly_budget_keeps_them_from_spending_the_whole_bots_budget(store: SqlStore) -> None:
    ledger = RecordingLedger(store, Budgets(Decimal(3), Decimal(50), writer_month=Decimal(10)))
    for day in (20, 21, 22):
        await spend(ledger, 300, NOON.replace(day=day))
    await ledger.reserve(call(40), NOON)
    with pytest.raises(BudgetReserved, match=r"Your budget for this month has \$1.00 left, and \$0.40 of it is held"):
        await ledger.reserve(call(70), NOON)
    with pytest.raises(BudgetSpent) as told:
        await ledger.reserve(call(110), NOON)
    assert str(told.value) == (
        "Your budget for this month is used up until 2026-12-01 00:00 UTC, so no model was called. "
        "Everything is stored; you can go on without a model now, come back then, or ask whoever runs the bot to raise "
        "it."
    )
    await ledger.reserve(call(300, "you"), NOON)
    await ledger.reserve(call(300), told.value.reopens_at)


async def test_of_many_simultaneous_calls_of_one_writer_only_as_many_as_the_month_allows_are_made(
    store: SqlStore,
) -> None:
    ledger = RecordingLedger(store, Budgets(Decimal(3), Decimal(50), writer_month=Decimal(1)))
    tried = await asyncio.gather(*(ledger.reserve(call(30), NOON) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(one, BudgetReserved) for one in tried) == 7


async def test_the_log_warns_once_a_month_at_four_fifths_of_the_budget_and_names_no_writer(
    ledger: RecordingLedger, caplog: pytest.LogCaptureFixture
) -> None:
    """The month's budget is 2.50, so 2.00 is told."""
    await spend(ledger, 100, NOON, "somebody")
    await spend(ledger, 99, NOON, "else")
    held = await ledger.reserve(call(50, "third"), NOON)
    assert caplog.messages == []  # what is only reserved may come back
    await ledger.settle(held, settlement(1))
    await spend(ledger, 20, NOON, "third")
    assert caplog.messages == [
        "$2.00 of the $2.50 that all may spend on models this month (BUDGET_MONTH) is spent; once all of it is, "
        "nothing is drafted, revised or critiqued until 2026-12-01"
    ]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    december = NOON.replace(month=12)
    for writer in ("somebody", "else", "third"):
        await spend(ledger, 80, december, writer)
    assert len(caplog.messages) == 2


async def test_usage_adds_up_by_day_role_and_model_that_answered(ledger: RecordingLedger) -> None:
    late = NOON.replace(hour=23, minute=59)
    for at, role, answered, writer in (
        (NOON, ModelRole.WRITER, "big", "me"),
        (late, ModelRole.WRITER, "big", "you"),
        (NOON, ModelRole.WRITER, "other", "me"),
        (NOON, ModelRole.CRITIC, "big", "me"),
        (late + timedelta(minutes=1), ModelRole.WRITER, "big", "me"),
        (NOON - timedelta(days=1), ModelRole.WRITER, "big", "me"),
    ):
        await ledger.settle(await ledger.reserve(call(10, writer, role), at), settlement(5, answered))
    rows = await ledger.usage(NOON.replace(hour=0))
    assert [(row.day, row.role, row.model, row.calls, row.nano_usd) for row in rows] == [
        ("2026-11-23", "critic", "big", 1, 5 * CENT),
        ("2026-11-23", "writer", "big", 2, 10 * CENT),
        ("2026-11-23", "writer", "other", 1, 5 * CENT),
        ("2026-11-24", "writer", "big", 1, 5 * CENT),
    ]
    assert sum(row.calls for row in await ledger.usage(NOON.replace(hour=0), "you")) == 1


async def test_usage_adds_up_by_person_server_day_role_or_model(ledger: RecordingLedger) -> None:
    for hours, writer, server, role, cents in (
        (0, "me", None, ModelRole.WRITER, 5),
        (1, "me", "s1", ModelRole.WRITER, 20),
        (2, "you", "s1", ModelRole.CRITIC, 30),
        (24, "you", "s2", ModelRole.CRITIC, 1),
    ):
        asked = replace(call(40, writer, role), server=server)
        await ledger.settle(await ledger.reserve(asked, NOON + timedelta(hours=hours)), settlement(cents))
    await ledger.reserve(call(9, "they"), NOON - timedelta(days=1))  # before

    async def sums(by: UsageKey) -> list[tuple[str | None, int, int]]:
        return [(one.key, one.calls, one.nano_usd // CENT) for one in await ledger.usage_by(NOON, by)]

    assert await sums(UsageKey.PERSON) == [("you", 2, 31), ("me", 2, 25)]
    assert await sums(UsageKey.SERVER) == [("s1", 2, 50), (None, 1, 5), ("s2", 1, 1)]
    assert await sums(UsageKey.DAY) == [("2026-11-23", 3, 55), ("2026-11-24", 1, 1)]
    assert await sums(UsageKey.ROLE) == [("critic", 2, 31), ("writer", 2, 25)]
    assert await sums(UsageKey.MODEL) == [("big", 4, 56)]


async def test_calls_of_people_who_deleted_their_data_are_in_no_outage(
    store: SqlStore, ledger: RecordingLedger
) -> None:
    """Only their day is left of them, so nobody knows when they failed."""
    failed = replace(settlement(0), stop_reason="Overloaded", first_text_ms=None)
    for writer in ("me", "you"):
        await ledger.settle(await ledger.reserve(call(1, writer), NOON), failed)
    assert await store.read(lambda tx: tx.ledger.failing_since(["Overloaded"])) == (NOON, NOON, "Overloaded")
    await store.write("me", lambda tx: tx.people.delete("me"))
    assert await store.read(lambda tx: tx.ledger.failing_since(["Overloaded"])) == (NOON, NOON, "Overloaded")
    found = await ledger.usage_by(NOON.replace(hour=0), UsageKey.PERSON)
    assert {one.key for one in found} == {"", "you"}


async def test_days_and_months_are_those_of_utc_whatever_the_clocks_zone(ledger: RecordingLedger) -> None:
    evening = datetime(2026, 11, 30, 20, 0, tzinfo=timezone(timedelta(hours=-8)))  # already December by UTC
    await spend(ledger, 100, evening)
    with pytest.raises(BudgetSpent) as told:
        await ledger.reserve(call(1), datetime(2026, 12, 1, 23, 0, tzinfo=UTC))
    assert told.value.reopens_at == datetime(2026, 12, 2, tzinfo=UTC)
    assert (await ledger.spending("me", datetime(2026, 11, 30, 23, 0, tzinfo=UTC))).writer_day == 100 * CENT
    (row,) = await ledger.usage(evening)
    assert row.day == "2026-12-01"


async def test_the_ledger_holds_no_word_of_an_essay(store: SqlStore, ledger: RecordingLedger) -> None:
    await ledger.settle(await ledger.reserve(call(10), NOON), settlement(5))

    def read(opened: EncryptedDatabase) -> dict[str, Any]:
        found = opened.db.execute("SELECT * FROM calls")
        return dict(zip(column_names(found), found.fetchone(), strict=True))

    row = await store.database.run(read)
    assert set(row) - {"rowid"} == {
        "id",
        "writer",
        "at",
        "role",
        "model",
        "prompt",
        "prompt_hash",
        "settled",
        "nano_usd",
        "input_tokens",
        "cache_write_tokens",
        "cache_read_tokens",
        "output_tokens",
        "first_text_ms",
        "total_ms",
        "stop_reason",
        "estimated",
        "server",
    }
    assert (row["settled"], row["prompt"], row["stop_reason"], row["estimated"]) == (1, "draft.md", "end_turn", 0)


def there(cents: int, writer: str = "me", server: str = "s1") -> Reservation:
    """A call that is asked for in a server."""
    return replace(call(cents, writer), server=server)


async def set_rules(store: SqlStore, rules: ServerRules) -> None:
    await store.write("server s1", lambda tx: tx.servers.set_rules("s1", rules, NOON))


async def test_a_servers_budget_counts_what_everybody_spends_in_it_and_nothing_else(
    store: SqlStore, ledger: RecordingLedger
) -> None:
    await spend(ledger, 30, NOON)  # in the DM
    await ledger.settle(await ledger.reserve(there(30, server="s2"), NOON), settlement(30))
    await set_rules(store, ServerRules(day_budget=Decimal("0.50")))
    await ledger.settle(await ledger.reserve(there(25, "you"), NOON), settlement(25))
    running = await ledger.reserve(there(25, "they"), NOON)
    with pytest.raises(BudgetReserved, match=r"This server's budget for today has \$0\.25 left"):
        await ledger.reserve(there(10), NOON)
    await ledger.settle(running, settlement(24))
    with pytest.raises(BudgetSpent, match=r"This server's budget for today is used up until 2026-11-24 00:00 UTC"):
        await ledger.reserve(there(10), NOON)
    await ledger.reserve(there(1), NOON)  # to the last cent
    await ledger.reserve(call(10), NOON)
    await ledger.reserve(there(40), NOON + timedelta(days=1))


async def test_a_members_budget_in_a_server_is_theirs_alone_and_says_who_can_raise_it(
    store: SqlStore, ledger: RecordingLedger
) -> None:
    await set_rules(store, ServerRules(member_day_budget=Decimal("0.20")))
    await ledger.settle(await ledger.reserve(there(15), NOON), settlement(15))
    with pytest.raises(BudgetSpent, match=r"in this server is used up .* ask whoever manages this server to raise it"):
        await ledger.reserve(there(10), NOON)
    await ledger.reserve(there(10, "you"), NOON)
    with pytest.raises(BudgetTooSmall, match="whoever manages this server can raise it"):
        await ledger.reserve(there(21, "they"), NOON)


async def test_a_servers_budget_raises_none_of_the_hosts(store: SqlStore, ledger: RecordingLedger) -> None:
    await set_rules(store, ServerRules(day_budget=Decimal(1000), member_day_budget=Decimal(1000)))
    with pytest.raises(BudgetTooSmall, match="whoever runs the bot can raise it"):
        await ledger.reserve(there(101), NOON)


async def test_no_call_is_made_for_a_server_that_lets_none_be_asked(store: SqlStore, ledger: RecordingLedger) -> None:
    await set_rules(store, ServerRules(allows_model=False))
    with pytest.raises(ModelNotAllowed, match="whoever manages the server can change that"):
        await ledger.reserve(there(1), NOON)
    assert (await ledger.spending("me", NOON)).month == 0
    await ledger.reserve(call(1), NOON)
    await ledger.reserve(there(1, server="s2"), NOON)


async def test_the_rules_of_a_server_are_read_back_as_they_were_set(store: SqlStore) -> None:
    rules = ServerRules(
        frozenset({1, 2**63}), frozenset({3}), frozenset({"layoff"}), Decimal("0.50"), Decimal(3), allows_model=False
    )
    await set_rules(store, rules)
    assert await store.read(lambda tx: tx.servers.rules("s1")) == rules
    assert await store.read(lambda tx: tx.servers.rules("s2")) == ServerRules()
