"""Allow one bot process per database; two would answer every event twice.

The terminal takes no such lock: it may work on the bot's database while the bot runs, and the store keeps them apart.
"""

from __future__ import annotations

import errno
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from bot.errors import BotError

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)  # no room left on the disk, or none for this user


class AlreadyRunning(BotError):
    """Another process serves the database."""

    def __init__(self, database: Path | str) -> None:
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
    """The lock file cannot be used; ``why`` is the system's error."""

    def __init__(self, path: Path, why: OSError) -> None:
        self.is_temporary = why.errno in _DISK_FULL
        advice = "free some space" if self.is_temporary else "let the user that the bot runs as write there"
        super().__init__(
            f"{path}, which keeps a second process from the database, cannot be opened "
            f"({(why.strerror or str(why)).lower()}): {advice}. Nothing was changed."
        )


@contextmanager
def single_instance(database: Path) -> Iterator[None]:
    """Be the only process that serves the database. Raise AlreadyRunning, DatabaseHardLinked, LockUnavailable.

    The lock is on the empty file ``<database>.lock``, which stays. The system releases it when the process ends,
    however it ends, in a container too, so a killed process blocks nobody. The database itself is not locked, because
    SQLite locks it in its own way; so a database with several hard links, each of which has a lock file of its own, is
    refused. SQLite does not support them: https://www.sqlite.org/howtocorrupt.html, 2.4.
    """
    served = database.resolve()  # one lock whichever symbolic link names the database
    path = served.with_name(f"{served.name}.lock")
    # A file system without locks is refused: a marker file in their place would outlive a killed process.
    lock = FileLock(path, mode=0o600, blocking=False, fallback_to_soft=False, preserve_lock_file=True)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise AlreadyRunning(database) from None
    except OSError as error:
        raise LockUnavailable(path, error) from error
    try:
        if served.exists() and served.stat().st_nlink > 1:
            raise DatabaseHardLinked(served)
        yield
    finally:
        lock.release()
