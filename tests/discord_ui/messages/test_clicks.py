"""Several clicks on one message: each is acknowledged at once, and what stands there at the end is the last one's."""

from __future__ import annotations

from typing import Any

import pytest

from bot.discord_ui.interactions.custom_ids import CustomId
from bot.errors import Overloaded
from tests.discord_ui.conftest import Bot, Scripted
from tests.discord_ui.panel_steps import answered, drafted, reads
from tests.services.fakes import Gate
from tests.simulators.discord import Act, Attachment, DiscordSimulator, Message, User

PAGES = "## What I missed\n\n" + "I rebuilt the export service, and it took me nine weeks. " * 250


def hold_next_call(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> Gate:
    """The next call of that method waits for the gate; the ones after it do not."""
    gate, method = Gate(), getattr(owner, name)

    async def first(*given: Any, **more: Any) -> Any:
        monkeypatch.setattr(owner, name, method)
        await gate.hold()
        return await method(*given, **more)

    monkeypatch.setattr(owner, name, first)
    return gate


async def delay_edit_of(sim: DiscordSimulator, act: Act) -> None:
    """Discord takes a second over the change that this act makes; returns when it has begun to."""
    fault = sim.delay("PATCH", f"/webhooks/*/{act.interaction.token}/messages/@original", 1.0, times=1)
    await sim.timeline.until(lambda: fault.used, 5, lambda: "the message was not changed")


def edits_made_by(sim: DiscordSimulator, act: Act) -> int:
    """How often Discord has taken a change of the message that this act makes."""
    return sum(one.method == "PATCH" and act.interaction.token in one.path for one in sim.served)


async def turn_to_page(user: User, panel: Message, essay: str, page: int) -> Act:
    return await user.forge_click(panel, str(CustomId("essay", "page", essay, 1, str(page))))


@pytest.mark.parametrize("in_dm", [True, False])
async def test_a_slow_edit_from_one_click_does_not_overwrite_a_later_click(
    sim: DiscordSimulator, plain: Bot, in_dm: bool
) -> None:
    """Discord is slow over the first of two clicks: the second is acknowledged at once, and stands at the end."""
    user = sim.user("writer")
    panel = await drafted(user, user.dm if in_dm else sim.guild("Writers"), None, PAGES)
    essay = (await plain.essay(user)).id
    first = await turn_to_page(user, panel, essay, 1)
    await delay_edit_of(sim, first)
    second = await turn_to_page(user, panel, essay, 2)
    assert (await second.acknowledged()).kind == "deferred update"
    assert edits_made_by(sim, first) == 0
    await answered(plain)
    assert (edits_made_by(sim, first), edits_made_by(sim, second)) == (1, 1)
    assert "page 3 of" in panel.text


async def test_edit_on_an_outdated_panel_is_acknowledged_during_a_slow_edit_and_refreshes_it(
    sim: DiscordSimulator, plain: Bot
) -> None:
    """Edit on an older version refreshes the panel: nothing is told too late, and the refreshed panel comes last."""
    user = sim.user("writer")
    panel = await drafted(user, user.dm, None, PAGES)
    essay = (await plain.essay(user)).id
    first = await turn_to_page(user, panel, essay, 1)
    await delay_edit_of(sim, first)
    second = await user.forge_click(panel, str(CustomId("essay", "edit", essay, 7, "0")))
    assert (await second.acknowledged()).kind == "deferred update"
    assert edits_made_by(sim, first) == 0
    await answered(plain)
    assert "The text has changed since this was shown" in panel.text


async def test_a_click_waits_for_the_change_made_by_the_click_before_it(
    sim: DiscordSimulator, plain: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next page is asked for while an undo is under way: it is acknowledged, waits, and finds another text."""
    user = sim.user("writer")
    panel = await drafted(user, user.dm, None, PAGES)
    form = await (await user.click(panel, "Edit")).modal()
    await user.submit(form, {"body0": "Other words. " + form.fields[0][1]["value"]})
    await user.sees(reads(panel, "Stored as version 2"))
    gate = hold_next_call(monkeypatch, plain.desk, "undo")
    await user.select(panel, "More", "Undo")
    await gate.reached()
    following = await user.click(panel, "▶")
    await following.acknowledged()
    other = sim.user("other")  # whom it does not hold up
    await (await other.slash(other.dm, "help")).message()
    assert edits_made_by(sim, following) == 0
    gate.release()
    await answered(plain)
    assert "The text has changed since this was shown" in panel.text
    assert "version 1 " in panel.text


async def test_a_slow_view_is_dropped_once_the_writer_opens_another(
    sim: DiscordSimulator, plain: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = sim.user("writer")
    panel = await drafted(user, user.dm, None, PAGES)
    gate = hold_next_call(monkeypatch, plain.desk, "snapshot")
    slow = await user.select(panel, "More", "Notes")
    await gate.reached()
    await user.select(panel, "More", "History")
    await user.sees(reads(panel, "Read a version"))
    gate.release()
    await answered(plain)
    assert edits_made_by(sim, slow) == 0
    assert "Read a version" in panel.text


@pytest.mark.parametrize("fails", [False, True])
async def test_a_slow_follow_up_neither_delays_nor_overwrites_other_clicks(
    sim: DiscordSimulator, bot: Bot, models: Scripted, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    """While it looks for a question the writer goes back to the essay; what it found is there at the next click."""
    user = sim.user("writer")
    panel = await (await user.slash(user.dm, "draft")).message()
    await user.click(panel, "Interview me")
    await user.sees(reads(panel, "question 1"))
    gate = hold_next_call(monkeypatch, models, "next_question")
    models.script(Overloaded() if fails else "How many people was that?")
    form = await (await user.click(panel, "Answer")).modal()
    await user.submit(form, {"answer": "I rebuilt the export service."})
    await user.sees(reads(panel, "Reading your answers…"))
    await user.click(panel, "Show the essay")
    await user.sees(reads(panel, "Go on asking"))
    shown = panel.text
    gate.release()
    await answered(bot)
    assert panel.text == shown
    await user.click(panel, "Go on asking")
    await user.sees(reads(panel, "question 2" if fails else "> How many people was that?"))


async def test_a_slow_move_to_the_dm_does_not_overwrite_a_view_opened_later(
    sim: DiscordSimulator, plain: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = sim.user("writer")
    panel = await (await user.slash(sim.guild("Writers"), "draft", notes=Attachment("n.md", PAGES.encode()))).message()
    gate = hold_next_call(monkeypatch, plain.client.dispatcher.services.dm_messages, "add_channel")
    await user.click(panel, "Continue in DM")
    await gate.reached()
    essay = (await plain.essay(user)).id
    await user.forge_click(panel, str(CustomId("essay", "notes", essay, 0)))
    await user.sees(reads(panel, "Open a note"))
    gate.release()
    await answered(plain)
    assert "Open a note" in panel.text
    assert user.screen.at(user.dm).last is not None
