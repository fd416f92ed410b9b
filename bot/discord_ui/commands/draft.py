"""/draft: begins an essay, or returns to one."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.discord_ui import files
from bot.discord_ui.actions.interviewing import sorted_later
from bot.discord_ui.actions.owning import fresh, returned
from bot.discord_ui.commands.common import named, structure_choices, suggested
from bot.discord_ui.delivery import Ack
from bot.discord_ui.door import Door
from bot.discord_ui.message_text import in_words, names_of
from bot.discord_ui.people import Place
from bot.discord_ui.press import Interaction, place_of, sent
from bot.discord_ui.reply import Reply, Upload
from bot.discord_ui.screens import Screens
from bot.errors import BadInput
from bot.essay.structures import find, fitting, usual
from bot.workflow.aside import read_aside
from bot.workflow.desk import TITLE_CHARACTERS, checked_title


def draft_command(door: Door) -> app_commands.Command[Any, ..., Any]:
    """The command over a door."""

    @app_commands.command(name="draft", description="Begin a career essay, or return to your latest one")
    @app_commands.describe(
        structure="What happened: it gives the post its sections",
        title="A title; it can be changed later",
        notes=f"Your notes: {files.KINDS}",
        essay="One of your essays, to return to",
    )
    @app_commands.choices(structure=structure_choices(door.tools.structures.values()))
    async def draft(
        interaction: Interaction,
        structure: str | None = None,
        title: app_commands.Range[str, 1, TITLE_CHARACTERS] | None = None,
        notes: discord.Attachment | None = None,
        essay: str | None = None,
    ) -> None:
        writer, place = door.writer(interaction), place_of(interaction)
        upload = sent(interaction.client, notes) if notes is not None else None
        named_title = in_words(title, names_of(interaction)) if title is not None else None

        async def work() -> Reply:
            handed = await files.fetched(upload) if upload is not None else None
            async with door.turn(writer):
                return await begin(door.screens, writer, place, structure, named_title, handed, essay)

        await door.take(interaction, "/draft", Ack.NEW, work)

    @draft.autocomplete("essay")
    async def essays(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        return await suggested(door, interaction, current)

    return draft


async def begin(
    screens: Screens,
    writer: str,
    place: Place,
    structure: str | None,
    title: str | None,
    upload: Upload | None,
    essay: str | None,
) -> Reply:
    """The essay that the options ask for, begun if need be, with what was handed in.

    Nothing is stored before the file could be read and the title checked; an essay begun for a file that is then
    refused is taken back.
    """
    if title is not None:
        title = checked_title(title)
    tools = screens.tools
    read = await files.read(upload) if upload is not None else None
    notices: list[str] = []
    begun = False
    if essay is not None:
        opened = await named(tools, writer, essay)
        if structure is not None and find(tools.structures, structure).key != opened.structure:
            notices.append("An essay that is begun keeps its structure.")
        if title is not None:
            await tools.desk.rename(writer, opened.id, title)
    elif structure is not None or title is not None or read is not None:
        if structure is not None:
            meant = find(tools.structures, structure)
        elif read is not None:
            page = tools.desk.page("The file", read.text)
            meant = await read_aside(writer, len(page), fitting, page, dict(tools.structures))
        else:
            meant = usual(tools.structures)
        before = {one.id for one in await tools.desk.essays(writer)}
        opened = await fresh(tools, writer, meant, title, asked=structure is not None)
        begun = opened.id not in before
    else:
        return await returned(screens, writer, place)
    if read is not None:
        try:
            stored = await tools.desk.hand_in_page(writer, opened.id, read.text)
        except BadInput:
            if begun:
                await tools.desk.delete(writer, opened.id, if_empty=True)
            raise
        said = [read.notice, stored.notice, *notices]
        return await sorted_later(screens, writer, opened.id, place, stored.notes, said)
    return await screens.essay(writer, opened.id, place, notice=" ".join(notices) or None)
