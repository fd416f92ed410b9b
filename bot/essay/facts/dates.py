"""Dates in a text: days, months, quarters, seasons, years, decades and weekdays, each with one value."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from bot.essay.facts.fact import Fact, blank_unclaimed, to_ascii_digits
from bot.essay.text.languages import Language, detect_language
from bot.essay.text.spans import Span

# Months and weekdays in French, German, Spanish, Portuguese, Italian and Dutch.


# Twelve months from January and seven days from Monday; "|" parts them, "/" parts the ways of writing one.
_MONTHS: dict[Language, str] = {
    "fr": "janvier|février/fevrier|mars|avril|mai|juin|juillet|août/aout|septembre|octobre|novembre|décembre/decembre",
    "de": "januar/jänner|februar/feber|märz|april|mai|juni|juli|august|september|oktober|november|dezember",
    "es": "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre/setiembre|octubre|noviembre|diciembre",
    "pt": "janeiro|fevereiro|março|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro",
    "it": "gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre",
    "nl": "januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december",
}
_DAYS: dict[Language, str] = {
    "fr": "lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche",
    "de": "montag|dienstag|mittwoch|donnerstag|freitag|samstag/sonnabend|sonntag",
    "es": "lunes|martes|miércoles|jueves|viernes|sábado|domingo",
    "pt": "segunda-feira|terça-feira|quarta-feira|quinta-feira|sexta-feira|sábado|domingo",
    "it": "lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica",
    "nl": "maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag",
}
# "Sonntagabend" is a Sunday.
_TIME_OF_DAY = r"(?:s|(?:abend|morgen|mittag|nachmittag|vormittag|nacht|ochtend|middag|avond)s?)?"


def _number_words(words: str) -> dict[str, int]:
    return {way: number for number, ways in enumerate(words.split("|"), 1) for way in ways.split("/")}


@lru_cache(maxsize=len(_MONTHS))
def months(language: Language) -> dict[str, int]:
    """The months of a language in lower case, with their numbers from 1; none for English and for unknown languages."""
    return _number_words(_MONTHS[language]) if language in _MONTHS else {}


@lru_cache(maxsize=len(_DAYS))
def weekdays(language: Language) -> dict[str, int]:
    """The weekdays in lower case, numbered from 1 for Monday; none for English and for unknown languages."""
    return _number_words(_DAYS[language]) if language in _DAYS else {}


@lru_cache(maxsize=len(_MONTHS))
def month_pattern(language: Language) -> re.Pattern[str] | None:
    """A month ``m``, with its day ``d`` and its year ``y`` if they are there; None where no months are known."""
    if not (known := months(language)):
        return None
    names = "|".join(sorted(known, key=len, reverse=True))
    return re.compile(
        r"(?:(?<![\w.,])(?P<d>[12]\d|3[01]|0?[1-9])(?:\.|er|º|°|ª|o)?[ \u00a0](?:de[ ]|di[ ])?)?"
        rf"\b(?P<m>{names})\b(?:,?[ ](?:de[ ]|del[ ]|di[ ]|do[ ])?(?P<y>(?:1[89]|20)\d\d)(?!\w))?",
        re.IGNORECASE,
    )


@lru_cache(maxsize=len(_DAYS))
def weekday_pattern(language: Language) -> re.Pattern[str] | None:
    """A weekday ``w``; None where no weekdays are known."""
    if not (known := weekdays(language)):
        return None
    return re.compile(rf"\b(?P<w>{'|'.join(known)}){_TIME_OF_DAY}\b", re.IGNORECASE)


_MONTH_NAMES = (
    "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|september sept sep|october oct"
    "|november nov|december dec"
)
MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES.split("|"), start=1) for name in names.split()}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH = "(?:" + "|".join(sorted((name.capitalize() for name in MONTHS), key=len, reverse=True)) + r")\b\.?"
_LONG_MONTH = "(?:January|February|April|June|July|August|September|October|November|December|Sept)"
_ANY_MONTH = "(?:May|March|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DAY = r"(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?"
_YEAR = r"(?:1[89]|20)\d\d"
_WORD_END = r"(?![\w])(?!-\d)"
_BEFORE_MONTH = (
    r"(?:in|by|since|until|till|from|to|of|last|next|this|that|early|late|mid|every|each|around|before|after"
    r"|through|and)"
)
_AROUND_YEAR = (
    r"(?:in|by|since|until|till|from|to|of|late|early|mid|around|before|after|during|through|and|end|class|about|year|for"
    r"|summer|spring|autumn|fall|winter)"
)


def _day(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def _full(year: str | None, month: str, day: str | None) -> tuple[str, frozenset[str]]:
    return _numbered_date(year, MONTHS[month.rstrip(".").lower()], day)


def _numbered_date(year: str | None, number: int, day: str | None) -> tuple[str, frozenset[str]]:
    if year and day:
        value = f"{year}-{number:02d}-{_day(day):02d}"
        return value, frozenset({value[:7], year, value[5:], f"month {number:02d}"})
    if year:
        return f"{year}-{number:02d}", frozenset({year, f"month {number:02d}"})
    if day:
        return f"{number:02d}-{_day(day):02d}", frozenset({f"month {number:02d}"})
    return f"month {number:02d}", frozenset()


def _numeric(match: re.Match[str]) -> tuple[str, frozenset[str]] | None:
    first, second, year = int(match["first"]), int(match["second"]), match["year"]
    readings = [
        f"{year}-{m:02d}-{d:02d}" for d, m in ((first, second), (second, first)) if 1 <= m <= 12 and 1 <= d <= 31
    ]
    if not readings:
        return None
    return readings[0], frozenset({*readings, *(reading[:7] for reading in readings), year})


def _alone(match: re.Match[str]) -> tuple[str, frozenset[str]]:
    return match["only"], frozenset()


_Reader = Callable[[re.Match[str]], tuple[str, frozenset[str]] | None]
_READERS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (
        re.compile(rf"(?<![\w-])(?P<y>{_YEAR})-(?P<m>0[1-9]|1[0-2])(?:-(?P<d>0[1-9]|[12]\d|3[01]))?(?![\w-])"),
        lambda m: _numbered_date(m["y"], int(m["m"]), m["d"]),
    ),
    (re.compile(rf"(?<![\w/.])(?P<first>\d\d?)[/.](?P<second>\d\d?)[/.](?P<year>{_YEAR})(?!\w)"), _numeric),
    (
        re.compile(rf"(?<![\w,.])(?P<d>{_DAY})(?:[ ]of)?[ ](?P<m>{_MONTH})(?:,?[ ](?P<y>{_YEAR})(?!\w))?"),
        lambda m: _full(m["y"], m["m"], m["d"]),
    ),
    (
        re.compile(rf"\b(?P<m>{_MONTH})[ ](?P<d>{_DAY})(?![\w,:]|[ ]?%)(?:,?[ ](?P<y>{_YEAR})(?!\w))?"),
        lambda m: _full(m["y"], m["m"], m["d"]),
    ),
    (
        re.compile(rf"\b(?P<m>{_MONTH})[ ](?P<d>{_DAY}),[ ](?P<y>{_YEAR})(?!\w)"),
        lambda m: _full(m["y"], m["m"], m["d"]),
    ),
    (re.compile(rf"\b(?P<m>{_MONTH})(?:[ ]of|,)?[ ](?P<y>{_YEAR}){_WORD_END}"), lambda m: _full(m["y"], m["m"], None)),
    (
        re.compile(rf"\bQ(?P<q>[1-4])(?:[ ]of)?(?:[ ](?P<y>{_YEAR}))?(?!\w)"),
        lambda m: (f"{m['y']}-q{m['q']}", frozenset({m["y"], f"q{m['q']}"})) if m["y"] else (f"q{m['q']}", frozenset()),
    ),
    (
        re.compile(r"(?<![\w$£€])(?:(?P<c>1[89]|20))?['’]?(?P<t>\d)0['’]?s(?!\w)"),
        lambda m: (f"{m['c'] or '19'}{m['t']}0s", frozenset()),
    ),
    (re.compile(rf"\b{_LONG_MONTH}\b"), lambda m: _full(None, m.group(), None)),
    (
        re.compile(rf"\b{_BEFORE_MONTH}[ -](?P<only>{_ANY_MONTH}\b)(?![ ](?:and|will))"),
        lambda m: _full(None, m["only"], None),
    ),
    (
        re.compile(r"\b(?P<only>(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)s?\b"),
        lambda m: (m["only"].lower(), frozenset()),
    ),
    (re.compile(rf"\b{_AROUND_YEAR}[ -](?P<only>{_YEAR}){_WORD_END}(?!,\d|\.\d|[ ]?%)", re.IGNORECASE), _alone),
    (
        # A year with no preposition: before punctuation, at a line's end, before a verb, or opening a range.
        re.compile(
            rf"(?<![\w$£€₦.,:/-])(?P<only>{_YEAR})(?![.,]\d)"
            rf"(?=[.,;:!?)\]”\"]|[ \t]{{0,9}}$|[ ][—–]|[ ](?:was|had|came|when|I|we)\b|[–-]{_YEAR})",
            re.MULTILINE,
        ),
        _alone,
    ),
    (re.compile(rf"(?<=[–-])(?P<only>{_YEAR})(?!\w|-)"), _alone),
)


def dates(text: str, spoken: Language | None = None) -> tuple[Fact, ...]:
    """The dates of ``text`` in order, the fullest reading of each place: 12 May 2019 is one date, not three.

    Months and weekdays are read in English and in the language ``spoken``; without it, in the one the text is in.

    Values are ISO 8601 as far as the text goes (2019-05-12, 2019-05, 2019); a day without a year is "05-12", a month
    alone "month 05", quarters "2021-q3", decades "1990s", weekdays by name. Ambiguous 05/12/2019 vouches for both.
    """
    source = to_ascii_digits(blank_unclaimed(text))
    found: list[Fact] = []
    for order, (pattern, read) in enumerate(_READERS):
        for match in pattern.finditer(source):
            if (result := read(match)) is None:
                continue
            start, end = match.span("only") if "only" in pattern.groupindex else match.span()
            if source[end - 1] == "." and order != 1:
                end -= 1
            value, also = result
            found.append(Fact(Span(start, end), "date", text[start:end], value, also))
    found += _foreign(text, source, spoken or detect_language(text))
    found.sort(key=lambda specific: (specific.span.start, -specific.span.end))
    chosen: list[Fact] = []
    for specific in found:
        if not chosen or specific.span.start >= chosen[-1].span.end:
            chosen.append(specific)
    return tuple(chosen)


def _foreign(text: str, source: str, spoken: Language) -> list[Fact]:
    found: list[Fact] = []
    if (pattern := month_pattern(spoken)) is not None:
        for match in pattern.finditer(source):
            value, also = _numbered_date(match["y"], months(spoken)[match["m"].lower()], match["d"])
            found.append(Fact(Span(*match.span()), "date", text[match.start() : match.end()], value, also))
    if (pattern := weekday_pattern(spoken)) is not None:
        for match in pattern.finditer(source):
            value = WEEKDAYS[weekdays(spoken)[match["w"].lower()] - 1]
            found.append(Fact(Span(*match.span()), "date", text[match.start() : match.end()], value))
    return found
