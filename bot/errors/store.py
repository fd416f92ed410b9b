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

    def __init__(self, fingerprints: Sequence[str], database: Path | str, key_file: Path | None) -> None:
        where = "not in DATABASE_KEY: put it back there"
        if key_file is not None:
            where = f"neither in DATABASE_KEY nor in {key_file}: put it back in either place"
        super().__init__(
            f"The text in {database} is encrypted with the key whose fingerprint is {' and '.join(fingerprints)}, and "
            f"that key is {where}. Nothing was changed."
        )


class InvalidEncryptionKey(StoreError):
    """A setting or file that should contain an encryption key does not."""

    def __init__(self, where: str) -> None:
        self.location = where
        super().__init__(
            f"What stands in {where} is not an encryption key (44 characters that end in =): restore the key from your "
            "backup. Nothing was changed."
        )


class RotationFailed(BotError):
    """The database's key was not replaced, or not wholly; every text can be read as before."""

    @classmethod
    def no_database(cls, database: Path) -> RotationFailed:
        return cls(
            f"There is no database at {database}, so no key was replaced: set DATABASE_PATH to the bot's own, and run "
            "this as the user that the bot runs as."
        )

    @classmethod
    def already_running(cls, database: Path | str) -> RotationFailed:
        return cls(f"Another rotate-key is at work on {database}, so this one did nothing: wait until that has ended.")

    @classmethod
    def no_new_key(cls, database: Path | str) -> RotationFailed:
        return cls(
            f"All text in {database} is sealed with the one key in DATABASE_KEY, and a setting is for you to change: "
            "put a new key and a comma before it, restart the bot, and run this again. Nothing was changed."
        )

    @classmethod
    def key_file(cls, key_file: Path, why: str) -> RotationFailed:
        return cls(f"The new key cannot be written to {key_file} ({why}), so none is used. Nothing was changed.")

    @classmethod
    def old_key_stays(cls, key_file: Path, why: str) -> RotationFailed:
        return cls(
            f"All text is sealed with the new key, but the old one cannot be taken out of {key_file} ({why}): let this "
            "user write there, and run this again."
        )

    @classmethod
    def other_key(cls, database: Path | str) -> RotationFailed:
        return cls(
            f"Another process has begun to seal with another key in {database}: give every process the same "
            "DATABASE_KEY, restart the bot, and run this again. Every text can be read with the keys that are there."
        )

    @classmethod
    def log_in_use(cls, database: Path | str) -> RotationFailed:
        return cls(
            f"All text is sealed with the new key, but another process keeps reading the log beside {database}, which "
            "may hold text under the old one: run this again when it has ended."
        )


class CopyFailed(BotError):
    """The database was not copied, or not wholly; the source is as it was."""

    @classmethod
    def no_database(cls, database: Path) -> CopyFailed:
        return cls(
            f"There is no database at {database}, so nothing was copied: set DATABASE_PATH to the bot's own, and run "
            "this as the user that the bot runs as."
        )

    @classmethod
    def not_empty(cls, target: Path | str) -> CopyFailed:
        return cls(
            f"{target} holds essays already, so nothing was copied: name an empty database. If this is a copy that was "
            "finished before, set DATABASE_URL to it."
        )

    @classmethod
    def other_copy(cls, target: Path | str) -> CopyFailed:
        return cls(
            f"{target} holds a part of another database's copy, so nothing was copied: name an empty database, or go "
            "on with that copy."
        )

    @classmethod
    def differs(cls, target: Path | str, table: str) -> CopyFailed:
        return cls(
            f"What was copied to {target} differs from the source in the table {table}, as when the bot has written to "
            "the source since a copy that was cut short. No bot opens that copy: make the database anew, and run this "
            "again."
        )


class DamagedDatabase(StoreError):
    """The database was changed outside the program, or the disk damaged it."""

    public_message = (
        "The bot's database is damaged, so this was not done. Nothing was changed: tell whoever runs the bot, who can "
        "restore a backup."
    )

    def __init__(self, database: Path | str) -> None:
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

    def __init__(self, database: Path | str) -> None:
        other = "DATABASE_PATH to another file" if isinstance(database, Path) else "DATABASE_URL to an empty database"
        super().__init__(f"{database} is not a Career Essay Bot database: set {other}. Nothing was changed.")


class NewerDatabase(StoreError):
    """The database was written by a newer release."""

    def __init__(self, database: Path | str) -> None:
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

    def __init__(self, database: Path | str) -> None:
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

    def __init__(self, database: Path | str) -> None:
        super().__init__(
            f"Another program is using {database} and did not let go of it in time: try again in a moment. "
            "The last step was not stored; all before it is safe."
        )


class StoreUnavailable(StoreError):
    """The database cannot be opened, read or written."""

    def __init__(self, database: Path | str, why: str) -> None:
        advice = "check DATABASE_URL and the server"
        if isinstance(database, Path):
            advice = "check the path in DATABASE_PATH and its permissions"
        super().__init__(
            f"The database {database} cannot be used ({why}): {advice}. What was stored before is unchanged."
        )


class DatabaseServerAway(StoreUnavailable):
    """The server of the database cannot be reached, or has ended the connection."""

    is_temporary = True
    public_message = (
        "The bot cannot reach its database at the moment, so the last step may not be stored; all before it is safe. "
        "Try again in a moment."
    )

    def __init__(self, database: str, why: str) -> None:
        StoreError.__init__(
            self,
            f"The server of {database} cannot be used ({why}): the last step may not be stored; all before it is safe. "
            "The bot goes on by itself once the server answers; look at the server and at DATABASE_URL if it does not.",
        )


class PostgresDriverMissing(StoreUnavailable):
    """The database is in PostgreSQL, and what talks to it is not installed."""

    def __init__(self) -> None:
        StoreError.__init__(
            self,
            "The address of a PostgreSQL database is given, and the package that talks to it is not installed: install "
            "it with the extra postgres, as in pip install 'career-essay-bot[postgres]'. Nothing was changed.",
        )
