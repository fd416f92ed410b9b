"""Where the models are, and the one client that a process has for them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from http import HTTPStatus

import anthropic
import httpx2
from anthropic import AsyncAnthropic

from bot.errors import Compressed, Redirected
from bot.llm.base_url import authorization_header, redacted_url
from bot.llm.error_mapping import retry_after
from bot.llm.prices import Price
from bot.llm.prompts import MAX_CALL_SECONDS
from bot.services import metrics
from bot.services.llm_ports import ModelRole

# A model that thinks sends nothing but pings; how often is not documented, and four minutes is beyond any seen.
SILENCE_TIMEOUT_SECONDS = 240.0
MAX_RETRIES = 2  # the SDK's own default
CONNECT_SECONDS = 5.0  # for each address that the host name has
POOL_SECONDS = 60.0  # until there is a connection: wait for a free one, look the name up, connect
# The SDK's own longest wait between tries. A longer one is told to the person, who can decide.
MAX_RETRY_WAIT_SECONDS = 8.0
_MAX_ERROR_BYTES = 65_536  # an error of the API has some hundred; the rest of a longer page is of no use


class Dialect(StrEnum):
    """What a server understands: all of Claude's Messages API, or only what every imitation of it does."""

    CLAUDE = "claude"
    BASIC = "basic"


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """Where the models are, what may be asked there, and how long to wait.

    ``base_url`` may hold a name and a password, and end in ``/v1`` or not. ``models`` are model ids by role, ``prices``
    those that the operator set, by model id. ``pseudonym_secret`` keys the pseudonyms under which the service knows
    writers. A call ends after ``silence_seconds`` in which nothing came, and after ``total_seconds`` with its retry, or
    sooner if its prompt says so. ``max_retries`` is how often a request is sent again that was refused in passing
    (overload, a fault, no connection). ``proxy`` is the URL of the proxy to go through.
    """

    base_url: str = field(repr=False)
    api_key: str = field(repr=False)
    dialect: Dialect
    models: Mapping[ModelRole, str]
    pseudonym_secret: bytes = field(repr=False)
    prices: Mapping[str, Price] = field(default_factory=dict)
    silence_seconds: float = SILENCE_TIMEOUT_SECONDS
    total_seconds: float = MAX_CALL_SECONDS
    max_retries: int = MAX_RETRIES
    proxy: str | None = None

    @property
    def address(self) -> str:
        """The base URL as it may be shown and logged."""
        return redacted_url(self.base_url)


def create_client(service: ServiceConfig) -> AsyncAnthropic:
    """Return a client for a service; ``await client.close()`` ends it.

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
            verify=httpx2.create_ssl_context(),  # with the certificates that the environment names
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
