"""A SQLite store copied into PostgreSQL: every row and every text is there, after a kill too."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import psycopg
import pytest

from bot.errors import CopyFailed, StoreUnavailable
from bot.services.jobs.job import JobKind
from bot.store.copying import CheckedCopy, copy_store
from bot.store.sql_store import SqlStore
from bot.store.sqlite import SqliteStore
from tests.postgres_server import KEY, PostgresServer, open_store
from tests.store.sealed_story import fill, opened_cells, sealed_cells

pytestmark = pytest.mark.postgres

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
WRITERS = 60


@pytest.fixture
def url(postgres_server: PostgresServer) -> str:
    return postgres_server.new_database()


@pytest.fixture
async def source(database: Path) -> Path:
    """A database of some writers, of whose jobs the last is deleted, and one text of which is damaged."""
    store = SqliteStore(database, KEY, lambda: NOON)
    for writer in ("w" * number for number in range(1, WRITERS + 1)):
        await store.write(writer, partial(fill, writer=writer, at=NOON))
    last = await store.write("w1", lambda tx: tx.jobs.add("w1", "gone", JobKind.DRAFT, None, "", NOON))
    await store.database.run(lambda opened: opened.db.execute("DELETE FROM jobs WHERE id = ?", [last.id]))
    await store.database.run(lambda opened: opened.db.execute("UPDATE notes SET text = ? WHERE rowid = 3", [b"x"]))
    store.close()
    return database


async def everything(store: SqlStore) -> Mapping[object, object]:
    """Return each sealed cell, as it is and opened, the rows of each table, and what pseudonyms are made with."""

    def rows(name: str, columns: tuple[str, ...]) -> str:
        return f"SELECT {', '.join(columns)} FROM {name} ORDER BY rowid"

    tables = await store.database.run(
        lambda opened: {
            table.name: opened.db.execute(rows(table.name, table.columns)).fetchall() for table in opened.db.tables()
        }
    )
    return {
        "sealed": await store.database.read(sealed_cells),
        "opened": await store.database.read(opened_cells),
        "secret": store.pseudonym_secret,
        **{name: [tuple(row) for row in found] for name, found in tables.items()},
    }


def copied(source: Path, url: str) -> CheckedCopy:
    *_, checked = copy_store(source, KEY, url, lambda: NOON)
    assert isinstance(checked, CheckedCopy)
    return checked


async def assert_same(source: Path, url: str) -> None:
    stores: list[SqlStore] = [SqliteStore(source, KEY, lambda: NOON), open_store(url, lambda: NOON)]
    ours, theirs = [await everything(store) for store in stores]
    for store in stores:
        store.close()
    assert ours == theirs


async def test_a_copy_holds_every_row_and_goes_on_with_numbers_that_were_never_given(source: Path, url: str) -> None:
    checked = copied(source, url)
    assert checked.damaged == 1
    assert checked.opened > WRITERS * 20
    await assert_same(source, url)
    stores: list[SqlStore] = [SqliteStore(source, KEY, lambda: NOON), open_store(url, lambda: NOON)]
    jobs = [
        await store.write("me", lambda tx: tx.jobs.add("me", "new", JobKind.DRAFT, None, "", NOON)) for store in stores
    ]
    assert jobs[0].id == jobs[1].id
    for store in stores:
        store.close()


async def test_a_copy_that_was_killed_goes_on_where_it_ended_and_no_bot_opens_it_before(source: Path, url: str) -> None:
    environment = {**os.environ, "DATABASE_PATH": str(source), "DATABASE_KEY": KEY, "DATABASE_URL": url}
    program = Path(sys.executable).with_name("essay-bot")
    killed = subprocess.Popen([program, "migrate-store"], stderr=subprocess.PIPE, env=environment)
    assert killed.stderr is not None
    said = [killed.stderr.readline() for _ in range(3)]
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    killed.stderr.close()
    assert b"copied" in said[-1]
    with pytest.raises(StoreUnavailable, match="run essay-bot migrate-store again"):
        open_store(url, lambda: NOON)
    again = subprocess.run([program, "migrate-store"], capture_output=True, env=environment, check=True, text=True)
    assert "by an earlier run" in again.stderr
    assert "read back and compared" in again.stderr
    assert "1 text could not be read before" in " ".join(again.stderr.split())
    assert "Set DATABASE_URL to that address" in again.stderr
    await assert_same(source, url)


async def test_a_copy_is_refused_where_something_is_already_and_where_it_would_not_be_whole(
    source: Path, url: str, tmp_path: Path
) -> None:
    other = tmp_path / "other" / "essays.db"
    SqliteStore(other, KEY, lambda: NOON).close()
    steps = copy_store(source, KEY, url, lambda: NOON)
    next(steps)
    steps.close()  # type: ignore[attr-defined]  # it is a generator
    with pytest.raises(CopyFailed, match="a part of another database's copy"):
        copied(other, url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("INSERT INTO remembered (rowid, name, value) VALUES (1, 'from', 'elsewhere')")
    with pytest.raises(CopyFailed, match="differs from the source in the table remembered"):
        copied(source, url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DELETE FROM remembered")
    copied(source, url)
    with pytest.raises(CopyFailed, match="holds essays already"):
        copied(source, url)
    with pytest.raises(CopyFailed, match="There is no database at"):
        copied(tmp_path / "nothing.db", url)


def test_the_command_asks_for_an_address_and_refuses_while_a_bot_runs_on_the_file(source: Path, url: str) -> None:
    from bot.ops.single_instance import single_instance

    environment = {**os.environ, "DATABASE_PATH": str(source), "DATABASE_KEY": KEY}
    program = Path(sys.executable).with_name("essay-bot")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program, "migrate-store", *arguments], capture_output=True, env=environment, text=True, check=False
        )

    assert "Say where the essays go" in run().stderr
    refused = run("--to", "mysql://someone:hunter2@localhost/essays")
    assert refused.returncode == 2
    assert "such as postgresql://" in refused.stderr
    assert "hunter2" not in refused.stderr
    with single_instance(source):
        busy = run("--to", url)
    assert busy.returncode != 0
    assert "Another process serves" in busy.stderr
    open_store(url, lambda: NOON).close()  # nothing has been begun there
