"""Interviews and drafts of a played writer, through the program's services over the loopback Claude."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from bot.essay.essay import Note
from bot.evaluation.corpora import read_interview_cases
from bot.evaluation.played import MAX_PLAYED_QUESTIONS
from bot.evaluation.runs import CountingLedger, Evaluation, Plays, Run, tabulate
from bot.evaluation.scores import score_draft, told_facts
from bot.llm.client import Dialect, ServiceConfig
from bot.llm.factory import build_models
from bot.llm.writer_player import FactSheet, ToldFact
from bot.services.ledger import NANO_PER_USD, Budgets, RecordingLedger
from bot.services.llm_ports import ModelRole
from bot.settings import Settings
from bot.store.sqlite import SqliteStore
from bot.structure_files import prompts_directory
from tests.evaluation.played_model import (
    FACTS,
    INTERVIEW,
    STRUCTURE,
    STRUCTURES,
    PlayedModel,
    lies,
    tells,
)
from tests.failures.full_stack import WHEN, no_proxy
from tests.simulators.claude import Answer, ClaudeSimulator, HttpError, Request
from tests.simulators.claude.controls import Responder

IDS = dict.fromkeys(ModelRole, "claude-opus-5-5") | {
    ModelRole.INTERVIEWER: "claude-haiku-5-5",
    ModelRole.WRITER_PLAYER: "claude-haiku-5-5",
}


async def play(
    folder: Path, model: Responder, *, interview: bool = True, draft: bool = False, sets: int = 1, budget: int = 100
) -> tuple[Run, ClaudeSimulator]:
    """Measure note sets through all of the program; the cost said before is not passed."""
    (folder / "interviews").mkdir()
    for number in range(1, sets + 1):
        (folder / "interviews" / f"0{number}-layoff.yaml").write_text(yaml.safe_dump(INTERVIEW))
    cases = read_interview_cases(folder, STRUCTURES, held_out=False)
    store = SqliteStore(folder / "own.db", None, lambda: WHEN)
    run = Run({}, {}, held_out=False)
    try:
        async with ClaudeSimulator(responder=model) as claude:
            with no_proxy():
                ledger = CountingLedger(RecordingLedger(store, Budgets(Decimal(budget) / 100, Decimal(1_000))), run)
                service = ServiceConfig(
                    claude.base_url, claude.key or "", Dialect.CLAUDE, IDS, store.pseudonym_secret, max_retries=0
                )
                made = build_models(service, prompts_directory(), ledger, lambda: WHEN)
                try:
                    settings = Settings.model_construct(database_path=folder / "never-made.db")
                    plays = Plays(cases, settings, made.writer_player, interview, draft)
                    evaluation = Evaluation(made.ports, run, (), (), lambda _: None, plays=plays, ledger=ledger)
                    most = evaluation.max_cost()
                    await evaluation.measure()
                finally:
                    await made.close()
    finally:
        store.close()
    assert not (folder / "never-made.db").exists()
    assert run.nano_usd is not None
    assert 0 < run.nano_usd <= most
    assert claude.refused == []
    return run, claude


async def test_a_writer_that_tells_two_facts_each_time_tells_six_in_three_questions(tmp_path: Path) -> None:
    model = PlayedModel(tells(2))
    run, claude = await play(tmp_path, model)
    rows = dict(tabulate(run))
    assert run.failed == {}
    assert rows["questions of an interview"] == "3.0 (3)"
    assert rows["interviews ended by the interviewer"] == "1 of 1 (100%)"
    assert rows["facts drawn out"] == "6 of 6 (100%)"
    assert rows["  a question"] == "2.00"
    assert rows["questions refused; repeated"] == "0; 0"
    assert rows["facts told again"] == rows["facts claimed, and not told"] == rows["questions without an answer"] == "0"
    assert "words of a draft" not in rows
    assert model.asked == ["place", "ask", "play", "ask", "play", "ask", "play", "ask"]
    assert INTERVIEW["beginning"].splitlines()[1] in claude.requests[0].last_user_text
    assert (run.planned, run.measured) == (1, 1)


async def test_a_writer_that_lies_about_numbers_has_told_only_what_its_answer_holds(tmp_path: Path) -> None:
    run, _ = await play(tmp_path, PlayedModel(lies, questions=2))
    rows = dict(tabulate(run))
    assert rows["facts drawn out"] == "0 of 6 (0%)"
    assert rows["facts claimed, and not told"] == "10"
    assert rows["numbers and quotations made up"] == "0"


async def test_what_a_played_writer_makes_up_is_counted(tmp_path: Path) -> None:
    answer = "They rang at nine on 4 March, 2,500 people. It cost 900."
    run, _ = await play(tmp_path, PlayedModel(lambda _: (answer, [{"fact": 1, "words": "rang at nine"}]), questions=2))
    rows = dict(tabulate(run))
    assert rows["facts drawn out"] == "1 of 6 (17%)"
    assert rows["facts told again"] == "1"
    assert rows["numbers and quotations made up"] == "2"


def test_a_fact_told_in_any_case_counts_by_words_that_no_other_has() -> None:
    sheet = FactSheet("", "I sold the van.", ("Ann drove the van north.", "Ann drove home."))
    answer = "ann DROVE the  van north, i think"
    for words, number, is_told in (
        ("van north", 1, True),
        ("Ann drove", 1, False),
        ("the van", 1, False),
        ("north", 1, False),
        ("drove home", 2, False),
        ("van north", 2, False),
        ("", 1, False),
    ):
        expected = (frozenset({number}), 0) if is_told else (frozenset(), 1)
        assert told_facts(sheet, answer, [ToldFact(number, words)]) == expected


async def test_an_interviewer_that_never_ends_is_left_at_the_bound(tmp_path: Path) -> None:
    model = PlayedModel(tells(1), questions=1_000)
    run, _ = await play(tmp_path, model)
    rows = dict(tabulate(run))
    assert rows["questions of an interview"] == f"{MAX_PLAYED_QUESTIONS}.0 ({MAX_PLAYED_QUESTIONS})"
    assert rows["interviews ended by the interviewer"] == "0 of 1 (0%)"
    assert rows["facts drawn out"] == "6 of 6 (100%)"
    assert model.asked.count("play") == MAX_PLAYED_QUESTIONS


async def test_an_interviewer_that_ends_at_once_has_asked_nothing(tmp_path: Path) -> None:
    run, _ = await play(tmp_path, PlayedModel(tells(2), questions=0))
    rows = dict(tabulate(run))
    assert rows["questions of an interview"] == "0.0 (0)"
    assert rows["interviews ended by the interviewer"] == "1 of 1 (100%)"
    assert rows["facts drawn out"] == "0 of 6 (0%)"
    assert "  a question" not in rows


async def test_a_question_proposed_again_is_counted_as_refused_and_as_repeated(tmp_path: Path) -> None:
    run, _ = await play(tmp_path, PlayedModel(tells(1), questions=3, repeats=True))
    # The first is put. The second is proposed twice in vain, so that the structure's own comes in its place.
    assert dict(tabulate(run))["questions refused; repeated"] == "2; 2"
    assert run.sums["questions"] == 2


async def test_an_answer_that_cannot_be_read_leaves_its_question_skipped(tmp_path: Path) -> None:
    run, _ = await play(tmp_path, PlayedModel(lambda _: ("", []), questions=2))
    assert dict(tabulate(run))["questions without an answer"] == "2"
    assert run.failed == {}


@pytest.mark.parametrize(("marks", "before", "after"), [("invented", 1, 0), ("all", 2, 2), ("none", 0, 0)])
async def test_a_draft_is_counted_before_and_after_what_can_be_mended_is_mended(
    tmp_path: Path, marks: str, before: int, after: int
) -> None:
    model = PlayedModel(tells(2), marks=marks)
    run, claude = await play(tmp_path, model, draft=True, sets=2)
    assert run.failed == {}
    rows = dict(tabulate(run))
    low, high = STRUCTURE.budget.low, STRUCTURE.budget.high
    assert rows["drafts from"] == "interviews of at most 20 questions"
    assert rows["words of a draft"] == f"9 (budget {low}–{high})"
    assert rows["  within its budget"] == "0 of 2 (0%)"
    assert rows["gaps in a draft"] == f"{len(STRUCTURE.sections)}.0 ({2 * len(STRUCTURE.sections)})"
    assert rows["unsupported statements in a draft"] == f"{before}.0 ({2 * before})"
    assert rows["  after Fix"] == f"{after}.0 ({2 * after})"
    assert rows["sentences not judged; after Fix"] == "0; 0"
    assert model.asked.count("check") == 2 * (1 + (before > after))
    assert {role for role, _ in tabulate(run)} >= {"  writer", "  checker", "  interviewer", "  writer-player"}
    assert [sum(each or 0 for each in column) for column in zip(*run.roles.values(), strict=True)] == [
        run.input_tokens,
        run.output_tokens,
        run.nano_usd,
    ]
    assert run.nano_usd == pytest.approx(claude.billed().total * NANO_PER_USD)


async def test_a_draft_alone_is_made_of_every_fact_told_at_once(tmp_path: Path) -> None:
    model = PlayedModel(tells(1))
    run, claude = await play(tmp_path, model, interview=False, draft=True)
    assert run.failed == {}
    assert dict(tabulate(run))["drafts from"] == "all facts, told at once"
    assert model.asked == ["place", "draft", "check", "check"]
    for _, fact in FACTS:
        assert fact in claude.requests[1].last_user_text


async def test_a_draft_that_fails_is_said_and_the_next_is_measured(tmp_path: Path) -> None:
    model, failed = PlayedModel(tells(2)), list[Request]()

    def fails_once(request: Request) -> Answer:
        answer = model(request)
        if model.asked[-1] == "draft" and not failed:
            failed.append(request)
            return HttpError(529)
        return answer

    run, _ = await play(tmp_path, fails_once, draft=True, sets=2)
    assert list(run.failed) == ["01-layoff (draft)"]
    assert "overloaded" in run.failed["01-layoff (draft)"].lower()
    assert run.sums["drafts"] == 1
    assert (run.planned, run.measured) == (4, 3)


async def test_a_draft_whose_check_fails_is_counted_as_not_judged(tmp_path: Path) -> None:
    model = PlayedModel(tells(2))

    def has_no_checker(request: Request) -> Answer:
        answer = model(request)
        return HttpError(529) if model.asked[-1] == "check" else answer

    run, _ = await play(tmp_path, has_no_checker, draft=True)
    rows = dict(tabulate(run))
    assert rows["sentences not judged; after Fix"] == "2; 2"
    assert rows["words of a draft"].startswith("9 ")


async def test_a_spent_budget_ends_the_plays_and_keeps_what_was_measured(tmp_path: Path) -> None:
    model = PlayedModel(tells(2))
    run, _ = await play(tmp_path, model, draft=True, sets=3, budget=20)
    assert [name for name in run.failed if name.endswith("(draft)")] == list(run.failed)
    assert "interviews" in run.sums
    assert run.measured < run.planned
    assert "ended early, after" in dict(tabulate(run))


def test_a_draft_of_the_writers_own_words_keeps_their_phrases() -> None:
    notes = [Note(1, "I sold the van to Ann on the last day of June.")]
    figures = score_draft("## The call\n\nI sold the van to Ann. [NEED: For how much?]", STRUCTURE, notes)
    assert (figures["draft_words"], figures["gaps"]) == (6, 1)
    assert figures["phrases_kept"] == 50
