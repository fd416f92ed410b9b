"""Answers that come at the same time, taken apart a few at a time."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

import anthropic
import httpx2
from anthropic.types import RawMessageStreamEvent
from pydantic import BaseModel

from bot.errors import (
    BadReply,
    CutShort,
    Declined,
    ModelError,
    NoNetwork,
    NotClaude,
    NothingWritten,
    OverBudget,
    Overloaded,
    RateLimited,
    Redirected,
    ServiceFault,
    Stalled,
    StreamBroken,
    TookTooLong,
    TooMuchSent,
    UnknownPrice,
)
from bot.llm.error_mapping import error_from_event, error_from_status, error_from_transport, is_not_http, was_never_sent
from bot.llm.prices import Price, max_call_cost
from bot.llm.prompts import Prompt, PromptBlocks, TagFactory
from bot.llm.reply_schemas import reply_schema, reply_schema_text
from bot.llm.stream import MalformedEvent, ServerSentEvent, StreamState, strip_reasoning
from bot.services.ledger import Ledger, Reservation, Settlement, total_cost
from bot.services.llm_ports import Cost, ModelRole, ProgressCallback
from bot.services.store_ports import Clock


class ReadThrottle:
    """Lets those who wait go on after ``seconds``, but no more than ``at_once`` in one turn of the event loop.

    Whoever else wants something of the loop is served in between: were all let go that are due, hundreds of answers
    would be taken apart in one turn, and every click would wait for that.
    """

    def __init__(self, seconds: float, at_once: int) -> None:
        self._seconds = seconds
        self._max_per_turn = at_once
        self._waiting: deque[tuple[float, asyncio.Future[None]]] = deque()  # the first is the first to be due

    async def wait(self) -> None:
        """Returns when it is the caller's turn."""
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        self._waiting.append((loop.time() + self._seconds, turn))
        if len(self._waiting) == 1:
            loop.call_later(self._seconds, self._release_due)
        await turn

    def _release_due(self) -> None:
        loop = asyncio.get_running_loop()
        now, gone = loop.time(), 0
        while self._waiting and self._waiting[0][0] <= now and gone < self._max_per_turn:
            _, turn = self._waiting.popleft()
            if not turn.done():  # done is one whose caller was cancelled
                turn.set_result(None)
                gone += 1
        if self._waiting:
            loop.call_at(max(now, self._waiting[0][0]), self._release_due)


# Entries in the ledger that come to their end whatever becomes of those who wait for them.


