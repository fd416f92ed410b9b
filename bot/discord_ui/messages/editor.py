"""Cards and forms as discord.py's components.

Every view and form comes out already stopped, so that discord.py keeps none of them: whatever is pressed, in whichever
process, comes to the router by its custom id alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from weakref import WeakValueDictionary

import aiohttp
import discord
from discord import ui

from bot.discord_ui.panels.cards import (
    AttachedFile,
    Button,
    ButtonRow,
    ButtonStyle,
    Card,
    CardPart,
    Checkbox,
    FileInput,
    Form,
    FormPart,
    LinkButton,
    SelectInput,
    SelectMenu,
    SelectOption,
    Separator,
    TextBlock,
    TextInput,
)

ACCENT_COLOUR = 0x4F6D7A  # a slate that stands out little on either of Discord's themes
_DISCORD_STYLES = {
    ButtonStyle.SECONDARY: discord.ButtonStyle.secondary,
    ButtonStyle.PRIMARY: discord.ButtonStyle.primary,
    ButtonStyle.DANGER: discord.ButtonStyle.danger,
}

UiItem = ui.Item[Any]


def to_view(card: Card) -> ui.LayoutView:
    """The card as a message's view."""
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.Container(*(_to_item(part) for part in card.parts), accent_colour=ACCENT_COLOUR))
    view.stop()
    return view


def to_modal(form: Form) -> ui.Modal:
    """The form as a modal."""
    made = ui.Modal(title=form.title, custom_id=form.custom_id, timeout=None)
    for part in form.parts:
        made.add_item(_to_form_item(part))
    made.stop()
    return made


def _to_item(part: CardPart) -> UiItem:
    match part:
        case TextBlock(content):
            return ui.TextDisplay(content)
        case Separator():
            return ui.Separator()
        case ButtonRow(buttons):
            return ui.ActionRow(*(_to_button(button) for button in buttons))
        case SelectMenu():
            return ui.ActionRow(
                ui.Select(
                    custom_id=part.custom_id,
                    placeholder=part.placeholder,
                    options=[_to_select_option(o) for o in part.options],
                )
            )
        case AttachedFile(name):
            return ui.File(f"attachment://{name}")


def _to_button(button: Button | LinkButton) -> ui.Button[Any]:
    if isinstance(button, LinkButton):
        return ui.Button(label=button.label, url=button.url)
    return ui.Button(
        label=button.label, custom_id=button.custom_id, style=_DISCORD_STYLES[button.style], disabled=button.disabled
    )


def _to_select_option(option: SelectOption) -> discord.SelectOption:
    return discord.SelectOption(
        label=option.label, value=option.value, description=option.description or None, default=option.selected
    )


def _to_form_item(part: FormPart) -> UiItem:
    match part:
        case TextBlock(content):
            return ui.TextDisplay(content)
        case TextInput():
            field: ui.TextInput[Any] = ui.TextInput(
                custom_id=part.key,
                style=discord.TextStyle.long if part.multiline else discord.TextStyle.short,
                default=part.value or None,
                placeholder=part.placeholder or None,
                required=part.required,
                max_length=part.max_length,
            )
            return ui.Label(text=part.label, description=part.description or None, component=field)
        case FileInput():
            files: ui.FileUpload[Any] = ui.FileUpload(custom_id=part.key, required=part.required, max_values=1)
            return ui.Label(text=part.label, description=part.description or None, component=files)
        case SelectInput():
            menu: ui.Select[Any] = ui.Select(
                custom_id=part.key, options=[_to_select_option(one) for one in part.options]
            )
            return ui.Label(text=part.label, component=menu)
        case Checkbox():
            box: ui.Checkbox[Any] = ui.Checkbox(custom_id=part.key)
            return ui.Label(text=part.label, description=part.description or None, component=box)


# Where a panel can be changed, and something said beside it: by the latest click's token, or in the bot's own DM.


# Discord's error codes (Topics, "Opcodes and Status Codes").
UNKNOWN_MESSAGE = 10008
# It comes out of turn at times, where the bot may well write (discord.py's issues 7275 and 7666), and passes.
MISSING_ACCESS = 50001
_TOKEN_EXPIRED_CODES = (50027, 10015)  # invalid webhook token, unknown webhook


class TargetGone(Exception):
    """Nothing can be said there any more: the next click on the panel, or /draft, shows how things stand."""


class MessageDeleted(Exception):
    """The panel's message was deleted; beside where it stood, something can still be said."""


DISCORD_ERRORS = (discord.HTTPException, OSError, aiohttp.ClientError)
"""What Discord or the way to it may raise at any call; a dropped connection is no OSError in aiohttp."""


class MessageTarget(Protocol):
    """Where a panel can be edited, and something said beside it."""

    async def edit(self, card: Card) -> None:
        """Shows the card. Raises discord.HTTPException, OSError, aiohttp.ClientError, TargetGone, MessageDeleted."""

    async def send(self, card: Card, nonce: str) -> None:
        """Shows the card in a message of its own. Raises as ``edit`` does.

        Of the same ``nonce``, of at most 25 characters, Discord takes one message in some minutes, so that it can be
        said again where only the answer was lost.
        """

    @property
    def is_bot_dm(self) -> bool:
        """Whether that is the bot's own DM with the person."""

    def seconds_left(self, now: datetime) -> float | None:
        """For how many seconds from now on the panel can be changed; None where no end is known."""

    def fallback(self) -> MessageTarget | None:
        """The address that stays when this one is gone; None where there is none."""


