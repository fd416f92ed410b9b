"""The value that a number, a name, a date or a quotation is read into."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Literal

from bot.essay.text.gaps import GAP_PATTERN
from bot.essay.text.spans import Span

SpecificKind = Literal["number", "name", "date", "quotation"]


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


# Addresses and gaps hold digits and capitals that claim nothing; a list number counts lines, not facts.
_NOT_CLAIMED = re.compile(
    r"https?://\S+|" + GAP_PATTERN + r"|\]\([^()\s]{0,1000}\)|(?:^|(?<=[\n\r]))[ \t]*\d{1,3}[.)](?=[ \t])",
    re.IGNORECASE,
)


def claimed(text: str) -> str:
    """``text`` with web addresses, link targets, ``[NEED: …]`` gaps and list numbers as spaces; same length."""
    return _NOT_CLAIMED.sub(lambda match: " " * len(match.group()), text)


_OTHER_DIGIT = re.compile(r"[^\D0-9]")
_OTHER_SIGNS = str.maketrans("％٪٫٬", "%%.,")


def plain_digits(text: str) -> str:
    """``text`` with the digits of every script as 0 to 9, and the signs that Arabic puts between them; same length."""
    if text.isascii():
        return text
    return _OTHER_DIGIT.sub(lambda match: str(unicodedata.decimal(match.group())), text).translate(_OTHER_SIGNS)
