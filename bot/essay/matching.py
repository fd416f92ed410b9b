"""Find what somebody means by a few words.

A heading names a section, a typed name, number or beginning names an entry of a list, and the headings of a text name
the structure that it was written for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import islice

from rapidfuzz import fuzz, process

from bot.errors import UnknownStructure
from bot.essay.structure import Section, Structure
from bot.essay.text.sections import split_sections
from bot.essay.text.words import word_set

_NUMBERING = re.compile(r"^\W*(?:(?:part|chapter|section|step)\s+)?(?:\d{1,3}|[ivx]{1,5}(?=[.):]))\s*[.):–—-]*\s+")
_MAX_NUMBERING_WORDS = 2  # as in "Part 2:"
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
# What separates a section's name from the rest of a heading, with the emphasis marks that close around the name.
_HEADING_SEPARATOR = re.compile(r"[*_]*\s*(?:[:：]+[*_]*\s*|[–—\-.,;|/!?…→]+[*_]*\s+)(?=.*\w)")
# Words that the heading of any section may hold; the rest are significant.
_INSIGNIFICANT_WORDS = word_set(
    "a an the i my me it its is was am are be been to of and or what this that these how we our"
)
# Letters may differ by a typing slip, not by a word.
_MIN_LETTER_SIMILARITY = 88
_MIN_WORD_SIMILARITY = 85
# Short strings are too close to each other for letters to decide ("the no", "the now").
_MIN_LETTERS = 8
# Share of significant words in common (Dice). "What the transition actually looked like" and "What it actually looked
# like" have 0.86; two headings that share one significant word of two have 0.5.
_MIN_SIMILARITY = 0.75
_MIN_OPENING_SIMILARITY = 0.85


def match_section(structure: Structure, title: str) -> Section | None:
    """Return the section that a heading names by its key or heading, or by something close to either; else None.

    Case, punctuation, hyphens and a number in front are ignored. Two headings are close if they differ by a typing
    slip, if one opens with the other, or if they share most of their significant words. Two headings of one text may
    find the same section; the caller decides which of them counts.
    """
    wanted = _normalize_heading(title)
    if not wanted:
        return None
    best: Section | None = None
    best_score = 0.0
    for section in structure.sections:
        score = max(
            _similarity(wanted, _normalize_heading(section.heading)),
            _similarity(wanted, _normalize_heading(section.key)),
        )
        if score > best_score:
            best, best_score = section, score
    return best if best_score >= _MIN_SIMILARITY else None


def is_section_name(structure: Structure, line: str) -> bool:
    """Return whether a line is exactly a section's key or heading; case and punctuation are ignored."""
    wanted = _normalize_heading(line)
    return any(
        wanted in (_normalize_heading(section.key), _normalize_heading(section.heading))
        for section in structure.sections
    )


def extra_heading_text(section: Section, heading: str) -> str:
    """Return what a heading says beyond the section's name, or "" if it says no more, in whatever word order.

    If the heading opens with the name and a punctuation mark, that is what follows the mark; otherwise the whole
    heading.
    """
    whole = heading.strip()
    for sign in ("**", "__", "*", "_"):
        inner = whole[len(sign) : -len(sign)]
        if whole.startswith(sign) and whole.endswith(sign) and inner and sign not in inner:
            whole = inner.strip()
    names = [_normalize_heading(section.heading), _normalize_heading(section.key)]
    known = {word for name in names for word in name.split()}
    if known.issuperset(_normalize_heading(whole).split()):
        return ""
    most = max(len(name.split()) for name in names) + _MAX_NUMBERING_WORDS
    for word in reversed(list(islice(_WORD.finditer(whole), most))):
        if _normalize_heading(whole[: word.end()]) in names and (
            separator := _HEADING_SEPARATOR.match(whole, word.end())
        ):
            return whole[separator.end() :].strip()
    return whole


