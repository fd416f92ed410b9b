"""SQLite: its file and connection, the thread that owns it, its errors, and the checks made before it is used."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import sqlite3
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlite_utils import Database

from bot.errors import (
    DamagedDatabase,
    EncryptionKeyMissing,
    ForeignDatabase,
    NewerDatabase,
    StoreBusy,
    StoreError,
    StoreFull,
    StoreUnavailable,
)
from bot.store.connection import Cursor, ForeignKey, Table, Values
from bot.store.database import EncryptedDatabase, KeyRing, open_pseudonym_secret
from bot.store.encryption import (
    DamagedCell,
    TextCipher,
    create_key_file,
    is_fernet,
    key_fingerprint,
    parse_keys,
    read_key_file,
)
from bot.store.migrations import MIGRATION_NAMES, migrations
from bot.store.quota import Quota
from bot.store.resealing import seal_to_places
from bot.store.sql_store import SqlStore
from bot.store.worker_thread import StepResult, Waiter, WorkerThread, run_step

log = logging.getLogger(__name__)

T = TypeVar("T")

APPLICATION_ID = 0x43455342  # "CESB", in the file's header: tells our files from any other program's
_GROUP_SECONDS = 0.02  # for which writes are added to a group, while reads wait for it
BUSY_SECONDS = 5.0  # how long to wait while another process writes; its transactions take milliseconds
# Wait for the disk at each commit, so that a power failure takes nothing that a writer was told is stored. Some builds
# of SQLite wait less in WAL mode unless told to (SQLITE_DEFAULT_WAL_SYNCHRONOUS).
SYNCHRONOUS = "FULL"


class SqliteStore(SqlStore):
    """The database in one file, its texts encrypted. See Store for what the methods promise."""

    database: DatabaseThread

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
        super().__init__(DatabaseThread(path, keys, now, quota), process)


class SqliteConnection:
    """See Connection. One process writes at a time, so nothing changes beside a transaction that writes."""

    keep_rows = ""
    lock_free_rows = ""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.raw = connection

    def execute(self, query: str, values: Values = (), /) -> Cursor:
        """See Connection."""
        return self.raw.execute(query, values)

    def next_id(self, table: str) -> str:
        """See Connection. SQLite remembers the last id of a table whose ids it never gives twice."""
        known = f"SELECT seq FROM sqlite_sequence WHERE name = '{table}'"  # noqa: S608 - a table of ours
        last = f"coalesce(({known}), (SELECT max(id) FROM {table}), 0)"  # noqa: S608 - a table of ours
        return f"{last} + row_number() OVER ()"

    def tables(self) -> Sequence[Table]:
        """See Connection."""
        names = self.raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid").fetchall()
        return [self._table(name) for (name,) in names if not name.startswith(("sqlite_", "_sqlite"))]

    def _table(self, name: str) -> Table:
        columns = self.raw.execute("SELECT name FROM pragma_table_info(?)", [name]).fetchall()
        keys = 'SELECT "from", "table", "to", on_delete FROM pragma_foreign_key_list(?)'
        found = self.raw.execute(keys, [name]).fetchall()
        return Table(name, tuple(column for (column,) in columns), tuple(ForeignKey(*key) for key in found))


class SqliteDatabase(EncryptedDatabase):
    """An open file. Use it only in the thread that opened it."""

    db: SqliteConnection

    def __init__(self, path: Path, keys: str | None, now: Callable[[], datetime], quota: Quota | None = None) -> None:
        """Open or create the database at ``path``; ``keys`` is the value of DATABASE_KEY.

        The file has mode 0600. Without ``keys`` the key is read from the file beside the database, which is created
        with a new database. Any number of processes may open a new database at once: the first to take the write lock
        creates it. Raise StoreError; then nothing was changed, and no new file is left.
        """
        self.path = path
        self._erases = False
        key_file = path.with_name(path.name + ".key")
        ring = KeyRing(keys, path, key_file)
        made, connection = False, None
        try:
            with translate_errors(path):
                made = _create_file(path)
                connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)  # BEGIN is said
                super().__init__(SqliteConnection(connection), ring, quota, path)
                self._open(connection, key_file, now)
                if is_fernet(self.sealed_secret()):
                    seal_to_places(self)
        except BaseException:
            if connection is not None:
                connection.close()
            if made and path.exists() and path.stat().st_size == 0:
                path.unlink()
            raise

    def _open(self, connection: sqlite3.Connection, key_file: Path, now: Callable[[], datetime]) -> None:
        opened = Database(connection)
        check_is_our_database(opened, self.path, may_be_new=True)
        self.path.chmod(0o600)
        connection.execute(f"PRAGMA synchronous = {SYNCHRONOUS}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")  # a deleted essay's pages are overwritten, not only freed
        with self.writing(""):
            check_is_our_database(opened, self.path, may_be_new=True)  # another process may have made it meanwhile
            held = self.keys.find(key_fingerprints(opened))
            if not held:
                held = {key_fingerprint(key): key for key in create_key_file(key_file)}
            if migrations.pending(opened):
                fernet = TextCipher(list(held.values()))
                connection.create_function("decrypt", 1, lambda sealed: _decrypt_fernet_or_none(fernet, sealed))
                migrations.apply(opened)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self.begin_sealing(next(iter(held)), now())
        self._enable_wal()

    def _enable_wal(self) -> None:
        """Set WAL mode, which is permanent. While one process sets it, SQLite rejects others without waiting."""
        if self.db.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
            return
        with suppress(sqlite3.OperationalError):  # another process is setting it
            self.db.execute("PRAGMA journal_mode = WAL")

    def close(self) -> None:
        """Close the connection; what was committed is in the file."""
        self.db.raw.close()

    @contextmanager
    def writing(self, owner: str) -> Iterator[None]:
        """See EncryptedDatabase. It takes the write lock at once, so that it cannot fail half-way waiting for it."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.raw.rollback()
            raise
        else:
            try:
                self.db.raw.commit()
            except BaseException:
                self.db.raw.rollback()
                raise

    def excluding(self) -> AbstractContextManager[None]:
        """See EncryptedDatabase: there is one writer at a time, and who reads does so under the keys it has read."""
        return self.writing("")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """See EncryptedDatabase."""
        self.db.execute("BEGIN")
        changes = self.db.raw.total_changes
        try:
            yield
            if self.db.raw.total_changes != changes:
                raise RuntimeError("a step that was handed to read has written: hand it to write")
        finally:
            self.db.raw.rollback()

    def erase_after_commit(self) -> None:
        """See EncryptedDatabase.

        The write-ahead log holds pages as they were before a deletion; once it is emptied, only the overwritten pages
        are left.
        """
        self._erases = True

    def erase(self) -> bool:
        """See EncryptedDatabase."""
        self._erases = True
        return self.erase_deleted()

    @property
    def has_erased(self) -> bool:
        """See EncryptedDatabase."""
        return not self._erases

    def erase_deleted(self) -> bool:
        """Empty the write-ahead log if it holds what was deleted; return False if that failed."""
        if self._erases:
            ((is_busy, *_),) = self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self._erases = bool(is_busy)  # while another process reads it; the next write tries again
        return not self._erases


