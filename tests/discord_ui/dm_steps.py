"""Steps of somebody who writes to the bot in its DM, and what is looked at there."""

from __future__ import annotations

import asyncio

import pytest

from bot.discord_ui.dm.inbox import TASK_NAME
from bot.essay.essay import Note
from tests.discord_ui.conftest import Bot
from tests.services.fakes import PATIENCE
from tests.simulators.discord import DiscordSimulator, Message, User

QUICK = 0.05  # seconds until a person is told, so that a test need not wait


def quick(bot: Bot) -> Bot:
    bot.client.dispatcher.dm_listener.notifier.notify_delay_seconds = QUICK
    return bot


@pytest.fixture
async def talking(bot: Bot) -> Bot:
    return quick(bot)


async def notes(bot: Bot, user: User) -> tuple[Note, ...]:
    return await bot.desk.notes(bot.writer(user), (await bot.essay(user)).id)


async def said(bot: Bot, user: User) -> list[str]:
    """Everything that the person wrote and that is stored: notes, then what waits."""
    found = [note.text for note in await notes(bot, user)]
    waiting = await bot.client.dispatcher.services.dm_messages.pending_messages(
        bot.writer(user), (await bot.essay(user)).id
    )
    return found + [piece.text for piece in waiting]


async def question(user: User) -> Message:
    """A panel in the DM with the first question."""
    panel = await (await user.slash(user.dm, "draft")).message()
    await user.click(panel, "Interview me")
    await user.sees(lambda _: "Next" in panel.buttons)
    return panel


async def everything(bot: Bot, user: User) -> list[str]:
    """All that is stored of what the person wrote, in every essay of theirs."""
    talk, writer = bot.client.dispatcher.services.dm_messages, bot.writer(user)
    found: list[str] = []
    for essay in await bot.desk.list_essays(writer):
        found += [note.text for note in await bot.desk.notes(writer, essay.id)]
        found += [piece.text for piece in await talk.pending_messages(writer, essay.id)]
    return found


async def wait_until_dms_are_read(bot: Bot) -> None:
    """Returns when each DM's task has ended, which it does when nothing is left to be done there."""
    async with asyncio.timeout(PATIENCE):
        await bot.client.gateway_changed.wait()  # only a session that has begun knows what to read
        while tasks := [task for task in asyncio.all_tasks() if task.get_name() == TASK_NAME]:
            await asyncio.wait(tasks)


def dm_messages_from_bot(sim: DiscordSimulator, user: User) -> list[Message]:
    return [one for one in sim.messages if one.channel is user.dm and one.author is sim.world.bot]
