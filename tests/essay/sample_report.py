"""What a report shows, made by hand: an essay with a critique, a check, notes and a version before, on few words."""

from __future__ import annotations

from dataclasses import replace

from bot.essay.critique import (
    Category,
    Coverage,
    CoverageLevel,
    Critique,
    EarlierFinding,
    EarlierState,
    Finding,
    Severity,
    Strength,
)
from bot.essay.essay import Note
from bot.essay.report import ReportSource
from bot.essay.support import Check, SentenceSupport, SupportKind, UnsupportedPassage
from bot.essay.text.spans import Span
from tests.essay.sample_structure import STRUCTURE

TEXT = """## What I missed

I missed the noise of the shop. There were 14 people, and I loved it.

## What I gave up

It cost me 4,000 euros a year because of the pension. That was that.
"""
BEFORE = TEXT.replace("14 people", "12 people").replace(" That was that.", "")
NOTES = (Note(1, "14 people, and the noise of the shop", "What did you miss?", "missed"), Note(2, "4,000 a year"))


def span(words: str, text: str = TEXT) -> Span:
    return Span(text.index(words), text.index(words) + len(words))


def finding(
    words: str, category: Category = Category.VAGUE, severity: Severity = Severity.GRAVE, **more: object
) -> Finding:
    return replace(Finding(words, span(words), category, severity, "A reader stops here."), **more)  # type: ignore[arg-type]  # of each field


CRITIQUE = Critique(
    fix_first="Say what the noise was.",
    findings=(
        finding("the noise", question="What did it sound like?"),
        finding("It cost me 4,000 euros", Category.AWKWARD, Severity.MINOR, replacement="I lost 4,000 euros"),
        finding("That was that.", Category.NEEDLESS, Severity.SERIOUS, is_cut=True, is_earlier=True),
    ),
    strengths=(Strength("14 people", span("14 people"), "A number that can be checked."),),
    coverage=(Coverage("missed", CoverageLevel.THIN, "One scene would do."),),
    dropped=0,
    held_back=0,
    model="a-model",
    earlier=(
        EarlierFinding("Long ago", Category.VAGUE, Severity.GRAVE, "When was it?", EarlierState.FIXED),
        EarlierFinding(
            "That was that.", Category.NEEDLESS, Severity.SERIOUS, "It says nothing.", EarlierState.STILL_THERE
        ),
    ),
)
CHECK = Check(
    version=2,
    supports=(SentenceSupport(1, (1,)), SentenceSupport(2, (1,)), SentenceSupport(3, (2,))),
    unsupported=(
        UnsupportedPassage(2, "and I loved it", SupportKind.FEELING, "No note says so.", 1, "There were 14 people."),
        UnsupportedPassage(3, "because of the pension", SupportKind.CAUSE, "No reason is noted.", vouched_by=2),
    ),
    unchecked=(4,),
)
SOURCE = ReportSource(
    title="The shop",
    text=TEXT,
    structure=STRUCTURE,
    facts=("Version 2",),
    critique=CRITIQUE,
    critiqued_text=TEXT,
    decisions={1: "dismissed"},
    check=CHECK,
    notes=NOTES,
    before=BEFORE,
    compared_with="Version 1",
)
