"""What a door keeps for itself is there after a restart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bot.store.key_value import SqliteKeyValueStore
from bot.store.sqlite import SqliteStore


async def test_a_value_outlives_the_process_and_gives_way_to_the_next(
    database: Path, clock: Callable[[], datetime]
) -> None:
    for value, before in (("one", None), ("two", "one")):
        store = SqliteStore(database, None, clock)
        memory = SqliteKeyValueStore(store.thread)
        assert await memory.get("commands") == before
        await memory.set("commands", value)
        assert await memory.get("commands") == value
        assert await memory.get("another") is None
        store.close()
