"""What in a text can be checked: its numbers, names, dates, quotations and addresses."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from bot.essay.specifics.addresses import addresses, unlinked
from bot.essay.specifics.calendar_dates import dates
from bot.essay.specifics.names import is_generic, name_value, names
from bot.essay.specifics.numbers import numbers
from bot.essay.specifics.quoted import quotation_value, quotations
from bot.essay.specifics.shares import same_share, shares
from bot.essay.specifics.specific import Specific, SpecificKind, claimed
from bot.essay.text.languages import Language, language
from bot.essay.text.spans import Span

__all__ = [
    "Specific",
    "SpecificKind",
    "addresses",
    "dates",
    "is_generic",
    "name_value",
    "names",
    "numbers",
    "quotation_value",
    "quotations",
    "specifics",
    "unlinked",
]


def specifics(text: str, spoken: Language | None = None) -> tuple[Specific, ...]:
    """All of them in the order of the text. A year is a date or a number, not both; a quotation may hold the others.

    What is written in words is read in the language ``spoken``; without it, in the one the text is in.
    """
    spoken = spoken or language(text)
    when, parts = dates(text, spoken), shares(text, spoken)
    places = {specific.span for specific in when}
    source = claimed(text)
    counted = [
        replace(number, same=same_share(source, number))
        for number in without_inner(numbers(text, spoken, when), [part.span for part in parts])
        if number.span not in places
    ]
    found = [*when, *parts, *counted, *names(text, spoken), *quotations(text), *addresses(text)]
    return tuple(sorted(found, key=lambda specific: specific.span))


def without_inner(found: Sequence[Specific], spans: Sequence[Span]) -> list[Specific]:
    """Those that stand in none of the spans, which are in order and apart."""
    starts = [span.start for span in spans]
    result = []
    for specific in found:
        at = bisect_right(starts, specific.span.start) - 1
        if at < 0 or specific.span.end > spans[at].end:
            result.append(specific)
    return result
