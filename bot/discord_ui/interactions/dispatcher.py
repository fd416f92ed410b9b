"""The one way in: every interaction is acknowledged, done, answered, told of its errors and logged here."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import discord

from bot.discord_ui.access import AccessDenied, AccessRules, Membership
from bot.discord_ui.dm.listener import DmListener
from bot.discord_ui.dm.notifier import BOT_DM_CONTEXT
from bot.discord_ui.errors import FormTimeout, UnknownCustomId
from bot.discord_ui.interactions.custom_ids import CustomId, parse_custom_id
from bot.discord_ui.interactions.requests import Interaction, interaction_context, parse_request
from bot.discord_ui.interactions.responder import AckMode, PendingInteraction, Responder, SeenInteractions
from bot.discord_ui.interactions.responses import HandlerResult, InteractionContext, writer_id
from bot.discord_ui.interactions.router import Action, Router, find_route
from bot.discord_ui.messages.content import fetch_file
from bot.discord_ui.messages.editor import DISCORD_ERRORS, EditTiming, MessageEditors
from bot.discord_ui.messages.job_panels import JobPanels
from bot.discord_ui.panels.presenter import Presenter
from bot.errors import ShuttingDown
from bot.services.services import Services

log = logging.getLogger("bot.discord")

ACK_TIMEOUT_SECONDS = 3.0  # after that Discord waits no more for the first answer
_MEMBERSHIP_TIMEOUT_SECONDS = (
    0.8  # for Discord's word on who somebody is: with a form, or the first answer, within the three
)
_DM_MEMBERSHIP_TIMEOUT_SECONDS = 10.0  # nobody waits for an answer to a message
FORM_TIMEOUT_SECONDS = (
    2.0  # a form must be the first answer, within Discord's three seconds: one is left for the way there
)


class InteractionDispatcher:
    """What the client hands every interaction to."""

    def __init__(self, services: Services, access: AccessRules, timing: EditTiming | None = None) -> None:
        self.services = services
        self.access_rules = access
        self.presenter = Presenter(services)
        self._router = Router(self.presenter)
        self.editors = MessageEditors(services.clock, timing)
        self._membership = Membership(services.store, services.pseudonym_secret, services.clock)
        self.dm_listener = DmListener(self.presenter, self._admit_to_dm, self.writer_lock, self.editors)
        self.job_panels = JobPanels(
            services.jobs, services.store, self.editors, self.dm_listener.notifier.start_new_summary
        )
        self._responder = Responder(
            self.job_panels, self.dm_listener, self.editors, self.writer_lock, services.pseudonym_secret
        )
        self._seen_interactions = SeenInteractions()
        self._active_tasks: set[asyncio.Task[object]] = set()
        self._closing = False

    async def close(self, seconds: float) -> None:
        """Lets nobody in any more, and waits so many seconds for those inside."""
        self._closing = True
        hushed = asyncio.create_task(self.dm_listener.close(seconds))
        await asyncio.wait({hushed, *self._active_tasks}, timeout=seconds)
        await hushed

    async def wait_until_idle(self) -> None:
        """Wait until everything that was pressed so far has been answered."""
        while self._active_tasks:
            await asyncio.wait(self._active_tasks)

    async def restore_job_panels(self, client: discord.Client) -> None:
        """Put right the panels that an earlier process left in the middle of a job. Raise StoreError."""
        await self.job_panels.restore(client, self.presenter.watch_again, self.services.clock())

    def writer_lock(self, writer: str) -> asyncio.Lock:
        """The lock that a writer's changes take, for the commands."""
        return self._router.writer_lock(writer)

    def writer_of(self, interaction: Interaction) -> str:
        """Who acts."""
        return writer_id(self.services.pseudonym_secret, interaction.user.id)

    async def handle_component(self, interaction: Interaction) -> None:
        """A button or a menu of a message, or a form: whatever has a custom id."""
        if not self._is_first(interaction):
            return
        data: Mapping[str, Any] = interaction.data or {}
        found = parse_custom_id(str(data.get("custom_id", "")))
        value = str((data.get("values") or [""])[0])
        action = _find_action(found, value)
        submitted = interaction.type is discord.InteractionType.modal_submit
        ack = AckMode.UPDATE
        if submitted and interaction.message is None:
            ack = AckMode.NEW_MESSAGE
        elif not submitted and action is not None and action.opens_form:
            ack = AckMode.MODAL
        changes = action is not None and action.is_write
        click = self.editors.register_click(interaction.message.id if interaction.message else None, changes=changes)

        async def work() -> HandlerResult:
            route = find_route(found, value)
            press = parse_request(interaction, route.custom_id, self.writer_of(interaction))
            press = replace(press, files=tuple([await fetch_file(one) for one in press.files]))
            if not route.action.opens_form:
                await click.wait_for_earlier()
            return await self._router.run(route, press)

        name = f"{found.kind} {found.action}" if found else "unknown id"
        await self._handle(PendingInteraction(interaction, ack, click), name, work, found.subject if found else "-")

    async def handle_command(
        self, interaction: Interaction, name: str, ack: AckMode, work: Callable[[], Awaitable[HandlerResult]]
    ) -> None:
        """Does a command's work and answers with what comes of it, or with what went wrong. Raises nothing.

        ``name`` is all that the log tells of it.
        """
        if self._is_first(interaction):
            await self._handle(PendingInteraction(interaction, ack, self.editors.register_click(None)), name, work)

    def _is_first(self, interaction: Interaction) -> bool:
        """Whether the interaction is heard for the first time; one that comes twice is done and answered once."""
        first = self._seen_interactions.is_first(interaction.id)
        if not first:
            log.info("an event came twice")
        return first

    async def _handle(
        self, pending: PendingInteraction, name: str, work: Callable[[], Awaitable[HandlerResult]], subject: str = "-"
    ) -> None:
        """Of the ``subject`` the log tells the start."""
        task = asyncio.current_task()
        assert task is not None
        self._active_tasks.add(task)
        began, outcome = time.perf_counter(), "done"
        try:
            with pending.click.working():
                await self._check(pending.interaction)
                if pending.ack is AckMode.MODAL:
                    reply = await _with_form_timeout(work)
                else:
                    pending, reply = await self._acknowledge_and_work(pending, work)
            await self._responder.respond(pending, reply)
            await self.dm_listener.record_dm(pending.interaction)
            await self._record_member(pending.interaction)
        except Exception as error:  # noqa: BLE001 - the edge: whatever happened, the person is told
            outcome = type(error).__name__
            await self._responder.report_error(pending, error)
        finally:
            self._active_tasks.discard(task)
            log.info("%s: %s, %.0f ms, %s", name, outcome, (time.perf_counter() - began) * 1000, subject[:4])

    async def _check(self, interaction: Interaction) -> None:
        """Raise AccessDenied, MembershipUnknown, ShuttingDown."""
        await self.admit(
            interaction.client, interaction.user.id, interaction_context(interaction), _MEMBERSHIP_TIMEOUT_SECONDS
        )
        if self._closing:
            raise ShuttingDown

    async def admit(self, client: discord.Client, user: int, context: InteractionContext, seconds: float) -> None:
        """Whom the rule answers, and outside of servers also whoever belongs to one that is answered.

        Discord is asked for that, and waited for as long as ``seconds``. Raises AccessDenied, MembershipUnknown,
        StoreError.
        """
        try:
            self.access_rules.check(user, context)
        except AccessDenied:
            servers = self.access_rules.guild_ids
            if (
                context.guild_id is None
                and servers
                and await self._membership.is_member(client, user, servers, seconds)
            ):
                return
            raise

    async def _admit_to_dm(self, client: discord.Client, user: int) -> None:
        await self.admit(client, user, BOT_DM_CONTEXT, _DM_MEMBERSHIP_TIMEOUT_SECONDS)

    async def _record_member(self, interaction: Interaction) -> None:
        """Remembers that somebody acted in a server that is answered."""
        if interaction.guild_id is not None and interaction.guild_id in self.access_rules.guild_ids:
            await self._membership.record_member(interaction.user.id, interaction.guild_id)

    async def _acknowledge_and_work(
        self, pending: PendingInteraction, work: Callable[[], Awaitable[HandlerResult]]
    ) -> tuple[PendingInteraction, HandlerResult]:
        """Does what Discord was told is heard; what was typed, where Discord will not hear that, all the same.

        Raises what ``answering.answer`` raises, and what the work does.
        """
        acknowledging = asyncio.create_task(self._responder.acknowledge(pending))
        try:
            if pending.is_form_submission:
                await asyncio.wait({acknowledging}, timeout=ACK_TIMEOUT_SECONDS)
                failed = acknowledging.done() and isinstance(acknowledging.exception(), DISCORD_ERRORS)
                if failed or not acknowledging.done():
                    reply = await work()
                    return await acknowledging, reply
            return await acknowledging, await work()
        finally:
            acknowledging.cancel()


def _find_action(found: CustomId | None, value: str) -> Action | None:
    try:
        return find_route(found, value).action
    except UnknownCustomId:
        return None


async def _with_form_timeout(work: Callable[[], Awaitable[HandlerResult]]) -> HandlerResult:
    """What the work gives, if it gives it in time to open a form. Raises FormTimeout."""
    try:
        async with asyncio.timeout(FORM_TIMEOUT_SECONDS):
            return await work()
    except TimeoutError:
        raise FormTimeout from None
