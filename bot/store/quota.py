"""Enforce the limits on what a writer may keep, inside the transaction that stores it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from bot.errors import BeingDeleted
from bot.essay.limits import ROW_BYTES, StorageIncrease, StorageUsage, WriterLimits
from bot.services.personal_data import WriterMark
from bot.store.connection import Connection
from bot.store.encryption import CELL_OVERHEAD_BYTES

if TYPE_CHECKING:  # which imports this module
    from bot.store.database import EncryptedDatabase

_DAY_MINUTES = 24 * 60
# A row without a text of its own costs nothing: the words of a note that was made of messages are counted with these.
_BYTES = f"CASE WHEN length(text) > {CELL_OVERHEAD_BYTES} THEN length(text) - {CELL_OVERHEAD_BYTES} ELSE 0 END"
_SIZE = f"sum({_BYTES} + {ROW_BYTES}) FILTER (WHERE text IS NOT NULL)"
_MINE = "essay IN (SELECT id FROM essays WHERE writer = :writer)"
# A critique stores the text that it is about: a pasted one, or a copy of a version's.
_WRITER_USAGE = f"""
    SELECT coalesce((SELECT {_SIZE} FROM notes WHERE {_MINE}), 0)
        + coalesce((SELECT {_SIZE} FROM versions WHERE {_MINE}), 0)
        + coalesce((SELECT {_SIZE} FROM dm_messages WHERE writer = :writer), 0)
        + coalesce((SELECT {_SIZE} FROM critiques WHERE writer = :writer), 0)
        + coalesce((SELECT {_SIZE} FROM voice_samples WHERE writer = :writer), 0)
        + coalesce((SELECT {_SIZE} FROM feedback WHERE {_MINE}), 0),
        (SELECT count(*) FROM essays WHERE writer = :writer)
"""  # noqa: S608 - put together from what stands above
_NOTE_WORDS = """(
    SELECT text FROM notes WHERE essay = :essay
    UNION ALL
    SELECT m.text FROM dm_messages m LEFT JOIN notes n ON n.essay = m.essay AND n.number = m.note
    WHERE m.essay = :essay AND m.part = 0 AND n.text IS NULL
) AS words"""
_ESSAY_USAGE = f"""
    SELECT coalesce((SELECT {_SIZE} FROM {_NOTE_WORDS}), 0)
        + coalesce((SELECT {_SIZE} FROM feedback WHERE essay = :essay), 0),
        (SELECT count(*) FROM notes WHERE essay = :essay)
        + (SELECT count(*) FROM dm_messages WHERE essay = :essay AND part = 0 AND note IS NULL),
        (SELECT count(*) FROM versions WHERE essay = :essay)
"""  # noqa: S608 - put together from what stands above


@dataclass(frozen=True, slots=True)
class Quota:
    """The limits of a store's writers; ``exempt_writers``, such as the machine's owner, have none."""

    limits: WriterLimits = field(default_factory=WriterLimits)
    exempt_writers: Collection[str] = ()

    def check_and_record(
        self, db: Connection, writer: str, essay: str | None, adding: StorageIncrease, at: datetime
    ) -> None:
        """Check and count what is to be stored at the time ``at``. Raise LimitExceeded, and then count nothing."""
        if writer in self.exempt_writers:
            return
        minute = int(at.timestamp()) // 60
        kept, essays = db.execute(_WRITER_USAGE, {"writer": writer}).fetchall()[0]
        size, notes, versions = db.execute(_ESSAY_USAGE, {"essay": essay}).fetchall()[0] if essay else (0, 0, 0)
        query = "SELECT CAST(coalesce(sum(bytes), 0) AS BIGINT) FROM stored WHERE writer = ? AND minute BETWEEN ? AND ?"
        (now,) = db.execute(query, [writer, minute, minute]).fetchall()[0]
        (day,) = db.execute(query, [writer, minute - _DAY_MINUTES + 1, minute]).fetchall()[0]
        self.limits.check_increase(StorageUsage(kept, essays, size, notes, versions, now, day), adding)
        db.execute(
            "INSERT INTO stored (writer, minute, bytes) VALUES (?, ?, ?)"
            " ON CONFLICT (writer, minute) DO UPDATE SET bytes = stored.bytes + excluded.bytes",
            [writer, minute, adding.bytes],
        )


class SqlQuota:
    """The quota of one database. See QuotaStore."""

    def __init__(self, database: EncryptedDatabase) -> None:
        self._database = database

    def check_and_record(self, writer: str, essay: str | None, adding: StorageIncrease, at: datetime) -> None:
        query = "SELECT 1 FROM writer_marks WHERE writer = ? AND mark = ?"
        if self._database.db.execute(query, [writer, WriterMark.DELETING.value]).fetchone():
            raise BeingDeleted
        self._database.quota.check_and_record(self._database.db, writer, essay, adding, at)
