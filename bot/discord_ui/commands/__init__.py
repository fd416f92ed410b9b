"""The commands, as Discord offers them. Each only reads its options; what happens is the actions'."""

from __future__ import annotations

from typing import Any

from discord import app_commands

from bot.discord_ui.commands.critique import critique_command, critique_menu
from bot.discord_ui.commands.draft import draft_command
from bot.discord_ui.commands.lists import essays_command, export_command, help_command, usage_command
from bot.discord_ui.door import Door


def all_commands(door: Door) -> list[app_commands.Command[Any, ..., Any] | app_commands.ContextMenu]:
    """Every command, over a door."""
    return [
        draft_command(door),
        critique_command(door),
        export_command(door),
        essays_command(door),
        usage_command(door),
        help_command(door),
        critique_menu(door),
    ]
