"""What a critic said, held against the text: only what the text bears out becomes a critique."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.essay.critique import Category, Coverage, Critique, EarlierFinding, EarlierState, Finding, Severity, Strength
from bot.essay.diff import find_moved_spans
from bot.essay.facts.addresses import addresses, defang_links
from bot.essay.facts.fact import quotations
from bot.essay.quotation_search import QuotationFinder, is_evidence
from bot.essay.screening import asks_for_secret, find_grades
from bot.essay.structure import Structure
from bot.essay.text.sections import document_title, split_sections
from bot.essay.text.spans import Span
from bot.services.llm_ports import RawCritique, RawFinding

_SEVERITY_ORDER = list(Severity)
FIX_FIRST_FALLBACK = "Begin with the first finding."
"""What is to be fixed first where the critic did not say it."""
_DIGITS = re.compile(r"\d+(?:[.,\u202f']\d+)*")
_SEPARATORS = re.compile(r"\D")

# What is said of the words where the critic said nothing, quoted what the text does not say, or gave a grade.
_CATEGORY_EFFECTS = {
    Category.VAGUE: "A reader cannot picture what happened here.",
    Category.UNSUPPORTED: "A reader is given no reason to believe this.",
    Category.STRUCTURE: "A reader loses the thread at these words.",
    Category.NEEDLESS: "A reader knows this already.",
    Category.CLICHE: "A reader has met these words too often to see anything in them.",
    Category.AWKWARD: "A reader has to read this twice.",
    Category.OVERWRITTEN: "A reader hears the words more than what happened.",
    Category.UNCLEAR: "A reader cannot tell who or what is meant, or when it was.",
    Category.FLATTERING: "A reader sees the author in too good a light, and trusts the page less.",
}


@dataclass(frozen=True, slots=True)
class EarlierCritique:
    """The findings of an earlier critique, and where their words are in the text now: None where they are gone.

    ``dismissed`` are the indices of those that the writer passed over.
    """

    findings: tuple[Finding, ...] = ()
    spans: tuple[Span | None, ...] = ()
    dismissed: frozenset[int] = frozenset()

    @property
    def standing(self) -> tuple[int, ...]:
        """Return the indices of the findings whose words stand: those that a critic is told of, in that order."""
        return tuple(at for at, span in enumerate(self.spans) if span is not None)

    def describe(self) -> tuple[str, ...]:
        """Say in a few sentences what each of the standing ones was."""
        told = []
        for at in self.standing:
            one = self.findings[at]
            aside = " The author has set this aside." if at in self.dismissed else ""
            told.append(f"{one.severity.value}, {one.category.value}: “{one.quotation}” {one.effect}{aside}")
        return tuple(told)


def find_earlier(old: str, new: str, findings: Sequence[Finding], dismissed: frozenset[int]) -> EarlierCritique:
    """Find the findings on a text in a newer one."""
    return EarlierCritique(
        tuple(findings), find_moved_spans(old, new, [finding.span for finding in findings]), dismissed
    )


def validate_critique(
    opinion: RawCritique,
    text: str,
    structure: Structure | None,
    sources: Sequence[str],
    earlier: EarlierCritique | None = None,
) -> Critique:
    """Return the opinion with only what the text bears out, the gravest findings first.

    A remark or a praise whose quotation is nowhere in the text, or is no evidence, is dropped and counted; so is a
    remark that says once more what another says, counted apart.

    A finding has a replacement, or is a cut, or asks a question. A replacement or question with a number in digits, a
    quotation or an address that no text in ``sources`` holds, or that asks for a secret, is taken off, and nothing is
    put in its place. The finding stands without, unless nothing else that the critic said is left of it.

    In what the critic says itself, quotation marks stand around words of the text, or of a heading of the structure;
    what quotes anything else is not shown, nor is a grade or an address of which these do not speak, nor what asks for
    a secret. Of an address that is shown nothing makes a link. A praise is dropped for it, and counted. A finding whose
    effect is not shown tells what its category means, and is counted. What to fix first must also speak of a finding
    that is kept; else it is the first finding's effect. What is said of a section goes.

    Of the ``earlier`` findings those whose words stand, and which the critic says still hold, are findings again. One
    that the critic only makes again, of the same kind on the same words, is still there too.
    """
    found: list[tuple[int | None, Finding]] = []
    passed_over: list[Finding] = []
    dropped = repeated = reworded = stripped = 0
    quotable = QuotationFinder(text)
    headings = "\n".join(section.heading for section in structure.sections) if structure else ""
    quoting = _QuotationCheck((text, headings), (*sources, text, headings))
    earlier = earlier or EarlierCritique()
    states = _earlier_states(earlier, opinion.earlier_that_hold)
    for one, span, state in zip(earlier.findings, earlier.spans, states, strict=True):
        if span is None:
            continue
        moved = replace(one, span=span, section=_section_at(text, span), is_earlier=True)
        if state is EarlierState.STILL_THERE:
            found.append((None, moved))
        elif state is EarlierState.DISMISSED:
            passed_over.append(moved)
    for index, remark in sorted(enumerate(opinion.findings), key=lambda one: _SEVERITY_ORDER.index(one[1].severity)):
        locate = quotable.locate_passage if remark.is_cut else quotable.locate
        span = locate(remark.quotation) if is_evidence(remark.quotation) else None
        if span is None:
            dropped += 1
            continue
        offered = _offered(remark, span.extract(text), quoting)
        is_said = bool(remark.effect) and quoting.is_quotable(remark.effect)
        if not is_said and offered == _NOTHING:
            dropped += 1
            continue
        finding = Finding(
            quotation=span.extract(text),
            span=span,
            category=remark.category,
            severity=remark.severity,
            effect=defang_links(remark.effect if is_said else _CATEGORY_EFFECTS[remark.category]),
            replacement=offered.replacement,
            question=offered.question,
            is_cut=offered.is_cut,
            section=_section_at(text, span),
        )
        if any(_says_the_same(finding, other) for other in (*passed_over, *(other for _, other in found))):
            repeated += 1
            continue
        for at, (one, at_span) in enumerate(zip(earlier.findings, earlier.spans, strict=True)):
            is_same = (at_span, one.category) == (finding.span, finding.category)
            if is_same and states[at] is EarlierState.SETTLED:
                states[at], finding = EarlierState.STILL_THERE, replace(finding, is_earlier=True)
        found.append((index, finding))
        reworded += bool(remark.effect) and not is_said
        stripped += offered == _NOTHING and _Offer.of(remark, finding.quotation) != _NOTHING
    found.sort(key=lambda each: _SEVERITY_ORDER.index(each[1].severity))
    strengths: list[Strength] = []
    for praise in opinion.strengths:
        span = quotable.locate(praise.quotation) if is_evidence(praise.quotation) else None
        if span is None or not quoting.is_quotable(praise.why):
            dropped += 1
        else:
            strengths.append(Strength(span.extract(text), span, defang_links(praise.why)))
    return Critique(
        fix_first=_choose_fix_first(opinion, found, quoting),
        findings=tuple(finding for _, finding in found),
        strengths=tuple(strengths),
        coverage=_validate_coverage(opinion, structure, quoting),
        dropped=dropped,
        held_back=0,
        model=opinion.model,
        repeated=repeated,
        misshapen=opinion.malformed_count,
        reworded=reworded,
        stripped=stripped,
        earlier=tuple(
            EarlierFinding(one.quotation, one.category, one.severity, one.effect, state, span)
            for one, span, state in zip(earlier.findings, earlier.spans, states, strict=True)
        ),
        is_cut_off=opinion.is_cut_off,
    )


@dataclass(frozen=True, slots=True)
class _Offer:
    """What a finding offers: one of the three, or nothing."""

    replacement: str | None = None
    is_cut: bool = False
    question: str | None = None

    @classmethod
    def of(cls, remark: RawFinding, quotation: str) -> _Offer:
        """Return what the critic offered. Wording that can be applied goes before a question."""
        if remark.is_cut:
            return cls(is_cut=True)
        if remark.replacement is not None and remark.replacement.strip() and remark.replacement != quotation:
            return cls(replacement=remark.replacement)
        return cls(question=remark.question)


_NOTHING = _Offer()


class _QuotationCheck:
    """What may be quoted in a sentence of the critic's, and what its wording and questions may hold."""

    def __init__(self, quotable: Sequence[str], sources: Sequence[str]) -> None:
        self._quotable = [QuotationFinder(text) for text in quotable]
        self._sources = [QuotationFinder(text) for text in sources]
        self._addresses = _address_values(quotable)
        self._source_addresses = _address_values(sources)
        self._numbers = {number for text in sources for number in _numbers(text)}

    def is_quotable(self, said: str) -> bool:
        """Whether all that stands in quotation marks, and every grade and address, stands in one of the texts too.

        Nothing is true that asks for a secret.
        """
        if asks_for_secret(said) or any(one.value not in self._addresses for one in addresses(said)):
            return False
        words = [*(quotation.raw for quotation in quotations(said)), *find_grades(said)]
        return all(any(text.locate(each) is not None for text in self._quotable) for each in words)

    def adds_fact(self, said: str) -> bool:
        """Whether a question or replacement holds a number in digits, a quotation or an address of nobody's."""
        return (
            not self._numbers.issuperset(_numbers(said))
            or any(one.value not in self._source_addresses for one in addresses(said))
            or not all(any(text.locate(one.raw) is not None for text in self._sources) for one in quotations(said))
        )