class PendingSettlements:
    """The entries that are under way."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    async def shield(self, entry: Coroutine[Any, Any, None]) -> None:
        """Waits for an entry that comes to its end even where the waiting is cancelled, once or again: else a
        reservation would stand at its worst for good. Raises what the entry raises.
        """
        task = asyncio.ensure_future(entry)
        self._tasks.add(task)  # the event loop itself holds tasks only weakly
        task.add_done_callback(self._tasks.discard)
        await asyncio.shield(task)

    async def wait_all(self) -> None:
        """Waits for all that are under way, and then raises what one of them raised, if any did."""
        under_way = set(self._tasks)
        if under_way:
            await asyncio.wait(under_way)  # gather would end them where this is cancelled
        for entry in under_way:
            entry.result()


# What comes of an answer, read as soon as it comes and given out in pieces as large as there are by then.


# A token comes in an event of three lines and some 120 bytes, and of its four characters each may have its own; pings
# and the like come beside them.
_MAX_BYTES_PER_TOKEN = 1_024
_EXTRA_BYTES = 1_048_576
_MAX_LINES_PER_TOKEN = 16
_EXTRA_LINES = 20_000
# An event can hold a whole answer at once. What is not ended is copied with each line that comes.
_MAX_EVENT_BYTES = 1_048_576
_MAX_EVENT_LINES = 1_000
_EMPTY_LINES = (b"\n\n", b"\r\r", b"\r\n\r\n")
_CHUNK_BYTES = 16_384  # bytes taken apart in one turn of the event loop: some 10 ms, if they are all empty lines


class BufferedStream(httpx2.AsyncByteStream):
    """The body of a response. Inside ``async with`` it is read to its end, whether or not anybody reads here.

    Where a connection breaks, aiohttp throws away what it has and nobody has read yet: the last words of a text, if
    whoever reads them waits for a turn. Here they are given out first, and what broke is raised behind them.

    What is more than an answer of ``max_tokens`` can have, or an event that does not end, is read no further: it raises
    TooMuchSent, behind what came before.
    """

    def __init__(self, response: httpx2.Response, max_tokens: int) -> None:
        self._response = response
        self._bytes_left = _EXTRA_BYTES + max_tokens * _MAX_BYTES_PER_TOKEN
        self._lines_left = _EXTRA_LINES + max_tokens * _MAX_LINES_PER_TOKEN
        self._event_bytes = 0  # bytes since the last empty line, and the lines that they are in
        self._event_lines = 0
        self._tail = b""
        self._pieces: list[bytes] = []
        self._received = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._read_task = asyncio.create_task(self._read(), name="answer")
        self._read_task.add_done_callback(lambda _: self._received.set())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._read_task.cancel()
        await asyncio.gather(self._read_task, return_exceptions=True)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """All that came since the last piece. Raises what reading the response raises."""
        while not (self._read_task.done() and not self._pieces):
            await self._received.wait()
            self._received.clear()
            if self._pieces:
                pieces, self._pieces = self._pieces, []
                came = b"".join(pieces)
                for start in range(0, len(came), _CHUNK_BYTES):
                    if start:
                        await asyncio.sleep(0)
                    yield came[start : start + _CHUNK_BYTES]
        self._read_task.result()

    async def _read(self) -> None:
        async for piece in self._response.aiter_bytes():
            self._pieces.append(piece)
            self._received.set()
            self._check_limits(piece)

    def _check_limits(self, piece: bytes) -> None:
        self._bytes_left -= len(piece)
        self._lines_left -= _count_lines(piece)
        seen = self._tail + piece  # an empty line may stand across two pieces
        if ended := max(seen.rfind(line) + len(line) if line in seen else 0 for line in _EMPTY_LINES):
            self._event_bytes, self._event_lines = 0, 0
        begun = seen[ended:] if ended else piece
        self._event_bytes += len(begun)
        self._event_lines += _count_lines(begun)
        self._tail = seen[-3:]
        within = self._event_bytes <= _MAX_EVENT_BYTES and self._event_lines <= _MAX_EVENT_LINES
        if self._bytes_left < 0 or self._lines_left < 0 or not within:
            raise TooMuchSent


def _count_lines(piece: bytes) -> int:
    return piece.count(b"\n") + piece.count(b"\r")


# One call of a model: reserved before, streamed, settled after, however it ends.


# A writer reads or thinks for minutes between two calls of one role, longer than the cheaper entry of five minutes
# lives; one hit within the hour has paid for the dearer one.
_CACHE_CONTROL = {"type": "ephemeral", "ttl": "1h"}
# How often an answer is read once its text has begun. What is written is stored twice a second and shown less often;
# where each piece of some 24 characters is taken up alone, a draft costs a quarter more processor time.
_READ_INTERVAL_SECONDS = 0.2
_MAX_READS_PER_TURN = 16  # answers in one turn of the event loop: some 5 ms of work
_RETRY_DELAY_SECONDS = 3.0  # seconds; what breaks a stream is over in two to five, or lasts too long to wait for
_TRUNCATED_STOP_REASONS = ("max_tokens", "model_context_window_exceeded")
_TOOL_STOP_REASONS = ("tool_use", "pause_turn")  # no call here offers tools
_CANCELLED_STOP_REASON = "cancelled"
_TRANSIENT_ERRORS = (StreamBroken, Stalled, Overloaded, RateLimited, ServiceFault)  # may be gone on the next try


class Dialect(StrEnum):
    """What a server understands: all of Claude's Messages API, or only what every imitation of it does."""

    CLAUDE = "claude"
    BASIC = "basic"


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """Where the models are, and what may be asked there.

    ``models`` are their ids by role, ``prices`` the prices that were set, by id.

    ``silence`` is how long nothing at all may come, ``total`` how long one call may take with its retry where its
    prompt allows as much, in seconds. ``secret`` keys the pseudonym under which the service knows a writer.
    """

    address: str
    dialect: Dialect
    models: Mapping[ModelRole, str]
    prices: Mapping[str, Price]
    pseudonym_secret: bytes
    silence_seconds: float
    total_seconds: float


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """What a model wrote, in one piece. ``cut`` where it ended for want of room."""

    text: str
    model: str
    is_truncated: bool
    cost: Cost


