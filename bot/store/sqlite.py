"""The storage ports over one SQLite file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from bot.services.store_ports import Transaction
from bot.store.critiques import SqliteCritiques
from bot.store.database import DatabaseThread, EncryptedDatabase
from bot.store.dm_messages import SqliteDmMessages
from bot.store.essays import SqliteEssays
from bot.store.jobs import SqliteJobPanels, SqliteJobs, current_process_name
from bot.store.ledger import SqliteCalls
from bot.store.personal_data import SqlitePersonalData
from bot.store.quota import Quota, SqliteQuota
from bot.store.retention import SqliteRetention
from bot.store.server_rules import SqliteServers
from bot.store.support import SqliteSupport
from bot.store.voice import SqliteVoice

T = TypeVar("T")


class SqliteStore:
    """The database in one file, its texts encrypted. See Store for what the methods promise."""

    def __init__(
        self,
        path: Path,
        keys: str | None,
        now: Callable[[], datetime],
        quota: Quota | None = None,
        *,
        process: str | None = None,
    ) -> None:
        """Open the database, migrate its schema, and enforce the ``quota``.

        ``process`` names the process whose jobs are stored: this one, unless a test stands in for another. Raise
        StoreError if the database cannot be used.
        """
        self.thread = DatabaseThread(path, keys, now, quota)
        self._process = process or current_process_name()

    async def read(self, step: Callable[[Transaction], T]) -> T:
        """See Store."""
        return await self.thread.read(lambda database: step(self._transaction(database)))

    async def write(self, owner: str, step: Callable[[Transaction], T]) -> T:
        """See Store. SQLite has one writer at a time, whoever the owner is."""
        return await self.thread.write(lambda database: step(self._transaction(database)))

    @property
    def pseudonym_secret(self) -> bytes:
        """32 bytes created with the database, to make pseudonyms that nobody without it can trace or make."""
        return self.thread.pseudonym_secret

    def close(self) -> None:
        """Finish the steps that were asked for and close the file."""
        self.thread.close()

    def _transaction(self, database: EncryptedDatabase) -> Transaction:
        return Transaction(
            essays=SqliteEssays(database),
            messages=SqliteDmMessages(database),
            jobs=SqliteJobs(database, self._process),
            job_panels=SqliteJobPanels(database),
            critiques=SqliteCritiques(database),
            support=SqliteSupport(database),
            voice=SqliteVoice(database),
            ledger=SqliteCalls(database),
            people=SqlitePersonalData(database),
            servers=SqliteServers(database),
            retention=SqliteRetention(database),
            values=SqliteKeyValues(database),
            quota=SqliteQuota(database),
        )


class SqliteKeyValues:
    """Values by name, not encrypted: nothing that a person wrote may be kept here. See KeyValueStore."""

    def __init__(self, database: EncryptedDatabase) -> None:
        self._db = database.db

    def get(self, name: str) -> str | None:
        row = self._db.execute("SELECT value FROM remembered WHERE name = ?", [name]).fetchone()
        return str(row[0]) if row else None

    def set(self, name: str, value: str) -> None:
        self._db.execute(
            "INSERT INTO remembered VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [name, value],
        )

    def delete(self, name: str) -> None:
        self._db.execute("DELETE FROM remembered WHERE name = ?", [name])
