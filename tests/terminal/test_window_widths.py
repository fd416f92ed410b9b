"""`try` from the choice of a structure to a LinkedIn post, with a model, in windows of any width."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.terminal.pty_processes import Person, settings_for, simulated_claude_process

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b=|\x1b>")
ANSWER = "In May 2023 I fixed the press at 4 in the morning, and nobody had asked me to do it."


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_a_post_is_written_seen_once_and_exported_in_a_window_of_any_width(
    start_in_terminal: Callable[..., Person], home: Path, columns: int
) -> None:
    seen: list[str] = []

    def sees(words: str) -> None:
        person.sees(words)
        seen.append(_ESCAPES.sub("", person.child.before or "") + words)

    with simulated_claude_process(speed=4_000) as address:
        person = start_in_terminal("try", **settings_for(address))
        person.child.setwinsize(50, columns)
        sees("Structure [1–9")
        person.types("2")
        sees("Notes:")
        person.types("")
        sees("Answer:")
        person.types(ANSWER)
        person.sees("sections have")
        person.sees("Answer:")
        person.types("/done")
        person.sees("has it written")
        person.types("")
        sees("keeps what came.")
        sees("Version 1:")
        sees("Next [help]:")
        person.types("export linkedin")
        sees("Paste it into a new post.")
        sees("title TEXT gives")
        person.types("done")
        assert person.leaves() == 0

    structures, *_, draft, overview, exported, _ = seen
    for part in (structures, draft, overview, exported):
        lines = [line.split("\r")[-1] for line in part.replace("\r\n", "\n").split("\n")]
        assert max(map(len, lines)) <= columns, lines
    assert " ".join(draft.split()).count(ANSWER) == 1  # as it was written, and not once more
    listed = structures.split("one kind of career essay.")[1].replace("\r", "").split("\n")
    below_their_number = [line for line in listed if line.strip() and not re.match(r" \d  \S|    \S", line)]
    assert below_their_number == ["Structure [1–9"]
    assert ANSWER in (home / "career-switch.txt").read_text()
