"""Errors about what a person handed in or set: it cannot be used, and nothing was stored or changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from bot.errors.base import BotError


class InvalidInput(BotError):
    """Base class: what was handed in cannot be used; nothing was stored or changed."""


class UnreadableText(InvalidInput):
    """A text that was handed in cannot be read."""

    @classmethod
    def missing(cls, name: str) -> UnreadableText:
        return cls(f"There is no file {name}: check the path.")

    @classmethod
    def directory(cls, name: str) -> UnreadableText:
        return cls(f"{name} is a directory: give the path of one text file.")

    @classmethod
    def access_denied(cls, name: str, why: str) -> UnreadableText:
        return cls(f"{name} cannot be read ({why}): check its permissions, or give another file.")

    @classmethod
    def empty(cls, name: str) -> UnreadableText:
        return cls(f"{name} holds no words: write a few lines in it and hand it in again.")

    @classmethod
    def binary(cls, name: str) -> UnreadableText:
        return cls(f"{name} is not a text file: save it as plain text or Markdown in UTF-8 and give that file.")

    @classmethod
    def bad_encoding(cls, name: str, line: int) -> UnreadableText:
        return cls(
            f"{name}, line {line} is not UTF-8 text, though the rest of it is: correct that line and save it again."
        )

    @classmethod
    def too_much_text(cls, name: str, most: int) -> UnreadableText:
        return cls(
            f"{name} is longer than {most:,} bytes, far more than a post is made from: "
            "give only the part the post is about."
        )

    @classmethod
    def file_too_large(cls, name: str, most: int) -> UnreadableText:
        return cls(
            f"{name} is longer than {most:,} bytes: give only the part the post is about, or take the pictures out."
        )

    @classmethod
    def corrupt_file(cls, name: str, kind: str) -> UnreadableText:
        return cls(
            f"{name} cannot be read as a {kind}, it seems damaged: save it anew with the program that made it, or copy "
            "its text into a .md or .txt file and give that."
        )

    @classmethod
    def too_complex(cls, name: str, kind: str) -> UnreadableText:
        return cls(
            f"{name} is {kind} of more parts than are read: copy its text into a .md or .txt file and give that."
        )


class UnsupportedFileType(UnreadableText):
    """The file is of a kind whose text is not read, such as a PDF."""

    def __init__(self, name: str, kind: str) -> None:
        super().__init__(f"{name} is {kind}, which is not read: copy its text into a .md or .txt file and give that.")


class LimitExceeded(InvalidInput):
    """More was handed in than a limit allows; it was not stored, and nothing stored before is changed."""

    @classmethod
    def page(cls, what: str, count: int, things: str, most: int) -> LimitExceeded:
        return cls(
            f"{what} has {count:,} {things}, and at most {most:,} are taken at once, so it was not stored. "
            "Everything stored before is safe: hand it in in smaller parts."
        )

    @classmethod
    def text(cls, what: str, count: int, things: str, most: int) -> LimitExceeded:
        return cls(
            f"{what} would have {count:,} {things}, and a version may have {most:,}, so it was not stored. Everything "
            "stored before is safe: leave some notes out, or begin a new essay for a part of it."
        )

    @classmethod
    def essay(cls, count: int, more: int, things: str, most: int) -> LimitExceeded:
        return cls(
            f"This essay has {count:,} {things}, and this would add {more:,}: an essay may have {most:,}, so nothing "
            "was added. Everything stored before is safe: begin a new essay for what is to come."
        )

    @classmethod
    def essay_size(cls, most: str) -> LimitExceeded:
        return cls(
            f"With this the notes of this essay would take more than {most}, the most that an essay may hold, so it "
            "was not stored. Everything stored before is safe: begin a new essay for what is to come."
        )

    @classmethod
    def text_size(cls, most: str) -> LimitExceeded:
        return cls(
            f"The text would take more than {most}, the most that a version may hold, so it was not stored. Everything "
            "stored before is safe: leave some notes out, or begin a new essay for a part of it."
        )

    @classmethod
    def essays(cls, most: int) -> LimitExceeded:
        return cls(
            f"You have {most:,} essays, as many as one writer may, so none was begun. Everything stored is safe: "
            "delete one that you need no more, and begin again."
        )

    @classmethod
    def writer_size(cls, most: str) -> LimitExceeded:
        return cls(
            f"With this you would keep more than {most} here, the most for one writer, so it was not stored. "
            "Everything stored before is safe: delete an essay that you need no more, and hand it in again."
        )

    @classmethod
    def rate(cls, time: str, most: str, when: str) -> LimitExceeded:
        return cls(
            f"With this you would store more than {most} {time}, the most for one writer, so it was not stored. "
            f"Everything stored before is safe: keep a copy of this, and hand it in again {when}."
        )


class ParsingTimedOut(InvalidInput):
    """Reading a text was stopped because it took too much time or memory."""

    def __init__(self) -> None:
        super().__init__(
            "This text takes more time or memory to read than one text may, so the reading was ended, and nothing was "
            "changed by it. Everything stored before is safe: hand the text in in smaller parts, or without the "
            "unusual marks in it."
        )


class TextNotUpdated(InvalidInput):
    """A note was changed, and the text that is assembled from the notes could not follow."""

    def __init__(self, reason: BotError) -> None:
        super().__init__(
            "The note is stored as you have it now, but the text could not follow, so it still says what it said: "
            f"change any note to have it tried again. The reason: {reason.public_message}"
        )


class UnknownStructure(InvalidInput):
    """No structure has the key that was asked for."""

    def __init__(self, key: str, known: Sequence[str], close: str | None = None) -> None:
        called = key if len(key) <= 100 else f"{key[:99]}…"
        stop = "" if called.endswith((".", "?", "!", "…")) else "."
        hint = f": did you mean {close}?" if close else stop
        super().__init__(f"There is no structure called {called}{hint} The structures are {', '.join(known)}."[:2000])

    @classmethod
    def ambiguous(cls, key: str, meant: Sequence[str]) -> UnknownStructure:
        """Return the error for words that match several structures."""
        error = cls(key, meant)
        error.args = (f"{key} may mean {' or '.join(meant)}: type a little more of the one you mean.",)
        return error


class UnknownExportTarget(InvalidInput):
    """A post cannot be exported for a place that nobody knows."""

    def __init__(self, key: str, known: Sequence[str], close: str | None = None) -> None:
        called = key if len(key) <= 100 else f"{key[:99]}…"
        hint = f". Did you mean {close}?" if close else "."
        super().__init__(
            f"Nothing was exported: there is no place called {called}{hint} A post can be exported for "
            f"{', '.join(known)}."
        )


class StructureNotOffered(InvalidInput):
    """The rules of the Discord server leave a structure out."""

    def __init__(self, name: str, offered: Sequence[str]) -> None:
        super().__init__(
            f"The rules of this server do not offer {name}, so nothing was changed. It offers {', '.join(offered)}: "
            "choose one of these, ask whoever manages the server, or use a DM with the bot, which is not under its "
            "rules."
        )


class StructureFileMissing(UnknownStructure):
    """The structure file of an essay no longer exists."""

    def __init__(self, key: str) -> None:
        InvalidInput.__init__(
            self,
            f"The structure {key} of this essay is no longer there, and this step needs it. What is stored is safe, "
            "and can be read, edited, undone, exported, renamed and deleted; whoever runs the bot can put the "
            "structure's file back.",
        )


class UnknownEssay(InvalidInput):
    """The writer has no essay with this id; the sentence is the same for missing and for other people's essays."""

    def __init__(self, essay: str) -> None:
        super().__init__(f"You have no essay {essay}: see your list of essays for the right one.")

    @classmethod
    def not_listed(cls, named: str) -> UnknownEssay:
        """Return the error for a number or the start of an id that a command was given."""
        error = cls(named)
        error.args = (f"You have no essay {named}: essay-bot essays lists those you have.",)
        return error

    @classmethod
    def ambiguous(cls, named: str, meant: Sequence[str]) -> UnknownEssay:
        """Return the error for a word with which the ids of several essays begin."""
        error = cls(named)
        error.args = (
            f"Several essays begin with {named}: {', '.join(meant)}. Type a little more of the one you mean.",
        )
        return error


