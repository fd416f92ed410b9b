"""What PostgreSQL tells a process as it happens (LISTEN), over one connection, which is made anew when it is lost."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from bot.store.postgres import async_connect

log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.5  # how soon a new channel is listened to
_RECONNECT_SECONDS = 0.5

Listener = Callable[[str | None], None]
"""Called in the event loop with what was told; with None once the connection stands again: anything may have been."""


class Notifications:
    """Calls listeners with what is told on their channels, from ``start`` to ``close``."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._listeners: defaultdict[str, list[Listener]] = defaultdict(list)
        self._task: asyncio.Task[None] | None = None
        self._is_listening = asyncio.Event()

    def subscribe(self, channel: str, listener: Listener) -> None:
        """Call ``listener`` with what is told on the channel from about now on."""
        self._listeners[channel].append(listener)

    @contextmanager
    def listening(self, channel: str, listener: Listener) -> Iterator[None]:
        """Subscribe while inside."""
        self.subscribe(channel, listener)
        try:
            yield
        finally:
            self._listeners[channel].remove(listener)

    async def start(self) -> None:
        """Begin to listen, and return once all channels are listened to. It goes on in the background."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="notifications")
        await self._is_listening.wait()

    async def close(self) -> None:
        """Listen no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                async with await async_connect(self._url) as connection:
                    await self._listen(connection)
            except (psycopg.Error, OSError) as error:
                log.warning("the database's notifications are away, and are asked for again: %s", type(error).__name__)
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _listen(self, connection: psycopg.AsyncConnection) -> None:
        listened: set[str] = set()
        while True:
            for channel in set(self._listeners) - listened:
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                listened.add(channel)
                self._tell(channel, None)
            self._is_listening.set()
            async for told in connection.notifies(timeout=_LOOK_SECONDS, stop_after=1):
                self._tell(told.channel, told.payload)

    def _tell(self, channel: str, payload: str | None) -> None:
        for listener in tuple(self._listeners[channel]):
            listener(payload)
