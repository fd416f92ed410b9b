"""The arithmetic of essay-bot eval, on tiny texts and scripted models."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.bootstrap import load_structures
from bot.errors import BadReply, BotError, BudgetSpent, InvalidInput
from bot.essay.critique import Category, Severity
from bot.essay.notes import parse_notes
from bot.essay.support import SentenceSupport, SupportKind, UnsupportedPassage, number_sentences
from bot.essay.text.spans import Span
from bot.evaluation.corpora import (
    CheckCase,
    CritiqueCase,
    find_corpora,
    read_check_cases,
    read_critique_cases,
    read_interview_cases,
)
from bot.evaluation.runs import Evaluation, Run, read_run, save_run, tabulate
from bot.evaluation.scores import faults_hit, random_hits, told_facts
from bot.llm.writer_player import ToldFact
from bot.services.llm_ports import Cost, Models, RawCheck, RawCritique, RawFinding

STRUCTURES = load_structures()
COST = Cost(1_000_000, 100, 10)
Spend = Callable[[str, Cost], None]

CHECK: dict[str, Any] = {
    "structure": "post-mortem",
    "language": "en-US",
    "notes": [{"section": "believed", "text": "I baked bread. It sold out."}],
    "draft": "## What we believed\n\nI baked bread. It sold out.",
    "planted": [
        {"kind": "number", "find": "baked bread", "replace": "baked ninety loaves of bread", "quote": "ninety loaves"},
        {"kind": "date", "find": "sold out.", "replace": "sold out on Friday.", "quote": "on Friday"},
    ],
}
ESSAY = "The oven broke at four in the morning. Nobody came to help. We learned a great deal that day."
GOOD: dict[str, Any] = {"structure": "", "language": "en-US", "text": ESSAY, "faults": []}
FAULTY: dict[str, Any] = GOOD | {
    "faults": [
        {"category": "vague", "quote": "We learned a great deal that day.", "why": "What?"},
        {"category": "unclear", "quote": "Nobody came to help.", "why": "Who was asked?"},
    ]
}


def corpus(folder: Path, checks: Sequence[dict[str, Any]] = (), critiques: Sequence[dict[str, Any]] = ()) -> Path:
    for name, files in (("checks", checks), ("critiques", critiques)):
        (folder / name).mkdir()
        for number, file in enumerate(files, 1):
            (folder / name / f"0{number}-one.yaml").write_text(yaml.safe_dump(file))
    return folder


class Checker:
    """Marks everything, nothing, or exactly what was planted; fails with ``error``."""

    def __init__(self, marks: str, error: Exception | None = None) -> None:
        self.marks, self.error, self.calls = marks, error, 0
        self.spend: Spend = lambda _role, _cost: None

    async def check(self, material: Any, sentences: Any, asked: Any, on_progress: Any) -> RawCheck:
        self.calls += 1
        if self.error is not None:
            raise self.error
        self.spend("checker", COST)
        known = ("ninety loaves", "on Friday")
        marked = [
            UnsupportedPassage(one.number, words, SupportKind.OTHER, "")
            for one in sentences
            for words in ([one.line] if self.marks == "everything" else known if self.marks == "planted" else ())
            if words in one.line
        ]
        supports = tuple(SentenceSupport(one.number, (1,)) for one in sentences)
        return RawCheck(supports, tuple(marked), "a-model", COST)

    def max_check_cost(self, *_: Any) -> int:
        return 5


class Critic:
    """Quotes what it was given."""

    def __init__(self, *quotations: str) -> None:
        self.quotations = quotations
        self.spend: Spend = lambda _role, _cost: None

    async def critique(self, *_: Any, **__: Any) -> RawCritique:
        self.spend("critic", COST)
        findings = tuple(
            RawFinding(words, Category.VAGUE, Severity.SERIOUS, "It says little.", None, None)
            for words in self.quotations
        )
        return RawCritique("", findings, (), (), "a-model", COST)

    def max_critique_cost(self, *_: Any, **__: Any) -> int:
        return 7


async def measure(
    checks: Sequence[CheckCase] = (),
    critiques: Sequence[CritiqueCase] = (),
    checker: Any = None,
    critic: Any = None,
) -> Run:
    nobody: Any = None
    models, run = Models(nobody, nobody, nobody, critic, checker), Run({}, {}, held_out=False)
    for one in filter(None, (critic, checker)):
        one.spend = run.spend  # as the ledger does that its calls are charged to
    evaluation = Evaluation(models, run, checks, critiques, lambda _: None)
    assert evaluation.max_cost() == 10 * len(checks) + 7 * len(critiques)
    return await evaluation.measure()


@pytest.mark.parametrize(("marks", "found", "alarms"), [("planted", 2, 0), ("everything", 2, 2), ("nothing", 0, 0)])
async def test_recall_and_false_alarms_are_those_of_the_checker(
    tmp_path: Path, marks: str, found: int, alarms: int
) -> None:
    cases = read_check_cases(corpus(tmp_path, [CHECK]), STRUCTURES, held_out=False)
    assert cases[0].planted.endswith("I baked ninety loaves of bread. It sold out on Friday.")
    rows = dict(tabulate(await measure(cases, checker=Checker(marks))))
    assert rows["inventions found"].startswith(f"{found} of 2 ")
    assert rows["  date"].startswith(f"{found // 2} of 1 ")
    assert rows["false alarms per 1,000 words"] == f"{1000 * alarms / 6:.1f} ({alarms})"
    assert rows["sentences not judged"] == "0"
    assert rows["tokens sent, written"] == "200, 20"
    assert rows["dollars"] == "0.0020"


async def test_faults_found_stand_beside_what_random_quotations_hit(tmp_path: Path) -> None:
    cases = read_critique_cases(corpus(tmp_path, critiques=[FAULTY, GOOD]), STRUCTURES, held_out=False)
    critic = Critic("We learned a great deal that day.", "The oven broke at four in the morning.")
    rows = dict(tabulate(await measure(critiques=cases, critic=critic)))
    assert rows["faults found at seven"] == "1 of 2 (50%)"
    assert rows["faults found in all"] == "1 of 2 (50%)"
    assert rows["findings on a good essay"] == "2.0"
    assert rows["good essays with a grave one"] == "0 of 1"


def test_a_quotation_hits_a_fault_with_which_it_shares_half_of_the_shorter_one() -> None:
    fault = Span(10, 20)
    assert faults_hit([fault], [Span(0, 100)]) == 1
    assert faults_hit([fault], [Span(15, 40)]) == 1
    assert faults_hit([fault], [Span(16, 40)]) == 0
    assert faults_hit([fault, fault], [fault, fault]) == 2


def test_random_quotations_hit_by_their_length_and_come_out_the_same_each_time() -> None:
    assert random_hits([Span(10, 20)], [Span(0, 100)], 100) == 1
    assert random_hits([Span(10, 20)], [], 100) == 0
    one = random_hits([Span(10, 20)], [Span(50, 60)], 109)
    assert one == random_hits([Span(10, 20)], [Span(0, 10)], 109)
    assert 0.05 < one < 0.17  # 11 of the 100 starts share half


@pytest.mark.parametrize(
    ("error", "calls", "failed"),
    [
        (BadReply.invalid_format(), 4, 4),
        (BudgetSpent("The budget", datetime(2026, 12, 1, tzinfo=UTC)), 1, 1),
    ],
)
async def test_what_fails_is_said_and_a_spent_budget_ends_the_run(
    tmp_path: Path, error: BotError, calls: int, failed: int
) -> None:
    cases = read_check_cases(corpus(tmp_path, [CHECK, CHECK]), STRUCTURES, held_out=False)
    checker = Checker("nothing", error)
    run = await measure(cases, checker=checker)
    assert checker.calls == calls
    assert dict(tabulate(run))["not measured"] == str(failed)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"draft": "It sold out."}, "stands 0 times"),
        ({"structure": "no-such"}, "no structure"),
        ({"planted": [CHECK["planted"][0], CHECK["planted"][0]]}, "overlaps"),
        ({"planted": [CHECK["planted"][0] | {"kind": "weather"}]}, "kind"),
        ({"notes": [{"section": "nowhere", "text": "x"}]}, "no section"),
    ],
)
def test_a_file_that_is_wrong_is_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as raised:
        read_check_cases(corpus(tmp_path, [CHECK | change]), STRUCTURES, held_out=False)
    assert "01-one.yaml" in str(raised.value)


def test_a_run_is_read_as_it_was_stored(tmp_path: Path) -> None:
    run = Run({"critic": "a"}, {"check.md": "0"}, held_out=True, sums={"faults": 2})
    save_run(run, tmp_path / "runs" / "one.json")
    assert read_run(tmp_path / "runs" / "one.json") == run
    with pytest.raises(InvalidInput):
        read_run(tmp_path)


def test_a_run_of_before_interviews_were_measured_is_still_read(tmp_path: Path) -> None:
    old = {"models": {}, "prompts": {}, "held_out": False, "program": "0.1", "sums": {"faults": 2, "found_first": 1}}
    old |= {"failed": {}, "input_tokens": 7, "output_tokens": 3, "nano_usd": None}
    (tmp_path / "old.json").write_text(json.dumps(old))
    rows = dict(tabulate(read_run(tmp_path / "old.json")))
    assert (rows["faults found at seven"], rows["tokens sent, written"]) == ("1 of 2 (50%)", "7, 3")


def test_the_corpora_of_the_repository_can_be_used() -> None:
    corpora = find_corpora(None)
    interviews = [case for kept in (False, True) for case in read_interview_cases(corpora, STRUCTURES, held_out=kept)]
    checks = [case for kept in (False, True) for case in read_check_cases(corpora, STRUCTURES, held_out=kept)]
    critiques = [case for kept in (False, True) for case in read_critique_cases(corpora, STRUCTURES, held_out=kept)]
    assert sum(len(case.inventions) for case in checks) >= 150
    assert len(checks) >= 30
    assert sum(len(case.faults) for case in critiques) >= 150
    assert sum(not case.faults for case in critiques) >= 10
    assert all(number_sentences(case.faithful) for case in checks)
    assert len(interviews) >= 20
    for played in interviews:
        notes = parse_notes(played.facts_page, played.structure).notes
        for section, fact in zip(played.sections, played.sheet.facts, strict=True):
            assert any(fact in note.text for note in notes if note.section == section)
        for number, fact in enumerate(played.sheet.facts, 1):
            assert told_facts(played.sheet, fact, [ToldFact(number, fact)]) == (frozenset({number}), 0)
