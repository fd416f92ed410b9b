"""Edit one Discord message from many places, one request at a time.

Clicks, running jobs and the DM all change messages, and Discord shows whichever request arrives last. So each message
has one `MessageEditor`, which makes one request at a time and knows the message's address, Discord's rate limit, and
what the message is meant to show. Of clicks the latest wins. After a click, one owner (such as a job's panel) may go on
updating the message, until another click shows something else.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from weakref import WeakValueDictionary

import aiohttp
import discord

from bot.discord_ui.interactions.responses import InteractionContext
from bot.discord_ui.messages.components import to_view
from bot.discord_ui.panels.cards import Card

log = logging.getLogger(__name__)

DISCORD_ERRORS = (discord.HTTPException, OSError, aiohttp.ClientError)
"""What any request to Discord may raise; aiohttp's error for a dropped connection is not an OSError."""

# Discord's error codes (Topics, "Opcodes and Status Codes").
UNKNOWN_MESSAGE = 10008
_TOKEN_EXPIRED_CODES = (50027, 10015)  # invalid webhook token, unknown webhook
# Discord sometimes answers so where the bot may in fact write (discord.py's issues 7275 and 7666); it passes.
_MISSING_ACCESS = 50001

# How long before a token expires a panel says where to go on.
EXPIRY_NOTICE_SECONDS = 60.0
_MAX_INTERVAL_SECONDS = 30.0  # between two updates, however badly Discord does
# discord.py tries a request again for up to 25 s. An update would be outdated by then; a click's result is waited for.
_UPDATE_TIMEOUT_SECONDS = 10.0
_CLICK_TIMEOUT_SECONDS = 30.0
_MAX_REPEATS = 3  # how often a state is sent once more, because a request that was given up may have arrived later


@dataclass(slots=True)
class EditTiming:
    """How fast messages are edited, in seconds.

    ``interval`` is the time between two updates: Discord takes ``bucket_requests`` in ``bucket_seconds`` for one token,
    which four intervals and the click's own answer before them use up. The last update of a job waits only for room in
    that bucket. A request is given up ``outdated_timeout`` after something newer waits, and may still arrive until
    ``late_arrival`` after that. The end of a job is tried again after each of ``retry_delays``.
    """

    interval: float = 1.25
    bucket_requests: int = 5
    bucket_seconds: float = 5.0
    outdated_timeout: float = 1.0
    late_arrival: float = 5.0
    retry_delays: Sequence[float] = (1.2, 3.0, 6.0, 15.0, 30.0)
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep


class Superseded(Exception):
    """A click has shown something else in the message."""


class MessageDeleted(Exception):
    """The message was deleted; another can still be posted in its channel."""


class AddressExpired(Exception):
    """No known address can edit the message any more; the next click on it brings a new one."""


def is_refused(error: Exception) -> bool:
    """Return whether Discord would refuse the same request again."""
    if not isinstance(error, discord.HTTPException) or error.status == 429:
        return False
    return 400 <= error.status < 500 and error.code != _MISSING_ACCESS


def error_for_log(error: BaseException) -> str:
    """Return an error's kind and Discord's numbers, without any text."""
    if isinstance(error, discord.HTTPException):
        return f"{type(error).__name__} {error.status}/{error.code}"
    return type(error).__name__


@dataclass(frozen=True, slots=True)
class AddressRecord:
    """A message's address as it is stored: a token and when it expires, and in the bot's own DM its channel."""

    message_id: int
    channel_id: int | None = None
    guild_id: int | None = None
    application_id: int | None = None
    token: str = ""
    expires_at: str = ""
    is_followup: bool = False

    @property
    def context(self) -> InteractionContext:
        """Where the message is."""
        return InteractionContext(self.channel_id is not None, self.guild_id)

    def to_address(self, client: discord.Client, now: datetime) -> MessageAddress | None:
        """Return the address, by the token for as long as it can be used; None if that is over and there is no other.

        What is sent by a token does not count against the requests a second that Discord allows the bot.
        """
        in_channel = self.to_channel_address(client)
        if self.application_id is None or (expires_at := datetime.fromisoformat(self.expires_at)) <= now:
            return in_channel
        webhook = discord.Webhook.from_state(
            {"id": self.application_id, "type": 3, "token": self.token},
            client._connection,
        )
        channel = client.get_partial_messageable(self.channel_id) if self.channel_id is not None else None
        return TokenAddress(
            webhook, expires_at, channel is None, self.message_id, self.is_followup, channel, self.guild_id
        )

    def to_channel_address(self, client: discord.Client) -> ChannelAddress | None:
        """Return the address by the message's channel, if that is the bot's own DM."""
        if self.channel_id is None:
            return None
        channel = client.get_partial_messageable(self.channel_id)
        return ChannelAddress(channel.get_partial_message(self.message_id))


