"""Several gateways on PostgreSQL: a shard is served by one, another takes its place, and nobody is answered twice."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from bot.ops.health import check_health
from tests.discord_ui.bot_process import Runs, claude, environment
from tests.postgres_server import KEY, PostgresServer
from tests.simulators.claude import ClaudeSimulator
from tests.simulators.discord import DiscordSimulator, Guild
from tests.simulators.discord.models import Channel
from tests.simulators.discord.users import User

__all__ = ["claude"]
pytestmark = pytest.mark.postgres

Start = Callable[..., Awaitable[Runs]]


@pytest.fixture
async def start(
    sim: DiscordSimulator, claude: ClaudeSimulator, tmp_path: Path, postgres_url: str
) -> AsyncIterator[Start]:
    """Starts a process of the bot in a folder of its own, with further settings."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS _shard_leases, _identifies")
    async with AsyncExitStack() as stack:

        async def started(name: str, *, connects: bool = True, shards: tuple[int, ...] = (0,), **more: str) -> Runs:
            folder = tmp_path / name
            await asyncio.to_thread(folder.mkdir)
            settings = {"DATABASE_URL": postgres_url, "DATABASE_KEY": KEY, **more}
            run = Runs(sim, folder, {**environment(sim, claude, folder), **settings}, shards=shards)

            async def end() -> None:
                if run.child:
                    run.send_signal(signal.SIGKILL)
                    await run.ended()

            stack.push_async_callback(end)
            await run.start(connects=connects)
            return run

        yield started


async def answered_once(sim: DiscordSimulator, user: User, place: Channel | Guild) -> None:
    """A command there is answered, and by one process."""
    act = await user.slash(place, "essays")
    await act.acknowledged()
    await act.message()
    sent = f"/interactions/{act.interaction.id}/{act.interaction.token}/callback"
    assert [one.path for one in sim.served].count(sent) == 1


async def stands_by(bot: Runs) -> None:
    """It has found its shards served by another process, and says so to whoever asks whether it is well."""
    async with asyncio.timeout(30):
        while not (found := check_health(bot.folder / "essays.db", datetime.now(UTC))).is_healthy:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)
    assert "has been standing by since" in found.message


async def test_a_second_process_stands_by_and_serves_when_the_first_is_killed_or_ends(
    sim: DiscordSimulator, start: Start
) -> None:
    user = sim.user("writer")
    first = await start("first")
    second = await start("second", connects=False)
    await stands_by(second)
    await answered_once(sim, user, user.dm)
    assert len(sim.gateway.connected) == 1
    await first.kill()
    await sim.gateway.wait_shards(0, timeout=10)  # sooner than a lease of another machine's would end
    await answered_once(sim, user, user.dm)
    await first.start(connects=False)
    await stands_by(first)
    second.send_signal(signal.SIGTERM)
    assert await second.ended() == 0
    await sim.gateway.wait_shards(0, timeout=10)
    await answered_once(sim, user, user.dm)
    assert sim.gateway.double == []


async def test_two_gateways_divide_the_servers_and_each_is_answered_by_one(sim: DiscordSimulator, start: Start) -> None:
    sim.settings.identify_interval, sim.settings.max_concurrency, sim.settings.shards = 5.0, 2, 4
    await start("low", shards=(0, 1), SHARD_COUNT="4", SHARD_IDS="0-1")
    high = await start("high", shards=(2, 3), SHARD_COUNT="4", SHARD_IDS="2,3")
    user = sim.user("writer")
    for shard in range(4):
        await answered_once(sim, user, sim.guild(f"Writers {shard}", shard=(shard, 4)))
    await answered_once(sim, user, user.dm)
    await high.kill()
    assert {one.shard for one in sim.gateway.connected} == {(0, 4), (1, 4)}
    await high.start()
    await answered_once(sim, user, sim.guild("Others", shard=(3, 4)))
    assert (sim.gateway.hasty, sim.gateway.double, sim.refused) == ([], [], [])


async def test_a_process_that_hung_past_its_lease_answers_nobody_once_another_serves(
    sim: DiscordSimulator, start: Start
) -> None:
    user = sim.user("writer")
    hung = await start("hung")
    second = await start("second", connects=False)
    await stands_by(second)
    hung.send_signal(signal.SIGSTOP)
    await sim.gateway.wait_shards(0, timeout=30, besides=hung.sessions)  # its lease has ended
    await answered_once(sim, user, user.dm)
    acts = [await user.slash(user.dm, "essays") for _ in range(3)]  # which wait in its socket too
    hung.send_signal(signal.SIGCONT)
    for act in acts:
        await act.acknowledged()
    await sim.gateway.wait_disconnected(of=hung.sessions)
    await answered_once(sim, user, user.dm)
    assert sim.refused == []
    second.send_signal(signal.SIGTERM)
    assert await second.ended() == 0
    await sim.gateway.wait_shards(0, timeout=10)
    await answered_once(sim, user, user.dm)


async def test_a_database_that_is_away_for_long_ends_the_sessions_and_its_return_begins_them_anew(
    sim: DiscordSimulator, start: Start, own_server: PostgresServer
) -> None:
    """For as long as the lease holds the person is told; then, for all that the process knows, another may serve."""
    user = sim.user("writer")
    bot = await start("bot", DATABASE_URL=own_server.new_database())
    await answered_once(sim, user, user.dm)
    await asyncio.to_thread(own_server.stop, "immediate")
    act = await user.slash(user.dm, "essays")
    await act.acknowledged()
    await user.sees(lambda screen: "database" in screen.text)
    await sim.gateway.wait_disconnected(30)
    await asyncio.to_thread(own_server.start)
    await sim.gateway.wait_connected(60)
    await answered_once(sim, user, user.dm)
    assert "the lease of the shards is had again" in bot.log
