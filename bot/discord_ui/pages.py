"""A long text as pages, each of which fits into a message beside its heading and its buttons."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from bot.discord_ui.balance import open_fence, spanning
from bot.discord_ui.lengths import boundary, fitting
from bot.essay.text.commonmark import blocks
from bot.essay.text.spans import Span

# A message holds 4,000 characters and, with 12 for each text in it, 10,170 bytes. What stands around a page (title,
# notice, small print) takes at most 800 characters and 2,150 bytes.
PAGE_UNITS = 3_200
PAGE_OCTETS = 8_000
# A page that ends at a paragraph may be this much emptier than one that ends in the middle of one.
_LEAST_SHARE = 1 / 3
_HEADING = re.compile(r" {0,3}#{1,6}(?:[ \t]|$)")
_START = re.compile(r"(?:[ \t]|>)*")  # before the words of a line, in a quotation too
_SENTENCE_END = re.compile(r"[.!?…。！？।؟][\"”’'»)\]]*(?=\s)|[。！？]")


def pages(text: str, most_units: int = PAGE_UNITS, most_octets: int = PAGE_OCTETS) -> tuple[Span, ...]:
    """The pages of the text, in order: joined, they are the text. Each shows a word or a sign; none for a blank text.

    They end where a paragraph does, with no heading left behind; where one paragraph fills a page, at a line, a
    sentence, a word, or at last between two characters, never inside one.
    """
    if not text.strip():
        return ()
    ends = _paragraph_ends(text)
    found: list[Span] = []
    start = 0
    while start < len(text):
        shown = start + len(text[start:]) - len(text[start:].lstrip())  # blank space before a page takes no room
        if shown == len(text):
            found[-1] = Span(found[-1].start, len(text))
            break
        end = _cut(text, shown, fitting(text, most_units, most_octets, shown), ends)
        found.append(Span(start, end))
        start = end
    return tuple(found)


def page_of(found: Sequence[Span], place: int) -> int:
    """The number, from 0, of the page on which the character at ``place`` stands."""
    return next((number for number, span in enumerate(found) if place < span.end), max(0, len(found) - 1))


def shown(text: str, page: Span) -> str:
    """A page as it is sent: without the blank lines around it, the first line with its indent.

    A fence, bold or italics that it shares with the page before or behind it are opened and closed on it as well.
    """
    words = re.sub(r"\A(?:[ \t]*\n)+", "", page.of(text)).rstrip()
    begun, goes_on = open_fence(text[: page.start]), open_fence(text[: page.end])
    if begun is None:
        marks = "".join(_emphasis(text, page.start))
        words = _START.sub(lambda before: before[0] + marks, words, count=1)
    else:
        words = f"{begun}\n{words}"
    if goes_on is None:
        return words + "".join(reversed(_emphasis(text, page.end)))
    return f"{words}\n{goes_on}"


def _emphasis(text: str, at: int) -> list[str]:
    """The marks within which a page ends here; quotation marks are words of the text, and are left as they are."""
    return [mark for mark in spanning(text, at) if mark not in "“”"] if 0 < at < len(text) else []


def _paragraph_ends(text: str) -> list[int]:
    """Where one block ends and the next begins, but not behind a heading."""
    found = blocks(text)
    places = list(accumulate(len(block) for block in found))
    return [end for block, end in zip(found, places, strict=True) if not _is_heading(block)]


def _is_heading(block: str) -> bool:
    lines = block.strip("\n").split("\n")
    return bool(_HEADING.match(lines[0])) or (len(lines) == 2 and bool(re.fullmatch(r" {0,3}(=+|-+)\s*", lines[1])))


def _cut(text: str, start: int, limit: int, ends: Sequence[int]) -> int:
    """Where the page that shows from ``start`` on ends: at ``limit`` at the latest, but for blanks behind it.

    ``ends`` are in order.
    """
    if not text[limit:].strip():
        return len(text)
    least = start + int((limit - start) * _LEAST_SHARE)
    blanks = len(text[limit:]) - len(text[limit:].lstrip())  # blank lines between two pages take no room
    paragraph = ends[found - 1] if (found := bisect_right(ends, limit + blanks)) else 0
    if paragraph > least:
        return paragraph
    window = text[start:limit]
    for places in (
        [start + match.end() for match in re.finditer(r"\n", window)],
        [start + match.end() for match in _SENTENCE_END.finditer(window)],
        [start + match.end() for match in re.finditer(r"\s", window)],
    ):
        later = [place for place in places if place > least and boundary(text, place) == place]
        if later:
            return later[-1]
    at = boundary(text, limit)
    return at if at > start else limit
