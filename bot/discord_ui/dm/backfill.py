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

from bot.discord_ui.dm.notifier import DmNotifier
from bot.discord_ui.messages.editor import DISCORD_ERRORS
from bot.errors import StoreError
from bot.services.dm_messages import DmChannel, DmMessageStore

log = logging.getLogger("bot.discord")

_HISTORY_PAGE_SIZE = 100  # Discord's limit
# Five seconds, as message ids count time: before a crash, events may have overtaken one another.
_OVERLAP = 5_000 << 22
_MAX_CONCURRENT_READS = 4  # so that one channel that Discord is slow to give holds up no other
_PACE_SECONDS = 0.2  # for each of them: twenty channels a second, of the fifty requests that Discord allows
_RETRY_DELAYS_SECONDS = (2.0, 10.0, 60.0)  # when to read again a channel that Discord would not give; then the last
# So often, some seven minutes: now and then Discord refuses a channel that is there (403, 50001). One that is closed
# is read again when its writer writes there, or in the next session.
_MAX_REFUSALS = 10
_UNREAD_NOTICE = (
    "Discord does not let the bot read what came here while it was away: if you wrote something then, send it again. "
    "What you have written since is stored."
)


class _ReadOutcome(Enum):
    """What came of reading a channel."""

    READ = auto()
    REFUSED = auto()
    RETRY = auto()


@dataclass(eq=False)
class _ChannelRead:
    """One channel's. ``there`` says that its writer has written meanwhile, ``missed`` that it must be read once more.

    ``edited`` and ``gone`` are messages of the channel that were edited and deleted meanwhile, by their ids: a page of
    it may hold them as they were before.
    """

    channel: DmChannel
    writer_is_active: bool = False
    must_reread: bool = False
    edited: dict[int, discord.Message] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)


