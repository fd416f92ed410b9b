"""What a person is told of the messages they wrote: one panel that keeps up with them, never a reply to each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import discord

from bot.discord_ui.cards import Button, Card, Row
from bot.discord_ui.components import layout
from bot.discord_ui.ids import NOBODY, parse
from bot.discord_ui.panels import interview as interview_panel
from bot.discord_ui.panels import lists
from bot.discord_ui.panels.interview import FURTHER, RETURNED
from bot.discord_ui.people import Place
from bot.discord_ui.screens import Screens
from bot.errors import BotError
from bot.workflow.conversation import Heard

log = logging.getLogger("bot.discord")

OWN_DM = Place(own_dm=True, server=None)
TELL_SECONDS = 1.2  # a channel takes five edits in five seconds, and whoever types in bursts is told once
_FAR = 5  # so many messages below its panel, on a phone the panel is off the screen: it is posted anew
_PATIENCE = 5.0  # seconds; clicks of the person wait meanwhile, and what could not be shown comes with the next click


@dataclass(eq=False)
class _Standing:
    """A message of the bot's that keeps up with what a person writes.

    ``question`` is the number of the one it shows, None for the first screen; ``notes`` how many notes it tells of,
    where it is no panel. ``since`` counts the messages written below it.
    """

    message: int
    essay: str
    question: int | None = None
    mode: str = ""
    notes: int = 0
    since: int = 0


@dataclass(eq=False)
class _News:
    """What has come since a person was last told. ``panel`` says that an answer or the first screen has changed."""

    channel: int
    essay: str | None = None
    question: int | None = None
    panel: bool = False
    notes: int = 0
    notices: list[str] = field(default_factory=list)


class Teller:
    """Tells people, by writer. What it remembers may be lost: then it posts where it would have edited."""

    def __init__(
        self, screens: Screens, turn: Callable[[str], asyncio.Lock], tell_seconds: float = TELL_SECONDS
    ) -> None:
        self._screens = screens
        self._turn = turn
        self._seconds = tell_seconds
        self._standing: dict[str, _Standing] = {}
        self._news: dict[str, _News] = {}
        self._waiting: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def shown(self, writer: str, message: int, card: Card) -> None:
        """Learns what a message in the DM shows now."""
        before = self._standing.get(writer)
        if (found := _standing(message, card)) is not None:
            self._standing[writer] = found
        elif before is not None and (before.message == message or before.notes):
            del self._standing[writer]

    def heard(
        self, client: discord.Client, writer: str, channel: int, heard: Heard, notes: int, notice: str | None = None
    ) -> None:
        """A message has been stored, and so many notes made of it and its files. Returns at once."""
        if (standing := self._standing.get(writer)) is not None:
            standing.since += 1
        news = self._pending(client, writer, channel)
        news.essay = heard.essay
        if heard.note is None:
            news.panel, news.question = True, heard.question
        news.notes += notes
        if notice is not None and notice not in news.notices:
            news.notices.append(notice)

    def changed(self, client: discord.Client, writer: str, channel: int) -> None:
        """A message has another text: a panel that counts it is shown anew."""
        standing = self._standing.get(writer)
        if standing is not None and not standing.notes:
            news = self._pending(client, writer, channel)
            if not news.panel:
                news.essay, news.question, news.panel = standing.essay, standing.question, True

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
            except (BotError, discord.HTTPException, OSError, TimeoutError) as error:
                log.info("a person could not be told of their messages: %s", type(error).__name__)

    async def _show(self, dm: discord.PartialMessageable, writer: str, news: _News) -> None:
        if news.notices:
            await dm.send(view=layout(lists.said("\n".join(news.notices))))
        if news.essay is None:
            return
        standing = self._standing.get(writer)
        if news.notes:
            essay = await self._screens.tools.desk.open(writer, news.essay)
            here = standing if standing is not None and standing.essay == news.essay and standing.notes else None
            notes = news.notes + (here.notes if here else 0)
            card = interview_panel.kept(essay.title, essay.id, essay.head or 0, notes)
            await self._put(dm, writer, card, here, _Standing(0, essay.id, notes=notes))
        if news.panel:
            same = (
                standing is not None
                and not standing.notes
                and (standing.essay, standing.question) == (news.essay, news.question)
            )
            here = standing if same else None
            mode = here.mode if here else ""
            show = await self._screens.answering(writer, news.essay, news.question, mode, OWN_DM)
            if show is not None:
                await self._put(dm, writer, show.card, here, _Standing(0, news.essay, news.question, mode))

    async def _put(
        self, dm: discord.PartialMessageable, writer: str, card: Card, here: _Standing | None, new: _Standing
    ) -> None:
        """Edits the message that stands there, or posts where it is gone or far up."""
        if here is not None and here.since <= _FAR:
            try:
                await dm.get_partial_message(here.message).edit(view=layout(card))
            except discord.NotFound:
                pass  # the person, or a restarted client, no longer has it
            else:
                here.notes = new.notes
                return
        new.message = (await dm.send(view=layout(card))).id
        self._standing[writer] = new


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
