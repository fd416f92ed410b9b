"""Reads .env: in whatever encoding an editor saved it, and no line of it dropped in silence."""

from __future__ import annotations

import codecs
import io
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import Binding, parse_stream

# The first that fits: the sign of UTF-32 begins like that of UTF-16.
_SIGNS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LIKE_ENOUGH = 0.8  # of difflib's ratio: joins DISCORD_TOKN to DISCORD_TOKEN, and no setting to another


@dataclass(frozen=True, slots=True)
class EnvFile:
    """What stands in the file at ``path``: the values by lower-case name.

    ``faults`` are lines that cannot be used, ``hints`` what may be a slip; each is said in a few words, with its line.
    """

    path: Path
    values: Mapping[str, str]
    faults: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()


def read_env_file(path: Path, known: Collection[str]) -> EnvFile | None:
    """What stands in the file; None where there is none. ``known`` are the names of the settings, in lower case."""
    try:
        if stat.S_ISFIFO(path.stat().st_mode):  # reading would wait until something is written into it
            return EnvFile(path, {}, ("it is a named pipe and no regular file: put a file with the settings there",))
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        return EnvFile(path, {}, (f"the file cannot be read ({(error.strerror or str(error)).lower()})",))
    encoding = next((name for sign, name in _SIGNS if data.startswith(sign)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return EnvFile(path, {}, (f"line {line} is not UTF-8 text: save the file as UTF-8",))
    if "\0" in text:
        return EnvFile(path, {}, ("the file is not UTF-8 text: save it as UTF-8",))
    return _parsed(path, text, known)


def _parsed(path: Path, text: str, known: Collection[str]) -> EnvFile:
    faults: list[str] = []
    hints: list[str] = []
    good: list[str] = []
    seen: set[str] = set()
    for binding in parse_stream(io.StringIO(text)):
        line = _line(binding)
        name = (binding.key or "").lower()
        if binding.error:
            faults.append(f"line {line} cannot be read: write it as NAME=value, and close every quotation mark")
            continue
        if name in known and binding.value is None:
            faults.append(f"line {line} names {binding.key} and gives it no value: write {binding.key}=value")
            continue
        if name in known and binding.value and len(binding.value.splitlines()) > 1:
            faults.append(
                f"the value of {binding.key} in line {line} goes over several lines: close its quotation mark"
            )
            continue
        good.append(binding.original.string)
        if not name:
            continue
        if name in seen:
            hints.append(f"{binding.key} stands twice, in line {line} again: the last one counts")
        elif name not in known and (close := get_close_matches(name, known, 1, _LIKE_ENOUGH)):
            hints.append(f"{binding.key} in line {line} is no setting: {close[0].upper()} is one")
        seen.add(name)
    values = dotenv_values(stream=io.StringIO("".join(good)))
    given = {name.lower(): value for name, value in values.items() if value}
    return EnvFile(path, given, tuple(faults), tuple(hints))


def _line(binding: Binding) -> int:
    """The line on which a binding begins; what the parser calls it may be a blank line before."""
    before = binding.original.string[: len(binding.original.string) - len(binding.original.string.lstrip())]
    return binding.original.line + before.count("\n")
