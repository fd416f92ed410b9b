"""Read numbers written out in words, in seven languages, and what belongs to a number: units, currencies, thousands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from text_to_num import find_numbers  # type: ignore[import-untyped]  # the wheel holds no types

from bot.essay.text.languages import Language

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
class WrittenNumber:
    """A number written out: half-open place, exact value, and ``suffix`` "th" for a place in an order."""

    start: int
    end: int
    value: Fraction
    suffix: str = ""


def find_vague_numbers(text: str) -> list[tuple[int, int, str]]:
    """ "Dozens", "thousands" and the like, each with its place."""
    return [(match.start(), match.end(), match.group().lower()) for match in _VAGUE.finditer(text)]


def find_written_numbers(text: str) -> list[WrittenNumber]:
    """Every number written out in English words, in order, including "one"; fractions and ordinals from "fourth" on."""
    found: list[WrittenNumber] = []
    group: list[re.Match[str]] = []
    for match in _WORD.finditer(text):
        if group and not _joined(group, text, match):
            found += _parse_group(text, group)
            group = []
        group.append(match)
    return found + (_parse_group(text, group) if group else [])


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


def _parse_group(text: str, group: list[re.Match[str]]) -> list[WrittenNumber]:
    start, end = group[0].start(), group[-1].end()
    words = [match.group().lower() for match in group]
    if words[-1] in _PARTS:
        if len(words) == 1 or (words[-1] == "third" and words[0] != "one"):
            # A third on its own is as often an order as a share.
            return _parse_group(text, group[:-1]) if len(group) > 1 else []
        return [WrittenNumber(start, end, Fraction(_SMALL[words[-2]], _PARTS[words[-1]]))]
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
    return [WrittenNumber(start, end, value, suffix)]


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


_TOKEN = re.compile(r"\w+|\W")
# "One and a half", which the library does not know.
_HALVES = {
    "anderthalb": Fraction(3, 2),
    "eineinhalb": Fraction(3, 2),
    "zweieinhalb": Fraction(5, 2),
    "dreieinhalb": Fraction(7, 2),
    "viereinhalb": Fraction(9, 2),
    "anderhalf": Fraction(3, 2),
    "anderhalve": Fraction(3, 2),
}
_FOREIGN_HALF = re.compile(rf"\b(?:{'|'.join(_HALVES)})(?:en|e[mrs]?)?\b", re.IGNORECASE)
# Words that are numbers in some places only: Portuguese weekdays, "you are" in Italian, "new" in French.
_WEEKDAYS = frozenset({"quarta", "quinta", "sexta"})
_COUNTED_IN_ITALIAN = re.compile(r"\s+[^\W\d_]{2,}[ie]\b")
_NEW_IN_FRENCH = re.compile(r"\b(?:de|du|à|tout|flambant|peu)\s+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A word, or a character between words, in the shape of the library's tokens."""

    start: int
    words: str

    def text(self) -> str:
        """The token itself."""
        return self.words

    def nt_separated(self, _: _Piece) -> bool:
        """Whether something that is not written parts it from the one before."""
        return False

    def not_a_number_part(self) -> bool:
        """Whether it is known to belong to no number."""
        return False


def find_foreign_numbers(text: str, language: Language) -> list[WrittenNumber]:
    """Every number from two on that is written out in the language, in order; ordinals from "fourth" on.

    "One" is an article in all of these languages, and counts nothing. None in English, which number_words reads, and
    in languages that are not known.
    """
    if language in ("en", "other"):
        return []
    pieces = [_Piece(match.start(), match.group()) for match in _TOKEN.finditer(text)]
    found = [
        WrittenNumber(
            match.start(), match.end(), next(value for word, value in _HALVES.items() if _begins(match, word))
        )
        for match in _FOREIGN_HALF.finditer(text)
    ]
    for one in find_numbers(pieces, language, 0.0):
        first, last = pieces[one.start], pieces[one.end - 1]
        start, end = first.start, last.start + len(last.words)
        value = Fraction(str(one.value))
        if value == 1 or (one.is_ordinal and value <= 3) or not _is_counted(text, start, end):
            continue
        found.append(WrittenNumber(start, end, value, "th" if one.is_ordinal else ""))
    return found


def _begins(match: re.Match[str], word: str) -> bool:
    return match.group().lower().startswith(word)


def _is_counted(text: str, start: int, end: int) -> bool:
    word = text[start:end].lower()
    if word in _WEEKDAYS or not any(map(str.isalpha, word)):
        return False  # digits are read with the digits
    if word == "sei":
        return _COUNTED_IN_ITALIAN.match(text, end) is not None
    return word != "neuf" or _NEW_IN_FRENCH.search(text, max(0, start - 12), start) is None


