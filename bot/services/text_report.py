"""What can be said of any text by counting: the measured part of a critique."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from bot.essay.export import read_export
from bot.essay.matching import match_section
from bot.essay.measures import Measure, MeasureHit, measure_all
from bot.essay.structure import Structure
from bot.essay.text.gaps import count_written_words
from bot.essay.text.parsed_text import ParsedText
from bot.essay.text.sections import document_title
from bot.essay.text.spans import Span
from bot.essay.text.words import count_noun


def _without_overlaps(spans: list[Span]) -> list[Span]:
    """Spans in order, without those that overlap the one before."""
    apart: list[Span] = []
    for span in spans:
        if not apart or span.start >= apart[-1].end:
            apart.append(span)
    return apart


@dataclass(frozen=True, slots=True)
class SectionWordCount:
    """A headed section of a text, the section of the structure that it stands for (if any), and its words."""

    title: str
    section_key: str | None
    words: int


@dataclass(frozen=True, slots=True)
class TextReport:
    """A text, counted. ``words`` are those apart from headings, ``opening`` those before the first section.

    ``text`` is the text without front matter, to whose characters the spans of the measures point.
    """

    text: str
    title: str | None
    words: int
    opening_words: int
    sections: tuple[SectionWordCount, ...]
    measures: tuple[Measure, ...]

    @property
    def notable_marks(self) -> tuple[MeasureHit, ...]:
        """The places of quiet measures that matter by themselves, the gravest first, those of one weight in order.

        What a raised measure marks is told with it, and not told again.
        """
        places = [mark for measure in self.measures if not measure.is_raised for mark in measure.hits if mark.weight]
        told = sorted(mark.span for measure in self.raised_measures for mark in measure.hits if mark.weight)
        kept: list[MeasureHit] = []
        taken = _without_overlaps(told)
        for mark in sorted(places, key=lambda mark: (-mark.weight, mark.span)):
            at = bisect_left(taken, mark.span)
            if (at and taken[at - 1].end > mark.span.start) or (at < len(taken) and taken[at].start < mark.span.end):
                continue
            taken.insert(at, mark.span)
            kept.append(mark)
        return tuple(kept)

    @property
    def skipped_message(self) -> str:
        """One sentence on the measures that were not taken, because the text is in another language; else ""."""
        left = [measure for measure in self.measures if not measure.was_measured]
        if not left:
            return ""
        reason = left[0].summary.removeprefix("Not measured: this looks for English words, and ")
        return f"{count_noun(len(left), 'measure')} could not be taken: they look for English words, and {reason}"

    @property
    def raised_measures(self) -> tuple[Measure, ...]:
        """The measures that have something to say."""
        return tuple(measure for measure in self.measures if measure.is_raised)


def measure_text(text: str, structure: Structure | None = None) -> TextReport:
    """Counts a text, whoever wrote it. Front matter is passed over."""
    _, body = read_export(text)
    reading = ParsedText(body)
    title = document_title(reading.sections)
    headed = [part for part in reading.sections if part.level]
    if title is not None:
        headed = headed[1:]
    counts: list[SectionWordCount] = []
    for part in headed:
        section = match_section(structure, part.title) if structure else None
        counts.append(SectionWordCount(part.title, section.key if section else None, count_written_words(part.body)))
    return TextReport(
        text=body,
        title=title,
        words=reading.word_count,
        opening_words=reading.word_count - sum(count.words for count in counts),
        sections=tuple(counts),
        measures=measure_all(reading, structure),
    )
