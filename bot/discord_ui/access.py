"""Decide whom the bot answers: by the operator's rules, and by membership of the servers that they list."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import discord

from bot.discord_ui.interactions.responses import InteractionContext, server_id, writer_id
from bot.discord_ui.messages.editor import DISCORD_ERRORS
from bot.errors import Blocked, BotError, StoreError
from bot.services.personal_data import check_served
from bot.services.server_rules import ALL_ALLOWED, ServerRules, ServerRulesService
from bot.services.store_ports import Clock, Store, Transaction

log = logging.getLogger("bot.discord")

_MEMBER_CACHE_TIME = timedelta(minutes=5)
_NON_MEMBER_CACHE_TIME = timedelta(minutes=1)  # so that a new member is answered soon
_STORED_TIME = timedelta(days=30)
_STORE_INTERVAL = timedelta(days=1)  # a membership is stored at most once in this time
_MAX_CONCURRENT_LOOKUPS = 4  # strangers must not use up the bot's rate limit
_MAX_CACHED = 10_000  # people, at a few bytes each
_MAX_NAMED = 10  # roles or channels in a sentence
_ASK_MANAGERS = "Nothing was stored. Ask whoever manages this server; a DM with the bot is not under its rules."
# Discord's error codes.
_NOT_A_MEMBER_CODES = {10007, 10013}  # unknown member, unknown user
_NO_ACCESS_CODES = {50001, 10004}  # the bot is not in the server, or the server is gone


_MYDATA_STAYS = "/mydata hands over or deletes what is stored about you."


class AccessDenied(BotError):
    """The bot does not answer this person here."""

    def __init__(self, owner: int | None) -> None:
        whom = f"<@{owner}>, who runs it" if owner else "whoever runs it"
        super().__init__(
            "This bot answers only the people and servers that its operator has listed, and you are not among them. "
            f"Nothing was stored. Ask {whom}, to be added. {_MYDATA_STAYS}"
        )


class BlockedByHost(AccessDenied):
    """Whoever runs the bot has blocked this person."""

    def __init__(self, owner: int | None) -> None:
        whom = f"<@{owner}>, who runs it" if owner else "whoever runs it"
        BotError.__init__(  # not AccessDenied's, which says how to be let in
            self,
            f"Whoever runs this bot has blocked you, so this was not done. Nothing was stored. Ask {whom}. "
            f"{_MYDATA_STAYS}",
        )


@dataclass(frozen=True, slots=True)
class AccessRules:
    """Whom the bot answers: ``everyone``, or the application's owners and the listed people and servers."""

    everyone: bool
    guild_ids: frozenset[int]
    user_ids: frozenset[int]
    owner_ids: tuple[int, ...] = ()

    def check(self, user: int, context: InteractionContext) -> None:
        """Raise AccessDenied if the bot does not answer this person here."""
        if self.everyone or user in self.user_ids or user in self.owner_ids:
            return
        if context.guild_id is not None and context.guild_id in self.guild_ids:
            return
        raise AccessDenied(self.owner_ids[0] if self.owner_ids else None)


class RefusedByServer(BotError):
    """The rules of the server do not let this person use the bot here."""

    @classmethod
    def by_roles(cls, roles: Collection[int]) -> RefusedByServer:
        named = ", ".join(f"<@&{one}>" for one in sorted(roles)[:_MAX_NAMED])
        return cls(
            f"The rules of this server let only certain roles use the bot in it, and you have none of them: {named}. "
            f"{_ASK_MANAGERS}"
        )

    @classmethod
    def by_channels(cls, channels: Collection[int]) -> RefusedByServer:
        named = ", ".join(f"<#{one}>" for one in sorted(channels)[:_MAX_NAMED])
        return cls(f"By the rules of this server the bot answers only in {named}. {_ASK_MANAGERS}")

    @classmethod
    def damaged(cls) -> RefusedByServer:
        return cls(
            f"The rules of this server are damaged, so nobody is answered here until they are set. {_ASK_MANAGERS}"
        )


