"""What a critic said, held against the text: only what the text bears out becomes a critique."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.essay.claims import NoteIndex
from bot.essay.critique import MAX_FINDINGS, Category, Coverage, Critique, Finding, Severity, Strength
from bot.essay.facts import FactKind, addresses, defang_links
from bot.essay.facts.fact import quotations
from bot.essay.model_output.question_extraction import adds_facts
from bot.essay.model_output.screening import asks_for_secret, find_grades
from bot.essay.quotation_search import QuotationFinder, is_evidence
from bot.essay.structure import Structure
from bot.essay.text.spans import Span
from bot.services.llm_ports import RawCritique, RawFinding

_SEVERITY_ORDER = list(Severity)
_FIX_FIRST_PREFIX = "Begin with the first finding: it is the gravest."

# What is asked where the critic's own wording held a fact that nobody gave.
_FACT_QUESTIONS: dict[FactKind, str] = {
    "number": "What is the exact number here?",
    "date": "When exactly was it?",
    "name": "Who or what was it, by name?",
    "quotation": "What was said there, as near as you remember the words?",
    "address": "Which page is meant here, in your own words?",
}
# What is asked where the critic offered neither wording nor question.
_CATEGORY_QUESTIONS = {
    Category.VAGUE: "What happened there, and to whom, the one time you remember best?",
    Category.UNSUPPORTED: "How do you know this?",
    Category.STRUCTURE: "What should a reader know by the time they come to these words?",
    Category.NEEDLESS: "What would a reader miss if these words were gone?",
    Category.CLICHE: "What did you see or hear there that nobody else would have?",
    Category.AWKWARD: "How would you say this aloud to a friend?",
    Category.OVERWRITTEN: "What happened there, in plain words?",
    Category.UNCLEAR: "Who or what is meant here, and when was it?",
    Category.FLATTERING: "What did you do there that you would rather leave out?",
}

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


def validate_critique(opinion: RawCritique, text: str, structure: Structure | None, sources: Sequence[str]) -> Critique:
    """The opinion with only what the text bears out.

    A remark or a praise whose quotation is nowhere in the text, or is no evidence, is dropped and counted. Of remarks
    on words that overlap the gravest stays, of those as grave the first; the others are counted apart. The gravest come
    first, at most FINDINGS_SHOWN.

    Every finding has either a replacement or a question. A replacement that brings in a number, date, name, quotation
    or address that no text in ``known`` holds is taken off: a suggestion must not invent. Where both are left the
    replacement stays, since it needs no fact and can be applied; where neither is, a question of ours asks for what is
    missing.

    In what the critic says itself, quotation marks stand around words of the text, or of a heading of the structure;
    what quotes anything else is not shown, nor is a grade or an address of which these do not speak, nor a question
    with a fact that nobody gave, nor what asks for a secret. Of an address that is shown nothing makes a link. A praise
    is dropped for it, and counted. A finding stands on words that were found, so that a sentence of ours takes the
    place of its effect or question, and is counted if it is shown. What to fix first must also speak of a finding that
    is shown; else it is the first finding's effect. What is said of a section goes.
    """
    findings: list[tuple[int, Finding]] = []
    dropped = repeated = 0
    quotable, noted = QuotationFinder(text), NoteIndex(sources)
    headings = "\n".join(section.heading for section in structure.sections) if structure else ""
    held = frozenset(value for one in addresses(text) for value in one.implies)
    quoting = _QuotationCheck((quotable, QuotationFinder(headings)), held, (noted, NoteIndex([headings])))
    for index, remark in sorted(enumerate(opinion.findings), key=lambda one: _SEVERITY_ORDER.index(one[1].severity)):
        span = quotable.locate(remark.quotation) if is_evidence(remark.quotation) else None
        if span is None:
            dropped += 1
        elif any(span.start < other.span.end and other.span.start < span.end for _, other in findings):
            repeated += 1
        else:
            findings.append((index, _build_finding(remark, span, text, noted, quoting)))
    strengths: list[Strength] = []
    for praise in opinion.strengths:
        span = quotable.locate(praise.quotation) if is_evidence(praise.quotation) else None
        if span is None or not quoting.is_supported(praise.why):
            dropped += 1
        else:
            strengths.append(Strength(span.extract(text), span, defang_links(praise.why)))
    shown = findings[:MAX_FINDINGS]
    return Critique(
        fix_first=_choose_fix_first(opinion, shown, quoting),
        findings=tuple(finding for _, finding in shown),
        strengths=tuple(strengths),
        coverage=_validate_coverage(opinion, structure, quoting),
        dropped=dropped,
        held_back=len(findings) - len(shown),
        model=opinion.model,
        repeated=repeated,
        misshapen=opinion.malformed_count,
        reworded=sum(_is_reworded(opinion.findings[index], finding, quoting) for index, finding in shown),
    )


@dataclass(frozen=True, slots=True)
class _QuotationCheck:
    """The texts that may be quoted, and what vouches for the facts in a question."""

    quotable_texts: tuple[QuotationFinder, ...]
    addresses: frozenset[str]
    fact_sources: tuple[NoteIndex, ...]

    def is_supported(self, said: str) -> bool:
        """Whether all that stands in quotation marks, and every grade and address, stands in one of the texts too.

        Nothing is true that asks for a secret.
        """
        if asks_for_secret(said) or any(one.value not in self.addresses for one in addresses(said)):
            return False
        words = [*(quotation.raw for quotation in quotations(said)), *find_grades(said)]
        return all(any(text.locate(each) is not None for text in self.quotable_texts) for each in words)

    def is_askable(self, question: str) -> bool:
        """Whether a question can be put as it stands."""
        return self.is_supported(question) and not adds_facts(question, *self.fact_sources)


def _build_finding(remark: RawFinding, span: Span, text: str, noted: NoteIndex, quoting: _QuotationCheck) -> Finding:
    quotation, replacement, question = span.extract(text), remark.replacement, remark.question
    if replacement is not None and (not replacement.strip() or replacement == quotation):
        replacement = None
    if question is not None and not quoting.is_askable(question):
        question = None
    if replacement is not None and asks_for_secret(replacement) and not asks_for_secret(quotation):
        replacement = None
    if replacement is not None and (invented := noted.find_unsupported(replacement)):
        replacement, question = None, question or _FACT_QUESTIONS[invented[0].kind]
    question = None if replacement is not None else question or _CATEGORY_QUESTIONS[remark.category]
    effect = (
        remark.effect if remark.effect and quoting.is_supported(remark.effect) else _CATEGORY_EFFECTS[remark.category]
    )
    asked = None if question is None else defang_links(question)
    return Finding(quotation, span, remark.category, remark.severity, defang_links(effect), replacement, asked)


def _is_reworded(remark: RawFinding, finding: Finding, quoting: _QuotationCheck) -> bool:
    """Whether a sentence of ours stands in the finding for one that brought in what nobody wrote."""
    asked = remark.question if finding.replacement is None else None
    return not quoting.is_supported(remark.effect) or (asked is not None and not quoting.is_askable(asked))


def _choose_fix_first(opinion: RawCritique, shown: Sequence[tuple[int, Finding]], quoting: _QuotationCheck) -> str:
    if not shown:
        return ""
    says_it = any(index == opinion.fix_first_index for index, _ in shown)
    if says_it and opinion.fix_first and quoting.is_supported(opinion.fix_first):
        return defang_links(opinion.fix_first)
    return f"{_FIX_FIRST_PREFIX} {shown[0][1].effect}"


def _validate_coverage(
    opinion: RawCritique, structure: Structure | None, quoting: _QuotationCheck
) -> tuple[Coverage, ...]:
    found = {
        one.section: Coverage(
            one.section, one.covered, defang_links(one.remark) if quoting.is_supported(one.remark) else ""
        )
        for one in opinion.coverage
        if structure is not None and structure.find_section(one.section) is not None
    }
    return tuple(found.values())
