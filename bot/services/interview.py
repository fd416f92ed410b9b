"""The interview: which question comes next, what becomes of the answer, and the titles that a model suggests.

With a model, the next question is a job that gives way to whatever the writer does next: what the model asks becomes
the open question, if that still fits when it comes. Until then, and without it, the structure's own questions are put.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial

from bot.errors import BotError, InvalidInput, JobRunning, ModelError, NotAsked, NoTitles
from bot.essay.essay import Note, Question, QuestionOrigin, QuestionState, SectionState
from bot.essay.limits import StorageIncrease, stored_bytes
from bot.essay.notes import note_from_answer
from bot.essay.outlook import Outlook, draft_outlook
from bot.essay.questions import (
    is_same_question,
    is_structure_question,
    notes_for_model,
    questions_for_model,
    why_not_askable,
)
from bot.essay.screening import asks_for_secret
from bot.essay.structure import Section, Structure
from bot.essay.text.privacy_marks import has_words_besides_marks, remove_private_marks
from bot.essay.text.words import count_words
from bot.services.essays import EssayService
from bot.services.jobs.job import Job, JobKind, JobWork, PlannedJob, StoreResult
from bot.services.jobs.runner import JobRunner
from bot.services.llm_ports import (
    Interviewer,
    Material,
    NextQuestion,
    ProgressCallback,
    RawTitle,
    RefusedQuestion,
    no_model,
)
from bot.services.note_placement import PlacementWork, placed_numbers, unplaced_notes
from bot.services.notes import NoteChange, NoteService, note_fingerprint
from bot.services.request_context import current_rules
from bot.services.snapshot import warm_privacy_cache
from bot.services.store_ports import Clock, Store, Transaction

MAX_QUESTIONS = 40  # a post of 1,400 words has its facts by then; an interviewer that has not is one that never ends
MAX_TITLES = 3
MAX_SUGGESTED_TITLE_CHARACTERS = 100  # ten words; what is longer is a sentence of the post
_MIN_TITLE_WORDS = 2  # of the author's own in a suggested title


@dataclass(frozen=True, slots=True)
class InterviewProgress:
    """How far an interview is: sections that hold a note, of how many; questions put so far; what a draft would be."""

    covered_sections: int
    total_sections: int
    questions_asked: int
    outlook: Outlook


@dataclass(frozen=True, slots=True)
class QuestionRequest:
    """What a question job was told, as it is stored: ``further``, that it was begun beyond the first round.

    ``asked`` and ``noted`` are the numbers of the last question and note then.
    """

    further: bool
    asked: int = 0
    noted: int = 0

    @property
    def job_argument(self) -> str:
        """Return the request as its job stores it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_job(cls, job: Job) -> QuestionRequest:
        """Return the request of a question job; the first round's where it is empty, as a damaged one is read."""
        found = json.loads(job.argument or "{}")
        return cls(bool(found.get("further")), int(found.get("asked", 0)), int(found.get("noted", 0)))


