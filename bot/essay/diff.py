"""The difference between two texts, word by word."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz.distance import LCSseq

_RUNS = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True, slots=True)
class Change:
    """A run of text that stayed (``old == new``), went (``new == ""``), came (``old == ""``) or was replaced."""

    old: str
    new: str

    @property
    def same(self) -> bool:
        """Whether nothing changed here."""
        return self.old == self.new


def diff(old: str, new: str) -> tuple[Change, ...]:
    """The changes that lead from ``old`` to ``new``, in order, along a longest common subsequence of words.

    Runs of white space count as words of their own, so joining every ``old`` gives back the old text and joining
    every ``new`` the new one, byte for byte.
    """
    before, after = _RUNS.findall(old), _RUNS.findall(new)
    changes: list[Change] = []
    for step in LCSseq.opcodes(before, after):
        change = Change("".join(before[step.src_start : step.src_end]), "".join(after[step.dest_start : step.dest_end]))
        if changes and not change.same and not changes[-1].same:
            change = Change(changes[-1].old + change.old, changes[-1].new + change.new)
            changes.pop()
        changes.append(change)
    return tuple(changes)
