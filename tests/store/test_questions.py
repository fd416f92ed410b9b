"""Questions, the states of sections and suggested titles, as the store keeps them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from bot.essay.essay import Essay, Question, QuestionOrigin, QuestionState, SectionState
from bot.services.store_ports import Transaction
from bot.store.sql_store import SqlStore

pytestmark = pytest.mark.both_databases

Clock = Callable[[], datetime]


async def test_a_question_keeps_who_asks_it_and_its_draft(store: SqlStore, clock: Clock) -> None:
    def step(tx: Transaction) -> tuple[Question, ...]:
        tx.essays.add(Essay("one", "me", "leaving", "Leaving", None, None, clock(), clock()))
        tx.essays.add_question("me", "one", "why", "Why did you join?", clock())
        tx.essays.add_question("me", "one", "why", "Who said so?", clock(), origin=QuestionOrigin.INTERVIEWER)
        tx.essays.add_question("me", "one", "drift", "In which month?", clock(), origin=QuestionOrigin.DRAFT, version=3)
        tx.essays.set_question_state("me", "one", 2, QuestionState.DECLINED, clock())
        return tx.essays.questions("me", "one")

    own, asked, left = await store.write("me", step)
    assert own == Question(1, "why", "Why did you join?")
    assert (asked.origin, asked.state) == (QuestionOrigin.INTERVIEWER, QuestionState.DECLINED)
    assert (left.origin, left.version) == (QuestionOrigin.DRAFT, 3)
    assert [one.is_put for one in (own, asked, left)] == [True, False, False]
    assert [one.is_left_by_draft for one in (own, asked, left)] == [False, False, True]


async def test_states_and_titles_replace_those_before_and_go_with_the_essay(
    store: SqlStore, clock: Clock, database: Path
) -> None:
    def step(tx: Transaction) -> None:
        tx.essays.add(Essay("one", "me", "leaving", "Leaving", None, None, clock(), clock()))
        tx.essays.set_section_states("me", "one", {"why": SectionState.THIN, "drift": SectionState.EMPTY}, clock())
        tx.essays.set_section_states("me", "one", {"why": SectionState.ENOUGH}, clock())
        tx.essays.set_suggested_titles("me", "one", ["First", "Second"], clock())
        tx.essays.set_suggested_titles("me", "one", ["From 15% to 2%"], clock())

    await store.write("me", step)
    assert await store.read(lambda tx: dict(tx.essays.section_states("me", "one"))) == {"why": SectionState.ENOUGH}
    assert await store.read(lambda tx: tx.essays.suggested_titles("me", "one")) == ("From 15% to 2%",)
    other = sqlite3.connect(database)
    assert b"15%" not in other.execute("SELECT title FROM suggested_titles").fetchone()[0]
    await store.write("me", lambda tx: tx.essays.delete("me", "one"))
    kept = "SELECT section FROM section_states UNION ALL SELECT title FROM suggested_titles"
    assert other.execute(kept).fetchall() == []
    other.close()
