"""What a test does with the simulator: script answers, wait for requests, read the bill."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.simulators.claude.billing import Bill, Usage
from tests.simulators.claude.models import MODELS, Lifecycle, Model
from tests.simulators.claude.prompt_cache import PromptCache
from tests.simulators.claude.recorded_requests import Request
from tests.simulators.claude.replies import Answer, HttpError, Reply

Responder = Callable[[Request], Answer]
"""Chooses the answer to a request when none is scripted."""


class Controls:
    """The half of the simulator that knows no HTTP.

    `requests`: every POST to /v1/messages in order of arrival. `counted`: bodies of count_tokens. `looked_up`: ids of
    models asked for. `unexpected`: requests that neither the script nor the responder answered.
    """

    def __init__(self, *, basic: bool, wrap_json: bool, responder: Responder | None) -> None:
        self.basic = basic
        self.wrap_json = wrap_json
        self.responder = responder
        self.requests: list[Request] = []
        self.counted: list[dict[str, Any]] = []
        self.looked_up: list[str] = []
        self.unexpected: list[str] = []
        self._answers: deque[Answer] = deque()
        self._lifecycles: dict[str, tuple[Lifecycle, str | None, str | None]] = {}
        self._cache = PromptCache()
        self._arrived = asyncio.Event()

    def script(self, *answers: Answer) -> None:
        """Queues answers: each accepted request takes the next, whichever attempt of the client it is."""
        self._answers.extend(answers)

    @property
    def remaining(self) -> int:
        """How many scripted answers no request has taken yet."""
        return len(self._answers)

    @property
    def refused(self) -> list[Request]:
        """Requests turned away by a rule of the API: with a correct client there are none."""
        return [request for request in self.requests if request.error is not None]

    async def wait_for_request(self, number: int, within: float = 5.0) -> Request:
        """The `number`th request (from 1), once it has arrived. AssertionError after `within` seconds."""
        try:
            async with asyncio.timeout(within):
                while len(self.requests) < number:
                    await self._arrived.wait()
        except TimeoutError:
            raise AssertionError(
                f"request {number} did not come within {within} s; {len(self.requests)} came"
            ) from None
        return self.requests[number - 1]

    def billed(self, model: str | None = None) -> Bill:
        """What all requests so far (or those to one model) cost."""
        bills = (request.billed for request in self.requests if model in (None, request.model))
        return sum(bills, start=Bill())

    def used(self, model: str | None = None) -> Usage:
        """Tokens of all replies so far (or those of one model), by kind; unbilled refusals included."""
        usages = (request.usage for request in self.requests if model in (None, request.model))
        return sum(usages, start=Usage())

    def set_lifecycle(
        self, model: str, lifecycle: Lifecycle, *, deprecated_at: str | None = None, retires_at: str | None = None
    ) -> None:
        """Makes a model deprecated or retired; a retired one keeps its card and answers 404. Dates are RFC 3339."""
        self._lifecycles[model] = (lifecycle, deprecated_at, retires_at)

    def clear_cache(self) -> None:
        """Forgets every cached prefix, for comparing sessions with and without."""
        self._cache = PromptCache()

    def callable_models(self) -> dict[str, Model]:
        """The models that answer: all but the retired."""
        return {name: model for name, model in MODELS.items() if self._lifecycle(name)[0] != "retired"}

    def card(self, model: Model) -> dict[str, Any]:
        """The body of GET /v1/models/{id}."""
        return model.card(*self._lifecycle(model.id))

    def _lifecycle(self, model: str) -> tuple[Lifecycle, str | None, str | None]:
        return self._lifecycles.get(model, ("active", None, None))

    def _arrive(self, record: Request) -> None:
        self.requests.append(record)
        record.number = len(self.requests)
        arrived, self._arrived = self._arrived, asyncio.Event()
        arrived.set()

    def _next(self, record: Request) -> Answer:
        if not self.basic and record.body["max_tokens"] == 0:
            return Reply(stop_reason="max_tokens")  # fills the cache; the model says nothing, so nothing is scripted
        if self._answers:
            return self._answers.popleft()
        if self.responder is None:
            return self._fail(f"request {record.number} to {record.model}: {record.last_user_text[:80]!r}")
        try:
            return self.responder(record)
        except Exception as failure:  # noqa: BLE001 - whatever a test's function raises must fail that test, at close
            return self._fail(f"request {record.number}: the responder raised {failure!r}")

    def _fail(self, why: str) -> HttpError:
        """Kept for `close` to raise; the client is told not to try again, which would only repeat it."""
        self.unexpected.append(why)
        return HttpError(500, message=f"nothing scripted: {why}", headers={"x-should-retry": "false"})

    def _wrapped(self, reply: Reply) -> Reply:
        """With `wrap_json`, JSON comes the way small local models give it."""
        if not (self.wrap_json and reply.text.lstrip().startswith(("{", "["))):
            return reply
        text = f"Sure, here is the JSON:\n\n```json\n{reply.text}\n```\n\nLet me know if you need anything else."
        return replace(reply, text=text)
