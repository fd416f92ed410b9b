"""Errors of jobs, of backups and exports, and of steps that have nothing to work on."""

from __future__ import annotations

import errno
from pathlib import Path

from bot.errors.base import BotError


class JobRunning(BotError):
    """The essay has a job that has not ended; a second one would overwrite the first."""

    def __init__(self, kind: str, *, in_other_process: bool = False) -> None:
        """Name the job by its label ``kind``, as "draft"; ``in_other_process``: only another process can stop it."""
        here = "is still being written: wait for its end, or stop it. What came so far is stored."
        there = (
            "is being written in another session of this program: wait for its end, or press Ctrl-C there, which stops "
            "it and keeps what came. Nothing was begun here, and everything is stored."
        )
        super().__init__(f"A {kind} of this text {there if in_other_process else here}")


class StaleRequest(BotError):
    """A request is stale: the text has changed since, or it has been done already."""

    def __init__(self) -> None:
        super().__init__(
            "The text has changed since this was asked for, or this has been done already, so nothing was begun, and "
            "nothing was spent. Look at the essay as it is now, and ask again if you still want it."
        )


class TooManyJobs(BotError):
    """The writer has as many jobs running and waiting as one person may."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"You have {most} pieces of work in line, as many as one writer may: wait until one is done, or stop one. "
            "Everything is stored."
        )


class ShuttingDown(BotError):
    """The program is shutting down; nothing new is begun."""

    def __init__(self) -> None:
        super().__init__(
            "The bot is being restarted, so this was not done. Everything is stored; try again in a minute."
        )


class NotAsked(BotError):
    """A model could not ask the next question; the structure's own comes in its place."""

    def __init__(self, what_happened: str) -> None:
        super().__init__(f"Your answers are stored; the structure's own question comes next. {what_happened}")


class NoTitles(BotError):
    """A model could not suggest titles; the title is as it was."""

    def __init__(self, what_happened: str) -> None:
        super().__init__(f"No titles could be suggested; yours is as it was. {what_happened}")


class NotPlaced(BotError):
    """A model has not found a section for all notes; they are stored, and can be sorted again."""


class BackupFailed(BotError):
    """No backup was made; the database and any earlier backup are unchanged."""

    @classmethod
    def no_database(cls, database: Path) -> BackupFailed:
        return cls(
            f"There is no database at {database}, so no backup was made: set DATABASE_PATH to the bot's own, and run "
            "this as the user that the bot runs as."
        )

    @classmethod
    def on_server(cls) -> BackupFailed:
        return cls(
            "The essays are in PostgreSQL, which has a program of its own for this, so no backup was made here: "
            'pg_dump --format=custom --file=essays.dump "$DATABASE_URL". It can run while the bot does. '
            "The key is not in it: keep a copy of DATABASE_KEY apart from it, no essay opens without it."
        )

    @classmethod
    def target_exists(cls, target: Path) -> BackupFailed:
        return cls(
            f"{target} is there already, so no backup was made: give another name, or add --force to have it replaced "
            "once the new backup is found good."
        )

    @classmethod
    def own_file(cls, target: Path) -> BackupFailed:
        return cls(f"{target} is one of the database's own files, so no backup was made: give another name.")

    @classmethod
    def not_a_file(cls, target: Path) -> BackupFailed:
        return cls(f"{target} is not a file, so no backup was made: give the name of the file to make.")

    @classmethod
    def cannot_write(cls, target: Path, why: str) -> BackupFailed:
        return cls(
            f"The backup {target} cannot be written ({why}), so none was made: choose a place that has room and that "
            "you may write to. The database is as it was."
        )

    @classmethod
    def damaged(cls, database: Path, what: str) -> BackupFailed:
        return cls(
            f"{database} is damaged ({what}), so no backup was made: keep your older backups, stop the bot, and see "
            "docs/operating.md for what to do."
        )


