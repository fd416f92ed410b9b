"""What a person is told of the messages they wrote: one panel that keeps up with them, never a reply to each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import discord

from bot.discord_ui.addresses import STUMBLES
from bot.discord_ui.cards import Button, Card, Row
from bot.discord_ui.clicks import Clicks
from bot.discord_ui.components import layout
from bot.discord_ui.ids import NOBODY, parse
from bot.discord_ui.panels import interview as interview_panel
from bot.discord_ui.panels import lists
from bot.discord_ui.panels.interview import FURTHER, RETURNED
from bot.discord_ui.people import Place
from bot.discord_ui.screens import Screens
from bot.discord_ui.state import read_state
from bot.errors import BotError, UnknownEssay
from bot.workflow.conversation import Changed, Heard

log = logging.getLogger("bot.discord")

OWN_DM = Place(own_dm=True, server=None)
TELL_SECONDS = 1.2  # a channel takes five edits in five seconds, and whoever types in bursts is told once
_FAR = 5  # so many messages below its panel, on a phone the panel is off the screen: it is posted anew
_PATIENCE = 5.0  # seconds; clicks of the person wait meanwhile, and what could not be shown comes with the next click


@dataclass(eq=False)
class _Standing:
    """A message of the bot's that keeps up with what a person writes.

    ``question`` is the number of the one it shows, None for the first screen; ``notes`` are those it tells of, where it
    is no panel. ``since`` counts the messages written below it; ``left`` says that a click has shown something else
    there while it was about to be edited.
    """

    message: int
    essay: str
    question: int | None = None
    mode: str = ""
    notes: _Notes | None = None
    since: int = 0
    left: bool = False


@dataclass(frozen=True, slots=True)
class _Notes:
    """Notes that messages have made, and those that edited messages have changed, by their numbers."""

    made: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()

    def and_(self, other: _Notes) -> _Notes:
        """These and the others, each once."""
        return _Notes(
            tuple(dict.fromkeys((*self.made, *other.made))), tuple(dict.fromkeys((*self.changed, *other.changed)))
        )


@dataclass(eq=False)
class _News:
    """What has come since a person was last told.

    ``panel`` is the question whose answer has changed, with its essay; None for the number where it is the first
    screen. ``notes`` are by essay.
    """

    channel: int
    panel: tuple[str, int | None] | None = None
    notes: dict[str, _Notes] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)

    def add(self, essay: str, notes: _Notes) -> None:
        """Notes of an essay to be told of."""
        self.notes[essay] = self.notes.get(essay, _Notes()).and_(notes)


class Teller:
    """Tells people, by writer. What it remembers may be lost: then it posts where it would have edited."""

    def __init__(
        self,
        screens: Screens,
        turn: Callable[[str], asyncio.Lock],
        clicks: Clicks,
        tell_seconds: float = TELL_SECONDS,
    ) -> None:
        self._screens = screens
        self._turn = turn
        self._clicks = clicks
        self._seconds = tell_seconds
        self._standing: dict[str, _Standing] = {}  # panels
        self._kept: dict[str, _Standing] = {}  # what tells of notes, until something else is shown below it
        self._edited: dict[str, _Standing] = {}  # those that are about to be edited
        self._news: dict[str, _News] = {}
        self._waiting: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def shown(self, writer: str, message: int, card: Card) -> None:
        """Learns what a message in the DM shows now."""
        before, found = self._standing.get(writer), _standing(message, card)
        edited = self._edited.get(writer)
        if edited is not None and edited.message == message:
            same = found is not None and (found.essay, found.question) == (edited.essay, edited.question)
            edited.left = edited.notes is not None or not same
        self._kept.pop(writer, None)
        if found is not None:
            self._standing[writer] = found
        elif before is not None and before.message == message:
            del self._standing[writer]

    def heard(
        self,
        client: discord.Client,
        writer: str,
        channel: int,
        heard: Heard,
        notes: Sequence[int],
        notice: str | None = None,
    ) -> None:
        """A message has been stored, and notes with these numbers made of it and its files. Returns at once."""
        for standing in (self._standing.get(writer), self._kept.get(writer)):
            if standing is not None:
                standing.since += 1
        news = self._pending(client, writer, channel)
        if heard.note is None:
            news.panel = heard.essay, heard.question
        if notes:
            news.add(heard.essay, _Notes(made=tuple(notes)))
        if notice is not None and notice not in news.notices:
            news.notices.append(notice)

    def changed(self, client: discord.Client, writer: str, channel: int, changed: Changed) -> None:
        """A message has another text: its note is told of, or the panel that counts it shown anew."""
        if changed.note is None:
            self._refresh(client, writer, channel, changed.essay)
        elif changed.kept:
            self.say(client, writer, channel, f"Your message holds no words now: note {changed.note} keeps its own.")
        else:
            numbers = (changed.note,)
            notes = _Notes(made=numbers) if changed.made else _Notes(changed=numbers)
            self._pending(client, writer, channel).add(changed.essay, notes)

    def placed(self, client: discord.Client, writer: str, channel: int, essay: str, notice: str | None) -> None:
        """Notes of an essay were sorted: what tells of them is shown anew, and said what could not be done."""
        self._refresh(client, writer, channel, essay)
        if notice is not None:
            self.say(client, writer, channel, notice)

    def _refresh(self, client: discord.Client, writer: str, channel: int, essay: str) -> None:
        """Shows anew what stands in the DM, if that is of the essay."""
        standing, kept = self._standing.get(writer), self._kept.get(writer)
        if kept is not None and kept.essay == essay and kept.notes is not None:
            self._pending(client, writer, channel).add(essay, kept.notes)
        if standing is not None and standing.essay == essay:
            news = self._pending(client, writer, channel)
            news.panel = news.panel or (essay, standing.question)

    def say(self, client: discord.Client, writer: str, channel: int, sentence: str) -> None:
        """Something went wrong with a message."""
        news = self._pending(client, writer, channel)
        if sentence not in news.notices:
            news.notices.append(sentence)

    @contextmanager
    def together(self, client: discord.Client, writer: str) -> Iterator[None]:
        """Whatever is heard inside is told of at the end, at once."""
        self._waiting.add(writer)
        try:
            yield
        finally:
            self._waiting.discard(writer)
            if writer in self._news:
                self._begin(client, writer)

    async def close(self) -> None:
        """Tells nobody any more."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _pending(self, client: discord.Client, writer: str, channel: int) -> _News:
        if (news := self._news.get(writer)) is None:
            news = self._news[writer] = _News(channel)
            if writer not in self._waiting:
                self._begin(client, writer)
        return news

    def _begin(self, client: discord.Client, writer: str) -> None:
        task = asyncio.create_task(self._tell(client, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell(self, client: discord.Client, writer: str) -> None:
        await asyncio.sleep(self._seconds)
        async with self._turn(writer):  # a click in between would be overtaken by what was true before it
            if writer in self._waiting or (news := self._news.pop(writer, None)) is None:
                return
            dm = client.get_partial_messageable(news.channel, type=discord.ChannelType.private)
            try:
                async with asyncio.timeout(_PATIENCE):
                    await self._show(dm, writer, news)
            except (BotError, TimeoutError, *STUMBLES) as error:
                log.info("a person could not be told of their messages: %s", type(error).__name__)

    async def _show(self, dm: discord.PartialMessageable, writer: str, news: _News) -> None:
        if news.notices:
            await dm.send(view=layout(lists.said("\n".join(news.notices))))
        for essay, notes in news.notes.items():
            kept = self._kept.get(writer)
            here = kept if kept is not None and kept.essay == essay else None
            told = here.notes.and_(notes) if here is not None and here.notes is not None else notes
            try:
                state = await read_state(self._screens.tools, writer, essay)
            except UnknownEssay:
                continue  # deleted since
            card = interview_panel.kept(state, told.made, told.changed)
            await self._put(dm, writer, card, here, _Standing(0, essay, notes=told))
        if news.panel is not None:
            essay, question = news.panel
            standing = self._standing.get(writer)
            here = standing if standing is not None and (standing.essay, standing.question) == news.panel else None
            mode = here.mode if here else ""
            show = await self._screens.answering(writer, essay, question, mode, OWN_DM)
            if show is not None:
                await self._put(dm, writer, show.card, here, _Standing(0, essay, question, mode))

    async def _put(
        self, dm: discord.PartialMessageable, writer: str, card: Card, here: _Standing | None, new: _Standing
    ) -> None:
        """Edits the message that stands there, or posts where it is gone, far up, or shows something else by now."""
        if here is not None and here.since <= _FAR and await self._edit(dm, writer, card, here):
            here.notes = new.notes
            return
        new.message = (await dm.send(view=layout(card))).id
        if new.notes is not None:
            self._kept[writer] = new
        else:
            self._standing[writer] = new
            self._kept.pop(writer, None)

    async def _edit(self, dm: discord.PartialMessageable, writer: str, card: Card, here: _Standing) -> bool:
        self._edited[writer] = here
        try:
            async with self._clicks.alone(here.message):
                if here.left:
                    return False
                await dm.get_partial_message(here.message).edit(view=layout(card))
                return True
        except discord.NotFound:
            return False  # the person, or a restarted client, no longer has it
        finally:
            del self._edited[writer]


def _standing(message: int, card: Card) -> _Standing | None:
    """What a card has to keep up with: an open question that messages answer, or a first screen."""
    buttons = [one for row in card.parts if isinstance(row, Row) for one in row.buttons if isinstance(one, Button)]
    ids = {found.action: found for button in buttons if (found := parse(button.id)) is not None}
    if (asked := ids.get("next")) is not None and asked.kind == "essay":
        mode = asked.argument[-1:] if asked.argument.endswith((FURTHER, RETURNED)) else ""
        number = asked.argument.removesuffix(mode)
        return _Standing(message, asked.subject, int(number), mode)
    if (first := ids.get("interview")) is not None and first.subject != NOBODY:
        return _Standing(message, first.subject)
    return None
