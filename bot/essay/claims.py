"""Which numbers, dates, names and quotations of a text the notes hold, and which they do not."""

from __future__ import annotations

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
    words = [f" {_plain_words(note)} " for note in notes]
    sentences = [sentence.span for sentence in reading.sentences]
    found: list[Claim] = []
    for specific in specifics(without_headings(text)):
        if specific.kind == "name" and is_generic(specific):
            continue
        supported = specific.value in vouched
        if not supported and specific.kind in ("name", "quotation"):
            plain = _plain_words(specific.raw)
            supported = any(f" {plain} " in note for note in words)
        sentence = next((one for one in sentences if one.start <= specific.span.start < one.end), specific.span)
        found.append(Claim(specific.kind, specific.span, specific.raw, sentence, supported))
    return tuple(found)


def unsupported(text: str, notes: Sequence[str]) -> tuple[Claim, ...]:
    """The claims that no note holds."""
    return tuple(claim for claim in claims(text, notes) if not claim.supported)


def without_headings(text: str) -> str:
    """The text with its headings as spaces, so that every offset stays."""
    parts = split(text)
    return "".join("".join(char if char in "\r\n" else " " for char in part.heading_raw) + part.body for part in parts)


def _plain_words(text: str) -> str:
    """The words alone, with case, accents, punctuation and line ends set aside."""
    folded = name_value(quotation_value(text))
    return " ".join("".join(char if char.isalnum() else " " for char in folded).split())
