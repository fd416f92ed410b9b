"""Which process a job belongs to, and whether that process is still there."""

from __future__ import annotations

import os
import secrets
from functools import cache


@cache
def this_process() -> str:
    """A name for this process, told apart from one that has its number after a restart (in a container, mostly 1)."""
    return f"{os.getpid()}-{secrets.token_hex(4)}"


def is_alive(process: str, ours: str) -> bool:
    """Whether the process of that name still runs on this machine; ``ours`` is the name of the one that asks."""
    if process == ours:
        return True
    number = int(process.split("-")[0])
    if number == os.getpid():
        return False
    try:
        os.kill(number, 0)  # signal 0 only asks
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's, and there
        return True
    return True
