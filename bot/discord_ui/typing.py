"""Shows in the DM that the bot is writing, while a model thinks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import discord

from bot.discord_ui.addresses import STUMBLES
from bot.discord_ui.press import Interaction, place_of

_SHOWN_SECONDS = 8.0  # Discord shows it for ten
_DELAY_SECONDS = 0.2  # most answers need no model, and are there sooner
# Discord takes 50 requests a second of a bot in all, and answers need them: with more people than this at once some see
# nothing until their panel says a moment later that it goes on.
_A_SECOND = 2


class Typing:
    """Says it for everybody, in one channel at most every _SHOWN_SECONDS, and in all together _A_SECOND times."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._shown: dict[int, float] = {}

    @asynccontextmanager
    async def __call__(self, interaction: Interaction) -> AsyncIterator[None]:
        """Shows it in the bot's own DM for as long as the block runs; elsewhere nothing. No fault of Discord's ends
        it."""
        if not place_of(interaction).own_dm or interaction.channel_id is None:
            yield
            return
        task = asyncio.create_task(self._show(interaction.client, interaction.channel_id))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def may(self, channel: int) -> bool:
        """Whether it may be said now in a channel; if so, it counts as said."""
        now = self._clock()
        self._shown = {one: at for one, at in self._shown.items() if now - at < _SHOWN_SECONDS}
        if channel in self._shown or sum(now - at < 1 for at in self._shown.values()) >= _A_SECOND:
            return False
        self._shown[channel] = now
        return True

    async def _show(self, client: discord.Client, channel: int) -> None:
        await asyncio.sleep(_DELAY_SECONDS)
        with suppress(*STUMBLES):
            while True:
                if self.may(channel):
                    await client.http.send_typing(channel)
                await asyncio.sleep(_SHOWN_SECONDS)
