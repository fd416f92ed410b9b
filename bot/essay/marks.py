"""How a writer marks words that must stand in no post and reach no model: ``[leave out]``, or ``/private`` first."""

from __future__ import annotations

import re

# The signs of a list, a quotation and emphasis may stand around a mark; those of emphasis belong to it where they close
# behind it. A path such as /private/tmp is no mark.
_MARK = re.compile(
    r"(?P<emphasis>[*_~`]{0,3})\\?[\[［【][ ]?"
    r"(?:(?:please[ ])?leave(?:[ ](?:this|it|that|them))?[ _-]?out|left[ _-]?out|(?:keep[ ](?:this[ ])?)?private)"
    r"[ ]?\\?[\]］】](?P=emphasis)[ \t]*:?[ \t]*"
    r"|(?P<lead>^[ \t]*(?:(?:[-*+>]|\d{1,3}[.)])[ \t]+)*)/private(?![\w/])[ \t]*[:.,]?[ \t]*",
    re.IGNORECASE | re.MULTILINE,
)


def is_marked(text: str) -> bool:
    """Whether a mark stands anywhere in the text."""
    return _MARK.search(text) is not None


def unmarked(text: str) -> str:
    """The text without its marks; what stands around them stays."""
    return _MARK.sub(lambda match: match["lead"] or "", text)


def is_mark_alone(text: str) -> bool:
    """Whether a text is a mark and has no words besides."""
    return is_marked(text) and not any(map(str.isalnum, unmarked(text)))
