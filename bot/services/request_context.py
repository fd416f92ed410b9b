"""What a piece of work belongs to: the request that began it, whose it is, from which server it came, and its rules.

Tasks inherit it, so that log lines and calls of models carry it without passing it on.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from bot.services.server_rules import ALL_ALLOWED, ServerRules

_ID_BYTES = 4  # told apart among the requests of a day, and short enough for each line of a log


@dataclass(frozen=True, slots=True)
class RequestContext:
    """A request: a click, a command, a form, or a message in the DM.

    ``writer`` and ``server`` are pseudonyms; ``server`` is None outside of servers. ``rules`` are the server's.
    """

    id: str
    writer: str
    server: str | None = None
    rules: ServerRules = ALL_ALLOWED


_current: ContextVar[RequestContext | None] = ContextVar("request", default=None)


def current_request() -> RequestContext | None:
    """Return the request that the running code belongs to, None if it belongs to none."""
    return _current.get()


@contextmanager
def request_scope(writer: str, server: str | None = None) -> Iterator[RequestContext]:
    """Begin a request with a new id. What runs inside, and the tasks that it starts, belong to it."""
    request = RequestContext(secrets.token_hex(_ID_BYTES), writer, server)
    token = _current.set(request)
    try:
        yield request
    finally:
        _current.reset(token)


def apply_rules(rules: ServerRules) -> None:
    """Let the rest of the running request, if there is one, and the tasks that it starts be under these rules."""
    if (request := _current.get()) is not None:
        _current.set(replace(request, rules=rules))


def current_rules() -> ServerRules:
    """Return the rules of the server that the running request came from; outside of servers all is allowed."""
    request = _current.get()
    return request.rules if request is not None else ALL_ALLOWED
