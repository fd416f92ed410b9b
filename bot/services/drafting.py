"""Have a model write: plan a draft, a continuation or a revision, begin it, and begin it again.

Whether what a writer asked for still fits the text is looked at once more in the transaction that stores the job, when
nothing else is at work on the essay: of two clicks that ask for the same only one is done and paid for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from bot.errors import BotError, DamagedText, InvalidInput, NothingToDo, StaleRequest, UnknownSection
from bot.essay.claims import Claim, find_unsupported_in_essay
from bot.essay.essay import Version
from bot.essay.partial_draft import PartialDraft, guess_unwritten
from bot.essay.text.decoding import validate_typed_text
from bot.essay.text.words import count_words
from bot.services.checking import max_cost_for_words
from bot.services.draft_jobs import (
    DraftContext,
    DraftContextBuilder,
    DraftWork,
    FillWork,
    FinishWork,
    RevisionWork,
    find_passage,
)
from bot.services.essays import EssayService, split_parts
from bot.services.jobs.job import Job, JobKind, JobState, JobWork, PlannedJob
from bot.services.jobs.runner import JobRunner
from bot.services.llm_ports import Checker, Models
from bot.services.offload import in_thread, in_worker
from bot.services.snapshot import EssaySnapshot
from bot.services.store_ports import Clock, Store, Transaction

_WORDS_OF_A_SECTION = 300  # the longest of most structures: so much of a text is checked anew after a revision
MAX_INSTRUCTION_CHARACTERS = 2_000  # more than that is a new text, and belongs into the notes


@dataclass(frozen=True, slots=True)
class RevisionRequest:
    """A request to rewrite one part of a text, by its index among the text's parts, as an instruction says.

    With the number of a ``note`` it is one to work that note into a passage of the section with the key ``section``:
    the paragraph that holds the words ``passage``, or the whole of it for None. A job keeps it as JSON, with these
    names.
    """

    index: int
    instruction: str
    note: int | None = None
    section: str | None = None
    passage: str | None = None

    @property
    def job_argument(self) -> str:
        """Return it as a job keeps it."""
        return json.dumps({name: value for name, value in asdict(self).items() if value is not None})

    @classmethod
    def from_job(cls, job: Job) -> RevisionRequest:
        """Return what a revision's job was told."""
        return cls(**json.loads(job.argument))

    def matches_job(self, job: Job, base: int | None) -> bool:
        """Tell whether the job is this revision of the version ``base``."""
        return (job.kind, job.base_version, job.argument) == (JobKind.REVISION, base, self.job_argument)


def validate_instruction(instruction: str) -> str:
    """Return an instruction as a model is given it. Raise InvalidInput if it has no word or is too long."""
    wanted = validate_typed_text(instruction, "The instruction").strip()
    if not count_words(wanted):
        raise InvalidInput("The instruction holds no words: say what to change. The section is as it was.")
    if len(wanted) > MAX_INSTRUCTION_CHARACTERS:
        raise InvalidInput(
            f"The instruction has {len(wanted):,} characters: use at most {MAX_INSTRUCTION_CHARACTERS:,}, and put new "
            "material into the notes. The section is as it was."
        )
    return wanted


def check_seen_version(head: int | None, seen: int | None) -> None:
    """Raise StaleRequest if ``seen`` is a number, 0 for no version, and not that of the current version."""
    if seen is not None and (head or 0) != seen:
        raise StaleRequest


def _check_head_unchanged(tx: Transaction, writer: str, essay: str, base: int | None) -> None:
    """Raise StaleRequest if another version is current than ``base``."""
    check_seen_version(tx.essays.get(writer, essay).head, base or 0)


def _check_not_repeated(tx: Transaction, writer: str, essay: str, base: int | None, request: RevisionRequest) -> None:
    """Raise StaleRequest if the last job was this same revision of ``base``, and another version is current since.

    One that failed may be tried again at once, so that this cannot tell a second try from the first handed in twice:
    that is for ``is_already_submitted``, where it is known when the writer was asked.
    """
    last = tx.jobs.latest(writer, essay)
    if last is not None and last.state is JobState.DONE and request.matches_job(last, base):
        _check_head_unchanged(tx, writer, essay, base)


