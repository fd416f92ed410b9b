"""Answer interactions: acknowledge each once, and show what came of it on its message, below it, or in the DM.

Discord takes one first answer, and refuses any other with the code 40060. Behind a try of one's own, whose answer was a
fault or never came, that code means that the try was taken. At the very first try it means that somebody else has
answered: the event came to two processes.
"""

from __future__ import annotations

import asyncio
import io
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from enum import Enum
from types import SimpleNamespace

import aiohttp
import discord

from bot.discord_ui.dm.listener import DmListener
from bot.discord_ui.errors import AnsweredElsewhere, DmForbidden, NotOwner, error_message, file_send_error
from bot.discord_ui.interactions.requests import Interaction, interaction_context, submitted_text
from bot.discord_ui.interactions.responses import (
    HandlerResult,
    InteractionContext,
    JobWatch,
    MoveToDm,
    OpenForm,
    PostBelow,
    SendFile,
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

log = logging.getLogger("bot.discord")

_MOVE_DEDUPLICATION_SECONDS = 30.0  # so long, another click on "Continue in DM" is the same one
_ALREADY_ACKNOWLEDGED = 40060  # "Interaction has already been acknowledged"
_TOKEN_LIFETIME_SECONDS = 15 * 60.0  # for so long the token of an interaction lives
_MAX_SEEN_INTERACTIONS = 50_000  # at most, some 10 MB: fifty a second, all the requests that Discord allows


@dataclass(slots=True)
class _RequestCount:
    """Count how often Discord was asked: discord.py repeats on its own what has met a fault."""

    count: int = 0


_request_count: ContextVar[_RequestCount | None] = ContextVar("requests", default=None)


def request_counter() -> aiohttp.TraceConfig:
    """Return what lets the requests of a client be counted here."""

    async def begun(_: aiohttp.ClientSession, __: SimpleNamespace, ___: aiohttp.TraceRequestStartParams) -> None:
        if (requests := _request_count.get()) is not None:
            requests.count += 1

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(begun)
    return trace


async def send_first_response(give: Callable[[], Awaitable[object]]) -> None:
    """Give the first answer, and once more where the connection drops. Afterwards Discord has it.

    Raise AnsweredElsewhere where it is not this process that has given it; discord.HTTPException, OSError and
    aiohttp.ClientError where nobody has.
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
        """Return whether it is heard for the first time."""
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
    """How Discord is told that something was heard."""

    UPDATE = "the message it stands on will change"
    NEW_MESSAGE = "a new message will come"
    MODAL = "not at all: a form may open, and must be the first answer"


@dataclass(frozen=True, slots=True)
class PendingInteraction:
    """Something a writer did that is being answered; ``click`` is its place among the clicks on its message.

    ``is_acknowledged``: Discord has its first answer, though discord.py may not know it.
    """

    interaction: Interaction
    writer: str
    ack: AckMode
    click: Click
    is_acknowledged: bool = False

    @property
    def context(self) -> InteractionContext:
        """Where it happens."""
        return interaction_context(self.interaction)

    @property
    def is_answered(self) -> bool:
        """Whether Discord has been given the first answer; all others go another way."""
        return self.is_acknowledged or self.interaction.response.is_done()

    @property
    def is_form_submission(self) -> bool:
        """Whether it is a form that was handed in."""
        return self.interaction.type is discord.InteractionType.modal_submit


class Responder:
    """Show what came of interactions. ``writer_lock`` gives a writer's lock."""

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
        """Tell Discord that something was heard. Raise what ``send_first_response`` raises."""
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
        # The new message may get buttons before this is done: they are clicks behind this one.
        click = self._editors.register_click(message) if message is not None else pending.click
        return replace(pending, click=click, is_acknowledged=True)

    async def respond(self, pending: PendingInteraction, reply: HandlerResult) -> None:
        """Show what there is to show. Raise discord.HTTPException, OSError, DmForbidden, AnsweredElsewhere."""
        match reply:
            case OpenForm(form):
                await send_first_response(lambda: pending.interaction.response.send_modal(to_modal(form)))
            case ShowCard():
                try:
                    await self._show_card(pending, reply)
                except discord.NotFound as error:
                    if not pending.is_form_submission or error.code != UNKNOWN_MESSAGE:
                        raise
                    await self._show_below(pending, reply)  # whoever has typed something is told what came of it
            case SendFile():
                await self._send_file(pending, reply)
            case MoveToDm():
                await self._move_to_dm(pending, reply)
            case PostBelow(record, show):
                await self._show_below(pending, show)
                await self._leave_record(pending, record)  # last: ended before that, the panel still leads on

    async def _show_card(self, pending: PendingInteraction, show: ShowCard) -> None:
        """Show a card in the message; nothing where a later click has shown something there."""
        if not pending.is_answered and (pending.click.editor.is_busy or pending.click.is_overtaken):
            pending = await self.acknowledge(pending)  # it is no form after all, and must not be late
        message = await self._edit(pending, show.card)
        if message is not None:
            self._follow(show, pending.click.editor, message, pending.writer if pending.context.is_bot_dm else None)

    async def _edit(self, pending: PendingInteraction, card: Card) -> int | None:
        """Show a card in the message, by the first answer where that is still to be given, and return its id.

        None where a later click has shown something there.
        """
        interaction, click = pending.interaction, pending.click
        address = TokenAddress.of(interaction)
        if pending.is_answered:
            message = await click.show(card, address)
        else:

            async def answer(card: Card) -> int:
                respond = interaction.response.edit_message
                await send_first_response(lambda: respond(view=to_view(card)))
                return interaction.message.id if interaction.message else interaction.id

            message = await click.show(card, address, answer)
        if message is not None:
            click.editor.address = replace(address, message_id=message)
            self._editors.identify(message, click.editor)
        return message

    def _follow(self, show: ShowCard, editor: MessageEditor, message: int, dm_writer: str | None) -> None:
        """Note that a message shows a card, and let it follow the job that the card is about, if it is about one.

        ``dm_writer`` is whose DM the message stands in; None for one elsewhere.
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
        """Leave the card where the panel was, for good."""
        if await self._edit(pending, card) is not None:
            self._job_panels.leave(pending.click.editor)

    async def _send_file(self, pending: PendingInteraction, hand: SendFile) -> None:
        interaction = pending.interaction
        attached = discord.File(io.BytesIO(hand.file.data), hand.file.name)
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
        except BotError as error:  # the person has the file; that they have it was not written down
            log.warning("after a file was handed over: %s", type(error).__name__)

    async def _move_to_dm(self, pending: PendingInteraction, move: MoveToDm) -> None:
        """Post the panel in the DM and leave a way there; of two clicks the second posts none. Raise DmForbidden."""
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
        """Post the panel in the DM; return the id of that channel."""
        sent = await pending.interaction.user.send(view=to_view(show.card))
        await self._dm_listener.record_channel(pending.writer, sent.channel.id, sent.id)
        self._follow(show, self._editors.posted(sent.id, ChannelAddress(sent)), sent.id, pending.writer)
        return sent.channel.id

    async def report_error(self, pending: PendingInteraction, error: Exception) -> None:
        """Say what went wrong, privately, and give back what was typed and may not be stored. Raise nothing.

        A panel of the person's own whose essay is gone is replaced by the sentence.
        """
        told = error_message(error)
        if told is None:
            return
        interaction = pending.interaction
        words = submitted_text(interaction) if pending.is_form_submission else ""
        card = file_card(f"{told}\n-# What you typed is attached.", "typed.txt") if words else text_card(told)

        def files() -> list[discord.File]:  # one is used up by a try to send it
            return [discord.File(io.BytesIO(words.encode("utf-8", "replace")), "typed.txt")] if words else []

        with suppress(*DISCORD_ERRORS, AnsweredElsewhere):  # then nobody can be told; what was stored is stored
            if isinstance(error, NotOwner) and is_own_panel(interaction):
                with suppress(*DISCORD_ERRORS):  # what was typed comes back all the same
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
    """Return the watch of a job at whose end ``record`` is told what the message shows then."""

    async def end() -> ShowCard:
        shown = await watch.end()

        def on_shown() -> None:
            shown.on_shown()
            record(shown.card)

        return replace(shown, on_shown=on_shown)

    return replace(watch, end=end)


def is_own_panel(interaction: Interaction) -> bool:
    """Return whether the message that was used is the person's own: made for a command of theirs, or in the bot's DM.

    There every message is theirs, also one that no command asked for.
    """
    message = interaction.message
    if message is None:
        return False
    metadata = message.interaction_metadata
    if metadata is not None:
        return metadata.user.id == interaction.user.id
    channel = interaction.channel
    recipient = channel.recipient if isinstance(channel, discord.DMChannel) else None
    return interaction_context(interaction).is_bot_dm and recipient is not None and recipient.id == interaction.user.id
