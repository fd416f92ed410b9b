"""Jobs: work that a person waits for. What they are, and the port that remembers them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class JobKind(StrEnum):
    """What the person waits for."""

    DRAFT = "draft"
    FINISH = "finish"
    REVISION = "revision"
    CRITIQUE = "critique"

    @property
    def spoken(self) -> str:
        """What a person calls it, in the middle of a sentence."""
        return "continuation" if self is JobKind.FINISH else self.value


class JobState(StrEnum):
    """Where a job stands. The last four are ends."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of the job by itself."""
        return self not in (JobState.QUEUED, JobState.RUNNING)


class Phase(StrEnum):
    """What a running job is doing."""

    WAITING = "waiting"
    THINKING = "thinking"
    WRITING = "writing"


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it is stored.

    ``subject`` is the essay or the critique that it works on: one job at a time for each. ``base`` is the version it
    starts from and ``argument`` what it was told to do, both kept so that it can be offered again. ``text`` is what
    came so far; ``error`` the sentence for a failed one; ``result`` the version that it made;
    ``ended`` when it ended, None for one that has not.
    """

    id: int
    writer: str
    subject: str
    kind: JobKind
    state: JobState
    base: int | None
    argument: str
    text: str
    error: str | None
    result: int | None
    created: datetime
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as a person may be shown it: its text is stored.

    ``place`` is its place in line, from 1, None when it is not waiting. ``since`` is when the phase began.
    """

    job: Job
    phase: Phase
    since: datetime
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job ended."""

    state: JobState
    error: str | None = None
    result: int | None = None


class JobStore(Protocol):
    """Where jobs are remembered. Every call is one transaction."""

    async def add_job(
        self, writer: str, subject: str, kind: JobKind, base: int | None, argument: str, at: datetime
    ) -> Job:
        """Stores a queued job. Raises JobRunning where the subject has one that has not ended."""

    async def begin_job(self, job: int, at: datetime) -> None:
        """Stores that the job is running."""

    async def append_text(self, pieces: Mapping[int, str]) -> None:
        """Puts a piece of text behind what each of the jobs has, all in one transaction."""

    async def drop_text(self, job: int) -> None:
        """Removes what the job wrote so far: it will begin again, or must not be kept."""

    async def end_job(self, job: int, ending: Ending, at: datetime) -> None:
        """Stores how the job ended."""

    async def job(self, writer: str, job: int) -> Job:
        """The job with this number. Raises UnknownJob where the writer has none such."""

    async def latest_job(self, writer: str, subject: str) -> Job | None:
        """The last job on the subject, None where there never was one."""

    async def leftover_jobs(self, writer: str, subject: str) -> Sequence[int]:
        """The numbers of the ended jobs on the subject of which something is kept that stands in no version, the last
        first: text, or what a revision that came to nothing was told."""

    async def abandoned_jobs(self) -> Sequence[Job]:
        """Every job that has not ended and whose process is gone: what a kill left behind."""
