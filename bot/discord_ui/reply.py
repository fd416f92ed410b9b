"""What a handler answers with, and what it is given. No type of discord.py's is among them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bot.discord_ui.cards import Button, Card, Form
from bot.discord_ui.ids import Id
from bot.discord_ui.people import Place
from bot.workflow.jobs import Job, JobView


class Upload(Protocol):
    """A file that a person sent along. ``size`` is in bytes."""

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> int: ...

    async def read(self) -> bytes:
        """Its bytes. Raises FileGone, NotFetched."""


@dataclass(frozen=True, slots=True)
class Press:
    """Something a person did: a button, a menu, a form or a command.

    ``chosen`` are the values of a menu, or of the menus of a form by their keys; ``fields`` the texts of a form and
    ``ticked`` the keys of its ticked boxes.
    """

    id: Id
    writer: str
    place: Place
    chosen: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    ticked: frozenset[str] = frozenset()
    files: tuple[Upload, ...] = ()

    @property
    def value(self) -> str:
        """What was chosen in a menu of a message; "" where none was used."""
        return self.chosen.get("", "")


@dataclass(frozen=True, slots=True)
class File:
    """A file to hand over."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Watch:
    """A job whose progress the panel shows: ``card`` while it runs, what ``end`` gives when it has ended.

    ``ways`` are the buttons that lead to what came of it, where the panel cannot show that.
    """

    job: Job
    card: Callable[[JobView], Card]
    end: Callable[[], Awaitable[Show]]
    ways: tuple[Button, ...] = ()


def _nothing() -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class Show:
    """The panel shows this; with ``watch``, what comes of a job as well. ``seen`` is called once Discord has it.

    Where it shows the end of a job, ``unfinished`` says that its text was cut short, and ``beside`` is the version that
    it made, where that waits beside the current one.
    """

    card: Card
    watch: Watch | None = None
    unfinished: bool = False
    beside: int | None = None
    seen: Callable[[], None] = _nothing


@dataclass(frozen=True, slots=True)
class Ask:
    """A form opens."""

    form: Form


@dataclass(frozen=True, slots=True)
class Hand:
    """A new message with a file; ``after`` is done once Discord has taken it."""

    card: Card
    file: File
    after: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Move:
    """An essay's panel goes on in the DM with the bot."""

    show: Show
    essay: str


@dataclass(frozen=True, slots=True)
class Onward:
    """In the DM: the panel becomes ``left``, a record of what was done, and ``show`` follows as a new message."""

    left: Card
    show: Show


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing changes by this: what was pressed before it, and goes on now, shows what comes of it."""


Answer = Show | Ask | Hand | Move | Onward | Nothing


@dataclass(frozen=True, slots=True)
class Later:
    """What the person did is stored. Now a model is asked, which may take minutes: nothing else of theirs waits.

    ``ask`` gives what the model could not do, or None, and changes the essay only where that still fits. ``show`` gives
    what is shown then, from the store, without a model; it is given what there is to say of the asking, and whether
    what it shows is what the writer's messages are about from now on. ``meanwhile`` makes a card of a sentence, and
    ``words`` is that sentence while nothing has gone wrong.
    """

    ask: Callable[[], Awaitable[str | None]]
    show: Callable[[str | None, bool], Awaitable[Answer]]
    words: str
    meanwhile: Callable[[str], Card]


Reply = Answer | Later
