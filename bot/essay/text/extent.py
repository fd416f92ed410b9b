"""The length of a text, with what was counted: a limit must mean the same to everybody, and name what it measures."""

from __future__ import annotations

from dataclasses import dataclass

from bot.essay.text.gaps import GAP
from bot.essay.text.scripts import UNSPACED, letters
from bot.essay.text.sections import split
from bot.essay.text.words import count_words


@dataclass(frozen=True, slots=True)
class Extent:
    """The length of a text. ``characters`` are the letters of scripts without spaces, ``words`` the words of the rest.

    ``size`` is how many words of a language with spaces the text comes to.
    """

    words: int
    characters: int
    size: int

    def __str__(self) -> str:
        """What was counted: "3 words", or "3 words and 21,000 characters, as much as 10,503 words"."""
        if not self.characters:
            return _counted(self.words, "word")
        counted = _counted(self.characters, "character")
        both = f"{_counted(self.words, 'word')} and {counted}" if self.words else counted
        return f"{both}, as much as {_counted(self.size, 'word')}"


def extent(text: str) -> Extent:
    """The length of a text apart from its headings and gaps."""
    body = GAP.sub(" ", "\n".join(part.body for part in split(text)))
    return Extent(count_words(UNSPACED.sub(" ", body)), letters(UNSPACED, body), count_words(body))


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
