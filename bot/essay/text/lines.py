"""Lines of a text, counted as Markdown counts them.

``str.splitlines`` breaks at form feeds, U+2028 and more; CommonMark (section 2.1) knows only ``\\n``, ``\\r\\n`` and a
lone ``\\r``. Line numbers from a Markdown parser fit these lines and no others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_BREAK = re.compile(r"\r\n?|\n")
# What may stand after the mark that closes a sentence.
_CLOSERS = "\"”’'»)]*_"
_TERMINAL = ".!?…。！？।؟"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: where it starts, where its text ends, and where the next line starts (all code points)."""

    start: int
    end: int
    next: int
    text: str


def lines_of(text: str) -> tuple[Line, ...]:
    """Every line of ``text``; a text that ends in a line break has no empty line after it."""
    found: list[Line] = []
    start = 0
    for match in _BREAK.finditer(text):
        found.append(Line(start, match.start(), match.end(), text[start : match.start()]))
        start = match.end()
    if start < len(text):
        found.append(Line(start, len(text), len(text), text[start:]))
    return tuple(found)


def closes_sentence(text: str) -> bool:
    """True where ``text`` ends in a full stop, question or exclamation mark, closing quotes and brackets aside."""
    return text.rstrip().rstrip(_CLOSERS)[-1:] in tuple(_TERMINAL)


def starts_lower(text: str) -> bool:
    """True where the first letter or digit of ``text`` is a lower-case letter."""
    return next((char.islower() for char in text if char.isalnum()), False)


def breaks_early(line: str, following: str, width: int) -> bool:
    """True where a line was ended on purpose rather than wrapped.

    A wrapped line ends because the next word did not fit into ``width`` (characters, the widest line nearby). Three
    quarters of the width leave room for ragged wrapping, which seldom loses more than one long word.
    """
    first_word = following.split(maxsplit=1)[0] if following.strip() else ""
    return len(line.strip()) + 1 + len(first_word) <= width * 3 / 4


def is_wrapped(run: Sequence[str]) -> bool:
    """True where consecutive non-blank lines look like one paragraph wrapped to a width.

    Evidence is a line that stops in mid-sentence while the next one goes on in lower case, or, where names or numbers
    happen to start the next line, one that stops in mid-sentence with no room left.
    """
    width = max((len(line.strip()) for line in run), default=0)
    return any(
        not closes_sentence(line) and (starts_lower(following) or not breaks_early(line, following, width))
        for line, following in pairwise(run)
    )
