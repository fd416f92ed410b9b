"""What the stores use of an open database, whichever it is: its connection, the cipher of its texts, the limits.

How a database is opened and its transactions begin is in sqlite.py and postgres.py.
"""

from __future__ import annotations

import logging
import secrets
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import TypeVar

from bot.errors import EncryptionKeyMissing
from bot.store.connection import Connection
from bot.store.encryption import (
    CellPlace,
    DamagedCell,
    TextCipher,
    is_fernet,
    key_fingerprint,
    parse_keys,
    read_key_file,
)
from bot.store.quota import Quota
from bot.store.sealed_columns import SECRET

log = logging.getLogger(__name__)

E = TypeVar("E", bound=Enum)

PSEUDONYMS = SECRET.place("", "pseudonyms")
NAMED_KEYS = "SELECT fingerprint FROM keys ORDER BY seals DESC, fingerprint"

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


class KeyRing:
    """The keys at hand for one database: those of DATABASE_KEY, and those in a key file. Any thread may use it."""

    def __init__(self, setting: str | None, database: Path | str, key_file: Path | None = None) -> None:
        """Take the keys of the ``setting``. ``database`` is its name in an error. Raise InvalidEncryptionKey."""
        self.given = parse_keys(setting, "DATABASE_KEY") if setting else ()
        self.key_file = key_file
        self._database = database
        self._ciphers: dict[tuple[str, ...], TextCipher] = {}

    def find(self, needed: Collection[str]) -> dict[str, bytes]:
        """Return the keys by fingerprint, those of DATABASE_KEY first. Raise EncryptionKeyMissing for one needed."""
        keys = self.given
        if not keys or not {key_fingerprint(key) for key in keys}.issuperset(needed):
            keys += self.read_file()  # it opens what it sealed before the setting came
        held = {key_fingerprint(key): key for key in keys}
        if missing := set(needed) - held.keys():
            raise EncryptionKeyMissing(sorted(missing), self._database, self.key_file)
        return held

    def read_file(self) -> tuple[bytes, ...]:
        """Return the keys in the key file, none if there is no such file. Raise InvalidEncryptionKey, OSError."""
        return (read_key_file(self.key_file) or ()) if self.key_file is not None else ()

    def cipher(self, named: tuple[str, ...]) -> TextCipher:
        """Return the cipher of the keys with these fingerprints, and of no other. Raise EncryptionKeyMissing."""
        if (known := self._ciphers.get(named)) is None:
            held = self.find(named)
            known = TextCipher([held[fingerprint] for fingerprint in named])
            self._ciphers = {named: known}
        return known


class EncryptedDatabase(ABC):
    """An open database and the cipher of its texts. Only one thread at a time uses it."""

    def __init__(self, db: Connection, keys: KeyRing, quota: Quota | None, name: Path | str) -> None:
        """Use the connection. The cipher is there from the first transaction on; ``name`` is for errors."""
        self.db = db
        self.keys = keys
        self.quota = quota if quota is not None else Quota()
        self.name = name
        self.cipher: TextCipher
        self.pseudonym_secret: bytes
        self.logged_damage: set[str] = set()
        """The damaged texts that were logged."""

    @abstractmethod
    def writing(self, owner: str) -> AbstractContextManager[None]:
        """Hold a transaction of the owner's that stores all it writes, or nothing. See Store.write."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[None]:
        """Hold a transaction that only reads, all of it from one moment. Raise RuntimeError if it has written."""

    @abstractmethod
    def excluding(self) -> AbstractContextManager[None]:
        """Hold a transaction while there is no other in the whole database."""

    @abstractmethod
    def erase_after_commit(self) -> None:
        """Once this transaction is committed, remove from the files what it has deleted, as far as can be."""

    @abstractmethod
    def erase(self) -> bool:
        """Remove from the files what was deleted, as far as can be; return False if others are in the way."""

    @property
    def has_erased(self) -> bool:
        """Whether what this process deleted is removed from the files, as far as can be."""
        return True

    @contextmanager
    def transaction(self, owner: str) -> Iterator[Connection]:
        """Hold a transaction that writes.

        What it stores is sealed with the key that the database names, whichever process has changed that.
        """
        with self.writing(owner):
            self.follow_keys()
            yield self.db

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Hold a transaction that reads."""
        with self.reading():
            self.follow_keys()
            yield

    @contextmanager
    def changing_keys(self) -> Iterator[Connection]:
        """Hold a transaction that changes which keys the database names: every later one follows it."""
        with self.excluding():
            self.follow_keys()
            yield self.db

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
            if what not in self.logged_damage:
                self.logged_damage.add(what)
                log.warning("%s is damaged and cannot be read; all else can", what)
            return None

    def open_int_or_none(self, place: CellPlace, sealed: bytes, what: str) -> int | None:
        """Open a stored number; return None as ``open_or_none`` does."""
        found = self.open_or_none(place, sealed, what)
        return int(found) if found is not None else None

    def follow_keys(self) -> None:
        """Take the keys that the database names now, which another process may have changed."""
        self.cipher = self.keys.cipher(self.named_keys())

    def named_keys(self) -> tuple[str, ...]:
        """Return the fingerprints of the keys that the database names, the one that seals first."""
        return tuple(row[0] for row in self.db.execute(NAMED_KEYS).fetchall())

    def begin_sealing(self, fingerprint: str, at: datetime) -> None:
        """Name the key that seals from now on, and load the secret for pseudonyms."""
        record_sealing_key(self.db, fingerprint, at)
        self.load_secret()

    def load_secret(self) -> None:
        """Load the secret that pseudonyms are made with; create it in a new database. Raise DamagedCell."""
        self.follow_keys()
        if not (sealed := self.sealed_secret()):
            sealed = self.seal(PSEUDONYMS, secrets.token_hex(32))
            self.db.execute("INSERT INTO secrets (name, value) VALUES ('pseudonyms', ?)", [sealed])
        self.pseudonym_secret = bytes.fromhex(open_pseudonym_secret(self.cipher, sealed))

    def sealed_secret(self) -> bytes:
        """Return the secret that pseudonyms are made with as it is stored, b"" if there is none.

        It stays the same when the keys are changed. It is the last cell that is sealed to its place: while it is not,
        others may not be either.
        """
        row = self.db.execute("SELECT value FROM secrets WHERE name = 'pseudonyms'").fetchone()
        return bytes(row[0]) if row is not None else b""


def record_sealing_key(db: Connection, fingerprint: str, at: datetime) -> None:
    """Name in the database the key that seals from now on, for each process that uses it."""
    if db.execute("SELECT 1 FROM keys WHERE fingerprint = ? AND seals = 1", [fingerprint]).fetchone() is None:
        query = "INSERT INTO keys (fingerprint, since) VALUES (?, ?) ON CONFLICT (fingerprint) DO NOTHING"
        db.execute(query, [fingerprint, at.isoformat()])
        db.execute("UPDATE keys SET seals = CASE WHEN fingerprint = ? THEN 1 ELSE 0 END", [fingerprint])


def open_pseudonym_secret(cipher: TextCipher, sealed: bytes) -> str:
    """Open the secret that pseudonyms are made with, also of a database of an earlier release. Raise DamagedCell."""
    return cipher.open_fernet(sealed) if is_fernet(sealed) else cipher.open(PSEUDONYMS, sealed)
