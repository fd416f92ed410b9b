"""Copy the database while it is in use, as it is at one moment, and check the copy before it is called good."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from bot.errors import BackupFailed
from bot.files import is_any_of, move_into_place
from bot.store.sqlite import BUSY_SECONDS, check_is_our_database, translate_errors

# Between two steps of the copy nothing is locked, so that a deletion, which empties the write-ahead log, need not wait
# for the whole of it. 1,000 pages are 4 MB, copied in about 15 ms; 5 ms are enough for one who waits to come in.
_STEP_PAGES = 1_000
_PAUSE_SECONDS = 0.005
# A write between two steps makes SQLite begin again. Below some 50 MB a copy gets through between two writes of a busy
# bot (one each half second); a larger one that was begun again this often is made in one step.
_MAX_RESTARTS = 10

# What a database's own files end in.
DATABASE_FILE_SUFFIXES = ("", "-wal", "-shm", "-journal", ".key", ".running", ".running.new", ".lock", ".rotating")


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that passed its checks. It cannot be read without the keys of these fingerprints."""

    path: Path
    size_bytes: int
    essays: int
    versions: int
    key_fingerprints: tuple[str, ...]


def create_backup(database: Path, target: Path, *, replace: bool = False) -> Backup:
    """Copy the database to ``target`` as it is at one moment, whether or not a bot is writing to it.

    ``target`` has mode 0600 and appears whole, checked and flushed to disk, or not at all. An existing target is
    refused, or with ``replace`` kept until the new one replaces it. The copy needs no key and contains none. Raise
    BackupFailed, ForeignDatabase, NewerDatabase or StoreUnavailable; then nothing was changed.
    """
    if not database.is_file():
        raise BackupFailed.no_database(database)
    target = target.resolve()
    _check_target(database, target, replace=replace)
    with _translate_write_errors(target):
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.")  # mkstemp makes it 0600
        os.close(handle)
    part = Path(name)
    try:
        _copy_database(database, part, target)
        made = _verify_copy(database, part, target)
        with _translate_write_errors(target):
            _fsync(part)
            try:
                move_into_place(part, target, replace=replace)
            except FileExistsError:  # another backup has taken the name meanwhile
                raise BackupFailed.target_exists(target) from None
            _fsync(target.parent)
    finally:
        for ending in DATABASE_FILE_SUFFIXES[:4]:
            part.with_name(part.name + ending).unlink(missing_ok=True)
    return made


def database_files(database: Path) -> tuple[Path, ...]:
    """Return the paths of a database's own files, whether or not they exist."""
    return tuple(Path(f"{database.resolve()}{ending}") for ending in DATABASE_FILE_SUFFIXES)


def _check_target(database: Path, target: Path, *, replace: bool) -> None:
    with _translate_write_errors(target):
        if is_any_of(target, database_files(database)):
            raise BackupFailed.own_file(target)
        if target.exists() and not target.is_file():
            raise BackupFailed.not_a_file(target)
        if target.exists() and not replace:
            raise BackupFailed.target_exists(target)


def _copy_database(database: Path, part: Path, target: Path) -> None:
    # Not mode=ro: after a crash the log beside the database has to be recovered first, which only a writer may do.
    with translate_errors(database):
        source = sqlite3.connect(f"{database.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS)
    with closing(source), closing(sqlite3.connect(part)) as copy:
        with translate_errors(database):
            check_is_our_database(Database(source), database, may_be_new=False)
        try:
            _copy_pages(source, copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # in WAL mode, as it was copied, it would be three files
        except sqlite3.DatabaseError as error:
            raise _copy_error(database, target, error) from error


class _TooManyRestarts(Exception):
    """Writes have made the copy start again too often."""


def _copy_pages(source: sqlite3.Connection, copy: sqlite3.Connection) -> None:
    restarts, left = 0, None

    def between_steps(_: int, remaining: int, __: int) -> None:
        nonlocal restarts, left
        if left is not None and remaining >= left:
            restarts += 1
            if restarts > _MAX_RESTARTS:
                raise _TooManyRestarts
        left = remaining
        time.sleep(_PAUSE_SECONDS)

    try:
        source.backup(copy, pages=_STEP_PAGES, progress=between_steps)
    except _TooManyRestarts:
        source.backup(copy)


def _copy_error(database: Path, target: Path, error: sqlite3.DatabaseError) -> BackupFailed:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code, the rest refines it
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return BackupFailed.damaged(database, str(error))
    return BackupFailed.cannot_write(target, "no space left on device" if code == sqlite3.SQLITE_FULL else str(error))


def _verify_copy(database: Path, part: Path, target: Path) -> Backup:
    """Check the copy and return what it holds.

    Raise BackupFailed if SQLite finds an error, NewerDatabase, ForeignDatabase.
    """
    with translate_errors(database), closing(sqlite3.connect(f"{part.as_uri()}?mode=ro", uri=True)) as copy:
        try:
            found = copy.execute("PRAGMA integrity_check(1)").fetchall()
        except sqlite3.DatabaseError as error:
            raise BackupFailed.damaged(database, str(error)) from error
        if found != [("ok",)]:
            raise BackupFailed.damaged(database, " ".join(str(found[0][0]).split()))
        check_is_our_database(Database(copy), database, may_be_new=False)
        essays, versions = copy.execute("SELECT (SELECT count(*) FROM essays), count(*) FROM versions").fetchone()
        keys = tuple(str(row[0]) for row in copy.execute("SELECT fingerprint FROM keys ORDER BY since DESC"))
    return Backup(target, part.stat().st_size, essays, versions, keys)


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _translate_write_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BackupFailed.cannot_write(target, (error.strerror or str(error)).lower()) from error
