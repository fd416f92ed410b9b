"""What a user interface keeps for itself is there after a restart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bot.services.store_ports import Transaction
from bot.store.sqlite import SqliteStore


async def test_a_value_survives_a_restart_and_is_replaced_by_the_next(
    database: Path, clock: Callable[[], datetime]
) -> None:
    def get(tx: Transaction) -> str | None:
        return tx.values.get("commands")

    store = SqliteStore(database, None, clock)
    assert await store.read(get) is None
    await store.write(lambda tx: tx.values.set("commands", "one"))
    store.close()
    store = SqliteStore(database, None, clock)
    assert await store.read(get) == "one"
    await store.write(lambda tx: tx.values.set("commands", "two"))
    assert await store.read(get) == "two"
    assert await store.read(lambda tx: tx.values.get("another")) is None
    store.close()
