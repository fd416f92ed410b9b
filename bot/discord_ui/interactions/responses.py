"""What a handler is given and what it returns, without discord.py's types; and a person's id in the store."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bot.discord_ui.interactions.custom_ids import CustomId
from bot.discord_ui.panels.cards import Button, Card, Form
from bot.services.jobs.job import Job, JobView
from bot.services.snapshot import EssayHead, EssaySnapshot


def writer_id(secret: bytes, user: int) -> str:
    """Return the writer of a Discord account: HMAC-SHA256 over its id, the first 128 bits in hexadecimal.

    Without the store's secret nobody can tell the account from it, nor make up one that fits an account.
    """
    return "d" + hmac.new(secret, f"discord:{user}".encode(), hashlib.sha256).hexdigest()[:32]


def server_id(secret: bytes, guild: int) -> str:
    """Return the pseudonym of a Discord server, made like a writer's."""
    return "s" + hmac.new(secret, f"server:{guild}".encode(), hashlib.sha256).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class InteractionContext:
    """Where an interaction happens: in the bot's own DM with the person, in a server, or in another conversation.

    ``max_file_bytes`` is how large a file may be that is sent there. In a server, ``channel_ids`` are the channel's id
    and, for a thread, that of the channel it belongs to; ``role_ids`` are the person's roles there, the one that
    everybody has included; ``manages_server`` says whether they may manage the server. All is as Discord sent it.
    """

    is_bot_dm: bool
    guild_id: int | None
    max_file_bytes: int = 10 * 1024 * 1024
    channel_ids: frozenset[int] = frozenset()
    role_ids: frozenset[int] = frozenset()
    manages_server: bool = False

    @property
    def must_be_ephemeral(self) -> bool:
        """Whether what is shown here must be visible to the person alone, because others could see it."""
        return not self.is_bot_dm


class UploadedFile(Protocol):
    """A file that a person sent. ``size`` is in bytes."""

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> int: ...

    async def read(self) -> bytes:
        """Return the file's bytes. Raise AttachmentGone, AttachmentNotFetched."""


@dataclass(frozen=True, slots=True)
class ServerParts:
    """The roles and channels that a server has, by their ids; None for what was not asked."""

    roles: frozenset[int] | None = None
    channels: frozenset[int] | None = None


ReadServerParts = Callable[[bool, bool], Awaitable[ServerParts]]
"""Ask Discord which roles and channels the server has: whether for roles, and whether for channels."""


async def _no_server_parts(_roles: bool, _channels: bool) -> ServerParts:
    """Know of none: outside of servers."""
    return ServerParts()


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """What a person did: used a button, a menu, a form or a command.

    ``selected`` holds the value of a menu, or those of a form's menus by their keys; ``fields`` the texts of a form and
    ``ticked`` the keys of its ticked boxes. ``values`` are all that was chosen in a message's menu. ``essay`` is the
    essay as it was when owner and version were checked; a handler that has changed something since must read it again.
    Where a form is to open it is None, and ``head`` is set. ``read_server_parts`` asks what the server has that it was
    done in. ``user_id`` is the person's id in Discord, ``message`` that of the message with the button, and
    ``owns_message`` whether that was made for them; ``may_write`` says whether they may write in a thread there.
    """

    custom_id: CustomId
    writer: str
    context: InteractionContext
    selected: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    ticked: frozenset[str] = frozenset()
    values: tuple[str, ...] = ()
    files: tuple[UploadedFile, ...] = ()
    essay: EssaySnapshot | None = None
    head: EssayHead | None = None
    read_server_parts: ReadServerParts = _no_server_parts
    user_id: int = 0
    message: int | None = None
    owns_message: bool = False
    may_write: bool = False

    @property
    def mention(self) -> str:
        """The person as a text in Discord names them."""
        return f"<@{self.user_id}>"

    @property
    def subject(self) -> str:
        """The id of the essay, or of the critique, that the action is about."""
        return self.custom_id.subject

    @property
    def selected_value(self) -> str:
        """The value chosen in a message's menu; "" if none was used."""
        return self.selected.get("", "")


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file to be sent; ``description`` says what a picture shows."""

    name: str
    data: bytes
    description: str = ""


@dataclass(frozen=True, slots=True)
class JobWatch:
    """A job to follow on a panel: ``card`` draws it while it runs, ``end`` what is shown when it has ended.

    ``result_buttons`` lead to the job's result, for a panel that cannot show it. ``page`` of the text is being read,
    None for the one being written, ``section`` is chosen in it, and ``notice`` stands on the card: with these another
    process can draw it again.
    """

    job: Job
    card: Callable[[JobView], Card]
    end: Callable[[], Awaitable[ShowCard]]
    result_buttons: tuple[Button, ...] = ()
    page: int | None = None
    notice: str | None = None
    section: int | None = None


def _do_nothing() -> None:
    """Do nothing: the default of a callback."""


@dataclass(frozen=True, slots=True)
class ShowCard:
    """Show a card on the panel, and with ``watch`` a job's progress, or what the card shows after the job.

    ``on_shown`` is called once Discord has the card.

    If the card shows the end of a job, ``is_unfinished`` says that its text was cut short, and ``side_version`` is the
    version it made, if that is not the current one.
    """

    card: Card
    watch: JobWatch | None = None
    is_unfinished: bool = False
    side_version: int | None = None
    on_shown: Callable[[], None] = _do_nothing


@dataclass(frozen=True, slots=True)
class OpenForm:
    """Open a form."""

    form: Form


@dataclass(frozen=True, slots=True)
class SendFile:
    """Send a new message with a file; ``on_sent`` is called once Discord has accepted it.

    ``show`` is then shown on the panel, None to leave it as it is.
    """

    card: Card
    file: ExportFile
    on_sent: Callable[[], Awaitable[None]] | None = None
    show: ShowCard | None = None


@dataclass(frozen=True, slots=True)
class SendFiles:
    """Send new messages with files, one after another: each is made once the one before it was sent."""

    files: AsyncGenerator[SendFile]


@dataclass(frozen=True, slots=True)
class MoveToDm:
    """Continue an essay's panel in the DM with the bot."""

    show: ShowCard
    essay_id: str


@dataclass(frozen=True, slots=True)
class PostBelow:
    """In the DM: replace the panel by ``record``, which says what was done, and post ``show`` as a new message."""

    record: Card
    show: ShowCard


@dataclass(frozen=True, slots=True)
class PostPublicly:
    """Post a message that everybody in the channel sees; ``on_posted`` is given its id once Discord has accepted it."""

    card: Card
    on_posted: Callable[[int], Awaitable[None]]


HandlerResult = ShowCard | OpenForm | SendFile | SendFiles | MoveToDm | PostBelow | PostPublicly
