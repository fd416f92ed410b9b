"""What was written while the bot was away and is read late: it belongs where it did when it was written.

Discord may refuse a DM for a minute after the start, in which its writer goes on.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.discord_ui.conftest import Bot, Scripted, started
from tests.discord_ui.dm.test_deleted_messages import SECRET, delete_essay
from tests.discord_ui.dm_steps import everything, notes, question, quick, said, wait_until_dms_are_read
from tests.discord_ui.panel_steps import reads
from tests.simulators.discord import Attachment, DiscordSimulator, User


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "essays.db"


@pytest.fixture(autouse=True)
def read_refused_dm_again_at_once(sim: DiscordSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A DM that Discord refuses is read again at once, for as long as it does: faster than Discord's limits allow."""
    sim.settings.rate_limits = False
    monkeypatch.setattr("bot.discord_ui.dm.inbox._RETRY_DELAYS_SECONDS", (0.02,))
    monkeypatch.setattr("bot.discord_ui.dm.inbox._PACE_SECONDS", 0.0)
    monkeypatch.setattr("bot.discord_ui.dm.inbox._MAX_REFUSALS", 100_000)


@asynccontextmanager
async def bot_that_is_refused_the_dm(sim: DiscordSimulator, folder: Path, user: User) -> AsyncIterator[Bot]:
    """The bot, started anew, to which Discord refuses the DM until the faults are cleared."""
    fault = sim.fail_next("GET", f"/channels/{user.dm.id}/messages", 403, 50001, times=None)
    async with started(sim, folder, Scripted()) as bot:
        quick(bot)
        await sim.timeline.until(lambda: fault.used > 1, 10, lambda: "the DM was not read")
        yield bot


async def test_a_dm_message_read_late_joins_the_answer_it_was_written_for(sim: DiscordSimulator, folder: Path) -> None:
    """In its place, although the answer has ended since; the next question's answer is as it was. None is there
    twice."""
    user = sim.user("writer")
    async with started(sim, folder, Scripted()) as bot:
        quick(bot)
        panel = await question(user)
        await user.say(user.dm, "one")
        await user.sees(reads(panel, "1 message"))
    for text in ("two", "three"):
        await user.say(user.dm, text)
    async with bot_that_is_refused_the_dm(sim, folder, user) as bot:
        await user.say(user.dm, "four")
        await user.sees(lambda screen: "2 messages" in screen.text)
        first = (await bot.desk.list_essays(bot.writer(user)))[0]
        asked = (await bot.client.dispatcher.services.interview.asked_questions(bot.writer(user), first.id))[0]
        below = await (await user.click(panel, "Next")).followup()
        await user.say(user.dm, "An answer to the next.")
        await user.sees(reads(below, "1 message"))
        sim.faults.clear()
        await wait_until_dms_are_read(bot)
        await user.sees(lambda screen: "1 note stored" in screen.text)
        (note,) = await notes(bot, user)
        assert (note.text, note.question) == ("one\n\ntwo\n\nthree\n\nfour", asked.text)
        assert await said(bot, user) == [note.text, "An answer to the next."]
        await (await user.click(below, "Next")).followup()
        assert [one.text for one in await notes(bot, user)] == [note.text, "An answer to the next."]


async def test_a_dm_message_from_before_the_first_question_becomes_a_note_without_a_question(
    sim: DiscordSimulator, folder: Path
) -> None:
    user = sim.user("writer")
    async with started(sim, folder, Scripted()) as bot:
        await (await user.slash(user.dm, "draft")).message()
    await user.say(user.dm, "I changed jobs.")
    async with bot_that_is_refused_the_dm(sim, folder, user) as bot:
        panel = await question(user)
        await user.say(user.dm, "It was loud.")
        await user.sees(reads(panel, "1 message"))
        sim.faults.clear()
        await user.sees(lambda screen: "1 note stored" in screen.text)
        (note,) = await notes(bot, user)
        assert (note.text, note.question) == ("I changed jobs.", None)
        assert await said(bot, user) == ["I changed jobs.", "It was loud."]


@pytest.mark.parametrize("another", [False, True], ids=["the only essay", "another is left"])
async def test_a_dm_message_read_late_of_an_essay_deleted_since_is_not_stored(
    sim: DiscordSimulator, folder: Path, another: bool
) -> None:
    """Neither an essay nor a note, also of its file, which is told once; one written after that is stored."""
    user = sim.user("writer")
    async with started(sim, folder, Scripted()) as bot:
        if another:
            await bot.desk.create_essay(bot.writer(user), bot.desk.structures["layoff"])
            await bot.desk.add_notes(bot.writer(user), (await bot.essay(user)).id, "I was let go in May.")
            await (await user.slash(user.dm, "draft", title="A new one")).message()
        await question(user)
    left = ["I was let go in May."] if another else []
    await user.say(user.dm, SECRET, [Attachment("notes.md", b"## What I missed\n\nKlaus again.")])
    async with bot_that_is_refused_the_dm(sim, folder, user) as bot:
        await delete_essay(bot, user)
    await user.say(user.dm, "It was loud.")
    sim.faults.clear()
    for _ in range(2):  # also not with the start after
        async with started(sim, folder, Scripted()) as bot:
            quick(bot)
            await wait_until_dms_are_read(bot)
            assert await everything(bot, user) == [*left, "It was loud."]
            assert len(await bot.desk.list_essays(bot.writer(user))) == 1
            await user.sees(lambda screen: "send it again if you want to keep it" in screen.text)
    assert user.screen.text.count("send it again if you want to keep it") == 1
