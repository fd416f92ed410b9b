"""The program as a person runs it: its own process, its own home, no settings from outside."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pexpect
import pytest

from bot.essay.structure import Structure
from bot.store.sqlite import SqliteStore
from tests.services.conftest import joined
from tests.terminal.pty_processes import Person
from tests.terminal.scripted_terminal import Terminal

PROGRAM = Path(sys.executable).with_name("essay-bot")


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The directory the program runs in; its database is data/essays.db there."""
    directory = tmp_path / "home"
    directory.mkdir()
    return directory


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    return {**kept, "HOME": str(home), "DATABASE_PATH": str(home / "data" / "essays.db"), "TERM": "xterm"}


@pytest.fixture
def essay_bot(home: Path, environment: dict[str, str]) -> Callable[..., Ran]:
    """Runs a command to its end; ``given`` is its standard input, ``more`` goes into its environment."""

    def run(*arguments: str, given: str | bytes = "", more: dict[str, str] | None = None) -> Ran:
        done = subprocess.run(
            [str(PROGRAM), *arguments],
            input=given.encode() if isinstance(given, str) else given,
            capture_output=True,
            cwd=home,
            env={**environment, **(more or {})},
            check=False,
            timeout=60,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def start_in_terminal(home: Path, environment: dict[str, str]) -> Iterator[Callable[..., Person]]:
    children: list[pexpect.spawn[str]] = []

    def start(*arguments: str, **more: str) -> Person:
        child = pexpect.spawn(
            str(PROGRAM),
            list(arguments),
            cwd=str(home),
            env={**environment, "PROMPT_TOOLKIT_NO_CPR": "1", **more},  # nobody here answers where the cursor is
            encoding="utf-8",
            timeout=20,
            dimensions=(50, 120),
        )
        children.append(child)
        return Person(child)

    yield start
    for child in children:
        child.close(force=True)


@pytest.fixture
def terminal(store: SqliteStore, structure: Structure, clock: Callable[[], datetime]) -> Iterator[Terminal]:
    """A session in this process, over scripted models."""
    room = joined(store, structure, clock)
    with asyncio.Runner() as runner:
        yield Terminal(room, structure, runner)
        runner.run(room.jobs.close())
