"""Turn discord.py's interactions into ActionRequests, and read what ids, menus and forms carry.

A forged value can at worst show a wrong page.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import discord

from bot.discord_ui.errors import AttachmentGone, AttachmentNotFetched
from bot.discord_ui.interactions.custom_ids import CustomId
from bot.discord_ui.interactions.responses import ActionRequest, InteractionContext, ServerParts, UploadedFile
from bot.discord_ui.messages.content import read_file, resolve_mentions
from bot.discord_ui.messages.editor import DISCORD_ERRORS
from bot.discord_ui.messages.text_limits import escape_markdown, one_line
from bot.discord_ui.panels.forms import PASTE_FIELDS, join_pasted_fields
from bot.discord_ui.panels.interview import MODES
from bot.errors import InvalidInput
from bot.essay.text.documents import FILE_KINDS
from bot.essay.text.words import count_words
from bot.services.offload import in_thread

log = logging.getLogger("bot.discord")

Interaction = discord.Interaction[discord.Client]
_SERVER_PARTS_SECONDS = 5.0  # a panel that is shown without them is better than one that comes later


@dataclass(frozen=True, slots=True)
class AttachmentUpload:
    """A file that a person has uploaded to Discord."""

    name: str
    size: int
    fetch: Callable[[], Awaitable[bytes]]

    async def read(self) -> bytes:
        """See UploadedFile.read."""
        try:
            return await self.fetch()
        except (discord.NotFound, discord.Forbidden) as error:  # deleted, or its signed address has expired
            raise AttachmentGone(escape_markdown(one_line(self.name, 80))) from error
        except DISCORD_ERRORS as error:
            raise AttachmentNotFetched(escape_markdown(one_line(self.name, 80))) from error


def to_upload(attachment: discord.Attachment) -> AttachmentUpload:
    """Wrap a Discord attachment, to be read later."""
    return AttachmentUpload(attachment.filename, attachment.size, attachment.read)


def interaction_context(interaction: Interaction) -> InteractionContext:
    """Return whether an interaction is in the bot's DM, or in which server, where in it, and as whom."""
    in_dm, limit = interaction.context.dm_channel is True, interaction.filesize_limit
    if interaction.guild_id is None:
        return InteractionContext(in_dm, None, limit)
    channels = {interaction.channel_id or 0}
    if isinstance(interaction.channel, discord.Thread):
        channels.add(interaction.channel.parent_id)
    roles = {interaction.guild_id}  # the id of the role that everybody has
    if isinstance(interaction.user, discord.Member):
        roles.update(interaction.user._roles)  # ``roles`` leaves out those that are not cached, and none are
    permissions = interaction.permissions
    return InteractionContext(
        in_dm,
        interaction.guild_id,
        limit,
        frozenset(channels),
        frozenset(roles),
        manages_server=permissions.manage_guild or permissions.administrator,
    )


async def read_server_parts(interaction: Interaction, roles: bool, channels: bool) -> ServerParts:
    """Ask Discord for the roles and for the channels of the interaction's server, as far as it says them in time.

    What nobody needs is not asked: Discord lets a bot ask for such things a few times in five seconds.
    """
    guild, http, found = interaction.guild_id, interaction.client.http, ServerParts()
    if guild is None:
        return found
    try:
        async with asyncio.timeout(_SERVER_PARTS_SECONDS):
            if roles:
                found = replace(found, roles=frozenset(int(one["id"]) for one in await http.get_roles(guild)))
            if channels:
                listed = await http.get_all_guild_channels(guild)
                found = replace(found, channels=frozenset(int(one["id"]) for one in listed))
    except DISCORD_ERRORS as error:
        log.info("a server did not say which roles and channels it has: %s", type(error).__name__)
    return found