class InterviewService:
    """Ask a writer one question at a time, none twice. Where the interview stands is in the store alone."""

    def __init__(
        self,
        essays: EssayService,
        notes: NoteService,
        store: Store,
        jobs: JobRunner,
        clock: Clock,
        interviewer: Interviewer | None = None,
    ) -> None:
        self._essays = essays
        self._notes = notes
        self._store = store
        self._jobs = jobs
        self._clock = clock
        self._configured_interviewer = interviewer

    @property
    def _interviewer(self) -> Interviewer | None:
        """The interviewer; None where none is configured, or the rules of the request's server let none be asked."""
        return self._configured_interviewer if current_rules().allows_model else None

    async def open_question(self, writer: str, essay: str) -> Question | None:
        """Return the question that was put and neither answered nor skipped, if there is one."""
        return _find_open_question(await self.asked_questions(writer, essay))

    async def asked_questions(self, writer: str, essay: str) -> tuple[Question, ...]:
        """Return every question put so far, in order."""
        return await self._store.read(lambda tx: tx.essays.questions(writer, essay))

    async def next_question(self, writer: str, essay: str, *, further: bool = False) -> Question | None:
        """Put the question left open, else the structure's next; return None when it is time to offer the post.

        First come the first questions of the sections that nothing was asked about, but for those with notes enough,
        then those of the sections that the interviewer saw as thin. With ``further`` all questions of the structure
        that are left come, section by section, but for the sections of which the interviewer has enough. No model is
        asked, and a question job that is under way is stopped.
        Raises StructureFileMissing.
        """
        await self.stop_question(writer, essay)
        structure_of, now = self._essays.structure_of, self._clock()

        def put(tx: Transaction) -> Question | None:
            structure = structure_of(tx.essays.get(writer, essay))
            asked = tx.essays.questions(writer, essay)
            if (left_open := _find_open_question(asked)) is not None:
                return left_open
            notes, states = tx.essays.notes(writer, essay), tx.essays.section_states(writer, essay)
            for section, text in _unasked_questions(structure, asked, notes, states, further=further):
                return tx.essays.add_question(writer, essay, section.key, text, now)
            return None

        return await self._store.write(writer, put)

    async def plan_question(
        self, writer: str, essay: str, *, further: bool = False, on_error: Callable[[BotError], None] | None = None
    ) -> PlannedJob | None:
        """Plan to have a model choose and put the next question; return None where none is to be asked.

        That is where there is no model or no note for it to see, where a question is open, where every section has
        enough and the writer has not asked to go on, and after MAX_QUESTIONS. ``on_error`` takes the fault that ends
        the job, if one does.
        """
        running = await self._jobs.running_job(writer, essay)
        # Notes that are being placed go on being placed: the structure's next question is put. A check gives way.
        yields = running is None or running.kind in (JobKind.QUESTION, JobKind.CHECK)
        if self._interviewer is None or not yields:
            return None
        opened, asked, notes, states = await self._store.read(
            lambda tx: (
                tx.essays.get(writer, essay),
                tx.essays.questions(writer, essay),
                tx.essays.notes(writer, essay),
                tx.essays.section_states(writer, essay),
            )
        )
        await warm_privacy_cache(notes)
        structure = self._essays.structure_of(opened)
        put_so_far = [one for one in asked if one.origin is not QuestionOrigin.DRAFT]
        if (
            _find_open_question(asked) is not None
            or len(put_so_far) >= MAX_QUESTIONS
            or all(note.is_private for note in notes)
            or (_all_enough(structure, notes, states) and not further)
        ):
            return None
        request = QuestionRequest(further, _last_number(asked), notes[-1].number)
        work = _QuestionWork(self._store, self._clock, self._interviewer, writer, essay, structure, request, on_error)
        return PlannedJob(
            work.max_cost,
            partial(self._jobs.start, writer, essay, JobKind.QUESTION, work, argument=request.job_argument),
        )

    async def work_for(self, job: Job) -> JobWork:
        """Return the work of a question, placement or titles as it is stored.

        Raise NoModel, UnknownEssay, StructureFileMissing.
        """
        if self._interviewer is None:
            raise no_model()
        writer, essay = job.writer, job.subject
        structure = self._essays.structure_of(await self._essays.get_essay(writer, essay))
        store, clock, interviewer = self._store, self._clock, self._interviewer
        if job.kind is JobKind.TITLES:
            return _TitlesWork(store, clock, interviewer, writer, essay, structure)
        if job.kind is JobKind.PLACEMENT:
            return PlacementWork(store, clock, interviewer, writer, essay, structure, frozenset(placed_numbers(job)))
        return _QuestionWork(store, clock, interviewer, writer, essay, structure, QuestionRequest.from_job(job))

    async def stop_question(self, writer: str, essay: str) -> None:
        """Stop the question job that is under way, if one is."""
        running = await self._jobs.running_job(writer, essay)
        if running is not None and running.kind is JobKind.QUESTION:
            await self._jobs.stop(writer, running.id)

    async def plan_titles(self, writer: str, essay: str) -> PlannedJob | None:
        """Plan to have a model suggest titles from the writer's own words; return None where there are no notes for it.

        Raises NoModel, JobRunning.
        """
        if self._interviewer is None:
            raise no_model()
        opened, notes = await self._store.read(
            lambda tx: (tx.essays.get(writer, essay), tx.essays.notes(writer, essay))
        )
        await warm_privacy_cache(notes)
        running = await self._jobs.running_job(writer, essay)
        if running is not None and not running.kind.gives_way:
            raise JobRunning(running.kind.label)
        if all(note.is_private for note in notes):
            return None
        structure = self._essays.structure_of(opened)
        work = _TitlesWork(self._store, self._clock, self._interviewer, writer, essay, structure)
        return PlannedJob(work.max_cost, partial(self._jobs.start, writer, essay, JobKind.TITLES, work))

    async def suggested_titles(self, writer: str, essay: str) -> tuple[str, ...]:
        """Return the titles that a model suggested last."""
        return await self._store.read(lambda tx: tx.essays.suggested_titles(writer, essay))

    async def plan_placement(
        self, writer: str, essay: str, numbers: Collection[int] | None = None
    ) -> PlannedJob | None:
        """Plan to have a model find a section for the notes that have none; return None where there are none.

        With ``numbers`` only for the notes that bear one of them. What a placement that is under way has not placed is
        placed with them. Raises NoModel, JobRunning.
        """
        if self._interviewer is None:
            raise no_model()
        opened, notes = await self._store.read(
            lambda tx: (tx.essays.get(writer, essay), tx.essays.notes(writer, essay))
        )
        await warm_privacy_cache(notes)
        wanted = {note.number for note in notes} if numbers is None else set(numbers)
        running = await self._jobs.running_job(writer, essay)
        if running is not None and not running.kind.gives_way:
            raise JobRunning(running.kind.label)
        if running is not None and running.kind is JobKind.PLACEMENT:
            wanted |= placed_numbers(running)
        structure = self._essays.structure_of(opened)
        unplaced = unplaced_notes(structure, notes, wanted)
        if not unplaced:
            return None
        chosen = [note.number for note in unplaced]
        work = PlacementWork(self._store, self._clock, self._interviewer, writer, essay, structure, frozenset(chosen))
        return PlannedJob(
            work.max_cost,
            partial(self._jobs.start, writer, essay, JobKind.PLACEMENT, work, argument=json.dumps(chosen)),
        )

    async def add_answer(
        self, writer: str, essay: str, question: Question, text: str, *, left_out: bool = False
    ) -> Note:
        """Stores the answer, word for word, as a note under the question's section.

        It is left out as a whole where the question's answers stay private. Raises InvalidInput for an answer without a
        word; the question then stays open.
        """
        left_out = left_out or await self._essays.is_private_question(writer, essay, question.number)
        passage = note_from_answer(
            self._essays.validate_page("The answer", text), question.section, is_excluded=left_out
        )
        if not has_words_besides_marks(passage.text):
            raise InvalidInput("The answer holds no words: write some, or skip the question. It is still open.")
        at = self._clock()

        def step(tx: Transaction) -> Note:
            asked = tx.essays.question(writer, essay, question.number)
            size = stored_bytes(passage.text)
            tx.quota.check_and_record(writer, essay, StorageIncrease(size, notes=1, note_bytes=size), at)
            under = replace(passage, section=asked.section)
            note = tx.essays.add_note(writer, essay, under, at, question=asked.text)
            tx.essays.set_question_state(writer, essay, question.number, QuestionState.ANSWERED, at)
            return note

        note = await self._store.write(writer, step)
        await warm_privacy_cache((note,))
        return note

    async def last_answer(self, writer: str, essay: str, question: Question) -> Note | None:
        """The note that answered the question last, wherever it was moved since; None where none did."""
        notes = await self._essays.notes(writer, essay)
        return next((note for note in reversed(notes) if note.question == question.text), None)

    async def reopen_previous_question(self, writer: str, essay: str, question: Question) -> Question | None:
        """Opens the question before this one again, whose answer stays; None where this is the first."""
        before = [one for one in await self.asked_questions(writer, essay) if one.number < question.number]
        if not before:
            return None
        await self.reopen_question(writer, essay, before[-1])
        return before[-1]

    async def replace_answer(self, writer: str, essay: str, question: Question, note: Note, text: str) -> NoteChange:
        """Puts an answer in the place of the one that the note holds. Raises InvalidInput for one without a word."""
        private = await self._essays.is_private_question(writer, essay, question.number)
        seen = note_fingerprint(note.text)
        change = await self._notes.edit(writer, essay, note.number, text, seen=seen, left_out=private)
        await self.close_question(writer, essay, question)
        return change

    async def close_question(self, writer: str, essay: str, question: Question) -> None:
        """Leaves a question that was gone back to as it was: answered, by the note that is there."""
        await self._set_state(writer, essay, question, QuestionState.ANSWERED)

    async def delete_answer(self, writer: str, essay: str, current: Question) -> tuple[Question, Note] | None:
        """Delete the answer to the ``current`` question, or else the last one, and open its question again.

        Return both as they were; None where nothing was answered.
        """
        asked = {one.text: one for one in await self.asked_questions(writer, essay)}
        answers = [note for note in await self._essays.notes(writer, essay) if note.question in asked]
        if not answers:
            return None
        note = next((one for one in reversed(answers) if one.question == current.text), answers[-1])
        question = asked[note.question or ""]
        await self.reopen_question(writer, essay, question)
        await self._notes.delete(writer, essay, note.number)
        return question, note

    async def skip_question(self, writer: str, essay: str, question: Question) -> None:
        """Pass over the question; it can be returned to. One that a draft left stays open."""
        if question.origin is not QuestionOrigin.DRAFT:
            await self._set_state(writer, essay, question, QuestionState.SKIPPED)

    async def decline_question(self, writer: str, essay: str, question: Question) -> None:
        """Gives the question up for another one; it is never put again."""
        await self._set_state(writer, essay, question, QuestionState.DECLINED)

    async def draft_questions(self, writer: str, essay: str) -> tuple[Question, ...]:
        """The questions that drafts left and that nobody has answered yet, in order."""
        asked = await self.asked_questions(writer, essay)
        return tuple(question for question in asked if question.is_left_by_draft)

    async def skipped_questions(self, writer: str, essay: str) -> tuple[Question, ...]:
        """The questions passed over so far, in order."""
        asked = await self.asked_questions(writer, essay)
        return tuple(question for question in asked if question.state is QuestionState.SKIPPED)

    async def reopen_question(self, writer: str, essay: str, question: Question) -> None:
        """Opens a question again: it is the next one put, but for those before it that are open."""
        await self._set_state(writer, essay, question, QuestionState.OPEN)

    async def _set_state(self, writer: str, essay: str, question: Question, state: QuestionState) -> None:
        at = self._clock()
        await self._store.write(
            writer, lambda tx: tx.essays.set_question_state(writer, essay, question.number, state, at)
        )

    async def progress(self, writer: str, essay: str) -> InterviewProgress:
        """Where the interview stands, and what a draft would come to."""
        opened, asked, notes, judged = await self._store.read(
            lambda tx: (
                tx.essays.get(writer, essay),
                tx.essays.questions(writer, essay),
                tx.essays.notes(writer, essay),
                tx.essays.section_states(writer, essay),
            )
        )
        await warm_privacy_cache(notes)
        structure = self._essays.structure_of(opened)
        covered = sum(any(note.section == section.key for note in notes) for section in structure.sections)
        outlook = draft_outlook(structure, notes, judged)
        return InterviewProgress(covered, len(structure.sections), len(asked), outlook)


