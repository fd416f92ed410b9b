"""The result of a measure, the record that defines one, and whether a text is English enough for it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from bot.essay.facts import quotations
from bot.essay.structure import Structure
from bot.essay.text.languages import detect_language, detect_script
from bot.essay.text.parsed_text import ParsedText
from bot.essay.text.spans import Span
from bot.essay.text.words import word_set

MeasureFigure = float | int | str

# A shorter text is a fragment, whose shares and rhythm say nothing. 150 words are eight to ten sentences.
MIN_WORDS = 150


@dataclass(frozen=True, slots=True)
class MeasureHit:
    """A place in the text that a measure counted, with a short note.

    ``weight`` says how much this place alone matters to a reader, from 3 down to 1; with 0, only many of them do.
    """

    span: Span
    note: str
    weight: int = 0


@dataclass(frozen=True, slots=True)
class MeasureResult:
    """What a measure's function found. ``advice`` is one line, to be given only if ``is_raised``."""

    figures: dict[str, MeasureFigure]
    summary: str
    is_raised: bool = False
    advice: str = ""
    hits: tuple[MeasureHit, ...] = ()


MeasureFunction = Callable[[ParsedText, Structure | None], MeasureResult]


@dataclass(frozen=True, slots=True)
class MeasureDefinition:
    """The definition of a measure: its name, why an editor cares, its threshold and where that comes from."""

    key: str
    name: str
    why: str
    threshold: str
    source: str
    function: MeasureFunction
    english_only: bool = True


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of one text: the result, with what its definition says.

    ``was_measured`` is False if it looks for words of a language that the text is not in.
    """

    key: str
    name: str
    figures: dict[str, MeasureFigure]
    summary: str
    is_raised: bool
    advice: str
    why: str
    threshold: str
    source: str
    hits: tuple[MeasureHit, ...] = field(default=())
    was_measured: bool = True

    @property
    def hits_by_weight(self) -> tuple[MeasureHit, ...]:
        """Return the hits with the gravest first; those of one weight stay in order."""
        return tuple(sorted(self.hits, key=lambda hit: (-hit.weight, hit.span)))


def per_thousand(count: int, words: int) -> float:
    """Return the count for a thousand words, to one decimal place; 0 for no words."""
    return round(1000 * count / words, 1) if words else 0.0


def compile_words(*alternatives: str) -> re.Pattern[str]:
    """Compile a pattern that matches any of these as whole words, in any case and with either apostrophe."""
    joined = "|".join(alternatives).replace("'", "['’]")
    return re.compile(rf"\b(?:{joined})\b", re.IGNORECASE)


@lru_cache(maxsize=8)
def speech_detector(text: str) -> Callable[[int], bool]:
    """Return a function that says whether an offset of the text is between quotation marks."""
    spoken = [quotation.span for quotation in quotations(text)]
    starts = [span.start for span in spoken]

    def is_spoken(at: int) -> bool:
        number = bisect_right(starts, at) - 1
        return number >= 0 and at < spoken[number].end

    return is_spoken


def drop_overlapping_hits(hits: Iterable[MeasureHit]) -> tuple[MeasureHit, ...]:
    """Return the hits in order; of two that overlap, the earlier one, and of two that start together the longer."""
    kept: list[MeasureHit] = []
    for hit in sorted(hits, key=lambda hit: (hit.span.start, -hit.span.end)):
        if not kept or hit.span.start >= kept[-1].span.end:
            kept.append(hit)
    return tuple(kept)


# The commonest English words, without those that are common in neighbouring languages (German "die", "was", "in").
_ENGLISH_STOP_WORDS = word_set(
    "the and of to that my it for with on but not you this have had be at from are were they what which when who there"
    " would about because how is as we she his her their them then than i it's i'm don't didn't"
)
# These are more than a third of the words of English prose, and under a twentieth in other languages.
_MIN_STOP_WORD_SHARE = 0.15
_SAMPLE_WORDS = 2000
# A text of fewer words says nothing: an English list of jobs may hold none of these, like one in any other language.
_MIN_LANGUAGE_WORDS = 60
_MIN_NAMED_LANGUAGE_WORDS = 20  # to name the language
_SAMPLE_CHARACTERS = 20_000
_LANGUAGE_NAMES = {"fr": "French", "de": "German", "es": "Spanish", "pt": "Portuguese", "it": "Italian", "nl": "Dutch"}


def describe_other_language(parsed: ParsedText) -> str | None:
    """Return None if the text is English or too short to tell, else a clause about its language.

    The clause continues a sentence: ", and the text is in German". Only the first 2,000 words are looked at.
    """
    sample = parsed.prose[:_SAMPLE_CHARACTERS]
    if (script := detect_script(sample)) is not None:
        return f", and the text is in {script}"
    words = [
        word.strip(".,;:!?\"“”()'’—").lower().replace("’", "'")
        for word in sample.split(None, _SAMPLE_WORDS)[:_SAMPLE_WORDS]
    ]
    words = [word for word in words if re.search(r"\w", word)]
    share = sum(word in _ENGLISH_STOP_WORDS for word in words) / len(words) if words else 0.0
    if share >= _MIN_STOP_WORD_SHARE:
        return None
    name = _LANGUAGE_NAMES.get(detect_language(sample))
    if name is not None and len(words) >= _MIN_NAMED_LANGUAGE_WORDS:
        return f", and the text is in {name}"
    return ", and few stand here" if len(words) >= _MIN_LANGUAGE_WORDS and detect_language(sample) != "en" else None
