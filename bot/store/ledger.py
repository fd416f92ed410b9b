"""The ledger port over SQLite: what calls of models cost, and the budgets they must stay within."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlite_utils import Database

from bot.errors import BudgetReserved, BudgetSpent, BudgetTooSmall
from bot.services.ledger import Reservation, Settlement, Spending, UsageRow
from bot.store.database import DatabaseThread, EncryptedDatabase, parse_time

log = logging.getLogger(__name__)

NANO_PER_USD = 1_000_000_000  # nano-dollars in a dollar
# How long a reservation can be one of work under way. No call takes longer than ten minutes (llm.prompts.MOST_SECONDS);
# what stands longer is left of a program that was killed, and stays at its worst.
_OPEN_CALL_AGE = timedelta(minutes=15)
_WARNING_SHARE = Decimal("0.8")  # of the month's budget: time enough to raise it, or to see who uses so much


@dataclass(frozen=True, slots=True)
class Budgets:
    """How much may be spent, in US dollars: by one writer in a day, by all and by one writer in a calendar month (UTC).

    Without ``writer_month_budget`` one writer may spend all of the month.
    """

    writer_day: Decimal
    month: Decimal
    writer_month: Decimal | None = None


@dataclass(frozen=True, slots=True)
class _BudgetAccount:
    """A budget in dollars, what counts against it, and how much of that is held by calls under way, in nano-dollars."""

    label: str
    budget: Decimal
    nano_total: int
    nano_reserved: int

    @property
    def reserved(self) -> Decimal:
        return Decimal(self.nano_reserved) / NANO_PER_USD

    @property
    def unspent(self) -> Decimal:
        """What is left beside what was spent, in dollars."""
        return self.budget - Decimal(self.nano_total - self.nano_reserved) / NANO_PER_USD


class SqliteCalls:
    """The calls of models in one database. See LedgerStore for what each method promises."""

    def __init__(self, database: EncryptedDatabase) -> None:
        self._db = database.db

    def add_call(self, reservation: Reservation, at: datetime) -> int:
        made = self._db.execute(
            "INSERT INTO calls (writer, at, role, model, prompt, prompt_hash, settled, nano_usd)"
            " VALUES (?,?,?,?,?,?,0,?)",
            [
                reservation.writer,
                at.astimezone(UTC).isoformat(),
                reservation.role.value,
                reservation.model,
                reservation.prompt,
                reservation.prompt_hash,
                reservation.max_nano_usd,
            ],
        )
        return int(made.lastrowid or 0)

    def settle_call(self, call: int, settlement: Settlement) -> datetime:
        self._db.execute(
            "UPDATE calls SET settled = 1, model = ?, nano_usd = ?, input_tokens = ?, cache_write_tokens = ?,"
            " cache_read_tokens = ?, output_tokens = ?, first_text_ms = ?, total_ms = ?, stop_reason = ?,"
            " estimated = ? WHERE id = ?",
            [
                settlement.model,
                settlement.nano_usd,
                settlement.input_tokens,
                settlement.cache_write_tokens,
                settlement.cache_read_tokens,
                settlement.output_tokens,
                settlement.first_text_ms,
                settlement.total_ms,
                settlement.stop_reason,
                int(settlement.is_estimated),
                call,
            ],
        )
        return parse_time(str(self._db.execute("SELECT at FROM calls WHERE id = ?", [call]).fetchone()[0]))

    def spending(self, writer: str, at: datetime) -> Spending:
        return _sum_costs(self._db, writer, at, None)

    def reserved(self, writer: str, at: datetime, since: datetime) -> Spending:
        return _sum_costs(self._db, writer, at, since.astimezone(UTC).isoformat())

    def settled_between(self, start: datetime, end: datetime) -> int:
        query = "SELECT coalesce(sum(nano_usd), 0) FROM calls WHERE settled = 1 AND at >= ? AND at < ?"
        return int(self._db.execute(query, [start.isoformat(), end.isoformat()]).fetchone()[0])

    def usage(self, since: datetime, writer: str | None = None) -> Sequence[UsageRow]:
        rows = self._db.execute(
            "SELECT substr(at, 1, 10) AS day, role, model, count(*), sum(input_tokens + cache_write_tokens),"
            " sum(cache_read_tokens), sum(output_tokens), coalesce(sum(nano_usd), 0), sum(nano_usd IS NULL) FROM calls"
            " WHERE at >= ? AND (? IS NULL OR writer = ?) GROUP BY day, role, model ORDER BY day, role, model",
            [since.astimezone(UTC).isoformat(), writer, writer],
        ).fetchall()
        return [UsageRow(*row) for row in rows]


class SqliteLedger:
    """Calls in the store's file. See workflow.spending.Ledger for what each method promises."""

    def __init__(self, thread: DatabaseThread, budgets: Budgets) -> None:
        self._thread = thread
        self._budgets = budgets

    async def reserve(self, reservation: Reservation, at: datetime) -> int:
        def work(database: EncryptedDatabase) -> int:
            with database.transaction() as db:
                self._check_budgets(db, reservation, at)
                made = db.execute(
                    "INSERT INTO calls (writer, at, role, model, prompt, prompt_hash, settled, nano_usd)"
                    " VALUES (?,?,?,?,?,?,0,?)",
                    [
                        reservation.writer,
                        at.astimezone(UTC).isoformat(),
                        reservation.role.value,
                        reservation.model,
                        reservation.prompt,
                        reservation.prompt_hash,
                        reservation.max_nano_usd,
                    ],
                )
                return int(made.lastrowid or 0)

        return await self._thread.run(work)

    def _check_budgets(self, db: Database, reservation: Reservation, at: datetime) -> None:
        worst = Decimal(reservation.max_nano_usd) / NANO_PER_USD
        spent, held = _read_spending(db, reservation.writer, at), _read_reserved(db, reservation.writer, at)
        mine = self._budgets.month if self._budgets.writer_month is None else self._budgets.writer_month
        budgets = (
            _BudgetAccount("Your budget for today", self._budgets.writer_day, spent.writer_day, held.writer_day),
            _BudgetAccount("The bot's budget for this month", self._budgets.month, spent.month, held.month),
            _BudgetAccount("Your budget for this month", mine, spent.writer_month, held.writer_month),
        )
        opens = (_next_day(at), _next_month(at), _next_month(at))
        # What lasts longest is told first: to wait for work under way is of no use where waiting does not help.
        for account, when in zip(budgets, opens, strict=True):
            if worst > account.budget:
                raise BudgetTooSmall(account.label, account.budget, worst, when)
        for account, when in zip(budgets, opens, strict=True):
            if worst > account.unspent:
                raise BudgetSpent(account.label, when)
        for account in budgets:
            if worst > account.unspent - account.reserved:
                raise BudgetReserved(account.label, account.unspent, account.reserved)

    async def settle(self, call: int, settlement: Settlement) -> None:
        def work(database: EncryptedDatabase) -> None:
            with database.transaction() as db:
                db.execute(
                    "UPDATE calls SET settled = 1, model = ?, nano_usd = ?, input_tokens = ?, cache_write_tokens = ?,"
                    " cache_read_tokens = ?, output_tokens = ?, first_text_ms = ?, total_ms = ?, stop_reason = ?,"
                    " estimated = ? WHERE id = ?",
                    [
                        settlement.model,
                        settlement.nano_usd,
                        settlement.input_tokens,
                        settlement.cache_write_tokens,
                        settlement.cache_read_tokens,
                        settlement.output_tokens,
                        settlement.first_text_ms,
                        settlement.total_ms,
                        settlement.stop_reason,
                        int(settlement.is_estimated),
                        call,
                    ],
                )
                self._warn_near_budget(db, call, settlement.nano_usd or 0)

        await self._thread.run(work)

    def _warn_near_budget(self, db: Database, call: int, nano_usd: int) -> None:
        """Says in the log, once a month, that the month's budget is nearly spent; what is only reserved is not."""
        at = parse_time(str(db.execute("SELECT at FROM calls WHERE id = ?", [call]).fetchone()[0]))
        month = _start_of_day(at).replace(day=1)
        spent = db.execute(
            "SELECT coalesce(sum(nano_usd), 0) FROM calls WHERE settled = 1 AND at >= ? AND at < ?",
            [month.isoformat(), _next_month(at).isoformat()],
        ).fetchone()[0]
        limit = self._budgets.month * _WARNING_SHARE * NANO_PER_USD
        if spent - nano_usd < limit <= spent:  # the last call alone took it past that
            log.warning(
                "$%.2f of the $%s that all may spend on models this month (BUDGET_MONTH) is spent; once all of it is, "
                "nothing is drafted, revised or critiqued until %s",
                spent / NANO_PER_USD,
                f"{self._budgets.month:f}",
                f"{_next_month(at):%Y-%m-%d}",
            )

    async def spending(self, writer: str, at: datetime) -> Spending:
        return await self._thread.run(lambda database: _read_spending(database.db, writer, at))

    async def usage(self, since: datetime, writer: str | None = None) -> Sequence[UsageRow]:
        def work(database: EncryptedDatabase) -> Sequence[UsageRow]:
            rows = database.db.execute(
                "SELECT substr(at, 1, 10) AS day, role, model, count(*), sum(input_tokens + cache_write_tokens),"
                " sum(cache_read_tokens), sum(output_tokens), coalesce(sum(nano_usd), 0),"
                " sum(nano_usd IS NULL) FROM calls"
                " WHERE at >= ? AND (? IS NULL OR writer = ?) GROUP BY day, role, model ORDER BY day, role, model",
                [since.astimezone(UTC).isoformat(), writer, writer],
            ).fetchall()
            return [UsageRow(*row) for row in rows]

        return await self._thread.run(work)