@dataclass(frozen=True, slots=True)
class _QuestionWork:
    """Have a model choose the next question, once more where its first cannot be put, and put it."""

    store: Store
    clock: Clock
    interviewer: Interviewer
    writer: str
    essay: str
    structure: Structure
    request: QuestionRequest
    on_error: Callable[[BotError], None] | None = None

    async def run(self, _: ProgressCallback) -> StoreResult | None:
        """Return how to store the question, which gives its number, and the states of the sections. Raises NotAsked."""
        refused: RefusedQuestion | None = None
        while True:
            asked, notes = await self._read()
            shown = questions_for_model(self.structure, asked, notes)
            try:
                reply = await self.interviewer.next_question(
                    self._material(notes), shown, further=self.request.further, refused=refused
                )
            except ModelError as error:
                raise self._failed(error, error.what_happened) from error
            if reply.question is None:
                return partial(self._put, reply=reply, text=None, seen=notes)
            text = self._structures_wording(reply.question)
            reason = self._why_not(reply.section, text, asked, notes)
            if reason is None:
                return partial(self._put, reply=reply, text=text, seen=notes)
            if refused is not None:
                what = f"The model's could not be put, because {reason}."
                raise self._failed(NotAsked(what), what)
            refused = RefusedQuestion(remove_private_marks(text), reason)

    def _failed(self, error: BotError, what_happened: str) -> NotAsked:
        if self.on_error is not None:
            self.on_error(error)
        return NotAsked(what_happened)

    async def max_cost(self) -> int:
        asked, notes = await self._read()
        shown = questions_for_model(self.structure, asked, notes)
        return 2 * self.interviewer.max_next_question_cost(self._material(notes), shown)

    async def keep_partial(self, _: str) -> StoreResult | None:
        return None

    def _material(self, notes: Sequence[Note]) -> Material:
        return Material(self.writer, self.essay, self.structure, "", notes_for_model(self.structure, notes))

    async def _read(self) -> tuple[tuple[Question, ...], tuple[Note, ...]]:
        asked, notes = await self.store.read(
            lambda tx: (tx.essays.questions(self.writer, self.essay), tx.essays.notes(self.writer, self.essay))
        )
        return asked, await warm_privacy_cache(notes)

    def _structures_wording(self, text: str) -> str:
        """Return the structure's question where this is nearly one: its answer may have to stay private."""
        own = (question for section in self.structure.sections for question in section.questions)
        return next((question for question in own if is_same_question(text, question)), text)

    def _why_not(self, section: str, text: str, asked: Sequence[Question], notes: Sequence[Note]) -> str | None:
        """Return why a question cannot be put; None where it can."""
        if self.structure.find_section(section) is None:
            return "it names a section that the structure does not have"
        if asks_for_secret(text):
            return "it asks for a secret"
        if is_structure_question(self.structure, text):
            given = [text]
        else:
            given = [note.text for note in notes_for_model(self.structure, notes)]
            given += [one.text for one in questions_for_model(self.structure, asked, notes)]
            for part in self.structure.sections:
                given += [part.heading, *part.questions]
        return why_not_askable(text, [one.text for one in asked], given)

    def _put(self, tx: Transaction, *, reply: NextQuestion, text: str | None, seen: Sequence[Note]) -> int | None:
        """Store the states, put the question and return its number.

        It is not put where another was meanwhile, or where a note that it may quote was changed, moved or left out.
        """
        now, asked = self.clock(), tx.essays.questions(self.writer, self.essay)
        known = {key: state for key, state in reply.states.items() if self.structure.find_section(key) is not None}
        if known:
            before = dict(tx.essays.section_states(self.writer, self.essay))
            tx.essays.set_section_states(self.writer, self.essay, before | known, now)
        if text is None or _find_open_question(asked) is not None or _last_number(asked) != self.request.asked:
            return None
        if not set(seen) <= set(tx.essays.notes(self.writer, self.essay)):
            return None
        own = is_structure_question(self.structure, text)
        origin = QuestionOrigin.STRUCTURE if own else QuestionOrigin.INTERVIEWER
        return tx.essays.add_question(self.writer, self.essay, reply.section, text, now, origin=origin).number


