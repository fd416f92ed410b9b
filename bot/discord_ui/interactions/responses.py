"""What a handler is given and what it returns, without a type of discord.py's; and a person's id in the store."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bot.discord_ui.interactions.custom_ids import CustomId
from bot.discord_ui.panels.cards import Button, Card, Form
from bot.services.jobs.job import Job, JobView
from bot.services.snapshot import EssaySnapshot


def writer_id(secret: bytes, user: int) -> str:
    """Return the writer behind a Discord account: HMAC-SHA256 over its id, the first 128 bits in hexadecimal.

    Without the store's secret nobody can tell the account from it, nor make one up that fits an account.
    """
    return "d" + hmac.new(secret, f"discord:{user}".encode(), hashlib.sha256).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class InteractionContext:
    """Where something happens: in the bot's own DM with the person, in a server, or in another conversation."""

    is_bot_dm: bool
    guild_id: int | None

    @property
    def must_be_ephemeral(self) -> bool:
        """Whether what is shown here must be for the person alone, because others could see it."""
        return not self.is_bot_dm


class UploadedFile(Protocol):
    """A file that a person sent along. ``size`` is in bytes."""

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> int: ...

    async def read(self) -> bytes:
        """Return its bytes. Raise AttachmentGone, AttachmentNotFetched."""


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """Something a person did: a button, a menu, a form or a command.

    ``selected`` are the values of a menu, or of the menus of a form by their keys; ``fields`` the texts of a form and
    ``ticked`` the keys of its ticked boxes. ``essay`` is the essay that the action is about, as it was when the action
    was checked: of no use to a handler that has changed something since, and None where a form is to open.
    """

    custom_id: CustomId
    writer: str
    context: InteractionContext
    selected: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    ticked: frozenset[str] = frozenset()
    files: tuple[UploadedFile, ...] = ()
    essay: EssaySnapshot | None = None

    @property
    def subject(self) -> str:
        """The id of the essay, or of the critique, that the action is about."""
        return self.custom_id.subject

    @property
    def selected_value(self) -> str:
        """What was chosen in a menu of a message; "" where none was used."""
        return self.selected.get("", "")


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file to hand over."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class JobWatch:
    """A job whose progress the panel shows: ``card`` while it runs, what ``end`` gives when it has ended.

    ``result_buttons`` are those that lead to what came of it, where the panel cannot show that.
    """

    job: Job
    card: Callable[[JobView], Card]
    end: Callable[[], Awaitable[ShowCard]]
    result_buttons: tuple[Button, ...] = ()


def _do_nothing() -> None:
    """Do nothing: the default of a callback."""


@dataclass(frozen=True, slots=True)
class ShowCard:
    """The panel shows this; with ``watch``, what comes of a job as well. ``on_shown`` is called once Discord has it.

    Where it shows the end of a job, ``is_unfinished`` says that its text was cut short, and ``side_version`` is what
    it made, where that waits beside the current one.
    """

    card: Card
    watch: JobWatch | None = None
    is_unfinished: bool = False
    side_version: int | None = None
    on_shown: Callable[[], None] = _do_nothing


@dataclass(frozen=True, slots=True)
class OpenForm:
    """A form opens."""

    form: Form


@dataclass(frozen=True, slots=True)
class SendFile:
    """A new message with a file; ``on_sent`` is done once Discord has taken it."""

    card: Card
    file: ExportFile
    on_sent: Callable[[], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True)
class MoveToDm:
    """An essay's panel goes on in the DM with the bot."""

    show: ShowCard
    essay_id: str


@dataclass(frozen=True, slots=True)
class PostBelow:
    """In the DM: the panel becomes ``record``, a record of what was done, and ``show`` follows as a new message."""

    record: Card
    show: ShowCard


HandlerResult = ShowCard | OpenForm | SendFile | MoveToDm | PostBelow
