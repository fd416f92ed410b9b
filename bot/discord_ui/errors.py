"""What can go wrong between a person, Discord and the bot, each with its sentence."""

from __future__ import annotations

import logging
from collections.abc import Callable

import aiohttp
import discord

from bot.errors import BadInput, BotError
from bot.errors.base import redacted_exc_info


class FormTimeout(BotError):
    """A form could not be filled in time."""

    def __init__(self) -> None:
        super().__init__("Busy, press again. Nothing was changed.")


class ShuttingDown(BotError):
    """The bot is about to end."""

    def __init__(self) -> None:
        super().__init__(
            "The bot is being restarted, so this was not done. Everything is stored; try again in a minute."
        )


class AnsweredElsewhere(Exception):
    """An interaction that another process has answered: it is that one's to do."""


class UnknownCustomId(BadInput):
    """A custom id that this release never made."""

    def __init__(self) -> None:
        super().__init__(
            "This button belongs to no panel that the bot knows. Everything is stored: /draft shows your essay anew."
        )


class NotOwner(BotError):
    """A panel of somebody else's, or of something that is gone."""

    @classmethod
    def essay(cls) -> NotOwner:
        return cls(
            "This essay was deleted or is not yours, so nothing was changed: /essays lists your own, and /draft "
            "begins one."
        )

    @classmethod
    def critique(cls) -> NotOwner:
        return cls(
            "This critique was deleted or is not yours, so nothing was changed: /critique asks for one of your own."
        )


class AttachmentError(BotError):
    """A file that was not read. ``unassured`` is what is said of it beside something else that was stored."""

    def __init__(self, unassured: str) -> None:
        super().__init__(f"{unassured} Nothing was changed.")
        self.message_without_assurance = unassured


class AttachmentGone(AttachmentError, BadInput):
    """An attachment that can no longer be fetched."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is no longer there to be read: attach it again.")


class AttachmentNotFetched(AttachmentError):
    """An attachment that Discord did not hand over."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Discord did not hand over {name}: attach it again in a minute.")


class DmForbidden(BotError):
    """The bot may not write to the person."""

    def __init__(self) -> None:
        super().__init__(
            "Discord does not let the bot write to you: allow direct messages from this server's members in its "
            "privacy settings, or go on here. Everything is stored."
        )


class MessageNotShown(BotError):
    """Discord would not take what was to be shown."""

    @classmethod
    def refused(cls) -> MessageNotShown:
        return cls(
            "Discord refused to show this, perhaps because the server's AutoMod blocks a word in it. Everything is "
            "stored: go on in a DM with the bot, where /draft or /essays opens it."
        )

    @classmethod
    def fault(cls) -> MessageNotShown:
        return cls(
            "Discord had a fault, so this was not shown. Everything is stored: try again, or open it by /essays."
        )


class FileNotSent(MessageNotShown):
    """Discord would not take a file that was to be handed over; or has it, and its word of that was lost."""

    @classmethod
    def refused(cls) -> FileNotSent:
        return cls(
            "Discord refused the file, perhaps because the server's AutoMod blocks a word in it. The text is stored as "
            "it was: in a DM with the bot, /export hands it out; choose this essay there."
        )

    @classmethod
    def fault(cls) -> FileNotSent:
        return cls(
            "Discord had a fault, so the file may not have come. The text is stored as it was: Export on its panel "
            "hands it out again, and so does /export; choose this essay there."
        )


# From errors to what a person is told: one table for commands, buttons, menus, forms and context menus.


log = logging.getLogger(__name__)

INTERNAL_ERROR_MESSAGE = (
    "Something went wrong on our side. What was stored before is safe: /draft or /essays opens it. Tell whoever runs "
    "the bot if it happens twice."
)
# Discord's error codes (Topics, "Opcodes and Status Codes"): the interaction, its token or its message is gone.
_GONE_CODES = {10062, 10015, 10008, 50027}
# The person's DMs are closed to the bot, they share no server with it, or too many DMs were opened at once.
_DM_FORBIDDEN_CODES = {50007, 50278, 40003}
_AUTOMOD_CODES = {200000, 200001}


def _as_bot_error(error: discord.HTTPException, kind: type[MessageNotShown]) -> BotError | None:
    if error.code in _GONE_CODES or error.status == 401:
        return None  # nobody can be told any more; the text waits for the next click
    if error.code in _DM_FORBIDDEN_CODES:
        return DmForbidden()
    return kind.refused() if error.code in _AUTOMOD_CODES or error.status == 403 else kind.fault()


def _discord_error_message(error: BaseException) -> str | None:
    assert isinstance(error, discord.HTTPException)
    told = _as_bot_error(error, MessageNotShown)
    return str(told) if told is not None else None


def _bot_error_message(error: BaseException) -> str:
    assert isinstance(error, BotError)
    return error.elsewhere


_MESSAGES: tuple[tuple[type[BaseException], Callable[[BaseException], str | None]], ...] = (
    (BotError, _bot_error_message),
    (discord.HTTPException, _discord_error_message),
    (discord.InteractionResponded, lambda _: None),
    (AnsweredElsewhere, lambda _: None),
    (TimeoutError, lambda _: str(MessageNotShown.fault())),
    (OSError, lambda _: str(MessageNotShown.fault())),
    (aiohttp.ClientError, lambda _: str(MessageNotShown.fault())),  # a dropped connection is no OSError there
)


def error_message(error: BaseException) -> str | None:
    """What the person is told; None where they can no longer be told anything. A bug is logged with its traceback."""
    for kind, told in _MESSAGES:
        if isinstance(error, kind):
            return told(error)
    log.error("a bug", exc_info=redacted_exc_info(error))
    return INTERNAL_ERROR_MESSAGE


def file_send_error(error: Exception) -> BotError | None:
    """What is to be told of a file that did not reach a person for this; None where they can no longer be told."""
    return _as_bot_error(error, FileNotSent) if isinstance(error, discord.HTTPException) else FileNotSent.fault()
