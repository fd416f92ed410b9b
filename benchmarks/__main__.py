"""Runs the benchmarks and prints their figures with the machine they were taken on."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version

from benchmarks import (
    code_paths,
    crowd,
    discord_load,
    hostile_input,
    llm_stream,
    measures,
    one_machine,
    parsing_growth,
    session_cost,
    startup,
    store,
)

BENCHMARKS = {
    "startup": startup.run,
    "one_machine": one_machine.run,  # three minutes, and both cores
    "measuring": measures.run,
    "growth": parsing_growth.run,
    "storing": store.run,
    "session_cost": session_cost.run,
}
BY_NAME_ONLY = {
    "discord_load": discord_load.run,  # takes minutes, and the whole machine
    "crowd": crowd.run,  # the same
    "crowd_postgres": crowd.run_on_postgres,  # the same
    "hostile": hostile_input.run,  # the same
    "llm_stream": llm_stream.run,  # two minutes, and both cores
    "flow": code_paths.run,  # counts, takes no times
}


def main() -> None:
    """Runs the benchmarks that the arguments name; where none is named, all but those in BY_NAME_ONLY."""
    known = {**BENCHMARKS, **BY_NAME_ONLY}
    names = sys.argv[1:] or list(BENCHMARKS)
    if unknown := [name for name in names if name not in known]:
        sys.exit(f"There is no benchmark {unknown[0]}: the benchmarks are {', '.join(known)}.")
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}, "
        f"discord.py {version('discord.py')}, anthropic {version('anthropic')}, "
        f"click {version('click')}, rich {version('rich')}, proselint {version('proselint')}"
    )
    for name in names:
        print(f"\n{name}")
        known[name]()


main()
