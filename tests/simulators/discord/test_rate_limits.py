"""Rate limits, faults and delays, seen from raw requests and from discord.py."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from tests.simulators.discord import Attachment, DiscordSimulator, Settings, Wire, running
from tests.simulators.discord.discord_py import discord
from tests.simulators.discord.sample_bot import Panel, SampleBot


@pytest.fixture
async def sim() -> AsyncIterator[DiscordSimulator]:
    async with DiscordSimulator(Settings()) as simulator:
        yield simulator


@pytest.fixture
async def wire(sim: DiscordSimulator) -> AsyncIterator[Wire]:
    async with Wire(sim) as found:
        await found.register({"name": "draft"})
        yield found


async def test_sends_and_edits_of_a_channel_are_counted_apart_under_one_bucket(
    sim: DiscordSimulator, wire: Wire
) -> None:
    path = f"/channels/{sim.guild('Writers').general.id}/messages"
    sent = [await wire("POST", path, {"content": str(number)}) for number in range(6)]
    assert [one.headers["X-RateLimit-Remaining"] for one in sent] == ["4", "3", "2", "1", "0", "0"]
    refused = sent[-1]
    assert refused.status == 429
    assert 4 < refused.body["retry_after"] <= 5
    assert refused.body["global"] is False
    assert refused.headers["Via"]
    assert refused.headers["X-RateLimit-Limit"] == "5"
    edited = await wire("PATCH", f"{path}/{sent[0].body['id']}", {"content": "x"})
    assert edited.status == 200
    assert edited.headers["X-RateLimit-Bucket"] == refused.headers["X-RateLimit-Bucket"]
    other = await wire("POST", f"/channels/{sim.guild('Other').general.id}/messages", {"content": "x"})
    assert other.headers["X-RateLimit-Remaining"] == "4"
    sim.clock.advance(5)
    assert (await wire("POST", path, {"content": "again"})).status == 200
    assert [one.bucket for one in sim.violations] == ["send"]
    assert sim.rest.invalid_requests == 1


async def test_each_interaction_token_has_its_own_bucket_and_the_callback_none(
    sim: DiscordSimulator, wire: Wire
) -> None:
    user = sim.user("writer")
    acts = [await user.slash(user.dm, "draft") for _ in range(2)]
    for act in acts:
        assert "X-RateLimit-Limit" not in (await wire.answer(act, 4, {"content": "x"})).headers
    edits = [await wire.hook(acts[0], "PATCH", "/messages/@original", {"content": str(n)}) for n in range(6)]
    assert [one.status for one in edits] == [200] * 5 + [429]
    assert (await wire.hook(acts[1], "PATCH", "/messages/@original", {"content": "x"})).status == 200


async def test_fifty_requests_a_second_are_allowed_interactions_aside(sim: DiscordSimulator, wire: Wire) -> None:
    sim.clock.advance(2)
    user = sim.user("writer")
    replies = await asyncio.gather(*(wire("GET", "/users/@me") for _ in range(51)))
    refused = [one for one in replies if one.status == 429]
    assert len(refused) == 1
    assert refused[0].body["global"] is True
    assert refused[0].headers["X-RateLimit-Global"] == "true"
    act = await user.slash(user.dm, "draft")
    assert (await wire.answer(act, 4, {"content": "x"})).status == 200


async def test_a_bot_that_edits_too_often_is_stalled_by_its_library_without_a_429(
    sim: DiscordSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five edits in five seconds arrive; the fifth call returns only when the window is over."""
    sim.point(monkeypatch)
    user, bot = sim.user("writer"), SampleBot()
    async with running(bot, sim):
        message = await (await user.slash(user.dm, "panel")).message()
        partial = bot.get_partial_messageable(message.channel.id).get_partial_message(message.id)
        started = time.perf_counter()
        for number in range(4):
            await partial.edit(view=Panel(f"state {number}"))
        quick = time.perf_counter() - started
        slow = asyncio.create_task(partial.edit(view=Panel("state 4")))
        await user.sees(lambda screen: "state 4" in screen.text)
        done, _ = await asyncio.wait({slow}, timeout=0.3)
        assert not done
        slow.cancel()
    assert quick < 1
    assert sim.violations == []


