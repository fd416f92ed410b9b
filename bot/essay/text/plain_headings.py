"""Headings in a text that has no Markdown headings: short lines of their own without closing punctuation.

Pasted essays often lose their markup and their blank lines, so a heading has to be told from a wrapped line, a line of
verse, a list, a salutation and a signature by what stands around it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from bot.essay.text.lines import breaks_early, closes_sentence, is_wrapped, starts_lower
from bot.essay.text.markdown import Blocks
from bot.essay.text.marks import unmarked

# The longest real headings of essays run to a dozen words; 90 characters hold them and leave out paragraphs.
_MOST_WORDS = 14
_MOST_CHARACTERS = 90
_OPEN_END = tuple(",:;—–-.!?…")
_LIST_ITEM = re.compile(
    r"\s*(?:[-*+•‣◦–—>|]|\(?\w{1,3}[.)](?:\s|$)|\[|/|\d{1,2}[:.h]\d\d\b)"
)  # bullets, "1.", "(a)", [gaps], /commands, times in a log
_SALUTATION = re.compile(r"(?:dear|hi|hello|hey|to whom)\b", re.IGNORECASE)
_SIGN_OFF = re.compile(
    r"(?:(?:yours|best|kind|kindest|warm|warmest|many|with|all my|all the|lots of)\b[\w ]*"
    r"\b(?:yours|regards|wishes|best|love|thanks|truly|faithfully|sincerely|ever)|yours|best|regards|love|cheers|thanks"
    r"|thank you|sincerely|respectfully|faithfully)",
    re.IGNORECASE,
)
# "2019", "2019–2021", "2019/20": a heading of years says nothing else.
_YEARS = re.compile(r"(?:1[89]|20)\d\d(?:\s?[-–—/]\s?(?:(?:1[89]|20)\d\d|\d\d|today|now))?:?", re.IGNORECASE)
_QUESTION = re.compile(r"[^.!?…]{3,}\?")
_QUESTION_WORDS = 10
# So much must stand below a question, or below two headings in a row, for them to be headings: less is verse, a list
# or somebody who answers in a line.
_BODY_WORDS = 12
_DATELINE = re.compile(
    r"(?:.{0,60}\b(?:1[89]|20)\d\d|.{0,60}\b\d{1,2}(?:st|nd|rd|th)?\s+[A-Z][a-z]{2,8}|.{0,60}\b[A-Z][a-z]{2,8}\s+\d{1,2})$"
)


@dataclass(frozen=True, slots=True)
class PlainHeading:
    """A heading line by its number, with level 1 for the document's title and 2 for the rest."""

    line: int
    level: int


def _shaped_like_heading(text: str) -> bool:
    stripped = unmarked(text).strip()  # a mark behind a sentence makes no heading of it
    return (
        0 < len(stripped) <= _MOST_CHARACTERS
        and len(stripped.split()) <= _MOST_WORDS
        and any(map(str.isalpha, stripped))
        and not starts_lower(stripped)
        and not stripped.rstrip("\"”’'»)]*_").endswith(_OPEN_END)
        and not stripped.endswith(_OPEN_END)
        and not _LIST_ITEM.match(text)
        and not text.startswith(("    ", "\t"))
        and "://" not in stripped
        and not _SALUTATION.match(stripped)
        and not _SIGN_OFF.fullmatch(stripped)
    )


def _is_years(text: str) -> bool:
    return _YEARS.fullmatch(text.strip()) is not None


def _is_question(text: str) -> bool:
    """Whether a line is one question that may head what stands below it."""
    stripped = unmarked(text).strip()
    return (
        _QUESTION.fullmatch(stripped) is not None
        and len(stripped.split()) <= _QUESTION_WORDS
        and not stripped.startswith(('"', "“", "‘", "'", "«", "„"))
        and _shaped_like_heading(stripped[:-1])
    )


def _runs(texts: list[str | None]) -> list[tuple[int, int]]:
    """Stretches of consecutive lines that are not blank."""
    runs: list[tuple[int, int]] = []
    start: int | None = None
    for number, text in enumerate([*texts, None]):
        if text is not None and start is None:
            start = number
        elif text is None and start is not None:
            runs.append((start, number))
            start = None
    return runs


