"""Connect to Discord: sync the commands, and hand interactions and DMs to the dispatcher."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Protocol

import aiohttp
import discord
from discord import app_commands

from bot.discord_ui import developer_portal
from bot.discord_ui.commands import all_commands
from bot.discord_ui.dm.notifier import DM_FORBIDDEN_CODES, dm_channel
from bot.discord_ui.gateway_state import GatewayState
from bot.discord_ui.interactions.dispatcher import InteractionDispatcher
from bot.discord_ui.interactions.requests import Interaction
from bot.discord_ui.interactions.responder import AckMode, request_counter
from bot.discord_ui.interactions.responses import HandlerResult, InteractionContext
from bot.discord_ui.messages.components import to_view
from bot.discord_ui.messages.editor import DISCORD_ERRORS
from bot.discord_ui.panels.cards import Card, text_card
from bot.discord_ui.threads import DiscordThreads
from bot.errors import BotError
from bot.essay.text.words import count_noun
from bot.services.store_ports import Transaction

log = logging.getLogger("bot.discord")

_FEW_IDENTIFIES = 100  # of the 1,000 a day that Discord allows: a bot that begins anew each minute is there in 15 hours


class OutdatedCommand(BotError):
    """A command, or an option, that this release does not know: the person's Discord still shows an older form."""

    def __init__(self) -> None:
        super().__init__("Your Discord still shows an older form of this command: restart it, then use it again.")


class CommandTree(app_commands.CommandTree[discord.Client]):
    """The commands. An error before one of them runs is shown to the person like any other."""

    dispatcher: InteractionDispatcher

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError, /) -> None:
        """Answer a command that does not exist, or not in this form. The commands themselves raise nothing."""

        async def fail(_: str, __: InteractionContext) -> HandlerResult:
            if isinstance(error, app_commands.CommandInvokeError):
                raise error.original
            raise OutdatedCommand from error

        if interaction.type is not discord.InteractionType.autocomplete and not interaction.response.is_done():
            await self.dispatcher.handle_command(interaction, "a command", AckMode.NEW_MESSAGE, fail)

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        """Leave a command to another process where this one may not serve its shard any more."""
        client = interaction.client
        return not isinstance(client, DiscordClient) or client.is_serving()


def request_trace(per_second: int | None = None) -> aiohttp.TraceConfig:
    """Return a trace for a discord.Client that counts its requests and, if given, sends at most so many a second.

    Each request waits for its turn, in the order in which they come. What Discord does not count against the 50 a
    second of a token ("Global Rate Limit") waits for none: answers to interactions, and whatever is not its HTTP API.
    """
    trace, loop_time_of_next = request_counter(), 0.0

    async def wait_for_turn(
        _: aiohttp.ClientSession, __: SimpleNamespace, sent: aiohttp.TraceRequestStartParams
    ) -> None:
        nonlocal loop_time_of_next
        path = str(sent.url).removeprefix(discord.http.Route.BASE)
        if per_second is None or not path.startswith("/") or path.startswith(("/interactions/", "/webhooks/")):
            return
        now = asyncio.get_running_loop().time()
        turn = max(now, loop_time_of_next)
        loop_time_of_next = turn + 1 / per_second
        await asyncio.sleep(turn - now)

    trace.on_request_start.append(wait_for_turn)
    return trace


