"""/help: what the bot does, on one screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.discord_ui.conftest import Scripted, started
from tests.simulators.discord import DiscordSimulator


@pytest.mark.parametrize("model", [True, False], ids=["with a model", "without"])
async def test_help_is_one_screen_and_names_every_command_and_the_dm(
    sim: DiscordSimulator, tmp_path: Path, models: Scripted, model: bool
) -> None:
    async with started(sim, tmp_path / "essays.db", models if model else None) as bot:
        user = sim.user("writer")
        shown = await (await user.slash(user.dm, "help")).message()
        for command in bot.client.tree.get_commands():
            assert command.name in shown.text
        assert "In a DM with the bot you can also just write" in shown.text
        assert ("No model is configured here" in shown.text) is not model
        # On a phone some 45 characters a line and 30 lines a screen, the bot's name and the input line among them.
        assert sum(1 + len(line) // 45 for line in shown.text.splitlines()) <= 25
