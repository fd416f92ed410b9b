"""Runs the benchmarks and prints their figures with the machine they were taken on."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version

from benchmarks import growth, measuring, session_cost, startup, storing

BENCHMARKS = {
    "startup": startup.run,
    "measuring": measuring.run,
    "growth": growth.run,
    "storing": storing.run,
    "session_cost": session_cost.run,
}


def main() -> None:
    """Runs the benchmarks that the arguments name, all of them where none is named."""
    names = sys.argv[1:] or list(BENCHMARKS)
    if unknown := [name for name in names if name not in BENCHMARKS]:
        sys.exit(f"There is no benchmark {unknown[0]}: the benchmarks are {', '.join(BENCHMARKS)}.")
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}, "
        f"click {version('click')}, rich {version('rich')}, proselint {version('proselint')}"
    )
    for name in names:
        print(f"\n{name}")
        BENCHMARKS[name]()


main()
