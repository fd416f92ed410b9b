"""Load all that a panel shows of an essay, and the unsupported claims of its text."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, fields, replace

from bot.errors import ParsingTimedOut
from bot.essay.claims import Claim, find_unsupported_in_essay
from bot.essay.essay import Origin, Question, QuestionState, SectionState, VersionHistory
from bot.essay.outlook import Outlook, draft_outlook
from bot.essay.structure import Structure
from bot.essay.text.words import count_words
from bot.services.jobs.job import Job, JobState, JobView
from bot.services.offload import AsyncLRUCache
from bot.services.services import Services
from bot.services.snapshot import EssaySnapshot

_MODEL_ORIGINS = {Origin.DRAFTED, Origin.REVISED, Origin.SUGGESTION, Origin.MENDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class EssayState(EssaySnapshot):
    """An essay as it is stored, with what else a panel shows of it.

    If the structure's file is gone, ``structure`` has its key for a name, and no sections. ``running_job`` is the
    progress of the last job, None if it has ended. ``claims`` are those of the current text that the notes do not
    contain; None if they are not known yet, or if there is a checker, which replaces them. ``check_job`` is the job to
    wait for until more is known of the text, None while no check is under way. ``draft_cost`` is what a first draft may
    cost at most, and its check, in nano-dollars, None while a job runs; see ``DraftingService.draft_cost``.
    """

    structure: Structure
    running_job: JobView | None
    has_model: bool
    claims: tuple[Claim, ...] | None = None
    has_checker: bool = False
    check_job: Job | None = None
    draft_cost: tuple[int, int | None] | None = None

    @property
    def version_number(self) -> int:
        """The current version's number, 0 before there is one, for the custom ids of the panel's buttons."""
        return self.essay.head or 0

    def messages_for(self, question: int | None) -> tuple[str, ...]:
        """Return the pending messages with words that answer the question of this number; for None, no question."""
        return tuple(
            message.text
            for message in self.pending_messages
            if message.question == question and count_words(message.text)
        )

    @property
    def skipped_questions(self) -> tuple[Question, ...]:
        """The questions that were skipped."""
        return tuple(one for one in self.questions if one.state is QuestionState.SKIPPED)

    @property
    def outlook(self) -> Outlook:
        """What a draft would come to now."""
        return draft_outlook(self.structure, self.notes, self.section_states)

    @property
    def has_enough(self) -> bool:
        """Whether every section has enough to write from, as the interviewer or the count of words has it."""
        return all(stands is SectionState.ENOUGH for _, stands in self.outlook.states)

    @property
    def covered_sections(self) -> tuple[bool, ...]:
        """For each section of the structure, whether it has a note."""
        keys = {note.section for note in self.notes}
        return tuple(section.key in keys for section in self.structure.sections)

    @property
    def failed_job(self) -> Job | None:
        """The last job, if it failed, was stopped or interrupted, and the essay has not changed since.

        A newer note, question, answer, title or version is a change, and so is going to another version.
        """
        job = self.job
        if job is None or job.state not in (JobState.FAILED, JobState.STOPPED, JobState.INTERRUPTED):
            return None
        return job if job.ended is None or self.essay.changed_at <= job.ended else None

    @property
    def side_version(self) -> int | None:
        """The version that the last job made beside the current one, because the writer changed the text meanwhile.

        None if one of the two was made from the other, or if the writer has gone to a third one since.
        """
        job = self.job
        if job is None or job.result is None or job.ended is None or self.essay.head is None:
            return None
        current, made = self.history.lineage, VersionHistory(self.versions, job.result).lineage
        if current[-1] in made or made[-1] in current:
            return None
        meanwhile = any(job.created <= one.created_at <= job.ended for one in current)
        return job.result if meanwhile or self.essay.changed_at <= job.ended else None

    @property
    def is_by_model(self) -> bool:
        """Whether a model had a part in the current version."""
        return bool(self.history.origins & _MODEL_ORIGINS)

    @property
    def new_note_count(self) -> int:
        """How many notes came after the current version and are in no text yet."""
        through = self.version.info.last_note_number if self.version else 0
        text = self.version.text if self.version else ""
        return sum(
            note.number > through and not note.is_private and note.public_text not in text for note in self.notes
        )


# Turning the pages of a text asks for its claims again and again. There is room for the texts of hundreds of people at
# once; a text and its notes are some 20 KB.
_cached_unsupported_claims = AsyncLRUCache(find_unsupported_in_essay, 512)
CLAIMS_TIMEOUT_SECONDS = 0.3  # how long a panel waits for its claims, behind those of other texts
_SECONDS_PER_TEXT = 0.06  # to find the claims of one text


async def load_essay_state(
    services: Services, writer: str, essay: str, snapshot: EssaySnapshot | None = None
) -> EssayState:
    """Return the essay as it is now, without its claims; ``snapshot`` is the essay if the caller has just read it.

    Raise UnknownEssay, StoreError.
    """
    check_job = await services.checking.job_to_await(writer, essay)  # first: what it finds after that, it tells
    snapshot = snapshot or await services.essays.snapshot(writer, essay)
    if snapshot.job is not None and not snapshot.job.state.is_ended and not services.jobs.will_run(snapshot.job):
        await services.jobs.release_abandoned(writer, essay)  # no effect if it has ended meanwhile
        snapshot = await services.essays.snapshot(writer, essay)
    view = await services.jobs.view(snapshot.job) if snapshot.job is not None else None
    is_running = view is not None and not view.job.state.is_ended
    asks_for_draft = services.has_model and snapshot.version is None and not is_running
    stored = {field.name: getattr(snapshot, field.name) for field in fields(snapshot)}
    key = snapshot.essay.structure
    return EssayState(
        **stored | {"job": view.job if view is not None else None},  # a running job is ahead of what is stored
        # An essay is shown without its structure's file, too: only asking and writing need that.
        structure=services.structures.get(key) or Structure(key, key, "", ()),
        running_job=view if is_running else None,
        has_model=services.has_model,
        has_checker=services.checking.has_checker,
        check_job=check_job,
        draft_cost=await services.drafting.draft_cost(snapshot) if asks_for_draft else None,
    )


async def add_claims(state: EssayState, seconds: float | None = None) -> EssayState:
    """Return the state with the claims of its text that the notes do not contain: some 60 ms of work for a post.

    If that would take longer than ``seconds``, because many texts wait for theirs, they stay unknown for now. Without
    ``seconds``, raise ParsingTimedOut if they cannot be looked for.
    """
    if state.version is None or not state.notes or (state.has_checker and seconds is not None):
        return replace(state, claims=())
    if seconds is not None and _cached_unsupported_claims.waiting_count * _SECONDS_PER_TEXT > seconds:
        seconds = 0.0  # either the claims are cached, or there is no use in waiting
    lookup = asyncio.ensure_future(_cached_unsupported_claims(state.version.text, state.notes, state.essay.title))
    lookup.add_done_callback(_consume_exception)
    done, _ = await asyncio.wait({lookup}, timeout=seconds)  # what comes later is cached for the next time
    if not done or (seconds is not None and isinstance(lookup.exception(), ParsingTimedOut)):
        return state
    return replace(state, claims=lookup.result())


def _consume_exception(lookup: asyncio.Future[tuple[Claim, ...]]) -> None:
    """Retrieve the exception of a look-up that may have no waiter left, so that asyncio does not log it."""
    if not lookup.cancelled():
        lookup.exception()
