"""Critique an essay or a pasted text: begin it as a job, keep what came, and apply or dismiss its findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

from bot.errors import InvalidInput, NothingToDo, PrivateMarkInText, PrivateNoteInText, StaleRequest
from bot.essay.critique import Action, Critique, EarlierState, Finding, cut_words
from bot.essay.diff import find_moved_span
from bot.essay.essay import Essay, Note, Origin, Version
from bot.essay.export import read_export
from bot.essay.limits import StorageIncrease, stored_bytes
from bot.essay.matching import match_section
from bot.essay.notes import note_from_answer
from bot.essay.structure import Structure
from bot.essay.text.front_matter import as_short_line
from bot.essay.text.markdown_import import remove_comments
from bot.essay.text.parsed_text import measure_text_size
from bot.essay.text.privacy_marks import has_words_besides_marks
from bot.essay.text.spans import Span
from bot.essay.text.words import count_words, truncate
from bot.essay.text_report import measure_text
from bot.services.critique_validation import EarlierCritique, find_earlier, validate_critique
from bot.services.draft_jobs import DraftContextBuilder
from bot.services.essays import EssayService, check_privacy_marks
from bot.services.jobs.job import Job, JobKind, JobWork, PlannedJob, StoreResult
from bot.services.jobs.runner import JobRunner, PrepareJob
from bot.services.llm_ports import Material, Models, ProgressCallback, require_models, why_no_model
from bot.services.offload import in_worker, parse_in_worker
from bot.services.snapshot import EssaySnapshot, read_head, warm_privacy_cache
from bot.services.store_ports import Clock, IdFactory, Store, Transaction


class Decision(StrEnum):
    """What a writer decided about a finding."""

    APPLIED = "applied"
    ANSWERED = "answered"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class StoredCritique:
    """A critique as it is stored, with the text that it is about.

    ``essay`` and ``version`` say which version of which essay the text was, None for a text that was pasted. ``is_own``
    is True if the writer handed the text in as theirs. ``critique`` is None until the critic has answered;
    ``decisions`` are by the finding's index.
    """

    id: str
    writer: str
    essay: str | None
    version: int | None
    structure: str | None
    title: str | None
    text: str
    is_own: bool
    critique: Critique | None
    decisions: dict[int, Decision]
    created: datetime


@dataclass(frozen=True, slots=True)
class CritiqueSnapshot:
    """A critique as it is stored, with the last job on its text and the essay that the text is of.

    ``version`` is the essay's current version. It is None, as ``essay`` is, for a text that was pasted, and where it is
    damaged.
    """

    critique: StoredCritique
    job: Job | None
    essay: Essay | None
    version: Version | None


@dataclass(frozen=True, slots=True)
class FindingAnswer:
    """An answer to a finding's question, stored as a note of an essay, and where it belongs.

    ``section`` is the key of the section, and ``passage`` the words that the finding quotes as they stand now; each is
    None where the text has it no more.
    """

    essay: str
    note: Note
    section: str | None
    passage: str | None

    @property
    def can_be_worked_in(self) -> bool:
        """Return whether there is a passage that a model can rewrite with the answer."""
        return not self.note.is_private and self.section is not None and self.passage is not None

    def describe(self, *, with_model: bool) -> str:
        """Say in a sentence or two what became of an answer that is not worked in."""
        kept = f"Your answer is note {self.note.number}."
        if self.note.is_private:
            return f"{kept} It is private, so no model works it in."
        if not with_model:
            return f"{kept} {why_no_model()} to work it in: edit the passage yourself."
        if self.passage is None:
            return f"{kept} The words that the finding speaks of have changed, so the text stays as it is."
        return f"{kept} The words stand in no section of the structure: edit the passage yourself."


_MAX_PLACES = 5  # of one measure, told to the critic: enough to judge what was counted
_MAX_PLACE_CHARACTERS = 60

MAX_CRITIQUE_WORDS = 10_000  # about 18,000 tokens: more is a book, and no reader can weigh it in one sitting
MIN_CRITIQUE_WORDS = 10  # less is a sentence at most, and gives an editor nothing to weigh


class CritiqueService:
    """Critiques of a writer's essays and of any pasted text.

    ``start_…`` begins what ``plan_…`` returns, neither begun nor stored.
    """

    def __init__(
        self,
        essays: EssayService,
        store: Store,
        jobs: JobRunner,
        models: Models | None,
        clock: Clock,
        new_id: IdFactory,
    ) -> None:
        self.essays = essays
        self._store = store
        self._jobs = jobs
        self.models = models
        self.context_builder = DraftContextBuilder(essays, models, clock)
        self._clock = clock
        self._new_id = new_id

    async def start_text_critique(
        self, writer: str, text: str, structure: Structure | None, *, title: str | None = None, own: bool
    ) -> tuple[StoredCritique, Job]:
        """Store a pasted text and begin its critique. Raise InvalidInput if it is too short or too long, and
        PrivateMarkInText.
        """
        critiqued, planned = await self.plan_text_critique(writer, text, structure, title=title, own=own)
        return critiqued, await planned.start()

    async def plan_text_critique(
        self, writer: str, text: str, structure: Structure | None, *, title: str | None = None, own: bool
    ) -> tuple[StoredCritique, PlannedJob]:
        """Plan what ``start_text_critique`` begins."""
        require_models(self.models)
        page = self.essays.validate_page("The text", text)
        fields, body = await parse_in_worker(writer, len(text), _parse_critiquable, page)
        found = as_short_line(fields.get("title")) if title is None else title
        key = structure.key if structure else None
        return self._plan(
            StoredCritique(self._new_id(), writer, None, None, key, found, body, own, None, {}, self._clock())
        )

    async def start_essay_critique(
        self, writer: str, essay: str, version: Version, *, anew: bool = True, snapshot: EssaySnapshot | None = None
    ) -> tuple[StoredCritique, Job]:
        """Begin a critique of a version. Raise InvalidInput if it is too short or too long, and PrivateNoteInText.

        Unless ``anew``, raise StaleRequest if the version has a critique, or is not the current one, by the time that
        the job begins: so two clicks begin one. ``snapshot`` is the essay where the caller has just read it.
        """
        critiqued, planned = await self.plan_essay_critique(writer, essay, version, anew=anew, snapshot=snapshot)
        return critiqued, await planned.start()

    async def plan_essay_critique(
        self, writer: str, essay: str, version: Version, *, anew: bool = True, snapshot: EssaySnapshot | None = None
    ) -> tuple[StoredCritique, PlannedJob]:
        """Plan what ``start_essay_critique`` begins."""
        require_models(self.models)
        snapshot = snapshot or await self.essays.snapshot(writer, essay)
        if snapshot.job is not None and not snapshot.job.state.is_ended:
            await self._jobs.release_abandoned(writer, essay)
        await parse_in_worker(writer, len(version.text), check_critique_length, version.text)
        await self.essays.check_no_private_text(snapshot, text=version.text)
        return self._plan(
            StoredCritique(
                self._new_id(),
                writer,
                essay,
                version.info.number,
                snapshot.essay.structure,
                snapshot.essay.title,
                version.text,
                True,
                None,
                {},
                self._clock(),
            ),
            anew=anew,
        )

    def _plan(self, critiqued: StoredCritique, *, anew: bool = True) -> tuple[StoredCritique, PlannedJob]:
        start = partial(self._start, critiqued, partial(_store_critique, critiqued=critiqued, anew=anew))
        return critiqued, PlannedJob(_CritiqueWork(self, critiqued).max_cost, start)

    async def _start(self, critiqued: StoredCritique, prepare: PrepareJob) -> Job:
        subject, work = critiqued.essay or critiqued.id, _CritiqueWork(self, critiqued)
        return await self._jobs.start(
            critiqued.writer, subject, JobKind.CRITIQUE, work, critiqued.version, critiqued.id, prepare=prepare
        )

    async def get(self, writer: str, critique: str) -> StoredCritique:
        """A stored critique. Raises UnknownCritique."""
        return await self._store.read(lambda tx: tx.critiques.get(writer, critique))

    async def snapshot(self, writer: str, critique: str) -> CritiqueSnapshot:
        """Return a critique with what its panel shows besides, as it stands at one moment. Raise UnknownCritique."""
        return await self._store.read(lambda tx: _read_critique_snapshot(tx, writer, critique))

    async def latest(self, writer: str, essay: str) -> StoredCritique | None:
        """The essay's last critique, None where none was finished."""
        return await self._store.read(lambda tx: tx.critiques.latest(writer, essay))

    async def pasted(self, writer: str, first: int, most: int) -> tuple[Sequence[StoredCritique], int]:
        """Return the writer's critiques of texts that are no essay's, the last first: ``most`` from ``first`` on, and
        how many there are in all."""
        return await self._store.read(lambda tx: tx.critiques.pasted(writer, first, most))

    async def apply_finding(self, writer: str, critique: str, index: int, seen: Version) -> Version:
        """Make a version of the essay in which the words that the finding quotes are replaced or taken out.

        Raise NothingToDo where the finding offers neither, its words are gone, taking them out would change what stands
        beside them, or the text is not an essay's.
        """
        critiqued = await self.get(writer, critique)
        finding = self._get_finding(critiqued, index)
        if critiqued.essay is None or finding.action not in (Action.REPLACE, Action.CUT):
            raise NothingToDo.no_replacement()
        span = await in_worker(find_moved_span, critiqued.text, seen.text, finding.span)
        if span is None:
            raise NothingToDo.words_changed()
        if finding.replacement is None:
            text = await parse_in_worker(writer, len(seen.text), cut_words, seen.text, span)
            if not count_words(text):
                raise NothingToDo.nothing_left()
        elif _is_already_applied(finding.replacement, finding.quotation, seen.text, span):
            raise NothingToDo.words_changed()
        else:
            text = seen.text[: span.start] + finding.replacement + seen.text[span.end :]
        unwritten = await self.essays.still_unwritten(writer, critiqued.essay, seen, text)
        at = self._clock()

        def decide(tx: Transaction, version: Version) -> None:
            tx.critiques.save_decision(writer, critique, index, Decision.APPLIED, version.info.number, at)

        return await self.essays.add_version(
            writer,
            critiqued.essay,
            seen.info.number,
            Origin.SUGGESTION,
            text,
            seen.info.last_note_number,
            complete=not unwritten,
            unwritten=unwritten,
            model=critiqued.critique.model if critiqued.critique else None,
            and_then=decide,
        )

    async def answer_finding(self, writer: str, critique: str, index: int, answer: str, seen: Version) -> FindingAnswer:
        """Store what the writer answers to a finding's question as a note of the section that its words stand in.

        The same answer once more is the note that it was before. Raise NothingToDo where the finding asks nothing or
        the text is not an essay's, InvalidInput for an answer without a word.
        """
        critiqued = await self.get(writer, critique)
        finding = self._get_finding(critiqued, index)
        if critiqued.essay is None or finding.action is not Action.ASK or finding.question is None:
            raise NothingToDo.no_question_in_finding()
        structure = self.essays.structures.get(critiqued.structure or "")
        place = match_section(structure, finding.section) if structure is not None else None
        section = place.key if place else None
        new = note_from_answer(self.essays.validate_page("The answer", answer), section, is_excluded=False)
        if not has_words_besides_marks(new.text):
            raise InvalidInput("The answer holds no words: write some, or dismiss the finding. Nothing was changed.")
        span = await in_worker(find_moved_span, critiqued.text, seen.text, finding.span)
        essay, question, at = critiqued.essay, finding.question, self._clock()

        def step(tx: Transaction) -> Note:
            for known in tx.essays.notes(writer, essay):
                if (known.question, known.text) == (question, new.text):
                    return known
            size = stored_bytes(new.text, question)
            tx.quota.check_and_record(writer, essay, StorageIncrease(size, notes=1, note_bytes=size), at)
            note = tx.essays.add_note(writer, essay, new, at, question=question)
            tx.critiques.save_decision(writer, critique, index, Decision.ANSWERED, None, at)
            return note

        note = await self._store.write(writer, step)
        await warm_privacy_cache((note,))
        return FindingAnswer(essay, note, section, span.extract(seen.text) if span is not None else None)

    async def dismiss_finding(self, writer: str, critique: str, index: int) -> None:
        """Stores that the writer passes over the finding."""
        critiqued = await self.get(writer, critique)
        self._get_finding(critiqued, index)
        at = self._clock()
        await self._store.write(
            writer, lambda tx: tx.critiques.save_decision(writer, critique, index, Decision.DISMISSED, None, at)
        )

    async def create_essay(self, writer: str, critique: str, structure: Structure) -> str:
        """Makes a pasted text, if it is the writer's own, the first version of a new essay; returns the essay's id.

        The critique is that version's from then on, so that its replacements can be applied.
        """
        critiqued = await self.get(writer, critique)
        if not critiqued.is_own or critiqued.essay is not None:
            raise NothingToDo.not_own_text()
        essay = await self.essays.create_essay(writer, structure, critiqued.title)

        def attach(tx: Transaction, version: Version) -> None:
            tx.critiques.attach_to_essay(writer, critique, essay.id, version.info.number)

        await self.essays.add_version(writer, essay.id, None, Origin.IMPORTED, critiqued.text, 0, and_then=attach)
        return essay.id

    async def retry(self, writer: str, critique: str) -> Job:
        """Begins once more a critique in which the critic has not spoken. Raises NothingToDo if it has,
        PrivateMarkInText.
        """
        require_models(self.models)
        critiqued = await self.get(writer, critique)
        _check_unanswered(critiqued)
        await parse_in_worker(writer, len(critiqued.text), check_privacy_marks, "text", critiqued.text)

        await self._jobs.release_abandoned(writer, critiqued.essay or critiqued.id)
        # It may have been under way until now.
        return await self._start(critiqued, lambda tx: _check_unanswered(tx.critiques.get(writer, critique)))

    async def work_for(self, job: Job) -> JobWork:
        """Return the work of a critique as it is stored. Raise UnknownCritique."""
        return _CritiqueWork(self, await self.get(job.writer, job.argument))

    def _get_finding(self, critiqued: StoredCritique, index: int) -> Finding:
        if critiqued.critique is None or not 0 <= index < len(critiqued.critique.findings):
            raise NothingToDo.no_finding()
        return critiqued.critique.findings[index]


