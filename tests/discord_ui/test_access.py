"""Members of a listed server are answered in the DM too, for as long as they belong to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.discord_ui.access import AccessRules
from bot.discord_ui.interactions import dispatcher
from tests.discord_ui.conftest import Bot, ClockAhead, Scripted, started
from tests.discord_ui.dm_steps import everything, quick
from tests.discord_ui.panel_steps import answered, reads
from tests.simulators.discord import DiscordSimulator, Guild, User, Wire

REFUSED = "not among them"


@asynccontextmanager
async def bot_answering_servers(
    sim: DiscordSimulator, folder: Path, *guilds: Guild
) -> AsyncIterator[tuple[Bot, ClockAhead]]:
    """Start a bot that answers these servers; yield it with the clock by which it forgets who belongs to them."""
    access = AccessRules(everyone=False, guild_ids=frozenset(one.id for one in guilds), user_ids=frozenset())
    clock = ClockAhead()
    async with started(sim, folder / "essays.db", Scripted(), access=access, clock=clock) as bot:
        yield quick(bot), clock


def asked(sim: DiscordSimulator, user: User) -> int:
    """Return how often Discord was asked whether somebody belongs to a server."""
    return sum(one.path.endswith(f"/members/{user.id}") for one in sim.served)


async def test_a_member_who_presses_continue_in_dm_is_answered_there(sim: DiscordSimulator, tmp_path: Path) -> None:
    """By click, by form, by command and by what they write; also once the bot has been started again."""
    user = sim.user("member")
    guild = sim.guild("Writers", members=(user,))
    async with bot_answering_servers(sim, tmp_path, guild) as (bot, _):
        panel = await (await user.slash(guild, "draft")).message()
        await user.click(panel, "Continue in DM")
        await user.sees(lambda _: "Continued in your DM" in panel.text)
        moved = user.screen.at(user.dm).last
        assert moved is not None
        await user.click(moved, "Interview me")
        await user.sees(reads(moved, "[Answer]"))
        await user.say(user.dm, "The lift at Mill Lane.")
        await user.sees(reads(moved, "1 message, 5 words"))
        assert asked(sim, user) == 0  # an interaction in the server says it
    async with bot_answering_servers(sim, tmp_path, guild) as (bot, _):
        await user.say(user.dm, "Bernie mended it.")
        await user.sees(lambda screen: "2 messages" in screen.text)
        await user.say(user.dm, "In 2019.")
        await user.sees(lambda screen: "3 messages" in screen.text)
        assert asked(sim, user) == 1
        assert await everything(bot, user) == ["The lift at Mill Lane.", "Bernie mended it.", "In 2019."]


async def test_a_member_whom_the_bot_never_met_is_answered_in_the_dm(sim: DiscordSimulator, tmp_path: Path) -> None:
    user, installed = sim.user("member"), sim.user("installed", installed=True)
    first, guild = sim.guild("Readers"), sim.guild("Writers", members=(user, installed))
    async with bot_answering_servers(sim, tmp_path, first, guild) as (bot, _):
        await user.say(user.dm, "The lift at Mill Lane.")
        await user.sees(lambda screen: "You wrote 1 message" in screen.text)
        assert await everything(bot, user) == ["The lift at Mill Lane."]
        private = sim.private(installed, user)
        assert "Interview me" in (await (await installed.slash(private, "draft")).message()).buttons


async def test_a_person_who_left_the_server_is_refused_in_the_dm_until_they_come_back(
    sim: DiscordSimulator, tmp_path: Path
) -> None:
    """After some minutes. What they write then is stored nowhere. Who comes back is answered again, a minute later."""
    user = sim.user("member")
    guild = sim.guild("Writers", members=(user,))
    async with bot_answering_servers(sim, tmp_path, guild) as (bot, clock):
        await user.say(user.dm, "The lift at Mill Lane.")
        await user.sees(lambda screen: "You wrote 1 message" in screen.text)
        del guild.members[user.id]
        clock.ahead += timedelta(minutes=6)
        await user.say(user.dm, "I have left.")
        await user.sees(lambda screen: REFUSED in screen.text)
        sim.fail_next("GET", "/guilds/*/members/*", 500, times=None)  # that they left is not forgotten either
        clock.ahead += timedelta(minutes=6)
        assert "Discord did not say" in (await (await user.slash(user.dm, "draft")).message()).text
        sim.faults.clear()
        guild.members[user.id] = 0
        clock.ahead += timedelta(minutes=2)
        await user.say(user.dm, "I am back.")
        await user.sees(lambda screen: "You wrote 2 messages" in screen.text)
        assert await everything(bot, user) == ["The lift at Mill Lane.", "I am back."]


async def test_a_stranger_is_refused_and_discord_is_asked_once_a_minute(sim: DiscordSimulator, tmp_path: Path) -> None:
    user, guild = sim.user("stranger"), sim.guild("Writers")
    async with bot_answering_servers(sim, tmp_path, guild) as (bot, clock):
        for number in range(20):
            await user.say(user.dm, f"Hello {number}")
        await user.sees(lambda screen: REFUSED in screen.text)
        act = await user.slash(user.dm, "draft")
        assert REFUSED in (await act.message()).text
        assert asked(sim, user) == 1
        assert await (await user.autocomplete(user.dm, "draft", "essay", "")).choices() == []
        assert await bot.desk.list_essays(bot.writer(user)) == ()
        clock.ahead += timedelta(minutes=2)
        assert REFUSED in (await (await user.slash(user.dm, "draft")).message()).text
        assert asked(sim, user) == 2


@pytest.mark.parametrize("fault", ["500", "slow", "gone"])
async def test_a_known_member_is_answered_when_discord_does_not_say_who_belongs(
    sim: DiscordSimulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """From what they did in the server. Somebody else is told to try again, or where the bot has left, refused."""
    monkeypatch.setattr(dispatcher, "_MEMBERSHIP_TIMEOUT_SECONDS", 0.1)
    known, other = sim.user("known"), sim.user("other")
    guild = sim.guild("Writers", members=(known, other))
    async with bot_answering_servers(sim, tmp_path, guild) as (bot, clock):
        await (await known.slash(guild, "help")).message()
        await answered(bot)  # that they belong there is stored after the answer
        clock.ahead += timedelta(days=20)
        if fault == "500":
            sim.fail_next("GET", "/guilds/*/members/*", 500, times=None)
        elif fault == "slow":
            sim.delay("GET", "/guilds/*/members/*", 1.0)
        else:
            guild.bot = False
        assert "Interview me" in (await (await known.slash(known.dm, "draft")).message()).buttons
        told = REFUSED if fault == "gone" else "Discord did not say whether you belong"
        assert told in (await (await other.slash(other.dm, "draft")).message()).text


async def test_members_of_a_server_no_longer_listed_are_refused(sim: DiscordSimulator, tmp_path: Path) -> None:
    user = sim.user("member")
    before, after = sim.guild("Writers", members=(user,)), sim.guild("Readers")
    async with bot_answering_servers(sim, tmp_path, before):
        await (await user.slash(before, "help")).message()
    async with bot_answering_servers(sim, tmp_path, after):
        assert REFUSED in (await (await user.slash(user.dm, "draft")).message()).text


async def test_stored_memberships_name_neither_the_person_nor_the_server(sim: DiscordSimulator, tmp_path: Path) -> None:
    user = sim.user("member")
    guild = sim.guild("Writers", members=(user,))
    async with bot_answering_servers(sim, tmp_path, guild):
        await user.say(user.dm, "The lift at Mill Lane.")
        await user.sees(lambda screen: "You wrote 1 message" in screen.text)
    held = b"".join(map(Path.read_bytes, tmp_path.iterdir()))  # noqa: ASYNC240 - the bot has ended
    assert b"member d" in held
    for number in (user.id, guild.id):
        assert str(number).encode() not in held


async def test_the_simulator_answers_member_requests_as_discord_does(sim: DiscordSimulator) -> None:
    user = sim.user("member")
    guild, without = sim.guild("Writers", members=(user,)), sim.guild("Elsewhere", bot=False, members=(user,))
    other = sim.user("other")
    async with Wire(sim) as wire:
        found = await wire("GET", f"/guilds/{guild.id}/members/{user.id}")
        assert found.status == 200
        assert found.body["user"]["id"] == str(user.id)
        assert "permissions" not in found.body
        assert (await wire("GET", f"/guilds/{guild.id}/members/{other.id}")).says == (404, 10007)
        assert (await wire("GET", f"/guilds/{guild.id}/members/1")).says == (404, 10013)
        assert (await wire("GET", f"/guilds/{without.id}/members/{user.id}")).says == (403, 50001)
        assert (await wire("GET", f"/guilds/1/members/{user.id}")).says == (404, 10004)
