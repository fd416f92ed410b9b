"""A sealed cell opens only where it was stored: moved, swapped or put back it is damaged, and nothing else is."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from bot.essay.essay import DAMAGED_NOTE_TEXT, DAMAGED_TITLE_TEXT
from bot.store.database import EncryptedDatabase
from bot.store.encryption import CELL_OVERHEAD_BYTES, DamagedCell, TextCipher, generate_key
from bot.store.sealed_columns import ESSAY_TITLE, SEALED_COLUMNS, SECRET, VERSION_TEXT, SealedColumn
from bot.store.sql_store import SqlStore
from tests.store.sealed_story import essay_ids, fill, opened_cells, put, replace_all, sealed_cells

pytestmark = pytest.mark.both_databases

Clock = Callable[[], datetime]
COLUMNS = [column for column in SEALED_COLUMNS if column is not SECRET]  # there is one secret, and no writer has it


@pytest.fixture
async def filled(store: SqlStore, clock: Clock) -> SqlStore:
    now = clock()
    for writer in ("ann", "bob"):
        await store.write(writer, lambda tx, writer=writer: fill(tx, writer, now))  # type: ignore[misc]  # mypy does not infer a lambda's defaults
    return store


@contextmanager
def undone(database: EncryptedDatabase) -> Iterator[None]:
    database.db.execute("BEGIN")
    try:
        yield
    finally:
        database.db.execute("ROLLBACK")


def test_every_column_of_bytes_is_sealed_to_its_place(store: SqlStore, database: Path) -> None:
    with sqlite3.connect(database) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {
            (table, row[1])
            for table in tables
            for row in connection.execute(f"PRAGMA table_info({table})")
            if row[2] == "BLOB"
        }
    connection.close()
    assert found == {(column.table, column.column) for column in SEALED_COLUMNS}


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: f"{column.table}.{column.column}")
async def test_a_cell_moved_from_anywhere_else_is_refused_and_harms_nothing_else(
    filled: SqlStore, column: SealedColumn
) -> None:
    """From another row, another column, another writer: every other cell of the database is put in its place."""

    def move(database: EncryptedDatabase) -> None:
        cells, before = sealed_cells(database), opened_cells(database)
        assert None not in before.values()
        targets = [cell for cell in cells if cell[:2] == (column.table, column.column)]
        assert len(targets) >= 2, "nothing of two writers stands there"
        for source, sealed in cells.items():
            target = targets[0] if source != targets[0] else targets[1]
            with undone(database):
                put(database, target, sealed)
                assert opened_cells(database) == {**before, target: None}

    await filled.database.run(move)


async def test_a_cell_that_was_replaced_is_refused_when_it_is_put_back(filled: SqlStore, clock: Clock) -> None:
    """What no function of the store replaces stays as it is: its place needs no revision."""
    now, old = clock(), await filled.database.run(sealed_cells)
    before = await filled.database.run(opened_cells)
    await filled.write("ann", lambda tx: replace_all(tx, "ann", now))
    replaced: set[tuple[str | int, ...]] = set()

    def put_back(database: EncryptedDatabase) -> None:
        after = opened_cells(database)
        assert None not in after.values()
        for cell, sealed in old.items():
            if sealed_cells(database).get(cell) == sealed:
                assert after[cell] == before[cell]
                continue
            replaced.add(cell[:2])
            with undone(database):
                put(database, cell, sealed)
                assert opened_cells(database) == {**after, cell: None}

    await filled.database.run(put_back)
    pieces = ("job_texts", "text")  # they are only deleted, and their numbers given again
    assert replaced | {pieces} == {(column.table, column.column) for column in COLUMNS if column.replaced}


@pytest.mark.usefixtures("database")  # SQLite gives the number again, and PostgreSQL does not
async def test_the_text_of_a_deleted_piece_is_refused_in_the_row_that_has_its_number(
    filled: SqlStore, clock: Clock
) -> None:
    old = await filled.database.run(sealed_cells)
    last = max((cell for cell in old if cell[0] == "job_texts"), key=lambda cell: int(cell[-1]))

    def replace(database: EncryptedDatabase) -> None:
        (job,) = database.db.execute("SELECT job FROM job_texts WHERE id = ?", [last[-1]]).fetchone()
        database.db.execute("UPDATE jobs SET ended = 0 WHERE id = ?", [job])
        tx = filled.join(database)
        tx.jobs.delete_text(job)
        tx.jobs.append_text({job: "Written anew."})
        assert opened_cells(database)[last] == "Written anew."
        put(database, last, old[last])
        assert opened_cells(database)[last] is None

    await filled.database.write("me", replace)


async def test_whoever_takes_an_essay_over_in_the_file_reads_none_of_it(filled: SqlStore) -> None:
    """The row of one writer's essay is given to another: what is in it was sealed for the first."""
    essay = essay_ids("ann")[0]
    await filled.database.write(
        "me", lambda opened: opened.db.execute("UPDATE essays SET writer = 'bob' WHERE id = ?", [essay])
    )
    taken = await filled.read(lambda tx: tx.essays.get("bob", essay))
    (note,) = await filled.read(lambda tx: tx.essays.notes("bob", essay))
    assert (taken.title, note.text) == (DAMAGED_TITLE_TEXT, DAMAGED_NOTE_TEXT)
    assert (await filled.read(lambda tx: tx.essays.get("bob", essay_ids("bob")[0]))).title == "Title of bob, 1"


def test_a_cell_is_refused_if_any_byte_of_it_is_changed_or_missing() -> None:
    cipher, place = TextCipher([generate_key()]), VERSION_TEXT.place("ann", "one", 1)
    sealed = cipher.seal(place, "A text.")
    assert len(sealed) == len("A text.") + CELL_OVERHEAD_BYTES
    assert cipher.open(place, sealed) == "A text."
    changed = [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in range(len(sealed))]
    for wrong in (*changed, *(sealed[:size] for size in range(len(sealed))), sealed + b"x", b"gAAAAA"):
        with pytest.raises(DamagedCell):
            cipher.open(place, wrong)


@pytest.mark.parametrize(
    ("column", "key", "revision"),
    [(ESSAY_TITLE, ("one",), None), (VERSION_TEXT, ("one", 1), 1), (VERSION_TEXT, ("one",), None)],
)
def test_a_place_without_what_its_column_needs_is_a_mistake_of_the_program(
    column: SealedColumn, key: tuple[str | int, ...], revision: int | None
) -> None:
    with pytest.raises(TypeError, match="not a place"):
        column.place("ann", *key, revision=revision)
