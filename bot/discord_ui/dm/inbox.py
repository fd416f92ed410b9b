"""Serve each writer's DM by one task: first what came while the bot was away, then live events, in order.

How far a DM was read is stored. That mark moves past a message only once it and all before it are stored. So a process
may be killed at any time: the next one reads on from the mark, and skips what is stored already.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field

import discord

from bot.discord_ui.dm.notifier import DmNotifier, dm_channel
from bot.discord_ui.errors import error_message
from bot.discord_ui.messages.editor import DISCORD_ERRORS
from bot.discord_ui.recent import RecentSet
from bot.errors import StoreError
from bot.services.dm_messages import DmChannel, DmMessageService
from bot.services.request_context import request_scope

log = logging.getLogger("bot.discord")

TASK_NAME = "dm"  # of the task that serves a DM, and of the one that begins a session

_HISTORY_PAGE_SIZE = 100  # Discord's limit
# Five seconds in the time of message ids: events may arrive out of order, and a crash must lose none of them.
_OVERLAP = 5_000 << 22
_PACE_SECONDS = 0.05  # twenty DMs a second, of the fifty requests that Discord allows
_RETRY_DELAYS_SECONDS = (2.0, 10.0, 60.0)  # before a DM is read again; the last is repeated
# In some seven minutes: now and then Discord refuses a channel that exists (403, 50001). A closed one is read again
# when its writer writes there, or in the next session.
_MAX_REFUSALS = 10
_MAX_DELETED_REMEMBERED = 10_000  # messages: the history may still show one that was deleted a moment ago
_UNREAD_NOTICE = (
    "Discord does not let the bot read what came here while it was away: if you wrote something then, send it again. "
    "What you have written since is stored."
)


@dataclass(frozen=True, slots=True)
class DmEvent:
    """A message that was just written or edited."""

    message: discord.Message
    is_edit: bool = False


@dataclass(eq=False)
class _Inbox:
    """What is still to be done in a writer's DM. ``must_read``: the history may hold messages that are not stored."""

    events: deque[DmEvent] = field(default_factory=deque)
    must_read: bool = False
    retry_at: float = 0.0
    failures: int = 0
    refusals: int = 0
    writer_is_there: bool = False
    is_reading: bool = False
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    def require_reading(self) -> None:
        """Let the history be read at once, and again if that fails."""
        self.must_read, self.retry_at, self.failures, self.refusals = True, 0.0, 0, 0

    def delay_reading(self) -> None:
        """Let the history be read again later, after a delay that grows with the failures."""
        self.must_read = True
        self.retry_at = time.monotonic() + _retry_delay(self.failures)
        self.failures += 1

    @property
    def is_given_up(self) -> bool:
        """Whether Discord has refused to show the history too often."""
        return self.refusals >= _MAX_REFUSALS


