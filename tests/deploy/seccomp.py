"""Runs a command under the system call filter of a systemd unit, as systemd would: ``confined.py UNIT COMMAND …``.

Needs systemd-analyze, which knows what the names of groups stand for, and libseccomp.
"""

from __future__ import annotations

import ctypes
import errno
import os
import subprocess
import sys
from pathlib import Path

from tests.deploy.deploy_files import unit

LIBRARY = "libseccomp.so.2"
_ALLOW = 0x7FFF0000  # seccomp.h
_FAIL, _KILL = 0x00050000, 0x80000000


def calls(group: str) -> set[str]:
    """The system calls that a name in a filter stands for."""
    if not group.startswith("@"):
        return {group}
    listed = subprocess.run(
        ["systemd-analyze", "syscall-filter", group],
        capture_output=True,
        text=True,
        check=True,
    )
    names = [line.strip() for line in listed.stdout.splitlines()[1:]]
    return set[str]().union(*(calls(name) for name in names if name and not name.startswith("#")))


def allowed(lines: list[str]) -> set[str]:
    """What the SystemCallFilter= lines of a unit let through, the first of which allows."""
    found: set[str] = set()
    for line in lines:
        named = set[str]().union(*(calls(group) for group in line.removeprefix("~").split()))
        found = found - named if line.startswith("~") else found | named
    return found


def confine(service: dict[str, list[str]]) -> None:
    """Puts this process under the filter, from which there is no way back, not for its children either."""
    library = ctypes.CDLL(LIBRARY)
    library.seccomp_init.restype = ctypes.c_void_p
    failure = service.get("SystemCallErrorNumber")
    rules = ctypes.c_void_p(library.seccomp_init(_FAIL | getattr(errno, failure[0]) if failure else _KILL))
    for name in allowed(service["SystemCallFilter"]):
        if (number := library.seccomp_syscall_resolve_name(name.encode())) >= 0:  # less: none of this machine's
            assert library.seccomp_rule_add(rules, _ALLOW, number, 0) == 0
    assert library.seccomp_load(rules) == 0


if __name__ == "__main__":
    confine(unit(Path(sys.argv[1]).read_text())["Service"])
    os.execv(sys.argv[2], sys.argv[2:])
