"""Read what a message says: its words, what was forwarded with it, its embeds and components, and its files.

Discord's own syntax, such as a mention, is replaced by words before a text is stored: an id means nothing to a reader,
and nobody's may be stored. Files are read at once, because their addresses soon expire.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import discord

from bot.discord_ui.errors import AttachmentError
from bot.discord_ui.interactions.responses import UploadedFile
from bot.discord_ui.messages.text_limits import escape_markdown, one_line
from bot.errors import BotError, UnreadableText
from bot.essay.text.decoding import MAX_TEXT_BYTES
from bot.essay.text.documents import MAX_FILE_BYTES, Document, is_plain_text, read_document
from bot.services.offload import parse_in_worker

_DISCORD_SYNTAX = re.compile(
    r"\\?<(?:"
    r"@!?(?P<person>\d{1,20})|@&(?P<role>\d{1,20})|\#(?P<channel>\d{1,20})"
    r"|t:(?P<time>-?\d{1,17})(?::(?P<style>[a-zA-Z]))?"
    r"|a?:(?P<emoji>\w{1,32}):\d{1,20}"
    r"|/(?P<command>[^<>\n:]{1,100}):\d{1,20}"
    r"|id:(?P<page>[a-z-]{1,32})(?::\d{1,20})?"
    r"|sound:\d{1,20}:(?P<sound>\d{1,20})"
    r")>"
    r"|(?:\[(?P<label>[^\[\]\n]{1,200})\]\()?"
    r"<?https?://(?:[\w-]{1,20}\.){0,2}discord(?:app)?\.(?:com|net)/(?P<link>[^\s<>()\[\]]{0,2000})>?(?(label)\))"
    r"|(?<![\w.@])@(?P<all>everyone|here)(?![\w@]|[.-]\w)"
)
_SNOWFLAKE = re.compile(r"\d{15,20}")
# In code Discord shows || as it is. A run of backticks ends at the next run of as many.
_CODE_OR_SPOILER = re.compile(
    r"(?P<code>(?<!`)(?P<ticks>`++).+?(?<!`)(?P=ticks)(?!`))|(?<!\\)\|\|(?P<hidden>.+?)\|\|", re.S
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SERVER_PAGES = {
    "customize": "Channels & Roles",
    "browse": "Browse Channels",
    "guide": "Server Guide",
    "home": "Server Guide",
    "linked-roles": "Linked Roles",
}


@dataclass(frozen=True, slots=True)
class MentionNames:
    """The names of those whom a text mentions, by their ids; others are "a person", "a channel" or "a role"."""

    people: Mapping[int, str] = field(default_factory=dict)
    channels: Mapping[int, str] = field(default_factory=dict)
    roles: Mapping[int, str] = field(default_factory=dict)


def resolve_mentions(text: str, names: MentionNames | None = None, *, spoilers: bool = True) -> str:
    """Return the text with Discord's own syntax replaced by words; nothing else in it is changed.

    Times are given in UTC. With ``spoilers`` False, ``||`` is left alone, because outside Discord it means something
    else.
    """
    if spoilers and "||" in text:
        text = _CODE_OR_SPOILER.sub(lambda found: found["code"] or found["hidden"], text)
    return _DISCORD_SYNTAX.sub(partial(_replacement_text, names or MentionNames()), text)


def message_text(message: discord.Message, names: MentionNames | None = None) -> str:
    """Return all that a message says, with a blank line between its parts, but for its files.

    See ``message_attachments`` for those.
    """
    names = names or MentionNames({one.id: _escape_name(one.display_name) for one in message.mentions})
    parts = [part for one in _with_forwarded(message) for part in _message_parts(one)]
    return resolve_mentions("\n\n".join(part for part in parts if part.strip()), names)


def message_attachments(message: discord.Message) -> list[discord.Attachment]:
    """Return a message's files, and those forwarded with it."""
    return [file for one in _with_forwarded(message) for file in one.attachments]


def mention_names(interaction: discord.Interaction[Any]) -> MentionNames:
    """Return the names of those whom a command's options mention."""
    data: Mapping[str, Any] = interaction.data or {}
    resolved: Mapping[str, Any] = data.get("resolved") or {}
    people = {
        int(key): _escape_name(str(one.get("global_name") or one.get("username") or ""))
        for key, one in (resolved.get("users") or {}).items()
    }
    for key, member in (resolved.get("members") or {}).items():
        if member.get("nick"):
            people[int(key)] = _escape_name(str(member["nick"]))
    channels = {
        int(key): _escape_name(str(one.get("name") or "")) for key, one in (resolved.get("channels") or {}).items()
    }
    roles = {int(key): _escape_name(str(one.get("name") or "")) for key, one in (resolved.get("roles") or {}).items()}
    return MentionNames(people, channels, roles)


def _escape_name(name: str) -> str:
    """Return a name as it is put into a text: on one line, and without Discord syntax of its own."""
    return resolve_mentions(one_line(name, 100), spoilers=False)


def _with_forwarded(message: discord.Message) -> list[discord.Message | discord.MessageSnapshot]:
    return [message, *message.message_snapshots]


def _message_parts(message: discord.Message | discord.MessageSnapshot) -> Iterator[str]:
    yield message.content
    for embed in message.embeds:
        # Discord's preview of a link is not the writer's words.
        if embed.type == "rich" and not (embed.url and embed.url in message.content):
            yield from _embed_parts(embed)
    yield from _component_parts(message.components)


def _embed_parts(embed: discord.Embed) -> Iterator[str]:
    yield from (embed.title or "", embed.description or "")
    for one in embed.fields:
        yield "\n".join(filter(None, (one.name, one.value)))
    yield embed.footer.text or ""