def _numbers(text: str) -> set[str]:
    """Return the numbers written in digits, without what separates their digits."""
    return {_SEPARATORS.sub("", found) for found in _DIGITS.findall(text)}


def _address_values(texts: Sequence[str]) -> frozenset[str]:
    return frozenset(value for text in texts for one in addresses(text) for value in one.implies)


def _offered(remark: RawFinding, quotation: str, quoting: _QuotationCheck) -> _Offer:
    """Return what is left of the critic's offer; its question where its wording is not."""
    offer = _Offer.of(remark, quotation)
    if (wording := offer.replacement) is not None:
        if not quoting.adds_fact(wording) and not (asks_for_secret(wording) and not asks_for_secret(quotation)):
            return offer
        offer = _Offer(question=remark.question)
    if offer.question is not None:
        if asks_for_secret(offer.question) or find_grades(offer.question) or quoting.adds_fact(offer.question):
            return _NOTHING
        return _Offer(question=defang_links(offer.question))
    return offer


def _says_the_same(one: Finding, other: Finding) -> bool:
    """Whether two findings are of one kind and about the same words."""
    return (one.span, one.category) == (other.span, other.category)


def _earlier_states(earlier: EarlierCritique, hold: Sequence[int]) -> list[EarlierState]:
    """Return what became of each earlier finding; ``hold`` are numbers, counted from 1, of those that stand."""
    standing = earlier.standing
    held = {standing[number - 1] for number in hold if 0 < number <= len(standing)}
    return [
        EarlierState.FIXED
        if span is None
        else EarlierState.DISMISSED
        if at in earlier.dismissed
        else EarlierState.STILL_THERE
        if at in held
        else EarlierState.SETTLED
        for at, span in enumerate(earlier.spans)
    ]


def _section_at(text: str, span: Span) -> str:
    """Return the heading that the words stand under, "" before the first one."""
    parts = split_sections(text)
    headed = [part for part in parts if part.level and part.start <= span.start]
    if not headed or (headed[0] is headed[-1] and headed[0].title == document_title(parts)):
        return ""
    return headed[-1].title


def _choose_fix_first(
    opinion: RawCritique, found: Sequence[tuple[int | None, Finding]], quoting: _QuotationCheck
) -> str:
    if not found:
        return ""
    is_kept = any(index is not None and index == opinion.fix_first_index for index, _ in found)
    if is_kept and opinion.fix_first and quoting.is_quotable(opinion.fix_first):
        return defang_links(opinion.fix_first)
    return f"{FIX_FIRST_FALLBACK} {found[0][1].effect}"


def _validate_coverage(
    opinion: RawCritique, structure: Structure | None, quoting: _QuotationCheck
) -> tuple[Coverage, ...]:
    found = {
        one.section: Coverage(
            one.section, one.covered, defang_links(one.remark) if quoting.is_quotable(one.remark) else ""
        )
        for one in opinion.coverage
        if structure is not None and structure.find_section(one.section) is not None
    }
    return tuple(found.values())
