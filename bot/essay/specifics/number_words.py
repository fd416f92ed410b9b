"""Numbers written out: "two thousand nineteen", "a dozen", "two and a half million", "twenty nineteen"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
)
_SMALL = {word: value for value, word in enumerate(_UNITS.split())}
_TENS = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fourty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12}
_ORDINALS = {
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "seventh": 7,
    "eighth": 8,
    "ninth": 9,
    "tenth": 10,
    "eleventh": 11,
    "twelfth": 12,
    "thirteenth": 13,
    "fourteenth": 14,
    "fifteenth": 15,
    "sixteenth": 16,
    "seventeenth": 17,
    "eighteenth": 18,
    "nineteenth": 19,
    "twentieth": 20,
    "thirtieth": 30,
    "hundredth": 100,
}
_PARTS = {"third": 3, "thirds": 3, "quarters": 4, "fifths": 5, "eighths": 8, "tenths": 10}
_WORDS = "|".join(sorted([*_SMALL, *_TENS, *SCALES, *_ORDINALS, *_PARTS], key=len, reverse=True))
_WORD = re.compile(rf"(?<![\w-])(?:{_WORDS})(?!\w)|(?<=-)(?:{_WORDS})(?!\w)", re.IGNORECASE)
_GLUE = re.compile(r"(?:[ \t\u00a0]{1,3}|[ \t]?(?:\r\n|\n|\r)[ \t]?|-)(and[ \t\u00a0]{1,3})?$", re.IGNORECASE)
_HALF = re.compile(r"[ \t]+and[ \t]+a[ \t]+half\b(?:[ \t]+(hundred|thousand|million|billion))?", re.IGNORECASE)
_ARTICLE = re.compile(r"(?:(?<=\s)|^)(?:(half)[ \t]+)?an?[ \t]+$", re.IGNORECASE)
_VAGUE = re.compile(r"\b(?:dozens|hundreds|thousands|millions|billions)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Written:
    """A number written out: half-open place, exact value, and ``suffix`` "th" for a place in an order."""

    start: int
    end: int
    value: Fraction
    suffix: str = ""


def vague_numbers(text: str) -> list[tuple[int, int, str]]:
    """ "Dozens", "thousands" and the like, each with its place."""
    return [(match.start(), match.end(), match.group().lower()) for match in _VAGUE.finditer(text)]


def written_numbers(text: str) -> list[Written]:
    """Every number written out in English words, in order, including "one"; fractions and ordinals from "fourth" on."""
    found: list[Written] = []
    group: list[re.Match[str]] = []
    for match in _WORD.finditer(text):
        if group and not _joined(group, text, match):
            found += _read(text, group)
            group = []
        group.append(match)
    return found + (_read(text, group) if group else [])


def _joined(group: list[re.Match[str]], text: str, match: re.Match[str]) -> bool:
    """Whether a number word continues the one before, as in "two hundred and five"; "five and six" does not."""
    last = group[-1]
    between = text[last.end() : match.start()]
    if len(between) > 8 or not (glue := _GLUE.fullmatch(between)):
        return False
    before, word = last.group().lower(), match.group().lower()
    if before in _ORDINALS or before in _PARTS:
        return False
    if glue.group(1):
        return before in SCALES and word not in SCALES
    if word == "hundredth":
        return before in _SMALL or before in _TENS
    if word in _PARTS:
        return before in _SMALL and _SMALL[before] > 0
    if word in SCALES:
        return before != "dozen"
    if before in SCALES:
        return before != "dozen"
    number = _SMALL.get(word, _ORDINALS.get(word, _TENS.get(word, 0)))
    if before in _TENS:
        return 0 < number < 10 or (before == "twenty" and len(group) == 1 and 10 <= number < 100)
    return _SMALL[before] in (18, 19) and len(group) == 1 and 10 <= number < 100  # "nineteen ninety-nine"


def _read(text: str, group: list[re.Match[str]]) -> list[Written]:
    start, end = group[0].start(), group[-1].end()
    words = [match.group().lower() for match in group]
    if words[-1] in _PARTS:
        if len(words) == 1 or (words[-1] == "third" and words[0] != "one"):
            # A third on its own is as often an order as a share.
            return _read(text, group[:-1]) if len(group) > 1 else []
        return [Written(start, end, Fraction(_SMALL[words[-2]], _PARTS[words[-1]]))]
    suffix = "th" if words[-1] in _ORDINALS else ""
    total, current = _summed(words)
    value = Fraction(total + current)
    article = _ARTICLE.search(text, max(0, start - 9), start)
    if words[0] in SCALES:
        if not article:
            return []  # a scale with nothing before it counts nothing; digits before it are read with the digits
        start = article.start()
        if article.group(1):
            value /= 2
    if not suffix and (half := _HALF.match(text, end)):
        end = half.end()
        scale = SCALES.get((half.group(1) or "").lower(), 1)
        unit = SCALES.get(words[-1], 1)
        value = (value + Fraction(unit, 2)) * scale
    return [Written(start, end, value, suffix)]


def _summed(words: list[str]) -> tuple[int, int]:
    total = current = 0
    for word in words:
        if word in SCALES:
            scale = SCALES[word]
            if scale in (100, 12):
                current = max(current, 1) * scale
            else:
                total += max(current, 1) * scale if current or not total else 0
                current = 0
            continue
        number = _SMALL.get(word, _TENS.get(word, _ORDINALS.get(word, 0)))
        if word == "hundredth":
            current = max(current, 1) * 100
        elif current in (18, 19, 20) and 10 <= number < 100:
            current = current * 100 + number
        else:
            current += number
    return total, current
