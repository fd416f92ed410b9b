"""What a process and its children hold in memory and have spent, as Linux counts it in /proc."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Usage:
    """Bytes of resident memory as ``ps`` shows it, added up; CPU seconds; how many processes.

    ``waited`` is for how many seconds the process's first thread, which has its event loop, was ready and had no core.
    """

    memory: int
    cpu: float
    processes: int
    waited: float


def usage_of(pid: int, *, with_children: bool = True) -> Usage:
    """Return what the process and all below it use now; CPU counts children that have ended, too."""
    if not with_children:
        return Usage(_memory(pid), sum(map(int, _stat(pid)[11:13])) / _TICKS, 1, _waited(pid))
    below = _tree(pid)
    return Usage(sum(map(_memory, below)), sum(map(_cpu, below)), len(below), _waited(pid))


def _tree(pid: int) -> list[int]:
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (stat := _stat(int(entry.name))):
            parents[int(entry.name)] = int(stat[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the state on, none for a process that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return []


def _memory(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1]) * _PAGE
    except OSError:
        return 0


def _cpu(pid: int) -> float:
    fields = _stat(pid)
    return sum(map(int, fields[11:15])) / _TICKS if fields else 0.0


def _waited(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="utf-8").split()[1]) / 1e9
    except OSError:
        return 0.0
