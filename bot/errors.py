"""Every error that a person may be shown, each with its sentence: what happened, what is safe, what to do.

    BotError
    ├── BadInput             what was handed in cannot be used
    │   ├── UnreadableText   no such file, a directory, no permission, binary, empty, too long
    │   ├── UnknownStructure
    │   ├── UnknownEssay
    │   ├── UnknownSection
    │   ├── BadSetting
    │   └── BadStructureFile
    ├── StoreError           the database cannot be used as it is
    │   ├── KeyMissing
    │   ├── NotOurDatabase
    │   ├── NewerDatabase
    │   ├── StoreFull
    │   └── StoreUnusable
    ├── CannotWrite          an export cannot be put where it was asked for
    └── NothingToDo          the step asked for has nothing to work on

An error is raised where the fact is known and caught only where a person is told: at the edge of a door.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class BotError(Exception):
    """Base of the errors that a person may be shown. ``str(error)`` is the sentence."""


class BadInput(BotError):
    """What was handed in cannot be used; nothing was stored or changed."""


class UnreadableText(BadInput):
    """A text that was handed in cannot be read."""

    @classmethod
    def missing(cls, name: str) -> UnreadableText:
        return cls(f"There is no file {name}: check the path, or give - to read standard input.")

    @classmethod
    def directory(cls, name: str) -> UnreadableText:
        return cls(f"{name} is a directory: give the path of one text file.")

    @classmethod
    def refused(cls, name: str, why: str) -> UnreadableText:
        return cls(f"{name} cannot be read ({why}): check its permissions, or give another file.")

    @classmethod
    def empty(cls, name: str) -> UnreadableText:
        return cls(f"{name} holds no words: write a few lines in it and run the command again.")

    @classmethod
    def binary(cls, name: str) -> UnreadableText:
        return cls(f"{name} is not a text file: save it as plain text or Markdown in UTF-8 and give that file.")

    @classmethod
    def too_long(cls, name: str, most: int) -> UnreadableText:
        return cls(
            f"{name} is longer than {most:,} bytes, far more than a post is made from: "
            "give only the part the post is about."
        )


class UnknownStructure(BadInput):
    """No structure has the key that was asked for."""

    def __init__(self, key: str, known: Sequence[str], close: str | None = None) -> None:
        hint = f"did you mean {close}? " if close else ""
        super().__init__(f"There is no structure called {key}: {hint}The structures are {', '.join(known)}."[:2000])


class UnknownEssay(BadInput):
    """The writer has no essay with this id. The same sentence whether it never was or is somebody else's."""

    def __init__(self, essay: str) -> None:
        super().__init__(f"You have no essay {essay}: see your list of essays for the right one.")


class UnknownSection(BadInput):
    """The text has no section with this number or name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The text has no section {name}: give the number or the heading of one that is there.")


class UnknownVersion(BadInput):
    """The essay has no version with this number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"There is no version {number} of this essay: see its history for the numbers there are.")


class BadSetting(BadInput):
    """A setting in the environment or .env cannot be used. The sentence names the key, never the value of a secret."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(f"The setting {key} cannot be used: {why}. See .env.example for what it may hold.")


class BadStructureFile(BadInput):
    """A structure file cannot be used as it stands."""

    def __init__(self, path: Path, line: int, wrong: str, mend: str) -> None:
        super().__init__(f"{path}, line {line}: {wrong}; {mend}.")


class StoreError(BotError):
    """The database cannot be used as it is; nothing in it was changed."""


class KeyMissing(StoreError):
    """The key that sealed the stored text is not at hand."""

    def __init__(self, fingerprints: Sequence[str], database: Path, key_file: Path) -> None:
        super().__init__(
            f"The text in {database} is encrypted with the key whose fingerprint is {' and '.join(fingerprints)}, and "
            f"that key is neither in DATABASE_KEY nor in {key_file}: put it back in either place. Nothing was changed."
        )


class BadKey(StoreError):
    """What stands where a key should be is no key."""

    def __init__(self, where: str) -> None:
        super().__init__(
            f"What stands in {where} is not an encryption key (44 characters that end in =): restore the key from your "
            "backup. Nothing was changed."
        )


class DamagedText(StoreError):
    """A stored text cannot be decrypted: it was changed outside the program or the disk damaged it."""

    def __init__(self, database: Path) -> None:
        super().__init__(
            f"A stored text in {database} is damaged and cannot be decrypted: restore the newest backup. "
            "Nothing was changed."
        )


class NotOurDatabase(StoreError):
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
    """There is no room left on the disk."""

    def __init__(self, database: Path) -> None:
        super().__init__(
            f"The disk that holds {database} is full, so the last step was not stored; "
            "all before it is safe: free some space and do the last step again."
        )


class StoreUnusable(StoreError):
    """The database cannot be opened, read or written."""

    def __init__(self, database: Path, why: str) -> None:
        super().__init__(
            f"The database {database} cannot be used ({why}): check the path in DATABASE_PATH and its permissions. "
            "What was stored before is unchanged."
        )


class CannotWrite(BotError):
    """An export cannot be put where it was asked for; no half-written file is left."""

    def __init__(self, target: str, why: str, essay: str | None = None) -> None:
        safe = f" The post is stored as essay {essay}." if essay else ""
        super().__init__(f"{target} cannot be written ({why}): choose another place with -o.{safe}")


class ReaderGone(BotError):
    """Whatever read our output stopped before the end."""

    def __init__(self) -> None:
        super().__init__(
            "The program reading the output stopped before its end: run it again with -o FILE to have it whole."
        )


class NothingToDo(BotError):
    """The step asked for has nothing to work on."""

    @classmethod
    def no_text(cls) -> NothingToDo:
        return cls("There is no post yet: answer a question or hand in notes first.")

    @classmethod
    def no_note(cls, number: int) -> NothingToDo:
        return cls(f"There is no note {number}: see the list of notes for the numbers there are.")

    @classmethod
    def no_question(cls, number: int) -> NothingToDo:
        return cls(f"Question {number} was never asked here: go on with the next one.")

    @classmethod
    def no_undo(cls) -> NothingToDo:
        return cls("This is the first version: there is nothing to undo.")

    @classmethod
    def no_redo(cls) -> NothingToDo:
        return cls("Nothing was undone from here: there is nothing to redo.")
