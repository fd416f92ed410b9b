"""What the bot does for a writer wherever it is deployed, between a loopback Discord and a loopback model."""

from __future__ import annotations

import json

from tests.discord_ui.conftest import DRAFT, NOTES
from tests.simulators.claude import Answer, ClaudeSimulator, Reply, Request
from tests.simulators.discord import Attachment, DiscordSimulator


def respond(request: Request) -> Answer:
    return Reply(DRAFT if request.schema is None else json.dumps({"placements": []}))


def settings(claude: ClaudeSimulator, sim: DiscordSimulator) -> dict[str, str]:
    """What a bot that serves anybody is told in its environment, but for where it keeps things."""
    return {
        "DISCORD_TOKEN": sim.token,
        "ACCESS": "open",
        "ANTHROPIC_API_KEY": claude.key or "",
        "ANTHROPIC_BASE_URL": claude.base_url,
    }


async def story(sim: DiscordSimulator) -> None:
    """A draft is written, and the process beside the bot finds the number in it that no note holds."""
    user = sim.user("writer")
    notes = Attachment("notes.md", NOTES.replace("48,500", "").encode())
    panel = await (await user.slash(user.dm, "draft", notes=notes)).message()
    await user.click(panel, "Write draft")
    await user.sees(lambda _: "version 1" in panel.text, timeout=20)
    await user.select(panel, "More", "Unsupported claims")
    await user.sees(lambda screen: "48,500" in screen.text)
