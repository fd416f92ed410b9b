"""The floor under the check, for where no checker can be asked: numbers, dates, quotations, addresses, by letters only.

It would rather be silent than accuse: a note holds a number in any unit and a date in any writing, in small letters,
shortened, or with two digits for the year. Names, causes, feelings and all else are for the writer to look at.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.essay.essay import Note
from bot.essay.facts import (
    Fact,
    FactKind,
    addresses,
    dates,
    defang_links,
    normalize_quotation,
    numbers,
    quotations,
)
from bot.essay.facts.dates import MONTHS, WEEKDAYS
from bot.essay.text.languages import Language, detect_language
from bot.essay.text.parsed_text import ParsedText
from bot.essay.text.sections import split_sections
from bot.essay.text.spans import Span

FLOOR_NOTICE = (
    "This compares by letters only: numbers, dates, quotations and addresses. Names, causes, feelings and the rest are "
    "yours to check."
)
# Headings above this level are the structure's own. A model may write one below it, and in it what nobody noted.
_MAX_STRUCTURE_HEADING_LEVEL = 2

# How notes write a date, in any case: "tues", "12 march", "june 22", "05.11", "'19".
_WEEKDAY = re.compile(r"\b(mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:days?)?\b", re.IGNORECASE)
_MONTH = re.compile(rf"\b({'|'.join(sorted(MONTHS, key=len, reverse=True))})\b", re.IGNORECASE)
_NUMERIC_DATE = re.compile(r"(?<!\d)(\d{1,2})[./-](\d{1,2})(?!\d)")
_MAX_DIGITS = 18  # a longer run counts nothing
_DIGITS = re.compile(r"\d+")
_AMOUNT = re.compile(r"\d+(?:\.\d+|/\d+)?")
_TIME = re.compile(r"(\d\d):(\d\d)")


@dataclass(frozen=True, slots=True)
class Claim:
    """A number, date, quotation or address in a text that no note in use holds, and its sentence.

    ``only_in_excluded_notes`` says that a note that is left out holds it. ``occurrences`` is how often the text makes
    the claim; repeats are one.
    """

    kind: FactKind
    span: Span
    raw: str
    sentence_span: Span
    only_in_excluded_notes: bool = False
    occurrences: int = 1

    @property
    def label(self) -> str:
        """What it is, with how often the text makes it, and whether a note that is left out holds it.

        An address is told without what would make a link of it.
        """
        told = [f"{self.occurrences} times"] if self.occurrences > 1 else []
        told += ["only a note that is left out holds it"] if self.only_in_excluded_notes else []
        return f"{self.kind}: {defang_links(self.raw)}" + (f" ({'; '.join(told)})" if told else "")


class NoteIndex:
    """What notes hold, read once: many texts can be held against it. Notes that are left out hold nothing."""

    def __init__(self, notes: Sequence[str], left_out: Sequence[str] = ()) -> None:
        self._used = _NoteFacts(notes)
        self._excluded = _NoteFacts(left_out)

    def find_unsupported(self, text: str) -> tuple[Claim, ...]:
        """Return the claims that no note holds, each once: where it stands first, with how often it stands."""
        spoken = detect_language(text, self._used.language)
        sentences = sorted(sentence.span for sentence in ParsedText(text).sentences)
        found: dict[tuple[FactKind, str], Claim] = {}
        for fact in _find_facts(blank_headings(text), spoken):
            key = (fact.kind, fact.value)
            if key in found:
                found[key] = replace(found[key], occurrences=found[key].occurrences + 1)
            elif not self._used.contains(fact, spoken):
                at = bisect_right(sentences, fact.span.start, key=lambda span: span.start) - 1
                inside = at >= 0 and fact.span.start < sentences[at].end
                sentence = sentences[at] if inside else fact.span
                left_out = self._excluded.contains(fact, spoken)
                found[key] = Claim(fact.kind, fact.span, fact.raw, sentence, left_out)
        return tuple(found.values())


def find_unsupported_claims(text: str, notes: Sequence[str], left_out: Sequence[str] = ()) -> tuple[Claim, ...]:
    """Return the claims of a text, apart from its sections' headings, that no note holds."""
    return NoteIndex(notes, left_out).find_unsupported(text)


def find_unsupported_in_essay(text: str, notes: Sequence[Note], title: str) -> tuple[Claim, ...]:
    """Return those of an essay's text that neither its title nor a note in use holds."""
    used = [note.public_text for note in notes if not note.is_private]
    return find_unsupported_claims(
        text, [*used, title], [passage for note in notes for passage in note.private_passages]
    )


