"""One call of a model: reserved before, streamed, settled after, however it ends."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

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
    UnknownPrice,
)
from bot.llm.collected import Collected
from bot.llm.entries import Entries
from bot.llm.events import OutOfForm, Sent
from bot.llm.faults import answered_without_http, never_sent, of_error_event, of_status, of_transport
from bot.llm.hearing import Hearing
from bot.llm.prices import Price, worst_case
from bot.llm.prompts import Prompt
from bot.llm.reasoning import without_reasoning
from bot.llm.tagged import Blocks, NewTag
from bot.llm.turns import Turns
from bot.llm.wire import schema_of, schema_text
from bot.workflow.models import Cost, On, Role
from bot.workflow.ports import Clock
from bot.workflow.spending import Ledger, Reservation, Settlement, cost_of

# A writer reads or thinks for minutes between two calls of one role, longer than the cheaper entry of five minutes
# lives; one hit within the hour has paid for the dearer one.
_CACHED = {"type": "ephemeral", "ttl": "1h"}
# How often an answer is read once its text has begun. What is written is stored twice a second and shown less often;
# where each piece of some 24 characters is taken up alone, a draft costs a quarter more processor time.
_READ_SECONDS = 0.2
_READ_AT_ONCE = 16  # answers in one turn of the event loop: some 5 ms of work
_PAUSE = 3.0  # seconds; what breaks a stream is over in two to five, or lasts too long to wait for
_CUT = ("max_tokens", "model_context_window_exceeded")
_FOR_TOOLS = ("tool_use", "pause_turn")  # no call here offers tools
_CANCELLED = "cancelled"
_PASSING = (StreamBroken, Stalled, Overloaded, RateLimited, ServiceFault)  # may be gone on the next try


class Dialect(StrEnum):
    """What a server understands: all of Claude's Messages API, or only what every imitation of it does."""

    CLAUDE = "claude"
    BASIC = "basic"


