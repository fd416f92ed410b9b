"""Call a model: reserve its price in the ledger, stream the answer, and settle what it came to, however it ends."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from bot.errors import (
    BadReply,
    Declined,
    ModelNotAllowed,
    NotClaude,
    NothingWritten,
    OnlyThinking,
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
from bot.llm.client import Dialect, LazyClient, ServiceConfig
from bot.llm.prices import Price, TokenUsage, call_cost, estimate_tokens, max_call_cost
from bot.llm.prompts import Prompt, PromptBlocks, block_tag
from bot.llm.reasoning import strip_reasoning
from bot.llm.reply_schemas import reply_schema, reply_schema_text
from bot.llm.stream import Answer, MalformedEvent
from bot.services import metrics
from bot.services.ledger import NANO_PER_USD, Ledger, Reservation, Settlement, total_cost
from bot.services.llm_ports import Cost, ProgressCallback
from bot.services.request_context import current_request
from bot.services.store_ports import Clock

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

# What is cached for five minutes costs 1.25 times a token to write, for an hour 2 times. Five minutes are cheaper while
# the calls of a session follow each other that fast. An hour is cheaper once a longer pause is followed by another call
# within the hour, since two writes then cost 2.5; for the preface alone, a third of what a first draft writes, that
# would be $0.0015 a pause with Opus, and $0.0023 lost without one.
_CACHE_CONTROL = {"type": "ephemeral", "ttl": "5m"}
_MAX_CACHED_PARTS = 3  # a request may set four cache breakpoints, and the preface has one (Anthropic, Prompt caching)
_RETRY_DELAY_SECONDS = 3.0  # what breaks a stream is over in two to five, or lasts too long to wait for
_TRANSIENT_ERRORS = (StreamBroken, Stalled, Overloaded, RateLimited, ServiceFault)  # may be gone on the next try
_TRUNCATED_STOP_REASONS = ("max_tokens", "model_context_window_exceeded")
_TOOL_STOP_REASONS = ("tool_use", "pause_turn")  # no call here offers tools
_CANCELLED_STOP_REASON = "cancelled"
_FREE_FAILURES = (NotClaude.__name__, Redirected.__name__)  # unless an answer had begun
# Tokens that a service may add to what it was sent: its own words about the form of the reply, its template.
_MAX_EXTRA_INPUT_TOKENS = 20_000
# An answer that breaks off while the model thinks has no count of it. Anthropic's pages give 2,000 to 5,000 tokens of
# thinking for a draft with room for 16,000; an eighth of the room is the lower end of that.
_THINKING_DIVISOR = 8


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """What a model wrote, complete; ``is_truncated`` where it ran out of room."""

    text: str
    model: str
    is_truncated: bool
    cost: Cost


@dataclass(frozen=True, slots=True)
class _PreparedCall:
    """A call about to be made, with ``sent_bytes`` of text for the model, which is about ``sent_tokens``."""

    reservation: Reservation
    request_body: Mapping[str, Any]
    sent_tokens: int
    sent_bytes: int
    max_tokens: int


@dataclass(eq=False)
class _Attempt:
    """One request of a call, and what came of it. ``is_unsent`` where it cannot have reached a model."""

    call: _PreparedCall
    answer: Answer
    started_at: float
    first_text_at: float | None = None
    has_response: bool = False
    is_unsent: bool = False
    failure: str | None = None
    settlement: Settlement | None = None


class ModelCaller:
    """Make calls through one client, whose SDK is imported at the first of them.

    ``timer`` gives seconds that only ever grow.
    """

    def __init__(
        self,
        client: LazyClient,
        service: ServiceConfig,
        ledger: Ledger,
        clock: Clock,
        *,
        timer: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._service = service
        self._ledger = ledger
        self._clock = clock
        self._timer = timer
        self._sleep = sleep
        self._settlements = _PendingSettlements()

    async def call(
        self,
        writer: str,
        essay: str,
        prompt: Prompt,
        values: Mapping[str, object],
        *,
        on_progress: ProgressCallback | None = None,
        schema: type[BaseModel] | None = None,
    ) -> ModelAnswer:
        """Return what the model of the prompt's role answers; with ``schema`` a JSON text, else prose.

        ``essay`` is the id of what the call is about, whose calls share what the service has cached; "" for a text by
        itself.
        Make a call that is interrupted before ``on_progress`` was given any text once more. Raise ModelError, of which
        OverBudget and UnknownPrice before anything was sent; StoreError where the ledger cannot be written.
        """
        call = self._prepare(writer, essay, prompt, values, schema)
        client = await self._client.get()
        seconds = min(prompt.timeout_seconds, self._service.total_seconds)
        attempts = [self._new_attempt(call, on_progress)]
        deadline = asyncio.timeout(seconds)
        try:
            async with deadline:
                try:
                    await self._run(client, attempts[0], deadline)
                except _TRANSIENT_ERRORS:
                    if not attempts[0].has_response or attempts[0].answer.text.is_shown:
                        raise
                    await self._sleep(_RETRY_DELAY_SECONDS)
                    attempts.append(self._new_attempt(call, on_progress))
                    await self._run(client, attempts[1], deadline)
        except TimeoutError:
            if not deadline.expired():
                raise
            raise TookTooLong(seconds) from None
        settlements = [attempt.settlement for attempt in attempts if attempt.settlement is not None]
        return _model_answer(
            attempts[-1].answer, settlements[-1].model, total_cost(settlements), is_structured=schema is not None
        )

    def max_cost(self, prompt: Prompt, values: Mapping[str, object], *, schema: type[BaseModel] | None = None) -> int:
        """Return what is reserved for such a call, in nano-dollars. Send nothing. Raise UnknownPrice."""
        return self._prepare("", "", prompt, values, schema).reservation.max_nano_usd

    async def close(self) -> None:
        """Close the connections once every call is settled.

        Raise StoreError where a settlement could not be written; the connections are closed all the same.
        """
        try:
            await self._settlements.wait_all()
        finally:
            await self._client.close()

    def _prepare(
        self, writer: str, essay: str, prompt: Prompt, values: Mapping[str, object], schema: type[BaseModel] | None
    ) -> _PreparedCall:
        service = self._service
        said = prompt.render({**values, "block": PromptBlocks(self._block_tag(essay))})
        model = service.models[prompt.role]
        body: dict[str, Any] = {"model": model, "max_tokens": prompt.max_tokens}
        sent_text = f"{prompt.preface}\n\n{said}"
        if service.dialect is Dialect.BASIC:
            form = f"\n\n{prompt.json_instruction}\n\n{reply_schema_text(schema)}" if schema is not None else ""
            body["system"] = prompt.preface
            body["messages"] = [{"role": "user", "content": f"{said}{form}"}]
            sent_text += form
        else:
            body["system"] = [{"type": "text", "text": prompt.preface, "cache_control": _CACHE_CONTROL}]
            parts: list[dict[str, Any]] = [{"type": "text", "text": part} for part in said.material]
            if essay:  # what belongs to none has a new id in each call, and would never be read again
                for part in parts[-_MAX_CACHED_PARTS:]:  # what precedes is read from the cache with the first of them
                    part["cache_control"] = _CACHE_CONTROL
            body["messages"] = [{"role": "user", "content": [*parts, {"type": "text", "text": said.task}]}]
            body["output_config"] = {"effort": prompt.effort}
            if schema is not None:
                body["output_config"]["format"] = {"type": "json_schema", "schema": reply_schema(schema)}
                sent_text += reply_schema_text(schema)  # the service shows it to the model, and bills it
            pseudonym = hmac.new(service.pseudonym_secret, writer.encode(), hashlib.sha256).hexdigest()
            body["metadata"] = {"user_id": pseudonym}
        sent_tokens = estimate_tokens(sent_text)
        max_nano_usd = max_call_cost(model, sent_tokens, prompt.max_tokens, service.prices)
        if max_nano_usd is None:
            raise UnknownPrice(model)
        request = current_request()
        server = request.server if request is not None else None
        reservation = Reservation(writer, prompt.role, model, prompt.name, prompt.hash, max_nano_usd, server)
        sent_bytes = len(sent_text.encode("utf-8", "replace"))
        return _PreparedCall(reservation, body, sent_tokens, sent_bytes, prompt.max_tokens)

    def _block_tag(self, essay: str) -> str:
        return block_tag(self._service.pseudonym_secret, essay or secrets.token_hex())

    def _new_attempt(self, call: _PreparedCall, on_progress: ProgressCallback | None) -> _Attempt:
        max_input_tokens = call.sent_bytes + _MAX_EXTRA_INPUT_TOKENS  # a byte has one at most
        return _Attempt(call, Answer(max_input_tokens, call.max_tokens, on_progress), self._timer())

    async def _run(self, client: AsyncAnthropic, attempt: _Attempt, deadline: asyncio.Timeout) -> None:
        number = await self._reserve(attempt.call.reservation)
        try:
            await self._stream(client, attempt)
        except asyncio.CancelledError:
            attempt.failure = TookTooLong.__name__ if deadline.expired() else _CANCELLED_STOP_REASON
            raise
        except BaseException as error:
            attempt.failure = type(error).__name__
            raise
        finally:
            attempt.settlement = _settlement(attempt, self._timer(), self._service.prices)
            _count_call(attempt, attempt.settlement)
            await self._settlements.shield(self._ledger.settle(number, attempt.settlement))

    async def _reserve(self, reservation: Reservation) -> int:
        """Reserve the call's price, and give it back if that is cancelled half-way."""
        reserving = asyncio.ensure_future(self._ledger.reserve(reservation, self._clock()))
        try:
            return await asyncio.shield(reserving)
        except asyncio.CancelledError:
            await self._settlements.shield(self._release_reservation(reserving, reservation))
            raise

    async def _release_reservation(self, reserving: asyncio.Future[int], reservation: Reservation) -> None:
        with suppress(OverBudget, ModelNotAllowed):  # then nothing was reserved
            await self._ledger.settle(
                await reserving, Settlement(reservation.model, 0, 0, 0, 0, 0, None, 0, _CANCELLED_STOP_REASON)
            )

    async def _stream(self, client: AsyncAnthropic, attempt: _Attempt) -> None:
        answer = attempt.answer
        async with aclosing(self._events(client, attempt)) as events:
            async for event in events:
                try:
                    answer.add_event(event)
                except MalformedEvent as error:
                    raise NotClaude(self._service.address) from error
                if attempt.first_text_at is None and answer.text:
                    attempt.first_text_at = self._timer()
        if not answer.is_started:
            raise NotClaude(self._service.address)
        if answer.stop_reason is None:
            raise StreamBroken  # closed cleanly in the middle of an answer, where the SDK raises nothing

    async def _events(self, client: AsyncAnthropic, attempt: _Attempt) -> AsyncGenerator[object]:
        """Send the request, and yield the events of the answer as plain JSON. Raise ModelError.

        The SDK opens the stream, splits it into events, skips pings and raises error events. Its events are taken as
        plain JSON: it would build each into a pydantic model without looking at what it holds, and
        ``messages.stream()`` a snapshot of the message besides. With 200 answers at once these took 1.2 and 2.7 times
        the CPU (``python -m benchmarks llm_stream``), and each odd field of a server would still have to be looked for.
        Nothing here waits between two reads, since aiohttp drops what nobody has read yet when a connection breaks.
        """
        from anthropic import AsyncStream  # by now the client has imported it

        from bot.llm.error_mapping import SDK_ERRORS, model_error, never_reached_a_model
        from bot.llm.sdk import BoundedStream

        call, service = attempt.call, self._service
        try:
            async with client.messages.with_streaming_response.create(**call.request_body, stream=True) as response:
                attempt.has_response = True
                http = response.http_response
                http.stream = BoundedStream(http.stream, call.max_tokens, service.silence_seconds)
                async for event in await response.parse(to=AsyncStream[object]):
                    yield event
        except SDK_ERRORS as error:
            attempt.is_unsent = not attempt.has_response and never_reached_a_model(error)
            raise model_error(
                error,
                model=attempt.answer.model or call.reservation.model,
                address=service.address,
                silence_seconds=service.silence_seconds,
                is_started=attempt.answer.is_started,
            ) from error