def _decrypt_fernet_or_none(cipher: TextCipher, sealed: bytes) -> str | None:
    try:
        return cipher.open_fernet(sealed)
    except DamagedCell:
        log.warning("a stored text is damaged and cannot be read; all else can")
        return None


def check_database(path: Path, keys: str | None) -> bool:
    """Check, without writing, that the database at ``path`` can be opened with ``keys``; return whether it exists.

    Raise StoreError as SqliteDatabase does.
    """
    given = parse_keys(keys, "DATABASE_KEY") if keys else ()
    key_file = path.with_name(path.name + ".key")
    with translate_errors(path):
        if not path.exists():
            there = next(parent for parent in path.absolute().parents if parent.exists())
            try:
                with tempfile.TemporaryFile(dir=there):  # a file system such as /proc has none, whatever it permits
                    return False
            except OSError as error:
                raise PermissionError(errno.EACCES, f"nothing can be written in {there}") from error
        os.close(os.open(path, os.O_RDWR))
        # With the log of another process beside it, what that has written last must be read; without one nobody is
        # writing, and SQLite need not make the files with which it would keep others away.
        mode = "mode=ro" if path.with_name(path.name + "-wal").exists() else "immutable=1"
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True, timeout=BUSY_SECONDS)) as opened:
            db = Database(opened)
            check_is_our_database(db, path, may_be_new=True)
            needed = key_fingerprints(db)
            query = "SELECT value FROM secrets WHERE name = 'pseudonyms'"
            sealed = db.execute(query).fetchone() if needed else None
        held = (*given, *(read_key_file(key_file) or ()))
        if missing := needed - {key_fingerprint(key) for key in held}:
            raise EncryptionKeyMissing(sorted(missing), path, key_file)
        if sealed is not None:
            open_pseudonym_secret(TextCipher(held), sealed[0])
    return True


