"""Critiques: what an editor says of a text, every quotation looked for in it before it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from bot.errors import BadInput, NoModel, NothingToDo, Outdated
from bot.essay.critique import Finding
from bot.essay.diff import moved
from bot.essay.essay import Origin, Version
from bot.essay.export import read_export
from bot.essay.structure import Structure
from bot.essay.text.extent import extent
from bot.essay.text.front_matter import short_line
from bot.essay.text.importing import without_comments
from bot.essay.text.spans import Span
from bot.essay.text.words import count_words
from bot.workflow.aside import aside_slowly, read_aside
from bot.workflow.checking import checked
from bot.workflow.critiqued import Critiqued, CritiqueStore, Decision
from bot.workflow.desk import Desk, check_marks
from bot.workflow.jobs import Job, JobKind
from bot.workflow.measured import Measured, measured
from bot.workflow.models import Models
from bot.workflow.planned import Planned
from bot.workflow.ports import Clock, NewId, Store
from bot.workflow.runner import JobRunner, Ready, Undo
from bot.workflow.work import Report, Work, whole

MOST_WORDS = 10_000  # about 18,000 tokens: more is a book, and no reader can weigh it in one sitting
LEAST_WORDS = 10  # less is a sentence at most, and gives an editor nothing to weigh


class Criticism:
    """Critiques of a writer's essays and of any pasted text.

    What begins one has a twin named ``to_…``, which gives the same critique planned: neither begun nor stored.
    """

    def __init__(
        self,
        desk: Desk,
        store: Store,
        critiques: CritiqueStore,
        jobs: JobRunner,
        models: Models | None,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self.desk = desk
        self.critiques = critiques
        self._store = store
        self._jobs = jobs
        self._models = models
        self._clock = clock
        self._new_id = new_id

    @property
    def models(self) -> Models:
        """The models. Raises NoModel where none is configured."""
        if self._models is None:
            raise NoModel
        return self._models

    async def of_text(
        self, writer: str, text: str, structure: Structure | None, *, title: str | None = None, own: bool
    ) -> tuple[Critiqued, Job]:
        """Stores a pasted text and begins its critique. Raises BadInput for one too short or too long, MarkStands."""
        critiqued, planned = await self.to_critique_text(writer, text, structure, title=title, own=own)
        return critiqued, await planned.begin()

    async def to_critique_text(
        self, writer: str, text: str, structure: Structure | None, *, title: str | None = None, own: bool
    ) -> tuple[Critiqued, Planned]:
        """The critique that ``of_text`` begins."""
        _ = self.models
        page = self.desk.page("The text", text)
        fields, body = await read_aside(writer, len(text), _critiquable, page)
        found = short_line(fields.get("title")) if title is None else title
        key = structure.key if structure else None
        return self._planned(
            Critiqued(self._new_id(), writer, None, None, key, found, body, own, None, {}, self._clock())
        )

    async def of_essay(self, writer: str, essay: str, version: Version, *, anew: bool = True) -> tuple[Critiqued, Job]:
        """Begins a critique of a version. Raises BadInput for one too short or too long, LeftOutStands.

        Unless ``anew``, it raises Outdated where the version has a critique, or is not the current one, by the time it
        begins: so two clicks begin one.
        """
        critiqued, planned = await self.to_critique(writer, essay, version, anew=anew)
        return critiqued, await planned.begin()

    async def to_critique(
        self, writer: str, essay: str, version: Version, *, anew: bool = True
    ) -> tuple[Critiqued, Planned]:
        """The critique that ``of_essay`` begins."""
        _ = self.models
        opened = await self.desk.open(writer, essay)
        await read_aside(writer, len(version.text), check_length, version.text)
        await self.desk.check_for_model(writer, essay, text=version.text)
        return self._planned(
            Critiqued(
                self._new_id(),
                writer,
                essay,
                version.info.number,
                opened.structure,
                opened.title,
                version.text,
                True,
                None,
                {},
                self._clock(),
            ),
            anew=anew,
        )

    def _planned(self, critiqued: Critiqued, *, anew: bool = True) -> tuple[Critiqued, Planned]:
        begin = partial(self._start, critiqued, partial(self._put_down, critiqued, anew=anew))
        return critiqued, Planned(_Criticise(self, critiqued).at_most, begin)

    async def _put_down(self, critiqued: Critiqued, *, anew: bool) -> Undo:
        """Stores what is to be critiqued, as Ready says. Unless ``anew``, raises Outdated as ``of_essay`` does."""
        if not anew and critiqued.essay is not None:
            last = await self.critiques.latest_critique(critiqued.writer, critiqued.essay)
            head = (await self.desk.open(critiqued.writer, critiqued.essay)).head
            if head != critiqued.version or (last is not None and last.version == critiqued.version):
                raise Outdated
        await self.critiques.add_critique(critiqued)
        return partial(self.critiques.remove_critique, critiqued.writer, critiqued.id)

    async def _start(self, critiqued: Critiqued, ready: Ready) -> Job:
        subject, work = critiqued.essay or critiqued.id, _Criticise(self, critiqued)
        await self._jobs.release(critiqued.writer, subject)
        return await self._jobs.start(
            critiqued.writer, subject, JobKind.CRITIQUE, work, critiqued.version, critiqued.id, ready=ready
        )

    async def read(self, writer: str, critique: str) -> Critiqued:
        """A stored critique. Raises UnknownCritique."""
        return await self.critiques.critiqued(writer, critique)

    async def latest(self, writer: str, essay: str) -> Critiqued | None:
        """The essay's last critique, None where none was finished."""
        return await self.critiques.latest_critique(writer, essay)

    async def apply(self, writer: str, critique: str, index: int, seen: Version) -> Version:
        """A new version of the essay in which the finding's replacement stands for the words it quotes.

        Raises NothingToDo where the finding has no replacement, its words are gone, or the text is not an essay's.
        """
        critiqued = await self.read(writer, critique)
        finding = self._finding(critiqued, index)
        if critiqued.essay is None or finding.replacement is None:
            raise NothingToDo.no_replacement()
        span = await aside_slowly(moved, critiqued.text, seen.text, finding.span)
        if span is None:
            raise NothingToDo.words_gone()
        if _stands(finding.replacement, finding.quotation, seen.text, span):
            raise NothingToDo.words_gone()
        text = seen.text[: span.start] + finding.replacement + seen.text[span.end :]
        version = await self._store.add_version(
            writer,
            critiqued.essay,
            seen.info.number,
            Origin.SUGGESTION,
            text,
            seen.info.notes_through,
            self._clock(),
            complete=seen.info.complete,
            model=critiqued.critique.model if critiqued.critique else None,
        )
        await self.critiques.decide(writer, critique, index, Decision.APPLIED, version.info.number, self._clock())
        return version

    async def dismiss(self, writer: str, critique: str, index: int) -> None:
        """Stores that the writer passes over the finding."""
        critiqued = await self.read(writer, critique)
        self._finding(critiqued, index)
        await self.critiques.decide(writer, critique, index, Decision.DISMISSED, None, self._clock())

    async def adopt(self, writer: str, critique: str, structure: Structure) -> str:
        """Makes a pasted text, if it is the writer's own, the first version of a new essay; returns the essay's id.

        The critique is that version's from then on, so that its replacements can be applied.
        """
        critiqued = await self.read(writer, critique)
        if not critiqued.own or critiqued.essay is not None:
            raise NothingToDo.not_own()
        essay = await self.desk.begin(writer, structure, critiqued.title)
        version = await self._store.add_version(
            writer, essay.id, None, Origin.IMPORTED, critiqued.text, 0, self._clock()
        )
        await self.critiques.attach(writer, critique, essay.id, version.info.number)
        return essay.id

    async def again(self, writer: str, critique: str) -> Job:
        """Begins once more a critique in which the critic has not spoken. Raises NothingToDo if it has, MarkStands."""
        _ = self.models
        critiqued = await self._unspoken(writer, critique)
        await read_aside(writer, len(critiqued.text), check_marks, "text", critiqued.text)

        async def ready() -> None:  # it may have been under way until now
            await self._unspoken(writer, critique)

        return await self._start(critiqued, ready)

    async def _unspoken(self, writer: str, critique: str) -> Critiqued:
        """A critique in which the critic has not spoken. Raises NothingToDo if it has."""
        critiqued = await self.read(writer, critique)
        if critiqued.critique is not None:
            raise NothingToDo.critiqued()
        return critiqued

    async def work_of(self, job: Job) -> Work:
        """The work of a critique that an earlier process left."""
        return _Criticise(self, await self.read(job.writer, job.argument))

    def _finding(self, critiqued: Critiqued, index: int) -> Finding:
        if critiqued.critique is None or not 0 <= index < len(critiqued.critique.findings):
            raise NothingToDo.no_finding()
        return critiqued.critique.findings[index]


