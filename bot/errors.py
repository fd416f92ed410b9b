"""Every error that a person may be shown, each with its sentence: what happened, what is safe, what to do.

    BotError
    ├── BadInput             what was handed in cannot be used
    │   ├── UnreadableText   no such file, a directory, no permission, binary, empty, too long
    │   ├── UnknownStructure, StructureGone
    │   ├── UnknownEssay
    │   ├── UnknownSection, UnknownVersion, UnknownJob, UnknownCritique
    │   ├── LeftOutStands    a model would see what no model may see
    │   ├── BadSetting
    │   └── BadStructureFile, BadPromptFile
    ├── StoreError           the database cannot be used as it is
    │   ├── KeyMissing
    │   ├── NotOurDatabase
    │   ├── NewerDatabase
    │   ├── StoreFull
    │   └── StoreUnusable
    ├── ModelError           a model could not do what it was asked; what it wrote before that is kept
    │   ├── KeyRefused, OutOfCredit, NoNetwork, NotClaude, UnknownModel, RequestRefused
    │   ├── Overloaded, RateLimited, SpendLimitReached, ServiceFault
    │   ├── StreamBroken, Stalled, TookTooLong, CutShort, NothingWritten
    │   ├── Declined         the model would not; what it had begun is dropped
    │   ├── BadReply         it answered out of form
    │   └── OverBudget       our own budget would be passed, so no call was made
    │       └── BudgetSpent, BudgetReserved, BudgetTooSmall
    ├── JobRunning, TooManyJobs   somebody is at work already
    ├── ShuttingDown         the program is ending
    ├── NoBackup             no backup was made; the database and older backups are as they were
    ├── CannotWrite          an export cannot be put where it was asked for
    └── NothingToDo          the step asked for has nothing to work on

An error is raised where the fact is known and caught only where a person is told: at the edge of a door.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
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
        return cls(f"{name} holds no words: write a few lines in it and hand it in again.")

    @classmethod
    def binary(cls, name: str) -> UnreadableText:
        return cls(f"{name} is not a text file: save it as plain text or Markdown in UTF-8 and give that file.")

    @classmethod
    def damaged(cls, name: str, line: int) -> UnreadableText:
        return cls(
            f"{name}, line {line}: a byte there is no UTF-8, though the rest is: mend the line and save it again."
        )

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


class StructureGone(UnknownStructure):
    """The file of the structure that an essay is written in is no longer there."""

    def __init__(self, key: str) -> None:
        BadInput.__init__(
            self,
            f"The structure {key} of this essay is no longer there, and this step needs it. What is stored is safe, "
            "and can be read, edited, undone, exported, renamed and deleted; whoever runs the bot can put the "
            "structure's file back.",
        )


class UnknownEssay(BadInput):
    """The writer has no essay with this id. The same sentence whether it never was or is somebody else's."""

    def __init__(self, essay: str) -> None:
        super().__init__(f"You have no essay {essay}: see your list of essays for the right one.")


class UnknownCritique(BadInput):
    """The writer has no critique with this id. The same sentence whether it never was or is somebody else's."""

    def __init__(self, critique: str) -> None:
        super().__init__(f"You have no critique {critique}: ask for a new one.")


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


class BadPromptFile(BadInput):
    """A prompt file cannot be used as it stands."""

    def __init__(self, path: Path, wrong: str, mend: str) -> None:
        super().__init__(f"{path}: {wrong}; {mend}.")


class UnknownJob(BadInput):
    """The writer has no job with this number that could be watched."""

    def __init__(self, job: int) -> None:
        super().__init__(f"There is no work number {job} of yours under way: look at the essay for what came of it.")


class LeftOutStands(BadInput):
    """A text that would be sent to a model holds words of a note that no model may see."""

    def __init__(self, numbers: Sequence[int]) -> None:
        which = " and ".join(str(number) for number in numbers)
        super().__init__(
            f"Note {which} is left out, and its words still stand in the text, so no model was sent it. Take them "
            "out with Edit first, or take the note in again. Nothing was changed."
        )


class JobRunning(BotError):
    """The essay has a job that has not ended; a second one would write over the first."""

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"A {kind} of this text is still being written: wait for its end, or stop it. What came so far is stored."
        )


