"""A place in a text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of a text in code points: ``start`` is in it, ``end`` is not."""

    start: int
    end: int

    def extract(self, text: str) -> str:
        """Return the words here, out of the text that the span was measured in."""
        return text[self.start : self.end]

    def __len__(self) -> int:
        return self.end - self.start
