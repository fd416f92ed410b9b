"""Lay out a Markdown text in blocks of styled runs, with marks on its words, for a page that shows both.

A mark is a stretch of the text as it is written. Its words are found again in what CommonMark makes of them, so that no
mark changes how the text is read.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.essay.text.markdown import split_lines
from bot.essay.text.parsed_text import ParsedText
from bot.essay.text.spans import Span

BlockKind = Literal["heading", "paragraph", "item", "code", "table", "rule"]
Style = Literal["emphasis", "strong", "struck", "code", "link", "address", "break"]

_LINK_TAIL = re.compile(r"[*_~]*\](?:\((?:[^()\\]|\\.|\([^()]*\))*\)|\[[^\[\]]*\])?", re.DOTALL)
_STYLES: Mapping[str, Style] = {"em": "emphasis", "strong": "strong", "s": "struck", "a": "link"}


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of the text that a page marks; ``key`` is what the remark about it is called."""

    span: Span
    key: str


@dataclass(frozen=True, slots=True)
class Run:
    """Words of one style under the same marks. ``ends`` are the marks of which these are the last words."""

    text: str
    styles: tuple[Style, ...] = ()
    marks: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the text, in reading order.

    ``span`` is where it stands. ``level`` is that of a heading, or how deep an item is nested; ``is_quoted`` says that
    it stands in a quotation. ``rows`` are the cells of a table; every other kind has ``runs``. ``begins`` are the marks
    that begin in it.
    """

    kind: BlockKind
    span: Span
    runs: tuple[Run, ...] = ()
    rows: tuple[tuple[tuple[Run, ...], ...], ...] = ()
    level: int = 0
    marker: str = ""
    is_quoted: bool = False
    begins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Piece:
    """Words as a reader sees them, and where they stand in the text; None where they stand nowhere.

    ``line_start`` is where the line begins that follows a line break, None for any other piece.
    """

    text: str
    span: Span | None
    styles: tuple[Style, ...] = ()
    line_start: int | None = None


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    """Return a parser that keeps escapes apart, so that their letters can be found in the text."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    parser.core.ruler.disable("text_join")
    parser.parse("text")
    return parser


def lay_out(parsed: ParsedText, marks: Sequence[Mark] = ()) -> tuple[Block, ...]:
    """Return the blocks of a text with their marks. Every mark begins and ends in one of them, if there is a block.

    Its lines are paragraphs where ``parsed`` has read them so, also where Markdown would join them.
    """
    blocks = _BlockFinder(parsed, sorted(marks, key=lambda mark: mark.span)).find()
    return tuple(_add_ends(_add_begins(blocks, marks), marks))


