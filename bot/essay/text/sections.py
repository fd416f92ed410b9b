"""Taking a text apart at its headings, and putting it together again without changing a byte."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.essay.text.markdown import Blocks, blocks_of
from bot.essay.text.plain_headings import plain_headings

_MARKUP_IN_TITLE = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)|[*`~]+|(?<!\w)_+|_+(?!\w)")


@dataclass(frozen=True, slots=True)
class Part:
    """One stretch of a text: a heading with what follows it, or what precedes the first heading.

    ``heading_raw`` is the heading as it stands, with its line break; "" (and ``level`` 0, ``title`` "") for what
    precedes the first heading. ``title`` is the heading as a reader sees it. ``start`` is the offset of the part in the
    text, in code points. A plain-text heading has level 1 if it is the document's title, else 2.
    """

    heading_raw: str
    level: int
    title: str
    body: str
    start: int

    @property
    def body_start(self) -> int:
        """Where the body starts in the text, in code points."""
        return self.start + len(self.heading_raw)

    @property
    def end(self) -> int:
        """Where the part ends in the text, in code points."""
        return self.body_start + len(self.body)


# A text is taken apart again for each page, form, menu and count of it; 256 long ones are some 5 MB.
@lru_cache(maxsize=256)
def split(text: str) -> tuple[Part, ...]:
    """The parts of ``text`` in order; ``join`` of them is ``text``. An empty text has none.

    Headings are the Markdown headings outside code, lists and quotations if there are any, else the plain-text
    headings: short lines of their own without closing punctuation.
    """
    return split_blocks(text, blocks_of(text))


def split_blocks(text: str, blocks: Blocks) -> tuple[Part, ...]:
    """``split`` for a caller that has read the blocks of the text already."""
    lines = blocks.lines
    marks = [(h.first, h.end, h.level, title_text(h.content)) for h in blocks.headings] or [
        (h.line, h.line + 1, h.level, title_text(lines[h.line].text)) for h in plain_headings(blocks)
    ]
    starts = [lines[first].start for first, *_ in marks]
    parts = []
    before = text[: starts[0]] if marks else text
    if before:
        parts.append(Part("", 0, "", before, 0))
    for (_, end, level, title), start, following in zip(marks, starts, [*starts, len(text)][1:], strict=True):
        body_start = lines[end - 1].next
        parts.append(Part(text[start:body_start], level, title, text[body_start:following], start))
    return tuple(parts)


def join(parts: Sequence[Part]) -> str:
    """The text that the parts make up."""
    return "".join(part.heading_raw + part.body for part in parts)


def title_text(heading: str) -> str:
    """A heading as a reader sees it: without emphasis, code marks and link targets, on one line."""
    return " ".join(_MARKUP_IN_TITLE.sub(lambda match: match.group(1) or "", heading).split())


def title_of(parts: Sequence[Part]) -> str | None:
    """The document's title: the first heading, if it is of level 1 and no other is; None where there is none."""
    headings = [part for part in parts if part.level]
    if headings and headings[0].level == 1 and all(part.level > 1 for part in headings[1:]):
        return headings[0].title
    return None


def replace_body(text: str, index: int, new_body: str) -> str:
    """``text`` with the body of part ``index`` (as ``split`` numbers them) replaced; every other byte stays.

    The white space between the heading and the body, and between the body and the next heading, stays as it stood;
    where there was none, a blank line is made, in the line breaks of the text. Raises IndexError for a part that does
    not exist.
    """
    parts = split(text)
    if not 0 <= index < len(parts):
        raise IndexError(f"the text has {len(parts)} parts, so there is no part {index}")
    part = parts[index]
    last = index == len(parts) - 1
    newline = next(iter(re.findall(r"\r\n?|\n", text)), "\n")
    old = part.body
    lead = old[: len(old) - len(old.lstrip("\r\n"))]
    trail = old[len(old.rstrip()) :]
    content = new_body.strip("\r\n")
    if not content.strip():
        body = lead
    elif not old.strip():
        glue = "" if part.heading_raw[-1:] in ("\n", "\r", "") else newline
        body = f"{glue}{newline if part.heading_raw else ''}{content}{newline}{'' if last else newline}"
    else:
        body = lead + content + trail
        if not last and _needs_blank_line(parts[index + 1]) and trail.count(newline) < 2:
            body = lead + content + newline * 2
    return text[: part.body_start] + body + text[part.end :]


def _needs_blank_line(following: Part) -> bool:
    """A line with a row of "=" or "-" below it would make a heading of the paragraph above it too."""
    below = re.split(r"\r\n?|\n", following.heading_raw + following.body, maxsplit=2)[1:]
    return bool(below) and bool(re.fullmatch(r"=+|-+", below[0].strip()))
