"""What a number, a name, a date or a quotation of a text is read into; and the quotations themselves."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from bot.essay.text.gaps import GAP_PATTERN
from bot.essay.text.spans import Span

FactKind = Literal["number", "name", "date", "quotation", "address"]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something checkable in a text.

    ``raw`` is what stands at ``span``; ``value`` is the same for every way of writing it ("15%", "fifteen per cent").
    ``implied`` are values that a note holding this supports too: May 2019 for 2019, a full name for the first name.
    """

    span: Span
    kind: FactKind
    raw: str
    value: str
    implied: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def implies(self) -> frozenset[str]:
        """Every value this one supports, its own among them."""
        return self.implied | {self.value}


# The endings of names in the Internet that end no word in any of the languages read here, and some that do.
_DOMAIN_ENDINGS = (
    "com|org|net|edu|gov|info|biz|io|co|dev|app|xyz|eu|uk|fr|nl|ch|dk|fi|pl|cz|ru|ca|au|nz|jp|cn|kr|br|mx|ie|ly|gg|tv"
    "|cc"
)
_AMBIGUOUS_DOMAIN_ENDINGS = (
    "ai|am|at|be|blog|cloud|club|de|es|gl|id|in|is|it|link|live|me|news|no|online|page|pro|pt|se|sh|shop|site|so|space"
    "|store|tech|to|top|us|website|work|world|zip"
)
# In any case but for the endings of a bare name: those are written small.
_ADDRESS = re.compile(
    r"(?<![a-z0-9])[a-z][a-z0-9+.-]{1,30}://[^\s<>\"“”«»]+|(?<!\w)www\.[^\s<>\"“”«»]+"
    r"|(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.)+[\w-]{2,63}"
    r"|(?<![\w@./:-])(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+"
    rf"(?:(?-i:{_DOMAIN_ENDINGS})(?![\w@-])(?:[:/?#][^\s<>()\[\]\"“”«»]*)?"
    rf"|(?-i:{_AMBIGUOUS_DOMAIN_ENDINGS})/[^\s<>()\[\]\"“”«»]+)",
    re.IGNORECASE,
)
_HINT = re.compile(r"\w[.@]\w|://")  # looking for it takes a hundredth of the time, and prose has hardly any
_REST = re.compile(r"\S*")


def find_address_spans(text: str) -> Iterator[Span]:
    """Where addresses stand in the open, in order, with what is written right behind them."""
    done = 0
    for hint in _HINT.finditer(text):
        if hint.start() < done:
            continue
        start, end = hint.start(), _REST.match(text, hint.end()).end()  # type: ignore[union-attr]  # it matches nothing too
        while start > done and not text[start - 1].isspace():
            start -= 1
        for found in _ADDRESS.finditer(text, start, end):
            yield Span(*found.span())
        done = end


# Addresses and gaps hold digits and capitals that claim nothing; a list number counts lines, not facts.
_UNCLAIMED = re.compile(
    GAP_PATTERN + r"|\]\([^()\s]{0,1000}\)|(?:^|(?<=[\n\r]))[ \t]*\d{1,3}[.)](?=[ \t])",
    re.IGNORECASE,
)


def blank_unclaimed(text: str) -> str:
    """``text`` with addresses, link targets, ``[NEED: …]`` gaps and list numbers as spaces; same length."""
    bare = _UNCLAIMED.sub(lambda match: " " * len(match.group()), text)
    pieces, at = [], 0
    for span in find_address_spans(bare):
        pieces += [bare[at : span.start], " " * len(span)]
        at = span.end
    return "".join([*pieces, bare[at:]])


_OTHER_DIGIT = re.compile(r"[^\D0-9]")
_OTHER_SIGNS = str.maketrans("％٪٫٬", "%%.,")


def to_ascii_digits(text: str) -> str:
    """``text`` with the digits of every script as 0 to 9, and the signs that Arabic puts between them; same length."""
    if text.isascii():
        return text
    return _OTHER_DIGIT.sub(lambda match: str(unicodedata.decimal(match.group())), text).translate(_OTHER_SIGNS)


_MARKS = re.compile(r"[“”\"„«»‘’'「」『』‚‹›]|(?:\r\n|\r|\n)[ \t]*(?:\r\n|\r|\n)")
# A quotation longer than this is a mark that was never closed.
_MOST_CHARACTERS = 2000
# Words that begin with an apostrophe where a letter was dropped.
_DROPPED = re.compile(r"(?:em|til|tis|twas|cause|bout|round|n|\d0s|\d\d)\b", re.IGNORECASE)
_MARK_PAIRS = {"„": "“”", "«": "»", "»": "«", "「": "」", "『": "』", "‚": "‘’", "‹": "›", "“": "”", '"': '"'}
_TRIMMED_CHARACTERS = " \t\r\n.,;:!?…—–-"


def normalize_quotation(words: str) -> str:
    """One value for a quotation: case, white space, kinds of quotation mark and punctuation at the ends set aside."""
    plain = unicodedata.normalize("NFC", words).translate(str.maketrans("“”„«»‘’‚", '"""""' + "'''"))
    return " ".join(plain.split()).strip(_TRIMMED_CHARACTERS + "\"'").casefold()


def quotations(text: str) -> tuple[Fact, ...]:
    """The quotations of ``text`` in order. The span holds the marks, the value the words alone.

    A quotation inside another is part of it. Apostrophes, inch marks and marks left open are none.
    """
    source = blank_unclaimed(text)
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
            if mark in _MARK_PAIRS[opened[0]] and (mark != '"' or _closes(source, at)):
                doubles.append((opened[1], at + 1))
                opened = None
            continue
        if mark in _MARK_PAIRS and (mark != '"' or _opens_straight(source, at)):
            opened = (mark, at)
    if pending:
        singles.append(pending)
    return _quotation_facts(text, doubles, singles)


def _quotation_facts(text: str, doubles: list[tuple[int, int]], singles: list[tuple[int, int]]) -> tuple[Fact, ...]:
    found: list[Fact] = []
    end = 0
    for start, stop in sorted([*doubles, *singles], key=lambda place: (place[0], -place[1])):
        words = text[start + 1 : stop - 1]
        if start < end or len(words) > _MOST_CHARACTERS or not any(map(str.isalnum, words)):
            continue
        end = stop
        found.append(Fact(Span(start, stop), "quotation", text[start:stop], normalize_quotation(words)))
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
