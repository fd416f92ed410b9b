"""What a message says: its own words, those that were forwarded with it, and those of its embeds and components.

Discord's own signs in a text, such as a mention, are put into words where the text comes in: an id means nothing to a
reader, and nobody's may stand in what is stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import discord

from bot.discord_ui.lengths import one_line

_SIGN = re.compile(
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
_ID = re.compile(r"\d{15,20}")
# In code Discord shows the bars as they are. A run of backticks ends at the next run of as many.
_CODE_OR_SPOILER = re.compile(
    r"(?P<code>(?<!`)(?P<ticks>`++).+?(?<!`)(?P=ticks)(?!`))|(?<!\\)\|\|(?P<hidden>.+?)\|\|", re.S
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PAGES = {
    "customize": "Channels & Roles",
    "browse": "Browse Channels",
    "guide": "Server Guide",
    "home": "Server Guide",
    "linked-roles": "Linked Roles",
}


@dataclass(frozen=True, slots=True)
class Names:
    """What Discord calls those whom a text mentions, by their ids. Who is not here is "a person", "a channel"."""

    people: Mapping[int, str] = field(default_factory=dict)
    channels: Mapping[int, str] = field(default_factory=dict)
    roles: Mapping[int, str] = field(default_factory=dict)


def in_words(text: str, names: Names | None = None, *, spoilers: bool = True) -> str:
    """The text with Discord's signs put into words; nothing else in it is changed.

    Times are told in UTC. ``spoilers`` False leaves bars alone, which elsewhere than in Discord mean something else.
    """
    if spoilers and "||" in text:
        text = _CODE_OR_SPOILER.sub(lambda found: found["code"] or found["hidden"], text)
    return _SIGN.sub(partial(_words, names or Names()), text)


def text_of(message: discord.Message, names: Names | None = None) -> str:
    """All that a message says, with a blank line between its parts. Files are not read; see ``attachments_of``."""
    names = names or Names({one.id: _name(one.display_name) for one in message.mentions})
    parts = [part for one in _said(message) for part in _parts(one)]
    return in_words("\n\n".join(part for part in parts if part.strip()), names)


def attachments_of(message: discord.Message) -> list[discord.Attachment]:
    """Its files, and those forwarded with it."""
    return [file for one in _said(message) for file in one.attachments]


def names_of(interaction: discord.Interaction[Any]) -> Names:
    """What an interaction says of those whom its options mention."""
    data: Mapping[str, Any] = interaction.data or {}
    resolved: Mapping[str, Any] = data.get("resolved") or {}
    people = {
        int(key): _name(str(one.get("global_name") or one.get("username") or ""))
        for key, one in (resolved.get("users") or {}).items()
    }
    for key, member in (resolved.get("members") or {}).items():
        if member.get("nick"):
            people[int(key)] = _name(str(member["nick"]))
    channels = {int(key): _name(str(one.get("name") or "")) for key, one in (resolved.get("channels") or {}).items()}
    roles = {int(key): _name(str(one.get("name") or "")) for key, one in (resolved.get("roles") or {}).items()}
    return Names(people, channels, roles)


def _name(name: str) -> str:
    """A name as it stands in a text; it cannot bring in a sign of its own."""
    return in_words(one_line(name, 100), spoilers=False)


def _said(message: discord.Message) -> list[discord.Message | discord.MessageSnapshot]:
    return [message, *message.message_snapshots]


def _parts(message: discord.Message | discord.MessageSnapshot) -> Iterator[str]:
    yield message.content
    for embed in message.embeds:
        # A preview that Discord makes of a link is not what its writer said.
        if embed.type == "rich" and not (embed.url and embed.url in message.content):
            yield from _embed(embed)
    yield from _components(message.components)


def _embed(embed: discord.Embed) -> Iterator[str]:
    yield from (embed.title or "", embed.description or "")
    for one in embed.fields:
        yield "\n".join(filter(None, (one.name, one.value)))
    yield embed.footer.text or ""


def _components(found: Iterable[Any]) -> Iterator[str]:
    for one in found:
        if isinstance(one, discord.components.TextDisplay):
            yield one.content
        elif isinstance(one, discord.Container | discord.SectionComponent):
            yield from _components(one.children)


def _words(names: Names, found: re.Match[str]) -> str:
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
            return _time(int(value), found["style"] or "f")
        case "emoji":
            return f":{value}:"
        case "command":
            return f"/{value}"
        case "page":
            return _PAGES.get(value, "a page of the server")
        case "sound":
            return "a sound"
        case "link":
            return _link(names, found)
        case _:
            return "everyone" if value == "everyone" else "everyone here"


def _link(names: Names, found: re.Match[str]) -> str:
    """A link into Discord: by its label, else by what it leads to; unchanged where no id stands in it."""
    path = found["link"].rstrip(".,;:!?'\"*_")
    if _ID.search(path) is None:
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


def _time(seconds: int, style: str) -> str:
    try:
        at = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return "a time"
    day = f"{at.day} {at:%B} {at.year}"
    return f"{day} (UTC)" if style in "dD" else f"{day}, {at:%H:%M} UTC"
