"""Sees to it that one process serves a database: two would each do what Discord tells both."""

from __future__ import annotations

import errno
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import BotError

if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)  # no room left on the disk, or none for this user


class AlreadyRunning(BotError):
    """Another process serves the database."""

    def __init__(self, database: Path) -> None:
        super().__init__(
            f"Another process serves {database} already, and two would answer everything twice: this one ends, and "
            "nothing was changed. `essay-bot check --running` tells which one it is; end that first, or give this one "
            "a database of its own."
        )


class DatabaseHardLinked(BotError):
    """The database has more than one name on the disk."""

    def __init__(self, database: Path) -> None:
        super().__init__(
            f"{database} has another name on the disk, by a hard link. What was written last stands in files beside "
            "the name that a database was opened by, so two names can damage it: this process ends, and nothing was "
            f"changed. `find / -samefile {shlex.quote(str(database))}` lists the names: remove all but the one that "
            "the bot was run with; that leaves what is in it."
        )


class LockUnavailable(BotError):
    """The file that keeps a second process away cannot be used; ``why`` is the system's error."""

    def __init__(self, path: Path, why: OSError) -> None:
        self.passes = why.errno in _DISK_FULL
        advice = "free some space" if self.passes else "let the user that the bot runs as write there"
        super().__init__(
            f"{path}, which keeps a second process from the database, cannot be opened "
            f"({(why.strerror or str(why)).lower()}): {advice}. Nothing was changed."
        )


@contextmanager
def single_instance(database: Path) -> Iterator[None]:
    """No other process serves the database inside. Raises AlreadyRunning, DatabaseHardLinked, LockUnavailable.

    What is locked is the empty file ``<database>.lock``, which stays. The system lets go of it when the process ends,
    however it does: that of a killed process is in nobody's way, also not in that of another container. The database
    itself is not locked, because SQLite does that in its own way; so one with several hard links, which have a lock
    each, is refused. SQLite does not support them: https://www.sqlite.org/howtocorrupt.html, 2.4.
    """
    served = database.resolve()  # by whatever symbolic link it was named
    path = served.with_name(f"{served.name}.lock")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise LockUnavailable(path, error) from error
    try:
        try:
            _lock(handle)
        except OSError as error:
            if isinstance(error, (BlockingIOError, PermissionError)):  # which of them depends on the system
                raise AlreadyRunning(database) from None
            raise LockUnavailable(path, error) from error
        if served.exists() and served.stat().st_nlink > 1:
            raise DatabaseHardLinked(served)
        yield
    finally:
        os.close(handle)