class DmInboxes:
    """The inboxes of writers in whose DM there is something to do.

    ``store_message`` is called with each message that may be new, ``store_edit`` with each that was edited, and both
    with whether it is read late. They raise StoreError.
    """

    def __init__(
        self,
        messages: DmMessageService,
        notifier: DmNotifier,
        store_message: Callable[[discord.Client, discord.Message, bool], Awaitable[None]],
        store_edit: Callable[[discord.Client, discord.Message, bool], Awaitable[None]],
    ) -> None:
        self._messages = messages
        self._notifier = notifier
        self._store_message = store_message
        self._store_edit = store_edit
        self._client: discord.Client  # that of the session
        self._inboxes: dict[str, _Inbox] = {}
        self._deleted: RecentSet[int] = RecentSet(_MAX_DELETED_REMEMBERED)
        self._session_begun = asyncio.Event()  # set once it is known which histories must be read
        self._start_task: asyncio.Task[None] | None = None
        self._closing = False

    def start_session(self, client: discord.Client) -> None:
        """Read every history: the bot may have missed events before this session."""
        if self._closing:
            return
        self._client = client
        self._session_begun.clear()
        if self._start_task is not None:
            self._start_task.cancel()
        self._start_task = asyncio.create_task(self._start_session(), name=TASK_NAME)

    def put(self, writer: str, event: DmEvent) -> None:
        """Add an event to a writer's inbox, after those before it."""
        if self._closing:
            return
        inbox = self._inboxes.setdefault(writer, _Inbox())
        inbox.events.append(event)
        if not event.is_edit:
            inbox.writer_is_there = True
            if inbox.is_given_up:
                inbox.require_reading()
        self._serve(writer, inbox)

    def delete(self, message: int) -> None:
        """Remember that a message was deleted in Discord, so that it is not read. What was stored of it stays."""
        self._deleted.add(message)

    def forget(self, writer: str) -> None:
        """Drop what is under way for a writer: their data was deleted after it came, and must not be stored again."""
        inbox = self._inboxes.pop(writer, None)
        if inbox is not None and inbox.task is not None:
            inbox.task.cancel()

    async def close(self, seconds: float) -> None:
        """Accept no further event, and wait up to ``seconds`` for what is being stored."""
        self._closing = True
        if self._start_task is not None:
            self._start_task.cancel()
        tasks = []
        for inbox in self._inboxes.values():
            inbox.wake.set()
            if inbox.task is not None:
                tasks.append(inbox.task)
                if inbox.is_reading or not self._session_begun.is_set():
                    inbox.task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _start_session(self) -> None:
        failures = 0
        while True:
            try:
                writers = [channel.writer for channel in await self._messages.channels()]
                break
            except StoreError as error:
                log.warning("the DMs to read are not known: %s", type(error).__name__)
                await asyncio.sleep(_retry_delay(failures))
                failures += 1
        for writer in writers:
            self._inboxes.setdefault(writer, _Inbox()).require_reading()
        self._session_begun.set()
        for writer in writers:  # a writer who writes meanwhile is served at once
            if (inbox := self._inboxes.get(writer)) is not None:
                self._serve(writer, inbox)
                await asyncio.sleep(_PACE_SECONDS)

    def _serve(self, writer: str, inbox: _Inbox) -> None:
        inbox.wake.set()
        if inbox.task is None:
            inbox.task = asyncio.create_task(self._run(writer, inbox), name=TASK_NAME)

    async def _run(self, writer: str, inbox: _Inbox) -> None:
        """Do what is to be done in a DM, until nothing is left."""
        try:
            while not self._closing:
                await self._session_begun.wait()
                reads = inbox.must_read and not inbox.is_given_up
                if reads and time.monotonic() >= inbox.retry_at:
                    await self._guard(writer, inbox, self._read_history(writer, inbox))
                elif inbox.events:
                    await self._guard(writer, inbox, self._take(writer, inbox, inbox.events.popleft()))
                elif reads:
                    inbox.wake.clear()
                    with suppress(TimeoutError):
                        async with asyncio.timeout(inbox.retry_at - time.monotonic()):
                            await inbox.wake.wait()
                else:
                    break
        finally:
            inbox.task = None
            if not inbox.must_read and self._inboxes.get(writer) is inbox:
                del self._inboxes[writer]

    async def _guard(self, writer: str, inbox: _Inbox, step: Coroutine[None, None, None]) -> None:
        """Run a step as a request of its own.

        After a bug, log it and read the history again later: the mark must pass no unstored message.
        """
        try:
            with request_scope(writer):
                await step
        except Exception as error:  # noqa: BLE001 - nobody awaits this task: log a bug, without its message
            error_message(error)
            inbox.refusals += 1
            inbox.delay_reading()

    async def _take(self, writer: str, inbox: _Inbox, event: DmEvent) -> None:
        message = event.message
        try:
            if event.is_edit:
                await self._store_edit(self._client, message, False)
                return
            await self._store_message(self._client, message, False)
        except StoreError as error:
            log.warning("a message could not be stored: %s", type(error).__name__)
            self._notifier.notify(writer, dm_channel(self._client, message.channel.id), error.public_message)
            if not event.is_edit:  # the history holds it
                inbox.delay_reading()
            return
        if not inbox.must_read:
            try:
                await self._messages.set_last_read(writer, message.id - _OVERLAP)
            except StoreError as error:  # the next start reads a little more than it must
                log.warning("how far a DM was read could not be stored: %s", type(error).__name__)

    async def _read_history(self, writer: str, inbox: _Inbox) -> None:
        """Store what came in a DM while the bot was away, or schedule another try."""
        channel = None
        inbox.is_reading, inbox.must_read = True, False  # a new session may want it read once more meanwhile
        try:
            channel = await self._messages.channel(writer)
            if channel is not None:
                with self._notifier.batch(writer):
                    last = await self._store_history(channel)
                await self._messages.set_last_read(writer, last - _OVERLAP)
        except (StoreError, *DISCORD_ERRORS) as error:
            log.info("a DM could not be read: %s", type(error).__name__)
            inbox.refusals += isinstance(error, (discord.Forbidden, discord.NotFound))
            inbox.delay_reading()
            if inbox.is_given_up:
                log.warning("a DM was refused %d times; it is read when its writer writes there", inbox.refusals)
                if channel is not None and inbox.writer_is_there:
                    self._notifier.notify(writer, dm_channel(self._client, channel.id), _UNREAD_NOTICE)
        else:
            inbox.failures = inbox.refusals = 0
        finally:
            inbox.is_reading = False

    async def _store_history(self, channel: DmChannel) -> int:
        """Store the messages after the mark, oldest first, and edits among the last hundred messages.

        Return the id of the DM's last message.
        """
        dm = dm_channel(self._client, channel.id)
        page = [message async for message in dm.history(limit=_HISTORY_PAGE_SIZE)]
        last = page[0].id if page else channel.last_read
        if len(page) == _HISTORY_PAGE_SIZE and page[-1].id > channel.last_read:
            async for message in dm.history(limit=None, after=discord.Object(channel.last_read), oldest_first=True):
                last = max(last, message.id)
                await self._store_late(channel, message)
        else:
            for message in reversed(page):
                await self._store_late(channel, message)
        return last

    async def _store_late(self, channel: DmChannel, message: discord.Message) -> None:
        if message.id in self._deleted:
            return
        if message.id > channel.last_read:
            await self._store_message(self._client, message, True)
        if message.edited_at is not None:
            await self._store_edit(self._client, message, True)


def _retry_delay(failures: int) -> float:
    """Return how many seconds to wait after this many failures."""
    return _RETRY_DELAYS_SECONDS[min(failures, len(_RETRY_DELAYS_SECONDS) - 1)]
