"""What counting says of any text: the measured part of a critique."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from bot.essay.essay import Note
from bot.essay.export import read_export
from bot.essay.matching import match_section
from bot.essay.measures import Measure, MeasureHit, measure_all
from bot.essay.measures.voice import describe_voice
from bot.essay.structure import Structure
from bot.essay.text.gaps import count_written_words
from bot.essay.text.parsed_text import ParsedText
from bot.essay.text.sections import document_title
from bot.essay.text.spans import Span
from bot.essay.text.words import count_noun


@dataclass(frozen=True, slots=True)
class SectionWordCount:
    """A section of a text, the key of the structure's section that its heading names (or None), and its words."""

    title: str
    section_key: str | None
    words: int


@dataclass(frozen=True, slots=True)
class TextReport:
    """The measures of a text.

    ``text`` is without front matter, and the spans of the measures are offsets into it. ``words`` leaves headings out;
    ``opening_words`` are those before the first section.
    """

    text: str
    title: str | None
    words: int
    opening_words: int
    sections: tuple[SectionWordCount, ...]
    measures: tuple[Measure, ...]

    @property
    def notable_hits(self) -> tuple[MeasureHit, ...]:
        """Return the hits of measures not raised that matter by themselves, the gravest first.

        Those of one weight are in order. Hits that overlap one of a raised measure are left out, since they are shown
        there.
        """
        hits = [hit for measure in self.measures if not measure.is_raised for hit in measure.hits if hit.weight]
        raised = sorted(hit.span for measure in self.raised_measures for hit in measure.hits if hit.weight)
        kept: list[MeasureHit] = []
        taken = _without_overlaps(raised)
        for hit in sorted(hits, key=lambda hit: (-hit.weight, hit.span)):
            at = bisect_left(taken, hit.span)
            if (at and taken[at - 1].end > hit.span.start) or (at < len(taken) and taken[at].start < hit.span.end):
                continue
            taken.insert(at, hit.span)
            kept.append(hit)
        return tuple(kept)

    @property
    def skipped_message(self) -> str:
        """A sentence on which measures could not be taken in the text's language; "" if all were."""
        skipped = [measure for measure in self.measures if not measure.was_measured]
        if not skipped:
            return ""
        reason = skipped[0].summary.removeprefix("Not measured: this looks for English words, and ")
        return f"{count_noun(len(skipped), 'measure')} could not be taken: they look for English words, and {reason}"

    @property
    def raised_measures(self) -> tuple[Measure, ...]:
        """The measures that found a fault."""
        return tuple(measure for measure in self.measures if measure.is_raised)


def measure_text(text: str, structure: Structure | None = None) -> TextReport:
    """Measure a text, whoever wrote it; front matter is skipped."""
    _, body = read_export(text)
    parsed = ParsedText(body)
    title = document_title(parsed.sections)
    headed = [part for part in parsed.sections if part.level]
    if title is not None:
        headed = headed[1:]
    counts: list[SectionWordCount] = []
    for part in headed:
        section = match_section(structure, part.title) if structure else None
        counts.append(SectionWordCount(part.title, section.key if section else None, count_written_words(part.body)))
    return TextReport(
        text=body,
        title=title,
        words=parsed.word_count,
        opening_words=parsed.word_count - sum(count.words for count in counts),
        sections=tuple(counts),
        measures=measure_all(parsed, structure),
    )


def describe_kept_voice(report: TextReport, notes: Sequence[Note]) -> tuple[str, ...]:
    """Say what a post has kept of its writer's voice: phrases, spelling, no stock turns; nothing without notes."""
    texts = [note.public_text for note in notes if not note.is_private]
    return describe_voice(report.text, texts, report.measures, report.words)


def _without_overlaps(spans: list[Span]) -> list[Span]:
    """Return the spans in order, without those that overlap the one before."""
    apart: list[Span] = []
    for span in spans:
        if not apart or span.start >= apart[-1].end:
            apart.append(span)
    return apart
