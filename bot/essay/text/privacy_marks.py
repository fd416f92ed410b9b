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

from bot.essay.text.markdown import split_blocks_with_levels
from bot.essay.text.words import count_words

PRIVATE_MARK = "[private]"
"""The mark as it is written where the writer's own stands elsewhere, in a heading say."""

# What stands between the words of a mark, or before it, and cannot be told from a space or from nothing on a screen:
# white space of any kind, a soft hyphen, marks of width and direction, a byte order mark.
_INVISIBLE = r"(?:\s|[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff])"
_LINE_INDENT = r"(?:[^\S\r\n]|[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff])"  # the same, within a line
_WORD_GAP = rf"(?:{_INVISIBLE}|[_-])"
# The signs of a list, a quotation, a heading, small print, a spoiler and emphasis may stand around a mark; those of
# emphasis belong to it where they close behind it. A path such as /private/tmp is no mark.
_PRIVATE_MARK_REGEX = re.compile(
    rf"(?P<emphasis>[*_~`]{{0,3}})\\?[\[［【]{_INVISIBLE}*"
    rf"(?:(?:please{_WORD_GAP}+)?leave(?:{_WORD_GAP}+(?:this|it|that|them))?{_WORD_GAP}*out|left{_WORD_GAP}*out"
    rf"|(?:keep{_WORD_GAP}+(?:this{_WORD_GAP}+)?)?private)"
    rf"{_INVISIBLE}*(?:\\?[\]］】](?P=emphasis)[ \t]*:?|:(?=[^\[\]［］【】\n]*[\]］】]))[ \t]*"
    rf"|(?P<lead>^{_LINE_INDENT}*(?:(?:[-*+>#|]|\d{{1,3}}[.)]){_LINE_INDENT}*)*)/private(?![\w/])[ \t]*[:.,]?[ \t]*",
    re.IGNORECASE | re.MULTILINE,
)

_MAX_LINE_CHARACTERS = 80  # enough of a line to find it by


def has_private_mark(text: str) -> bool:
    """Whether a mark stands anywhere in the text."""
    return any(sign in text for sign in "[［【/") and _PRIVATE_MARK_REGEX.search(text) is not None


def remove_private_marks(text: str) -> str:
    """The text without its marks; what stands around them stays."""
    return _PRIVATE_MARK_REGEX.sub(lambda match: match["lead"] or "", text)


@dataclass(frozen=True, slots=True)
class MarkedStretch:
    """A part of a text from one cut to the next, as it stands there, and whether a mark covers it."""

    text: str
    is_private: bool


def public_text(text: str) -> str:
    """The text without the passages that a mark covers; "" where no word is left."""
    return _split_public_and_private(text)[0]


def private_passages(text: str) -> tuple[str, ...]:
    """The passages of the text that a mark covers, without the marks; those that hold no word are passed over."""
    return _split_public_and_private(text)[1]


# The notes of an essay are read again for each panel, and a long text takes a while: remembered, it takes none.
@lru_cache(maxsize=4096)
def _split_public_and_private(text: str) -> tuple[str, tuple[str, ...]]:
    """What of the text is public, and its private passages."""
    found: list[str] = []
    while has_private_mark(text):
        parts, _ = split_at_private_marks(text)
        found += [trim_blank_lines(remove_private_marks(part.text)) for part in parts if part.is_private]
        text = trim_blank_lines("".join(part.text for part in parts if not part.is_private))
        text = text if count_words(text) else ""
    return text, tuple(passage for passage in found if count_words(passage))


def has_words_besides_marks(text: str) -> bool:
    """Whether the text holds a word besides its marks."""
    return count_words(remove_private_marks(text)) > 0


def trim_blank_lines(text: str) -> str:
    """Without blank lines at the start and white space at the end; the first line keeps its indent."""
    return re.sub(r"\A(?:[ \t]*\n)+", "", text).rstrip()


def split_at_private_marks(text: str, level: int = 0) -> tuple[tuple[MarkedStretch, ...], int | None]:
    """The text cut where a mark begins or ends to cover it; joining the parts gives the text back.

    ``level`` is that of the heading it stands under. Second comes the level of the heading under which all is private
    at its end, None where nothing is.
    """
    found: list[MarkedStretch] = []
    run: list[str] = []
    inside, closed = level, None

    def end(*, private: bool) -> None:
        if run:
            found.append(MarkedStretch("".join(run), private))
            run.clear()

    for piece, depth, mark in _blocks_with_marks(text):
        if depth and closed is not None and depth <= closed:
            end(private=True)
            closed = None
        inside = depth or inside
        if closed is not None or mark is None:
            run.append(piece)
            continue
        end(private=False)
        run.append(piece)
        if depth or mark.is_alone:
            closed = inside
        else:
            end(private=True)
    end(private=closed is not None)
    return tuple(found), closed


@dataclass(frozen=True, slots=True)
class _BlockMark:
    """That a mark stands in a piece of a text, with words beside it or ``alone``."""

    is_alone: bool


def _blocks_with_marks(text: str) -> Iterator[tuple[str, int, _BlockMark | None]]:
    """The blocks of the text, lists by their items, each with its level as a heading (0 for none) and its mark."""
    marks = [
        (match.end("lead") if match["lead"] else match.start(), match.end())
        for match in _PRIVATE_MARK_REGEX.finditer(text)
    ]
    at = 0
    for piece, depth in split_blocks_with_levels(text):
        end = at + len(piece)
        here = [(max(at, first) - at, min(end, last) - at) for first, last in marks if first < end and at < last]
        mark = None
        if here:  # a mark may be typed over two lines, and so over two blocks
            besides = "".join(piece[a:b] for a, b in _spans_between(here, len(piece)))
            mark = _BlockMark(is_alone=not any(map(str.isalnum, besides)))
        yield piece, depth, mark
        at = end


def _spans_between(spans: list[tuple[int, int]], end: int) -> Iterator[tuple[int, int]]:
    """What lies before, between and behind the spans, up to ``end``."""
    at = 0
    for first, last in spans:
        yield at, first
        at = last
    yield at, end


def first_marked_line(text: str) -> str | None:
    """The line on which the first mark stands, cut where it is long; None where there is no mark."""
    if (found := _PRIVATE_MARK_REGEX.search(text)) is None:
        return None
    line = text[text.rfind("\n", 0, found.start()) + 1 :].splitlines()[0].strip()
    return line if len(line) <= _MAX_LINE_CHARACTERS else f"{line[: _MAX_LINE_CHARACTERS - 1].rstrip()}…"


def is_only_private_mark(text: str) -> bool:
    """Whether a text is a mark and has no words besides."""
    return has_private_mark(text) and not any(map(str.isalnum, remove_private_marks(text)))
