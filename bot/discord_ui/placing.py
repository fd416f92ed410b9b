"""Finds sections for the notes of files that came in the DM: once they are stored and told of, holding up nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection

import discord

from bot.discord_ui.telling import Teller
from bot.errors import BotError
from bot.workflow.interview import Interview

log = logging.getLogger("bot.discord")


class Placing:
    """Asks the interviewer, for one essay at a time once. What it is stopped at stays under no section."""

    def __init__(self, interview: Interview, teller: Teller) -> None:
        self._interview = interview
        self._teller = teller
        self._left: dict[tuple[str, str], set[int]] = {}  # the notes still to be placed of essays that are at it
        self._tasks: set[asyncio.Task[None]] = set()

    def later(self, client: discord.Client, writer: str, channel: int, essay: str, notes: Collection[int]) -> None:
        """Notes of an essay, by number, to be placed as soon as the ones before are. Returns at once."""
        if (left := self._left.get((writer, essay))) is not None:
            left.update(notes)
            return
        self._left[writer, essay] = set(notes)
        task = asyncio.create_task(self._place(client, writer, channel, essay), name="placing")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Places nothing any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _place(self, client: discord.Client, writer: str, channel: int, essay: str) -> None:
        left = self._left[writer, essay]
        try:
            while left:
                numbers = set(left)
                left.clear()
                found = await self._interview.sort(writer, essay, numbers)
                if found.notice or any(note.section is not None for note in found.notes):
                    self._teller.placed(client, writer, channel, essay, found.notice)
        except BotError as error:  # the essay is gone, or the store is: what is there is shown by the next click
            log.info("notes could not be placed: %s", type(error).__name__)
        finally:
            del self._left[writer, essay]
