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
    """A draft is written and cut into sentences by the process beside the bot; the check that fails is said."""
    user = sim.user("writer")
    notes = Attachment("notes.md", NOTES.replace("48,500", "").encode())
    panel = await (await user.slash(user.dm, "draft", notes=notes)).message()
    await user.click(panel, "Write draft")
    await user.sees(lambda _: "version 1" in panel.text, timeout=20)
    await user.sees(lambda _: any(button.startswith("Check") for button in panel.buttons))
    await user.click(panel, next(button for button in panel.buttons if button.startswith("Check")))
    await user.sees(lambda screen: "not checked" in screen.text.lower() or "48,500" in screen.text)