class _BlockFinder:
    """Walk through the tokens of a text once, keeping the list items and quotations that are open."""

    def __init__(self, parsed: ParsedText, marks: Sequence[Mark]) -> None:
        self._text = parsed.text
        self._lines = split_lines(parsed.text)
        self._paragraph_starts = {paragraph.span.start for paragraph in parsed.paragraphs}
        self._heading_starts = {part.start: part.level for part in parsed.sections if part.level}
        self._marks = marks
        self._mark_starts = [mark.span.start for mark in marks]
        self._longest_mark = max((len(mark.span) for mark in marks), default=0)
        self._quotes = 0
        self._counters: list[int | None] = []  # of each open list: its next number, None for one of bullets
        self._marker = ""  # of the list item that has just begun, until its first words
        self._heading = 0
        self._rows: list[tuple[tuple[Run, ...], ...]] | None = None  # of the open table
        self._table_span = Span(0, 0)
        self._cell_end = 0  # where in the text the last cell ended

    def find(self) -> list[Block]:
        """Return the blocks without ``begins`` and ``ends``."""
        return [block for token in _parser().parse(self._text) for block in self._read(token)]

    def _read(self, token: Token) -> Iterator[Block]:
        match token.type:
            case "blockquote_open" | "blockquote_close":
                self._quotes += token.nesting
            case "bullet_list_open":
                self._counters.append(None)
            case "ordered_list_open":
                self._counters.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                self._counters.pop()
            case "list_item_open":
                number = self._counters[-1]
                self._marker = "•" if number is None else f"{number}."
                self._counters[-1] = None if number is None else number + 1
            case "heading_open":
                self._heading = int(token.tag[1:])
            case "heading_close":
                self._heading = 0
            case "table_open":
                self._rows = []
                self._table_span = self._span(token)
            case "tr_open" if self._rows is not None:
                self._rows.append(())
                self._cell_end = self._span(token).start
            case "table_close":
                yield from self._end_table()
            case "inline" if self._rows is not None:
                runs = tuple(run for run in self._mark(self._read_cell(token)))
                self._rows[-1] = (*self._rows[-1], runs)
            case "inline":
                yield from self._read_paragraph(token)
            case "fence" | "code_block" | "html_block":
                yield self._block("code", self._span(token), self._mark(self._read_lines(token)))
            case "hr":
                yield self._block("rule", self._span(token), ())

    def _end_table(self) -> Iterator[Block]:
        rows, self._rows = self._rows or [], None
        yield replace(self._block("table", self._table_span, ()), rows=tuple(rows))

    def _span(self, token: Token) -> Span:
        first, last = token.map or [0, 0]
        if first >= len(self._lines):
            return Span(len(self._text), len(self._text))
        return Span(self._lines[first].start, self._lines[min(last, len(self._lines)) - 1].end)

    def _block(self, kind: BlockKind, span: Span, runs: Iterable[Run]) -> Block:
        marker, self._marker = self._marker, ""
        if kind == "paragraph" and self._counters:
            kind = "item"
        return Block(kind, span, tuple(runs), (), len(self._counters), marker, self._quotes > 0)

    def _read_paragraph(self, token: Token) -> Iterator[Block]:
        """Yield the paragraph, or several where its lines are paragraphs of their own."""
        pieces = list(self._read_inline(token, self._line_offsets(token)))
        whole = self._span(token)
        if self._heading:
            yield replace(self._block("heading", whole, self._mark(pieces)), level=self._heading)
            return
        breaks = [
            index
            for index, piece in enumerate(pieces)
            if piece.line_start in self._paragraph_starts or piece.line_start in self._heading_starts
        ]
        start = whole.start
        for first, last in pairwise([-1, *breaks, len(pieces)]):
            end = pieces[last].line_start or whole.end if last < len(pieces) else whole.end
            level = self._heading_starts.get(start, 0)
            block = self._block(
                "heading" if level else "paragraph", Span(start, end), self._mark(pieces[first + 1 : last])
            )
            yield replace(block, level=level or block.level)
            start = end

    def _line_offsets(self, token: Token) -> list[tuple[int, int]]:
        """Return where each line of a token begins: in what it holds, and in the text, -1 for nowhere."""
        found: list[tuple[int, int]] = []
        at = 0
        for number, line in enumerate(token.content.split("\n"), (token.map or [0])[0]):
            source = self._lines[number] if number < len(self._lines) else None
            column = source.text.find(line) if source is not None else -1
            found.append((at, source.start + column if source is not None and column >= 0 else -1))
            at += len(line) + 1
        return found

    def _read_cell(self, token: Token) -> Iterator[_Piece]:
        start = self._text.find(token.content, self._cell_end)
        if start >= 0:
            self._cell_end = start + len(token.content)
        return self._read_inline(token, [(0, start)])

    def _read_lines(self, token: Token) -> Iterator[_Piece]:
        """Yield the lines of code or HTML; its fences are left out."""
        at = self._span(token).start
        for line in token.content.splitlines(keepends=True):
            words = line.rstrip("\n")
            start = self._text.find(words, at) if words else -1
            if start >= 0:
                at = start + len(words)
            yield _Piece(words, Span(start, at) if start >= 0 else None)
            yield _Piece("\n", Span(at, at + 1) if start >= 0 else None)

    def _read_inline(self, token: Token, lines: Sequence[tuple[int, int]]) -> Iterator[_Piece]:
        """Yield the words of a paragraph, heading or cell. ``lines`` are as ``_line_offsets`` returns them."""
        content, at, line = token.content, 0, 0
        starts = [start for start, _ in lines]
        styles: list[Style] = []
        address = ""

        def found(words: str, source: str) -> _Piece:
            nonlocal at
            place = content.find(source, at)
            if place < 0:
                return _Piece(words, None, tuple(styles))
            at = place + len(source)
            inside, origin = lines[bisect_right(starts, place) - 1]
            start = origin + place - inside
            return _Piece(words, Span(start, start + len(source)) if origin >= 0 else None, tuple(styles))

        for child in token.children or ():
            if child.type in ("text", "html_inline") and child.content:
                yield found(child.content, child.content)
            elif child.type == "text_special":
                yield found(child.content, child.markup)
            elif child.type == "code_inline":
                styles.append("code")
                yield found(child.content, child.content)
                styles.pop()
            elif child.type in ("softbreak", "hardbreak"):
                line += 1
                origin = lines[line][1] if line < len(lines) else -1
                at = max(at, lines[line][0]) if line < len(lines) else at
                broken: tuple[Style, ...] = ("break",) if child.type == "hardbreak" else ()
                start = self._start_of_line(origin)
                yield _Piece(" ", Span(start - 1, start) if start else None, broken, start)
            elif child.type == "image":
                yield found(f"[picture: {child.content}]" if child.content else "[picture]", child.content)
                if (tail := _LINK_TAIL.match(content, at)) is not None:
                    at = tail.end()
            elif child.type == "link_open":
                styles.append("link")
                address = "" if child.markup == "autolink" else str(child.attrs.get("href", ""))
            elif child.type == "link_close":
                styles.remove("link")
                if child.markup != "autolink" and (tail := _LINK_TAIL.match(content, at)) is not None:
                    at = tail.end()
                if address:
                    yield _Piece(f" ({address})", None, ("address",))
            elif (style := _STYLES.get(child.tag)) is not None:
                styles.append(style) if child.nesting == 1 else styles.remove(style)

    def _start_of_line(self, at: int) -> int | None:
        """Return where the line begins that holds this place of the text."""
        if at < 0:
            return None
        return self._lines[bisect_right(self._lines, at, key=lambda line: line.start) - 1].start

    def _mark(self, pieces: Iterable[_Piece]) -> Iterator[Run]:
        """Yield the pieces, cut where a mark begins or ends."""
        for piece in pieces:
            if piece.span is None or not self._marks:
                yield Run(piece.text, piece.styles)
                continue
            start, end = piece.span.start, piece.span.end
            first = bisect_left(self._mark_starts, start - self._longest_mark)
            last = bisect_left(self._mark_starts, end)
            here = [one for one in self._marks[first:last] if one.span.end > start]
            if len(piece.text) != len(piece.span):  # an escaped sign: one letter of it is as good as all
                yield Run(piece.text, piece.styles, tuple(one.key for one in here))
                continue
            cuts = {start, end, *(at for one in here for at in (one.span.start, one.span.end) if start < at < end)}
            for a, b in pairwise(sorted(cuts)):
                marks = tuple(one.key for one in here if one.span.start <= a and b <= one.span.end)
                yield Run(piece.text[a - start : b - start], piece.styles, marks)


