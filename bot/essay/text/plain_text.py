"""Render Markdown without its markup, for places that show it as it stands."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it.token import Token

from bot.essay.text.markdown import parse_blocks, parse_tokens
from bot.essay.text.markdown_import import remove_comments, replace_html_tags

_FOOTNOTE = re.compile(r"^( {0,3})\[\^")


_CHECKBOX_OR_FOOTNOTE = re.compile(r"^\[[ xX]\] |\[\^[^\[\]\s]{1,60}\]:? ?", re.MULTILINE)


def to_single_line(text: str) -> str:
    """What a Markdown text says on one line: ``to_plain_text`` without the signs of lists, quotations, tables and
    notes.
    """
    plain = _PlainTextRenderer(signs=False).render(parse_tokens(_expand_footnotes(remove_comments(text))))
    return " ".join(_CHECKBOX_OR_FOOTNOTE.sub("", plain).split())


def to_plain_text(text: str) -> str:
    """The words of a Markdown text as plain paragraphs with blank lines between them.

    Headings stand on their own line; list items keep a dash or their number; a link keeps its address in brackets
    behind its words; quoted lines begin with "> "; a row of a table is a line with bars around its cells; footnotes and
    code stay as they are; comments and tags go. Ends with one line end, or is empty.
    """
    return _PlainTextRenderer().render(parse_tokens(_expand_footnotes(remove_comments(text))))


def _expand_footnotes(text: str) -> str:
    """The text with each footnote as a paragraph: CommonMark knows none, and takes some for the target of a link."""
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
    """Walks the block tokens once, keeping what each nested line must begin with."""

    def __init__(self, *, signs: bool = True) -> None:
        self._with_markers = signs
        self._lines: list[str] = []
        self._prefixes: list[str] = []  # one for each quote or list item we are in
        self._bullets: list[str | None] = []  # one for each list item: its bullet until it has been written
        self._counters: list[int | None] = []  # one for each list: the next number, None for a bulleted list
        self._cells: list[str] | None = None  # of the row of a table that we are in

    def render(self, found: Sequence[Token]) -> str:
        for token in found:
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
    """The words of a line of tokens."""
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
