"""Errors between a person, Discord and the bot, and the message that a person gets for any error."""

from __future__ import annotations

import logging
from collections.abc import Callable

import aiohttp
import discord

from bot.errors import BotError, InvalidInput
from bot.errors.base import redacted_exc_info

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


class FormTimeout(BotError):
    """A form could not be opened in time."""

    def __init__(self) -> None:
        super().__init__("The bot was busy and could not open the form in time: press again. Nothing was changed.")


class AnsweredElsewhere(Exception):
    """Another process has answered the interaction, and does what it asks for."""


class UnknownCustomId(InvalidInput):
    """A custom id that this release does not know."""

    def __init__(self) -> None:
        super().__init__(
            "This button belongs to no panel that the bot knows. Everything is stored: /draft shows your essay anew."
        )


class NotOwner(BotError):
    """A panel of an essay or critique that is somebody else's, or is gone."""

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


class MayNotManageServer(BotError):
    """Somebody who may not manage the server used its settings."""

    def __init__(self) -> None:
        super().__init__(
            "Only whoever may manage this server (Manage Server) sees and changes what it allows, and in a DM there "
            "is nothing to set. Nothing was changed: ask one of those who manage the server."
        )


class NotInServer(InvalidInput):
    """Sharing was asked for where there is no channel to share in."""


class MayNotWriteHere(BotError):
    """Somebody who may not write in a thread wanted to do so by the bot."""

    def __init__(self) -> None:
        super().__init__(
            "You may not write in this thread (Send Messages in Threads), so your words went to nobody. Nothing was "
            "stored."
        )


class NotPosted(BotError):
    """Discord did not take a message that was to stand in a channel."""

    def __init__(self) -> None:
        super().__init__(
            "Discord did not take it, perhaps because the server's AutoMod blocks a word in it. Nothing was stored: "
            "change it, or try again in a minute."
        )


class AttachmentError(BotError):
    """A file that was not read.

    ``message_without_assurance`` is the message for a place where something else was stored.
    """

    def __init__(self, message: str) -> None:
        super().__init__(f"{message} Nothing was changed.")
        self.message_without_assurance = message


class AttachmentGone(AttachmentError, InvalidInput):
    """An attachment that can no longer be fetched."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is no longer there to be read: attach it again.")


class AttachmentNotFetched(AttachmentError):
    """An attachment that Discord did not deliver."""

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
    """Discord did not accept what was to be shown."""

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
    """Discord did not accept a file; or it did, and its response was lost."""

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


def error_message(error: BaseException) -> str | None:
    """Return what the person is told, None if nothing can reach them any more. Log a bug with its traceback."""
    for kind, message in _MESSAGES:
        if isinstance(error, kind):
            return message(error)
    log.error("a bug", exc_info=redacted_exc_info(error))
    return INTERNAL_ERROR_MESSAGE


def file_send_error(error: Exception) -> BotError | None:
    """Return the error to show for a file that could not be sent, None if nothing can reach the person any more."""
    return _as_bot_error(error, FileNotSent) if isinstance(error, discord.HTTPException) else FileNotSent.fault()


def _as_bot_error(error: discord.HTTPException, kind: type[MessageNotShown]) -> BotError | None:
    if error.code in _GONE_CODES or error.status == 401:
        return None  # nothing can be shown there any more; the next click shows what was stored
    if error.code in _DM_FORBIDDEN_CODES:
        return DmForbidden()
    return kind.refused() if error.code in _AUTOMOD_CODES or error.status == 403 else kind.fault()


def _discord_error_message(error: BaseException) -> str | None:
    assert isinstance(error, discord.HTTPException)
    shown = _as_bot_error(error, MessageNotShown)
    return str(shown) if shown is not None else None


def _bot_error_message(error: BaseException) -> str:
    assert isinstance(error, BotError)
    return error.public_message


_MESSAGES: tuple[tuple[type[BaseException], Callable[[BaseException], str | None]], ...] = (
    (BotError, _bot_error_message),
    (discord.HTTPException, _discord_error_message),
    (discord.InteractionResponded, lambda _: None),
    (AnsweredElsewhere, lambda _: None),
    (TimeoutError, lambda _: str(MessageNotShown.fault())),
    (OSError, lambda _: str(MessageNotShown.fault())),
    (aiohttp.ClientError, lambda _: str(MessageNotShown.fault())),  # aiohttp's dropped connection is not an OSError
)