def _add_begins(blocks: Sequence[Block], marks: Sequence[Mark]) -> list[Block]:
    """Return the blocks with the marks that begin in each: that of their first words, else the next one behind."""
    if not blocks:
        return []
    begins: list[list[str]] = [[] for _ in blocks]
    first: dict[str, int] = {}
    for index, block in enumerate(blocks):
        for run in _runs(block):
            for key in run.marks:
                first.setdefault(key, index)
    starts = [block.span.start for block in blocks]
    for mark in sorted(marks, key=lambda mark: mark.span.start):
        fallback = max(0, min(bisect_right(starts, mark.span.start) - 1, len(blocks) - 1))
        begins[first.get(mark.key, fallback)].append(mark.key)
    return [replace(block, begins=tuple(keys)) for block, keys in zip(blocks, begins, strict=True)]


def _add_ends(blocks: Sequence[Block], marks: Sequence[Mark]) -> Iterator[Block]:
    """Yield the blocks with the marks that each run is the last of; one on no words ends where it begins."""
    remaining = {mark.key for mark in marks}
    done: list[Block] = []
    for block in reversed(blocks):
        rows = [[list(cell) for cell in row] for row in block.rows]
        runs = list(block.runs)
        for cell in reversed([cell for row in rows for cell in row] or [runs]):
            for index in range(len(cell) - 1, -1, -1):
                ends = tuple(key for key in cell[index].marks if key in remaining)
                remaining.difference_update(ends)
                if ends:
                    cell[index] = replace(cell[index], ends=ends)
        if lost := tuple(key for key in block.begins if key in remaining):
            remaining.difference_update(lost)
            (rows[-1][-1] if rows and rows[-1] else runs).append(Run("", ends=lost))
        shown = tuple(tuple(tuple(cell) for cell in row) for row in rows)
        done.append(replace(block, runs=tuple(runs), rows=shown))
    return reversed(done)


def _runs(block: Block) -> Iterator[Run]:
    yield from block.runs
    for row in block.rows:
        for cell in row:
            yield from cell
