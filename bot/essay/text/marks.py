"""How a writer marks words that must stand in no post and reach no model: ``[leave out]``, or ``/private`` first."""

from __future__ import annotations

import re

# What stands between the words of a mark, or before it, and cannot be told from a space or from nothing on a screen:
# white space of any kind, a soft hyphen, marks of width and direction, a byte order mark.
_UNSEEN = r"(?:\s|[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff])"
_BEFORE = r"(?:[^\S\r\n]|[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff])"  # the same, within a line
_BETWEEN = rf"(?:{_UNSEEN}|[_-])"
# The signs of a list, a quotation, a heading, small print, a spoiler and emphasis may stand around a mark; those of
# emphasis belong to it where they close behind it. A path such as /private/tmp is no mark.
_MARK = re.compile(
    rf"(?P<emphasis>[*_~`]{{0,3}})\\?[\[［【]{_UNSEEN}*"
    rf"(?:(?:please{_BETWEEN}+)?leave(?:{_BETWEEN}+(?:this|it|that|them))?{_BETWEEN}*out|left{_BETWEEN}*out"
    rf"|(?:keep{_BETWEEN}+(?:this{_BETWEEN}+)?)?private)"
    rf"{_UNSEEN}*(?:\\?[\]］】](?P=emphasis)[ \t]*:?|:(?=[^\[\]［］【】\n]*[\]］】]))[ \t]*"
    rf"|(?P<lead>^{_BEFORE}*(?:(?:[-*+>#|]|\d{{1,3}}[.)]){_BEFORE}*)*)/private(?![\w/])[ \t]*[:.,]?[ \t]*",
    re.IGNORECASE | re.MULTILINE,
)

_LINE_CHARACTERS = 80  # enough of a line to find it by


def is_marked(text: str) -> bool:
    """Whether a mark stands anywhere in the text."""
    return _MARK.search(text) is not None


def unmarked(text: str) -> str:
    """The text without its marks; what stands around them stays."""
    return _MARK.sub(lambda match: match["lead"] or "", text)


def marked_line(text: str) -> str | None:
    """The line on which the first mark stands, cut where it is long; None where there is no mark."""
    if (found := _MARK.search(text)) is None:
        return None
    line = text[text.rfind("\n", 0, found.start()) + 1 :].splitlines()[0].strip()
    return line if len(line) <= _LINE_CHARACTERS else f"{line[: _LINE_CHARACTERS - 1].rstrip()}…"


def is_mark_alone(text: str) -> bool:
    """Whether a text is a mark and has no words besides."""
    return is_marked(text) and not any(map(str.isalnum, unmarked(text)))
