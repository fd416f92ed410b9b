"""Counting words in the one way the whole project counts them, and telling what is there from what only looks empty."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable

from bot.essay.text.scripts import COUNTED_BY_LETTER, LETTERS_PER_WORD, letters

_BLANK = "\u115f\u1160\u2800\u3164\uffa0"  # Hangul fillers, which count as letters, and braille without a dot
_WITHOUT_BLANKS = str.maketrans(dict.fromkeys(_BLANK))


def word_set(words: str) -> frozenset[str]:
    """A set of words written in one string with spaces between, as the word lists of this room are."""
    return frozenset(words.split())


def count_words(text: str) -> int:
    """The number of words: runs between white space that hold a letter or a digit which shows.

    A lone dash is no word, nor is a character without width. In scripts whose words no space parts, so many letters
    count as one word as stand for one of English.
    """
    if text.isascii():
        return _runs(text)
    if any(blank in text for blank in _BLANK):
        text = text.translate(_WITHOUT_BLANKS)
    by_letter = sum(letters(script, text) / to_a_word for script, to_a_word in LETTERS_PER_WORD)
    return _runs(COUNTED_BY_LETTER.sub(" ", text)) + math.ceil(by_letter)


def _runs(text: str) -> int:
    return sum(1 for run in text.split() if any(map(str.isalnum, run)))


def has_words(texts: Iterable[str]) -> bool:
    """Whether there is a word in any of them."""
    return any(count_words(text) for text in texts)


def shows(text: str) -> bool:
    """Whether any of it leaves a mark on the screen: by its category in Unicode, but for the blank ones in those."""
    return any(unicodedata.category(char)[0] in "LNSP" and char not in _BLANK for char in text)


def shortened(text: str, most: int) -> str:
    """The text with at most so many characters, cut at a word; an ellipsis shows the cut."""
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip(" ,;:–—") + "…"
