"""At the keyboard a draft is checked by itself, and what no note holds is vouched for, mended or put in other words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from bot.essay.structure import Structure
from bot.essay.support import SentenceSupport, SupportKind, UnsupportedPassage
from bot.services.llm_ports import RawCheck
from bot.store.sqlite import SqliteStore
from tests.joined_services import join_services
from tests.services.conftest import joined
from tests.services.fakes import COST, MODEL, rewrites, says
from tests.terminal.scripted_terminal import END, Terminal

DRAFT = "## What I missed\n\nI missed the noise. I loved it. There were 15 of us. Everyone left.\n"
SUPPORTS = tuple(SentenceSupport(number, (1,)) for number in range(1, 5))
LOVED = UnsupportedPassage(2, "loved", SupportKind.FEELING, "No note says so.", 1)
COUNT = UnsupportedPassage(3, "15", SupportKind.NUMBER, "Note 1 has 14.", 1, "There were 14 of us.")
ALL = UnsupportedPassage(4, "Everyone", SupportKind.SCOPE, "No note says that all did.", None, "[NEED: Who left?]")


def said(*unsupported: UnsupportedPassage) -> RawCheck:
    return RawCheck(SUPPORTS, unsupported, MODEL, COST)


@pytest.fixture
def terminal(store: SqliteStore, structure: Structure, clock: Callable[[], datetime]) -> Iterator[Terminal]:
    """A session over scripted models with a checker."""
    room = joined(store, structure, clock, checker=True)
    with asyncio.Runner() as runner:
        yield Terminal(room, structure, runner)
        runner.run(room.jobs.close())


def test_what_no_note_holds_is_listed_after_a_draft_and_settled_one_by_one(terminal: Terminal) -> None:
    essay = terminal.essay("## What I missed\n\nThe noise.\n")
    terminal.room.models.script(says(DRAFT), said(LOVED, COUNT, ALL), said(), said())
    seen = terminal.resume_and_type(
        essay, "draft", "", "vouch 1", "fix 1", "check", "reword 1 Ana left.", "check", "", "sources 1", "vouch 7"
    )
    assert "It may cost up to $0.01. The check that follows may cost up to $0.01." in seen
    assert "Each sentence is held against your notes; Ctrl-C leaves that." in seen
    assert "3 things that your notes do not hold." in seen
    assert "  2. 15 (number)" in seen
    assert "| There were 15 of us." in seen
    assert "Note 1 has 14. Nearest is note 1." in seen
    assert "fix: There were 14 of us." in seen
    assert "You vouch for it: it is note 3 now." in seen
    assert "{+14+}" in seen
    assert "You vouch for 1." in seen
    assert "It may cost up to $0.01." in seen.split("reword")[-1]
    assert "note 1: In May 2019 the noise of the shop, 14 people in one room." in seen
    assert "note 3: I loved it." in seen
    assert "There is no passage 7: check lists them. Nothing was changed." in seen + terminal.stderr.getvalue()
    assert terminal.text(essay).text.startswith(DRAFT.replace("15", "14").replace("Everyone", "Ana"))


def test_without_a_model_letters_are_compared_and_it_is_said_that_no_more_is(
    store: SqliteStore, structure: Structure, clock: Callable[[], datetime]
) -> None:
    room = joined(store, structure, clock)
    room = replace(room, services=join_services(store, structure, clock))
    with asyncio.Runner() as runner:
        terminal = Terminal(room, structure, runner)
        essay = terminal.essay(DRAFT)
        seen = terminal.resume_and_type(essay, "help", "check", "vouch 1", "xyz", "expotr", "")
        runner.run(room.jobs.close())
    assert "numbers, dates, quotations and addresses of the post that no note holds, by letters only" in seen
    assert "vouch N" not in seen
    assert "1 not found in the notes; check each, or take it out:\n  number: 15" in seen
    assert "This compares by letters only" in seen
    assert "There is no such command: help lists them. Nothing was changed." in seen
    assert "There is no such command: help lists them. Did you mean export? Nothing was changed." in seen
    assert "No model is at work here, which vouch needs" in seen
    assert seen.count("help lists the rest, done leaves.") == 2  # at the beginning, and on Enter


def test_a_sentence_of_which_nothing_is_held_is_offered_to_be_taken_out(terminal: Terminal) -> None:
    essay = terminal.essay("## What I missed\n\nThe noise.\n")
    terminal.room.models.script(says(DRAFT), said(replace(LOVED, mended="")))
    seen = terminal.resume_and_type(essay, "draft", "", "fix 1")
    assert "fix: take the sentence out" in seen
    assert terminal.text(essay).text.startswith(DRAFT.strip().replace("I loved it. ", ""))


def test_answers_to_what_a_draft_left_open_are_checked_once_when_all_are_worked_in(terminal: Terminal) -> None:
    gapped = "## What I missed\n\n[NEED: Who was there?]\n\n## What I gave up\n\n[NEED: What did it cost?]\n"
    essay = terminal.essay("## What I missed\n\nThe noise.\n")
    found = RawCheck((SentenceSupport(1, (3,)), SentenceSupport(2, (4,))), (), MODEL, COST)
    models = terminal.room.models
    models.script(says(gapped), rewrites("Anna was there."), rewrites("It cost a lot."), "Who else?", found)
    seen = terminal.resume_and_type(essay, "draft", "", "answer", "Anna was.", "A lot.", END)
    assert [call.given["asked"] for call in models.asked if call.what == "check"] == [(1, 2)]
    after = seen.split("Note 4 is worked in: version 4.")[1]
    assert "Each sentence is held against your notes; Ctrl-C leaves that." in after
    assert "Every sentence rests on your notes, as far as the checker can tell." in after


def test_a_strict_export_is_refused_while_something_is_open(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    essay = terminal.essay("## What I missed\n\nThe noise.\n")
    found = RawCheck((*SUPPORTS, SentenceSupport(5, (1,))), (COUNT, replace(LOVED, mended="")), MODEL, COST)
    terminal.room.models.script(says(f"{DRAFT}\n## What I gave up\n\nIt cost me a lot.\n"), found, said())
    seen = terminal.resume_and_type(essay, "draft", "", "export --strict", "fix all", "export --strict")
    assert "Nothing was exported: 2 things are in the text that the notes do not hold." in (
        seen + terminal.stderr.getvalue()
    )
    assert seen.count("Exported to ") == 1


def test_a_strict_export_is_refused_while_gaps_are_left(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    essay = terminal.essay("## What I missed\n\nThe noise.\n")
    terminal.room.models.script(says(DRAFT), said(ALL), said())
    seen = terminal.resume_and_type(essay, "draft", "", "fix all", "export --strict")
    assert "Nothing was exported: 2 gaps are left in the text, marked [NEED: …]. Fill each first" in (
        seen + terminal.stderr.getvalue()
    )
    assert "Exported to " not in seen
