"""Log to standard error, without any words of a writer."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from bot.errors.base import RedactedError, redacted_exc_info

log = logging.getLogger("bot")

# discord.py's warnings at each start about what is not used here: voice, and the list of servers.
_IGNORED_WARNINGS = frozenset(
    {
        "PyNaCl is not installed, voice will NOT be supported",
        "davey is not installed, voice will NOT be supported",
        "Guilds intent seems to be disabled. This may cause state related issues.",
    }
)
# At INFO they log every request to the model, with its address.
_NOISY_LOGGERS = frozenset({"httpx", "httpx2"})


def configure_logging() -> None:
    """Send all log records to standard error, through one filter, and nowhere else.

    The filter is on the handler, because libraries change their loggers' levels: anthropic does so when it is
    imported, by ANTHROPIC_LOG.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(_filter_record)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def _filter_record(record: logging.LogRecord) -> bool:
    """Drop records below INFO, where libraries log tokens and whole requests, and known warnings.

    An exception of the record is replaced by one without its message.
    """
    if record.name.startswith("discord.") and record.msg in _IGNORED_WARNINGS:
        return False
    error = record.exc_info[1] if record.exc_info else None
    if error is not None and not isinstance(error, RedactedError):
        record.exc_info, record.exc_text = redacted_exc_info(error), None
    noisy = record.name.split(".")[0] in _NOISY_LOGGERS
    return record.levelno >= (logging.WARNING if noisy else logging.INFO)


def log_unhandled_task_errors(loop: asyncio.AbstractEventLoop) -> None:
    """Log errors of tasks that nobody awaits without their messages, which asyncio itself would log."""

    def log_error(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        log.error("asyncio: %s", context["message"], exc_info=redacted_exc_info(error) if error is not None else None)

    loop.set_exception_handler(log_error)
