"""Quotations in a text: what stands between quotation marks of any usual kind."""

from __future__ import annotations

import re
import unicodedata

from bot.essay.specifics.specific import Specific, claimed
from bot.essay.text.spans import Span

_MARKS = re.compile(r"[“”\"„«»‘’'「」『』‚‹›]|(?:\r\n|\r|\n)[ \t]*(?:\r\n|\r|\n)")
# A quotation longer than this is a mark that was never closed.
_MOST_CHARACTERS = 2000
# Words that begin with an apostrophe where a letter was dropped.
_DROPPED = re.compile(r"(?:em|til|tis|twas|cause|bout|round|n|\d0s|\d\d)\b", re.IGNORECASE)
_PAIRS = {"„": "“”", "«": "»", "»": "«", "「": "」", "『": "』", "‚": "‘’", "‹": "›", "“": "”", '"': '"'}
_TRIMMED = " \t\r\n.,;:!?…—–-"


def quotation_value(words: str) -> str:
    """One value for a quotation: case, white space, kinds of quotation mark and punctuation at the ends set aside."""
    plain = unicodedata.normalize("NFC", words).translate(str.maketrans("“”„«»‘’‚", '"""""' + "'''"))
    return " ".join(plain.split()).strip(_TRIMMED + "\"'").casefold()


def quotations(text: str) -> tuple[Specific, ...]:
    """The quotations of ``text`` in order. The span holds the marks, the value the words alone.

    A quotation inside another is part of it. Apostrophes, inch marks and marks left open are none.
    """
    source = claimed(text)
    doubles: list[tuple[int, int]] = []
    singles: list[tuple[int, int]] = []
    opened: tuple[str, int] | None = None
    single: int | None = None
    pending: tuple[int, int] | None = None
    for match in _MARKS.finditer(source):
        mark, at = match.group(), match.start()
        if len(mark) > 1 or mark in "\r\n":
            opened, single = None, None
            if pending:
                singles.append(pending)
                pending = None
            continue
        if mark in "'‘’":
            if _opens_single(source, mark, at):
                if pending:
                    singles.append(pending)
                    pending = None
                single = at
            elif single is not None and _closes(source, at):
                # "the nurses' rota" closes nothing if a better mark follows, so the last one of the paragraph counts.
                pending = (single, at + 1)
                if source[at - 1] not in "sS" or source[at + 1 : at + 2] != " ":
                    singles.append(pending)
                    pending, single = None, None
            if not (opened and opened[0] == "‚"):
                continue
        if opened is not None and at - opened[1] <= _MOST_CHARACTERS:
            if mark in _PAIRS[opened[0]] and (mark != '"' or _closes(source, at)):
                doubles.append((opened[1], at + 1))
                opened = None
            continue
        if mark in _PAIRS and (mark != '"' or _opens_straight(source, at)):
            opened = (mark, at)
    if pending:
        singles.append(pending)
    return _specifics(text, doubles, singles)


def _specifics(text: str, doubles: list[tuple[int, int]], singles: list[tuple[int, int]]) -> tuple[Specific, ...]:
    found: list[Specific] = []
    end = 0
    for start, stop in sorted([*doubles, *singles], key=lambda place: (place[0], -place[1])):
        words = text[start + 1 : stop - 1]
        if start < end or len(words) > _MOST_CHARACTERS or not any(map(str.isalnum, words)):
            continue
        end = stop
        found.append(Specific(Span(start, stop), "quotation", text[start:stop], quotation_value(words)))
    return tuple(found)


def _opens_single(source: str, mark: str, at: int) -> bool:
    before, after = source[at - 1 : at] if at else "", source[at + 1 : at + 2]
    if mark == "’" or not after or after.isspace() or (before and (before.isalnum() or before in ".,!?’")):
        return False
    return not _DROPPED.match(source, at + 1)


def _opens_straight(source: str, at: int) -> bool:
    before, after = source[at - 1 : at] if at else "", source[at + 1 : at + 2]
    return bool(after) and not after.isspace() and not (before and before.isalnum())


def _closes(source: str, at: int) -> bool:
    before, after = source[at - 1 : at], source[at + 1 : at + 2]
    return bool(before) and not before.isspace() and not (after and after.isalnum())
