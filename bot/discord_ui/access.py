"""Whom the bot answers."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

import discord

from bot.discord_ui.interactions.responses import InteractionContext, writer_id
from bot.discord_ui.messages.editor import DISCORD_ERRORS
from bot.discord_ui.services import KeyValueStore
from bot.errors import BotError, StoreError
from bot.services.store_ports import Clock


class AccessDenied(BotError):
    """The bot does not answer this person here."""

    def __init__(self, owner: int | None) -> None:
        whom = f"<@{owner}>, who runs it" if owner else "whoever runs it"
        super().__init__(
            "This bot answers only the people and servers that its operator has listed, and you are not among them. "
            f"Nothing was stored. Ask {whom}, to be added."
        )


@dataclass(frozen=True, slots=True)
class AccessRules:
    """The rule. With ``everyone`` all are answered; else the owners of the application and who is listed, by ids."""

    everyone: bool
    guild_ids: frozenset[int]
    user_ids: frozenset[int]
    owner_ids: tuple[int, ...] = ()

    def check(self, user: int, context: InteractionContext) -> None:
        """Raises AccessDenied for somebody who is not answered at this place."""
        if self.everyone or user in self.user_ids or user in self.owner_ids:
            return
        if context.guild_id is not None and context.guild_id in self.guild_ids:
            return
        raise AccessDenied(self.owner_ids[0] if self.owner_ids else None)


# Who belongs to a server that the bot answers, where nothing in what they did says so, as in a DM.
#
# Discord is asked, one person at a time, which needs no intent. It is asked again after some minutes, so that whoever
# has left is no longer answered. Where it cannot be asked, whoever was known to belong within the last weeks still
# does.


log = logging.getLogger("bot.discord")

_MEMBER_CACHE_TIME = timedelta(minutes=5)
_NON_MEMBER_CACHE_TIME = timedelta(minutes=1)  # whoever has just joined waits no longer than that
_STORED_TIME = timedelta(days=30)
_STORE_INTERVAL = timedelta(days=1)  # that somebody belongs is written down no oftener
_MAX_CONCURRENT_LOOKUPS = 4  # so that strangers who write do not use up what Discord allows the bot
_MAX_CACHED = 10_000  # people in memory, of whom a few bytes each are kept
# Discord's error codes: no such member, no such user; and where the bot is not in the server, or it is gone.
_NOT_A_MEMBER_CODES = {10007, 10013}
_NO_ACCESS_CODES = {50001, 10004}


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


class Membership:
    """What is known of people's servers. ``secret`` makes the pseudonyms under which it is remembered."""

    def __init__(self, memory: KeyValueStore, secret: bytes, clock: Clock) -> None:
        self._memory = memory
        self._secret = secret
        self._clock = clock
        self._cached: dict[int, _CachedMembership] = {}
        self._stored_at: dict[str, datetime] = {}
        self._lookups: dict[int, asyncio.Task[bool]] = {}
        self._slots = asyncio.Semaphore(_MAX_CONCURRENT_LOOKUPS)

    async def record_member(self, user: int, server: int) -> None:
        """Somebody has acted in a server that is answered, as Discord itself says. Raises nothing."""
        self._cache(user, belongs=True)
        await self._store(user, server)

    async def is_member(self, client: discord.Client, user: int, servers: frozenset[int], seconds: float) -> bool:
        """Whether somebody belongs to one of the servers; Discord is waited for as long as that.

        Raises MembershipUnknown where it did not answer and nothing is remembered; StoreError.
        """
        known = self._cached.get(user)
        if known is not None and self._clock() < known.expires_at:
            return known.is_member
        asking = self._lookups.get(user)
        if asking is None:
            asking = self._lookups[user] = asyncio.create_task(self._fetch(client, user, servers), name="membership")
            asking.add_done_callback(lambda done: self._on_fetched(user, done))
        await asyncio.wait({asking}, timeout=seconds)
        if asking.done():
            return asking.result()
        if await self._load_stored(user, servers):
            return True
        raise MembershipUnknown

    async def _fetch(self, client: discord.Client, user: int, servers: frozenset[int]) -> bool:
        silent, failed = set[int](), False
        for server in sorted(servers):
            try:
                async with self._slots:
                    await client.http.get_member(server, user)
            except DISCORD_ERRORS as error:
                code = error.code if isinstance(error, discord.HTTPException) else 0
                if code in _NOT_A_MEMBER_CODES:
                    await self._delete_stored(user, server)
                    continue
                silent.add(server)
                failed = failed or code not in _NO_ACCESS_CODES
                log.info("a server did not say whether somebody belongs to it: %s", type(error).__name__)
            else:
                await self.record_member(user, server)
                return True
        found = await self._load_stored(user, frozenset(silent))
        if failed and not found:
            raise MembershipUnknown
        self._cache(user, belongs=found)
        return found

    def _on_fetched(self, user: int, done: asyncio.Task[bool]) -> None:
        del self._lookups[user]
        if not done.cancelled():
            done.exception()  # whoever waited for it may be gone, and then nobody else looks at it

    def _cache(self, user: int, *, belongs: bool) -> None:
        self._cached.pop(user, None)
        self._cached[user] = _CachedMembership(
            belongs, self._clock() + (_MEMBER_CACHE_TIME if belongs else _NON_MEMBER_CACHE_TIME)
        )
        if len(self._cached) > _MAX_CACHED:
            del self._cached[next(iter(self._cached))]

    async def _load_stored(self, user: int, servers: frozenset[int]) -> bool:
        since = self._clock() - _STORED_TIME
        for server in sorted(servers):
            value = await self._memory.get(self._storage_key(user, server))
            if value is not None and datetime.fromisoformat(value) > since:
                return True
        return False

    async def _store(self, user: int, server: int) -> None:
        name, now = self._storage_key(user, server), self._clock()
        if (before := self._stored_at.get(name)) is not None and now - before < _STORE_INTERVAL:
            return
        if len(self._stored_at) > _MAX_CACHED:
            self._stored_at.clear()
        self._stored_at[name] = now
        try:
            await self._memory.set(name, now.isoformat())
        except StoreError as error:
            del self._stored_at[name]
            log.warning("that somebody belongs to a server could not be remembered: %s", type(error).__name__)

    async def _delete_stored(self, user: int, server: int) -> None:
        name = self._storage_key(user, server)
        self._stored_at.pop(name, None)
        try:
            await self._memory.delete(name)
        except StoreError as error:
            log.warning("that somebody left a server could not be stored: %s", type(error).__name__)

    def _storage_key(self, user: int, server: int) -> str:
        """Neither the person nor the server can be told from it."""
        key = hmac.new(self._secret, f"discord-server:{server}".encode(), hashlib.sha256).hexdigest()[:32]
        return f"member {writer_id(self._secret, user)} {key}"
