"""From errors to what a person is told: one table for commands, buttons, menus, forms and context menus."""

from __future__ import annotations

import logging
from collections.abc import Callable

import aiohttp
import discord

from bot.discord_ui.faults import ClosedDm, DoneElsewhere, NotHanded, NotShown
from bot.errors import BotError
from bot.logs import wordless

log = logging.getLogger(__name__)

OUR_FAULT = (
    "Something went wrong on our side. What was stored before is safe: /draft or /essays opens it. Tell whoever runs "
    "the bot if it happens twice."
)
# Discord's error codes (Topics, "Opcodes and Status Codes"): the interaction, its token or its message is gone.
_GONE = {10062, 10015, 10008, 50027}
# The person's DMs are closed to the bot, they share no server with it, or too many DMs were opened at once.
_CLOSED = {50007, 50278, 40003}
_AUTOMOD = {200000, 200001}


def _failed(error: discord.HTTPException, kind: type[NotShown]) -> BotError | None:
    if error.code in _GONE or error.status == 401:
        return None  # nobody can be told any more; the text waits for the next click
    if error.code in _CLOSED:
        return ClosedDm()
    return kind.refused() if error.code in _AUTOMOD or error.status == 403 else kind.fault()


def _of_discord(error: BaseException) -> str | None:
    assert isinstance(error, discord.HTTPException)
    told = _failed(error, NotShown)
    return str(told) if told is not None else None


def _elsewhere(error: BaseException) -> str:
    assert isinstance(error, BotError)
    return error.elsewhere


_TABLE: tuple[tuple[type[BaseException], Callable[[BaseException], str | None]], ...] = (
    (BotError, _elsewhere),
    (discord.HTTPException, _of_discord),
    (discord.InteractionResponded, lambda _: None),
    (DoneElsewhere, lambda _: None),
    (TimeoutError, lambda _: str(NotShown.fault())),
    (OSError, lambda _: str(NotShown.fault())),
    (aiohttp.ClientError, lambda _: str(NotShown.fault())),  # a dropped connection is no OSError there
)


def sentence(error: BaseException) -> str | None:
    """What the person is told; None where they can no longer be told anything. A bug is logged with its traceback."""
    for kind, told in _TABLE:
        if isinstance(error, kind):
            return told(error)
    log.error("a bug", exc_info=wordless(error))
    return OUR_FAULT


def not_handed(error: Exception) -> BotError | None:
    """What is to be told of a file that did not reach a person for this; None where they can no longer be told."""
    return _failed(error, NotHanded) if isinstance(error, discord.HTTPException) else NotHanded.fault()
