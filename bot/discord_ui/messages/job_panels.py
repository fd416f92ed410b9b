"""Show running jobs on panels: how far each is, its result, and a new message when it has ended.

A panel is a message that follows a job after a click. It does so until another click shows something else in it. The
end of the job is then still told once, in a new message, beside the panel that was used last.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime

import discord

from bot.discord_ui.errors import error_message
from bot.discord_ui.interactions.responses import InteractionContext, JobWatch, ShowCard
from bot.discord_ui.messages.editor import (
    DISCORD_ERRORS,
    EXPIRY_NOTICE_SECONDS,
    AddressExpired,
    AddressRecord,
    EditTiming,
    MessageDeleted,
    MessageEditor,
    MessageEditors,
    Superseded,
    error_for_log,
    is_refused,
)
from bot.discord_ui.panels import jobs
from bot.discord_ui.panels.cards import Card
from bot.discord_ui.panels.jobs import PanelContent
from bot.discord_ui.recent import RecentSet
from bot.errors import BotError, StoreError
from bot.services.jobs.job import Job, JobKind, JobState, JobView
from bot.services.jobs.runner import JobRunner
from bot.services.store_ports import Store, Transaction

log = logging.getLogger(__name__)

_MAX_REPORTED_JOBS = 1_000  # remembered as told: a click on such a job's panel may be answered long after its end


@dataclass(eq=False)
class _FollowedJob:
    """A job that panels follow; the panel used last is the last in ``panels``."""

    job: Job
    view: JobView | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    panels: list[_JobPanel] = field(default_factory=list)

    def notify(self, view: JobView | None) -> None:
        """Tell every panel how far the job is; None says only that it has ended."""
        self.view = view or self.view
        for panel in self.panels:
            panel.updated.set()


@dataclass(eq=False)
class _JobPanel:
    """One message that follows a job.

    ``shown`` is the card that it shows, None if that is not known. ``refusal`` is shown in place of a text that Discord
    refuses. ``content`` and ``end`` say what the message shows at the end, once ``follow`` has returned. ``owner`` owns
    the message until a click shows something else in it; a panel that follows another job after this one has the same.
    """

    followed: _FollowedJob
    watch: JobWatch
    editor: MessageEditor
    timing: EditTiming
    shown: Card | None
    owner: object = field(default_factory=object)
    refusal: str | None = None
    is_deleted: bool = False
    content: PanelContent = PanelContent.OTHER
    end: ShowCard | None = None
    updated: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_muted(self) -> bool:
        """Whether the message can no longer show anything of the job."""
        return self.is_deleted or self.editor.owner is not self.owner

    async def follow(self) -> None:
        """Show state after state, and at last the job's result. Raise AddressExpired, BotError."""
        ended = self.followed.ended
        self.updated.set()
        while not ended.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(self._seconds_until_notice()):
                    await self.updated.wait()
            self.updated.clear()
            if self.is_muted:
                await ended.wait()
            elif (error := await self._update(self._progress_card)) is None:
                pass
            elif is_refused(error):
                self.refusal = error_message(error)
                self.updated.set()
            else:  # try again, with the newest state
                self.shown = None
                self.updated.set()
        await self._show_end()

    async def _update(self, render: Callable[[], Card | None]) -> Exception | None:
        """Show a card; return the error after which it may not be shown, None for success. Raise AddressExpired."""
        try:
            await self.editor.update(self.owner, render, hurry=self.followed.ended)
        except Superseded as error:
            return error
        except MessageDeleted as error:
            self.is_deleted = True
            return error
        except DISCORD_ERRORS as error:
            log.info("a panel could not be edited: %s", error_for_log(error))
            return error
        return None

    def _progress_card(self) -> Card | None:
        """Return the card to show now; None if it is shown already, or the job has ended."""
        view = self.followed.view
        if view is None or self.followed.ended.is_set():
            return None
        card = self.watch.card(view)
        if self.refusal is not None:
            card = jobs.without_refused_text(card, self.refusal)
        left = self.editor.seconds_left()
        if left is not None and left <= EXPIRY_NOTICE_SECONDS:
            card = jobs.with_expiry_notice(card, view.job)
        before, self.shown = self.shown, card
        return card if card != before else None

    def _seconds_until_notice(self) -> float | None:
        """Return in how many seconds the panel must say that it can soon not be edited; None if never."""
        left = None if self.is_muted else self.editor.seconds_left()
        return None if left is None or left <= EXPIRY_NOTICE_SECONDS else left - EXPIRY_NOTICE_SECONDS

    async def _show_end(self) -> None:
        """Show the job's result, trying again after errors of Discord, unless a click has shown something else."""
        for delay in (0.0, *self.timing.retry_delays):
            if delay:
                await self.timing.pause(delay)
            if self.is_muted:
                break
            self.end = await self.watch.end()  # again at each try: the writer may have changed the text elsewhere
            if await self._show_result(self.end):
                return
        if self.end is None and not self.watch.job.kind.gives_way:  # a job that gives way has no closing message
            self.end = await self.watch.end()

    async def _show_result(self, end: ShowCard) -> bool:
        """Show the job's result; return whether it is shown, or a sentence in its place if Discord refuses its text."""
        error = await self._update(lambda: end.card)
        if error is None:
            self.content = PanelContent.RESULT
            end.on_shown()
            return True
        if not is_refused(error):
            return False
        told, buttons = error_message(error) or "", self.watch.result_buttons
        for card in (jobs.without_refused_text(end.card, told, buttons), jobs.refused_card(told, buttons)):
            error = await self._update(lambda card=card: card)  # type: ignore[misc]  # a default that holds the loop's value
            if error is None:
                self.content = PanelContent.REFUSAL_NOTICE
                return True
            if not is_refused(error):
                return False
        return False

    def report(self, view: JobView) -> Card | None:
        """Return the new message about the job's end; None if there is none."""
        if view.job.kind.gives_way:
            return None
        assert self.end is not None
        return jobs.job_ended_card(
            view,
            panel_content=PanelContent.OTHER if self.is_muted else self.content,
            result_buttons=self.watch.result_buttons,
            unfinished=self.end.is_unfinished,
            side_version=self.end.side_version,
        )


