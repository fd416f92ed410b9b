"""Show running jobs on panels: how far each is, its result, and a new message when it has ended.

A panel is a message that follows a job after a click. It does so until another click shows something else in it. The
end of the job is then still told once, in a new message, beside the panel that was used last.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import discord

from bot.discord_ui.errors import error_message
from bot.discord_ui.interactions.responses import InteractionContext, JobWatch, ShowCard
from bot.discord_ui.messages.editor import (
    DISCORD_ERRORS,
    EXPIRY_NOTICE_SECONDS,
    AddressExpired,
    AddressRecord,
    EditTiming,
    MessageAddress,
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
from bot.services.jobs.store_ports import PanelEditor, StoredPanel
from bot.services.store_ports import Store, Transaction

log = logging.getLogger(__name__)

# How long a click waits for another process's edit of the message: a person waits for it.
RELEASE_SECONDS = 2.0
_MAX_REPORTED_JOBS = 1_000  # remembered as told: a click on such a job's panel may be answered long after its end


_END_NONCE = re.compile(r"job-\d+-end")


def end_nonce(job: int) -> str:
    """Return the nonce of the message that tells of a job's end, the same in every process."""
    return f"job-{job}-end"


def is_end_nonce(nonce: object) -> bool:
    """Return whether a message with this nonce tells of a job's end."""
    return isinstance(nonce, str) and _END_NONCE.fullmatch(nonce) is not None


def write_panel(record: AddressRecord, watch: JobWatch | None) -> str:
    """Return what is stored of a message that shows a job: its address, and what it shows beside the job."""
    shown = {"page": watch.page, "notice": watch.notice, "section": watch.section} if watch is not None else {}
    return json.dumps({**asdict(record), **shown})


def read_panel(stored: str) -> tuple[AddressRecord, int | None, str | None, int | None]:
    """Return the address, the page being read, the notice and the section out of what ``write_panel`` returned."""
    found = json.loads(stored)
    page, notice, section = (found.pop(name, None) for name in ("page", "notice", "section"))
    return AddressRecord(**found), page, notice, section


@dataclass(eq=False)
class FollowedJob:
    """A job that panels follow; the panel used last is the last in ``panels``.

    A worker has done what the rows in ``seen``, by revision, say of the job's messages; it reads them in ``reading``.
    """

    job: Job
    view: JobView | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    panels: list[JobPanel] = field(default_factory=list)
    seen: dict[int, PanelEditor] = field(default_factory=dict)
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    def notify(self, view: JobView | None) -> None:
        """Tell every panel how far the job is; None says only that it has ended."""
        self.view = view or self.view
        for panel in self.panels:
            panel.updated.set()


@dataclass(eq=False)
class JobPanel:
    """One message that follows a job.

    ``shown`` is the card that it shows, None if that is not known. ``refusal`` is shown in place of a text that Discord
    refuses. ``content`` and ``end`` say what the message shows at the end, once ``follow`` has returned. ``owner`` owns
    the message until a click shows something else in it; a panel that follows another job after this one has the same.
    """

    followed: FollowedJob
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
    def record(self) -> AddressRecord | None:
        """The message's address as it is stored, None if there is none."""
        return self.editor.address.to_record() if self.editor.address is not None else None

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


