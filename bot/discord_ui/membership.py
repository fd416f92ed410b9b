"""Who belongs to a server that the bot answers, where nothing in what they did says so, as in a DM.

Discord is asked, one person at a time, which needs no intent. It is asked again after some minutes, so that whoever has
left is no longer answered. Where it cannot be asked, whoever was known to belong within the last weeks still does.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

import discord

from bot.discord_ui.addresses import STUMBLES
from bot.discord_ui.people import writer_id
from bot.discord_ui.tools import Memory
from bot.errors import BotError, StoreError
from bot.workflow.ports import Clock

log = logging.getLogger("bot.discord")

_KNOWN = timedelta(minutes=5)
_UNKNOWN = timedelta(minutes=1)  # whoever has just joined waits no longer than that
_REMEMBERED = timedelta(days=30)
_WRITTEN = timedelta(days=1)  # that somebody belongs is written down no oftener
_AT_ONCE = 4  # so that strangers who write do not use up what Discord allows the bot
_MOST = 10_000  # people in memory, of whom a few bytes each are kept
# Discord's error codes: no such member, no such user; and where the bot is not in the server, or it is gone.
_NO_MEMBER = {10007, 10013}
_NO_ACCESS = {50001, 10004}


class NotAsked(BotError):
    """Discord did not say whether somebody belongs to a server."""

    def __init__(self) -> None:
        super().__init__(
            "Discord did not say whether you belong to a server that this bot answers. Nothing was stored: "
            "try again in a minute."
        )


@dataclass(frozen=True, slots=True)
class _Known:
    belongs: bool
    until: datetime


class Membership:
    """What is known of people's servers. ``secret`` makes the pseudonyms under which it is remembered."""

    def __init__(self, memory: Memory, secret: bytes, clock: Clock) -> None:
        self._memory = memory
        self._secret = secret
        self._clock = clock
        self._known: dict[int, _Known] = {}
        self._written: dict[str, datetime] = {}
        self._asking: dict[int, asyncio.Task[bool]] = {}
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def seen(self, user: int, server: int) -> None:
        """Somebody has acted in a server that is answered, as Discord itself says. Raises nothing."""
        self._know(user, belongs=True)
        await self._remember(user, server)

    async def belongs(self, client: discord.Client, user: int, servers: frozenset[int], seconds: float) -> bool:
        """Whether somebody belongs to one of the servers; Discord is waited for as long as that.

        Raises NotAsked where it did not answer and nothing is remembered; StoreError.
        """
        known = self._known.get(user)
        if known is not None and self._clock() < known.until:
            return known.belongs
        asking = self._asking.get(user)
        if asking is None:
            asking = self._asking[user] = asyncio.create_task(self._ask(client, user, servers), name="membership")
            asking.add_done_callback(lambda done: self._asked(user, done))
        await asyncio.wait({asking}, timeout=seconds)
        if asking.done():
            return asking.result()
        if await self._recalled(user, servers):
            return True
        raise NotAsked

    async def _ask(self, client: discord.Client, user: int, servers: frozenset[int]) -> bool:
        silent, failed = set[int](), False
        for server in sorted(servers):
            try:
                async with self._room:
                    await client.http.get_member(server, user)
            except STUMBLES as error:
                code = error.code if isinstance(error, discord.HTTPException) else 0
                if code in _NO_MEMBER:
                    await self._forget(user, server)
                    continue
                silent.add(server)
                failed = failed or code not in _NO_ACCESS
                log.info("a server did not say whether somebody belongs to it: %s", type(error).__name__)
            else:
                await self.seen(user, server)
                return True
        found = await self._recalled(user, frozenset(silent))
        if failed and not found:
            raise NotAsked
        self._know(user, belongs=found)
        return found

    def _asked(self, user: int, done: asyncio.Task[bool]) -> None:
        del self._asking[user]
        if not done.cancelled():
            done.exception()  # whoever waited for it may be gone, and then nobody else looks at it

    def _know(self, user: int, *, belongs: bool) -> None:
        self._known.pop(user, None)
        self._known[user] = _Known(belongs, self._clock() + (_KNOWN if belongs else _UNKNOWN))
        if len(self._known) > _MOST:
            del self._known[next(iter(self._known))]

    async def _recalled(self, user: int, servers: frozenset[int]) -> bool:
        since = self._clock() - _REMEMBERED
        for server in sorted(servers):
            value = await self._memory.recall(self._name(user, server))
            if value is not None and datetime.fromisoformat(value) > since:
                return True
        return False

    async def _remember(self, user: int, server: int) -> None:
        name, now = self._name(user, server), self._clock()
        if (before := self._written.get(name)) is not None and now - before < _WRITTEN:
            return
        if len(self._written) > _MOST:
            self._written.clear()
        self._written[name] = now
        try:
            await self._memory.keep(name, now.isoformat())
        except StoreError as error:
            del self._written[name]
            log.warning("that somebody belongs to a server could not be remembered: %s", type(error).__name__)

    async def _forget(self, user: int, server: int) -> None:
        name = self._name(user, server)
        self._written.pop(name, None)
        try:
            await self._memory.forget(name)
        except StoreError as error:
            log.warning("that somebody left a server could not be stored: %s", type(error).__name__)

    def _name(self, user: int, server: int) -> str:
        """Neither the person nor the server can be told from it."""
        key = hmac.new(self._secret, f"discord-server:{server}".encode(), hashlib.sha256).hexdigest()[:32]
        return f"member {writer_id(self._secret, user)} {key}"
