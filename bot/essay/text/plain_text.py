"""Render Markdown as plain text, for places that show markup as it is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it.token import Token

from bot.essay.text.markdown import parse_blocks, parse_tokens
from bot.essay.text.markdown_import import remove_comments, replace_html_tags

_FOOTNOTE = re.compile(r"^( {0,3})\[\^")
_CHECKBOX_OR_FOOTNOTE = re.compile(r"^\[[ xX]\] |\[\^[^\[\]\s]{1,60}\]:? ?", re.MULTILINE)


def to_single_line(text: str) -> str:
    """Return what a Markdown text says on one line, without marks of lists, quotations, tables and footnotes."""
    plain = _PlainTextRenderer(with_markers=False).render(parse_tokens(expand_footnotes(remove_comments(text))))
    return " ".join(_CHECKBOX_OR_FOOTNOTE.sub("", plain).split())


def to_plain_text(text: str) -> str:
    """Return the words of a Markdown text as plain paragraphs with blank lines between them.

    Headings are lines of their own. List items keep a dash or their number, and quoted lines begin with "> ". The
    address of a link follows its words in brackets. A table row is one line with bars around its cells. Footnotes and
    code stay as they are; comments and tags are removed. The result ends in one line feed, or is empty.
    """
    return _PlainTextRenderer().render(parse_tokens(expand_footnotes(remove_comments(text))))


def expand_footnotes(text: str) -> str:
    """Make each footnote a paragraph: CommonMark knows none, and would take some for link definitions."""
    if "[^" not in text:
        return text
    blocks = parse_blocks(text)
    code = {number for first, end in blocks.code_blocks for number in range(first, end)}
    return "".join(
        text[line.start : line.next_start]
        if number in code
        else _FOOTNOTE.sub(r"\1\\[^", line.text) + text[line.end : line.next_start]
        for number, line in enumerate(blocks.lines)
    )


class _PlainTextRenderer:
    """Renders block tokens in one pass, keeping the prefixes that each nested line begins with."""

    def __init__(self, *, with_markers: bool = True) -> None:
        self._with_markers = with_markers
        self._lines: list[str] = []
        self._prefixes: list[str] = []  # one for each open quotation or list item
        self._bullets: list[str | None] = []  # one for each open list item: its bullet until it has been written
        self._counters: list[int | None] = []  # one for each open list: its next number, None for a bulleted one
        self._cells: list[str] | None = None  # of the open table row

    def render(self, tokens: Sequence[Token]) -> str:
        for token in tokens:
            self._render_token(token)
        text = "\n".join(self._lines)
        return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n" if self._lines else ""

    def _render_token(self, token: Token) -> None:
        match token.type:
            case "inline" if self._cells is not None:
                self._cells.append(_render_inline(token.children or []).replace("\n", " "))
            case "inline":
                self._write(_render_inline(token.children or []))
            case "tr_open":
                self._cells = []
            case "tr_close":
                self._write(
                    f"| {' | '.join(self._cells or [])} |" if self._with_markers else ", ".join(self._cells or [])
                )
                self._cells = None
            case "fence" | "code_block":
                self._write(token.content.rstrip("\n"))
                self._write_blank_line()
            case "html_block":
                self._write(re.sub(r"\n\s*\n", "\n", replace_html_tags(token.content)).strip())
                self._write_blank_line()
            case "hr" if self._with_markers:
                self._write("* * *")
                self._write_blank_line()
            case "blockquote_open":
                self._prefixes.append("> " if self._with_markers else "")
            case "bullet_list_open":
                self._counters.append(None)
            case "ordered_list_open":
                self._counters.append(int(token.attrs.get("start", 1)))
            case "list_item_open":
                self._open_item()
            case "list_item_close":
                self._prefixes.pop()
                self._bullets.pop()
            case "blockquote_close":
                self._prefixes.pop()
                self._write_blank_line()
            case "bullet_list_close" | "ordered_list_close":
                self._counters.pop()
                self._write_blank_line()
            case "paragraph_close" if not token.hidden:
                self._write_blank_line()
            case "heading_close" | "table_close":
                self._write_blank_line()

    def _open_item(self) -> None:
        number = self._counters[-1]
        bullet = "" if not self._with_markers else "- " if number is None else f"{number}. "
        if number is not None:
            self._counters[-1] = number + 1
        self._bullets.append(bullet)
        self._prefixes.append(" " * len(bullet))

    def _write(self, text: str) -> None:
        for line in text.split("\n"):
            prefix = "".join(self._prefixes)
            if self._bullets and self._bullets[-1] is not None:
                bullet = self._bullets[-1]
                prefix = prefix.removesuffix(" " * len(bullet)) + bullet
                self._bullets[-1] = None
            self._lines.append((prefix + line).rstrip() if not line else prefix + line)

    def _write_blank_line(self) -> None:
        if self._lines and self._lines[-1]:
            self._lines.append("")


def _render_inline(children: Sequence[Token]) -> str:
    """Return the words of inline tokens."""
    out: list[str] = []
    links: list[tuple[str, int]] = []
    for token in children:
        match token.type:
            case "softbreak" | "hardbreak":
                out.append("\n")
            case "link_open":
                links.append((str(token.attrs.get("href", "")), len(out)))
            case "link_close":
                address, start = links.pop()
                address = address.removeprefix("mailto:")
                if address and address != "".join(out[start:]):
                    out.append(f" ({address})")
            case "image":
                out.append(token.content)
            case "text" | "code_inline":
                out.append(token.content)
            case "html_inline":
                out.append(replace_html_tags(token.content))
    return "".join(out)
