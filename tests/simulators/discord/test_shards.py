"""Shards: who is sent which event, who may identify when, and what a bot without a gateway can do."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.simulators.discord import DiscordSimulator, Settings, Socket, Wire, running
from tests.simulators.discord.discord_py import discord
from tests.simulators.discord.json_types import Json
from tests.simulators.discord.sample_bot import SampleBot

DM, GUILD, CONTENT = 1 << 12, 1 << 9, 1 << 15


@pytest.fixture
async def sim() -> AsyncIterator[DiscordSimulator]:
    async with DiscordSimulator(Settings(identify_interval=0)) as simulator:
        yield simulator


@pytest.fixture
async def wire(sim: DiscordSimulator) -> AsyncIterator[Wire]:
    async with Wire(sim) as found:
        await found.register({"name": "draft"})
        yield found


async def ready(wire: Wire, sim: DiscordSimulator, shard: tuple[int, int]) -> Socket:
    socket = await wire.connect()
    await socket.identify(sim.token, DM | GUILD | CONTENT, shard)
    event = await socket.next()
    assert (event["t"], event["d"]["shard"]) == ("READY", list(shard))
    return socket


async def heard(socket: Socket, sim: DiscordSimulator) -> list[Json]:
    """All that a socket was sent, up to the answer to a heartbeat."""
    await socket.send(1, None)
    found = []
    while (event := await socket.next())["op"] != 11:
        found.append(event)
    return found


async def test_each_event_goes_to_the_shard_of_its_server_and_without_one_to_shard_0(
    sim: DiscordSimulator, wire: Wire
) -> None:
    sockets = [await ready(wire, sim, (number, 3)) for number in range(3)]
    user, servers = sim.user("writer"), [sim.guild(f"Writers {number}", shard=(number, 3)) for number in range(3)]
    await user.say(user.dm, "in private")
    await user.slash(user.dm, "draft")
    for server in servers:
        await user.say(server, f"in {server.name}")
        await user.slash(server, "draft")
    said = [[one["d"].get("content", one["t"]) for one in await heard(socket, sim)] for socket in sockets]
    assert said == [
        ["in private", "INTERACTION_CREATE", "in Writers 0", "INTERACTION_CREATE"],
        ["in Writers 1", "INTERACTION_CREATE"],
        ["in Writers 2", "INTERACTION_CREATE"],
    ]
    assert [(one.id >> 22) % 3 for one in servers] == [0, 1, 2]
    for socket in sockets:
        await socket.close()


async def test_two_sessions_of_one_shard_are_both_served_and_this_is_kept_for_the_test_to_see(
    sim: DiscordSimulator, wire: Wire
) -> None:
    first, other = await ready(wire, sim, (0, 2)), await ready(wire, sim, (1, 2))
    assert sim.gateway.double == []
    second = await ready(wire, sim, (0, 2))
    assert sim.gateway.double == [(0, 2)]
    user = sim.user("writer")
    await user.say(user.dm, "hello")
    assert [len(await heard(one, sim)) for one in (first, second, other)] == [1, 1, 0]
    for socket in (first, second, other):
        await socket.close()


async def test_a_session_outlives_a_lost_socket_beside_a_new_one_and_not_an_orderly_end(
    sim: DiscordSimulator, wire: Wire
) -> None:
    async def resumed(session: str) -> Json:
        socket = await wire.connect()
        await socket.send(6, {"token": sim.token, "session_id": session, "seq": 1})
        return await socket.next()

    await ready(wire, sim, (0, 1))
    (lost,) = sim.gateway.connected
    sim.gateway.drop()
    beside = await ready(wire, sim, (0, 1))
    assert (await resumed(lost.id))["t"] == "RESUMED"
    assert sim.gateway.double == [(0, 1)]
    ended = next(one for one in sim.gateway.connected if one is not lost)
    await beside.close()  # with 1000
    await sim.gateway.wait_disconnected(of=[ended])
    assert await resumed(ended.id) == {"op": 9, "d": False}


async def test_an_identify_too_soon_after_another_of_its_kind_is_an_invalid_session(
    sim: DiscordSimulator, wire: Wire
) -> None:
    sim.settings.identify_interval, sim.settings.max_concurrency = 60, 2
    for number in (0, 1):
        await ready(wire, sim, (number, 4))
    for number in (2, 3):
        socket = await wire.connect()
        await socket.identify(sim.token, DM, (number, 4))
        assert await socket.next() == {"op": 9, "d": False}
    assert sim.gateway.hasty == [2, 3]
    sim.settings.shards = 4
    told = (await wire("GET", "/gateway/bot")).body
    assert told["shards"] == 4
    assert told["session_start_limit"] == {
        "total": 1000,
        "remaining": 996,
        "reset_after": 86_400_000,
        "max_concurrency": 2,
    }


async def test_too_few_shards_shards_that_are_none_and_too_many_identifies_are_refused(
    sim: DiscordSimulator, wire: Wire
) -> None:
    async def closed(shard: object) -> Json:
        socket = await wire.connect()
        await socket.send(2, {"token": sim.token, "intents": 0, "properties": {}, "shard": shard})
        return await socket.next()

    for wrong in ([2, 2], [-1, 2], [0], "01", [0.0, 1]):
        assert await closed(wrong) == {"closed": 4010}
    sim.settings.servers_per_shard = 2
    for number in range(3):
        sim.guild(f"Writers {number}")
    assert await closed([0, 1]) == {"closed": 4011}
    sim.settings.servers_per_shard, sim.settings.identifies_a_day = 3, sim.gateway.identifies + 1
    assert (await closed([0, 1]))["t"] == "READY"
    assert await closed([0, 1]) == {"closed": 4004}


async def test_the_library_serves_the_shards_that_it_is_given_and_waits_for_one_that_was_too_soon(
    sim: DiscordSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Sharded(discord.AutoShardedClient):
        async def on_message(self, message: discord.Message) -> None:
            said.put_nowait(message.content)

    said = asyncio.Queue[str]()
    sim.point(monkeypatch)
    sim.settings.identify_interval = 1.0  # the library waits for five seconds before its second
    intents = discord.Intents.none()
    intents.dm_messages = intents.guild_messages = intents.message_content = True
    bot = Sharded(intents=intents, shard_count=3, shard_ids=[0, 2], max_messages=None)
    user = sim.user("writer")
    async with running(bot, sim), asyncio.timeout(20):
        await sim.gateway.wait_shards(0, 2)
        for shard in range(3):
            await user.say(sim.guild(f"Writers {shard}", shard=(shard, 3)), f"in {shard}")
        await user.say(user.dm, "in private")
        assert sorted([await said.get() for _ in range(3)]) == ["in 0", "in 2", "in private"]
    assert said.empty()
    assert sim.gateway.hasty == []


async def test_a_bot_that_only_logs_in_sends_and_edits_messages_without_a_session(
    sim: DiscordSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    sim.point(monkeypatch)
    user = sim.user("writer")
    async with running(SampleBot(), sim), discord.Client(intents=discord.Intents.none()) as worker:
        await worker.login(sim.token)
        dm = await worker.create_dm(discord.Object(user.id))
        message = await dm.send("Working")
        await dm.get_partial_message(message.id).edit(content="Done")
        act = await user.slash(user.dm, "panel")
        panel = await act.message()
        hook = discord.Webhook.partial(sim.world.bot.id, act.interaction.token, client=worker)
        await hook.edit_message(panel.id, view=_card("From the worker"))
        assert {"Done", "From the worker"} <= {one.text.strip() for one in user.screen.messages}
    assert sim.gateway.identifies == 1


def _card(text: str) -> discord.ui.LayoutView:
    view = discord.ui.LayoutView()
    view.add_item(discord.ui.TextDisplay(text))
    return view