def _read_critique_snapshot(tx: Transaction, writer: str, critique: str) -> CritiqueSnapshot:
    stored = tx.critiques.get(writer, critique)
    job = tx.jobs.latest(writer, stored.essay or stored.id)
    if stored.essay is None:
        return CritiqueSnapshot(stored, job, None, None)
    essay = tx.essays.get(writer, stored.essay)
    return CritiqueSnapshot(stored, job, essay, read_head(tx, essay))


def _store_critique(tx: Transaction, critiqued: StoredCritique, *, anew: bool) -> None:
    """Store what is to be critiqued. Unless ``anew``, raise StaleRequest as ``start_essay_critique`` does."""
    if not anew and critiqued.essay is not None:
        last = tx.critiques.latest(critiqued.writer, critiqued.essay)
        head = tx.essays.get(critiqued.writer, critiqued.essay).head
        if head != critiqued.version or (last is not None and last.version == critiqued.version):
            raise StaleRequest
    tx.quota.check_and_record(critiqued.writer, None, StorageIncrease(stored_bytes(critiqued.text)), critiqued.created)
    tx.critiques.add(critiqued)


def _check_unanswered(critiqued: StoredCritique) -> None:
    """Raise NothingToDo if the critic has spoken."""
    if critiqued.critique is not None:
        raise NothingToDo.critique_finished()


