"""Counting words in the one way the whole project counts them."""

from __future__ import annotations


def word_set(words: str) -> frozenset[str]:
    """A set of words written in one string with spaces between, as the word lists of this room are."""
    return frozenset(words.split())


def count_words(text: str) -> int:
    """The number of words: runs between white space that hold a letter or a digit. A lone dash is no word."""
    return sum(1 for run in text.split() if any(map(str.isalnum, run)))
