"""Replace the database's key while the bot runs: afterwards the old one opens nothing.

It goes through these steps, and goes on after a kill where it ended: the new key is written before the old one in the
key file, the database names it as the one that seals, each cell is sealed with it, the database names it alone, and it
stands alone in the key file. Every process looks at the database's name for it when a transaction begins.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from bot.errors import RotationFailed
from bot.store.database import EncryptedDatabase, record_sealing_key
from bot.store.encryption import generate_key, key_fingerprint, replace_key_file
from bot.store.resealing import has_other_cells, seal_with_first_key
from bot.store.sqlite import SqliteDatabase, translate_errors

_LOG_SECONDS = 30.0  # for so long the write-ahead log may be read by others before it is given up
_LOG_PAUSE_SECONDS = 0.1
_PASSES = 10  # each passes over the rows that others are changing


@dataclass(frozen=True, slots=True)
class Rotation:
    """A rotation that has ended: the key that seals all text, those before, rows sealed anew, and damaged cells."""

    sealing: str
    before: tuple[str, ...]
    rows: int
    emptied: int
    unused_keys: tuple[str, ...]
    """The fingerprints of keys that are still in DATABASE_KEY or in the key file, and open nothing."""


def rotate_key(path: Path, keys: str | None, now: Callable[[], datetime]) -> Rotation:
    """Seal all text with a new key, or go on with a rotation that was killed; ``keys`` is the value of DATABASE_KEY.

    With keys in the setting the first of them is the new one, else one is made in the key file. Raise RotationFailed,
    StoreError.
    """
    if not path.is_file():
        raise RotationFailed.no_database(path)
    with _only_rotation(path), translate_errors(path):
        database = SqliteDatabase(path, keys, now)
        try:
            return rotate(database, now, from_setting=keys is not None)
        finally:
            database.close()


def rotate(database: EncryptedDatabase, now: Callable[[], datetime], *, from_setting: bool) -> Rotation:
    """Replace the key of an open database; see ``rotate_key``. A database without a key file takes the setting's."""
    in_file, key_file = database.keys.read_file(), database.keys.key_file
    if from_setting or key_file is None:
        if len(database.named_keys()) == 1 and len(database.keys.given) == 1:
            raise RotationFailed.no_new_key(database.name)
    elif len(database.named_keys()) == 1 and len(in_file) == 1:
        in_file = (generate_key(), *in_file)
        _write_key_file(key_file, in_file, RotationFailed.key_file)
        with database.changing_keys() as db:
            record_sealing_key(db, key_fingerprint(in_file[0]), now())
    with database.snapshot():
        sealing, *before = database.named_keys()
    rows, emptied = _seal_all(database, sealing)
    _erase(database)
    if key_file is not None and not from_setting:
        before += [key_fingerprint(key) for key in in_file[1:] if key_fingerprint(key) not in before]
        if len(in_file) > 1:
            _write_key_file(key_file, in_file[:1], RotationFailed.old_key_stays)
        return Rotation(sealing, tuple(before), rows, emptied, ())
    unused = (key_fingerprint(key) for key in (*database.keys.given, *in_file))
    return Rotation(sealing, tuple(before), rows, emptied, tuple(sorted(set(unused) - {sealing})))


def _seal_all(database: EncryptedDatabase, sealing: str) -> tuple[int, int]:
    """Seal every cell with the key, and name it alone. Return how many rows were sealed and cells emptied."""
    rows = emptied = 0
    for _ in range(_PASSES):
        sealed, lost = seal_with_first_key(database)
        rows, emptied = rows + sealed, emptied + lost
        with database.changing_keys() as db:
            if database.cipher.fingerprints[0] != sealing:
                break
            if not has_other_cells(database):
                db.execute("DELETE FROM keys WHERE fingerprint <> ?", [sealing])
                return rows, emptied
    raise RotationFailed.other_key(database.name)


def _erase(database: EncryptedDatabase) -> None:
    """Remove from the files what may hold cells of the old key, as SQLite's log. Raise RotationFailed."""
    until = time.monotonic() + _LOG_SECONDS
    while True:
        if database.erase():
            return
        if time.monotonic() > until:
            raise RotationFailed.log_in_use(database.name)
        time.sleep(_LOG_PAUSE_SECONDS)


def _write_key_file(path: Path, keys: tuple[bytes, ...], failed: Callable[[Path, str], RotationFailed]) -> None:
    try:
        replace_key_file(path, keys)
    except OSError as error:
        raise failed(path, (error.strerror or str(error)).lower()) from error


@contextmanager
def _only_rotation(path: Path) -> Iterator[None]:
    """Be the only rotation of the database. The system releases the lock however the process ends."""
    served = path.resolve()
    lock = FileLock(
        served.with_name(f"{served.name}.rotating"),
        mode=0o600,
        blocking=False,
        fallback_to_soft=False,
        preserve_lock_file=True,
    )
    with translate_errors(path):
        try:
            lock.acquire()
        except Timeout:
            raise RotationFailed.already_running(path) from None
    try:
        yield
    finally:
        lock.release()
