"""Threads in Discord's channels: begin one with a text, read what others write in it, answer, and remove it.

All goes over HTTP, so that no gateway event and no intent is needed.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Literal

import aiohttp
import discord

from bot.discord_ui.interactions.custom_ids import parse_custom_id
from bot.discord_ui.interactions.responses import writer_id
from bot.discord_ui.messages.components import to_view
from bot.discord_ui.messages.content import MentionNames, message_attachments, message_text
from bot.discord_ui.messages.pages import paginate, render_page
from bot.discord_ui.messages.text_limits import one_line
from bot.discord_ui.panels.cards import MAX_TITLE_UNITS
from bot.discord_ui.panels.sharing import answer_card, opening_card, text_cards
from bot.errors import SharingError, ThreadFault, ThreadGone, ThreadRefused
from bot.services.offload import parse_in_worker
from bot.services.sharing import ReaderMessage, ShareChannel, SharedText, ThreadContents

# What the bot and the writer need in a channel (Discord's documentation, Topics, "Permissions" and "Threads").
NEEDED = discord.Permissions(
    view_channel=True,
    send_messages=True,
    create_public_threads=True,
    send_messages_in_threads=True,
    read_message_history=True,
)
_CHANNELS_SECONDS = 60.0  # how long a server's channels are remembered: a person chooses among them in several clicks
_MAX_CACHED = 1_000  # people's channels, at some 10 KB each
_MAX_READ = 500  # messages of a thread, oldest first: five requests
_MAX_CLEARED = 1_000  # messages that are looked through for those of the bot
_ARCHIVE_MINUTES: Literal[10_080] = 10_080  # a week, the longest that Discord allows
_FILE_ONLY = "(a file or a picture: look in the thread)"
# Discord's error codes (Topics, "Opcodes and Status Codes").
_UNKNOWN = {10003, 10008}  # channel, message
_NO_ACCESS = {10004, 50001}  # unknown server, missing access
_NO_PERMISSION = {50013}
_AUTOMOD = {200000, 200001}
_ALREADY_BEGUN, _LOCKED, _TOO_MANY, _ARCHIVED = 160004, 160005, 160006, 50083


class DiscordThreads:
    """See Threads for what each method promises. ``secret`` is that of the writers' pseudonyms."""

    def __init__(self, client: discord.Client, secret: bytes) -> None:
        self._client = client
        self._secret = secret
        self._channels: dict[tuple[int, int], tuple[float, Sequence[ShareChannel]]] = {}

    async def channels(self, guild: int, user: int) -> Sequence[ShareChannel]:
        now = time.monotonic()
        known = self._channels.get((guild, user))
        if known is not None and now < known[0]:
            return known[1]
        with _translated():
            server = await self._client.fetch_guild(guild, with_counts=False)
            channels = await server.fetch_channels()
            members = [await server.fetch_member(user), await server.fetch_member(self._own_id())]
        found = tuple(
            ShareChannel(channel.id, channel.name)
            for channel in sorted(channels, key=lambda one: one.position)
            if isinstance(channel, discord.TextChannel)  # news channels too; others have no messages to begin one from
            and all(channel.permissions_for(member) >= NEEDED for member in members)
        )
        if len(self._channels) >= _MAX_CACHED:
            self._channels.clear()
        self._channels[guild, user] = now + _CHANNELS_SECONDS, found
        return found

    async def post_opening(self, channel: int, shared: SharedText) -> int:
        nonce = secrets.token_hex(12)  # Discord posts only one message with it, so sending it again is safe
        try:
            with _translated():
                place = self._client.get_partial_messageable(channel)
                try:
                    return (await place.send(view=to_view(opening_card(shared)), nonce=nonce)).id
                except (OSError, aiohttp.ClientError):
                    return (await place.send(view=to_view(opening_card(shared)), nonce=nonce)).id
        except ThreadGone as error:  # it is the channel that is gone
            raise ThreadRefused.no_access() from error

    async def begin(self, channel: int, message: int, name: str) -> None:
        with _translated():
            try:
                await self._client.http.start_thread_with_message(
                    channel, message, name=one_line(name, MAX_TITLE_UNITS // 2), auto_archive_duration=_ARCHIVE_MINUTES
                )
            except discord.HTTPException as error:
                if error.code != _ALREADY_BEGUN:
                    raise

    async def post_text(self, thread: int, shared: SharedText) -> None:
        pages = await parse_in_worker("", len(shared.text), _render_pages, shared.text)
        place = self._client.get_partial_messageable(thread)
        with _translated():
            for card in text_cards(shared, pages):
                await place.send(view=to_view(card))

    async def read(self, thread: int, writer: str) -> ThreadContents:
        found: list[ReaderMessage] = []
        withheld: set[int] = set()
        count = last = 0
        read_through: int | None = None
        with _translated():
            history = self._client.get_partial_messageable(thread).history(
                limit=_MAX_READ + 1, after=discord.Object(thread), oldest_first=True
            )
            async for message in history:
                count += 1
                if count > _MAX_READ:
                    read_through = last
                    break
                last = message.id
                text = self._said(message, writer)
                if text == "":
                    withheld.add(message.id)
                elif text is not None:
                    found.append(ReaderMessage(message.id, text, message.created_at))
        return ThreadContents(found, withheld, read_through)

    def _said(self, message: discord.Message, writer: str) -> str | None:
        """Return what a reader says in a message, "" if Discord withholds it; None for anything else."""
        if message.type not in (discord.MessageType.default, discord.MessageType.reply):
            return None
        if message.author.id == self._own_id():
            return _posted_feedback(message)
        if message.author.bot or writer_id(self._secret, message.author.id) == writer:
            return None
        said = message_text(message, MentionNames()).strip()  # no names: nobody's is stored
        if said:
            return said.encode("utf-8", "replace").decode()
        if message.stickers or message.poll is not None:
            return None
        return _FILE_ONLY if message_attachments(message) else ""

    async def answer(self, thread: int, message: int, text: str) -> int:
        place = self._client.get_partial_messageable(thread)
        replied = discord.MessageReference(message_id=message, channel_id=thread, fail_if_not_exists=False)
        with _translated():
            sent = await place.send(view=to_view(answer_card(text)), reference=replied, mention_author=False)
        return sent.id

    async def remove(self, channel: int, thread: int) -> bool:
        is_deleted = True
        with _translated():
            with suppress(discord.NotFound):
                try:
                    await self._client.http.delete_channel(thread)
                except discord.Forbidden as error:  # that needs Manage Threads
                    if error.code not in _NO_PERMISSION:
                        raise
                    is_deleted = False
                    await self._clear(thread)
            with suppress(discord.NotFound):
                await self._client.http.delete_message(channel, thread)
        return is_deleted

    async def _clear(self, thread: int) -> None:
        """Delete all that the bot posted in a thread, and close it if it is not closed by others."""
        own = self._own_id()
        async for message in self._client.get_partial_messageable(thread).history(limit=_MAX_CLEARED):
            if message.author.id == own and message.type in (discord.MessageType.default, discord.MessageType.reply):
                with suppress(discord.NotFound):
                    await self._client.http.delete_message(thread, message.id)
        with suppress(discord.Forbidden):
            await self._client.http.edit_channel(thread, archived=True)

    def _own_id(self) -> int:
        assert self._client.user is not None  # the client has logged in
        return self._client.user.id


def _render_pages(text: str) -> tuple[str, ...]:
    return tuple(render_page(text, page) for page in paginate(text))


def _posted_feedback(message: discord.Message) -> str | None:
    """Return the words of feedback that came by the form; None for any other message of the bot."""
    texts: list[str] = []
    is_feedback = False
    for part in _walk(message.components):
        if isinstance(part, discord.components.TextDisplay):
            texts.append(part.content)
        elif isinstance(part, discord.components.Button):
            found = parse_custom_id(part.custom_id or "")
            is_feedback |= found is not None and (found.kind, found.action) == ("share", "take-back")
    return texts[1].strip() if is_feedback and len(texts) > 1 else None


def _walk(parts: Iterable[Any]) -> Iterator[Any]:
    for part in parts:
        yield part
        yield from _walk(getattr(part, "children", ()))


@contextmanager
def _translated() -> Iterator[None]:
    """Raise Discord's errors as those of sharing."""
    try:
        yield
    except discord.HTTPException as error:
        raise _sharing_error(error) from error
    except (OSError, aiohttp.ClientError, discord.InvalidData) as error:  # the last: a kind of channel unknown here
        raise ThreadFault from error


def _sharing_error(error: discord.HTTPException) -> SharingError:
    code = error.code
    if error.status >= 500 or error.status in (401, 429):
        return ThreadFault()
    if code in _UNKNOWN:
        return ThreadGone()
    if code in _NO_ACCESS:
        return ThreadRefused.no_access()
    if code in _NO_PERMISSION:
        return ThreadRefused.no_permission()
    if code in _AUTOMOD:
        return ThreadRefused.blocked()
    if code == _TOO_MANY:
        return ThreadRefused.too_many()
    if code in (_LOCKED, _ARCHIVED):
        return ThreadRefused.locked()
    return ThreadRefused.other(error.status, code)
