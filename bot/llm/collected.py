"""What comes of an answer, read as soon as it comes and given out in pieces as large as there are by then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

import httpx2

from bot.errors import TooMuchSent

# A token comes in an event of three lines and some 120 bytes, and of its four characters each may have its own; pings
# and the like come beside them.
_BYTES_A_TOKEN = 1_024
_BYTES_BESIDE = 1_048_576
_LINES_A_TOKEN = 16
_LINES_BESIDE = 20_000
# An event can hold a whole answer at once. What is not ended is copied with each line that comes.
_MOST_EVENT_BYTES = 1_048_576
_MOST_EVENT_LINES = 1_000
_EMPTY_LINES = (b"\n\n", b"\r\r", b"\r\n\r\n")
_AT_ONCE = 16_384  # bytes taken apart in one turn of the event loop: some 10 ms, if they are all empty lines


class Collected(httpx2.AsyncByteStream):
    """The body of a response. Inside ``async with`` it is read to its end, whether or not anybody reads here.

    Where a connection breaks, aiohttp throws away what it has and nobody has read yet: the last words of a text, if
    whoever reads them waits for a turn. Here they are given out first, and what broke is raised behind them.

    What is more than an answer of ``max_tokens`` can have, or an event that does not end, is read no further: it raises
    TooMuchSent, behind what came before.
    """

    def __init__(self, response: httpx2.Response, max_tokens: int) -> None:
        self._response = response
        self._left = _BYTES_BESIDE + max_tokens * _BYTES_A_TOKEN
        self._lines_left = _LINES_BESIDE + max_tokens * _LINES_A_TOKEN
        self._event = 0  # bytes since the last empty line, and the lines that they are in
        self._event_lines = 0
        self._tail = b""
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
                came = b"".join(pieces)
                for start in range(0, len(came), _AT_ONCE):
                    if start:
                        await asyncio.sleep(0)
                    yield came[start : start + _AT_ONCE]
        self._reading.result()

    async def _read(self) -> None:
        async for piece in self._response.aiter_bytes():
            self._pieces.append(piece)
            self._come.set()
            self._bound(piece)

    def _bound(self, piece: bytes) -> None:
        self._left -= len(piece)
        self._lines_left -= _lines(piece)
        seen = self._tail + piece  # an empty line may stand across two pieces
        if ended := max(seen.rfind(line) + len(line) if line in seen else 0 for line in _EMPTY_LINES):
            self._event, self._event_lines = 0, 0
        begun = seen[ended:] if ended else piece
        self._event += len(begun)
        self._event_lines += _lines(begun)
        self._tail = seen[-3:]
        within = self._event <= _MOST_EVENT_BYTES and self._event_lines <= _MOST_EVENT_LINES
        if self._left < 0 or self._lines_left < 0 or not within:
            raise TooMuchSent


def _lines(piece: bytes) -> int:
    return piece.count(b"\n") + piece.count(b"\r")
