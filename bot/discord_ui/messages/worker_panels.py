"""What a worker does with the messages that show its jobs: it edits them over HTTP, as their rows in the store say.

A gateway writes a row once a click's card is shown, and marks it as left before another click shows something there.
Each edit is made under the message's lock, and only if the row is the one that the card was drawn for; so no edit of a
worker comes after what a click has shown. Whoever has claimed a job shows it in its messages and tells of its end; a
worker that dies loses its claims, and another takes them up.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime

import discord

from bot.discord_ui.messages.editor import (
    AddressExpired,
    AddressRecord,
    EditTiming,
    MessageAddress,
    MessageEditors,
    Superseded,
)
from bot.discord_ui.messages.job_panels import (
    RELEASE_SECONDS,
    FollowedJob,
    JobPanel,
    JobPanels,
    read_panel,
    write_panel,
)
from bot.discord_ui.panels.cards import Card
from bot.discord_ui.panels.presenter import Presenter
from bot.errors import BotError, StoreError
from bot.services.jobs.job import Job, JobKind, JobState, JobView
from bot.services.jobs.store_ports import JOB_PANELS_CHANNEL, MessageLocks, PanelEditor, StoredPanel
from bot.services.store_ports import Transaction

log = logging.getLogger(__name__)

SWEEP_SECONDS = 2.0
# An interrupted job is followed by another within some seconds, in the same messages; only then is its end shown.
_FOLLOWER_SECONDS = 6.0
# Whose place in the queue is kept current, those who have waited longest: more would take all of Discord's requests.
_MAX_QUEUED_SHOWN = 50
_CLAIM_SECONDS = 0.25  # between two tries to claim a job that runs here


@dataclass(frozen=True, slots=True)
class _SharedAddress:
    """An address that is used under the message's lock, and only while its row has this ``revision``."""

    panels: WorkerJobPanels
    job: Job
    record: AddressRecord
    revision: int
    inner: MessageAddress

    @property
    def is_bot_dm(self) -> bool:
        """See MessageAddress."""
        return self.record.channel_id is not None

    async def edit(self, card: Card) -> int:
        """See MessageAddress. Raise Superseded if a click has shown something else."""
        try:
            async with self.panels.hold(self.record.message_id):
                if await self.panels.revision(self.job, self.record.message_id) != self.revision:
                    raise Superseded
                return await self.inner.edit(card)
        except StoreError as error:
            raise ConnectionError("the database is away") from error

    async def send(self, card: Card, nonce: str) -> None:
        """See MessageAddress: post by the newest address, unless the job's end was told meanwhile.

        In a DM that is the channel, which takes the nonce. It changes nothing that a click shows, so it needs no lock.
        """
        try:
            newest = await self.panels.newest_address(self.job, self.record.message_id)
        except StoreError as error:
            raise ConnectionError("the database is away") from error
        if newest is not None:
            await newest.send(card, nonce)

    def seconds_left(self, now: datetime) -> float | None:
        """See MessageAddress."""
        return self.inner.seconds_left(now)

    def has_expired(self, error: discord.HTTPException) -> bool:
        """See MessageAddress."""
        return self.inner.has_expired(error)

    def fallback(self) -> MessageAddress | None:
        """See MessageAddress."""
        inner = self.inner.fallback()
        return replace(self, inner=inner) if inner is not None else None

    def to_record(self) -> AddressRecord:
        """See MessageAddress."""
        return self.record


def _may_be_followed(job: Job) -> bool:
    """Return whether another job may go on with this one, which was interrupted, in its messages."""
    return job.state is JobState.INTERRUPTED and not job.kind.gives_way


