"""Critiques in the file: sealed, read as they were stored, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import UnknownCritique
from bot.essay.critique import Category, Coverage, CoverageLevel, Critique, Finding, Severity, Strength
from bot.essay.essay import Origin
from bot.essay.structure import Structure
from bot.essay.text.spans import Span
from bot.services.critiques import Decision, StoredCritique
from bot.services.essays import EssayService
from bot.store.critiques import SqliteCritiqueStore
from bot.store.sqlite import SqliteStore

WHEN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PASTE = StoredCritique("c1", "me", None, None, None, "A velocipede", "The quagmire text.", False, None, {}, WHEN)
FOUND = Critique(
    fix_first="Say when the perspicacious one came.",
    findings=(
        Finding("quagmire", Span(4, 12), Category.CLICHE, Severity.GRAVE, "It says nothing.", "mud", None),
        Finding("text", Span(13, 17), Category.VAGUE, Severity.MINOR, "Which?", None, "Which text?"),
    ),
    strengths=(Strength("The", Span(0, 3), "Short."),),
    coverage=(Coverage("missed", CoverageLevel.THIN, "One word."),),
    dropped=2,
    held_back=1,
    model="a-model",
)


@pytest.fixture
def critiques(store: SqliteStore) -> SqliteCritiqueStore:
    return SqliteCritiqueStore(store.thread)


async def test_a_critique_is_read_as_it_was_stored(critiques: SqliteCritiqueStore) -> None:
    await critiques.add_critique(PASTE)
    assert await critiques.critique("me", "c1") == PASTE
    await critiques.save_critique("me", "c1", FOUND)
    await critiques.save_decision("me", "c1", 1, Decision.DISMISSED, None, WHEN)
    await critiques.save_decision("me", "c1", 0, Decision.DISMISSED, None, WHEN)
    await critiques.save_decision("me", "c1", 0, Decision.APPLIED, 4, WHEN)
    assert await critiques.critique("me", "c1") == replace(
        PASTE, critique=FOUND, decisions={0: Decision.APPLIED, 1: Decision.DISMISSED}
    )


async def test_the_latest_finished_critique_of_an_essay_is_found_and_deleted_with_the_essay(
    store: SqliteStore, critiques: SqliteCritiqueStore, structure: Structure, clock: Callable[[], datetime]
) -> None:
    desk = EssayService(store, {structure.key: structure}, clock, lambda: "one")
    await desk.create_essay("me", structure)
    await store.add_version("me", "one", None, Origin.IMPORTED, PASTE.text, 0, clock())
    for number in ("c1", "c2", "c3"):  # at the same instant
        await critiques.add_critique(
            replace(PASTE, id=number, essay="one", version=1, structure="short-one", is_own=True)
        )
    assert await critiques.latest_critique("me", "one") is None
    await critiques.save_critique("me", "c1", FOUND)
    await critiques.save_critique("me", "c2", FOUND)
    latest = await critiques.latest_critique("me", "one")
    assert latest is not None
    assert (latest.id, latest.version, latest.structure, latest.is_own) == ("c2", 1, "short-one", True)
    await desk.delete_essay("me", "one")
    with pytest.raises(UnknownCritique):
        await critiques.critique("me", "c2")
    with pytest.raises(UnknownCritique):
        await critiques.save_critique("me", "c3", FOUND)


async def test_critiques_of_pasted_texts_are_listed_newest_first(
    store: SqliteStore, critiques: SqliteCritiqueStore, structure: Structure, clock: Callable[[], datetime]
) -> None:
    """Page by page, without an essay's and without anybody else's."""
    desk = EssayService(store, {structure.key: structure}, clock, lambda: "one")
    await desk.create_essay("me", structure)
    for number in ("c1", "c2", "c3"):
        await critiques.add_critique(replace(PASTE, id=number))
    await critiques.add_critique(replace(PASTE, id="theirs", writer="you"))
    await critiques.add_critique(replace(PASTE, id="essays", essay="one"))
    await critiques.save_critique("me", "c3", FOUND)
    found, count = await critiques.pasted_critiques("me", 0, 2)
    assert ([(one.id, one.critique is not None) for one in found], count) == ([("c3", True), ("c2", False)], 3)
    assert [one.id for one in (await critiques.pasted_critiques("me", 2, 2))[0]] == ["c1"]


async def test_strangers_can_neither_read_nor_write_a_critique(critiques: SqliteCritiqueStore) -> None:
    await critiques.add_critique(PASTE)
    for asking in (
        critiques.critique("you", "c1"),
        critiques.save_critique("you", "c1", FOUND),
        critiques.save_decision("you", "c1", 0, Decision.DISMISSED, None, WHEN),
        critiques.attach_to_essay("you", "c1", "one", 1),
    ):
        with pytest.raises(UnknownCritique, match="You have no critique c1"):
            await asking
    assert await critiques.critique("me", "c1") == PASTE


async def test_the_database_files_hold_no_readable_word_of_a_critique(
    database: Path, store: SqliteStore, critiques: SqliteCritiqueStore
) -> None:
    await critiques.add_critique(PASTE)
    await critiques.save_critique("me", "c1", FOUND)
    store.close()
    held = b"".join(path.read_bytes() for path in database.parent.iterdir() if path.name.startswith("essays.db"))
    for words in (b"velocipede", b"quagmire", b"perspicacious", b"Which"):
        assert words not in held