class UnknownCritique(InvalidInput):
    """The writer has no critique with this id; the sentence is the same for missing and for other people's."""

    def __init__(self, critique: str) -> None:
        super().__init__(f"You have no critique {critique}: ask for a new one.")


class UnknownSection(InvalidInput):
    """The text has no section with this number or name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The text has no section {name}: give the number or the heading of one that is there.")


class UnknownTargetSection(InvalidInput):
    """A note cannot be moved: the structure has no section of this name."""

    def __init__(self, name: str, headings: Sequence[str]) -> None:
        known = "; ".join(f"{number} {heading}" for number, heading in enumerate(headings, 1))
        super().__init__(
            f"There is no section {name or 'given'}: the sections are {known}. Nothing was changed."[:2000]
        )


class UnknownVersion(InvalidInput):
    """The essay has no version with this number."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"There is no version {number} of this essay: they are numbered from 1, in the order they were made."
        )


class InvalidSetting(InvalidInput):
    """A setting in the environment or .env cannot be used; the sentence names the key, never a secret's value."""

    def __init__(self, key: str, why: str, where: str | None = None) -> None:
        """Name the setting ``key``, or a file that cannot be read; ``where`` is "the environment" or a file's path."""
        if Path(key).name != key:
            super().__init__(f"{key} cannot be used as it stands: {why}. Nothing was changed.")
            return
        stands = f" It stands in {where}." if where else ""
        super().__init__(f"The setting {key} cannot be used: {why}.{stands} See .env.example for what it may hold.")


