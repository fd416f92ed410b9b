"""The real process writes to whoever hosts it, once, and says in the log what their DM does not take."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot import bootstrap
from bot.ops.background_tasks import send_host_alerts
from bot.services.host_alerts import HostAlerts
from bot.services.ledger import NANO_PER_USD, Budgets, RecordingLedger, Reservation, Settlement
from bot.services.llm_ports import ModelRole
from bot.store.sqlite import SqliteStore
from tests.discord_ui.bot_process import Runs, claude, runs
from tests.discord_ui.conftest import Bot, ClockAhead, bot, clock, models, plain, sim
from tests.discord_ui.story_steps import STORY, begun, write
from tests.simulators.discord import DiscordSimulator

__all__ = ["bot", "claude", "clock", "models", "plain", "runs", "sim"]  # fixtures


async def record_call(database: Path, dollars: int = 0, failure: str | None = None, at: datetime | None = None) -> None:
    """A call that somebody made, while no process has the database open."""
    store = SqliteStore(database, None, bootstrap.utc_now)
    try:
        ledger = RecordingLedger(store, Budgets(Decimal(1_000), Decimal(1_000)))
        nano, text_ms = dollars * NANO_PER_USD, 700 if failure is None else None
        reservation = Reservation("somebody", ModelRole.WRITER, "big", "draft.md", "abc", nano)
        number = await ledger.reserve(reservation, at or bootstrap.utc_now())
        await ledger.settle(number, Settlement("big", 1, 0, 0, 1, nano, text_ms, 900, failure or "end_turn"))
    finally:
        store.close()


async def test_the_owner_is_told_of_the_budget_once_whatever_the_restarts(sim: DiscordSimulator, runs: Runs) -> None:
    await runs.kill()
    await record_call(runs.folder / "essays.db", dollars=41)
    await runs.start()
    owner = sim.owner
    await owner.sees(lambda screen: "$41.00 of the $50 that all may spend on models this month" in screen.text)
    await runs.again()
    await runs.kill()
    await record_call(runs.folder / "essays.db", dollars=9)
    await runs.start()
    await owner.sees(lambda screen: "The month's budget is used up: $50.00 of the $50" in screen.text)
    assert owner.screen.text.count("$41.00") == 1


async def test_the_owner_is_told_that_models_fail_and_that_they_answer_again(sim: DiscordSimulator, runs: Runs) -> None:
    now = bootstrap.utc_now()
    await runs.kill()
    for minutes in (6, 3, 0):
        await record_call(runs.folder / "essays.db", failure="Overloaded", at=now - timedelta(minutes=minutes))
    await runs.start()
    owner, user = sim.owner, sim.user("writer")
    await owner.sees(lambda screen: "Every call of a model has failed since" in screen.text)
    one = await begun(user, user.dm)
    for step in STORY[:4]:
        await step(one)
    await write(one)
    await runs.again()  # it looks at its start, and three times a minute
    await owner.sees(lambda screen: "Models answer again." in screen.text)
    assert owner.screen.text.count("Every call of a model has failed") == 1


async def test_the_owner_is_told_of_five_minutes_without_a_connection_and_of_their_end(
    sim: DiscordSimulator, bot: Bot, clock: ClockAhead
) -> None:
    """Only the gateway is away, so that the first message arrives at once."""
    services = bot.client.dispatcher.services
    alerts = HostAlerts(services.store, services.ledger, clock)
    telling = asyncio.create_task(send_host_alerts(bot.client, alerts, clock))
    try:
        await bot.client.on_disconnect()
        await asyncio.sleep(0)
        clock.ahead = timedelta(minutes=6)
        await sim.owner.sees(lambda screen: "There has been no connection to Discord since" in screen.text)
        await bot.client.on_resumed()
        await sim.owner.sees(lambda screen: "The bot is connected to Discord again." in screen.text)
        assert len(sim.owner.screen.messages) == 2
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)


async def test_the_time_in_which_a_gateway_stood_by_is_no_time_without_a_connection(
    sim: DiscordSimulator, bot: Bot, clock: ClockAhead, monkeypatch: pytest.MonkeyPatch
) -> None:
    services, client = bot.client.dispatcher.services, bot.client
    await client.on_disconnect()
    client.gateway_changed.clear()  # as the heartbeat does, which is not written here
    serving = asyncio.Event()
    monkeypatch.setattr(client, "is_serving", serving.is_set)
    alerts = HostAlerts(services.store, services.ledger, clock)
    telling = asyncio.create_task(send_host_alerts(client, alerts, clock))

    async def look() -> None:
        client.gateway_changed.set()
        client.gateway_changed.clear()
        for _ in range(10):
            await asyncio.sleep(0)

    try:
        await look()
        clock.ahead = timedelta(hours=1)
        serving.set()
        serving_since = clock()
        await look()
        clock.ahead += timedelta(minutes=6)
        client.gateway_changed.set()
        told = "There has been no connection to Discord since"
        await sim.owner.sees(lambda screen: f"{told} {serving_since:%Y-%m-%d %H:%M} UTC" in screen.text)
        assert sim.owner.screen.text.count(told) == 1
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)


async def test_what_a_closed_dm_does_not_take_stands_in_the_log(
    sim: DiscordSimulator, plain: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "bot.discord")
    sim.fail_next("POST", "/users/@me/channels", 403, 50001)
    assert not await plain.client.tell_owners("First news.")
    assert caplog.messages[-1] == "whoever hosts the bot could not be written to: Forbidden"
    sim.world.owner.dms = "closed"
    assert await plain.client.tell_owners("First news.")
    assert caplog.messages[-1] == "the DM of whoever hosts the bot is closed, so this stands here alone: First news."
    sim.world.owner.dms = "open"
    assert await plain.client.tell_owners("More news.")
    assert [message.text for message in sim.owner.screen.messages] == ["More news."]


async def test_what_is_told_again_just_after_it_was_told_stands_there_once(sim: DiscordSimulator, plain: Bot) -> None:
    """As by a process that starts after one which was killed before it had stored what it told."""
    for _ in range(2):
        assert await plain.client.tell_owners("News.")
    assert [message.text for message in sim.owner.screen.messages] == ["News."]
