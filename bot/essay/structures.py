"""Which structure a page of notes was written for."""

from __future__ import annotations

from collections.abc import Mapping

from rapidfuzz import process

from bot.errors import UnknownStructure
from bot.essay.matching import match_section
from bot.essay.naming import meant
from bot.essay.structure import Structure
from bot.essay.text.sections import split

DEFAULT = "career-switch"  # the structure that the others vary


def usual(structures: Mapping[str, Structure]) -> Structure:
    """The structure of an essay for which none was chosen: the default one, or the first where its file is gone."""
    return structures.get(DEFAULT) or next(iter(structures.values()))


def find(structures: Mapping[str, Structure], named: str) -> Structure:
    """The structure that a person names: by its key, its name, its number in the list, or the start of a name.

    Raises UnknownStructure, naming those that may be meant, or the closest key, where it is not one.
    """
    known = list(structures)
    places = meant(named, [(key, structures[key].name) for key in known])
    if len(places) == 1:
        return structures[known[places[0]]]
    if places:
        raise UnknownStructure.several(named, [known[place] for place in places])
    # 60 of 100 is where rapidfuzz's ratio still joins "carer-swich" to career-switch and no word to another key.
    close = process.extractOne(named.lower(), known, score_cutoff=60)
    raise UnknownStructure(named, known, close[0] if close else None)


def fitting(text: str, structures: Mapping[str, Structure]) -> Structure:
    """The structure that most headings of the text name a section of; the usual one where none does."""
    titles = [part.title for part in split(text) if part.level]
    fits = {key: len({match_section(one, title) for title in titles} - {None}) for key, one in structures.items()}
    best = max(fits.values(), default=0)
    if best and fits.get(DEFAULT) != best:
        return structures[next(key for key, fit in fits.items() if fit == best)]
    return usual(structures)
