"""Closes what a text that is still being written has left open, so that each state of it reads as it is meant."""

from __future__ import annotations

import re

_FENCE = re.compile(r"^[ \t]{0,3}(`{3,}|~{3,})", re.MULTILINE)
_MARK = re.compile(r"\\.|`+|(?<!\d)\*{1,3}|\*{1,3}(?!\d)|(?<!\w)_{1,3}|_{1,3}(?!\w)|~~|\|\||[“”]", re.DOTALL)
_TAIL = re.compile(r"(?:\*{1,2}|_{1,2}|~|\|)\Z")
_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_CLOSING = {"“": "”"}


def balanced(text: str) -> str:
    """The text with its last fence, code, bold, italics, strike-through, spoiler and quotation closed.

    A mark that was just opened and holds nothing yet is left off. A finished text comes back as it is.
    """
    if (fence := open_fence(text)) is not None:
        return f"{text.rstrip()}\n{fence}"
    breaks = list(_PARAGRAPH.finditer(text))
    start = breaks[-1].end() if breaks else 0
    if not text[start:].strip() and breaks:
        return text
    return text[:start] + _closed(text[start:])


def open_fence(text: str) -> str | None:
    """The marks that would close a code fence that is open at the end."""
    opened: str | None = None
    for match in _FENCE.finditer(text):
        marks = match[1]
        if opened is None:
            opened = marks
        elif marks[0] == opened[0] and len(marks) >= len(opened):
            opened = None
    return opened


def spanning(text: str, at: int) -> tuple[str, ...]:
    """The marks of the paragraph around ``at`` that are opened before it and closed behind it, the outermost first.

    A mark that nothing closes is no mark, and is not among them.
    """
    start = max((match.end() for match in _PARAGRAPH.finditer(text, 0, at)), default=0)
    after = _PARAGRAPH.search(text, at)
    paragraph = text[start : after.start() if after else len(text)]
    never_closed = set(_opened(paragraph))
    return tuple(mark for mark, inside in _opened(paragraph[: at - start]) if (mark, inside) not in never_closed)


def _closed(paragraph: str) -> str:
    """One paragraph with its inline marks closed; the start of a closing mark is left off until all of it has come."""
    opened = _opened(paragraph)
    tail = _TAIL.search(paragraph)
    if tail and any(
        mark[0] == tail[0][0] and len(tail[0]) < len(mark) for mark, inside in opened if inside < tail.start()
    ):
        paragraph = paragraph[: tail.start()]
        opened = _opened(paragraph)
    for mark, inside in reversed(opened):
        if not paragraph[inside:].strip():
            paragraph = paragraph[: inside - len(mark)].rstrip()
        else:
            paragraph = paragraph.rstrip() + _CLOSING.get(mark, mark)
    return paragraph


def _opened(paragraph: str) -> list[tuple[str, int]]:
    """The marks that are open at the end, each with where what it holds begins.

    The time it takes grows with the text alone, however many are open.
    """
    opened: list[tuple[str, int]] = []
    places: dict[str, list[int]] = {}  # by what would close them, where in ``opened`` marks stand
    code: str | None = None

    def close(place: int) -> None:
        while len(opened) > place:
            mark, _ = opened.pop()
            places[_CLOSING.get(mark, mark)].pop()

    def open_(mark: str, inside: int) -> None:
        places.setdefault(_CLOSING.get(mark, mark), []).append(len(opened))
        opened.append((mark, inside))

    for match in _MARK.finditer(paragraph):
        mark = match[0]
        if mark[0] == "\\":
            continue
        if mark[0] == "`":
            if code is None:
                code = mark
                open_(mark, match.end())
            elif mark == code:
                code = None
                close(len(opened) - 1)
            continue
        if code is not None:
            continue
        before, after = paragraph[match.start() - 1 : match.start()], paragraph[match.end() : match.end() + 1]
        closes = places.get(mark)
        if closes and (before and not before.isspace()):
            close(closes[-1])
        elif mark != "”" and not after.isspace() and not (after == "" and before and not before.isspace()):
            open_(mark, match.end())
    return opened
