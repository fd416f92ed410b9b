"""The prose of a text: everything that is not prose becomes spaces, so that every offset stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from bot.essay.text.flow import UNSEEN
from bot.essay.text.gaps import GAP
from bot.essay.text.markdown import Blocks
from bot.essay.text.sections import Part

_RUN_OF_TICKS = re.compile(r"`+")
_PARAGRAPH_END = re.compile(r"(?:\r\n?|\n)[ \t]*(?:\r\n?|\n)")
# Every repetition below is bounded or stops at a character that the next attempt starts from, so time stays linear.
_LINK = re.compile(
    r"(!?\[)([^\[\]]{0,500})(\](?:\([^()\n\r]{0,1000}(?:\([^()\n\r]{0,300}\)[^()\n\r]{0,300})?\)|\[[^\[\]]{0,200}\]))"
)
_DEFINITION = re.compile(r"^ {0,3}\[[^\[\]\n\r]{1,200}\]:[ \t]*\S[^\n\r]*", re.MULTILINE)
_FOOTNOTE = re.compile(r"\[\^[^\[\]\s]{1,60}\]:?")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,300}>|<(?:https?://|mailto:)[^<>\s]{0,1000}>")
_EMPHASIS = re.compile(r"(?<!\w)[*_~]+(?=\S)|(?<=\S)[*_~]+(?!\w)|\*\*+")
_LINE_MARK = re.compile(r"(?:^|(?<=[\n\r]))[ \t]*(?:(?:>[ \t]?)+|[•‣◦⁃](?=\s))")
_ITEM_MARK = re.compile(r"[ \t]*(?:>[ \t]?)*(?:[-*+]|\d{1,9}[.)])(?=\s|$)(?:[ \t]+\[[ xX]\](?=\s))?")
_SPACE = re.compile(r"[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
# Characters without width beside white space or a mark: inside a word they part nothing, and stay.
_UNSEEN = re.compile(rf"(?:(?<=[^\w])|^)[{UNSEEN}]+|[{UNSEEN}]+(?=\s|$)")
_RULE = re.compile(r"^[ \t]*(?:[-*_=~|:+][ \t]*){3,}$")


def mask(text: str, blocks: Blocks, parts: Iterable[Part]) -> str:
    """``text`` with all that is not prose as spaces: headings, code, link targets, marks, tags, front matter, gaps.

    Characters without width become spaces too, but for those inside a word, as do spaces of any other kind.
    Line breaks stay, so paragraphs can be told apart. The result has the length of ``text``.
    """
    stretches: list[tuple[int, int]] = [(part.start, part.body_start) for part in parts]
    lines = blocks.lines
    for first, end in chain(blocks.inner_headings, blocks.code, [(0, blocks.front_matter)]):
        if first < end:
            stretches.append((lines[first].start, lines[end - 1].next))
    for number, line in enumerate(lines):
        if _RULE.match(line.text):
            stretches.append((line.start, line.end))
        elif number in blocks.items and (marker := _ITEM_MARK.match(line.text)):
            stretches.append((line.start, line.start + marker.end()))
    masked = _blank(text, stretches)
    masked = _blank(masked, _comments(masked))
    masked = _blank(masked, code_spans(masked))
    for pattern in (GAP, _DEFINITION, _FOOTNOTE, _TAG):
        masked = _blank(masked, (match.span() for match in pattern.finditer(masked)))
    masked = _blank(masked, _links(masked))
    for pattern in (_LINE_MARK, _EMPHASIS, _UNSEEN, _SPACE):
        masked = _blank(masked, (match.span() for match in pattern.finditer(masked)))
    return masked


def _blank(text: str, stretches: Iterable[tuple[int, int]]) -> str:
    """``text`` with these stretches made of spaces, apart from their line breaks."""
    pieces: list[str] = []
    at = 0
    for start, end in sorted(stretches):
        if end <= at:
            continue
        start = max(start, at)
        pieces.append(text[at:start])
        pieces.append(re.sub(r"[^\n\r]", " ", text[start:end]))
        at = end
    pieces.append(text[at:])
    return "".join(pieces)


def _comments(text: str) -> Iterable[tuple[int, int]]:
    start = text.find("<!--")
    while start >= 0:
        end = text.find("-->", start + 4)
        if end < 0:
            return  # an unclosed comment is shown as text by a renderer, and is text here
        yield start, end + 3
        start = text.find("<!--", end + 3)


def code_spans(text: str) -> Iterator[tuple[int, int]]:
    """Runs of backticks paired with the next run of the same length in the paragraph (CommonMark section 6.1)."""
    runs = [match.span() for match in _RUN_OF_TICKS.finditer(text)]
    if not runs:
        return
    limits = [match.start() for match in _PARAGRAPH_END.finditer(text)]
    following: dict[int, int] = {}
    partner: dict[int, int] = {}
    for number in range(len(runs) - 1, -1, -1):
        start, end = runs[number]
        if (later := following.get(end - start)) is not None:
            partner[number] = later
        following[end - start] = number
    limit = 0
    number = 0
    while number < len(runs):
        start = runs[number][0]
        while limit < len(limits) and limits[limit] < start:
            limit += 1
        closing = partner.get(number)
        if closing is not None and (limit == len(limits) or runs[closing][0] < limits[limit]):
            yield start, runs[closing][1]
            number = closing
        number += 1


def _links(text: str) -> Iterable[tuple[int, int]]:
    for match in _LINK.finditer(text):
        if match.group(1) == "![":
            yield match.span()
        else:
            yield match.span(1)
            yield match.span(3)
