"""The connection to Discord: hears interactions, and tells Discord which commands there are."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from dataclasses import replace

import aiohttp
import discord
from discord import app_commands

from bot.discord_ui import portal
from bot.discord_ui.answering import counting
from bot.discord_ui.commands import all_commands
from bot.discord_ui.delivery import Ack
from bot.discord_ui.door import Door
from bot.discord_ui.press import Interaction
from bot.discord_ui.reply import Reply
from bot.errors import BotError
from bot.essay.measures.base import counted
from bot.heartbeat import Gateway

log = logging.getLogger("bot.discord")


class OldCommand(BotError):
    """A command in a form that this release does not know: the person's Discord still shows an old one."""

    def __init__(self) -> None:
        super().__init__("Your Discord still shows an older form of this command: restart it, then use it again.")


class Tree(app_commands.CommandTree[discord.Client]):
    """The commands. What goes wrong before one of them begins is told in the same way as everything else."""

    door: Door

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError, /) -> None:
        """A command that is not there, or not in this form. The commands themselves raise nothing."""

        async def fail() -> Reply:
            if isinstance(error, app_commands.CommandInvokeError):
                raise error.original
            raise OldCommand from error

        if interaction.type is not discord.InteractionType.autocomplete and not interaction.response.is_done():
            await self.door.take(interaction, "a command", Ack.NEW, fail)


class Client(discord.Client):
    """The bot as Discord sees it. It holds nothing of its own: no caches, no views, no forms."""

    def __init__(self, door: Door, proxy: str | None = None, proxy_auth: aiohttp.BasicAuth | None = None) -> None:
        """``proxy`` is the address of the one to go through, ``proxy_auth`` the name and password for it."""
        intents = discord.Intents.none()
        intents.dm_messages = True  # not privileged; what people write to the bot's own DM
        super().__init__(
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            http_trace=counting(),
            proxy=proxy,
            proxy_auth=proxy_auth,
        )
        self.door = door
        self.gateway = Gateway.CONNECTING
        self.gateway_changed = asyncio.Event()
        self.tree = Tree(
            self,
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
        )
        self.tree.door = door
        for command in all_commands(door):
            self.tree.add_command(command)

    async def setup_hook(self) -> None:
        """Learns who owns the application, and syncs the commands if they are not as Discord knows them."""
        if (application := self.application) is not None:
            team = application.team
            owners = tuple(member.id for member in team.members) if team else (application.owner.id,)
            self.door.access = replace(self.door.access, owners=owners)
            for line in portal.switched_off(
                server=application.guild_integration_config is not None,
                account=application.user_integration_config is not None,
            ):
                log.warning(line)
        await self._sync()
        access = self.door.access
        listed = (
            f"its owner, {counted(len(access.servers), 'server')} and {counted(len(access.users), 'person', 'people')}"
        )
        log.info("ready; it answers %s", "everybody" if access.everyone else listed)

    async def _sync(self) -> None:
        """Syncs only what has changed: names count against 200 creations a day, and clients reload after a sync."""
        definition = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        digest = hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()
        name = f"commands of {self.application_id}"
        if await self.door.tools.memory.recall(name) == digest:
            return
        await self.tree.sync()
        await self.door.tools.memory.keep(name, digest)
        log.info("commands synced")

    async def on_connect(self) -> None:
        """A session has begun. Nothing is replayed into a new one: what was written before it is read now."""
        self.door.talk.connected(self)
        self._gateway_is(Gateway.CONNECTED)

    async def on_resumed(self) -> None:
        """The gateway has answered again, and sent what came meanwhile."""
        self._gateway_is(Gateway.CONNECTED)

    async def on_disconnect(self) -> None:
        """The gateway is gone; discord.py connects again."""
        self._gateway_is(Gateway.LOST)

    def _gateway_is(self, state: Gateway) -> None:
        if self.gateway is not state:
            log.info("gateway: %s", state.value)
        self.gateway = state
        self.gateway_changed.set()

    async def on_message(self, message: discord.Message) -> None:
        """What somebody writes in the DM goes to the conversation."""
        await self.door.talk.heard(self, message)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Raw, because nothing is cached that the new text could be compared with."""
        await self.door.talk.edited(self, payload.message)

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """What was deleted before it was read is not read any more."""
        self.door.talk.deleted(payload.channel_id, payload.message_id)

    async def on_interaction(self, interaction: Interaction) -> None:
        """Whatever has a custom id goes to the door; the tree brings the commands there."""
        if interaction.type in (discord.InteractionType.component, discord.InteractionType.modal_submit):
            await self.door.component(interaction)
