"""Writes that wait at the same time are committed together, and still each as a whole or not at all."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial

import pytest

from bot.errors import StoreFull, UnknownEssay
from bot.essay.essay import Essay
from bot.essay.notes import NewNote
from bot.services.store_ports import Transaction
from bot.store import sqlite
from bot.store.sqlite import SqliteDatabase, SqliteStore

Clock = Callable[[], datetime]


def essay(clock: Clock, name: str = "one") -> Essay:
    return Essay(name, "me", "leaving", "Leaving", None, None, clock(), clock())


async def test_writes_that_wait_at_once_wait_for_the_disk_once_and_one_that_fails_leaves_the_others(
    store: SqliteStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_GROUP_SECONDS", 60.0)
    commits: list[str] = []

    def count(statement: str) -> None:
        if statement == "COMMIT":
            commits.append(statement)

    await store.database.run(
        lambda database: database.db.raw.set_trace_callback(count)  # type: ignore[attr-defined]  # it is SQLite's
    )
    begun, released = threading.Event(), threading.Event()

    def hold(_: Transaction) -> None:
        begun.set()
        assert released.wait(10)

    def add(one: Essay, tx: Transaction) -> None:
        tx.essays.add(one)

    def fail(tx: Transaction) -> None:
        tx.essays.add(essay(clock, "none"))
        tx.essays.get("somebody else", "one")

    held = asyncio.create_task(store.write("me", hold))
    await asyncio.to_thread(begun.wait, 10)
    names = [f"essay {number}" for number in range(10)]
    waiting = [asyncio.create_task(store.write("me", partial(add, essay(clock, name)))) for name in names]
    failing = asyncio.create_task(store.write("me", fail))
    await asyncio.sleep(0)  # they are asked for
    released.set()
    await asyncio.gather(held, *waiting)
    with pytest.raises(UnknownEssay):
        await failing
    assert {one.id for one in await store.read(lambda tx: tx.essays.of_writer("me"))} == set(names)
    assert len(commits) == 1


async def test_where_a_group_of_writes_finds_the_disk_full_all_of_them_are_told_and_nothing_is_stored(
    store: SqliteStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_GROUP_SECONDS", 60.0)
    await store.write("me", lambda tx: tx.essays.add(essay(clock)))
    begun, released = threading.Event(), threading.Event()

    def hold(tx: Transaction) -> None:
        tx.values.set("name", "value")
        begun.set()
        assert released.wait(10)

    def write_much(tx: Transaction) -> None:
        for _ in range(100):
            tx.essays.add_note("me", "one", NewNote("words " * 1_000), clock())

    await store.database.run(lambda database: database.db.execute("PRAGMA max_page_count = 1"))
    held = asyncio.create_task(store.write("me", hold))
    await asyncio.to_thread(begun.wait, 10)
    waiting = [asyncio.create_task(store.write("me", step)) for step in (write_much, write_much)]
    await asyncio.sleep(0)
    released.set()
    found = await asyncio.gather(held, *waiting, return_exceptions=True)
    assert [type(one) for one in found] == [StoreFull] * 3
    assert await store.read(lambda tx: (tx.values.get("name"), len(tx.essays.notes("me", "one")))) == (None, 0)


async def test_a_write_after_which_nothing_can_be_erased_is_stored_and_the_next_one_erases(
    store: SqliteStore, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await store.write("me", lambda tx: tx.essays.add(essay(clock)))
    erase, failed = SqliteDatabase.erase_deleted, list[SqliteDatabase]()

    def fail_once(database: SqliteDatabase) -> bool:
        if not failed:
            failed.append(database)
            raise sqlite3.OperationalError("disk I/O error")
        return erase(database)

    monkeypatch.setattr(SqliteDatabase, "erase_deleted", fail_once)
    await store.write("me", lambda tx: tx.essays.delete("me", "one"))
    assert not await store.read(lambda tx: tx.essays.of_writer("me"))
    assert not await store.database.run(lambda database: database.has_erased)
    assert "OperationalError" in caplog.text
    await store.write("me", lambda tx: tx.values.set("name", "value"))
    assert await store.database.run(lambda database: database.has_erased)