def plain_headings(blocks: Blocks) -> tuple[PlainHeading, ...]:
    """The heading lines of a plain text, in order, each followed by something that is not a heading."""
    lines = blocks.lines
    # A line without a letter or digit ("***") parts like a blank one.
    texts: list[str | None] = [line.text if any(map(str.isalnum, line.text)) else None for line in lines]
    texts[: blocks.front_matter] = [None] * blocks.front_matter
    code = {number for first, end in (*blocks.code, *blocks.html) for number in range(first, end)}
    shaped = {
        number
        for number, text in enumerate(texts)
        if text and number not in code and (_shaped_like_heading(text) or _is_years(text) or _is_question(text))
    }
    candidates: set[int] = set()
    previous = ""
    for first, end in _runs(texts):
        run = [lines[number].text for number in range(first, end)]
        wrapped = is_wrapped([text for number, text in enumerate(run, first) if number not in shaped])
        width = max(map(len, run))
        for number in range(first, end):
            if number in shaped:
                title_above = number - 1 == first and candidates == {first}
                if (
                    _finished(previous, run[number - first], width, tight=number > first, wrapped=wrapped)
                    or (title_above and not wrapped)
                ) and _opens_something(run, number - first, width):
                    candidates.add(number)
            previous = lines[number].text
    return _chosen(candidates, texts)


def _finished(previous: str, text: str, width: int, *, tight: bool, wrapped: bool) -> bool:
    """Whether the line before is done, so that ``text`` can be a heading. ``tight``: no blank line between."""
    ended = previous.strip()
    if _SIGN_OFF.fullmatch(ended) or ended.endswith((",", ":", ";", "—", "–")):
        return False
    if not tight:
        return True
    if not (closes_sentence(previous) or _is_years(previous) or _LIST_ITEM.match(previous)):
        return False
    return not wrapped or breaks_early(previous, text, width)


def _opens_something(run: list[str], at: int, width: int) -> bool:
    """Whether the line after lets this one be a heading: it starts anew, and nothing forced the break before it."""
    if at + 1 == len(run):
        return True
    return not starts_lower(run[at + 1]) and breaks_early(run[at], run[at + 1], width)


def _chosen(candidates: set[int], texts: list[str | None]) -> tuple[PlainHeading, ...]:
    """Leaves out candidates that have no body: neighbours of each other (verse, lists) and the last lines (a name)."""
    written = [number for number, text in enumerate(texts) if text is not None]
    chosen: list[PlainHeading] = []
    at = 0
    while at < len(written):
        end = at
        while end < len(written) and written[end] in candidates:
            end += 1
        group = written[at:end]
        if not group:
            at += 1
            continue
        if end < len(written):
            chosen += _from_group(group, texts, opening=at == 0, body=written[end])
        at = end
    # One question or year alone heads nothing: a writer asks, or dates a letter.
    alone = len(chosen) == 1 and _is_weak(texts[chosen[0].line] or "")
    return () if alone else tuple(chosen)


def _is_weak(text: str) -> bool:
    return _is_years(text) or _is_question(text)


def _from_group(group: list[int], texts: list[str | None], *, opening: bool, body: int) -> list[PlainHeading]:
    lines = [texts[number] or "" for number in group]
    has_body = _words_below(texts, body) >= _BODY_WORDS
    if (_is_question(lines[-1]) and not has_body) or (len(group) > 1 and all(map(_is_years, lines))):
        return []
    if not opening:
        if len(group) == 1:
            return [PlainHeading(group[0], 2)]
        apart = group[1] - group[0] > 1 or _is_years(lines[0])
        return [PlainHeading(number, 2) for number in group] if len(group) == 2 and apart and has_body else []
    if _SALUTATION.match((texts[body] or "").strip()) and _DATELINE.match(lines[0].strip()):
        return []
    first = PlainHeading(group[0], 2 if _is_weak(lines[0]) else 1)
    if len(group) == 1:
        return [first]
    byline = len(group) == 3 and lines[1].strip().lower().startswith("by ")
    if len(group) == 2 or byline:
        return [first, PlainHeading(group[-1], 2)]
    apart = all(later - earlier > 1 for earlier, later in pairwise(group))
    return [first, *(PlainHeading(number, 2) for number in group[1:])] if len(group) == 3 and apart and has_body else []


def _words_below(texts: list[str | None], body: int) -> int:
    """The words of the paragraph that begins on the line ``body``, of so many as matter."""
    words = 0
    for text in texts[body : body + _BODY_WORDS]:
        if text is None:
            break
        words += len(text.split())
    return words
