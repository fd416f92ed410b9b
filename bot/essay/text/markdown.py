"""Find the lines and blocks of a Markdown text, as ranges of the text as it is.

Lines end as in CommonMark (section 2.1): in a line feed, a carriage return or both, while ``str.splitlines`` knows more
line ends. Line numbers of markdown-it-py fit these lines only. Its parsers are shared between the threads of this
process.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

_LINE_BREAK = re.compile(r"\r\n?|\n")
# What may follow the punctuation that ends a sentence.
_CLOSING_MARKS = "\"”’'»)]*_"
_SENTENCE_ENDINGS = ".!?…。！？।؟"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: where it starts, where its text ends, and where the next line starts (code points)."""

    start: int
    end: int
    next_start: int
    text: str


def split_lines(text: str) -> tuple[Line, ...]:
    """Split the text into its lines; after a final line break there is no empty line."""
    found: list[Line] = []
    start = 0
    for match in _LINE_BREAK.finditer(text):
        found.append(Line(start, match.start(), match.end(), text[start : match.start()]))
        start = match.end()
    if start < len(text):
        found.append(Line(start, len(text), len(text), text[start:]))
    return tuple(found)


def ends_sentence(text: str) -> bool:
    """Return whether the text ends in a full stop, question or exclamation mark; closing quotes may follow it."""
    return text.rstrip().rstrip(_CLOSING_MARKS)[-1:] in tuple(_SENTENCE_ENDINGS)


def starts_lowercase(text: str) -> bool:
    """Return whether the first letter or digit of the text is a lower-case letter."""
    return next((char.islower() for char in text if char.isalnum()), False)


def is_deliberate_break(line: str, following: str, width: int) -> bool:
    """Return whether a line was ended on purpose rather than wrapped.

    A line is wrapped when the next word does not fit into ``width``, the widest line nearby in characters. Three
    quarters of the width leave room for ragged wrapping, which seldom loses more than one long word.
    """
    first_word = following.split(maxsplit=1)[0] if following.strip() else ""
    return len(line.strip()) + 1 + len(first_word) <= width * 3 / 4


def is_wrapped(run: Sequence[str]) -> bool:
    """Return whether consecutive non-blank lines look like one paragraph wrapped to a width.

    They do if a line stops in mid-sentence and the next continues in lower case, or (where a name or number starts the
    next line) if the line had no room left.
    """
    width = max((len(line.strip()) for line in run), default=0)
    return any(
        not ends_sentence(line) and (starts_lowercase(following) or not is_deliberate_break(line, following, width))
        for line, following in pairwise(run)
    )


@lru_cache(maxsize=1)
def commonmark_parser() -> MarkdownIt:
    """Return the parser of CommonMark with tables and strikethrough."""
    return _warm_up(MarkdownIt("commonmark").enable(["table", "strikethrough"]))


@lru_cache(maxsize=1)
def block_parser() -> MarkdownIt:
    """Return a parser of blocks alone. Inline markup ends no block, and its rules are what makes odd texts slow."""
    parser = MarkdownIt("commonmark")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return _warm_up(parser)


@lru_cache(maxsize=1)
def outline_parser() -> MarkdownIt:
    """Return a parser of blocks alone that reads ``[words]: more`` as a paragraph, not as a link definition."""
    parser = MarkdownIt("commonmark")
    parser.core.ruler.enableOnly(["normalize", "block"])
    parser.block.ruler.disable("reference")
    return _warm_up(parser)


def _warm_up(parser: MarkdownIt) -> MarkdownIt:
    """Return the parser after a first text.

    It compiles its rules on the first text; a second thread parsing meanwhile would see only some of them.
    """
    parser.parse("text")
    return parser


# A paragraph with dashes under it is more often a paragraph above a rule than a heading: nobody writes a heading of
# several lines, or of more words than a sentence has.
_MAX_DASHED_HEADING_WORDS = 14
_FRONT_MATTER_KEY = re.compile(r"[A-Za-z_][\w -]{0,60}:")


@dataclass(frozen=True, slots=True)
class MarkdownHeading:
    """A heading outside lists, quotations and code: its lines (half-open), its level from 1 to 6, its source text."""

    first_line: int
    end_line: int
    level: int
    source: str


