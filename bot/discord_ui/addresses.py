"""Where a panel can be changed, and something said beside it: by the latest click's token, or in the bot's own DM."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import aiohttp
import discord

from bot.discord_ui.cards import Card
from bot.discord_ui.components import layout

# Discord's error codes (Topics, "Opcodes and Status Codes").
MESSAGE_GONE = 10008
# It comes out of turn at times, where the bot may well write (discord.py's issues 7275 and 7666), and passes.
MISSING_ACCESS = 50001
_TOKEN_DEAD = (50027, 10015)  # invalid webhook token, unknown webhook


class AddressGone(Exception):
    """Nothing can be said there any more: the next click on the panel, or /draft, shows how things stand."""


class MessageGone(Exception):
    """The panel's message was deleted; beside where it stood, something can still be said."""


STUMBLES = (discord.HTTPException, OSError, aiohttp.ClientError)
"""What Discord or the way to it may raise at any call; a dropped connection is no OSError in aiohttp."""


class Address(Protocol):
    """Where a panel can be edited, and something said beside it."""

    async def edit(self, card: Card) -> None:
        """Shows the card. Raises discord.HTTPException, OSError, aiohttp.ClientError, AddressGone, MessageGone."""

    async def say(self, card: Card, nonce: str) -> None:
        """Shows the card in a message of its own. Raises as ``edit`` does.

        Of the same ``nonce``, of at most 25 characters, Discord takes one message in some minutes, so that it can be
        said again where only the answer was lost.
        """

    @property
    def own_dm(self) -> bool:
        """Whether that is the bot's own DM with the person."""

    def left(self, now: datetime) -> float | None:
        """For how many seconds from now on the panel can be changed; None where no end is known."""

    def after(self) -> Address | None:
        """The address that stays when this one is gone; None where there is none."""


@dataclass(frozen=True, slots=True)
class ByChannel:
    """A message in the bot's own DM, which can be changed for as long as it exists."""

    message: discord.Message | discord.PartialMessage

    async def edit(self, card: Card) -> None:
        """See Address."""
        try:
            await self.message.edit(view=layout(card))
        except (discord.NotFound, discord.Forbidden) as error:
            raise _of_channel(error) from error

    async def say(self, card: Card, nonce: str) -> None:
        """See Address."""
        try:
            await self.message.channel.send(view=layout(card), nonce=nonce)
        except (discord.NotFound, discord.Forbidden) as error:
            raise _of_channel(error) from error

    @property
    def own_dm(self) -> bool:
        """See Address."""
        return True

    def left(self, now: datetime) -> None:
        """See Address."""

    def after(self) -> None:
        """See Address."""


@dataclass(frozen=True, slots=True)
class ByToken:
    """The message that an interaction answers with, or stands on: for 15 minutes. ``message`` is its id."""

    interaction: discord.Interaction[discord.Client]
    message: int
    hidden: bool

    async def edit(self, card: Card) -> None:
        """See Address."""
        try:
            await self.interaction.edit_original_response(view=layout(card))
        except discord.HTTPException as error:
            raise _of_token(error) from error

    async def say(self, card: Card, nonce: str) -> None:
        """See Address. One follow-up a job: of the five that a user install has, the files take the others.

        Discord knows no nonce of follow-ups, so one whose answer was lost may come twice.
        """
        try:
            await self.interaction.followup.send(view=layout(card), ephemeral=self.hidden)
        except discord.HTTPException as error:
            raise _of_token(error) from error

    def left(self, now: datetime) -> float:
        """See Address."""
        return (self.interaction.expires_at - now).total_seconds()

    @property
    def own_dm(self) -> bool:
        """See Address."""
        return not self.hidden and bool(self.interaction.context.dm_channel)

    def after(self) -> ByChannel | None:
        """See Address: the bot's own DM is a channel in which it may write."""
        if not self.own_dm or self.interaction.channel_id is None:
            return None
        channel = self.interaction.client.get_partial_messageable(self.interaction.channel_id)
        return ByChannel(channel.get_partial_message(self.message))


def _of_channel(error: discord.HTTPException) -> Exception:
    if error.code == MISSING_ACCESS:
        return error
    return MessageGone() if error.code == MESSAGE_GONE else AddressGone()


def _of_token(error: discord.HTTPException) -> Exception:
    if error.status == 401 or error.code in _TOKEN_DEAD:
        return AddressGone()
    if isinstance(error, discord.NotFound):
        return MessageGone() if error.code == MESSAGE_GONE else AddressGone()
    return error