def _count_call(attempt: _Attempt, settlement: Settlement) -> None:
    """Count a call in the metrics."""
    role = attempt.call.reservation.role.value
    outcome = "done" if attempt.failure is None else "failed"
    metrics.model_calls.add(role, "cancelled" if attempt.failure == _CANCELLED_STOP_REASON else outcome)
    for kind, tokens in (
        ("input", settlement.input_tokens),
        ("cache_write", settlement.cache_write_tokens),
        ("cache_read", settlement.cache_read_tokens),
        ("output", settlement.output_tokens),
    ):
        metrics.model_tokens.add(role, kind, amount=tokens)
    metrics.model_call_seconds.observe(settlement.total_ms / 1000, role)
    if settlement.first_text_ms is not None:
        metrics.model_first_text_seconds.observe(settlement.first_text_ms / 1000, role)
    metrics.model_dollars.add(role, amount=(settlement.nano_usd or 0) / NANO_PER_USD)


def _settlement(attempt: _Attempt, now: float, prices: Mapping[str, Price]) -> Settlement:
    """Return what an attempt came to: as counted, or estimated where the service did not send its final count."""
    answer, asked = attempt.answer, attempt.call.reservation.model
    usage = answer.usage()
    is_free = attempt.is_unsent or (attempt.failure in _FREE_FAILURES and not answer.is_started)
    is_estimated = not is_free and (answer.output_tokens is None or not usage.total_input)
    if is_estimated:
        usage = _estimate_usage(attempt)
    model = answer.model or asked
    spent = call_cost(model, usage, prices)
    if spent is None:  # an alias, or another model than was asked: the price that was reserved at
        spent = call_cost(asked, usage, prices)
    # A refusal before any output is not billed, though its tokens are counted.
    is_unbilled_refusal = answer.stop_reason == "refusal" and not answer.text and not answer.has_thinking
    first_text_at = attempt.first_text_at
    return Settlement(
        model=model,
        input_tokens=usage.input_tokens,
        cache_write_tokens=usage.cache_write_5m + usage.cache_write_1h,
        cache_read_tokens=usage.cache_read,
        output_tokens=usage.output_tokens,
        nano_usd=0 if spent is not None and (is_free or is_unbilled_refusal) else spent,
        first_text_ms=None if first_text_at is None else round((first_text_at - attempt.started_at) * 1000),
        total_ms=round((now - attempt.started_at) * 1000),
        stop_reason=attempt.failure or answer.stop_reason or "",
        is_estimated=is_estimated,
    )


