"""The value that a number, a name, a date or a quotation is read into."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from bot.essay.text.gaps import GAP_PATTERN
from bot.essay.text.spans import Span

SpecificKind = Literal["number", "name", "date", "quotation", "address"]


@dataclass(frozen=True, slots=True)
class Specific:
    """Something checkable in a text.

    ``raw`` is what stands at ``span``; ``value`` is the same for every way of writing it ("15%", "fifteen per cent").
    ``same`` are other values of the same fact ("50%" is half of something): a note may hold any of them. ``vouches``
    are the values that a note holding this supports: all of these, and what follows from it (May 2019 for 2019, a full
    name for the first name), which is ``also``.
    """

    span: Span
    kind: SpecificKind
    raw: str
    value: str
    also: frozenset[str] = field(default=frozenset(), compare=False)
    same: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def values(self) -> frozenset[str]:
        """Its value and the others of the same fact."""
        return self.same | {self.value}

    @property
    def vouches(self) -> frozenset[str]:
        """Every value this one supports, its own among them."""
        return self.also | self.values


# The endings of names in the Internet that end no word in any of the languages read here, and some that do.
_ENDINGS = (
    "com|org|net|edu|gov|info|biz|io|co|dev|app|xyz|eu|uk|fr|nl|ch|dk|fi|pl|cz|ru|ca|au|nz|jp|cn|kr|br|mx|ie|ly|gg|tv"
    "|cc"
)
_SOME_ENDINGS = (
    "ai|am|at|be|blog|cloud|club|de|es|gl|id|in|is|it|link|live|me|news|no|online|page|pro|pt|se|sh|shop|site|so|space"
    "|store|tech|to|top|us|website|work|world|zip"
)
# In any case but for the endings of a bare name: those are written small.
_ADDRESS = re.compile(
    r"(?<![a-z0-9])[a-z][a-z0-9+.-]{1,30}://[^\s<>\"“”«»]+|(?<!\w)www\.[^\s<>\"“”«»]+"
    r"|(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.)+[\w-]{2,63}"
    r"|(?<![\w@./:-])(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+"
    rf"(?:(?-i:{_ENDINGS})(?![\w@-])(?:[:/?#][^\s<>()\[\]\"“”«»]*)?"
    rf"|(?-i:{_SOME_ENDINGS})/[^\s<>()\[\]\"“”«»]+)",
    re.IGNORECASE,
)
_HINT = re.compile(r"\w[.@]\w|://")  # looking for it takes a hundredth of the time, and prose has hardly any
_REST = re.compile(r"\S*")


def address_spans(text: str) -> Iterator[Span]:
    """Where addresses stand in the open, in order, with what is written right behind them."""
    done = 0
    for hint in _HINT.finditer(text):
        if hint.start() < done:
            continue
        start, end = hint.start(), _REST.match(text, hint.end()).end()  # type: ignore[union-attr]  # it matches nothing too
        while start > done and not text[start - 1].isspace():
            start -= 1
        for found in _ADDRESS.finditer(text, start, end):
            yield Span(*found.span())
        done = end


# Addresses and gaps hold digits and capitals that claim nothing; a list number counts lines, not facts.
_NOT_CLAIMED = re.compile(
    GAP_PATTERN + r"|\]\([^()\s]{0,1000}\)|(?:^|(?<=[\n\r]))[ \t]*\d{1,3}[.)](?=[ \t])",
    re.IGNORECASE,
)


def claimed(text: str) -> str:
    """``text`` with addresses, link targets, ``[NEED: …]`` gaps and list numbers as spaces; same length."""
    bare = _NOT_CLAIMED.sub(lambda match: " " * len(match.group()), text)
    pieces, at = [], 0
    for span in address_spans(bare):
        pieces += [bare[at : span.start], " " * len(span)]
        at = span.end
    return "".join([*pieces, bare[at:]])


_OTHER_DIGIT = re.compile(r"[^\D0-9]")
_OTHER_SIGNS = str.maketrans("％٪٫٬", "%%.,")


def plain_digits(text: str) -> str:
    """``text`` with the digits of every script as 0 to 9, and the signs that Arabic puts between them; same length."""
    if text.isascii():
        return text
    return _OTHER_DIGIT.sub(lambda match: str(unicodedata.decimal(match.group())), text).translate(_OTHER_SIGNS)
