"""What Discord does late, twice or not at all at the end of a text: the panel and what is said beside it stay true."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.discord_ui.conftest import Bot, Scripted
from tests.discord_ui.dm_steps import quick
from tests.discord_ui.messages.test_discord_faults import begun, hasty, release_all_but_the_end
from tests.discord_ui.messages.test_job_panels import HEADING, edits, paragraphs, told
from tests.discord_ui.panel_steps import with_notes
from tests.services.fakes import Gate, says
from tests.simulators.discord import DiscordSimulator, Message, User
from tests.simulators.discord.fault_injection import Fault

__all__ = ["hasty"]  # the fixture

ORIGINAL = "/webhooks/*/messages/@original"
LATE: dict[str, Callable[[DiscordSimulator, str], Fault]] = {
    "it takes its time": lambda sim, path: sim.delay("PATCH", path, 0.4, times=1),
    "it is tried again after a 500": lambda sim, path: sim.fail_next("PATCH", path, 500),
    "it is tried again after a 429": lambda sim, path: sim.fail_next("PATCH", path, 429, retry_after=0.3),
}


@pytest.fixture
def give_up_old_edits_quickly(sim: DiscordSimulator, bot: Bot) -> None:
    """An old change is given up, and thought to have come, in tenths of seconds; so no limit on their number either."""
    sim.settings.rate_limits = False
    bot.timing.outdated_timeout, bot.timing.late_arrival = 0.1, 0.6


async def draft_with_late_edit(
    sim: DiscordSimulator, user: User, models: Scripted, how: Callable[[DiscordSimulator, str], Fault], *then: Any
) -> Message:
    """A draft in the middle, with an edit on its way that will come late; ``then`` is what the model does next."""
    panel = await with_notes(user, sim.guild("Writers"))
    gate = Gate()
    models.script(says(HEADING, paragraphs(0, 1), gate, paragraphs(1, 2), Gate()), *then)
    act = await user.click(panel, "Write draft")
    await user.sees(lambda _: "n0." in panel.text)
    late = how(sim, f"/webhooks/*/{act.interaction.token}/messages/@original")
    gate.release()
    await sim.timeline.until(lambda: late.used, 5, lambda: "no edit is on its way")
    return panel


async def end_draft_during_slow_edit(sim: DiscordSimulator, gates: list[Gate]) -> None:
    """Lets an edit begin that takes its time, and the draft end before it has come."""
    late = sim.delay("PATCH", ORIGINAL, 0.4, times=1)
    gates[0].release()
    await sim.timeline.until(lambda: late.used, 5, lambda: "no edit is on its way")
    for gate in gates[1:]:
        gate.release()


@pytest.mark.parametrize("patient", [True, False])
@pytest.mark.parametrize("how", LATE)
async def test_a_stopped_draft_is_not_shown_as_running_again_by_a_late_edit(
    sim: DiscordSimulator, bot: Bot, models: Scripted, request: pytest.FixtureRequest, how: str, patient: bool
) -> None:
    """The panel would say "Writing" for good, with nothing that leads on."""
    if not patient:
        request.getfixturevalue("give_up_old_edits_quickly")
    user = sim.user("writer")
    panel = await draft_with_late_edit(sim, user, models, LATE[how])
    await user.click(panel, "Stop")
    await user.sees(lambda _: "Stopped. What had come is kept." in panel.text)
    await bot.client.dispatcher.job_panels.wait_until_done(20)
    assert "Stopped. What had come is kept." in panel.text
    assert {"Continue", "Discard"} <= set(panel.buttons)


@pytest.mark.usefixtures("give_up_old_edits_quickly")
async def test_a_finished_draft_is_shown_again_after_an_abandoned_edit_arrives_late(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel, gates = await begun(user, sim.guild("Writers"), models)
    await end_draft_during_slow_edit(sim, gates)
    await user.sees(told(1))
    await bot.client.dispatcher.job_panels.wait_until_done(20)
    shown = [one.text for one in edits(sim, panel)]
    assert "version 1" in shown[-3]
    assert "Writing the draft" in shown[-2]
    assert "version 1" in shown[-1]


async def test_a_view_opened_while_the_end_of_a_draft_is_retried_stays(
    sim: DiscordSimulator, bot: Bot, models: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end meets a fault, and before it is tried again the writer has gone on to something else."""
    user = sim.user("writer")
    panel, gates = await begun(user, sim.guild("Writers"), models)
    await release_all_but_the_end(user, panel, gates)
    fault = sim.fail_next("PATCH", ORIGINAL, 403, 50001)
    failed, again = asyncio.Event(), asyncio.Event()

    async def pause(_: float) -> None:
        if fault.spent:
            failed.set()
            await again.wait()

    bot.timing.pause = pause
    gates[2].release()
    await failed.wait()
    await user.click(panel, "Stop")
    await user.sees(lambda _: "version 1" in panel.text)
    await user.select(panel, "More", "Notes")
    await user.sees(lambda _: "version 1" not in panel.text)
    notes = panel.text
    again.set()
    await bot.client.dispatcher.job_panels.wait_until_done(20)
    assert panel.text == notes