class TooManyJobs(BotError):
    """The writer has as much work in line as one person may."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"You have {most} pieces of work in line, as many as one writer may: wait until one is done, or stop one. "
            "Everything is stored."
        )


class ShuttingDown(BotError):
    """The program is ending; nothing new is begun."""

    def __init__(self) -> None:
        super().__init__(
            "The bot is just being restarted, so nothing was begun. Everything is stored; try again in a minute."
        )


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
    """The database or a text in it was changed outside the program, or the disk damaged it."""

    def __init__(self, database: Path) -> None:
        super().__init__(f"{database} is damaged: restore the newest backup. Nothing was changed.")


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


class StoreBusy(StoreError):
    """Another program has kept the database for itself for too long."""

    def __init__(self, database: Path) -> None:
        super().__init__(
            f"Another program is using {database} and did not let go of it in time: try again in a moment. "
            "The last step was not stored; all before it is safe."
        )


class StoreUnusable(StoreError):
    """The database cannot be opened, read or written."""

    def __init__(self, database: Path, why: str) -> None:
        super().__init__(
            f"The database {database} cannot be used ({why}): check the path in DATABASE_PATH and its permissions. "
            "What was stored before is unchanged."
        )


class ModelError(BotError):
    """A model could not do what it was asked. Notes and versions are as they were."""


class KeyRefused(ModelError):
    """The service does not take the key, or does not let it do this."""

    @classmethod
    def invalid(cls) -> KeyRefused:
        return cls(
            "The service refused the API key, so nothing was written. Everything is stored; whoever runs the bot has "
            "to put a valid key into its settings."
        )

    @classmethod
    def not_allowed(cls, model: str) -> KeyRefused:
        return cls(
            f"The API key may not use the model {model}, so nothing was written. Everything is stored; whoever runs "
            "the bot has to choose another model or have the key's permissions changed."
        )


class OutOfCredit(ModelError):
    """The account has no money left."""

    def __init__(self) -> None:
        super().__init__(
            "The account that pays for the model has no credit left, so nothing was written. Everything is stored; "
            "whoever runs the bot has to add credit, and you can go on without a model meanwhile."
        )


class NoNetwork(ModelError):
    """The service cannot be reached."""

    def __init__(self, address: str) -> None:
        super().__init__(
            f"The model at {address} cannot be reached. Everything is stored; check the network connection and the "
            "address in the settings, then try again."
        )


class NotClaude(ModelError):
    """Something answers at the address, and not in the form of Claude's Messages API."""

    def __init__(self, address: str) -> None:
        super().__init__(
            f"What answers at {address} does not speak as Claude does: it may be a sign-in page, a proxy or another "
            "program. Everything is stored; check the address in the settings."
        )


class UnknownModel(ModelError):
    """The service has no model with this name, or has it no more."""

    def __init__(self, model: str, address: str) -> None:
        super().__init__(
            f"There is no model {model} at {address}; it may have been retired. Everything is stored; whoever runs the "
            "bot has to choose another model in its settings."
        )


class RequestRefused(ModelError):
    """The service took the request for a wrong one."""

    @classmethod
    def wrong(cls, why: str | None, request: str | None) -> RequestRefused:
        reason = f" ({' '.join(why.split())[:200].rstrip('.')})" if why else ""
        number = f" and the request id {request}" if request else ""
        return cls(
            f"The service refused the request{reason}, so nothing was written. Everything is stored; trying again "
            f"will not help: tell whoever runs the bot this sentence{number}."
        )

    @classmethod
    def too_long(cls) -> RequestRefused:
        return cls(
            "The notes and the text together are more than the model takes at once, so nothing was written. "
            "Everything is stored; leave out the notes that matter least and try again."
        )


class Overloaded(ModelError):
    """The service has too much to do."""

    def __init__(self) -> None:
        super().__init__(
            "The model's service is overloaded at the moment. Everything is stored; try again in a few minutes."
        )


class RateLimited(ModelError):
    """The service takes no more for a while. ``wait`` is how long, in seconds, None where it did not say."""

    def __init__(self, wait: float | None) -> None:
        when = f"in {_long(wait)}" if wait else "in a few minutes"
        super().__init__(f"The service takes no more requests for now. Everything is stored; try again {when}.")
        self.wait = wait


