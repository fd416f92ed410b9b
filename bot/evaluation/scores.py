"""The arithmetic: what an interview drew out, what a draft came to, and what check and critique found."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

from bot.essay.critique import FINDINGS_SHOWN_FIRST, Critique
from bot.essay.essay import Note
from bot.essay.measures.voice import count_stock_turns, measure_own_phrases
from bot.essay.structure import Structure
from bot.essay.support import NumberedSentence, UnsupportedPassage
from bot.essay.text.gaps import count_written_words, find_gaps
from bot.essay.text.sections import split_sections
from bot.essay.text.spans import Span
from bot.essay.text.words import count_words
from bot.essay.text_report import measure_text
from bot.evaluation.corpora import CritiqueCase, Invention
from bot.llm.writer_player import FactSheet, ToldFact

_RANDOM_ROUNDS = 200  # the mean of so many moves by less than a tenth of a fault from seed to seed
_SEED = 7
_MIN_WORDS_OF_A_FACT = 2


def overlap(one: Span, other: Span) -> int:
    """Return how many characters two spans share."""
    return max(0, min(one.end, other.end) - max(one.start, other.start))


def found_inventions(
    inventions: Sequence[Invention], sentences: Sequence[NumberedSentence], passages: Sequence[UnsupportedPassage]
) -> tuple[Counter[str], int]:
    """Return by kind how many inventions share a character with a passage, and how many passages share none."""
    by_number = {sentence.number: sentence for sentence in sentences}
    spans = []
    for passage in passages:
        sentence = by_number[passage.sentence]
        start = sentence.span.start + sentence.text.index(passage.words)
        spans.append(Span(start, start + len(passage.words)))
    found = Counter(one.kind.value for one in inventions if any(overlap(one.span, span) for span in spans))
    return found, sum(not any(overlap(one.span, span) for one in inventions) for span in spans)


def hits(fault: Span, quotation: Span) -> bool:
    """Tell whether a quotation and a fault share half of the shorter one's characters."""
    return 2 * overlap(fault, quotation) >= min(fault.end - fault.start, quotation.end - quotation.start)


def faults_hit(faults: Sequence[Span], quotations: Sequence[Span]) -> int:
    """Return how many faults any of the quotations hits."""
    return sum(any(hits(fault, quotation) for quotation in quotations) for fault in faults)


def random_hits(faults: Sequence[Span], quotations: Sequence[Span], length: int) -> float:
    """Return how many faults quotations of the same lengths would hit, set anywhere in a text of ``length`` characters.

    Each is moved to a start drawn evenly from those at which it fits, whether or not it overlaps another; the figure is
    the mean of 200 such rounds, with a fixed seed.
    """
    drawn = random.Random(f"{_SEED} {length}")  # noqa: S311 - a figure that must come out the same each time
    total = 0
    for _ in range(_RANDOM_ROUNDS):
        moved = []
        for span in quotations:
            size = span.end - span.start
            start = drawn.randint(0, max(0, length - size))
            moved.append(Span(start, start + size))
        total += faults_hit(faults, moved)
    return total / _RANDOM_ROUNDS


def score_critique(case: CritiqueCase, critique: Critique) -> dict[str, float]:
    """Return the figures of one critique, to be added up."""
    spans = [finding.span for finding in critique.findings]
    first = spans[:FINDINGS_SHOWN_FIRST]
    if not case.faults:
        return {"good_essays": 1, "good_findings": len(spans), "good_grave": int(critique.has_grave)}
    return {
        "faults": len(case.faults),
        "found_first": faults_hit(case.faults, first),
        "random_first": random_hits(case.faults, first, len(case.text)),
        "found_all": faults_hit(case.faults, spans),
        "random_all": random_hits(case.faults, spans, len(case.text)),
        "findings": len(spans),
        "essays": 1,
    }


def told_facts(sheet: FactSheet, answer: str, told: Sequence[ToldFact]) -> tuple[frozenset[int], int]:
    """Return the numbers of the facts that an answer told, and how many it only claimed to have told.

    A fact was told if the words given for it, two at least, stand in it and in the answer, in whatever case, and
    neither in another fact nor in the beginning.
    """
    texts, beginning, said = [_folded(fact) for fact in sheet.facts], _folded(sheet.beginning), _folded(answer)
    found, claimed = set[int](), 0
    for one in told:
        words = _folded(one.words)
        only = [number for number, text in enumerate(texts, 1) if words in text] == [one.number]
        if only and count_words(words) >= _MIN_WORDS_OF_A_FACT and words in said and words not in beginning:
            found.add(one.number)
        else:
            claimed += 1
    return frozenset(found), claimed


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def score_draft(text: str, structure: Structure, notes: Sequence[Note]) -> dict[str, float]:
    """Return what code counts in a draft, to be added up."""
    bodies = [part.body for part in split_sections(text)]
    words = sum(map(count_written_words, bodies))
    figures: dict[str, float] = {
        "drafts": 1,
        "draft_words": words,
        "budget_low": structure.budget.low,
        "budget_high": structure.budget.high,
        "within_budget": int(words in structure.budget),
        "gaps": sum(len(find_gaps(body)) for body in bodies),
    }
    if (phrases := measure_own_phrases(text, [note.public_text for note in notes if not note.is_private])) is not None:
        figures |= {"phrase_drafts": 1, "phrases_kept": phrases.kept}
    if (turns := count_stock_turns(measure_text(text, structure).measures)) is not None:
        figures |= {"stock_turns": turns, "stock_words": words}
    return figures
