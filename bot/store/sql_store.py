"""A store over a database that runs one SQL for all: the storage ports joined for one transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

from bot.services.jobs.store_ports import JobQueueStore
from bot.services.store_ports import Transaction
from bot.store.critiques import SqlCritiques
from bot.store.database import EncryptedDatabase
from bot.store.dm_messages import SqlDmMessages
from bot.store.essays import SqlEssays
from bot.store.jobs import SqlJobPanels, SqlJobs, current_process_name
from bot.store.ledger import SqlCalls
from bot.store.personal_data import SqlPersonalData
from bot.store.quota import SqlQuota
from bot.store.retention import SqlRetention
from bot.store.server_rules import SqlServers
from bot.store.sharing import SqlSharing
from bot.store.support import SqlSupport
from bot.store.voice import SqlVoice

T = TypeVar("T")


class DatabaseRunner(Protocol):
    """Runs steps on an open database, away from the event loop.

    Each method raises StoreError if the database fails, and after ``close``. If the caller is cancelled, the step goes
    on, and what it writes is stored.
    """

    @property
    def pseudonym_secret(self) -> bytes:
        """32 bytes made with the database, for pseudonyms that nobody without it can trace or make."""

    async def run(self, work: Callable[[EncryptedDatabase], T]) -> T:
        """Run ``work`` in no transaction and return its result."""

    async def read(self, step: Callable[[EncryptedDatabase], T]) -> T:
        """Run ``step`` and return its result. See Store.read."""

    async def write(self, owner: str, step: Callable[[EncryptedDatabase], T]) -> T:
        """Run ``step`` and return its result. See Store.write."""

    def close(self) -> None:
        """Finish the steps that were asked for and close the database. A second call does nothing."""


class SqlStore:
    """See Store for what the methods promise."""

    def __init__(self, database: DatabaseRunner, process: str | None = None) -> None:
        """Take over the database; ``process`` names the process whose jobs are stored, this one if it is None."""
        self.database = database
        self._process = process or current_process_name()

    async def read(self, step: Callable[[Transaction], T]) -> T:
        """See Store."""
        return await self.database.read(lambda database: step(self.join(database)))

    async def write(self, owner: str, step: Callable[[Transaction], T]) -> T:
        """See Store."""
        return await self.database.write(owner, lambda database: step(self.join(database)))

    @property
    def pseudonym_secret(self) -> bytes:
        """32 bytes created with the database, to make pseudonyms that nobody without it can trace or make."""
        return self.database.pseudonym_secret

    def close(self) -> None:
        """Finish the steps that were asked for and close the database."""
        self.database.close()

    def queue(self, database: EncryptedDatabase) -> JobQueueStore:
        """Return the queue of jobs. Raise RuntimeError once it is used where there is none."""
        return cast("JobQueueStore", NoQueue())

    def join(self, database: EncryptedDatabase) -> Transaction:
        """Return the ports over a database in which a transaction has begun."""
        return Transaction(
            essays=SqlEssays(database),
            messages=SqlDmMessages(database),
            jobs=SqlJobs(database, self._process),
            queue=self.queue(database),
            job_panels=SqlJobPanels(database),
            critiques=SqlCritiques(database),
            support=SqlSupport(database),
            voice=SqlVoice(database),
            sharing=SqlSharing(database),
            ledger=SqlCalls(database),
            people=SqlPersonalData(database),
            servers=SqlServers(database),
            retention=SqlRetention(database),
            values=SqlKeyValues(database),
            quota=SqlQuota(database),
        )


class NoQueue:
    """What stands in for the queue where one process runs its own jobs."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("this database has no queue of jobs: only PostgreSQL has one")


class SqlKeyValues:
    """Values by name, not encrypted: nothing that a person wrote may be kept here. See KeyValueStore."""

    def __init__(self, database: EncryptedDatabase) -> None:
        self._db = database.db

    def get(self, name: str) -> str | None:
        row = self._db.execute("SELECT value FROM remembered WHERE name = ?", [name]).fetchone()
        return str(row[0]) if row else None

    def set(self, name: str, value: str) -> None:
        query = "INSERT INTO remembered (name, value) VALUES (?, ?)"
        self._db.execute(f"{query} ON CONFLICT (name) DO UPDATE SET value = excluded.value", [name, value])

    def delete(self, name: str) -> None:
        self._db.execute("DELETE FROM remembered WHERE name = ?", [name])
