"""The DM as a conversation: store what is written there, with its files and edits, and tell what became of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress

import discord

from bot.discord_ui.access import AccessDenied, MembershipUnknown
from bot.discord_ui.dm.inbox import DmInboxes, Edited, Written
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
from bot.discord_ui.recent import RecentSet
from bot.errors import BotError, DamagedText, InvalidInput, StoreError, UnknownEssay
from bot.essay import private_text
from bot.essay.text.documents import FILE_KINDS
from bot.essay.text.privacy_marks import has_private_mark, is_only_private_mark
from bot.essay.text.words import count_words, has_visible_text
from bot.services.dm_messages import DmChannel, MessageChange, StoredMessage
from bot.services.jobs.job import JobState

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
    """Take the events of all DMs.

    ``admit`` raises AccessDenied or MembershipUnknown for whom the bot does not answer.
    """

    def __init__(
        self,
        presenter: Presenter,
        admit: Callable[[discord.Client, int], Awaitable[None]],
        writer_lock: Callable[[str], asyncio.Lock],
        editors: MessageEditors,
    ) -> None:
        services = presenter.services
        self.notifier = DmNotifier(presenter, writer_lock, editors)
        self.inboxes = DmInboxes(services.dm_messages, self.notifier, self._store_message, self._store_edit)
        self._messages = services.dm_messages
        self._essays = services.essays
        self._note_sorter = BackgroundNoteSorter(presenter, self.notifier)
        self._secret = services.pseudonym_secret
        self._admit = admit
        self._refused: RecentSet[str] = RecentSet(_MAX_REFUSED_REMEMBERED)  # who was told

    def on_connect(self, client: discord.Client) -> None:
        """A new session has begun: events before it may be lost."""
        self.inboxes.start_session(client)

    def on_message(self, client: discord.Client, message: discord.Message) -> None:
        """A message was just written."""
        if _is_user_message(message):
            self.inboxes.put(client, self._writer_of(message), Written(message))

    def on_edit(self, client: discord.Client, message: discord.Message) -> None:
        """A message has another text, or Discord has added a preview to it."""
        if _is_user_message(message) and message.edited_at is not None:
            self.inboxes.put(client, self._writer_of(message), Edited(message))

    def on_delete(self, message: int) -> None:
        """A message was deleted in Discord. What was stored of it stays; what was not is not read any more."""
        self.inboxes.delete(message)

    async def close(self, seconds: float) -> None:
        """Hear nothing any more, and wait so many seconds for what is being stored."""
        await self.inboxes.close(seconds)
        await self._note_sorter.close()
        await self.notifier.close()

    def record_shown(self, interaction: Interaction, message: int, card: Card) -> None:
        """Learn what a message shows that answers somebody, or that they pressed something on."""
        if interaction_context(interaction).is_bot_dm:
            self.notifier.record_shown(writer_id(self._secret, interaction.user.id), message, card)

    async def record_dm(self, interaction: Interaction) -> None:
        """Learn of the DM with a person who did something there. Raises nothing."""
        if interaction_context(interaction).is_bot_dm and interaction.channel_id is not None:
            await self.record_channel(interaction.user.id, interaction.channel_id, interaction.id)

    async def record_channel(self, user: int, channel: int, read: int) -> None:
        """Learn of a person's DM with the bot, and that nothing up to a message's id is to be read. Raises nothing."""
        try:
            await self._messages.add_channel(DmChannel(writer_id(self._secret, user), channel, read))
        except StoreError as error:  # the person has their answer; the next one in the DM tries again
            log.warning("a DM could not be remembered: %s", type(error).__name__)

    def _writer_of(self, message: discord.Message) -> str:
        return writer_id(self._secret, message.author.id)

    async def _store_message(self, client: discord.Client, message: discord.Message, late: bool) -> None:
        """Store a message with its files, and tell what became of it.

        One that was just written belongs to what stands there, whatever the clocks say; only for a ``late`` one are
        Discord's and ours compared. Raises StoreError.
        """
        if not _is_user_message(message):
            return
        writer = self._writer_of(message)
        try:
            await self._admit(client, message.author.id)
            self._refused.discard(writer)
            await self._store_text_and_files(client, writer, message, late)
        except AccessDenied as error:
            await self._refuse(message, writer, str(error))
        except (MembershipUnknown, InvalidInput) as error:
            self.notifier.notify(client, writer, message.channel.id, error.public_message)

    async def _refuse(self, message: discord.Message, writer: str, sentence: str) -> None:
        """Tell somebody that they are not answered, once until that changes."""
        if writer in self._refused:
            return
        self._refused.add(writer)
        with suppress(*DISCORD_ERRORS):
            await message.channel.send(view=to_view(text_card(sentence)))

    async def _store_text_and_files(
        self, client: discord.Client, writer: str, message: discord.Message, late: bool
    ) -> None:
        channel, text, attached = message.channel.id, message_text(message), message_attachments(message)
        written = message.created_at if late else None
        stored = await self._messages.add_message(writer, message.id, text, written, channel=channel)
        if stored is None:
            return
        try:
            notes, notices, troubles = await self._store_files(client, writer, stored, message)
        except UnknownEssay:  # deleted while a file was on its way, and the message with it
            return
        words = count_words(text) > 0
        if troubles:
            kept = has_visible_text(text) or len(troubles) < len(attached)
            notices += [*troubles, _REST_STORED_NOTICE if kept else _NOTHING_STORED_NOTICE]
        if not attached and not has_visible_text(text):
            notices.append(_NO_TEXT_NOTICE)
        if stored.is_new and has_private_mark(text):
            notices.append(_mark_notice(text, stored))
        if notes:
            known = await self._essays.notes(writer, stored.essay)
            told = private_text.describe_private([note for note in known if note.number in notes])
            notices += [told] if told else []
        if (stored.is_new or notes) and (words or notes or stored.essay_created or notices):
            made = [stored.note] if stored.is_new and stored.note is not None else []
            self.notifier.message_stored(client, writer, channel, stored, [*made, *notes], " ".join(notices) or None)
        if notes:
            self._note_sorter.schedule(client, writer, channel, stored.essay, notes)

    async def _store_files(
        self, client: discord.Client, writer: str, stored: StoredMessage, message: discord.Message
    ) -> tuple[list[int], list[str], list[str]]:
        """Store what a message's files hold as notes.

        Returns the numbers of the notes, what is to be said of the files that were read, and of those that could not
        be. Raises StoreError, UnknownEssay.
        """
        notes: list[int] = []
        notices: list[str] = []
        troubles: list[str] = []
        for part, attachment in enumerate(message_attachments(message), 1):
            try:
                if not await self._messages.has_file(writer, message.id, part):
                    found = await content.read_file(to_upload(client, attachment))
                    made = await self._messages.add_file(stored, writer, message.id, part, found.text)
                    notes += made.notes
                    notices += [notice for notice in (found.notice, made.notice) if notice]
            except (StoreError, UnknownEssay):
                raise
            except AttachmentError as error:
                troubles.append(error.message_without_assurance)
            except BotError as error:
                troubles.append(error.public_message)
        return notes, notices, troubles

    async def _store_edit(self, client: discord.Client, message: discord.Message) -> None:
        """Take over a message's new text, and tell of its note. Raises StoreError.

        One that is not stored was written while the bot was away and is about to be read, or its words were deleted.
        """
        if not _is_user_message(message):
            return
        writer, channel, text = self._writer_of(message), message.channel.id, message_text(message)
        try:
            await self._admit(client, message.author.id)
            changed = await self._messages.edit_message(writer, message.id, text)
        except (AccessDenied, MembershipUnknown):
            return
        except (InvalidInput, DamagedText) as error:
            self.notifier.notify(client, writer, channel, error.public_message)
            return
        if changed is not None:
            await self._tell_edit(client, writer, channel, changed, text)

    async def _tell_edit(
        self, client: discord.Client, writer: str, channel: int, changed: MessageChange, text: str
    ) -> None:
        """Tell of a message's new text: of its note, of the post that follows, of what is private in it."""
        if changed.version is not None:
            told = f"You edited note {changed.note}. The text follows: it is version {changed.version} now."
            self.notifier.notify(client, writer, channel, told)
        else:
            self.notifier.message_changed(client, writer, channel, changed)
        if not has_private_mark(text) or changed.note_detached or changed.note_unchanged:
            return
        self.notifier.notify(client, writer, channel, _MARKED_NOTICE)
        if changed.note is not None:
            standing = await self._essays.find_leak(writer, changed.essay, changed.note)
            if standing is not None:
                self.notifier.notify(client, writer, channel, standing.message)


