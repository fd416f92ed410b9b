"""The loopback server: HTTP, keys, the queue of answers and the record of requests."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, Self

from aiohttp import web

from tests.simulators.claude.billing import Bill, Usage
from tests.simulators.claude.cache_blocks import blocks_of
from tests.simulators.claude.controls import Controls, Responder
from tests.simulators.claude.errors import ApiError
from tests.simulators.claude.models import MODELS, Model
from tests.simulators.claude.prompt_cache import Plan
from tests.simulators.claude.recorded_requests import Request
from tests.simulators.claude.replies import (
    ERROR_TYPES,
    Answer,
    BadChunk,
    Close,
    Cut,
    Dropped,
    Events,
    Flood,
    HttpError,
    Redirect,
    Reply,
    StreamError,
    WebPage,
)
from tests.simulators.claude.request_rules import BODY_LIMIT, check, check_basic
from tests.simulators.claude.response_rendering import Speaker, fit_to_request
from tests.simulators.claude.thinking_signatures import Signatures


class ClaudeSimulator(Controls):
    """Imitates the Claude Messages API on 127.0.0.1; `async with` it.

    `basic` imitates a local server's narrow dialect instead, with `wrap_json` one that surrounds JSON with prose.
    `key` is the only bearer token taken, None takes any. `clock` gives seconds and decides when cache entries end.
    Leaving the `async with` raises AssertionError if a request came that no answer had been scripted for.
    """

    def __init__(
        self,
        *,
        basic: bool = False,
        wrap_json: bool = False,
        key: str | None = "sk-simulated",
        port: int = 0,
        clock: Callable[[], float] = time.monotonic,
        responder: Responder | None = None,
    ) -> None:
        super().__init__(basic=basic, wrap_json=wrap_json, responder=responder)
        self.key = key
        self._port = port
        self._clock = clock
        self._signatures = Signatures()
        self._closing = False
        self._ids = 0
        self._runner: web.AppRunner | None = None

    @property
    def base_url(self) -> str:
        if self._runner is None or not self._runner.addresses:
            raise RuntimeError("the simulator is not running; use it in `async with`")
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def start(self) -> Self:
        app = web.Application(client_max_size=0)  # the limit is checked here, to answer in the API's own shape
        app.router.add_post("/v1/messages", self._messages)
        if not self.basic:
            app.router.add_post("/v1/messages/count_tokens", self._guarded(self._count))
            app.router.add_get("/v1/models", self._guarded(self._models))
            app.router.add_get("/v1/models/{id}", self._guarded(self._model))
        app.router.add_route("*", "/{path:.*}", self._guarded(self._nowhere))
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        return self

    async def close(self) -> None:
        """Stops. AssertionError if a request came that nothing had been scripted for."""
        self._closing = True
        if self._runner is not None:
            await self._runner.cleanup()
        if self.unexpected:
            raise AssertionError("the Claude simulator had no answer for: " + "; ".join(self.unexpected))

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, kind: object, failure: BaseException | None, trace: object) -> None:
        try:
            await self.close()
        except AssertionError as missing:
            if failure is None:
                raise
            failure.add_note(str(missing))  # the test's own failure comes first, and this explains it

    # POST /v1/messages

    async def _messages(self, http: web.Request) -> web.StreamResponse:
        record = self._record(http)
        try:
            try:
                await self._receive(http, record)
                answer = self._next(record)
            except ApiError as fault:
                record.error = fault.message
                return self._error(record, HttpError(fault.status, fault.type, fault.message))
            return await self._give(http, record, answer)
        except ConnectionResetError:
            record.disconnected = True
            raise
        except asyncio.CancelledError:
            record.disconnected = not self._closing
            raise
        finally:
            record.finished.set()

    async def _receive(self, http: web.Request, record: Request) -> None:
        """Reads and checks the request; it counts as arrived once its body could be read, right or wrong."""
        try:
            record.body = await self._body(http)
        finally:
            self._arrive(record)
        if self.basic:
            check_basic(record.body)
        else:
            check(record.body, self.callable_models(), counting=False)
            self._signatures.check(record.body)

    async def _give(self, http: web.Request, record: Request, answer: Answer) -> web.StreamResponse:
        if isinstance(answer, Dropped):
            return self._abort(http, web.Response())
        if isinstance(answer, WebPage):
            record.status = answer.status
            return web.Response(text=answer.html, content_type="text/html", status=answer.status)
        if isinstance(answer, Redirect):
            record.status = answer.status
            return web.Response(status=answer.status, headers={"location": answer.location})
        if isinstance(answer, Flood):
            return await self._flood(http, record, answer)
        if isinstance(answer, Events):
            record.status = 200
            return web.Response(text=_said(answer.events), content_type="text/event-stream")
        plan, diagnostics = self._plan(record.body, MODELS.get(record.model))  # the cache as the request finds it
        if answer.before_headers is not None:
            await answer.before_headers.hold()
        if isinstance(answer, HttpError):
            return self._error(record, answer)
        return await self._speak(http, record, self._wrapped(answer), plan, diagnostics)

    @staticmethod
    async def _flood(http: web.Request, record: Request, flood: Flood) -> web.StreamResponse:
        record.status = flood.status
        response = web.StreamResponse(status=flood.status)
        response.content_type = "text/event-stream" if flood.status == 200 else "application/json"
        if flood.packed:
            response.headers["content-encoding"] = flood.packed
        await response.prepare(http)
        if flood.events:
            await response.write(_said(flood.events).encode())
        while True:
            await response.write(flood.piece)
            await asyncio.sleep(0)  # the client may be served by the same loop

    async def _speak(
        self, http: web.Request, record: Request, reply: Reply, plan: Plan, diagnostics: dict[str, Any] | None
    ) -> web.StreamResponse:
        speech = fit_to_request(reply, record.body)
        record.message_id = f"msg_simulated{record.number:06d}"
        signature = self._signatures.issue(record.body) if speech.thinking else ""
        speaker = Speaker(record, speech, plan.usage, basic=self.basic, signature=signature)
        headers = {"request-id": record.request_id}
        try:
            if not record.streaming:
                return await self._whole(http, record, speaker, reply, plan, diagnostics)
            record.status = 200
            response = web.StreamResponse(headers=headers | {"cache-control": "no-cache"})
            response.content_type = "text/event-stream"
            response.charset = "utf-8"
            await response.prepare(http)
            self._begin(record, plan)
            await speaker.stream(response, diagnostics)
            if isinstance(reply.ending, Cut):
                return self._abort(http, response)
            if isinstance(reply.ending, BadChunk):
                return await self._garble(http, response)
            await response.write_eof()
            return response
        finally:
            if record.status == 200:
                record.usage = speaker.usage()
                record.billed = Bill() if speech.refused_at_once else record.usage.cost(record.model)

    async def _whole(
        self,
        http: web.Request,
        record: Request,
        speaker: Speaker,
        reply: Reply,
        plan: Plan,
        diagnostics: dict[str, Any] | None,
    ) -> web.StreamResponse:
        if isinstance(reply.ending, StreamError):
            status = next((code for code, kind in ERROR_TYPES.items() if kind == reply.ending.type), 500)
            return self._error(record, HttpError(status, reply.ending.type, reply.ending.message))
        self._begin(record, plan)
        body = (await speaker.whole(diagnostics)).encode()
        record.status = 200
        response = web.StreamResponse(headers={"request-id": record.request_id})
        response.content_type = "application/json"
        if isinstance(reply.ending, Cut | Close | BadChunk):
            body = body[: len(body) // 2]
        await response.prepare(http)
        await response.write(body)
        if isinstance(reply.ending, Cut):
            return self._abort(http, response)
        if isinstance(reply.ending, BadChunk):
            return await self._garble(http, response)
        await response.write_eof()
        return response

    def _plan(self, body: dict[str, Any], model: Model | None) -> tuple[Plan, dict[str, Any] | None]:
        if self.basic or model is None:
            return Plan(Usage(input=sum(block.tokens for block in blocks_of(body))), self._clock(), (), ()), None
        return self._cache.plan(body, model, self._clock()), self._cache.diagnose(body, model)

    def _begin(self, record: Request, plan: Plan) -> None:
        """The response begins: from now on other requests can read what this one writes to the cache."""
        model = MODELS.get(record.model)
        if not self.basic and model is not None:
            self._cache.commit(plan)
            self._cache.remember(record.message_id, record.body, model, plan.usage)

    @staticmethod
    def _abort(http: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        if http.transport is not None:
            http.transport.abort()
        return response

    @staticmethod
    async def _garble(http: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        await asyncio.sleep(0.01)  # a client that gets this in one piece with the headers may take it for no answer
        if http.transport is not None:
            http.transport.write(b"no length\r\n")
        return response

    # The other addresses

    def _guarded(
        self, handler: Callable[[web.Request], Awaitable[web.Response]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(http: web.Request) -> web.Response:
            record = self._record(http)
            try:
                self._authenticate(http)
                response = await handler(http)
            except ApiError as fault:
                return self._error(record, HttpError(fault.status, fault.type, fault.message))
            response.headers["request-id"] = record.request_id
            return response

        return handle

    async def _count(self, http: web.Request) -> web.Response:
        body = await self._body(http)
        self.counted.append(body)
        check(body, self.callable_models(), counting=True)
        return web.json_response({"input_tokens": sum(block.tokens for block in blocks_of(body))})

    async def _models(self, _: web.Request) -> web.Response:
        cards = [self.card(model) for model in MODELS.values()]
        ends = {"first_id": cards[0]["id"], "last_id": cards[-1]["id"]}
        return web.json_response({"data": cards, "has_more": False} | ends)

    async def _model(self, http: web.Request) -> web.Response:
        name = http.match_info["id"]
        self.looked_up.append(name)
        if name not in MODELS:
            raise ApiError.unknown(f"model: {name}")
        return web.json_response(self.card(MODELS[name]))

    async def _nowhere(self, http: web.Request) -> web.Response:
        raise ApiError.unknown(f"Not found: {http.method} {http.path}")

    # Shared

    def _record(self, http: web.Request) -> Request:
        self._ids += 1
        return Request(headers=http.headers.copy(), request_id=f"req_simulated{self._ids:06d}")

    async def _body(self, http: web.Request) -> dict[str, Any]:
        self._authenticate(http)
        raw = await http.read()
        if len(raw) > BODY_LIMIT:
            raise ApiError(
                413, "request_too_large", f"the request is {len(raw)} bytes; at most {BODY_LIMIT} are allowed"
            )
        try:
            body = json.loads(raw)
        except ValueError as wrong:
            raise ApiError.invalid(f"the body is not valid JSON: {wrong}") from wrong
        if not isinstance(body, dict):
            raise ApiError.invalid("the body must be a JSON object")
        return body

    def _authenticate(self, http: web.Request) -> None:
        if self.key is not None and http.headers.get("Authorization") != f"Bearer {self.key}":
            raise ApiError(401, "authentication_error", "invalid bearer token")
        if not self.basic and "anthropic-version" not in http.headers:
            raise ApiError.invalid("anthropic-version: header is required")

    @staticmethod
    def _error(record: Request, error: HttpError) -> web.Response:
        record.status = error.status
        kind = error.type or ERROR_TYPES.get(error.status, "api_error")
        detail: dict[str, Any] = {"type": kind, "message": error.message or kind.replace("_", " ").capitalize()}
        if error.error_code is not None:
            detail["details"] = {"error_code": error.error_code}
        headers = {"request-id": record.request_id} | error.headers
        if error.retry_after is not None:
            headers["retry-after"] = f"{error.retry_after:g}"
        body = {"type": "error", "error": detail, "request_id": record.request_id}
        return web.json_response(body, status=error.status, headers=headers)


def _said(events: tuple[tuple[str, str], ...]) -> str:
    return "".join(f"event: {name}\ndata: {data}\n\n" for name, data in events)
