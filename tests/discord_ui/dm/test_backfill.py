"""What is written in the DM while the bot does not hear it: read later, in order, once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import discord
import pytest

from bot.errors import StoreFull
from bot.services.dm_messages import StoredMessage
from tests.discord_ui.conftest import Bot, Scripted, started
from tests.discord_ui.dm_steps import dm_messages_from_bot, question, quick, said, talking, wait_until_dms_are_read
from tests.discord_ui.messages.test_discord_faults import AsyncioWithInstantSleep
from tests.discord_ui.panel_steps import reads
from tests.services.fakes import PATIENCE
from tests.simulators.discord import Attachment, DiscordSimulator

__all__ = ["talking"]  # a fixture


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "essays.db"


async def test_dm_messages_sent_while_the_bot_was_offline_are_read_in_order_and_announced_once(
    sim: DiscordSimulator, folder: Path
) -> None:
    """More than a page of it, files among it; also an edit of a message from before, and a channel never written in."""
    sim.settings.rate_limits = False  # its limit on reading would stretch this to five seconds
    user, other = sim.user("writer"), sim.user("other")
    async with started(sim, folder, Scripted()) as bot:
        quick(bot)
        panel = await question(user)
        await (await other.slash(other.dm, "draft")).message()
        early = await user.say(user.dm, "first")
        await user.sees(reads(panel, "1 message"))
    expected = [f"message {number}" for number in range(120)]
    for text in expected:
        await user.say(user.dm, text)
    await user.edit(early, "first, edited")
    late = await user.say(user.dm, "last", [Attachment("notes.md", b"A page of notes.")])
    await user.edit(late, "last, edited")
    await other.say(other.dm, "Hello")
    before = len(dm_messages_from_bot(sim, user))
    async with started(sim, folder, Scripted()) as bot:
        quick(bot)
        await user.sees(lambda screen: "122 messages" in screen.text and "1 note stored" in screen.text)
        await other.sees(lambda screen: "You wrote 1 message" in screen.text)
        assert await said(bot, user) == ["A page of notes.", "first, edited", *expected, "last, edited"]
        assert await said(bot, other) == ["Hello"]
        assert len(dm_messages_from_bot(sim, user)) <= before + 2
    shown = len(sim.messages)
    async with started(sim, folder, Scripted()) as bot:
        quick(bot)
        await user.say(user.dm, "and on")
        await user.sees(lambda screen: "123 messages" in screen.text)
        assert await said(bot, user) == ["A page of notes.", "first, edited", *expected, "last, edited", "and on"]
        assert len(sim.messages) == shown + 2


@pytest.mark.parametrize("resumable", [True, False])
async def test_a_lost_gateway_connection_loses_no_dm_message(
    sim: DiscordSimulator, talking: Bot, resumable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Resumed, Discord sends what came meanwhile; with a new session it does not, and the channel is read."""
    monkeypatch.setattr(discord.client, "asyncio", AsyncioWithInstantSleep())  # its pause before it connects again
    monkeypatch.setattr(discord.gateway, "asyncio", AsyncioWithInstantSleep())
    user = sim.user("writer")
    panel = await question(user)
    await user.say(user.dm, "Before.")
    await user.sees(reads(panel, "1 message"))
    identified = sim.gateway.identifies
    if not resumable:
        sim.gateway.forget_sessions()
    sim.gateway.drop()
    await user.say(user.dm, "CallbackGate.")
    await sim.gateway.wait_connected(20)
    await user.say(user.dm, "After.")
    await user.sees(lambda screen: "3 messages" in screen.text, timeout=20)
    assert await said(talking, user) == ["Before.", "CallbackGate.", "After."]
    assert (sim.gateway.identifies > identified) is not resumable


@pytest.mark.parametrize(("status", "code"), [(400, 0), (403, 50001), (404, 10003), (503, 0)])
async def test_a_dm_history_that_discord_refuses_is_read_later(
    sim: DiscordSimulator, folder: Path, monkeypatch: pytest.MonkeyPatch, status: int, code: int
) -> None:
    """CallbackGate what is written is stored all the same, and comes behind what was written before."""
    monkeypatch.setattr("bot.discord_ui.dm.inbox._RETRY_DELAYS_SECONDS", (0.1, 0.1))
    user = sim.user("writer")
    async with started(sim, folder, Scripted()) as bot:
        quick(bot)
        panel = await question(user)
        await user.say(user.dm, "one")
        await user.sees(reads(panel, "1 message"))
    await user.say(user.dm, "two")
    sim.fail_next("GET", f"/channels/{user.dm.id}/messages", status, code)
    async with started(sim, folder, Scripted()) as bot:
        quick(bot)
        await user.say(user.dm, "three")
        await user.sees(lambda screen: "3 messages" in screen.text)
        assert await said(bot, user) == ["one", "two", "three"]


async def test_a_refused_dm_that_one_process_could_not_read_is_read_by_the_next(
    sim: DiscordSimulator, folder: Path
) -> None:
    """What was written meanwhile does not move the mark past what was not read."""
    user = sim.user("writer")
    async with started(sim, folder, Scripted()) as bot:
        await (await user.slash(user.dm, "draft")).message()
    await user.say(user.dm, "one")
    refused = sim.fail_next("GET", f"/channels/{user.dm.id}/messages", 403, 50001, times=1)
    async with started(sim, folder, Scripted()) as bot:
        quick(bot)
        await sim.timeline.until(lambda: refused.used, 10, lambda: "the DM was not read")
        await user.say(user.dm, "two")
        await user.sees(lambda screen: "You wrote 1 message" in screen.text)
        assert await said(bot, user) == ["two"]
    async with started(sim, folder, Scripted()) as bot:
        await wait_until_dms_are_read(bot)
        assert await said(bot, user) == ["one", "two"]


