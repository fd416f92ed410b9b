"""Stop: the model is silenced at once, what it had written is kept, and there is a way on and a way back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.discord_ui.bot_with_claude import served
from tests.discord_ui.conftest import NOTES, Bot, Scripted
from tests.discord_ui.messages.test_job_panels import HEADING, paragraphs
from tests.discord_ui.panel_steps import drafted, with_notes
from tests.services.fakes import Gate as Held
from tests.services.fakes import says
from tests.simulators.claude import ClaudeSimulator, Gate, Pause, Reply
from tests.simulators.discord import DiscordSimulator

TEXT = HEADING + paragraphs(0, 5)


@pytest.fixture
async def claude() -> AsyncIterator[ClaudeSimulator]:
    async with ClaudeSimulator() as model:
        yield model


async def test_stop_closes_the_models_stream_at_once_and_keeps_the_partial_draft(
    sim: DiscordSimulator, claude: ClaudeSimulator, tmp_path: Path
) -> None:
    """The service sees the connection go; nothing more is written, and nothing more is paid for."""
    async with served(sim, claude, tmp_path) as bot:
        user = sim.user("writer")
        claude.responder = lambda _: Reply('{"placements": []}')
        panel = await with_notes(user, user.dm)
        gate = Gate()
        claude.script(Reply(TEXT, pauses=(Pause(len(HEADING) + 190, gate),)))
        before = len(claude.requests)
        await user.click(panel, "Write draft")
        await user.sees(lambda _: "n1." in panel.text)
        await gate.reached()
        request = claude.requests[before]
        await user.click(panel, "Stop")
        await user.sees(lambda _: "Stopped. What had come is kept." in panel.text)
        gate.release()
        assert (await request.done()).disconnected
        assert "n3." not in request.text_sent
        assert "unfinished" in panel.text
        assert {"Continue", "Discard"} <= set(panel.buttons)
        assert (await bot.text(user)).strip() == request.text_sent.strip()
        claude.script(Reply(TEXT))
        await user.click(panel, "Continue")
        await user.sees(lambda _: "version 2" in panel.text)
        assert claude.unexpected == []


async def test_stop_pressed_twice_stops_once(sim: DiscordSimulator, bot: Bot, models: Scripted) -> None:
    """Both clicks are answered with the same panel; there is one version."""
    user = sim.user("writer")
    panel = await with_notes(user, user.dm)
    models.script(says(HEADING, paragraphs(0, 1), Held()))
    await user.click(panel, "Write draft")
    await user.sees(lambda _: "n0." in panel.text)
    stop = next(part["custom_id"] for part in panel.parts if part.get("label") == "Stop")
    acts = await asyncio.gather(*(user.forge_click(panel, stop) for _ in range(2)))
    assert [(await act.acknowledged()).kind for act in acts] == ["deferred update"] * 2
    await user.sees(lambda _: "Continue" in panel.buttons)
    await (await user.forge_click(panel, stop)).acknowledged()
    await user.sees(lambda _: "Continue" in panel.buttons)
    essay = await bot.essay(user)
    assert [one.number for one in await bot.desk.versions(bot.writer(user), essay.id)] == [1]
    assert "is done" not in user.screen.text


async def test_discarding_a_stopped_first_draft_keeps_the_notes_and_the_version_in_the_history(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel = await with_notes(user, user.dm)
    models.script(says(HEADING, paragraphs(0, 1), Held()))
    await user.click(panel, "Write draft")
    await user.sees(lambda _: "n0." in panel.text)
    await user.click(panel, "Stop")
    await user.sees(lambda _: "Discard" in panel.buttons)
    await user.click(panel, "Discard")
    await user.sees(lambda _: "It stays stored as version 1" in panel.text and "Write draft" in panel.buttons)
    assert "n0." not in panel.text
    await user.click(panel, "History")
    await user.sees(lambda _: "Read a version" in str(panel.parts))
    await user.select(panel, "Read a version", "Version 1")
    await user.sees(lambda _: "n0." in panel.text)
    await user.click(panel, "Make it current")
    await user.sees(lambda _: "Keep as it is" in panel.buttons)
    await user.click(panel, "Discard")
    await user.sees(lambda _: "Write draft" in panel.buttons)
    models.script(says(HEADING, paragraphs(1, 2)))
    await user.click(panel, "Write draft")
    await user.sees(lambda _: "version 2" in panel.text)
    assert [note.text in NOTES for note in await bot.desk.notes(bot.writer(user), (await bot.essay(user)).id)]


async def test_discarding_a_stopped_draft_restores_the_text_before_it(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel = await drafted(user, user.dm, models)
    before = await bot.text(user)
    models.script(says(HEADING, paragraphs(0, 1), Held()))
    await user.select(panel, "More", "Draft again")
    await user.sees(lambda _: "n0." in panel.text)
    await user.click(panel, "Stop")
    await user.sees(lambda _: "Discard" in panel.buttons)
    await user.click(panel, "Discard")
    await user.sees(lambda _: "version 1" in panel.text and "n0." not in panel.text)
    assert await bot.text(user) == before