class SpendLimitReached(ModelError):
    """The account has spent what it may spend; waiting a little does not help."""

    def __init__(self) -> None:
        super().__init__(
            "The account that pays for the model has reached its spending limit, so nothing was written. Everything is "
            "stored; whoever runs the bot can raise the limit, and you can go on without a model meanwhile."
        )


class ServiceFault(ModelError):
    """The service failed in itself."""

    def __init__(self, request: str | None) -> None:
        number = f" (request id {request})" if request else ""
        super().__init__(
            f"The model's service had a fault of its own{number}. Everything is stored; try again in a few minutes."
        )


class StreamBroken(ModelError):
    """The connection ended in the middle of an answer."""

    def __init__(self) -> None:
        super().__init__(
            "The connection to the model broke before it had finished. Your notes and what came so far are stored; "
            "try again."
        )


class Stalled(ModelError):
    """Nothing at all came from the service for too long."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"Nothing came from the model for {_long(seconds)}, so the call was ended. Your notes and what came so far "
            "are stored; try again."
        )


class TookTooLong(ModelError):
    """The answer was not finished in the time that one call may take."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"The model had not finished after {_long(seconds)}, so the call was ended. Your notes and what came so "
            "far are stored; try again."
        )


class CutShort(ModelError):
    """The model used up all its room before it wrote anything."""

    def __init__(self) -> None:
        super().__init__(
            "The model used up its room with thinking and wrote nothing. Everything is stored; try again, and leave "
            "out some notes if it happens twice."
        )


class NothingWritten(ModelError):
    """The model ended without a word."""

    def __init__(self) -> None:
        super().__init__(
            "The model ended without writing a word. Everything is stored; change or add a note and try again."
        )


class Declined(ModelError):
    """The model would not; what it had begun is dropped. ``category`` is the service's word for why, None without."""

    def __init__(self, category: str | None) -> None:
        super().__init__(
            "The model declined to work on this text, and what it had begun was dropped. Everything of yours is "
            "stored; asking again seldom helps: leave out the note it may have stumbled over, or go on without a model."
        )
        self.category = category


class BadReply(ModelError):
    """The model answered out of form."""

    @classmethod
    def misshapen(cls) -> BadReply:
        return cls(
            "The model's answer was not in the form that was asked for, so it could not be used. Everything is stored; "
            "try again."
        )

    @classmethod
    def truncated(cls) -> BadReply:
        return cls(
            "The model's answer was longer than there is room for, so it could not be used. Everything is stored; try "
            "again, or hand in a shorter text."
        )


class NoModel(ModelError):
    """No model is configured."""

    def __init__(self) -> None:
        super().__init__(
            "No model is configured, so nothing can be drafted, revised or critiqued. Your notes can still be set into "
            "a post, measured and exported; whoever runs the bot can set ANTHROPIC_API_KEY."
        )


class OverBudget(ModelError):
    """The worst case of a call would pass a budget; the call was not made."""


class BudgetSpent(OverBudget):
    """What has been spent leaves too little of a budget, until it opens again."""

    def __init__(self, whose: str, opens: datetime) -> None:
        super().__init__(
            f"{whose} is used up until {opens:%Y-%m-%d %H:%M} UTC, so no model was called. Everything is stored; "
            "you can go on without a model now, or come back then."
        )
        self.opens = opens


class BudgetReserved(OverBudget):
    """Calls that are under way hold too much of a budget; what they do not use is free again when they end.

    ``left`` is what has not been spent of it, ``held`` what is held of that, both in dollars.
    """

    def __init__(self, whose: str, left: Decimal, held: Decimal) -> None:
        super().__init__(
            f"{whose} has {_dollars(left, ROUND_FLOOR)} left, and {_dollars(held, ROUND_CEILING)} of it is held by "
            "work that is under way, so no model was called. Everything is stored; try again when that work is done."
        )