def parse_request(interaction: Interaction, found: CustomId, writer: str) -> ActionRequest:
    """Read what was pressed, chosen or filled in from the interaction's own data: no view or form is remembered."""
    data: Mapping[str, Any] = interaction.data or {}
    chosen: dict[str, str] = {}
    fields: dict[str, str] = {}
    ticked: set[str] = set()
    files: list[UploadedFile] = []
    if values := data.get("values"):
        chosen[""] = str(values[0])
    menu_values = tuple(str(one) for one in data.get("values") or ())
    uploads = (data.get("resolved") or {}).get("attachments") or {}
    for part in _walk_components(data.get("components") or ()):
        key, value, values = str(part.get("custom_id", "")), part.get("value"), part.get("values")
        if isinstance(value, bool):
            ticked.update([key] if value else ())
        elif isinstance(value, str):
            # Fields named body… were prefilled by us: their spoilers were already resolved, so || is plain text here.
            fields[key] = resolve_mentions(value, spoilers=not key.startswith("body"))
        for one in values or ():
            if str(one) in uploads:
                about = uploads[str(one)]
                fetch = partial(interaction.client.http.get_from_cdn, str(about["url"]))
                files.append(AttachmentUpload(str(about["filename"]), int(about["size"]), fetch))
            else:
                chosen[key] = str(one)
    return ActionRequest(
        found,
        writer,
        interaction_context(interaction),
        chosen,
        fields,
        frozenset(ticked),
        menu_values,
        tuple(files),
        read_server_parts=partial(read_server_parts, interaction),
        user_id=interaction.user.id,
        message=interaction.message.id if interaction.message is not None else None,
        owns_message=is_own_panel(interaction),
        may_write=interaction.permissions.send_messages_in_threads,
    )


def is_own_panel(interaction: Interaction) -> bool:
    """Return whether the used message is the person's own: made for their command, or in their DM with the bot.

    In the DM that includes messages that no command asked for.
    """
    message = interaction.message
    if message is None:
        return False
    metadata = message.interaction_metadata
    if metadata is not None:
        return metadata.user.id == interaction.user.id
    channel = interaction.channel
    recipient = channel.recipient if isinstance(channel, discord.DMChannel) else None
    return interaction_context(interaction).is_bot_dm and recipient is not None and recipient.id == interaction.user.id


def submitted_text(interaction: Interaction) -> str:
    """Return all that was typed into a form, field after field, to be given back if it cannot be stored."""
    data: Mapping[str, Any] = interaction.data or {}
    parts = _walk_components(data.get("components") or ())
    return "\n\n".join(value for part in parts if isinstance(value := part.get("value"), str) and value.strip())


def _walk_components(components: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    for component in components:
        if "component" in component:
            yield component["component"]
        yield from component.get("components") or ()


def parse_number(text: str) -> int:
    """Return the number that the text is; 0 if it is none."""
    return int(text) if re.fullmatch(r"\d{1,9}", text, re.ASCII) else 0


def parse_number_pair(argument: str) -> tuple[int, int]:
    """Return the two numbers of an argument such as ``3.12``; 0 for what is missing."""
    first, _, second = argument.partition(".")
    return parse_number(first), parse_number(second)


def parse_question_argument(argument: str) -> tuple[int, str]:
    """Return the number of a question, and the interview's mode that follows it: "" or one of MODES."""
    mode = argument[-1:] if argument.endswith(MODES) else ""
    return parse_number(argument.removesuffix(mode)), mode


async def read_submitted_text(request: ActionRequest) -> tuple[str, str | None]:
    """Return the text of a form's fields and file, and a notice about how the file was read.

    Raise InvalidInput if there is no word in either, and what ``read_file`` raises.
    """
    text = join_pasted_fields([request.fields.get(key, "") for key in PASTE_FIELDS])
    notice = None
    for upload in request.files:
        found = await read_file(upload)
        notice = found.notice
        text = f"{text.rstrip()}\n\n{found.text}" if text.strip() else found.text
    if not await in_thread(count_words, text):
        raise InvalidInput(
            f"There were no words in it: paste some, or attach a file: {FILE_KINDS}. Nothing was changed."
        )
    return text, notice