class DmBackfill:
    """Reads the channels of one session. ``take`` is given each message, and whether it may be a new one."""

    def __init__(
        self,
        store: DmMessageStore,
        notifier: DmNotifier,
        take: Callable[[discord.Client, DmChannel, discord.Message, bool], Awaitable[None]],
    ) -> None:
        self._store = store
        self._notifier = notifier
        self._on_message = take
        self._watermarks = Watermarks()
        self._done_writers: set[str] = set()  # writers with nothing left to read
        self._reads: dict[str, _ChannelRead] = {}
        self._slots = asyncio.Semaphore(_MAX_CONCURRENT_READS)
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, client: discord.Client) -> None:
        """A new session has begun: events before it may be lost, so every channel is read again."""
        for task in self._tasks:
            task.cancel()
        self._reads.clear()
        self._done_writers.clear()
        self._spawn(self._start_reads(client))

    async def close(self) -> None:
        """Reads nothing any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def register_channel(self, writer: str, channel: int, read: int) -> None:
        """A writer's channel: nothing in it up to a message's id is ever read. Raises StoreError."""
        if await self._store.add_channel(writer, channel, read):
            self._done_writers.add(writer)

    def message_started(self, writer: str, message: int) -> None:
        """A message is about to be stored."""
        self._watermarks.start(writer, message)

    async def message_stored(self, writer: str, message: int) -> None:
        """It is stored."""
        safe = self._watermarks.done(writer, message)
        if safe is None or writer not in self._done_writers:
            return
        try:
            await self._save_watermark(writer, safe)
        except StoreError as error:  # the next start reads a little more than it must
            log.warning("how far a DM was read could not be stored: %s", type(error).__name__)

    def message_failed(self, client: discord.Client, writer: str) -> None:
        """A message could not be stored: it is not marked, and so is read again."""
        self._done_writers.discard(writer)
        if (reading := self._reads.get(writer)) is not None:
            reading.must_reread = True
        else:
            self._spawn(self._start_reads(client, writer))

    def writer_active(self, client: discord.Client, writer: str) -> None:
        """A writer has written: a channel that Discord kept refusing may be open again."""
        if writer in self._done_writers:
            return
        if (reading := self._reads.get(writer)) is None:
            self._spawn(self._start_reads(client, writer))
        else:
            reading.writer_is_active = True

    def message_edited(self, writer: str, message: discord.Message) -> None:
        """A message has another text."""
        if (reading := self._reads.get(writer)) is not None:
            reading.edited[message.id] = message

    def message_deleted(self, channel: int, message: int) -> None:
        """A message has been deleted in Discord."""
        for reading in self._reads.values():
            if reading.channel.id == channel:
                reading.deleted.add(message)

    async def _save_watermark(self, writer: str, message: int) -> None:
        """All up to a message is stored. Raises StoreError."""
        read = message - _OVERLAP
        await self._store.set_last_read(writer, read, discord.utils.snowflake_time(read))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work, name="catching-up")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _start_reads(self, client: discord.Client, writer: str | None = None) -> None:
        """Begins to read every known channel that is left, or only this writer's."""
        for wait in _retry_delays():
            try:
                channels = await self._store.channels()
            except StoreError as error:
                log.warning("the channels to read are not known: %s", type(error).__name__)
                await asyncio.sleep(wait)
                continue
            for channel in channels:
                left = channel.writer not in self._done_writers and channel.writer not in self._reads
                if left and writer in (None, channel.writer):
                    reading = self._reads[channel.writer] = _ChannelRead(channel, writer_is_active=writer is not None)
                    self._spawn(self._read_with_retries(client, reading))
            return

    async def _read_with_retries(self, client: discord.Client, reading: _ChannelRead) -> None:
        """Reads a channel until it could be read, or was refused too often."""
        writer, refusals = reading.channel.writer, 0
        try:
            for wait in _retry_delays():
                async with self._slots:
                    outcome = await self._try_read(client, reading)
                    await asyncio.sleep(_PACE_SECONDS)
                if outcome is _ReadOutcome.READ:
                    return
                refusals += outcome is _ReadOutcome.REFUSED
                if refusals >= _MAX_REFUSALS:
                    log.warning("a DM was refused %d times; it is read when its writer writes there", refusals)
                    if reading.writer_is_active:
                        self._notifier.notify(client, writer, reading.channel.id, _UNREAD_NOTICE)
                    return
                await asyncio.sleep(wait)
        finally:
            if self._reads.get(writer) is reading:  # not one of the session after
                del self._reads[writer]

    async def _try_read(self, client: discord.Client, reading: _ChannelRead) -> _ReadOutcome:
        """Reads a channel once, and marks it as read."""
        writer, reading.must_reread = reading.channel.writer, False
        try:
            with self._notifier.batch(writer):
                last = await self._read_history(client, reading)
            await self._save_watermark(writer, last)
        except (StoreError, *DISCORD_ERRORS) as error:
            log.info("a DM could not be read: %s", type(error).__name__)
            refused = isinstance(error, (discord.Forbidden, discord.NotFound))
            return _ReadOutcome.REFUSED if refused else _ReadOutcome.RETRY
        if reading.must_reread:
            return _ReadOutcome.RETRY
        self._watermarks.reset_to(writer, last)
        self._done_writers.add(writer)
        return _ReadOutcome.READ

    async def _read_history(self, client: discord.Client, reading: _ChannelRead) -> int:
        """Takes what came while the bot was away, oldest first, and what was edited in the last page before that.

        Returns the id of the last message there is.
        """
        channel = reading.channel
        dm = client.get_partial_messageable(channel.id, type=discord.ChannelType.private)
        page = [message async for message in dm.history(limit=_HISTORY_PAGE_SIZE)]
        last = page[0].id if page else channel.last_read
        if len(page) == _HISTORY_PAGE_SIZE and page[-1].id > channel.last_read:
            async for message in dm.history(limit=None, after=discord.Object(channel.last_read), oldest_first=True):
                last = max(last, message.id)
                await self._pass_message(client, reading, message)
        else:
            for message in reversed(page):
                await self._pass_message(client, reading, message)
        return last

    async def _pass_message(self, client: discord.Client, reading: _ChannelRead, message: discord.Message) -> None:
        if message.id not in reading.deleted:
            newest = reading.edited.get(message.id, message)
            await self._on_message(client, reading.channel, newest, newest.id > reading.channel.last_read)


def _retry_delays() -> Iterator[float]:
    return itertools.chain(_RETRY_DELAYS_SECONDS, itertools.repeat(_RETRY_DELAYS_SECONDS[-1]))


class Watermarks:
    """How far each writer's messages are stored without a gap, while several are being stored at once."""

    def __init__(self) -> None:
        self._started: dict[str, set[int]] = {}
        self._done: dict[str, set[int]] = {}

    def start(self, writer: str, message: int) -> None:
        """A message is being stored. One that is never done holds the mark where it is."""
        self._started.setdefault(writer, set()).add(message)

    def done(self, writer: str, message: int) -> int | None:
        """A message is stored. Returns the last one such that none before it is still being stored, None if none is."""
        begun, done = self._started.get(writer, set()), self._done.setdefault(writer, set())
        begun.discard(message)
        done.add(message)
        first = min(begun, default=None)
        safe = {one for one in done if first is None or one < first}
        done -= safe
        if not begun:
            self._started.pop(writer, None)
        if not done:
            self._done.pop(writer, None)
        return max(safe, default=None)

    def reset_to(self, writer: str, upto: int) -> None:
        """All up to this message are stored, but for what its writer has deleted before it could be."""
        left = {one for one in self._started.pop(writer, set()) if one > upto}
        if left:
            self._started[writer] = left
