"""The calls of models: what each cost, or may cost."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bot.services.ledger import (
    Reservation,
    ServerSpending,
    Settlement,
    Spending,
    UsageKey,
    UsageRow,
    UsageTotal,
)
from bot.store.connection import Connection, marks
from bot.store.database import EncryptedDatabase, parse_time

_SUMS = (
    "count(*), CAST(sum(input_tokens + cache_write_tokens) AS BIGINT), CAST(sum(cache_read_tokens) AS BIGINT),"
    " CAST(sum(output_tokens) AS BIGINT),"
    " CAST(coalesce(sum(nano_usd), 0) AS BIGINT), count(*) FILTER (WHERE nano_usd IS NULL)"
)
_KEY_EXPRESSIONS = {
    UsageKey.PERSON: "writer",
    UsageKey.SERVER: "server",
    UsageKey.DAY: "substr(at, 1, 10)",
    UsageKey.ROLE: "role",
    UsageKey.MODEL: "model",
}


class SqlCalls:
    """The calls of models in one database. See LedgerStore for what each method promises."""

    def __init__(self, database: EncryptedDatabase) -> None:
        self._database = database
        self._db = database.db

    def add_call(self, reservation: Reservation, at: datetime) -> int:
        made = self._db.execute(
            "INSERT INTO calls (writer, at, role, model, prompt, prompt_hash, settled, nano_usd, server)"
            " VALUES (?,?,?,?,?,?,0,?,?) RETURNING id",
            [
                reservation.writer,
                at.astimezone(UTC).isoformat(),
                reservation.role.value,
                reservation.model,
                reservation.prompt,
                reservation.prompt_hash,
                reservation.max_nano_usd,
                reservation.server,
            ],
        )
        ((number,),) = made.fetchall()
        return int(number)

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
        found, (day, month) = _sum_costs(self._db, writer, at, None), self._kept(writer, at)
        return replace(found, writer_day=found.writer_day + day, writer_month=found.writer_month + month)

    def keep_spending(self, writer: str, spent: Spending, at: datetime) -> None:
        if spent.writer_month:
            day = _start_of_day(at).date().isoformat()
            self._db.execute(
                "INSERT INTO kept_spending (pseudonym, day, day_nano_usd, month_nano_usd) VALUES (?,?,?,?)"
                " ON CONFLICT (pseudonym) DO UPDATE SET day = excluded.day, day_nano_usd = excluded.day_nano_usd,"
                " month_nano_usd = excluded.month_nano_usd",
                [self._monthly_pseudonym(writer, at), day, spent.writer_day, spent.writer_month],
            )

    def _kept(self, writer: str, at: datetime) -> tuple[int, int]:
        """Return what is kept of a writer's spending in the day and the month of ``at``."""
        row = self._db.execute(
            "SELECT CASE WHEN day = ? THEN day_nano_usd ELSE 0 END, month_nano_usd FROM kept_spending"
            " WHERE pseudonym = ?",
            [_start_of_day(at).date().isoformat(), self._monthly_pseudonym(writer, at)],
        ).fetchone()
        return (int(row[0]), int(row[1])) if row is not None else (0, 0)

    def _monthly_pseudonym(self, writer: str, at: datetime) -> str:
        """Return a name that stands for the writer in one month, and that only who knows the writer can make."""
        name = f"spending in {_start_of_day(at):%Y-%m} of {writer}"
        return hmac.new(self._database.pseudonym_secret, name.encode(), hashlib.sha256).hexdigest()[:32]

    def reserved(self, writer: str, at: datetime, since: datetime) -> Spending:
        return _sum_costs(self._db, writer, at, since.astimezone(UTC).isoformat())

    def server_spending(self, server: str, writer: str, at: datetime) -> ServerSpending:
        found = _sum_server_costs(self._db, server, writer, at, None)
        return replace(found, writer_day=found.writer_day + self._kept(writer, at)[0])

    def server_reserved(self, server: str, writer: str, at: datetime, since: datetime) -> ServerSpending:
        return _sum_server_costs(self._db, server, writer, at, since.astimezone(UTC).isoformat())

    def settled_between(self, start: datetime, end: datetime) -> int:
        query = "SELECT coalesce(sum(nano_usd), 0) FROM calls WHERE settled = 1 AND at >= ? AND at < ?"
        return int(self._db.execute(query, [start.isoformat(), end.isoformat()]).fetchone()[0])

    def failing_since(self, reasons: Sequence[str]) -> tuple[datetime, datetime, str] | None:
        these = marks(reasons)
        answered = self._db.execute(
            f"SELECT id FROM calls WHERE settled = 1 AND first_text_ms IS NOT NULL AND stop_reason NOT IN ({these})"  # noqa: S608 - only marks
            " ORDER BY id DESC LIMIT 1",
            reasons,
        ).fetchone()
        failed = (
            f"SELECT at, stop_reason FROM calls WHERE id > ? AND settled = 1 AND stop_reason IN ({these})"  # noqa: S608 - only marks
            " AND writer != ''"  # those of people who deleted their data have lost their hour
            " ORDER BY id {} LIMIT 1"
        )
        values = [answered[0] if answered is not None else 0, *reasons]
        first = self._db.execute(failed.format("ASC"), values).fetchone()
        if first is None:
            return None
        last = self._db.execute(failed.format("DESC"), values).fetchone()
        return parse_time(first[0]), parse_time(last[0]), str(last[1])

    def usage(self, since: datetime, writer: str | None = None) -> Sequence[UsageRow]:
        rows = self._db.execute(
            f"SELECT substr(at, 1, 10) AS day, role, model, {_SUMS} FROM calls"  # noqa: S608 - a constant of ours
            " WHERE at >= ? AND (CAST(? AS TEXT) IS NULL OR writer = ?)"
            " GROUP BY day, role, model ORDER BY day, role, model",
            [since.astimezone(UTC).isoformat(), writer, writer],
        ).fetchall()
        return [UsageRow(*row) for row in rows]

    def usage_by(self, since: datetime, by: UsageKey) -> Sequence[UsageTotal]:
        order = "key" if by is UsageKey.DAY else "coalesce(sum(nano_usd), 0) DESC, key NULLS FIRST"
        rows = self._db.execute(
            f"SELECT {_KEY_EXPRESSIONS[by]} AS key, {_SUMS} FROM calls"  # noqa: S608 - constants of ours
            f" WHERE at >= ? GROUP BY key ORDER BY {order}",
            [since.astimezone(UTC).isoformat()],
        ).fetchall()
        return [UsageTotal(*row) for row in rows]


