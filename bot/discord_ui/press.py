"""From discord.py's interactions to what the handlers are given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import discord

from bot.discord_ui.addresses import STUMBLES
from bot.discord_ui.faults import FileGone, NotFetched
from bot.discord_ui.ids import Id
from bot.discord_ui.lengths import one_line, plain
from bot.discord_ui.message_text import in_words
from bot.discord_ui.people import Place
from bot.discord_ui.reply import Press, Upload

Interaction = discord.Interaction[discord.Client]


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that Discord holds for a person."""

    client: discord.Client
    name: str
    size: int
    url: str

    async def read(self) -> bytes:
        """See reply.Upload."""
        try:
            return await self.client.http.get_from_cdn(self.url)
        except (discord.NotFound, discord.Forbidden) as error:  # deleted, or its signed address has expired
            raise FileGone(plain(one_line(self.name, 80))) from error
        except STUMBLES as error:
            raise NotFetched(plain(one_line(self.name, 80))) from error


def sent(client: discord.Client, attachment: discord.Attachment) -> Sent:
    """An attachment of a command or a message."""
    return Sent(client, attachment.filename, attachment.size, attachment.url)


def place_of(interaction: Interaction) -> Place:
    """Where something happens."""
    return Place(own_dm=interaction.context.dm_channel is True, server=interaction.guild_id)


def press_of(interaction: Interaction, found: Id, writer: str) -> Press:
    """What was pressed, chosen or filled in, by the interaction's own data: no view or form needs to be remembered."""
    data: Mapping[str, Any] = interaction.data or {}
    chosen: dict[str, str] = {}
    fields: dict[str, str] = {}
    ticked: set[str] = set()
    files: list[Upload] = []
    if values := data.get("values"):
        chosen[""] = str(values[0])
    uploads = (data.get("resolved") or {}).get("attachments") or {}
    for part in _parts(data.get("components") or ()):
        key, value, values = str(part.get("custom_id", "")), part.get("value"), part.get("values")
        if isinstance(value, bool):
            ticked.update([key] if value else ())
        elif isinstance(value, str):
            # Of what the form itself filled in, bars are no spoilers: those were read when it came in.
            fields[key] = in_words(value, spoilers=not key.startswith("body"))
        for one in values or ():
            if str(one) in uploads:
                about = uploads[str(one)]
                files.append(Sent(interaction.client, str(about["filename"]), int(about["size"]), str(about["url"])))
            else:
                chosen[key] = str(one)
    return Press(found, writer, place_of(interaction), chosen, fields, frozenset(ticked), tuple(files))


def typed(interaction: Interaction) -> str:
    """All that was typed into a form, field after field: what must not be lost where it cannot be stored."""
    data: Mapping[str, Any] = interaction.data or {}
    parts = _parts(data.get("components") or ())
    return "\n\n".join(value for part in parts if isinstance(value := part.get("value"), str) and value.strip())


def _parts(components: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    for component in components:
        if "component" in component:
            yield component["component"]
        yield from component.get("components") or ()
