"""Hands over what has come of something a person did: on the message they used, below it, or in their DM."""

from __future__ import annotations

import asyncio
import io
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum

import discord

from bot.discord_ui.addresses import MESSAGE_GONE, STUMBLES, ByChannel, ByToken
from bot.discord_ui.answering import answer
from bot.discord_ui.cards import Card
from bot.discord_ui.clicks import Click, Clicks
from bot.discord_ui.components import layout, modal
from bot.discord_ui.conversation import Talk
from bot.discord_ui.faults import ClosedDm, DoneElsewhere, NotYours
from bot.discord_ui.live import Live
from bot.discord_ui.panels import lists
from bot.discord_ui.people import writer_id
from bot.discord_ui.press import Interaction, place_of, typed
from bot.discord_ui.replies import not_handed, sentence
from bot.discord_ui.reply import Answer, Ask, Hand, Move, Nothing, Onward, Show
from bot.errors import BotError

log = logging.getLogger("bot.discord")

_MOVED_SECONDS = 30.0  # so long, another click on "Continue in DM" is the same one


class Ack(Enum):
    """How Discord is told that something was heard."""

    PANEL = "the message it stands on will change"
    NEW = "a new message will come"
    FORM = "not at all: a form may open, and must be the first answer"


@dataclass(frozen=True, slots=True)
class Taken:
    """Something a person did that is being answered; ``click`` is its place among the clicks on its message.

    ``acknowledged``: Discord has its first answer, though discord.py may not know it.
    """

    interaction: Interaction
    ack: Ack
    click: Click
    acknowledged: bool = False

    @property
    def answered(self) -> bool:
        """Whether Discord has been given the first answer; all others go another way."""
        return self.acknowledged or self.interaction.response.is_done()

    @property
    def submitted(self) -> bool:
        """Whether it is a form that was handed in."""
        return self.interaction.type is discord.InteractionType.modal_submit


