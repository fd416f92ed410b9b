"""Whatever fault Discord has while a text is written: the text is whole, and a click shows it."""

from __future__ import annotations

import asyncio
from typing import Any

import discord.http
import discord.webhook.async_
import pytest

from tests.discord_ui.conftest import Bot, Scripted
from tests.discord_ui.messages.test_job_panels import HEADING, ModelTooSlow, edits, paragraphs
from tests.discord_ui.panel_steps import drafted, with_notes
from tests.services.fakes import Gate, says
from tests.simulators.discord import Channel, DiscordSimulator, Guild, Message, User

ORIGINAL = "/webhooks/*/messages/@original"
WHOLE = HEADING + paragraphs(0, 3)


class AsyncioWithInstantSleep:
    """asyncio, as discord.py uses it, but that its pauses before another try take no time."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    @staticmethod
    async def sleep(_: float) -> None:
        await asyncio.sleep(0)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch, sim: DiscordSimulator, bot: Bot) -> None:
    """Neither discord.py nor the bot waits before it tries something again; so no limit on their number either."""
    sim.settings.rate_limits = False
    monkeypatch.setattr(discord.webhook.async_, "asyncio", AsyncioWithInstantSleep())
    monkeypatch.setattr(discord.http, "asyncio", AsyncioWithInstantSleep())
    bot.timing.pause = AsyncioWithInstantSleep.sleep


async def begun(user: User, place: Channel | Guild, models: Scripted) -> tuple[Message, list[Gate]]:
    """A draft of which the first of three paragraphs is shown; each gate lets another come, the last the end."""
    panel = await with_notes(user, place)
    gates = [Gate(), Gate(), Gate()]
    models.script(says(HEADING, *(part for at, gate in enumerate(gates) for part in (paragraphs(at, at + 1), gate))))
    await user.click(panel, "Write draft")
    await user.sees(lambda _: "n0." in panel.text)
    return panel, gates


async def is_stored_whole(bot: Bot, user: User) -> bool:
    """Whether the text is stored, once its job has ended, without a character lost."""
    essay = await bot.essay(user)
    job = await bot.jobs.latest_job(bot.writer(user), essay.id)
    assert job is not None
    await bot.jobs.wait(bot.writer(user), job.job.id)
    text = await bot.text(user)
    return [text.count(f"n{number}.") for number in range(3)] == [1, 1, 1]


async def release_all_but_the_end(user: User, panel: Message, gates: list[Gate]) -> None:
    """Lets all of such a draft come; its last gate holds the end."""
    gates[0].release()
    gates[1].release()
    await user.sees(lambda _: "n2." in panel.text)


async def check_screen_after_click(user: User, panel: Message, bot: Bot) -> None:
    """After the next click on the panel, the screen equals the stored text."""
    label = "Stop" if "Stop" in panel.buttons else "Export"
    if label == "Stop":
        await user.click(panel, "Stop")
    await user.sees(lambda _: "version 1" in panel.text)
    for line in (await bot.text(user)).split("\n"):
        if line.strip() and "NEED" not in line:
            assert line.strip() in panel.text


STUMBLES = {
    "429": lambda sim: sim.fail_next("PATCH", ORIGINAL, 429, retry_after=0.01),
    "429, four times": lambda sim: sim.fail_next("PATCH", ORIGINAL, 429, times=4, retry_after=0.01),
    "500": lambda sim: sim.fail_next("PATCH", ORIGINAL, 500),
    "500, twelve times": lambda sim: sim.fail_next("PATCH", ORIGINAL, 500, times=12),
    "502, but it was done": lambda sim: sim.fail_next("PATCH", ORIGINAL, 502, applied=True),
    "401, by mistake": lambda sim: sim.fail_next("PATCH", ORIGINAL, 401, 50027),
}


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("name", STUMBLES)
async def test_a_failed_edit_during_a_draft_is_made_up_for_by_later_ones(
    sim: DiscordSimulator, bot: Bot, models: Scripted, name: str
) -> None:
    """The next state is shown all the same, and the end; in the DM even where the token is taken for dead."""
    user = sim.user("writer")
    panel, gates = await begun(user, user.dm, models)
    fault = STUMBLES[name](sim)
    gates[0].release()
    await user.sees(lambda _: "n1." in panel.text)
    assert fault.used
    gates[1].release()
    gates[2].release()
    await user.sees(lambda screen: "version 1" in panel.text and "The draft is done." in screen.text)
    assert await is_stored_whole(bot, user)
    await check_screen_after_click(user, panel, bot)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("times", [1, 9])
async def test_a_finished_draft_is_shown_once_discords_errors_are_over(
    sim: DiscordSimulator, bot: Bot, models: Scripted, times: int
) -> None:
    user = sim.user("writer")
    panel, gates = await begun(user, sim.guild("Writers"), models)
    await release_all_but_the_end(user, panel, gates)
    fault = sim.fail_next("PATCH", ORIGINAL, 500, times=times)
    gates[2].release()
    await user.sees(lambda screen: "version 1" in panel.text and "The draft is done." in screen.text)
    assert fault.spent
    assert await is_stored_whole(bot, user)


@pytest.mark.usefixtures("hasty")
async def test_a_finished_draft_whose_panel_cannot_be_edited_is_announced_in_another_message(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """Every edit meets a 500: a message of its own says that the draft is done, and a click shows it."""
    user = sim.user("writer")
    panel, gates = await begun(user, sim.guild("Writers"), models)
    sim.fail_next("PATCH", ORIGINAL, 500, times=None)
    for gate in gates:
        gate.release()
    await user.sees(lambda screen: "The draft is done. /draft shows it." in screen.text.replace("*", ""))
    assert "Stop" in panel.buttons
    assert await is_stored_whole(bot, user)
    sim.faults.clear()
    await check_screen_after_click(user, panel, bot)


@pytest.mark.usefixtures("hasty")
async def test_a_draft_refused_by_automod_is_told_and_can_still_be_exported(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """From the refused edit on to the last: the panel says why, goes on counting, and keeps its buttons."""
    user = sim.user("writer")
    panel, gates = await begun(user, sim.guild("Writers"), models)
    sim.automod(lambda text: "n1." in text)
    gates[0].release()
    await user.sees(lambda _: "Discord refused to show this" in panel.text)
    assert "AutoMod" in panel.text
    assert "Stop" in panel.buttons
    so_far = panel.text
    gates[1].release()
    await user.sees(lambda _: "words so far" in panel.text and panel.text != so_far)
    gates[2].release()
    await user.sees(lambda _: "Discord refused to show this" in panel.text and "Export" in panel.buttons)
    assert await is_stored_whole(bot, user)
    in_dm = await (await user.slash(user.dm, "draft")).message()
    assert "n1." in in_dm.text
    handed = await (await user.click(panel, "Export")).followup()
    (data,) = handed.files.values()
    assert (await bot.text(user)).strip() in data.decode()


@pytest.mark.usefixtures("hasty")
async def test_a_draft_whose_last_edit_alone_automod_refuses_is_stored_and_shown_later(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    place = sim.guild("Writers")
    panel, gates = await begun(user, place, models)
    await release_all_but_the_end(user, panel, gates)
    sim.automod(lambda text: "n2." in text)
    gates[2].release()
    await user.sees(lambda screen: "The draft is done." in screen.text)
    assert "Discord refused to show this" in panel.text
    assert "n2." not in panel.text
    assert await is_stored_whole(bot, user)
    sim.automod(None)
    again = await (await user.slash(place, "draft")).message()
    assert "n2." in again.text


@pytest.mark.usefixtures("hasty")
async def test_an_error_message_hidden_by_automod_is_shown_again_on_a_later_panel(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """A draft breaks off; neither its end nor the next panel may be shown. The one after that tells of the end."""
    user = sim.user("writer")
    place = sim.guild("Writers")
    panel = await with_notes(user, place)
    sim.automod(lambda text: "n0." in text)
    models.script(says(HEADING, paragraphs(0, 1), error=ModelTooSlow()))
    await user.click(panel, "Write draft")
    await user.sees(lambda screen: "The draft broke off." in screen.text)
    assert "Discord refused to show this" in panel.text
    again = await user.slash(place, "draft")
    await user.sees(lambda screen: screen.text.count("Discord refused to show this") == 2)
    assert "n0." not in user.screen.text
    assert str(ModelTooSlow()) not in (await again.message()).text
    sim.automod(None)
    shown = await (await user.slash(place, "draft")).message()
    assert str(ModelTooSlow()) in shown.text
    assert "n0." in shown.text


@pytest.mark.parametrize(
    ("by", "code", "told"),
    [
        ("button", 200000, "Discord refused the file"),
        ("button", 50035, "Discord had a fault, so the file may not have come."),
        ("command", 50035, "Discord had a fault, so the file may not have come."),
    ],
)
async def test_an_export_file_refused_by_discord_is_told_with_the_command_to_get_it_again(
    sim: DiscordSimulator, bot: Bot, models: Scripted, by: str, code: int, told: str
) -> None:
    """The essay was exported before, so that /draft would begin another one: it is not what the person is sent to."""
    user = sim.user("writer")
    panel = await drafted(user, user.dm, models)
    await (await user.click(panel, "Export")).followup()
    if by == "button":
        sim.fail_next("POST", "/webhooks/*/*", 400, code)
        await user.click(panel, "Export")
    else:
        sim.fail_next("PATCH", ORIGINAL, 400, code)
        await user.slash(user.dm, "export")
    await user.sees(lambda screen: told in screen.text and "The text is stored as it was:" in screen.text)
    answer = next(line for line in user.screen.text.splitlines() if told in line)
    assert "/export" in answer
    assert "/draft" not in answer
    handed = await (await user.slash(user.dm, "export", essay=(await bot.essay(user)).title)).message()
    assert await bot.text(user) in next(iter(handed.files.values())).decode()


async def test_the_end_of_a_draft_whose_panel_was_deleted_is_announced_in_another_message(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """404: the work goes on, and its end is told where the panel stood."""
    user = sim.user("writer")
    panel, gates = await begun(user, user.dm, models)
    sim.fail_next("PATCH", ORIGINAL, 404, 10008)
    for gate in gates:
        gate.release()
    await user.sees(lambda screen: "The draft is done. /draft shows it." in screen.text.replace("*", ""))
    assert await is_stored_whole(bot, user)
    again = await (await user.slash(user.dm, "draft")).message()
    assert "n2." in again.text
    assert "n2." not in panel.text


async def test_closing_dms_during_a_draft_loses_nothing(sim: DiscordSimulator, bot: Bot, models: Scripted) -> None:
    """403 by the channel, once the token is dead as well: nobody can be told; the next click shows it all."""
    user = sim.user("writer")
    panel, gates = await begun(user, user.dm, models)
    sim.fail_next("PATCH", ORIGINAL, 401, 50027, times=None)
    sim.fail_next("PATCH", "/channels/*/messages/*", 403, 50007, times=None)
    gates[0].release()
    await sim.timeline.until(
        lambda: [one for one in sim.refused if one.code == 50007], 5, lambda: "the channel was not tried"
    )
    gates[1].release()
    gates[2].release()
    assert await is_stored_whole(bot, user)
    sim.faults.clear()
    await check_screen_after_click(user, panel, bot)


async def test_continue_in_dm_with_closed_dms_is_told_and_drafting_still_works(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer", dms="closed")
    panel = await with_notes(user, sim.guild("Writers"))
    await user.click(panel, "Continue in DM")
    await user.sees(lambda screen: "Discord does not let the bot write to you" in screen.text)
    assert "Everything is stored." in user.screen.text
    models.script(says(HEADING, paragraphs(0, 1)))
    await user.click(panel, "Write draft")
    await user.sees(lambda _: "version 1" in panel.text)


async def test_gateway_events_delivered_twice_are_handled_once(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    sim.gateway.duplicate_next(times=100)
    panel, gates = await begun(user, user.dm, models)
    for gate in gates:
        gate.release()
    await user.sees(lambda screen: "version 1" in panel.text and "The draft is done." in screen.text)
    assert [one.what for one in models.asked if one.what == "draft"] == ["draft"]
    assert await is_stored_whole(bot, user)
    assert len(edits(sim, panel)) >= 3
    assert user.screen.text.count("The draft is done.") == 1
