"""Which structure a page of notes was written for."""

from __future__ import annotations

from collections.abc import Mapping

from bot.essay.matching import match_section
from bot.essay.structure import Structure
from bot.essay.text.sections import split

DEFAULT = "career-switch"  # the structure that the others vary


def usual(structures: Mapping[str, Structure]) -> Structure:
    """The structure of an essay for which none was chosen: the default one, or the first where its file is gone."""
    return structures.get(DEFAULT) or next(iter(structures.values()))


def fitting(text: str, structures: Mapping[str, Structure]) -> Structure:
    """The structure that most headings of the text name a section of; the usual one where none does."""
    titles = [part.title for part in split(text) if part.level]
    fits = {key: len({match_section(one, title) for title in titles} - {None}) for key, one in structures.items()}
    best = max(fits.values(), default=0)
    if best and fits.get(DEFAULT) != best:
        return structures[next(key for key, fit in fits.items() if fit == best)]
    return usual(structures)