def _component_parts(found: Iterable[Any]) -> Iterator[str]:
    for one in found:
        if isinstance(one, discord.components.TextDisplay):
            yield one.content
        elif isinstance(one, discord.Container | discord.SectionComponent):
            yield from _component_parts(one.children)


def _replacement_text(names: MentionNames, found: re.Match[str]) -> str:
    kind = found.lastgroup if found.lastgroup != "style" else "time"
    value = found[kind or 0]
    match kind:
        case "person":
            return names.people.get(int(value)) or "a person"
        case "role":
            return names.roles.get(int(value)) or "a role"
        case "channel":
            return f"#{name}" if (name := names.channels.get(int(value))) else "a channel"
        case "time":
            return _timestamp_text(int(value), found["style"] or "f")
        case "emoji":
            return f":{value}:"
        case "command":
            return f"/{value}"
        case "page":
            return _SERVER_PAGES.get(value, "a page of the server")
        case "sound":
            return "a sound"
        case "link":
            return _link_text(names, found)
        case _:
            return "everyone" if value == "everyone" else "everyone here"


def _link_text(names: MentionNames, found: re.Match[str]) -> str:
    """Return a link into Discord as words: its label, or what it leads to; unchanged if it contains no id."""
    path = found["link"].rstrip(".,;:!?'\"*_")
    if _SNOWFLAKE.search(path) is None:
        return found[0]
    if found["label"]:
        return str(found["label"])
    rest = found["link"][len(path) :]
    kind, *ids = path.rstrip("/").split("/")
    if kind == "users" and len(ids) == 1 and ids[0].isdecimal():
        return (names.people.get(int(ids[0])) or "a person") + rest
    if kind == "channels" and len(ids) == 2 and ids[1].isdecimal():
        return (f"#{name}" if (name := names.channels.get(int(ids[1]))) else "a channel") + rest
    return ("a message" if kind == "channels" and len(ids) == 3 else "a link into Discord") + rest


def _timestamp_text(seconds: int, style: str) -> str:
    try:
        at = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return "a time"
    day = f"{at.day} {at:%B} {at.year}"
    return f"{day} (UTC)" if style in "dD" else f"{day}, {at:%H:%M} UTC"


@dataclass(frozen=True, slots=True)
class FileText:
    """A file's text; ``notice`` says what the person should know about how it was read."""

    text: str
    notice: str | None = None


def escape_file_name(name: str) -> str:
    """Return a file's name for a message of the bot: shortened, and with its Markdown escaped."""
    return escape_markdown(one_line(name, 80))


@dataclass(frozen=True, slots=True)
class _FetchedFile:
    """A file whose bytes have been fetched."""

    name: str
    size: int
    data: bytes

    async def read(self) -> bytes:
        """See UploadedFile.read."""
        return self.data


@dataclass(frozen=True, slots=True)
class _ParsedFile(_FetchedFile):
    """A file that has been parsed; its bytes are dropped. ``result`` is its text, or why there is none."""

    result: FileText | BotError


async def fetch_file(upload: UploadedFile) -> UploadedFile:
    """Fetch a file that is not too long for ``read_file``, so that later steps need not wait for Discord.

    A file too large for text alone is parsed here as well, and its bytes are dropped. Raise AttachmentGone,
    AttachmentNotFetched.
    """
    if upload.size > MAX_FILE_BYTES:
        return upload
    if upload.size <= MAX_TEXT_BYTES:
        return _FetchedFile(upload.name, upload.size, await upload.read())
    try:
        found: FileText | BotError = await read_file(upload)
    except AttachmentError:
        raise
    except BotError as error:
        found = error
    return _ParsedFile(upload.name, upload.size, b"", found)


def _parse_file(data: bytes, name: str) -> tuple[Document, str]:
    """Read a document from bytes; return it, and its text with Discord's own syntax replaced by words."""
    found = read_document(data, name)
    return found, resolve_mentions(found.text, spoilers=False)


_large_file_slots: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
_MAX_CONCURRENT_LARGE_FILES = 4  # files with pictures that are in memory at once, of all writers together


async def read_file(upload: UploadedFile) -> FileText:
    """Return a file's text; its bytes, not its name, decide how it is read.

    Raise AttachmentGone, AttachmentNotFetched, and UnreadableText for a file that is empty, damaged, too long, or of a
    kind that is not read. One that is too long even for a document with pictures is not fetched.
    """
    if isinstance(upload, _ParsedFile):
        if isinstance(upload.result, BotError):
            raise upload.result
        return upload.result
    name = escape_file_name(upload.name)
    if upload.size > MAX_FILE_BYTES:
        raise UnreadableText.file_too_large(name, MAX_FILE_BYTES)
    if upload.size <= MAX_TEXT_BYTES:
        return await _fetch_and_parse(upload, name)
    turns = _large_file_slots.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(_MAX_CONCURRENT_LARGE_FILES))
    async with turns:
        return await _fetch_and_parse(upload, name)


async def _fetch_and_parse(upload: UploadedFile, name: str) -> FileText:
    data = await upload.read()
    size = len(data) if is_plain_text(data) else MAX_TEXT_BYTES  # even a small document may hold much
    found, text = await parse_in_worker("", size, _parse_file, data, name)
    notices = list(found.notices)
    if found.guessed_encoding is not None:
        notices.append(f"{name} is not UTF-8; it was read as {found.guessed_encoding}. Look whether it reads well.")
    return FileText(text, " ".join(notices) or None)