class MessageAddress(Protocol):
    """A way to edit a message, and to post another beside it."""

    @property
    def is_bot_dm(self) -> bool:
        """Whether the message is in the bot's own DM with the person."""

    async def edit(self, card: Card) -> int:
        """Show the card and return the message's id. Raise one of DISCORD_ERRORS."""

    async def send(self, card: Card, nonce: str) -> None:
        """Post the card beside the message. Raise one of DISCORD_ERRORS, and AddressExpired if it cannot be used.

        Discord takes only one message with the same ``nonce`` (at most 25 characters) within some minutes, so a card
        whose response was lost can be sent again.
        """

    def seconds_left(self, now: datetime) -> float | None:
        """Return for how many seconds the address can be used; None if it does not expire."""

    def has_expired(self, error: discord.HTTPException) -> bool:
        """Return whether the error means that this address can edit and post nothing any more."""

    def fallback(self) -> MessageAddress | None:
        """Return the address to use once this one has expired; None if there is none."""

    def to_record(self) -> AddressRecord | None:
        """Return what another process needs to edit the message; None if its id is not known."""


@dataclass(frozen=True, slots=True)
class ChannelAddress:
    """A message in the bot's own DM, which can be edited for as long as it exists."""

    message: discord.Message | discord.PartialMessage

    @property
    def is_bot_dm(self) -> bool:
        """See MessageAddress."""
        return True

    async def edit(self, card: Card) -> int:
        """See MessageAddress."""
        return (await self.message.edit(view=to_view(card))).id

    async def send(self, card: Card, nonce: str) -> None:
        """See MessageAddress."""
        await self.message.channel.send(view=to_view(card), nonce=nonce)

    def seconds_left(self, now: datetime) -> None:
        """See MessageAddress."""

    def has_expired(self, error: discord.HTTPException) -> bool:
        """See MessageAddress."""
        return error.status in (403, 404) and error.code not in (UNKNOWN_MESSAGE, _MISSING_ACCESS)

    def fallback(self) -> None:
        """See MessageAddress."""

    def to_record(self) -> AddressRecord:
        """See MessageAddress."""
        return AddressRecord(self.message.id, channel_id=self.message.channel.id)


