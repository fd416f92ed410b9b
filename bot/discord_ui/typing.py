"""Shows in the DM that the bot is writing, while a model thinks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import discord

from bot.discord_ui.addresses import STUMBLES
from bot.discord_ui.press import Interaction, place_of

_SHOWN_SECONDS = 8.0  # Discord shows it for ten
_DELAY_SECONDS = 0.2  # most answers need no model, and are there sooner


@asynccontextmanager
async def typing(interaction: Interaction) -> AsyncIterator[None]:
    """Shows it in the bot's own DM for as long as the block runs; elsewhere nothing. No fault of Discord's ends it."""
    if not place_of(interaction).own_dm or interaction.channel_id is None:
        yield
        return
    task = asyncio.create_task(_show(interaction.client, interaction.channel_id))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _show(client: discord.Client, channel: int) -> None:
    await asyncio.sleep(_DELAY_SECONDS)
    with suppress(*STUMBLES):
        while True:
            await client.http.send_typing(channel)
            await asyncio.sleep(_SHOWN_SECONDS)
