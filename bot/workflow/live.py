"""What a JobRunner remembers of a job while it runs, and what it writes down at its end."""

from __future__ import annotations

import asyncio
import logging
import traceback
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.errors import BotError
from bot.workflow.jobs import Ending, Job, JobState, Phase
from bot.workflow.work import Work

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Live:
    """A job in this process. ``changed`` is a new event after each change, so that no watcher takes another's."""

    job: Job
    work: Work
    since: datetime
    phase: Phase = Phase.WAITING
    unflushed: list[str] = field(default_factory=list)
    begun: bool = False
    task: asyncio.Task[int | None] | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    stop_state: JobState | None = None
    declined: bool = False

    def turn(self, phase: Phase, now: datetime) -> None:
        """The job does this from now on, if it has not done so before; nobody is told yet."""
        if phase is not self.phase:
            self.phase, self.since = phase, now

    def tell(self) -> None:
        """Wakes whoever watches the job."""
        self.changed.set()
        self.changed = asyncio.Event()


@dataclass(frozen=True, slots=True)
class LastEntry:
    """What is stored of a job at its end: text that no flush could store, or that there is to be none, and the end."""

    job: int
    text: str
    declined: bool
    ending: Ending
    at: datetime


def as_stored(job: Job) -> Job:
    """A job that has ended, as the store has it: a text that became a version is with the essay alone."""
    return replace(job, text="") if is_elsewhere(job) else job


def is_elsewhere(ended: Job | Ending) -> bool:
    """Whether the text of a job that has ended is with the essay, so that none is kept with the job."""
    return ended.result is not None or ended.state is JobState.DONE


def log_bug(job: Job, error: Exception) -> None:
    """Writes down where it happened, and not what the error says: that may hold a person's words."""
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("job %d (%s) failed by a bug: %s\n%s", job.id, job.kind, type(error).__name__, where)


async def kept(work: Work, job: int, text: str) -> int | None:
    """What the work makes of a text that ended early; None where that cannot be stored: the text is with the job."""
    try:
        return await work.keep(text)
    except BotError:  # the essay may be gone, or the disk full
        log.exception("job %d: its text could not be made a version", job)
        return None
