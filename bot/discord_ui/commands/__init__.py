"""The slash commands and the message menu. Each only reads its options; the handlers do the work."""

from __future__ import annotations

from typing import Any

from discord import app_commands

from bot.discord_ui.commands.critiques import critique_command, critique_menu
from bot.discord_ui.commands.essays import draft_command, essays_command, export_command, help_command, usage_command
from bot.discord_ui.interactions.dispatcher import InteractionDispatcher


def all_commands(
    dispatcher: InteractionDispatcher,
) -> list[app_commands.Command[Any, ..., Any] | app_commands.ContextMenu]:
    """Return every command."""
    return [
        draft_command(dispatcher),
        critique_command(dispatcher),
        export_command(dispatcher),
        essays_command(dispatcher),
        usage_command(dispatcher),
        help_command(dispatcher),
        critique_menu(dispatcher),
    ]