class BudgetTooSmall(OverBudget):
    """The worst case of a call is more than a whole budget, so that waiting does not help."""

    def __init__(self, whose: str, dollars: Decimal, worst: Decimal, opens: datetime) -> None:
        super().__init__(
            f"{whose} is ${dollars:f}, and this may cost up to {_dollars(worst, ROUND_CEILING)}, so no model was "
            f"called. It opens again at {opens:%Y-%m-%d %H:%M} UTC, but will be too small then too: whoever runs the "
            "bot can raise it. Everything is stored; you can go on without a model."
        )


def _dollars(amount: Decimal, rounding: str) -> str:
    """An amount in whole cents; one of less than a cent by its first four digits that are not leading zeros."""
    if amount == 0 or amount >= Decimal("0.01"):
        return f"${amount.quantize(Decimal('0.01'), rounding=rounding):f}"
    return f"${amount.quantize(Decimal(1).scaleb(amount.adjusted() - 3), rounding=rounding).normalize():f}"


def _long(seconds: float) -> str:
    """A stretch of time as a person says it."""
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{math.ceil(seconds / size)} {unit}"
    return f"{max(2, math.ceil(seconds))} seconds"


class NoBackup(BotError):
    """No backup was made; the database, and a backup that was there before, are as they were."""

    @classmethod
    def no_database(cls, database: Path) -> NoBackup:
        return cls(
            f"There is no database at {database}, so no backup was made: set DATABASE_PATH to the bot's own, and run "
            "this as the user that the bot runs as."
        )

    @classmethod
    def exists(cls, target: Path) -> NoBackup:
        return cls(
            f"{target} is there already, so no backup was made: give another name, or add --force to have it replaced "
            "once the new backup is found good."
        )

    @classmethod
    def own_file(cls, target: Path) -> NoBackup:
        return cls(f"{target} is one of the database's own files, so no backup was made: give another name.")

    @classmethod
    def no_file(cls, target: Path) -> NoBackup:
        return cls(f"{target} is not a file, so no backup was made: give the name of the file to make.")

    @classmethod
    def cannot_write(cls, target: Path, why: str) -> NoBackup:
        return cls(
            f"The backup {target} cannot be written ({why}), so none was made: choose a place that has room and that "
            "you may write to. The database is as it was."
        )

    @classmethod
    def damaged(cls, database: Path, what: str) -> NoBackup:
        return cls(
            f"{database} is damaged ({what}), so no backup was made: keep your older backups, stop the bot, and see "
            "docs/operating.md for what to do."
        )


class CannotWrite(BotError):
    """An export cannot be put where it was asked for; no half-written file is left."""

    def __init__(self, target: str, why: str, essay: str | None = None) -> None:
        safe = f" The post is stored as essay {essay}." if essay else ""
        super().__init__(f"{target} cannot be written ({why}): make room there, or choose another place.{safe}")


class ReaderGone(BotError):
    """Whatever read our output stopped before the end."""

    def __init__(self) -> None:
        super().__init__(
            "The program reading the output stopped before its end: let it read on, or send the output to a file."
        )


class NothingToDo(BotError):
    """The step asked for has nothing to work on."""

    @classmethod
    def no_text(cls) -> NothingToDo:
        return cls("There is no post yet: answer a question or hand in notes first.")

    @classmethod
    def no_finding(cls) -> NothingToDo:
        return cls("There is no such finding in this critique: go through it from the first. Nothing was changed.")

    @classmethod
    def critiqued(cls) -> NothingToDo:
        return cls("This critique is finished: go through its findings, or ask for a new one. Nothing was changed.")

    @classmethod
    def no_replacement(cls) -> NothingToDo:
        return cls("This finding has no wording to apply: change the words yourself with Edit. Nothing was changed.")

    @classmethod
    def words_gone(cls) -> NothingToDo:
        return cls("The words this finding speaks of have changed: it no longer applies. Nothing was changed.")

    @classmethod
    def not_own(cls) -> NothingToDo:
        return cls("Only a text that you pasted yourself can become your draft. Nothing was changed.")

    @classmethod
    def begun(cls) -> NothingToDo:
        return cls("This essay is begun in its structure: start a new one for another. Nothing was changed.")

    @classmethod
    def no_notes(cls) -> NothingToDo:
        return cls("There are no notes to write from yet: answer a question or hand in notes first.")

    @classmethod
    def complete(cls) -> NothingToDo:
        return cls("This version is complete: there is nothing to continue.")

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
