"""Entries in the ledger that come to their end whatever becomes of those who wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


class Entries:
    """The entries that are under way."""

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[None]] = set()

    async def surely(self, entry: Coroutine[Any, Any, None]) -> None:
        """Waits for an entry that comes to its end even where the waiting is cancelled, once or again: else a
        reservation would stand at its worst for good. Raises what the entry raises.
        """
        task = asyncio.ensure_future(entry)
        self._under_way.add(task)  # the event loop itself holds tasks only weakly
        task.add_done_callback(self._under_way.discard)
        await asyncio.shield(task)

    async def all_made(self) -> None:
        """Waits for all that are under way, and then raises what one of them raised, if any did."""
        under_way = set(self._under_way)
        if under_way:
            await asyncio.wait(under_way)  # gather would end them where this is cancelled
        for entry in under_way:
            entry.result()