def _read_spending(db: Database, writer: str, at: datetime) -> Spending:
    return _sum_costs(db, writer, at, None)


def _read_reserved(db: Database, writer: str, at: datetime) -> Spending:
    """What of that is reserved for calls under way."""
    return _sum_costs(db, writer, at, (at.astimezone(UTC) - _OPEN_CALL_AGE).isoformat())


def _sum_costs(db: Database, writer: str, at: datetime, open_since: str | None) -> Spending:
    day = _start_of_day(at)
    month = day.replace(day=1)
    found = db.execute(
        "SELECT coalesce(sum(nano_usd), 0), coalesce(sum(CASE WHEN writer = ? AND at >= ? THEN nano_usd END), 0),"
        " coalesce(sum(CASE WHEN writer = ? THEN nano_usd END), 0)"
        " FROM calls WHERE at >= ? AND (? IS NULL OR (settled = 0 AND at > ?))",
        [writer, day.isoformat(), writer, month.isoformat(), open_since, open_since],
    ).fetchone()
    return Spending(writer_day=int(found[1]), writer_month=int(found[2]), month=int(found[0]))


def _start_of_day(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _next_day(at: datetime) -> datetime:
    return _start_of_day(at) + timedelta(days=1)


def _next_month(at: datetime) -> datetime:
    return (_start_of_day(at).replace(day=1) + timedelta(days=32)).replace(day=1)
