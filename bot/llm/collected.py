"""What comes of an answer, read as soon as it comes and given out in pieces as large as there are by then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

import httpx2


class Collected(httpx2.AsyncByteStream):
    """The body of a response. Inside ``async with`` it is read to its end, whether or not anybody reads here.

    Where a connection breaks, aiohttp throws away what it has and nobody has read yet: the last words of a text, if
    whoever reads them waits for a turn. Here they are given out first, and what broke is raised behind them.
    """

    def __init__(self, response: httpx2.Response) -> None:
        self._response = response
        self._pieces: list[bytes] = []
        self._come = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._reading = asyncio.create_task(self._read(), name="answer")
        self._reading.add_done_callback(lambda _: self._come.set())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """All that came since the last piece. Raises what reading the response raises."""
        while not (self._reading.done() and not self._pieces):
            await self._come.wait()
            self._come.clear()
            if self._pieces:
                pieces, self._pieces = self._pieces, []
                yield b"".join(pieces)
        self._reading.result()

    async def _read(self) -> None:
        async for piece in self._response.aiter_bytes():
            self._pieces.append(piece)
            self._come.set()
