"""Gaps: what a post still needs, written ``[NEED: what is missing]``. Only the writer fills them."""

from __future__ import annotations

import re

from bot.essay.text.words import count_words

UNSORTED_HEADING = "Unsorted notes"
"""The heading over notes that have no section."""

# A gap may be typed over two lines or in lower case. The limit keeps a gap that is never closed from taking the rest of
# the text with it.
GAP_PATTERN = r"\[NEED:[^\[\]]{0,2000}\]"
GAP_REGEX = re.compile(GAP_PATTERN, re.IGNORECASE)


def format_gap(missing: str) -> str:
    """Return the gap for what is missing, without square brackets and line ends that would end it early."""
    return f"[NEED: {' '.join(missing.translate(str.maketrans('[]', '()')).split())}]"


def find_gaps(text: str) -> tuple[str, ...]:
    """Return the gaps in a text, in order, as they were written."""
    return tuple(GAP_REGEX.findall(text))


def count_written_words(text: str) -> int:
    """Count the words of a text without those inside gaps."""
    return count_words(GAP_REGEX.sub(" ", text))
