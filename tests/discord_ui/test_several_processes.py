"""Two gateways and two workers on PostgreSQL: the whole story, and a worker that dies in the middle of a draft."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import bootstrap
from tests.discord_ui.bot_process import claude
from tests.discord_ui.several_processes import SHARDS, Processes, ended_at_last
from tests.discord_ui.story_steps import PLACES, STORY, begun
from tests.discord_ui.test_killed_process import half_drafted, hold_rest
from tests.discord_ui.test_story_process import check_exports, export, take_step_together
from tests.postgres_server import KEY, PostgresServer, open_store
from tests.simulators.claude import ClaudeSimulator, Gate
from tests.simulators.discord import Channel, DiscordSimulator, Guild, User

__all__ = ["claude"]  # a fixture

pytestmark = pytest.mark.postgres


@pytest.fixture
def database(postgres_server: PostgresServer) -> dict[str, str]:
    return {"DATABASE_URL": postgres_server.new_database(), "DATABASE_KEY": KEY}


@pytest.fixture
async def processes(
    sim: DiscordSimulator, claude: ClaudeSimulator, tmp_path: Path, database: dict[str, str]
) -> AsyncIterator[Processes]:
    """None of them is started yet."""
    async with ended_at_last(Processes(sim, claude, tmp_path, database)) as made:
        yield made


async def test_the_whole_story_works_with_two_gateways_and_two_workers(
    sim: DiscordSimulator, processes: Processes, database: dict[str, str]
) -> None:
    """In a server of the second shard, in the DM, which is the first shard's, and with a user install, all at once."""
    for one in processes.all:
        await one.start()
    in_server, in_dm, account = sim.user("in a server"), sim.user("in the DM"), sim.user("by account", installed=True)
    places: tuple[tuple[User, Channel | Guild], ...] = (
        (in_server, sim.guild("Writers", shard=(1, SHARDS))),
        (in_dm, in_dm.dm),
        (account, sim.guild("Elsewhere", bot=False)),
    )
    people = [await begun(user, place, word) for (user, place), word in zip(places, PLACES, strict=True)]
    for step in STORY:
        await take_step_together(step, people)
    exported = [await export(one) for one in people]
    await check_exports(people, exported, open_store(database["DATABASE_URL"], bootstrap.utc_now))
    assert all("job " in one.log for one in processes.workers)
    assert not any("job " in one.log for one in processes.gateways)
    assert [one.word for one in people if one.word in processes.log] == []
    assert "Traceback" not in processes.log
    assert [one.changed for one in sim.syncs] == [True]
    assert sim.gateway.double == []
    assert sim.gateway.hasty == []


async def test_a_worker_killed_in_a_draft_is_followed_by_another_in_the_same_message(
    sim: DiscordSimulator, processes: Processes, claude: ClaudeSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the finished sections, without a click, and told of once; the first worker is not started again."""
    first, second = processes.workers
    for one in (*processes.gateways, first):
        await one.start()
    gate, rest = Gate(), Gate()
    asked = hold_rest(claude, gate, rest)
    user, other = sim.user("in the DM"), sim.user("in a server")
    panels = [await half_drafted(user, user.dm), await half_drafted(other, sim.guild("Writers", shard=(1, SHARDS)))]
    await second.start()
    await asyncio.sleep(0)
    await first.end()
    killed = time.monotonic()
    await rest.reached(30)
    with capsys.disabled():
        print(f"\nthe other worker went on after {time.monotonic() - killed:.1f} s")  # noqa: T201 - for docs/
    rest.release()
    for person, panel in zip((user, other), panels, strict=True):
        await person.sees(lambda _, panel=panel: "version 2" in panel.text and "Export" in panel.buttons, 30)  # type: ignore[misc]  # a default that holds the loop's value
        assert "Continue" not in panel.buttons
    assert len([one for one in asked if "Write the sections that are still missing" in one]) == len(panels)
    gate.release()