class MembershipUnknown(BotError):
    """Discord did not say whether somebody belongs to a server."""

    def __init__(self) -> None:
        super().__init__(
            "Discord did not say whether you belong to a server that this bot answers. Nothing was stored: "
            "try again in a minute."
        )


@dataclass(frozen=True, slots=True)
class _CachedMembership:
    is_member: bool
    expires_at: datetime


class Access:
    """Decide whom the bot answers: by its ``rules``, then in a server by the server's own.

    Outside of servers membership of a listed server counts, too.
    """

    def __init__(
        self, rules: AccessRules, servers: ServerRulesService, store: Store, secret: bytes, clock: Clock
    ) -> None:
        self.rules = rules
        self._store = store
        self._servers = servers
        self._secret = secret
        self._membership = Membership(store, secret, clock)

    async def admit(
        self, client: discord.Client, user: int, context: InteractionContext, seconds: float
    ) -> ServerRules:
        """Return what the server allows if the bot answers this person here; outside of servers everything.

        If Discord has to be asked, wait at most ``seconds`` for it. Raise AccessDenied, RefusedByServer,
        MembershipUnknown, StoreError.
        """
        await self._check_host_rules(client, user, context, seconds)
        if context.guild_id is None:
            return ALL_ALLOWED
        rules = await self._servers.get(server_id(self._secret, context.guild_id))
        if not context.manages_server:  # whoever sets the rules must always be able to change them
            _check_server_rules(rules, context)
        return rules

    async def _check_host_rules(
        self, client: discord.Client, user: int, context: InteractionContext, seconds: float
    ) -> None:
        try:
            self.rules.check(user, context)
        except AccessDenied:
            servers = self.rules.guild_ids
            if context.guild_id is not None or not servers:
                raise
            if not await self._membership.is_member(client, user, servers, seconds):
                raise

    async def check_served(self, writer: str) -> None:
        """Raise BlockedByHost, or BeingDeleted while the writer's data is deleted; StoreError."""
        try:
            await self._store.read(lambda tx: check_served(tx, writer))
        except Blocked:
            owners = self.rules.owner_ids
            raise BlockedByHost(owners[0] if owners else None) from None

    async def record(self, user: int, context: InteractionContext) -> None:
        """Remember that somebody has acted in a listed server. Raise nothing."""
        if context.guild_id is not None and context.guild_id in self.rules.guild_ids:
            await self._membership.record_member(user, context.guild_id)


def _check_server_rules(rules: ServerRules, context: InteractionContext) -> None:
    """Raise RefusedByServer if a server does not let somebody use the bot in this place."""
    if rules.is_damaged:
        raise RefusedByServer.damaged()
    if rules.roles and not rules.roles & context.role_ids:
        raise RefusedByServer.by_roles(rules.roles)
    if rules.channels and not rules.channels & context.channel_ids:
        raise RefusedByServer.by_channels(rules.channels)


