"""A gateway and workers as processes of their own over one PostgreSQL: who clicks, who writes, who goes on."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from bot.essay.export import read_export
from tests.discord_ui.bot_process import Runs, claude, environment
from tests.discord_ui.panel_steps import reads
from tests.discord_ui.story_steps import exported
from tests.discord_ui.test_killed_process import half_drafted, hold_rest, sim
from tests.postgres_server import KEY, PostgresServer, find_programs
from tests.services.fakes import PATIENCE
from tests.simulators.claude import ClaudeSimulator, Gate
from tests.simulators.discord import DiscordSimulator, Message, Screen

__all__ = ["claude", "sim"]  # fixtures

pytestmark = pytest.mark.postgres

_SECONDS = 40.0  # fifteen until a dead worker's work is taken over, and as much as a busy machine adds


@asynccontextmanager
async def running(
    sim: DiscordSimulator, claude: ClaudeSimulator, folder: Path, url: str, role: str
) -> AsyncIterator[Runs]:
    """A process of the bot with a folder of its own; a gateway on standby has started once it stands by."""
    folder.mkdir()  # noqa: ASYNC240 - nobody waits for it
    more = {**environment(sim, claude, folder), "DATABASE_URL": url, "DATABASE_KEY": KEY}
    is_standby = role == "standby"
    arguments = ("--role", "gateway" if is_standby else role)
    made = Runs(sim, folder, more, arguments, () if role == "worker" else (0,))
    try:
        await made.start(connects=not is_standby)
        async with asyncio.timeout(PATIENCE):
            while is_standby and "this one stands by" not in made.log:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)
        yield made
    finally:
        if made.child:
            made.send_signal(signal.SIGKILL)
            await made.ended()
        print(made.log)  # noqa: T201 - pytest shows it where a test fails


@pytest.fixture
async def start(
    sim: DiscordSimulator, claude: ClaudeSimulator, tmp_path: Path, postgres_url: str
) -> AsyncIterator[Start]:
    """Starts a process of a name in a role; all are killed in the end. One on standby is a gateway behind another."""
    async with AsyncExitStack() as stack:

        async def start_one(name: str, role: str) -> Runs:
            return await stack.enter_async_context(running(sim, claude, tmp_path / name, postgres_url, role))

        yield start_one


Start = Callable[[str, str], Awaitable[Runs]]


async def test_a_worker_that_is_killed_in_a_draft_is_followed_by_another_in_the_same_message_without_a_click(
    sim: DiscordSimulator, claude: ClaudeSimulator, start: Start
) -> None:
    """In the DM by the channel, in a server by the token of the last click."""
    gate, rest = Gate(), Gate()
    asked = hold_rest(claude, gate, rest)
    gateway, first = await start("gateway", "gateway"), await start("first", "worker")
    people = sim.user("one"), sim.user("two")
    panels = [await half_drafted(people[0], people[0].dm), await half_drafted(people[1], sim.guild("Writers"))]
    second = await start("second", "worker")
    await first.kill()
    for user, panel in zip(people, panels, strict=True):
        await user.sees(reads(panel, "Writing what was missing"), timeout=_SECONDS)
    rest.release()
    for user, panel in zip(people, panels, strict=True):
        await user.sees(_is_done(panel), timeout=_SECONDS)
        shown = await exported(user, panel)
        (data,) = shown.files.values()
        assert [read_export(data.decode())[1].count(f"part {number} says") for number in range(3)] == [1, 1, 1]
        assert "Continue" not in panel.buttons
    assert len([one for one in asked if "Write the sections that are still missing" in one]) == 2  # one a writer
    assert all("Traceback" not in one.log for one in (gateway, first, second))
    gate.release()


async def test_stop_in_a_gateway_ends_the_draft_in_its_worker_and_keeps_what_came(
    sim: DiscordSimulator, claude: ClaudeSimulator, start: Start
) -> None:
    gate = Gate()
    hold_rest(claude, gate)
    await start("gateway", "gateway")
    await start("worker", "worker")
    user = sim.user("writer")
    panel = await half_drafted(user, user.dm)
    await user.click(panel, "Stop")
    await user.sees(reads(panel, "Stopped."), timeout=_SECONDS)
    assert "This is what part 1 says of it." in panel.text
    assert "Continue" in panel.buttons
    gate.release()


async def test_a_worker_that_is_told_to_end_hands_its_drafts_on(
    sim: DiscordSimulator, claude: ClaudeSimulator, start: Start
) -> None:
    gate = Gate()
    hold_rest(claude, gate)
    await start("gateway", "gateway")
    first = await start("first", "worker")
    user = sim.user("writer")
    panel = await half_drafted(user, user.dm)
    await start("second", "worker")
    first.send_signal(signal.SIGTERM)
    assert await first.ended() == 0
    await user.sees(_is_done(panel), timeout=_SECONDS)
    assert "Continue" not in panel.buttons
    gate.release()


async def test_a_gateway_that_stood_by_keeps_what_a_click_shows_though_a_worker_goes_on_with_the_draft(
    sim: DiscordSimulator, claude: ClaudeSimulator, start: Start
) -> None:
    gate, user = Gate(), sim.user("writer")
    hold_rest(claude, gate)
    first = await start("first", "gateway")
    await start("second", "standby")
    await start("worker", "worker")
    panel = await half_drafted(user, sim.guild("Writers"))
    stop = next(part["custom_id"] for part in panel.parts if part.get("label") == "Stop")
    before = sim.gateway.connected
    await first.kill()
    await sim.gateway.wait_shards(0, timeout=30, besides=before)
    await user.forge_click(panel, stop.replace(":stop:", ":notes:"))
    await user.sees(reads(panel, "Open a note"), timeout=_SECONDS)
    notes = panel.text
    gate.release()
    await user.sees(lambda screen: "[Show the essay]" in screen.text, timeout=_SECONDS)
    assert panel.text == notes


async def test_a_restart_of_the_database_server_in_a_draft_ends_nothing(
    sim: DiscordSimulator, claude: ClaudeSimulator, tmp_path: Path
) -> None:
    if (programs := find_programs()) is None:
        pytest.skip("there is no PostgreSQL: install Debian's package postgresql")
    gate, user = Gate(), sim.user("writer")
    asked = hold_rest(claude, gate)
    server = PostgresServer.start_new(programs)
    try:
        url = server.new_database()
        async with (
            running(sim, claude, tmp_path / "gateway", url, "gateway") as gateway,
            running(sim, claude, tmp_path / "worker", url, "worker") as worker,
        ):
            panel = await half_drafted(user, user.dm)
            count = len(asked)
            await asyncio.to_thread(server.stop)
            await asyncio.to_thread(server.start)
            gate.release()
            await user.sees(lambda _: "version 1" in panel.text and "Export" in panel.buttons, timeout=_SECONDS)
            assert "Continue" not in panel.buttons
            assert len(asked) == count
            await user.click(panel, "Export")
            await user.sees(lambda _: "Export as it is" in panel.buttons, timeout=_SECONDS)
            worker.send_signal(signal.SIGTERM)
            assert await worker.ended() == 0
            assert "Traceback" not in gateway.log + worker.log
    finally:
        server.remove()


async def test_one_process_of_all_roles_on_postgresql_writes_a_draft_and_goes_on_with_it_after_a_kill(
    sim: DiscordSimulator, claude: ClaudeSimulator, start: Start
) -> None:
    gate, rest = Gate(), Gate()
    hold_rest(claude, gate, rest)
    bot = await start("bot", "all")
    user = sim.user("writer")
    panel = await half_drafted(user, user.dm)
    await bot.again()
    await user.sees(reads(panel, "Writing what was missing"), timeout=_SECONDS)
    rest.release()
    await user.sees(_is_done(panel), timeout=_SECONDS)
    assert "Traceback" not in bot.log
    gate.release()


def _is_done(panel: Message) -> Callable[[Screen], bool]:
    return lambda _: "version 2" in panel.text and "Export" in panel.buttons
