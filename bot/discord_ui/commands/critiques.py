"""/critique, and "Critique this" in a message's menu."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import discord
from discord import app_commands

from bot.discord_ui.commands.essays import structure_choices
from bot.discord_ui.interactions.custom_ids import NO_SUBJECT, CustomId
from bot.discord_ui.interactions.dispatcher import RunCommand
from bot.discord_ui.interactions.handlers.critiques import critique_text
from bot.discord_ui.interactions.requests import Interaction, to_upload
from bot.discord_ui.interactions.responder import AckMode
from bot.discord_ui.interactions.responses import HandlerResult, InteractionContext, OpenForm
from bot.discord_ui.messages import content
from bot.discord_ui.messages.content import mention_names, message_attachments, message_text, resolve_mentions
from bot.discord_ui.panels import forms
from bot.discord_ui.panels.presenter import Presenter
from bot.errors import InvalidInput, UnsupportedFileType
from bot.essay.text.documents import FILE_KINDS

CRITIQUE_MENU_NAME = "Critique this"


def critique_command(
    run: RunCommand, presenter: Presenter, writer_lock: Callable[[str], asyncio.Lock]
) -> app_commands.Command[Any, ..., Any]:
    """Return /critique."""

    @app_commands.command(name="critique", description="Have a text read as an editor would read it")
    @app_commands.describe(
        file=f"The text: {FILE_KINDS}",
        text="A short text; without a text or a file, a form opens to paste one into",
        structure="The kind of post it is meant to be",
    )
    @app_commands.choices(structure=structure_choices(presenter.services.structures.values()))
    async def critique(
        interaction: Interaction,
        file: discord.Attachment | None = None,
        text: str | None = None,
        structure: str | None = None,
    ) -> None:
        async def open_form(_: str, __: InteractionContext) -> HandlerResult:
            meant = presenter.services.offered_structure(structure).key if structure is not None else ""
            target = CustomId("critique", "pasted", NO_SUBJECT, 0, meant)
            return OpenForm(forms.paste_form(target, "Critique a text", "The text"))

        async def critique_it(writer: str, context: InteractionContext) -> HandlerResult:
            read = await content.read_file(to_upload(file)) if file is not None else None
            typed = resolve_mentions(text, mention_names(interaction)) if text else None
            whole = "\n\n".join(one for one in (typed, read.text if read else None) if one)
            async with writer_lock(writer):
                meant = presenter.services.offered_structure(structure) if structure is not None else None
                notice = read.notice if read else None
                return await critique_text(presenter, writer, context, whole, meant, own=True, notice=notice)

        if file is None and text is None:
            await run(interaction, "/critique", AckMode.MODAL, open_form)
        else:
            await run(interaction, "/critique", AckMode.NEW_MESSAGE, critique_it)

    return critique


def critique_menu(
    run: RunCommand, presenter: Presenter, writer_lock: Callable[[str], asyncio.Lock]
) -> app_commands.ContextMenu:
    """Return "Critique this" of a message's menu. The answer is visible only to the person who asked."""

    @app_commands.context_menu(name=CRITIQUE_MENU_NAME)
    async def critique_this(interaction: Interaction, message: discord.Message) -> None:
        # Only a text of one's own can become a draft. Of a forwarded message Discord does not say who wrote it.
        own = message.author.id == interaction.user.id and not message.message_snapshots

        async def critique_it(writer: str, context: InteractionContext) -> HandlerResult:
            text, notice = await _message_and_file_text(message)
            async with writer_lock(writer):
                return await critique_text(presenter, writer, context, text, None, own=own, notice=notice)

        await run(interaction, "critique this", AckMode.NEW_MESSAGE, critique_it)

    return critique_this


async def _message_and_file_text(message: discord.Message) -> tuple[str, str | None]:
    """Return the text of a message and of its files, and a notice about the files.

    Discord turns a long paste into a file. Raise InvalidInput if there is no text, and what ``read_file`` raises.
    """
    read: list[content.FileText] = []
    skipped: list[UnsupportedFileType] = []
    for attachment in message_attachments(message):
        try:
            read.append(await content.read_file(to_upload(attachment)))
        except UnsupportedFileType as error:
            skipped.append(error)
    texts = [message_text(message), *(one.text for one in read)]
    whole = "\n\n".join(text for text in texts if text.strip())
    if not whole:
        if skipped:
            raise skipped[0]
        raise InvalidInput(
            "There is no text in that message to critique: choose a message that has text or a text file."
        )
    return whole, " ".join(filter(None, (*(one.notice for one in read), *map(str, skipped)))) or None
