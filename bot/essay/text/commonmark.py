"""Markdown with its inline markup read too: what turning it into plain text and cutting it into blocks need."""

from __future__ import annotations

from itertools import pairwise

from markdown_it.token import Token

from bot.essay.text.lines import lines_of
from bot.essay.text.parsers import block_parser, whole_parser


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


def items(block: str) -> tuple[str, ...]:
    """The items of a block that is a list, each with all that is inside it; any other block as it is.

    Joining them gives the block back, byte for byte.
    """
    found = block_parser().parse(block)
    if not found or found[0].type not in ("bullet_list_open", "ordered_list_open"):
        return (block,)
    return _cut(
        block, {token.map[0] for token in found if token.type == "list_item_open" and token.level == 1 and token.map}
    )


def heading_level(block: str) -> int:
    """The level of a block that is a heading, 0 for any other."""
    found = block_parser().parse(block)
    return int(found[0].tag[1:]) if found and found[0].type == "heading_open" else 0


def _cut(text: str, first_lines: set[int]) -> tuple[str, ...]:
    """The text cut before each of these lines."""
    lines = lines_of(text)
    cuts = [0, *(lines[line].start for line in sorted(first_lines - {0})), len(text)]
    return tuple(text[start:end] for start, end in pairwise(cuts))
