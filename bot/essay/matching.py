"""Which section of a structure a heading in a text stands for."""

from __future__ import annotations

import re
import unicodedata
from itertools import islice

from rapidfuzz import fuzz

from bot.essay.structure import Section, Structure
from bot.essay.text.words import word_set

_NUMBERING = re.compile(r"^\W*(?:(?:part|chapter|section|step)\s+)?(?:\d{1,3}|[ivx]{1,5}(?=[.):]))\s*[.):–—-]*\s+")
_WORDS_OF_NUMBERING = 2  # as in "Part 2:"
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
# What parts a section's name from what a heading says beyond it, with the signs of emphasis that close around the name.
_PARTING = re.compile(r"[*_]*\s*(?:[:：]+[*_]*\s*|[–—\-.,;|/!?…→]+[*_]*\s+)(?=.*\w)")
# Words that a heading of any section may hold; what is left says which section it is.
_EMPTY = word_set("a an the i my me it its is was am are be been to of and or what this that these how we our")
# Letters may differ by a typing slip, not by a word.
_SAME_LETTERS = 88
_SAME_WORD = 85
# Short strings are too close to each other for letters to decide ("the no", "the now").
_FEWEST_LETTERS = 8
# Share of the telling words in common (Dice). "What the transition actually looked like" and "What it actually looked
# like" have 0.86; two headings that share one telling word of two have 0.5.
_ENOUGH = 0.75
_OPENING = 0.85


def match_section(structure: Structure, title: str) -> Section | None:
    """The section that a heading names: by its key, its heading, or close to either; None where none is close.

    Case, punctuation, hyphens and a number in front are set aside. Headings are close if they differ by a slip of the
    hand, if one opens with the other, or if most of their telling words are the same. A section may be found for two
    headings of one text; that is for the caller to settle.
    """
    wanted = _plain(title)
    if not wanted:
        return None
    best: Section | None = None
    best_score = 0.0
    for section in structure.sections:
        score = max(_closeness(wanted, _plain(section.heading)), _closeness(wanted, _plain(section.key)))
        if score > best_score:
            best, best_score = section, score
    return best if best_score >= _ENOUGH else None


def is_named(structure: Structure, line: str) -> bool:
    """Whether a line is a section's key or heading to the letter, case and punctuation set aside."""
    wanted = _plain(line)
    return any(wanted in (_plain(section.key), _plain(section.heading)) for section in structure.sections)


def said_beyond(section: Section, heading: str) -> str:
    """What a heading says beyond the section's name; "" where it says no more, whatever the order of its words.

    Where the name opens the heading and a sign of punctuation follows, it is what stands behind; else all of it.
    """
    whole = heading.strip()
    for sign in ("**", "__", "*", "_"):
        inner = whole[len(sign) : -len(sign)]
        if whole.startswith(sign) and whole.endswith(sign) and inner and sign not in inner:
            whole = inner.strip()
    names = [_plain(section.heading), _plain(section.key)]
    known = {word for name in names for word in name.split()}
    if known.issuperset(_plain(whole).split()):
        return ""
    most = max(len(name.split()) for name in names) + _WORDS_OF_NUMBERING
    for word in reversed(list(islice(_WORD.finditer(whole), most))):
        if _plain(whole[: word.end()]) in names and (parting := _PARTING.match(whole, word.end())):
            return whole[parting.end() :].strip()
    return whole


def _plain(heading: str) -> str:
    text = unicodedata.normalize("NFKC", heading).casefold().replace("’", "'").replace("'", "").replace("&", " and ")
    text = _NUMBERING.sub("", text)
    return " ".join(re.sub(r"[\W_]+", " ", text).split())


def _closeness(one: str, other: str) -> float:
    """From 0 to 1, where 1 is the same heading."""
    if one == other:
        return 1.0
    if not one or not other:
        return 0.0
    letters = min(len(one), len(other))
    if letters >= _FEWEST_LETTERS and fuzz.ratio(one, other) >= _SAME_LETTERS:
        return 0.95
    telling, against = _telling(one), _telling(other)
    if not telling or not against:
        return 0.0
    if one.startswith(other + " ") or (other.startswith(one + " ") and letters >= 0.6 * len(other)):
        return _OPENING
    common = sum(any(_same_word(word, candidate) for candidate in against) for word in telling)
    return 2 * common / (len(telling) + len(against)) if common <= len(against) else 0.0


def _telling(heading: str) -> set[str]:
    return {word.removesuffix("s") if len(word) > 3 else word for word in heading.split() if word not in _EMPTY}


def _same_word(one: str, other: str) -> bool:
    return one == other or (min(len(one), len(other)) > 3 and fuzz.ratio(one, other) >= _SAME_WORD)
