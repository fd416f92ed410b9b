"""What a critic said, held against the text: only what the text bears out becomes a critique."""

from __future__ import annotations

from collections.abc import Sequence

from bot.essay.claims import unsupported
from bot.essay.critique import FINDINGS_SHOWN, Category, Coverage, Critique, Finding, Severity, Strength
from bot.essay.quotations import Quotable
from bot.essay.quoted import quotations
from bot.essay.spans import Span
from bot.essay.specifics import SpecificKind
from bot.essay.structure import Structure
from bot.workflow.models import Opinion, Remark

_ORDER = list(Severity)
_FIRST = "Begin with the first finding: it is the gravest."

# What is asked where the critic's own wording held a fact that nobody gave.
_FACTS: dict[SpecificKind, str] = {
    "number": "What is the exact number here?",
    "date": "When exactly was it?",
    "name": "Who or what was it, by name?",
    "quotation": "What was said there, as near as you remember the words?",
}
# What is asked where the critic offered neither wording nor question.
_QUESTIONS = {
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


def checked(opinion: Opinion, text: str, structure: Structure | None, known: Sequence[str]) -> Critique:
    """The opinion with only what the text bears out.

    A remark or a praise whose quotation is nowhere in the text is dropped and counted. Of remarks on words that overlap
    the gravest stays, of those as grave the first; the others are counted apart. The gravest come first, at most
    FINDINGS_SHOWN.

    Every finding has either a replacement or a question. A replacement that brings in a number, date, name or quotation
    that no text in ``known`` holds is taken off: a suggestion must not invent. Where both are left the replacement
    stays, since it needs no fact and can be applied; where neither is, a question of ours asks for what is missing.

    What to fix first is only said where the finding that it speaks of is among those shown, and quotes nothing but the
    text; else it is the first finding's effect. What is said of a section goes where it quotes what neither the text
    nor the structure's headings hold.
    """
    findings: list[tuple[int, Finding]] = []
    dropped = repeated = 0
    quotable = Quotable(text)
    for index, remark in sorted(enumerate(opinion.remarks), key=lambda one: _ORDER.index(one[1].severity)):
        span = quotable.locate(remark.quotation)
        if span is None:
            dropped += 1
        elif any(span.start < other.span.end and other.span.start < span.end for _, other in findings):
            repeated += 1
        else:
            findings.append((index, _finding(remark, span, text, known)))
    strengths: list[Strength] = []
    for praise in opinion.praise:
        if (span := quotable.locate(praise.quotation)) is None:
            dropped += 1
        else:
            strengths.append(Strength(span.of(text), span, praise.why))
    shown = findings[:FINDINGS_SHOWN]
    return Critique(
        fix_first=_fix_first(opinion, shown, quotable),
        findings=tuple(finding for _, finding in shown),
        strengths=tuple(strengths),
        coverage=_coverage(opinion, structure, quotable),
        dropped=dropped,
        held_back=len(findings) - len(shown),
        model=opinion.model,
        repeated=repeated,
        misshapen=opinion.misshapen,
    )


def _finding(remark: Remark, span: Span, text: str, known: Sequence[str]) -> Finding:
    quotation, replacement, question = span.of(text), remark.replacement, remark.question
    if replacement is not None and (not replacement.strip() or replacement == quotation):
        replacement = None
    if replacement is not None and (invented := unsupported(replacement, known)):
        replacement, question = None, question or _FACTS[invented[0].kind]
    question = None if replacement is not None else question or _QUESTIONS[remark.category]
    return Finding(quotation, span, remark.category, remark.severity, remark.effect, replacement, question)


def _fix_first(opinion: Opinion, shown: Sequence[tuple[int, Finding]], quotable: Quotable) -> str:
    if not shown:
        return ""
    says_it = any(index == opinion.fixes for index, _ in shown)
    if says_it and opinion.fix_first and _quotes_only(opinion.fix_first, quotable):
        return opinion.fix_first
    effect = shown[0][1].effect
    return f"{_FIRST} {effect}" if effect and _quotes_only(effect, quotable) else _FIRST


def _coverage(opinion: Opinion, structure: Structure | None, quotable: Quotable) -> tuple[Coverage, ...]:
    if structure is None:
        return ()
    headings = Quotable("\n".join(section.heading for section in structure.sections))
    keys = {section.key for section in structure.sections}
    found = {
        one.section: Coverage(
            one.section, one.covered, one.remark if _quotes_only(one.remark, quotable, headings) else ""
        )
        for one in opinion.sections
        if one.section in keys
    }
    return tuple(found.values())


def _quotes_only(said: str, *quotables: Quotable) -> bool:
    """Whether all that stands in quotation marks stands in one of the texts too."""
    return all(
        any(quotable.locate(quotation.raw) is not None for quotable in quotables) for quotation in quotations(said)
    )