def _estimate_usage(attempt: _Attempt) -> TokenUsage:
    answer, call = attempt.answer, attempt.call
    usage = answer.usage()
    if not usage.total_input:
        usage = TokenUsage(input_tokens=call.sent_tokens, output_tokens=usage.output_tokens)
    if answer.output_tokens is not None:
        return usage
    thinking = call.max_tokens // _THINKING_DIVISOR if answer.has_thinking else 0
    return replace(usage, output_tokens=min(call.max_tokens, estimate_tokens(str(answer.text)) + thinking))


def _model_answer(answer: Answer, model: str, cost: Cost, *, is_structured: bool) -> ModelAnswer:
    """Return an answer that has come to its end. Raise ModelError where it is of no use."""
    is_truncated = answer.stop_reason in _TRUNCATED_STOP_REASONS
    if answer.stop_reason == "refusal":
        raise Declined(answer.refusal_category)
    if answer.stop_reason in _TOOL_STOP_REASONS:
        raise BadReply.unfinished()
    text = strip_reasoning(str(answer.text))
    if not text.strip():
        raise OnlyThinking if is_truncated else NothingWritten
    if is_truncated and is_structured:
        raise BadReply.truncated()  # even if it can be read, it is not all
    return ModelAnswer(text, model, is_truncated, cost)


class _PendingSettlements:
    """Settlements under way. Each is written even where nobody waits for it any more."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    async def shield(self, settling: Coroutine[Any, Any, None]) -> None:
        """Wait for a settlement, which goes on if the waiting is cancelled, and raise what it raises.

        Otherwise a reservation would stand at its worst cost for good.
        """
        task = asyncio.ensure_future(settling)
        self._tasks.add(task)  # the event loop itself holds tasks only weakly
        task.add_done_callback(self._tasks.discard)
        await asyncio.shield(task)

    async def wait_all(self) -> None:
        """Wait for all that are under way, then raise what one of them raised, if any did."""
        under_way = set(self._tasks)
        if under_way:
            await asyncio.wait(under_way)  # gather would end them where this is cancelled
        for task in under_way:
            task.result()
