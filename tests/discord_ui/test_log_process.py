"""The log of the real process: what belongs together can be found, and nothing tells of a person, at any level."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from pathlib import Path

from tests.discord_ui.bot_process import COMMAND, claude, environment
from tests.discord_ui.story_steps import PLACES, STORY, begun
from tests.simulators.claude import ClaudeSimulator
from tests.simulators.discord import DiscordSimulator

__all__ = ["claude"]  # a fixture

# Every logger at DEBUG, as an operator might set them; configure_logging sets the root's level alone.
ALL_DEBUG = """
import logging
for name in ("bot", "discord", "discord.http", "discord.gateway", "discord.client", "anthropic", "httpx2", "aiohttp",
             "asyncio", "markdown_it", "sqlite3"):
    logging.getLogger(name).setLevel(logging.DEBUG)
"""


async def test_the_log_of_a_story_at_debug_joins_what_belongs_together_and_tells_of_nobody(
    sim: DiscordSimulator, claude: ClaudeSimulator, tmp_path: Path
) -> None:
    """Two people write, one in a server, one in the DM; and Discord limits a request."""
    more = {**environment(sim, claude, tmp_path), "LOG_FORMAT": "json"}
    with (tmp_path / "place" / "sitecustomize.py").open("a") as place:
        place.write(ALL_DEBUG)
    in_server, in_dm = sim.user("Marigold"), sim.user("Thaddeus")
    guild = sim.guild("Foundry Lane")
    with (tmp_path / "run.log").open("wb") as log:
        run = await asyncio.create_subprocess_exec(*COMMAND, cwd=tmp_path, env=more, stderr=log)
    try:
        await sim.gateway.wait_connected(30)
        people = [await begun(in_server, guild, PLACES[0]), await begun(in_dm, in_dm.dm, PLACES[1])]
        for one in people:
            for step in STORY:
                await step(one)
        limited = sim.fail_next("POST", "/channels/*/messages", 429, retry_after=0.1)
        await in_dm.say(in_dm.dm, f"At {PLACES[1]} the presses stood still for a week.")
        await in_dm.sees(lambda screen: "1 note stored" in screen.text)
        assert limited.spent
        run.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(run.wait(), 10) == 0
    finally:
        if run.returncode is None:
            run.kill()
            await run.wait()
    told = (tmp_path / "run.log").read_text()
    assert "We are being rate limited" in told
    lines = [json.loads(line) for line in told.splitlines()]
    clicks = [line for line in lines if line["message"].startswith("essay write: done")]
    drafts = [line for line in lines if re.match(r"job \d+, draft: done", line["message"])]
    assert {(line["person"], line["request"]) for line in clicks} == {
        (line["person"], line["request"]) for line in drafts
    }
    assert len({line["person"] for line in clicks}) == len({line["request"] for line in clicks}) == 2
    words = (
        *PLACES[:2],
        "export service",
        "61,000",
        "Shorter",
        "presses",
        "Marigold",
        "Thaddeus",
        "Foundry",
        "general",
    )
    secrets = (sim.token, claude.key or "", sim.address, claude.base_url)
    assert [part for part in (*words, *secrets) if part in told] == []
    assert re.findall(r"\d{15,}", told) == []
