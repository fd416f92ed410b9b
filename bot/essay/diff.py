"""Compare two texts word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import LCSseq, Postfix, Prefix

from bot.essay.text.spans import Span

_BLANK_LINES = re.compile(r"\n\s*\n")
_LEFT_OUT = "…"
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


def changed_passages(changes: Sequence[TextChange]) -> tuple[TextChange, ...]:
    """Return the changes with, of what stayed, only the paragraphs that they stand in; "…" stands for the rest."""
    if all(change.is_unchanged for change in changes):
        return tuple(changes)
    shown = list[TextChange]()
    for index, change in enumerate(changes):
        text = change.old
        breaks = list(_BLANK_LINES.finditer(text)) if change.is_unchanged else []
        first, last = index == 0, index == len(changes) - 1
        if breaks and first:
            text = f"{_LEFT_OUT}\n\n{text[breaks[-1].end() :]}"
        elif breaks and last:
            text = f"{text[: breaks[0].start()]}\n\n{_LEFT_OUT}"
        elif len(breaks) > 1:
            text = f"{text[: breaks[0].start()]}\n\n{_LEFT_OUT}\n\n{text[breaks[-1].end() :]}"
        shown.append(TextChange(text, text) if change.is_unchanged else change)
    return tuple(shown)


def find_moved_span(old: str, new: str, span: Span) -> Span | None:
    """Return where the words at ``span`` of ``old`` are in ``new``, or None if they were changed or removed."""
    return find_moved_spans(old, new, [span])[0]


def find_moved_spans(old: str, new: str, spans: Sequence[Span]) -> tuple[Span | None, ...]:
    """Do as ``find_moved_span`` for several spans; the texts are compared once."""
    runs = tuple(_unchanged_runs(old, new))
    return tuple(_find_in_runs(old, new, span, runs) for span in spans)


def _find_in_runs(old: str, new: str, span: Span, runs: Sequence[tuple[int, int, int]]) -> Span | None:
    words = span.extract(old)
    for start, end, moved in runs:
        if start <= span.start and span.end <= end:
            at = moved + span.start - start
            return Span(at, at + len(words))
    # An edit beside the words can break up a run that is still there. Take it only if it is unique in both texts: of
    # two, the one that was meant may be gone.
    if old.count(words) == 1 and new.count(words) == 1:
        return Span(new.index(words), new.index(words) + len(words))
    return None


def _unchanged_runs(old: str, new: str) -> Iterator[tuple[int, int, int]]:
    """Yield the start and end in ``old`` of each run of letters that stayed, and where it starts in ``new``.

    A changed run counts as unchanged as far as its old and its new letters begin or end alike.
    """
    before = after = 0
    run: tuple[int, int, int] | None = None
    for change in diff_words(old, new):
        head = Prefix.similarity(change.old, change.new)
        tail = 0 if change.is_unchanged else Postfix.similarity(change.old[head:], change.new[head:])
        run = (run[0], before + head, run[2]) if run is not None else (before, before + head, after)
        before += len(change.old)
        after += len(change.new)
        if not change.is_unchanged:
            yield run
            run = (before - tail, before, after - tail)
    if run is not None:
        yield run
