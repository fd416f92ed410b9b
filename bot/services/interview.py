"""The interview: which question comes next, what becomes of the answer, and the follow-ups that a model asks.

A follow-up is a job that gives way to whatever the writer does next: what the model asks becomes the open question, if
that still fits when it comes. Until then, and without it, the structure's own questions are put.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial

from bot.errors import InvalidInput, JobRunning, ModelError, NoModel, NotFollowedUp
from bot.essay.claims import NoteIndex
from bot.essay.essay import Note, Question, QuestionState
from bot.essay.facts import find_facts, is_generic_name
from bot.essay.limits import StorageIncrease, stored_bytes
from bot.essay.model_output.question_extraction import adds_facts
from bot.essay.model_output.screening import asks_for_secret
from bot.essay.notes import note_from_answer
from bot.essay.questions import is_same_question, is_structure_question, notes_for_model, questions_for_model
from bot.essay.structure import Section, Structure
from bot.essay.text.privacy_marks import has_words_besides_marks
from bot.essay.text.words import count_words
from bot.services.essays import EssayService
from bot.services.jobs.job import Job, JobKind, JobState, PlannedJob, StoreResult
from bot.services.jobs.runner import JobRunner
from bot.services.llm_ports import Interviewer, Material, ProgressCallback
from bot.services.note_placement import PlacementWork, placed_numbers, unplaced_notes
from bot.services.notes import NoteChange, NoteService, note_fingerprint
from bot.services.offload import in_worker
from bot.services.snapshot import warm_privacy_cache
from bot.services.store_ports import Clock, Store, Transaction

MAX_FOLLOW_UPS_PER_SECTION = 2  # on one section: after two, people repeat themselves


@dataclass(frozen=True, slots=True)
class FollowUpCandidates:
    """Answers that may be followed up: the one just given, if it is among them, and those before it.

    ``earlier`` begins with what leaves most open: the answers without a number, name, date or quotation, and of these
    the shortest.
    """

    newest: Note | None
    earlier: tuple[Note, ...]


def follow_up_candidates(structure: Structure, asked: Sequence[Question], notes: Sequence[Note]) -> FollowUpCandidates:
    """The answers that are not left out, have not been followed up, and whose section has follow-ups left.

    The newest note is the answer just given, whenever its question was asked: one that was skipped may be returned to.
    """
    answered = {(one.section, one.text): one for one in asked if one.state is QuestionState.ANSWERED}
    born = [one for one in asked if not is_structure_question(structure, one.text)]
    found = []
    for note in notes:
        question = answered.get((note.section or "", note.question or ""))
        if question is None or note.is_private or structure.find_section(note.section) is None:
            continue
        mine = [one for one in born if one.section == question.section]
        if len(mine) < MAX_FOLLOW_UPS_PER_SECTION and not any(_follows_up(one, question, note, notes) for one in mine):
            found.append(note)
    fresh = found.pop() if found and found[-1] == notes[-1] else None
    return FollowUpCandidates(fresh, tuple(sorted(found, key=_specificity_key)))


def _follows_up(follow_up: Question, question: Question, answer: Note, notes: Sequence[Note]) -> bool:
    """Whether a follow-up of the same section came after this answer.

    By their numbers, which a return to a skipped question turns round: what was answered before it is not on it.
    """
    before = any(one.question == follow_up.text and one.number < answer.number for one in notes)
    return follow_up.number > question.number and not before


def _specificity_key(note: Note) -> tuple[bool, int, int]:
    """Least for the answer that leaves most open. A job title names nobody."""
    specific = any(one.kind != "name" or not is_generic_name(one) for one in find_facts(note.public_text))
    return specific, count_words(note.public_text), note.number


MAX_QUESTIONS_BEFORE_POST = 8  # enough for every section of a structure once; more tires people before they see text
MAX_ANSWERS_TRIED = 3  # in one follow-up: each is a call of a second or two, and somebody waits


@dataclass(frozen=True, slots=True)
class InterviewProgress:
    """How far an interview is: sections that hold a note, of how many; questions put so far."""

    covered_sections: int
    total_sections: int
    questions_asked: int


@dataclass(frozen=True, slots=True)
class FollowUpRequest:
    """What a follow-up job was told, as it is stored: the answers to try, in order, by ``_answer_key``.

    With ``further`` it was begun beyond the first round of questions.
    """

    answers: tuple[str, ...]
    further: bool

    @property
    def job_argument(self) -> str:
        """Return the request as its job stores it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_job(cls, job: Job) -> FollowUpRequest:
        """Return the request of a follow-up job; one without answers where it is damaged."""
        found = json.loads(job.argument or "{}")
        return cls(tuple(found.get("answers", ())), bool(found.get("further")))


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
        self._interviewer = interviewer

    async def open_question(self, writer: str, essay: str) -> Question | None:
        """Return the question that was put and neither answered nor skipped, if there is one."""
        return _find_open_question(await self.asked_questions(writer, essay))

    async def asked_questions(self, writer: str, essay: str) -> tuple[Question, ...]:
        """Return every question put so far, in order."""
        return await self._store.read(lambda tx: tx.essays.questions(writer, essay))

    async def next_question(self, writer: str, essay: str, *, further: bool = False) -> Question | None:
        """Put the question left open, else the structure's next; return None when it is time to offer the post.

        First come the first questions of the sections that hold no note, and at most MAX_QUESTIONS_BEFORE_POST in all,
        follow-ups included. With ``further`` all questions of the structure that are left come, section by section. No
        model is asked, and a follow-up that is under way is stopped. Raises StructureFileMissing.
        """
        await self.stop_follow_up(writer, essay)
        structure_of, now = self._essays.structure_of, self._clock()

        def put(tx: Transaction) -> Question | None:
            structure = structure_of(tx.essays.get(writer, essay))
            asked = tx.essays.questions(writer, essay)
            if (left_open := _find_open_question(asked)) is not None:
                return left_open
            if not further and len(asked) >= MAX_QUESTIONS_BEFORE_POST:
                return None
            for section, text in _unasked_questions(structure, asked, tx.essays.notes(writer, essay), further=further):
                return tx.essays.add_question(writer, essay, section.key, text, now)
            return None

        return await self._store.write(put)

    async def plan_follow_up(
        self, writer: str, essay: str, *, further: bool = False, on_error: Callable[[ModelError], None] | None = None
    ) -> PlannedJob | None:
        """Plan to have a model ask about an answer; return None where there is none to ask about, or no model.

        Where there is room beside the sections' first questions, the answer just given is followed up, and after them
        the earlier answers that leave most open, at most MAX_FOLLOW_UPS_PER_SECTION times a section. An answer on which
        a model had nothing to ask, or for which nobody waited, is not sent again. ``on_error`` takes the fault that
        ends the job, if one does.
        """
        running = self._jobs.running_job(writer, essay)
        if self._interviewer is None or (running is not None and running.kind is not JobKind.FOLLOW_UP):
            return None  # notes that are being placed go on being placed: the structure's next question is put
        opened, asked, notes, earlier_jobs = await self._store.read(
            lambda tx: (
                tx.essays.get(writer, essay),
                tx.essays.questions(writer, essay),
                tx.essays.notes(writer, essay),
                tx.jobs.of_kind(writer, essay, JobKind.FOLLOW_UP),
            )
        )
        await warm_privacy_cache(notes)
        structure = self._essays.structure_of(opened)
        waiting = len(list(_unasked_questions(structure, asked, notes, further=further)))
        room = MAX_QUESTIONS_BEFORE_POST - len(asked)
        if _find_open_question(asked) is not None or not (room > waiting or further):
            return None
        found = await in_worker(follow_up_candidates, structure, asked, notes)
        answers = [found.newest] if found.newest else []
        if not waiting and room > 0:
            answers += found.earlier
        tried = _tried_answers(earlier_jobs)
        answers = [answer for answer in answers if _answer_key(answer) not in tried][:MAX_ANSWERS_TRIED]
        if not answers:
            return None
        request = FollowUpRequest(tuple(map(_answer_key, answers)), further)
        work = _FollowUpWork(
            self._store, self._clock, self._interviewer, writer, essay, structure, tuple(answers), len(asked), on_error
        )
        return PlannedJob(
            work.max_cost,
            partial(self._jobs.start, writer, essay, JobKind.FOLLOW_UP, work, argument=request.job_argument),
        )

    async def stop_follow_up(self, writer: str, essay: str) -> None:
        """Stop the follow-up that is under way, if one is. Its answers are not sent again."""
        running = self._jobs.running_job(writer, essay)
        if running is not None and running.kind is JobKind.FOLLOW_UP:
            await self._jobs.stop(writer, running.id)

    async def plan_placement(
        self, writer: str, essay: str, numbers: Collection[int] | None = None
    ) -> PlannedJob | None:
        """Plan to have a model find a section for the notes that have none; return None where there are none.

        With ``numbers`` only for the notes that bear one of them. What a placement that is under way has not placed is
        placed with them. Raises NoModel, JobRunning.
        """
        if self._interviewer is None:
            raise NoModel
        opened, notes = await self._store.read(
            lambda tx: (tx.essays.get(writer, essay), tx.essays.notes(writer, essay))
        )
        await warm_privacy_cache(notes)
        wanted = {note.number for note in notes} if numbers is None else set(numbers)
        running = self._jobs.running_job(writer, essay)
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

        note = await self._store.write(step)
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
        """Deletes the answer to the question that one is ``at``, or else the last one, and opens its question again.

        Returns both as they were; None where nothing was answered.
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
        """Passes over the question; it can be returned to."""
        await self._set_state(writer, essay, question, QuestionState.SKIPPED)

    async def skipped_questions(self, writer: str, essay: str) -> tuple[Question, ...]:
        """The questions passed over so far, in order."""
        asked = await self.asked_questions(writer, essay)
        return tuple(question for question in asked if question.state is QuestionState.SKIPPED)

    async def reopen_question(self, writer: str, essay: str, question: Question) -> None:
        """Opens a question again: it is the next one put, but for those before it that are open."""
        await self._set_state(writer, essay, question, QuestionState.OPEN)

    async def _set_state(self, writer: str, essay: str, question: Question, state: QuestionState) -> None:
        at = self._clock()
        await self._store.write(lambda tx: tx.essays.set_question_state(writer, essay, question.number, state, at))

    async def progress(self, writer: str, essay: str) -> InterviewProgress:
        """Where the interview stands."""
        structure = self._essays.structure_of(await self._essays.get_essay(writer, essay))
        notes = await self._essays.notes(writer, essay)
        covered = sum(any(note.section == section.key for note in notes) for section in structure.sections)
        return InterviewProgress(covered, len(structure.sections), len(await self.asked_questions(writer, essay)))


@dataclass(frozen=True, slots=True)
class _FollowUpWork:
    """Ask a model about one answer after another until it has a question, and put that."""

    store: Store
    clock: Clock
    interviewer: Interviewer
    writer: str
    essay: str
    structure: Structure
    answers: tuple[Note, ...]
    asked_count: int
    on_error: Callable[[ModelError], None] | None

    async def run(self, _: ProgressCallback) -> StoreResult | None:
        """Return how to put the question, which gives the number of the note that it is about. Raises NotFollowedUp."""
        for answer in self.answers:
            asked, notes = await self._read()
            if answer not in notes or (section := self.structure.find_section(answer.section)) is None:
                continue  # left out, changed or deleted since, or of a section that the structure has no more
            said, shown = self._material(section, answer, asked, notes)
            try:
                text = await self.interviewer.follow_up(self._as_material(said), section, shown)
            except ModelError as error:
                if self.on_error is not None:
                    self.on_error(error)
                raise NotFollowedUp(error) from error
            if text and await _is_askable(text, self.structure, asked, notes):
                return partial(self._put, answer=answer, text=text)
        return None

    async def max_cost(self) -> int:
        asked, notes = await self._read()
        total = 0
        for answer in self.answers:
            if (section := self.structure.find_section(answer.section)) is not None:
                said, shown = self._material(section, answer, asked, notes)
                total += self.interviewer.max_follow_up_cost(self._as_material(said), section, shown)
        return total

    async def keep_partial(self, _: str) -> StoreResult | None:
        return None

    def _as_material(self, notes: Sequence[Note]) -> Material:
        return Material(self.writer, self.essay, self.structure, "", tuple(notes))

    async def _read(self) -> tuple[tuple[Question, ...], tuple[Note, ...]]:
        asked, notes = await self.store.read(
            lambda tx: (tx.essays.questions(self.writer, self.essay), tx.essays.notes(self.writer, self.essay))
        )
        return asked, await warm_privacy_cache(notes)

    def _material(
        self, section: Section, answer: Note, asked: Sequence[Question], notes: Sequence[Note]
    ) -> tuple[list[Note], Sequence[str]]:
        """Return the section's notes, the answer last, and the questions put so far, as a model may see them."""
        said = [note for note in notes_for_model(self.structure, notes) if note.section == section.key]
        said.sort(key=lambda note: note.number == answer.number)
        return said, questions_for_model(self.structure, asked, notes)

    def _put(self, tx: Transaction, *, answer: Note, text: str) -> int | None:
        """Put the question and return the answer's number; None where that has changed or another question was put."""
        asked, notes = tx.essays.questions(self.writer, self.essay), tx.essays.notes(self.writer, self.essay)
        if _find_open_question(asked) is not None or len(asked) != self.asked_count or answer not in notes:
            return None
        tx.essays.add_question(self.writer, self.essay, answer.section or "", text, self.clock())
        return answer.number