async def is_already_submitted(
    jobs: JobRunner, writer: str, essay: str, base: int | None, request: RevisionRequest, after_job: int
) -> bool:
    """Tell whether the same revision of ``base`` was handed in before, however its job ended.

    It was if the last job is that revision, and younger than ``after_job``: the last job when the writer was asked,
    0 for none.
    """
    last = await jobs.latest_job(writer, essay)
    return last is not None and last.job.id > after_job and request.matches_job(last.job, base)


class DraftingService:
    """Begin drafts, continuations and revisions as jobs. Without a model all but the claims raise NoModel.

    ``start_…`` begins what ``plan_…`` returns, checked and not begun. ``seen`` is the number of the version that the
    writer had in view, 0 for none: StaleRequest is raised if another is current by the time that the job begins.
    ``snapshot`` is the essay where the caller has just read it; without it, it is read.
    """

    def __init__(
        self, essays: EssayService, store: Store, jobs: JobRunner, models: Models | None, clock: Clock
    ) -> None:
        self.essays = essays
        self.jobs = jobs
        self.context_builder = DraftContextBuilder(essays, models, clock)
        self._store = store
        self._clock = clock

    async def start_draft(
        self, writer: str, essay: str, *, seen: int | None = None, snapshot: EssaySnapshot | None = None
    ) -> Job:
        """Begin a draft from the notes. Raise NothingToDo if there are none, JobRunning, TooManyJobs."""
        return await (await self.plan_draft(writer, essay, seen=seen, snapshot=snapshot)).start()

    async def plan_draft(
        self, writer: str, essay: str, *, seen: int | None = None, snapshot: EssaySnapshot | None = None
    ) -> PlannedJob:
        """Plan what ``start_draft`` begins."""
        snapshot = await self._prepare(writer, essay, snapshot)
        material = self.context_builder.build(snapshot)
        base = material.essay.head
        check_seen_version(base, seen)
        if not material.notes:
            raise NothingToDo.no_notes()
        await self.essays.check_no_private_text(snapshot, title=material.essay.title)
        work = await self._build_draft_work(snapshot, material, base)
        start = partial(self.jobs.start, writer, essay, JobKind.DRAFT, work, base, str(material.notes_through))
        return PlannedJob(
            work.max_cost,
            partial(start, prepare=lambda tx: _check_head_unchanged(tx, writer, essay, base)),
            self._following_check(work.context),
        )

    async def draft_cost(self, snapshot: EssaySnapshot) -> tuple[int, int | None] | None:
        """Return what a draft may cost at most, and its check, in nano-dollars; None where there is none to be had.

        The second is None where no check follows.
        """
        if not snapshot.notes:
            return None
        return await in_thread(self._draft_cost, snapshot)  # some 5 ms: all that is sent is made and counted

    def _draft_cost(self, snapshot: EssaySnapshot) -> tuple[int, int | None] | None:
        try:
            models, context = self.context_builder.models, self.context_builder.build(snapshot)
            if not context.notes:
                return None
            cost = models.drafter.max_draft_cost(context.material())
            return cost, self._max_check_cost(models.checker, context) if models.checker is not None else None
        except BotError:  # writing the draft says what is wrong
            return None

    def _following_check(
        self, context: DraftContext, words: int | None = None
    ) -> Callable[[], Coroutine[Any, Any, int]] | None:
        checker = self.context_builder.models.checker
        if checker is None:
            return None

        async def max_cost() -> int:
            return self._max_check_cost(checker, context, words)

        return max_cost

    def _max_check_cost(self, checker: Checker, context: DraftContext, words: int | None = None) -> int:
        """Return what the check of a text of so many words may cost; by default of the longest that is asked for."""
        return max_cost_for_words(checker, context.material(), words or context.structure.budget.high)

    async def start_finish(
        self, writer: str, essay: str, *, seen: int | None = None, snapshot: EssaySnapshot | None = None
    ) -> Job:
        """Begin to write the sections that the current version, a draft cut short, has not finished.

        A section that the writer changed since counts as finished. If all are, the version is marked complete and
        NothingToDo is raised, as it is for a complete version and an essay without notes. Raise PrivateNoteInText.
        """
        return await (await self.plan_finish(writer, essay, seen=seen, snapshot=snapshot)).start()

    async def plan_finish(
        self, writer: str, essay: str, *, seen: int | None = None, snapshot: EssaySnapshot | None = None
    ) -> PlannedJob:
        """Plan what ``start_finish`` begins."""
        snapshot = await self._prepare(writer, essay, snapshot)
        if snapshot.essay.head is None:
            raise NothingToDo.no_text()
        if (version := snapshot.version) is None:
            raise DamagedText.version(snapshot.essay.head)
        base = version.info.number
        check_seen_version(base, seen)
        if version.info.is_complete:
            raise NothingToDo.version_complete()
        work = await self._build_finish_work(snapshot, version)
        if not work.partial_draft.missing_sections:
            await self.mark_complete(writer, essay, base)
            raise NothingToDo.all_sections_written()
        if not work.context.notes:
            raise NothingToDo.no_notes()
        await self.essays.check_no_private_text(snapshot, text=version.text, title=snapshot.essay.title)
        start = partial(self.jobs.start, writer, essay, JobKind.FINISH, work, base)
        return PlannedJob(
            work.max_cost,
            partial(start, prepare=lambda tx: _check_head_unchanged(tx, writer, essay, base)),
            self._following_check(work.context),
        )

    async def mark_complete(self, writer: str, essay: str, seen: int | None = None) -> None:
        """Mark a version, a draft cut short, as complete: the one ``seen``, by default the current one.

        Raise NothingToDo if there is no text.
        """
        at = self._clock()

        def step(tx: Transaction) -> None:
            if (number := seen or tx.essays.get(writer, essay).head) is None:
                raise NothingToDo.no_text()
            tx.essays.mark_complete(writer, essay, number, at)

        await self._store.write(writer, step)

    async def start_revision(self, writer: str, essay: str, seen: Version, index: int, instruction: str) -> Job:
        """Begin to rewrite the part of ``seen`` with this index as the instruction says; every other byte stays.

        ``seen`` need not be current any more: what comes then waits beside the newer text. Raise UnknownSection,
        PrivateNoteInText, InvalidInput for an instruction without a word or of more than MAX_INSTRUCTION_CHARACTERS,
        StaleRequest if the same instruction has just been carried out on ``seen``.
        """
        return await (await self.plan_revision(writer, essay, seen, index, instruction)).start()

    async def plan_revision(self, writer: str, essay: str, seen: Version, index: int, instruction: str) -> PlannedJob:
        """Plan what ``start_revision`` begins."""
        snapshot = await self._prepare(writer, essay)
        wanted = validate_instruction(instruction)
        if not 0 <= index < len(await split_parts(seen.text)):
            raise UnknownSection(str(index + 1))
        await self.essays.check_no_private_text(snapshot, text=seen.text, instruction=wanted)
        base, told = seen.info.number, RevisionRequest(index, wanted)
        work = await self._build_revision_work(snapshot, seen, told)
        start = partial(self.jobs.start, writer, essay, JobKind.REVISION, work, base, told.job_argument)
        return PlannedJob(
            work.max_cost,
            partial(start, prepare=lambda tx: _check_not_repeated(tx, writer, essay, base, told)),
            self._following_check(work.context, _WORDS_OF_A_SECTION),
        )

    async def plan_fill(
        self, writer: str, essay: str, note: int, section: str, passage: str | None = None
    ) -> PlannedJob:
        """Plan to rewrite one passage of the current version from a new note; every other byte stays.

        The passage is the paragraph of the section (its key) that holds the words ``passage``, or a gap that asks
        them; without such a paragraph, what stands below the section's heading. Raise NothingToDo if there is no text
        or no such note that a model may see, UnknownSection if the text has no such section, PrivateNoteInText.
        """
        snapshot = await self._prepare(writer, essay)
        if snapshot.essay.head is None:
            raise NothingToDo.no_text()
        if (seen := snapshot.version) is None:
            raise DamagedText.version(snapshot.essay.head)
        context = self.context_builder.build(snapshot)
        if all(one.number != note for one in context.notes):
            raise NothingToDo.no_note(note)
        await self.essays.check_no_private_text(snapshot, text=seen.text)
        found = await in_thread(find_passage, seen.text, context.structure, section, passage)
        told = RevisionRequest(found.index, f"Work note {note} in.", note, section, passage)
        work = await self._build_revision_work(snapshot, seen, told)
        base = seen.info.number
        start = partial(self.jobs.start, writer, essay, JobKind.REVISION, work, base, told.job_argument)
        return PlannedJob(
            work.max_cost,
            partial(start, prepare=lambda tx: _check_not_repeated(tx, writer, essay, base, told)),
            self._following_check(work.context, _WORDS_OF_A_SECTION),
        )

    async def retry(self, writer: str, job: Job) -> Job:
        """Begin once more what an ended job was told to do: a draft, the same revision, or what is unfinished now.

        Raise NothingToDo if nothing is unfinished any more, and for a critique, which CritiqueService begins.
        """
        return await (await self.plan_retry(writer, job)).start()

    async def plan_retry(self, writer: str, job: Job) -> PlannedJob:
        """Plan what ``retry`` begins."""
        if job.kind is JobKind.CRITIQUE:
            raise NothingToDo.no_text()
        if job.kind is JobKind.FINISH:
            return await self.plan_finish(writer, job.subject)
        if job.kind is JobKind.REVISION:
            told = RevisionRequest.from_job(job)
            if told.note is not None:
                return await self.plan_fill(writer, job.subject, told.note, told.section or "", told.passage)
            seen = await self.essays.version(writer, job.subject, job.base_version or 0)
            return await self.plan_revision(writer, job.subject, seen, told.index, told.instruction)
        return await self.plan_draft(writer, job.subject)

    async def _prepare(self, writer: str, essay: str, snapshot: EssaySnapshot | None = None) -> EssaySnapshot:
        """Read the essay, unless it was just read, after keeping what a dead process left of its job. Raise NoModel."""
        _ = self.context_builder.models
        snapshot = snapshot or await self.essays.snapshot(writer, essay)
        if (
            snapshot.job is not None
            and not snapshot.job.state.is_ended
            and await self.jobs.release_abandoned(writer, essay)
        ):
            return await self.essays.snapshot(writer, essay)
        return snapshot

    async def unsupported_claims(self, writer: str, essay: str, version: Version) -> tuple[Claim, ...]:
        """Return the claims of a version that neither a note nor the title holds."""
        snapshot = await self.essays.snapshot(writer, essay)
        return await in_worker(find_unsupported_in_essay, version.text, snapshot.notes, snapshot.essay.title)

    async def work_for(self, job: Job) -> JobWork:
        """Return the work of a draft, continuation or revision as it is stored.

        Raise UnknownEssay, UnknownVersion, StructureFileMissing where what it is about is gone.
        """
        snapshot = await self.essays.snapshot(job.writer, job.subject)
        if job.kind is JobKind.DRAFT:
            material = self.context_builder.build(snapshot)
            through = int(job.argument or material.notes_through)  # what came later is no part of it
            notes = tuple(note for note in material.notes if note.number <= through)
            return await self._build_draft_work(
                snapshot, replace(material, notes=notes, notes_through=through), job.base_version
            )
        version = await self.essays.version(job.writer, job.subject, job.base_version or 0)
        if job.kind is JobKind.FINISH:
            return await self._build_finish_work(snapshot, version)
        return await self._build_revision_work(snapshot, version, RevisionRequest.from_job(job))

    async def _build_draft_work(self, snapshot: EssaySnapshot, material: DraftContext, base: int | None) -> DraftWork:
        material = replace(material, text=await self.context_builder.standing_draft(snapshot))
        return DraftWork(self.context_builder, material, base, PartialDraft(material.structure))

    async def _build_revision_work(self, snapshot: EssaySnapshot, seen: Version, told: RevisionRequest) -> RevisionWork:
        builder = self.context_builder
        context = replace(builder.build(snapshot), base=await builder.base_text(snapshot, seen.info.number))
        if told.note is None:
            return RevisionWork(builder, context, seen, told.index, told.instruction)
        section = told.section or ""
        return FillWork(builder, context, seen, told.index, told.instruction, section, told.passage, told.note)

    async def _build_finish_work(self, snapshot: EssaySnapshot, version: Version) -> FinishWork:
        """Build the work of finishing a version: the sections that it says are still to be written."""
        info, material = version.info, self.context_builder.build(snapshot)
        missing = info.unwritten
        if not missing and not info.is_complete:  # it was written before that was stored
            missing = await in_thread(guess_unwritten, version.text, material.structure)
        draft = PartialDraft(material.structure, version.text, missing)
        # A note that came since the draft may belong to a section that was finished before: it still counts as new.
        return FinishWork(
            self.context_builder, replace(material, notes_through=info.last_note_number), info.number, draft
        )
