"""Behind a proxy the bot reaches Discord through it, by HTTP and by the gateway; and nothing is warned of in vain."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.discord_ui.bot_process import COMMAND, claude, environment
from tests.proxy_server import loopback_proxy
from tests.simulators.claude import ClaudeSimulator
from tests.simulators.discord import DiscordSimulator
from tests.simulators.discord.redirect_bot import VARIABLE

__all__ = ["claude"]


async def test_the_bot_reaches_discord_through_the_proxy_without_a_warning(
    sim: DiscordSimulator, claude: ClaudeSimulator, tmp_path: Path
) -> None:
    settings = environment(sim, claude, tmp_path)
    with loopback_proxy({"discord.test": settings[VARIABLE], "127.0.0.1": settings[VARIABLE]}) as proxy:
        settings |= {VARIABLE: "http://discord.test", "HTTP_PROXY": proxy.address}
        before = sim.gateway.connected
        with (tmp_path / "run.log").open("wb") as log:
            run = await asyncio.create_subprocess_exec(*COMMAND, cwd=tmp_path, env=settings, stderr=log)
        try:
            await sim.gateway.wait_connected(30, besides=before)
        finally:
            run.terminate()
            await run.wait()
    targets = [line.split()[1] for line in proxy.passed]
    assert any(target.startswith("http://discord.test/api/v10/users/@me") for target in targets)
    assert any("/gateway" in target and "?" in target for target in targets)
    told = (tmp_path / "run.log").read_text()
    assert "WARNING" not in told, told