def describe_no_findings() -> str:
    """Return what can be said of a text in which nothing was found, and no more than that."""
    return f"Every number, date, quotation and address in the text stands in the notes. {FLOOR_NOTICE}"


def blank_headings(text: str) -> str:
    """Return the text with the headings of its sections as spaces, so that every offset stays."""
    return "".join(
        (
            re.sub(r"[^\r\n]", " ", part.heading_source)
            if part.level <= _MAX_STRUCTURE_HEADING_LEVEL
            else part.heading_source
        )
        + part.body
        for part in split_sections(text)
    )


def _find_facts(text: str, spoken: Language) -> list[Fact]:
    """Return the dates, numbers, quotations and addresses of a text, in order; a year is a date."""
    when = dates(text, spoken)
    places = {date.span for date in when}
    counted = [number for number in numbers(text, spoken, when) if number.span not in places]
    return sorted([*when, *counted, *quotations(text), *addresses(text)], key=lambda fact: fact.span)


class _NoteFacts:
    """What some notes hold."""

    def __init__(self, notes: Sequence[str]) -> None:
        self._texts = notes
        self.language = detect_language("\n".join(notes))
        self._words = f" {' '.join(f'{_plain_words(note)} |' for note in notes)} "
        self._values_by_language: dict[Language, frozenset[str]] = {}

    def contains(self, fact: Fact, spoken: Language) -> bool:
        """Tell whether they hold a fact of a text in this language."""
        if fact.kind == "quotation":
            words = _plain_words(fact.raw)
            return not words or (f" {words} " in self._words if words.isascii() else words in self._words)
        held = self._values(spoken)
        if fact.value in held or (fact.kind == "number" and _amount(fact.value) in held):
            return True
        parts = list(_date_parts(fact.value)) if fact.kind == "date" else _time_parts(fact.value)
        return bool(parts) and all(not held.isdisjoint(ways) for ways in parts)

    def _values(self, spoken: Language) -> frozenset[str]:
        """Return what the notes hold, read in their language and in this one: a short note does not show its own."""
        if spoken not in self._values_by_language:
            found: set[str] = set()
            for note in self._texts:
                found |= _loose_values(note)
                for known in {spoken, self.language}:
                    for fact in (*dates(note, known), *numbers(note, known), *addresses(note)):
                        found |= {*fact.implies, _amount(fact.value)}
            self._values_by_language[spoken] = frozenset(found)
        return self._values_by_language[spoken]


def _loose_values(note: str) -> set[str]:
    """Return the numbers, months, weekdays and years that a note may mean, however it writes them."""
    digits = [found for found in _DIGITS.findall(note) if len(found) <= _MAX_DIGITS]
    found = {str(int(one)) for one in digits}
    found |= {f"{century}{one}" for one in digits if len(one) == 2 for century in ("19", "20")}
    found |= {next(day for day in WEEKDAYS if day.startswith(short.lower()[:3])) for short in _WEEKDAY.findall(note)}
    found |= {f"month {MONTHS[name.lower()]:02d}" for name in _MONTH.findall(note)}
    for pair in _NUMERIC_DATE.findall(note):
        found |= {f"month {int(one):02d}" for one in pair}
    return found


def _amount(value: str) -> str:
    """Return a number's value without its unit: what it counts is not compared."""
    found = _AMOUNT.search(value)
    return found.group() if found and ":" not in value else value


def _date_parts(value: str) -> Iterable[set[str]]:
    """Yield the parts of a date, each with the ways in which a note may hold it."""
    if found := re.fullmatch(r"(?:(\d{4})-)?(\d\d)(?:-(\d\d))?", value):
        year, month, day = found.groups()
        yield {f"month {month}"}
        if year:
            yield {year}
        if day:
            yield {str(int(day))}
    elif found := re.fullmatch(r"(\d{4})-(q\d)", value):
        yield {found[1]}
        yield {found[2]}


def _time_parts(value: str) -> list[set[str]]:
    """Return the hour and the minutes of a time of day as a note may hold them; nothing for any other number."""
    found = _TIME.fullmatch(value)
    if found is None:
        return []
    hour, minute = int(found[1]), int(found[2])
    return [{str(hour), str(hour % 12)}, *([{str(minute)}] if minute else [])]


def _plain_words(text: str) -> str:
    """Return the words alone, with case, accents' forms, punctuation and line ends set aside."""
    return " ".join("".join(char if char.isalnum() else " " for char in normalize_quotation(text)).split())
