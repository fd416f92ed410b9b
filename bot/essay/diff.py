"""The difference between two texts, word by word."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz.distance import LCSseq

from bot.essay.text.spans import Span

_WORD_OR_SPACE = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True, slots=True)
class TextChange:
    """A run of text that stayed (``old == new``), went (``new == ""``), came (``old == ""``) or was replaced."""

    old: str
    new: str

    @property
    def is_unchanged(self) -> bool:
        """Whether nothing changed here."""
        return self.old == self.new


def diff_words(old: str, new: str) -> tuple[TextChange, ...]:
    """The changes that lead from ``old`` to ``new``, in order, along a longest common subsequence of words.

    Runs of white space count as words of their own, so joining every ``old`` gives back the old text and joining
    every ``new`` the new one, byte for byte.
    """
    before, after = _WORD_OR_SPACE.findall(old), _WORD_OR_SPACE.findall(new)
    changes: list[TextChange] = []
    for step in LCSseq.opcodes(before, after):
        change = TextChange(
            "".join(before[step.src_start : step.src_end]), "".join(after[step.dest_start : step.dest_end])
        )
        if changes and not change.is_unchanged and not changes[-1].is_unchanged:
            change = TextChange(changes[-1].old + change.old, changes[-1].new + change.new)
            changes.pop()
        changes.append(change)
    return tuple(changes)


def find_moved_span(old: str, new: str, span: Span) -> Span | None:
    """Where the words at ``span`` of ``old`` stand in ``new``; None where they were changed or taken out."""
    words = span.extract(old)
    before = after = 0
    for change in diff_words(old, new):
        if change.is_unchanged and before <= span.start and span.end <= before + len(change.old):
            start = after + span.start - before
            return Span(start, start + len(words))
        before += len(change.old)
        after += len(change.new)
    # An edit beside the words can part a run that still stands there. It counts where it was and is the only one: of
    # two, the one that is left may be the other.
    if old.count(words) == 1 and new.count(words) == 1:
        return Span(new.index(words), new.index(words) + len(words))
    return None