@dataclass(frozen=True, slots=True)
class Service:
    """Where the models are, and what may be asked there.

    ``models`` are their ids by role, ``prices`` the prices that were set, by id.

    ``silence`` is how long nothing at all may come, ``total`` how long one call may take with its retry where its
    prompt allows as much, in seconds. ``secret`` keys the pseudonym under which the service knows a writer.
    """

    address: str
    dialect: Dialect
    models: Mapping[Role, str]
    prices: Mapping[str, Price]
    secret: bytes
    silence: float
    total: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model wrote, in one piece. ``cut`` where it ended for want of room."""

    text: str
    model: str
    cut: bool
    cost: Cost


@dataclass(frozen=True, slots=True)
class _Call:
    """A call about to be made. ``sent`` is all text the model will be given."""

    reservation: Reservation
    body: Mapping[str, Any]
    sent: str
    max_tokens: int


class Caller:
    """Makes calls through one client.

    ``asks_json`` is what a server is told that takes no schema, before the schema. ``timer`` gives seconds and only
    ever grows; ``sleep`` waits for some.
    """

    def __init__(
        self,
        client: anthropic.AsyncAnthropic,
        service: Service,
        ledger: Ledger,
        clock: Clock,
        *,
        asks_json: str,
        new_tag: NewTag,
        timer: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._client = client
        self._service = service
        self._ledger = ledger
        self._clock = clock
        self._asks_json = asks_json
        self._new_tag = new_tag
        self._timer = timer
        self._sleep = sleep
        self._entries = Entries()
        self._turns = Turns(_READ_SECONDS, _READ_AT_ONCE)

    async def call(
        self,
        writer: str,
        prompt: Prompt,
        values: Mapping[str, object],
        *,
        on: On | None = None,
        form: type[BaseModel] | None = None,
    ) -> Answer:
        """What the model of the prompt's role answers; with ``form`` a JSON text, else prose.

        Raises ModelError, of which OverBudget and UnknownPrice before anything was sent; StoreError where the ledger
        cannot be written.
        A call that is interrupted before ``on`` was given any text is made once more.
        """
        call = self._prepared(writer, prompt, values, form)
        seconds = min(prompt.seconds, self._service.total)
        deadline = asyncio.timeout(seconds)
        tries = [self._hearing(call, on)]
        try:
            async with deadline:
                try:
                    await self._attempt(call, tries[0], deadline)
                except _PASSING:
                    if not tries[0].answered or tries[0].shown:
                        raise
                    await self._sleep(_PAUSE)
                    tries.append(self._hearing(call, on))
                    await self._attempt(call, tries[1], deadline)
        except TimeoutError:
            if not deadline.expired():
                raise
            raise TookTooLong(seconds) from None
        return _answer(tries, structured=form is not None)

    def at_most(self, prompt: Prompt, values: Mapping[str, object], *, form: type[BaseModel] | None = None) -> int:
        """What is reserved for such a call, in nano-dollars. Sends nothing. Raises UnknownPrice."""
        return self._prepared("", prompt, values, form).reservation.worst_nano_usd

    async def close(self) -> None:
        """Ends the connections, when all that was called has its entry.

        Raises StoreError where an entry could not be written; the connections are ended all the same.
        """
        try:
            await self._entries.all_made()
        finally:
            await self._client.close()

    def _hearing(self, call: _Call, on: On | None) -> Hearing:
        return Hearing(call.reservation.model, call.sent, call.max_tokens, self._timer, on, self._service.prices)

    def _prepared(
        self, writer: str, prompt: Prompt, values: Mapping[str, object], form: type[BaseModel] | None
    ) -> _Call:
        turn = prompt.turn({**values, "block": Blocks(self._new_tag())})
        model = self._service.models[prompt.role]
        body: dict[str, Any] = {"model": model, "max_tokens": prompt.max_tokens}
        body["messages"] = [{"role": "user", "content": turn}]
        system = prompt.system
        if self._service.dialect is Dialect.BASIC:
            if form is not None:
                system = f"{system}\n\n{self._asks_json}\n\n{schema_text(form)}"
            body["system"] = system
        else:
            body["system"] = [{"type": "text", "text": system, "cache_control": _CACHED}]
            body["output_config"] = {"effort": prompt.effort}
            if form is not None:
                body["output_config"]["format"] = {"type": "json_schema", "schema": schema_of(form)}
                system = f"{system}\n\n{schema_text(form)}"  # the service shows it to the model, and bills it
            pseudonym = hmac.new(self._service.secret, writer.encode(), hashlib.sha256).hexdigest()
            body["metadata"] = {"user_id": pseudonym}
        sent = f"{system}\n\n{turn}"
        worst = worst_case(model, sent, prompt.max_tokens, self._service.prices)
        if worst is None:
            raise UnknownPrice(model)
        reservation = Reservation(writer, prompt.role, model, prompt.name, prompt.hash, worst)
        return _Call(reservation, body, sent, prompt.max_tokens)

    async def _attempt(self, call: _Call, heard: Hearing, deadline: asyncio.Timeout) -> None:
        number = await self._reserve(call.reservation)
        try:
            await self._listen(call, heard)
        except asyncio.CancelledError:
            heard.fault = TookTooLong.__name__ if deadline.expired() else _CANCELLED
            raise
        except BaseException as error:
            heard.fault = type(error).__name__
            raise
        finally:
            await self._entries.surely(self._ledger.settle(number, heard.settlement()))

    async def _reserve(self, reservation: Reservation) -> int:
        """Reserves; where that is cancelled half-way, whatever was reserved is given back."""
        reserving = asyncio.ensure_future(self._ledger.reserve(reservation, self._clock()))
        try:
            return await asyncio.shield(reserving)
        except asyncio.CancelledError:
            await self._entries.surely(self._give_back(reserving, reservation))
            raise

    async def _give_back(self, reserving: asyncio.Future[int], reservation: Reservation) -> None:
        with suppress(OverBudget):  # then nothing was reserved
            await self._ledger.settle(
                await reserving, Settlement(reservation.model, 0, 0, 0, 0, 0, None, 0, _CANCELLED)
            )

    async def _listen(self, call: _Call, heard: Hearing) -> None:
        stream = await self._opened(call, heard)
        async with stream, Collected(stream.response, call.max_tokens) as collected:
            events = stream.raw_events(httpx2.Response(stream.response.status_code, stream=collected))
            while await self._read(events, heard, stream.response):
                if heard.shown:
                    await self._turns.wait()  # meanwhile the system collects what comes
        if not heard.began:
            raise self._not_claude(heard)
        if heard.stop_reason is None:
            raise StreamBroken  # a tidy end of the connection before the end of the message raises nothing by itself

    async def _opened(self, call: _Call, heard: Hearing) -> anthropic.AsyncStream[RawMessageStreamEvent]:
        service, model = self._service, call.reservation.model
        try:
            stream: anthropic.AsyncStream[RawMessageStreamEvent] = await self._client.messages.create(
                **call.body, stream=True
            )
        except anthropic.APIStatusError as error:
            heard.unbilled = True
            raise of_status(error, model, service.address) from error
        except Redirected:
            heard.unbilled = True
            raise
        except anthropic.APIConnectionError as error:
            if answered_without_http(error):
                raise self._not_claude(heard) from error
            heard.unbilled = never_sent(error)
            raise NoNetwork(service.address) from error
        except httpx2.RequestError as error:  # silence, or an error's page that breaks off
            raise of_transport(error, service.silence) from error
        except UnicodeError as error:  # an error's page in another writing than it says
            raise self._not_claude(heard) from error
        heard.answered = True
        return stream

    async def _read(self, events: AsyncIterator[Sent], heard: Hearing, response: httpx2.Response) -> bool:
        """Hears what comes for _READ_SECONDS, and the first event after them; whether there may be more.

        The client times silence itself, but not once a chunk of HTTP is broken: aiohttp then tells nobody who reads,
        stops its own clock, and would be waited for until the whole call's time is over. One clock for all that is read
        here may ring _READ_SECONDS late, never early; one for each event would cost ten times what reading it costs.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + _READ_SECONDS
        silence = asyncio.timeout_at(until + self._service.silence)
        try:
            async with silence:
                while (event := await self._next(events, heard)) is not None:
                    self._take(event, heard, response)
                    if loop.time() > until:
                        return True
        except TimeoutError as error:
            if not silence.expired():
                raise
            raise Stalled(self._service.silence) from error
        return False

    async def _next(self, events: AsyncIterator[Sent], heard: Hearing) -> Sent | None:
        """The next event, None behind the last."""
        try:
            return await anext(events, None)
        except httpx2.RequestError as error:
            raise of_transport(error, self._service.silence) from error
        except UnicodeError as error:
            raise self._garbled(heard) from error

    def _take(self, event: Sent, heard: Hearing, response: httpx2.Response) -> None:
        """Hears an event. Raises ModelError for one that says what went wrong, or that Claude cannot have sent."""
        if event.event == "error":
            raise of_error_event(event.data, response, heard.model, self._service.address)
        if event.event in (None, "ping") or not event.data:
            return
        try:
            data = json.loads(event.data)
        except ValueError as error:
            raise self._garbled(heard) from error
        except RecursionError as error:  # nested without end
            raise self._not_claude(heard) from error
        try:
            heard.hear(data)
        except OutOfForm as error:
            raise self._not_claude(heard) from error

    def _garbled(self, heard: Hearing) -> ModelError:
        """The error for bytes that are no text, or data that is no JSON: a server's fault only before its message."""
        return StreamBroken() if heard.began else self._not_claude(heard)

    def _not_claude(self, heard: Hearing) -> NotClaude:
        """The error where what came is none of Claude's; nothing is owed where not even a message had begun."""
        heard.unbilled = not heard.began
        return NotClaude(self._service.address)


def _answer(tries: list[Hearing], *, structured: bool) -> Answer:
    """What the last try heard, if it is of use; the cost of all."""
    heard = tries[-1]
    cut = heard.stop_reason in _CUT
    if heard.stop_reason == "refusal":
        raise Declined(heard.category)
    if heard.stop_reason in _FOR_TOOLS:
        raise BadReply.unfinished()
    text = without_reasoning(heard.text)
    if not text.strip():
        raise CutShort if cut else NothingWritten
    if cut and structured:
        raise BadReply.truncated()  # even where what came can be read, it is not all
    return Answer(text, heard.model, cut, cost_of([each.settlement() for each in tries]))
