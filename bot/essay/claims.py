"""Find the numbers, dates, names, quotations and addresses of a text that the notes do not hold.

What such a search cannot see in a language or a script is said by describe_no_findings.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache

from bot.essay.essay import Note
from bot.essay.facts import (
    Fact,
    FactKind,
    defang_links,
    drop_nested,
    find_facts,
    is_generic_name,
    normalize_name,
    normalize_quotation,
)
from bot.essay.facts.names import german_forms
from bot.essay.text.languages import Language, detect_language
from bot.essay.text.parsed_text import ParsedText
from bot.essay.text.sections import split_sections
from bot.essay.text.spans import Span
from bot.essay.text.words import UNSPACED_LETTER

# Headings above this level are the structure's own. A model may write one below it, and in it what nobody noted.
_MAX_STRUCTURE_HEADING_LEVEL = 2
# Korean writes particles onto the word.
_HANGUL = re.compile("[\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class Claim:
    """A number, date, name, quotation or address in a text, its sentence, and whether the notes hold it too.

    ``only_in_excluded_notes`` says that no other note holds it. ``occurrences`` is how often the text makes the claim;
    repeats are one.
    """

    kind: FactKind
    span: Span
    raw: str
    sentence_span: Span
    is_supported: bool
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
    """What notes vouch for, read once: claims of many texts can be held against it.

    Notes that are left out vouch for nothing; a claim that only they hold is told apart.
    """

    def __init__(self, notes: Sequence[str], left_out: Sequence[str] = ()) -> None:
        self._used = _NoteFacts(notes)
        self._excluded = _NoteFacts(left_out)

    def find_claims(self, text: str) -> tuple[Claim, ...]:
        """See the function of this name."""
        return tuple(claim for claim, _ in self._claims_and_facts(text))

    def find_unsupported(self, text: str) -> tuple[Claim, ...]:
        """See the function of this name."""
        first: dict[tuple[FactKind, str], Claim] = {}
        known: dict[str, tuple[FactKind, str]] = {}
        for claim, specific in self._claims_and_facts(text):
            if claim.is_supported:
                continue
            key = (claim.kind, specific.value)
            if claim.kind == "name":
                key = known.get(specific.value, key)
            if key in first:
                first[key] = replace(first[key], occurrences=first[key].occurrences + 1)
                continue
            first[key] = claim
            if claim.kind == "name":
                known.update((part, key) for part in specific.implies if part not in known)
        return tuple(first.values())

    def _claims_and_facts(self, text: str) -> list[tuple[Claim, Fact]]:
        reading, spoken = ParsedText(text), detect_language(text, self._used.language)
        sentences = sorted(sentence.span for sentence in reading.sentences)
        held = find_facts(blank_headings(text), spoken)
        counted = [specific.span for specific in held if specific.kind in ("number", "date")]
        # "Fourteen" at a sentence's start and the EUR of "EUR 40" are numbers, and names of nothing.
        apart = {specific.span for specific in drop_nested(held, counted)}
        found = []
        for specific in held:
            if specific.kind == "name" and (is_generic_name(specific) or specific.span not in apart):
                continue
            at = bisect_right(sentences, specific.span.start, key=_span_start) - 1
            sentence = sentences[at] if at >= 0 and specific.span.start < sentences[at].end else specific.span
            supported = self._used.contains(specific, spoken)
            left_out = not supported and self._excluded.contains(specific, spoken)
            claim = Claim(specific.kind, specific.span, specific.raw, sentence, supported, left_out)
            found.append((claim, specific))
        return found


def find_claims(text: str, notes: Sequence[str]) -> tuple[Claim, ...]:
    """Every claim of the text apart from the headings of its sections, in order.

    A claim is supported where a note holds the same value in whatever writing ("fifteen per cent" holds "15%"). For a
    name or a quotation it is enough that its words stand together in a note: people note names in lower case and speech
    without marks. A word such as a job title, which names nobody, is no claim.
    """
    return NoteIndex(notes).find_claims(text)


def find_unsupported_claims(text: str, notes: Sequence[str], left_out: Sequence[str] = ()) -> tuple[Claim, ...]:
    """The claims that no note holds, each once: where it stands first, with how often it stands.

    A part of a name that stood before, "Feld" after "Markus Feld", is the same claim.
    """
    return NoteIndex(notes, left_out).find_unsupported(text)


def find_unsupported_in_essay(text: str, notes: Sequence[Note], title: str) -> tuple[Claim, ...]:
    """The claims of an essay's text that neither its title nor a note in use holds."""
    used = [note.public_text for note in notes if not note.is_private]
    return find_unsupported_claims(
        text, [*used, title], [passage for note in notes for passage in note.private_passages]
    )


def blank_headings(text: str) -> str:
    """The text with the headings of its sections as spaces, so that every offset stays."""
    return "".join(
        (
            re.sub(r"[^\r\n]", " ", part.heading_source)
            if part.level <= _MAX_STRUCTURE_HEADING_LEVEL
            else part.heading_source
        )
        + part.body
        for part in split_sections(text)
    )


