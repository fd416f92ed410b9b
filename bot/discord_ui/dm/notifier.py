"""What a person has still to be told of the messages they wrote."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import discord

from bot.discord_ui.interactions.custom_ids import NO_SUBJECT, parse_custom_id
from bot.discord_ui.interactions.responses import InteractionContext
from bot.discord_ui.messages.components import to_view
from bot.discord_ui.messages.editor import (
    DISCORD_ERRORS,
    AddressExpired,
    ChannelAddress,
    MessageDeleted,
    MessageEditor,
    MessageEditors,
    Superseded,
)
from bot.discord_ui.messages.text_limits import utf16_length
from bot.discord_ui.panels import interview as interview_panel
from bot.discord_ui.panels.cards import Button, ButtonRow, Card, text_card
from bot.discord_ui.panels.essay_state import load_essay_state
from bot.discord_ui.panels.interview import FURTHER_MODE, SKIPPED_MODE
from bot.discord_ui.panels.presenter import Presenter
from bot.errors import BadInput, BotError, DamagedText
from bot.services.dm_messages import MessageChange, StoredMessage

_MAX_NOTICE_UNITS = 3_800  # of the 4,000 characters that a message takes
_MAX_NOTICES = 50  # kept of one person while Discord takes none; a person says few that differ
_DROPPED_NOTICE = "There was more to say of what you wrote before. Your essay shows what was stored of it."


def _new_nonce() -> str:
    return secrets.token_hex(12)  # Discord takes 25 characters


@dataclass(frozen=True, slots=True)
class NoteChanges:
    """Notes that messages have made, and those that edited messages have changed, by their numbers."""

    made: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()

    def union(self, other: NoteChanges) -> NoteChanges:
        """These and the others, each once."""
        return NoteChanges(
            tuple(dict.fromkeys((*self.made, *other.made))), tuple(dict.fromkeys((*self.changed, *other.changed)))
        )


@dataclass(eq=False)
class PendingNotices:
    """Sentences that nobody has said yet, each once.

    ``nonce`` goes with them to Discord, which for some minutes takes the same one once: said again because the answer
    was lost, they stand there once. So there is another whenever they are others. discord.py's own lasts for one call.
    """

    sentences: list[str] = field(default_factory=list)
    nonce: str = ""

    def add(self, sentence: str) -> None:
        """One more. Where there are too many the oldest goes, and that is said."""
        if sentence in self.sentences:
            return
        self.sentences.append(sentence)
        if len(self.sentences) > _MAX_NOTICES:
            self.sentences = [_DROPPED_NOTICE, *self.sentences[-_MAX_NOTICES + 1 :]]
        self._new_nonce()

    def next_batch(self) -> list[str]:
        """As many as fit into one message, oldest first; none where none is left."""
        length = 0
        found: list[str] = []
        for sentence in self.sentences:
            length += utf16_length(sentence) + 1
            if found and length > _MAX_NOTICE_UNITS:
                break
            found.append(sentence)
        return found

    def drop_first(self, count: int) -> None:
        """So many of them, from the first, need not be said any more."""
        del self.sentences[:count]
        self._new_nonce()

    def _new_nonce(self) -> None:
        self.nonce = _new_nonce()


@dataclass(eq=False)
class PendingPost:
    """A panel or a card that is to be posted, until it is known to stand there.

    ``nonce`` goes with every try, so that it is posted once. Discord then answers with what an earlier try has posted,
    as it was: ``mixed`` says that not all tries were of the same card, so that what stands there may be an older one.
    """

    nonce: str = field(default_factory=_new_nonce)
    has_mixed_cards: bool = False
    _last: Card | None = None

    def record_try(self, card: Card) -> None:
        """The card is about to be posted."""
        self.has_mixed_cards = self.has_mixed_cards or self._last not in (None, card)
        self._last = card


@dataclass(eq=False)
class Outbox:
    """What has come since a person was last told, and where to tell it: in the DM ``channel``, by its id.

    ``panel`` is the question whose answer has changed, with its essay; None for the number where it is the first
    screen. ``notes`` are by essay. What has been told is taken out of it. ``postings`` are of panels, by essay and
    question, and of cards that tell of notes, by essay.
    """

    client: discord.Client
    channel: int
    panel: tuple[str, int | None] | None = None
    notes: dict[str, NoteChanges] = field(default_factory=dict)
    notices: PendingNotices = field(default_factory=PendingNotices)
    posts: dict[tuple[str, int | None] | str, PendingPost] = field(default_factory=dict)

    @property
    def dm(self) -> discord.PartialMessageable:
        """Where to tell it."""
        return self.client.get_partial_messageable(self.channel, type=discord.ChannelType.private)

    def add(self, essay: str, notes: NoteChanges) -> None:
        """Notes of an essay to be told of."""
        self.notes[essay] = self.notes.get(essay, NoteChanges()).union(notes)

    def merge(self, later: Outbox) -> None:
        """What has come later is told with it."""
        self.panel = later.panel or self.panel
        for essay, notes in later.notes.items():
            self.add(essay, notes)
        for sentence in later.notices.sentences:
            self.notices.add(sentence)


# What a person is told of the messages they wrote: one panel that keeps up with them, never a reply to each.


log = logging.getLogger("bot.discord")

BOT_DM_CONTEXT = InteractionContext(is_bot_dm=True, guild_id=None)
NOTIFY_DELAY_SECONDS = 1.2  # a channel takes five edits in five seconds, and whoever types in bursts is told once
_MAX_MESSAGES_BELOW = 5  # so many messages below its panel, on a phone the panel is off the screen: it is posted anew
_EDIT_TIMEOUT_SECONDS = 5.0  # seconds; clicks of the person wait meanwhile, and what could not be shown is tried again
# Seconds before each further try, besides the usual ones. A refusal that was a slip is over by the first, a fault of
# Discord's mostly by the last; after that it waits for whatever is told or shown next. Clicks do not wait meanwhile.
RETRY_DELAYS_SECONDS = (2.0, 5.0, 10.0, 20.0, 40.0)
# Discord's error codes: the person's DMs are closed to the bot, or they share no server with it.
_DM_FORBIDDEN_CODES = (50007, 50278)


@dataclass(eq=False)
class _TrackedMessage:
    """A message of the bot's that keeps up with what a person writes.

    ``question`` is the number of the one it shows, None for the first screen; ``notes`` are those it tells of, where it
    is no panel. ``since`` counts the messages written below it. As the owner of its ``editor`` it is edited until a
    click shows something else there.
    """

    message_id: int
    essay: str
    question: int | None = None
    mode: str = ""
    notes: NoteChanges | None = None
    messages_below: int = 0
    editor: MessageEditor | None = None


@dataclass(frozen=True, slots=True)
class _NotifyTask:
    """Somebody is being told. ``come`` is set by whatever is a reason to try now."""

    task: asyncio.Task[None]
    wake: asyncio.Event


class DmNotifier:
    """Tells people, by writer. What it remembers may be lost: then it posts where it would have edited.

    They are told ``notify_delay_seconds`` after something has come. What could not be told is tried again
    ``retry_delays_seconds`` so many seconds, and then comes with whatever is told or shown next; what of it was told is
    not told again.
    """

    def __init__(
        self, presenter: Presenter, writer_lock: Callable[[str], asyncio.Lock], editors: MessageEditors
    ) -> None:
        self.notify_delay_seconds = NOTIFY_DELAY_SECONDS
        self.retry_delays_seconds: Sequence[float] = RETRY_DELAYS_SECONDS
        self._presenter = presenter
        self._writer_lock = writer_lock
        self._editors = editors
        self._panels: dict[str, _TrackedMessage] = {}  # panels
        self._summaries: dict[str, _TrackedMessage] = {}  # what tells of notes, until something else is shown below it
        self._outboxes: dict[str, Outbox] = {}
        self._waiting: set[str] = set()
        self._notify_tasks: dict[str, _NotifyTask] = {}
        self._closed = False

    def record_shown(self, writer: str, message: int, card: Card) -> None:
        """Learns what a message in the DM shows now."""
        before, found = self._panels.get(writer), _track_card(message, card)
        if found is not None:
            self._own(found)
            self._panels[writer] = found
        elif before is not None and before.message_id == message:
            del self._panels[writer]
        self.start_new_summary(writer)

    def start_new_summary(self, writer: str) -> None:
        """Something is said below what tells of notes: the next are told of in a new message, which is marked unread.

        What could not be told before is tried again, for by now Discord takes something.
        """
        self._summaries.pop(writer, None)
        if writer in self._outboxes:
            self._schedule(writer)

    def message_stored(
        self,
        client: discord.Client,
        writer: str,
        channel: int,
        heard: StoredMessage,
        notes: Sequence[int],
        notice: str | None = None,
    ) -> None:
        """A message has been stored, and notes with these numbers made of it and its files. Returns at once."""
        for standing in (self._panels.get(writer), self._summaries.get(writer)):
            if standing is not None:
                standing.messages_below += 1
        news = self._outbox(client, writer, channel)
        if heard.note is None:
            news.panel = heard.essay, heard.question
        if notes:
            news.add(heard.essay, NoteChanges(made=tuple(notes)))
        if notice is not None:
            news.notices.add(notice)

    def message_changed(self, client: discord.Client, writer: str, channel: int, changed: MessageChange) -> None:
        """A message has another text: its note is told of, or the panel that counts it shown anew."""
        if changed.note is None:
            self._refresh(client, writer, channel, changed.essay)
        elif changed.note_unchanged:
            self.notify(client, writer, channel, f"Your message holds no words now: note {changed.note} keeps its own.")
        elif changed.note_detached:
            told = (
                f"Note {changed.note} was edited by itself since, so your message no longer changes it: edit the note."
            )
            self.notify(client, writer, channel, told)
        else:
            numbers = (changed.note,)
            notes = NoteChanges(made=numbers) if changed.note_created else NoteChanges(changed=numbers)
            self._outbox(client, writer, channel).add(changed.essay, notes)

    def notes_sorted(self, client: discord.Client, writer: str, channel: int, essay: str, notice: str | None) -> None:
        """Notes of an essay were sorted: what tells of them is shown anew, and said what could not be done."""
        self._refresh(client, writer, channel, essay)
        if notice is not None:
            self.notify(client, writer, channel, notice)

    def _refresh(self, client: discord.Client, writer: str, channel: int, essay: str) -> None:
        """Shows anew what stands in the DM, if that is of the essay."""
        standing, kept = self._panels.get(writer), self._summaries.get(writer)
        if kept is not None and kept.essay == essay:
            self._outbox(client, writer, channel).add(essay, NoteChanges())
        if standing is not None and standing.essay == essay:
            news = self._outbox(client, writer, channel)
            news.panel = news.panel or (essay, standing.question)

    def notify(self, client: discord.Client, writer: str, channel: int, sentence: str) -> None:
        """Something went wrong with a message."""
        self._outbox(client, writer, channel).notices.add(sentence)

    @contextmanager
    def batch(self, writer: str) -> Iterator[None]:
        """Whatever is heard inside is told of at the end, at once."""
        self._waiting.add(writer)
        try:
            yield
        finally:
            self._waiting.discard(writer)
            if writer in self._outboxes:
                self._schedule(writer)

    async def wait_until_idle(self, writer: str) -> None:
        """Returns when nothing is being told to the writer, nor waits for a time to be tried again."""
        while (telling := self._notify_tasks.get(writer)) is not None:
            await asyncio.wait({telling.task})

    async def close(self) -> None:
        """Tells nobody any more."""
        self._closed = True
        tasks = [telling.task for telling in self._notify_tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _outbox(self, client: discord.Client, writer: str, channel: int) -> Outbox:
        """Where something is added that is soon told."""
        news = self._outboxes.setdefault(writer, Outbox(client, channel))
        self._schedule(writer)
        return news

    def _schedule(self, writer: str) -> None:
        """The writer's news are told shortly, also where they were to wait for another try."""
        if self._closed or writer in self._waiting:
            return
        if (telling := self._notify_tasks.get(writer)) is not None:
            telling.wake.set()
            return
        come = asyncio.Event()
        self._notify_tasks[writer] = _NotifyTask(asyncio.create_task(self._notify(writer, come), name="telling"), come)

    async def _notify(self, writer: str, come: asyncio.Event) -> None:
        """Tells the writer, and what comes meanwhile, until nothing is left or nothing helps for now."""
        again = iter(self.retry_delays_seconds)
        try:
            while True:
                await asyncio.sleep(self.notify_delay_seconds)
                come.clear()
                worth_it = await self._try_notify(writer)
                if writer in self._waiting or writer not in self._outboxes:
                    return
                if not come.is_set():
                    pause = next(again, None) if worth_it else None
                    if pause is None:
                        return
                    with suppress(TimeoutError):
                        async with asyncio.timeout(pause):
                            await come.wait()
                if come.is_set():
                    again = iter(self.retry_delays_seconds)
        finally:
            del self._notify_tasks[writer]

    async def _try_notify(self, writer: str) -> bool:
        """Tells what is news now. What could not be told is news again; whether the same may work a little later."""
        async with self._writer_lock(writer):  # a click in between would be overtaken by what was true before it
            if writer in self._waiting or (news := self._outboxes.pop(writer, None)) is None:
                return True
            try:
                async with asyncio.timeout(_EDIT_TIMEOUT_SECONDS):
                    untold = await self._show(writer, news)
            except TimeoutError as error:
                log.info("a person could not be told of their messages in time")
                untold = [error]
            if untold:
                if (later := self._outboxes.get(writer)) is not None:
                    news.merge(later)
                self._outboxes[writer] = news
        return not any(
            isinstance(error, discord.HTTPException) and error.code in _DM_FORBIDDEN_CODES for error in untold
        )

    async def _show(self, writer: str, news: Outbox) -> list[Exception]:
        """Tells it part by part, and takes out of it what is done; why the rest could not be told.

        One part does not wait for another: a channel that takes no new message may still take an edit.
        """
        untold: list[Exception] = []
        while sentences := news.notices.next_batch():
            view = to_view(text_card("\n".join(sentences)))
            if not await _try_step(news.dm.send(view=view, nonce=news.notices.nonce), untold):
                break
            news.notices.drop_first(len(sentences))
        for essay, notes in list(news.notes.items()):
            if await _try_step(self._show_notes(writer, news, essay, notes), untold):
                del news.notes[essay]
        if news.panel is not None and await _try_step(self._show_panel(writer, news, *news.panel), untold):
            news.panel = None
        return untold

    async def _show_notes(self, writer: str, news: Outbox, essay: str, notes: NoteChanges) -> None:
        kept = self._summaries.get(writer)
        here = kept if kept is not None and kept.essay == essay else None
        if here is None and notes == NoteChanges():
            return  # it was to be shown anew, and something else stands below it by now
        told = here.notes.union(notes) if here is not None and here.notes is not None else notes
        state = await load_essay_state(self._presenter.services, writer, essay)
        card = interview_panel.notes_summary_card(state, told.made, told.changed)
        await self._edit_or_post(writer, news, card, here, _TrackedMessage(0, essay, notes=told))

    async def _show_panel(self, writer: str, news: Outbox, essay: str, question: int | None) -> None:
        standing = self._panels.get(writer)
        here = standing if standing is not None and (standing.essay, standing.question) == (essay, question) else None
        mode = here.mode if here else ""
        show = await self._presenter.show_answering(writer, essay, question, mode, BOT_DM_CONTEXT)
        if show is not None:
            await self._edit_or_post(writer, news, show.card, here, _TrackedMessage(0, essay, question, mode))

    async def _edit_or_post(
        self, writer: str, news: Outbox, card: Card, here: _TrackedMessage | None, new: _TrackedMessage
    ) -> None:
        """Edits the message that stands there, or posts where it is gone, far up, or shows something else by now.

        What an earlier try may have posted is not posted again, but brought up to date.
        """
        if (
            here is not None
            and here.messages_below <= _MAX_MESSAGES_BELOW
            and await self._edit(news.dm, writer, card, here)
        ):
            here.notes = new.notes
            return
        key = (new.essay, new.question) if new.notes is None else new.essay
        posting = news.posts.setdefault(key, PendingPost())
        posting.record_try(card)
        new.message_id = (await news.dm.send(view=to_view(card), nonce=posting.nonce)).id
        self._own(new)
        del news.posts[key]
        if new.notes is not None:
            self._summaries[writer] = new
        else:
            self._panels[writer] = new
            self._summaries.pop(writer, None)
        if posting.has_mixed_cards:
            await self._edit_or_post(writer, news, card, new, new)

    def _own(self, message: _TrackedMessage) -> None:
        message.editor = self._editors.get(message.message_id)
        message.editor.owner = message

    async def _edit(self, dm: discord.PartialMessageable, writer: str, card: Card, here: _TrackedMessage) -> bool:
        editor = here.editor
        assert editor is not None
        editor.address = ChannelAddress(dm.get_partial_message(here.message_id))
        try:
            await editor.update(here, lambda: card)
        except Superseded:
            shown = self._panels.get(writer)  # a click may have shown the same question again
            same = shown is not None and shown.editor is editor and here.notes is None
            if shown is None or not same or (shown.essay, shown.question) != (here.essay, here.question):
                return False
            return await self._edit(dm, writer, card, shown)
        except (MessageDeleted, AddressExpired):
            return False  # the person, or a restarted client, no longer has it
        return True