@dataclass(frozen=True, slots=True)
class _TitlesWork:
    """Have a model suggest titles, and store those that are made around the writer's own words."""

    store: Store
    clock: Clock
    interviewer: Interviewer
    writer: str
    essay: str
    structure: Structure

    async def run(self, _: ProgressCallback) -> StoreResult | None:
        """Return how to store the titles. Raises NoTitles."""
        material = await self._material()
        try:
            found = await self.interviewer.titles(material)
        except ModelError as error:
            raise NoTitles(error.what_happened) from error
        titles = _own_titles(found, material.notes)
        if not titles:
            raise NoTitles("None of those that came was made of your own words.")

        def store(tx: Transaction) -> None:
            tx.essays.set_suggested_titles(self.writer, self.essay, titles, self.clock())

        return store

    async def max_cost(self) -> int:
        return self.interviewer.max_titles_cost(await self._material())

    async def keep_partial(self, _: str) -> StoreResult | None:
        return None

    async def _material(self) -> Material:
        notes = await self.store.read(lambda tx: tx.essays.notes(self.writer, self.essay))
        await warm_privacy_cache(notes)
        return Material(self.writer, self.essay, self.structure, "", notes_for_model(self.structure, notes))


def _own_titles(found: Sequence[RawTitle], notes: Sequence[Note]) -> list[str]:
    """Return at most MAX_TITLES titles, each on one line, whose own words stand in it and in a note."""
    texts = [_folded(note.text) for note in notes]
    titles: dict[str, None] = {}
    for one in found:
        title, words = " ".join(one.title.split()), _folded(one.words)
        if (
            len(title) <= MAX_SUGGESTED_TITLE_CHARACTERS
            and count_words(words) >= _MIN_TITLE_WORDS
            and words in _folded(title)
            and any(words in text for text in texts)
        ):
            titles[title] = None
    return list(titles)[:MAX_TITLES]


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _last_number(asked: Sequence[Question]) -> int:
    return asked[-1].number if asked else 0


