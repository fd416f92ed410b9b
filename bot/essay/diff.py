"""Compare two texts word by word."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz.distance import LCSseq

from bot.essay.text.spans import Span

_WORD_OR_SPACE = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True, slots=True)
class TextChange:
    """A run of text that stayed, was taken out, was put in or was replaced.

    ``old == new`` if it stayed, ``new`` is "" if it was taken out, and ``old`` is "" if it was put in.
    """

    old: str
    new: str

    @property
    def is_unchanged(self) -> bool:
        """Return whether the text stayed."""
        return self.old == self.new


def diff_words(old: str, new: str) -> tuple[TextChange, ...]:
    """Return the changes from ``old`` to ``new``, in order.

    They follow a longest common subsequence of words, with runs of white space as words of their own. Joining every
    change's ``old`` gives the old text, joining every ``new`` the new one.
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
    """Return where the words at ``span`` of ``old`` are in ``new``, or None if they were changed or removed."""
    words = span.extract(old)
    before = after = 0
    for change in diff_words(old, new):
        if change.is_unchanged and before <= span.start and span.end <= before + len(change.old):
            start = after + span.start - before
            return Span(start, start + len(words))
        before += len(change.old)
        after += len(change.new)
    # An edit beside the words can break up a run that is still there. Take it only if it is unique in both texts: of
    # two, the one that was meant may be gone.
    if old.count(words) == 1 and new.count(words) == 1:
        return Span(new.index(words), new.index(words) + len(words))
    return None
