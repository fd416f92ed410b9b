"""The gateway: who may identify, what is replayed, and a bot that comes back from every kind of loss."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.simulators.discord import DiscordSimulator, Settings, Socket, Wire, running
from tests.simulators.discord.discord_py import discord
from tests.simulators.discord.sample_bot import SampleBot


class QuickBot(SampleBot):
    """Does not wait the library's five seconds before a second IDENTIFY."""

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        await asyncio.sleep(0)


DM, GUILD, CONTENT = 1 << 12, 1 << 9, 1 << 15


@pytest.fixture
async def sim() -> AsyncIterator[DiscordSimulator]:
    async with DiscordSimulator(Settings(rate_limits=False, ack_deadline=1.0, identify_interval=0)) as simulator:
        yield simulator


@pytest.fixture
async def wire(sim: DiscordSimulator) -> AsyncIterator[Wire]:
    async with Wire(sim) as found:
        await found.register({"name": "draft"})
        yield found


async def ready(wire: Wire, sim: DiscordSimulator, intents: int = 0) -> tuple[Socket, dict[str, object]]:
    socket = await wire.connect()
    await socket.identify(sim.token, intents)
    event = await socket.next()
    assert event["t"] == "READY"
    return socket, event["d"]


async def test_an_identify_is_answered_and_heartbeats_are_acknowledged(sim: DiscordSimulator, wire: Wire) -> None:
    socket, about = await ready(wire, sim)
    assert about["resume_gateway_url"] == sim.gateway.url
    assert about["application"] == {"id": str(sim.world.bot.id), "flags": 0}
    await socket.send(1, None)
    assert (await socket.next())["op"] == 11
    await socket.close()


async def test_what_the_gateway_refuses_is_closed_with_its_code(sim: DiscordSimulator, wire: Wire) -> None:
    sim.settings.disallowed_intents = CONTENT

    async def closed(*steps: object) -> object:
        socket = await wire.connect()
        for step in steps:
            if isinstance(step, str):
                await socket.send_text(step)
            else:
                assert isinstance(step, tuple)
                await socket.send(*step)
        frame = await socket.next()
        while "closed" not in frame:
            frame = await socket.next()
        return frame["closed"]

    good = {"token": sim.token, "intents": 0, "properties": {}}
    assert await closed((2, {**good, "token": "wrong"})) == 4004
    assert await closed((2, {**good, "intents": CONTENT})) == 4014
    assert await closed((2, {**good, "intents": None})) == 4013
    assert await closed((2, {**good, "shard": [2, 1]})) == 4010
    assert await closed((2, good), (2, good)) == 4005
    assert await closed((3, {})) == 4003
    assert await closed((99, {})) == 4001
    assert await closed("{") == 4002
    assert await closed((2, good), *[(1, None)] * 120) == 4008
    assert await closed((6, {"token": "wrong", "session_id": "x", "seq": 0})) == 4004


async def test_events_reach_the_intents_that_ask_for_them(sim: DiscordSimulator, wire: Wire) -> None:
    user, guild = sim.user("writer"), sim.guild("Writers")
    sockets = {intents: (await ready(wire, sim, intents))[0] for intents in (0, DM, GUILD, GUILD | CONTENT)}
    await user.say(user.dm, "in private")
    await user.say(guild, "in public")
    await user.say(guild, f"to <@{sim.world.bot.id}>")
    await user.say(sim.guild("Elsewhere", bot=False), "where the bot is not")
    await user.slash(user.dm, "draft")
    heard: dict[int, list[str]] = {intents: [] for intents in sockets}
    for intents, socket in sockets.items():
        while (event := await socket.next())["t"] != "INTERACTION_CREATE":
            heard[intents].append(event["d"]["content"])
        await socket.close()
    public = ["in public", f"to <@{sim.world.bot.id}>"]
    assert heard == {0: [], DM: ["in private"], GUILD: ["", public[1]], GUILD | CONTENT: public}


async def test_gateway_events_of_ephemeral_messages_look_like_direct_messages_without_a_server(
    sim: DiscordSimulator, wire: Wire
) -> None:
    user, guild = sim.user("writer"), sim.guild("Writers")
    socket, _ = await ready(wire, sim, DM)
    act = await user.slash(guild, "draft")
    await socket.next()
    await wire.answer(act, 4, {"content": "secret", "flags": 64})
    event = await socket.next()
    assert (event["t"], event["d"]["flags"], "guild_id" in event["d"]) == ("MESSAGE_CREATE", 64, False)
    await socket.close()


