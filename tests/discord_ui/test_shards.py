"""The bot by several shards: it answers for all of them, and for none while another process may have them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot import bootstrap
from bot.discord_ui.client import DiscordClient, ShardedDiscordClient
from bot.discord_ui.gateway_state import GatewayState
from bot.discord_ui.interactions.dispatcher import InteractionDispatcher
from bot.ops.run_discord import ShardsNeeded, _raise_connection_error
from bot.store.sqlite import SqliteStore
from tests.discord_ui.conftest import OPEN
from tests.joined_services import join_services
from tests.simulators.discord import DiscordSimulator


class Lease:
    """A lease that a test takes away and gives back."""

    def __init__(self) -> None:
        self.held = asyncio.Event()
        self.held.set()

    def is_held(self) -> bool:
        return self.held.is_set()

    async def wait_to_identify(self, shard: int, max_concurrency: int) -> None:
        await self.held.wait()


Connect = Callable[..., Awaitable[ShardedDiscordClient]]


@pytest.fixture
async def connect(sim: DiscordSimulator, tmp_path: Path) -> AsyncIterator[Connect]:
    """Connects the bot by shards of 4; the test ends it."""
    store = SqliteStore(tmp_path / "essays.db", None, bootstrap.utc_now)
    services = join_services(store, None, bootstrap.utc_now)
    door = InteractionDispatcher(services, OPEN)
    clients: list[tuple[ShardedDiscordClient, asyncio.Task[None]]] = []

    async def connected(*shards: int, lease: Lease) -> ShardedDiscordClient:
        client = ShardedDiscordClient(door, None, shards, 4, lease)
        clients.append((client, asyncio.create_task(client.start(sim.token))))
        await sim.gateway.wait_shards(*shards)
        return client

    try:
        yield connected
    finally:
        await door.close(2.0)
        for client, task in clients:
            await client.close()
            await asyncio.gather(task, return_exceptions=True)
        await services.close()


async def until(client: ShardedDiscordClient, state: GatewayState) -> None:
    async with asyncio.timeout(10):
        while client.gateway is not state:
            client.gateway_changed.clear()
            await client.gateway_changed.wait()


async def test_the_bot_counts_as_connected_while_all_of_its_shards_are(sim: DiscordSimulator, connect: Connect) -> None:
    client = await connect(0, 2, lease=Lease())
    await until(client, GatewayState.CONNECTED)
    one = next(session for session in sim.gateway.connected if session.shard == (2, 4))
    assert one.socket is not None
    await one.socket.close(code=4000)  # Discord ends one of the sessions; discord.py resumes it
    await until(client, GatewayState.LOST)
    await until(client, GatewayState.CONNECTED)
    assert sim.gateway.resumes == 1


async def test_without_the_lease_nothing_is_answered_and_the_sessions_end_until_it_is_had_again(
    sim: DiscordSimulator, connect: Connect
) -> None:
    lease, user, place = Lease(), sim.user("writer"), sim.guild("Writers", shard=(2, 4))
    client = await connect(0, 2, lease=lease)
    panel = await (await user.slash(place, "mydata")).message()
    served = len(sim.served)
    lease.held.clear()  # the process has not noticed yet
    sim.settings.ack_deadline = 0.2
    acts = [
        await user.slash(place, "essays"),
        await user.slash(user.dm, "help"),
        await user.forge_click(panel, "essay:mydata:-"),
    ]
    await user.say(user.dm, "I left in June.")
    for act in acts:
        await act.no_response()
    assert len(sim.served) == served
    await client.disconnect_shards()
    client.stand_by()
    await sim.gateway.wait_disconnected()
    assert client.gateway is GatewayState.STANDING_BY
    connecting = asyncio.create_task(client.connect_shards())
    sim.settings.ack_deadline = 3.0
    lease.held.set()
    await connecting
    await until(client, GatewayState.CONNECTED)
    await (await user.slash(place, "essays")).message()
    await (await user.slash(user.dm, "help")).message()
    assert (sim.gateway.double, len(sim.gateway.connected)) == ([], 2)
    sim.timeline.moments[:] = [one for one in sim.timeline.moments if one.kind != "no response"]  # as was meant


async def test_discord_is_asked_how_many_shards_it_recommends_and_a_larger_number_is_logged(
    sim: DiscordSimulator, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    sim.settings.shards = 8
    await connect(1, lease=Lease())
    assert "Discord recommends 8 shards, and SHARD_COUNT says 4" in caplog.text
    assert sim.syncs == []  # which the process does that has shard 0


async def test_a_bot_in_more_servers_than_its_shards_may_serve_is_told_to_set_their_number(
    sim: DiscordSimulator, tmp_path: Path
) -> None:
    sim.settings.servers_per_shard = 1
    for name in ("Writers", "Others"):
        sim.guild(name)
    services = join_services(SqliteStore(tmp_path / "essays.db", None, bootstrap.utc_now), None, bootstrap.utc_now)
    client = DiscordClient(InteractionDispatcher(services, OPEN))
    try:
        with pytest.raises(ShardsNeeded, match="set SHARD_COUNT to a higher number, one for each 1,000 servers"):
            await _raise_connection_error(asyncio.create_task(client.start(sim.token)))
    finally:
        await client.close()
        await services.close()
