"""The blocks of a Markdown text, found by markdown-it-py, as line ranges of the text as it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from bot.essay.text.lines import Line, lines_of
from bot.essay.text.parsers import block_parser

# A heading made of dashes under a paragraph is more often a paragraph with a rule below it: nobody writes a heading of
# several lines, or of more words than a full sentence holds.
_DASHED_HEADING_WORDS = 14
_FRONT_MATTER_KEY = re.compile(r"[A-Za-z_][\w -]{0,60}:")


@dataclass(frozen=True, slots=True)
class MarkdownHeading:
    """A heading outside lists, quotations and code: its lines (half-open), its level from 1 to 6, its source text."""

    first: int
    end: int
    level: int
    content: str


@dataclass(frozen=True, slots=True)
class Blocks:
    """What the parser found in one text, as half-open line ranges into ``lines``.

    ``inner_headings`` are headings inside lists or quotations, which part nothing; ``items`` are the lines on which a
    list item starts; ``quotes`` are block quotations, with lines that continue one without a mark; ``front_matter`` is
    the number of lines taken by YAML at the very top.
    """

    lines: tuple[Line, ...]
    headings: tuple[MarkdownHeading, ...]
    inner_headings: tuple[tuple[int, int], ...]
    code: tuple[tuple[int, int], ...]
    html: tuple[tuple[int, int], ...]
    items: frozenset[int]
    quotes: tuple[tuple[int, int], ...]
    front_matter: int


def front_matter_lines(lines: tuple[Line, ...]) -> int:
    """How many lines of YAML front matter open a text: ``---``, a ``key:`` line at once, and a closing ``---``."""
    if len(lines) < 3 or lines[0].text.rstrip() != "---" or not _FRONT_MATTER_KEY.match(lines[1].text):
        return 0
    return next((n + 1 for n, line in enumerate(lines) if n and line.text.rstrip() in ("---", "...")), 0)


# One question about a text leads to the next, each of which is answered from its blocks.
@lru_cache(maxsize=16)
def blocks_of(text: str) -> Blocks:
    """Reads the blocks of ``text``; nothing is changed, and any string whatever is accepted."""
    lines = lines_of(text)
    skipped = front_matter_lines(lines)
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
            elif token.markup != "-" or (end - first == 2 and len(content.split()) <= _DASHED_HEADING_WORDS):
                headings.append(MarkdownHeading(first, end, int(token.tag[1:]), content))
        elif token.type in ("fence", "code_block"):
            code.append((first, end))
        elif token.type == "html_block":
            html.append((first, end))
        elif token.type == "list_item_open":
            items.add(first)
        elif token.type == "blockquote_open":
            quotes.append((first, end))
    return Blocks(
        lines, tuple(headings), tuple(inner), tuple(code), tuple(html), frozenset(items), tuple(quotes), skipped
    )