class WorkerJobPanels(JobPanels):
    """The panels of a worker: ``run`` and ``follow`` make them from what is stored. See JobPanels."""

    def __init__(
        self, client: discord.Client, presenter: Presenter, locks: MessageLocks, timing: EditTiming | None = None
    ) -> None:
        """Edit by ``client``, which is logged in and need not be connected to the gateway."""
        services = presenter.services
        # What a click waits for is given up no sooner: it may be done in time, and then is not followed by a repeat.
        timing = timing or EditTiming(outdated_timeout=RELEASE_SECONDS)
        super().__init__(services.jobs, services.store, MessageEditors(services.clock, timing), lambda _: None)
        self._client = client
        self._presenter = presenter
        self._clock = services.clock
        self._locks = locks
        self._running: dict[int, Job] = {}  # here, until their end is shown
        self._unfollowed_since: dict[int, float] = {}  # interrupted jobs, by the loop's clock
        self._final: set[int] = set()  # interrupted jobs that no other goes on with
        if services.notifications is not None:
            services.notifications.subscribe(JOB_PANELS_CHANNEL, self.on_notified)

    async def run(self) -> None:
        """Take up what no process shows, time and again, until cancelled."""
        while True:
            try:
                await self.sweep()
            except StoreError as error:
                log.info("what no process shows could not be read: %s", type(error).__name__)
            await self._timing.pause(SWEEP_SECONDS)

    def follow(self, job: Job) -> None:
        """Show a job that begins to run here in its messages, and tell of its end. Return at once.

        A wait of a moment is shown by the gateway that was asked for it.
        """
        if not job.kind.gives_way:
            self._running[job.id] = job
            self._follow(job)

    def on_notified(self, payload: str | None) -> None:
        """Read the rows of a job anew, of which the database tells; see JobPanelStore. None stands for any job."""
        if payload is None:
            for one in tuple(self._followed.values()):
                self._spawn(self._reread(one), "reading where a job is shown")
            return
        number, _, ended = payload.partition(" ")
        if (followed := self._followed.get(int(number))) is not None:
            self._spawn(self._reread(followed), "reading where a job is shown")
        elif ended == "1":
            self._spawn(self._take_up(int(number)), "taking up a job that has ended")

    async def sweep(self) -> None:
        """Show the jobs that no process shows, and how they ended. Raise StoreError."""
        now, interrupted = asyncio.get_running_loop().time(), {}
        for job in await self._store.read(lambda tx: tx.job_panels.left_to_workers(_MAX_QUEUED_SHOWN)):
            if job.id in self._followed:
                continue
            if _may_be_followed(job):
                interrupted[job.id] = since = self._unfollowed_since.get(job.id, now)
                if now - since < _FOLLOWER_SECONDS:
                    continue
                self._final.add(job.id)
            self._follow(job)
        self._unfollowed_since = interrupted
        for running in self._running.values():  # such as one that was left when the database was away
            self._follow(running)

    async def _take_up(self, number: int) -> None:
        """Show how one job ended, at once. The next sweep does so where this cannot."""
        try:
            job = await self._store.read(lambda tx: tx.job_panels.ended(number))
        except StoreError as error:
            log.info("an ended job could not be taken up: %s", type(error).__name__)
            return
        if job is not None and not _may_be_followed(job):
            self._follow(job)

    def hold(self, message_id: int) -> AbstractAsyncContextManager[None]:
        """Hold the lock of a message. Raise StoreError."""
        return self._locks.hold(message_id, self._timing.late_arrival)

    async def revision(self, job: Job, message_id: int) -> int | None:
        """Return the revision of a message's row, None if it is not a worker's. Raise StoreError."""
        return await self._store.read(lambda tx: tx.job_panels.revision(job.id, message_id))

    async def newest_address(self, job: Job, message_id: int) -> MessageAddress | None:
        """Return the newest address of a message; None if the job's end was told. Raise AddressExpired, StoreError."""
        is_told, found = await self._store.read(lambda tx: (tx.jobs.is_told(job.id), tx.job_panels.of(job.id)))
        if is_told:
            return None
        records = [read_panel(one.address)[0] for one in found]
        newest = next((one for one in records if one.message_id == message_id), None)
        if newest is not None:
            channel = newest.to_channel_address(self._client)
            if (address := channel or newest.to_address(self._client, self._clock())) is not None:
                return address
        raise AddressExpired

    @asynccontextmanager
    async def _following(self, followed: FollowedJob) -> AsyncIterator[bool]:
        """See JobPanels: claim the job; one that runs here is waited for."""
        job = followed.job
        while not (is_ours := await self._locks.claim(job.id)) and job.id in self._running:
            await self._timing.pause(_CLAIM_SECONDS)
        try:
            if is_ours:
                await self._read_rows(followed)
            yield is_ours
            if followed.ended.is_set():
                self._running.pop(job.id, None)
        finally:
            self._final.discard(job.id)
            if is_ours:
                await self._locks.give_back(job.id)

    def _is_shown_elsewhere(self, job: Job) -> bool:
        """See JobPanels: what begins to run in another worker is shown by that one."""
        return job.state is JobState.RUNNING and not job.kind.gives_way and job.id not in self._running

    async def _reread(self, followed: FollowedJob) -> None:
        try:
            await self._read_rows(followed)
        except BotError as error:
            log.info("where job %d is shown could not be read: %s", followed.job.id, type(error).__name__)

    async def _read_rows(self, followed: FollowedJob) -> None:
        """Do what the job's rows say by now, each once. Raise StoreError."""
        number = followed.job.id
        async with followed.reading:
            seen = followed.seen
            for row in await self._store.read(lambda tx: tx.job_panels.of(number)):
                if row.editor is not PanelEditor.GATEWAY and seen.get(row.revision) is not row.editor:
                    await self._take(followed, row)
                    seen[row.revision] = row.editor  # a row that was not shown is not deleted

    async def _take(self, followed: FollowedJob, row: StoredPanel) -> None:
        """Show the job in a message as its row says, or no longer."""
        record, page, notice, section = read_panel(row.address)
        editor = self._editors.get(record.message_id)
        before = self._panels.get(editor)
        is_left = row.editor is PanelEditor.NOBODY
        if is_left and before not in followed.panels:  # the message may show another job by now, which keeps its editor
            editor, before = self._editors.get(None), None
        if before is not None:
            editor.supersede()
            before.updated.set()
        address, job = record.to_address(self._client, self._clock()), followed.job
        if address is None:  # a later click brings another
            return
        editor.address = _SharedAddress(self, job, record, row.revision, address)
        if is_left and before in followed.panels:
            followed.panels.sort(key=lambda one: one is before)
            return
        try:
            job = await self._store.read(lambda tx: tx.jobs.get(job.writer, job.id))
            watch = await self._presenter.watch_again(job, record.context, page, notice, section)
            if watch.job.id != job.id:  # it has ended meanwhile
                job = await self._store.read(lambda tx: tx.jobs.get(job.writer, job.id))
                watch = await self._presenter.watch_again(job, record.context, page, notice, section)
        except StoreError:
            raise
        except BotError as error:  # such as a deleted essay, which the next click shows
            log.info("the panel of job %d: %s", job.id, type(error).__name__)
            return
        self._watch(watch, editor, None)
        if is_left:
            editor.owner = None  # it only stands for where the end is told

    def _store_panel(self, panel: JobPanel, after: JobPanel | None) -> None:
        """See JobPanels: rows are there already, but for a job that the message goes on to show after another."""
        if after is not None:
            self._spawn(self._store_next(panel, after), "storing where the next job is shown")

    async def _store_next(self, panel: JobPanel, after: JobPanel) -> None:
        shared, job, before = panel.editor.address, panel.watch.job, after.followed.job
        if not isinstance(shared, _SharedAddress):
            return
        message, stored = shared.record.message_id, write_panel(shared.record, panel.watch)

        def store(tx: Transaction) -> int | None:
            if tx.job_panels.revision(before.id, message) != shared.revision:  # a click has come between
                return None
            tx.job_panels.save(job.id, message, stored, PanelEditor.WORKER)
            return tx.job_panels.revision(job.id, message)

        async with panel.followed.reading:
            try:
                revision = await self._store.write(job.writer, store)
            except StoreError as error:
                log.warning("where a job is shown could not be stored: %s", type(error).__name__)
                revision = None
            if revision is None:
                panel.editor.supersede()
                panel.updated.set()
            elif panel.editor.address is shared:
                panel.followed.seen[revision] = PanelEditor.WORKER
                panel.editor.address = replace(shared, job=job, revision=revision)

    def _goes_on(self, view: JobView) -> bool:
        """See JobPanels: another worker goes on with what was interrupted."""
        if view.job.state is not JobState.INTERRUPTED or view.job.kind.gives_way:
            return self._runner.is_closing and view.job.kind is JobKind.CHECK
        return view.job.id not in self._final

    async def _forget_stored(self, followed: FollowedJob) -> None:
        """See JobPanels. A message that a click has changed meanwhile stays, and is taken up again."""
        number, seen = followed.job.id, tuple(followed.seen)
        await self._store.write(followed.job.writer, lambda tx: tx.job_panels.delete_revisions(number, seen))

    async def _report_end(self, followed: FollowedJob) -> None:
        """See JobPanels."""
        await self._read_rows(followed)  # all that were stored before the end
        await super()._report_end(followed)

    async def _is_reported(self, job: Job) -> bool:
        """See JobPanels."""
        return await self._store.read(lambda tx: tx.jobs.is_told(job.id))

    async def _set_reported(self, job: Job) -> None:
        """See JobPanels."""
        await self._store.write(job.writer, lambda tx: tx.jobs.mark_told(job.id))
