"""/export, /essays, /usage and /help."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from discord import app_commands

from bot.discord_ui.actions.drafting import exported
from bot.discord_ui.actions.owning import listed
from bot.discord_ui.commands.common import named, suggested
from bot.discord_ui.delivery import Ack
from bot.discord_ui.door import Door
from bot.discord_ui.panels import lists
from bot.discord_ui.press import Interaction
from bot.discord_ui.reply import Reply, Show
from bot.errors import NothingToDo

_DAYS = 31


def export_command(door: Door) -> app_commands.Command[Any, ..., Any]:
    """The command over a door."""

    @app_commands.command(name="export", description="Take a post away as a file")
    @app_commands.describe(
        essay="One of your essays; else the last one you changed", format="Markdown, or without markup"
    )
    async def export(
        interaction: Interaction,
        essay: str | None = None,
        format: Literal["markdown", "text"] = "markdown",
    ) -> None:
        writer, tools = door.writer(interaction), door.tools

        async def work() -> Reply:
            if essay is not None:
                chosen = await named(tools, writer, essay, with_post=True)
            else:
                with_text = [one for one in await tools.desk.essays(writer) if one.head is not None]
                if not with_text:
                    raise NothingToDo.no_text()
                chosen = with_text[0]
            async with door.turn(writer):
                return await exported(tools.desk, writer, chosen.id, plain=format == "text")

        await door.take(interaction, "/export", Ack.NEW, work)

    @export.autocomplete("essay")
    async def essays(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        return await suggested(door, interaction, current)

    return export


def essays_command(door: Door) -> app_commands.Command[Any, ..., Any]:
    """The command over a door."""

    @app_commands.command(name="essays", description="Your essays: open, rename or delete one")
    async def essays(interaction: Interaction) -> None:
        async def work() -> Reply:
            return await listed(door.screens, door.writer(interaction), 0)

        await door.take(interaction, "/essays", Ack.NEW, work)

    return essays


def usage_command(door: Door) -> app_commands.Command[Any, ..., Any]:
    """The command over a door."""

    @app_commands.command(name="usage", description="What you have spent, and what is left")
    async def usage(interaction: Interaction) -> None:
        tools, writer = door.tools, door.writer(interaction)

        async def work() -> Reply:
            now = tools.clock()
            rows = await tools.ledger.usage(now - timedelta(days=_DAYS), writer)
            spent = await tools.ledger.spent(writer, now)
            budgets = tools.budget_writer_day, tools.budget_writer_month, tools.budget_month
            return Show(lists.usage(rows, spent, *budgets, with_model=tools.with_model))

        await door.take(interaction, "/usage", Ack.NEW, work)

    return usage


def help_command(door: Door) -> app_commands.Command[Any, ..., Any]:
    """The command over a door."""

    @app_commands.command(name="help", description="What the bot does, on one screen")
    async def help_(interaction: Interaction) -> None:
        async def work() -> Reply:
            return Show(lists.help_card(with_model=door.tools.with_model))

        await door.take(interaction, "/help", Ack.NEW, work)

    return help_