async def test_a_resume_replays_what_was_missed_in_order(sim: DiscordSimulator, wire: Wire) -> None:
    user = sim.user("writer")
    socket, about = await ready(wire, sim, DM)
    await user.say(user.dm, "one")
    last = (await socket.next())["s"]
    sim.gateway.drop()
    await user.say(user.dm, "two")
    await user.say(user.dm, "three")
    again = await wire.connect()
    await again.send(6, {"token": sim.token, "session_id": about["session_id"], "seq": last})
    events = [await again.next() for _ in range(3)]
    assert [one["s"] for one in events] == [last + 1, last + 2, last + 3]
    assert [one["d"].get("content") for one in events] == ["two", "three", None]
    assert events[-1]["t"] == "RESUMED"
    await again.close()
    await socket.close()


async def test_a_session_that_is_unknown_or_forgotten_cannot_be_resumed(sim: DiscordSimulator, wire: Wire) -> None:
    _, about = await ready(wire, sim)
    sim.gateway.drop()
    sim.gateway.forget_sessions()
    for session in (about["session_id"], "unknown"):
        again = await wire.connect()
        await again.send(6, {"token": sim.token, "session_id": session, "seq": 1})
        assert await again.next() == {"op": 9, "d": False}
        await again.identify(sim.token)
        assert (await again.next())["t"] == "READY"
        await again.close()
    far = await wire.connect()
    await far.identify(sim.token)
    number = (await far.next())["d"]["session_id"]
    sim.gateway.drop()
    ahead = await wire.connect()
    await ahead.send(6, {"token": sim.token, "session_id": number, "seq": 99})
    assert await ahead.next() == {"closed": 4007}


async def test_a_bot_survives_every_kind_of_connection_loss_and_misses_no_recoverable_event(
    sim: DiscordSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost network, op 7 and a resumable op 9 replay what was missed; a fresh session goes on."""
    sim.point(monkeypatch)
    bot, user = QuickBot(), sim.user("writer")
    async with running(bot, sim):
        sim.gateway.drop()
        await user.say(user.dm, "after drop")
        await user.sees(lambda screen: "heard after drop" in screen.text)
        await sim.gateway.reconnect()
        await user.say(user.dm, "after reconnect")
        await user.sees(lambda screen: "heard after reconnect" in screen.text)
        await sim.gateway.invalidate(resumable=True)
        await user.say(user.dm, "after invalid")
        await user.sees(lambda screen: "heard after invalid" in screen.text)
        assert (sim.gateway.identifies, sim.gateway.resumes) == (1, 3)
        await sim.gateway.invalidate()
        await sim.timeline.until(lambda: sim.gateway.identifies == 2, 10, lambda: "no second IDENTIFY")
        await user.say(user.dm, "after identify")
        await user.sees(lambda screen: "heard after identify" in screen.text)
    assert bot.heard == ["after drop", "after reconnect", "after invalid", "after identify"]
    assert sim.gateway.heartbeats > 0


async def test_an_interaction_missed_for_three_seconds_is_lost_even_when_replayed(
    sim: DiscordSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    sim.point(monkeypatch)
    bot, user = SampleBot(), sim.user("writer")
    async with running(bot, sim):
        sim.gateway.drop()
        act = await user.slash(user.dm, "panel")
        sim.clock.advance(3)
        await act.no_response()
        await sim.timeline.until(lambda: sim.refused, 10, lambda: "the bot did not answer at all")
    assert (sim.refused[0].status, sim.refused[0].code) == (404, 10062)


async def test_an_event_can_be_delivered_twice(sim: DiscordSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second delivery finds the interaction answered; the person sees one panel."""
    sim.point(monkeypatch)
    user = sim.user("writer")
    async with running(SampleBot(), sim):
        sim.gateway.duplicate_next()
        await (await user.slash(user.dm, "panel")).message()
        await sim.timeline.until(lambda: sim.refused, 10, lambda: "nothing was refused")
    assert [one.code for one in sim.refused] == [40060]
    assert len(user.screen.messages) == 1


async def test_a_wrong_token_and_a_switched_off_intent_stop_the_bot(
    sim: DiscordSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    sim.point(monkeypatch)
    sim.settings.disallowed_intents = DM
    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with running(SampleBot(), sim):
            pass
    assert sim.gateway.closed_with == [4014]
    bot = SampleBot()
    with pytest.raises(discord.LoginFailure):
        await bot.start("another token")
    await bot.close()
    await asyncio.sleep(0)
