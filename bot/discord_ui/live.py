"""Panels that watch a job: each shows how far it is, and its end.

A panel is known by its message; the latest click on it brings the token by which it can be edited. When that dies, the
watch ends quietly, and what the job writes waits in the store for the next click.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Protocol

import discord

from bot.discord_ui.cards import Card
from bot.discord_ui.components import layout
from bot.discord_ui.panels import lists
from bot.discord_ui.replies import sentence
from bot.discord_ui.reply import Show, Watch
from bot.errors import BotError
from bot.workflow.runner import JobRunner

log = logging.getLogger(__name__)

# No sooner than this after the last edit has come back: @original takes five edits in five seconds.
EDIT_SECONDS = 1.2


class Address(Protocol):
    """Where a panel can be edited."""

    async def edit(self, card: Card) -> None:
        """Shows the card. Raises discord.HTTPException, OSError."""


@dataclass(frozen=True, slots=True)
class ByToken:
    """The message that an interaction answers with, or stands on: for 15 minutes."""

    interaction: discord.Interaction[discord.Client]

    async def edit(self, card: Card) -> None:
        """See Address."""
        await self.interaction.edit_original_response(view=layout(card))


@dataclass(frozen=True, slots=True)
class ByChannel:
    """A message in the bot's own DM."""

    message: discord.Message

    async def edit(self, card: Card) -> None:
        """See Address."""
        await self.message.edit(view=layout(card))


@dataclass(eq=False)
class _Panel:
    """A watching panel. ``address`` is replaced when the panel is clicked meanwhile."""

    address: Address
    shown: Card


class Live:
    """The watching panels of this process, by job and message."""

    def __init__(self, jobs: JobRunner, edit_seconds: float = EDIT_SECONDS) -> None:
        self._jobs = jobs
        self._edit_seconds = edit_seconds
        self._panels: dict[tuple[int, int], _Panel] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def watch(self, watch: Watch, message: int, address: Address, shown: Card) -> None:
        """Lets the panel, a message's id, follow the job from what it shows now. Returns at once."""
        key = (watch.job.id, message)
        if (panel := self._panels.get(key)) is not None:
            panel.address, panel.shown = address, shown
            return
        self._panels[key] = _Panel(address, shown)
        task = asyncio.create_task(self._follow(watch, key), name=f"panel-of-job-{watch.job.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self, seconds: float) -> None:
        """Waits until every panel has shown the end of its job, but no longer than so many seconds."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _follow(self, watch: Watch, key: tuple[int, int]) -> None:
        panel = self._panels[key]
        try:
            async for view in self._jobs.watch(watch.job.writer, watch.job.id):
                if view.job.state.ended:
                    break
                if (card := watch.card(view)) != panel.shown:
                    await self._show(panel, card)
                    await asyncio.sleep(self._edit_seconds)
            del self._panels[key]  # a click from here on finds the job ended, and follows nothing
            await self._show_end(panel, watch)
        except BotError as error:  # the essay was deleted, or the store is gone: the next click tells
            log.info("panel of job %d: %s", watch.job.id, type(error).__name__)
        finally:
            self._panels.pop(key, None)

    async def _show_end(self, panel: _Panel, watch: Watch) -> None:
        show: Show = await watch.end()
        told = await self._show(panel, show.card)
        if (
            told is not None
        ):  # a sentence is shown where the text is refused, so that nobody waits in front of "Writing"
            await self._show(panel, lists.said(told))

    async def _show(self, panel: _Panel, card: Card) -> str | None:
        """Shows the card; what is to be told where Discord refused it, None where it did not or nobody can be told."""
        try:
            await panel.address.edit(card)
        except (discord.HTTPException, OSError) as error:
            log.info("a panel could not be edited: %s", type(error).__name__)
            return sentence(error)
        panel.shown = card
        return None
