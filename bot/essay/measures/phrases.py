"""Words that could be cut, and words that were somebody else's: filler and stock phrases."""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from importlib import import_module
from typing import Protocol

from bot.essay.measures.base import FEWEST_WORDS, Mark, Outcome, any_of, counted, per_thousand, without_overlaps
from bot.essay.specifics import quotations
from bot.essay.structure import Structure
from bot.essay.text.reading import Reading
from bot.essay.text.spans import Span

_FILLER_PHRASES = any_of(
    r"it(?:'s| is| was| might be| may be) (?:also )?(?:worth|important) (?:noting|to note|naming|mentioning|saying"
    r"|asking"
    r"|remembering|to remember|pointing out|stressing)",
    r"(?:the|my) (?:honest|short|simple) (?:answer|truth)",
    r"needless to say|it goes without saying|make no mistake|let me be clear",
    r"the (?:truth|fact|reality) (?:of the matter )?is|the (?:truth|fact|reality|thing) is that",
    r"at the end of the day|when all is said and done|all things considered",
    r"to be (?:perfectly )?(?:honest|fair|clear|frank)|if I'?m (?:being )?honest|in all honesty|let's be (?:honest"
    r"|clear|real)",
    r"here's the thing|as (?:we all know|I said|mentioned)|for all intents and purposes|as a matter of fact",
    r"in order to|due to the fact that|the fact that|in terms of|in a (?:very real|sense|way that)",
    r"I (?:would|must|have to) (?:say|admit|confess)|I think it's fair to say",
    r"(?:that being|having|with that(?: being)?) said|first and foremost|last but not least|more often than not",
    r"in this day and age|each and every|a testament to|plays? an? (?:vital|key|crucial) role",
)
_STRENGTHENERS = any_of(
    "actually|genuinely|truly|really|literally|basically|essentially|honestly|frankly|simply|definitely|absolutely",
    "incredibly|extremely|fundamentally|ultimately|obviously|clearly",
)
# Rates are for a thousand words.
_MOST_FILLERS = 2.5
_MOST_STRENGTHENERS = 10.0
_MOST_STOCK = 3.0
_FEWEST = 3


def filler(reading: Reading, structure: Structure | None) -> Outcome:
    """Phrases that announce what comes instead of saying it, and adverbs that strengthen nothing; speech left out."""
    phrases = _outside_speech(
        reading, [Mark(Span(*m.span()), "filler") for m in _FILLER_PHRASES.finditer(reading.prose)]
    )
    adverbs = _outside_speech(
        reading, [Mark(Span(*m.span()), "strengthens little") for m in _STRENGTHENERS.finditer(reading.prose)]
    )
    phrase_rate, adverb_rate = per_thousand(len(phrases), reading.words), per_thousand(len(adverbs), reading.words)
    return Outcome(
        {
            "phrases": len(phrases),
            "adverbs": len(adverbs),
            "phrases_per_1000": phrase_rate,
            "adverbs_per_1000": adverb_rate,
        },
        f"{counted(len(phrases), 'filler phrase')} and {counted(len(adverbs), 'adverb')} of the “really” kind.",
        reading.words >= FEWEST_WORDS
        and (
            (len(phrases) >= _FEWEST and phrase_rate >= _MOST_FILLERS)
            or (len(adverbs) >= 2 * _FEWEST and adverb_rate >= _MOST_STRENGTHENERS)
        ),
        "Take each out and read the sentence again: what it announced usually stands without it.",
        without_overlaps([*phrases, *adverbs]),
    )


def _outside_speech(reading: Reading, marks: list[Mark]) -> list[Mark]:
    spoken = quotations(reading.prose)
    starts = [speech.span.start for speech in spoken]
    kept = []
    for mark in marks:
        at = bisect_left(starts, mark.span.start + 1) - 1
        if at < 0 or mark.span.start >= spoken[at].span.end:
            kept.append(mark)
    return kept


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
    """Clichés, jargon, hedges and redundant pairs that proselint knows, outside speech."""
    # proselint looks for a character on either side of a match.
    padded = f"\n{reading.prose}\n"
    found = [
        Mark(Span(max(0, result.span[0] - 1), result.span[1] - 1), result.check_path.split(".")[0].replace("_", " "))
        for check in _checks()
        for result in check.check_with_flags(padded)
    ]
    marks = without_overlaps(_outside_speech(reading, [_tight(reading.prose, mark) for mark in found]))
    rate = per_thousand(len(marks), reading.words)
    return Outcome(
        {"phrases": len(marks), "per_1000_words": rate},
        f"{counted(len(marks), 'stock phrase')}, {rate} in a thousand words.",
        reading.words >= FEWEST_WORDS and len(marks) >= _FEWEST and rate >= _MOST_STOCK,
        "Say the plain thing, or the odd thing only you saw.",
        marks,
    )


def _tight(prose: str, mark: Mark) -> Mark:
    """The mark without the white space and punctuation that a check may take in on either side."""
    piece = mark.span.of(prose)
    start = mark.span.start + len(piece) - len(piece.lstrip(" \t\r\n.,;:!?"))
    return Mark(Span(start, max(start, mark.span.end - len(piece) + len(piece.rstrip(" \t\r\n.,;:!?")))), mark.note)
