"""Seal every text that a person wrote to the one place where it may stand, and manage the keys.

A sealed cell is a version byte, the key's fingerprint (4 bytes), a nonce (12 bytes), and AES-256-GCM's ciphertext with
its tag (16 bytes). The cell's place is bound in as associated data: moved anywhere else, it does not open.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.errors import InvalidEncryptionKey

CELL_VERSION = 1
# Random nonces of 96 bits are safe for 2**32 cells under one key (NIST SP 800-38D, 8.3): a bot that stores a hundred
# cells each second, day and night, reaches that after 16 months, and rotate-key begins anew.
_NONCE_BYTES = 12
_HEADER_BYTES = 5  # the version and the key's fingerprint
CELL_OVERHEAD_BYTES = _HEADER_BYTES + _NONCE_BYTES + 16
_PURPOSE = b"career-essay-bot: cells sealed to their place, version 1"
_FERNET_START = b"g"  # a Fernet token is base64, and begins with version 0x80: a "g"


class DamagedCell(Exception):
    """A sealed cell was changed, or does not belong where it stands."""


@dataclass(frozen=True, slots=True)
class CellPlace:
    """Where a sealed cell stands: the column, the writer whose row it is, the row's key, and its revision.

    The revision is drawn anew whenever the cell is replaced, so that the cell before does not open in its place.
    """

    table: str
    column: str
    writer: str
    key: tuple[str | int, ...]
    revision: int = 0

    def to_bytes(self) -> bytes:
        """Return the place in a form that no other place has."""
        return json.dumps([self.table, self.column, self.writer, self.key, self.revision]).encode()


class TextCipher:
    """Seal with the first key, and open what any of the keys has sealed."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self.fingerprints = tuple(key_fingerprint(key) for key in keys)
        self._aeads = {bytes.fromhex(key_fingerprint(key)): AESGCM(_derive_key(key)) for key in keys}
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        sealing = bytes.fromhex(self.fingerprints[0])
        self._aead = self._aeads[sealing]
        self.header = bytes([CELL_VERSION]) + sealing
        """What a cell begins with that the first key has sealed."""

    def seal(self, place: CellPlace, text: str) -> bytes:
        """Seal a text to its place; the same text gives a different result each time."""
        nonce = os.urandom(_NONCE_BYTES)
        return self.header + nonce + self._aead.encrypt(nonce, text.encode(), self.header + place.to_bytes())

    def open(self, place: CellPlace, sealed: bytes) -> str:
        """Open a cell. Raise DamagedCell if no key fits, a byte was changed, or it was sealed to another place."""
        header, nonce = sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES : _HEADER_BYTES + _NONCE_BYTES]
        aead = self._aeads.get(header[1:])
        if aead is None or header[0] != CELL_VERSION or len(sealed) < CELL_OVERHEAD_BYTES:
            raise DamagedCell
        try:
            return aead.decrypt(nonce, sealed[_HEADER_BYTES + _NONCE_BYTES :], header + place.to_bytes()).decode()
        except InvalidTag:
            raise DamagedCell from None

    def open_fernet(self, sealed: bytes) -> str:
        """Decrypt a text of a release that bound none to its place. Raise DamagedCell."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise DamagedCell from None

    def __repr__(self) -> str:
        return f"TextCipher({', '.join(self.fingerprints)})"


def is_fernet(sealed: bytes) -> bool:
    """Return whether a text was encrypted by a release that bound none to its place."""
    return sealed[:1] == _FERNET_START


def _derive_key(key: bytes) -> bytes:
    """Derive the 32 bytes that seal cells from a key as it stands in DATABASE_KEY or in a key file."""
    return HKDF(SHA256(), length=32, salt=None, info=_PURPOSE).derive(base64.urlsafe_b64decode(key))


def key_fingerprint(key: bytes) -> str:
    """Return eight hexadecimal digits that identify a key without revealing it (the start of its SHA-256)."""
    return hashlib.sha256(key).hexdigest()[:8]


def generate_key() -> bytes:
    """Return a new key: 32 random bytes in base64."""
    return base64.urlsafe_b64encode(os.urandom(32))


def parse_keys(text: str, where: str) -> tuple[bytes, ...]:
    """Return the keys in a setting or a file, separated by commas or white space, the one that seals first.

    Raise InvalidEncryptionKey, naming ``where`` and never the text, if one of them is not 32 bytes in base64.
    """
    keys = tuple(part.encode() for part in text.replace(",", " ").split())
    for key in keys:
        try:
            valid = len(base64.b64decode(key, altchars=b"-_", validate=True)) == 32
        except (binascii.Error, ValueError):
            valid = False
        if not valid:
            raise InvalidEncryptionKey(where)
    if not keys:
        raise InvalidEncryptionKey(where)
    return keys


def read_key_file(path: Path) -> tuple[bytes, ...] | None:
    """Return the keys in the file, None if there is no file.

    Raise InvalidEncryptionKey for a file without a key, and OSError.
    """
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        return None
    return parse_keys(text, str(path))


def create_key_file(path: Path) -> tuple[bytes, ...]:
    """Create a key in a new file that only its owner can read (mode 0600), whole or not at all; return it.

    If another process was faster, return its key.
    """
    temporary = _write_keys_beside(path, [generate_key()])
    try:
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(temporary)  # unlike a rename, it never replaces a key that is there
    finally:
        temporary.unlink()
    keys = read_key_file(path)
    if keys is None:
        raise InvalidEncryptionKey(str(path))
    return keys


def replace_key_file(path: Path, keys: Sequence[bytes]) -> None:
    """Put these keys into the file in place of what it holds, whole or not at all (mode 0600). Raise OSError."""
    temporary = _write_keys_beside(path, keys)
    try:
        if (owner := path.stat()).st_uid != os.geteuid():  # root's own would shut out the user that the bot runs as
            os.chown(temporary, owner.st_uid, owner.st_gid)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _write_keys_beside(path: Path, keys: Sequence[bytes]) -> Path:
    """Write the keys into a temporary file in the directory of ``path``, and to the disk; return its path."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(b"".join(key + b"\n" for key in keys))
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        Path(name).unlink()
        raise
    return Path(name)
