"""A closed terminal and SIGTERM: work is stopped, kept and settled as by Ctrl-C, and then the program ends."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.terminal.conftest import Ran
from tests.terminal.pty_processes import Person, settings_for, simulated_claude_process
from tests.terminal.test_cli_with_model import NOTES

Asked = Callable[..., Person]


@pytest.fixture(scope="module")
def model() -> Iterator[dict[str, str]]:
    """The settings for a simulated Claude slow enough to be met in the middle of its writing."""
    with simulated_claude_process(speed=150) as address:
        yield settings_for(address)


def told(person: Person, number: signal.Signals) -> int:
    """Closes the terminal or sends SIGTERM; returns how the program ended."""
    if number == signal.SIGHUP:
        return person.closes_the_terminal()
    person.child.kill(number)
    person.sees("Ended by SIGTERM. What was stored is safe.")
    return person.leaves()


def queried(home: Path, query: str) -> list[tuple[int, ...]]:
    connection = sqlite3.connect(home / "data" / "essays.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("command", "versions", "number"),
    [
        ("draft", 1, signal.SIGTERM),
        ("draft", 1, signal.SIGHUP),
        ("resume", 2, signal.SIGHUP),
        ("critique", 0, signal.SIGTERM),
    ],
)
def test_a_signal_during_a_job_keeps_its_text_settles_its_cost_and_ends_the_program(
    start_in_terminal: Asked,
    essay_bot: Callable[..., Ran],
    home: Path,
    model: dict[str, str],
    command: str,
    versions: int,
    number: signal.Signals,
) -> None:
    (home / "notes.md").write_text(NOTES)
    if command == "resume":
        essay_bot("draft", "notes.md", "--no-model")
        essay = essay_bot("essays").out.splitlines()[1].split()[0]
        person = start_in_terminal("essays", "resume", essay, **model)
        person.sees("Next [help]:")
        person.types("draft")
        person.sees("Enter begins it")
        person.types("")
    else:
        person = start_in_terminal(command, "notes.md", **model)
    person.child.expect("words so far" if command == "critique" else r"\n## [^\r]+[\r\n]+\w+ \w+")
    ((worst,),) = queried(home, "SELECT nano_usd FROM calls WHERE settled = 0")
    assert told(person, number) == 128 + number
    ((settled, cost),) = queried(home, "SELECT settled, nano_usd FROM calls ORDER BY id DESC LIMIT 1")
    assert settled
    assert 0 < cost < worst
    assert queried(home, "SELECT count(*) FROM versions") == [(versions,)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_at_a_prompt_ends_the_session_with_every_answer_stored(
    start_in_terminal: Asked, essay_bot: Callable[..., Ran], number: signal.Signals
) -> None:
    person = start_in_terminal("try", "-s", "layoff")
    person.sees("Answer:")
    person.types("They called at nine.")
    person.sees("1 of 6 sections have notes")
    person.sees("Answer:")
    assert told(person, number) == 128 + number
    assert "layoff" in essay_bot("essays").out
