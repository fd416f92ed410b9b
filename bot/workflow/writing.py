"""What a writer has a model write: what is asked is looked at, planned, begun, and begun again."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import takewhile

from bot.errors import NothingToDo, UnknownSection
from bot.essay.claims import Claim, unsupported_in
from bot.essay.essay import Version
from bot.essay.history import History
from bot.essay.replies.unfinished import Unfinished, unfinished
from bot.workflow.aside import aside, aside_slowly
from bot.workflow.desk import Desk, parts_of
from bot.workflow.drafting import Draft, Finish, Revision
from bot.workflow.jobs import Job, JobKind
from bot.workflow.material import Material, Workbench
from bot.workflow.models import Models
from bot.workflow.outdated import check_not_just_done, check_seen, check_unchanged
from bot.workflow.planned import Planned
from bot.workflow.ports import Clock, Store
from bot.workflow.runner import JobRunner
from bot.workflow.wanted import Wanted, checked_instruction
from bot.workflow.work import Work


class Writing:
    """All that a writer does with an essay and a model. Without a model every method raises NoModel, but for claims.

    What begins work has a twin named ``to_…``, which gives the same work planned and not begun. ``seen``, where it is a
    number, is that of the version which the writer had in view, 0 for none: where another is current by the time the
    work begins, it raises Outdated. So of two clicks that ask for the same, only one is ever done.
    """

    def __init__(self, desk: Desk, store: Store, jobs: JobRunner, models: Models | None, clock: Clock) -> None:
        self.desk = desk
        self.jobs = jobs
        self.bench = Workbench(desk, store, models, clock)
        self._store = store
        self._clock = clock

    @property
    def models(self) -> Models:
        """The models. Raises NoModel where none is configured."""
        return self.bench.models

    async def draft(self, writer: str, essay: str, *, seen: int | None = None) -> Job:
        """Begins a draft from the notes. Raises NothingToDo for an essay without notes, JobRunning, TooManyJobs."""
        return await (await self.to_draft(writer, essay, seen=seen)).begin()

    async def to_draft(self, writer: str, essay: str, *, seen: int | None = None) -> Planned:
        """The draft that ``draft`` begins."""
        await self._ready(writer, essay)
        material = await self.bench.material(writer, essay)
        base = material.essay.head
        check_seen(base, seen)
        if not material.notes:
            raise NothingToDo.no_notes()
        await self.desk.check_for_model(writer, essay, title=material.essay.title)
        work = Draft(self.bench, material, base, Unfinished(material.structure))
        start = partial(self.jobs.start, writer, essay, JobKind.DRAFT, work, base, str(material.through))
        return Planned(work.at_most, partial(start, ready=partial(check_unchanged, self.desk, writer, essay, base)))

    async def finish(self, writer: str, essay: str, *, seen: int | None = None) -> Job:
        """Begins to write the sections that the current version, a draft cut short, has not finished.

        A section that the writer changed since counts as finished. Where all are, the version is taken for complete.
        Raises NothingToDo there, where it was complete before, and for an essay without notes; LeftOutStands.
        """
        return await (await self.to_finish(writer, essay, seen=seen)).begin()

    async def to_finish(self, writer: str, essay: str, *, seen: int | None = None) -> Planned:
        """What ``finish`` begins."""
        await self._ready(writer, essay)
        version = await self.desk.current(writer, essay)
        base = version.info.number
        check_seen(base, seen)
        if version.info.complete:
            raise NothingToDo.complete()
        work = await self._finishing(await self.bench.material(writer, essay), version)
        if not work.draft.todo:
            await self.keep_as_it_is(writer, essay)
            raise NothingToDo.written()
        if not work.material.notes:
            raise NothingToDo.no_notes()
        await self.desk.check_for_model(writer, essay, text=version.text, title=work.material.essay.title)
        start = partial(self.jobs.start, writer, essay, JobKind.FINISH, work, base)
        return Planned(work.at_most, partial(start, ready=partial(check_unchanged, self.desk, writer, essay, base)))

    async def keep_as_it_is(self, writer: str, essay: str) -> None:
        """Takes the current version, a draft cut short, for complete."""
        version = await self.desk.current(writer, essay)
        await self._store.mark_complete(writer, essay, version.info.number, self._clock())

    async def revise(self, writer: str, essay: str, seen: Version, index: int, instruction: str) -> Job:
        """Begins to rewrite the part of ``seen`` with this index as the instruction says; every other byte stays.

        ``seen`` need not be current any more: what comes then waits beside the newer text. Raises UnknownSection,
        LeftOutStands, BadInput for an instruction without a word or of more than INSTRUCTION_CHARACTERS, Outdated where
        the same instruction has just been carried out on ``seen``.
        """
        return await (await self.to_revise(writer, essay, seen, index, instruction)).begin()

    async def to_revise(self, writer: str, essay: str, seen: Version, index: int, instruction: str) -> Planned:
        """The revision that ``revise`` begins."""
        await self._ready(writer, essay)
        wanted = checked_instruction(instruction)
        if not 0 <= index < len(await parts_of(seen.text)):
            raise UnknownSection(str(index + 1))
        await self.desk.check_for_model(writer, essay, text=seen.text, instruction=wanted)
        work = Revision(self.bench, await self.bench.material(writer, essay), seen, index, wanted)
        base, told = seen.info.number, Wanted(index, wanted)
        start = partial(self.jobs.start, writer, essay, JobKind.REVISION, work, base, told.argument)
        ready = partial(check_not_just_done, self.desk, self.jobs, writer, essay, base, told)
        return Planned(work.at_most, partial(start, ready=ready))

    async def again(self, writer: str, job: Job) -> Job:
        """Begins once more what an ended job was told to do: a draft, the same revision, or what is unfinished now.

        Raises NothingToDo where nothing is unfinished any more, and for a critique, which is asked for elsewhere.
        """
        return await (await self.to_do_again(writer, job)).begin()

    async def to_do_again(self, writer: str, job: Job) -> Planned:
        """What ``again`` begins."""
        if job.kind is JobKind.CRITIQUE:
            raise NothingToDo.no_text()
        if job.kind is JobKind.FINISH:
            return await self.to_finish(writer, job.subject)
        if job.kind is JobKind.REVISION:
            told = Wanted.of(job)
            seen = await self._store.version(writer, job.subject, job.base or 0)
            return await self.to_revise(writer, job.subject, seen, told.index, told.instruction)
        return await self.to_draft(writer, job.subject)

    async def _ready(self, writer: str, essay: str) -> None:
        """Raises NoModel. What a process that has died left of the essay is kept before anything of it is read."""
        _ = self.models
        await self.jobs.release(writer, essay)

    async def unsupported(self, writer: str, essay: str, version: Version) -> tuple[Claim, ...]:
        """The numbers, dates, names, quotations and addresses of a version that neither a note nor the title holds."""
        notes = await self.desk.notes(writer, essay)
        title = (await self.desk.open(writer, essay)).title
        return await aside_slowly(unsupported_in, version.text, notes, title)

    async def work_of(self, job: Job) -> Work:
        """The work of a job that an earlier process left, so that its text can be kept."""
        material = await self.bench.material(job.writer, job.subject)
        if job.kind is JobKind.DRAFT:  # notes that came while it was written are no part of it
            material = replace(material, through=int(job.argument or material.through))
            return Draft(self.bench, material, job.base, Unfinished(material.structure))
        version = await self._store.version(job.writer, job.subject, job.base or 0)
        if job.kind is JobKind.FINISH:
            return await self._finishing(material, version)
        told = Wanted.of(job)
        return Revision(self.bench, material, version, told.index, told.instruction)

    async def _finishing(self, material: Material, version: Version) -> Finish:
        """The work of finishing a version, of which stands what a model finished and what the writer changed."""
        essay, info = material.essay, version.info
        *earlier, last = History(await self.desk.history(essay.writer, essay.id), info.number).lineage
        since = [*takewhile(lambda one: not one.complete, reversed(earlier))][::-1]
        found = [await self._store.version(essay.writer, essay.id, one.number) for one in (*since, last)]
        steps = [(one.info.origin, one.text) for one in found]
        draft = await aside(unfinished, steps, material.structure)
        # A note that came since the draft may belong to a section that was finished before: it still counts as new.
        return Finish(self.bench, replace(material, through=info.notes_through), info.number, draft)
