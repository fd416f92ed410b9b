"""The slash commands and the message menu. Each only reads its options; the handlers do the work."""

from __future__ import annotations

from typing import Any

from discord import app_commands

from bot.discord_ui.commands.critiques import critique_command, critique_menu
from bot.discord_ui.commands.essays import (
    draft_command,
    essay_suggestions,
    essays_command,
    export_command,
    help_command,
    mydata_command,
    usage_command,
    voice_command,
)
from bot.discord_ui.commands.settings import settings_command
from bot.discord_ui.interactions.dispatcher import InteractionDispatcher


def all_commands(
    dispatcher: InteractionDispatcher,
) -> list[app_commands.Command[Any, ..., Any] | app_commands.ContextMenu]:
    """Return every command."""
    run, presenter, writer_lock = dispatcher.handle_command, dispatcher.presenter, dispatcher.writer_lock
    suggest = essay_suggestions(dispatcher.admitted_writer, presenter.services.essays)
    return [
        draft_command(run, presenter, writer_lock, suggest),
        critique_command(run, presenter, writer_lock),
        export_command(run, presenter.services, writer_lock, suggest),
        essays_command(run, presenter),
        voice_command(run, presenter, writer_lock),
        mydata_command(dispatcher.handle_personal_command, presenter),
        usage_command(run, presenter.services),
        settings_command(run, presenter),
        help_command(run, presenter.services),
        critique_menu(run, presenter, writer_lock),
    ]
