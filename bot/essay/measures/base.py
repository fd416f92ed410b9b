"""What a measure gives, and the row that describes it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from bot.essay.specifics import quotations
from bot.essay.structure import Structure
from bot.essay.text.reading import Reading
from bot.essay.text.spans import Span

Figure = float | int | str

# Below this a text is a fragment: a share or a rhythm taken from it says nothing. 150 words are eight or ten sentences.
FEWEST_WORDS = 150


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the text that a measure counted, with a short note on what was seen there.

    ``weight`` says what one such place alone matters to a reader, from 3 down to 1; with 0 only many of them do.
    """

    span: Span
    note: str
    weight: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a measure's function found. ``advice`` is one line, and only means something where ``raised`` is true."""

    figures: dict[str, Figure]
    summary: str
    raised: bool = False
    advice: str = ""
    spans: tuple[Mark, ...] = ()


Function = Callable[[Reading, Structure | None], Outcome]


@dataclass(frozen=True, slots=True)
class Row:
    """A measure's row in the table: what it is called, why an editor cares, and where its threshold comes from."""

    key: str
    name: str
    why: str
    threshold: str
    source: str
    function: Function
    english_only: bool = True


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure taken of one text: the outcome, and what its row says of it.

    ``taken`` is false where it looks for words of a language that the text is not in.
    """

    key: str
    name: str
    figures: dict[str, Figure]
    summary: str
    raised: bool
    advice: str
    why: str
    threshold: str
    source: str
    spans: tuple[Mark, ...] = field(default=())
    taken: bool = True

    @property
    def telling(self) -> tuple[Mark, ...]:
        """Its places with the gravest first, those of one weight in order."""
        return tuple(sorted(self.spans, key=lambda mark: (-mark.weight, mark.span)))


def per_thousand(count: int, words: int) -> float:
    """How many there are in a thousand words, to one decimal place; 0 for no words."""
    return round(1000 * count / words, 1) if words else 0.0


def counted(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun: "1 dash", "2 dashes"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def any_of(*alternatives: str) -> re.Pattern[str]:
    """A pattern for whole words that is any of these patterns, whatever their case; either kind of apostrophe fits."""
    joined = "|".join(alternatives).replace("'", "['’]")
    return re.compile(rf"\b(?:{joined})\b", re.IGNORECASE)


@lru_cache(maxsize=8)
def speech(flow: str) -> Callable[[int], bool]:
    """Tells of a place in a flow whether it stands between quotation marks."""
    spoken = [quotation.span for quotation in quotations(flow)]
    starts = [span.start for span in spoken]

    def is_spoken(at: int) -> bool:
        number = bisect_right(starts, at) - 1
        return number >= 0 and at < spoken[number].end

    return is_spoken


def without_overlaps(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """The marks in order, where two overlap the earlier (and of those the longer) one only."""
    kept: list[Mark] = []
    for mark in sorted(marks, key=lambda mark: (mark.span.start, -mark.span.end)):
        if not kept or mark.span.start >= kept[-1].span.end:
            kept.append(mark)
    return tuple(kept)