@dataclass(frozen=True, slots=True)
class _Criticise:
    """One critique."""

    criticism: Criticism
    critiqued: Critiqued

    async def run(self, report: Report) -> int | None:
        critiqued, structure = self.critiqued, self._structure
        if critiqued.essay is not None:  # a note may have been left out since, while this waited for its turn
            await self.criticism.desk.check_for_model(critiqued.writer, critiqued.essay, text=critiqued.text)
        facts = await self._facts()
        opinion = await self.criticism.models.critic.critique(
            critiqued.writer, critiqued.text, structure, facts, report
        )
        known: list[str] = [critiqued.text]
        if critiqued.essay is not None:
            notes = await self.criticism.desk.notes(critiqued.writer, critiqued.essay)
            known += [note.public for note in notes if not note.is_private]
        found = await aside_slowly(checked, opinion, critiqued.text, structure, known)
        await whole(self.criticism.critiques.put_critique(critiqued.writer, critiqued.id, found))
        return None

    async def at_most(self) -> int:
        return self.criticism.models.critic.critique_at_most(self.critiqued.text, self._structure, await self._facts())

    async def keep(self, text: str) -> int | None:
        """Half a critique is of no use; the text that it is about is stored."""
        return None

    @property
    def _structure(self) -> Structure | None:
        key = self.critiqued.structure
        return self.criticism.desk.structures.get(key) if key else None

    async def _facts(self) -> list[str]:
        # What is counted is told to the critic, in words of the text: never in those of a comment.
        found = await aside_slowly(_measured, self.critiqued.text, self._structure)
        return [measure.summary for measure in found.raised]


