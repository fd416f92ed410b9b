"""Errors of the database: it cannot be used as it is, or one stored text cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.errors.base import BotError


class StoreError(BotError):
    """Base class: the database cannot be used as it is; nothing in it was changed.

    ``str(error)`` is for the operator and may name files; ``public_message`` is for everybody else.
    """

    public_message = (
        "The bot cannot use its database, so this was not done. What was stored before is unchanged: tell whoever "
        "runs the bot."
    )


class EncryptionKeyMissing(StoreError):
    """A key that encrypted stored text is missing."""

    def __init__(self, fingerprints: Sequence[str], database: Path, key_file: Path) -> None:
        super().__init__(
            f"The text in {database} is encrypted with the key whose fingerprint is {' and '.join(fingerprints)}, and "
            f"that key is neither in DATABASE_KEY nor in {key_file}: put it back in either place. Nothing was changed."
        )


class InvalidEncryptionKey(StoreError):
    """A setting or file that should contain an encryption key does not."""

    def __init__(self, where: str) -> None:
        self.location = where
        super().__init__(
            f"What stands in {where} is not an encryption key (44 characters that end in =): restore the key from your "
            "backup. Nothing was changed."
        )


class DamagedDatabase(StoreError):
    """The database was changed outside the program, or the disk damaged it."""

    public_message = (
        "The bot's database is damaged, so this was not done. Nothing was changed: tell whoever runs the bot, who can "
        "restore a backup."
    )

    def __init__(self, database: Path) -> None:
        super().__init__(f"{database} is damaged: restore the newest backup. Nothing was changed.")


class DamagedText(BotError):
    """One stored text was changed outside the program, or the disk damaged it; everything else can be used."""

    def __init__(self, what: str, way: str) -> None:
        super().__init__(f"{what} is damaged and cannot be read, so this was not done. All else is as it was: {way}.")

    @classmethod
    def note(cls, number: int) -> DamagedText:
        return cls(f"Note {number}", "edit the note anew, or delete it")

    @classmethod
    def answer(cls) -> DamagedText:
        return cls("Another message of the same answer", "edit the note that the answer has become")

    @classmethod
    def version(cls, number: int) -> DamagedText:
        return cls(f"Version {number}", "an earlier version can be gone back to, and your notes hold your words")

    @classmethod
    def critique(cls) -> DamagedText:
        return cls("This critique", "ask for another one")

    @classmethod
    def job(cls) -> DamagedText:
        return cls("What was asked for", "ask for it again")


class ForeignDatabase(StoreError):
    """The file belongs to another program."""

    def __init__(self, database: Path) -> None:
        super().__init__(
            f"{database} is not a Career Essay Bot database: set DATABASE_PATH to another file. Nothing was changed."
        )


class NewerDatabase(StoreError):
    """The database was written by a newer release."""

    def __init__(self, database: Path) -> None:
        super().__init__(
            f"{database} was written by a newer release of Career Essay Bot: upgrade the program. Nothing was changed."
        )


class StoreFull(StoreError):
    """The disk is full."""

    is_temporary = True
    public_message = (
        "The bot's disk is full, so the last step was not stored; all before it is safe. Tell whoever runs the bot, "
        "and do the last step again later."
    )

    def __init__(self, database: Path) -> None:
        super().__init__(
            f"The disk that holds {database} is full, so the last step was not stored; "
            "all before it is safe: free some space and do the last step again."
        )


class StoreBusy(StoreError):
    """Another program held the database's lock for too long."""

    is_temporary = True
    public_message = (
        "The bot's database was busy, so the last step was not stored; all before it is safe. Try again in a moment."
    )

    def __init__(self, database: Path) -> None:
        super().__init__(
            f"Another program is using {database} and did not let go of it in time: try again in a moment. "
            "The last step was not stored; all before it is safe."
        )


class StoreUnavailable(StoreError):
    """The database cannot be opened, read or written."""

    def __init__(self, database: Path, why: str) -> None:
        super().__init__(
            f"The database {database} cannot be used ({why}): check the path in DATABASE_PATH and its permissions. "
            "What was stored before is unchanged."
        )
