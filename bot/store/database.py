"""The one SQLite connection, the one thread that owns it, and the checks made before it is used."""

from __future__ import annotations

import errno
import logging
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import TypeVar

from sqlite_utils import Database

from bot.errors import (
    DamagedDatabase,
    KeyMissing,
    NewerDatabase,
    NotOurDatabase,
    StoreBusy,
    StoreError,
    StoreFull,
    StoreUnusable,
)
from bot.store.lane import Lane
from bot.store.migrations import NAMES, migrations
from bot.store.quota import Quota
from bot.store.sealer import InvalidToken, Sealer, create_key_file, fingerprint, parse_keys, read_key_file

log = logging.getLogger(__name__)

T = TypeVar("T")
E = TypeVar("E", bound=Enum)

APPLICATION_ID = 0x43455342  # "CESB", in the file's header: tells our files from any other program's
BUSY_SECONDS = 5.0  # how long to wait while another process writes; its transactions take milliseconds

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def moment(stored: str) -> datetime:
    """A time as it was stored; for one that is damaged the beginning of 1970: the rest of its row can be read."""
    try:
        found = datetime.fromisoformat(stored)
    except ValueError:
        log.warning("a stored time is damaged; it is taken for 1970")
        return _BEGINNING
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def kind_of(kinds: type[E], stored: str, otherwise: E) -> E:
    """One of several kinds as it was stored; ``otherwise`` for one that is damaged: the rest of its row can be read."""
    try:
        return kinds(stored)
    except ValueError:
        log.warning("a stored %s is damaged; it is taken for %r", kinds.__name__, otherwise.value)
        return otherwise


class SealedDatabase:
    """An open database and the sealer for its text. Use it only in the thread that opened it."""

    def __init__(self, path: Path, keys: str | None, now: Callable[[], datetime], quota: Quota | None = None) -> None:
        """Opens or creates the database at ``path``; ``keys`` is what DATABASE_KEY holds.

        The file has mode 0600. Without ``keys`` the key is read from the file beside the database, which is made when
        the database is new. Any number of processes may open a new database at once: the first to take the write lock
        makes it. Raises StoreError in one of its kinds; then nothing was changed, and no file is left that was made.
        """
        self.path = path
        self._damaged: set[str] = set()  # what the log has been told of
        self.quota = quota if quota is not None else Quota()
        self.key_file = path.with_name(path.name + ".key")
        given = parse_keys(keys, "DATABASE_KEY") if keys else ()
        made = False
        try:
            with told(path):
                made = _create(path)
                connection = sqlite3.connect(path, timeout=BUSY_SECONDS)
                self.db = Database(connection)
                self._open(given, now)
        except BaseException:
            if hasattr(self, "db"):
                self.db.close()
            if made and path.exists() and path.stat().st_size == 0:
                path.unlink()
            raise

    def _open(self, given: tuple[bytes, ...], now: Callable[[], datetime]) -> None:
        check_ours(self.db, self.path)
        self.path.chmod(0o600)
        self.db.execute("PRAGMA foreign_keys = ON")
        self.db.execute("PRAGMA secure_delete = ON")  # a deleted essay's pages are overwritten, not only freed
        with self.writing() as db:
            check_ours(self.db, self.path)  # another process may have made it meanwhile
            self.sealer = self._sealer(given)
            if migrations.pending(db):
                migrations.apply(db)
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self._remember_key(now)
            self.secret = self._secret()
        self._use_wal()

    def _remember_key(self, now: Callable[[], datetime]) -> None:
        if (sealing := self.sealer.fingerprints[0]) not in fingerprints(self.db):
            self.db.execute("INSERT INTO keys VALUES (?, ?)", [sealing, now().isoformat()])

    def _secret(self) -> bytes:
        """What pseudonyms are made with; it outlives the keys, so that they can be changed."""
        query = "SELECT value FROM secrets WHERE name = 'pseudonyms'"
        if (row := self.db.execute(query).fetchone()) is None:
            made = self.sealer.seal(secrets.token_hex(32))
            self.db.execute("INSERT INTO secrets VALUES ('pseudonyms', ?)", [made])
            row = (made,)
        return bytes.fromhex(self.sealer.open(row[0]))

    def _use_wal(self) -> None:
        """Once set it stays. While it is being set, SQLite turns other processes away without waiting."""
        if self.db.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
            return
        with suppress(sqlite3.OperationalError):  # whoever turned us away is setting it
            self.db.execute("PRAGMA journal_mode = WAL")

    def close(self) -> None:
        """Closes the connection; what was committed is in the file."""
        self.db.close()

    def opened(self, sealed: bytes, what: str) -> str | None:
        """A text that was sealed; None where it is damaged. ``what`` it is of is all that the log is told.

        One damaged text must not keep another from being read: whoever reads several opens each by this.
        """
        try:
            return self.sealer.open(sealed)
        except InvalidToken:
            if what not in self._damaged:
                self._damaged.add(what)
                log.warning("%s is damaged and cannot be read; all else can", what)
            return None

    def opened_number(self, sealed: bytes, what: str) -> int | None:
        """A number that was sealed; None where it is damaged."""
        found = self.opened(sealed, what)
        return int(found) if found is not None else None

    @contextmanager
    def writing(self) -> Iterator[Database]:
        """A transaction that takes the write lock at once, so that it cannot fail half-way for want of it."""
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

    def _sealer(self, given: tuple[bytes, ...]) -> Sealer:
        needed = fingerprints(self.db)
        keys = given
        missing = needed - {fingerprint(key) for key in keys}
        if missing or not keys:  # a key file beside the database still opens what it sealed before the setting came
            keys += read_key_file(self.key_file) or ()
            missing = needed - {fingerprint(key) for key in keys}
        if missing:
            raise KeyMissing(sorted(missing), self.path, self.key_file)
        return Sealer(keys or create_key_file(self.key_file))


