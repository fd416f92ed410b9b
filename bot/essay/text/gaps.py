"""Gaps: what a post still needs, written ``[NEED: what is missing]`` and filled by nobody but the writer."""

from __future__ import annotations

import re

from bot.essay.text.words import count_words

UNSORTED_HEADING = "Unsorted notes"
"""The heading over the notes that have no section."""

# A gap may be typed over two lines or in small letters; 2,000 characters keep one that is never closed from taking
# the rest of the text with it.
GAP_PATTERN = r"\[NEED:[^\[\]]{0,2000}\]"
GAP_REGEX = re.compile(GAP_PATTERN, re.IGNORECASE)


def format_gap(missing: str) -> str:
    """The gap for what is missing. Square brackets and line ends, which would end it early, give way."""
    return f"[NEED: {' '.join(missing.translate(str.maketrans('[]', '()')).split())}]"


def find_gaps(text: str) -> tuple[str, ...]:
    """Every gap in a text, in order, as it stands there."""
    return tuple(GAP_REGEX.findall(text))


def count_written_words(text: str) -> int:
    """The words of a text that somebody wrote: those inside gaps are still to be."""
    return count_words(GAP_REGEX.sub(" ", text))