class JobPanels:
    """The panels of this process: a message follows one job at a time, a job may be followed by several messages.

    ``on_message_sent`` is called with the writer before a new message is posted in the bot's own DM.
    """

    def __init__(
        self, runner: JobRunner, store: Store, editors: MessageEditors, on_message_sent: Callable[[str], None]
    ) -> None:
        self._runner = runner
        self._editors = editors
        self._timing = editors.timing
        self._on_message_sent = on_message_sent
        self._followed: dict[int, _FollowedJob] = {}
        self._panels: dict[MessageEditor, _JobPanel] = {}  # of each message that follows a job
        self._panel_tasks: dict[_JobPanel, asyncio.Task[None]] = {}
        self._job_tasks: set[asyncio.Task[None]] = set()
        self._reported: RecentSet[int] = RecentSet(_MAX_REPORTED_JOBS)
        self._store = store

    def watch(self, watch: JobWatch, editor: MessageEditor, shown: Card | None) -> None:
        """Let a message follow a job, from the card that a click has just shown in it. Return at once."""
        self._watch(watch, editor, shown)

    def _watch(
        self, watch: JobWatch, editor: MessageEditor, shown: Card | None, after: _JobPanel | None = None
    ) -> None:
        """See ``watch``; ``after`` is the panel that the message was until now, where no click came between."""
        followed = self._followed.get(watch.job.id)
        if followed is None:
            followed = self._followed[watch.job.id] = _FollowedJob(watch.job)
            task = asyncio.create_task(self._follow_job(followed), name=f"panels-of-job-{watch.job.id}")
            self._job_tasks.add(task)
            task.add_done_callback(self._job_tasks.discard)
        before = self._panels.get(editor)
        if before is not None and before in followed.panels:  # it follows the same job, from before the click
            followed.panels.remove(before)
            self._drop(before)
        panel = self._panels[editor] = _JobPanel(followed, watch, editor, self._timing, shown)
        if after is None:
            editor.owner = panel.owner
            followed.panels.append(panel)
        else:
            panel.owner = after.owner
            followed.panels.insert(0, panel)  # nobody has used it for this job
        self._panel_tasks[panel] = asyncio.create_task(self._follow(panel), name=f"panel-of-job-{watch.job.id}")
        record = editor.address.to_record() if editor.address is not None else None
        if record is not None:
            address = json.dumps(asdict(record))
            self._write(watch.job, lambda tx: tx.job_panels.save(watch.job.id, record.message_id, address))

    async def _follow(self, panel: _JobPanel) -> None:
        """Let the panel follow its job, and then the job that the result is still waiting for, if there is one."""
        await panel.follow()
        end = panel.end
        if end is not None and end.watch is not None and panel.content is PanelContent.RESULT and not panel.is_muted:
            self._watch(end.watch, panel.editor, end.card, panel)

    def leave(self, editor: MessageEditor) -> None:
        """Stop following the job in a message in which a click has shown something else.

        That message was used last, so the job's end is told beside it.
        """
        panel = self._panels.get(editor)
        if panel is None:
            return
        job, record = panel.followed.job, editor.address.to_record() if editor.address is not None else None
        panel.followed.panels.sort(key=lambda one: one is panel)
        if record is not None:
            self._delete_stored(job, record)

    async def restore(
        self,
        client: discord.Client,
        watch_again: Callable[[Job, InteractionContext], Awaitable[JobWatch]],
        now: datetime,
    ) -> None:
        """Show jobs that go on, or how they ended, in the messages that an earlier process left. Raise StoreError.

        Call it before any click is handled. It returns once every such message is known, not once all are edited.
        """
        for job, stored in await self._store.read(lambda tx: tx.job_panels.all()):
            if not job.state.is_ended and not self._runner.is_running_here(job):
                continue
            record = AddressRecord(**json.loads(stored.address))
            if (address := record.to_address(client, now)) is None:
                self._delete_stored(job, record)
                continue
            try:
                watch = await watch_again(job, record.context)
            except StoreError:
                raise
            except BotError as error:  # such as a deleted essay, which the next click shows
                log.info("the panel of job %d: %s", job.id, type(error).__name__)
                continue
            self.watch(watch, self._editors.posted(record.message_id, address), None)
            if watch.job.id != job.id:  # it has ended, and the message shows what came after
                self._delete_stored(job, record)

    async def wait_until_done(self, seconds: float) -> None:
        """Wait at most ``seconds`` until every panel has shown the end of its job."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while tasks := self._tasks():
                    await asyncio.wait(tasks)
        for task in (tasks := self._tasks()):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _delete_stored(self, job: Job, record: AddressRecord) -> None:
        """Store in the background that a message shows the job no longer."""
        self._write(job, lambda tx: tx.job_panels.delete(job.id, record.message_id))

    def _write(self, job: Job, step: Callable[[Transaction], None]) -> None:
        """Store in the background which message shows which job, in the order of the calls."""

        async def write() -> None:
            try:
                await self._store.write(job.writer, step)
            except StoreError as error:  # then after a restart the message stays as it is until it is clicked
                log.warning("where a job is shown could not be stored: %s", type(error).__name__)

        task = asyncio.create_task(write(), name="storing where a job is shown")
        self._job_tasks.add(task)
        task.add_done_callback(self._job_tasks.discard)

    def _tasks(self) -> set[asyncio.Task[None]]:
        return {*self._job_tasks, *self._panel_tasks.values(), *self._editors.tasks}

    async def _follow_job(self, followed: _FollowedJob) -> None:
        job = followed.job
        try:
            try:
                async for view in self._runner.watch(job.writer, job.id):
                    followed.notify(view)
            finally:
                followed.ended.set()
                followed.notify(None)
            if job.id not in self._reported:
                await self._report_end(followed)
            while followed.panels:
                await self._finished(followed.panels[-1])
            if not self._goes_on(followed.view):
                self._write(job, lambda tx: tx.job_panels.delete(job.id))
        except BotError as error:  # the store cannot be used, which the next click shows
            log.info("panels of job %d: %s", job.id, type(error).__name__)
        except Exception as error:  # noqa: BLE001 - nobody awaits this task: log a bug, without its message
            error_message(error)
        finally:
            del self._followed[job.id]
            for panel in followed.panels:
                self._drop(panel)

    def _goes_on(self, view: JobView | None) -> bool:
        """Return whether the next process goes on with the job in the messages that show it now.

        Where a question, titles or a placing were waited for, they show by now what a writer does without.
        """
        if view is None or (view.job.kind.gives_way and view.job.kind is not JobKind.CHECK):
            return False
        return self._runner.is_closing and view.job.state is JobState.INTERRUPTED

    async def _report_end(self, followed: _FollowedJob) -> None:
        """Tell of the job's end once, beside the panel used last; if that cannot be, beside the one before it."""
        while followed.panels:
            panel = followed.panels[-1]
            if not await self._finished(panel) or followed.view is None:
                continue
            if (card := panel.report(followed.view)) is None or await self._send(followed.job, panel, card):
                self._reported.add(followed.job.id)
                return

    async def _finished(self, panel: _JobPanel) -> bool:
        """Wait until the panel is done, and stop following; return whether it ended without an error."""
        task = self._panel_tasks[panel]
        await asyncio.wait({task})
        if panel not in panel.followed.panels:  # a click has put another in its place
            return False
        panel.followed.panels.remove(panel)
        del self._panel_tasks[panel]
        self._forget(panel)
        error = task.exception()
        if error is None:
            return True
        if isinstance(error, AddressExpired | BotError):  # such as a deleted essay, which the next click shows
            log.info("panel of job %d: %s", panel.followed.job.id, type(error).__name__)
        else:
            error_message(error)
        return False

    def _drop(self, panel: _JobPanel) -> None:
        """Cancel a panel's task and forget it, whatever it has done."""
        task = self._panel_tasks.pop(panel)
        self._forget(panel)
        if not task.cancel() and not task.cancelled():
            task.exception()  # retrieve it, or asyncio logs that nobody did

    def _forget(self, panel: _JobPanel) -> None:
        """Release a panel, which holds a whole essay and a click, unless its message follows another job by now."""
        if self._panels.get(panel.editor) is panel:
            del self._panels[panel.editor]

    async def _send(self, job: Job, panel: _JobPanel, card: Card) -> bool:
        """Post the card beside the panel, trying again after errors of Discord; return whether it was posted."""
        nonce = secrets.token_hex(12)
        for delay in (0.0, *self._timing.retry_delays):
            if delay:
                await self._timing.pause(delay)
            address = panel.editor.address
            if address is not None and address.is_bot_dm:
                self._on_message_sent(job.writer)  # before sending: discord.py may return long after it is shown
            try:
                await panel.editor.send(card, nonce)
            except AddressExpired:
                return False
            except DISCORD_ERRORS as error:
                log.info("the end of a job could not be told: %s", error_for_log(error))
                if is_refused(error):
                    return False
            else:
                return True
        return False
