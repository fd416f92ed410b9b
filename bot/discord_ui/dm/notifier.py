"""Tell people what became of the messages they wrote, by one panel that is kept up to date, not by replies."""

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
from bot.discord_ui.panels.interview import MODES
from bot.discord_ui.panels.presenter import Presenter
from bot.errors import BotError, DamagedText, InvalidInput
from bot.services.dm_messages import StoredMessage
from bot.services.offload import in_thread

log = logging.getLogger("bot.discord")

BOT_DM_CONTEXT = InteractionContext(is_bot_dm=True, guild_id=None)
NOTIFY_DELAY_SECONDS = 1.2  # Discord allows five edits in five seconds, and several quick messages get one answer
# Seconds before each further try, in addition to the delay. A wrong refusal is over by the first, a fault of Discord
# mostly by the last; after that the next thing that is told or shown brings another try. Clicks do not wait meanwhile.
RETRY_DELAYS_SECONDS = (2.0, 5.0, 10.0, 20.0, 40.0)
_EDIT_TIMEOUT_SECONDS = 5.0  # the person's clicks wait for it, and what was not shown is tried again
_MAX_MESSAGES_BELOW = 5  # with more, a panel is off a phone's screen, so it is posted anew
_MAX_NOTICE_UNITS = 3_800  # of the 4,000 characters that a message can have
_MAX_NOTICES = 50  # kept for one person while Discord accepts none; there are few different ones
_DROPPED_NOTICE = "There was more to say of what you wrote before. Your essay shows what was stored of it."
# Discord's error codes: the person's DMs are closed to the bot, or they share no server with it.
DM_FORBIDDEN_CODES = (50007, 50278)


def dm_channel(client: discord.Client, channel: int) -> discord.PartialMessageable:
    """Return a person's DM with the bot by its channel id."""
    return client.get_partial_messageable(channel, type=discord.ChannelType.private)


def _new_nonce() -> str:
    """Return a new nonce: Discord posts only one message with it in some minutes, so sending again is safe."""
    return secrets.token_hex(12)  # it takes 25 characters; discord.py's own lasts for one call


@dataclass(frozen=True, slots=True)
class NoteChanges:
    """The numbers of notes that messages have created, and of notes that edits of messages have changed."""

    made: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()

    def union(self, other: NoteChanges) -> NoteChanges:
        """Return both together, each number once."""
        return NoteChanges(
            tuple(dict.fromkeys((*self.made, *other.made))), tuple(dict.fromkeys((*self.changed, *other.changed)))
        )


@dataclass(eq=False)
class PendingNotices:
    """Sentences still to be said, each once. ``nonce`` is that of the message which will say them."""

    sentences: list[str] = field(default_factory=list)
    nonce: str = field(default_factory=_new_nonce)

    def add(self, sentence: str) -> None:
        """Add a sentence. If there are too many, the oldest is dropped, and a sentence says so."""
        if sentence in self.sentences:
            return
        self.sentences.append(sentence)
        if len(self.sentences) > _MAX_NOTICES:
            self.sentences = [_DROPPED_NOTICE, *self.sentences[-_MAX_NOTICES + 1 :]]
        self.nonce = _new_nonce()

    def next_batch(self) -> list[str]:
        """Return as many sentences as fit into one message, oldest first; an empty list if none is left."""
        length = 0
        found: list[str] = []
        for sentence in self.sentences:
            length += utf16_length(sentence) + 1
            if found and length > _MAX_NOTICE_UNITS:
                break
            found.append(sentence)
        return found

    def drop_first(self, count: int) -> None:
        """Remove the first ``count`` sentences, which were said."""
        del self.sentences[:count]
        self.nonce = _new_nonce()


@dataclass(eq=False)
class Outbox:
    """What a person is still to be told, in their ``dm``.

    ``panel`` is an essay with the number of the question whose answer has changed, None for the first screen. ``notes``
    are by essay. What has been told is removed. ``nonces`` are those of panels and summaries that were sent, kept until
    Discord has confirmed them.
    """

    dm: discord.PartialMessageable
    panel: tuple[str, int | None] | None = None
    notes: dict[str, NoteChanges] = field(default_factory=dict)
    notices: PendingNotices = field(default_factory=PendingNotices)
    nonces: dict[tuple[str, int | None] | str, str] = field(default_factory=dict)

    def add(self, essay: str, notes: NoteChanges) -> None:
        """Add notes of an essay to tell of."""
        self.notes[essay] = self.notes.get(essay, NoteChanges()).union(notes)

    def merge(self, later: Outbox) -> None:
        """Add what came later."""
        self.panel = later.panel or self.panel
        for essay, notes in later.notes.items():
            self.add(essay, notes)
        for sentence in later.notices.sentences:
            self.notices.add(sentence)


