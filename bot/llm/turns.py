"""Answers that come at the same time, taken apart a few at a time."""

from __future__ import annotations

import asyncio
from collections import deque


class Turns:
    """Lets those who wait go on after ``seconds``, but no more than ``at_once`` in one turn of the event loop.

    Whoever else wants something of the loop is served in between: were all let go that are due, hundreds of answers
    would be taken apart in one turn, and every click would wait for that.
    """

    def __init__(self, seconds: float, at_once: int) -> None:
        self._seconds = seconds
        self._at_once = at_once
        self._waiting: deque[tuple[float, asyncio.Future[None]]] = deque()  # the first is the first to be due

    async def wait(self) -> None:
        """Returns when it is the caller's turn."""
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        self._waiting.append((loop.time() + self._seconds, turn))
        if len(self._waiting) == 1:
            loop.call_later(self._seconds, self._go_on)
        await turn

    def _go_on(self) -> None:
        loop = asyncio.get_running_loop()
        now, gone = loop.time(), 0
        while self._waiting and self._waiting[0][0] <= now and gone < self._at_once:
            _, turn = self._waiting.popleft()
            if not turn.done():  # done is one whose caller was cancelled
                turn.set_result(None)
                gone += 1
        if self._waiting:
            loop.call_at(max(now, self._waiting[0][0]), self._go_on)
