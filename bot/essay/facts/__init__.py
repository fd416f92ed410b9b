"""What in a text can be checked: its numbers, names, dates, quotations and addresses."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from bot.essay.facts.addresses import addresses, defang_links
from bot.essay.facts.dates import dates
from bot.essay.facts.fact import Fact, FactKind, blank_unclaimed, normalize_quotation, quotations
from bot.essay.facts.names import is_generic_name, names, normalize_name
from bot.essay.facts.numbers import find_fractions, fraction_equivalents, numbers
from bot.essay.text.languages import Language, detect_language
from bot.essay.text.spans import Span

__all__ = [
    "Fact",
    "FactKind",
    "addresses",
    "dates",
    "defang_links",
    "find_facts",
    "is_generic_name",
    "names",
    "normalize_name",
    "normalize_quotation",
    "numbers",
    "quotations",
]


def find_facts(text: str, spoken: Language | None = None) -> tuple[Fact, ...]:
    """All of them in the order of the text. A year is a date or a number, not both; a quotation may hold the others.

    What is written in words is read in the language ``spoken``; without it, in the one the text is in.
    """
    spoken = spoken or detect_language(text)
    when, parts = dates(text, spoken), find_fractions(text, spoken)
    places = {specific.span for specific in when}
    source = blank_unclaimed(text)
    counted = [
        replace(number, equivalents=fraction_equivalents(source, number))
        for number in drop_nested(numbers(text, spoken, when), [part.span for part in parts])
        if number.span not in places
    ]
    found = [*when, *parts, *counted, *names(text, spoken), *quotations(text), *addresses(text)]
    return tuple(sorted(found, key=lambda specific: specific.span))


def drop_nested(found: Sequence[Fact], spans: Sequence[Span]) -> list[Fact]:
    """Those that stand in none of the spans, which are in order and apart."""
    starts = [span.start for span in spans]
    result = []
    for specific in found:
        at = bisect_right(starts, specific.span.start) - 1
        if at < 0 or specific.span.end > spans[at].end:
            result.append(specific)
    return result
