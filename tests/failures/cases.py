"""Every way in which a draft can fail: what the service does, in the words of the page that lists them."""

from __future__ import annotations

from dataclasses import dataclass

from tests.simulators.claude import (
    Answer,
    Close,
    Cut,
    Dropped,
    Gate,
    HttpError,
    Pause,
    Refusal,
    Reply,
    StreamError,
    Thinking,
    WebPage,
    spend_limit,
)

DRAFT = "## What I missed\n\nThe build broke on a Tuesday.\n\n## What I gave up\n\nMy pay went from 61,000 to 48,500.\n"
SOME = 80  # characters of DRAFT after which it breaks off: the first section whole, the second begun


@dataclass(frozen=True, slots=True)
class Case:
    """One fault. ``answers`` are the service's, one an attempt; they are made anew for each run, gates and all.

    ``retries`` is how often the SDK may ask again, ``total`` how many seconds one call may take, ``key`` and
    ``nobody`` (nothing listens at the address) what is wrong with the settings, ``budget`` the writer's dollars a day
    and ``spent`` those of today.
    """

    fault: str
    answers: tuple[Answer, ...] = ()
    retries: int = 0
    total: float = 10.0
    key: str | None = None
    nobody: bool = False
    budget: str = "100"
    spent: str = "0"


def _stall(after: int) -> Reply:
    return Reply(DRAFT, pauses=(Pause(after, Gate()),))


def _mid(ending: Cut | Close | StreamError | Refusal) -> Reply:
    return Reply(DRAFT, thinking=Thinking(), ending=ending)


def cases() -> tuple[Case, ...]:
    """All of them, in the order of the page."""
    overload = HttpError(529, retry_after=0.01)
    return (
        Case("The connection is cut in the middle of the text", (_mid(Cut(SOME)),)),
        Case("The connection is cut before any text, once", (_mid(Cut()), Reply(DRAFT))),
        Case("The connection is cut before any text, twice", (_mid(Cut()), _mid(Cut()))),
        Case("The stream ends tidily in the middle of the text", (_mid(Close(SOME)),)),
        Case("Nothing more comes in the middle of the text", (_stall(SOME),)),
        Case("Nothing comes at all", (Reply(DRAFT, before_headers=Gate()),)),
        Case("The text is not finished when the call's time is over", (_stall(SOME),), total=0.25),
        Case("Overload in the middle of the text", (_mid(StreamError(SOME)),)),
        Case("A rate limit in the middle of the text", (_mid(StreamError(SOME, type="rate_limit_error")),)),
        Case("A fault of the service in the middle of the text", (_mid(StreamError(SOME, type="api_error")),)),
        Case("A stream without event lines", (Reply(DRAFT, events_named=False),)),
        Case("The room for the answer ends in the middle of the text", (Reply(DRAFT[:SOME], "max_tokens"),)),
        Case("All room is used up by thinking", (Reply(DRAFT, thinking=Thinking(tokens=50_000)),)),
        Case(
            "The model's window is full in the middle of the text",
            (Reply(DRAFT[:SOME], "model_context_window_exceeded"),),
        ),
        Case("The model declines before it writes", (_mid(Refusal()),)),
        Case("The model declines in the middle of the text", (_mid(Refusal(SOME)),)),
        Case("The model ends without a word", (Reply("", thinking=Thinking()),)),
        Case("The model asks for a tool that it was not given", (Reply(DRAFT, "tool_use"),)),
        Case("The model pauses its turn", (Reply(DRAFT, "pause_turn"),)),
        Case("400: the request is refused", (HttpError(400, message="max_tokens: too many."),)),
        Case("400: the account's own spending limit", (HttpError(400, error_code="contract_spend_limit_reached"),)),
        Case("401: the key is refused", key="sk-wrong"),
        Case("402: no credit", (HttpError(402),)),
        Case("403: the key may not use the model", (HttpError(403),)),
        Case("404: no such model", (HttpError(404),)),
        Case("408: the service gave up waiting", (HttpError(408, type="timeout_error"),)),
        Case("409: a conflict", (HttpError(409),)),
        Case("413: too long", (HttpError(413),)),
        Case("422: the request cannot be processed", (HttpError(422, type="invalid_request_error"),)),
        Case("429: a rate limit", (HttpError(429),)),
        Case("429: a rate limit for two hours", (HttpError(429, retry_after=7_200),), retries=2),
        Case("429: the monthly spending limit", (spend_limit(),), retries=2),
        Case("500: a fault of the service", (HttpError(500),)),
        Case("503: the service is not there", (HttpError(503),)),
        Case("504: the service took too long", (HttpError(504),)),
        Case("529: overload, each time", (overload, overload, overload), retries=2),
        Case("529: overload, twice", (overload, overload, Reply(DRAFT)), retries=2),
        Case("The connection is dropped before any answer", (Dropped(),)),
        Case("Nothing listens at the address", nobody=True),
        Case("A web page instead of an answer", (WebPage(),)),
        Case("A web page that says 404", (WebPage(status=404),)),
        Case("A web page that says 502", (WebPage(status=502),)),
        Case("Our own budget is spent", budget="0.50", spent="0.40"),
        Case("Our own budget is smaller than a call", budget="0.01"),
    )