@dataclass(eq=False)
class _TrackedMessage:
    """A message of the bot that is kept up to date while a person writes.

    ``question`` is the number of the question it shows, None for the first screen; ``notes`` are those that a summary
    tells of, None for a panel. ``messages_below`` counts what the person wrote below it. As the owner of its ``editor``
    it is edited until a click shows something else there.
    """

    message_id: int
    essay: str
    question: int | None = None
    mode: str = ""
    notes: NoteChanges | None = None
    messages_below: int = 0
    editor: MessageEditor | None = None

    @property
    def key(self) -> tuple[int, str, int | None]:
        """The message and what it shows, to compare it with others."""
        return self.message_id, self.essay, self.question


@dataclass(frozen=True, slots=True)
class _NotifyTask:
    """A running task that tells a person something. ``wake`` is set when there is a reason to try at once."""

    task: asyncio.Task[None]
    wake: asyncio.Event


class DmNotifier:
    """Tell writers what became of their messages. What it remembers may be lost: then it posts instead of editing.

    A writer is told ``notify_delay_seconds`` after something has come. What could not be told is tried again after each
    of ``retry_delays_seconds``, and then with whatever is told or shown next.
    """

    def __init__(
        self, presenter: Presenter, writer_lock: Callable[[str], asyncio.Lock], editors: MessageEditors
    ) -> None:
        self.notify_delay_seconds = NOTIFY_DELAY_SECONDS
        self.retry_delays_seconds: Sequence[float] = RETRY_DELAYS_SECONDS
        self._presenter = presenter
        self._writer_lock = writer_lock
        self._editors = editors
        self._panels: dict[str, _TrackedMessage] = {}
        self._summaries: dict[str, _TrackedMessage] = {}  # until something else is shown below
        self._outboxes: dict[str, Outbox] = {}
        self._batching: set[str] = set()
        self._notify_tasks: dict[str, _NotifyTask] = {}
        self._closed = False

    def record_shown(self, writer: str, message: int, card: Card) -> None:
        """Record what a message in the DM shows now."""
        before, found = self._panels.get(writer), _track_card(message, card)
        if found is not None:
            if before is not None and (message, found.essay, found.question) == before.key:  # an edit may be under way
                before.mode, before.messages_below, found = found.mode, 0, before
            self._own(found)
            self._panels[writer] = found
        elif before is not None and before.message_id == message:
            del self._panels[writer]
        self.start_new_summary(writer)

    def start_new_summary(self, writer: str) -> None:
        """Post the next summary as a new message, because something newer is below the last one.

        Also try again what could not be told, because Discord accepts messages again.
        """
        self._summaries.pop(writer, None)
        if writer in self._outboxes:
            self._schedule(writer)

    def forget(self, writer: str) -> None:
        """Forget what a writer was shown, and what they were still to be told."""
        for remembered in (self._panels, self._summaries, self._outboxes):
            remembered.pop(writer, None)

    def message_stored(
        self,
        writer: str,
        dm: discord.PartialMessageable,
        stored: StoredMessage,
        notes: Sequence[int],
        notice: str | None = None,
    ) -> None:
        """Tell of a stored message, and of the notes, by number, that were made of it and its files."""
        for standing in (self._panels.get(writer), self._summaries.get(writer)):
            if standing is not None:
                standing.messages_below += 1
        outbox = self._outbox(writer, dm)
        if stored.note is None:
            outbox.panel = stored.essay, stored.question
        if notes:
            outbox.add(stored.essay, NoteChanges(made=tuple(notes)))
        if notice is not None:
            outbox.notices.add(notice)

    def notes_changed(self, writer: str, dm: discord.PartialMessageable, essay: str, notes: NoteChanges) -> None:
        """Tell of notes that were created or changed."""
        self._outbox(writer, dm).add(essay, notes)

    def refresh(self, writer: str, dm: discord.PartialMessageable, essay: str) -> None:
        """Update the panel and the summary in the DM, if they are about the essay."""
        standing, kept = self._panels.get(writer), self._summaries.get(writer)
        if kept is not None and kept.essay == essay:
            self._outbox(writer, dm).add(essay, NoteChanges())
        if standing is not None and standing.essay == essay:
            outbox = self._outbox(writer, dm)
            outbox.panel = outbox.panel or (essay, standing.question)

    def notify(self, writer: str, dm: discord.PartialMessageable, sentence: str) -> None:
        """Tell the writer a sentence."""
        self._outbox(writer, dm).notices.add(sentence)

    @contextmanager
    def batch(self, writer: str) -> Iterator[None]:
        """Tell of everything that is stored inside at the end, together."""
        self._batching.add(writer)
        try:
            yield
        finally:
            self._batching.discard(writer)
            if writer in self._outboxes:
                self._schedule(writer)

    async def wait_until_idle(self, writer: str) -> None:
        """Wait until nothing is being told to the writer, or waits to be tried again."""
        while (notifying := self._notify_tasks.get(writer)) is not None:
            await asyncio.wait({notifying.task})

    async def close(self) -> None:
        """Stop telling anybody anything."""
        self._closed = True
        tasks = [notifying.task for notifying in self._notify_tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _outbox(self, writer: str, dm: discord.PartialMessageable) -> Outbox:
        """Return the writer's outbox; what is added to it is told soon."""
        outbox = self._outboxes.setdefault(writer, Outbox(dm))
        self._schedule(writer)
        return outbox

    def _schedule(self, writer: str) -> None:
        """Tell the writer soon, even if another try was to come later."""
        if self._closed or writer in self._batching:
            return
        if (notifying := self._notify_tasks.get(writer)) is not None:
            notifying.wake.set()
            return
        wake = asyncio.Event()
        self._notify_tasks[writer] = _NotifyTask(
            asyncio.create_task(self._notify(writer, wake), name="notifying"), wake
        )

    async def _notify(self, writer: str, wake: asyncio.Event) -> None:
        """Tell the writer, also what is added meanwhile, until nothing is left or another try makes no sense now."""
        delays = iter(self.retry_delays_seconds)
        try:
            while True:
                await asyncio.sleep(self.notify_delay_seconds)
                wake.clear()
                may_help = await self._try_notify(writer)
                if writer in self._batching or writer not in self._outboxes:
                    return
                if not wake.is_set():
                    pause = next(delays, None) if may_help else None
                    if pause is None:
                        return
                    with suppress(TimeoutError):
                        async with asyncio.timeout(pause):
                            await wake.wait()
                if wake.is_set():
                    delays = iter(self.retry_delays_seconds)
        finally:
            del self._notify_tasks[writer]

    async def _try_notify(self, writer: str) -> bool:
        """Tell what the outbox holds and put back what could not be told; return whether trying again makes sense."""
        async with self._writer_lock(writer):  # else a click in between would be overwritten with an older state
            if writer in self._batching or (outbox := self._outboxes.pop(writer, None)) is None:
                return True
            try:
                async with asyncio.timeout(_EDIT_TIMEOUT_SECONDS):
                    untold = await self._show(writer, outbox)
            except TimeoutError as error:
                log.info("a person could not be told of their messages in time")
                untold = [error]
            if untold:
                if (later := self._outboxes.get(writer)) is not None:
                    outbox.merge(later)
                self._outboxes[writer] = outbox
        return not any(
            isinstance(error, discord.HTTPException) and error.code in DM_FORBIDDEN_CODES for error in untold
        )

    async def _show(self, writer: str, outbox: Outbox) -> list[Exception]:
        """Tell part by part, and remove what is done; return the errors of the rest.

        One part does not wait for another: a channel that accepts no new message may still accept an edit.
        """
        untold: list[Exception] = []
        while sentences := outbox.notices.next_batch():
            view = to_view(text_card("\n".join(sentences)))
            if not await _try_step(outbox.dm.send(view=view, nonce=outbox.notices.nonce), untold):
                break
            outbox.notices.drop_first(len(sentences))
        for essay, notes in list(outbox.notes.items()):
            if await _try_step(self._show_notes(writer, outbox, essay, notes), untold):
                del outbox.notes[essay]
        if outbox.panel is not None and await _try_step(self._show_panel(writer, outbox, *outbox.panel), untold):
            outbox.panel = None
        return untold

    async def _show_notes(self, writer: str, outbox: Outbox, essay: str, notes: NoteChanges) -> None:
        kept = self._summaries.get(writer)
        here = kept if kept is not None and kept.essay == essay else None
        if here is None and notes == NoteChanges():
            return  # the summary was to be updated, but something newer is below it by now
        told = here.notes.union(notes) if here is not None and here.notes is not None else notes
        state = await load_essay_state(self._presenter.services, writer, essay)
        # whether a note is private is read from its text: not in the event loop
        card = await in_thread(interview_panel.notes_summary_card, state, told.made, told.changed)
        await self._edit_or_post(writer, outbox, card, here, _TrackedMessage(0, essay, notes=told))

    async def _show_panel(self, writer: str, outbox: Outbox, essay: str, question: int | None) -> None:
        standing = self._panels.get(writer)
        here = standing if standing is not None and (standing.essay, standing.question) == (essay, question) else None
        mode = here.mode if here else ""
        show = await self._presenter.show_answering(writer, essay, question, mode, BOT_DM_CONTEXT)
        if show is not None:
            await self._edit_or_post(writer, outbox, show.card, here, _TrackedMessage(0, essay, question, mode))

    async def _edit_or_post(
        self, writer: str, outbox: Outbox, card: Card, here: _TrackedMessage | None, new: _TrackedMessage
    ) -> None:
        """Edit the tracked message, or post a new one if it is gone, is far up, or shows something else by now."""
        if here is not None and here.messages_below <= _MAX_MESSAGES_BELOW and await self._edit(outbox, card, here):
            here.notes = new.notes
            return
        key = (new.essay, new.question) if new.notes is None else new.essay
        tried_before = key in outbox.nonces
        nonce = outbox.nonces.setdefault(key, _new_nonce())
        new.message_id = (await outbox.dm.send(view=to_view(card), nonce=nonce)).id
        self._own(new)
        del outbox.nonces[key]
        if new.notes is not None:
            self._summaries[writer] = new
        else:
            self._panels[writer] = new
            self._summaries.pop(writer, None)
        if tried_before:  # Discord may have returned the message of the earlier try, with its older content
            await self._edit_or_post(writer, outbox, card, new, new)

    def _own(self, message: _TrackedMessage) -> None:
        message.editor = self._editors.get(message.message_id)
        message.editor.owner = message

    async def _edit(self, outbox: Outbox, card: Card, here: _TrackedMessage) -> bool:
        """Edit a message; return False if it is gone or shows something else."""
        assert here.editor is not None
        here.editor.address = ChannelAddress(outbox.dm.get_partial_message(here.message_id))
        try:
            await here.editor.update(here, lambda: card)
        except (Superseded, MessageDeleted, AddressExpired):
            return False
        return True


async def _try_step(notifying: Coroutine[None, None, object], untold: list[Exception]) -> bool:
    """Return whether a part is done, or need not be tried again; else add its error to ``untold``.

    What Discord refuses as invalid would be refused each time, and news of a deleted essay is not missed.
    """
    try:
        await notifying
    except (BotError, *DISCORD_ERRORS) as error:
        log.info("a person could not be told of their messages: %s", type(error).__name__)
        if isinstance(error, InvalidInput | DamagedText) or (
            isinstance(error, discord.HTTPException) and error.status == 400
        ):
            return True
        untold.append(error)
        return False
    return True


def _track_card(message: int, card: Card) -> _TrackedMessage | None:
    """Return what to track of a card: an open question that messages answer, or a first screen; None for others."""
    buttons = [
        one for row in card.parts if isinstance(row, ButtonRow) for one in row.buttons if isinstance(one, Button)
    ]
    ids = {found.action: found for button in buttons if (found := parse_custom_id(button.custom_id)) is not None}
    if (asked := ids.get("next")) is not None and asked.kind == "essay":
        mode = asked.argument[-1:] if asked.argument.endswith(MODES) else ""
        number = asked.argument.removesuffix(mode)
        return _TrackedMessage(message, asked.subject, int(number), mode)
    if (first := ids.get("interview")) is not None and first.subject != NO_SUBJECT:
        return _TrackedMessage(message, first.subject)
    return None
