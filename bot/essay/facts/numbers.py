"""Read the numbers of a text, each with one value for every way of writing it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from bot.essay.facts.dates import dates
from bot.essay.facts.fact import Fact, blank_unclaimed, to_ascii_digits
from bot.essay.facts.number_words import (
    CURRENCIES,
    POINTS_THOUSANDS,
    UNIT_AFTER_NUMBER,
    find_foreign_numbers,
    find_vague_numbers,
    find_written_numbers,
    scale_pattern,
    scale_value,
)
from bot.essay.text.languages import Language, detect_language
from bot.essay.text.spans import Span
from bot.essay.text.words import UNSPACED_LETTER

# Scripts whose words stand against digits without a space: a digit after one of their letters is no part of a word.
_GLUED = UNSPACED_LETTER.pattern[1:-1] + "\u0590-\u08ff\uac00-\ud7af"
_FRACTION_SIGN = re.compile(r"(?<![\w½¼¾])[½¼¾]")
_SIGNS = {"½": Fraction(1, 2), "¼": Fraction(1, 4), "¾": Fraction(3, 4)}
# Letters after a digit that make it a thing's name, not a count.
_NAMED = frozenset({"d", "g", "fa", "p", "a", "b", "c", "e", "f"})
_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+")
_BETWEEN = re.compile(r"[ \u00a0]?(?:-|–|—|to|or)[ \u00a0]?")
_AND_A_HALF = re.compile(r"[ \t]+and[ \t]+a[ \t]+half\b", re.IGNORECASE)
# "One" is a pronoun in most places; before these it counts. "One day" is left out: it begins stories.
_ONE_COUNTS = re.compile(
    r"[ -](?:years?|months?|weeks?|hours?|minutes?|person|child|kid|employee|engineer|offer|client|customer)\b",
    re.IGNORECASE,
)
_DEFINITE = re.compile(r"\b(?:the|these|those|other|between|of)\s+$", re.IGNORECASE)
_DEFINITE_ABROAD = re.compile(r"\b(?:les|des|entre|die|den|der|los|las|le|gli|os|as|de)\s+$", re.IGNORECASE)


@lru_cache(maxsize=8)  # as many as there are languages
def _digits_pattern(spoken: Language) -> re.Pattern[str]:
    return re.compile(
        rf"(?<!\.)(?<!\d)(?<![^\W{_GLUED}])(?<![^\W\d_]-)(?<!\d[,:/’'])"
        r"(?P<before>(?:(?:US|A|C|R)?\$|[£€¥₹₦₽₴₺₩]|\b(?:USD|EUR|GBP|CHF|INR|NGN|PLN|AUD|CAD|SEK|JPY))[ \u00a0]?)?"
        r"(?P<digits>\d{1,3}(?:\.\d{3})+,\d\d?(?!\d)|\d{1,3}(?:[’']\d{3})+(?!\d)"
        r"|\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d{1,9})?|\d{1,3}(?:[\u00a0\u2009\u202f ]\d{3})+(?![\d,.]\d|\d)"
        r"|\d{1,3},\d\d?(?![\d,])|\d{1,18}(?:\.\d{1,9}){0,6}|(?<!\d)\.\d{1,9})(?![\d])"
        r"(?P<fraction>[½¼¾]|/\d{1,4}(?![\d/]))?"
        r"(?P<rest>:\d\d(?::\d\d)?(?!\d)|[ \u00a0]?h[ \u00a0]?\d\d(?!\d))?"
        rf"(?P<scale>{scale_pattern(spoken)})?"
        r"(?P<glued>[A-Za-z]{1,4}(?![\w]))?"
    )


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    amount: Fraction
    unit: str = ""
    scaled: bool = False
    fixed: str = ""  # a value that is no amount: a time, a version


def numbers(text: str, spoken: Language | None = None, when: Sequence[Fact] | None = None) -> tuple[Fact, ...]:
    """The numbers of ``text`` in order: digits and words, shares, sums of money, times of day; years among them.

    Words are read in the language ``spoken``, without it in the one the text is in; digits of any script in every text.

    Left out: parts of full dates, "one" and "the two" used as pronouns, "first" to "third", and digits that belong to a
    name (COVID-19, 5G, 24/7). ``when`` are the dates of the text, looked for where they are not given.
    """
    spoken = spoken or detect_language(text)
    source = to_ascii_digits(blank_unclaimed(text))
    taken = [date.span for date in (dates(text, spoken) if when is None else when) if not date.value.isdecimal()]
    read = _find_digits(source, spoken) + _find_number_words(source, spoken)
    found = _shared_units(source, sorted(read, key=lambda item: (item.start, -item.end)))
    specifics: list[Fact] = []
    vague: list[Fact] = []
    at = end = 0
    for item in found:
        while at < len(taken) and taken[at].end <= item.start:
            at += 1
        if item.start < end or (at < len(taken) and taken[at].start < item.end):
            continue
        end = item.end
        span = Span(item.start, item.end)
        specifics.append(Fact(span, "number", span.extract(text), item.fixed or _number_value(item)))
    starts = [specific.span.start for specific in specifics]
    for start, stop, value in find_vague_numbers(source):
        before = bisect_right(starts, start) - 1
        if before < 0 or specifics[before].span.end <= start:  # not the "millions" of "3 millions"
            vague.append(Fact(Span(start, stop), "number", text[start:stop], value))
    return tuple(sorted([*specifics, *vague], key=lambda specific: specific.span))


def _number_value(item: _Found) -> str:
    amount = item.amount
    if amount.denominator == 1:
        number = str(amount.numerator)
    elif 10**18 % amount.denominator == 0:
        number = f"{amount.numerator * 10**18 // amount.denominator:019d}"
        number = f"{number[:-18]}.{number[-18:]}".rstrip("0")
    else:
        number = f"{amount.numerator}/{amount.denominator}"
    if item.unit in ("%", "th", "pp"):
        return number + item.unit
    return f"{item.unit} {number}" if item.unit else number


def _find_digits(source: str, spoken: Language) -> list[_Found]:
    found = [_Found(match.start(), match.end(), _SIGNS[match.group()]) for match in _FRACTION_SIGN.finditer(source)]
    for match in _digits_pattern(spoken).finditer(source):
        if (item := _from_digits(source, match, spoken)) is not None:
            found.append(item)
    return found


def _amount(digits: str, spoken: Language) -> str:
    """Digits as Python reads them: with a full stop before decimals alone."""
    whole, comma, decimals = digits.partition(",")
    if _THOUSANDS.fullmatch(whole) and (comma or spoken in POINTS_THOUSANDS):
        return whole.replace(".", "") + (f".{decimals}" if comma else "")
    # A comma before one or two digits is a decimal comma; before three it parts thousands.
    digits = re.sub(r",(?=\d\d?$)", ".", digits)
    return re.sub(r"[,’'\s\u00a0\u2009\u202f]", "", digits)


def _from_digits(source: str, match: re.Match[str], spoken: Language) -> _Found | None:
    start, end = match.span()
    digits = _amount(match["digits"], spoken)
    if digits.count(".") > 1:
        return _Found(start, end, Fraction(0), fixed=digits)  # a version: 3.11.7
    amount = Fraction(digits)
    glued = (match["glued"] or "").lower()
    after = (
        UNIT_AFTER_NUMBER.match(source, end)
        if not match["glued"]
        else UNIT_AFTER_NUMBER.fullmatch(source, match.start("glued"), end)
    )
    if after and after["half"] and spoken == "de" and after["half"].isalpha() and not glued:
        after = None  # "14 am Anfang"
    if match["rest"] or (after and after["half"]):
        return _parse_time(match, after, start)
    if glued in ("st", "nd", "rd", "th"):
        return _Found(start, end, amount, "th") if amount > 3 else None
    if glued in _NAMED or (source[end : end + 1] in tuple("-’'") and glued == "s" and not after):
        return None
    if match["fraction"]:
        if match["fraction"] in _SIGNS:
            amount += _SIGNS[match["fraction"]]
        elif (whole := match["digits"]) + match["fraction"] == "24/7" or int(match["fraction"][1:]) == 0:
            return None
        else:
            return _Found(start, end, Fraction(0), fixed=f"{whole}{match['fraction']}")
    scale = match["scale"] or ""
    amount *= scale_value(scale, spoken)
    if not scale and not match["glued"] and (half := _AND_A_HALF.match(source, end)):
        amount += Fraction(1, 2)
        end = half.end()
        after = None
    unit = ""
    if match["before"]:
        unit = CURRENCIES[match["before"].strip().lower()]
        if after and after["money"]:
            end = after.end()
    elif after and (after["percent"] or after["money"]):
        unit, end = _parse_unit(after), after.end()
    return _Found(start, end, amount, unit, bool(scale))


def _parse_unit(after: re.Match[str]) -> str:
    if after["percent"]:
        return "pp" if after["percent"].lower().startswith(("percentage", "pp")) else "%"
    return CURRENCIES[after["money"].lower()]


def _parse_time(match: re.Match[str], after: re.Match[str] | None, start: int) -> _Found | None:
    """A time of day: 9am, 9:30, 17:05; hours and minutes, on the 24-hour clock where the half of the day is given."""
    if not match["digits"].isdecimal() or int(match["digits"]) > 24:
        return None
    hour, minute = int(match["digits"]), (match["rest"] or ":00").strip(" \u00a0h:")
    end = match.end()
    if after and after["half"]:
        end = after.end()
        hour = hour % 12 + (12 if after["half"][0] in "pP" else 0)
    return _Found(start, end, Fraction(0), fixed=f"{hour:02d}:{minute}")


def _find_number_words(source: str, spoken: Language) -> list[_Found]:
    found = []
    written_out = find_written_numbers(source) if spoken in ("en", "other") else find_foreign_numbers(source, spoken)
    for written in written_out:
        after = UNIT_AFTER_NUMBER.match(source, written.end)
        unit, end = written.suffix, written.end
        if after and (after["percent"] or after["money"]):
            unit, end = _parse_unit(after), after.end()
        elif after and after["half"]:
            if written.value <= 12 and after["half"][0].lower() in "ap" and after["half"].lower() != "am":
                hour = int(written.value) % 12 + (12 if after["half"][0] in "pP" else 0)
                found.append(_Found(written.start, after.end(), Fraction(0), fixed=f"{hour:02d}:00"))
                continue
        elif _is_pronoun(source, written.value, written.start, end, spoken):
            continue
        found.append(_Found(written.start, end, written.value, unit))
    return found


def _is_pronoun(source: str, value: Fraction, start: int, end: int, spoken: Language) -> bool:
    if value == 1:
        return not _ONE_COUNTS.match(source, end)
    definite = _DEFINITE if spoken in ("en", "other") else _DEFINITE_ABROAD
    return value == 2 and bool(definite.search(source, max(0, start - 12), start))


def _shared_units(source: str, found: list[_Found]) -> list[_Found]:
    """In "10–15%" and "$10-15k" both ends have the unit and the scale that are written once."""
    result = list(found)
    for at in range(len(result) - 1):
        left, right = result[at], result[at + 1]
        if left.fixed or right.fixed or not _BETWEEN.fullmatch(source, left.end, max(left.end, right.start)):
            continue
        if right.unit in ("%", "pp") and not left.unit:
            left = replace(left, unit=right.unit)
        if right.scaled and not left.scaled and left.amount < 1000 and (left.unit or right.unit):
            scale = next((s for s in (10**12, 10**9, 10**6, 1000) if right.amount >= s), 1)
            left = replace(left, amount=left.amount * scale, scaled=True)
        unit = left.unit or right.unit
        if unit not in ("%", "pp", "th"):
            left, right = replace(left, unit=unit), replace(right, unit=unit)
        result[at], result[at + 1] = left, right
    return result
