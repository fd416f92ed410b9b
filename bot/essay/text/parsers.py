"""The parsers of Markdown that this process shares between its threads."""

from __future__ import annotations

from functools import lru_cache

from markdown_it import MarkdownIt


@lru_cache(maxsize=1)
def whole_parser() -> MarkdownIt:
    """Reads all of CommonMark, with tables and words that are struck out."""
    return _ready(MarkdownIt("commonmark").enable(["table", "strikethrough"]))


@lru_cache(maxsize=1)
def block_parser() -> MarkdownIt:
    """Reads the blocks alone: inline markup ends none, and its rules are what makes odd texts slow."""
    parser = MarkdownIt("commonmark")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return _ready(parser)


@lru_cache(maxsize=1)
def outline_parser() -> MarkdownIt:
    """Reads the blocks alone, and ``[words]: more`` as the paragraph it looks like, not as the end of a link."""
    parser = MarkdownIt("commonmark")
    parser.core.ruler.enableOnly(["normalize", "block"])
    parser.block.ruler.disable("reference")
    return _ready(parser)


def _ready(parser: MarkdownIt) -> MarkdownIt:
    """The parser after its first text: it puts its rules together at the first, and a second thread that reads another
    text meanwhile would do so with some of them, or none."""
    parser.parse("text")
    return parser
