"""Which process a job belongs to, and whether that process is still there."""

from __future__ import annotations

import os
import secrets
from functools import cache
from pathlib import Path

_STATE, _STARTED = 0, 19  # places in /proc/PID/stat, behind the process's own name (its fields 3 and 22)
_DEAD = (b"Z", b"X")  # ended, and not yet taken note of by its parent


@cache
def this_process() -> str:
    """A name for this process that no other has, not even one with its number after a restart of the machine."""
    return name_of(os.getpid()) or f"{os.getpid()}-{secrets.token_hex(4)}"


def name_of(number: int) -> str | None:
    """The name of the process with that number: the number, and when it was started, in which boot of the system.

    None where no such process runs, or where the system does not tell: only Linux does, in /proc.
    """
    try:
        stat = Path(f"/proc/{number}/stat").read_bytes()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
    except OSError:
        return None
    fields = stat.rpartition(b")")[2].split()  # the process's own name may hold anything
    return None if fields[_STATE] in _DEAD else f"{number}-{boot[:8]}-{fields[_STARTED].decode()}"


def is_alive(process: str, ours: str) -> bool:
    """Whether the process of that name still runs on this machine; ``ours`` is the name of the one that asks."""
    if process == ours:
        return True
    number = int(process.split("-")[0])
    if number == os.getpid():
        return False
    if name_of(os.getpid()) is not None:  # the system tells processes with one number apart
        return name_of(number) == process
    try:
        os.kill(number, 0)  # signal 0 only asks
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's, and there
        return True
    return True