def _normalize_heading(heading: str) -> str:
    text = unicodedata.normalize("NFKC", heading).casefold().replace("’", "'").replace("'", "").replace("&", " and ")
    text = _NUMBERING.sub("", text)
    return " ".join(re.sub(r"[\W_]+", " ", text).split())


def _similarity(one: str, other: str) -> float:
    """Return from 0 to 1 how alike two normalized headings are; 1 means equal."""
    if one == other:
        return 1.0
    if not one or not other:
        return 0.0
    letters = min(len(one), len(other))
    if letters >= _MIN_LETTERS and fuzz.ratio(one, other) >= _MIN_LETTER_SIMILARITY:
        return 0.95
    words, other_words = _significant_words(one), _significant_words(other)
    if not words or not other_words:
        return 0.0
    if one.startswith(other + " ") or (other.startswith(one + " ") and letters >= 0.6 * len(other)):
        return _MIN_OPENING_SIMILARITY
    common = sum(any(_is_same_word(word, candidate) for candidate in other_words) for word in words)
    return 2 * common / (len(words) + len(other_words)) if common <= len(other_words) else 0.0


def _significant_words(heading: str) -> set[str]:
    return {
        word.removesuffix("s") if len(word) > 3 else word
        for word in heading.split()
        if word not in _INSIGNIFICANT_WORDS
    }


def _is_same_word(one: str, other: str) -> bool:
    return one == other or (min(len(one), len(other)) > 3 and fuzz.ratio(one, other) >= _MIN_WORD_SIMILARITY)


def match_names(typed: str, names: Sequence[Sequence[str]]) -> tuple[int, ...]:
    """Return the indices of the entries that may be meant: one if it is clear, none if nothing fits.

    ``names`` holds the names of each entry, its id first. A whole name wins over a number in the list, and a number
    over the start of a name. Case and punctuation are ignored.
    """
    wanted = _normalize_name(typed)
    if not wanted:
        return ()
    plain = [[_normalize_name(name) for name in entry] for entry in names]
    if whole := tuple(index for index, entry in enumerate(plain) if wanted in entry):
        return whole
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 10 and 1 <= int(wanted) <= len(names):
        return (int(wanted) - 1,)
    return tuple(index for index, entry in enumerate(plain) if any(name.startswith(wanted) for name in entry))


def _normalize_name(name: str) -> str:
    return "-".join("".join(char if char.isalnum() else " " for char in name.casefold()).split())


DEFAULT_STRUCTURE = "career-switch"  # the structure that the others vary


def default_structure(structures: Mapping[str, Structure]) -> Structure:
    """Return the structure for an essay that names none: DEFAULT_STRUCTURE, or the first if its file is gone."""
    return structures.get(DEFAULT_STRUCTURE) or next(iter(structures.values()))


def find_structure(structures: Mapping[str, Structure], named: str) -> Structure:
    """Return the structure that a person names by its key, its name, its number in the list or the start of a name.

    Raises UnknownStructure, naming those that may be meant or the closest key, if it is not exactly one.
    """
    known = list(structures)
    places = match_names(named, [(key, structures[key].name) for key in known])
    if len(places) == 1:
        return structures[known[places[0]]]
    if places:
        raise UnknownStructure.ambiguous(named, [known[place] for place in places])
    # At 60 of 100 rapidfuzz's ratio still matches "carer-swich" to career-switch, and no other word to a key.
    close = process.extractOne(named.lower(), known, score_cutoff=60)
    raise UnknownStructure(named, known, close[0] if close else None)


def best_structure(text: str, structures: Mapping[str, Structure]) -> Structure:
    """Return the structure of which the text's headings name most sections.

    It is the default one if it is among the best, or if no heading names a section.
    """
    titles = [part.title for part in split_sections(text) if part.level]
    fits = {key: len({match_section(one, title) for title in titles} - {None}) for key, one in structures.items()}
    best = max(fits.values(), default=0)
    if best and fits.get(DEFAULT_STRUCTURE) != best:
        return structures[next(key for key, fit in fits.items() if fit == best)]
    return default_structure(structures)
