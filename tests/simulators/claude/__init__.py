"""A loopback imitation of the Claude Messages API, as strict as the service, for the real SDK to talk to.

    async with ClaudeSimulator() as claude:
        client = AsyncAnthropic(api_key=claude.key, base_url=claude.base_url, max_retries=0)
        claude.script(Reply("First draft.", thinking=Thinking()), HttpError(529), Reply("x" * 90, ending=Cut(40)))

By hand: `python -m tests.simulators.claude --port 8787`.
"""

from tests.simulators.claude.billing import Bill, Usage, fit, tokens_in
from tests.simulators.claude.canned_replies import canned
from tests.simulators.claude.controls import Responder
from tests.simulators.claude.models import MODELS
from tests.simulators.claude.recorded_requests import Request
from tests.simulators.claude.replies import (
    Answer,
    BadChunk,
    Close,
    Cut,
    Dropped,
    Events,
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
from tests.simulators.claude.server import ClaudeSimulator

__all__ = [
    "MODELS",
    "Answer",
    "BadChunk",
    "Bill",
    "ClaudeSimulator",
    "Close",
    "Cut",
    "Dropped",
    "Events",
    "Flood",
    "Gate",
    "HttpError",
    "Pause",
    "Redirect",
    "Refusal",
    "Reply",
    "Request",
    "Responder",
    "StreamError",
    "Thinking",
    "Usage",
    "WebPage",
    "canned",
    "fit",
    "spend_limit",
    "tokens_in",
]