WatchAgain = Callable[[Job, InteractionContext, int | None, str | None, int | None], Awaitable[JobWatch]]
"""Return the watch of a job in a message that was stored, with its place, page, notice and section. See Presenter."""


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
        self._followed: dict[int, FollowedJob] = {}
        self._panels: dict[MessageEditor, JobPanel] = {}  # of each message that follows a job
        self._panel_tasks: dict[JobPanel, asyncio.Task[None]] = {}
        self._job_tasks: set[asyncio.Task[None]] = set()
        self._reported: RecentSet[int] = RecentSet(_MAX_REPORTED_JOBS)
        self._store = store

    def watch(self, watch: JobWatch, editor: MessageEditor, shown: Card | None) -> None:
        """Let a message follow a job, from the card that a click has just shown in it. Return at once."""
        self._watch(watch, editor, shown)

    def _watch(self, watch: JobWatch, editor: MessageEditor, shown: Card | None, after: JobPanel | None = None) -> None:
        """See ``watch``; ``after`` is the panel that the message was until now, where no click came between."""
        followed = self._follow(watch.job)
        before = self._panels.get(editor)
        if before is not None and before in followed.panels:  # it follows the same job, from before the click
            followed.panels.remove(before)
            self._drop(before)
        panel = self._panels[editor] = JobPanel(followed, watch, editor, self._timing, shown)
        if after is None:
            editor.owner = panel.owner
            followed.panels.append(panel)
        else:
            panel.owner = after.owner
            followed.panels.insert(0, panel)  # nobody has used it for this job
        self._panel_tasks[panel] = asyncio.create_task(self._update(panel), name=f"panel-of-job-{watch.job.id}")
        self._store_panel(panel, after)

    def _store_panel(self, panel: JobPanel, after: JobPanel | None) -> None:
        """Store in the background which job a message shows. ``after`` is as for ``_watch``."""
        job, record = panel.watch.job, panel.record
        if record is not None:
            stored, only_new = write_panel(record, panel.watch), after is not None  # a click may have come before
            self._write(job, lambda tx: tx.job_panels.save(job.id, record.message_id, stored, only_new=only_new))

    def _follow(self, job: Job) -> FollowedJob:
        """Begin to follow a job, if it is not followed yet."""
        followed = self._followed.get(job.id)
        if followed is None:
            followed = self._followed[job.id] = FollowedJob(job)
            self._spawn(self._follow_job(followed), f"panels-of-job-{job.id}")
        return followed

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run ``work``, which raises nothing, in the background; ``wait_until_done`` waits for it."""
        task = asyncio.create_task(work, name=name)
        self._job_tasks.add(task)
        task.add_done_callback(self._job_tasks.discard)

    async def _update(self, panel: JobPanel) -> None:
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
        panel.followed.panels.sort(key=lambda one: one is panel)
        if (record := panel.record) is not None:
            self._delete_stored(panel.followed.job, record)

    def on_bot_message(self, message: discord.Message) -> None:
        """Receive a message that the bot has posted in a DM, by whatever process."""

    def is_shown_elsewhere(self, message_id: int | None) -> bool:
        """Return whether another process edits a message, so that a click on it takes longer to show something."""
        return False

    @asynccontextmanager
    async def released(
        self, writer: str, message_id: int | None, address: MessageAddress, watch: JobWatch | None
    ) -> AsyncIterator[bool]:
        """Have no other process edit a message while a click shows something there. See `Click.show`.

        ``address`` is the click's, and ``watch`` what the message shows after it. That is stored first, so that a
        process which dies just then leaves no message of which the next one knows only what it showed before.
        """
        if watch is not None and (record := address.to_record()) is not None:
            job, stored = watch.job.id, write_panel(record, watch)
            try:
                await self._store.write(writer, lambda tx: tx.job_panels.save(job, record.message_id, stored))
            except StoreError as error:  # it is tried again once the message shows it
                log.warning("where a job is to be shown could not be stored: %s", type(error).__name__)
        yield True

    async def restore(
        self,
        client: discord.Client,
        watch_again: WatchAgain,
        now: datetime,
    ) -> None:
        """Show jobs that go on, or how they ended, in the messages that an earlier process left. Raise StoreError.

        Call it before any click is handled. It returns once every such message is known, not once all are edited.
        """
        for job, stored in await self._store.read(lambda tx: tx.job_panels.all()):
            if job.state.is_ended or self._runner.will_run(job):
                await self._restore(job, stored, client, watch_again, now)

    async def _restore(
        self, job: Job, stored: StoredPanel, client: discord.Client, watch_again: WatchAgain, now: datetime
    ) -> None:
        """Show a job in a message that shows it already. Raise StoreError."""
        record, page, notice, section = read_panel(stored.address)
        # By the channel where it can: of a token nobody knows how often it was used just before.
        address = record.to_channel_address(client) or record.to_address(client, now)
        if address is None:
            self._delete_stored(job, record)
            return
        try:
            watch = await watch_again(job, record.context, page, notice, section)
        except StoreError:
            raise
        except BotError as error:  # such as a deleted essay, which the next click shows
            log.info("the panel of job %d: %s", job.id, type(error).__name__)
            return
        self.watch(watch, self._editors.posted(record.message_id, address), None)
        if watch.job.id != job.id:  # it has ended, and the message shows what came after
            self._delete_stored(job, record)

    def let_go(self) -> None:
        """Edit no message that follows a job any more: another process answers the clicks there."""
        for panel in self._panels.values():
            panel.editor.hand_over()
            panel.updated.set()

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

        self._spawn(write(), "storing where a job is shown")

    def _tasks(self) -> set[asyncio.Task[None]]:
        return {*self._job_tasks, *self._panel_tasks.values(), *self._editors.tasks}

    async def _follow_job(self, followed: FollowedJob) -> None:
        job = followed.job
        try:
            async with self._following(followed) as is_ours:
                if is_ours:
                    await self._follow_to_end(followed)
        except BotError as error:  # the store cannot be used, which the next click shows
            log.info("panels of job %d: %s", job.id, type(error).__name__)
        except Exception as error:  # noqa: BLE001 - nobody awaits this task: log a bug, without its message
            error_message(error)
        finally:
            del self._followed[job.id]
            for panel in followed.panels:
                self._drop(panel)

    def _following(self, followed: FollowedJob) -> AbstractAsyncContextManager[bool]:
        """Hold the right to follow a job; yield whether no other process has it."""
        return nullcontext(True)

    def _is_shown_elsewhere(self, job: Job) -> bool:
        """Return whether another process shows the job from now on."""
        return False

    async def _follow_to_end(self, followed: FollowedJob) -> None:
        """Tell the panels how far a job is, and that it has ended. Raise BotError."""
        try:
            async for view in self._runner.watch(followed.job.writer, followed.job.id):
                if self._is_shown_elsewhere(view.job):
                    while followed.panels:
                        self._drop(followed.panels.pop())
                    return
                followed.notify(view)
        finally:
            followed.ended.set()
            followed.notify(None)
        await self._report_end(followed)
        while followed.panels:
            await self._finished(followed.panels[-1])
        if followed.view is not None and not self._goes_on(followed.view):
            await self._forget_stored(followed)

    def _goes_on(self, view: JobView) -> bool:
        """Return whether the next process goes on with the job in the messages that show it now.

        Where a question, titles or a placing were waited for, they show by now what a writer does without.
        """
        if view.job.kind.gives_way and view.job.kind is not JobKind.CHECK:
            return False
        return self._runner.is_closing and view.job.state is JobState.INTERRUPTED

    async def _forget_stored(self, followed: FollowedJob) -> None:
        """Store that no message shows the job any more: its end was shown and told."""
        job = followed.view.job if followed.view is not None else followed.job  # one that follows, after a kill
        self._write(job, lambda tx: tx.job_panels.delete(job.id))

    async def _report_end(self, followed: FollowedJob) -> None:
        """Tell of the job's end once, beside the panel used last; if that cannot be, beside the one before it."""
        if await self._is_reported(followed.job):
            return
        while followed.panels:
            panel = followed.panels[-1]
            if not await self._finished(panel) or followed.view is None:
                continue
            if (card := panel.report(followed.view)) is None or await self._send(followed.job, panel, card):
                await self._set_reported(followed.job)
                return

    async def _is_reported(self, job: Job) -> bool:
        """Return whether the job's end was told."""
        return job.id in self._reported

    async def _set_reported(self, job: Job) -> None:
        """Remember that the job's end was told."""
        self._reported.add(job.id)

    async def _finished(self, panel: JobPanel) -> bool:
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

    def _drop(self, panel: JobPanel) -> None:
        """Cancel a panel's task and forget it, whatever it has done."""
        task = self._panel_tasks.pop(panel)
        self._forget(panel)
        if not task.cancel() and not task.cancelled():
            task.exception()  # retrieve it, or asyncio logs that nobody did

    def _forget(self, panel: JobPanel) -> None:
        """Release a panel, which holds a whole essay and a click, unless its message follows another job by now."""
        if self._panels.get(panel.editor) is panel:
            del self._panels[panel.editor]

    async def _send(self, job: Job, panel: JobPanel, card: Card) -> bool:
        """Post the card beside the panel, trying again after errors of Discord; return whether it was posted."""
        nonce = end_nonce(job.id)
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
