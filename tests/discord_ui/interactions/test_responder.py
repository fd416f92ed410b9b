"""The first answer to what a person did: no fault on its way, and no event that comes twice, changes what is done."""

from __future__ import annotations

from typing import Any

import aiohttp
import discord.webhook.async_
import pytest

from bot.discord_ui.interactions.responder import SeenInteractions
from tests.discord_ui.conftest import Bot
from tests.discord_ui.messages.test_discord_faults import AsyncioWithInstantSleep
from tests.discord_ui.panel_steps import answered, drafted, reads, with_notes
from tests.simulators.discord import Attachment, DiscordSimulator

CALLBACK = "/interactions/*/callback"
PASTED = "I rebuilt the export service in March 2019."


@pytest.fixture(autouse=True)
def retry_without_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """discord.py does not pause before it tries again."""
    monkeypatch.setattr(discord.webhook.async_, "asyncio", AsyncioWithInstantSleep())


def lose_next_first_response(sim: DiscordSimulator, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """The next first answer meets a fault on its way."""
    if how.startswith("500"):
        sim.fail_next("POST", CALLBACK, 500, applied=how.endswith("taken"))
        return
    adapter = discord.webhook.async_.AsyncWebhookAdapter
    respond = adapter.create_interaction_response

    async def dropped(*given: Any, **named: Any) -> Any:
        monkeypatch.setattr(adapter, "create_interaction_response", respond)
        if how.endswith("taken"):
            await respond(*given, **named)
        raise aiohttp.ServerDisconnectedError

    monkeypatch.setattr(adapter, "create_interaction_response", dropped)


@pytest.mark.parametrize("how", ["500", "500, but taken", "dropped", "dropped, but taken"])
async def test_a_first_response_lost_on_its_way_to_discord_is_sent_again(
    sim: DiscordSimulator, plain: Bot, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """A command, a button, a form that opens and one that is handed in: each is done once, and shown."""
    user = sim.user("writer")
    lose_next_first_response(sim, monkeypatch, how)
    panel = await (await user.slash(sim.guild("Writers"), "draft", notes=Attachment("n.md", PASTED.encode()))).message()
    await user.sees(reads(panel, "1 note stored."))
    lose_next_first_response(sim, monkeypatch, how)
    form = await (await user.click(panel, "Paste notes")).modal()
    lose_next_first_response(sim, monkeypatch, how)
    await user.submit(form, {"paste1": "My pay went from 61,000 to 48,500."})
    await user.sees(reads(panel, "2 notes so far"))
    lose_next_first_response(sim, monkeypatch, how)
    await user.click(panel, "Interview me")
    await user.sees(reads(panel, "question 1"))
    lose_next_first_response(sim, monkeypatch, how)
    await user.click(panel, "Skip")
    await user.sees(reads(panel, "question 2"))
    lose_next_first_response(sim, monkeypatch, how)
    panel = await (await user.slash(sim.guild("Writers"), "essays")).message()
    await user.sees(reads(panel, "1 essay"))


async def test_an_interaction_already_answered_by_another_process_is_not_handled_again(
    sim: DiscordSimulator, plain: Bot
) -> None:
    """Discord says at the first try that there is an answer already: nothing is stored, and nothing shown."""
    user = sim.user("writer")
    panel = await with_notes(user, user.dm)
    sim.fail_next("POST", CALLBACK, 400, 40060, applied=True)
    act = await user.click(panel, "Set into a post")
    await act.acknowledged()
    await answered(plain)
    assert act.messages == []
    assert await plain.desk.versions(plain.writer(user), (await plain.essay(user)).id) == ()


async def test_a_form_delivered_twice_is_handled_once(sim: DiscordSimulator, plain: Bot) -> None:
    """A paste is one note, and an edit one version."""
    user = sim.user("writer")
    panel = await drafted(user, user.dm, None)
    for label, field, text in (("Edit", "body0", "I changed it."), ("Notes", "paste1", PASTED)):
        if label == "Notes":
            await user.select(panel, "More", label)
            await user.sees(lambda _: "Paste notes" in panel.buttons)
        form = await (await user.click(panel, label if label == "Edit" else "Paste notes")).modal()
        sim.gateway.duplicate_next()
        await user.submit(form, {field: text})
        await user.sees(reads(panel, "version 2" if label == "Edit" else "1 note stored."))
        await answered(plain)
    writer, essay = plain.writer(user), (await plain.essay(user)).id
    assert [one.number for one in await plain.desk.versions(writer, essay)] == [1, 2]
    assert [note.text for note in await plain.desk.notes(writer, essay)].count(PASTED) == 1


@pytest.mark.parametrize("in_dm", [True, False])
async def test_a_form_whose_panel_is_gone_is_answered_in_a_new_message(
    sim: DiscordSimulator, plain: Bot, in_dm: bool
) -> None:
    """What came of it stands in a message of its own, which the person alone sees, and can be gone on with."""
    user = sim.user("writer")
    place = user.dm if in_dm else sim.guild("Writers")
    panel = await (await user.slash(place, "draft")).message()
    form = await (await user.click(panel, "Paste notes")).modal()
    sim.fail_next("PATCH", "/webhooks/*/messages/@original", 404, 10008)
    act = await user.submit(form, {"paste1": PASTED})
    below = await act.followup()
    assert "1 note stored." in below.text
    assert below.ephemeral is not in_dm
    await user.click(below, "Interview me")
    await user.sees(reads(below, "question 1"))


def test_an_interaction_is_remembered_for_as_long_as_its_token_lives() -> None:
    now = 0.0
    heard = SeenInteractions(lambda: now)
    assert heard.is_first(1)
    assert heard.is_first(2)
    now = 899.0
    assert not heard.is_first(1)
    now = 901.0
    assert heard.is_first(1)
    assert heard.is_first(3)
