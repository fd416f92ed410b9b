"""Private marks: how a writer keeps words from posts and models, ``[private]`` or ``/private`` first.

A mark stays where it was typed until the writer removes it, and what it covers is worked out anew each time. A mark
among words covers the list item or the block (paragraph, quotation, code) that it is in. A mark in a heading covers all
that is under the heading, deeper headings included. A mark alone covers all that follows, up to a heading no deeper
than the last one. Lists are split at their outermost items.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from bot.essay.text.markdown import split_blocks_with_levels
from bot.essay.text.words import count_words

PRIVATE_MARK = "[private]"
"""The mark that we write, where the writer's own is elsewhere, for example in a heading."""

# What may be between the words of a mark, or before it, and looks like a space or like nothing: white space of any
# kind, a soft hyphen, marks of width and direction, a byte order mark.
_INVISIBLE = r"(?:\s|[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff])"
_LINE_INDENT = r"(?:[^\S\r\n]|[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff])"  # the same, within a line
_WORD_GAP = rf"(?:{_INVISIBLE}|[_-])"
# The Markdown of a list, quotation, heading, small print, spoiler or emphasis may be around a mark. Emphasis that
# closes behind the mark belongs to it. A path such as /private/tmp is no mark.
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
    """Return whether there is a mark anywhere in the text."""
    return _find_first_mark(text) is not None


def _find_first_mark(text: str) -> re.Match[str] | None:
    """Return the first mark; a text without any sign that one begins with is not searched."""
    return _PRIVATE_MARK_REGEX.search(text) if any(sign in text for sign in "[［【/") else None


def remove_private_marks(text: str) -> str:
    """Return the text without its marks."""
    return _PRIVATE_MARK_REGEX.sub(lambda match: match["lead"] or "", text)


@dataclass(frozen=True, slots=True)
class MarkedStretch:
    """A part of a text as it was written, and whether a mark covers it."""

    text: str
    is_private: bool


def public_text(text: str) -> str:
    """Return the text without the passages that marks cover; "" if no word is left."""
    return _split_public_and_private(text)[0]


def private_passages(text: str) -> tuple[str, ...]:
    """Return the passages of the text that marks cover, without the marks; passages without a word are left out."""
    return _split_public_and_private(text)[1]


# The notes of an essay are read again for each panel, and a long text takes a while.
@lru_cache(maxsize=4096)
def _split_public_and_private(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the public text and the private passages."""
    found: list[str] = []
    while has_private_mark(text):
        parts, _ = split_at_private_marks(text)
        found += [trim_blank_lines(remove_private_marks(part.text)) for part in parts if part.is_private]
        text = trim_blank_lines("".join(part.text for part in parts if not part.is_private))
        text = text if count_words(text) else ""
    return text, tuple(passage for passage in found if count_words(passage))


def has_words_besides_marks(text: str) -> bool:
    """Return whether the text holds a word besides its marks."""
    return count_words(remove_private_marks(text)) > 0


def trim_blank_lines(text: str) -> str:
    """Return the text without blank lines at its start and white space at its end; the first line keeps its indent."""
    return re.sub(r"\A(?:[ \t]*\n)+", "", text).rstrip()


def split_at_private_marks(text: str, level: int = 0) -> tuple[tuple[MarkedStretch, ...], int | None]:
    """Split the text where a mark begins or ends to cover it. Joining the parts gives the text back.

    ``level`` is the level of the heading above it. Second comes the level of the heading under which all is private
    from its end on, or None.
    """
    found: list[MarkedStretch] = []
    run: list[str] = []
    current_level, private_level = level, None

    def end_run(*, private: bool) -> None:
        if run:
            found.append(MarkedStretch("".join(run), private))
            run.clear()

    for piece, depth, mark in _blocks_with_marks(text):
        if depth and private_level is not None and depth <= private_level:
            end_run(private=True)
            private_level = None
        current_level = depth or current_level
        if private_level is not None or mark is None:
            run.append(piece)
            continue
        end_run(private=False)
        run.append(piece)
        if depth or mark.is_alone:
            private_level = current_level
        else:
            end_run(private=True)
    end_run(private=private_level is not None)
    return tuple(found), private_level


@dataclass(frozen=True, slots=True)
class _BlockMark:
    """A mark in a block, alone or with words beside it."""

    is_alone: bool


def _blocks_with_marks(text: str) -> Iterator[tuple[str, int, _BlockMark | None]]:
    """Yield the blocks of the text, and the items of lists, with their heading level (0 for none) and mark."""
    marks = [
        (match.end("lead") if match["lead"] else match.start(), match.end())
        for match in _PRIVATE_MARK_REGEX.finditer(text)
    ]
    at = 0
    for piece, depth in split_blocks_with_levels(text):
        end = at + len(piece)
        marks_here = [(max(at, first) - at, min(end, last) - at) for first, last in marks if first < end and at < last]
        mark = None
        if marks_here:  # a mark typed over two lines may be in two blocks
            other_text = "".join(piece[a:b] for a, b in _spans_between(marks_here, len(piece)))
            mark = _BlockMark(is_alone=not any(map(str.isalnum, other_text)))
        yield piece, depth, mark
        at = end


def _spans_between(spans: list[tuple[int, int]], end: int) -> Iterator[tuple[int, int]]:
    """Yield what lies before, between and behind the spans, up to ``end``."""
    at = 0
    for first, last in spans:
        yield at, first
        at = last
    yield at, end


def first_marked_line(text: str) -> str | None:
    """Return the line with the first mark, shortened if it is long; None if there is no mark."""
    if (found := _find_first_mark(text)) is None:
        return None
    line = text[text.rfind("\n", 0, found.start()) + 1 :].splitlines()[0].strip()
    return line if len(line) <= _MAX_LINE_CHARACTERS else f"{line[: _MAX_LINE_CHARACTERS - 1].rstrip()}…"


def is_only_private_mark(text: str) -> bool:
    """Return whether the text is a mark without words."""
    return has_private_mark(text) and not any(map(str.isalnum, remove_private_marks(text)))
