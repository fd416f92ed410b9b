"""What the bot does for a writer wherever it is deployed, between a loopback Discord and a loopback model."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.discord_ui.conftest import DRAFT, NOTES
from tests.simulators.claude import Answer, ClaudeSimulator, Reply, Request
from tests.simulators.discord import Attachment, DiscordSimulator

UNSUPPORTED = "48,500"  # stands in the draft, and in no note


def respond(request: Request) -> Answer:
    if request.schema is None:
        return Reply(DRAFT)
    if "unsupported" in request.schema.get("properties", {}):
        return Reply(json.dumps(_check(request.last_user_text)))
    return Reply(json.dumps({"placements": []}))


def _check(text: str) -> dict[str, Any]:
    """A check by which every sentence rests on the first note, but for what no note holds."""
    sentences = re.findall(r"^(\d+)\. (.*)$", text, re.MULTILINE)
    told = {"words": UNSUPPORTED, "kind": "number", "reason": "No note has the new pay.", "nearest_note": 2}
    return {
        "sentences": [{"sentence": int(number), "notes": [1]} for number, _ in sentences],
        "unsupported": [{"sentence": int(number), **told} for number, words in sentences if UNSUPPORTED in words],
        "mended": [],
    }


def settings(claude: ClaudeSimulator, sim: DiscordSimulator) -> dict[str, str]:
    """What a bot that serves anybody is told in its environment, but for where it keeps things."""
    return {
        "DISCORD_TOKEN": sim.token,
        "ACCESS": "open",
        "ANTHROPIC_API_KEY": claude.key or "",
        "ANTHROPIC_BASE_URL": claude.base_url,
        "LLM_DIALECT": "claude",
    }


async def story(sim: DiscordSimulator) -> None:
    """A draft is written and checked, and the panel shows the one thing that the notes do not hold."""
    user = sim.user("writer")
    notes = Attachment("notes.md", NOTES.replace(UNSUPPORTED, "").encode())
    panel = await (await user.slash(user.dm, "draft", notes=notes)).message()
    await user.click(panel, "Write draft")
    await user.sees(lambda _: "version 1" in panel.text and "not in your notes: 1 open" in panel.text, timeout=20)
    await user.click(panel, "Check (1)")
    await user.sees(lambda _: "1 thing that your notes do not hold." in panel.text)
    assert f"**{UNSUPPORTED}** (number)" in panel.text
    assert "No note has the new pay.\nNearest, note 2: " in panel.text