def _sum_costs(db: Connection, writer: str, at: datetime, open_since: str | None) -> Spending:
    day = _start_of_day(at)
    month = day.replace(day=1)
    found = db.execute(
        "SELECT coalesce(sum(nano_usd), 0), coalesce(sum(CASE WHEN writer = ? AND at >= ? THEN nano_usd END), 0),"
        " coalesce(sum(CASE WHEN writer = ? THEN nano_usd END), 0)"
        " FROM calls WHERE at >= ? AND (CAST(? AS TEXT) IS NULL OR (settled = 0 AND at > ?))",
        [writer, day.isoformat(), writer, month.isoformat(), open_since, open_since],
    ).fetchone()
    return Spending(writer_day=int(found[1]), writer_month=int(found[2]), month=int(found[0]))


def _sum_server_costs(db: Connection, server: str, writer: str, at: datetime, open_since: str | None) -> ServerSpending:
    found = db.execute(
        "SELECT coalesce(sum(nano_usd), 0), coalesce(sum(CASE WHEN writer = ? THEN nano_usd END), 0)"
        " FROM calls WHERE server = ? AND at >= ? AND (CAST(? AS TEXT) IS NULL OR (settled = 0 AND at > ?))",
        [writer, server, _start_of_day(at).isoformat(), open_since, open_since],
    ).fetchone()
    return ServerSpending(day=int(found[0]), writer_day=int(found[1]))


def _start_of_day(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
