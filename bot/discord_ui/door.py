"""The one way in: every interaction is acknowledged, done, answered, told of its errors and logged here."""

from __future__ import annotations

import asyncio
import io
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from enum import Enum
from typing import Any

import discord

from bot.discord_ui.access import Access
from bot.discord_ui.addresses import STUMBLES
from bot.discord_ui.cards import Card
from bot.discord_ui.components import layout, modal
from bot.discord_ui.conversation import Talk
from bot.discord_ui.faults import Busy, ClosedDm, NotAButton, NotYours, Stopping
from bot.discord_ui.ids import Id, parse
from bot.discord_ui.live import ByChannel, ByToken, Live
from bot.discord_ui.panels import lists
from bot.discord_ui.people import writer_id
from bot.discord_ui.press import Interaction, place_of, press_of, typed
from bot.discord_ui.replies import OUR_FAULT, sentence
from bot.discord_ui.reply import Ask, Hand, Move, Onward, Reply, Show
from bot.discord_ui.router import Router, find
from bot.discord_ui.screens import Screens
from bot.discord_ui.tools import Tools
from bot.discord_ui.typing import typing
from bot.errors import BotError

log = logging.getLogger("bot.discord")

SLOW_SECONDS = 0.8  # a person waits about a second before they press again
_MOVED_SECONDS = 30.0  # so long, another click on "Continue in DM" is the same one
FORM_SECONDS = 2.0  # a form must be the first answer, within Discord's three seconds: one is left for the way there


class Ack(Enum):
    """How Discord is told that something was heard."""

    PANEL = "the message it stands on will change"
    NEW = "a new message will come"
    FORM = "not at all: a form may open, and must be the first answer"


