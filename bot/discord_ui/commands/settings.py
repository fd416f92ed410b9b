"""/settings, for whoever may manage a server."""

from __future__ import annotations

from functools import partial
from typing import Any

from discord import app_commands

from bot.discord_ui.interactions.dispatcher import RunCommand
from bot.discord_ui.interactions.handlers.server_rules import show_rules
from bot.discord_ui.interactions.requests import Interaction, read_server_parts
from bot.discord_ui.interactions.responder import AckMode
from bot.discord_ui.interactions.responses import HandlerResult, InteractionContext
from bot.discord_ui.panels.presenter import Presenter


def settings_command(run: RunCommand, presenter: Presenter) -> app_commands.Command[Any, ..., Any]:
    """Return /settings. Discord offers it to whoever may manage the server; who uses it is checked all the same."""

    @app_commands.command(name="settings", description="What this server allows: roles, channels, structures, budgets")
    @app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.default_permissions(manage_guild=True)
    async def settings(interaction: Interaction) -> None:
        async def show(_: str, context: InteractionContext) -> HandlerResult:
            return await show_rules(presenter, context, partial(read_server_parts, interaction))

        await run(interaction, "/settings", AckMode.NEW_MESSAGE, show)

    return settings