class BackgroundNoteSorter:
    """Have notes that came in a file placed in sections, and say in the DM what came of it."""

    def __init__(self, presenter: Presenter, notifier: DmNotifier) -> None:
        self._presenter = presenter
        self._notifier = notifier
        self._tasks: set[asyncio.Task[None]] = set()

    def schedule(self, client: discord.Client, writer: str, channel: int, essay: str, notes: Collection[int]) -> None:
        """Have notes of an essay, by number, placed. Returns at once."""
        task = asyncio.create_task(self._sort(client, writer, channel, essay, notes), name="placing")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Wait for nothing any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _sort(
        self, client: discord.Client, writer: str, channel: int, essay: str, notes: Collection[int]
    ) -> None:
        try:
            job = await self._presenter.start_placement(writer, essay, notes)
            if job is None:
                return
            ended = await self._presenter.services.jobs.wait(writer, job.id)
            if ended.state in (JobState.DONE, JobState.FAILED):
                self._notifier.notes_sorted(client, writer, channel, essay, ended.error)
        except BotError as error:  # the essay is gone, or the store is: what is there is shown by the next click
            log.info("notes could not be placed: %s", type(error).__name__)


def _mark_notice(text: str, stored: StoredMessage) -> str:
    """Say what a mark in a message leaves out."""
    if not is_only_private_mark(text):
        return _MARKED_NOTICE
    if stored.question is not None:
        return _MARK_BELOW_NOTICE
    return _MARK_ALONE_NOTICE if stored.note is None else _MARKED_NOTICE


def _is_user_message(message: discord.Message) -> bool:
    """Tell whether a person wrote it in the DM: the bot also hears of its own messages, and of calls and pins."""
    ordinary = message.type in (discord.MessageType.default, discord.MessageType.reply)
    return ordinary and message.guild is None and not message.author.bot and message.webhook_id is None
