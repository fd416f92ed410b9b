"""Words that could be cut, and words that were somebody else's: filler, stock phrases, vague words, stacked hedges."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from importlib import import_module
from typing import Protocol

from bot.essay.measures.base import FEWEST_WORDS, Mark, Outcome, counted, per_thousand, speech, without_overlaps
from bot.essay.measures.matching import Found, phrases, word_list
from bot.essay.structure import Structure
from bot.essay.text.flow import Flow
from bot.essay.text.reading import Reading

# Rates are for a thousand words.
_MOST_FILLERS = 2.5
_MOST_ANNOUNCED = 5.0
_MOST_STRENGTHENERS = 10.0
_MOST_STOCK = 4.0
_FEWEST_STOCK = 4
_FEWEST = 3
_MOST_VAGUE = 12.0
_FEWEST_VAGUE = 8
_MOST_STACKED = 3.0
# Two hedges further apart than this belong to different statements of a long sentence.
_WORDS_BETWEEN = 7


def filler(reading: Reading, structure: Structure | None) -> Outcome:
    """Phrases that announce what comes instead of saying it, and adverbs that strengthen nothing; speech left out."""
    found = phrases("filler").marks(reading.flow)
    # A word said twice is a place to mend, and no habit that a whole text is told of.
    habits = [mark for mark in found if mark.weight > 1]
    plain = [mark for mark in habits if mark.note == "filler"]
    adverbs = phrases("strengtheners").marks(reading.flow)
    phrase_rate, adverb_rate = per_thousand(len(found), reading.words), per_thousand(len(adverbs), reading.words)
    return Outcome(
        {
            "phrases": len(found),
            "adverbs": len(adverbs),
            "phrases_per_1000": phrase_rate,
            "adverbs_per_1000": adverb_rate,
        },
        f"{counted(len(found), 'filler phrase')} and {counted(len(adverbs), 'adverb')} of the “really” kind.",
        reading.words >= FEWEST_WORDS
        and (
            (len(plain) >= _FEWEST and per_thousand(len(plain), reading.words) >= _MOST_FILLERS)
            or (len(habits) > _FEWEST and per_thousand(len(habits), reading.words) >= _MOST_ANNOUNCED)
            or (len(adverbs) >= 2 * _FEWEST and adverb_rate >= _MOST_STRENGTHENERS)
        ),
        "Take each out and read the sentence again: what it announced usually stands without it.",
        without_overlaps([*found, *adverbs]),
    )


class _Result(Protocol):
    @property
    def check_path(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def span(self) -> tuple[int, int]: ...


class _Check(Protocol):
    @property
    def path(self) -> str: ...
    def check_with_flags(self, text: str) -> list[_Result]: ...


# Chosen for being right on essays. Left out: typography, spelling, dates, curses and dialect (house styles differ);
# archaism, needless variants and the like (single rare words); "very"; chatspeak (speech has it); sexism and other
# words where sense decides.
_MODULES = (
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
_PACKAGES = ("cliches", "hedging", "industrial_language", "misc", "mixed_metaphors", "oxymorons", "redundancy")


@lru_cache(maxsize=1)
def _checks() -> tuple[_Check, ...]:
    """proselint's checks, imported on first use: that costs as much as all other measures of an essay together."""
    registers = (import_module(f"proselint.checks.{package}").__register__ for package in _PACKAGES)
    return tuple(
        check
        for register in registers
        for check in register
        if any(check.path == module or check.path.startswith(module + ".") for module in _MODULES)
    )


def stock_phrases(reading: Reading, structure: Structure | None) -> Outcome:
    """Set phrases, morals, the language of a CV and empty praise, by our lists and proselint's, outside speech."""
    flow = reading.flow
    marks = without_overlaps([*phrases("stock_phrases").marks(flow), *_proselint(flow)])
    rate = per_thousand(len(marks), reading.words)
    return Outcome(
        {"phrases": len(marks), "per_1000_words": rate},
        f"{counted(len(marks), 'stock phrase')}, {rate} in a thousand words.",
        reading.words >= FEWEST_WORDS and len(marks) >= _FEWEST_STOCK and rate >= _MOST_STOCK,
        "Say the plain thing, or the odd thing only you saw.",
        marks,
    )


def _proselint(flow: Flow) -> list[Mark]:
    """What proselint finds, but for the words that our list says are right more often than wrong."""
    padded = f"\n{flow.text}\n"  # proselint looks for a character on either side of a match
    exempt = frozenset(word_list("stock_phrases")["exempt"])
    spoken = speech(flow.text)
    marks = []
    for check in _checks():
        for result in check.check_with_flags(padded):
            start, end = _tight(flow.text, max(0, result.span[0] - 1), result.span[1] - 1)
            if start < end and not spoken(start) and flow.text[start:end].lower() not in exempt:
                note = result.check_path.split(".")[0].replace("_", " ")
                marks.append(Mark(flow.span(start, end), note, 2))
    return marks


def _tight(text: str, start: int, end: int) -> tuple[int, int]:
    """A place without the white space and punctuation that a check may take in on either side."""
    piece = text[start:end]
    left = start + len(piece) - len(piece.lstrip(" \t\r\n.,;:!?"))
    return left, max(left, end - len(piece) + len(piece.rstrip(" \t\r\n.,;:!?")))


def vague(reading: Reading, structure: Structure | None) -> Outcome:
    """Amounts without a number, times without a date, deeds without a doer, nouns that do a verb's work."""
    marks = phrases("vague").marks(reading.flow)
    rate = per_thousand(len(marks), reading.words)
    return Outcome(
        {"phrases": len(marks), "per_1000_words": rate},
        f"{counted(len(marks), 'place')} where a number, a date or a person could stand, {rate} in a thousand words.",
        reading.words >= FEWEST_WORDS and len(marks) >= _FEWEST_VAGUE and rate >= _MOST_VAGUE,
        "Ask of each: how many, when, who? Where you know, say it; where nobody needs to know, cut it.",
        marks,
    )


def hedges(reading: Reading, structure: Structure | None) -> Outcome:
    """Places where one hedge stands on another: a strong one counts double, and three points are a stack."""
    flow = reading.flow
    starts = [sentence.span.start for sentence in flow.sentences]
    stacks: list[list[Found]] = []
    hedged = 0
    last = (-1, 0)  # the sentence of the hedge before, and its end
    for found in phrases("hedges").found(flow):
        sentence = bisect_right(starts, found.span.start) - 1
        near = last[0] == sentence and len(flow.text[last[1] : found.span.start].split()) <= _WORDS_BETWEEN
        if near:
            stacks[-1].append(found)
        else:
            stacks.append([found])
        hedged += 1
        last = (sentence, found.span.end)
    marks = tuple(
        Mark(
            flow.span(held[0].span.start, held[-1].span.end),
            f"{len(held)} hedges in one sentence: keep the one that is meant",
            3,
        )
        for held in stacks
        if len(held) > 1 and sum(found.phrase.weight for found in held) >= _FEWEST
    )
    rate = per_thousand(len(marks), reading.words)
    return Outcome(
        {"stacked": len(marks), "hedges": hedged},
        f"{counted(len(marks), 'sentence')} with hedges on top of each other.",
        reading.words >= FEWEST_WORDS and len(marks) >= _FEWEST and rate >= _MOST_STACKED,
        "Say it, or say who doubts it and why.",
        marks,
    )
