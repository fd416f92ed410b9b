"""Measure words that could be cut or are secondhand: filler, stock phrases, vague words, stacked hedges.

Phrases are found as whole words, in any case and any of their forms. In the lists (``wordlists/``) they are written so:

- ``(a|b c|)`` is one of these, or nothing if one is empty;
- ``take~`` is the word in any of its forms, from ``inflections.toml`` or regular English;
- ``one's`` and ``oneself`` are any of "my", "your" … and "myself", "yourself" …;
- ``_`` is any one word, ``...`` at most three;
- a hyphen may be a hyphen, a space or nothing;
- what is behind ``&`` must follow, and is no part of the phrase;
- ``^`` in front asks for the start of a sentence, ``$`` at the end for its end.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module
from importlib.resources import files
from typing import Any, Protocol, TypeAlias

from bot.essay.measures.base import (
    MIN_WORDS,
    MeasureHit,
    MeasureResult,
    drop_overlapping_hits,
    per_thousand,
    speech_detector,
)
from bot.essay.structure import Structure
from bot.essay.text.parsed_text import NormalizedProse, ParsedText
from bot.essay.text.spans import Span
from bot.essay.text.words import count_noun, word_set

_WORDLISTS = files("bot.essay.measures") / "wordlists"
_FIRST_WORD = re.compile(r"(?<![\w'])\w+")
_LEADING_WORD = re.compile(r"\w+")
_PHRASE_END = r"(?!\w|['-]\w)"
_VOWELS = "aeiou"
_POSSESSIVES = ("my", "your", "his", "her", "its", "our", "their", "one's")
_SELVES = ("myself", "yourself", "himself", "herself", "itself", "ourselves", "themselves", "oneself")
_ANY_WORD = r"[\w'-]{1,30}"
_TOKEN = re.compile(r"[()|]|[^\s()|]+")
_SPACE = ",? "
# Phrases begin with these words, and so do names, which have a capital in mid-sentence: "in May", "Mrs Foster".
_FIRST_NAMES_LIKE_WORDS = word_set(
    "may will foster grant mark chase hope grace faith joy dawn rose bill frank art drew march"
)


_Sequence: TypeAlias = "list[str | list[_Sequence]]"


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase of a list: its pattern, where it must be in a sentence, and the note and weight of its hits."""

    pattern: str
    must_open_sentence: bool
    must_close_sentence: bool
    note: str
    weight: int

    def match(self, text: str, at: int) -> re.Match[str] | None:
        """Match the phrase at this offset of the text."""
        return _compiled(self.pattern).match(text, at)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern when it is first needed: few phrases of a list begin with a word of one text."""
    return re.compile(pattern, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PhraseMatch:
    """A phrase found in normalized prose."""

    span: Span
    phrase: Phrase


@dataclass(frozen=True, slots=True)
class PhraseList:
    """The phrases of one measure, by the words that they can begin with."""

    by_first: Mapping[str, Sequence[Phrase]]

    def find(self, prose: NormalizedProse) -> list[PhraseMatch]:
        """Return the matches outside speech, in order; of two that overlap the earlier, of those the longer."""
        text = prose.text
        starts, ends = sentence_edges(prose)
        spoken = speech_detector(text)
        kept: list[PhraseMatch] = []
        for word in _FIRST_WORD.finditer(text):
            at = word.start()
            known = self.by_first.get(word.group().lower())
            if known is None or (kept and at < kept[-1].span.end) or spoken(at):
                continue
            if at not in starts and word.group().istitle() and word.group().lower() in _FIRST_NAMES_LIKE_WORDS:
                continue
            best: PhraseMatch | None = None
            for phrase in known:
                if (phrase.must_open_sentence and at not in starts) or (match := phrase.match(text, at)) is None:
                    continue
                if phrase.must_close_sentence and match.end() not in ends:
                    continue
                if best is None or match.end() > best.span.end:
                    best = PhraseMatch(Span(at, match.end()), phrase)
            if best is not None:
                kept.append(best)
        return kept

    def find_hits(self, prose: NormalizedProse) -> tuple[MeasureHit, ...]:
        """Return the matches as hits in the text."""
        return tuple(
            MeasureHit(prose.source_span(found.span.start, found.span.end), found.phrase.note, found.phrase.weight)
            for found in self.find(prose)
        )


def sentence_edges(prose: NormalizedProse) -> tuple[frozenset[int], frozenset[int]]:
    """Return where in the prose the first words of sentences start and the last ones end."""
    starts, ends = set(), set()
    for sentence in prose.sentences:
        piece = sentence.span.extract(prose.text)
        words = list(_FIRST_WORD.finditer(piece))
        if words:
            starts.add(sentence.span.start + words[0].start())
            ends.add(sentence.span.start + len(piece.rstrip(" .,;:!?…\"”’'»)]*—–-")))
    return frozenset(starts), frozenset(ends)


@lru_cache(maxsize=16)
def load_phrases(name: str) -> PhraseList:
    """Return the phrases of ``wordlists/NAME.toml``, read once. Raises ValueError if a phrase is malformed."""
    word_list = load_word_list(name)
    by_first: dict[str, list[Phrase]] = defaultdict(list)
    for phrase_group in word_list["list"]:
        for source in phrase_group["phrases"]:
            phrase = _build_phrase(source, phrase_group["note"], int(phrase_group["weight"]))
            for word in sorted(_first_words(_parse_phrase(source.partition(" & ")[0]))):
                by_first[word].append(phrase)
    return PhraseList(by_first)


@lru_cache(maxsize=1)
def _irregular_forms() -> Mapping[str, str]:
    forms: dict[str, str] = load_word_list("inflections")["forms"]
    return forms


@lru_cache(maxsize=16)
def load_word_list(name: str) -> dict[str, Any]:
    """Return what ``wordlists/NAME.toml`` holds."""
    return tomllib.loads((_WORDLISTS / f"{name}.toml").read_text(encoding="utf-8"))


def _build_phrase(source: str, note: str, weight: int) -> Phrase:
    phrase_source, _, lookahead = source.partition(" & ")
    pattern = _build_pattern(_parse_phrase(phrase_source), first=True) + _PHRASE_END
    if lookahead:
        pattern += f"(?={_build_pattern(_parse_phrase(lookahead), first=False)}{_PHRASE_END})"
    return Phrase(pattern, source.startswith("^"), source.endswith("$"), note, weight)


def _parse_phrase(source: str) -> _Sequence:
    """Parse a phrase into words and choices between sequences of them. Raises ValueError for unbalanced brackets."""
    tokens = _TOKEN.findall(source.removeprefix("^").removesuffix("$"))
    sequences: list[_Sequence] = [[]]
    choices: list[list[_Sequence]] = []
    for token in tokens:
        match token:
            case "(":
                choices.append([[]])
                sequences.append(choices[-1][-1])
            case "|" if choices:
                choices[-1].append([])
                sequences[-1] = choices[-1][-1]
            case ")" if choices:
                sequences.pop()
                sequences[-1].append(choices.pop())
            case _:
                sequences[-1].append(token)
    if choices or len(sequences) != 1:
        raise ValueError(f"brackets do not fit in the phrase: {source}")
    return sequences[0]


def _build_pattern(sequence: _Sequence, *, first: bool) -> str:
    """Return the pattern of a sequence, with a space before each word but the ``first`` of the phrase."""
    pattern = ""
    for element in sequence:
        if isinstance(element, str):
            pattern += _with_leading_space(element, "" if first else _SPACE)
            first = False
            continue
        options = "|".join(_build_pattern(option, first=first) for option in element if option)
        if all(element):
            pattern += f"(?:{options})"
            first = False
        else:  # an optional choice at the start brings the space behind it
            pattern += f"(?:(?:{options}){_SPACE})?" if first else f"(?:{options})?"
    return pattern


def _with_leading_space(word: str, space: str) -> str:
    """Return a word's pattern with the space before it.

    Forms of "be" and "have" may be short, and joined to the word before.
    """
    if word == "...":
        return f"(?:{space}{_ANY_WORD}){{0,3}}?"
    short = (
        {"be~": "(?:s|re|m)", "is~": "(?:s|re)", "have~": "(?:ve|s|d)", "will": "ll", "would": "d"}.get(word)
        if space
        else None
    )
    forms = "|".join(map(_literal_pattern, _word_forms(word)))
    if word == "_":
        forms = _ANY_WORD
    plain = f"{space}(?:{forms})"
    return f"(?:{plain}|'{short})" if short else plain


def _literal_pattern(word: str) -> str:
    return re.escape(word).replace(r"\-", "[- ]?")


def _word_forms(word: str) -> tuple[str, ...]:
    """Return the forms in which a word of a list may be in a text."""
    if word == "one's":
        return _POSSESSIVES
    if word == "oneself":
        return _SELVES
    return inflect(word[:-1]) if word.endswith("~") else (word,)


def inflect(word: str) -> tuple[str, ...]:
    """Return the forms of a verb or noun, its base first."""
    head, _, last = word.rpartition("-")
    lead = f"{head}-" if head else ""
    if (known := _irregular_forms().get(last)) is not None:
        return tuple(lead + form for form in (last, *known.split()))
    if last.endswith("e"):
        made = (last, last + "s", last + "d", last[:-1] + "ing")
    elif last.endswith("y") and last[-2:-1] not in _VOWELS:
        made = (last, last[:-1] + "ies", last[:-1] + "ied", last + "ing")
    elif last.endswith(("s", "x", "z", "ch", "sh")):
        made = (last, last + "es", last + "ed", last + "ing")
    elif re.fullmatch(r"[^aeiou]*[aeiou][bdgmnprt]", last):
        made = (last, last + "s", last + last[-1] + "ed", last + last[-1] + "ing")
    else:
        made = (last, last + "s", last + "ed", last + "ing")
    return tuple(lead + form for form in made)


def _first_words(sequence: _Sequence) -> set[str]:
    """Return every word, in lower case and up to an apostrophe or hyphen, that a phrase can begin with."""
    if not sequence:
        raise ValueError("a phrase that can be empty")
    element, rest = sequence[0], sequence[1:]
    if not isinstance(element, str):
        return set().union(*(_first_words([*option, *rest]) for option in element))
    found: set[str] = set()
    for form in _word_forms(element):
        lead = _LEADING_WORD.match(form)
        if lead is None or form == "_":
            raise ValueError(f"a phrase must begin with a word, not with {element}")
        found.add(lead.group().lower())
        if "-" in form:
            found.add(form.replace("-", "").split("'")[0].lower())
    return found


# Rates are for a thousand words.
_MAX_FILLERS = 2.5
_MAX_ANNOUNCEMENTS = 5.0
_MAX_STRENGTHENERS = 10.0
_MAX_STOCK_PHRASES = 4.0
_MIN_STOCK_PHRASES = 4
_MIN_PHRASES = 3
_MAX_VAGUE = 12.0
_MIN_VAGUE = 8
_MAX_STACKED_HEDGES = 3.0
# Hedges further apart belong to different statements of a long sentence.
_MAX_WORDS_BETWEEN_HEDGES = 7


def filler(parsed: ParsedText, structure: Structure | None) -> MeasureResult:
    """Count phrases that announce what comes instead of saying it, and empty adverbs; not in speech."""
    found = load_phrases("filler").find_hits(parsed.own_prose)
    # Hits of weight 1 are places to mend, but no habit that raises the measure.
    habits = [hit for hit in found if hit.weight > 1]
    plain = [hit for hit in habits if hit.note == "filler"]
    adverbs = load_phrases("strengtheners").find_hits(parsed.own_prose)
    phrase_rate, adverb_rate = (
        per_thousand(len(found), parsed.word_count),
        per_thousand(len(adverbs), parsed.word_count),
    )
    return MeasureResult(
        {
            "phrases": len(found),
            "adverbs": len(adverbs),
            "phrases_per_1000": phrase_rate,
            "adverbs_per_1000": adverb_rate,
        },
        f"{count_noun(len(found), 'filler phrase')} and {count_noun(len(adverbs), 'adverb')} of the “really” kind.",
        parsed.word_count >= MIN_WORDS
        and (
            (len(plain) >= _MIN_PHRASES and per_thousand(len(plain), parsed.word_count) >= _MAX_FILLERS)
            or (len(habits) > _MIN_PHRASES and per_thousand(len(habits), parsed.word_count) >= _MAX_ANNOUNCEMENTS)
            or (len(adverbs) >= 2 * _MIN_PHRASES and adverb_rate >= _MAX_STRENGTHENERS)
        ),
        "Take each out and read the sentence again: what it announced usually stands without it.",
        drop_overlapping_hits([*found, *adverbs]),
    )


class _ProselintResult(Protocol):
    @property
    def check_path(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def span(self) -> tuple[int, int]: ...


class _ProselintCheck(Protocol):
    @property
    def path(self) -> str: ...
    def check_with_flags(self, text: str) -> list[_ProselintResult]: ...


# Chosen for being right on essays. Not used: typography, spelling, dates, curses and dialect (house styles differ);
# archaism, needless variants and the like (single rare words); "very"; chatspeak (speech has it); sexism and other
# words that depend on their sense.
_PROSELINT_MODULES = (
    "cliches.hell",
    "cliches.misc",
    "hedging",
    "industrial_language.airlinese",
    "industrial_language.bureaucratese",
    "industrial_language.commercialese",
    "industrial_language.corporate_speak",
    "industrial_language.jargon",
    "misc.debased",
    "misc.metadiscourse",
    "misc.narcissism",
    "mixed_metaphors",
    "oxymorons",
    "redundancy",
)
_PROSELINT_PACKAGES = (
    "cliches",
    "hedging",
    "industrial_language",
    "misc",
    "mixed_metaphors",
    "oxymorons",
    "redundancy",
)


@lru_cache(maxsize=1)
def _proselint_checks() -> tuple[_ProselintCheck, ...]:
    """Return proselint's checks. Importing them takes as long as all other measures of an essay together."""
    registers = (import_module(f"proselint.checks.{package}").__register__ for package in _PROSELINT_PACKAGES)
    return tuple(
        check
        for register in registers
        for check in register
        if any(check.path == module or check.path.startswith(module + ".") for module in _PROSELINT_MODULES)
    )


