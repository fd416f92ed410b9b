"""Threads: what Discord asks for to make, write in, close and delete one, and what it says of others' words."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.simulators.discord import DiscordSimulator, Guild, Settings, Wire
from tests.simulators.discord.models import (
    CREATE_PUBLIC_THREADS,
    FORUM,
    MANAGE_THREADS,
    READ_MESSAGE_HISTORY,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
    VIEW_CHANNEL,
)


@pytest.fixture
async def sim() -> AsyncIterator[DiscordSimulator]:
    async with DiscordSimulator(Settings(rate_limits=False)) as simulator:
        yield simulator


@pytest.fixture
async def wire(sim: DiscordSimulator) -> AsyncIterator[Wire]:
    async with Wire(sim) as found:
        yield found


@pytest.fixture
def guild(sim: DiscordSimulator) -> Guild:
    return sim.guild("Writers")


async def posted(wire: Wire, channel: int) -> str:
    return str((await wire("POST", f"/channels/{channel}/messages", {"content": "An opening."})).body["id"])


async def begun(wire: Wire, guild: Guild, **more: object) -> Any:
    message = await posted(wire, guild.general.id)
    return await wire("POST", f"/channels/{guild.general.id}/messages/{message}/threads", {"name": "A thread", **more})


async def test_a_thread_has_its_messages_id_and_begins_with_a_reference_to_it(wire: Wire, guild: Guild) -> None:
    reply = await begun(wire, guild)
    assert (reply.status, reply.body["type"], reply.body["parent_id"]) == (200, 11, str(guild.general.id))
    assert reply.body["id"] == str(guild.general.messages[-1].id)
    (first,) = (await wire("GET", f"/channels/{reply.body['id']}/messages")).body
    assert (first["type"], first["content"]) == (21, "")
    again = await wire("POST", f"/channels/{guild.general.id}/messages/{reply.body['id']}/threads", {"name": "x"})
    assert again.code == 160004


@pytest.mark.parametrize(
    ("bits", "step", "code"),
    [
        (VIEW_CHANNEL, "send", 50001),
        (SEND_MESSAGES, "send", 50013),
        (CREATE_PUBLIC_THREADS, "begin", 50013),
        (SEND_MESSAGES_IN_THREADS, "write", 50013),
    ],
)
async def test_each_step_needs_its_permission(
    sim: DiscordSimulator, wire: Wire, guild: Guild, bits: int, step: str, code: int
) -> None:
    thread = (await begun(wire, guild)).body["id"]
    message = await posted(wire, guild.general.id)
    guild.general.denied = {sim.world.bot.id: bits}
    at = f"/channels/{guild.general.id}/messages"
    tried = {
        "send": await wire("POST", at, {"content": "x"}),
        "begin": await wire("POST", f"{at}/{message}/threads", {"name": "x"}),
        "write": await wire("POST", f"/channels/{thread}/messages", {"content": "x"}),
    }
    assert tried[step].says == (403, code)


async def test_names_durations_kinds_of_channels_and_their_number_are_checked(
    sim: DiscordSimulator, wire: Wire, guild: Guild
) -> None:
    assert (await begun(wire, guild, name="x" * 101)).complaint("name") == "BASE_TYPE_BAD_LENGTH"
    assert (await begun(wire, guild, name="")).code == 50035
    assert (await begun(wire, guild, auto_archive_duration=7)).complaint("auto_archive_duration")
    sim.settings.active_threads = 0
    assert (await begun(wire, guild)).code == 160006
    guild.general.type = FORUM
    assert (await begun(wire, guild)).code == 50024


async def test_writing_opens_an_archived_thread_and_none_that_is_locked(
    sim: DiscordSimulator, wire: Wire, guild: Guild
) -> None:
    path = f"/channels/{(await begun(wire, guild)).body['id']}"
    (thread,) = sim.threads(guild)
    own = (await wire("POST", f"{path}/messages", {"content": "x"})).body["id"]
    assert (await wire("PATCH", path, {"archived": True})).status == 200
    assert (await wire("PATCH", f"{path}/messages/{own}", {"content": "y"})).code == 50083
    assert (await wire("POST", f"{path}/messages", {"content": "x"})).status == 200
    assert not thread.archived
    assert (await wire("PATCH", path, {"locked": True})).says == (403, 50013)
    thread.locked = True
    assert (await wire("POST", f"{path}/messages", {"content": "x"})).code == 160005
    assert (await wire("DELETE", f"{path}/messages/{own}")).status == 204


async def test_deleting_a_thread_needs_manage_threads(wire: Wire, guild: Guild) -> None:
    path = f"/channels/{(await begun(wire, guild)).body['id']}"
    assert (await wire("DELETE", path)).says == (403, 50013)
    guild.bot_permissions = MANAGE_THREADS
    assert (await wire("DELETE", f"/channels/{guild.general.id}")).says == (403, 50013)
    assert (await wire("DELETE", path)).status == 200
    assert (await wire("GET", f"{path}/messages")).says == (404, 10003)


async def test_others_words_are_withheld_without_the_intent_unless_they_mention_the_bot(
    sim: DiscordSimulator, wire: Wire, guild: Guild
) -> None:
    reader, path = sim.user("reader"), f"/channels/{guild.general.id}/messages"
    own = await posted(wire, guild.general.id)
    await reader.say(guild, "Plain words.")
    await reader.say(guild, f"<@{sim.world.bot.id}> named.")
    await reader.say(guild, "A reply.", reply_to=sim.world.messages[int(own)])
    said = [one["content"] for one in reversed((await wire("GET", path)).body)]
    assert said == ["An opening.", "", f"<@{sim.world.bot.id}> named.", "A reply."]
    sim.settings.message_content = True
    assert "Plain words." in [one["content"] for one in (await wire("GET", path)).body]
    guild.general.denied = {sim.world.bot.id: READ_MESSAGE_HISTORY}
    assert (await wire("GET", path)).body == []


async def test_a_server_is_given_with_its_roles_and_the_bots_own_member(
    sim: DiscordSimulator, wire: Wire, guild: Guild
) -> None:
    guild.bot_permissions = MANAGE_THREADS
    found = (await wire("GET", f"/guilds/{guild.id}")).body
    bot = (await wire("GET", f"/guilds/{guild.id}/members/{sim.world.bot.id}")).body
    held = {role["id"]: int(role["permissions"]) for role in found["roles"]}
    assert all(held[role] & MANAGE_THREADS for role in bot["roles"])
    assert held[str(guild.id)] & CREATE_PUBLIC_THREADS
    elsewhere = sim.guild("Elsewhere", bot=False)
    assert (await wire("GET", f"/guilds/{elsewhere.id}")).says == (403, 50001)
