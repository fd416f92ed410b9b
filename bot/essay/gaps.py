"""A gap: what a post still needs, written ``[NEED: what is missing]`` and never filled by anyone but the writer."""

from __future__ import annotations

import re

GAP = re.compile(r"\[NEED: [^\[\]\n]*\]")


def gap(missing: str) -> str:
    """The gap for what is missing. Square brackets and line ends, which would end it early, give way."""
    return f"[NEED: {' '.join(missing.translate(str.maketrans('[]', '()')).split())}]"


def gaps(text: str) -> tuple[str, ...]:
    """Every gap in a text, in order, as it stands there."""
    return tuple(GAP.findall(text))
