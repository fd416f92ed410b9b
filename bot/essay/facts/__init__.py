"""What in a text can be checked or counted: its numbers, dates, names, quotations and addresses."""

from __future__ import annotations

from bot.essay.facts.addresses import addresses, defang_links
from bot.essay.facts.dates import dates
from bot.essay.facts.fact import Fact, FactKind, blank_unclaimed, normalize_quotation, quotations
from bot.essay.facts.names import is_generic_name, names, normalize_name
from bot.essay.facts.numbers import numbers

__all__ = [
    "Fact",
    "FactKind",
    "addresses",
    "blank_unclaimed",
    "dates",
    "defang_links",
    "is_generic_name",
    "names",
    "normalize_name",
    "normalize_quotation",
    "numbers",
    "quotations",
]
