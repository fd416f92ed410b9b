"""The DM as a conversation: every message is stored when it comes, and those that came while nobody listened later.

How far a channel was read stands in the store. It moves past a message only when that one and all before it are
stored, and not before what came while the bot was away has been read. So a process may end anywhere: the next one
reads from there, and a message that is stored already is passed over.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable
from contextlib import suppress

import discord

from bot.discord_ui import files
from bot.discord_ui.access import NotServed
from bot.discord_ui.addresses import STUMBLES
from bot.discord_ui.cards import Card
from bot.discord_ui.components import layout
from bot.discord_ui.panels import lists
from bot.discord_ui.people import Place, writer_id
from bot.discord_ui.press import Interaction, place_of, sent
from bot.discord_ui.replies import sentence
from bot.discord_ui.screens import Screens
from bot.discord_ui.telling import OWN_DM, Teller
from bot.errors import BadInput, BotError, StoreError
from bot.essay.words import count_words
from bot.workflow.conversation import Channel

log = logging.getLogger("bot.discord")

_PAGE = 100  # Discord's limit
# Five seconds, as message ids count time: before a crash, events may have overtaken one another. Not more, because a
# message whose essay was deleted since would be taken for a new one.
_OVERLAP = 5_000 << 22
_PACE_SECONDS = 0.05  # twenty channels a second, of the fifty requests that Discord allows
_AGAIN_SECONDS = (5.0, 30.0, 300.0)  # when to read again the channels that Discord would not give; then the last
_NO_TEXT = "There was no text in that message, so nothing of it was stored: write it, or send a .md or .txt file."


class Talk:
    """Hears messages. ``check`` raises NotServed for somebody who is not answered; ``turn`` is a writer's lock."""

    def __init__(
        self, screens: Screens, check: Callable[[int, Place], None], turn: Callable[[str], asyncio.Lock]
    ) -> None:
        self.teller = Teller(screens, turn)
        self._conversation = screens.tools.conversation
        self._store = screens.tools.conversation.store
        self._secret = screens.tools.secret
        self._check = check
        self._marks = Marks()
        self._caught_up: set[str] = set()
        self._edited: set[int] = set()  # ids of messages whose edits came while older states may still be read
        self._refused: set[str] = set()
        self._inside: set[asyncio.Task[object]] = set()
        self._reading: asyncio.Task[None] | None = None
        self._closing = False

    def connected(self, client: discord.Client) -> None:
        """A new session has begun: events before it may be lost, so every channel is read again."""
        if self._reading is not None:
            self._reading.cancel()
        self._caught_up.clear()
        self._edited.clear()
        self._reading = None
        self._read_left(client)

    async def close(self, seconds: float) -> None:
        """Hears nothing any more, and waits so many seconds for what is being stored."""
        self._closing = True
        if self._inside:
            await asyncio.wait(self._inside, timeout=seconds)
        left = [*self._inside, *([self._reading] if self._reading else [])]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self.teller.close()

    def shown(self, interaction: Interaction, message: int, card: Card) -> None:
        """Learns what a message shows that answers somebody, or that they pressed something on."""
        if place_of(interaction).own_dm:
            self.teller.shown(writer_id(self._secret, interaction.user.id), message, card)

    async def met(self, interaction: Interaction) -> None:
        """Learns of the DM with a person who did something there. Raises nothing."""
        if place_of(interaction).own_dm and interaction.channel_id is not None:
            await self.learn(interaction.user.id, interaction.channel_id, interaction.id)

    async def learn(self, user: int, channel: int, read: int) -> None:
        """Learns of a person's DM with the bot, and that nothing before a message's id is to be read."""
        writer = writer_id(self._secret, user)
        try:
            if await self._store.meet(writer, channel, read):
                self._caught_up.add(writer)
        except StoreError as error:  # the person has their answer; the next one in the DM tries again
            log.warning("a DM could not be remembered: %s", type(error).__name__)

    async def heard(self, client: discord.Client, message: discord.Message) -> None:
        """A message that was just written. Raises nothing."""
        if not _by_person(message) or self._closing:
            return
        task = asyncio.current_task()
        assert task is not None
        self._inside.add(task)
        try:
            await self._hear(client, message)
        except StoreError as error:
            log.warning("a message could not be stored: %s", type(error).__name__)
            writer = writer_id(self._secret, message.author.id)
            self._caught_up.discard(writer)  # it is not marked as read, and so is read again
            self._read_left(client)
            self.teller.say(client, writer, message.channel.id, str(error))
        finally:
            self._inside.discard(task)

    async def edited(self, client: discord.Client, message: discord.Message) -> None:
        """A message has another text, or Discord has added a preview to it. Raises nothing."""
        if not _by_person(message) or message.edited_at is None or self._closing:
            return
        writer, channel = writer_id(self._secret, message.author.id), message.channel.id
        caught_up = writer in self._caught_up
        if not caught_up:
            self._edited.add(message.id)
        try:
            self._check(message.author.id, OWN_DM)
            if await self._conversation.edited(writer, message.id, message.content):
                self.teller.changed(client, writer, channel)
            elif not caught_up:  # it came while the bot was away, and has not been read yet
                await self.heard(client, message)
        except NotServed:
            return
        except BotError as error:
            self.teller.say(client, writer, channel, str(error))

    async def _hear(self, client: discord.Client, message: discord.Message) -> None:
        """Stores a message with its files, and marks what can be marked. Raises StoreError."""
        channel = message.channel.id
        writer = writer_id(self._secret, message.author.id)
        self._marks.begin(writer, message.id)
        try:
            self._check(message.author.id, OWN_DM)
        except NotServed as error:
            if writer not in self._refused:
                self._refused.add(writer)
                with suppress(*STUMBLES):
                    await message.channel.send(view=layout(lists.said(str(error))))
        else:
            try:
                await self._take(client, writer, channel, message)
            except BadInput as error:
                self.teller.say(client, writer, channel, str(error))
        safe = self._marks.done(writer, message.id)
        if safe is not None and writer in self._caught_up:
            await self._store.mark(writer, safe)

    async def _take(self, client: discord.Client, writer: str, channel: int, message: discord.Message) -> None:
        heard = await self._conversation.heard(writer, message.id, message.content)
        if await self._store.meet(writer, channel, message.id - 1):
            self._caught_up.add(writer)
        notes, notices = int(heard.new and heard.note is not None), []
        for part, attachment in enumerate(message.attachments, 1):
            try:
                if not await self._store.has_file(message.id, part):
                    found = await files.read(sent(client, attachment))
                    notes += await self._conversation.heard_file(heard, writer, message.id, part, found.text)
                    notices += [found.notice] if found.notice else []
            except StoreError:
                raise
            except BotError as error:
                notices.append(str(error))
        if not message.attachments and not message.content.strip():
            notices.append(_NO_TEXT)
        if heard.new or notes:
            words = count_words(message.content) > 0
            if words or notes or heard.begun or notices:
                self.teller.heard(client, writer, channel, heard, notes, " ".join(notices) or None)

    def _read_left(self, client: discord.Client) -> None:
        if not self._closing and (self._reading is None or self._reading.done()):
            self._reading = asyncio.create_task(self._catch_up(client), name="catching-up")

    async def _catch_up(self, client: discord.Client) -> None:
        """Reads every known channel from where it was left, until each could be read."""
        for wait in itertools.chain(_AGAIN_SECONDS, itertools.repeat(_AGAIN_SECONDS[-1])):
            try:
                left = [one for one in await self._store.channels() if one.writer not in self._caught_up]
            except StoreError as error:
                log.warning("the channels to read are not known: %s", type(error).__name__)
                await asyncio.sleep(wait)
                continue
            for channel in left:
                await self._read_one(client, channel)
                await asyncio.sleep(_PACE_SECONDS)
            if all(one.writer in self._caught_up for one in left):
                return
            await asyncio.sleep(wait)

    async def _read_one(self, client: discord.Client, channel: Channel) -> None:
        try:
            with self.teller.together(client, channel.writer):
                read = await self._read(client, channel)
            self._caught_up.add(channel.writer)
            await self._store.mark(channel.writer, read)
        except (discord.Forbidden, discord.NotFound):
            self._caught_up.add(channel.writer)  # there is no such conversation any more
        except (StoreError, discord.HTTPException, OSError, TimeoutError) as error:
            log.info("a DM could not be read: %s", type(error).__name__)

    async def _read(self, client: discord.Client, channel: Channel) -> int:
        """Stores what came while the bot was away, oldest first, and what was edited in the last page before that.

        Returns the id of the last message there is.
        """
        dm = client.get_partial_messageable(channel.id, type=discord.ChannelType.private)
        start = max(0, channel.read - _OVERLAP)
        last = [message async for message in dm.history(limit=_PAGE)]
        read = last[0].id if last else channel.read
        if len(last) == _PAGE and last[-1].id > start:
            async for message in dm.history(limit=None, after=discord.Object(start), oldest_first=True):
                read = max(read, message.id)
                await self._again(client, channel, message, new=True)
        else:
            for message in reversed(last):
                await self._again(client, channel, message, new=message.id > start)
        return read

    async def _again(self, client: discord.Client, channel: Channel, message: discord.Message, *, new: bool) -> None:
        """A message as Discord has kept it: stored if it is new, and changed if it was edited since it was stored."""
        if not _by_person(message) or writer_id(self._secret, message.author.id) != channel.writer:
            return
        if new:
            await self._hear(client, message)
        if message.edited_at is not None and message.id not in self._edited:
            try:
                await self._conversation.edited(channel.writer, message.id, message.content)
            except BadInput as error:
                self.teller.say(client, channel.writer, channel.id, sentence(error) or "")


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


def _by_person(message: discord.Message) -> bool:
    """Whether a person wrote it in the DM: the bot also hears of its own messages, and of calls and pins."""
    ordinary = message.type in (discord.MessageType.default, discord.MessageType.reply)
    return ordinary and message.guild is None and not message.author.bot and message.webhook_id is None
