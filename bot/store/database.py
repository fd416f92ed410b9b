"""The encrypted SQLite database: its connection, the thread that owns it, and the checks made before it is used.

The thread returns the results of several steps together, which a ThreadPoolExecutor does not. Each return takes
Python's global lock from the event loop, and with hundreds of people at once that was most of a step's cost.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterator
from concurrent import futures
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from itertools import count
from pathlib import Path
from queue import PriorityQueue
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
from bot.store.encryption import (
    CellPlace,
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
from bot.store.sealed_columns import SECRET

ResultT = TypeVar("ResultT")

_URGENT, _NORMAL, _LAST = range(3)  # the order in which steps are taken
_BATCH_SECONDS = 0.002  # how long the results of finished steps may wait for those of the next steps

_Waiter = asyncio.Future[Any] | futures.Future[Any]


@dataclass(frozen=True, slots=True)
class _StepResult:
    """The result of a step, and the future that waits for it."""

    waiter: _Waiter
    result: Any
    error: BaseException | None

    def deliver(self) -> None:
        if self.waiter.done():  # the waiting task was cancelled
            return
        if self.error is not None:
            self.waiter.set_exception(self.error)
        else:
            self.waiter.set_result(self.result)


class WorkerThread:
    """A thread that runs one step after another, until ``close`` or the end of the process.

    A step that is ``urgent`` comes before those that are not: somebody's click waits for what it reads, and a write
    that was asked for before it takes as long as the disk does.
    """

    def __init__(self, name: str) -> None:
        self._steps: PriorityQueue[tuple[int, int, tuple[Callable[[], Any], _Waiter] | None]] = PriorityQueue()
        self._numbers = count()
        self._thread = threading.Thread(target=self._run_steps, name=name, daemon=True)
        self._thread.start()

    def run_blocking(self, work: Callable[[], ResultT]) -> ResultT:
        """Return what the work returns, blocking the caller's thread until then."""
        waiting: futures.Future[ResultT] = futures.Future()
        self._put((work, waiting), _NORMAL)
        try:
            return waiting.result()
        finally:
            del waiting  # an error remembers this frame, and the future remembers the error

    def run(self, work: Callable[[], ResultT], *, urgent: bool = False) -> asyncio.Future[ResultT]:
        """Return a future of the work's result. The work is done even if nobody awaits it."""
        waiting: asyncio.Future[ResultT] = asyncio.get_running_loop().create_future()
        self._put((work, waiting), _URGENT if urgent else _NORMAL)
        return waiting

    def close(self) -> None:
        """End the thread once all steps are done."""
        self._put(None, _LAST)
        self._thread.join()

    def _put(self, step: tuple[Callable[[], Any], _Waiter] | None, priority: int) -> None:
        self._steps.put((priority, next(self._numbers), step))

    def _run_steps(self) -> None:
        while (step := self._steps.get()[2]) is not None:
            until, done = time.monotonic() + _BATCH_SECONDS, list[_StepResult]()
            while step is not None:
                work, waiting = step
                done.append(_StepResult(waiting, *_run_step(work)))
                if time.monotonic() > until or self._steps.empty():
                    break
                step = self._steps.get()[2]
            _deliver_results(done)
            if step is None:
                return
            del step, work, waiting, done  # nothing is held while the next is waited for


