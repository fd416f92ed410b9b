"""One process serves a database: a second one is refused, and one that was killed blocks nobody."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.ops.single_instance import AlreadyRunning, DatabaseHardLinked, LockUnavailable, single_instance

SERVE = """
import sys, time
from pathlib import Path
from bot.ops.single_instance import single_instance
with single_instance(Path(sys.argv[1])):
    print("serving", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another(database: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that serves the database."""
    command = [sys.executable, "-c", SERVE, str(database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "serving\n"
        yield process
        process.kill()


def test_a_second_process_is_refused_until_the_first_is_killed(tmp_path: Path) -> None:
    database = tmp_path / "new" / "essays.db"
    with another(database) as process:
        with pytest.raises(AlreadyRunning) as told, single_instance(database):
            pass
        assert str(told.value).startswith(f"Another process serves {database} already")
        with single_instance(database.with_name("other.db")):
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
        with single_instance(database):
            pass
    assert database.with_name("essays.db.lock").stat().st_mode & 0o777 == 0o600


def test_a_lock_file_that_cannot_be_made_is_reported_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LockUnavailable, match="cannot be opened"), single_instance(tmp_path / "file" / "essays.db"):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there that not everybody has")
def test_a_second_process_is_refused_under_any_name_or_link_of_the_database(tmp_path: Path) -> None:
    """A hard link is no way round, and with one left nobody begins by either name; without it things go on."""
    database, soft, hard = (tmp_path / name for name in ("essays.db", "soft.db", "hard.db"))
    database.touch()
    soft.symlink_to(database)
    with another(database):
        with pytest.raises(AlreadyRunning), single_instance(soft):
            pass
        hard.hardlink_to(database)
        with pytest.raises(DatabaseHardLinked, match="another name on the disk"), single_instance(hard):
            pass
    with pytest.raises(DatabaseHardLinked), single_instance(soft):
        pass
    hard.unlink()
    with single_instance(database):
        pass


@pytest.mark.skipif(shutil.which("find") is None or sys.platform == "win32", reason="there is no find to be run")
def test_the_suggested_find_command_finds_both_names_of_the_database(tmp_path: Path) -> None:
    """The command as suggested, but for where it begins: searching the whole machine would take too long."""
    database, other = tmp_path / "Anna's posts" / "essays $HOME.db", tmp_path / "other.db"
    database.parent.mkdir()
    database.touch()
    other.hardlink_to(database)
    with pytest.raises(DatabaseHardLinked) as told, single_instance(database):
        pass
    command = str(told.value).split("`")[1]
    assert command.startswith("find / ")
    assert "-xdev" not in command  # the database may be on another disk than the root
    here = command.replace("find /", f"find {tmp_path}", 1)
    found = subprocess.run(here, shell=True, capture_output=True, text=True, check=True)  # noqa: S602 - as typed
    assert sorted(found.stdout.splitlines()) == sorted([str(database), str(other)])


@pytest.mark.parametrize(
    ("number", "temporary", "advice"),
    [(errno.ENOSPC, True, "free some space"), (errno.EDQUOT, True, "free some space"), (errno.EACCES, False, "write")],
)
def test_a_full_disk_counts_as_temporary_and_a_missing_permission_does_not(
    number: int, temporary: bool, advice: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(LockUnavailable, match=advice) as told, single_instance(tmp_path / "essays.db"):
        pass
    assert told.value.is_temporary is temporary
