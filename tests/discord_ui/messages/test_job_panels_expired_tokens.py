"""What becomes of a panel whose token dies before the work ends: where to look is told, and nothing is lost."""

from __future__ import annotations

from datetime import timedelta

from tests.discord_ui.conftest import Bot, ClockAhead, Scripted
from tests.discord_ui.messages.test_job_panels import HEADING, edits, paragraphs
from tests.discord_ui.panel_steps import with_notes
from tests.services.fakes import Gate, says
from tests.simulators.discord import DiscordSimulator

LIFETIME = 900.0  # seconds, Discord's
FAREWELL = "Discord lets this message change no longer."


async def test_a_server_panel_says_where_to_look_before_its_interaction_token_expires(
    sim: DiscordSimulator, bot: Bot, models: Scripted, clock: ClockAhead
) -> None:
    user = sim.user("writer")
    panel = await with_notes(user, sim.guild("Writers"))
    gate, later = Gate(), Gate()
    models.script(says(HEADING, paragraphs(0, 1), gate, paragraphs(1, 2), later, paragraphs(2, 3)))
    clock.ahead = timedelta(seconds=LIFETIME - 61)
    await user.click(panel, "Write draft")
    await user.sees(lambda _: "n0." in panel.text)
    assert FAREWELL not in panel.text
    await user.sees(lambda _: FAREWELL in panel.text)  # its last minute has begun, and no text with it
    assert "/draft, or any button here, shows it" in panel.text
    gate.release()
    await user.sees(lambda _: "n1." in panel.text)  # while it can still be changed, it is
    assert FAREWELL in panel.text
    sim.clock.advance(LIFETIME)
    shown = panel.text
    later.release()
    essay = await bot.essay(user)
    job = await bot.jobs.latest_job(bot.writer(user), essay.id)
    assert job is not None
    await bot.jobs.wait(bot.writer(user), job.job.id)
    await sim.timeline.until(lambda: [one for one in sim.refused if one.code == 50027], 5, lambda: "no edit was tried")
    assert panel.text == shown
    await user.click(panel, "Stop")  # any button of the old panel brings a token, and the text
    await user.sees(lambda _: "version 1" in panel.text)
    assert "n2." in panel.text
    assert "n2." in await bot.text(user)


async def test_dm_panels_are_edited_through_the_channel_once_their_token_expired(
    sim: DiscordSimulator, bot: Bot, models: Scripted, clock: ClockAhead
) -> None:
    """Of a panel that was clicked, and of one that a command has just posted."""
    user = sim.user("writer")
    panel = await with_notes(user, user.dm)
    gates = [Gate() for _ in range(2)]
    models.script(says(HEADING, paragraphs(0, 1), gates[0], paragraphs(1, 2), gates[1], paragraphs(2, 3)))
    await user.click(panel, "Write draft")
    await user.sees(lambda _: "n0." in panel.text)
    posted = await (await user.slash(user.dm, "draft")).message()
    await user.sees(lambda _: "n0." in posted.text)
    clock.ahead = timedelta(seconds=LIFETIME - 30)
    gates[0].release()
    await user.sees(lambda _: "n1." in panel.text and "n1." in posted.text)
    sim.clock.advance(LIFETIME)
    gates[1].release()
    await user.sees(lambda _: "version 1" in panel.text and "version 1" in posted.text)
    assert all("n2." in one.text for one in (panel, posted))
    await user.sees(lambda screen: screen.text.count("The draft is done.") == 1)
    assert FAREWELL not in "".join(one.text for one in sim.timeline.of("edited"))
    assert sim.refused == []


async def test_a_dm_panel_whose_token_dies_early_is_edited_through_the_channel(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """The edit that is refused is made again by the channel, and so is everything after it."""
    user = sim.user("writer")
    panel = await with_notes(user, user.dm)
    gates = [Gate() for _ in range(2)]
    models.script(says(HEADING, paragraphs(0, 1), gates[0], paragraphs(1, 2), gates[1], paragraphs(2, 3)))
    sim.settings.token_lifetime = 20
    await user.click(panel, "Write draft")
    await user.sees(lambda _: "n0." in panel.text)
    sim.clock.advance(20)
    gates[0].release()
    await user.sees(lambda _: "n1." in panel.text)
    gates[1].release()
    await user.sees(lambda screen: "version 1" in panel.text and "The draft is done." in screen.text)
    assert [(one.status, one.code) for one in sim.refused] == [(401, 50027)]
    assert "n2." in panel.text


async def test_a_server_panel_whose_token_dies_early_shows_the_text_at_the_next_click(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """Nobody can be told any more; what stood there said that all is stored and where it is, and a click shows it."""
    user = sim.user("writer")
    place = sim.guild("Writers")
    panel = await with_notes(user, place)
    gates = [Gate() for _ in range(2)]
    models.script(says(HEADING, paragraphs(0, 1), gates[0], paragraphs(1, 2), gates[1], paragraphs(2, 3)))
    sim.settings.token_lifetime = 20
    await user.click(panel, "Write draft")
    await user.sees(lambda _: "n0." in panel.text)
    sim.clock.advance(20)
    gates[0].release()
    await sim.timeline.until(lambda: sim.refused, 5, lambda: "no edit was tried")
    assert "all stored" in edits(sim, panel)[-1].text
    assert "/draft brings it back" in edits(sim, panel)[-1].text
    await user.click(panel, "Stop")
    await user.sees(lambda _: "Stopped. What had come is kept." in panel.text)
    assert "n1." in panel.text
    gates[1].release()
    again = await (await user.slash(place, "draft")).message()
    assert "n1." in again.text
    assert (await bot.text(user)).strip() in again.text
