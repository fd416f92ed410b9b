"""A span: a place in a text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open stretch of a text, in code points: ``start`` belongs to it, ``end`` does not."""

    start: int
    end: int

    def extract(self, text: str) -> str:
        """What stands here in ``text``, which must be the text the span was measured in."""
        return text[self.start : self.end]

    def __len__(self) -> int:
        return self.end - self.start
