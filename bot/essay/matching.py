"""Which section of a structure a heading names."""

from __future__ import annotations

import re
import unicodedata

from rapidfuzz import fuzz

from bot.essay.structure import Section, Structure

# Words that say nothing of which section is meant.
_EMPTY = frozenset("a an and at for i in is it its me my of on or that the this to was were what who with".split())
# Of 100, on the words that say something: lets through a misspelt or inflected word ("what I miss", "the lable
# problem"), keeps out another subject in the same mould ("the stuck month" against "the first month": 67).
_CLOSE = 80


def match_section(structure: Structure, title: str) -> Section | None:
    """The section that a heading names by its key, its heading or close to either; None where it names none.

    Case, punctuation, accents and hyphens do not count, nor do words such as "what" and "the".
    """
    wanted = _plain(title)
    if not wanted:
        return None
    for section in structure.sections:
        if wanted in (_plain(section.key), _plain(section.heading)):
            return section
    scored = [(_closeness(wanted, section), section) for section in structure.sections]
    score, best = max(scored, key=lambda pair: pair[0])
    return best if score >= _CLOSE else None


def _closeness(wanted: str, section: Section) -> float:
    return max(_score(_telling(wanted), _telling(_plain(name))) for name in (section.heading, section.key))


def _score(one: list[str], other: list[str]) -> float:
    if not one or not other:
        return 0
    # Two telling words or more that all stand in the other heading name the same thing more or less fully.
    if len(common := set(one) & set(other)) >= 2 and common in (set(one), set(other)):
        return 100 - abs(len(one) - len(other))
    return fuzz.ratio(" ".join(one), " ".join(other))


def _telling(plain: str) -> list[str]:
    return [word for word in plain.split() if word not in _EMPTY]


def _plain(title: str) -> str:
    bare = "".join(char for char in unicodedata.normalize("NFKD", title) if not unicodedata.combining(char))
    return " ".join(re.findall(r"\w+", bare.casefold().replace("_", " ").replace("'", "").replace("’", "")))
