"""Encrypt every column that holds a person's words, and manage the keys."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.errors import InvalidEncryptionKey


class TextCipher:
    """Encrypt with the first key, and decrypt what any of the keys has encrypted (cryptography's MultiFernet)."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self.fingerprints = tuple(key_fingerprint(key) for key in keys)

    def encrypt(self, text: str) -> bytes:
        """Encrypt a text; the same text gives a different result each time."""
        return self._fernet.encrypt(text.encode())

    def decrypt(self, sealed: bytes) -> str:
        """Decrypt a text. Raise InvalidToken if no key fits or a byte was changed."""
        return self._fernet.decrypt(sealed).decode()

    def __repr__(self) -> str:
        return f"TextCipher({', '.join(self.fingerprints)})"


__all__ = ["InvalidToken", "TextCipher", "create_key_file", "key_fingerprint", "parse_keys", "read_key_file"]


def key_fingerprint(key: bytes) -> str:
    """Return eight hexadecimal digits that identify a key without revealing it (the start of its SHA-256)."""
    return hashlib.sha256(key).hexdigest()[:8]


def parse_keys(text: str, where: str) -> tuple[bytes, ...]:
    """Return the keys in a setting or a file, separated by commas or white space, the one that encrypts first.

    Raise InvalidEncryptionKey, naming ``where`` and never the text, if one of them is not a Fernet key.
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
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes it 0600
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(temporary)  # unlike a rename, it never replaces a key that is there
    finally:
        temporary.unlink()
    keys = read_key_file(path)
    if keys is None:
        raise InvalidEncryptionKey(str(path))
    return keys
