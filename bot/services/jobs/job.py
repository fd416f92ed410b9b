"""A job is work of a model that a person waits for. Its values, its work, and how it is started."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from bot.services.llm_ports import ProgressCallback
from bot.services.store_ports import Transaction


class JobKind(StrEnum):
    """What the person waits for. The values are stored in the database."""

    DRAFT = "draft"
    FINISH = "finish"
    REVISION = "revision"
    CRITIQUE = "critique"
    QUESTION = "question"
    PLACEMENT = "placement"
    CHECK = "check"
    TITLES = "titles"

    @property
    def label(self) -> str:
        """The word that people are shown for it, in the middle of a sentence."""
        return "continuation" if self is JobKind.FINISH else self.value

    @property
    def gives_way(self) -> bool:
        """Whether any other job on the same essay stops it.

        Such a job is a call of a second or two beside what the writer does. It waits in no queue, counts towards no
        limit, blocks nothing, and its end is not announced: its result is in the essay.
        """
        return self in (JobKind.QUESTION, JobKind.PLACEMENT, JobKind.TITLES, JobKind.CHECK)

    @property
    def shows_text(self) -> bool:
        """Whether its text is shown, and therefore stored, before it is complete; half a critique is of no use."""
        return self in (JobKind.DRAFT, JobKind.FINISH, JobKind.REVISION)


class JobState(StrEnum):
    """The state of a job. The last four are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"

    @property
    def is_ended(self) -> bool:
        """Whether the job has ended."""
        return self not in (JobState.QUEUED, JobState.RUNNING)


class JobPhase(StrEnum):
    """What a running job is doing."""

    WAITING = "waiting"
    THINKING = "thinking"
    WRITING = "writing"


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it is stored.

    ``subject`` is the essay or the critique that it works on; each has one job at a time. ``base_version`` is the
    version it starts from and ``argument`` its instructions, both stored so that it can be started again. ``text`` is
    what has come so far; ``error`` the message of a failed job; ``ended`` when it ended, None if it has not.

    ``result`` is the number of what it made: for a draft, continuation or revision the version, for a question job
    the question. It is None if nothing was made, and for a critique, a placement or titles, whose results are found
    elsewhere.

    ``server`` is the pseudonym of the Discord server that it was asked for in, None outside of servers. ``kills`` is
    how many processes died while it, or a job that it follows, was running, since one of them finished a section.
    """

    id: int
    writer: str
    subject: str
    kind: JobKind
    state: JobState
    base_version: int | None
    argument: str
    text: str
    error: str | None
    result: int | None
    created: datetime
    ended: datetime | None = None
    server: str | None = None
    kills: int = 0


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as a person may be shown it: its text is already stored.

    ``queue_position`` counts from 1; None for a job that is not waiting. ``phase_since`` is when the phase began.
    """

    job: Job
    phase: JobPhase
    phase_since: datetime
    queue_position: int | None = None


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """How a job ended. ``result`` is as in Job."""

    state: JobState
    error: str | None = None
    result: int | None = None


StoreResult = Callable[[Transaction], int | None]
"""Store a job's result in the transaction that ends the job, and return its number; see ``Job.result``."""


class JobWork(Protocol):
    """What a job does, and what becomes of its text if it ends early."""

    async def run(self, report: ProgressCallback) -> StoreResult | None:
        """Do the work and return how to store its result; None if there is none, or if it is stored already.

        ``report`` takes what the model writes, which is stored at the next flush, and shown after that.
        """

    async def keep_partial(self, text: str) -> StoreResult | None:
        """Return how to store the text of work that ended early; None if no version is to be made of it."""


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """A job that has been checked and not started. Nothing of it is stored, and it may be dropped.

    It is about the essay as it was when it was planned: after waiting for a person, plan again. ``max_cost`` returns
    the most it may cost, in nano-dollars, and raises UnknownPrice. ``start`` starts it, and raises JobRunning,
    TooManyJobs, ShuttingDown, and StaleRequest if the text has changed since. ``max_check_cost`` returns about the most
    that the check may cost which follows the job by itself; it is None where none does.
    """

    max_cost: Callable[[], Coroutine[Any, Any, int]]
    start: Callable[[], Coroutine[Any, Any, Job]]
    max_check_cost: Callable[[], Coroutine[Any, Any, int]] | None = None
