"""Answer interactions: acknowledge each once, and show the result on its message, below it, or in the DM.

Discord accepts one first answer, and refuses any other with the code 40060. After a try of our own that failed or got
no reply, that code means that the try was accepted after all. At the first try it means that somebody else has
answered: the event came to two processes.
"""

from __future__ import annotations

import asyncio
import io
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from enum import Enum
from http import HTTPStatus
from types import SimpleNamespace

import aiohttp
import discord

from bot.discord_ui.dm.listener import DmListener
from bot.discord_ui.errors import AnsweredElsewhere, DmForbidden, NotOwner, NotPosted, error_message, file_send_error
from bot.discord_ui.interactions.requests import Interaction, interaction_context, is_own_panel, submitted_text
from bot.discord_ui.interactions.responses import (
    HandlerResult,
    InteractionContext,
    JobWatch,
    MoveToDm,
    OpenForm,
    PostBelow,
    PostPublicly,
    SendFile,
    SendFiles,
    ShowCard,
)
from bot.discord_ui.messages.components import to_modal, to_view
from bot.discord_ui.messages.editor import (
    DISCORD_ERRORS,
    UNKNOWN_MESSAGE,
    ChannelAddress,
    Click,
    MessageEditor,
    MessageEditors,
    TokenAddress,
)
from bot.discord_ui.messages.job_panels import JobPanels
from bot.discord_ui.panels.cards import Card, deleted_card, file_card, moved_to_dm_card, text_card
from bot.errors import BotError
from bot.services import metrics

log = logging.getLogger("bot.discord")

_MOVE_DEDUPLICATION_SECONDS = 30.0  # another click on "Continue in DM" within this time posts no second panel
_ALREADY_ACKNOWLEDGED = 40060  # "Interaction has already been acknowledged"
_TOKEN_LIFETIME_SECONDS = 15 * 60.0  # how long an interaction's token can be used
_MAX_SEEN_INTERACTIONS = 50_000  # some 10 MB: 15 minutes at fifty a second, all the requests that Discord allows


@dataclass(slots=True)
class _RequestCount:
    """How often Discord was asked: discord.py repeats a request on its own after a server error."""

    count: int = 0


_request_count: ContextVar[_RequestCount | None] = ContextVar("requests", default=None)


def request_counter() -> aiohttp.TraceConfig:
    """Return a trace for an aiohttp session by which ``send_first_response`` counts the session's requests.

    It counts in the metrics how often Discord asks to wait, too.
    """

    async def begun(_: aiohttp.ClientSession, __: SimpleNamespace, ___: aiohttp.TraceRequestStartParams) -> None:
        if (requests := _request_count.get()) is not None:
            requests.count += 1

    async def ended(_: aiohttp.ClientSession, __: SimpleNamespace, answer: aiohttp.TraceRequestEndParams) -> None:
        if answer.response.status == HTTPStatus.TOO_MANY_REQUESTS:
            metrics.rate_limits.add("discord")

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(begun)
    trace.on_request_end.append(ended)
    return trace


async def send_first_response(give: Callable[[], Awaitable[object]]) -> None:
    """Send the first answer, and once more if the connection drops, so that Discord has it afterwards.

    Raise AnsweredElsewhere if another process has sent it; discord.HTTPException, OSError and aiohttp.ClientError if
    nobody has.
    """
    requests = _RequestCount()
    token = _request_count.set(requests)
    try:
        try:
            await give()
        except (OSError, aiohttp.ClientError):
            await give()
    except discord.HTTPException as error:
        if error.code != _ALREADY_ACKNOWLEDGED:
            raise
        if requests.count < 2:
            raise AnsweredElsewhere from error
    finally:
        _request_count.reset(token)


