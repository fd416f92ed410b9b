"""The ledger has one row for each call of a model, written before the call and settled after it; and the budgets."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from bot.errors import BudgetReserved, BudgetSpent, BudgetTooSmall, ModelNotAllowed
from bot.services.llm_ports import Cost, ModelRole
from bot.services.server_rules import ServerRules
from bot.services.store_ports import Store, Transaction

log = logging.getLogger(__name__)

NANO_PER_USD = 1_000_000_000  # nano-dollars in a dollar
_OWNER = "ledger"  # budgets bind everybody, so all calls are reserved and settled one after another
# How long a reservation counts as a running call's. No call takes longer than ten minutes
# (llm.prompts.MAX_CALL_SECONDS); an older one is left by a process that was killed, and stays at its worst cost.
_OPEN_CALL_AGE = timedelta(minutes=15)
_REFUSED_NAME = "month refused"  # of the value that says in which month, of which budget, a call was refused last
_MONTH_LABEL = "The bot's budget for this month"
_HOST = "whoever runs the bot"
_WARNING_SHARE = Decimal("0.8")  # of the month's budget: time enough to raise it, or to see who uses so much


@dataclass(frozen=True, slots=True)
class Reservation:
    """A call about to be made: who it is for, what for, and the most it can cost.

    ``max_nano_usd`` is in nano-dollars. ``prompt`` is the prompt's file name, ``prompt_hash`` the start of the SHA-256
    of that file with all that it includes. ``server`` is the pseudonym of the Discord server it was asked for in, None
    if it was asked for elsewhere.
    """

    writer: str
    role: ModelRole
    model: str
    prompt: str
    prompt_hash: str
    max_nano_usd: int
    server: str | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a call used and cost. ``model`` is the one that answered; tokens are separate by how they are billed.

    ``nano_usd`` is None if the price is not known, ``first_text_ms`` if no text came. ``stop_reason`` is the service's
    own word, or the name of the error that ended the call. ``is_estimated`` says that the service sent no final count
    and the figures are our estimate.
    """

    model: str
    input_tokens: int
    cache_write_tokens: int
    cache_read_tokens: int
    output_tokens: int
    nano_usd: int | None
    first_text_ms: int | None
    total_ms: int
    stop_reason: str
    is_estimated: bool = False


@dataclass(frozen=True, slots=True)
class UsageRow:
    """The sum of the calls of one day (UTC, ISO date), role and model.

    ``unpriced_calls`` counts those without a known price.
    """

    day: str
    role: str
    model: str
    calls: int
    input_tokens: int
    cache_read_tokens: int
    output_tokens: int
    nano_usd: int
    unpriced_calls: int


class UsageKey(StrEnum):
    """What the sums of calls can be told apart by. A person and a server are pseudonyms."""

    PERSON = "person"
    SERVER = "server"
    DAY = "day"
    ROLE = "role"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class UsageTotal:
    """The sum of the calls that have one key, such as one person's.

    ``key`` is None for what was asked outside of servers, and "" for people who have deleted their data. The rest is as
    in UsageRow.
    """

    key: str | None
    calls: int
    input_tokens: int
    cache_read_tokens: int
    output_tokens: int
    nano_usd: int
    unpriced_calls: int


@dataclass(frozen=True, slots=True)
class Spending:
    """What a writer has spent today and this month, and everybody this month, in nano-dollars (UTC).

    Reservations are included.
    """

    writer_day: int
    writer_month: int
    month: int


@dataclass(frozen=True, slots=True)
class ServerSpending:
    """What everybody, and one writer, has spent in a server today, in nano-dollars (UTC), reservations included."""

    day: int
    writer_day: int


class Ledger(Protocol):
    """Record calls, never their text."""

    async def reserve(self, reservation: Reservation, at: datetime) -> int:
        """Record a call at its worst cost and return its number; check the budgets in the same transaction.

        Raise OverBudget, and record nothing, if the worst cost would exceed a budget: BudgetTooSmall if it alone does,
        BudgetSpent if it does with what was spent, BudgetReserved if it would fit without the reservations of running
        calls. Raise ModelNotAllowed, and record nothing, if the rules of its server let no model be asked.
        """

    async def settle(self, call: int, settlement: Settlement) -> None:
        """Replace the worst cost by what the call used and cost."""

    async def spending(self, writer: str, at: datetime) -> Spending:
        """Return what counts against the budgets now."""

    async def usage(self, since: datetime, writer: str | None = None) -> Sequence[UsageRow]:
        """Return the sums of the calls since then, by day, role and model, oldest first; of one writer or everybody.

        A call that was never settled, because the program was killed, counts at its worst cost and without tokens.
        """


