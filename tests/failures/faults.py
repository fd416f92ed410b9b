"""Every way in which a call of a model can fail: what the service does, in the words of the page that lists them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.llm.client import SILENCE_TIMEOUT_SECONDS
from bot.llm.prompts import MAX_CALL_SECONDS
from tests.simulators.claude import (
    Answer,
    Close,
    Cut,
    Dropped,
    Flood,
    Gate,
    HttpError,
    Pause,
    Redirect,
    Refusal,
    Reply,
    StreamError,
    Thinking,
    WebPage,
    spend_limit,
)

_NEVER_SILENT = 2.0 * MAX_CALL_SECONDS  # a silence that no call lives to see, as where pings come all the while

Answers = Callable[[Reply, int], tuple[Answer, ...]]
"""What the service answers, one an attempt, given the good reply and how many characters of it are the middle."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What is set, and how much was spent, when the fault comes.

    ``retries`` is how often the SDK may ask again, ``silence`` how many seconds nothing may come, ``leaps`` whether the
    clock leaps over what is waited for; ``key`` and ``nobody`` (nothing listens at the address) are what is wrong with
    the settings; ``budget`` is each writer's dollars a day, ``spent`` those of today and ``held`` those of calls under
    way.
    """

    retries: int = 0
    silence: float = SILENCE_TIMEOUT_SECONDS
    leaps: bool = False
    key: str | None = None
    nobody: bool = False
    budget: str = "100"
    spent: str = "0"
    held: str = "0"

    @property
    def lasting(self) -> bool:
        """Whether the fault is still there at the next try."""
        return (self.key, self.nobody, self.budget) != (None, False, "100")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. What it does is made anew for each run, gates and all.

    ``form`` says that it can only befall work whose answer has to be in a form.
    """

    name: str
    answers: Answers = lambda good, middle: ()
    under: Conditions = Conditions()
    form: bool = False


def _always(ending: Callable[[int], Cut | Close | StreamError | Refusal]) -> Answers:
    """The answer ends badly in the middle of its text, however often it is asked for."""
    return lambda good, middle: (replace(good, thinking=Thinking(), ending=ending(middle)),) * 2


def _silence(good: Reply, middle: int) -> tuple[Answer, ...]:
    return tuple(replace(good, pauses=(Pause(middle, Gate()),)) for _ in range(2))


def _stopped(reason: str) -> Answers:
    """The answer ends where its text is not finished, and says why."""
    return lambda good, middle: (replace(good, text=good.text[:middle], stop_reason=reason),)


def _cut_before_text(good: Reply) -> Reply:
    return replace(good, thinking=Thinking(), ending=Cut())


def _http(error: HttpError | WebPage, times: int = 1) -> Answers:
    return lambda good, middle: (error,) * times


