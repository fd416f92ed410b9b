"""The processes around the program: a person at its pseudo-terminal, and a simulated Claude."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect


class Person:
    """Somebody at a terminal: waits for words on the screen, then types."""

    def __init__(self, child: pexpect.spawn[str]) -> None:
        self.child = child

    def sees(self, words: str) -> None:
        self.child.expect_exact(words)

    def types(self, line: str) -> None:
        self.child.send(f"{line}\r")

    def pastes(self, text: str) -> None:
        """As a terminal with bracketed paste does it."""
        self.child.send(f"\x1b[200~{text}\x1b[201~")

    def leaves(self) -> int:
        self.child.expect(pexpect.EOF)
        self.child.close()
        return int(self.child.exitstatus or 0)

    def closes_the_terminal(self) -> int:
        """As closing its window does it; returns how the program ended."""
        self.child.ptyproc.fileobj.close()  # type: ignore[attr-defined]  # which the stubs leave out
        return int(self.child.wait())


@contextmanager
def simulated_claude_process(speed: int) -> Iterator[str]:
    """The address of a simulated Claude with canned replies, at so many characters a second."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.simulators.claude", "--port", "0", "--speed", str(speed)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        text=True,
    )
    assert process.stdout is not None
    yield process.stdout.readline().strip()
    process.terminate()
    process.wait()
    process.stdout.close()


def settings_for(claude: str) -> dict[str, str]:
    """The program's settings for the Claude at that address."""
    return {"ANTHROPIC_API_KEY": "sk-simulated", "ANTHROPIC_BASE_URL": claude, "LLM_DIALECT": "claude"}
