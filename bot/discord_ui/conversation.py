"""The DM as a conversation: every message is stored when it comes, and those that came while nobody listened later."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime

import discord

from bot.discord_ui import files
from bot.discord_ui.access import NotServed
from bot.discord_ui.addresses import STUMBLES
from bot.discord_ui.cards import Card
from bot.discord_ui.catching_up import CatchUp
from bot.discord_ui.clicks import Clicks
from bot.discord_ui.components import layout
from bot.discord_ui.faults import FileFault
from bot.discord_ui.membership import NotAsked
from bot.discord_ui.message_text import attachments_of, text_of
from bot.discord_ui.panels import lists
from bot.discord_ui.people import writer_id
from bot.discord_ui.placing import Placing
from bot.discord_ui.press import Interaction, place_of, sent
from bot.discord_ui.screens import Screens
from bot.discord_ui.telling import Teller
from bot.errors import BadInput, BotError, DamagedText, StoreError, UnknownEssay
from bot.essay import left_out
from bot.essay.text.marks import is_mark_alone, is_marked
from bot.essay.text.words import count_words, shows
from bot.workflow.conversation import Changed, Channel, Heard

log = logging.getLogger("bot.discord")

_NO_TEXT = f"There was no text in that message: write it, or send a file of it: {files.KINDS}."
_MARKED = (
    "What you marked is left out, with the paragraph or list item that it stands in: it stays stored, stands in no "
    "post, and no model sees it."
)
_MARKED_BELOW = (
    "The mark stands alone: it leaves out all of this answer that comes after it. That stays stored, stands in no "
    "post, and no model sees it."
)
_MARK_ALONE = "The mark stands alone: it leaves out the next message that you write here."
_THE_REST = "The rest of your message is stored."
_NOTHING = "Nothing of your message was stored."
_MOST_REFUSED = 10_000  # people of whom it is remembered that they were told


class Talk:
    """Hears messages. ``admit`` raises NotServed, NotAsked for whom it does not answer; ``turn`` is a writer's lock."""

    def __init__(
        self,
        screens: Screens,
        admit: Callable[[discord.Client, int], Awaitable[None]],
        turn: Callable[[str], asyncio.Lock],
        clicks: Clicks,
    ) -> None:
        tools = screens.tools
        self.teller = Teller(screens, turn, clicks)
        self._conversation = tools.conversation
        self._desk = tools.desk
        self._store = tools.conversation.store
        self._placing = Placing(tools.interview, self.teller) if tools.with_model else None
        self._catch_up = CatchUp(self._store, self.teller, self._again)
        self._secret = tools.secret
        self._admit = admit
        self._refused: dict[str, None] = {}  # who was told, in order
        self._inside: set[asyncio.Task[object]] = set()
        self._closing = False

    def connected(self, client: discord.Client) -> None:
        """A new session has begun: events before it may be lost."""
        if not self._closing:
            self._catch_up.begin(client)

    async def close(self, seconds: float) -> None:
        """Hears nothing any more, and waits so many seconds for what is being stored."""
        self._closing = True
        if self._inside:
            await asyncio.wait(self._inside, timeout=seconds)
        for task in self._inside:
            task.cancel()
        await asyncio.gather(*self._inside, return_exceptions=True)
        await self._catch_up.close()
        if self._placing is not None:
            await self._placing.close()
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
        """Learns of a person's DM with the bot, and that nothing up to a message's id is to be read."""
        try:
            await self._catch_up.met(writer_id(self._secret, user), channel, read)
        except StoreError as error:  # the person has their answer; the next one in the DM tries again
            log.warning("a DM could not be remembered: %s", type(error).__name__)

    async def heard(self, client: discord.Client, message: discord.Message) -> None:
        """A message that was just written. Raises nothing."""
        if not _by_person(message) or self._closing:
            return
        task = asyncio.current_task()
        assert task is not None
        self._inside.add(task)
        writer = writer_id(self._secret, message.author.id)
        try:
            if await self._hear(client, message):
                self._catch_up.there(client, writer)
        except StoreError as error:
            log.warning("a message could not be stored: %s", type(error).__name__)
            if not self._closing:
                self._catch_up.missed(client, writer)
            self.teller.say(client, writer, message.channel.id, error.elsewhere)
        finally:
            self._inside.discard(task)

    async def edited(self, client: discord.Client, message: discord.Message) -> None:
        """A message has another text, or Discord has added a preview to it. Raises nothing.

        One that is not known came while the bot was away and is about to be read, or its words were deleted since.
        """
        if not _by_person(message) or message.edited_at is None or self._closing:
            return
        writer = writer_id(self._secret, message.author.id)
        try:
            self._catch_up.edited(writer, message)
            await self._admit(client, message.author.id)
            await self._change(client, writer, message)
        except (NotServed, NotAsked):
            return
        except StoreError as error:
            self.teller.say(client, writer, message.channel.id, error.elsewhere)

    def deleted(self, channel: int, message: int) -> None:
        """A message was deleted in Discord. What was stored of it stays; what was not is not read any more."""
        self._catch_up.deleted(channel, message)

    async def _again(self, client: discord.Client, channel: Channel, message: discord.Message, new: bool) -> None:
        """A message as Discord has kept it: stored if it is new, and changed if it was edited since it was stored.

        Raises StoreError.
        """
        if not _by_person(message) or writer_id(self._secret, message.author.id) != channel.writer:
            return
        if new:
            await self._hear(client, message, late=True)
        if message.edited_at is not None:
            await self._change(client, channel.writer, message)

    async def _change(self, client: discord.Client, writer: str, message: discord.Message) -> None:
        """Takes over a message's new text. Raises StoreError."""
        text = text_of(message)
        try:
            changed = await self._conversation.edited(writer, message.id, text)
        except (BadInput, DamagedText) as error:
            self.teller.say(client, writer, message.channel.id, error.elsewhere)
        else:
            if changed is not None:
                await self._tell_changed(client, writer, message.channel.id, changed, text)

    async def _tell_changed(
        self, client: discord.Client, writer: str, channel: int, changed: Changed, text: str
    ) -> None:
        """Tells of a message's new text: of its note, of the post that follows, of what is private in it."""
        if changed.version is not None:
            told = f"You edited note {changed.note}. The text follows: it is version {changed.version} now."
            self.teller.say(client, writer, channel, told)
        else:
            self.teller.changed(client, writer, channel, changed)
        if not is_marked(text) or changed.apart or changed.kept:
            return
        self.teller.say(client, writer, channel, _MARKED)
        if changed.note is not None:
            standing = await self._desk.still_standing(writer, changed.essay, changed.note)
            if standing is not None:
                self.teller.say(client, writer, channel, standing.told)

    async def _hear(self, client: discord.Client, message: discord.Message, *, late: bool = False) -> bool:
        """Stores a message with its files, and marks what can be marked; whether its writer is answered.

        One that was just written belongs to what stands there, whatever the clocks say; only for a ``late`` one are
        Discord's and ours compared. Raises StoreError.
        """
        writer, served = writer_id(self._secret, message.author.id), True
        self._catch_up.hearing(writer, message.id)
        try:
            await self._admit(client, message.author.id)
            self._refused.pop(writer, None)
            await self._take(client, writer, message, message.created_at if late else None)
        except NotServed as error:
            served = False
            await self._refuse(message, writer, str(error))
        except NotAsked as error:
            served = False
            self.teller.say(client, writer, message.channel.id, error.elsewhere)
        except BadInput as error:
            self.teller.say(client, writer, message.channel.id, error.elsewhere)
        await self._catch_up.heard(writer, message.id)
        return served

    async def _refuse(self, message: discord.Message, writer: str, sentence: str) -> None:
        """Tells somebody that they are not answered, once until that changes."""
        if writer in self._refused:
            return
        self._refused[writer] = None
        if len(self._refused) > _MOST_REFUSED:
            del self._refused[next(iter(self._refused))]
        with suppress(*STUMBLES):
            await message.channel.send(view=layout(lists.said(sentence)))

    async def _take(
        self, client: discord.Client, writer: str, message: discord.Message, written: datetime | None
    ) -> None:
        channel, text, attached = message.channel.id, text_of(message), attachments_of(message)
        heard = await self._conversation.heard(writer, message.id, text, written)
        if heard is None:
            return
        await self._catch_up.met(writer, channel, message.id - 1)
        try:
            notes, notices, troubles = await self._files(client, writer, heard, message)
        except UnknownEssay:  # deleted while a file was on its way, and the message with it
            return
        words = count_words(text) > 0
        if troubles:
            stored = shows(text) or len(troubles) < len(attached)
            notices += [*troubles, _THE_REST if stored else _NOTHING]
        if not attached and not shows(text):
            notices.append(_NO_TEXT)
        if heard.new and is_marked(text):
            waits = heard.question is None and heard.note is None
            alone = _MARK_ALONE if waits else _MARKED_BELOW if heard.question is not None else _MARKED
            notices.append(alone if is_mark_alone(text) else _MARKED)
        if notes:
            known = await self._desk.notes(writer, heard.essay)
            told = left_out.told([note for note in known if note.number in notes])
            notices += [told] if told else []
        if (heard.new or notes) and (words or notes or heard.begun or notices):
            made = [heard.note] if heard.new and heard.note is not None else []
            self.teller.heard(client, writer, channel, heard, [*made, *notes], " ".join(notices) or None)
        if notes and self._placing is not None:
            self._placing.later(client, writer, channel, heard.essay, notes)

    async def _files(
        self, client: discord.Client, writer: str, heard: Heard, message: discord.Message
    ) -> tuple[list[int], list[str], list[str]]:
        """Stores what a message's files hold; the numbers of the notes, and what is to be said of files: of those that
        were read, and of those that could not be. Raises StoreError, UnknownEssay.
        """
        notes: list[int] = []
        notices: list[str] = []
        troubles: list[str] = []
        for part, attachment in enumerate(attachments_of(message), 1):
            try:
                if not await self._store.has_file(message.id, part):
                    found = await files.read(sent(client, attachment))
                    stored = await self._conversation.heard_file(heard, writer, message.id, part, found.text)
                    notes += stored.notes
                    notices += [notice for notice in (found.notice, stored.notice) if notice]
            except (StoreError, UnknownEssay):
                raise
            except FileFault as error:
                troubles.append(error.unassured)
            except BotError as error:
                troubles.append(error.elsewhere)
        return notes, notices, troubles


def _by_person(message: discord.Message) -> bool:
    """Whether a person wrote it in the DM: the bot also hears of its own messages, and of calls and pins."""
    ordinary = message.type in (discord.MessageType.default, discord.MessageType.reply)
    return ordinary and message.guild is None and not message.author.bot and message.webhook_id is None
