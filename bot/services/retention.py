"""For how long things are kept: essays that nobody touches, if the host limits that; jobs, calls and memberships."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from bot.errors import SharingError
from bot.services.sharing import SharingService
from bot.services.store_ports import Clock, Store, Transaction

log = logging.getLogger(__name__)

FIRST_WARNING = timedelta(days=14)  # before the deletion: time enough to read a DM after a holiday
LAST_WARNING = timedelta(days=2)
RUN_EVERY = timedelta(days=1)
# A failed job's text can be kept, and its instruction given again, from the panel that shows it; after three months
# nobody looks for that. The last job of each essay and critique stays, since its panel shows how that ended; of those
# that give way (JobKind.gives_way), which the panel passes over, the last stays beside it.
JOBS_KEPT = timedelta(days=90)
CALLS_KEPT = timedelta(days=400)  # a month can be compared with the same one of the year before
STORED_COUNTS_KEPT = timedelta(days=2)  # a day counts towards what a writer may store in one
MEMBERSHIPS_KEPT = timedelta(days=30)  # after which they do not count any more (discord_ui.access)
_LAST_RUN = "retention run"


@dataclass(frozen=True, slots=True)
class DeletionWarning:
    """Where the warnings about an essay stand. ``touched`` is when it was last touched when the first one was tried.

    ``first_tried`` and ``last_tried`` are when each was first tried, ``…_told`` whether it was delivered.
    """

    touched: datetime
    first_tried: datetime
    first_told: bool = False
    last_tried: datetime | None = None
    last_told: bool = False


@dataclass(frozen=True, slots=True)
class IdleEssay:
    """An essay that nothing was done with since ``touched``, and where its warnings stand."""

    writer: str
    id: str
    title: str
    touched: datetime
    warning: DeletionWarning | None


@dataclass(frozen=True, slots=True)
class PendingDeletion:
    """An essay that is deleted at ``due`` if nothing is done with it before."""

    essay: str
    title: str
    due: datetime


@dataclass(frozen=True, slots=True)
class _DueWarning:
    """A warning to be given now, and its state once it was tried."""

    pending: PendingDeletion
    tried: DeletionWarning
    is_last: bool


WarnWriter = Callable[[str, Sequence[PendingDeletion]], Awaitable[bool]]
"""Tell a writer what is about to be deleted; return whether it was delivered. It raises nothing."""


class RetentionService:
    """Warn about essays that nobody touches, delete them later, and delete what has outlived its use.

    An essay is touched by whatever changes it or starts a job on it. It is deleted ``essay_days`` after that, and never
    sooner than FIRST_WARNING after the first warning was tried and LAST_WARNING after the last one was; a warning that
    cannot be delivered is tried again each day. With None for ``essay_days`` essays are kept.
    ``exempt_writer`` is the terminal's own, who is at the keyboard of the machine that keeps the essays.
    """

    def __init__(
        self, store: Store, clock: Clock, essay_days: int | None, exempt_writer: str, sharing: SharingService
    ) -> None:
        self.essay_days = essay_days
        self._sharing = sharing
        self._store = store
        self._clock = clock
        self._exempt_writer = exempt_writer

    async def run_if_due(self, warn: WarnWriter) -> bool:
        """Do what is to be done each day, if that was not done within RUN_EVERY; return whether it was.

        Raise StoreError; what was done before that is stored.
        """
        now = self._clock()
        last = await self._store.read(lambda tx: tx.values.get(_LAST_RUN))
        if last is not None and now - datetime.fromisoformat(last) < RUN_EVERY:
            return False
        await self._store.write(_LAST_RUN, lambda tx: _delete_outlived(tx, now))
        if self.essay_days is not None:
            idle = await self._idle_essays(now)
            await self._warn(idle, warn, now)
            await self._delete(idle, now)
        await self._store.write(_LAST_RUN, lambda tx: tx.values.set(_LAST_RUN, now.isoformat()))
        return True

    async def pending(self, writer: str) -> Mapping[str, datetime]:
        """Return when each of a writer's essays is deleted, by id, that is to be within FIRST_WARNING or is overdue."""
        if self.essay_days is None or writer == self._exempt_writer:
            return {}
        now = self._clock()
        idle = await self._idle_essays(now, writer)
        return {
            one.id: self._due_at(one, _current_warning(one) or DeletionWarning(one.touched, first_tried=now))
            for one in idle
        }

    async def keep(self, writer: str, essay: str | None) -> int:
        """Count an essay as touched now, or with None all of the writer's that are about to be deleted.

        Return how many. Raise UnknownEssay.
        """
        now = self._clock()

        pending = () if essay is not None else tuple(await self.pending(writer))

        def step(tx: Transaction) -> int:
            essays = (essay,) if essay is not None else pending
            for one in essays:
                tx.essays.mark_changed(writer, one, now)
                tx.retention.delete_warning(one)
            return len(essays)

        return await self._store.write(writer, step)

    async def _idle_essays(self, now: datetime, writer: str | None = None) -> Sequence[IdleEssay]:
        since = now - timedelta(days=self.essay_days or 0) + FIRST_WARNING
        return await self._store.read(lambda tx: tx.retention.idle_essays(since, self._exempt_writer, writer))

    def _due_at(self, essay: IdleEssay, warning: DeletionWarning) -> datetime:
        """Return when an essay is deleted whose warnings stand like this."""
        due = max(essay.touched + timedelta(days=self.essay_days or 0), warning.first_tried + FIRST_WARNING)
        return due if warning.last_tried is None else max(due, warning.last_tried + LAST_WARNING)

    async def _warn(self, idle: Sequence[IdleEssay], warn: WarnWriter, now: datetime) -> None:
        """Give the warnings that are due, to each writer in one message."""
        by_writer: Mapping[str, list[_DueWarning]] = defaultdict(list)
        for essay in idle:
            if (due := self._due_warning(essay, now)) is not None:
                by_writer[essay.writer].append(due)
        undelivered = 0
        for writer, warnings in by_writer.items():
            told = await warn(writer, [one.pending for one in warnings])
            undelivered += not told
            states = {
                one.pending.essay: replace(one.tried, last_told=told)
                if one.is_last
                else replace(one.tried, first_told=told)
                for one in warnings
            }
            await self._store.write(writer, partial(_save_warnings, states))
        if by_writer:
            log.info("people warned of a deletion: %d, of these not reached: %d", len(by_writer), undelivered)

    def _due_warning(self, essay: IdleEssay, now: datetime) -> _DueWarning | None:
        """Return the warning about an essay that is to be given now, None if none is."""
        current = _current_warning(essay)
        warning = current or DeletionWarning(essay.touched, first_tried=now)
        if current is not None and now >= self._due_at(essay, warning) - LAST_WARNING:
            if warning.last_told:
                return None
            tried, is_last = replace(warning, last_tried=warning.last_tried or now), True
        elif not warning.first_told:
            tried, is_last = warning, False
        else:
            return None
        return _DueWarning(PendingDeletion(essay.id, essay.title, self._due_at(essay, tried)), tried, is_last)

    async def _delete(self, idle: Sequence[IdleEssay], now: datetime) -> None:
        """Delete what is due, unless it was touched since it was looked at, with what of it was shared in Discord.

        An essay that cannot be taken down there now is looked at again the next day.
        """
        deleted = untold = 0
        for essay in idle:
            warning = _current_warning(essay)
            if warning is None or warning.last_tried is None or now < self._due_at(essay, warning):
                continue
            try:
                if await self._sharing.take_down_before_deletion(essay.writer, essay.id) is not None:
                    log.warning("the text of an essay that is deleted may still stand in Discord")
            except SharingError as error:
                log.info("an essay is not deleted yet, because it stands in Discord: %s", type(error).__name__)
                continue
            if await self._store.write(essay.writer, partial(_delete_idle, essay, now)):
                deleted += 1
                untold += not (warning.first_told or warning.last_told)
        if deleted:
            log.info("essays deleted that nobody had touched for %s days: %d", self.essay_days, deleted)
        if untold:
            log.warning("of the essays deleted, their writers could not be reached for 14 days: %d", untold)


def _current_warning(essay: IdleEssay) -> DeletionWarning | None:
    """Return where the warnings stand; None if there were none since the essay was last touched."""
    warning = essay.warning
    return warning if warning is not None and warning.touched == essay.touched else None


def _save_warnings(states: Mapping[str, DeletionWarning], tx: Transaction) -> None:
    for essay, state in states.items():
        tx.retention.save_warning(essay, state)


def _delete_idle(essay: IdleEssay, now: datetime, tx: Transaction) -> bool:
    """Delete an essay if it is as it was; return whether it was deleted."""
    if tx.retention.last_touched(essay.writer, essay.id) != essay.touched:
        return False
    tx.messages.record_essay_deletion(essay.writer, essay.id, now)
    tx.essays.delete(essay.writer, essay.id)
    return True


def _delete_outlived(tx: Transaction, now: datetime) -> None:
    tx.retention.delete_jobs(now - JOBS_KEPT)
    tx.retention.delete_calls(now - CALLS_KEPT)
    tx.retention.delete_memberships(now - MEMBERSHIPS_KEPT)
    tx.retention.delete_stored_counts(now - STORED_COUNTS_KEPT)
    tx.retention.delete_kept_spending(now)
