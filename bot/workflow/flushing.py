"""What running jobs write, stored before anybody is shown it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from itertools import islice

from bot.errors import BotError
from bot.workflow.jobs import JobStore, Phase
from bot.workflow.live import Live
from bot.workflow.ports import Clock

log = logging.getLogger(__name__)

FLUSH_SECONDS = 0.5  # twice as often as what a person may lose to a kill: a second's worth of writing
_FIRST_SECONDS = 0.02  # the first text of a job is waited for: it is not kept back for a whole interval
# How many jobs' watchers wake in one turn of the event loop: each may draw a panel, which takes a millisecond or two.
_TOLD_AT_ONCE = 8


class Flusher:
    """Stores the text of all jobs in one transaction an interval, and lets it be seen after that.

    The watchers are told beside the flushes: with hundreds of jobs that takes many turns of the event loop, and
    neither the next flush nor the end of a job waits for it.
    """

    def __init__(self, store: JobStore, clock: Clock, seconds: float) -> None:
        self._store = store
        self._clock = clock
        self._seconds = seconds
        self._unstored: dict[Live, None] = {}  # in the order in which their text came
        self._untold: dict[Live, None] = {}
        self._lock = asyncio.Lock()
        self._dirty = asyncio.Event()
        self._first = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._telling: asyncio.Task[None] | None = None

    def take(self, live: Live, text: str) -> None:
        """Puts a piece behind what the job has; it is stored soon."""
        live.unflushed.append(text)
        self._unstored[live] = None
        if self._task is None:
            self._task = asyncio.create_task(self._flush_forever(), name="job-flusher")
        self._dirty.set()
        if not live.job.text:
            self._first.set()

    async def flush(self) -> None:
        """Stores all text that came since the last flush, of every job, in one transaction.

        Raises StoreError; the text is kept, and stored with the next.
        """
        async with self._lock:
            taken = {live: len(live.unflushed) for live in self._unstored}
            if not taken:
                return
            pieces = {live: "".join(live.unflushed[:count]) for live, count in taken.items()}
            await self._store.append_text({live.job.id: text for live, text in pieces.items()})
            now = self._clock()
            for live, text in pieces.items():
                del live.unflushed[: taken[live]]
                if not live.unflushed:
                    self._unstored.pop(live, None)
                live.job = replace(live.job, text=live.job.text + text)
                live.turn(Phase.WRITING, now)
        self._tell(pieces)

    async def leave(self, live: Live) -> str:
        """Stores nothing more of the job; returns what came and is stored nowhere, once no flush has it in hand."""
        async with self._lock:
            left = "".join(live.unflushed)
            self.drop(live)
            return left

    def drop(self, live: Live) -> None:
        """Stores nothing more of the job, whose text is held elsewhere; a flush may still have some of it in hand."""
        self._unstored.pop(live, None)
        live.unflushed.clear()

    async def close(self) -> None:
        """Flushes no more."""
        for task in (self._task, self._telling):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _flush_forever(self) -> None:
        """The first text of a job is stored, and so may be shown, at once; the rest of all jobs once every interval."""
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            self._first.clear()
            try:
                await self.flush()
            except BotError:  # kept in memory and tried again with the next piece, and at the job's end
                log.exception("the text of running jobs could not be stored")
            await asyncio.sleep(min(_FIRST_SECONDS, self._seconds))
            with suppress(TimeoutError):
                async with asyncio.timeout(self._seconds - _FIRST_SECONDS):
                    await self._first.wait()

    def _tell(self, lives: Iterable[Live]) -> None:
        self._untold.update(dict.fromkeys(lives))
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell_all(), name="job-teller")

    async def _tell_all(self) -> None:
        """A few jobs in each turn of the loop, those that have waited longest first."""
        while self._untold:
            for live in list(islice(self._untold, _TOLD_AT_ONCE)):
                del self._untold[live]
                live.tell()
            await asyncio.sleep(0)
