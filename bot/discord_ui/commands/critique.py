"""/critique, and "Critique this" in a message's menu."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.discord_ui import files, forms
from bot.discord_ui.actions.critiquing import of_text
from bot.discord_ui.commands.common import structure_choices
from bot.discord_ui.delivery import Ack
from bot.discord_ui.door import Door
from bot.discord_ui.ids import NOBODY, Id
from bot.discord_ui.message_text import attachments_of, in_words, names_of, text_of
from bot.discord_ui.press import Interaction, place_of, sent
from bot.discord_ui.reply import Ask, Reply
from bot.errors import BadInput, WrongFile
from bot.essay.structure import Structure
from bot.essay.structures import find

MENU_NAME = "Critique this"


def critique_command(door: Door) -> app_commands.Command[Any, ..., Any]:
    """The command over a door."""

    @app_commands.command(name="critique", description="Have a text read as an editor would read it")
    @app_commands.describe(
        file=f"The text: {files.KINDS}",
        text="A short text; without a text or a file, a form opens to paste one into",
        structure="The kind of post it is meant to be",
    )
    @app_commands.choices(structure=structure_choices(door.tools.structures.values()))
    async def critique(
        interaction: Interaction,
        file: discord.Attachment | None = None,
        text: str | None = None,
        structure: str | None = None,
    ) -> None:
        writer, place = door.writer(interaction), place_of(interaction)

        async def paste() -> Reply:
            target = Id("critique", "pasted", NOBODY, 0, structure or "")
            return Ask(forms.paste(target, "Critique a text", "The text"))

        async def work() -> Reply:
            read = await files.read(sent(interaction.client, file)) if file is not None else None
            typed = in_words(text, names_of(interaction)) if text else None
            words = "\n\n".join(one for one in (typed, read.text if read else None) if one)
            async with door.turn(writer):
                found, notice = _structure(door, structure), read.notice if read else None
                return await of_text(door.screens, writer, place, words, found, own=True, notice=notice)

        if file is None and text is None:
            await door.take(interaction, "/critique", Ack.FORM, paste)
        else:
            await door.take(interaction, "/critique", Ack.NEW, work)

    return critique


def critique_menu(door: Door) -> app_commands.ContextMenu:
    """The entry in a message's menu, over a door. What it says is for the person who asked alone."""

    @app_commands.context_menu(name=MENU_NAME)
    async def critique_this(interaction: Interaction, message: discord.Message) -> None:
        writer, place = door.writer(interaction), place_of(interaction)
        # Discord does not say who wrote what was forwarded.
        own = message.author.id == interaction.user.id and not message.message_snapshots

        async def work() -> Reply:
            text, notice = await _text_of(interaction, message)
            async with door.turn(writer):
                return await of_text(door.screens, writer, place, text, None, own=own, notice=notice)

        await door.take(interaction, "critique this", Ack.NEW, work)

    return critique_this


async def _text_of(interaction: Interaction, message: discord.Message) -> tuple[str, str | None]:
    """A message's words and those of its text files, long pastes being one; and what is to be said of its files."""
    said = text_of(message)
    attached = [sent(interaction.client, one) for one in attachments_of(message)]
    read: list[files.Read] = []
    skipped: list[WrongFile] = []
    for one in attached:
        try:
            read.append(await files.read(one))
        except WrongFile as error:
            skipped.append(error)
    texts = [said, *(one.text for one in read)]
    words = "\n\n".join(text for text in texts if text.strip())
    if not words:
        if skipped:
            raise skipped[0]
        raise BadInput("There is no text in that message to critique: choose one with words or a file of text.")
    return words, " ".join(filter(None, (*(one.notice for one in read), *map(str, skipped)))) or None


def _structure(door: Door, key: str | None) -> Structure | None:
    if key is None:
        return None
    return find(door.tools.structures, key)
