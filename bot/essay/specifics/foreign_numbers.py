"""Numbers written out in French, German, Spanish, Portuguese, Italian and Dutch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from text_to_num import find_numbers  # type: ignore[import-untyped]  # the wheel holds no types

from bot.essay.specifics.number_words import Written
from bot.essay.text.languages import Language

_TOKEN = re.compile(r"\w+|\W")
# "One and a half", which the library does not know.
_HALVES = {
    "anderthalb": Fraction(3, 2),
    "eineinhalb": Fraction(3, 2),
    "zweieinhalb": Fraction(5, 2),
    "dreieinhalb": Fraction(7, 2),
    "viereinhalb": Fraction(9, 2),
    "anderhalf": Fraction(3, 2),
    "anderhalve": Fraction(3, 2),
}
_HALF = re.compile(rf"\b(?:{'|'.join(_HALVES)})(?:en|e[mrs]?)?\b", re.IGNORECASE)
# Words that are numbers in some places only: Portuguese weekdays, "you are" in Italian, "new" in French.
_WEEKDAYS = frozenset({"quarta", "quinta", "sexta"})
_COUNTED_IN_ITALIAN = re.compile(r"\s+[^\W\d_]{2,}[ie]\b")
_NEW_IN_FRENCH = re.compile(r"\b(?:de|du|à|tout|flambant|peu)\s+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A word, or a character between words, in the shape of the library's tokens."""

    start: int
    words: str

    def text(self) -> str:
        """The token itself."""
        return self.words

    def nt_separated(self, _: _Piece) -> bool:
        """Whether something that is not written parts it from the one before."""
        return False

    def not_a_number_part(self) -> bool:
        """Whether it is known to belong to no number."""
        return False


def foreign_numbers(text: str, language: Language) -> list[Written]:
    """Every number from two on that is written out in the language, in order; ordinals from "fourth" on.

    "One" is an article in all of these languages, and counts nothing. None in English, which number_words reads, and
    in languages that are not known.
    """
    if language in ("en", "other"):
        return []
    pieces = [_Piece(match.start(), match.group()) for match in _TOKEN.finditer(text)]
    found = [
        Written(match.start(), match.end(), next(value for word, value in _HALVES.items() if _begins(match, word)))
        for match in _HALF.finditer(text)
    ]
    for one in find_numbers(pieces, language, 0.0):
        first, last = pieces[one.start], pieces[one.end - 1]
        start, end = first.start, last.start + len(last.words)
        value = Fraction(str(one.value))
        if value == 1 or (one.is_ordinal and value <= 3) or not _counts(text, start, end):
            continue
        found.append(Written(start, end, value, "th" if one.is_ordinal else ""))
    return found


def _begins(match: re.Match[str], word: str) -> bool:
    return match.group().lower().startswith(word)


def _counts(text: str, start: int, end: int) -> bool:
    word = text[start:end].lower()
    if word in _WEEKDAYS or not any(map(str.isalpha, word)):
        return False  # digits are read with the digits
    if word == "sei":
        return _COUNTED_IN_ITALIAN.match(text, end) is not None
    return word != "neuf" or _NEW_IN_FRENCH.search(text, max(0, start - 12), start) is None