def total_cost(calls: Sequence[Settlement]) -> Cost:
    """Return the sum of the calls; without dollars if the price of one is not known."""
    prices = [call.nano_usd for call in calls if call.nano_usd is not None]
    return Cost(
        nano_usd=sum(prices) if len(prices) == len(calls) else None,
        input_tokens=sum(call.input_tokens + call.cache_write_tokens + call.cache_read_tokens for call in calls),
        output_tokens=sum(call.output_tokens for call in calls),
    )


@dataclass(frozen=True, slots=True)
class Budgets:
    """How much may be spent, in US dollars: by one writer in a day, by all and by one writer in a month (UTC).

    Without ``writer_month`` one writer may spend all of the month's budget.
    """

    writer_day: Decimal
    month: Decimal
    writer_month: Decimal | None = None

    @property
    def of_writer_month(self) -> Decimal:
        """How much one writer may spend in a month."""
        return self.month if self.writer_month is None else self.writer_month


@dataclass(frozen=True, slots=True)
class _BudgetAccount:
    """A budget in dollars, what counts against it, and the part that running calls reserve, in nano-dollars.

    ``opens_at`` is when it is renewed, ``who_raises`` who can give more.
    """

    label: str
    budget: Decimal
    nano_total: int
    nano_reserved: int
    opens_at: datetime
    who_raises: str = _HOST

    @property
    def reserved(self) -> Decimal:
        return Decimal(self.nano_reserved) / NANO_PER_USD

    @property
    def unspent(self) -> Decimal:
        """What has not been spent, in dollars; reservations do not count as spent."""
        return self.budget - Decimal(self.nano_total - self.nano_reserved) / NANO_PER_USD


class RecordingLedger:
    """The ledger over the store: enforce the budgets, and record what this process's own calls cost.

    Another process may write calls into the same store.
    """

    def __init__(self, store: Store, budgets: Budgets) -> None:
        self.budgets = budgets
        self._refused_month: str | None = None  # as this process has stored it last
        self._store = store
        self._recordings: dict[object, list[Settlement]] = {}

    @contextmanager
    def record_settlements(self) -> Iterator[list[Settlement]]:
        """Give a list to which each call settled through this ledger is added while the context lasts."""
        count, calls = object(), list[Settlement]()
        self._recordings[count] = calls
        try:
            yield calls
        finally:
            del self._recordings[count]

    async def reserve(self, reservation: Reservation, at: datetime) -> int:
        """See Ledger."""

        def step(tx: Transaction) -> int:
            writer = reservation.writer
            spent = tx.ledger.spending(writer, at)
            held = tx.ledger.reserved(writer, at, at - _OPEN_CALL_AGE)
            accounts = _host_accounts(self.budgets, spent, held, at)
            if (server := reservation.server) is not None:
                rules = tx.servers.rules(server)
                if not rules.allows_model or rules.is_damaged:
                    raise ModelNotAllowed
                spent_there = tx.ledger.server_spending(server, writer, at)
                held_there = tx.ledger.server_reserved(server, writer, at, at - _OPEN_CALL_AGE)
                accounts += _server_accounts(rules, spent_there, held_there, at)
            _check_budgets(accounts, Decimal(reservation.max_nano_usd) / NANO_PER_USD)
            return tx.ledger.add_call(reservation, at)

        try:
            return await self._store.write(_OWNER, step)
        except BudgetSpent as error:
            refused = _month_and_budget(at, self.budgets.month)
            if error.whose == _MONTH_LABEL and refused != self._refused_month:
                self._refused_month = refused
                await self._store.write(_OWNER, lambda tx: tx.values.set(_REFUSED_NAME, refused))
            raise

    async def settle(self, call: int, settlement: Settlement) -> None:
        """See Ledger. A call's cost counts from the moment it is stored."""

        def step(tx: Transaction) -> tuple[datetime, int]:
            month = start_of_month(tx.ledger.settle_call(call, settlement))
            return month, tx.ledger.settled_between(month, next_month(month))

        month, spent = await self._store.write(_OWNER, step)
        self._warn_near_budget(month, spent, settlement.nano_usd or 0)
        for calls in self._recordings.values():
            calls.append(settlement)

    async def spending(self, writer: str, at: datetime) -> Spending:
        """See Ledger."""
        return await self._store.read(lambda tx: tx.ledger.spending(writer, at))

    async def usage(self, since: datetime, writer: str | None = None) -> Sequence[UsageRow]:
        """See Ledger."""
        return await self._store.read(lambda tx: tx.ledger.usage(since, writer))

    async def usage_by(self, since: datetime, by: UsageKey) -> Sequence[UsageTotal]:
        """Return the sums of everybody's calls since then: of days the oldest first, of others what cost most."""
        return await self._store.read(lambda tx: tx.ledger.usage_by(since, by))

    def _warn_near_budget(self, month: datetime, spent: int, last: int) -> None:
        """Log once a month that the month's budget is nearly spent; what is only reserved is not counted."""
        limit = self.budgets.month * _WARNING_SHARE * NANO_PER_USD
        if spent - last < limit <= spent:  # this call took it past the limit
            log.warning(
                "$%.2f of the $%s that all may spend on models this month (BUDGET_MONTH) is spent; once all of it is, "
                "nothing is drafted, revised or critiqued until %s",
                spent / NANO_PER_USD,
                f"{self.budgets.month:f}",
                f"{next_month(month):%Y-%m-%d}",
            )