class DiscordClient(discord.Client):
    """The bot's connection. It caches nothing, and keeps no views or forms."""

    def __init__(
        self, dispatcher: InteractionDispatcher, http_options: Mapping[str, Any] | None = None, **options: Any
    ) -> None:
        """Reach Discord's HTTP API by ``http_options``; they and ``options`` are arguments of discord.Client."""
        intents = discord.Intents.none()
        intents.dm_messages = True  # not a privileged intent; what people write in the bot's own DM
        super().__init__(
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            **(http_options or {"http_trace": request_trace()}),
            **options,
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
        """Fetch who owns the application, sync the commands if they have changed, and restore the job panels."""
        if (application := self.application) is not None:
            team = application.team
            owners = tuple(member.id for member in team.members) if team else (application.owner.id,)
            self.dispatcher.access.rules = replace(self.dispatcher.access.rules, owner_ids=owners)
            for line in developer_portal.disabled_install_types(
                server=application.guild_integration_config is not None,
                account=application.user_integration_config is not None,
            ):
                log.warning(line)
        if self.serves_dms:
            await self._sync_commands()
        services = self.dispatcher.services
        services.sharing.threads = DiscordThreads(self, services.pseudonym_secret)
        if self.is_serving():  # else once it does: until then the messages are another process's
            await self.dispatcher.resume_jobs(self)
        access = self.dispatcher.access.rules
        guilds, users = (
            count_noun(len(access.guild_ids), "server"),
            count_noun(len(access.user_ids), "person", "people"),
        )
        listed = f"its owner, {guilds} and {users}"
        log.info("ready; it answers %s", "everybody" if access.everyone else listed)

    async def tell_owners(self, text: str) -> bool:
        """Write to the application's owner, or to each member of its team; log it if their DMs are closed.

        Return False if it should be tried again: Discord posts the same text only once in some minutes. Raise nothing.
        """
        told = closed = False
        nonce = hashlib.sha256(text.encode()).hexdigest()[:24]
        for owner in self.dispatcher.access.rules.owner_ids:
            try:
                dm = await self.create_dm(discord.Object(owner))
                await dm.send(view=to_view(text_card(text)), nonce=nonce)
                told = True
            except DISCORD_ERRORS as error:
                if isinstance(error, discord.HTTPException) and error.code in DM_FORBIDDEN_CODES:
                    closed = True
                else:
                    log.info("whoever hosts the bot could not be written to: %s", type(error).__name__)
        if closed and not told:
            log.warning("the DM of whoever hosts the bot is closed, so this stands here alone: %s", text)
        return told or closed

    async def send_to_dm(self, channel: int, card: Card) -> bool:
        """Post a card in a person's DM, by its channel's id; return whether Discord took it. Raise nothing."""
        try:
            await dm_channel(self, channel).send(view=to_view(card))
        except DISCORD_ERRORS as error:
            log.info("a message to a person was not delivered: %s", type(error).__name__)
            return False
        return True

    async def _sync_commands(self) -> None:
        """Sync the commands if they changed: Discord allows 200 new ones a day, and clients reload after a sync."""
        definition = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        digest = hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()
        secret = self.dispatcher.services.pseudonym_secret  # an id of Discord's is stored only as a keyed pseudonym
        application = hmac.new(
            secret, f"discord-application:{self.application_id}".encode(), hashlib.sha256
        ).hexdigest()
        name = f"commands of {application[:32]}"
        if await self.dispatcher.services.store.read(lambda tx: tx.values.get(name)) == digest:
            return
        await self.tree.sync()

        def store(tx: Transaction) -> None:
            tx.values.delete(f"commands of {self.application_id}")  # as earlier releases named it
            tx.values.set(name, digest)

        await self.dispatcher.services.store.write(name, store)
        log.info("commands synced")

    async def on_connect(self) -> None:
        """Read what was written before this session: Discord replays nothing into a new one."""
        self.dispatcher.dm_listener.on_connect(self)
        self._set_gateway_state(GatewayState.CONNECTED)

    async def on_resumed(self) -> None:
        """Note that the session goes on; Discord has sent the events in between."""
        self._set_gateway_state(GatewayState.CONNECTED)

    async def on_disconnect(self) -> None:
        """Note that the connection is lost; discord.py reconnects."""
        self._set_gateway_state(GatewayState.LOST)

    def is_connected(self) -> bool:
        """Return whether the bot is connected to Discord's gateway."""
        return self.gateway is GatewayState.CONNECTED

    def _set_gateway_state(self, state: GatewayState) -> None:
        if self.gateway is not state:
            log.info("gateway: %s", state.value)
        self.gateway = state
        self.gateway_changed.set()

    @property
    def serves_dms(self) -> bool:
        """Whether this process has shard 0, which gets all DMs, and does what is done once for all shards."""
        return True

    def is_serving(self) -> bool:
        """Return whether this process may answer now; no other does so then for the same shards."""
        return True

    async def on_message(self, message: discord.Message) -> None:
        """Pass on what somebody writes in the DM, and what the bot does."""
        if self.is_serving():
            if self.user is not None and message.author.id == self.user.id:
                self.dispatcher.job_panels.on_bot_message(message)
            self.dispatcher.dm_listener.on_message(message)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Pass on an edit in the DM; raw, because no message is cached."""
        if self.is_serving():
            self.dispatcher.dm_listener.on_edit(payload.message)

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """Pass on a deletion, so that the message is not read later."""
        if self.is_serving():
            self.dispatcher.dm_listener.on_delete(payload.message_id)

    async def on_interaction(self, interaction: Interaction) -> None:
        """Pass on buttons, menus and forms; commands go through the tree."""
        is_component = interaction.type in (discord.InteractionType.component, discord.InteractionType.modal_submit)
        if is_component and self.is_serving():
            await self.dispatcher.handle_component(interaction)


class ShardLease(Protocol):
    """The right of this process to serve its shards, which no other process has at the same time."""

    def is_held(self) -> bool:
        """Return whether this process may serve them now."""

    async def wait_to_identify(self, shard: int, max_concurrency: int) -> None:
        """Wait for a shard's turn to identify among all processes, and until the lease is held."""


class ShardedDiscordClient(DiscordClient, discord.AutoShardedClient):
    """The bot's connection by several shards, or by one that other processes could serve."""

    def __init__(
        self,
        dispatcher: InteractionDispatcher,
        http_options: Mapping[str, Any] | None,
        shard_ids: Sequence[int],
        shard_count: int,
        lease: ShardLease | None,
    ) -> None:
        """Serve ``shard_ids`` of ``shard_count``, while the ``lease`` is held; None if there is one process alone."""
        super().__init__(dispatcher, http_options, shard_ids=list(shard_ids), shard_count=shard_count)
        self._ids = frozenset(shard_ids)
        self._count = shard_count
        self._lease = lease
        self._max_concurrency = 1
        self._connected: set[int] = set()
        self._parked: list[discord.ShardInfo] = []

    async def setup_hook(self) -> None:
        """Ask Discord how many shards it recommends and how they may identify, then as for one shard."""
        recommended, _, limits = await self.http.get_bot_gateway()
        self._max_concurrency = limits["max_concurrency"]
        if recommended > self._count:
            log.warning("Discord recommends %d shards, and SHARD_COUNT says %d", recommended, self._count)
        if limits["remaining"] < _FEW_IDENTIFIES:
            log.warning(
                "Discord lets a shard identify %d times more today, then it resets the token", limits["remaining"]
            )
        await super().setup_hook()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Wait for the shard's turn."""
        if self._lease is None:
            await super().before_identify_hook(shard_id, initial=initial)
        else:
            await self._lease.wait_to_identify(shard_id or 0, self._max_concurrency)

    @property
    def serves_dms(self) -> bool:
        """See DiscordClient."""
        return 0 in self._ids

    def is_serving(self) -> bool:
        """See DiscordClient. A process that was stopped for longer than its lease finds out here."""
        return self._lease is None or self._lease.is_held()

    def stand_by(self) -> None:
        """Note that another process serves the shards."""
        self._set_gateway_state(GatewayState.STANDING_BY)

    async def disconnect_shards(self) -> None:
        """Close the sessions, so that another process may have them."""
        self._parked = [shard for shard in self.shards.values() if not shard.is_closed()]
        await asyncio.gather(*(shard.disconnect() for shard in self._parked), return_exceptions=True)

    async def connect_shards(self) -> None:
        """Begin new sessions in place of those that ``disconnect_shards`` closed; discord.py sees to the others."""
        for shard in self._parked:
            await shard.connect()

    async def on_connect(self) -> None:
        """Do nothing: on_shard_connect says which shard it is."""

    async def on_resumed(self) -> None:
        """Do nothing: on_shard_resumed says which shard it is."""

    async def on_disconnect(self) -> None:
        """Do nothing: on_shard_disconnect says which shard it is."""

    async def on_shard_connect(self, shard_id: int) -> None:
        """Note that a session has begun; if it is that of the DMs, read what was written before it."""
        if shard_id == 0:
            self.dispatcher.dm_listener.on_connect(self)
        self._note_shard(shard_id, connected=True)

    async def on_shard_resumed(self, shard_id: int) -> None:
        """Note that a session goes on; Discord has sent the events in between."""
        self._note_shard(shard_id, connected=True)

    async def on_shard_disconnect(self, shard_id: int) -> None:
        """Note that a connection is lost; discord.py reconnects."""
        self._note_shard(shard_id, connected=False)

    def _note_shard(self, shard: int, *, connected: bool) -> None:
        """The bot counts as connected while all of its shards are."""
        (self._connected.add if connected else self._connected.discard)(shard)
        if self._connected >= self._ids:
            self._set_gateway_state(GatewayState.CONNECTED)
        elif self.gateway is GatewayState.CONNECTED:
            self._set_gateway_state(GatewayState.LOST)
