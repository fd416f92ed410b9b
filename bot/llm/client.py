"""The one client of a process, and how patient it is."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from functools import partial

import anthropic
import httpx2
from anthropic import AsyncAnthropic

from bot.errors import Compressed, Redirected
from bot.llm.base_url import authorization_header, redacted_url
from bot.llm.error_mapping import retry_after

CONNECT_SECONDS = 5.0  # for each address that the service's name has
POOL_SECONDS = 60.0  # until there is a connection in all: one to be free, the name looked up, and connected
# As long as the SDK itself waits between tries. Whoever is asked to wait longer tells the person, who can decide.
MAX_RETRY_WAIT_SECONDS = 8.0
_MAX_ERROR_BYTES = 65_536  # an error of the API's has some hundred; what a longer page says is of no use here


def create_client(
    api_key: str, base_url: str, *, silence: float, retries: int, proxy: str | None = None
) -> AsyncAnthropic:
    """A client for the service at ``base_url``, with or without ``/v1`` at its end. ``await client.close()`` ends it.

    A name and a password in ``base_url`` are sent in the key's place, as they would be from there; in the address of a
    request, they would be logged with it.

    ``silence`` is how many seconds nothing may come before a call is given up; ``retries`` how often a request that was
    refused in passing (overload, a fault, no connection) is sent again before any answer has begun. One that was met
    with silence is not: it raises httpx2.ReadTimeout. How long a request may take to be sent has no bound here.
    ``proxy`` is the URL of the proxy to go through, None to go through none.

    A redirect is never followed, since it would take the writer's notes to another address: it raises Redirected. No
    answer is unpacked, since a few bytes can hold gigabytes: none compressed is asked for, and one raises Compressed.
    """
    # At level DEBUG, which ANTHROPIC_LOG=debug asks for as well, the SDK writes whole requests into the log: a writer's
    # notes in clear, beside a database that keeps them encrypted.
    if (log := logging.getLogger("anthropic")).isEnabledFor(logging.DEBUG):
        log.setLevel(logging.INFO)
    # aiohttp takes no time for writing: one that stood here would bound nothing. Whoever calls bounds the whole call.
    timeout = httpx2.Timeout(connect=CONNECT_SECONDS, read=silence, write=None, pool=POOL_SECONDS)
    address = redacted_url(base_url)
    headers = {"Accept-Encoding": "identity"}
    if (said := authorization_header(base_url)) is not None:
        headers["Authorization"] = said
    return AsyncAnthropic(
        api_key=api_key,
        base_url=address.removesuffix("/v1"),
        default_headers=headers,
        timeout=timeout,
        # Written in C where the SDK's own is written in Python: reading a stream takes half the processor time.
        http_client=_http_client(timeout, proxy),
        max_retries=retries,
        open_telemetry=False,
        middleware=[partial(_reject_redirect_or_compression, address), _limit_retries],
    )


def _http_client(timeout: httpx2.Timeout, proxy: str | None) -> httpx2.AsyncClient:
    """A client that goes through this proxy or none, and takes nothing from the environment but certificates."""
    return anthropic.DefaultAioHttpClient(
        timeout=timeout,
        follow_redirects=False,
        event_hooks={"response": [_truncate_error_body]},
        proxy=proxy,
        trust_env=False,  # a proxy that it would not even use, and that is no address, would end the program
        verify=httpx2.create_ssl_context(),
    )


class _TruncatedStream(httpx2.AsyncByteStream):
    """The first _MOST_ERROR_BYTES of a body, or somewhat more."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        came = 0
        async for piece in self._stream:
            yield piece
            came += len(piece)
            if came >= _MAX_ERROR_BYTES:
                return

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _truncate_error_body(response: httpx2.Response) -> None:
    """Cuts off an error's body before anybody reads it, and has it read as it came, packed or not."""
    if not response.is_success and isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _TruncatedStream(response.stream)
        response.headers.pop("content-encoding", None)


async def _reject_redirect_or_compression(
    address: str, request: anthropic.APIRequest, call_next: anthropic.AsyncCallNext
) -> anthropic.AsyncAPIResponse[object]:
    """Turns away an answer that points elsewhere or is packed. The SDK would ask again for an error of its own."""
    response = await call_next(request)
    http = response.http_response
    packed = http.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity")
    if 300 <= http.status_code < 400:
        await http.aclose()
        raise Redirected(address)
    if packed:
        await http.aclose()
        raise Compressed(address)
    return response


async def _limit_retries(
    request: anthropic.APIRequest, call_next: anthropic.AsyncCallNext
) -> anthropic.AsyncAPIResponse[object]:
    """Keeps the SDK from sleeping as long as it is told, even for hours, and from asking again to no use.

    Silence before an answer is one of those: the SDK would wait for it anew with every try, so that a person would hear
    of it after ``silence`` times the tries, if the call's whole time were not over before.
    """
    try:
        response = await call_next(request)
    except anthropic.APITimeoutError as error:
        if isinstance(error.__cause__, httpx2.ReadTimeout):
            raise error.__cause__ from None  # no error of the SDK's: it sends those again, and what they come from
        raise
    http = response.http_response
    if http.is_error:
        await http.aread()
        if (retry_after(http) or 0) > MAX_RETRY_WAIT_SECONDS or b"spend_limit_reached" in http.content:
            http.headers["x-should-retry"] = "false"
    return response
