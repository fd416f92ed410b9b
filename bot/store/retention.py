"""Essays that nobody touches, the warnings about them, and what has outlived its use."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.services.retention import DeletionWarning, IdleEssay
from bot.store.connection import marks
from bot.store.database import EncryptedDatabase, parse_time
from bot.store.essays import SqlEssays
from bot.store.jobs import YIELDING_KINDS

# Each essay with the time when it was last changed or a job started on it.
_TOUCHED = """(
    SELECT e.writer, e.id, (
        SELECT max(moments.at) FROM (
            SELECT e.changed AS at
            UNION ALL SELECT j.created FROM jobs j WHERE j.writer = e.writer AND j.subject = e.id
        ) AS moments
    ) AS touched FROM essays e
) AS essays_touched"""
_WARNING_COLUMNS = "touched, first_tried, first_told, last_tried, last_told"


class SqlRetention:
    """What of one database is deleted in time. See RetentionStore for what each method promises."""

    def __init__(self, database: EncryptedDatabase) -> None:
        self._database = database
        self._db = database.db
        self._essays = SqlEssays(database)

    def idle_essays(self, since: datetime, exempt_writer: str, writer: str | None = None) -> tuple[IdleEssay, ...]:
        query = (
            f"SELECT writer, id, touched FROM {_TOUCHED} WHERE touched <= ? AND writer <> ?"  # noqa: S608 - a constant of ours
            " AND (CAST(? AS TEXT) IS NULL OR writer = ?) ORDER BY writer, touched, id"
        )
        values = [since.astimezone(UTC).isoformat(), exempt_writer, writer, writer]
        rows = self._db.execute(query, values).fetchall()
        return tuple(
            IdleEssay(owner, essay, self._essays.get(owner, essay).title, parse_time(touched), self._warning(essay))
            for owner, essay, touched in rows
        )

    def last_touched(self, writer: str, essay: str) -> datetime | None:
        query = f"SELECT touched FROM {_TOUCHED} WHERE id = ? AND writer = ?"  # noqa: S608 - a constant of ours
        row = self._db.execute(query, [essay, writer]).fetchone()
        return parse_time(row[0]) if row is not None else None

    def _warning(self, essay: str) -> DeletionWarning | None:
        query = f"SELECT {_WARNING_COLUMNS} FROM essay_warnings WHERE essay = ?"  # noqa: S608 - a constant of ours
        row = self._db.execute(query, [essay]).fetchone()
        if row is None:
            return None
        touched, first_tried, first_told, last_tried, last_told = row
        return DeletionWarning(
            parse_time(touched), parse_time(first_tried), bool(first_told), _time_or_none(last_tried), bool(last_told)
        )

    def save_warning(self, essay: str, warning: DeletionWarning) -> None:
        last_tried = warning.last_tried
        self._db.execute(
            f"INSERT INTO essay_warnings (essay, {_WARNING_COLUMNS})"  # noqa: S608 - a constant of ours
            " SELECT id, ?, ?, ?, ?, ? FROM essays WHERE id = ?"  # it may have been deleted meanwhile
            " ON CONFLICT (essay) DO UPDATE SET touched = excluded.touched, first_tried = excluded.first_tried,"
            " first_told = excluded.first_told, last_tried = excluded.last_tried, last_told = excluded.last_told",
            [
                warning.touched.isoformat(),
                warning.first_tried.isoformat(),
                int(warning.first_told),
                last_tried.isoformat() if last_tried is not None else None,
                int(warning.last_told),
                essay,
            ],
        )

    def delete_warning(self, essay: str) -> None:
        self._db.execute("DELETE FROM essay_warnings WHERE essay = ?", [essay])

    def delete_jobs(self, before: datetime) -> None:
        # A panel goes on showing the job before those that give way.
        counts = f"(jobs.kind IN ({marks(YIELDING_KINDS)}) OR later.kind NOT IN ({marks(YIELDING_KINDS)}))"
        self._db.execute(
            "DELETE FROM jobs WHERE ended = 1 AND changed < ? AND id < (SELECT max(later.id) FROM jobs later"  # noqa: S608 - question marks
            f" WHERE later.writer = jobs.writer AND later.subject = jobs.subject AND {counts})",
            [before.astimezone(UTC).isoformat(), *YIELDING_KINDS, *YIELDING_KINDS],
        )
        self._database.erase_after_commit()

    def delete_calls(self, before: datetime) -> None:
        self._db.execute("DELETE FROM calls WHERE at < ?", [before.astimezone(UTC).isoformat()])

    def delete_memberships(self, before: datetime) -> None:
        query = "DELETE FROM remembered WHERE name LIKE 'member %' AND value < ?"
        self._db.execute(query, [before.astimezone(UTC).isoformat()])

    def delete_stored_counts(self, before: datetime) -> None:
        self._db.execute("DELETE FROM stored WHERE minute < ?", [int(before.timestamp()) // 60])

    def delete_kept_spending(self, at: datetime) -> None:
        month = at.astimezone(UTC).strftime("%Y-%m")
        self._db.execute("DELETE FROM kept_spending WHERE day < ?", [month])


def _time_or_none(stored: Any) -> datetime | None:
    return parse_time(stored) if stored is not None else None
