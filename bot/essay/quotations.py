"""Finds the words that somebody quotes from a text: exactly, else allowing for how quoting changes them, else not."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from rapidfuzz import fuzz

from bot.essay.spans import Span
from bot.essay.words import count_words

# Of 100: what rapidfuzz's partial ratio gives a quotation of a dozen words with one letter or mark wrong. Lower, and a
# quotation that says something else ("I was not fired" for "I was fired": 93) would pass.
_ALIGNED = 97
_LEAST_WORDS_ALIGNED = 4  # in fewer words, one different letter is a different word

_ENDS = re.compile(r"\A(?:\.\.\.|[\s\"'])+|(?:\.\.\.|[\s\"'])+\Z")  # an ellipsis or quotation marks around a quotation

_ALIKE = str.maketrans(
    {
        **dict.fromkeys("“”„«»″‟", '"'),
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("–—―‒‐‑−", "-"),
        **dict.fromkeys("*_", None),
    }
)


@dataclass(frozen=True, slots=True)
class _Folded:
    """A text with what quoting changes made equal, and for each of its characters where it stood."""

    text: str
    places: tuple[int, ...]


def locate(text: str, quotation: str, start: int = 0) -> Span | None:
    """Where the quotation stands in the text, at or behind ``start`` if it stands there, else anywhere.

    Exactly; else with curly quotes, dashes, emphasis marks, white space and case made equal and an ellipsis at either
    end passed over; else the best alignment, if all but a letter or a mark agrees. None where the text does not say it.
    """
    if not count_words(quotation):
        return None
    exact = text.find(quotation, start)
    if exact < 0:
        exact = text.find(quotation)
    if exact >= 0:
        return Span(exact, exact + len(quotation))
    folded, wanted = _fold(text), _ENDS.sub("", _fold(quotation).text)
    if not wanted:
        return None
    at = folded.text.find(wanted)
    if at >= 0:
        return _span(folded, at, at + len(wanted))
    if count_words(wanted) < _LEAST_WORDS_ALIGNED or len(wanted) > len(folded.text):
        return None
    aligned = fuzz.partial_ratio_alignment(wanted, folded.text, score_cutoff=_ALIGNED)
    if aligned is None or aligned.dest_end <= aligned.dest_start:
        return None
    if _words(wanted) != _words(found := folded.text[aligned.dest_start : aligned.dest_end]) and not _one_letter(
        wanted, found
    ):
        return None
    return _span(folded, aligned.dest_start, aligned.dest_end)


def _words(folded: str) -> list[str]:
    return "".join(char if char.isalnum() else " " for char in folded).split()


def _one_letter(one: str, other: str) -> bool:
    """Whether the same number of words stands in both and no word differs by more than a slip."""
    pairs = list(zip(_words(one), _words(other), strict=False))
    if len(_words(one)) != len(_words(other)):
        return False
    return all(left == right or (len(left) > 3 and fuzz.ratio(left, right) >= 80) for left, right in pairs)


def _fold(text: str) -> _Folded:
    letters: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        for folded in unicodedata.normalize("NFKC", char).translate(_ALIKE).casefold():
            if folded.isspace():
                if letters and letters[-1] == " ":
                    continue
                folded = " "
            letters.append(folded)
            places.append(place)
    return _Folded("".join(letters), tuple(places))


def _span(folded: _Folded, start: int, end: int) -> Span:
    return Span(folded.places[start], folded.places[end - 1] + 1)
