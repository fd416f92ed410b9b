"""The project's files for an operator, taken apart as the tests need them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction of a Dockerfile, its continued lines joined."""

    name: str
    rest: str


def dockerfile(text: str) -> list[Instruction]:
    """The instructions in order, without comments. Here documents are not known, and not used."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [Instruction(name.upper(), rest) for name, _, rest in (line.partition(" ") for line in joined.splitlines())]


def unit(text: str) -> dict[str, dict[str, list[str]]]:
    """A systemd unit: section, setting, and the values given to it in order."""
    found: dict[str, dict[str, list[str]]] = {}
    section: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            name, _, value = line.partition("=")
            section.setdefault(name, []).append(value)
    return found


def shell_blocks(text: str, heading: str) -> list[str]:
    """The shell commands under a heading of the second level of a Markdown page, block by block."""
    _, _, after = text.partition(f"\n## {heading}\n")
    assert after, f"the page has no heading {heading}"
    return re.findall(r"^```sh\n(.*?)^```$", after.partition("\n## ")[0], flags=re.MULTILINE | re.DOTALL)
