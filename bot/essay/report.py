"""The report of an essay, in one record: its text with the remarks on it, what it rests on, its measures, its shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bot.essay.claims import FLOOR_NOTICE, Claim, describe_no_findings
from bot.essay.critique import (
    Coverage,
    Critique,
    EarlierFinding,
    Finding,
    Strength,
    describe_outcome,
)
from bot.essay.diff import TextComparison, compare_texts, find_moved_spans
from bot.essay.essay import Note
from bot.essay.facts import defang_links
from bot.essay.marked_text import Block, Mark, lay_out
from bot.essay.measures import Measure
from bot.essay.shape import NOT_IN_NOTES, EssayShape, measure_shape
from bot.essay.structure import Structure
from bot.essay.support import (
    REMOVE_SENTENCE,
    Check,
    NumberedSentence,
    UnsupportedPassage,
    describe_check,
    number_sentences,
)
from bot.essay.text.gaps import find_gaps
from bot.essay.text.languages import detect_language
from bot.essay.text.markdown_import import remove_comments
from bot.essay.text.parsed_text import ParsedText
from bot.essay.text.privacy_marks import public_text
from bot.essay.text.spans import Span
from bot.essay.text.words import count_noun, truncate
from bot.essay.text_report import TextReport, describe_kept_voice, measure_text

_MAX_QUOTED_PLACES = 5  # of one measure; the rest are counted
_MAX_QUOTE_CHARACTERS = 160


class RemarkKind(StrEnum):
    """What a remark is about. The values are shown."""

    FINDING = "finding"
    UNSUPPORTED = "not in your notes"
    VOUCHED = "you vouch for it"
    COUNTED = "counted"


@dataclass(frozen=True, slots=True)
class Remark:
    """Something said about words of the text.

    ``sign`` stands behind the words and before the remark, such as "1" or "N2". ``lines`` are what is said, each with
    the label in front of it, "" for none. ``quotation`` are the words as they were when it was said.
    """

    key: str
    kind: RemarkKind
    sign: str
    title: str
    quotation: str
    lines: tuple[tuple[str, str], ...]
    weight: str = ""


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """A block of the text with the remarks that begin in it, the numbers of the notes that it rests on, and how many of
    its sentences are not checked. ``is_checked`` if any of them was.
    """

    block: Block
    remarks: tuple[Remark, ...] = ()
    notes: tuple[int, ...] = ()
    unchecked: int = 0
    is_checked: bool = False


@dataclass(frozen=True, slots=True)
class EssayReport:
    """All that a report shows.

    ``facts`` tell what the text is, a few words each. ``summary`` says in sentences what came out. ``unplaced`` are the
    remarks on words that the text no longer holds. ``notes`` are those that a paragraph rests on. ``comparison`` is
    with the text before, and ``compared_with`` what that is called. ``language`` is the text's, as in HTML.
    """

    title: str
    facts: tuple[str, ...]
    summary: tuple[str, ...]
    fix_first: str
    blocks: tuple[ReportBlock, ...]
    unplaced: tuple[Remark, ...]
    remarks: Mapping[str, Remark]
    earlier: tuple[EarlierFinding, ...]
    strengths: tuple[Strength, ...]
    coverage: tuple[Coverage, ...]
    measured: TextReport
    voice: tuple[str, ...]
    shape: EssayShape
    notes: tuple[Note, ...]
    comparison: TextComparison | None
    compared_with: str
    language: str
    critic: str | None = None

    @property
    def findings(self) -> tuple[Remark, ...]:
        """The remarks of a critique, in its order."""
        return tuple(one for one in self.remarks.values() if one.kind is RemarkKind.FINDING)

    @property
    def quiet_measures(self) -> tuple[Measure, ...]:
        """The measures that have nothing to say of the whole."""
        return tuple(one for one in self.measured.measures if one.was_measured and not one.is_raised)

    def quoted_places(self, measure: Measure) -> tuple[tuple[str, str], ...]:
        """Return the gravest places of a measure, each with its note."""
        return tuple(
            (truncate(" ".join(hit.span.extract(self.measured.text).split()), _MAX_QUOTE_CHARACTERS), hit.note)
            for hit in measure.hits_by_weight[:_MAX_QUOTED_PLACES]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSource:
    """What a report is made of.

    ``text`` is without front matter. ``critique`` is about ``critiqued_text``, and ``decisions`` say by a finding's
    index what the writer decided. ``check`` is of ``text``. ``claims`` are what letters alone do not find in the notes,
    for where there is no check. ``before`` is the text to compare with.
    """

    title: str
    text: str
    structure: Structure | None
    facts: tuple[str, ...] = ()
    critique: Critique | None = None
    critiqued_text: str = ""
    decisions: Mapping[int, str] = field(default_factory=dict)
    check: Check | None = None
    claims: tuple[Claim, ...] | None = None
    notes: tuple[Note, ...] = ()
    before: str | None = None
    compared_with: str = ""


def compare_public_texts(old: str, new: str) -> TextComparison:
    """Compare two texts by sentence, without their comments and the passages that are marked private."""
    return compare_texts(public_text(remove_comments(old)), public_text(remove_comments(new)))


def build_report(source: ReportSource) -> EssayReport:
    """Build the report of a text. Comments and passages that are marked private stand nowhere in it."""
    text = public_text(remove_comments(source.text))
    parsed = ParsedText(text)
    measured = measure_text(text, source.structure)

    def is_hidden(quotation: str) -> bool:  # marked private since it was quoted
        return quotation in source.text and quotation not in text

    placed: list[tuple[Remark, Span | None]] = [
        *_place(text, source.critiqued_text, _finding_remarks(source)),
        *_place(text, source.text, _support_remarks(source)),
        *(_counted_remarks(measured) if source.critique is None else ()),
    ]
    placed = [(one, span) for one, span in placed if span is not None or not is_hidden(one.quotation)]
    marks = [Mark(span, remark.key) for remark, span in placed if span is not None]
    remarks = {remark.key: remark for remark, _ in placed}
    blocks = _support_blocks(source, text, lay_out(parsed, marks), remarks)
    used = {number for block in blocks for number in block.notes}
    critique = source.critique
    return EssayReport(
        title=source.title,
        facts=(*source.facts, count_noun(measured.words, "word")),
        summary=_summarize(source, text),
        fix_first=defang_links(critique.fix_first) if critique is not None else "",
        blocks=blocks,
        unplaced=tuple(remark for remark, span in placed if span is None),
        remarks=remarks,
        earlier=tuple(one for one in critique.earlier if not is_hidden(one.quotation)) if critique is not None else (),
        strengths=tuple(one for one in critique.strengths if not is_hidden(one.quotation)) if critique else (),
        coverage=_name_coverage(source),
        measured=measured,
        voice=describe_kept_voice(measured, source.notes) if source.notes else (),
        shape=measure_shape(parsed, source.structure, _places(placed)),
        notes=tuple(note for note in source.notes if note.number in used),
        comparison=compare_public_texts(source.before, source.text) if source.before else None,
        compared_with=source.compared_with,
        language=_language_code(parsed.prose),
        critic=critique.model if critique is not None else None,
    )


def build_shape(source: ReportSource) -> EssayShape:
    """Return the shape of a text alone, as it stands in its report."""
    text = public_text(remove_comments(source.text))
    placed = [
        *_place(text, source.critiqued_text, _finding_remarks(source)),
        *_place(text, source.text, _support_remarks(source)),
    ]
    return measure_shape(ParsedText(text), source.structure, _places(placed))


def _places(placed: Iterable[tuple[Remark, Span | None]]) -> list[tuple[Span, str]]:
    """Return where findings and words that no note holds stand, as a shape counts them."""
    return [
        (span, remark.weight if remark.kind is RemarkKind.FINDING else NOT_IN_NOTES)
        for remark, span in placed
        if span is not None and remark.kind in (RemarkKind.FINDING, RemarkKind.UNSUPPORTED)
    ]


def _language_code(text: str) -> str:
    """Return the language of a text as HTML names it; "" for one that is not told apart."""
    found = detect_language(text)
    return found if found != "other" else ""


def _place(text: str, of: str, remarks: Iterable[tuple[Remark, Span]]) -> list[tuple[Remark, Span | None]]:
    """Return remarks on a text with where their words stand in ``text`` now, None where they are gone."""
    found = list(remarks)
    if text == of or not found:
        return [*found]
    moved = find_moved_spans(of, text, [span for _, span in found])
    return [(remark, span) for (remark, _), span in zip(found, moved, strict=True)]


def _finding_remarks(source: ReportSource) -> Iterable[tuple[Remark, Span]]:
    if (critique := source.critique) is None:
        return
    for index, finding in enumerate(critique.findings):
        told = (finding.category.value, finding.severity.value, critique.label(index), source.decisions.get(index, ""))
        remark = Remark(
            f"f{index + 1}",
            RemarkKind.FINDING,
            str(index + 1),
            f"Finding {index + 1}: {', '.join(filter(None, told))}",
            finding.quotation,
            tuple(_finding_lines(critique, index, finding)),
            finding.severity.value,
        )
        yield remark, finding.span


def _finding_lines(critique: Critique, index: int, finding: Finding) -> Iterable[tuple[str, str]]:
    yield "", defang_links(finding.effect)
    if finding.replacement is not None:
        yield "Instead", defang_links(finding.replacement)
    elif finding.is_cut:
        yield "Take out", truncate(finding.quotation, _MAX_QUOTE_CHARACTERS)
    elif finding.question:
        yield "Question", defang_links(finding.question)
    if others := critique.overlapping(index):
        numbers = ", ".join(str(other + 1) for other in others)
        yield "", f"On words of {numbers} too: one may undo the other."


def _support_remarks(source: ReportSource) -> Iterable[tuple[Remark, Span]]:
    if source.check is not None and source.check.is_checked:
        sentences = {one.number: one for one in number_sentences(source.text)}
        for number, passage in enumerate(source.check.open, 1):
            yield _passage_remark(passage, RemarkKind.UNSUPPORTED, f"N{number}", sentences[passage.sentence])
        for number, passage in enumerate(source.check.vouched, 1):
            yield _passage_remark(passage, RemarkKind.VOUCHED, f"V{number}", sentences[passage.sentence])
        return
    for number, claim in enumerate(source.claims or (), 1):
        sign = f"N{number}"
        title = f"{sign}: not found in your notes, {defang_links(claim.label)}"
        said = (("", "By letters only: check it, take it out, or add a note that holds it."),)
        yield Remark(sign.lower(), RemarkKind.UNSUPPORTED, sign, title, claim.raw, said), claim.span


def _passage_remark(
    passage: UnsupportedPassage, kind: RemarkKind, sign: str, sentence: NumberedSentence
) -> tuple[Remark, Span]:
    lines = [("", defang_links(passage.reason))] if passage.reason else []
    if passage.vouched_by is not None:
        lines.append(("", f"You vouch for it in note {passage.vouched_by}."))
    elif passage.nearest_note is not None:
        lines.append(("", f"Nearest is note {passage.nearest_note}."))
    if passage.mended is not None and passage.vouched_by is None:
        lines.append(("As your notes hold it", defang_links(passage.mended) or REMOVE_SENTENCE))
    at = sentence.text.find(passage.words)
    start = sentence.span.start + max(0, at)
    span = Span(start, start + len(passage.words)) if at >= 0 else sentence.span
    return Remark(sign.lower(), kind, sign, f"{sign}: {kind.value}, {passage.kind}", passage.words, tuple(lines)), span


def _counted_remarks(measured: TextReport) -> Iterable[tuple[Remark, Span]]:
    """Yield the places of the measures that found a fault, and those that matter by themselves, in order."""
    hits = [(hit, measure.name) for measure in measured.raised_measures for hit in measure.hits]
    hits += [(hit, "Worth a look") for hit in measured.notable_hits]
    hits = [(hit, name) for hit, name in hits if len(hit.span)]
    for number, (hit, name) in enumerate(sorted(hits, key=lambda one: one[0].span), 1):
        words = hit.span.extract(measured.text)
        said = (("", hit.note),) if hit.note else ()
        yield Remark(f"c{number}", RemarkKind.COUNTED, f"C{number}", f"C{number}: {name}", words, said), hit.span


def _support_blocks(
    source: ReportSource, text: str, blocks: Sequence[Block], remarks: Mapping[str, Remark]
) -> tuple[ReportBlock, ...]:
    """Return the blocks with their remarks, and with what the check says of their sentences."""
    found = [ReportBlock(block, tuple(remarks[key] for key in block.begins)) for block in blocks]
    check = source.check
    if check is None or not check.is_checked or not blocks:
        return tuple(found)
    sentences = number_sentences(source.text)
    spans: Sequence[Span | None] = [one.span for one in sentences]
    if text != source.text:
        spans = find_moved_spans(source.text, text, [one.span for one in sentences])
    held = {one.sentence: one.notes for one in check.supports}
    for passage in check.vouched:
        held[passage.sentence] = (*held.get(passage.sentence, ()), passage.vouched_by or 0)
    unchecked, known = set(check.unchecked), {note.number for note in source.notes}
    at = 0
    for sentence, span in zip(sentences, spans, strict=True):
        if span is None:
            continue
        while at + 1 < len(found) and found[at + 1].block.span.start <= span.start:
            at += 1
        one = found[at]
        notes = dict.fromkeys((*one.notes, *(note for note in held.get(sentence.number, ()) if note in known)))
        is_unchecked = sentence.number in unchecked
        found[at] = replace(
            one,
            notes=tuple(notes),
            unchecked=one.unchecked + is_unchecked,
            is_checked=one.is_checked or not is_unchecked,
        )
    return tuple(found)


def _summarize(source: ReportSource, text: str) -> tuple[str, ...]:
    said: list[str] = []
    if (critique := source.critique) is not None:
        said += [describe_outcome(critique)]
        said += [count_noun(len(critique.findings), "finding") + " in the critique." if critique.findings else ""]
        if not critique.findings:
            said += ["The editor found nothing to object to that could be shown with a quotation."]
    if source.check is not None and source.check.is_checked:
        said.append(describe_check(source.check, len(number_sentences(source.text))))
    elif source.claims is not None:
        found = f"{count_noun(len(source.claims), 'claim')} not found in your notes."
        said.append(f"{found} {FLOOR_NOTICE}" if source.claims else describe_no_findings())
    if gaps := find_gaps(text):
        said.append(f"{count_noun(len(gaps), 'gap is', 'gaps are')} still to fill.")
    return tuple(filter(None, said))


def _name_coverage(source: ReportSource) -> tuple[Coverage, ...]:
    """Return how far the text covers each section, by the section's heading in place of its key."""
    if source.critique is None:
        return ()
    structure = source.structure
    found = [(structure.find_section(one.section) if structure else None, one) for one in source.critique.coverage]
    return tuple(
        replace(one, section=section.heading if section else one.section, remark=defang_links(one.remark))
        for section, one in found
    )
