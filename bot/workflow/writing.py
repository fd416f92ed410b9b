"""Drafts and revisions: jobs in which a model writes, and what becomes of what it wrote."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from bot.errors import BadInput, CutShort, NoModel, NothingToDo, NothingWritten, UnknownSection
from bot.essay.claims import Claim, unsupported
from bot.essay.decoding import typed
from bot.essay.essay import Essay, Note, Origin, Version
from bot.essay.normalise import continued, finished, is_no_post, normalise, unfinished, unwritten
from bot.essay.questions import notes_for_model
from bot.essay.sections import replace_body, split
from bot.essay.structure import Structure
from bot.essay.words import count_words
from bot.workflow.aside import aside
from bot.workflow.desk import Desk
from bot.workflow.jobs import Job, JobKind
from bot.workflow.models import Models
from bot.workflow.ports import Clock, Store
from bot.workflow.runner import JobRunner
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
    """All that a writer does with an essay and a model. Without a model every method raises NoModel, but for claims."""

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
        _ = self.models
        material = await self.material(writer, essay)
        if not material.notes:
            raise NothingToDo.no_notes()
        base = material.essay.head
        work = _Draft(self, material, base)
        return await self.jobs.start(writer, essay, JobKind.DRAFT, work, base, str(material.through))

    async def finish(self, writer: str, essay: str) -> Job:
        """Begins to write the sections that the current version, a draft cut short, has not finished.

        Raises NothingToDo where the current version is complete, LeftOutStands.
        """
        _ = self.models
        version = await self.desk.current(writer, essay)
        if version.info.complete:
            raise NothingToDo.complete()
        await self.desk.check_for_model(writer, essay, version.text)
        work = _Finish(self, await self.material(writer, essay), version)
        return await self.jobs.start(writer, essay, JobKind.FINISH, work, version.info.number)

    async def keep_as_it_is(self, writer: str, essay: str) -> None:
        """Takes the current version, a draft cut short, for complete."""
        version = await self.desk.current(writer, essay)
        await self.store.mark_complete(writer, essay, version.info.number, self.clock())

    async def revise(self, writer: str, essay: str, seen: Version, index: int, instruction: str) -> Job:
        """Begins to rewrite the part of ``seen`` with this index as the instruction says; every other byte stays.

        Raises UnknownSection, LeftOutStands, BadInput for an instruction without a word or of more than
        INSTRUCTION_CHARACTERS.
        """
        _ = self.models
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
        await self.desk.check_for_model(writer, essay, seen.text)
        work = _Revision(self, await self.material(writer, essay), seen, index, wanted)
        argument = json.dumps({"index": index, "instruction": wanted})
        return await self.jobs.start(writer, essay, JobKind.REVISION, work, seen.info.number, argument)

    async def again(self, writer: str, job: Job) -> Job:
        """Begins once more what an ended job was told to do: a draft, the same revision, or what is unfinished now.

        Raises NothingToDo where nothing is unfinished any more, and for a critique, which is asked for elsewhere.
        """
        if job.kind is JobKind.CRITIQUE:
            raise NothingToDo.no_text()
        if job.kind is JobKind.FINISH:
            return await self.finish(writer, job.subject)
        if job.kind is JobKind.REVISION:
            told = json.loads(job.argument)
            seen = await self.store.version(writer, job.subject, job.base or 0)
            return await self.revise(writer, job.subject, seen, told["index"], told["instruction"])
        return await self.draft(writer, job.subject)

    async def unsupported(self, writer: str, essay: str, version: Version) -> tuple[Claim, ...]:
        """The numbers, dates, names and quotations of a version that neither a note nor the title holds."""
        notes = await self.desk.notes(writer, essay)
        title = (await self.desk.open(writer, essay)).title
        return unsupported(version.text, [*(note.text for note in notes), title])

    async def material(self, writer: str, essay: str) -> Material:
        """What a model would be given of the essay now."""
        opened = await self.desk.open(writer, essay)
        notes = await self.desk.notes(writer, essay)
        structure = self.desk.structure(opened)
        usable = notes_for_model(structure, notes)
        return Material(opened, structure, usable, notes[-1].number if notes else 0)

    async def work_of(self, job: Job) -> Work:
        """The work of a job that an earlier process left, so that its text can be kept."""
        material = await self.material(job.writer, job.subject)
        if job.kind is JobKind.DRAFT:  # notes that came while it was written are no part of it
            return _Draft(self, replace(material, through=int(job.argument or material.through)), job.base)
        version = await self.store.version(job.writer, job.subject, job.base or 0)
        if job.kind is JobKind.FINISH:
            return _Finish(self, material, version)
        told = json.loads(job.argument)
        return _Revision(self, material, version, told["index"], told["instruction"])

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
    """A draft of the whole post."""

    writing: Writing
    material: Material
    parent: int | None

    async def run(self, report: Report) -> int | None:
        material = self.material
        written = await self.writing.models.drafter.draft(
            material.essay.writer, material.structure, material.essay.title, material.notes, report
        )
        whole_text = None if written.cut else await aside(normalise, written.text, material.structure)
        text = whole_text if whole_text is not None else _so_far(written.text)
        return await self._add(text, complete=not written.cut, model=written.model)

    async def keep(self, text: str) -> int | None:
        structure = self.material.structure
        if not count_words(text) or is_no_post(text, structure, [section.key for section in structure.sections]):
            return None
        return await self._add(_so_far(text), complete=False, model=None)

    async def _add(self, text: str, *, complete: bool, model: str | None) -> int:
        essay, through = self.material.essay, self.material.through
        return await self.writing.add(
            essay, self.parent, Origin.DRAFTED, text, through=through, complete=complete, model=model
        )


@dataclass(frozen=True, slots=True)
class _Finish:
    """The sections that a draft cut short still lacks."""

    writing: Writing
    material: Material
    version: Version

    async def run(self, report: Report) -> int | None:
        material, text = self.material, self.version.text
        todo = unfinished(text, material.structure)
        done = finished(text, material.structure)
        written = await self.writing.models.drafter.finish(
            material.essay.writer, material.structure, material.essay.title, material.notes, done, todo, report
        )
        more = written.text
        noted = {note.section for note in material.notes if note.section}  # what no note tells of may stay a gap
        lacking = unwritten(more, noted.intersection(todo), material.structure)
        text = _so_far(f"{done}\n{more}") if written.cut else continued(done, more, material.structure, lacking)
        return await self._add(text, complete=not (written.cut or lacking), model=written.model)

    async def keep(self, text: str) -> int | None:
        structure = self.material.structure
        if not count_words(text) or is_no_post(text, structure, unfinished(self.version.text, structure)):
            return None
        done = finished(self.version.text, structure)
        return await self._add(_so_far(f"{done}\n{text}"), complete=False, model=None)

    async def _add(self, text: str, *, complete: bool, model: str | None) -> int:
        # A note that came since the draft may belong to a section that was finished before: it still counts as new.
        info = self.version.info
        return await self.writing.add(
            self.material.essay,
            info.number,
            Origin.DRAFTED,
            text,
            through=info.notes_through,
            complete=complete,
            model=model,
        )


@dataclass(frozen=True, slots=True)
class _Revision:
    """One section, rewritten."""

    writing: Writing
    material: Material
    version: Version
    index: int
    instruction: str

    async def run(self, report: Report) -> int | None:
        info, part = self.version.info, split(self.version.text)[self.index]
        written = await self.writing.models.reviser.revise(
            self.material.essay.writer, self.material.notes, self.version.text, part.title, self.instruction, report
        )
        if written.cut:
            raise CutShort
        if not written.text.strip():  # a heading alone, which the port takes off
            raise NothingWritten
        return await self.writing.add(
            self.material.essay,
            info.number,
            Origin.REVISED,
            replace_body(self.version.text, self.index, written.text),
            through=info.notes_through,  # notes that came since have no place in the other sections yet
            complete=info.complete,
            model=written.model,
        )

    async def keep(self, text: str) -> int | None:
        """Half a section is no section: what came stays with the job, and the essay as it was."""
        return None


def _so_far(text: str) -> str:
    """A text that was cut short, as it came: only so can be seen which section it broke off in."""
    return text.strip() + "\n"
