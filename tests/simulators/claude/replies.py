"""What a test can have the imitation answer.

`Reply` is a model's answer; its `pauses` and its `ending` say where it waits and how it goes wrong. `HttpError`,
`WebPage`, `Events`, `Dropped`, `Redirect` and `Flood` are answers that come instead of one. Everything that counts
characters counts characters of the reply's text, and happens after that many have been sent.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


class Gate:
    """A place where a reply waits for the test: `await gate.reached()`, look around, then `gate.release()`.

    Belongs to one event loop: the server's and the test's must be the same.
    """

    def __init__(self) -> None:
        self._reached = asyncio.Event()
        self._released = asyncio.Event()

    async def reached(self, within: float = 5.0) -> None:
        """Returns once the reply waits here. AssertionError after `within` seconds."""
        try:
            async with asyncio.timeout(within):
                await self._reached.wait()
        except TimeoutError:
            raise AssertionError(f"no reply reached this gate within {within} s") from None

    def release(self) -> None:
        """Lets the reply go on, now or when it comes here."""
        self._released.set()

    async def hold(self) -> None:
        """Called by the server: waits for the release, without a limit."""
        self._reached.set()
        await self._released.wait()


@dataclass(frozen=True, slots=True)
class Pause:
    """No bytes after `after` characters until the gate is released. Never released: a stall until the client goes."""

    after: int
    gate: Gate


@dataclass(frozen=True, slots=True)
class Thinking:
    """A thinking block before the text, if the request leaves thinking on; else it is left out and not billed.

    By default nothing of it shows: block start, `pings`, one signature, block stop. A request for the `summarized`
    display gets `summary` as well. `gate` or `seconds` stretch the silent gap.
    """

    tokens: int = 200
    summary: str = "Weighing what the notes support."
    pings: int = 2
    seconds: float = 0.0
    gate: Gate | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """The TCP connection is aborted, with no goodbye."""

    after: int = 0


@dataclass(frozen=True, slots=True)
class Close:
    """The stream ends tidily as HTTP, but before `message_delta`: nothing says why. Not streamed: half a JSON body."""

    after: int = 0


@dataclass(frozen=True, slots=True)
class BadChunk:
    """HTTP itself breaks: a chunk of the body begins with something that is no length. The connection stays open."""

    after: int = 0


@dataclass(frozen=True, slots=True)
class StreamError:
    """An `event: error` in a stream that began well. Not streamed: the same error as an HTTP status."""

    after: int = 0
    type: str = "overloaded_error"
    message: str = "Overloaded"


@dataclass(frozen=True, slots=True)
class Refusal:
    """stop_reason `refusal`. With `after` 0 there is no output and nothing is billed, though usage shows counts."""

    after: int = 0
    category: str | None = "general_harms"
    explanation: str | None = "This request was declined by a safety classifier."


Break = Cut | Close | BadChunk | StreamError
"""The endings that come in place of the end of the message."""

Ending = Break | Refusal


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer.

    The request's own `max_tokens` and `stop_sequences` cut it short, as they would there. `chunk` is characters per
    delta; `characters_per_second` paces them for benchmarks; `before_headers` holds back even the status line.
    `events_named=False` leaves out every `event:` line of the stream, as a proxy that rewrites streams may.
    ValueError if a pause or the ending lies beyond the text.
    """

    text: str = ""
    stop_reason: str = "end_turn"
    thinking: Thinking | None = None
    pauses: tuple[Pause, ...] = ()
    ending: Ending | None = None
    chunk: int = 24
    characters_per_second: float | None = None
    before_headers: Gate | None = None
    events_named: bool = True

    def __post_init__(self) -> None:
        marks = [pause.after for pause in self.pauses] + ([self.ending.after] if self.ending else [])
        if any(not 0 <= mark <= len(self.text) for mark in marks):
            raise ValueError(f"a pause or ending at {marks} lies outside the {len(self.text)} characters of the reply")
        if self.chunk < 1:
            raise ValueError("chunk counts characters and must be at least 1")


ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    503: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
"""`error.type` for a status, from the errors page and the SDK's types/shared/error_type.py."""


@dataclass(frozen=True, slots=True)
class HttpError:
    """An error instead of a reply. `type` and `message` follow from the status unless given; `retry_after`: seconds."""

    status: int
    type: str | None = None
    message: str | None = None
    retry_after: float | None = None
    error_code: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    before_headers: Gate | None = None


def spend_limit() -> HttpError:
    """The monthly cap of the account's tier: a 429 without retry-after, which no retry will cure."""
    return HttpError(
        429,
        message="You have reached your monthly API usage limit.",
        error_code="enforced_spend_limit_reached",
    )


@dataclass(frozen=True, slots=True)
class WebPage:
    """A server that is not Claude: a page of HTML with status 200 (a captive portal, a wrong address)."""

    html: str = "<!doctype html><html><body><h1>Welcome</h1></body></html>"
    status: int = 200


@dataclass(frozen=True, slots=True)
class Events:
    """A server that imitates Claude badly: a stream of these events, each a name and its data, sent as they stand.

    They are no reply of a model: nothing is counted and nothing billed.
    """

    events: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Dropped:
    """The connection is aborted before any header."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """An answer that points to another address: a load balancer, a move to https, a portal that wants a sign-in."""

    location: str
    status: int = 307


@dataclass(frozen=True, slots=True)
class Flood:
    """A server gone mad: `events` as in Events, then `piece` again and again until the client goes.

    `packed` is the content encoding in which it says that it sends. Nothing is counted and nothing billed.
    """

    piece: bytes
    events: tuple[tuple[str, str], ...] = ()
    status: int = 200
    packed: str | None = None


Answer = Reply | HttpError | WebPage | Events | Dropped | Redirect | Flood
