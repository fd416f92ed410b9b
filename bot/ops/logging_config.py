"""The log of the running bot: one line an operation on standard error, without anybody's words."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from bot.errors.base import RedactedError, redacted_exc_info

log = logging.getLogger("bot")

# What discord.py warns of at each start, and nothing is to be done about: no voice is used, and no list of servers.
_IGNORED_WARNINGS = frozenset(
    {
        "PyNaCl is not installed, voice will NOT be supported",
        "davey is not installed, voice will NOT be supported",
        "Guilds intent seems to be disabled. This may cause state related issues.",
    }
)
# At INFO each writes a line for every request to the model, with the address it went to.
_NOISY_LOGGERS = frozenset({"httpx", "httpx2"})


def configure_logging() -> None:
    """Sends every log to standard error from here on, and nowhere else.

    What holds for it holds at the only way out, because libraries set their loggers' levels whenever they like:
    anthropic does so when it is imported, by ANTHROPIC_LOG.
    """
    way_out = logging.StreamHandler()
    way_out.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    way_out.addFilter(_filter_record)
    logging.basicConfig(level=logging.INFO, handlers=[way_out], force=True)


def _filter_record(record: logging.LogRecord) -> bool:
    """Whether a line is written: none below INFO, where libraries write tokens and whole requests with their texts,
    and none of what is known and no fault.

    An error that came with it loses its words.
    """
    if record.name.startswith("discord.") and record.msg in _IGNORED_WARNINGS:
        return False
    error = record.exc_info[1] if record.exc_info else None
    if error is not None and not isinstance(error, RedactedError):
        record.exc_info, record.exc_text = redacted_exc_info(error), None
    chatty = record.name.split(".")[0] in _NOISY_LOGGERS
    return record.levelno >= (logging.WARNING if chatty else logging.INFO)


def log_unhandled_task_errors(loop: asyncio.AbstractEventLoop) -> None:
    """Errors of tasks that nobody awaits are logged without their words, which asyncio's own line would hold."""

    def tell(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        log.error("asyncio: %s", context["message"], exc_info=redacted_exc_info(error) if error is not None else None)

    loop.set_exception_handler(tell)
