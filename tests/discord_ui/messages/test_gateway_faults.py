"""The gateway breaks while a text is written: the panel goes on, and only a click that nobody heard is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import discord.client
import discord.gateway
import pytest

from tests.discord_ui.conftest import Bot, Scripted
from tests.discord_ui.messages.test_discord_faults import AsyncioWithInstantSleep, begun, hasty
from tests.simulators.discord import DidNotRespondError, DiscordSimulator, Settings

__all__ = ["hasty"]  # a fixture


@pytest.fixture
async def sim(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DiscordSimulator]:
    """The loopback Discord, as everywhere; but a click that the bot cannot hear is no defect of the bot's."""
    async with DiscordSimulator(Settings(identify_interval=0)) as simulator:
        simulator.point(monkeypatch)
        yield simulator
        assert simulator.violations == []
        assert simulator.interactions.deprecated == []


@pytest.fixture
def reconnect_without_pause(monkeypatch: pytest.MonkeyPatch, hasty: None) -> None:
    """discord.py does not wait before it connects again."""
    monkeypatch.setattr(discord.client, "asyncio", AsyncioWithInstantSleep())
    monkeypatch.setattr(discord.gateway, "asyncio", AsyncioWithInstantSleep())


Break = Callable[[DiscordSimulator], Awaitable[None]]


async def _drop(sim: DiscordSimulator) -> None:
    sim.gateway.drop()


async def _reconnect(sim: DiscordSimulator) -> None:
    await sim.gateway.reconnect()


async def _invalidate(sim: DiscordSimulator) -> None:
    await sim.gateway.invalidate()


async def _forget(sim: DiscordSimulator) -> None:
    sim.gateway.forget_sessions()
    sim.gateway.drop()


@pytest.mark.usefixtures("reconnect_without_pause")
@pytest.mark.parametrize("broken", [_drop, _reconnect, _invalidate, _forget])
async def test_a_panel_keeps_updating_while_the_gateway_is_down(
    sim: DiscordSimulator, bot: Bot, models: Scripted, broken: Break
) -> None:
    """Edits need no gateway; once it is back, clicks are heard again."""
    user = sim.user("writer")
    panel, gates = await begun(user, user.dm, models)
    before = sim.gateway.identifies + sim.gateway.resumes
    await broken(sim)
    gates[0].release()
    await user.sees(lambda _: "n1." in panel.text)
    await sim.timeline.until(
        lambda: sim.gateway.identifies + sim.gateway.resumes > before and sim.gateway.connected,
        10,
        lambda: "it did not connect again",
    )
    await user.click(panel, "Stop")
    await user.sees(lambda _: "Keep as it is" in panel.buttons)
    assert "n1." in panel.text
    assert "n1." in await bot.text(user)


@pytest.mark.usefixtures("reconnect_without_pause")
async def test_a_click_made_while_disconnected_is_handled_after_a_resume(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """Discord sends what came in the gap, and the click is acknowledged in its time."""
    user = sim.user("writer")
    panel, gates = await begun(user, user.dm, models)
    sim.gateway.drop()
    act = await user.click(panel, "Stop")
    assert sim.gateway.connected == []  # so nobody has heard it yet
    assert (await act.acknowledged()).kind == "deferred update"
    await user.sees(lambda _: "Keep as it is" in panel.buttons)
    assert sim.gateway.resumes == 1
    for gate in gates:
        gate.release()


@pytest.mark.usefixtures("reconnect_without_pause")
async def test_a_click_made_while_disconnected_is_lost_with_a_new_session_and_discord_says_so(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """Nothing was done: the writing goes on before the writer's eyes, and the next click works."""
    user = sim.user("writer")
    panel, gates = await begun(user, user.dm, models)
    sim.settings.ack_deadline = 0.2
    sim.gateway.forget_sessions()
    sim.gateway.drop()
    act = await user.click(panel, "Stop")
    assert sim.gateway.connected == []
    with pytest.raises(DidNotRespondError):
        await act.acknowledged()
    await sim.gateway.wait_connected()
    sim.settings.ack_deadline = 3.0
    gates[0].release()
    await user.sees(lambda _: "n1." in panel.text and "Stop" in panel.buttons)
    await user.click(panel, "Stop")
    await user.sees(lambda _: "Keep as it is" in panel.buttons)
    assert "n1." in await bot.text(user)
