"""The one client of a process, and how patient it is."""

from __future__ import annotations

import logging

import anthropic
import httpx2
from anthropic import AsyncAnthropic

from bot.llm.address import authorization, shown_address
from bot.llm.faults import retry_after

CONNECT_SECONDS = 5.0  # for each address that the service's name has
POOL_SECONDS = 60.0  # until there is a connection in all: one to be free, the name looked up, and connected
# As long as the SDK itself waits between tries. Whoever is asked to wait longer tells the person, who can decide.
LONGEST_WAIT = 8.0


def connect(api_key: str, base_url: str, *, silence: float, retries: int, proxy: str | None = None) -> AsyncAnthropic:
    """A client for the service at ``base_url``, with or without ``/v1`` at its end. ``await client.close()`` ends it.

    A name and a password in ``base_url`` are sent in the key's place, as they would be from there; in the address of a
    request, they would be logged with it.

    ``silence`` is how many seconds nothing may come before a call is given up; ``retries`` how often a request that was
    refused in passing (overload, a fault, no connection) is sent again before any answer has begun. One that was met
    with silence is not: it raises httpx2.ReadTimeout. How long a request may take to be sent has no bound here.
    ``proxy`` is the URL of the proxy to go through, None to go through none.
    """
    # At level DEBUG, which ANTHROPIC_LOG=debug asks for as well, the SDK writes whole requests into the log: a writer's
    # notes in clear, beside a database that keeps them encrypted.
    if (log := logging.getLogger("anthropic")).isEnabledFor(logging.DEBUG):
        log.setLevel(logging.INFO)
    # aiohttp takes no time for writing: one that stood here would bound nothing. Whoever calls bounds the whole call.
    timeout = httpx2.Timeout(connect=CONNECT_SECONDS, read=silence, write=None, pool=POOL_SECONDS)
    return AsyncAnthropic(
        api_key=api_key,
        base_url=shown_address(base_url).removesuffix("/v1"),
        default_headers={"Authorization": said} if (said := authorization(base_url)) else None,
        timeout=timeout,
        # Written in C where the SDK's own is written in Python: reading a stream takes half the processor time.
        http_client=_http(timeout, proxy),
        max_retries=retries,
        open_telemetry=False,
        middleware=[_impatient],
    )


def _http(timeout: httpx2.Timeout, proxy: str | None) -> httpx2.AsyncClient:
    """A client that goes through this proxy or none, whatever it would read in the environment itself."""
    if proxy is not None:
        return anthropic.DefaultAioHttpClient(timeout=timeout, proxy=proxy)
    return anthropic.DefaultAioHttpClient(timeout=timeout, mounts={"http://": None, "https://": None})


async def _impatient(
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
        if (retry_after(http) or 0) > LONGEST_WAIT or b"spend_limit_reached" in http.content:
            http.headers["x-should-retry"] = "false"
    return response
