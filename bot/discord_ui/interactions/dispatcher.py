"""Receive every interaction: acknowledge it, run its handler, answer it, report its errors, and log it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import discord

from bot.discord_ui.access import Access, AccessRules
from bot.discord_ui.dm.listener import DmListener
from bot.discord_ui.errors import FormTimeout, UnknownCustomId
from bot.discord_ui.interactions.custom_ids import parse_custom_id
from bot.discord_ui.interactions.requests import Interaction, interaction_context, parse_request
from bot.discord_ui.interactions.responder import AckMode, PendingInteraction, Responder, SeenInteractions
from bot.discord_ui.interactions.responses import HandlerResult, InteractionContext, server_id, writer_id
from bot.discord_ui.interactions.router import Router, find_route
from bot.discord_ui.messages.content import fetch_file
from bot.discord_ui.messages.editor import Click, EditTiming, MessageEditors
from bot.discord_ui.messages.gateway_panels import GatewayJobPanels
from bot.discord_ui.messages.job_panels import JobPanels
from bot.discord_ui.panels.presenter import Presenter
from bot.errors import ShuttingDown
from bot.services import metrics
from bot.services.jobs.store_ports import MessageLocks
from bot.services.request_context import apply_rules, request_scope
from bot.services.resumption import resume_jobs
from bot.services.services import Services

log = logging.getLogger("bot.discord")

# How long to wait for Discord to say whether somebody is a member of a server; the first answer must still be in time.
_MEMBERSHIP_TIMEOUT_SECONDS = 0.8
# Discord waits three seconds for the first answer. A form can open only as the first answer, and what a form brings is
# stored before it; one second is left for the network.
FIRST_ANSWER_SECONDS = 2.0

CommandWork = Callable[[str, InteractionContext], Awaitable[HandlerResult]]
"""A command's work: it takes the writer and where the command was used, and returns what to show."""
RunCommand = Callable[[Interaction, str, AckMode, CommandWork], Awaitable[None]]
"""How a command is run: see `InteractionDispatcher.handle_command`."""


