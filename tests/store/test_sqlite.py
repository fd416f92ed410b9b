"""What a step handed to ``Store.read`` or ``Store.write`` may rely on, and the values that are kept by name."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from bot.errors import UnknownEssay
from bot.essay.essay import Essay
from bot.essay.notes import NewNote
from bot.services.store_ports import Transaction
from bot.store.sql_store import SqlStore
from bot.store.sqlite import SqliteStore

pytestmark = pytest.mark.both_databases

Clock = Callable[[], datetime]


def essay(clock: Clock, name: str = "one") -> Essay:
    return Essay(name, "me", "leaving", "Leaving", None, None, clock(), clock())


async def test_a_step_that_raises_has_written_nothing(store: SqlStore, clock: Clock) -> None:
    def step(tx: Transaction) -> None:
        tx.essays.add(essay(clock))
        tx.essays.add_note("me", "one", NewNote("Words."), clock())
        tx.values.set("name", "value")
        tx.essays.get("somebody else", "one")

    with pytest.raises(UnknownEssay):
        await store.write("me", step)
    assert await store.read(lambda tx: (tx.essays.of_writer("me"), tx.values.get("name"))) == ((), None)


async def test_all_that_a_step_reads_is_of_one_moment(store: SqlStore, database: Path, clock: Clock) -> None:
    other = SqliteStore(database, None, clock)
    await other.write("host", lambda tx: tx.values.set("name", "before"))
    begun, changed = threading.Event(), threading.Event()

    def step(tx: Transaction) -> tuple[str | None, str | None]:
        first = tx.values.get("name")
        begun.set()
        assert changed.wait(10)
        return first, tx.values.get("name")

    reading = asyncio.create_task(store.read(step))
    await asyncio.to_thread(begun.wait, 10)
    await other.write("host", lambda tx: tx.values.set("name", "after"))
    changed.set()
    assert await reading == ("before", "before")
    assert await store.read(lambda tx: tx.values.get("name")) == "after"
    other.close()


async def test_a_step_that_writes_is_refused_where_it_was_to_read(store: SqlStore) -> None:
    with pytest.raises(RuntimeError, match="hand it to write"):
        await store.read(lambda tx: tx.values.set("name", "value"))
    assert await store.read(lambda tx: tx.values.get("name")) is None


async def test_a_step_that_writes_comes_to_its_end_when_its_caller_is_cancelled(store: SqlStore) -> None:
    begun, released = threading.Event(), threading.Event()

    def step(tx: Transaction) -> None:
        begun.set()
        assert released.wait(10)
        tx.values.set("name", "value")

    writing = asyncio.create_task(store.write("me", step))
    await asyncio.to_thread(begun.wait, 10)
    writing.cancel()
    released.set()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await store.write("me", lambda tx: None)  # behind that of the same owner
    assert await store.read(lambda tx: tx.values.get("name")) == "value"


async def test_a_value_survives_a_restart_and_is_replaced_by_the_next(database: Path, clock: Clock) -> None:
    def get(tx: Transaction) -> str | None:
        return tx.values.get("commands")

    store = SqliteStore(database, None, clock)
    assert await store.read(get) is None
    await store.write("host", lambda tx: tx.values.set("commands", "one"))
    store.close()
    store = SqliteStore(database, None, clock)
    assert await store.read(get) == "one"
    await store.write("host", lambda tx: tx.values.set("commands", "two"))
    assert await store.read(get) == "two"
    assert await store.read(lambda tx: tx.values.get("another")) is None
    store.close()