@dataclass(frozen=True, slots=True)
class TokenAddress:
    """A message that an interaction came from or has created, editable by the interaction's token for 15 minutes.

    It is the interaction's own message, "@original", unless it ``is_followup``. ``message_id`` may be set later.
    ``channel`` is the message's channel if that is the bot's own DM.
    """

    webhook: discord.Webhook
    expires_at: datetime
    is_ephemeral: bool
    message_id: int | None = None
    is_followup: bool = False
    channel: discord.PartialMessageable | None = None
    guild_id: int | None = None

    @classmethod
    def of(cls, interaction: discord.Interaction[discord.Client], followup_id: int | None = None) -> TokenAddress:
        """Return the address of an interaction's own message, or of the follow-up message ``followup_id``."""
        channel = None
        is_dm = interaction.context.dm_channel is True
        if is_dm and interaction.channel_id is not None:
            channel = interaction.client.get_partial_messageable(interaction.channel_id)
        return cls(
            interaction.followup,
            interaction.expires_at,
            not is_dm,
            followup_id,
            followup_id is not None,
            channel,
            interaction.guild_id,
        )

    @property
    def is_bot_dm(self) -> bool:
        """See MessageAddress."""
        return self.channel is not None

    async def edit(self, card: Card) -> int:
        """See MessageAddress."""
        target = self.message_id if self.is_followup else "@original"
        return (await self.webhook.edit_message(target, view=to_view(card))).id  # type: ignore[arg-type]  # it stands in the path as it is

    async def send(self, card: Card, nonce: str) -> None:
        """See MessageAddress. Follow-up messages have no nonce, so one whose response was lost may appear twice."""
        await self.webhook.send(view=to_view(card), ephemeral=self.is_ephemeral)

    def seconds_left(self, now: datetime) -> float:
        """See MessageAddress."""
        return (self.expires_at - now).total_seconds()

    def has_expired(self, error: discord.HTTPException) -> bool:
        """See MessageAddress."""
        return (
            error.status == 401
            or error.code in _TOKEN_EXPIRED_CODES
            or (error.status == 404 and error.code != UNKNOWN_MESSAGE)
        )

    def fallback(self) -> ChannelAddress | None:
        """See MessageAddress: in the bot's own DM it is the channel, where the bot may always edit."""
        if self.channel is None or self.message_id is None:
            return None
        return ChannelAddress(self.channel.get_partial_message(self.message_id))

    def to_record(self) -> AddressRecord | None:
        """See MessageAddress."""
        if self.message_id is None:
            return None
        channel = self.channel.id if self.channel is not None else None
        expires_at, token = self.expires_at.isoformat(), self.webhook.token or ""
        return AddressRecord(
            self.message_id, channel, self.guild_id, self.webhook.id, token, expires_at, self.is_followup
        )