async def test_a_failure_on_demand_strikes_the_next_matching_request_alone(sim: DiscordSimulator, wire: Wire) -> None:
    path = f"/channels/{sim.guild('Writers').general.id}/messages"
    fault = sim.fail_next("POST", "/channels/*/messages", 403, 50013)
    assert (await wire("GET", path)).status == 200
    refused = await wire("POST", path, {"content": "x"})
    assert refused.says == (403, 50013)
    assert refused.body["message"] == "Missing Permissions"
    assert (await wire("POST", path, {"content": "x"})).status == 200
    assert fault.used == 1


async def test_an_answer_can_be_lost_after_the_request_was_applied(sim: DiscordSimulator, wire: Wire) -> None:
    path = f"/channels/{sim.guild('Writers').general.id}/messages"
    sim.fail_next("POST", "/channels/*", 500, applied=True)
    assert (await wire("POST", path, {"content": "arrived"})).status == 500
    assert [one.text for one in sim.messages] == ["arrived"]


async def test_a_server_error_is_retried_by_the_library_and_the_person_sees_the_answer(
    sim: DiscordSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    sim.point(monkeypatch)
    user = sim.user("writer")
    async with running(SampleBot(), sim):
        sim.fail_next("POST", "/interactions/*/callback", 502)
        act = await user.slash(user.dm, "panel")
        acknowledgement = await act.acknowledged()
    assert 1 <= acknowledgement.latency < 3
    assert [one.status for one in sim.refused] == [502]


async def test_a_429_on_demand_is_obeyed_by_the_library(sim: DiscordSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    sim.point(monkeypatch)
    user = sim.user("writer")
    async with running(SampleBot(), sim):
        sim.fail_next("POST", "/interactions/*/callback", 429, retry_after=0.3)
        acknowledgement = await (await user.slash(user.dm, "panel")).acknowledged()
    assert 0.3 <= acknowledgement.latency < 1


async def test_a_file_that_expired_before_the_bot_read_it_is_an_error_of_the_library(
    sim: DiscordSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    sim.point(monkeypatch)
    user, bot = sim.user("writer"), SampleBot()
    failures: asyncio.Queue[BaseException] = asyncio.Queue()

    async def failed(interaction: object, error: Exception) -> None:
        failures.put_nowait(error.__cause__ or error)

    async with running(bot, sim):
        bot.tree.on_error = failed  # type: ignore[method-assign] # the library's own way to replace it
        sim.delay("POST", "/interactions/*/callback", 0.2)
        act = await user.slash(user.dm, "draft", structure="x", notes=Attachment("a.txt", b"gone"))
        sim.delete_file(act.files[0])
        error = await asyncio.wait_for(failures.get(), 5)
    assert isinstance(error, discord.NotFound)


async def test_a_delay_holds_back_matching_requests_alone(sim: DiscordSimulator, wire: Wire) -> None:
    fault = sim.delay("GET", "/users/@me", 0.1, times=1)
    started = time.perf_counter()
    await wire("GET", "/gateway")
    await wire("GET", "/users/@me")
    assert time.perf_counter() - started >= 0.1
    await wire("GET", "/users/@me")
    assert fault.used == 1


async def test_typing_is_on_the_timeline(sim: DiscordSimulator, wire: Wire) -> None:
    user = sim.user("writer")
    assert (await wire("POST", f"/channels/{user.dm.id}/typing")).status == 204
    assert [one.seen_by for one in sim.timeline.of("typing")] == [("writer",)]


async def test_the_owner_is_told_to_the_bot(monkeypatch: pytest.MonkeyPatch) -> None:
    async with DiscordSimulator(Settings(owner_name="the operator")) as sim:
        sim.point(monkeypatch)
        bot = SampleBot()
        async with running(bot, sim):
            about = await bot.application_info()
            assert (about.owner.id, about.owner.global_name) == (sim.owner.id, "the operator")
