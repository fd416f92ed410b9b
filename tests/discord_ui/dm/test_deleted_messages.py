"""What a writer has deleted stays so: the words they wrote in the DM, however often the bot reads it again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.services.dm_messages import StoredMessage
from tests.discord_ui.conftest import Bot, Scripted, started
from tests.discord_ui.dm_steps import dm_messages_from_bot, everything, question, quick, wait_until_dms_are_read
from tests.discord_ui.panel_steps import reads
from tests.services.fakes import Gate
from tests.simulators.discord import Attachment, DiscordSimulator, Message, User

SECRET = "My boss Klaus was drunk in 2014."


async def write_message_and_delete_essay(bot: Bot, user: User) -> Message:
    """A message with a file, of which a note is made, and whose essay is deleted for good."""
    panel = await question(user)
    message = await user.say(user.dm, SECRET, [Attachment("notes.md", b"## What I missed\n\nKlaus again.")])
    await user.sees(lambda screen: "1 note stored" in screen.text and "1 message" in panel.text)
    await (await user.click(panel, "Next")).followup()
    await delete_essay(bot, user)
    return message


async def delete_essay(bot: Bot, user: User) -> None:
    """Deletes the last changed essay for good."""
    listed = await (await user.slash(user.dm, "essays")).message()
    await user.select(listed, "Choose an essay", (await bot.essay(user)).id)
    for label in ("Delete", "Yes, delete it", "Delete for good"):
        await user.sees(reads(listed, f"[{label}]"))
        await user.click(listed, label)
    await user.sees(reads(listed, "It is deleted."))


async def leave_as_it_is(user: User, message: Message) -> None:
    """Leaves the message in Discord as it is."""


async def edit(user: User, message: Message) -> None:
    await user.edit(message, f"{SECRET} Twice.")


async def delete(user: User, message: Message) -> None:
    await user.delete(message)


@pytest.mark.parametrize("another", [False, True], ids=["the only essay", "another is left"])
@pytest.mark.parametrize("then", [leave_as_it_is, edit, delete])
async def test_dm_messages_of_a_deleted_essay_do_not_come_back_with_a_restart(
    sim: DiscordSimulator, tmp_path: Path, then: Callable[[User, Message], Awaitable[None]], another: bool
) -> None:
    """Neither as an essay nor as notes of another one, and nobody is told of them; also where they were edited since,
    while the bot was away or while it reads."""
    user = sim.user("writer")
    async with started(sim, tmp_path / "essays.db", Scripted()) as bot:
        quick(bot)
        if another:
            await bot.desk.create_essay(bot.writer(user), bot.desk.structures["layoff"])
            await bot.desk.add_notes(bot.writer(user), (await bot.essay(user)).id, "I was let go in May.")
            await (await user.slash(user.dm, "draft", title="A new one")).message()
        message = await write_message_and_delete_essay(bot, user)
    left = ["I was let go in May."] if another else []
    await then(user, message)
    hold = sim.delay("GET", f"/channels/{user.dm.id}/messages", 0.1, times=1)
    async with started(sim, tmp_path / "essays.db", Scripted()) as bot:
        quick(bot)
        before = len(dm_messages_from_bot(sim, user))
        await sim.timeline.until(lambda: hold.used, 10, lambda: "the DM was not read")
        if then is not delete:
            await then(user, message)
        await wait_until_dms_are_read(bot)
        assert await everything(bot, user) == left
        await user.say(user.dm, "It was loud.")
        await user.sees(lambda screen: len(dm_messages_from_bot(sim, user)) > before)
        assert await everything(bot, user) == [*left, "It was loud."]
        assert len(dm_messages_from_bot(sim, user)) == before + 1


async def test_dm_messages_of_a_deleted_essay_do_not_come_back_with_a_new_gateway_session(
    sim: DiscordSimulator, bot: Bot
) -> None:
    quick(bot)
    user = sim.user("writer")
    await write_message_and_delete_essay(bot, user)
    before = len(dm_messages_from_bot(sim, user))
    await bot.client.on_connect()
    await wait_until_dms_are_read(bot)
    assert await bot.desk.list_essays(bot.writer(user)) == ()
    assert len(dm_messages_from_bot(sim, user)) == before


async def test_a_dm_message_deleted_before_it_was_read_is_not_stored(
    sim: DiscordSimulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page of the DM that the bot is reading still holds it."""
    user, gate = sim.user("writer"), Gate()
    async with started(sim, tmp_path / "essays.db", Scripted()) as bot:
        await (await user.slash(user.dm, "draft")).message()
    await user.say(user.dm, "It was loud.")
    message = await user.say(user.dm, SECRET)
    async with started(sim, tmp_path / "essays.db", Scripted()) as bot:
        quick(bot)
        messages = bot.client.dispatcher.services.dm_messages
        add_message = messages.add_message

        async def slowly(*given: Any, **more: Any) -> StoredMessage | None:
            await gate.hold()
            return await add_message(*given, **more)

        monkeypatch.setattr(messages, "add_message", slowly)
        await gate.reached()
        await user.delete(message)
        heard = asyncio.ensure_future(bot.client.wait_for("message", timeout=5))
        await user.say(user.dm, "Nobody listened.")  # what comes after the deletion has been heard tells that it was
        await heard
        gate.release()
        await user.sees(lambda screen: "You wrote 2 messages" in screen.text)
        assert await everything(bot, user) == ["It was loud.", "Nobody listened."]