class InvalidEnvironmentVariable(InvalidInput):
    """An environment variable shared with other programs, such as SSL_CERT_FILE or HTTPS_PROXY, cannot be used."""

    def __init__(self, name: str, why: str) -> None:
        self.name = name
        super().__init__(f"The environment variable {name} cannot be used: {why}. Correct it, or leave it unset.")


class InvalidStructureFile(InvalidInput):
    """A structure file is invalid; ``wrong`` says how, ``mend`` what to do."""

    def __init__(self, path: Path, line: int, wrong: str, mend: str) -> None:
        super().__init__(f"{path}, line {line}: {wrong}; {mend}.")


class InvalidPromptFile(InvalidInput):
    """A prompt file is invalid; ``wrong`` says how, ``mend`` what to do."""

    def __init__(self, path: Path, wrong: str, mend: str) -> None:
        super().__init__(f"{path}: {wrong}; {mend}.")


class UnknownJob(InvalidInput):
    """The writer has no running job with this number."""

    def __init__(self, job: int) -> None:
        super().__init__(f"You have no job {job} under way: look at the essay to see what came of it.")


class PrivateNoteInText(InvalidInput):
    """A request to a model was stopped, because it contains words of a note that no model may see.

    ``where`` is the part that contains them, a key of ``ADVICE``; ``words`` are the first of them. ``marked``: a mark
    covers these words of the note; otherwise the whole note is left out.
    """

    ADVICE: ClassVar[Mapping[str, str]] = {
        "text": "Edit them out",
        "title": "Give the essay another title",
        "instruction": "Say it in other words",
    }

    def __init__(self, numbers: Sequence[int], where: str, words: str, *, marked: bool = False) -> None:
        one = len(numbers) == 1
        which = f"Note {numbers[0]}" if one else f"Notes {' and '.join(map(str, numbers))}"
        are, holds = ("is", "holds") if one else ("are", "hold")
        said = f"{holds} a private passage" if marked else f"{are} left out"
        mend = "take its mark away in the note" if marked else "take the note in again"
        super().__init__(
            f"{which} {said}, and these words of it stand in the {where}: “{words}”. So no model was sent "
            f"anything. {self.ADVICE[where]} first, or {mend}. Nothing was changed."
        )


class AlwaysPrivate(InvalidInput):
    """A note cannot be included again: a mark in it or its question makes it private, not a switch."""

    @classmethod
    def marked(cls, number: int) -> AlwaysPrivate:
        """Return the error for a note that is marked as a whole."""
        return cls(f"Note {number} is marked [private]: edit it and take the mark away to use it. Nothing was changed.")

    @classmethod
    def answer(cls, number: int) -> AlwaysPrivate:
        """Return the error for a note that answers a private question."""
        return cls(
            f"Note {number} answers a question about what should stay private, so it stays so. Write what may be "
            "public as a note of its own. Nothing was changed."
        )


class PrivateMarkInText(InvalidInput):
    """A request to a model was stopped, because it contains a passage that is marked private.

    ``where`` is the part that contains it; ``line`` is the line of its first mark.
    """

    def __init__(self, where: str, line: str) -> None:
        super().__init__(
            f"The {where} holds a passage that is marked to be left out: “{line}”, so no model was sent anything. Take "
            "the passage out, or its mark alone if a model may read it. Nothing was changed."
        )


class Blocked(BotError):
    """The host has blocked this person."""

    def __init__(self) -> None:
        super().__init__("Whoever runs this has blocked you, so this was not done. Nothing was stored.")


class BeingDeleted(BotError):
    """Everything of this person is being deleted."""

    def __init__(self) -> None:
        super().__init__(
            "Everything stored about you is being deleted, so this was not done. Nothing was stored: begin anew in a "
            "minute, if you want to."
        )
