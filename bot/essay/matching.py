"""Find what somebody means by a few words.

The section that a heading stands for, an entry of a list by its name, number or beginning, and the structure that a
page of notes was written for.
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
# What parts a section's name from what a heading says beyond it, with the signs of emphasis that close around the name.
_HEADING_SEPARATOR = re.compile(r"[*_]*\s*(?:[:：]+[*_]*\s*|[–—\-.,;|/!?…→]+[*_]*\s+)(?=.*\w)")
# Words that a heading of any section may hold; what is left says which section it is.
_INSIGNIFICANT_WORDS = word_set(
    "a an the i my me it its is was am are be been to of and or what this that these how we our"
)
# Letters may differ by a typing slip, not by a word.
_MIN_LETTER_SIMILARITY = 88
_MIN_WORD_SIMILARITY = 85
# Short strings are too close to each other for letters to decide ("the no", "the now").
_MIN_LETTERS = 8
# Share of the telling words in common (Dice). "What the transition actually looked like" and "What it actually looked
# like" have 0.86; two headings that share one telling word of two have 0.5.
_MIN_SIMILARITY = 0.75
_MIN_OPENING_SIMILARITY = 0.85


def match_section(structure: Structure, title: str) -> Section | None:
    """The section that a heading names: by its key, its heading, or close to either; None where none is close.

    Case, punctuation, hyphens and a number in front are set aside. Headings are close if they differ by a slip of the
    hand, if one opens with the other, or if most of their telling words are the same. A section may be found for two
    headings of one text; that is for the caller to settle.
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
    """Whether a line is a section's key or heading to the letter, case and punctuation set aside."""
    wanted = _normalize_heading(line)
    return any(
        wanted in (_normalize_heading(section.key), _normalize_heading(section.heading))
        for section in structure.sections
    )


def extra_heading_text(section: Section, heading: str) -> str:
    """What a heading says beyond the section's name; "" where it says no more, whatever the order of its words.

    Where the name opens the heading and a sign of punctuation follows, it is what stands behind; else all of it.
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
            parting := _HEADING_SEPARATOR.match(whole, word.end())
        ):
            return whole[parting.end() :].strip()
    return whole


def _normalize_heading(heading: str) -> str:
    text = unicodedata.normalize("NFKC", heading).casefold().replace("’", "'").replace("'", "").replace("&", " and ")
    text = _NUMBERING.sub("", text)
    return " ".join(re.sub(r"[\W_]+", " ", text).split())


def _similarity(one: str, other: str) -> float:
    """From 0 to 1, where 1 is the same heading."""
    if one == other:
        return 1.0
    if not one or not other:
        return 0.0
    letters = min(len(one), len(other))
    if letters >= _MIN_LETTERS and fuzz.ratio(one, other) >= _MIN_LETTER_SIMILARITY:
        return 0.95
    telling, against = _significant_words(one), _significant_words(other)
    if not telling or not against:
        return 0.0
    if one.startswith(other + " ") or (other.startswith(one + " ") and letters >= 0.6 * len(other)):
        return _MIN_OPENING_SIMILARITY
    common = sum(any(_is_same_word(word, candidate) for candidate in against) for word in telling)
    return 2 * common / (len(telling) + len(against)) if common <= len(against) else 0.0


def _significant_words(heading: str) -> set[str]:
    return {
        word.removesuffix("s") if len(word) > 3 else word
        for word in heading.split()
        if word not in _INSIGNIFICANT_WORDS
    }


def _is_same_word(one: str, other: str) -> bool:
    return one == other or (min(len(one), len(other)) > 3 and fuzz.ratio(one, other) >= _MIN_WORD_SIMILARITY)


def match_names(typed: str, names: Sequence[Sequence[str]]) -> tuple[int, ...]:
    """The places in the list of all that may be meant: one where that is clear, none where nothing fits.

    ``names`` are those of each entry, of which the first is its id. A whole name goes before a number in the list, and
    that before the start of a name. Capitals, and what stands between words, make no difference.
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
    """The structure of an essay for which none was chosen: the default one, or the first where its file is gone."""
    return structures.get(DEFAULT_STRUCTURE) or next(iter(structures.values()))


def find_structure(structures: Mapping[str, Structure], named: str) -> Structure:
    """The structure that a person names: by its key, its name, its number in the list, or the start of a name.

    Raises UnknownStructure, naming those that may be meant, or the closest key, where it is not one.
    """
    known = list(structures)
    places = match_names(named, [(key, structures[key].name) for key in known])
    if len(places) == 1:
        return structures[known[places[0]]]
    if places:
        raise UnknownStructure.ambiguous(named, [known[place] for place in places])
    # 60 of 100 is where rapidfuzz's ratio still joins "carer-swich" to career-switch and no word to another key.
    close = process.extractOne(named.lower(), known, score_cutoff=60)
    raise UnknownStructure(named, known, close[0] if close else None)


def best_structure(text: str, structures: Mapping[str, Structure]) -> Structure:
    """The structure that most headings of the text name a section of; the usual one where none does."""
    titles = [part.title for part in split_sections(text) if part.level]
    fits = {key: len({match_section(one, title) for title in titles} - {None}) for key, one in structures.items()}
    best = max(fits.values(), default=0)
    if best and fits.get(DEFAULT_STRUCTURE) != best:
        return structures[next(key for key, fit in fits.items() if fit == best)]
    return default_structure(structures)
