"""The checks in the file: sealed, read as they were stored, gone with their essay, and nobody else's."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import UnknownEssay
from bot.essay.essay import Essay
from bot.essay.support import Check, SentenceSupport, SupportKind, UnsupportedPassage
from bot.store.sql_store import SqlStore
from tests.store.test_database import stored_bytes

pytestmark = pytest.mark.both_databases

AT = datetime(2026, 11, 28, tzinfo=UTC)
PASSAGE = UnsupportedPassage(2, "word for word unheld", SupportKind.CAUSE, "No note gives a reason.", 1, "Mended.", 7)
CHECK = Check(3, (SentenceSupport(1, (1, 2)),), (PASSAGE,), (4,), "Budget.", "m", AT, {1: "abc", 2: "def"})


async def test_a_check_is_sealed_and_comes_back_as_it_was_and_goes_with_its_essay(
    store: SqlStore, database: Path
) -> None:
    await store.write("me", lambda tx: tx.essays.add(Essay("one", "me", "layoff", "A title", None, None, AT, AT)))
    await store.write("me", lambda tx: tx.support.save("me", "one", CHECK, AT))
    assert await store.read(lambda tx: tx.support.get("me", "one", 3)) == CHECK
    assert await store.read(lambda tx: tx.support.get("me", "one", 4)) is None
    assert await store.read(lambda tx: tx.support.versions("me", "one")) == (3,)
    assert b"unheld" not in stored_bytes(database)
    later = Check(3, (), ())
    await store.write("me", lambda tx: tx.support.save("me", "one", later, AT))
    assert await store.read(lambda tx: tx.support.get("me", "one", 3)) == later
    for step in (
        lambda tx: tx.support.get("you", "one", 3),
        lambda tx: tx.support.versions("you", "one"),
        lambda tx: tx.support.save("you", "one", CHECK, AT),
    ):
        with pytest.raises(UnknownEssay):
            await store.write("me", step)
    await store.write("me", lambda tx: tx.essays.delete("me", "one"))
    count = "SELECT count(*) FROM support"
    assert await store.database.run(lambda opened: opened.db.execute(count).fetchone()) == (0,)


async def test_a_damaged_check_is_none(store: SqlStore) -> None:
    await store.write("me", lambda tx: tx.essays.add(Essay("one", "me", "layoff", "A title", None, None, AT, AT)))
    await store.write("me", lambda tx: tx.support.save("me", "one", CHECK, AT))
    await store.database.run(lambda opened: opened.db.execute("UPDATE support SET body = ?", [b"x"]))
    assert await store.read(lambda tx: tx.support.get("me", "one", 3)) is None