async def test_the_end_of_a_draft_shown_on_two_panels_is_announced_once(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """Where the writer was last; the panel from before shows the end as well."""
    user = sim.user("writer")
    panel, gates = await begun(user, user.dm, models)
    second = await (await user.slash(user.dm, "draft")).message()
    await user.sees(lambda _: "Stop" in second.buttons)
    for gate in gates:
        gate.release()
    await user.sees(lambda _: "version 1" in panel.text and "version 1" in second.text)
    await bot.client.dispatcher.job_panels.wait_until_done(20)
    assert told(1)(user.screen)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(("status", "code", "times"), [(403, 50001, 1), (500, 0, 8)])
async def test_the_announcement_that_a_draft_is_done_is_retried_after_a_failure(
    sim: DiscordSimulator, bot: Bot, models: Scripted, status: int, code: int, times: int
) -> None:
    """No edit of a panel raises an unread mark, so this message must come."""
    user = sim.user("writer")
    _, gates = await begun(user, user.dm, models)
    fault = sim.fail_next("POST", "/webhooks/*", status, code, times=times)
    for gate in gates:
        gate.release()
    await user.sees(told(1))
    assert fault.spent


@pytest.mark.usefixtures("hasty")
async def test_a_finished_draft_is_shown_although_discord_refused_its_first_edit(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel, gates = await begun(user, sim.guild("Writers"), models)
    await release_all_but_the_end(user, panel, gates)
    fault = sim.fail_next("PATCH", ORIGINAL, 403, 50001)
    gates[2].release()
    await user.sees(lambda screen: "version 1" in panel.text and "It is in the panel above" in screen.text)
    assert fault.spent


async def test_the_announcement_of_a_draft_refused_by_automod_does_not_say_it_stands_above(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel, gates = await begun(user, sim.guild("Writers"), models)
    sim.automod(lambda text: "n0." in text)
    for gate in gates:
        gate.release()
    await user.sees(told(1))
    assert "It is in the panel above" not in user.screen.text
    assert "The panel above says why Discord does not let it be shown there" in user.screen.text
    assert "AutoMod" in panel.text


async def test_notes_added_after_a_draft_are_announced_below_its_end(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """Not in an edit of what was told above it, which nobody would see."""
    quick(bot)
    user = sim.user("writer")
    panel, gates = await begun(user, user.dm, models)
    await user.say(user.dm, "While it is written: the notice was of 21 March.")
    await user.sees(lambda screen: "1 note stored in" in screen.text)
    for gate in gates:
        gate.release()
    await user.sees(told(1))
    await user.say(user.dm, "And after it: I was paid to the end of May.")
    await user.sees(lambda screen: screen.messages[-1].text.count("1 note stored in") == 1)
    assert "version 1" in panel.text


@pytest.mark.usefixtures("give_up_old_edits_quickly")
async def test_a_late_edit_of_one_job_is_corrected_by_the_next_job_on_the_same_panel(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """Stop, then Continue, while an edit from before the Stop is still on its way."""
    user = sim.user("writer")
    panel = await draft_with_late_edit(sim, user, models, LATE["it takes its time"], says(Gate()))
    await user.click(panel, "Stop")
    await user.sees(lambda _: "Continue" in panel.buttons)
    await user.click(panel, "Continue")
    await user.sees(lambda _: "Writing what was missing" in panel.text)
    await sim.timeline.until(
        lambda: "Writing the draft" in edits(sim, panel)[-1].text, 5, lambda: "the old edit did not come"
    )
    await user.sees(lambda _: "Writing what was missing" in panel.text)
    before = len(edits(sim, panel))
    await user.click(panel, "Stop")
    await user.sees(lambda _: "Writing" not in panel.text)
    await bot.client.dispatcher.job_panels.wait_until_done(20)
    assert not [one for one in edits(sim, panel)[before:] if "Writing" in one.text]


async def test_a_panel_shown_after_a_job_ended_does_not_announce_its_end_again(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """A click was drawn while the job ran, and its answer has taken until now."""
    user = sim.user("writer")
    panel, gates = await begun(user, user.dm, models)
    slow = sim.delay("PATCH", ORIGINAL, 0.5, times=1)
    act = await user.slash(user.dm, "draft")
    await sim.timeline.until(lambda: slow.used, 5, lambda: "no answer is on its way")
    for gate in gates:
        gate.release()
    await user.sees(told(1))
    second = await act.message()
    await user.sees(lambda _: "version 1" in second.text and "version 1" in panel.text)
    await bot.client.dispatcher.job_panels.wait_until_done(20)
    assert told(1)(user.screen)


@pytest.mark.usefixtures("give_up_old_edits_quickly")
async def test_a_view_opened_while_a_finished_panel_is_being_corrected_stays(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel, gates = await begun(user, sim.guild("Writers"), models)
    await end_draft_during_slow_edit(sim, gates)
    await user.sees(told(1))
    await user.sees(lambda _: "Writing the draft" in panel.text)  # now it has come
    right = sim.delay("PATCH", ORIGINAL, 0.5, times=1)
    await sim.timeline.until(lambda: right.used, 5, lambda: "the end is not put right")
    await user.click(panel, "Stop")
    await user.sees(lambda _: "version 1" in panel.text)
    await user.select(panel, "More", "Notes")
    await user.sees(lambda _: "version 1" not in panel.text)
    notes = panel.text
    await bot.client.dispatcher.job_panels.wait_until_done(20)
    assert panel.text == notes
    shown = [one.text for one in edits(sim, panel)]
    assert "version 1" in "".join(shown[shown.index(notes) :])