def _find_open_question(asked: Sequence[Question]) -> Question | None:
    return next((question for question in asked if question.is_put), None)


def _all_enough(structure: Structure, notes: Sequence[Note], judged: Mapping[str, SectionState]) -> bool:
    """Whether nothing more is to be asked: as the interviewer judged, else by the words of the notes."""
    own = draft_outlook(structure, notes, {}).states
    return all(judged.get(section.key, state) is SectionState.ENOUGH for section, state in own)


def _unasked_questions(
    structure: Structure,
    asked: Sequence[Question],
    notes: Sequence[Note],
    states: Mapping[str, SectionState],
    *,
    further: bool,
) -> Iterator[tuple[Section, str]]:
    """The structure's questions that were not put yet, in the same words or nearly, in order."""
    for section, text in _candidate_questions(structure, notes, states, further=further):
        if not any(is_same_question(question.text, text) for question in asked):
            yield section, text


def _candidate_questions(
    structure: Structure, notes: Sequence[Note], states: Mapping[str, SectionState], *, further: bool
) -> Iterator[tuple[Section, str]]:
    """The questions worth putting, in order.

    First one for each section about which nothing was answered, unless its notes are enough; then the rest, of the
    sections that the interviewer saw as thin, and with ``further`` of those that no interviewer has judged. What it
    has enough of was asked in other words.
    """
    own = dict(draft_outlook(structure, notes, {}).states)
    answered = {note.section for note in notes if note.question is not None}
    for section in structure.sections:
        enough = states.get(section.key, own[section]) is SectionState.ENOUGH
        if section.key not in answered and not enough:
            yield section, section.questions[0]
    for section in structure.sections:
        state = states.get(section.key)
        if state is not SectionState.ENOUGH and (further or state is not None):
            for text in section.questions:
                yield section, text
