"""Write files whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path


def move_into_place(temporary: Path, target: Path, *, replace: bool) -> None:
    """Give a finished file its name. Without ``replace``, raise FileExistsError if the name is taken."""
    if replace:
        temporary.replace(target)
        return
    try:
        os.link(temporary, target)  # the one step that both names a file and fails where the name is taken
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: take the name first
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        temporary.replace(target)
    else:
        temporary.unlink()


def write_atomically(path: Path, data: bytes, *, replace: bool, mode: int | None = None) -> None:
    """Write a file whole or not at all, with this ``mode``; without one, an existing file that is replaced keeps its.

    Raise OSError; then the existing file is unchanged. Without ``replace`` that includes FileExistsError.
    """
    if mode is None:
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_current_umask()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        move_into_place(temporary, path, replace=replace)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def is_any_of(path: Path, others: Iterable[Path]) -> bool:
    """Return whether the path leads to one of these files, also by a symbolic link, a hard link or a relative path."""
    return any(os.path.realpath(path) == os.path.realpath(other) or _is_same_file(path, other) for other in others)


def _is_same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there
        return False


def _current_umask() -> int:
    """Return the process's file mode mask, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