@dataclass(frozen=True, slots=True)
class _CritiqueWork:
    """One critique."""

    service: CritiqueService
    stored: StoredCritique

    async def run(self, report: ProgressCallback) -> StoreResult | None:
        critiqued, structure = self.stored, self._structure
        known: list[str] = [critiqued.text]
        now = await self._snapshot()
        if now is not None:  # a note may have been left out since, while this waited for its turn
            await self.service.essays.check_no_private_text(now, text=critiqued.text)
            known += [note.public_text for note in now.notes if not note.is_private]
        facts, earlier = await self._measured_facts(), await self._earlier(now)
        opinion = await require_models(self.service.models).critic.critique(
            critiqued.writer,
            critiqued.text,
            structure,
            facts,
            report,
            essay=await self._material(now),
            earlier=earlier.describe(),
        )
        found = await in_worker(validate_critique, opinion, critiqued.text, structure, known, earlier)
        return lambda tx: tx.critiques.save_critique(critiqued.writer, critiqued.id, found)

    async def max_cost(self) -> int:
        now = await self._snapshot()
        return require_models(self.service.models).critic.max_critique_cost(
            self.stored.text,
            self._structure,
            await self._measured_facts(),
            essay=await self._material(now),
            earlier=(await self._earlier(now)).describe(),
        )

    async def keep_partial(self, text: str) -> None:
        """Half a critique is of no use; the text that it is about is stored."""
        return

    @property
    def _structure(self) -> Structure | None:
        key = self.stored.structure
        return self.service.essays.structures.get(key) if key else None

    async def _measured_facts(self) -> list[str]:
        # What is counted is told to the critic, in words of the text: never in those of a comment.
        return await in_worker(measure_public_text, self.stored.text, self._structure)

    async def _snapshot(self) -> EssaySnapshot | None:
        """Read the essay that the text is of, None for a pasted text."""
        stored = self.stored
        return await self.service.essays.snapshot(stored.writer, stored.essay) if stored.essay is not None else None

    async def _material(self, snapshot: EssaySnapshot | None) -> Material | None:
        """Return the essay as its revisions are given it, None for a pasted text and where its structure is gone."""
        if snapshot is None or self._structure is None:
            return None
        builder = self.service.context_builder
        base = await builder.base_text(snapshot, self.stored.version)
        return replace(builder.build(snapshot), base=base).material(self.stored.text)

    async def _earlier(self, snapshot: EssaySnapshot | None) -> EarlierCritique:
        """Find the findings of the essay's last critique in the text, without those that tell of what is private.

        What was dismissed before that, and passed over in it, is among them as long as its words stand.
        """
        stored = self.stored
        if snapshot is None:
            return EarlierCritique()
        last = snapshot.critique
        if last is None or last.critique is None or last.id == stored.id:
            return EarlierCritique()
        passed_over = [
            Finding(one.quotation, one.span, one.category, one.severity, one.effect)
            for one in last.critique.earlier
            if one.state is EarlierState.DISMISSED and one.span is not None
        ]
        findings, dismissed = list[Finding](), set[int]()
        for index, finding in enumerate((*last.critique.findings, *passed_over)):
            try:
                await self.service.essays.check_no_private_text(snapshot, text=f"{finding.quotation} {finding.effect}")
            except (PrivateMarkInText, PrivateNoteInText):
                continue
            if index >= len(last.critique.findings) or last.decisions.get(index) is Decision.DISMISSED:
                dismissed.add(len(findings))
            findings.append(finding)
        return await in_worker(find_earlier, last.text, stored.text, findings, frozenset(dismissed))


