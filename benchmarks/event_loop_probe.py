"""Measures the bot from inside its own process, whose code knows nothing of it.

``PROBE`` is the source of a module that Python loads at start through PYTHONPATH. In the event loop it sets a timer
every ten milliseconds and notes how late each comes: while one callback runs, or while so many wait that a turn of the
loop takes long, all are late. Every quarter of a second it writes a line: the time, the worst lateness since the last
line, and the process's CPU seconds, resident bytes and commits to SQLite so far.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

TICK_SECONDS = 0.01
FILE = "LOAD_PROBE"

PROBE = f'''
import asyncio, os, sqlite3, time

_path = os.environ.get("{FILE}")
_page = os.sysconf("SC_PAGE_SIZE")
_connect, _commits = sqlite3.connect, 0


class _Connection(sqlite3.Connection):
    def commit(self):
        global _commits
        super().commit()
        _commits += 1


def _resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * _page


def _watch(loop, out):
    state = {{"due": loop.time() + {TICK_SECONDS}, "worst": 0.0, "line": loop.time() + 0.25}}

    def tick():
        now = loop.time()
        state["worst"] = max(state["worst"], now - state["due"])
        if now >= state["line"]:
            out.write(f"{{time.time()}} {{state['worst']}} {{time.process_time()}} {{_resident()}} {{_commits}}\\n")
            state["worst"], state["line"] = 0.0, now + 0.25
        state["due"] = loop.time() + {TICK_SECONDS}
        loop.call_at(state["due"], tick)

    loop.call_at(state["due"], tick)


if _path:
    _run_forever = asyncio.BaseEventLoop.run_forever

    def run_forever(loop):
        if not hasattr(loop, "_probed"):
            loop._probed = True
            _watch(loop, open(_path, "a", buffering=1))
        _run_forever(loop)

    asyncio.BaseEventLoop.run_forever = run_forever
    sqlite3.connect = lambda *args, **more: _connect(*args, **{{"factory": _Connection, **more}})
'''


@dataclass(frozen=True, slots=True)
class Sample:
    """A line of the probe.

    The time since 1970, the worst lateness before it, CPU time (all in s), resident bytes, commits.
    """

    at: float
    late: float
    cpu: float
    resident: int
    commits: int


def install(folder: Path, out: Path) -> dict[str, str]:
    """Adds the probe to the sitecustomize.py in ``folder``; returns the environment that switches it on."""
    with (folder / "sitecustomize.py").open("a", encoding="utf-8") as file:
        file.write(PROBE)
    return {FILE: str(out)}


def samples(out: Path, start: float, end: float) -> list[Sample]:
    """The probe's lines between two times in seconds since 1970."""
    found = []
    for line in out.read_text(encoding="utf-8").splitlines():
        at, late, cpu, resident, commits = line.split()
        if start <= float(at) <= end:
            found.append(Sample(float(at), float(late), float(cpu), int(resident), int(commits)))
    return found
