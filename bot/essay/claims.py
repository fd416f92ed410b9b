"""Which numbers, dates, names and quotations of a text the notes hold, and which they do not."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from bot.essay.reading import Reading
from bot.essay.sections import split
from bot.essay.spans import Span
from bot.essay.specifics import SpecificKind, is_generic, name_value, quotation_value, specifics


@dataclass(frozen=True, slots=True)
class Claim:
    """A number, date, name or quotation in a text, the sentence that holds it, and whether the notes hold it too."""

    kind: SpecificKind
    span: Span
    raw: str
    sentence: Span
    supported: bool


def claims(text: str, notes: Sequence[str]) -> tuple[Claim, ...]:
    """Every claim of the text apart from its headings, in order.

    A claim is supported where a note holds the same value in whatever writing ("fifteen per cent" holds "15%"). For a
    name or a quotation it is enough that its words stand together in a note: people note names in lower case and speech
    without marks. A word such as a job title, which names nobody, is no claim.
    """
    reading = Reading(text)
    vouched = {value for note in notes for specific in specifics(note) for value in specific.vouches}
    noted = _Noted(notes)
    sentences = sorted(sentence.span for sentence in reading.sentences)
    held = specifics(without_headings(text))
    counted = [specific.span for specific in held if specific.kind in ("number", "date")]
    found: list[Claim] = []
    for specific in held:
        if specific.kind == "name" and (is_generic(specific) or _inside(specific.span, counted)):
            continue  # "Fourteen" at a sentence's start and the EUR of "EUR 40" are numbers, and names of nothing
        supported = specific.value in vouched
        if not supported and specific.kind in ("name", "quotation"):
            supported = noted.hold(_plain_words(specific.raw))
        at = bisect_right(sentences, specific.span.start, key=_start) - 1
        sentence = sentences[at] if at >= 0 and specific.span.start < sentences[at].end else specific.span
        found.append(Claim(specific.kind, specific.span, specific.raw, sentence, supported))
    return tuple(found)


def unsupported(text: str, notes: Sequence[str]) -> tuple[Claim, ...]:
    """The claims that no note holds."""
    return tuple(claim for claim in claims(text, notes) if not claim.supported)


def without_headings(text: str) -> str:
    """The text with its headings as spaces, so that every offset stays."""
    parts = split(text)
    return "".join("".join(char if char in "\r\n" else " " for char in part.heading_raw) + part.body for part in parts)


def _start(span: Span) -> int:
    return span.start


def _inside(span: Span, spans: Sequence[Span]) -> bool:
    """Whether one of the spans, which are in order and apart, holds this one."""
    at = bisect_right(spans, span.start, key=_start) - 1
    return at >= 0 and span.end <= spans[at].end


class _Noted:
    """The words of the notes, by the pairs that they stand in: looking a phrase up costs the same among many notes."""

    def __init__(self, notes: Sequence[str]) -> None:
        self._words: list[str] = []
        for note in notes:
            self._words += [*_plain_words(note), ""]  # no phrase runs from one note into the next
        self._places: dict[tuple[str, ...], list[int]] = {}
        for at, pair in enumerate(zip(self._words, [*self._words[1:], ""], strict=False)):
            self._places.setdefault(pair, []).append(at)
            self._places.setdefault(pair[:1], []).append(at)

    def hold(self, phrase: list[str]) -> bool:
        """Whether the words stand together in a note."""
        places = self._places.get(tuple(phrase[:2]), ()) if phrase else ()
        return any(self._words[at : at + len(phrase)] == phrase for at in places)


def _plain_words(text: str) -> list[str]:
    """The words alone, with case, accents, punctuation and line ends set aside."""
    folded = name_value(quotation_value(text))
    return "".join(char if char.isalnum() else " " for char in folded).split()
