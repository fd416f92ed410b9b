"""Log to standard error, without any words of a writer, and without names and ids of Discord's.

Lines that belong to one request end in the start of its person's pseudonym and its id.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from bot.errors.base import RedactedError, redacted_exc_info
from bot.services.request_context import current_request

log = logging.getLogger("bot")

# discord.py's warnings at each start about what is not used here: voice, and the list of servers.
_IGNORED_WARNINGS = frozenset(
    {
        "PyNaCl is not installed, voice will NOT be supported",
        "davey is not installed, voice will NOT be supported",
        "Guilds intent seems to be disabled. This may cause state related issues.",
    }
)
# In asyncio's debug mode (PYTHONASYNCIODEBUG) such a line shows what was handed to a callback, or returned by a task.
_SLOW_CALLBACK = "Executing "
# At INFO they log every request to the model, with its address, and twice every job that is taken out of the queue.
_NOISY_LOGGERS = frozenset({"httpx", "httpx2", "procrastinate"})
_PSEUDONYM_LENGTH = 8  # of a person's pseudonym: enough to tell the people of one bot apart
# What a line may hold of a person: an address, whose path holds ids and tokens, as in discord.py's warnings of rate
# limits; an id of Discord's, which has 17 to 20 digits; and a session or a token.
_ADDRESS = re.compile(r"(https?|wss?)://\S+")
_IDENTIFIER = re.compile(r"\d{15,}|[0-9a-f]{32,}")


def configure_logging(*, as_json: bool = False) -> None:
    """Send all log records to standard error, through one filter, and nowhere else; ``as_json`` as JSON lines.

    The filter is on the handler, because libraries change their loggers' levels: anthropic does so when it is
    imported, by ANTHROPIC_LOG.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if as_json else TextFormatter())
    handler.addFilter(_filter_record)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def _filter_record(record: logging.LogRecord) -> bool:
    """Drop records below INFO, where libraries log tokens and whole requests, and known warnings.

    An exception of the record is replaced by one without its message, and its message by one without what may tell of
    a person.
    """
    noisy = record.name.split(".")[0] in _NOISY_LOGGERS
    if record.levelno < (logging.WARNING if noisy else logging.INFO):
        return False
    if record.name.startswith("discord.") and record.msg in _IGNORED_WARNINGS:
        return False
    if record.name == "asyncio" and str(record.msg).startswith(_SLOW_CALLBACK):
        return False
    error = record.exc_info[1] if record.exc_info else None
    if error is not None and not isinstance(error, RedactedError):
        record.exc_info, record.exc_text = redacted_exc_info(error), None
    record.msg, record.args = _redacted_message(record), None
    return True


def _redacted_message(record: logging.LogRecord) -> str:
    """Return a record's message with ids replaced; in a library's, addresses too."""
    try:
        message = record.getMessage()
    except Exception:  # noqa: BLE001 - logging itself would print the arguments of a malformed line
        return f"[a malformed line, {record.filename}:{record.lineno}]"
    if record.name.partition(".")[0] != "bot":
        message = _ADDRESS.sub("[address]", message)
    return _IDENTIFIER.sub("[id]", message)


class TextFormatter(logging.Formatter):
    """Format a record as a line for people, its request at the end: ``[d3f09a12 5f2c9d1e]``."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name that logging calls
        line, request = super().formatMessage(record), current_request()
        return line if request is None else f"{line} [{request.writer[:_PSEUDONYM_LENGTH]} {request.id}]"


class JsonFormatter(logging.Formatter):
    """Format a record as one line of JSON: time (UTC), level, logger, message; person, request and error if any."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (request := current_request()) is not None:
            line |= {"person": request.writer[:_PSEUDONYM_LENGTH], "request": request.id}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)


def log_unhandled_task_errors(loop: asyncio.AbstractEventLoop) -> None:
    """Log errors of tasks that nobody awaits without their messages, which asyncio itself would log."""

    def log_error(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        log.error("asyncio: %s", context["message"], exc_info=redacted_exc_info(error) if error is not None else None)

    loop.set_exception_handler(log_error)