def stock_phrases(parsed: ParsedText, structure: Structure | None) -> MeasureResult:
    """Count set phrases, morals, CV language and empty praise, by our lists and proselint's; not in speech."""
    prose = parsed.own_prose
    hits = drop_overlapping_hits([*load_phrases("stock_phrases").find_hits(prose), *_run_proselint(prose)])
    rate = per_thousand(len(hits), parsed.word_count)
    return MeasureResult(
        {"phrases": len(hits), "per_1000_words": rate},
        f"{count_noun(len(hits), 'stock phrase')}, {rate} in a thousand words.",
        parsed.word_count >= MIN_WORDS and len(hits) >= _MIN_STOCK_PHRASES and rate >= _MAX_STOCK_PHRASES,
        "Say the plain thing, or the odd thing only you saw.",
        hits,
    )


def _run_proselint(prose: NormalizedProse) -> list[MeasureHit]:
    """Return proselint's hits, except for words that our list exempts because they are mostly right."""
    padded = f"\n{prose.text}\n"  # proselint looks for a character on either side of a match
    exempt = frozenset(load_word_list("stock_phrases")["exempt"])
    spoken = speech_detector(prose.text)
    hits = []
    for check in _proselint_checks():
        for result in check.check_with_flags(padded):
            start, end = _trim_span(prose.text, max(0, result.span[0] - 1), result.span[1] - 1)
            if start < end and not spoken(start) and prose.text[start:end].lower() not in exempt:
                note = result.check_path.split(".")[0].replace("_", " ")
                hits.append(MeasureHit(prose.source_span(start, end), note, 2))
    return hits


