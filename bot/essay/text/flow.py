"""A text as a reader hears it: the same however its lines are wrapped, its words spaced, its apostrophes typed.

What is looked for in words is looked for here, and found places are carried back to the text as it stands.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.essay.text.spans import Span

if TYPE_CHECKING:
    from bot.essay.text.reading import Sentence

# Marks of width and direction, a soft hyphen, a byte order mark: no reader sees them.
UNSEEN = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
_PIECE = re.compile(rf"[\s{UNSEEN}]+|[^\s{UNSEEN}]+")
_SPACE = re.compile(r"\s")
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])[’ʼ＇](?=[^\W\d_])")


@dataclass(frozen=True, slots=True)
class FlowSentence:
    """A sentence where it stands in the flow, beside the sentence of the text that it is."""

    span: Span
    source: Sentence


class Flow:
    """Paragraphs with one space between words and a blank line between paragraphs; ``span`` leads back to the text."""

    def __init__(self, prose: str, sentences: Iterable[Sentence]) -> None:
        self._starts: list[int] = []  # of each piece in the flow, and where it stands in the text
        self._sources: list[int] = []
        self._pieces: list[str] = []
        self._length = 0
        found: list[FlowSentence] = []
        paragraph: int | None = None
        for sentence in sentences:
            if paragraph is not None:
                self._add("\n\n" if sentence.paragraph != paragraph else " ", sentence.span.start)
            paragraph = sentence.paragraph
            start = self._length
            self._add_words(prose, sentence.span)
            found.append(FlowSentence(Span(start, self._length), sentence))
        self.text = "".join(self._pieces)
        self.sentences = tuple(found)
        self.paragraphs = tuple(_paragraphs(found))
        del self._pieces

    def _add(self, piece: str, source: int) -> None:
        self._starts.append(self._length)
        self._sources.append(source)
        self._pieces.append(piece)
        self._length += len(piece)

    def _add_words(self, prose: str, span: Span) -> None:
        text = _APOSTROPHE.sub("'", span.of(prose))
        for match in _PIECE.finditer(text):
            piece = match.group()
            if not _SPACE.search(piece) and re.match(f"[{UNSEEN}]", piece):
                continue
            self._add(" " if _SPACE.search(piece) else piece, span.start + match.start())

    def span(self, start: int, end: int) -> Span:
        """Where in the text the characters from ``start`` to ``end`` of the flow stand; they must not be none."""
        return Span(self._place(start), self._place(end - 1) + 1)

    def _place(self, at: int) -> int:
        piece = bisect_right(self._starts, at) - 1
        return self._sources[piece] + at - self._starts[piece]


def _paragraphs(sentences: Iterable[FlowSentence]) -> Iterable[tuple[FlowSentence, ...]]:
    run: list[FlowSentence] = []
    for sentence in sentences:
        if run and sentence.source.paragraph != run[0].source.paragraph:
            yield tuple(run)
            run = []
        run.append(sentence)
    if run:
        yield tuple(run)