@dataclass(frozen=True, slots=True)
class _PreparedCall:
    """A call about to be made. ``sent`` is all text the model will be given."""

    reservation: Reservation
    request_body: Mapping[str, Any]
    sent_text: str
    max_tokens: int


class ModelCaller:
    """Makes calls through one client.

    ``asks_json`` is what a server is told that takes no schema, before the schema. ``timer`` gives seconds and only
    ever grows; ``sleep`` waits for some.
    """

    def __init__(
        self,
        client: anthropic.AsyncAnthropic,
        service: ServiceConfig,
        ledger: Ledger,
        clock: Clock,
        *,
        json_instruction: str,
        new_tag: TagFactory,
        timer: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._client = client
        self._service = service
        self._ledger = ledger
        self._clock = clock
        self._json_instruction = json_instruction
        self._new_tag = new_tag
        self._timer = timer
        self._sleep = sleep
        self._settlements = PendingSettlements()
        self._throttle = ReadThrottle(_READ_INTERVAL_SECONDS, _MAX_READS_PER_TURN)

    async def call(
        self,
        writer: str,
        prompt: Prompt,
        values: Mapping[str, object],
        *,
        on_progress: ProgressCallback | None = None,
        form: type[BaseModel] | None = None,
    ) -> ModelAnswer:
        """What the model of the prompt's role answers; with ``form`` a JSON text, else prose.

        Raises ModelError, of which OverBudget and UnknownPrice before anything was sent; StoreError where the ledger
        cannot be written.
        A call that is interrupted before ``on_progress`` was given any text is made once more.
        """
        call = self._prepare(writer, prompt, values, form)
        seconds = min(prompt.timeout_seconds, self._service.total_seconds)
        deadline = asyncio.timeout(seconds)
        tries = [self._new_state(call, on_progress)]
        try:
            async with deadline:
                try:
                    await self._attempt(call, tries[0], deadline)
                except _TRANSIENT_ERRORS:
                    if not tries[0].has_response or tries[0].has_shown_text:
                        raise
                    await self._sleep(_RETRY_DELAY_SECONDS)
                    tries.append(self._new_state(call, on_progress))
                    await self._attempt(call, tries[1], deadline)
        except TimeoutError:
            if not deadline.expired():
                raise
            raise TookTooLong(seconds) from None
        return _build_answer(tries, structured=form is not None)

    def max_cost(self, prompt: Prompt, values: Mapping[str, object], *, form: type[BaseModel] | None = None) -> int:
        """What is reserved for such a call, in nano-dollars. Sends nothing. Raises UnknownPrice."""
        return self._prepare("", prompt, values, form).reservation.max_nano_usd

    async def close(self) -> None:
        """Ends the connections, when all that was called has its entry.

        Raises StoreError where an entry could not be written; the connections are ended all the same.
        """
        try:
            await self._settlements.wait_all()
        finally:
            await self._client.close()

    def _new_state(self, call: _PreparedCall, on_progress: ProgressCallback | None) -> StreamState:
        return StreamState(
            call.reservation.model, call.sent_text, call.max_tokens, self._timer, on_progress, self._service.prices
        )

    def _prepare(
        self, writer: str, prompt: Prompt, values: Mapping[str, object], form: type[BaseModel] | None
    ) -> _PreparedCall:
        turn = prompt.render({**values, "block": PromptBlocks(self._new_tag())})
        model = self._service.models[prompt.role]
        body: dict[str, Any] = {"model": model, "max_tokens": prompt.max_tokens}
        body["messages"] = [{"role": "user", "content": turn}]
        system = prompt.system
        if self._service.dialect is Dialect.BASIC:
            if form is not None:
                system = f"{system}\n\n{self._json_instruction}\n\n{reply_schema_text(form)}"
            body["system"] = system
        else:
            body["system"] = [{"type": "text", "text": system, "cache_control": _CACHE_CONTROL}]
            body["output_config"] = {"effort": prompt.effort}
            if form is not None:
                body["output_config"]["format"] = {"type": "json_schema", "schema": reply_schema(form)}
                system = f"{system}\n\n{reply_schema_text(form)}"  # the service shows it to the model, and bills it
            pseudonym = hmac.new(self._service.pseudonym_secret, writer.encode(), hashlib.sha256).hexdigest()
            body["metadata"] = {"user_id": pseudonym}
        sent = f"{system}\n\n{turn}"
        worst = max_call_cost(model, sent, prompt.max_tokens, self._service.prices)
        if worst is None:
            raise UnknownPrice(model)
        reservation = Reservation(writer, prompt.role, model, prompt.name, prompt.hash, worst)
        return _PreparedCall(reservation, body, sent, prompt.max_tokens)

    async def _attempt(self, call: _PreparedCall, heard: StreamState, deadline: asyncio.Timeout) -> None:
        number = await self._reserve(call.reservation)
        try:
            await self._stream(call, heard)
        except asyncio.CancelledError:
            heard.error_name = TookTooLong.__name__ if deadline.expired() else _CANCELLED_STOP_REASON
            raise
        except BaseException as error:
            heard.error_name = type(error).__name__
            raise
        finally:
            await self._settlements.shield(self._ledger.settle(number, heard.settlement()))

    async def _reserve(self, reservation: Reservation) -> int:
        """Reserves; where that is cancelled half-way, whatever was reserved is given back."""
        reserving = asyncio.ensure_future(self._ledger.reserve(reservation, self._clock()))
        try:
            return await asyncio.shield(reserving)
        except asyncio.CancelledError:
            await self._settlements.shield(self._release_reservation(reserving, reservation))
            raise

    async def _release_reservation(self, reserving: asyncio.Future[int], reservation: Reservation) -> None:
        with suppress(OverBudget):  # then nothing was reserved
            await self._ledger.settle(
                await reserving, Settlement(reservation.model, 0, 0, 0, 0, 0, None, 0, _CANCELLED_STOP_REASON)
            )

    async def _stream(self, call: _PreparedCall, heard: StreamState) -> None:
        stream = await self._open_stream(call, heard)
        async with stream, BufferedStream(stream.response, call.max_tokens) as collected:
            events = stream.raw_events(httpx2.Response(stream.response.status_code, stream=collected))
            while await self._read_events(events, heard, stream.response):
                if heard.has_shown_text:
                    await self._throttle.wait()  # meanwhile the system collects what comes
        if not heard.is_started:
            raise self._not_claude_error(heard)
        if heard.stop_reason is None:
            raise StreamBroken  # a tidy end of the connection before the end of the message raises nothing by itself

    async def _open_stream(
        self, call: _PreparedCall, heard: StreamState
    ) -> anthropic.AsyncStream[RawMessageStreamEvent]:
        service, model = self._service, call.reservation.model
        try:
            stream: anthropic.AsyncStream[RawMessageStreamEvent] = await self._client.messages.create(
                **call.request_body, stream=True
            )
        except anthropic.APIStatusError as error:
            heard.is_unbilled = True
            raise error_from_status(error, model, service.address) from error
        except Redirected:
            heard.is_unbilled = True
            raise
        except anthropic.APIConnectionError as error:
            if is_not_http(error):
                raise self._not_claude_error(heard) from error
            heard.is_unbilled = was_never_sent(error)
            raise NoNetwork(service.address) from error
        except httpx2.RequestError as error:  # silence, or an error's page that breaks off
            raise error_from_transport(error, service.silence_seconds) from error
        except UnicodeError as error:  # an error's page in another writing than it says
            raise self._not_claude_error(heard) from error
        heard.has_response = True
        return stream

    async def _read_events(
        self, events: AsyncIterator[ServerSentEvent], heard: StreamState, response: httpx2.Response
    ) -> bool:
        """Hears what comes for _READ_SECONDS, and the first event after them; whether there may be more.

        The client times silence itself, but not once a chunk of HTTP is broken: aiohttp then tells nobody who reads,
        stops its own clock, and would be waited for until the whole call's time is over. One clock for all that is read
        here may ring _READ_SECONDS late, never early; one for each event would cost ten times what reading it costs.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + _READ_INTERVAL_SECONDS
        silence = asyncio.timeout_at(until + self._service.silence_seconds)
        try:
            async with silence:
                while (event := await self._next_event(events, heard)) is not None:
                    self._handle_event(event, heard, response)
                    if loop.time() > until:
                        return True
        except TimeoutError as error:
            if not silence.expired():
                raise
            raise Stalled(self._service.silence_seconds) from error
        return False

    async def _next_event(self, events: AsyncIterator[ServerSentEvent], heard: StreamState) -> ServerSentEvent | None:
        """The next event, None behind the last."""
        try:
            return await anext(events, None)
        except httpx2.RequestError as error:
            raise error_from_transport(error, self._service.silence_seconds) from error
        except UnicodeError as error:
            raise self._malformed_error(heard) from error

    def _handle_event(self, event: ServerSentEvent, heard: StreamState, response: httpx2.Response) -> None:
        """Hears an event. Raises ModelError for one that says what went wrong, or that Claude cannot have sent."""
        if event.event == "error":
            raise error_from_event(event.data, response, heard.model, self._service.address)
        if event.event in (None, "ping") or not event.data:
            return
        try:
            data = json.loads(event.data)
        except ValueError as error:
            raise self._malformed_error(heard) from error
        except RecursionError as error:  # nested without end
            raise self._not_claude_error(heard) from error
        try:
            heard.handle_event(data)
        except MalformedEvent as error:
            raise self._not_claude_error(heard) from error

    def _malformed_error(self, heard: StreamState) -> ModelError:
        """The error for bytes that are no text, or data that is no JSON: a server's fault only before its message."""
        return StreamBroken() if heard.is_started else self._not_claude_error(heard)

    def _not_claude_error(self, heard: StreamState) -> NotClaude:
        """The error where what came is none of Claude's; nothing is owed where not even a message had begun."""
        heard.is_unbilled = not heard.is_started
        return NotClaude(self._service.address)


def _build_answer(tries: list[StreamState], *, structured: bool) -> ModelAnswer:
    """What the last try heard, if it is of use; the cost of all."""
    heard = tries[-1]
    cut = heard.stop_reason in _TRUNCATED_STOP_REASONS
    if heard.stop_reason == "refusal":
        raise Declined(heard.refusal_category)
    if heard.stop_reason in _TOOL_STOP_REASONS:
        raise BadReply.unfinished()
    text = strip_reasoning(heard.text)
    if not text.strip():
        raise CutShort if cut else NothingWritten
    if cut and structured:
        raise BadReply.truncated()  # even where what came can be read, it is not all
    return ModelAnswer(text, heard.model, cut, total_cost([each.settlement() for each in tries]))