def check_is_our_database(db: Database, path: Path, *, may_be_new: bool) -> None:
    """Raise ForeignDatabase or NewerDatabase unless the database is of this or an older release.

    With ``may_be_new``, an empty one is good too.
    """
    applied = {migration.name for migration in migrations.applied(db)}
    query = "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_master) FROM"
    marks = db.execute(f"{query} pragma_application_id, pragma_user_version").fetchone()
    is_empty = not any(marks)
    if not ((marks[0] == APPLICATION_ID and (applied or may_be_new)) or (is_empty and may_be_new)):
        raise ForeignDatabase(path)
    if not applied.issubset(MIGRATION_NAMES):
        raise NewerDatabase(path)


def key_fingerprints(db: Database) -> set[str]:
    """Return the fingerprints of the keys that texts in the database are sealed with."""
    if "keys" not in db.table_names():
        return set()
    return {row[0] for row in db.execute("SELECT fingerprint FROM keys")}


@dataclass(frozen=True, slots=True)
class _Write:
    """A step that waits to be run and committed."""

    step: Callable[[EncryptedDatabase], Any]
    waiter: Waiter


class DatabaseThread:
    """See DatabaseRunner. One thread owns the database; all calls run in it one after another, reads first.

    Writes that wait when the thread comes to them are committed together, each in a savepoint: with a hundred people at
    once each would otherwise wait for the disk a hundred times.
    """

    def __init__(self, path: Path, keys: str | None, now: Callable[[], datetime], quota: Quota | None = None) -> None:
        """Open the database in the thread. Raise as SqliteDatabase does."""
        self._path = path
        self._is_closed = False
        self._writes: deque[_Write] = deque()  # appended to by the callers, taken from by the thread
        self._worker = WorkerThread("store")
        try:
            self._database = self._worker.run_blocking(lambda: SqliteDatabase(path, keys, now, quota))
        except BaseException:
            self._worker.close()
            raise

    @property
    def pseudonym_secret(self) -> bytes:
        """32 bytes made with the database, for pseudonyms that nobody without it can trace or make."""
        return self._database.pseudonym_secret

    async def run(self, work: Callable[[EncryptedDatabase], T], *, urgent: bool = False) -> T:
        """Run ``work`` in the thread and return its result.

        If the caller is cancelled, the work goes on, and what it writes is stored. Raise StoreError if SQLite fails,
        and after ``close``.
        """
        if self._is_closed:
            raise StoreUnavailable(self._path, "it was closed")
        return await self._worker.run(lambda: self._run_translated(work), urgent=urgent)

    async def read(self, step: Callable[[EncryptedDatabase], T]) -> T:
        """Run ``step`` and return its result; all that it reads is from one moment. Raise as ``run`` does."""

        def reading(database: EncryptedDatabase) -> T:
            with database.snapshot():
                return step(database)

        return await self.run(reading, urgent=True)

    async def write(self, owner: str, step: Callable[[EncryptedDatabase], T]) -> T:
        """Run ``step`` and return its result; store all that it writes, or nothing if it raises. Raise as ``run``.

        It is completed even if the caller is cancelled.
        """

        if self._is_closed:
            raise StoreUnavailable(self._path, "it was closed")
        waiting: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._writes.append(_Write(step, waiting))
        self._worker.run_together(self._write_waiting)
        return await waiting

    def _write_waiting(self) -> list[StepResult]:
        """Run and commit the writes that wait; return their results. Where the commit fails, all have failed."""
        if not self._writes:  # an earlier turn has taken them all
            return []
        taken: list[_Write] = []
        done: list[StepResult] = []
        _, error = run_step(lambda: self._run_translated(lambda database: self._write_group(database, taken, done)))
        if error is None:
            return done
        failed = {one.waiter: one.error for one in done if one.error is not None}
        return [
            StepResult(one.waiter, None, failed.get(one.waiter, error)) for one in taken or [self._writes.popleft()]
        ]

    def _write_group(self, database: EncryptedDatabase, taken: list[_Write], done: list[StepResult]) -> None:
        """Run the writes that wait in one transaction, each in a savepoint: one that fails leaves nothing behind."""
        until = time.monotonic() + _GROUP_SECONDS
        with database.transaction(""):
            while self._writes:
                taken.append(self._writes.popleft())
                done.append(self._write_one(database, taken[-1].step, taken[-1].waiter))
                if time.monotonic() > until:  # what is left has asked for a turn of its own
                    break
        try:
            self._database.erase_deleted()
        except sqlite3.Error as error:  # the writes are committed; the next one tries again
            log.warning("what was deleted could not be erased from the log yet: %s", type(error).__name__)

    def _write_one(
        self, database: EncryptedDatabase, step: Callable[[EncryptedDatabase], Any], waiter: Waiter
    ) -> StepResult:
        """Run one write. Raise its error where SQLite has ended the whole transaction for it, as on a full disk."""
        database.db.execute("SAVEPOINT one_write")
        result, error = run_step(lambda: self._run_translated(step))
        if error is not None:
            if not self._database.db.raw.in_transaction:
                raise error
            database.db.execute("ROLLBACK TO one_write")
        database.db.execute("RELEASE one_write")
        return StepResult(waiter, result, error)

    def _run_translated(self, work: Callable[[EncryptedDatabase], T]) -> T:
        with translate_errors(self._path):
            return work(self._database)

    def close(self) -> None:
        """Finish the steps that were asked for and close the database. A second call does nothing."""
        if not self._is_closed:
            self._is_closed = True
            self._worker.run_blocking(self._database.close)
            self._worker.close()


@contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """Translate errors of SQLite, the file system and the cipher into the errors that a person is shown."""
    try:
        yield
    except DamagedCell as error:
        raise DamagedDatabase(path) from error
    except sqlite3.DatabaseError as error:
        raise _error_from_sqlite(path, error) from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise StoreFull(path) from error
        raise StoreUnavailable(path, (error.strerror or str(error)).lower()) from error


def _error_from_sqlite(path: Path, error: sqlite3.DatabaseError) -> StoreError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code, the rest refines it
    match code:
        case sqlite3.SQLITE_FULL:
            return StoreFull(path)
        case sqlite3.SQLITE_NOTADB:
            return ForeignDatabase(path)
        case sqlite3.SQLITE_CORRUPT:
            return DamagedDatabase(path)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreBusy(path)
        case _:
            return StoreUnavailable(path, str(error))


def _create_file(path: Path) -> bool:
    """Create an empty file that only its owner can read, if there is none; return whether it was created.

    SQLite gives its WAL and shared-memory files the mode of the database, so this one mode covers all three.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        os.close(os.open(path, os.O_RDWR))  # says in the system's own words why it cannot be used
        return False
    return True
