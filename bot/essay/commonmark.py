"""Markdown with its inline markup read too: what turning it into plain text and cutting it into blocks need."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.essay.lines import lines_of


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark")


def tokens(text: str) -> list[Token]:
    """The tokens of a Markdown text, by CommonMark."""
    return _parser().parse(text)


@lru_cache(maxsize=1)
def _block_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark")
    parser.core.ruler.enableOnly(["normalize", "block"])  # inline markup ends no block, and takes most of the time
    return parser


def blocks(text: str) -> tuple[str, ...]:
    """The top-level blocks (paragraph, list, fence, heading …), each with the blank lines behind it.

    Joining them gives the text back, byte for byte.
    """
    if not text:
        return ()
    starts = {
        token.map[0] for token in _block_parser().parse(text) if token.level == 0 and token.map and token.nesting >= 0
    }
    lines = lines_of(text)
    cuts = [0, *(lines[line].start for line in sorted(starts - {0})), len(text)]
    return tuple(text[start:end] for start, end in pairwise(cuts))
