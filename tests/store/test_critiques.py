"""Critiques in the file: sealed, read as they were stored, and nobody else's."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import UnknownCritique
from bot.essay.critique import (
    Action,
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
from bot.essay.essay import Origin
from bot.essay.structure import Structure
from bot.essay.text.spans import Span
from bot.services.critiques import Decision, StoredCritique
from bot.services.store_ports import Transaction
from bot.store.database import EncryptedDatabase
from bot.store.sealed_columns import CRITIQUE_OPINION
from bot.store.sql_store import SqlStore
from tests.joined_services import join_services

pytestmark = pytest.mark.both_databases

WHEN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PASTE = StoredCritique("c1", "me", None, None, None, "A velocipede", "The quagmire text.", False, None, {}, WHEN)
FOUND = Critique(
    fix_first="Say when the perspicacious one came.",
    findings=(
        Finding("quagmire", Span(4, 12), Category.CLICHE, Severity.GRAVE, "It says nothing.", "mud", None),
        Finding("text", Span(13, 17), Category.VAGUE, Severity.MINOR, "Which?", None, "Which text?"),
        Finding("The", Span(0, 3), Category.NEEDLESS, Severity.MINOR, "", is_cut=True, section="Mud", is_earlier=True),
    ),
    strengths=(Strength("The", Span(0, 3), "Short."),),
    coverage=(Coverage("missed", CoverageLevel.THIN, "One word."),),
    dropped=2,
    held_back=1,
    model="a-model",
    stripped=1,
    earlier=(EarlierFinding("mire", Category.CLICHE, Severity.GRAVE, "Worn.", EarlierState.FIXED),),
)


async def add(store: SqlStore, *critiques: StoredCritique) -> None:
    def step(tx: Transaction) -> None:
        for critique in critiques:
            tx.critiques.add(critique)

    await store.write("me", step)


async def get(store: SqlStore, critique: str) -> StoredCritique:
    return await store.read(lambda tx: tx.critiques.get("me", critique))


async def save(store: SqlStore, critique: str) -> None:
    await store.write("me", lambda tx: tx.critiques.save_critique("me", critique, FOUND))


async def test_a_critique_is_read_as_it_was_stored(store: SqlStore) -> None:
    await add(store, PASTE)
    assert await get(store, "c1") == PASTE
    await save(store, "c1")

    def decide(tx: Transaction) -> None:
        tx.critiques.save_decision("me", "c1", 1, Decision.DISMISSED, None, WHEN)
        tx.critiques.save_decision("me", "c1", 0, Decision.DISMISSED, None, WHEN)
        tx.critiques.save_decision("me", "c1", 0, Decision.APPLIED, 4, WHEN)

    await store.write("me", decide)
    assert await get(store, "c1") == replace(
        PASTE, critique=FOUND, decisions={0: Decision.APPLIED, 1: Decision.DISMISSED}
    )


async def test_a_critique_stored_before_findings_had_sections_and_cuts_is_read(store: SqlStore) -> None:
    """Its findings may have wording and a question both."""
    finding = {"quotation": "text", "span": {"start": 13, "end": 17}, "category": "vague", "severity": "minor"}
    old = {
        "fix_first": "Say when.",
        "findings": [finding | {"effect": "Which?", "replacement": "page", "question": "Which page?"}],
        "strengths": [],
        "coverage": [],
        "dropped": 0,
        "held_back": 4,
        "model": "a-model",
    }
    await add(store, PASTE)

    def write(database: EncryptedDatabase) -> None:
        sealed = database.seal(CRITIQUE_OPINION.place("me", "c1", revision=7), json.dumps(old))
        database.db.execute("UPDATE critiques SET opinion = ?, revision = 7", [sealed])

    await store.database.write("me", write)
    critique = (await get(store, "c1")).critique
    assert critique is not None
    (read,) = critique.findings
    assert (read.action, read.question, read.section, critique.held_back) == (Action.REPLACE, "Which page?", "", 4)
    assert (critique.label(0), critique.describe_earlier()) == ("", "")


async def test_the_latest_finished_critique_of_an_essay_is_found_and_deleted_with_the_essay(
    store: SqlStore, structure: Structure, clock: Callable[[], datetime]
) -> None:
    desk = join_services(store, structure, clock, lambda: "one").essays
    await desk.create_essay("me", structure)
    await desk.add_version("me", "one", None, Origin.IMPORTED, PASTE.text, 0)
    of_essay = replace(PASTE, essay="one", version=1, structure="short-one", is_own=True)
    await add(store, *(replace(of_essay, id=number) for number in ("c1", "c2", "c3")))  # at the same instant
    assert await store.read(lambda tx: tx.critiques.latest("me", "one")) is None
    await save(store, "c1")
    await save(store, "c2")
    latest = await store.read(lambda tx: tx.critiques.latest("me", "one"))
    assert latest is not None
    assert (latest.id, latest.version, latest.structure, latest.is_own) == ("c2", 1, "short-one", True)
    await desk.delete_essay("me", "one")
    with pytest.raises(UnknownCritique):
        await get(store, "c2")
    with pytest.raises(UnknownCritique):
        await save(store, "c3")


async def test_critiques_of_pasted_texts_are_listed_newest_first(
    store: SqlStore, structure: Structure, clock: Callable[[], datetime]
) -> None:
    """Page by page, without an essay's and without anybody else's."""
    desk = join_services(store, structure, clock, lambda: "one").essays
    await desk.create_essay("me", structure)
    await add(store, *(replace(PASTE, id=number) for number in ("c1", "c2", "c3")))
    await add(store, replace(PASTE, id="theirs", writer="you"), replace(PASTE, id="essays", essay="one"))
    await save(store, "c3")
    found, count = await store.read(lambda tx: tx.critiques.pasted("me", 0, 2))
    assert ([(one.id, one.critique is not None) for one in found], count) == ([("c3", True), ("c2", False)], 3)
    found, _ = await store.read(lambda tx: tx.critiques.pasted("me", 2, 2))
    assert [one.id for one in found] == ["c1"]


async def test_strangers_can_neither_read_nor_write_a_critique(store: SqlStore) -> None:
    await add(store, PASTE)
    steps: list[Callable[[Transaction], object]] = [
        lambda tx: tx.critiques.get("you", "c1"),
        lambda tx: tx.critiques.save_critique("you", "c1", FOUND),
        lambda tx: tx.critiques.save_decision("you", "c1", 0, Decision.DISMISSED, None, WHEN),
        lambda tx: tx.critiques.attach_to_essay("you", "c1", "one", 1),
        lambda tx: tx.critiques.delete("you", "c1"),
    ]
    for step in steps:
        with pytest.raises(UnknownCritique, match="You have no critique c1"):
            await store.write("me", step)
    assert await get(store, "c1") == PASTE


async def test_the_database_files_hold_no_readable_word_of_a_critique(database: Path, store: SqlStore) -> None:
    await add(store, PASTE)
    await save(store, "c1")
    store.close()
    held = b"".join(path.read_bytes() for path in database.parent.iterdir() if path.name.startswith("essays.db"))
    for words in (b"velocipede", b"quagmire", b"perspicacious", b"Which"):
        assert words not in held