def _trim_span(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a span without the white space and punctuation that a check may include at its ends."""
    piece = text[start:end]
    left = start + len(piece) - len(piece.lstrip(" \t\r\n.,;:!?"))
    return left, max(left, end - len(piece) + len(piece.rstrip(" \t\r\n.,;:!?")))


def vague(parsed: ParsedText, structure: Structure | None) -> MeasureResult:
    """Count amounts without a number, times without a date, deeds without a doer, and nouns that do a verb's work."""
    hits = load_phrases("vague").find_hits(parsed.own_prose)
    rate = per_thousand(len(hits), parsed.word_count)
    return MeasureResult(
        {"phrases": len(hits), "per_1000_words": rate},
        f"{count_noun(len(hits), 'place')} where a number, a date or a person could stand, {rate} in a thousand words.",
        parsed.word_count >= MIN_WORDS and len(hits) >= _MIN_VAGUE and rate >= _MAX_VAGUE,
        "Ask of each: how many, when, who? Where you know, say it; where nobody needs to know, cut it.",
        hits,
    )


def hedges(parsed: ParsedText, structure: Structure | None) -> MeasureResult:
    """Count stacks of hedges: a strong one counts double, and three points are a stack."""
    prose = parsed.own_prose
    starts = [sentence.span.start for sentence in prose.sentences]
    stacks: list[list[PhraseMatch]] = []
    hedged = 0
    last = (-1, 0)  # the sentence of the hedge before, and its end
    for found in load_phrases("hedges").find(prose):
        sentence = bisect_right(starts, found.span.start) - 1
        near = last[0] == sentence and len(prose.text[last[1] : found.span.start].split()) <= _MAX_WORDS_BETWEEN_HEDGES
        if near:
            stacks[-1].append(found)
        else:
            stacks.append([found])
        hedged += 1
        last = (sentence, found.span.end)
    hits = tuple(
        MeasureHit(
            prose.source_span(hedges_here[0].span.start, hedges_here[-1].span.end),
            f"{len(hedges_here)} hedges in one sentence: keep the one that is meant",
            3,
        )
        for hedges_here in stacks
        if len(hedges_here) > 1 and sum(found.phrase.weight for found in hedges_here) >= _MIN_PHRASES
    )
    rate = per_thousand(len(hits), parsed.word_count)
    return MeasureResult(
        {"stacked": len(hits), "hedges": hedged},
        f"{count_noun(len(hits), 'sentence')} with hedges on top of each other.",
        parsed.word_count >= MIN_WORDS and len(hits) >= _MIN_PHRASES and rate >= _MAX_STACKED_HEDGES,
        "Say it, or say who doubts it and why.",
        hits,
    )
