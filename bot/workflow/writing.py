"""Drafts and revisions: jobs in which a model writes, and what becomes of what it wrote."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile
from typing import NoReturn

from bot.errors import BadInput, BadReply, NoModel, NothingToDo, UnknownSection
from bot.essay.claims import Claim, unsupported_in
from bot.essay.decoding import typed
from bot.essay.essay import Essay, Note, Origin, Version
from bot.essay.history import History
from bot.essay.questions import notes_for_model
from bot.essay.reply import is_no_post
from bot.essay.sections import replace_body, split
from bot.essay.structure import Structure
from bot.essay.unfinished import Unfinished, unfinished
from bot.essay.words import count_words
from bot.workflow.aside import aside, aside_slowly
from bot.workflow.desk import Desk
from bot.workflow.jobs import Job, JobKind
from bot.workflow.models import Models, Written
from bot.workflow.planned import Planned
from bot.workflow.ports import Clock, Store
from bot.workflow.runner import JobRunner
from bot.workflow.wanted import Wanted
from bot.workflow.work import Report, Work, whole

INSTRUCTION_CHARACTERS = 2_000  # more than that is a new text, and belongs into the notes


@dataclass(frozen=True, slots=True)
class Material:
    """What a model is given of an essay: never a note that is left out."""

    essay: Essay
    structure: Structure
    notes: tuple[Note, ...]
    through: int


class Writing:
    """All that a writer does with an essay and a model. Without a model every method raises NoModel, but for claims.

    What begins work has a twin named ``to_…``, which gives the same work planned and not begun.
    """

    def __init__(self, desk: Desk, store: Store, jobs: JobRunner, models: Models | None, clock: Clock) -> None:
        self.desk = desk
        self.jobs = jobs
        self.store = store
        self.clock = clock
        self._models = models

    @property
    def models(self) -> Models:
        """The models. Raises NoModel where none is configured."""
        if self._models is None:
            raise NoModel
        return self._models

    async def draft(self, writer: str, essay: str) -> Job:
        """Begins a draft from the notes. Raises NothingToDo for an essay without notes, JobRunning, TooManyJobs."""
        return await (await self.to_draft(writer, essay)).begin()

    async def to_draft(self, writer: str, essay: str) -> Planned:
        """The draft that ``draft`` begins."""
        await self._ready(writer, essay)
        material = await self.material(writer, essay)
        if not material.notes:
            raise NothingToDo.no_notes()
        await self.desk.check_for_model(writer, essay, title=material.essay.title)
        base = material.essay.head
        work = _Draft(self, material, base, Unfinished(material.structure))
        start = partial(self.jobs.start, writer, essay, JobKind.DRAFT, work, base, str(material.through))
        return Planned(work.at_most, start)

    async def finish(self, writer: str, essay: str) -> Job:
        """Begins to write the sections that the current version, a draft cut short, has not finished.

        A section that the writer changed since counts as finished. Where all are, the version is taken for complete.
        Raises NothingToDo there, where it was complete before, and for an essay without notes; LeftOutStands.
        """
        return await (await self.to_finish(writer, essay)).begin()

    async def to_finish(self, writer: str, essay: str) -> Planned:
        """What ``finish`` begins."""
        await self._ready(writer, essay)
        version = await self.desk.current(writer, essay)
        if version.info.complete:
            raise NothingToDo.complete()
        work = await self._finishing(await self.material(writer, essay), version)
        if not work.draft.todo:
            await self.keep_as_it_is(writer, essay)
            raise NothingToDo.written()
        if not work.material.notes:
            raise NothingToDo.no_notes()
        await self.desk.check_for_model(writer, essay, text=version.text, title=work.material.essay.title)
        return Planned(work.at_most, partial(self.jobs.start, writer, essay, JobKind.FINISH, work, version.info.number))

    async def keep_as_it_is(self, writer: str, essay: str) -> None:
        """Takes the current version, a draft cut short, for complete."""
        version = await self.desk.current(writer, essay)
        await self.store.mark_complete(writer, essay, version.info.number, self.clock())

    async def revise(self, writer: str, essay: str, seen: Version, index: int, instruction: str) -> Job:
        """Begins to rewrite the part of ``seen`` with this index as the instruction says; every other byte stays.

        Raises UnknownSection, LeftOutStands, BadInput for an instruction without a word or of more than
        INSTRUCTION_CHARACTERS.
        """
        return await (await self.to_revise(writer, essay, seen, index, instruction)).begin()

    async def to_revise(self, writer: str, essay: str, seen: Version, index: int, instruction: str) -> Planned:
        """The revision that ``revise`` begins."""
        await self._ready(writer, essay)
        wanted = typed(instruction, "The instruction").strip()
        if not count_words(wanted):
            raise BadInput("The instruction holds no words: say what to change. The section is as it was.")
        if len(wanted) > INSTRUCTION_CHARACTERS:
            raise BadInput(
                f"The instruction has {len(wanted):,} characters: use at most {INSTRUCTION_CHARACTERS:,}, and put new "
                "material into the notes. The section is as it was."
            )
        if not 0 <= index < len(split(seen.text)):
            raise UnknownSection(str(index + 1))
        await self.desk.check_for_model(writer, essay, text=seen.text, instruction=wanted)
        work = _Revision(self, await self.material(writer, essay), seen, index, wanted)
        argument = Wanted(index, wanted).argument
        start = partial(self.jobs.start, writer, essay, JobKind.REVISION, work, seen.info.number, argument)
        return Planned(work.at_most, start)

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
            seen = await self.store.version(writer, job.subject, job.base or 0)
            return await self.to_revise(writer, job.subject, seen, told.index, told.instruction)
        return await self.to_draft(writer, job.subject)

    async def _ready(self, writer: str, essay: str) -> None:
        """Raises NoModel. What a process that has died left of the essay is kept before anything of it is read."""
        _ = self.models
        await self.jobs.release(writer, essay)

    async def unsupported(self, writer: str, essay: str, version: Version) -> tuple[Claim, ...]:
        """The numbers, dates, names and quotations of a version that neither a note nor the title holds."""
        notes = await self.desk.notes(writer, essay)
        title = (await self.desk.open(writer, essay)).title
        return await aside_slowly(unsupported_in, version.text, notes, title)

    async def material(self, writer: str, essay: str) -> Material:
        """What a model would be given of the essay now."""
        opened = await self.desk.open(writer, essay)
        notes = await self.desk.notes(writer, essay)
        structure = self.desk.structure(opened)
        usable = notes_for_model(structure, notes)
        return Material(opened, structure, usable, notes[-1].number if notes else 0)

    async def still(self, material: Material, **parts: str) -> Material:
        """The material without notes that were left out since it was gathered: a job may have waited long for its turn.

        Raises LeftOutStands, for ``parts`` as the desk's check_for_model has them.
        """
        essay = material.essay
        now = {note.number: note for note in (await self.material(essay.writer, essay.id)).notes}
        notes = tuple(now[note.number] for note in material.notes if note.number in now)
        await self.desk.check_for_model(essay.writer, essay.id, **parts)
        return replace(material, notes=notes)

    async def work_of(self, job: Job) -> Work:
        """The work of a job that an earlier process left, so that its text can be kept."""
        material = await self.material(job.writer, job.subject)
        if job.kind is JobKind.DRAFT:  # notes that came while it was written are no part of it
            material = replace(material, through=int(job.argument or material.through))
            return _Draft(self, material, job.base, Unfinished(material.structure))
        version = await self.store.version(job.writer, job.subject, job.base or 0)
        if job.kind is JobKind.FINISH:
            return await self._finishing(material, version)
        told = Wanted.of(job)
        return _Revision(self, material, version, told.index, told.instruction)

    async def _finishing(self, material: Material, version: Version) -> _Finish:
        """The work of finishing a version, of which stands what a model finished and what the writer changed."""
        essay, info = material.essay, version.info
        *earlier, last = History(await self.desk.history(essay.writer, essay.id), info.number).lineage
        since = [*takewhile(lambda one: not one.complete, reversed(earlier))][::-1]
        found = [await self.store.version(essay.writer, essay.id, one.number) for one in (*since, last)]
        steps = [(one.info.origin, one.text) for one in found]
        draft = await aside(unfinished, steps, material.structure)
        # A note that came since the draft may belong to a section that was finished before: it still counts as new.
        return _Finish(self, replace(material, through=info.notes_through), info.number, draft)

    async def add(
        self,
        essay: Essay,
        parent: int | None,
        origin: Origin,
        text: str,
        *,
        through: int,
        complete: bool,
        model: str | None,
    ) -> int:
        """Stores what a model wrote, from notes up to ``through``, as a version; returns its number."""
        stored = self.store.add_version(
            essay.writer, essay.id, parent, origin, text, through, self.clock(), complete=complete, model=model
        )
        return (await whole(stored)).info.number


@dataclass(frozen=True, slots=True)
class _Draft:
    """A draft of the whole post. ``draft`` is what is there of it, of which a new one has nothing yet."""

    writing: Writing
    material: Material
    parent: int | None
    draft: Unfinished

    async def run(self, report: Report) -> int | None:
        material = self.material
        now = await self.writing.still(material, text=self.draft.text, title=material.essay.title)
        if not now.notes:
            raise NothingToDo.no_notes()
        written = await replace(self, material=now)._asked(report)
        return await self._add(written.text, cut=written.cut, model=written.model) or _beside_the_point()

    async def keep(self, text: str) -> int | None:
        if not count_words(text) or is_no_post(text, self.material.structure, self.draft.keys):
            return None
        return await self._add(text, cut=True, model=None)

    async def at_most(self) -> int | None:
        material = self.material
        return self.writing.models.drafter.draft_at_most(material.structure, material.essay.title, material.notes)

    async def _asked(self, report: Report) -> Written:
        material = self.material
        return await self.writing.models.drafter.draft(
            material.essay.writer, material.structure, material.essay.title, material.notes, report
        )

    @property
    def _noted(self) -> frozenset[str]:
        """The sections that must not be left out. A draft of the whole may leave any open: it shows what is missing."""
        return frozenset()

    async def _add(self, reply: str, *, cut: bool, model: str | None) -> int | None:
        """Stores what stood with the reply; None where that holds nothing of what was asked for."""
        material = self.material
        given = [*(note.text for note in material.notes), self.draft.text]
        joined = await aside(self.draft.joined, reply, cut=cut, noted=self._noted, given=given)
        if joined is None:
            return None
        return await self.writing.add(
            material.essay,
            self.parent,
            Origin.DRAFTED,
            joined.text,
            through=material.through,
            complete=joined.complete,
            model=model,
        )


@dataclass(frozen=True, slots=True)
class _Finish(_Draft):
    """The sections that a draft cut short still lacks."""

    async def at_most(self) -> int | None:
        material, draft = self.material, self.draft
        return self.writing.models.drafter.finish_at_most(
            material.structure, material.essay.title, material.notes, draft.done, draft.keys
        )

    async def _asked(self, report: Report) -> Written:
        material, draft = self.material, self.draft
        return await self.writing.models.drafter.finish(
            material.essay.writer,
            material.structure,
            material.essay.title,
            material.notes,
            draft.done,
            draft.keys,
            report,
        )

    @property
    def _noted(self) -> frozenset[str]:
        """What no note tells of may stay a gap."""
        return frozenset(note.section for note in self.material.notes if note.section)


@dataclass(frozen=True, slots=True)
class _Revision:
    """One section, rewritten."""

    writing: Writing
    material: Material
    version: Version
    index: int
    instruction: str

    async def run(self, report: Report) -> int | None:
        info, text = self.version.info, self.version.text
        material = await self.writing.still(self.material, text=text, instruction=self.instruction)
        written = await self.writing.models.reviser.revise(
            material.essay.writer, material.notes, text, self.index, self.instruction, report
        )
        if written.cut:
            raise BadReply.truncated()
        return await self.writing.add(
            self.material.essay,
            info.number,
            Origin.REVISED,
            replace_body(self.version.text, self.index, written.text),
            through=info.notes_through,  # notes that came since have no place in the other sections yet
            complete=info.complete,
            model=written.model,
        )

    async def at_most(self) -> int | None:
        return self.writing.models.reviser.revise_at_most(
            self.material.notes, self.version.text, self.index, self.instruction
        )

    async def keep(self, text: str) -> int | None:
        """Half a section is no section: what came stays with the job, and the essay as it was."""
        return None


def _beside_the_point() -> NoReturn:
    raise BadReply.beside_the_point()