def _measured(text: str, structure: Structure | None) -> Measured:
    return measured(without_comments(text), structure)


def _critiquable(text: str) -> tuple[Mapping[str, Any], str]:
    """The front matter and the body of a text that can be critiqued. Raises BadInput, MarkStands."""
    fields, body = read_export(text)
    check_length(body)
    body = without_comments(body)
    check_marks("text", body)
    return fields, body


def check_length(text: str) -> None:
    """Raises BadInput for a text that is too short or too long to be critiqued, whatever script it is written in.

    Comments do not count: no model sees them.
    """
    seen = without_comments(text)
    if seen != text and not count_words(seen):
        raise BadInput(
            "The text holds nothing but comments, which no critic is shown, so it was not critiqued. Nothing was "
            "changed: write the text outside the comments and ask again."
        )
    found = extent(seen)
    if found.size > MOST_WORDS:
        raise BadInput(
            f"The text has {found}, and {MOST_WORDS:,} can be critiqued at once: hand in the part that matters "
            "most. Nothing was changed."
        )
    if found.size < LEAST_WORDS:
        raise BadInput(f"The text has {found}, too few to say anything of: paste the whole text. Nothing was changed.")


def _stands(replacement: str, quotation: str, text: str, span: Span) -> bool:
    """Whether the replacement, which may hold the very words it replaces, stands around them already."""
    start = span.start - replacement.find(quotation)
    return quotation in replacement and start >= 0 and text.startswith(replacement, start)