_CURRENCY_WRITTEN = {
    "USD": "$ us$ usd dollar dollars bucks dólar dólares dollari",
    "GBP": "£ gbp quid pounds livres libras",
    "EUR": "€ eur euro euros",
    "JPY": "¥ jpy yen 円 日元",
    "CNY": "元 人民币 人民幣 cny yuan",
    "INR": "₹ inr rupees",
    "NGN": "₦ ngn naira",
    "PLN": "zł pln złotych",
    "CHF": "chf francs franken",
    "RUB": "₽ рублей",
    "UAH": "₴ гривень",
    "TRY": "₺ lira",
    "BRL": "r$ reais",
    "AUD": "a$ aud",
    "CAD": "c$ cad",
    "SEK": "sek kr",
    "KRW": "₩ 원",
}
CURRENCIES = {way: code for code, ways in _CURRENCY_WRITTEN.items() for way in ways.split()}
"""Every way of writing a currency, in lower case, with its code."""

_ENGLISH_SCALES = {
    "k": 1000,
    "m": 10**6,
    "mn": 10**6,
    "mil": 10**6,
    "mm": 10**6,
    "bn": 10**9,
    "b": 10**9,
    "tn": 10**12,
    **SCALES,
}
_FOREIGN_SCALES: dict[Language, dict[str, int]] = {
    "fr": {"mille": 1000, "million": 10**6, "millions": 10**6, "milliard": 10**9, "milliards": 10**9},
    "de": {
        "tausend": 1000,
        "mio": 10**6,
        "million": 10**6,
        "millionen": 10**6,
        "mrd": 10**9,
        "milliarde": 10**9,
        "milliarden": 10**9,
    },
    "es": {"mil": 1000, "millón": 10**6, "millon": 10**6, "millones": 10**6},
    "pt": {"mil": 1000, "milhão": 10**6, "milhões": 10**6, "bilhão": 10**9, "bilhões": 10**9},
    "it": {"mila": 1000, "milione": 10**6, "milioni": 10**6, "miliardo": 10**9, "miliardi": 10**9},
    "nl": {"duizend": 1000, "miljoen": 10**6, "miljard": 10**9},
}
# Chinese, Japanese and Korean: 8千万 is eighty million.
_EAST_ASIAN_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "萬": 10**4, "億": 10**8, "亿": 10**8, "兆": 10**12}
_EAST_ASIAN_SCALES |= {"백": 100, "천": 1000, "만": 10**4, "억": 10**8, "조": 10**12}
POINTS_THOUSANDS: frozenset[Language] = frozenset({"de", "es", "pt", "it", "nl"})
"""The languages that part thousands with a full stop."""

_PERCENT = (
    r"%|per[ ]?cent\b|pct\b|percentage[ ]points?\b|pp\b|prozent\b|pour[ ]cent\b|por[ ]ciento\b|por[ ]cento\b"
    r"|per[ ]cento\b|procent\b"
)
UNIT_AFTER_NUMBER = re.compile(
    rf"[ \u00a0-]?(?P<percent>{_PERCENT})"
    r"|[ \u00a0-]?(?:de[ ]|d['’])?(?P<money>(?:dollars?|euros?|bucks|quid|pounds|yen|rupees|naira|francs|zł|złotych"
    r"|dólar(?:es)?|dollari|libras|livres|franken|lira|reais|рублей|гривень|USD|EUR|GBP|CHF|INR|NGN|PLN|€|£|₽|₴)(?!\w)"
    r"|円|日元|人民币|人民幣|元|원)"
    r"|[ \u00a0]?(?P<half>[ap]\.?m\b\.?)",
    re.IGNORECASE,
)
"""What may follow a number: ``percent``, ``money``, or the ``half`` of the day."""


@lru_cache(maxsize=len(_FOREIGN_SCALES) + 2)
def scales(language: Language) -> dict[str, int]:
    """The words and letters that multiply the digits before them, in lower case."""
    return _ENGLISH_SCALES | _FOREIGN_SCALES.get(language, {})


def scale_value(written: str, language: Language) -> int:
    """What a scale multiplies by: ``written`` as ``scale_pattern`` matches it; 1 for none."""
    if written[:1] in _EAST_ASIAN_SCALES:
        product = 1
        for sign in written:
            product *= _EAST_ASIAN_SCALES[sign]
        return product
    return scales(language)[written.strip(" \u00a0-.").lower()] if written else 1


@lru_cache(maxsize=len(_FOREIGN_SCALES) + 2)
def scale_pattern(language: Language) -> str:
    """A scale behind digits, as a part of a pattern that minds case: "k" counts thousands, "b" nothing."""
    words = "hundred|thousand|million|billion|trillion|dozen"
    foreign = _FOREIGN_SCALES.get(language, {})
    if foreign:
        words = rf"(?i:{'|'.join(sorted(foreign, key=len, reverse=True))})\.?|{words}"
    letters = "k|K|m|M|mn|bn|B|tn" + ("" if "mil" in foreign else "|mil")
    return rf"(?:[ \u00a0-]?(?:{words})|{letters})(?![\w])|[{''.join(_EAST_ASIAN_SCALES)}]{{1,2}}"