def _find_open_question(asked: Sequence[Question]) -> Question | None:
    return next((question for question in asked if question.is_put), None)


def _unasked_questions(
    structure: Structure, asked: Sequence[Question], notes: Sequence[Note], *, further: bool
) -> Iterator[tuple[Section, str]]:
    """The structure's questions that were not put yet, in order."""
    for section, text in _candidate_questions(structure, notes, further=further):
        if all(question.text != text for question in asked):
            yield section, text


def _candidate_questions(
    structure: Structure, notes: Sequence[Note], *, further: bool
) -> Iterator[tuple[Section, str]]:
    """The questions worth putting, in order: one for each section without a note; then the rest, if they are wanted."""
    covered = {note.section for note in notes}
    for section in structure.sections:
        if section.key not in covered:
            yield section, section.questions[0]
    if further:
        for section in structure.sections:
            for text in section.questions:
                yield section, text


async def _is_askable(question: str, structure: Structure, asked: Sequence[Question], notes: Sequence[Note]) -> bool:
    """Whether a question of a model's is a new one, and brings in nothing that the writer or the structure did not."""
    own = [question for part in structure.sections for question in part.questions]
    # What the structure asks anyway is put in its turn, and what was asked before never again, shown or not.
    if any(is_same_question(question, old) for old in [*own, *(one.text for one in asked)]):
        return False
    said = [note.text for note in notes_for_model(structure, notes)]
    headings = [part.heading for part in structure.sections]
    vouching = [*said, *own, *headings, *questions_for_model(structure, asked, notes)]
    return not await in_worker(_adds_facts, question, vouching)


def _adds_facts(question: str, vouching: Sequence[str]) -> bool:
    return asks_for_secret(question) or adds_facts(question, NoteIndex(vouching))


def _answer_key(note: Note) -> str:
    """Return what an answer is known by: its text may be changed later, and it may then leave something else open."""
    return f"{note.number}.{note_fingerprint(note.text)}"


def _tried_answers(jobs: Sequence[Job]) -> set[str]:
    """Return the answers that earlier follow-ups have tried. One that failed, or gave way, has not."""
    tried: set[str] = set()
    for job in jobs:
        if job.state in (JobState.DONE, JobState.STOPPED):
            for key in FollowUpRequest.from_job(job).answers:
                tried.add(key)
                if key.startswith(f"{job.result}."):
                    break  # it was asked about, and those behind it not tried
    return tried
