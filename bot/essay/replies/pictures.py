"""Pictures in what a model writes: it has seen none, and whoever opens the post would fetch them from an address."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PICTURE = re.compile(
    r"!\[(?P<words>[^\[\]]{0,500})\](?:\([ \t]*<?(?P<target>[^()\s<>]*+)>?[^()\n\r]{0,300}\)|\[[^\[\]]{0,200}\])"
    r"|<img\b[^<>]*+>",
    re.IGNORECASE,
)


def without_pictures(text: str, given: Sequence[str]) -> str:
    """The text with the words of each picture in its place, but for one that stands in a text the model was given."""

    def kept(found: re.Match[str]) -> str:
        sought = found["target"] or found.group()
        return found.group() if any(sought in one for one in given) else (found["words"] or "")

    return _PICTURE.sub(kept, text)
