"""All that a panel shows of an essay, read from the store in one go."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import lru_cache

from bot.discord_ui.tools import Tools
from bot.essay.claims import Claim, unsupported
from bot.essay.essay import Answered, Essay, Note, Origin, Question, Version, VersionInfo
from bot.essay.history import History
from bot.essay.structure import Structure
from bot.workflow.jobs import Job, JobState, JobView

_MODEL_ORIGINS = {Origin.DRAFTED, Origin.REVISED, Origin.SUGGESTION}


@dataclass(frozen=True, slots=True)
class State:
    """An essay as it stands.

    ``version`` is the current one, None before there is a text. ``claims`` are those of its text that the notes do not
    hold. ``job`` is the last job on it, running or ended, and ``critique`` the id of the last finished critique.
    """

    essay: Essay
    structure: Structure
    notes: tuple[Note, ...]
    asked: tuple[Question, ...]
    version: Version | None
    versions: tuple[VersionInfo, ...]
    claims: tuple[Claim, ...]
    job: JobView | None
    critique: str | None
    with_model: bool

    @property
    def number(self) -> int:
        """The current version's number, 0 before there is one: what the ids of the panel's buttons carry."""
        return self.essay.head or 0

    @property
    def open_question(self) -> Question | None:
        """The question that was put and neither answered nor skipped."""
        return next((one for one in self.asked if one.state is Answered.OPEN), None)

    @property
    def skipped(self) -> tuple[Question, ...]:
        """The questions passed over."""
        return tuple(one for one in self.asked if one.state is Answered.SKIPPED)

    @property
    def covered(self) -> tuple[bool, ...]:
        """For each section of the structure, whether it holds a note."""
        keys = {note.section for note in self.notes}
        return tuple(section.key in keys for section in self.structure.sections)

    @property
    def running(self) -> JobView | None:
        """The job that has not ended."""
        return self.job if self.job is not None and not self.job.job.state.ended else None

    @property
    def ended_badly(self) -> Job | None:
        """The last job, where it came to a bad end and nothing has been done about it since."""
        if self.job is None or self.job.job.state not in (JobState.FAILED, JobState.STOPPED, JobState.INTERRUPTED):
            return None
        job = self.job.job
        return job if self.essay.head in (job.base, job.result) else None

    @property
    def history(self) -> History:
        """The versions, and which of them is current."""
        return History(self.versions, self.essay.head)

    @property
    def by_model(self) -> bool:
        """Whether a model had a part in the current version."""
        return bool(self.history.origins & _MODEL_ORIGINS)

    @property
    def new_notes(self) -> int:
        """How many notes came after the current version and stand in no text yet."""
        through = self.version.info.notes_through if self.version else 0
        return sum(note.number > through and not note.left_out for note in self.notes)


@lru_cache(maxsize=32)  # turning the pages of a text asks for the same again and again
def _unsupported(text: str, known: tuple[str, ...]) -> tuple[Claim, ...]:
    return unsupported(text, known)


async def read_state(tools: Tools, writer: str, essay: str) -> State:
    """The essay as it stands. Raises UnknownEssay, UnknownStructure, StoreError."""
    # First of all, because it may end meanwhile: what follows then shows at least what came of it.
    job = await tools.jobs.latest(writer, essay)
    opened = await tools.desk.open(writer, essay)
    structure = tools.desk.structure(opened)
    notes = await tools.desk.notes(writer, essay)
    asked = await tools.interview.asked(writer, essay)
    versions = await tools.desk.history(writer, essay)
    version = await tools.desk.version(writer, essay, opened.head) if opened.head is not None else None
    found = await tools.criticism.critiques.latest_critique(writer, essay) if version else None
    claims: tuple[Claim, ...] = ()
    if version is not None and notes:
        known = (*(note.text for note in notes), opened.title)
        # Some 50 ms for a post of 1,100 words: too long for the loop that must acknowledge everybody's clicks.
        claims = await asyncio.to_thread(_unsupported, version.text, known)
    return State(
        opened,
        structure,
        notes,
        asked,
        version,
        versions,
        claims,
        job,
        found.id if found else None,
        tools.with_model,
    )