def is_month_refused(tx: Transaction, at: datetime, budget: Decimal) -> bool:
    """Return whether a call was refused in the month of ``at`` because all of this ``budget`` is spent, in dollars."""
    return tx.values.get(_REFUSED_NAME) == _month_and_budget(at, budget)


def _month_and_budget(at: datetime, budget: Decimal) -> str:
    return f"{start_of_month(at):%Y-%m} of {budget:f}"


def _host_accounts(budgets: Budgets, spent: Spending, held: Spending, at: datetime) -> tuple[_BudgetAccount, ...]:
    """Return the host's budgets; ``held`` is the reserved part of ``spent``."""
    day, month = _next_day(at), next_month(at)
    of_writer_month = budgets.of_writer_month
    return (
        _BudgetAccount("Your budget for today", budgets.writer_day, spent.writer_day, held.writer_day, day),
        _BudgetAccount(_MONTH_LABEL, budgets.month, spent.month, held.month, month),
        _BudgetAccount("Your budget for this month", of_writer_month, spent.writer_month, held.writer_month, month),
    )


def _server_accounts(
    rules: ServerRules, spent: ServerSpending, held: ServerSpending, at: datetime
) -> tuple[_BudgetAccount, ...]:
    """Return the budgets that a server's rules set; ``held`` is the reserved part of ``spent``."""
    day, who = _next_day(at), "whoever manages this server"
    found: list[_BudgetAccount] = []
    if rules.day_budget is not None:
        label = "This server's budget for today"
        found.append(_BudgetAccount(label, rules.day_budget, spent.day, held.day, day, who))
    if rules.member_day_budget is not None:
        label = "Your budget for today in this server"
        found.append(_BudgetAccount(label, rules.member_day_budget, spent.writer_day, held.writer_day, day, who))
    return tuple(found)


def _check_budgets(accounts: Sequence[_BudgetAccount], worst: Decimal) -> None:
    """Raise OverBudget if ``worst``, the most that a call costs in dollars, exceeds a budget."""
    # The error that lasts longest comes first: it is no use to wait for running work if the budget is too small anyway.
    for account in accounts:
        if worst > account.budget:
            raise BudgetTooSmall(account.label, account.budget, worst, account.opens_at, account.who_raises)
    for account in accounts:
        if worst > account.unspent:
            raise BudgetSpent(account.label, account.opens_at, account.who_raises)
    for account in accounts:
        if worst > account.unspent - account.reserved:
            raise BudgetReserved(account.label, account.unspent, account.reserved)


def _start_of_day(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _next_day(at: datetime) -> datetime:
    return _start_of_day(at) + timedelta(days=1)


def start_of_month(at: datetime) -> datetime:
    """Return the first moment of a month, by UTC."""
    return _start_of_day(at).replace(day=1)


def next_month(at: datetime) -> datetime:
    """Return the first moment of the month after, by UTC."""
    return (start_of_month(at) + timedelta(days=32)).replace(day=1)