@dataclass(frozen=True, slots=True)
class ChannelMessageTarget:
    """A message in the bot's own DM, which can be changed for as long as it exists."""

    message: discord.Message | discord.PartialMessage

    async def edit(self, card: Card) -> None:
        """See MessageTarget."""
        try:
            await self.message.edit(view=to_view(card))
        except (discord.NotFound, discord.Forbidden) as error:
            raise _channel_error(error) from error

    async def send(self, card: Card, nonce: str) -> None:
        """See MessageTarget."""
        try:
            await self.message.channel.send(view=to_view(card), nonce=nonce)
        except (discord.NotFound, discord.Forbidden) as error:
            raise _channel_error(error) from error

    @property
    def is_bot_dm(self) -> bool:
        """See MessageTarget."""
        return True

    def seconds_left(self, now: datetime) -> None:
        """See MessageTarget."""

    def fallback(self) -> None:
        """See MessageTarget."""


@dataclass(frozen=True, slots=True)
class InteractionTarget:
    """The message that an interaction answers with, or stands on: for 15 minutes. ``message`` is its id."""

    interaction: discord.Interaction[discord.Client]
    message_id: int
    ephemeral: bool

    async def edit(self, card: Card) -> None:
        """See MessageTarget."""
        try:
            await self.interaction.edit_original_response(view=to_view(card))
        except discord.HTTPException as error:
            raise _token_error(error) from error

    async def send(self, card: Card, nonce: str) -> None:
        """See MessageTarget. One follow-up a job: of the five that a user install has, the files take the others.

        Discord knows no nonce of follow-ups, so one whose answer was lost may come twice.
        """
        try:
            await self.interaction.followup.send(view=to_view(card), ephemeral=self.ephemeral)
        except discord.HTTPException as error:
            raise _token_error(error) from error

    def seconds_left(self, now: datetime) -> float:
        """See MessageTarget."""
        return (self.interaction.expires_at - now).total_seconds()

    @property
    def is_bot_dm(self) -> bool:
        """See MessageTarget."""
        return not self.ephemeral and bool(self.interaction.context.dm_channel)

    def fallback(self) -> ChannelMessageTarget | None:
        """See MessageTarget: the bot's own DM is a channel in which it may write."""
        if not self.is_bot_dm or self.interaction.channel_id is None:
            return None
        channel = self.interaction.client.get_partial_messageable(self.interaction.channel_id)
        return ChannelMessageTarget(channel.get_partial_message(self.message_id))


def _channel_error(error: discord.HTTPException) -> Exception:
    if error.code == MISSING_ACCESS:
        return error
    return MessageDeleted() if error.code == UNKNOWN_MESSAGE else TargetGone()


def _token_error(error: discord.HTTPException) -> Exception:
    if error.status == 401 or error.code in _TOKEN_EXPIRED_CODES:
        return TargetGone()
    if isinstance(error, discord.NotFound):
        return MessageDeleted() if error.code == UNKNOWN_MESSAGE else TargetGone()
    return error


# Clicks on one message: in which order they are done, and whose view stands there at the end.
#
# Two clicks are answered by two requests, and Discord shows whichever arrives last. So a message is changed by one
# request at a time, and by none for a click after which a later one has shown something. A click that changes what is
# stored holds up the later ones on its message until it is done: they would show what was true before it. Nothing here
# holds up an acknowledgement.


class _MessageState:
    """What is known of a message while somebody uses it. ``shown`` is the number of the click that it shows."""

    def __init__(self) -> None:
        self.edit_lock = asyncio.Lock()
        self.click_count = 0
        self.shown_click = 0
        self.pending_changes: dict[int, asyncio.Event] = {}


class MessageLocks:
    """The clicks of this process, by message, for as long as any of them is under way."""

    def __init__(self) -> None:
        self._messages: WeakValueDictionary[int, _MessageState] = WeakValueDictionary()

    def register(self, message: int | None, *, changes: bool = False) -> MessageClick:
        """A click on a message, by its id; None for something that answers with a new one.

        ``changes``: what it does is stored, and later clicks on the message wait for that.
        """
        found = _MessageState() if message is None else self._messages.setdefault(message, _MessageState())
        return MessageClick(found, changes=changes)

    @asynccontextmanager
    async def lock(self, message: int) -> AsyncIterator[None]:
        """No click changes the message inside: for what edits it without one."""
        found = self._messages.setdefault(message, _MessageState())
        async with found.edit_lock:
            yield


class MessageClick:
    """One of them. They are numbered as they arrive, so one is to be made before anything is awaited."""

    def __init__(self, message: _MessageState, *, changes: bool) -> None:
        self._message = message
        message.click_count += 1
        self._number = message.click_count
        self._earlier = tuple(message.pending_changes.values())
        self._done = asyncio.Event()
        if changes:
            message.pending_changes[self._number] = self._done

    async def wait_for_earlier(self) -> None:
        """Returns when every earlier click on the message that changes something is done."""
        for event in self._earlier:
            await event.wait()

    @contextmanager
    def working(self) -> Iterator[None]:
        """What it does is done inside; later ones that wait for it go on at the end, whatever that is."""
        try:
            yield
        finally:
            self._message.pending_changes.pop(self._number, None)
            self._done.set()

    @property
    def is_overtaken(self) -> bool:
        """Whether a later click has shown something in the message."""
        return self._message.shown_click > self._number

    @property
    def would_wait(self) -> bool:
        """Whether the message is being changed just now, or no longer this click's to change."""
        return self._message.edit_lock.locked() or self.is_overtaken

    @asynccontextmanager
    async def editing(self) -> AsyncIterator[bool]:
        """The message is changed by nobody else inside. False where it is a later click's by now: leave it so."""
        async with self._message.edit_lock:
            yield not self.is_overtaken

    def mark_shown(self) -> None:
        """What it has led to stands in the message."""
        self._message.shown_click = max(self._message.shown_click, self._number)