async def test_reading_a_refused_dm_is_given_up_until_its_writer_writes_again(
    sim: DiscordSimulator, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A writer who is there is told that something may be missing."""
    monkeypatch.setattr("bot.discord_ui.dm.inbox._RETRY_DELAYS_SECONDS", (0.01,))
    monkeypatch.setattr("bot.discord_ui.dm.inbox._PACE_SECONDS", 0.0)
    monkeypatch.setattr("bot.discord_ui.dm.inbox._MAX_REFUSALS", 3)
    user = sim.user("writer")
    async with started(sim, folder, Scripted()) as bot:
        await (await user.slash(user.dm, "draft")).message()
    await user.say(user.dm, "one")
    refused = sim.fail_next("GET", f"/channels/{user.dm.id}/messages", 403, 50001, times=6)
    async with started(sim, folder, Scripted()) as bot:
        quick(bot)
        async with asyncio.timeout(PATIENCE):
            while not any("a DM was refused 3 times" in line for line in caplog.messages):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert refused.used == 3
        await user.say(user.dm, "two")
        await user.sees(lambda screen: "Discord does not let the bot read" in screen.text)
        assert await said(bot, user) == ["two"]
        await user.say(user.dm, "three")
        await user.sees(lambda screen: "You wrote 3 messages" in screen.text)
        assert await said(bot, user) == ["one", "two", "three"]


async def test_a_dropped_connection_while_reading_or_answering_a_dm_loses_nothing(
    sim: DiscordSimulator, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read again a little later, and meanwhile those of others are; what could not be told comes with the next
    message."""
    monkeypatch.setattr("bot.discord_ui.dm.inbox._RETRY_DELAYS_SECONDS", (0.05, 0.05))
    user, other = sim.user("writer"), sim.user("other")
    async with started(sim, folder, Scripted()) as bot:
        for person in (user, other):
            await (await person.slash(person.dm, "draft")).message()
    for person in (user, other):
        await person.say(person.dm, "one")
    reading, telling = drop_connection_once(monkeypatch, "logs_from"), drop_connection_once(monkeypatch, "send_message")
    async with started(sim, folder, Scripted()) as bot:
        quick(bot)
        async with asyncio.timeout(PATIENCE):
            await reading.wait()
            await telling.wait()
        await wait_until_dms_are_read(bot)
        for person in (user, other):
            assert await said(bot, person) == ["one"]
            await person.say(person.dm, "two")
            await person.sees(lambda screen: "You wrote 2 messages" in screen.text)


def drop_connection_once(monkeypatch: pytest.MonkeyPatch, method: str) -> asyncio.Event:
    """The connection to Discord drops once, at the next use of that method of discord.py's; set when it has."""
    whole, dropped = getattr(discord.http.HTTPClient, method), asyncio.Event()

    def first(*_: object, **__: object) -> object:
        monkeypatch.setattr(discord.http.HTTPClient, method, whole)
        dropped.set()
        raise aiohttp.ServerDisconnectedError

    monkeypatch.setattr(discord.http.HTTPClient, method, first)
    return dropped


async def test_a_dm_message_refused_by_a_full_disk_is_told_and_stored_later(
    sim: DiscordSimulator, talking: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in the DM all the while: as soon as there is room it is stored, in its place."""
    monkeypatch.setattr("bot.discord_ui.dm.inbox._RETRY_DELAYS_SECONDS", (0.3, 0.3))
    user = sim.user("writer")
    panel = await question(user)
    messages = talking.client.dispatcher.services.dm_messages
    add_message, full = messages.add_message, [True]

    async def refusing(*given: Any, **more: Any) -> StoredMessage | None:
        if full[0]:
            raise StoreFull(Path("essays.db"))
        return await add_message(*given, **more)

    monkeypatch.setattr(messages, "add_message", refusing)
    await user.say(user.dm, "one")
    await user.sees(lambda screen: StoreFull.public_message in screen.text)
    full[0] = False
    await user.say(user.dm, "two")
    await user.sees(reads(panel, "2 messages"))
    assert await said(talking, user) == ["one", "two"]


async def test_a_bug_with_one_dm_message_keeps_no_other_from_being_stored_and_it_is_read_again(
    sim: DiscordSimulator, talking: Bot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It stands behind the mark until it is stored, and its words are in no log."""
    monkeypatch.setattr("bot.discord_ui.dm.inbox._RETRY_DELAYS_SECONDS", (0.3, 0.3))
    user = sim.user("writer")
    panel = await question(user)
    messages = talking.client.dispatcher.services.dm_messages
    add_message, failing = messages.add_message, [True]

    async def with_a_bug(writer: str, message: int, text: str, *given: Any, **more: Any) -> StoredMessage | None:
        if failing[0] and text == "one":
            raise ValueError(text)
        return await add_message(writer, message, text, *given, **more)

    monkeypatch.setattr(messages, "add_message", with_a_bug)
    await user.say(user.dm, "one")
    await user.say(user.dm, "two")
    await user.sees(reads(panel, "1 message"))
    failing[0] = False
    await user.sees(reads(panel, "2 messages"))
    assert await said(talking, user) == ["one", "two"]
    assert "a bug" in caplog.messages
