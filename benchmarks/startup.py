"""How long the program takes to say what it can do, against importing the two libraries any such program imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.timing import medians

RUNS = 15
ALLOWED = 2.5  # times the imports; more is felt as a pause


def run() -> None:
    """Prints both times and their ratio."""
    program = Path(sys.executable).with_name("essay-bot")

    def ended(*command: str) -> None:
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)

    times = medians(
        {
            "essay-bot --help": lambda: ended(str(program), "--help"),
            "python -c 'import click, rich'": lambda: ended(sys.executable, "-c", "import click, rich"),
        },
        RUNS,
    )
    for name, seconds in times.items():
        print(f"  {name:32} {seconds * 1000:6.0f} ms")
    ours, theirs = times.values()
    print(f"  ratio {ours / theirs:.2f} (at most {ALLOWED})")
