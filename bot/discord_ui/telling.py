"""What a person is told of the messages they wrote: one panel that keeps up with them, never a reply to each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import discord

from bot.discord_ui.addresses import STUMBLES
from bot.discord_ui.cards import Button, Card, Row
from bot.discord_ui.clicks import Clicks
from bot.discord_ui.components import layout
from bot.discord_ui.ids import NOBODY, parse
from bot.discord_ui.news import News, Notes, Posting
from bot.discord_ui.panels import interview as interview_panel
from bot.discord_ui.panels import lists
from bot.discord_ui.panels.interview import FURTHER, RETURNED
from bot.discord_ui.people import Place
from bot.discord_ui.screens import Screens
from bot.discord_ui.state import read_state
from bot.errors import BadInput, BotError, DamagedText
from bot.workflow.conversation import Changed, Heard

log = logging.getLogger("bot.discord")

OWN_DM = Place(own_dm=True, server=None)
TELL_SECONDS = 1.2  # a channel takes five edits in five seconds, and whoever types in bursts is told once
_FAR = 5  # so many messages below its panel, on a phone the panel is off the screen: it is posted anew
_PATIENCE = 5.0  # seconds; clicks of the person wait meanwhile, and what could not be shown is tried again
# Seconds before each further try, besides the usual ones. A refusal that was a slip is over by the first, a fault of
# Discord's mostly by the last; after that it waits for whatever is told or shown next. Clicks do not wait meanwhile.
AGAIN_AFTER = (2.0, 5.0, 10.0, 20.0, 40.0)
# Discord's error codes: the person's DMs are closed to the bot, or they share no server with it.
_CLOSED = (50007, 50278)


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
    notes: Notes | None = None
    since: int = 0
    left: bool = False


@dataclass(frozen=True, slots=True)
class _Telling:
    """Somebody is being told. ``come`` is set by whatever is a reason to try now."""

    task: asyncio.Task[None]
    come: asyncio.Event


class Teller:
    """Tells people, by writer. What it remembers may be lost: then it posts where it would have edited.

    They are told ``tell_seconds`` after something has come. What could not be told is tried again ``again_after`` so
    many seconds, and then comes with whatever is told or shown next; what of it was told is not told again.
    """

    def __init__(self, screens: Screens, turn: Callable[[str], asyncio.Lock], clicks: Clicks) -> None:
        self.tell_seconds = TELL_SECONDS
        self.again_after: Sequence[float] = AGAIN_AFTER
        self._screens = screens
        self._turn = turn
        self._clicks = clicks
        self._standing: dict[str, _Standing] = {}  # panels
        self._kept: dict[str, _Standing] = {}  # what tells of notes, until something else is shown below it
        self._edited: dict[str, _Standing] = {}  # those that are about to be edited
        self._news: dict[str, News] = {}
        self._waiting: set[str] = set()
        self._telling: dict[str, _Telling] = {}
        self._closed = False

    def shown(self, writer: str, message: int, card: Card) -> None:
        """Learns what a message in the DM shows now."""
        before, found = self._standing.get(writer), _standing(message, card)
        edited = self._edited.get(writer)
        if edited is not None and edited.message == message:
            same = found is not None and (found.essay, found.question) == (edited.essay, edited.question)
            edited.left = edited.notes is not None or not same
        if found is not None:
            self._standing[writer] = found
        elif before is not None and before.message == message:
            del self._standing[writer]
        self.below(writer)

    def below(self, writer: str) -> None:
        """Something is said below what tells of notes: the next are told of in a new message, which is marked unread.

        What could not be told before is tried again, for by now Discord takes something.
        """
        self._kept.pop(writer, None)
        if writer in self._news:
            self._soon(writer)

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
            news.add(heard.essay, Notes(made=tuple(notes)))
        if notice is not None:
            news.notices.add(notice)

    def changed(self, client: discord.Client, writer: str, channel: int, changed: Changed) -> None:
        """A message has another text: its note is told of, or the panel that counts it shown anew."""
        if changed.note is None:
            self._refresh(client, writer, channel, changed.essay)
        elif changed.kept:
            self.say(client, writer, channel, f"Your message holds no words now: note {changed.note} keeps its own.")
        elif changed.apart:
            told = (
                f"Note {changed.note} was edited by itself since, so your message no longer changes it: edit the note."
            )
            self.say(client, writer, channel, told)
        else:
            numbers = (changed.note,)
            notes = Notes(made=numbers) if changed.made else Notes(changed=numbers)
            self._pending(client, writer, channel).add(changed.essay, notes)

    def placed(self, client: discord.Client, writer: str, channel: int, essay: str, notice: str | None) -> None:
        """Notes of an essay were sorted: what tells of them is shown anew, and said what could not be done."""
        self._refresh(client, writer, channel, essay)
        if notice is not None:
            self.say(client, writer, channel, notice)

    def _refresh(self, client: discord.Client, writer: str, channel: int, essay: str) -> None:
        """Shows anew what stands in the DM, if that is of the essay."""
        standing, kept = self._standing.get(writer), self._kept.get(writer)
        if kept is not None and kept.essay == essay:
            self._pending(client, writer, channel).add(essay, Notes())
        if standing is not None and standing.essay == essay:
            news = self._pending(client, writer, channel)
            news.panel = news.panel or (essay, standing.question)

    def say(self, client: discord.Client, writer: str, channel: int, sentence: str) -> None:
        """Something went wrong with a message."""
        self._pending(client, writer, channel).notices.add(sentence)

    @contextmanager
    def together(self, writer: str) -> Iterator[None]:
        """Whatever is heard inside is told of at the end, at once."""
        self._waiting.add(writer)
        try:
            yield
        finally:
            self._waiting.discard(writer)
            if writer in self._news:
                self._soon(writer)

    async def idle(self, writer: str) -> None:
        """Returns when nothing is being told to the writer, nor waits for a time to be tried again."""
        while (telling := self._telling.get(writer)) is not None:
            await asyncio.wait({telling.task})

    async def close(self) -> None:
        """Tells nobody any more."""
        self._closed = True
        tasks = [telling.task for telling in self._telling.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _pending(self, client: discord.Client, writer: str, channel: int) -> News:
        """Where something is added that is soon told."""
        news = self._news.setdefault(writer, News(client, channel))
        self._soon(writer)
        return news

    def _soon(self, writer: str) -> None:
        """The writer's news are told shortly, also where they were to wait for another try."""
        if self._closed or writer in self._waiting:
            return
        if (telling := self._telling.get(writer)) is not None:
            telling.come.set()
            return
        come = asyncio.Event()
        self._telling[writer] = _Telling(asyncio.create_task(self._tell(writer, come), name="telling"), come)

    async def _tell(self, writer: str, come: asyncio.Event) -> None:
        """Tells the writer, and what comes meanwhile, until nothing is left or nothing helps for now."""
        again = iter(self.again_after)
        try:
            while True:
                await asyncio.sleep(self.tell_seconds)
                come.clear()
                worth_it = await self._try(writer)
                if writer in self._waiting or writer not in self._news:
                    return
                if not come.is_set():
                    pause = next(again, None) if worth_it else None
                    if pause is None:
                        return
                    with suppress(TimeoutError):
                        async with asyncio.timeout(pause):
                            await come.wait()
                if come.is_set():
                    again = iter(self.again_after)
        finally:
            del self._telling[writer]

    async def _try(self, writer: str) -> bool:
        """Tells what is news now. What could not be told is news again; whether the same may work a little later."""
        async with self._turn(writer):  # a click in between would be overtaken by what was true before it
            if writer in self._waiting or (news := self._news.pop(writer, None)) is None:
                return True
            try:
                async with asyncio.timeout(_PATIENCE):
                    untold = await self._show(writer, news)
            except TimeoutError as error:
                log.info("a person could not be told of their messages in time")
                untold = [error]
            if untold:
                if (later := self._news.get(writer)) is not None:
                    news.follow(later)
                self._news[writer] = news
        return not any(isinstance(error, discord.HTTPException) and error.code in _CLOSED for error in untold)

    async def _show(self, writer: str, news: News) -> list[Exception]:
        """Tells it part by part, and takes out of it what is done; why the rest could not be told.

        One part does not wait for another: a channel that takes no new message may still take an edit.
        """
        untold: list[Exception] = []
        while sentences := news.notices.first():
            view = layout(lists.said("\n".join(sentences)))
            if not await _done(news.dm.send(view=view, nonce=news.notices.nonce), untold):
                break
            news.notices.done(len(sentences))
        for essay, notes in list(news.notes.items()):
            if await _done(self._show_notes(writer, news, essay, notes), untold):
                del news.notes[essay]
        if news.panel is not None and await _done(self._show_panel(writer, news, *news.panel), untold):
            news.panel = None
        return untold

    async def _show_notes(self, writer: str, news: News, essay: str, notes: Notes) -> None:
        kept = self._kept.get(writer)
        here = kept if kept is not None and kept.essay == essay else None
        if here is None and notes == Notes():
            return  # it was to be shown anew, and something else stands below it by now
        told = here.notes.and_(notes) if here is not None and here.notes is not None else notes
        state = await read_state(self._screens.tools, writer, essay)
        card = interview_panel.kept(state, told.made, told.changed)
        await self._put(writer, news, card, here, _Standing(0, essay, notes=told))

    async def _show_panel(self, writer: str, news: News, essay: str, question: int | None) -> None:
        standing = self._standing.get(writer)
        here = standing if standing is not None and (standing.essay, standing.question) == (essay, question) else None
        mode = here.mode if here else ""
        show = await self._screens.answering(writer, essay, question, mode, OWN_DM)
        if show is not None:
            await self._put(writer, news, show.card, here, _Standing(0, essay, question, mode))

    async def _put(self, writer: str, news: News, card: Card, here: _Standing | None, new: _Standing) -> None:
        """Edits the message that stands there, or posts where it is gone, far up, or shows something else by now.

        What an earlier try may have posted is not posted again, but brought up to date.
        """
        if here is not None and here.since <= _FAR and await self._edit(news.dm, writer, card, here):
            here.notes = new.notes
            return
        key = (new.essay, new.question) if new.notes is None else new.essay
        posting = news.postings.setdefault(key, Posting())
        posting.tried(card)
        new.message = (await news.dm.send(view=layout(card), nonce=posting.nonce)).id
        del news.postings[key]
        if new.notes is not None:
            self._kept[writer] = new
        else:
            self._standing[writer] = new
            self._kept.pop(writer, None)
        if posting.mixed:
            await self._put(writer, news, card, new, new)

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


async def _done(telling: Coroutine[None, None, object], untold: list[Exception]) -> bool:
    """Whether a part need not be told any more; else why it was not is added to ``untold``.

    What Discord refuses as it stands would be refused each time, and nobody misses what is of a deleted essay.
    """
    try:
        await telling
    except (BotError, *STUMBLES) as error:
        log.info("a person could not be told of their messages: %s", type(error).__name__)
        if isinstance(error, BadInput | DamagedText) or (
            isinstance(error, discord.HTTPException) and error.status == 400
        ):
            return True
        untold.append(error)
        return False
    return True


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
