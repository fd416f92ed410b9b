"""What a gateway does with messages that show jobs, where workers in other processes run these.

A worker edits the messages that show a draft, a revision or a critique, from their rows in the store. So before a click
shows something in such a message, its row says that the message is left, and no edit of a worker is under way. A wait
of a moment, as for the next question, is shown by the gateway itself.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import discord

from bot.discord_ui.interactions.responses import JobWatch
from bot.discord_ui.messages.editor import AddressRecord, MessageAddress, MessageEditor, MessageEditors, is_refused
from bot.discord_ui.messages.job_panels import (
    RELEASE_SECONDS,
    JobPanel,
    JobPanels,
    WatchAgain,
    is_end_nonce,
    read_panel,
    write_panel,
)
from bot.discord_ui.panels.cards import Card
from bot.errors import StoreError
from bot.services.jobs.job import Job
from bot.services.jobs.store_ports import JOB_PANELS_CHANNEL, MessageLocks, PanelEditor, StoredPanel
from bot.services.services import Services
from bot.services.store_ports import Transaction

log = logging.getLogger(__name__)

_MAX_SHOWN_BY_WORKERS = 20_000  # the oldest are of jobs that ended long ago


@dataclass(frozen=True, slots=True)
class _WorkersMessage:
    """A message that a worker edits; ``dm_channel`` is its channel if that is the bot's own DM with the writer."""

    writer: str
    dm_channel: int | None


class GatewayJobPanels(JobPanels):
    """The panels of a gateway. See JobPanels for what the methods do.

    ``serves`` says whether this process is sent what happens in a server, by its id, or in DMs, for None. Without it,
    all is sent here.
    """

    def __init__(
        self,
        services: Services,
        editors: MessageEditors,
        on_message_sent: Callable[[str], None],
        locks: MessageLocks,
        serves: Callable[[int | None], bool] | None = None,
    ) -> None:
        super().__init__(services.jobs, services.store, editors, on_message_sent)
        if services.notifications is not None and serves is not None and serves(None):
            services.notifications.subscribe(JOB_PANELS_CHANNEL, self.on_notified)
        self._locks = locks
        self._serves: Callable[[int | None], bool] = serves or (lambda _: True)
        self._workers: OrderedDict[int, _WorkersMessage] = OrderedDict()  # by the message's id
        self._learning: set[int] = set()

    def _watch(self, watch: JobWatch, editor: MessageEditor, shown: Card | None, after: JobPanel | None = None) -> None:
        """Have a worker edit the message from now on; a wait of a moment is shown here, where clicks on it come.

        Where a draft has ended such a wait, a worker goes on with the message, too.
        """
        record = editor.address.to_record() if editor.address is not None else None
        if record is None or (watch.job.kind.gives_way and self._serves(record.guild_id)):
            self._forget_worker(record)
            super()._watch(watch, editor, shown, after)
            return
        super().leave(editor)
        editor.hand_over()
        self._remember_worker(record, watch.job)
        self._hand_over(watch.job, record, write_panel(record, watch))

    def leave(self, editor: MessageEditor) -> None:
        """Follow no job in the message, in which a click has shown something else."""
        self._forget_worker(editor.address.to_record() if editor.address is not None else None)
        super().leave(editor)

    def is_shown_elsewhere(self, message_id: int | None) -> bool:
        """See JobPanels."""
        return message_id in self._workers

    @asynccontextmanager
    async def released(
        self, writer: str, message_id: int | None, address: MessageAddress, watch: JobWatch | None
    ) -> AsyncIterator[bool]:
        """See JobPanels. Should this process die inside, the end of a worker's job is told beside the message.

        Raise StoreError.
        """
        record, is_workers = address.to_record(), message_id in self._workers
        hands_over = watch is not None and not watch.job.kind.gives_way
        if record is None or not (is_workers or hands_over):
            async with super().released(writer, message_id, address, watch) as is_free:
                yield is_free
            return
        stored = write_panel(record, watch)

        def release(tx: Transaction) -> Sequence[int]:
            left = tx.job_panels.leave(record.message_id, stored)
            if watch is not None and hands_over:
                tx.job_panels.save(watch.job.id, record.message_id, stored, PanelEditor.NOBODY)
            return left

        left = await self._store.write(writer, release)
        is_free = not is_workers or await self._locks.wait_until_free(record.message_id, RELEASE_SECONDS)
        if not is_free:
            log.info("a worker's edit of a message is under way for too long; the click's result is shown twice")
        try:
            yield is_free
        except discord.HTTPException as error:
            if left and is_refused(error):  # the message shows what it did
                await self._store.write(writer, lambda tx: tx.job_panels.take_up(record.message_id, left))
            raise

    async def restore(self, client: discord.Client, watch_again: WatchAgain, now: datetime) -> None:
        """Learn which messages are a worker's, and go on with those of another gateway before this one.

        See JobPanels.
        """
        for job, stored in await self._store.read(lambda tx: tx.job_panels.all()):
            record, *_ = read_panel(stored.address)
            if self._serves(record.guild_id):
                await self._restore_one(job, stored, record, client, watch_again, now)

    async def _restore_one(
        self,
        job: Job,
        stored: StoredPanel,
        record: AddressRecord,
        client: discord.Client,
        watch_again: WatchAgain,
        now: datetime,
    ) -> None:
        if stored.editor is PanelEditor.GATEWAY and job.kind.gives_way:
            await self._restore(job, stored, client, watch_again, now)
            return
        self._remember_worker(record, job)
        if stored.editor is PanelEditor.GATEWAY:  # from before the database was served by several processes
            self._hand_over(job, record, stored.address)

    def on_notified(self, payload: str | None) -> None:
        """Learn of a message that another gateway has posted in a DM; see JobPanelStore for the ``payload``."""
        number, _, ended = (payload or "").partition(" ")
        if ended == "0" and int(number) not in self._learning:
            self._learning.add(int(number))
            self._spawn(self._learn(int(number)), "learning where a job is shown")

    async def _learn(self, number: int) -> None:
        self._learning.discard(number)  # what changes from here on is read again
        try:
            job, found = await self._store.read(lambda tx: (tx.jobs.unended(number), tx.job_panels.of(number)))
        except StoreError as error:  # then a click on the message may be overwritten once
            log.info("where job %d is shown could not be read: %s", number, type(error).__name__)
            return
        for stored in found if job is not None else ():
            record, *_ = read_panel(stored.address)
            if job is not None and record.channel_id is not None and stored.editor is not PanelEditor.GATEWAY:
                self._remember_worker(record, job)

    def on_bot_message(self, message: discord.Message) -> None:
        """Note that a worker has told of a job's end in a DM, so that what is told there next comes below it."""
        if is_end_nonce(message.nonce):
            for writer in {one.writer for one in self._workers.values() if one.dm_channel == message.channel.id}:
                self._on_message_sent(writer)

    def _hand_over(self, job: Job, record: AddressRecord, stored: str) -> None:
        self._write(job, lambda tx: tx.job_panels.save(job.id, record.message_id, stored, PanelEditor.WORKER))

    def _remember_worker(self, record: AddressRecord, job: Job) -> None:
        self._workers[record.message_id] = _WorkersMessage(job.writer, record.channel_id)
        self._workers.move_to_end(record.message_id)
        if len(self._workers) > _MAX_SHOWN_BY_WORKERS:
            self._workers.popitem(last=False)

    def _forget_worker(self, record: AddressRecord | None) -> None:
        if record is not None:
            self._workers.pop(record.message_id, None)
