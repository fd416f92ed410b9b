"""The result of a measure, the record that describes it, and whether a text is English enough for it."""

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

# Below this a text is a fragment: a share or a rhythm taken from it says nothing. 150 words are eight or ten sentences.
MIN_WORDS = 150


@dataclass(frozen=True, slots=True)
class MeasureHit:
    """A place in the text that a measure counted, with a short note on what was seen there.

    ``weight`` says what one such place alone matters to a reader, from 3 down to 1; with 0 only many of them do.
    """

    span: Span
    note: str
    weight: int = 0


@dataclass(frozen=True, slots=True)
class MeasureResult:
    """What a measure's function found. ``advice`` is one line, and only means something where ``raised`` is true."""

    figures: dict[str, MeasureFigure]
    summary: str
    is_raised: bool = False
    advice: str = ""
    hits: tuple[MeasureHit, ...] = ()


MeasureFunction = Callable[[ParsedText, Structure | None], MeasureResult]


@dataclass(frozen=True, slots=True)
class MeasureDefinition:
    """A measure's row in the table: what it is called, why an editor cares, and where its threshold comes from."""

    key: str
    name: str
    why: str
    threshold: str
    source: str
    function: MeasureFunction
    english_only: bool = True


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure taken of one text: the outcome, and what its row says of it.

    ``taken`` is false where it looks for words of a language that the text is not in.
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
        """Its places with the gravest first, those of one weight in order."""
        return tuple(sorted(self.hits, key=lambda mark: (-mark.weight, mark.span)))


def per_thousand(count: int, words: int) -> float:
    """How many there are in a thousand words, to one decimal place; 0 for no words."""
    return round(1000 * count / words, 1) if words else 0.0


def compile_words(*alternatives: str) -> re.Pattern[str]:
    """A pattern for whole words that is any of these patterns, whatever their case; either kind of apostrophe fits."""
    joined = "|".join(alternatives).replace("'", "['’]")
    return re.compile(rf"\b(?:{joined})\b", re.IGNORECASE)


@lru_cache(maxsize=8)
def speech_detector(flow: str) -> Callable[[int], bool]:
    """Tells of a place in a flow whether it stands between quotation marks."""
    spoken = [quotation.span for quotation in quotations(flow)]
    starts = [span.start for span in spoken]

    def is_spoken(at: int) -> bool:
        number = bisect_right(starts, at) - 1
        return number >= 0 and at < spoken[number].end

    return is_spoken


def drop_overlapping_hits(marks: Iterable[MeasureHit]) -> tuple[MeasureHit, ...]:
    """The marks in order, where two overlap the earlier (and of those the longer) one only."""
    kept: list[MeasureHit] = []
    for mark in sorted(marks, key=lambda mark: (mark.span.start, -mark.span.end)):
        if not kept or mark.span.start >= kept[-1].span.end:
            kept.append(mark)
    return tuple(kept)


# The commonest words of English that are no common words of its neighbours ("die", "was" and "in" are German).
_ENGLISH_STOP_WORDS = word_set(
    "the and of to that my it for with on but not you this have had be at from are were they what which when who there"
    " would about because how is as we she his her their them then than i it's i'm don't didn't"
)
# In English prose these make up more than a third of the words, in other languages under a twentieth.
_MIN_STOP_WORD_SHARE = 0.15
_SAMPLE_WORDS = 2000
# Fewer words tell nothing: a list of jobs in English has no such word in a dozen, nor has it in any other language.
_MIN_LANGUAGE_WORDS = 60
_SAMPLE_CHARACTERS = 20_000
_LANGUAGE_NAMES = {"fr": "French", "de": "German", "es": "Spanish", "pt": "Portuguese", "it": "Italian", "nl": "Dutch"}


def describe_other_language(reading: ParsedText) -> str | None:
    """None for English prose and for what is too short to tell; else what to say of the language, after a clause.

    Where the language is known it is named: ", and the text is in German". Looks at 2,000 words.
    """
    sample = reading.prose[:_SAMPLE_CHARACTERS]
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


_MIN_NAMED_LANGUAGE_WORDS = 20