class Delivery:
    """``turn`` is a writer's lock, ``secret`` what makes writers' ids."""

    def __init__(
        self, live: Live, talk: Talk, clicks: Clicks, turn: Callable[[str], asyncio.Lock], secret: bytes
    ) -> None:
        self._live = live
        self._clicks = clicks
        self._talk = talk
        self._turn = turn
        self._secret = secret
        self._last: dict[str, int] = {}  # the message that was shown last in each writer's DM
        self._moved: dict[tuple[str, str], tuple[float, int]] = {}  # when a panel was posted in the DM, and the channel

    async def acknowledge(self, taken: Taken) -> Taken:
        """Tells Discord that something was heard. Raises what ``answering.answer`` raises."""
        interaction, message = taken.interaction, None

        async def defer() -> None:
            nonlocal message
            if taken.ack is Ack.NEW:
                hidden = place_of(interaction).private_only
                told = await interaction.response.defer(ephemeral=hidden, thinking=True)
                message = told.message_id if told is not None else None
            else:
                await interaction.response.defer()

        await answer(defer)
        # The new message may get buttons before this is done: they are clicks behind this one.
        click = self._clicks.arrived(message) if message is not None else taken.click
        return replace(taken, click=click, acknowledged=True)

    def last(self, interaction: Interaction) -> int | None:
        """The message that was shown last to a person in their DM with the bot, if that is where they are."""
        return self._last.get(self._writer(interaction)) if place_of(interaction).own_dm else None

    async def deliver(self, taken: Taken, reply: Answer) -> None:
        """Shows what there is to show. Raises discord.HTTPException, OSError, ClosedDm, DoneElsewhere."""
        match reply:
            case Ask(form):
                await answer(lambda: taken.interaction.response.send_modal(modal(form)))
            case Show():
                try:
                    await self.show(taken, reply)
                except discord.NotFound as error:
                    if not taken.submitted or error.code != MESSAGE_GONE:
                        raise
                    await self._below(taken, reply)  # whoever has typed something is told what came of it
            case Nothing():
                pass
            case Hand():
                await self._hand(taken, reply)
            case Move():
                await self._move(taken, reply)
            case Onward():
                await self._onward(taken, reply)

    async def show(self, taken: Taken, show: Show) -> None:
        """Shows a card in the message; nothing where a later click has shown something there."""
        interaction, click = taken.interaction, taken.click
        if not taken.answered and click.would_wait:
            taken = await self.acknowledge(taken)  # it is no form after all, and must not be late
        async with click.editing() as due:
            if not due:
                return
            if taken.answered:
                message = (await interaction.edit_original_response(view=layout(show.card))).id
            else:
                await answer(lambda: interaction.response.edit_message(view=layout(show.card)))
                message = interaction.message.id if interaction.message else interaction.id
            click.shown()
            show.seen()
            self._shown(interaction, message, show.card)
            address = ByToken(interaction, message, place_of(interaction).private_only)
            if show.watch is not None:
                self._live.watch(show.watch, message, address, show.card)
            else:
                self._live.leave(message, address, show.card)

    async def meanwhile(self, taken: Taken, card: Card) -> bool:
        """Shows a card in place of the panel until its end comes; whether the message is still this click's."""
        async with taken.click.editing() as due:
            if due:
                with suppress(*STUMBLES):  # what comes of the work is shown all the same
                    await taken.interaction.edit_original_response(view=layout(card))
            return due

    async def _below(self, taken: Taken, show: Show) -> None:
        """Shows a card in a message of its own, because the one that was used is gone."""
        interaction, hidden = taken.interaction, place_of(taken.interaction).private_only
        sent = await interaction.followup.send(view=layout(show.card), ephemeral=hidden, wait=True)
        show.seen()
        self._shown(interaction, sent.id, show.card)
        if show.watch is not None:
            address = ByToken(interaction, sent.id, hidden) if hidden else ByChannel(sent)
            self._live.watch(show.watch, sent.id, address, show.card)

    def _shown(self, interaction: Interaction, message: int, card: Card) -> None:
        if place_of(interaction).own_dm:
            self._last[self._writer(interaction)] = message
        self._talk.shown(interaction, message, card)

    def _writer(self, interaction: Interaction) -> str:
        return writer_id(self._secret, interaction.user.id)

    async def _leave(self, taken: Taken, card: Card) -> None:
        """Leaves the card where the panel was, for good."""
        async with taken.click.editing() as due:
            if due:
                interaction = taken.interaction
                message = (await interaction.edit_original_response(view=layout(card))).id
                taken.click.shown()
                self._live.leave(message, ByToken(interaction, message, place_of(interaction).private_only), card)

    async def _hand(self, taken: Taken, hand: Hand) -> None:
        interaction = taken.interaction
        attached = discord.File(io.BytesIO(hand.file.data), hand.file.name)
        try:
            if taken.ack is Ack.NEW:
                await interaction.edit_original_response(view=layout(hand.card), attachments=[attached])
            else:
                hidden = place_of(interaction).private_only
                await interaction.followup.send(view=layout(hand.card), file=attached, ephemeral=hidden)
        except STUMBLES as error:
            if (told := not_handed(error)) is None:
                raise
            raise told from error
        try:
            await hand.after()
        except BotError as error:  # the person has the file; that they have it was not written down
            log.warning("after a file was handed over: %s", type(error).__name__)

    async def _onward(self, taken: Taken, onward: Onward) -> None:
        """Goes on below. The panel becomes a record last: ended before that, it still leads on."""
        interaction = taken.interaction
        sent = await interaction.followup.send(view=layout(onward.show.card), wait=True)
        onward.show.seen()
        self._shown(interaction, sent.id, onward.show.card)
        await self._leave(taken, onward.left)

    async def _move(self, taken: Taken, move: Move) -> None:
        """Posts the panel in the DM, and leaves a way there. The second of two clicks posts none. Raises ClosedDm."""
        writer = self._writer(taken.interaction)
        key, now = (writer, move.essay), time.monotonic()
        async with self._turn(writer):
            self._moved = {one: found for one, found in self._moved.items() if now - found[0] < _MOVED_SECONDS}
            if key not in self._moved:
                try:
                    self._moved[key] = now, await self._post(taken.interaction, writer, move.show)
                except discord.Forbidden as error:
                    raise ClosedDm from error
        await self._leave(taken, lists.moved(f"https://discord.com/channels/@me/{self._moved[key][1]}"))

    async def _post(self, interaction: Interaction, writer: str, show: Show) -> int:
        """Posts the panel in the DM; the id of that channel."""
        sent = await interaction.user.send(view=layout(show.card))
        show.seen()
        await self._talk.learn(interaction.user.id, sent.channel.id, sent.id)
        self._last[writer] = sent.id
        self._talk.teller.shown(writer, sent.id, show.card)
        if show.watch is not None:
            self._live.watch(show.watch, sent.id, ByChannel(sent), show.card)
        return sent.channel.id

    async def tell(self, taken: Taken, error: Exception) -> None:
        """Says what went wrong, privately, and gives back what was typed and may not be stored. Raises nothing.

        A panel of the person's own whose essay is gone is replaced by the sentence.
        """
        told = sentence(error)
        if told is None:
            return
        interaction = taken.interaction
        words = typed(interaction) if taken.submitted else ""
        card = lists.handed(f"{told}\n-# What you typed is attached.", "typed.txt") if words else lists.said(told)

        def files() -> list[discord.File]:  # one is used up by a try to send it
            return [discord.File(io.BytesIO(words.encode("utf-8", "replace")), "typed.txt")] if words else []

        with suppress(*STUMBLES, DoneElsewhere):  # then nobody can be told; what was stored is stored
            if isinstance(error, NotYours) and own_panel(interaction):
                with suppress(*STUMBLES):  # what was typed comes back all the same
                    await self.show(taken, Show(lists.gone(told)))
                if not words:
                    return
            if not taken.answered:
                respond = interaction.response.send_message
                await answer(lambda: respond(view=layout(card), files=files(), ephemeral=True))
            elif taken.ack is Ack.NEW:
                await interaction.edit_original_response(view=layout(card), attachments=files())
            else:
                await interaction.followup.send(view=layout(card), files=files(), ephemeral=True)


def own_panel(interaction: Interaction) -> bool:
    """Whether the message that was used is the person's own: made for a command of theirs, or in their DM with the bot.

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
    return place_of(interaction).own_dm and recipient is not None and recipient.id == interaction.user.id
