"""Where the models are, and the one client that a process has for them, made when it is first needed."""

from __future__ import annotations

import asyncio
import gc
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.llm.base_url import redacted_url
from bot.llm.prices import Price
from bot.llm.prompts import MAX_CALL_SECONDS
from bot.services.llm_ports import ModelRole

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

# A model that thinks sends nothing but pings; how often is not documented, and four minutes is beyond any seen.
SILENCE_TIMEOUT_SECONDS = 240.0
MAX_RETRIES = 2  # the SDK's own default
CONNECT_SECONDS = 5.0  # for each address that the host name has
POOL_SECONDS = 60.0  # until there is a connection: wait for a free one, look the name up, connect
# The SDK's own longest wait between tries. A longer one is told to the person, who can decide.
MAX_RETRY_WAIT_SECONDS = 8.0


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


class LazyClient:
    """The client for a service, whose SDK is imported in a thread when a client is first asked for, or at ``load``."""

    def __init__(self, service: ServiceConfig) -> None:
        self._service = service
        self._client: AsyncAnthropic | None = None
        self._loading: asyncio.Task[AsyncAnthropic] | None = None

    def load(self) -> None:
        """Begin to make the client, if nobody has, or it could not be made before. Return at once."""
        if self._loading is None or (
            self._loading.done() and not self._loading.cancelled() and self._loading.exception() is not None
        ):
            self._loading = asyncio.create_task(self._load(), name="loading the SDK")

    async def get(self) -> AsyncAnthropic:
        """Return the client, as soon as there is one."""
        if self._client is None:
            self.load()
            assert self._loading is not None
            return await asyncio.shield(self._loading)
        return self._client

    async def close(self) -> None:
        """Close the client's connections, if there are any."""
        if self._loading is not None and not self._loading.done():
            self._loading.cancel()
        if self._client is not None:
            await self._client.close()

    async def _load(self) -> AsyncAnthropic:
        context = await asyncio.to_thread(_import_sdk)
        from bot.llm.sdk import create_client

        self._client = create_client(self._service, context)
        return self._client


def _import_sdk() -> ssl.SSLContext:
    """Import the SDK, and read the certificates that the environment names."""
    import httpx2

    import bot.llm.sdk  # noqa: F401 - its import is all the work

    gc.collect(1)  # what the import has left, which is quickly gone through
    gc.freeze()  # as ops/run_discord.py does at the start: going through all that it holds would stop everything
    return httpx2.create_ssl_context()