class InteractionDispatcher:
    """Receive every interaction from the client, and see it through."""

    def __init__(
        self,
        services: Services,
        access: AccessRules,
        timing: EditTiming | None = None,
        *,
        is_served: Callable[[str], bool] = lambda _: True,
        locks: MessageLocks | None = None,
        serves: Callable[[int | None], bool] | None = None,
    ) -> None:
        """Take ``is_served`` to say whether a writer is served here, so that interrupted work of theirs goes on.

        With ``locks`` workers edit the messages of long jobs, and ``serves`` is as for `GatewayJobPanels`.
        """
        self.services = services
        self._is_served = is_served
        self._has_workers = locks is not None
        self.access = Access(access, services.servers, services.store, services.pseudonym_secret, services.clock)
        self.presenter = Presenter(services)
        self._router = Router(self.presenter)
        self.writer_lock = self._router.writer_lock
        self._editors = MessageEditors(services.clock, timing)
        self.dm_listener = DmListener(self.presenter, self.access, self.writer_lock, self._editors)
        on_message_sent = self.dm_listener.notifier.start_new_summary
        self.job_panels = (
            JobPanels(services.jobs, services.store, self._editors, on_message_sent)
            if locks is None
            else GatewayJobPanels(services, self._editors, on_message_sent, locks, serves)
        )
        self._responder = Responder(self.job_panels, self.dm_listener, self._editors, self.writer_lock)
        services.personal_data.on_deleted = self.dm_listener.forget
        self._seen_interactions = SeenInteractions()
        self._active_tasks: set[asyncio.Task[object]] = set()
        self._closing = False

    async def close(self, seconds: float) -> None:
        """Refuse new interactions and wait up to ``seconds`` for those in progress."""
        self._closing = True
        closing_dms = asyncio.create_task(self.dm_listener.close(seconds))
        await asyncio.wait({closing_dms, *self._active_tasks}, timeout=seconds)
        await closing_dms

    async def wait_until_idle(self) -> None:
        """Wait until every interaction received so far has been answered."""
        while self._active_tasks:
            await asyncio.wait(self._active_tasks)

    async def resume_jobs(self, client: discord.Client) -> None:
        """Go on with the jobs that an earlier process left, and update the panels that showed them. Raise StoreError.

        Where there are workers, they go on with jobs by themselves.
        Call it once Discord has taken the token, so that no start which cannot succeed asks a model, and before any
        click is handled.
        """
        if not self._has_workers and (resumed := await resume_jobs(self.services, self._is_served)):
            log.info("%d jobs that were interrupted go on", len(resumed))
        await self.job_panels.restore(client, self.presenter.watch_again, self.services.clock())

    async def handle_component(self, interaction: Interaction) -> None:
        """Handle a button or a menu of a message, or a form that was submitted. Raise nothing."""
        if not self._is_first(interaction):
            return
        data: Mapping[str, Any] = interaction.data or {}
        found = parse_custom_id(str(data.get("custom_id", "")))
        try:
            route = find_route(found, str((data.get("values") or [""])[0]))
        except UnknownCustomId:
            route = None
        submitted = interaction.type is discord.InteractionType.modal_submit
        ack = AckMode.UPDATE
        if submitted and interaction.message is None:
            ack = AckMode.NEW_MESSAGE
        elif not submitted and route is not None and route.action.opens_form:
            ack = AckMode.MODAL
        changes = route is not None and route.action.is_write
        click = self._editors.register_click(interaction.message.id if interaction.message else None, changes=changes)

        async def work(writer: str, _: InteractionContext) -> HandlerResult:
            if route is None:
                raise UnknownCustomId
            request = parse_request(interaction, route.custom_id, writer)
            request = replace(request, files=tuple([await fetch_file(one) for one in request.files]))
            if not route.action.opens_form:
                await click.wait_for_earlier()
            return await self._router.run(route, request)

        name = f"{found.kind} {found.action}" if found else "unknown id"
        personal, subject = route is not None and route.action.is_personal, found.subject if found else "-"
        await self._handle(interaction, ack, click, name, work, subject, personal=personal)

    async def handle_command(self, interaction: Interaction, name: str, ack: AckMode, work: CommandWork) -> None:
        """Do a command's work and answer with its result, or with what went wrong. Raise nothing.

        ``name`` is all that the log says of the command.
        """
        if self._is_first(interaction):
            await self._handle(interaction, ack, self._editors.register_click(None), name, work)

    async def handle_personal_command(
        self, interaction: Interaction, name: str, ack: AckMode, work: CommandWork
    ) -> None:
        """Do the work of a command about the data stored of a person: for everybody, and nothing about it is stored."""
        if self._is_first(interaction):
            await self._handle(interaction, ack, self._editors.register_click(None), name, work, personal=True)

    async def admitted_writer(self, interaction: Interaction, seconds: float) -> str:
        """Return the writer who acts, once it is known that they may; wait at most ``seconds`` for Discord to say it.

        Raise AccessDenied, RefusedByServer, MembershipUnknown, BeingDeleted, StoreError; ShuttingDown once ``close``
        was called.
        """
        writer = self._writer_of(interaction)
        await self._admit(interaction, seconds)
        await self.access.check_served(writer)
        return writer

    async def _admit(self, interaction: Interaction, seconds: float) -> None:
        """Let a request go on that may, under the rules of its server."""
        context = interaction_context(interaction)
        apply_rules(await self.access.admit(interaction.client, interaction.user.id, context, seconds))
        self._check_open()

    def _check_open(self) -> None:
        if self._closing:
            raise ShuttingDown

    def _writer_of(self, interaction: Interaction) -> str:
        return writer_id(self.services.pseudonym_secret, interaction.user.id)

    def _is_first(self, interaction: Interaction) -> bool:
        """Return whether the interaction has not been received before; one that comes twice is handled once."""
        first = self._seen_interactions.is_first(interaction.id)
        if not first:
            log.info("an event came twice")
        return first

    async def _handle(
        self,
        interaction: Interaction,
        ack: AckMode,
        click: Click,
        name: str,
        work: CommandWork,
        subject: str = "-",
        *,
        personal: bool = False,
    ) -> None:
        """Do the work as a request of its own, answer, and log how it went, with the start of ``subject``'s id.

        What is ``personal`` is done for everybody, and nothing about it is stored.
        """
        guild = interaction.guild_id
        server = server_id(self.services.pseudonym_secret, guild) if guild is not None else None
        with request_scope(self._writer_of(interaction), server):
            await self._handle_request(interaction, ack, click, name, work, subject, personal=personal)

    async def _handle_request(
        self,
        interaction: Interaction,
        ack: AckMode,
        click: Click,
        name: str,
        work: CommandWork,
        subject: str,
        *,
        personal: bool,
    ) -> None:
        async def work_if_served(writer: str, context: InteractionContext) -> HandlerResult:
            if personal:
                return await work(writer, context)
            if ack is AckMode.MODAL:  # it only reads, and a form waits for nothing that can be read beside it
                return (await asyncio.gather(work(writer, context), self.access.check_served(writer)))[0]
            await self.access.check_served(writer)  # while Discord takes the acknowledgement
            return await work(writer, context)

        task = asyncio.current_task()
        assert task is not None
        self._active_tasks.add(task)
        began, outcome = time.perf_counter(), "done"
        pending = PendingInteraction(interaction, self._writer_of(interaction), ack, click)
        try:
            with click.working():
                if personal:
                    self._check_open()
                else:
                    await self._admit(interaction, _MEMBERSHIP_TIMEOUT_SECONDS)
                metrics.active_people.add(pending.writer)
                if ack is AckMode.MODAL:
                    reply = await _with_form_timeout(work_if_served(pending.writer, pending.context))
                else:
                    pending, reply = await self._acknowledge_and_work(pending, work_if_served, began)
            await self._responder.respond(pending, reply)
            if ack is AckMode.MODAL:
                metrics.acknowledgement_seconds.observe(time.perf_counter() - began)
            if personal:
                return
            if pending.context.is_bot_dm and interaction.channel_id is not None:
                await self.dm_listener.record_channel(pending.writer, interaction.channel_id, interaction.id)
            await self.access.record(interaction.user.id, pending.context)
        except Exception as error:  # noqa: BLE001 - the outermost place: whatever happened, the person is told
            outcome = type(error).__name__
            await self._responder.report_error(pending, error)
        finally:
            self._active_tasks.discard(task)
            self.services.prepare_models()  # somebody is there, and may want a model next
            log.info("%s: %s, %.0f ms, %s", name, outcome, (time.perf_counter() - began) * 1000, subject[:4])

    async def _acknowledge_and_work(
        self, pending: PendingInteraction, work: CommandWork, began: float
    ) -> tuple[PendingInteraction, HandlerResult]:
        """Acknowledge, then do the work. Of a submitted form, do the work first, unless it takes too long for that.

        So what was typed is stored by the time that Discord closes the form, whatever happens to this process then, and
        it is stored even if Discord takes no acknowledgement. ``began`` is when the interaction came, by
        ``time.perf_counter``. Raise what ``Responder.acknowledge`` raises, and what the work does.
        """
        if not pending.is_form_submission:
            return await self._acknowledge(pending, began), await work(pending.writer, pending.context)
        working = asyncio.ensure_future(work(pending.writer, pending.context))
        await asyncio.wait({working}, timeout=FIRST_ANSWER_SECONDS - (time.perf_counter() - began))
        acknowledging = asyncio.create_task(self._acknowledge(pending, began))
        await asyncio.gather(working, acknowledging, return_exceptions=True)  # the work is done in any case
        return acknowledging.result(), working.result()

    async def _acknowledge(self, pending: PendingInteraction, began: float) -> PendingInteraction:
        acknowledged = await self._responder.acknowledge(pending)
        metrics.acknowledgement_seconds.observe(time.perf_counter() - began)
        return acknowledged


async def _with_form_timeout(work: Awaitable[HandlerResult]) -> HandlerResult:
    """Return the work's result, if it comes in time to open a form. Raise FormTimeout."""
    try:
        async with asyncio.timeout(FIRST_ANSWER_SECONDS):
            return await work
    except TimeoutError:
        raise FormTimeout from None