class SeenInteractions:
    """Remember the interactions of the last 15 minutes: an event may come twice, as when a session resumes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: OrderedDict[int, float] = OrderedDict()

    def is_first(self, interaction: int) -> bool:
        """Return whether the interaction has not been seen before, and remember it."""
        now = self._clock()
        while self._seen and (
            len(self._seen) >= _MAX_SEEN_INTERACTIONS or now - next(iter(self._seen.values())) > _TOKEN_LIFETIME_SECONDS
        ):
            self._seen.popitem(last=False)
        if interaction in self._seen:
            return False
        self._seen[interaction] = now
        return True


class AckMode(Enum):
    """How Discord is told that an interaction was received; each value says what the person is shown next."""

    UPDATE = "the message it stands on will change"
    NEW_MESSAGE = "a new message will come"
    MODAL = "not at all: a form may open, and must be the first answer"


@dataclass(frozen=True, slots=True)
class PendingInteraction:
    """An interaction that is being answered; ``click`` is its place among the clicks on its message.

    ``is_acknowledged``: Discord has its first answer, though discord.py may not know it. ``new_message`` is the id of
    the message that this answer has made, if it has made one.
    """

    interaction: Interaction
    writer: str
    ack: AckMode
    click: Click
    is_acknowledged: bool = False
    new_message: int | None = None

    @property
    def message_id(self) -> int | None:
        """The id of the message that shows the result, None if it is not known yet."""
        if self.ack is AckMode.NEW_MESSAGE:
            return self.new_message
        return self.interaction.message.id if self.interaction.message is not None else None

    @property
    def context(self) -> InteractionContext:
        """Where the interaction happens."""
        return interaction_context(self.interaction)

    @property
    def is_answered(self) -> bool:
        """Whether Discord has been given the first answer; others are edits or follow-up messages."""
        return self.is_acknowledged or self.interaction.response.is_done()

    @property
    def is_form_submission(self) -> bool:
        """Whether the interaction is a form that was submitted."""
        return self.interaction.type is discord.InteractionType.modal_submit


class Responder:
    """Show the results of interactions. ``writer_lock`` gives the lock that is held while a writer's things change."""

    def __init__(
        self,
        job_panels: JobPanels,
        dm_listener: DmListener,
        editors: MessageEditors,
        writer_lock: Callable[[str], asyncio.Lock],
    ) -> None:
        self._job_panels = job_panels
        self._editors = editors
        self._dm_listener = dm_listener
        self._writer_lock = writer_lock
        self._moved: dict[tuple[str, str], tuple[float, int]] = {}  # when a panel was posted in the DM, and the channel

    async def acknowledge(self, pending: PendingInteraction) -> PendingInteraction:
        """Tell Discord that the interaction was received. Raise what ``send_first_response`` raises."""
        interaction, message = pending.interaction, None

        async def defer() -> None:
            nonlocal message
            if pending.ack is AckMode.NEW_MESSAGE:
                hidden = pending.context.must_be_ephemeral
                told = await interaction.response.defer(ephemeral=hidden, thinking=True)
                message = told.message_id if told is not None else None
            else:
                await interaction.response.defer()

        await send_first_response(defer)
        # The new message may be clicked before this work is done: such clicks come after this one.
        click = self._editors.register_click(message) if message is not None else pending.click
        return replace(pending, click=click, is_acknowledged=True, new_message=message)

    async def respond(self, pending: PendingInteraction, reply: HandlerResult) -> None:
        """Show a handler's result. Raise discord.HTTPException, OSError, DmForbidden, AnsweredElsewhere."""
        match reply:
            case OpenForm(form):
                await send_first_response(lambda: pending.interaction.response.send_modal(to_modal(form)))
            case ShowCard():
                try:
                    await self._show_card(pending, reply)
                except discord.NotFound as error:
                    if not pending.is_form_submission or error.code != UNKNOWN_MESSAGE:
                        raise
                    await self._show_below(pending, reply)  # who submitted a form must learn the result
            case SendFile():
                await self._send_file(pending, reply)
            case SendFiles(files):
                async with aclosing(files):
                    async for one in files:
                        await self._send_file(pending, one)
            case MoveToDm():
                await self._move_to_dm(pending, reply)
            case PostPublicly(card, on_posted):
                try:
                    sent = await pending.interaction.followup.send(view=to_view(card), wait=True)
                except DISCORD_ERRORS as error:
                    raise NotPosted from error
                try:
                    await on_posted(sent.id)
                except BotError as error:  # it stands there, and is read from there later
                    log.warning("after a message was posted: %s", type(error).__name__)
            case PostBelow(record, show):
                await self._show_below(pending, show)
                await self._leave_record(pending, record)  # last: if this fails, the panel can still be used

    async def _show_card(self, pending: PendingInteraction, show: ShowCard) -> None:
        """Show a card in the message; do nothing if a later click has shown something there."""
        must_wait = pending.click.editor.is_busy or self._job_panels.is_shown_elsewhere(pending.message_id)
        if not pending.is_answered and (must_wait or pending.click.is_overtaken):
            pending = await self.acknowledge(pending)  # no form opens after all, so acknowledge before it is late
        message = await self._edit(pending, show.card, show.watch)
        if message is not None:
            self._follow(show, pending.click.editor, message, pending.writer if pending.context.is_bot_dm else None)

    async def _edit(self, pending: PendingInteraction, card: Card, watch: JobWatch | None = None) -> int | None:
        """Show a card in the message, by the first answer if that is not given yet, and return the message's id.

        Return None if a later click has shown something there. ``watch`` is what the message is to follow then.
        """
        interaction, click = pending.interaction, pending.click
        address = replace(TokenAddress.of(interaction), message_id=pending.message_id)
        released = self._job_panels.released(pending.writer, pending.message_id, address, watch)
        if pending.is_answered:
            message = await click.show(card, address, released=released)
        else:

            async def answer(card: Card) -> int:
                respond = interaction.response.edit_message
                await send_first_response(lambda: respond(view=to_view(card)))
                return interaction.message.id if interaction.message else interaction.id

            message = await click.show(card, address, answer, released)
        if message is not None:
            click.editor.address = replace(address, message_id=message)
            self._editors.identify(message, click.editor)
        return message

    def _follow(self, show: ShowCard, editor: MessageEditor, message: int, dm_writer: str | None) -> None:
        """Record that a message shows a card, and let it follow the card's job, if there is one.

        ``dm_writer`` is the writer in whose DM the message is; None for a message elsewhere.
        """

        def record(card: Card) -> None:
            if dm_writer is not None:
                self._dm_listener.notifier.record_shown(dm_writer, message, card)

        show.on_shown()
        record(show.card)
        if show.watch is not None:
            self._job_panels.watch(_recorded(show.watch, record), editor, show.card)
        else:
            self._job_panels.leave(editor)

    async def _show_below(self, pending: PendingInteraction, show: ShowCard) -> None:
        """Show a card in a new message."""
        interaction, context = pending.interaction, pending.context
        sent = await interaction.followup.send(view=to_view(show.card), ephemeral=context.must_be_ephemeral, wait=True)
        editor = self._editors.posted(sent.id, TokenAddress.of(interaction, sent.id))
        self._follow(show, editor, sent.id, pending.writer if context.is_bot_dm else None)

    async def _leave_record(self, pending: PendingInteraction, card: Card) -> None:
        """Replace the panel by the card, for good."""
        if await self._edit(pending, card) is not None:
            self._job_panels.leave(pending.click.editor)

    async def _send_file(self, pending: PendingInteraction, hand: SendFile) -> None:
        interaction = pending.interaction
        attached = discord.File(io.BytesIO(hand.file.data), hand.file.name, description=hand.file.description or None)
        try:
            if pending.ack is AckMode.NEW_MESSAGE:
                await interaction.edit_original_response(view=to_view(hand.card), attachments=[attached])
            else:
                hidden = pending.context.must_be_ephemeral
                await interaction.followup.send(view=to_view(hand.card), file=attached, ephemeral=hidden)
        except DISCORD_ERRORS as error:
            if (told := file_send_error(error)) is None:
                raise
            raise told from error
        try:
            if hand.on_sent is not None:
                await hand.on_sent()
        except BotError as error:  # the person has the file; only the record of that was not stored
            log.warning("after a file was handed over: %s", type(error).__name__)
        if hand.show is not None:
            await self._show_card(pending, hand.show)

    async def _move_to_dm(self, pending: PendingInteraction, move: MoveToDm) -> None:
        """Post the panel in the DM and leave a link to it; a second click soon after posts none. Raise DmForbidden."""
        key, now = (pending.writer, move.essay_id), time.monotonic()
        async with self._writer_lock(pending.writer):
            self._moved = {
                one: found for one, found in self._moved.items() if now - found[0] < _MOVE_DEDUPLICATION_SECONDS
            }
            if key not in self._moved:
                try:
                    self._moved[key] = now, await self._post_in_dm(pending, move.show)
                except discord.Forbidden as error:
                    raise DmForbidden from error
        await self._leave_record(pending, moved_to_dm_card(f"https://discord.com/channels/@me/{self._moved[key][1]}"))

    async def _post_in_dm(self, pending: PendingInteraction, show: ShowCard) -> int:
        """Post the panel in the DM; return the id of the DM's channel."""
        sent = await pending.interaction.user.send(view=to_view(show.card))
        await self._dm_listener.record_channel(pending.writer, sent.channel.id, sent.id)
        self._follow(show, self._editors.posted(sent.id, ChannelAddress(sent)), sent.id, pending.writer)
        return sent.channel.id

    async def report_error(self, pending: PendingInteraction, error: Exception) -> None:
        """Say what went wrong, privately, and give back what was typed and may not be stored. Raise nothing.

        A panel of the person's own whose essay is gone is replaced by that sentence.
        """
        told = error_message(error)
        if told is None:
            return
        interaction = pending.interaction
        words = submitted_text(interaction) if pending.is_form_submission else ""
        card = file_card(f"{told}\n-# What you typed is attached.", "typed.txt") if words else text_card(told)

        def files() -> list[discord.File]:  # new for each try, because sending uses them up
            return [discord.File(io.BytesIO(words.encode("utf-8", "replace")), "typed.txt")] if words else []

        with suppress(*DISCORD_ERRORS, AnsweredElsewhere):  # then the person cannot be told
            if isinstance(error, NotOwner) and is_own_panel(interaction):
                with suppress(*DISCORD_ERRORS):  # what was typed is given back all the same
                    await self._show_card(pending, ShowCard(deleted_card(told)))
                if not words:
                    return
            if not pending.is_answered:
                respond = interaction.response.send_message
                await send_first_response(lambda: respond(view=to_view(card), files=files(), ephemeral=True))
            elif pending.ack is AckMode.NEW_MESSAGE:
                await interaction.edit_original_response(view=to_view(card), attachments=files())
            else:
                await interaction.followup.send(view=to_view(card), files=files(), ephemeral=True)


def _recorded(watch: JobWatch, record: Callable[[Card], None]) -> JobWatch:
    """Return the watch of a job with ``record`` called on the card that the message shows at the job's end."""

    async def end() -> ShowCard:
        shown = await watch.end()

        def on_shown() -> None:
            shown.on_shown()
            record(shown.card)

        next_watch = _recorded(shown.watch, record) if shown.watch is not None else None
        return replace(shown, on_shown=on_shown, watch=next_watch)

    return replace(watch, end=end)