def _run_step(work: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    """Run a step; return its result and its error, one of them None.

    It knows nothing of the waiting future: an error keeps alive what its frames refer to.
    """
    try:
        return work(), None
    except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to whoever asked
        return None, error


def _deliver_results(done: list[_StepResult]) -> None:
    """Deliver each result to the loop or the thread that waits for it."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_StepResult]] = {}
    for one in done:
        if isinstance(one.waiter, futures.Future):
            one.deliver()
        else:
            by_loop.setdefault(one.waiter.get_loop(), []).append(one)
    for loop, those in by_loop.items():
        with suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(_deliver_all, those)


def _deliver_all(done: list[_StepResult]) -> None:
    for one in done:
        one.deliver()


log = logging.getLogger(__name__)

T = TypeVar("T")
E = TypeVar("E", bound=Enum)

APPLICATION_ID = 0x43455342  # "CESB", in the file's header: tells our files from any other program's
BUSY_SECONDS = 5.0  # how long to wait while another process writes; its transactions take milliseconds

PSEUDONYMS = SECRET.place("", "pseudonyms")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_time(stored: str) -> datetime:
    """Parse a stored time; for a damaged one return the beginning of 1970, so that the rest of its row can be read."""
    try:
        found = datetime.fromisoformat(stored)
    except ValueError:
        log.warning("a stored time is damaged; it is taken for 1970")
        return _EPOCH
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def parse_enum(kinds: type[E], stored: str, otherwise: E) -> E:
    """Parse a stored enum value; for a damaged one return ``otherwise``, so that the rest of its row can be read."""
    try:
        return kinds(stored)
    except ValueError:
        log.warning("a stored %s is damaged; it is taken for %r", kinds.__name__, otherwise.value)
        return otherwise


class EncryptedDatabase:
    """An open database and the cipher of its texts. Use it only in the thread that opened it."""

    def __init__(self, path: Path, keys: str | None, now: Callable[[], datetime], quota: Quota | None = None) -> None:
        """Open or create the database at ``path``; ``keys`` is the value of DATABASE_KEY.

        The file has mode 0600. Without ``keys`` the key is read from the file beside the database, which is created
        with a new database. Any number of processes may open a new database at once: the first to take the write lock
        creates it. Raise StoreError; then nothing was changed, and no new file is left.
        """
        self.path = path
        self._truncates_log = False
        self._logged_damage: set[str] = set()  # damaged texts that were logged
        self.quota = quota if quota is not None else Quota()
        self.key_file = path.with_name(path.name + ".key")
        self.given_keys = parse_keys(keys, "DATABASE_KEY") if keys else ()
        made = False
        try:
            with translate_errors(path):
                made = _create_file(path)
                connection = sqlite3.connect(path, timeout=BUSY_SECONDS)
                self.db = Database(connection)
                self._open(now)
                if is_fernet(self._sealed_secret()):
                    seal_to_places(self)
        except BaseException:
            if hasattr(self, "db"):
                self.db.close()
            if made and path.exists() and path.stat().st_size == 0:
                path.unlink()
            raise

    def _open(self, now: Callable[[], datetime]) -> None:
        check_is_our_database(self.db, self.path, may_be_new=True)
        self.path.chmod(0o600)
        self.db.execute("PRAGMA foreign_keys = ON")
        self.db.execute("PRAGMA secure_delete = ON")  # a deleted essay's pages are overwritten, not only freed
        with self._write_transaction() as db:
            check_is_our_database(self.db, self.path, may_be_new=True)  # another process may have made it meanwhile
            held = self._find_keys(key_fingerprints(db))
            if not held:
                held = {key_fingerprint(key): key for key in create_key_file(self.key_file)}
            if migrations.pending(db):
                fernet = TextCipher(list(held.values()))
                db.conn.create_function("decrypt", 1, lambda sealed: _decrypt_fernet_or_none(fernet, sealed))
                migrations.apply(db)
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            record_sealing_key(db, next(iter(held)), now())
            self.cipher = self._load_cipher()
            self.pseudonym_secret = self._load_pseudonym_secret()
        self._enable_wal()

    def _load_pseudonym_secret(self) -> bytes:
        """Return the secret that pseudonyms are made with; create it in a new database.

        It stays the same when the encryption keys are changed.
        """
        if not (sealed := self._sealed_secret()):
            sealed = self.seal(PSEUDONYMS, secrets.token_hex(32))
            self.db.execute("INSERT INTO secrets VALUES ('pseudonyms', ?)", [sealed])
        return bytes.fromhex(open_pseudonym_secret(self.cipher, sealed))

    def _sealed_secret(self) -> bytes:
        """Return the secret as it is stored, b"" if there is none.

        It is the last cell that is sealed to its place: while it is not, others may not be either.
        """
        row = self.db.execute("SELECT value FROM secrets WHERE name = 'pseudonyms'").fetchone()
        return bytes(row[0]) if row is not None else b""

    def _enable_wal(self) -> None:
        """Set WAL mode, which is permanent. While one process sets it, SQLite rejects others without waiting."""
        if self.db.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
            return
        with suppress(sqlite3.OperationalError):  # another process is setting it
            self.db.execute("PRAGMA journal_mode = WAL")

    def close(self) -> None:
        """Close the connection; what was committed is in the file."""
        self.db.close()

    def seal(self, place: CellPlace, text: str) -> bytes:
        """Seal a text to the place where it is about to be stored."""
        return self.cipher.seal(place, text)

    def open_or_none(self, place: CellPlace, sealed: bytes, what: str) -> str | None:
        """Open a stored text; return None if it is damaged or stands where it does not belong, and log ``what`` it is.

        It is logged once. One damaged text must not keep others from being read, so use this to read several.
        """
        try:
            return self.cipher.open(place, sealed)
        except DamagedCell:
            if what not in self._logged_damage:
                self._logged_damage.add(what)
                log.warning("%s is damaged and cannot be read; all else can", what)
            return None

    def open_int_or_none(self, place: CellPlace, sealed: bytes, what: str) -> int | None:
        """Open a stored number; return None as ``open_or_none`` does."""
        found = self.open_or_none(place, sealed, what)
        return int(found) if found is not None else None

    @contextmanager
    def transaction(self) -> Iterator[Database]:
        """Hold a transaction that takes the write lock at once, so that it cannot fail half-way waiting for it.

        What it stores is sealed with the key that the database names, whichever process has changed that.
        """
        with self._write_transaction() as db:
            self._follow_keys()
            yield db

    @contextmanager
    def _write_transaction(self) -> Iterator[Database]:
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield self.db
        except BaseException:
            self.db.rollback()
            raise
        else:
            try:
                self.db.commit()
            except BaseException:
                self.db.rollback()
                raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Hold a transaction that only reads, all of it from one moment. Raise RuntimeError if it has written."""
        self.db.execute("BEGIN")
        changes = self.db.conn.total_changes
        try:
            self._follow_keys()
            yield
            if self.db.conn.total_changes != changes:
                raise RuntimeError("a step that was handed to read has written: hand it to write")
        finally:
            self.db.rollback()

    def truncate_log_after_commit(self) -> None:
        """Empty the write-ahead log once this transaction is committed.

        The log holds pages as they were before a deletion; once it is emptied, only the overwritten pages are left.
        """
        self._truncates_log = True

    def truncate_log(self) -> bool:
        """Empty the write-ahead log, if ``truncate_log_after_commit`` was called; return False if that failed."""
        if self._truncates_log:
            ((is_busy, *_),) = self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self._truncates_log = bool(is_busy)  # while another process reads it; the next write tries again
        return not self._truncates_log

    def _find_keys(self, needed: Collection[str]) -> dict[str, bytes]:
        """Return the keys at hand by fingerprint, those of DATABASE_KEY first. Raise EncryptionKeyMissing."""
        keys = self.given_keys
        if not keys or not {key_fingerprint(key) for key in keys}.issuperset(needed):
            keys += read_key_file(self.key_file) or ()  # it opens what it sealed before the setting came
        held = {key_fingerprint(key): key for key in keys}
        if missing := set(needed) - held.keys():
            raise EncryptionKeyMissing(sorted(missing), self.path, self.key_file)
        return held

    def _load_cipher(self) -> TextCipher:
        """Return the cipher of the keys that the database names, and of no other. Raise EncryptionKeyMissing."""
        named = self.named_keys()
        held = self._find_keys(named)
        return TextCipher([held[fingerprint] for fingerprint in named])

    def _follow_keys(self) -> None:
        """Take the keys that the database names now, if another process has changed them."""
        if self.named_keys() != self.cipher.fingerprints:
            self.cipher = self._load_cipher()

    def named_keys(self) -> tuple[str, ...]:
        """Return the fingerprints of the keys that the database names, the one that seals first."""
        rows = self.db.execute("SELECT fingerprint FROM keys ORDER BY seals DESC, fingerprint").fetchall()
        return tuple(row[0] for row in rows)


def record_sealing_key(db: Database, fingerprint: str, at: datetime) -> None:
    """Name in the database the key that seals from now on, for each process that uses it."""
    if db.execute("SELECT 1 FROM keys WHERE fingerprint = ? AND seals = 1", [fingerprint]).fetchone() is None:
        db.execute("INSERT OR IGNORE INTO keys (fingerprint, since) VALUES (?, ?)", [fingerprint, at.isoformat()])
        db.execute("UPDATE keys SET seals = (fingerprint = ?)", [fingerprint])


def open_pseudonym_secret(cipher: TextCipher, sealed: bytes) -> str:
    """Open the secret that pseudonyms are made with, also of a database of an earlier release. Raise DamagedCell."""
    return cipher.open_fernet(sealed) if is_fernet(sealed) else cipher.open(PSEUDONYMS, sealed)


def _decrypt_fernet_or_none(cipher: TextCipher, sealed: bytes) -> str | None:
    try:
        return cipher.open_fernet(sealed)
    except DamagedCell:
        log.warning("a stored text is damaged and cannot be read; all else can")
        return None


def check_database(path: Path, keys: str | None) -> bool:
    """Check, without writing, that the database at ``path`` can be opened with ``keys``; return whether it exists.

    Raise StoreError as EncryptedDatabase does.
    """
    given = parse_keys(keys, "DATABASE_KEY") if keys else ()
    key_file = path.with_name(path.name + ".key")
    with translate_errors(path):
        if not path.exists():
            there = next(parent for parent in path.absolute().parents if parent.exists())
            if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, f"nothing can be written in {there}")
            return False
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


class DatabaseThread:
    """The thread that owns the database; all calls run in it one after another, reads first."""

    def __init__(self, path: Path, keys: str | None, now: Callable[[], datetime], quota: Quota | None = None) -> None:
        """Open the database in the thread. Raise as EncryptedDatabase does."""
        self._path = path
        self._is_closed = False
        self._worker = WorkerThread("store")
        try:
            self._database = self._worker.run_blocking(lambda: EncryptedDatabase(path, keys, now, quota))
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

    async def write(self, step: Callable[[EncryptedDatabase], T]) -> T:
        """Run ``step`` and return its result; store all that it writes, or nothing if it raises. Raise as ``run``.

        It is completed even if the caller is cancelled.
        """

        def writing(database: EncryptedDatabase) -> T:
            with database.transaction():
                result = step(database)
            database.truncate_log()
            return result

        return await self.run(writing)

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