def _flood(good: Reply, middle: int) -> tuple[Answer, ...]:
    """The text begins, and behind its middle come pings without end."""
    begins = (
        {"type": "message_start", "message": {"model": "", "usage": {"input_tokens": 700, "output_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": good.text[:middle]}},
    )
    events = tuple((str(one["type"]), json.dumps(one)) for one in begins)
    return (Flood(b'event: ping\ndata: {"type": "ping"}\n\n' * 1_000, events),)


def faults() -> tuple[Fault, ...]:
    """All of them, in the order of the page."""
    again = Conditions(retries=2)
    overload = HttpError(529, retry_after=0.01)
    return (
        Fault("The connection is cut in the middle of the text, each time", _always(Cut)),
        Fault(
            "The connection is cut in the middle of the text, once",
            lambda good, middle: (replace(good, ending=Cut(middle)), good),
        ),
        Fault("The connection is cut before any text, each time", lambda good, _: (_cut_before_text(good),) * 2),
        Fault("The connection is cut before any text, once", lambda good, _: (_cut_before_text(good), good)),
        Fault("The stream ends tidily in the middle of the text", _always(Close)),
        Fault("Nothing more comes in the middle of the text", _silence, Conditions(leaps=True)),
        Fault(
            "Nothing comes at all",
            lambda good, _: (replace(good, before_headers=Gate()),),
            Conditions(leaps=True),
        ),
        Fault(
            "The text is not finished when the call's time is over",
            _silence,
            Conditions(silence=_NEVER_SILENT, leaps=True),
        ),
        Fault("Overload in the middle of the text", _always(StreamError)),
        Fault("A rate limit in the middle of the text", _always(lambda at: StreamError(at, type="rate_limit_error"))),
        Fault(
            "A fault of the service in the middle of the text", _always(lambda at: StreamError(at, type="api_error"))
        ),
        Fault("A stream without event lines", lambda good, _: (replace(good, events_named=False),)),
        Fault("The room for the answer ends in the middle of the text", _stopped("max_tokens")),
        Fault("The model's window is full in the middle of the text", _stopped("model_context_window_exceeded")),
        Fault("All room is used up by thinking", lambda good, _: (replace(good, thinking=Thinking(tokens=50_000)),)),
        Fault("The model declines before it writes", lambda good, _: (replace(good, ending=Refusal()),)),
        Fault("The model declines in the middle of the text", _always(Refusal)),
        Fault("The model declines in prose", lambda good, _: (replace(good, text="I can't help with that request."),)),
        Fault("The model ends without a word", lambda good, _: (Reply("", thinking=Thinking()),)),
        Fault("The model asks for a tool that it was not given", _stopped("tool_use")),
        Fault("The model pauses its turn", _stopped("pause_turn")),
        Fault(
            "The JSON that was asked for breaks off", lambda good, at: (replace(good, text=good.text[:at]),), form=True
        ),
        Fault("The JSON is of another form", lambda good, _: (replace(good, text='{"verdict": "good"}'),), form=True),
        Fault("400: the request is refused", _http(HttpError(400, message="max_tokens: too many."))),
        Fault(
            "400: the account's own spending limit", _http(HttpError(400, error_code="contract_spend_limit_reached"))
        ),
        Fault("401: the key is refused", under=Conditions(key="sk-wrong")),
        Fault("402: no credit", _http(HttpError(402))),
        Fault("403: the key may not use the model", _http(HttpError(403))),
        Fault("404: no such model", _http(HttpError(404))),
        Fault("408: the service gave up waiting", _http(HttpError(408, type="timeout_error"))),
        Fault("409: a conflict", _http(HttpError(409))),
        Fault("413: too long", _http(HttpError(413))),
        Fault("422: the request cannot be processed", _http(HttpError(422, type="invalid_request_error"))),
        Fault("429: a rate limit", _http(HttpError(429))),
        Fault("429: a rate limit for two hours", _http(HttpError(429, retry_after=7_200)), again),
        Fault("429: the monthly spending limit", _http(spend_limit()), again),
        Fault("500: a fault of the service", _http(HttpError(500))),
        Fault("503: the service is not there", _http(HttpError(503))),
        Fault("504: the service took too long", _http(HttpError(504))),
        Fault("529: overload, each time", _http(overload, 3), again),
        Fault("529: overload, twice", _http(overload, 2), again),
        Fault("The connection is dropped before any answer, each time", lambda good, _: (Dropped(),)),
        Fault("The connection is dropped before any answer, once", lambda good, _: (Dropped(), good), again),
        Fault("Nothing listens at the address", under=Conditions(nobody=True)),
        Fault("A web page instead of an answer", _http(WebPage())),
        Fault("A web page that says 404", _http(WebPage(status=404))),
        Fault("A web page that says 502", _http(WebPage(status=502))),
        Fault("A redirect to another address", lambda good, _: (Redirect("http://127.0.0.1:9/v1/messages"),)),
        Fault("An answer that is compressed", lambda good, _: (Flood(b"packed", packed="gzip"),)),
        Fault("An answer without end", _flood),
        Fault("Our own budget is spent", under=Conditions(budget="0.50", spent="0.4999")),
        Fault("Our own budget is held by work under way", under=Conditions(budget="0.50", held="0.4999")),
        Fault("Our own budget is smaller than a call", under=Conditions(budget="0.001")),
    )