class Door:
    """What the client hands every interaction to."""

    def __init__(self, tools: Tools, access: Access) -> None:
        self.tools = tools
        self.access = access
        self.screens = Screens(tools)
        self.live = Live(tools.jobs, tools.clock)
        self._router = Router(self.screens)
        self.talk = Talk(self.screens, lambda user, place: self.access.check(user, place), self.turn)
        self._inside: set[asyncio.Task[object]] = set()
        self._moved: dict[tuple[str, str], tuple[float, int]] = {}  # when a panel was posted in the DM, and the channel
        self._closing = False

    async def close(self, seconds: float) -> None:
        """Lets nobody in any more, and waits so many seconds for those inside."""
        self._closing = True
        hushed = asyncio.create_task(self.talk.close(seconds))
        await asyncio.wait({hushed, *self._inside}, timeout=seconds)
        await hushed

    def turn(self, writer: str) -> asyncio.Lock:
        """The lock that a writer's changes take, for the commands."""
        return self._router.turn(writer)

    def writer(self, interaction: Interaction) -> str:
        """Who acts."""
        return writer_id(self.tools.secret, interaction.user.id)

    async def component(self, interaction: Interaction) -> None:
        """A button or a menu of a message, or a form: whatever has a custom id."""
        data: Mapping[str, Any] = interaction.data or {}
        found = parse(str(data.get("custom_id", "")))
        value = str((data.get("values") or [""])[0])
        submitted = interaction.type is discord.InteractionType.modal_submit
        waits = False

        async def work() -> Reply:
            nonlocal waits
            route = find(found, value)
            press = press_of(interaction, route.id, self.writer(interaction))
            running = asyncio.create_task(self._router.run(route, press))
            try:
                if route.action.slow and self.tools.with_model:
                    async with typing(interaction):
                        card = lists.waiting(route.action.slow, route.id.subject)
                        waits = await self._meanwhile(interaction, running, card)
                        await asyncio.wait({running})
                return await running
            finally:
                running.cancel()

        async def restore(error: Exception) -> None:
            if waits and found is not None and ack is not Ack.NEW:
                await self._restore(interaction, found.subject, error)

        ack = Ack.PANEL
        if submitted and interaction.message is None:
            ack = Ack.NEW
        elif not submitted and _may_open_form(found, value):
            ack = Ack.FORM
        name = f"{found.kind} {found.action}" if found else "unknown id"
        await self.take(interaction, name, ack, work, found.subject if found else "-", restore)

    async def _meanwhile(self, interaction: Interaction, running: asyncio.Task[Reply], card: Card) -> bool:
        """Shows the card if the work takes long, so that nobody wonders whether the click was heard; whether it did."""
        done, _ = await asyncio.wait({running}, timeout=SLOW_SECONDS)
        if done or not interaction.response.is_done():
            return False
        with suppress(*STUMBLES):  # what comes of the work is shown all the same
            await interaction.edit_original_response(view=layout(card))
        return True

    async def _restore(self, interaction: Interaction, essay: str, error: Exception) -> None:
        """Puts the essay's panel in the place of one that says "Reading…"; where that fails, what went wrong."""
        try:
            await self._show(
                interaction, await self.screens.essay(self.writer(interaction), essay, place_of(interaction))
            )
        except (BotError, discord.HTTPException, OSError):
            told = str(error) if isinstance(error, BotError) else OUR_FAULT
            with suppress(*STUMBLES):  # then /draft shows it
                await interaction.edit_original_response(view=layout(lists.waiting(told, essay)))

    async def take(
        self,
        interaction: Interaction,
        name: str,
        ack: Ack,
        work: Callable[[], Awaitable[Reply]],
        subject: str = "-",
        restore: Callable[[Exception], Awaitable[None]] | None = None,
    ) -> None:
        """Does the work and answers with what comes of it, or with what went wrong. Raises nothing.

        ``name`` and the start of ``subject`` are all that the log tells of it. ``restore`` is given what went wrong,
        and puts the panel right before the person is told.
        """
        task = asyncio.current_task()
        assert task is not None
        self._inside.add(task)
        began, outcome = time.perf_counter(), "done"
        try:
            self._check(interaction)
            if ack is Ack.FORM:
                reply = await _quickly(work)
            else:
                reply = await self._acknowledged(interaction, ack, work)
            await self._deliver(interaction, ack, reply)
            await self.talk.met(interaction)
        except Exception as error:  # noqa: BLE001 - the edge: whatever happened, the person is told
            outcome = type(error).__name__
            if restore is not None:
                await restore(error)
            await self._tell(interaction, ack, error)
        finally:
            self._inside.discard(task)
            log.info("%s: %s, %.0f ms, %s", name, outcome, (time.perf_counter() - began) * 1000, subject[:4])

    def _check(self, interaction: Interaction) -> None:
        """Raises NotServed, Stopping."""
        self.access.check(interaction.user.id, place_of(interaction))
        if self._closing:
            raise Stopping

    async def _acknowledged(self, interaction: Interaction, ack: Ack, work: Callable[[], Awaitable[Reply]]) -> Reply:
        try:
            if ack is Ack.NEW:
                await interaction.response.defer(ephemeral=place_of(interaction).private_only, thinking=True)
            else:
                await interaction.response.defer()
        except STUMBLES:
            if interaction.type is discord.InteractionType.modal_submit:
                await work()  # what was typed is stored even where Discord will not hear of it
            raise
        return await work()

    async def _deliver(self, interaction: Interaction, ack: Ack, reply: Reply) -> None:
        match reply:
            case Ask(form):
                await interaction.response.send_modal(modal(form))
            case Show():
                await self._show(interaction, reply)
            case Hand():
                await self._hand(interaction, ack, reply)
            case Move():
                await self._move(interaction, reply)
            case Onward():
                await self._onward(interaction, reply)

    async def _hand(self, interaction: Interaction, ack: Ack, hand: Hand) -> None:
        attached = discord.File(io.BytesIO(hand.file.data), hand.file.name)
        if ack is Ack.NEW:
            await interaction.edit_original_response(view=layout(hand.card), attachments=[attached])
        else:
            hidden = place_of(interaction).private_only
            await interaction.followup.send(view=layout(hand.card), file=attached, ephemeral=hidden)
        try:
            await hand.after()
        except BotError as error:  # the person has the file; that they have it was not written down
            log.warning("after a file was handed over: %s", type(error).__name__)

    async def _show(self, interaction: Interaction, show: Show) -> None:
        if interaction.response.is_done():
            message = (await interaction.edit_original_response(view=layout(show.card))).id
        else:  # a form was to open, and there was a reason to show something else
            await interaction.response.edit_message(view=layout(show.card))
            message = interaction.message.id if interaction.message else interaction.id
        show.seen()
        self.talk.shown(interaction, message, show.card)
        if show.watch is not None:
            address = ByToken(interaction, message, place_of(interaction).private_only)
            self.live.watch(show.watch, message, address, show.card)
        else:
            self.live.leave(message)

    async def _onward(self, interaction: Interaction, onward: Onward) -> None:
        """Goes on below. The panel becomes a record last: ended before that, it still leads on."""
        sent = await interaction.followup.send(view=layout(onward.show.card), wait=True)
        onward.show.seen()
        self.talk.shown(interaction, sent.id, onward.show.card)
        await interaction.edit_original_response(view=layout(onward.left))

    async def _move(self, interaction: Interaction, move: Move) -> None:
        """Posts the panel in the DM, and leaves a way there. The second of two clicks posts none. Raises ClosedDm."""
        key, now = (self.writer(interaction), move.essay), time.monotonic()
        async with self.turn(key[0]):
            self._moved = {one: found for one, found in self._moved.items() if now - found[0] < _MOVED_SECONDS}
            if key not in self._moved:
                try:
                    self._moved[key] = now, await self._post(interaction, move.show)
                except discord.Forbidden as error:
                    raise ClosedDm from error
        address = f"https://discord.com/channels/@me/{self._moved[key][1]}"
        await interaction.edit_original_response(view=layout(lists.moved(address)))

    async def _post(self, interaction: Interaction, show: Show) -> int:
        """Posts the panel in the DM; the id of that channel."""
        sent = await interaction.user.send(view=layout(show.card))
        show.seen()
        await self.talk.learn(interaction.user.id, sent.channel.id, sent.id)
        self.talk.teller.shown(self.writer(interaction), sent.id, show.card)
        if show.watch is not None:
            self.live.watch(show.watch, sent.id, ByChannel(sent), show.card)
        return sent.channel.id

    async def _bury(self, interaction: Interaction, card: Card) -> None:
        """Puts the card in the place of a panel whose essay is gone."""
        with suppress(*STUMBLES):  # then nobody can be told
            if interaction.response.is_done():
                await interaction.edit_original_response(view=layout(card))
            else:
                await interaction.response.edit_message(view=layout(card))

    async def _tell(self, interaction: Interaction, ack: Ack, error: Exception) -> None:
        """Answers with what went wrong, privately, and gives back what was typed and may not be stored."""
        told = sentence(error)
        if told is None:
            return
        if isinstance(error, NotYours) and own_panel(interaction):
            await self._bury(interaction, lists.gone(told))
            return
        words = typed(interaction) if interaction.type is discord.InteractionType.modal_submit else ""
        card = lists.handed(f"{told}\n-# What you typed is attached.", "typed.txt") if words else lists.said(told)
        files = [discord.File(io.BytesIO(words.encode("utf-8", "replace")), "typed.txt")] if words else []
        with suppress(*STUMBLES):  # then nobody can be told; what was stored is stored
            if not interaction.response.is_done():
                await interaction.response.send_message(view=layout(card), files=files, ephemeral=True)
            elif ack is Ack.NEW:
                await interaction.edit_original_response(view=layout(card), attachments=files)
            else:
                await interaction.followup.send(view=layout(card), files=files, ephemeral=True)


def own_panel(interaction: Interaction) -> bool:
    """Whether the message that was used is the person's own, as far as Discord tells: made for a command of theirs."""
    message = interaction.message
    metadata = message.interaction_metadata if message is not None else None
    return metadata is not None and metadata.user.id == interaction.user.id


def _may_open_form(found: Id | None, value: str) -> bool:
    try:
        return find(found, value).action.form
    except NotAButton:
        return False


async def _quickly(work: Callable[[], Awaitable[Reply]]) -> Reply:
    """What the work gives, if it gives it in time to open a form. Raises Busy."""
    try:
        async with asyncio.timeout(FORM_SECONDS):
            return await work()
    except TimeoutError:
        raise Busy from None