async def _try_step(telling: Coroutine[None, None, object], untold: list[Exception]) -> bool:
    """Whether a part need not be told any more; else why it was not is added to ``untold``.

    What Discord refuses as it stands would be refused each time, and nobody misses what is of a deleted essay.
    """
    try:
        await telling
    except (BotError, *DISCORD_ERRORS) as error:
        log.info("a person could not be told of their messages: %s", type(error).__name__)
        if isinstance(error, BadInput | DamagedText) or (
            isinstance(error, discord.HTTPException) and error.status == 400
        ):
            return True
        untold.append(error)
        return False
    return True


def _track_card(message: int, card: Card) -> _TrackedMessage | None:
    """What a card has to keep up with: an open question that messages answer, or a first screen."""
    buttons = [
        one for row in card.parts if isinstance(row, ButtonRow) for one in row.buttons if isinstance(one, Button)
    ]
    ids = {found.action: found for button in buttons if (found := parse_custom_id(button.custom_id)) is not None}
    if (asked := ids.get("next")) is not None and asked.kind == "essay":
        mode = asked.argument[-1:] if asked.argument.endswith((FURTHER_MODE, SKIPPED_MODE)) else ""
        number = asked.argument.removesuffix(mode)
        return _TrackedMessage(message, asked.subject, int(number), mode)
    if (first := ids.get("interview")) is not None and first.subject != NO_SUBJECT:
        return _TrackedMessage(message, first.subject)
    return None
