"""Warnings before a deletion, in the DM: delivered with a button Keep, or not, and what then becomes of the essay."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from bot.errors import StoreBusy
from bot.ops.background_tasks import warn_writer
from bot.services.dm_messages import DmChannel
from bot.store.dm_messages import SqlDmMessages
from tests.discord_ui.bot_process import Runs, claude, runs
from tests.discord_ui.conftest import Bot, ClockAhead, Scripted, clock, sim, started
from tests.discord_ui.panel_steps import answered, with_notes
from tests.simulators.discord import DiscordSimulator, Message, User

__all__ = ["claude", "clock", "runs", "sim"]  # fixtures
DAYS = 30


@pytest.fixture
async def bot(sim: DiscordSimulator, tmp_path: Path, clock: ClockAhead) -> AsyncIterator[Bot]:
    async with started(sim, tmp_path / "essays.db", Scripted(), clock=clock, retention_days=DAYS) as made:
        yield made


async def on_day(bot: Bot, clock: ClockAhead, day: int) -> None:
    """What is done on this day after the start."""
    clock.ahead = timedelta(days=day, hours=1)
    services = bot.client.dispatcher.services
    assert await services.retention.run_if_due(partial(warn_writer, bot.client, services))


def warning(user: User) -> Message:
    """The last message in the DM, which is a warning."""
    last = user.screen.at(user.dm).last
    assert last is not None
    assert "About to be deleted" in last.text
    return last


async def test_who_presses_keep_keeps_the_essay_and_who_does_not_loses_it(
    sim: DiscordSimulator, bot: Bot, clock: ClockAhead
) -> None:
    keeps, sleeps = sim.user("keeps"), sim.user("sleeps")
    user_panel = {user.id: await with_notes(user, user.dm) for user in (keeps, sleeps)}
    await answered(bot)
    await on_day(bot, clock, 15)
    assert "About to be deleted" not in keeps.screen.text
    await on_day(bot, clock, 16)
    told = warning(keeps)
    assert f"that nobody touches for {DAYS} days" in told.text
    assert {"Keep", "All essays"} == set(told.buttons)
    panel = user_panel[sleeps.id]
    stranger = await sleeps.forge_click(panel, f"essay:v1:retain:{(await bot.essay(keeps)).id}:0:")
    await sleeps.sees(lambda _: "was deleted or is not yours" in panel.text)
    assert stranger.interaction.answered is not None
    await keeps.click(told, "Keep")
    await keeps.sees(lambda _: "1 essay kept." in told.text)
    await on_day(bot, clock, 28)
    warning(sleeps)
    await on_day(bot, clock, 30)
    assert len(await bot.desk.list_essays(bot.writer(keeps))) == 1
    assert await bot.desk.list_essays(bot.writer(sleeps)) == ()
    told = warning(sleeps)
    await sleeps.click(told, "Keep")
    await sleeps.sees(lambda _: "was deleted or is not yours" in told.text)


async def test_many_essays_stand_in_one_message_and_can_be_kept_one_by_one_or_together(
    sim: DiscordSimulator, bot: Bot, clock: ClockAhead
) -> None:
    user = sim.user("writer")
    for number in range(30):
        await (await user.slash(user.dm, "draft", title=f"Essay {number:02}")).message()
    await answered(bot)
    before = len(user.screen.at(user.dm).messages)
    await on_day(bot, clock, 17)
    assert len(user.screen.at(user.dm).messages) == before + 1
    told = warning(user)
    assert "30 essays" in told.text
    assert "and 20 more" in told.text
    await user.select(told, "Keep one of them", "Essay 03")
    await user.sees(lambda _: "1 essay kept." in told.text)
    await on_day(bot, clock, 29)
    told = warning(user)
    assert "29 essays" in told.text
    assert "“Essay 03”" not in told.text
    await user.click(told, "Keep all")
    await user.sees(lambda _: "29 essays kept." in told.text)
    await on_day(bot, clock, 32)
    assert len(await bot.desk.list_essays(bot.writer(user))) == 30


@pytest.mark.parametrize("reason", ["closed", "never had one"])
async def test_who_cannot_be_reached_loses_the_essay_after_fourteen_days_of_tries(
    sim: DiscordSimulator, bot: Bot, clock: ClockAhead, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    user = sim.user("writer")
    await with_notes(user, user.dm if reason == "closed" else sim.guild("Writers"))
    await answered(bot)
    user.account.dms = "closed"
    for day in range(16, 30):
        await on_day(bot, clock, day)
    assert len(await bot.desk.list_essays(bot.writer(user))) == 1
    await on_day(bot, clock, 30)
    assert await bot.desk.list_essays(bot.writer(user)) == ()
    assert "could not be reached for 14 days: 1" in caplog.text


async def test_who_cannot_be_looked_up_is_told_the_next_day_and_the_others_at_once(
    sim: DiscordSimulator,
    bot: Bot,
    clock: ClockAhead,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    unknown, known = sim.user("unknown"), sim.user("known")
    for user in (unknown, known):
        await with_notes(user, user.dm)
    await answered(bot)
    look_up = SqlDmMessages.channel

    def fail(messages: SqlDmMessages, writer: str) -> DmChannel | None:
        if writer == bot.writer(unknown):
            raise StoreBusy("the database")
        return look_up(messages, writer)

    with monkeypatch.context() as patched:
        patched.setattr(SqlDmMessages, "channel", fail)
        await on_day(bot, clock, 16)
    assert "StoreBusy" in caplog.text
    assert "About to be deleted" not in unknown.screen.text
    warning(known)
    await on_day(bot, clock, 17)
    warning(unknown)


async def test_who_only_uses_servers_sees_the_date_in_the_list_and_can_keep_the_essay_there(
    sim: DiscordSimulator, bot: Bot, clock: ClockAhead
) -> None:
    user, guild = sim.user("writer"), sim.guild("Writers")
    await with_notes(user, guild)
    await answered(bot)
    assert "deleted on" not in (await (await user.slash(guild, "essays")).message()).text
    await on_day(bot, clock, 20)
    listed = await (await user.slash(guild, "essays")).message()
    assert "deleted on" in listed.text
    await user.click(listed, "Keep all")
    await user.sees(lambda _: "1 essay kept." in listed.text)
    assert "deleted on" not in listed.text
    await on_day(bot, clock, 49)
    assert len(await bot.desk.list_essays(bot.writer(user))) == 1


async def test_the_running_bot_looks_once_it_is_connected(sim: DiscordSimulator, runs: Runs) -> None:
    """The real process, with its own clock: it finds nothing to delete, and remembers that it has looked."""
    user = sim.user("writer")
    await (await user.slash(user.dm, "draft")).message()
    await runs.kill()
    assert b"retention run" in b"".join(path.read_bytes() for path in runs.folder.glob("essays.db*"))
