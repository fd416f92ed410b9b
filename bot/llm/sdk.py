"""The client of the SDK, with what of its streams and waits it would not bound itself.

This and error_mapping.py are the modules that import the SDK, which takes a second and 40 MB: `LazyClient` imports them
when a model is first to be asked.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from functools import partial
from http import HTTPStatus

import anthropic
import httpx2
from anthropic import AsyncAnthropic

from bot.errors import Compressed, Redirected, TooMuchSent
from bot.llm.base_url import authorization_header
from bot.llm.client import CONNECT_SECONDS, MAX_RETRY_WAIT_SECONDS, POOL_SECONDS, ServiceConfig
from bot.llm.error_mapping import retry_after
from bot.services import metrics

_MAX_ERROR_BYTES = 65_536  # an error of the API has some hundred; the rest of a longer page is of no use
# A token comes in an event of three lines and some 120 bytes, and each of its four characters may have an event of its
# own; pings and the like come on top.
_MAX_BYTES_PER_TOKEN = 1_024
_EXTRA_BYTES = 1_048_576
_MAX_LINES_PER_TOKEN = 16
_EXTRA_LINES = 20_000
# One event may hold a whole answer. The SDK copies what it has of an event with each line that comes.
_MAX_EVENT_BYTES = 1_048_576
_MAX_EVENT_LINES = 1_000
_EMPTY_LINES = (b"\n\n", b"\r\r", b"\r\n\r\n")
_CHUNK_BYTES = 16_384  # bytes parsed in one turn of the event loop: some 10 ms, if they are all empty lines


def create_client(service: ServiceConfig, certificates: ssl.SSLContext | None = None) -> AsyncAnthropic:
    """Return a client for a service; ``await client.close()`` ends it. Call it in the event loop that will use it.

    ``certificates`` are those to trust, by default read from where the environment says.

    A name and a password in the base URL are sent in the key's place, as they would be from there; in the address of a
    request they would be logged with it.

    A request that was met with silence is not sent again: it raises httpx2.ReadTimeout. A redirect is never followed,
    since it would take the writer's notes to another address: it raises Redirected. No answer is decompressed, since a
    few bytes can hold gigabytes: none compressed is asked for, and one raises Compressed.
    """
    # At level DEBUG, which ANTHROPIC_LOG=debug asks for as well, the SDK writes whole requests into the log: a writer's
    # notes in clear, beside a database that keeps them encrypted.
    if (log := logging.getLogger("anthropic")).isEnabledFor(logging.DEBUG):
        log.setLevel(logging.INFO)
    # aiohttp has no timeout for writing, so one given here would bound nothing. The caller bounds the whole call.
    timeout = httpx2.Timeout(connect=CONNECT_SECONDS, read=service.silence_seconds, write=None, pool=POOL_SECONDS)
    headers = {"Accept-Encoding": "identity"}
    if (authorization := authorization_header(service.base_url)) is not None:
        headers["Authorization"] = authorization
    return AsyncAnthropic(
        api_key=service.api_key,
        base_url=service.address.removesuffix("/v1"),
        default_headers=headers,
        timeout=timeout,
        # aiohttp parses HTTP in C, the SDK's own transport in Python: reading a stream takes half the CPU time.
        http_client=anthropic.DefaultAioHttpClient(
            timeout=timeout,
            follow_redirects=False,
            proxy=service.proxy,
            trust_env=False,  # a malformed proxy there would end the program, even one that is not used
            verify=certificates or httpx2.create_ssl_context(),
        ),
        max_retries=service.max_retries,
        open_telemetry=False,
        middleware=[partial(_check_response, service.address)],
    )


class _TruncatedStream(httpx2.AsyncByteStream):
    """The first _MAX_ERROR_BYTES of a body, or somewhat more."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        received = 0
        async for piece in self._stream:
            yield piece
            received += len(piece)
            if received >= _MAX_ERROR_BYTES:
                return

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _check_response(
    address: str, request: anthropic.APIRequest, call_next: anthropic.AsyncCallNext
) -> anthropic.AsyncAPIResponse[object]:
    """Raise for silence, a redirect and a compressed answer, and keep the SDK from waiting to no use.

    What is raised is no error of the SDK's, which it would retry: with silence, it would wait anew at every try. Told
    to wait, it would sleep for hours. An error's body is read no further than _MAX_ERROR_BYTES, compressed or not.
    """
    try:
        response = await call_next(request)
    except anthropic.APITimeoutError as error:
        if isinstance(error.__cause__, httpx2.ReadTimeout):
            raise error.__cause__ from None
        raise
    http = response.http_response
    if http.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        metrics.rate_limits.add("model")
    if 300 <= http.status_code < 400:
        await http.aclose()
        raise Redirected(address)
    if http.is_error:
        assert isinstance(http.stream, httpx2.AsyncByteStream)
        http.headers.pop("content-encoding", None)
        http.stream = _TruncatedStream(http.stream)
        await http.aread()
        if (retry_after(http) or 0) > MAX_RETRY_WAIT_SECONDS or b"spend_limit_reached" in http.content:
            http.headers["x-should-retry"] = "false"
    elif http.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        await http.aclose()
        raise Compressed(address)
    return response


class BoundedStream(httpx2.AsyncByteStream):
    """The body of a streamed answer, with limits on its size and on silence.

    Raise TooMuchSent once it is larger than an answer of ``max_tokens`` can be or an event does not end, and
    httpx2.ReadTimeout when nothing came for ``silence_seconds``. The client has a clock for silence too, but at a
    malformed chunk of HTTP aiohttp stops it, and wakes no reader.
    """

    def __init__(self, body: httpx2.AsyncByteStream, max_tokens: int, silence_seconds: float) -> None:
        self._body = body
        self._silence_seconds = silence_seconds
        self._bytes_left = _EXTRA_BYTES + max_tokens * _MAX_BYTES_PER_TOKEN
        self._lines_left = _EXTRA_LINES + max_tokens * _MAX_LINES_PER_TOKEN
        self._event_bytes = 0  # since the last empty line
        self._event_lines = 0
        self._tail = b""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = aiter(self._body)
        while (piece := await self._next_piece(pieces)) is not None:
            for start in range(0, len(piece), _CHUNK_BYTES):
                if start:
                    await asyncio.sleep(0)
                chunk = piece[start : start + _CHUNK_BYTES]
                yield chunk
                self._check_limits(chunk)

    async def aclose(self) -> None:
        await self._body.aclose()

    async def _next_piece(self, pieces: AsyncIterator[bytes]) -> bytes | None:
        try:
            async with asyncio.timeout(self._silence_seconds):
                return await anext(pieces, None)
        except TimeoutError as error:
            raise httpx2.ReadTimeout("silence in the middle of an answer") from error

    def _check_limits(self, chunk: bytes) -> None:
        self._bytes_left -= len(chunk)
        self._lines_left -= _count_lines(chunk)
        seen = self._tail + chunk  # an empty line may stand across two chunks
        if event_start := max(seen.rfind(line) + len(line) if line in seen else 0 for line in _EMPTY_LINES):
            self._event_bytes, self._event_lines = 0, 0
        unfinished = seen[event_start:] if event_start else chunk
        self._event_bytes += len(unfinished)
        self._event_lines += _count_lines(unfinished)
        self._tail = seen[-3:]
        if (
            min(self._bytes_left, self._lines_left) < 0
            or self._event_bytes > _MAX_EVENT_BYTES
            or self._event_lines > _MAX_EVENT_LINES
        ):
            raise TooMuchSent


def _count_lines(chunk: bytes) -> int:
    return chunk.count(b"\n") + chunk.count(b"\r")
