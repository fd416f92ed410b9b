"""The one way in: every interaction is acknowledged, done, answered, told of its errors and logged here."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import discord

from bot.discord_ui.access import Access, NotServed
from bot.discord_ui.addresses import STUMBLES
from bot.discord_ui.answering import Heard
from bot.discord_ui.clicks import Clicks
from bot.discord_ui.conversation import Talk
from bot.discord_ui.delivery import Ack, Delivery, Taken
from bot.discord_ui.faults import Busy, NotAButton, Stopping
from bot.discord_ui.files import fetched
from bot.discord_ui.ids import Id, parse
from bot.discord_ui.live import Live
from bot.discord_ui.membership import Membership
from bot.discord_ui.people import Place, writer_id
from bot.discord_ui.press import Interaction, place_of, press_of
from bot.discord_ui.replies import sentence
from bot.discord_ui.reply import Later, Reply
from bot.discord_ui.router import Action, Router, find
from bot.discord_ui.screens import Screens
from bot.discord_ui.telling import OWN_DM
from bot.discord_ui.tools import Tools
from bot.discord_ui.typing import Typing

log = logging.getLogger("bot.discord")

SLOW_SECONDS = 0.8  # a person waits about a second before they press again
ACK_SECONDS = 3.0  # after that Discord waits no more for the first answer
_ASKED_SECONDS = 0.8  # for Discord's word on who somebody is: with a form, or the first answer, within the three
_ASKED_FOR_MESSAGE_SECONDS = 10.0  # nobody waits for an answer to a message
FORM_SECONDS = 2.0  # a form must be the first answer, within Discord's three seconds: one is left for the way there

RESTARTED = "The bot is being restarted, so a model was not waited for. Everything is stored: go on in a minute."


class Door:
    """What the client hands every interaction to."""

    def __init__(self, tools: Tools, access: Access) -> None:
        self.tools = tools
        self.access = access
        self.screens = Screens(tools)
        self._router = Router(self.screens)
        self._clicks = Clicks()
        self._membership = Membership(tools.memory, tools.secret, tools.clock)
        self.talk = Talk(self.screens, self._admit_to_dm, self.turn, self._clicks)
        self.live = Live(tools.jobs, tools.clock, self.talk.teller.below)
        self._delivery = Delivery(self.live, self.talk, self._clicks, self.turn, tools.secret)
        self._heard = Heard()
        self._typing = Typing()
        self._inside: set[asyncio.Task[object]] = set()
        self._asking: set[asyncio.Future[str | None]] = set()
        self._closing = False

    async def close(self, seconds: float) -> None:
        """Lets nobody in any more, asks no model any more, and waits so many seconds for those inside."""
        self._closing = True
        for asking in self._asking:
            asking.cancel()
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
        if not self._first(interaction):
            return
        data: Mapping[str, Any] = interaction.data or {}
        found = parse(str(data.get("custom_id", "")))
        value = str((data.get("values") or [""])[0])
        action = _action(found, value)
        submitted = interaction.type is discord.InteractionType.modal_submit
        ack = Ack.PANEL
        if submitted and interaction.message is None:
            ack = Ack.NEW
        elif not submitted and action is not None and action.form:
            ack = Ack.FORM
        changes = action is not None and action.changes
        click = self._clicks.arrived(interaction.message.id if interaction.message else None, changes=changes)

        async def work() -> Reply:
            route = find(found, value)
            press = press_of(interaction, route.id, self.writer(interaction))
            press = replace(press, files=tuple([await fetched(one) for one in press.files]))
            if not route.action.form:
                await click.turn()
            return await self._router.run(route, press)

        name = f"{found.kind} {found.action}" if found else "unknown id"
        await self._take(Taken(interaction, ack, click), name, work, found.subject if found else "-")

    async def take(self, interaction: Interaction, name: str, ack: Ack, work: Callable[[], Awaitable[Reply]]) -> None:
        """Does a command's work and answers with what comes of it, or with what went wrong. Raises nothing.

        ``name`` is all that the log tells of it.
        """
        if self._first(interaction):
            await self._take(Taken(interaction, ack, self._clicks.arrived(None)), name, work)

    def _first(self, interaction: Interaction) -> bool:
        """Whether the interaction is heard for the first time; one that comes twice is done and answered once."""
        first = self._heard.first(interaction.id)
        if not first:
            log.info("an event came twice")
        return first

    async def _take(self, taken: Taken, name: str, work: Callable[[], Awaitable[Reply]], subject: str = "-") -> None:
        """Of the ``subject`` the log tells the start."""
        task = asyncio.current_task()
        assert task is not None
        self._inside.add(task)
        began, outcome = time.perf_counter(), "done"
        try:
            with taken.click.working():
                await self._check(taken.interaction)
                if taken.ack is Ack.FORM:
                    reply = await _quickly(work)
                else:
                    taken, reply = await self._acknowledged(taken, work)
            if isinstance(reply, Later):
                await self._later(taken, reply)
            else:
                await self._delivery.deliver(taken, reply)
            await self.talk.met(taken.interaction)
            await self._seen(taken.interaction)
        except Exception as error:  # noqa: BLE001 - the edge: whatever happened, the person is told
            outcome = type(error).__name__
            await self._delivery.tell(taken, error)
        finally:
            self._inside.discard(task)
            log.info("%s: %s, %.0f ms, %s", name, outcome, (time.perf_counter() - began) * 1000, subject[:4])

    async def _later(self, taken: Taken, later: Later) -> None:
        """Asks the model that is to be asked, outside of the writer's turn, and shows what comes of it.

        Nothing is shown where the person has gone on to something else on the message.
        """
        before = self._delivery.last(taken.interaction)
        told, shown = await self._asked(taken, later)
        try:
            async with self.turn(self.writer(taken.interaction)):
                if taken.click.overtaken:
                    return
                turning = self._delivery.last(taken.interaction) == before
                reply = await self._router.show(later, told, turning=turning)
        except Exception as error:
            if shown and (told := sentence(error)) is not None:
                await self._delivery.meanwhile(taken, later.meanwhile(told))  # it must not say that it reads
            raise
        await self._delivery.deliver(taken, reply)

    async def _asked(self, taken: Taken, later: Later) -> tuple[str | None, bool]:
        """What there is to say of the asking, and whether the panel has said meanwhile that it goes on.

        It shows that if it takes long, so that nobody wonders whether the click was heard. Raises nothing: whatever
        happens, what the person did is stored, and their panel goes on from there.
        """
        shown = False
        asking = asyncio.ensure_future(later.ask())
        self._asking.add(asking)
        try:
            if self._closing:
                asking.cancel()
            async with self._typing(taken.interaction):
                done, _ = await asyncio.wait({asking}, timeout=SLOW_SECONDS)
                if not done:
                    shown = await self._delivery.meanwhile(taken, later.meanwhile(later.words))
                    await asyncio.wait({asking})
            if asking.cancelled():
                return RESTARTED, shown
            return asking.result(), shown
        except Exception as error:  # noqa: BLE001 - it is told on the panel, beside what is stored
            log.info("a model could not be asked: %s", type(error).__name__)
            return sentence(error), shown
        finally:
            self._asking.discard(asking)
            asking.cancel()

    async def _check(self, interaction: Interaction) -> None:
        """Raises NotServed, NotAsked, Stopping."""
        await self.admit(interaction.client, interaction.user.id, place_of(interaction), _ASKED_SECONDS)
        if self._closing:
            raise Stopping

    async def admit(self, client: discord.Client, user: int, place: Place, seconds: float) -> None:
        """Whom the rule answers, and outside of servers also whoever belongs to one that is answered.

        Discord is asked for that, and waited for as long as ``seconds``. Raises NotServed, NotAsked, StoreError.
        """
        try:
            self.access.check(user, place)
        except NotServed:
            servers = self.access.servers
            if place.server is None and servers and await self._membership.belongs(client, user, servers, seconds):
                return
            raise

    async def _admit_to_dm(self, client: discord.Client, user: int) -> None:
        await self.admit(client, user, OWN_DM, _ASKED_FOR_MESSAGE_SECONDS)

    async def _seen(self, interaction: Interaction) -> None:
        """Remembers that somebody acted in a server that is answered."""
        if interaction.guild_id is not None and interaction.guild_id in self.access.servers:
            await self._membership.seen(interaction.user.id, interaction.guild_id)

    async def _acknowledged(self, taken: Taken, work: Callable[[], Awaitable[Reply]]) -> tuple[Taken, Reply]:
        """Does what Discord was told is heard; what was typed, where Discord will not hear that, all the same.

        Raises what ``answering.answer`` raises, and what the work does.
        """
        acknowledging = asyncio.create_task(self._delivery.acknowledge(taken))
        try:
            if taken.submitted:
                await asyncio.wait({acknowledging}, timeout=ACK_SECONDS)
                failed = acknowledging.done() and isinstance(acknowledging.exception(), STUMBLES)
                if failed or not acknowledging.done():
                    reply = await work()
                    return await acknowledging, reply
            return await acknowledging, await work()
        finally:
            acknowledging.cancel()


def _action(found: Id | None, value: str) -> Action | None:
    try:
        return find(found, value).action
    except NotAButton:
        return None


async def _quickly(work: Callable[[], Awaitable[Reply]]) -> Reply:
    """What the work gives, if it gives it in time to open a form. Raises Busy."""
    try:
        async with asyncio.timeout(FORM_SECONDS):
            return await work()
    except TimeoutError:
        raise Busy from None
