"""Store what people write in the bot's DM, with its files and edits, and tell them what became of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from contextlib import suppress

import discord

from bot.discord_ui.access import Access, AccessDenied, MembershipUnknown
from bot.discord_ui.dm.inbox import DmEvent, DmInboxes
from bot.discord_ui.dm.notifier import BOT_DM_CONTEXT, DmNotifier, NoteChanges, dm_channel
from bot.discord_ui.errors import AttachmentError
from bot.discord_ui.interactions.requests import to_upload
from bot.discord_ui.interactions.responses import writer_id
from bot.discord_ui.messages import content
from bot.discord_ui.messages.components import to_view
from bot.discord_ui.messages.content import message_attachments, message_text
from bot.discord_ui.messages.editor import DISCORD_ERRORS, MessageEditors
from bot.discord_ui.panels.cards import text_card
from bot.discord_ui.panels.presenter import Presenter
from bot.discord_ui.recent import RecentSet
from bot.errors import BeingDeleted, BotError, DamagedText, InvalidInput, StoreError, UnknownEssay
from bot.essay import private_text
from bot.essay.text.documents import FILE_KINDS
from bot.essay.text.privacy_marks import has_private_mark, is_only_private_mark
from bot.essay.text.words import count_words, has_visible_text
from bot.services import metrics
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
_MEMBERSHIP_TIMEOUT_SECONDS = 10.0  # to wait for Discord: a message, unlike a click, need not be answered in time
_MAX_REFUSED_REMEMBERED = 10_000  # people who were told that the bot does not answer them


class DmListener:
    """Receive the events of all DMs."""

    def __init__(
        self,
        presenter: Presenter,
        access: Access,
        writer_lock: Callable[[str], asyncio.Lock],
        editors: MessageEditors,
    ) -> None:
        services = presenter.services
        self.notifier = DmNotifier(presenter, writer_lock, editors)
        self.inboxes = DmInboxes(services.dm_messages, self.notifier, self._store_message, self._store_edit)
        self._presenter = presenter
        self._messages = services.dm_messages
        self._essays = services.essays
        self._notes = services.notes
        self._secret = services.pseudonym_secret
        self._access = access
        self._placements: set[asyncio.Task[None]] = set()
        self._refused: RecentSet[str] = RecentSet(_MAX_REFUSED_REMEMBERED)  # who was told

    def on_connect(self, client: discord.Client) -> None:
        """Begin a session: events before it may have been missed."""
        self.inboxes.start_session(client)

    def on_message(self, message: discord.Message) -> None:
        """Receive a message that was just written."""
        if _is_user_message(message):
            self.inboxes.put(self._writer_of(message), DmEvent(message))

    def on_edit(self, message: discord.Message) -> None:
        """Receive a message whose text was changed, or to which Discord has added a preview."""
        if _is_user_message(message) and message.edited_at is not None:
            self.inboxes.put(self._writer_of(message), DmEvent(message, is_edit=True))

    def on_delete(self, message: int) -> None:
        """Remember that a message was deleted. What was stored of it stays; if nothing was, it is not read later."""
        self.inboxes.delete(message)

    async def close(self, seconds: float) -> None:
        """Accept no further event, and wait up to ``seconds`` for what is being stored."""
        await self.inboxes.close(seconds)
        for task in self._placements:
            task.cancel()
        await asyncio.gather(*self._placements, return_exceptions=True)
        await self.notifier.close()

    def forget(self, writer: str) -> None:
        """Forget a writer whose data was deleted: what waits of theirs, and what they were shown."""
        self.inboxes.forget(writer)
        self.notifier.forget(writer)

    async def record_channel(self, writer: str, channel: int, read: int) -> None:
        """Remember a writer's DM, and that messages up to the id ``read`` need not be read. Raise nothing."""
        try:
            await self._messages.add_channel(DmChannel(writer, channel, read))
        except StoreError as error:  # the person has their answer; the next one in the DM tries again
            log.warning("a DM could not be remembered: %s", type(error).__name__)

    def _writer_of(self, message: discord.Message) -> str:
        return writer_id(self._secret, message.author.id)

    async def _admit(self, client: discord.Client, message: discord.Message) -> None:
        """Raise AccessDenied, MembershipUnknown or BeingDeleted for people who are not answered now, and StoreError."""
        await self._access.admit(client, message.author.id, BOT_DM_CONTEXT, _MEMBERSHIP_TIMEOUT_SECONDS)
        await self._access.check_served(self._writer_of(message))

    async def _store_message(self, client: discord.Client, message: discord.Message, late: bool) -> None:
        """Store a message with its files, and tell the writer what became of it.

        A message that was just written belongs to what the DM shows, whatever the clocks say; Discord's clock and ours
        are compared only for a ``late`` one. Raise StoreError.
        """
        if not _is_user_message(message):
            return
        writer, dm = self._writer_of(message), dm_channel(client, message.channel.id)
        try:
            await self._admit(client, message)
            self._refused.discard(writer)
            metrics.active_people.add(writer)
            await self._store_text_and_files(writer, dm, message, late)
        except AccessDenied as error:
            await self._refuse(message, writer, str(error))
        except (MembershipUnknown, InvalidInput, BeingDeleted) as error:
            self.notifier.notify(writer, dm, error.public_message)

    async def _refuse(self, message: discord.Message, writer: str, sentence: str) -> None:
        """Tell somebody that the bot does not answer them, once until that changes."""
        if writer in self._refused:
            return
        self._refused.add(writer)
        with suppress(*DISCORD_ERRORS):
            await message.channel.send(view=to_view(text_card(sentence)))

    async def _store_text_and_files(
        self, writer: str, dm: discord.PartialMessageable, message: discord.Message, late: bool
    ) -> None:
        text, attached = message_text(message), message_attachments(message)
        written = message.created_at if late else None
        stored = await self._messages.add_message(writer, message.id, text, written, channel=dm.id)
        if stored is None:
            return
        try:
            notes, notices, troubles = await self._store_files(writer, stored, message)
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
            self.notifier.message_stored(writer, dm, stored, [*made, *notes], " ".join(notices) or None)
        if notes:
            task = asyncio.create_task(self._place_notes(writer, dm, stored.essay, notes), name="placing")
            self._placements.add(task)
            task.add_done_callback(self._placements.discard)

    async def _store_files(
        self, writer: str, stored: StoredMessage, message: discord.Message
    ) -> tuple[list[int], list[str], list[str]]:
        """Store the contents of a message's files as notes.

        Return the numbers of the notes, notices about the files that were read, and the errors of those that could not
        be. Raise StoreError, UnknownEssay.
        """
        notes: list[int] = []
        notices: list[str] = []
        troubles: list[str] = []
        for part, attachment in enumerate(message_attachments(message), 1):
            try:
                if not await self._messages.has_file(writer, message.id, part):
                    found = await content.read_file(to_upload(attachment))
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

    async def _place_notes(
        self, writer: str, dm: discord.PartialMessageable, essay: str, notes: Collection[int]
    ) -> None:
        """Let a model place an essay's notes from a file in sections, and show the result."""
        try:
            job = await self._presenter.start_placement(writer, essay, notes)
            if job is None:
                return
            ended = await self._presenter.services.jobs.wait(writer, job.id)
        except BotError as error:  # the essay is gone, or the store fails, which the next click shows
            log.info("notes could not be placed: %s", type(error).__name__)
            return
        if ended.state in (JobState.DONE, JobState.FAILED):
            self.notifier.refresh(writer, dm, essay)
            if ended.error is not None:
                self.notifier.notify(writer, dm, ended.error)

    async def _store_edit(self, client: discord.Client, message: discord.Message, late: bool) -> None:
        """Store a message's new text, and tell of its note. Raise StoreError.

        A message that is not stored was written while the bot was away and will be read, or its words were deleted.
        """
        if not _is_user_message(message):
            return
        writer, text, dm = self._writer_of(message), message_text(message), dm_channel(client, message.channel.id)
        try:
            await self._admit(client, message)
            changed = await self._messages.edit_message(writer, message.id, text, is_late=late)
        except (AccessDenied, MembershipUnknown, BeingDeleted):
            return
        except (InvalidInput, DamagedText) as error:
            self.notifier.notify(writer, dm, error.public_message)
            return
        if changed is not None:
            await self._tell_edit(writer, dm, changed, text)

    async def _tell_edit(self, writer: str, dm: discord.PartialMessageable, changed: MessageChange, text: str) -> None:
        """Tell of an edited message: of its note, of a new version of the post, and of what is private in it."""
        note, notifier = changed.note, self.notifier
        if note is None:
            notifier.refresh(writer, dm, changed.essay)  # the panel counts the message's words
        elif changed.version is not None:
            told = f"You edited note {note}. The text follows: it is version {changed.version} now."
            notifier.notify(writer, dm, told)
        elif changed.note_unchanged:
            notifier.notify(writer, dm, f"Your message holds no words now: note {note} keeps its own.")
            return
        elif changed.note_detached:
            told = f"Note {note} has a text of its own now, so your message no longer changes it: edit the note."
            notifier.notify(writer, dm, told)
            return
        else:
            notes = NoteChanges(made=(note,)) if changed.note_created else NoteChanges(changed=(note,))
            notifier.notes_changed(writer, dm, changed.essay, notes)
        if has_private_mark(text):
            notifier.notify(writer, dm, _MARKED_NOTICE)
            if note is not None and (leak := await self._notes.find_leak(writer, changed.essay, note)) is not None:
                notifier.notify(writer, dm, leak.message)


def _mark_notice(text: str, stored: StoredMessage) -> str:
    """Say what a private mark in a message leaves out."""
    if not is_only_private_mark(text):
        return _MARKED_NOTICE
    if stored.question is not None:
        return _MARK_BELOW_NOTICE
    return _MARK_ALONE_NOTICE if stored.note is None else _MARKED_NOTICE


def _is_user_message(message: discord.Message) -> bool:
    """Return whether a person wrote the message in the DM; others are the bot's own, calls and pins."""
    ordinary = message.type in (discord.MessageType.default, discord.MessageType.reply)
    return ordinary and message.guild is None and not message.author.bot and message.webhook_id is None
