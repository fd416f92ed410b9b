"""How a writer marks words that must stand in no post and reach no model: ``[private]``, or ``/private`` first.

A mark stays where it was typed until the writer takes it away. What it covers is found anew each time:
the item of a list or else the block (paragraph, quotation, code) that it stands in, wherever in it; in a heading all
that stands under it, with the deeper headings; alone all that follows, up to a heading that is no deeper than the last
one. Lists are cut at their outermost items.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from bot.essay.text.commonmark import outline
from bot.essay.text.words import count_words

MARK = "[private]"
"""The mark as it is written where the writer's own stands elsewhere, in a heading say."""

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
    return any(sign in text for sign in "[［【/") and _MARK.search(text) is not None


def unmarked(text: str) -> str:
    """The text without its marks; what stands around them stays."""
    return _MARK.sub(lambda match: match["lead"] or "", text)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a text from one cut to the next, as it stands there, and whether a mark covers it."""

    text: str
    private: bool


def public_text(text: str) -> str:
    """The text without the passages that a mark covers; "" where no word is left."""
    return _apart(text)[0]


def private_passages(text: str) -> tuple[str, ...]:
    """The passages of the text that a mark covers, without the marks; those that hold no word are passed over."""
    return _apart(text)[1]


# The notes of an essay are read again for each panel, and a long text takes a while: remembered, it takes none.
@lru_cache(maxsize=4096)
def _apart(text: str) -> tuple[str, tuple[str, ...]]:
    """What of the text is public, and its private passages."""
    found: list[str] = []
    while is_marked(text):
        parts, _ = stretches(text)
        found += [trimmed(unmarked(part.text)) for part in parts if part.private]
        text = trimmed("".join(part.text for part in parts if not part.private))
        text = text if count_words(text) else ""
    return text, tuple(passage for passage in found if count_words(passage))


def says_something(text: str) -> bool:
    """Whether the text holds a word besides its marks."""
    return count_words(unmarked(text)) > 0


def trimmed(text: str) -> str:
    """Without blank lines at the start and white space at the end; the first line keeps its indent."""
    return re.sub(r"\A(?:[ \t]*\n)+", "", text).rstrip()


def stretches(text: str, level: int = 0) -> tuple[tuple[Stretch, ...], int | None]:
    """The text cut where a mark begins or ends to cover it; joining the parts gives the text back.

    ``level`` is that of the heading it stands under. Second comes the level of the heading under which all is private
    at its end, None where nothing is.
    """
    found: list[Stretch] = []
    run: list[str] = []
    inside, closed = level, None

    def end(*, private: bool) -> None:
        if run:
            found.append(Stretch("".join(run), private))
            run.clear()

    for piece, depth, mark in _pieces(text):
        if depth and closed is not None and depth <= closed:
            end(private=True)
            closed = None
        inside = depth or inside
        if closed is not None or mark is None:
            run.append(piece)
            continue
        end(private=False)
        run.append(piece)
        if depth or mark.alone:
            closed = inside
        else:
            end(private=True)
    end(private=closed is not None)
    return tuple(found), closed


@dataclass(frozen=True, slots=True)
class _Marked:
    """That a mark stands in a piece of a text, with words beside it or ``alone``."""

    alone: bool


def _pieces(text: str) -> Iterator[tuple[str, int, _Marked | None]]:
    """The blocks of the text, lists by their items, each with its level as a heading (0 for none) and its mark."""
    marks = [(match.end("lead") if match["lead"] else match.start(), match.end()) for match in _MARK.finditer(text)]
    at = 0
    for piece, depth in outline(text):
        end = at + len(piece)
        here = [(max(at, first) - at, min(end, last) - at) for first, last in marks if first < end and at < last]
        mark = None
        if here:  # a mark may be typed over two lines, and so over two blocks
            besides = "".join(piece[a:b] for a, b in _between(here, len(piece)))
            mark = _Marked(alone=not any(map(str.isalnum, besides)))
        yield piece, depth, mark
        at = end


def _between(spans: list[tuple[int, int]], end: int) -> Iterator[tuple[int, int]]:
    """What lies before, between and behind the spans, up to ``end``."""
    at = 0
    for first, last in spans:
        yield at, first
        at = last
    yield at, end


def marked_line(text: str) -> str | None:
    """The line on which the first mark stands, cut where it is long; None where there is no mark."""
    if (found := _MARK.search(text)) is None:
        return None
    line = text[text.rfind("\n", 0, found.start()) + 1 :].splitlines()[0].strip()
    return line if len(line) <= _LINE_CHARACTERS else f"{line[: _LINE_CHARACTERS - 1].rstrip()}…"


def is_mark_alone(text: str) -> bool:
    """Whether a text is a mark and has no words besides."""
    return is_marked(text) and not any(map(str.isalnum, unmarked(text)))
