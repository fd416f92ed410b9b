"""What in a text can be checked: its numbers, names, dates and quotations."""

from __future__ import annotations

from bot.essay.calendar_dates import dates
from bot.essay.names import is_generic, name_value, names
from bot.essay.numbers import numbers
from bot.essay.quoted import quotation_value, quotations
from bot.essay.specific import Specific, SpecificKind

__all__ = [
    "Specific",
    "SpecificKind",
    "dates",
    "is_generic",
    "name_value",
    "names",
    "numbers",
    "quotation_value",
    "quotations",
    "specifics",
]


def specifics(text: str) -> tuple[Specific, ...]:
    """All of them in the order of the text. A year is a date or a number, not both; a quotation may hold the others."""
    when = dates(text)
    places = {specific.span for specific in when}
    counted = [number for number in numbers(text) if number.span not in places]
    return tuple(sorted([*when, *counted, *names(text), *quotations(text)], key=lambda specific: specific.span))