class Membership:
    """Find out whether people are members of listed servers, also in a DM, where their interaction does not show it.

    Discord is asked for one person at a time, which needs no intent, and again after some minutes, so that people who
    have left are no longer answered. If Discord does not reply, people who were members within the last weeks still
    are. ``secret`` makes the pseudonyms under which memberships are stored.
    """

    def __init__(self, store: Store, secret: bytes, clock: Clock) -> None:
        self._store = store
        self._secret = secret
        self._clock = clock
        self._cached: dict[int, _CachedMembership] = {}
        self._stored_at: dict[str, datetime] = {}
        self._lookups: dict[int, asyncio.Task[bool]] = {}
        self._slots = asyncio.Semaphore(_MAX_CONCURRENT_LOOKUPS)

    async def record_member(self, user: int, server: int) -> None:
        """Remember that somebody has acted in a listed server, as Discord itself says. Raise nothing."""
        self._cache(user, is_member=True)
        await self._save(user, server)

    async def is_member(self, client: discord.Client, user: int, servers: frozenset[int], seconds: float) -> bool:
        """Return whether somebody is a member of one of the servers, waiting at most ``seconds`` for Discord.

        Raise StoreError, and MembershipUnknown if Discord did not reply and nothing is stored.
        """
        cached = self._cached.get(user)
        if cached is not None and self._clock() < cached.expires_at:
            return cached.is_member
        lookup = self._lookups.get(user)
        if lookup is None:
            lookup = self._lookups[user] = asyncio.create_task(self._fetch(client, user, servers), name="membership")
            lookup.add_done_callback(lambda done: self._on_fetched(user, done))
        await asyncio.wait({lookup}, timeout=seconds)
        if lookup.done():
            return lookup.result()
        if await self._load_stored(user, servers):
            return True
        raise MembershipUnknown

    async def _fetch(self, client: discord.Client, user: int, servers: frozenset[int]) -> bool:
        unanswered, failed = set[int](), False
        for server in sorted(servers):
            try:
                async with self._slots:
                    await client.http.get_member(server, user)
            except DISCORD_ERRORS as error:
                code = error.code if isinstance(error, discord.HTTPException) else 0
                if code in _NOT_A_MEMBER_CODES:
                    await self._delete_stored(user, server)
                    continue
                unanswered.add(server)
                failed = failed or code not in _NO_ACCESS_CODES
                log.info("a server did not say whether somebody belongs to it: %s", type(error).__name__)
            else:
                await self.record_member(user, server)
                return True
        is_member = await self._load_stored(user, frozenset(unanswered))
        if failed and not is_member:
            raise MembershipUnknown
        self._cache(user, is_member=is_member)
        return is_member

    def _on_fetched(self, user: int, done: asyncio.Task[bool]) -> None:
        del self._lookups[user]
        if not done.cancelled():
            done.exception()  # retrieve it: nobody may be waiting any more

    def _cache(self, user: int, *, is_member: bool) -> None:
        lifetime = _MEMBER_CACHE_TIME if is_member else _NON_MEMBER_CACHE_TIME
        self._cached.pop(user, None)
        self._cached[user] = _CachedMembership(is_member, self._clock() + lifetime)
        if len(self._cached) > _MAX_CACHED:
            del self._cached[next(iter(self._cached))]

    async def _load_stored(self, user: int, servers: frozenset[int]) -> bool:
        since = self._clock() - _STORED_TIME
        for server in sorted(servers):
            name = self._storage_key(user, server)
            value = await self._store.read(partial(_read_value, name=name))
            if value is not None and datetime.fromisoformat(value) > since:
                return True
        return False

    async def _save(self, user: int, server: int) -> None:
        key, now = self._storage_key(user, server), self._clock()
        if (stored := self._stored_at.get(key)) is not None and now - stored < _STORE_INTERVAL:
            return
        if len(self._stored_at) > _MAX_CACHED:
            self._stored_at.clear()
        self._stored_at[key] = now
        try:
            await self._store.write(writer_id(self._secret, user), lambda tx: tx.values.set(key, now.isoformat()))
        except StoreError as error:
            del self._stored_at[key]
            log.warning("that somebody belongs to a server could not be remembered: %s", type(error).__name__)

    async def _delete_stored(self, user: int, server: int) -> None:
        key = self._storage_key(user, server)
        self._stored_at.pop(key, None)
        try:
            await self._store.write(writer_id(self._secret, user), lambda tx: tx.values.delete(key))
        except StoreError as error:
            log.warning("that somebody left a server could not be stored: %s", type(error).__name__)

    def _storage_key(self, user: int, server: int) -> str:
        """Return a key that reveals neither the person nor the server."""
        server_key = hmac.new(self._secret, f"discord-server:{server}".encode(), hashlib.sha256).hexdigest()[:32]
        return f"member {writer_id(self._secret, user)} {server_key}"


def _read_value(tx: Transaction, name: str) -> str | None:
    return tx.values.get(name)