def _span_start(span: Span) -> int:
    return span.start


class _NoteFacts:
    """What some notes hold."""

    def __init__(self, notes: Sequence[str]) -> None:
        self._texts = notes
        self.language = detect_language("\n".join(notes))
        self._values_by_language: dict[Language, frozenset[str]] = {}
        self._phrases = _PhraseIndex(notes)

    def contains(self, specific: Fact, spoken: Language) -> bool:
        """Whether they hold a claim of a text in this language."""
        if not specific.all_values.isdisjoint(self._values(spoken)):
            return True
        if specific.kind not in ("name", "quotation"):
            return False
        words = _normalized_words(specific.raw)
        return self._phrases.contains(words) or (
            spoken == "de" and len(words) == 1 and self._phrases.contains_german_form(words[0])
        )

    def _values(self, spoken: Language) -> frozenset[str]:
        """What the notes vouch for, read in their language and in this one: a short note does not show its own."""
        if spoken not in self._values_by_language:
            self._values_by_language[spoken] = frozenset(
                value
                for note in self._texts
                for known in {spoken, self.language}
                for specific in find_facts(note, known)
                for value in specific.implies
            )
        return self._values_by_language[spoken]


class _PhraseIndex:
    """The words of the notes, by the pairs that they stand in: looking a phrase up costs the same among many notes."""

    def __init__(self, notes: Sequence[str]) -> None:
        self._words: list[str] = []
        for note in notes:
            self._words += [*_normalized_words(note), ""]  # no phrase runs from one note into the next
        self._places: dict[tuple[str, ...], list[int]] = {}
        for at, pair in enumerate(zip(self._words, [*self._words[1:], ""], strict=False)):
            self._places.setdefault(pair, []).append(at)
            self._places.setdefault(pair[:1], []).append(at)
        self._joined_words = "".join(word or "\n" for word in self._words)
        self._forms: frozenset[str] | None = None

    def contains(self, phrase: list[str]) -> bool:
        """Whether the words stand together in a note; in a script that puts no space between them, the characters."""
        if not phrase:
            return False
        if UNSPACED_LETTER.search(phrase[0]) or _HANGUL.search(phrase[0]):
            return "".join(phrase) in self._joined_words
        places = self._places.get(tuple(phrase[:2]), ())
        return any(self._words[at : at + len(phrase)] == phrase for at in places)

    def contains_german_form(self, noun: str) -> bool:
        """Whether a German noun stands in a note, in whatever case and number."""
        if self._forms is None:
            self._forms = frozenset(form for word in set(self._words) for form in german_forms(word))
        return not german_forms(noun).isdisjoint(self._forms)


def _normalized_words(text: str) -> list[str]:
    """The words alone, with case, accents, punctuation and line ends set aside."""
    folded = normalize_name(normalize_quotation(text))
    return "".join(char if char.isalnum() else " " for char in folded).split()


_ALL_SUPPORTED = (
    "Every number, date, name and quotation found in the text stands in the notes; "
    "what a number counts is not compared."
)


class BlindSpot(Enum):
    """Something that a text may claim and no look for claims finds. The value is what a person is told."""

    NUMBERS = "numbers, months and weekdays in words"
    NAMES = "most names in a script without capitals"
    FIRST_WORDS = "a name of one word that only ever begins sentences"
    NOUNS = "a name that looks like a German noun, or stands behind “der”, “die” or “das”"


@lru_cache(maxsize=512)  # a panel asks at each turn of a page; as many as have their claims remembered
def find_blind_spots(text: str) -> tuple[BlindSpot, ...]:
    """The blind spots of a text, the widest first; none in an English one."""
    spoken = detect_language(text)
    found = []
    if any(map(_has_no_case, set(text))):
        found.append(BlindSpot.NAMES)
    if spoken == "other":
        found.append(BlindSpot.NUMBERS)
    if spoken == "de":
        found.append(BlindSpot.NOUNS)
    if spoken != "en" and any(char.isupper() for char in text):
        found.append(BlindSpot.FIRST_WORDS)
    return tuple(found)


def describe_blind_spots(text: str) -> str:
    """A sentence that names what cannot be seen in this text; "" where there is nothing to say."""
    spots = "; ".join(spot.value for spot in find_blind_spots(text))
    return f"Not seen in this text, so look for it yourself: {spots}." if spots else ""


def describe_no_findings(text: str) -> str:
    """What can be said of a text in which no claim without support was found, and no more than that."""
    return f"{_ALL_SUPPORTED} {describe_blind_spots(text)}".rstrip()


def _has_no_case(char: str) -> bool:
    """Whether a letter is of a script that has no capitals, or, as in Georgian, puts none into a sentence."""
    if char in "ªº" or unicodedata.category(char) not in ("Lo", "Ll"):
        return False
    return not char.isupper() and char.title() == char and not unicodedata.name(char, "").startswith("LATIN")