@dataclass(frozen=True, slots=True)
class MarkdownBlocks:
    """The blocks of one text, as half-open ranges of ``lines``.

    ``inner_headings`` are headings inside lists or quotations, which begin no section. ``item_lines`` are the lines on
    which a list item starts. ``quote_blocks`` include lines that continue a quotation without a mark.
    ``front_matter_line_count`` is the number of lines of YAML at the very top.
    """

    lines: tuple[Line, ...]
    headings: tuple[MarkdownHeading, ...]
    inner_headings: tuple[tuple[int, int], ...]
    code_blocks: tuple[tuple[int, int], ...]
    html_blocks: tuple[tuple[int, int], ...]
    item_lines: frozenset[int]
    quote_blocks: tuple[tuple[int, int], ...]
    front_matter_line_count: int


def count_front_matter_lines(lines: tuple[Line, ...]) -> int:
    """Count the lines of YAML front matter: ``---``, a ``key:`` line at once, and so on to ``---`` or ``...``."""
    if len(lines) < 3 or lines[0].text.rstrip() != "---" or not _FRONT_MATTER_KEY.match(lines[1].text):
        return 0
    return next((n + 1 for n, line in enumerate(lines) if n and line.text.rstrip() in ("---", "...")), 0)


# Many functions need the blocks of the same text, one after the other.
@lru_cache(maxsize=16)
def parse_blocks(text: str) -> MarkdownBlocks:
    """Parse the blocks of a text, which may be any string."""
    lines = split_lines(text)
    skipped = count_front_matter_lines(lines)
    rest = text[lines[skipped].start :] if 0 < skipped < len(lines) else "" if skipped else text
    tokens = block_parser().parse(rest)
    headings: list[MarkdownHeading] = []
    inner: list[tuple[int, int]] = []
    code: list[tuple[int, int]] = []
    html: list[tuple[int, int]] = []
    items: set[int] = set()
    quotes: list[tuple[int, int]] = []
    for index, token in enumerate(tokens):
        if token.map is None:
            continue
        first, end = token.map[0] + skipped, min(token.map[1] + skipped, len(lines))
        if token.type == "heading_open":
            content = tokens[index + 1].content
            if token.level:
                inner.append((first, end))
            elif token.markup != "-" or (end - first == 2 and len(content.split()) <= _MAX_DASHED_HEADING_WORDS):
                headings.append(MarkdownHeading(first, end, int(token.tag[1:]), content))
        elif token.type in ("fence", "code_block"):
            code.append((first, end))
        elif token.type == "html_block":
            html.append((first, end))
        elif token.type == "list_item_open":
            items.add(first)
        elif token.type == "blockquote_open":
            quotes.append((first, end))
    return MarkdownBlocks(
        lines, tuple(headings), tuple(inner), tuple(code), tuple(html), frozenset(items), tuple(quotes), skipped
    )


def parse_tokens(text: str) -> list[Token]:
    """Return the tokens of a Markdown text, by CommonMark."""
    return commonmark_parser().parse(text)


def split_top_level_blocks(text: str) -> tuple[str, ...]:
    """Split a text into its top-level blocks (paragraph, list, fence, heading …).

    Each has the blank lines behind it. Joining them gives the text back.
    """
    if not text:
        return ()
    found = block_parser().parse(text)
    return _cut_at_lines(
        text, {token.map[0] for token in found if token.level == 0 and token.map and token.nesting >= 0}
    )


def split_blocks_with_levels(text: str) -> tuple[tuple[str, int], ...]:
    """Split a text into its top-level blocks, and lists into their items, each with its heading level (0 for none).

    Each has the blank lines behind it. Joining them gives the text back.
    """
    if not text:
        return ()
    levels: dict[int, int] = {}
    for token in outline_parser().parse(text):
        if token.map is None or token.nesting < 0:
            continue
        in_list = token.level == 1 and token.type == "list_item_open"
        if token.level == 0 or in_list:
            level = int(token.tag[1:]) if token.type == "heading_open" else 0
            levels.setdefault(token.map[0], level)
    pieces = _cut_at_lines(text, set(levels))
    starts = [0, *sorted(set(levels) - {0})]
    return tuple((piece, levels.get(start, 0)) for piece, start in zip(pieces, starts, strict=True))


def _cut_at_lines(text: str, first_lines: set[int]) -> tuple[str, ...]:
    """Cut the text before each of these lines."""
    lines = split_lines(text)
    cuts = [0, *(lines[line].start for line in sorted(first_lines - {0})), len(text)]
    return tuple(text[start:end] for start, end in pairwise(cuts))
