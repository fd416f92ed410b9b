"""What came in the DMs while nobody listened: read as soon as Discord gives it, oldest first, and once.

How far a channel was read stands in the store. The mark moves past a message only when that one and all before it are
stored, and not before what came while the bot was away has been read. So a process may end anywhere: the next one reads
from there, and passes over what was heard before, also where its essay has been deleted since.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

import discord

from bot.discord_ui.addresses import STUMBLES
from bot.discord_ui.telling import Teller
from bot.errors import StoreError
from bot.workflow.conversation import Channel, ConversationStore

log = logging.getLogger("bot.discord")

_PAGE = 100  # Discord's limit
# Five seconds, as message ids count time: before a crash, events may have overtaken one another.
_OVERLAP = 5_000 << 22
_AT_ONCE = 4  # so that one channel that Discord is slow to give holds up no other
_PACE_SECONDS = 0.2  # for each of them: twenty channels a second, of the fifty requests that Discord allows
_AGAIN_SECONDS = (2.0, 10.0, 60.0)  # when to read again a channel that Discord would not give; then the last
# So often, some seven minutes: now and then Discord refuses a channel that is there (403, 50001). One that is closed
# is read again when its writer writes there, or in the next session.
_REFUSALS = 10
_UNREAD = (
    "Discord does not let the bot read what came here while it was away: if you wrote something then, send it again. "
    "What you have written since is stored."
)


class _Outcome(Enum):
    """What came of reading a channel."""

    READ = auto()
    REFUSED = auto()
    AGAIN = auto()


@dataclass(eq=False)
class _Reading:
    """One channel's. ``there`` says that its writer has written meanwhile, ``missed`` that it must be read once more.

    ``edited`` and ``gone`` are messages of the channel that were edited and deleted meanwhile, by their ids: a page of
    it may hold them as they were before.
    """

    channel: Channel
    there: bool = False
    missed: bool = False
    edited: dict[int, discord.Message] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)


class CatchUp:
    """Reads the channels of one session. ``take`` is given each message, and whether it may be a new one."""

    def __init__(
        self,
        store: ConversationStore,
        teller: Teller,
        take: Callable[[discord.Client, Channel, discord.Message, bool], Awaitable[None]],
    ) -> None:
        self._store = store
        self._teller = teller
        self._take = take
        self._marks = Marks()
        self._caught_up: set[str] = set()  # writers with nothing left to read
        self._readings: dict[str, _Reading] = {}
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, client: discord.Client) -> None:
        """A new session has begun: events before it may be lost, so every channel is read again."""
        for task in self._tasks:
            task.cancel()
        self._readings.clear()
        self._caught_up.clear()
        self._run(self._start(client))

    async def close(self) -> None:
        """Reads nothing any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def met(self, writer: str, channel: int, read: int) -> None:
        """A writer's channel: nothing in it up to a message's id is ever read. Raises StoreError."""
        if await self._store.meet(writer, channel, read):
            self._caught_up.add(writer)

    def hearing(self, writer: str, message: int) -> None:
        """A message is about to be stored."""
        self._marks.begin(writer, message)

    async def heard(self, writer: str, message: int) -> None:
        """It is stored."""
        safe = self._marks.done(writer, message)
        if safe is None or writer not in self._caught_up:
            return
        try:
            await self._mark(writer, safe)
        except StoreError as error:  # the next start reads a little more than it must
            log.warning("how far a DM was read could not be stored: %s", type(error).__name__)

    def missed(self, client: discord.Client, writer: str) -> None:
        """A message could not be stored: it is not marked, and so is read again."""
        self._caught_up.discard(writer)
        if (reading := self._readings.get(writer)) is not None:
            reading.missed = True
        else:
            self._run(self._start(client, writer))

    def there(self, client: discord.Client, writer: str) -> None:
        """A writer has written: a channel that Discord kept refusing may be open again."""
        if writer in self._caught_up:
            return
        if (reading := self._readings.get(writer)) is None:
            self._run(self._start(client, writer))
        else:
            reading.there = True

    def edited(self, writer: str, message: discord.Message) -> None:
        """A message has another text."""
        if (reading := self._readings.get(writer)) is not None:
            reading.edited[message.id] = message

    def deleted(self, channel: int, message: int) -> None:
        """A message has been deleted in Discord."""
        for reading in self._readings.values():
            if reading.channel.id == channel:
                reading.gone.add(message)

    async def _mark(self, writer: str, message: int) -> None:
        """All up to a message is stored. Raises StoreError."""
        read = message - _OVERLAP
        await self._store.mark(writer, read, discord.utils.snowflake_time(read))

    def _run(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work, name="catching-up")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _start(self, client: discord.Client, writer: str | None = None) -> None:
        """Begins to read every known channel that is left, or only this writer's."""
        for wait in _waits():
            try:
                channels = await self._store.channels()
            except StoreError as error:
                log.warning("the channels to read are not known: %s", type(error).__name__)
                await asyncio.sleep(wait)
                continue
            for channel in channels:
                left = channel.writer not in self._caught_up and channel.writer not in self._readings
                if left and writer in (None, channel.writer):
                    reading = self._readings[channel.writer] = _Reading(channel, there=writer is not None)
                    self._run(self._follow(client, reading))
            return

    async def _follow(self, client: discord.Client, reading: _Reading) -> None:
        """Reads a channel until it could be read, or was refused too often."""
        writer, refusals = reading.channel.writer, 0
        try:
            for wait in _waits():
                async with self._room:
                    outcome = await self._try(client, reading)
                    await asyncio.sleep(_PACE_SECONDS)
                if outcome is _Outcome.READ:
                    return
                refusals += outcome is _Outcome.REFUSED
                if refusals >= _REFUSALS:
                    log.warning("a DM was refused %d times; it is read when its writer writes there", refusals)
                    if reading.there:
                        self._teller.say(client, writer, reading.channel.id, _UNREAD)
                    return
                await asyncio.sleep(wait)
        finally:
            if self._readings.get(writer) is reading:  # not one of the session after
                del self._readings[writer]

    async def _try(self, client: discord.Client, reading: _Reading) -> _Outcome:
        """Reads a channel once, and marks it as read."""
        writer, reading.missed = reading.channel.writer, False
        try:
            with self._teller.together(writer):
                last = await self._read(client, reading)
            await self._mark(writer, last)
        except (StoreError, *STUMBLES) as error:
            log.info("a DM could not be read: %s", type(error).__name__)
            refused = isinstance(error, (discord.Forbidden, discord.NotFound))
            return _Outcome.REFUSED if refused else _Outcome.AGAIN
        if reading.missed:
            return _Outcome.AGAIN
        self._marks.settle(writer, last)
        self._caught_up.add(writer)
        return _Outcome.READ

    async def _read(self, client: discord.Client, reading: _Reading) -> int:
        """Takes what came while the bot was away, oldest first, and what was edited in the last page before that.

        Returns the id of the last message there is.
        """
        channel = reading.channel
        dm = client.get_partial_messageable(channel.id, type=discord.ChannelType.private)
        page = [message async for message in dm.history(limit=_PAGE)]
        last = page[0].id if page else channel.read
        if len(page) == _PAGE and page[-1].id > channel.read:
            async for message in dm.history(limit=None, after=discord.Object(channel.read), oldest_first=True):
                last = max(last, message.id)
                await self._give(client, reading, message)
        else:
            for message in reversed(page):
                await self._give(client, reading, message)
        return last

    async def _give(self, client: discord.Client, reading: _Reading, message: discord.Message) -> None:
        if message.id not in reading.gone:
            newest = reading.edited.get(message.id, message)
            await self._take(client, reading.channel, newest, newest.id > reading.channel.read)


