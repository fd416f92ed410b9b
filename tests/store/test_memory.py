"""What a door keeps for itself is there after a restart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bot.store.essays import SqliteStore
from bot.store.memory import SqliteMemory


async def test_a_value_outlives_the_process_and_gives_way_to_the_next(
    database: Path, clock: Callable[[], datetime]
) -> None:
    for value, before in (("one", None), ("two", "one")):
        store = SqliteStore(database, None, clock)
        memory = SqliteMemory(store.thread)
        assert await memory.recall("commands") == before
        await memory.keep("commands", value)
        assert await memory.recall("commands") == value
        assert await memory.recall("another") is None
        store.close()