class MessageEditor:
    """The only writer of one message in this process. Get it from `MessageEditors`.

    ``owner`` is who may update the message: set after a click was answered, and removed by the next click that shows
    something. Where another process edits the message too, ``hand_over`` and ``supersede`` say whose turn it is.
    """

    def __init__(self, timing: EditTiming, clock: Callable[[], datetime], tasks: set[asyncio.Task[None]]) -> None:
        self.address: MessageAddress | None = None
        self.owner: object | None = None
        self._timing = timing
        self._clock = clock
        self._tasks = tasks
        self._lock = asyncio.Lock()
        self._click_count = 0
        self._shown_click = 0
        self._changing_clicks: dict[int, asyncio.Event] = {}
        self._waiting_clicks = 0
        self._click_waits = asyncio.Event()
        self._wanted: Card | None = None  # what the message is meant to show
        self._failures = 0
        self._next_update_at = 0.0  # by the loop's clock, as are all times here
        self._returned: deque[float] = deque(maxlen=timing.bucket_requests)  # when the last requests here returned
        self._late_until = 0.0  # until when a request that was given up may arrive
        self._repeating: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether an edit would have to wait."""
        return self._lock.locked()

    def seconds_left(self) -> float | None:
        """Return for how many seconds the message can be edited; None if there is no end."""
        self._leave_expiring_address()
        return None if self.address is None else self.address.seconds_left(self._clock())

    def hand_over(self) -> None:
        """Show nothing of one's own in the message any more: another process edits it from now on."""
        self.owner = self._wanted = None

    def supersede(self) -> None:
        """Take the message from its owner, because another process has shown something there: give up its request."""
        self.owner = None
        self._click_waits.set()

    async def update(
        self, owner: object, render: Callable[[], Card | None], *, hurry: asyncio.Event | None = None
    ) -> None:
        """Show what ``render`` returns when it is the owner's turn; nothing if it returns None.

        With ``hurry`` the turn comes one interval after the last update, later if Discord is slow or fails, and once
        ``hurry`` is set as soon as Discord's rate limit allows. Without ``hurry`` there is no wait.

        Raise Superseded if the message has another owner by then, MessageDeleted, AddressExpired, and one of
        DISCORD_ERRORS (TimeoutError among them) if Discord may not have shown it.
        """
        if hurry is not None:
            await self._wait_for_turn(hurry)
        async with self._lock:
            if self.owner is not owner:
                raise Superseded
            if (card := render()) is None:
                return
            if not self._waiting_clicks:
                self._click_waits.clear()
            loop = asyncio.get_running_loop()
            outdated = [self._click_waits, *([hurry] if hurry is not None and not hurry.is_set() else [])]
            began = loop.time()
            try:
                await self._edit(card, outdated)
            except Superseded:
                self.owner = None
                raise
            except DISCORD_ERRORS:
                self._failures += 1
                raise
            else:
                self._failures = 0
            finally:
                now, interval = loop.time(), self._timing.interval
                self._next_update_at = now + min(
                    max(now - began, interval * 2**self._failures), max(interval, _MAX_INTERVAL_SECONDS)
                )

    async def send(self, card: Card, nonce: str) -> None:
        """Post the card beside the message. Raise AddressExpired, or one of DISCORD_ERRORS."""
        while True:
            address = self._usable_address()
            try:
                return await address.send(card, nonce)
            except discord.HTTPException as error:
                if not address.has_expired(error):
                    raise
                self._use_fallback(address)

    async def _wait_for_turn(self, hurry: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        if (seconds := self._next_update_at - loop.time()) > 0 and not hurry.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await hurry.wait()
        if hurry.is_set() and len(self._returned) == self._timing.bucket_requests:
            await self._timing.pause(max(0.0, self._returned[0] + self._timing.bucket_seconds - loop.time()))

    async def _edit(self, card: Card, outdated: Sequence[asyncio.Event]) -> None:
        while True:
            address = self._usable_address()
            try:
                await self._request(card, address.edit, _UPDATE_TIMEOUT_SECONDS, outdated)
            except discord.HTTPException as error:
                if error.code == UNKNOWN_MESSAGE:
                    raise MessageDeleted from error
                if not address.has_expired(error):
                    raise
                log.info("an address of a message has expired: %s", error_for_log(error))
                self._use_fallback(address)
            else:
                return

    async def _show_click(
        self,
        number: int,
        card: Card,
        address: MessageAddress,
        edit: Callable[[Card], Awaitable[int]],
        released: AbstractAsyncContextManager[bool],
    ) -> int | None:
        """Show the result of click ``number``. See `Click.show`."""
        self._waiting_clicks += 1
        self._click_waits.set()
        try:
            await self._lock.acquire()
        finally:
            self._waiting_clicks -= 1
            if not self._waiting_clicks:
                self._click_waits.clear()
        try:
            if self._shown_click > number:
                return None
            async with released as is_free:
                message_id = await self._request(card, edit, _CLICK_TIMEOUT_SECONDS)
            if not is_free:
                self._repeat_later()
            self._shown_click, self.owner, self._failures, self._next_update_at = number, None, 0, 0.0
            self._set_address(address)
            self._returned.append(asyncio.get_running_loop().time())
            return message_id
        finally:
            self._lock.release()

    async def _request(
        self,
        card: Card,
        edit: Callable[[Card], Awaitable[int]],
        seconds: float,
        outdated: Sequence[asyncio.Event] = (),
    ) -> int:
        """Make one request, while no other is running, and return the message's id.

        Give it up after ``seconds``, or soon after one of ``outdated`` is set. A request that was given up may still
        arrive, so what the message is meant to show is then sent once more.
        """
        before, self._wanted = self._wanted, card
        task = asyncio.ensure_future(edit(card))
        newer = [asyncio.create_task(one.wait()) for one in outdated]
        try:
            await asyncio.wait((task, *newer), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if not task.done() and any(one.done() for one in newer):
                await asyncio.wait((task,), timeout=self._timing.outdated_timeout)
            if not task.done():
                raise TimeoutError
            if task.exception() is not None:
                self._wanted = before
            return task.result()
        finally:
            for one in newer:
                one.cancel()
            if task.cancel():
                self._repeat_later()
                await asyncio.gather(task, return_exceptions=True)
            self._returned.append(asyncio.get_running_loop().time())

    def _repeat_later(self) -> None:
        self._late_until = asyncio.get_running_loop().time() + self._timing.late_arrival
        if self._repeating is None:
            self._repeating = asyncio.create_task(self._repeat(), name="repeating an edit")
            self._tasks.add(self._repeating)
            self._repeating.add_done_callback(self._tasks.discard)

    async def _repeat(self) -> None:
        """Show what the message is meant to show once more, when a request that was given up can no longer arrive."""
        try:
            for _ in range(_MAX_REPEATS):
                late_until, loop = self._late_until, asyncio.get_running_loop()
                await self._timing.pause(max(0.0, late_until - loop.time()))
                async with self._lock:
                    if self._wanted is not None:
                        with suppress(Superseded, MessageDeleted, AddressExpired, *DISCORD_ERRORS):
                            await self._edit(self._wanted, [self._click_waits])
                if self._late_until == late_until:
                    return
        finally:
            self._repeating = None

    def _usable_address(self) -> MessageAddress:
        self._leave_expiring_address()
        if self.address is None:
            raise AddressExpired
        return self.address

    def _leave_expiring_address(self) -> None:
        """Change to the fallback address, if there is one, in the last minute of this one."""
        if self.address is None:
            return
        left = self.address.seconds_left(self._clock())
        if left is not None and left <= EXPIRY_NOTICE_SECONDS and (after := self.address.fallback()) is not None:
            self._set_address(after)

    def _use_fallback(self, expired: MessageAddress) -> None:
        if self.address is expired:
            self._set_address(expired.fallback())

    def _set_address(self, address: MessageAddress | None) -> None:
        self.address = address
        self._returned.clear()  # each token has a bucket of its own


class Click:
    """One click on a message, numbered on arrival: create it before anything is awaited."""

    def __init__(self, editor: MessageEditor, *, changes: bool) -> None:
        self.editor = editor
        editor._click_count += 1
        self._number = editor._click_count
        self._earlier = tuple(editor._changing_clicks.values())
        self._done = asyncio.Event()
        if changes:
            editor._changing_clicks[self._number] = self._done

    async def wait_for_earlier(self) -> None:
        """Wait until every earlier click on the message that changes stored data is done."""
        for event in self._earlier:
            await event.wait()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Do the click's work inside; later clicks that wait for it go on afterwards, even after an error."""
        try:
            yield
        finally:
            self.editor._changing_clicks.pop(self._number, None)
            self._done.set()

    @property
    def is_overtaken(self) -> bool:
        """Whether a later click has shown something in the message."""
        return self.editor._shown_click > self._number

    async def show(
        self,
        card: Card,
        address: MessageAddress,
        edit: Callable[[Card], Awaitable[int]] | None = None,
        released: AbstractAsyncContextManager[bool] | None = None,
    ) -> int | None:
        """Show the click's result, and return the message's id; None if a later click has shown something.

        ``edit`` makes the request if the address cannot do so yet. From then on the message is edited by ``address``
        and has no owner. The request is made inside ``released``, in which no other process edits the message; it
        yields False if a request of another process may still arrive, and then the card is shown once more. Raise what
        the request raises, what ``released`` raises, and TimeoutError.
        """
        edit = edit or address.edit
        return await self.editor._show_click(self._number, card, address, edit, released or nullcontext(True))


class MessageEditors:
    """The editors, one for each message that is in use.

    ``tasks`` are background tasks of the editors, which end by themselves within seconds.
    """

    def __init__(self, clock: Callable[[], datetime], timing: EditTiming | None = None) -> None:
        self.timing = timing or EditTiming()
        self.tasks: set[asyncio.Task[None]] = set()
        self._clock = clock
        self._editors: WeakValueDictionary[int, MessageEditor] = WeakValueDictionary()

    def get(self, message_id: int | None) -> MessageEditor:
        """Return the editor of a message; for None a new one, for a message whose id is not known yet."""
        if message_id is None:
            return self._new()
        found = self._editors.get(message_id)
        if found is None:
            found = self._editors[message_id] = self._new()
        return found

    def posted(self, message_id: int, address: MessageAddress) -> MessageEditor:
        """Return the editor of a message that was just posted, with the address to edit it by."""
        editor = self.get(message_id)
        if editor.address is None:
            editor.address = address
        return editor

    def identify(self, message_id: int, editor: MessageEditor) -> None:
        """Record the id of a message that had none when its editor was made."""
        self._editors.setdefault(message_id, editor)

    def register_click(self, message_id: int | None, *, changes: bool = False) -> Click:
        """Return a new click on a message; None stands for an interaction that is answered by a new message.

        ``changes``: it changes stored data, and later clicks on the message wait for that.
        """
        return Click(self.get(message_id), changes=changes)

    def _new(self) -> MessageEditor:
        return MessageEditor(self.timing, self._clock, self.tasks)
