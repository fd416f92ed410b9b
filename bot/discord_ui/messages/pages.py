"""Cut a long text into pages that fit into a message, finished or still being written.

Open Markdown at the end of an unfinished text is closed, so that it is displayed as it is meant; the cost of a page
does not grow with the pages before it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from bot.discord_ui.messages.text_limits import fitting_end, grapheme_boundary, utf8_length, utf16_length
from bot.essay.text.markdown import split_top_level_blocks
from bot.essay.text.spans import Span
from bot.essay.text.words import count_words

_FENCE = re.compile(r"^[ \t]{0,3}(`{3,}|~{3,})", re.MULTILINE)
# Inline marks as Discord reads them: an escaped character, code, emphasis by * or _ ("2*3" and "snake_case" have none),
# ~~ and ||; and curly quotation marks, which a cut must not leave open either.
_MARK = re.compile(r"\\.|`+|(?<!\d)\*{1,3}|\*{1,3}(?!\d)|(?<!\w)_{1,3}|_{1,3}(?!\w)|~~|\|\||[“”]", re.DOTALL)
_PARTIAL_MARK = re.compile(r"(?:\*{1,2}|_{1,2}|~|\|)\Z")
_PARAGRAPH_BREAK = re.compile(r"\n[ \t]*\n")
_CLOSING_MARKS = {"“": "”"}


def close_markdown(text: str) -> str:
    """Return the text with an open fence, code, bold, italics, strike-through, spoiler or quotation closed.

    A mark that was just opened and holds nothing yet is left off. A finished text is returned unchanged.
    """
    if (fence := open_fence(text)) is not None:
        return f"{text.rstrip()}\n{fence}"
    breaks = list(_PARAGRAPH_BREAK.finditer(text))
    start = breaks[-1].end() if breaks else 0
    if not text[start:].strip() and breaks:
        return text
    return text[:start] + _close_inline_marks(text[start:])


def open_fence(text: str) -> str | None:
    """Return the marks that would close the code fence that is open at the end; None if none is."""
    opened: str | None = None
    for match in _FENCE.finditer(text):
        marks = match[1]
        if opened is None:
            opened = marks
        elif marks[0] == opened[0] and len(marks) >= len(opened):
            opened = None
    return opened


def enclosing_marks(text: str, at: int) -> tuple[str, ...]:
    """Return the marks opened before ``at`` and closed after it in the same paragraph, the outermost first.

    A mark that is never closed is not a mark, and is not among them.
    """
    start = max((match.end() for match in _PARAGRAPH_BREAK.finditer(text, 0, at)), default=0)
    after = _PARAGRAPH_BREAK.search(text, at)
    paragraph = text[start : after.start() if after else len(text)]
    never_closed = set(_open_marks(paragraph))
    return tuple(mark for mark, inside in _open_marks(paragraph[: at - start]) if (mark, inside) not in never_closed)


def _close_inline_marks(paragraph: str) -> str:
    """Return one paragraph with its inline marks closed, without the first half of a closing mark at its end."""
    opened = _open_marks(paragraph)
    tail = _PARTIAL_MARK.search(paragraph)
    if tail and any(
        mark[0] == tail[0][0] and len(tail[0]) < len(mark) for mark, inside in opened if inside < tail.start()
    ):
        paragraph = paragraph[: tail.start()]  # "**bold*": the second asterisk has not come yet
        opened = _open_marks(paragraph)
    for mark, inside in reversed(opened):
        if not paragraph[inside:].strip():
            paragraph = paragraph[: inside - len(mark)].rstrip()
        else:
            paragraph = paragraph.rstrip() + _CLOSING_MARKS.get(mark, mark)
    return paragraph


def _open_marks(paragraph: str) -> list[tuple[str, int]]:
    """Return the marks that are open at the end, each with the position after it.

    The time taken grows with the text alone, however many marks are open.
    """
    opened: list[tuple[str, int]] = []
    indexes: dict[str, list[int]] = {}  # of open marks in ``opened``, by the mark that would close them
    code: str | None = None

    def close(index: int) -> None:
        while len(opened) > index:
            mark, _ = opened.pop()
            indexes[_CLOSING_MARKS.get(mark, mark)].pop()

    def open_(mark: str, inside: int) -> None:
        indexes.setdefault(_CLOSING_MARKS.get(mark, mark), []).append(len(opened))
        opened.append((mark, inside))

    for match in _MARK.finditer(paragraph):
        mark = match[0]
        if mark[0] == "\\":
            continue
        if mark[0] == "`":
            if code is None:
                code = mark
                open_(mark, match.end())
            elif mark == code:
                code = None
                close(len(opened) - 1)
            continue
        if code is not None:
            continue
        before, after = paragraph[match.start() - 1 : match.start()], paragraph[match.end() : match.end() + 1]
        closes = indexes.get(mark)
        if closes and (before and not before.isspace()):  # "word** ", while "** word" closes nothing
            close(closes[-1])
        elif mark != "”" and not after.isspace() and not (after == "" and before and not before.isspace()):
            # " **word" opens; "word**" at the text's end, which nothing has opened, does not
            open_(mark, match.end())
    return opened


# A message can have 4,000 UTF-16 units and, with 12 for each text in it, 10,170 bytes. The title, notice and small
# print around a page take at most 800 units and 2,150 bytes.
MAX_PAGE_UNITS = 3_200
MAX_PAGE_BYTES = 8_000
# Of that, what the marks may take that a page break interrupts: a fence of three closed here and opened there, or
# emphasis. Longer marks take it from the room around a page.
MARK_UNITS = 16
# A page that ends at a paragraph may be this much emptier than one that ends in the middle of one.
_MIN_PAGE_SHARE = 1 / 3
_HEADING = re.compile(r" {0,3}#{1,6}(?:[ \t]|$)")
_LINE_PREFIX = re.compile(r"(?:[ \t]|>)*")  # before the words of a line, in a quotation too
_SENTENCE_END = re.compile(r"[.!?…。！？।؟][\"”’'»)\]]*(?=\s)|[。！？]")


def paginate(text: str, max_units: int = MAX_PAGE_UNITS, max_bytes: int = MAX_PAGE_BYTES) -> tuple[Span, ...]:
    """Return the pages of the text in order: joined, they are the text, and each has something to show.

    A blank text has none. Pages end where a paragraph does, and never with a heading; where one paragraph fills a page,
    at a line, a sentence, a word, or at last between two characters, never inside one.
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
        end = _page_end(text, shown, fitting_end(text, max_units - MARK_UNITS, max_bytes - MARK_UNITS, shown), ends)
        found.append(Span(start, end))
        start = end
    return tuple(found)