class ExportFailed(BotError):
    """An export cannot be written to its target; no half-written file is left."""

    def __init__(self, target: str, why: str, essay: str | None = None, *, full: bool = False) -> None:
        safe = f" The post is stored as essay {essay}." if essay else ""
        do = "make room there, or choose another place" if full else "choose another place"
        super().__init__(f"{target} cannot be written ({why}): {do}.{safe}")

    @classmethod
    def from_os_error(cls, target: str, error: OSError, essay: str | None = None) -> ExportFailed:
        """Return the error for an OSError raised while the export was written."""
        full = error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
        return cls(target, (error.strerror or str(error)).lower(), essay, full=full)


class ExportFileExists(BotError):
    """A file exists where an export was asked for, and was left as it is."""

    @classmethod
    def existing(cls, target: str, essay: str | None = None) -> ExportFileExists:
        safe = f" The post is stored as essay {essay}." if essay else ""
        return cls(f"{target} is there already, and was left as it is: give another name, or add --force.{safe}")

    @classmethod
    def is_input_file(cls, target: str, essay: str | None = None) -> ExportFileExists:
        """Return the error for a target that the command reads from, which is never replaced."""
        safe = f" The post is stored as essay {essay}." if essay else ""
        return cls(f"{target} is what this is read from, so it is never written over: give another name.{safe}")


class OutputClosed(BotError):
    """The reader of our output has closed it, as head does after its lines; no message is printed."""

    def __init__(self) -> None:
        super().__init__("The program reading the output stopped before its end.")


class OperatingSystemFailure(BotError):
    """An operating system error for which there is no better sentence."""

    def __init__(self, file: str | None, why: str) -> None:
        what = f"{file} cannot be used" if file else "The system refused a step"
        super().__init__(f"{what} ({why}), so the command ended there. What was stored before is safe.")


class NothingToDo(BotError):
    """The step asked for has nothing to work on."""

    @classmethod
    def no_text(cls) -> NothingToDo:
        return cls("There is no post yet: answer a question or hand in notes first.")

    @classmethod
    def no_critique(cls) -> NothingToDo:
        return cls("There is no critique of this post yet: ask for one first. Nothing was changed.")

    @classmethod
    def no_finding(cls) -> NothingToDo:
        return cls("There is no such finding in this critique: go through it from the first. Nothing was changed.")

    @classmethod
    def critique_finished(cls) -> NothingToDo:
        return cls("This critique is finished: go through its findings, or ask for a new one. Nothing was changed.")

    @classmethod
    def no_replacement(cls) -> NothingToDo:
        return cls("This finding has no wording to apply: answer its question or edit the words. Nothing was changed.")

    @classmethod
    def no_question_in_finding(cls) -> NothingToDo:
        return cls("This finding asks nothing of the text of an essay. Nothing was changed.")

    @classmethod
    def nothing_left(cls) -> NothingToDo:
        return cls("These words are all of the text: edit it yourself. Nothing was changed.")

    @classmethod
    def words_changed(cls) -> NothingToDo:
        return cls("The words this finding speaks of have changed: it no longer applies. Nothing was changed.")

    @classmethod
    def not_own_text(cls) -> NothingToDo:
        return cls("Only a text that you pasted yourself can become your draft. Nothing was changed.")

    @classmethod
    def structure_fixed(cls) -> NothingToDo:
        return cls("This essay is begun in its structure: start a new one for another. Nothing was changed.")

    @classmethod
    def no_notes(cls) -> NothingToDo:
        return cls("There are no notes to write from yet: answer a question or hand in notes first.")

    @classmethod
    def version_complete(cls) -> NothingToDo:
        return cls("This version is complete: there is nothing to continue.")

    @classmethod
    def all_sections_written(cls) -> NothingToDo:
        return cls("Every section is written by now, so nothing was left to continue: the draft counts as complete.")

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
    def no_earlier_version(cls) -> NothingToDo:
        return cls("There is no earlier version to compare this one with: it is the first.")

    @classmethod
    def no_redo(cls) -> NothingToDo:
        return cls("Nothing was undone from here: there is nothing to redo.")
