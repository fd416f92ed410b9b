"""A process is known by its number and its beginning, so that none is taken for another or for alive when it is not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.store import jobs
from bot.store.jobs import current_process_name, is_process_alive, process_name

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells processes apart")


@pytest.fixture
def other() -> Iterator[subprocess.Popen[bytes]]:
    """A process that lives until it is killed."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def test_a_killed_process_counts_as_dead_even_before_its_parent_has_reaped_it(
    other: subprocess.Popen[bytes],
) -> None:
    name = process_name(other.pid)
    assert name is not None
    assert is_process_alive(name, current_process_name())
    other.kill()
    os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and is a zombie still
    assert not is_process_alive(name, current_process_name())
    other.wait()
    assert not is_process_alive(name, current_process_name())


def test_a_new_process_with_a_reused_pid_is_not_taken_for_the_old_one(other: subprocess.Popen[bytes]) -> None:
    number, boot, started = str(process_name(other.pid)).split("-")
    assert not is_process_alive(f"{number}-{boot}-{int(started) - 1}", current_process_name())
    assert not is_process_alive(
        f"{number}-another-{started}", current_process_name()
    )  # the machine was started anew since
    assert not is_process_alive(f"{os.getpid()}-{boot}-1", current_process_name())


def test_this_process_is_alive_and_has_one_name() -> None:
    assert current_process_name() == process_name(os.getpid()) == current_process_name()
    assert is_process_alive(current_process_name(), current_process_name())


def test_where_the_system_gives_no_start_time_the_pid_alone_identifies_a_process(
    other: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "process_name", lambda number: None)
    assert is_process_alive(f"{other.pid}-any", "ours")
    assert not is_process_alive("999999999-any", "ours")
    current_process_name.cache_clear()
    try:
        assert current_process_name().startswith(f"{os.getpid()}-")
    finally:
        current_process_name.cache_clear()
