"""Clicks on one message: in which order they are done, and whose view stands there at the end.

Two clicks are answered by two requests, and Discord shows whichever arrives last. So a message is changed by one
request at a time, and by none for a click after which a later one has shown something. A click that changes what is
stored holds up the later ones on its message until it is done: they would show what was true before it. Nothing here
holds up an acknowledgement.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from weakref import WeakValueDictionary


class _Message:
    """What is known of a message while somebody uses it. ``shown`` is the number of the click that it shows."""

    def __init__(self) -> None:
        self.edits = asyncio.Lock()
        self.count = 0
        self.shown = 0
        self.changing: dict[int, asyncio.Event] = {}


class Clicks:
    """The clicks of this process, by message, for as long as any of them is under way."""

    def __init__(self) -> None:
        self._messages: WeakValueDictionary[int, _Message] = WeakValueDictionary()

    def arrived(self, message: int | None, *, changes: bool = False) -> Click:
        """A click on a message, by its id; None for something that answers with a new one.

        ``changes``: what it does is stored, and later clicks on the message wait for that.
        """
        found = _Message() if message is None else self._messages.setdefault(message, _Message())
        return Click(found, changes=changes)

    @asynccontextmanager
    async def alone(self, message: int) -> AsyncIterator[None]:
        """No click changes the message inside: for what edits it without one."""
        found = self._messages.setdefault(message, _Message())
        async with found.edits:
            yield


class Click:
    """One of them. They are numbered as they arrive, so one is to be made before anything is awaited."""

    def __init__(self, message: _Message, *, changes: bool) -> None:
        self._message = message
        message.count += 1
        self._number = message.count
        self._before = tuple(message.changing.values())
        self._done = asyncio.Event()
        if changes:
            message.changing[self._number] = self._done

    async def turn(self) -> None:
        """Returns when every earlier click on the message that changes something is done."""
        for event in self._before:
            await event.wait()

    @contextmanager
    def working(self) -> Iterator[None]:
        """What it does is done inside; later ones that wait for it go on at the end, whatever that is."""
        try:
            yield
        finally:
            self._message.changing.pop(self._number, None)
            self._done.set()

    @property
    def overtaken(self) -> bool:
        """Whether a later click has shown something in the message."""
        return self._message.shown > self._number

    @property
    def would_wait(self) -> bool:
        """Whether the message is being changed just now, or no longer this click's to change."""
        return self._message.edits.locked() or self.overtaken

    @asynccontextmanager
    async def editing(self) -> AsyncIterator[bool]:
        """The message is changed by nobody else inside. False where it is a later click's by now: leave it so."""
        async with self._message.edits:
            yield not self.overtaken

    def shown(self) -> None:
        """What it has led to stands in the message."""
        self._message.shown = max(self._message.shown, self._number)
