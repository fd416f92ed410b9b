"""A bot in its own process is killed and started again; everything it said is still there and still works."""

import asyncio
import signal
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.simulators.discord import DiscordSimulator, Settings, process

ROOT = Path(__file__).parents[3]


def bot(sim: DiscordSimulator, folder: Path) -> AbstractAsyncContextManager[asyncio.subprocess.Process]:
    """The sample bot, unmodified, in a process of its own."""
    command = (sys.executable, "-m", "tests.simulators.discord.sample_bot")
    return process(sim, command, folder, {"DISCORD_TOKEN": sim.token}, cwd=ROOT)


async def test_a_killed_bot_comes_back_and_old_messages_still_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A click and a message are lost while it is down; the new process answers on the old panel."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    async with DiscordSimulator(Settings(ack_deadline=1.0, identify_interval=0)) as sim:
        user = sim.user("writer")
        async with bot(sim, tmp_path) as started:
            panel = await (await user.slash(user.dm, "panel")).message()
            await (await user.click(panel, "Again")).acknowledged()
            started.send_signal(signal.SIGKILL)
            assert await started.wait() == -signal.SIGKILL
            await sim.gateway.wait_disconnected()
        lost = await user.click(panel, "Again")
        await user.say(user.dm, "are you there")
        assert await lost.no_response() == "The application did not respond"
        async with bot(sim, tmp_path):
            await (await user.click(panel, "Again")).acknowledged()
            assert panel.text.startswith("empty again again\n")
            await user.say(user.dm, "and now")
            await user.sees(lambda screen: "heard and now" in screen.text)
        assert "heard are you there" not in user.screen.text
        assert sim.gateway.identifies == 2
        assert [one.changed for one in sim.syncs] == [True, False]


async def test_a_process_that_dies_early_fails_the_test_at_once(tmp_path: Path) -> None:
    async with DiscordSimulator() as sim:
        with pytest.raises(AssertionError, match="ended with 3 before it connected"):
            async with process(sim, (sys.executable, "-c", "raise SystemExit(3)"), tmp_path, {}):
                pass
