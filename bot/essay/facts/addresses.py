"""Addresses in a text: of web pages and pictures, and of e-mail; and a text in which none of them can be clicked.

An address is what begins with a scheme or with www., a name that ends as a name in the Internet does, an e-mail
address, and whatever a link or a picture of Markdown or HTML points to. Of the endings those are read that end no word
of a sentence; the others ("it", "me", "is") only where a path follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.essay.facts.fact import Fact, find_address_spans
from bot.essay.text.gaps import GAP_REGEX
from bot.essay.text.spans import Span

# Where a link or a picture points to. A note's number in brackets and a place within the text point nowhere else.
_TARGET = re.compile(
    r"\]\([ \t]*<?(?P<inline>[^()\s<>#][^()\s<>]*+)"
    r"|^ {0,3}\[(?!\^)[^\[\]\n\r]{1,200}\]:[ \t]*<?(?P<defined>[^\s<>#][^\s<>]*+)"
    r"|\b(?:href|src)[ \t]*=[ \t]*[\"']?(?P<html>[^\"'\s<>#][^\"'\s<>]*+)",
    re.IGNORECASE | re.MULTILINE,
)
_TRAILING_MARKS = ".,;:!?*_~`'\"’”»"
_SCHEME = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?/{2,}|^(?:mailto|tel|sms):", re.IGNORECASE)
_CLICKABLE = re.compile(
    r"[a-z][a-z0-9+.-]{0,30}:/{2,}|\b(?:mailto|tel|sms|javascript|data):(?=\S)|\bwww\.", re.IGNORECASE
)


def addresses(text: str) -> tuple[Fact, ...]:
    """The addresses of a text, in order. One vouches for its host too, and never the host for a page of it."""
    if "." not in text and ":" not in text and "](" not in text and "=" not in text:
        return ()
    found: list[Fact] = []
    for span in sorted(_spans(GAP_REGEX.sub(lambda gap: " " * len(gap.group()), text))):
        if found and span.start < found[-1].span.end:
            continue
        raw = span.extract(text)
        value = normalize_address(raw)
        if value:
            host = re.split(r"[/?#]", value, maxsplit=1)[0]
            found.append(Fact(span, "address", raw, value, implied=frozenset({host}) - {value}))
    return tuple(found)


def normalize_address(raw: str) -> str:
    """One value for an address: without case, scheme, www. and a slash at its end."""
    return _SCHEME.sub("", raw.strip()).casefold().removeprefix("www.").rstrip("/")


def defang_links(text: str) -> str:
    """The text so that nothing which shows it makes a link of any of it: addresses without what makes them clicked."""
    while (bare := _CLICKABLE.sub("", text)) != text:
        text = bare
    return text


def _spans(text: str) -> Iterator[Span]:
    for span in find_address_spans(text):
        raw = span.extract(text)
        end = len(raw.rstrip(_TRAILING_MARKS))
        while raw[:end].endswith(")") and raw.count("(", 0, end) < raw.count(")", 0, end):
            end = len(raw[: end - 1].rstrip(_TRAILING_MARKS))
        yield Span(span.start, span.start + end)
    for match in _TARGET.finditer(text):
        yield Span(*match.span(str(match.lastgroup)))
