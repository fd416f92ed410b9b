"""The value that a number, a name, a date or a quotation is read into."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from bot.essay.gaps import GAP_PATTERN
from bot.essay.spans import Span

SpecificKind = Literal["number", "name", "date", "quotation"]


@dataclass(frozen=True, slots=True)
class Specific:
    """Something checkable in a text.

    ``raw`` is what stands at ``span``; ``value`` is the same for every way of writing it ("15%", "fifteen per cent").
    ``vouches`` are the values that a note holding this supports: its own, and what follows from it (May 2019 for 2019,
    a full name for the first name).
    """

    span: Span
    kind: SpecificKind
    raw: str
    value: str
    also: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def vouches(self) -> frozenset[str]:
        """Every value this one supports, its own among them."""
        return self.also | {self.value}


# Addresses and gaps hold digits and capitals that claim nothing; a list number counts lines, not facts.
_NOT_CLAIMED = re.compile(
    r"https?://\S+|" + GAP_PATTERN + r"|\]\([^()\s]{0,1000}\)|(?:^|(?<=[\n\r]))[ \t]*\d{1,3}[.)](?=[ \t])",
    re.IGNORECASE,
)


def claimed(text: str) -> str:
    """``text`` with web addresses, link targets, ``[NEED: …]`` gaps and list numbers as spaces; same length."""
    return _NOT_CLAIMED.sub(lambda match: " " * len(match.group()), text)