def measure_public_text(text: str, structure: Structure | None) -> list[str]:
    """Return what is said of each measure that found a fault, with the first of its places."""
    report = measure_text(remove_comments(text), structure)
    told = []
    for measure in report.raised_measures:
        places = [" ".join(hit.span.extract(report.text).split()) for hit in measure.hits_by_weight[:_MAX_PLACES]]
        quoted = [f"“{truncate(place, _MAX_PLACE_CHARACTERS)}”" for place in places if place]
        told.append(" ".join((measure.summary, *quoted)))
    return told


def _parse_critiquable(text: str) -> tuple[Mapping[str, Any], str]:
    """The front matter and the body of a text that can be critiqued. Raises InvalidInput, PrivateMarkInText."""
    fields, body = read_export(text)
    check_critique_length(body)
    body = remove_comments(body)
    check_privacy_marks("text", body)
    return fields, body


def check_critique_length(text: str) -> None:
    """Raises InvalidInput for a text that is too short or too long to be critiqued, whatever script it is written in.

    Comments do not count: no model sees them.
    """
    seen = remove_comments(text)
    if seen != text and not count_words(seen):
        raise InvalidInput(
            "The text holds nothing but comments, which no critic is shown, so it was not critiqued. Nothing was "
            "changed: write the text outside the comments and ask again."
        )
    found = measure_text_size(seen)
    if found.equivalent_words > MAX_CRITIQUE_WORDS:
        raise InvalidInput(
            f"The text has {found}, and {MAX_CRITIQUE_WORDS:,} can be critiqued at once: hand in the part that matters "
            "most. Nothing was changed."
        )
    if found.equivalent_words < MIN_CRITIQUE_WORDS:
        raise InvalidInput(
            f"The text has {found}, too few to say anything of: paste the whole text. Nothing was changed."
        )


def _is_already_applied(replacement: str, quotation: str, text: str, span: Span) -> bool:
    """Whether the replacement, which may hold the very words it replaces, stands around them already."""
    start = span.start - replacement.find(quotation)
    return quotation in replacement and start >= 0 and text.startswith(replacement, start)
