"""Figures of style that wear out by being used: threes and dashes."""

from __future__ import annotations

import re

from bot.essay.measures.base import FEWEST_WORDS, Mark, Outcome, counted, per_thousand
from bot.essay.structure import Structure
from bot.essay.text.reading import Reading
from bot.essay.text.words import word_set

# One word starts at most one attempt, and an item has four words at most, so the time grows with the text alone.
_ITEM = r"[\w'’-]++(?: [\w'’-]++){0,3}"
_TRIAD = re.compile(
    rf"(?<![\w'’-])(?P<one>{_ITEM}), (?P<two>{_ITEM}),? (?:and|or) (?P<three>[\w'’-]++(?: [\w'’-]++){{0,2}})"
)
_FOURTH = re.compile(r",\s*\Z|,(?: [\w'’-]{1,30}){1,3}\s*\Z")
_DASH = re.compile(r"—|(?<=\w )–(?= \w)|(?<=[\w,.\"”’)][ ])--(?=[ ])|(?<=\w)--(?=\w)")
_MOST_TRIADS = 9.0
_FEWEST_TRIADS = 6
_MOST_DASHES = 8.0
_FEWEST = 5


# A clause opens like this, and three clauses with a comma are a sentence, not a list.
_CLAUSE = word_set(
    "i you he she it we they who which that when where if as because so but and or then there this though however had"
    " has have was were did would could by with without one said"
)
_DETERMINER = word_set("the a an my his her its our their this that")


def triads(reading: Reading, structure: Structure | None) -> Outcome:
    """Lists of exactly three short items. Lists of names or numbers are facts and not counted."""
    flow = reading.flow
    prose = flow.text
    marks = []
    for match in _TRIAD.finditer(prose):
        items = (match["one"].split()[-1], match["two"], match["three"].split()[0])
        if match["two"].split()[0].lower() in _CLAUSE or match["three"].split()[0].lower() in _CLAUSE:
            continue
        if _explains(match) or _aside(match):
            continue
        fact = any(char.isdigit() for char in match.group()) or sum(item[:1].isupper() for item in items) > 1
        if not fact and not _FOURTH.search(prose, max(0, match.start() - 60), match.start()):
            marks.append(Mark(flow.span(*match.span()), "a list of three"))
    rate = per_thousand(len(marks), reading.words)
    return Outcome(
        {"triads": len(marks), "per_1000_words": rate},
        f"{counted(len(marks), 'list')} of three, {rate} in a thousand words.",
        reading.words >= FEWEST_WORDS and len(marks) >= _FEWEST_TRIADS and rate >= _MOST_TRIADS,
        "Ask of each three which item is there for the sound, and cut it.",
        tuple(marks),
    )


def _explains(match: re.Match[str]) -> bool:
    """True for "one of them, the red one or the blue one": the two behind the comma say what the first may be."""
    if re.search(r", (?:and|or) ", match.group()):
        return False
    first, two, three = match["one"].lower().split(), match["two"].lower().split(), match["three"].lower().split()
    same_head = two[-1] == three[-1]
    return same_head or (two[0] in _DETERMINER and three[0] in _DETERMINER and not _DETERMINER & set(first))


_PREPOSITION = word_set(
    "from in on at of to for about after before under over into through during until whom once twice give"
)


def _aside(match: re.Match[str]) -> bool:
    """True for "my hand, from habit, and she": what stands between the commas is said in passing."""
    lead = match["two"].split()[0].lower()
    return lead in _PREPOSITION and match["three"].split()[0].lower() != lead


def dashes(reading: Reading, structure: Structure | None) -> Outcome:
    """Dashes used as punctuation, in a thousand words. A dash that opens a line of speech is not counted."""
    flow = reading.flow
    marks = tuple(
        Mark(flow.span(*match.span()), "a dash")
        for match in _DASH.finditer(flow.text)
        if not _opens_paragraph(flow.text, match.start())
    )
    rate = per_thousand(len(marks), reading.words)
    return Outcome(
        {"dashes": len(marks), "per_1000_words": rate},
        f"{counted(len(marks), 'dash', 'dashes')}, {rate} in a thousand words.",
        reading.words >= FEWEST_WORDS and len(marks) >= _FEWEST and rate >= _MOST_DASHES,
        "Keep the dashes that interrupt; elsewhere a full stop or a comma does the same and is not heard.",
        marks,
    )


def _opens_paragraph(text: str, at: int) -> bool:
    return not at or text[at - 1] == "\n"
