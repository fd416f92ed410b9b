"""Finds sections for the notes of files that came in the DM: once they are stored and told of, holding up nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from datetime import datetime

import discord

from bot.discord_ui.access import AccessDenied, MembershipUnknown
from bot.discord_ui.dm.backfill import DmBackfill
from bot.discord_ui.dm.notifier import DmNotifier
from bot.discord_ui.errors import AttachmentError
from bot.discord_ui.interactions.requests import Interaction, interaction_context, to_upload
from bot.discord_ui.interactions.responses import writer_id
from bot.discord_ui.messages import content
from bot.discord_ui.messages.components import to_view
from bot.discord_ui.messages.content import message_attachments, message_text
from bot.discord_ui.messages.editor import DISCORD_ERRORS, MessageEditors
from bot.discord_ui.panels.cards import Card, text_card
from bot.discord_ui.panels.presenter import Presenter
from bot.errors import BadInput, BotError, DamagedText, StoreError, UnknownEssay
from bot.essay import left_out
from bot.essay.text.documents import FILE_KINDS
from bot.essay.text.marks import is_mark_alone, is_marked
from bot.essay.text.words import count_words, shows
from bot.services.dm_messages import DmChannel, MessageChange, StoredMessage
from bot.services.interview import InterviewService

log = logging.getLogger("bot.discord")


class BackgroundNoteSorter:
    """Asks the interviewer, for one essay at a time once. What it is stopped at stays under no section."""

    def __init__(self, interview: InterviewService, notifier: DmNotifier) -> None:
        self._interview = interview
        self._notifier = notifier
        self._pending_notes: dict[
            tuple[str, str], set[int]
        ] = {}  # the notes still to be placed of essays that are at it
        self._tasks: set[asyncio.Task[None]] = set()

    def schedule(self, client: discord.Client, writer: str, channel: int, essay: str, notes: Collection[int]) -> None:
        """Notes of an essay, by number, to be placed as soon as the ones before are. Returns at once."""
        if (left := self._pending_notes.get((writer, essay))) is not None:
            left.update(notes)
            return
        self._pending_notes[writer, essay] = set(notes)
        task = asyncio.create_task(self._sort(client, writer, channel, essay), name="placing")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Places nothing any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _sort(self, client: discord.Client, writer: str, channel: int, essay: str) -> None:
        left = self._pending_notes[writer, essay]
        try:
            while left:
                numbers = set(left)
                left.clear()
                found = await self._interview.place_notes(writer, essay, numbers)
                if found.notice or any(note.section is not None for note in found.notes):
                    self._notifier.notes_sorted(client, writer, channel, essay, found.notice)
        except BotError as error:  # the essay is gone, or the store is: what is there is shown by the next click
            log.info("notes could not be placed: %s", type(error).__name__)
        finally:
            del self._pending_notes[writer, essay]


# The DM as a conversation: every message is stored when it comes, and those that came while nobody listened later.


log = logging.getLogger("bot.discord")

_NO_TEXT_NOTICE = f"There was no text in that message: write it, or send a file of it: {FILE_KINDS}."
_MARKED_NOTICE = (
    "What you marked is left out, with the paragraph or list item that it stands in: it stays stored, stands in no "
    "post, and no model sees it."
)
_MARK_BELOW_NOTICE = (
    "The mark stands alone: it leaves out all of this answer that comes after it. That stays stored, stands in no "
    "post, and no model sees it."
)
_MARK_ALONE_NOTICE = "The mark stands alone: it leaves out the next message that you write here."
_REST_STORED_NOTICE = "The rest of your message is stored."
_NOTHING_STORED_NOTICE = "Nothing of your message was stored."
_MAX_REFUSED_REMEMBERED = 10_000  # people of whom it is remembered that they were told


class DmListener:
    """Hears messages. ``admit`` raises AccessDenied, MembershipUnknown for whom it does not answer; ``turn`` is a
    writer's lock.
    """

    def __init__(
        self,
        presenter: Presenter,
        admit: Callable[[discord.Client, int], Awaitable[None]],
        writer_lock: Callable[[str], asyncio.Lock],
        editors: MessageEditors,
    ) -> None:
        tools = presenter.services
        self.notifier = DmNotifier(presenter, writer_lock, editors)
        self._conversation = tools.dm_messages
        self._essays = tools.essays
        self._store = tools.dm_messages.store
        self._note_sorter = BackgroundNoteSorter(tools.interview, self.notifier) if tools.has_model else None
        self._backfill = DmBackfill(self._store, self.notifier, self._backfill_message)
        self._secret = tools.pseudonym_secret
        self._admit = admit
        self._refused: dict[str, None] = {}  # who was told, in order
        self._active_tasks: set[asyncio.Task[object]] = set()
        self._closing = False

    def on_connect(self, client: discord.Client) -> None:
        """A new session has begun: events before it may be lost."""
        if not self._closing:
            self._backfill.start(client)

    async def close(self, seconds: float) -> None:
        """Hears nothing any more, and waits so many seconds for what is being stored."""
        self._closing = True
        if self._active_tasks:
            await asyncio.wait(self._active_tasks, timeout=seconds)
        for task in self._active_tasks:
            task.cancel()
        await asyncio.gather(*self._active_tasks, return_exceptions=True)
        await self._backfill.close()
        if self._note_sorter is not None:
            await self._note_sorter.close()
        await self.notifier.close()

    def record_shown(self, interaction: Interaction, message: int, card: Card) -> None:
        """Learns what a message shows that answers somebody, or that they pressed something on."""
        if interaction_context(interaction).is_bot_dm:
            self.notifier.record_shown(writer_id(self._secret, interaction.user.id), message, card)

    async def record_dm(self, interaction: Interaction) -> None:
        """Learns of the DM with a person who did something there. Raises nothing."""
        if interaction_context(interaction).is_bot_dm and interaction.channel_id is not None:
            await self.record_channel(interaction.user.id, interaction.channel_id, interaction.id)

    async def record_channel(self, user: int, channel: int, read: int) -> None:
        """Learns of a person's DM with the bot, and that nothing up to a message's id is to be read."""
        try:
            await self._backfill.register_channel(writer_id(self._secret, user), channel, read)
        except StoreError as error:  # the person has their answer; the next one in the DM tries again
            log.warning("a DM could not be remembered: %s", type(error).__name__)

    async def on_message(self, client: discord.Client, message: discord.Message) -> None:
        """A message that was just written. Raises nothing."""
        if not _is_user_message(message) or self._closing:
            return
        task = asyncio.current_task()
        assert task is not None
        self._active_tasks.add(task)
        writer = writer_id(self._secret, message.author.id)
        try:
            if await self._store_message(client, message):
                self._backfill.writer_active(client, writer)
        except StoreError as error:
            log.warning("a message could not be stored: %s", type(error).__name__)
            if not self._closing:
                self._backfill.message_failed(client, writer)
            self.notifier.notify(client, writer, message.channel.id, error.elsewhere)
        finally:
            self._active_tasks.discard(task)

    async def on_edit(self, client: discord.Client, message: discord.Message) -> None:
        """A message has another text, or Discord has added a preview to it. Raises nothing.

        One that is not known came while the bot was away and is about to be read, or its words were deleted since.
        """
        if not _is_user_message(message) or message.edited_at is None or self._closing:
            return
        writer = writer_id(self._secret, message.author.id)
        try:
            self._backfill.message_edited(writer, message)
            await self._admit(client, message.author.id)
            await self._store_edit(client, writer, message)
        except (AccessDenied, MembershipUnknown):
            return
        except StoreError as error:
            self.notifier.notify(client, writer, message.channel.id, error.elsewhere)

    def on_delete(self, channel: int, message: int) -> None:
        """A message was deleted in Discord. What was stored of it stays; what was not is not read any more."""
        self._backfill.message_deleted(channel, message)

    async def _backfill_message(
        self, client: discord.Client, channel: DmChannel, message: discord.Message, new: bool
    ) -> None:
        """A message as Discord has kept it: stored if it is new, and changed if it was edited since it was stored.

        Raises StoreError.
        """
        if not _is_user_message(message) or writer_id(self._secret, message.author.id) != channel.writer:
            return
        if new:
            await self._store_message(client, message, late=True)
        if message.edited_at is not None:
            await self._store_edit(client, channel.writer, message)

    async def _store_edit(self, client: discord.Client, writer: str, message: discord.Message) -> None:
        """Takes over a message's new text. Raises StoreError."""
        text = message_text(message)
        try:
            changed = await self._conversation.edit_message(writer, message.id, text)
        except (BadInput, DamagedText) as error:
            self.notifier.notify(client, writer, message.channel.id, error.elsewhere)
        else:
            if changed is not None:
                await self._notify_changed(client, writer, message.channel.id, changed, text)

    async def _notify_changed(
        self, client: discord.Client, writer: str, channel: int, changed: MessageChange, text: str
    ) -> None:
        """Tells of a message's new text: of its note, of the post that follows, of what is private in it."""
        if changed.version is not None:
            told = f"You edited note {changed.note}. The text follows: it is version {changed.version} now."
            self.notifier.notify(client, writer, channel, told)
        else:
            self.notifier.message_changed(client, writer, channel, changed)
        if not is_marked(text) or changed.note_detached or changed.note_unchanged:
            return
        self.notifier.notify(client, writer, channel, _MARKED_NOTICE)
        if changed.note is not None:
            standing = await self._essays.find_leak(writer, changed.essay, changed.note)
            if standing is not None:
                self.notifier.notify(client, writer, channel, standing.told)

    async def _store_message(self, client: discord.Client, message: discord.Message, *, late: bool = False) -> bool:
        """Stores a message with its files, and marks what can be marked; whether its writer is answered.

        One that was just written belongs to what stands there, whatever the clocks say; only for a ``late`` one are
        Discord's and ours compared. Raises StoreError.
        """
        writer, served = writer_id(self._secret, message.author.id), True
        self._backfill.message_started(writer, message.id)
        try:
            await self._admit(client, message.author.id)
            self._refused.pop(writer, None)
            await self._store_text_and_files(client, writer, message, message.created_at if late else None)
        except AccessDenied as error:
            served = False
            await self._refuse(message, writer, str(error))
        except MembershipUnknown as error:
            served = False
            self.notifier.notify(client, writer, message.channel.id, error.elsewhere)
        except BadInput as error:
            self.notifier.notify(client, writer, message.channel.id, error.elsewhere)
        await self._backfill.message_stored(writer, message.id)
        return served

    async def _refuse(self, message: discord.Message, writer: str, sentence: str) -> None:
        """Tells somebody that they are not answered, once until that changes."""
        if writer in self._refused:
            return
        self._refused[writer] = None
        if len(self._refused) > _MAX_REFUSED_REMEMBERED:
            del self._refused[next(iter(self._refused))]
        with suppress(*DISCORD_ERRORS):
            await message.channel.send(view=to_view(text_card(sentence)))

    async def _store_text_and_files(
        self, client: discord.Client, writer: str, message: discord.Message, written: datetime | None
    ) -> None:
        channel, text, attached = message.channel.id, message_text(message), message_attachments(message)
        heard = await self._conversation.add_message(writer, message.id, text, written)
        if heard is None:
            return
        await self._backfill.register_channel(writer, channel, message.id - 1)
        try:
            notes, notices, troubles = await self._store_files(client, writer, heard, message)
        except UnknownEssay:  # deleted while a file was on its way, and the message with it
            return
        words = count_words(text) > 0
        if troubles:
            stored = shows(text) or len(troubles) < len(attached)
            notices += [*troubles, _REST_STORED_NOTICE if stored else _NOTHING_STORED_NOTICE]
        if not attached and not shows(text):
            notices.append(_NO_TEXT_NOTICE)
        if heard.is_new and is_marked(text):
            waits = heard.question is None and heard.note is None
            alone = (
                _MARK_ALONE_NOTICE if waits else _MARK_BELOW_NOTICE if heard.question is not None else _MARKED_NOTICE
            )
            notices.append(alone if is_mark_alone(text) else _MARKED_NOTICE)
        if notes:
            known = await self._essays.notes(writer, heard.essay)
            told = left_out.told([note for note in known if note.number in notes])
            notices += [told] if told else []
        if (heard.is_new or notes) and (words or notes or heard.essay_created or notices):
            made = [heard.note] if heard.is_new and heard.note is not None else []
            self.notifier.message_stored(client, writer, channel, heard, [*made, *notes], " ".join(notices) or None)
        if notes and self._note_sorter is not None:
            self._note_sorter.schedule(client, writer, channel, heard.essay, notes)

    async def _store_files(
        self, client: discord.Client, writer: str, heard: StoredMessage, message: discord.Message
    ) -> tuple[list[int], list[str], list[str]]:
        """Stores what a message's files hold; the numbers of the notes, and what is to be said of files: of those that
        were read, and of those that could not be. Raises StoreError, UnknownEssay.
        """
        notes: list[int] = []
        notices: list[str] = []
        troubles: list[str] = []
        for part, attachment in enumerate(message_attachments(message), 1):
            try:
                if not await self._store.has_file(message.id, part):
                    found = await content.read_file(to_upload(client, attachment))
                    stored = await self._conversation.add_file(heard, writer, message.id, part, found.text)
                    notes += stored.notes
                    notices += [notice for notice in (found.notice, stored.notice) if notice]
            except (StoreError, UnknownEssay):
                raise
            except AttachmentError as error:
                troubles.append(error.message_without_assurance)
            except BotError as error:
                troubles.append(error.elsewhere)
        return notes, notices, troubles


def _is_user_message(message: discord.Message) -> bool:
    """Whether a person wrote it in the DM: the bot also hears of its own messages, and of calls and pins."""
    ordinary = message.type in (discord.MessageType.default, discord.MessageType.reply)
    return ordinary and message.guild is None and not message.author.bot and message.webhook_id is None
