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

from bot.discord_ui import developer_portal
from bot.discord_ui.commands import all_commands
from bot.discord_ui.gateway_state import GatewayState
from bot.discord_ui.interactions.dispatcher import InteractionDispatcher
from bot.discord_ui.interactions.requests import Interaction
from bot.discord_ui.interactions.responder import AckMode, request_counter
from bot.discord_ui.interactions.responses import HandlerResult
from bot.errors import BotError
from bot.essay.measures.base import counted

log = logging.getLogger("bot.discord")


class OutdatedCommand(BotError):
    """A command in a form that this release does not know: the person's Discord still shows an old one."""

    def __init__(self) -> None:
        super().__init__("Your Discord still shows an older form of this command: restart it, then use it again.")


class CommandTree(app_commands.CommandTree[discord.Client]):
    """The commands. What goes wrong before one of them begins is told in the same way as everything else."""

    dispatcher: InteractionDispatcher

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError, /) -> None:
        """A command that is not there, or not in this form. The commands themselves raise nothing."""

        async def fail() -> HandlerResult:
            if isinstance(error, app_commands.CommandInvokeError):
                raise error.original
            raise OutdatedCommand from error

        if interaction.type is not discord.InteractionType.autocomplete and not interaction.response.is_done():
            await self.dispatcher.handle_command(interaction, "a command", AckMode.NEW_MESSAGE, fail)


class DiscordClient(discord.Client):
    """The bot as Discord sees it. It holds nothing of its own: no caches, no views, no forms."""

    def __init__(
        self, dispatcher: InteractionDispatcher, proxy: str | None = None, proxy_auth: aiohttp.BasicAuth | None = None
    ) -> None:
        """``proxy`` is the address of the one to go through, ``proxy_auth`` the name and password for it."""
        intents = discord.Intents.none()
        intents.dm_messages = True  # not privileged; what people write to the bot's own DM
        super().__init__(
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            http_trace=request_counter(),
            proxy=proxy,
            proxy_auth=proxy_auth,
        )
        self.dispatcher = dispatcher
        self.gateway = GatewayState.CONNECTING
        self.gateway_changed = asyncio.Event()
        self.tree = CommandTree(
            self,
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
        )
        self.tree.dispatcher = dispatcher
        for command in all_commands(dispatcher):
            self.tree.add_command(command)

    async def setup_hook(self) -> None:
        """Learns who owns the application, and syncs the commands if they are not as Discord knows them."""
        if (application := self.application) is not None:
            team = application.team
            owners = tuple(member.id for member in team.members) if team else (application.owner.id,)
            self.dispatcher.access_rules = replace(self.dispatcher.access_rules, owner_ids=owners)
            for line in developer_portal.disabled_install_types(
                server=application.guild_integration_config is not None,
                account=application.user_integration_config is not None,
            ):
                log.warning(line)
        await self._sync_commands()
        access = self.dispatcher.access_rules
        servers, people = counted(len(access.guild_ids), "server"), counted(len(access.user_ids), "person", "people")
        listed = f"its owner, {servers} and {people}"
        log.info("ready; it answers %s", "everybody" if access.everyone else listed)

    async def _sync_commands(self) -> None:
        """Syncs only what has changed: names count against 200 creations a day, and clients reload after a sync."""
        definition = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        digest = hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()
        name = f"commands of {self.application_id}"
        if await self.dispatcher.services.key_value.get(name) == digest:
            return
        await self.tree.sync()
        await self.dispatcher.services.key_value.set(name, digest)
        log.info("commands synced")

    async def on_connect(self) -> None:
        """A session has begun. Nothing is replayed into a new one: what was written before it is read now."""
        self.dispatcher.dm_listener.on_connect(self)
        self._set_gateway_state(GatewayState.CONNECTED)

    async def on_resumed(self) -> None:
        """The gateway has answered again, and sent what came meanwhile."""
        self._set_gateway_state(GatewayState.CONNECTED)

    async def on_disconnect(self) -> None:
        """The gateway is gone; discord.py connects again."""
        self._set_gateway_state(GatewayState.LOST)

    def _set_gateway_state(self, state: GatewayState) -> None:
        if self.gateway is not state:
            log.info("gateway: %s", state.value)
        self.gateway = state
        self.gateway_changed.set()

    async def on_message(self, message: discord.Message) -> None:
        """What somebody writes in the DM goes to the conversation."""
        await self.dispatcher.dm_listener.on_message(self, message)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Raw, because nothing is cached that the new text could be compared with."""
        await self.dispatcher.dm_listener.on_edit(self, payload.message)

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """What was deleted before it was read is not read any more."""
        self.dispatcher.dm_listener.on_delete(payload.channel_id, payload.message_id)

    async def on_interaction(self, interaction: Interaction) -> None:
        """Whatever has a custom id goes to the door; the tree brings the commands there."""
        if interaction.type in (discord.InteractionType.component, discord.InteractionType.modal_submit):
            await self.dispatcher.handle_component(interaction)
