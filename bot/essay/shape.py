"""The shape of an essay: how long its sections are, what of them could be checked, how its sentences run, and where its
findings stand. The report, the picture and the terminal show these figures, and no others.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.essay.critique import Severity
from bot.essay.facts import Fact, dates, is_generic_name, names, numbers, quotations
from bot.essay.matching import match_section
from bot.essay.structure import Section, Structure, WordBudget
from bot.essay.text.parsed_text import ParsedText
from bot.essay.text.sections import TextSection, document_title
from bot.essay.text.spans import Span
from bot.essay.text.words import count_noun, count_words, truncate

_MAX_NAMED_SECTIONS = 8  # in a description of at most 1,000 characters
_MAX_HEADING_CHARACTERS = 40
OPENING = "(before the first heading)"


@dataclass(frozen=True, slots=True)
class SectionShape:
    """A section's words and what in it could be checked; ``budget`` is None where no structure names one.

    ``spoken_words`` are those between quotation marks. ``findings`` counts those that begin here.
    """

    heading: str
    words: int
    budget: WordBudget | None = None
    numbers: int = 0
    names: int = 0
    dates: int = 0
    spoken_words: int = 0
    findings: int = 0

    @property
    def length(self) -> str:
        """The words against the budget: "84 of 120–180 words"."""
        return f"{self.words:,} of {self.budget} words" if self.budget else count_noun(self.words, "word")

    @property
    def evidence(self) -> tuple[int, int, int, int]:
        """How many numbers, names, dates and spoken words there are."""
        return self.numbers, self.names, self.dates, self.spoken_words


EVIDENCE = ("number", "name", "date", "spoken word")
"""What ``SectionShape.evidence`` counts, in its order."""


NOT_IN_NOTES = "not in the notes"
PLACE_KINDS = (*(severity.value for severity in Severity), NOT_IN_NOTES)
"""What can stand at a place, the gravest first."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding, or words that no note holds, stand: from 0, the text's beginning, to 1; ``kind`` is one of
    PLACE_KINDS.
    """

    at: float
    kind: str


@dataclass(frozen=True, slots=True)
class EssayShape:
    """The shape of one text.

    ``sections`` are in order; those of the structure that have no words yet come last. ``sentence_words`` is the length
    of each sentence, and ``section_starts`` where in the text each section but the first begins, from 0 to 1.
    """

    words: int
    budget: WordBudget | None
    sections: tuple[SectionShape, ...]
    sentence_words: tuple[int, ...]
    places: tuple[Place, ...]
    section_starts: tuple[float, ...] = ()

    @property
    def mean_sentence(self) -> float:
        """How many words a sentence has on average; 0 for no sentence."""
        return sum(self.sentence_words) / len(self.sentence_words) if self.sentence_words else 0.0

    def count_places(self, kind: str) -> int:
        """Return how many places there are of one of PLACE_KINDS."""
        return sum(place.kind == kind for place in self.places)

    @property
    def length(self) -> str:
        """The words of the whole against its budget."""
        return SectionShape("", self.words, self.budget).length

    @property
    def rhythm(self) -> str:
        """The sentences in a line: how many, how long on average, the shortest and the longest."""
        if not self.sentence_words:
            return "No sentence yet."
        return (
            f"{count_noun(len(self.sentence_words), 'sentence')} of {self.mean_sentence:.0f} words on average, from "
            f"{min(self.sentence_words)} to {max(self.sentence_words)}."
        )

    @property
    def evidence(self) -> str:
        """What could be checked in the whole, in a line."""
        counts = map(sum, zip(*(section.evidence for section in self.sections), strict=True)) if self.sections else ()
        return f"{', '.join(map(count_noun, counts, EVIDENCE)) or 'nothing'}."

    @property
    def findings(self) -> str:
        """How many findings there are of each kind, in a line; "" for none."""
        counts = [(self.count_places(kind), kind) for kind in PLACE_KINDS]
        return f"{', '.join(f'{count} {kind}' for count, kind in counts if count)}." if self.places else ""

    def describe(self) -> str:
        """Return the figures in sentences, for a person who does not see the picture: at most 1,000 characters."""
        named = [
            f"{truncate(one.heading, _MAX_HEADING_CHARACTERS)}: {one.length.removesuffix(' words')}"
            for one in self.sections[:_MAX_NAMED_SECTIONS]
        ]
        more = len(self.sections) - len(named)
        said = [
            f"{self.length} in {count_noun(len(self.sections), 'section')}.",
            f"Words by section: {'; '.join(named)}{f'; and {more} more' if more > 0 else ''}." if named else "",
            f"What could be checked: {self.evidence}",
            self.rhythm,
            f"Findings: {self.findings}" if self.places else "",
        ]
        return truncate(" ".join(filter(None, said)), 1_000)


def measure_shape(
    parsed: ParsedText, structure: Structure | None = None, places: Iterable[tuple[Span, str]] = ()
) -> EssayShape:
    """Return the shape of a text. ``places`` are where findings stand, each with one of PLACE_KINDS."""
    found = sorted(places)
    parts = parsed.sections
    starts = [part.start for part in parts]
    sections = _count_sections(parsed, parts, structure)
    for kind, facts in _find_evidence(parsed).items():
        for span, count in facts:
            at = max(0, bisect_right(starts, span.start) - 1)
            sections[at] = replace(sections[at], **{kind: getattr(sections[at], kind) + count})
    for span, _ in found:
        at = max(0, bisect_right(starts, span.start) - 1)
        if sections:
            sections[at] = replace(sections[at], findings=sections[at].findings + 1)
    title = document_title(parts)
    shown = [
        section
        for index, section in enumerate(sections)
        if section.words or section.findings or (parts[index].level and (title is None or parts[index].title != title))
    ]
    headed = {section.budget for section in shown}
    missing = [SectionShape(one.heading, 0, one.budget) for one in _unwritten(parts, structure)]
    size = max(1, len(parsed.text))
    return EssayShape(
        words=parsed.word_count,
        budget=structure.budget if structure is not None and headed - {None} else None,
        sections=(*shown, *(missing if headed - {None} else ())),
        sentence_words=tuple(sentence.word_count for sentence in parsed.sentences),
        places=tuple(Place(span.start / size, kind) for span, kind in found),
        section_starts=tuple(part.start / size for part in parts[1:]),
    )


def _count_sections(
    parsed: ParsedText, parts: Sequence[TextSection], structure: Structure | None
) -> list[SectionShape]:
    """Return the sections with their words and budgets; a section of the structure is matched once."""
    matched = set[str]()
    found: list[SectionShape] = []
    for index, part in enumerate(parts):
        section = match_section(structure, part.title) if structure is not None and part.level else None
        if section is not None and section.key in matched:
            section = None
        matched |= {section.key} if section is not None else set()
        budget = section.budget if section is not None else None
        found.append(SectionShape(part.title or OPENING, parsed.count_section_words(index), budget))
    return found


def _unwritten(parts: Sequence[TextSection], structure: Structure | None) -> list[Section]:
    """Return the sections of the structure that no heading names."""
    if structure is None:
        return []
    matched = {found.key for part in parts if part.level and (found := match_section(structure, part.title))}
    return [section for section in structure.sections if section.key not in matched]


def _find_evidence(parsed: ParsedText) -> dict[str, list[tuple[Span, int]]]:
    """Return the places of what could be checked, each with how much it counts, by the field of SectionShape."""
    prose = parsed.all_prose
    when = dates(prose.text)
    days = [date.span for date in when]

    def is_date(fact: Fact) -> bool:
        return any(day.start < fact.span.end and fact.span.start < day.end for day in days)

    def in_text(fact: Fact) -> Span:
        return prose.source_span(fact.span.start, fact.span.end)

    return {
        "numbers": [(in_text(one), 1) for one in numbers(prose.text, when=when) if not is_date(one)],
        "names": [(in_text(one), 1) for one in names(prose.text) if not is_generic_name(one) and not is_date(one)],
        "dates": [(in_text(one), 1) for one in when],
        "spoken_words": [(in_text(one), count_words(one.raw)) for one in quotations(prose.text)],
    }
