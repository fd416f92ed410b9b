"""Render a post as a web page of one file: escaped, without scripts, and without anything to load."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from bot.essay.text.markdown import commonmark_parser, parse_tokens
from bot.essay.text.markdown_import import replace_html_tags
from bot.essay.text.plain_text import expand_footnotes

# Blocks whose writing direction a browser is to find out by itself, each for itself.
_DIRECTED_TAGS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "blockquote", "td", "th"})
_STYLE = """
:root { color-scheme: light dark; }
body { max-width: 40em; margin: 3rem auto; padding: 0 1.25rem; font: 1.1rem/1.6 Georgia, "Times New Roman", serif; }
h1, h2, h3 { line-height: 1.25; }
blockquote { margin-inline: 0; padding-inline-start: 1em; border-inline-start: 3px solid; }
pre { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { padding: 0.25em 0.75em; border: 1px solid; text-align: start; }
@media print { body { margin: 0; max-width: none; } }
""".strip()


def post_to_html(body: str, title: str, heading: str | None, description: str, *, tables: bool = True) -> str:
    """Return a Markdown body as a page with the title, and below ``heading``, if there is one.

    Tags in the Markdown are left out, and their words kept. A picture is a link to its address. Without ``tables``
    each row of a table is a paragraph.
    """
    tokens = readable_tokens(body, tables=tables)
    for token in tokens:
        if token.nesting == 1 and token.tag in _DIRECTED_TAGS:
            token.attrSet("dir", "auto")
    article = _PageRenderer().render(tokens, commonmark_parser().options, {})
    headline = f'<h1 dir="auto">{escape(heading)}</h1>\n' if heading is not None else ""
    about = f'<meta name="description" content="{escape(description)}">\n' if description else ""
    return (
        "<!DOCTYPE html>\n<html>\n<head>\n"
        '<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"{about}<title>{escape(title)}</title>\n<style>\n{_STYLE}\n</style>\n</head>\n"
        f"<body>\n<article>\n{headline}{article}</article>\n</body>\n</html>\n"
    )


class _PageRenderer(RendererHTML):
    """Renders tokens as markdown-it does, but writes no tag that stood in the text."""

    def html_block(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        words = replace_html_tags(tokens[idx].content).strip()
        return f'<p dir="auto">{escape(words)}</p>\n' if words else ""

    def html_inline(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return escape(replace_html_tags(tokens[idx].content))


def readable_tokens(body: str, *, tables: bool = True) -> list[Token]:
    """Return the tokens of a Markdown body in which each picture is a link.

    Without ``tables`` each row of a table is a paragraph with bars between its cells.
    """
    tokens = parse_tokens(expand_footnotes(body))
    for token in tokens:
        if token.children:
            token.children = list(_pictures_to_links(token.children))
    return tokens if tables else list(_rows_to_paragraphs(tokens))


def _pictures_to_links(children: Iterable[Token]) -> Iterator[Token]:
    for token in children:
        if token.type != "image":
            yield token
            continue
        address = str(token.attrs.get("src", ""))
        words = Token("text", "", 0, content=token.content or address or "Picture")
        if address.startswith(("http://", "https://")):
            yield Token("link_open", "a", 1, attrs={"href": address})
            yield words
            yield Token("link_close", "a", -1)
        else:
            yield words


def _rows_to_paragraphs(tokens: Iterable[Token]) -> Iterator[Token]:
    cells: list[Token] | None = None
    for token in tokens:
        if token.type == "tr_open":
            cells = []
        elif token.type == "tr_close":
            yield Token("paragraph_open", "p", 1, block=True)
            yield Token("inline", "", 0, children=cells, block=True)
            yield Token("paragraph_close", "p", -1, block=True)
            cells = None
        elif cells is not None and token.type == "inline":
            cells += [*([Token("text", "", 0, content=" | ")] if cells else []), *(token.children or ())]
        elif token.type not in _TABLE_TOKENS:
            yield token


_TABLE_TOKENS = frozenset(
    f"{name}_{end}" for name in ("table", "thead", "tbody", "th", "td") for end in ("open", "close")
)