def _waits() -> Iterator[float]:
    return itertools.chain(_AGAIN_SECONDS, itertools.repeat(_AGAIN_SECONDS[-1]))


class Marks:
    """How far each writer's messages are stored without a gap, while several are being stored at once."""

    def __init__(self) -> None:
        self._begun: dict[str, set[int]] = {}
        self._done: dict[str, set[int]] = {}

    def begin(self, writer: str, message: int) -> None:
        """A message is being stored. One that is never done holds the mark where it is."""
        self._begun.setdefault(writer, set()).add(message)

    def done(self, writer: str, message: int) -> int | None:
        """A message is stored. Returns the last one such that none before it is still being stored, None if none is."""
        begun, done = self._begun.get(writer, set()), self._done.setdefault(writer, set())
        begun.discard(message)
        done.add(message)
        first = min(begun, default=None)
        safe = {one for one in done if first is None or one < first}
        done -= safe
        if not begun:
            self._begun.pop(writer, None)
        if not done:
            self._done.pop(writer, None)
        return max(safe, default=None)

    def settle(self, writer: str, upto: int) -> None:
        """All up to this message are stored, but for what its writer has deleted before it could be."""
        left = {one for one in self._begun.pop(writer, set()) if one > upto}
        if left:
            self._begun[writer] = left
