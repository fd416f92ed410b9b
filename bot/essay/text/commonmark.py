"""Markdown with its inline markup read too: what turning it into plain text and cutting it into blocks need."""

from __future__ import annotations

from itertools import pairwise

from markdown_it.token import Token

from bot.essay.text.lines import lines_of
from bot.essay.text.parsers import block_parser, outline_parser, whole_parser


def tokens(text: str) -> list[Token]:
    """The tokens of a Markdown text, by CommonMark."""
    return whole_parser().parse(text)


def blocks(text: str) -> tuple[str, ...]:
    """The top-level blocks (paragraph, list, fence, heading …), each with the blank lines behind it.

    Joining them gives the text back, byte for byte.
    """
    if not text:
        return ()
    found = block_parser().parse(text)
    return _cut(text, {token.map[0] for token in found if token.level == 0 and token.map and token.nesting >= 0})


def outline(text: str) -> tuple[tuple[str, int], ...]:
    """The top-level blocks of a text, of a list its items, each with the blank lines behind it and its heading level.

    Joining them gives the text back, byte for byte. The level is 0 for what is no heading.
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
    pieces = _cut(text, set(levels))
    starts = [0, *sorted(set(levels) - {0})]
    return tuple((piece, levels.get(start, 0)) for piece, start in zip(pieces, starts, strict=True))


def _cut(text: str, first_lines: set[int]) -> tuple[str, ...]:
    """The text cut before each of these lines."""
    lines = lines_of(text)
    cuts = [0, *(lines[line].start for line in sorted(first_lines - {0})), len(text)]
    return tuple(text[start:end] for start, end in pairwise(cuts))
