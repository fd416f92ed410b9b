"""How long a text is in any script. Some put no space between words, so that a sentence would count as one word."""

from __future__ import annotations

import math

from bot.essay.text.scripts import LETTERS_PER_WORD, UNSPACED, letters
from bot.essay.text.words import count_words


def about_words(text: str) -> int:
    """How many words the text has, or would have in a script with spaces between them."""
    without_spaces = sum(letters(script, text) / to_a_word for script, to_a_word in LETTERS_PER_WORD)
    return count_words(UNSPACED.sub(" ", text)) + math.ceil(without_spaces)