def look_over(path: Path, keys: str | None) -> bool:
    """Whether there is a database at ``path``. Looks whether it could be opened with ``keys``, and writes nothing.

    Raises StoreError as SealedDatabase does.
    """
    given = parse_keys(keys, "DATABASE_KEY") if keys else ()
    key_file = path.with_name(path.name + ".key")
    with told(path):
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
            check_ours(db, path)
            needed = fingerprints(db)
            query = "SELECT value FROM secrets WHERE name = 'pseudonyms'"
            sealed = db.execute(query).fetchone() if needed else None
        held = (*given, *(read_key_file(key_file) or ()))
        if missing := needed - {fingerprint(key) for key in held}:
            raise KeyMissing(sorted(missing), path, key_file)
        if sealed is not None:
            Sealer(held).open(sealed[0])
    return True


def check_ours(db: Database, path: Path) -> None:
    """Raises NotOurDatabase or NewerDatabase where the database is not one of this release's, or an empty one."""
    found = int(db.execute("PRAGMA application_id").fetchone()[0])
    objects = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if found != APPLICATION_ID and (found or objects or db.execute("PRAGMA user_version").fetchone()[0]):
        raise NotOurDatabase(path)
    if any(migration.name not in NAMES for migration in migrations.applied(db)):
        raise NewerDatabase(path)


def fingerprints(db: Database) -> set[str]:
    """Those of the keys that sealed what is in the database."""
    if "keys" not in db.table_names():
        return set()
    return {row[0] for row in db.execute("SELECT fingerprint FROM keys")}


class StoreThread:
    """The thread that owns the database; every call crosses to it and they run one after another, in order."""

    def __init__(self, path: Path, keys: str | None, now: Callable[[], datetime], quota: Quota | None = None) -> None:
        """Opens the database in the thread. Raises as SealedDatabase does."""
        self._path = path
        self._closed = False
        self._lane = Lane("store")
        try:
            self._database = self._lane.call(lambda: SealedDatabase(path, keys, now, quota))
        except BaseException:
            self._lane.close()
            raise

    @property
    def secret(self) -> bytes:
        """32 bytes made with the database, for pseudonyms that nobody without it can trace or make."""
        return self._database.secret

    async def run(self, work: Callable[[SealedDatabase], T]) -> T:
        """What ``work`` returns, having run in the thread.

        A caller that is cancelled does not stop the work: what it wrote is whole and stays. Raises StoreError in one of
        its kinds where SQLite refuses.
        """
        return await self._lane.run(lambda: self._told(work))

    def _told(self, work: Callable[[SealedDatabase], T]) -> T:
        with told(self._path):
            return work(self._database)

    def close(self) -> None:
        """Finishes what was asked for and closes the database. A second call does nothing."""
        if not self._closed:
            self._closed = True
            self._lane.call(self._database.close)
            self._lane.close()


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turns what SQLite, the file system and the sealer raise into the errors a person is shown."""
    try:
        yield
    except InvalidToken as error:
        raise DamagedDatabase(path) from error
    except sqlite3.DatabaseError as error:
        raise _sqlite_error(path, error) from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise StoreFull(path) from error
        raise StoreUnusable(path, (error.strerror or str(error)).lower()) from error


def _sqlite_error(path: Path, error: sqlite3.DatabaseError) -> StoreError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code, the rest refines it
    match code:
        case sqlite3.SQLITE_FULL:
            return StoreFull(path)
        case sqlite3.SQLITE_NOTADB:
            return NotOurDatabase(path)
        case sqlite3.SQLITE_CORRUPT:
            return DamagedDatabase(path)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreBusy(path)
        case _:
            return StoreUnusable(path, str(error))


def _create(path: Path) -> bool:
    """Makes an empty file that only its owner can read, where there is none; returns whether it did.

    SQLite gives its WAL and shared-memory files the mode of the database, so this one mode covers all three.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        os.close(os.open(path, os.O_RDWR))  # says in the system's own words why it cannot be used
        return False
    return True