def page_number_at(page_spans: Sequence[Span], position: int) -> int:
    """Return the number, from 0, of the page that the character at ``position`` is on."""
    return next((number for number, span in enumerate(page_spans) if position < span.end), max(0, len(page_spans) - 1))


def render_page(text: str, page: Span) -> str:
    """Return a page as it is sent: without the blank lines around it, its first line with its indent.

    A fence, bold or italics that goes on from the page before, or onto the next, is opened and closed on it as well.
    """
    words = re.sub(r"\A(?:[ \t]*\n)+", "", page.extract(text)).rstrip()
    begun, goes_on = open_fence(text[: page.start]), open_fence(text[: page.end])
    if begun is None:
        marks = "".join(_emphasis_marks(text, page.start))
        words = _LINE_PREFIX.sub(lambda before: before[0] + marks, words, count=1)
    else:
        words = f"{begun}\n{words}"
    if goes_on is None:
        return words + "".join(reversed(_emphasis_marks(text, page.end)))
    return f"{words}\n{goes_on}"


def _emphasis_marks(text: str, at: int) -> list[str]:
    """Return the marks that a page break at ``at`` interrupts, but for quotation marks, which are part of the text."""
    return [mark for mark in enclosing_marks(text, at) if mark not in "“”"] if 0 < at < len(text) else []


def _paragraph_ends(text: str) -> list[int]:
    """Return where one block ends and the next begins, but not after a heading."""
    found = split_top_level_blocks(text)
    places = list(accumulate(len(block) for block in found))
    return [end for block, end in zip(found, places, strict=True) if not _is_heading(block)]


def _is_heading(block: str) -> bool:
    lines = block.strip("\n").split("\n")
    return bool(_HEADING.match(lines[0])) or (len(lines) == 2 and bool(re.fullmatch(r" {0,3}(=+|-+)\s*", lines[1])))


def _page_end(text: str, start: int, limit: int, ends: Sequence[int]) -> int:
    """Return the end of the page that shows text from ``start`` on: at most ``limit``, plus blank space after it.

    ``ends`` are the ends of paragraphs, in order.
    """
    if not text[limit:].strip():
        return len(text)
    least = start + int((limit - start) * _MIN_PAGE_SHARE)
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
        later = [place for place in places if place > least and grapheme_boundary(text, place) == place]
        if later:
            return later[-1]
    at = grapheme_boundary(text, limit)
    return at if at > start else limit


_WINDOW_CHARACTERS = 4 * MAX_PAGE_UNITS  # in which a growing text's next page is looked for first


@dataclass(frozen=True, slots=True)
class StreamPage:
    """A page ready to be shown: its number, how many there are so far, and its text.

    ``words`` are those of the whole text so far; a word that a page break parts counts twice.
    """

    page: int
    pages: int
    text: str
    words: int


class StreamPager:
    """Turn each state of a growing text into the page to show: the one being written, or one that was asked for.

    Only the page being written is looked at anew. The pages before it are as ``paginate`` cuts them, with open Markdown
    closed, and a fence opened again on the next page.
    """

    def __init__(self) -> None:
        self._starts = [0]
        self._fences = [""]  # for each page, the marks of a fence that was open where it begins
        self._words_before = 0  # on all pages but the last

    def page_at(self, text: str, wanted: int | None = None) -> StreamPage:
        """Return page ``wanted``, counted from 0; the one being written for None and for a number past the end."""
        if len(text) < self._starts[-1]:  # the model has started over
            self._starts, self._fences, self._words_before = [0], [""], 0
        while not self._last_fits(text) and (full := self._first_full_page(text)) is not None:
            self._words_before += count_words(full)
            self._fences.append(open_fence(self._reopen_fence(full, -1)) or "")
            self._starts.append(self._starts[-1] + len(full))
        last = len(self._starts) - 1
        page = last if wanted is None else min(max(0, wanted), last)
        end = self._starts[page + 1] if page < last else len(text)
        shown = text[self._starts[page] : end].strip("\n").rstrip()
        words = self._words_before + count_words(text[self._starts[-1] :])
        return StreamPage(page, last + 1, close_markdown(self._reopen_fence(shown, page)), words)

    def pinned_page(self, text: str, wanted: int | None) -> int | None:
        """Return the page to go on showing: ``wanted``, or None if that is the page being written."""
        return wanted if wanted is not None and wanted < self.page_at(text).pages - 1 else None

    def _first_full_page(self, text: str) -> str | None:
        """Return the first page of what is not on pages yet; None while that is the only one.

        No more is read than it takes, so that the time stays linear where much text comes at once.
        """
        start, size = self._starts[-1], _WINDOW_CHARACTERS
        while True:
            tail = text[start : start + size]
            if len(found := paginate(tail)) > 1:
                return found[0].extract(tail)
            if start + size >= len(text):
                return None
            size *= 2  # blank space fills no page

    def _reopen_fence(self, shown: str, page: int) -> str:
        fence = self._fences[page]
        return f"{fence}\n{shown}" if fence else shown

    def _last_fits(self, text: str) -> bool:
        tail = text[self._starts[-1] :]
        # A character is at most two units and four bytes, so that most tails need no counting.
        units, size = MAX_PAGE_UNITS - MARK_UNITS, MAX_PAGE_BYTES - MARK_UNITS
        if len(tail) * 2 <= units and len(tail) * 4 <= size:
            return True
        return utf16_length(tail) <= units and utf8_length(tail) <= size
