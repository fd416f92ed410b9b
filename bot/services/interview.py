"""Which answers of an interview may be followed up, and which of them first."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakValueDictionary

from bot.errors import BadInput, ModelError, NoModel
from bot.essay.claims import Noted
from bot.essay.essay import Answered, Note, Question
from bot.essay.limits import Adding, stored_bytes
from bot.essay.notes import answered
from bot.essay.questions import is_own, is_same_question, notes_for_model, questions_for_model
from bot.essay.replies.asking import brings_in
from bot.essay.replies.secrets import asks_for_secret
from bot.essay.specifics import is_generic, specifics
from bot.essay.structure import Section, Structure
from bot.essay.text.marks import says_something
from bot.essay.text.words import count_words
from bot.services.essays import AddedNotes, EssayService, NoteChange, join_sentences, note_fingerprint
from bot.services.llm_ports import Interviewer
from bot.services.note_placement import NotePlacer
from bot.services.offload import in_worker
from bot.services.snapshot import with_privacy_parsed
from bot.services.store_ports import Clock, Store, Transaction

MAX_FOLLOW_UPS_PER_SECTION = 2  # on one section: after two, people repeat themselves


@dataclass(frozen=True, slots=True)
class FollowUpCandidates:
    """Answers that may be followed up: the one just given, if it is one of them, and those before it.

    ``earlier`` begins with what leaves most open: the answers without a number, name, date or quotation, and of these
    the shortest.
    """

    newest: Note | None
    earlier: tuple[Note, ...]


def follow_up_candidates(structure: Structure, asked: Sequence[Question], notes: Sequence[Note]) -> FollowUpCandidates:
    """The answers that are not left out, have not been followed up, and whose section has follow-ups left.

    The newest note is the answer just given, whenever its question was asked: one that was skipped may be returned to.
    """
    answered = {(one.section, one.text): one for one in asked if one.state is Answered.ANSWERED}
    born = [one for one in asked if not is_own(structure, one.text)]
    found = []
    for note in notes:
        question = answered.get((note.section or "", note.question or ""))
        if question is None or note.is_private or structure.section(note.section) is None:
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
    specific = any(one.kind != "name" or not is_generic(one) for one in specifics(note.public))
    return specific, count_words(note.public), note.number


# The interview: which question comes next, and what becomes of the answer.


MAX_QUESTIONS_BEFORE_POST = (
    8  # enough to hold every section of a structure once; more tires people before they see text
)
MAX_ANSWERS_TRIED = (
    3  # before a step goes on without a follow-up: each is a call of a second or two, and somebody waits
)
_MAX_EXHAUSTED_ANSWERS = 10_000  # answers, some hundred bytes each


@dataclass(frozen=True, slots=True)
class InterviewProgress:
    """Where an interview stands: sections that hold a note, of how many; questions put so far."""

    covered_sections: int
    total_sections: int
    questions_asked: int


@dataclass(frozen=True, slots=True)
class NextQuestion:
    """The question to put now, None when it is time to offer the post; ``notice`` says what a model could not do.

    ``lasting``: the next step would meet the same, so that there is no use in asking a model then.
    """

    question: Question | None
    notice: str | None = None
    is_lasting: bool = False


@dataclass(frozen=True, slots=True)
class _FollowUp:
    """A question of a model's, and the answer that it is about."""

    section: str
    text: str
    answer: Note


class InterviewService:
    """Asks a writer one question at a time, none twice. Where it stands is in the store alone.

    With an interviewer it also sorts notes and chases what an answer leaves open; where the interviewer fails, the
    interview goes on without it and says so.
    """

    def __init__(
        self, essays: EssayService, store: Store, clock: Clock, interviewer: Interviewer | None = None
    ) -> None:
        self._essays = essays
        self._store = store
        self._clock = clock
        self._interviewer = interviewer
        # Answers on which the interviewer had nothing to ask. Forgetting them costs a call and nothing else.
        self._exhausted_answers: set[tuple[str, int, int]] = set()
        # By what is done and the essay: a second one waits for what the first comes to, and then asks no model.
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        self._follow_up_tasks: dict[str, asyncio.Task[str | None]] = {}  # for follow-ups, by essay

    async def open_question(self, writer: str, essay: str) -> Question | None:
        """The question that was put and neither answered nor skipped, if there is one. Calls no model."""
        return _find_open_question(await self.asked_questions(writer, essay))

    async def asked_questions(self, writer: str, essay: str) -> tuple[Question, ...]:
        """Every question put so far, in order."""
        return await self._store.read(lambda tx: tx.essays.questions(writer, essay))

    async def next_question(
        self, writer: str, essay: str, *, further: bool = False, follow_up: bool = True
    ) -> NextQuestion:
        """The question to put now: the one left open, else a new one; None when it is time to offer the post.

        First come the first questions of the sections that hold no note; where room is left beside them, an answer just
        given is followed up, and after them the earlier answers that leave most open, at most FOLLOW_UPS times a
        section; at most QUESTIONS_BEFORE_A_POST in all. With ``further`` all questions of the structure that are left
        come, section by section. Without ``follow_up`` no model is asked.

        Where the wait for a follow-up is cancelled, that answer is passed over for good; nothing else changes. While it
        lasts, everything else may go on: at its end the question is chosen by how things stand then.
        """
        if self._interviewer is None or not follow_up:
            return NextQuestion(await self._ask_next(writer, essay, further=further))
        fault, found = None, None
        async with self._lock("ask", essay):
            try:
                found = await self._find_follow_up(writer, essay, self._interviewer, further=further)
            except ModelError as error:
                fault = error
            question = await self._ask_next(writer, essay, further=further, found=found)
        if fault is None:
            return NextQuestion(question)
        told = f"The answer is stored; it could not be followed up. {fault.happened}"
        return NextQuestion(question, told, is_lasting=fault.is_lasting)

    async def cancel_follow_up(self, writer: str, essay: str) -> bool:
        """Has whoever waits for a follow-up go on without; whether anybody waits. Its answer is passed over for good.

        Raises UnknownEssay.
        """
        await self._essays.get_essay(writer, essay)
        call = self._follow_up_tasks.get(essay)
        return call is not None and call.cancel()

    async def _ask_next(
        self, writer: str, essay: str, *, further: bool, found: _FollowUp | None = None
    ) -> Question | None:
        """The question left open; else what was found, if its answer still stands; else the structure's next."""
        at = self._clock()

        def step(tx: Transaction) -> Question | None:
            structure = self._essays.structure_of(tx.essays.get(writer, essay))
            asked = tx.essays.questions(writer, essay)
            if (left_open := _find_open_question(asked)) is not None:
                return left_open
            if not further and len(asked) >= MAX_QUESTIONS_BEFORE_POST:
                return None
            notes = tx.essays.notes(writer, essay)
            if found is not None and found.answer in notes:
                return tx.essays.add_question(writer, essay, found.section, found.text, at)
            for section, text in _unasked_questions(structure, asked, notes, further=further):
                return tx.essays.add_question(writer, essay, section.key, text, at)
            return None

        return await self._store.write(step)

    async def _find_follow_up(
        self, writer: str, essay: str, interviewer: Interviewer, *, further: bool
    ) -> _FollowUp | None:
        """A question on an answer, where there is room for one."""
        structure = self._essays.structure_of(await self._essays.get_essay(writer, essay))
        asked = await self.asked_questions(writer, essay)
        notes = await self._essays.notes(writer, essay)
        waiting = len(list(_unasked_questions(structure, asked, notes, further=further)))
        room = MAX_QUESTIONS_BEFORE_POST - len(asked)
        if _find_open_question(asked) is not None or not (room > waiting or further):
            return None
        found = await in_worker(follow_up_candidates, structure, asked, notes)
        earlier = found.earlier if not waiting and room > 0 else ()
        answers = [*([found.newest] if found.newest else []), *earlier]
        untried = [note for note in answers if _answer_key(essay, note) not in self._exhausted_answers]
        for answer in untried[:MAX_ANSWERS_TRIED]:
            if (section := structure.section(answer.section)) is None:
                continue  # a section that the structure has no more
            said = [note for note in notes_for_model(structure, notes) if note.section == section.key]
            said.sort(key=lambda note: note.number == answer.number)  # the one to ask about comes last
            shown = questions_for_model(structure, asked, notes)
            try:
                text = await self._run_call(essay, interviewer.follow_up(writer, structure, section, said, shown))
            except asyncio.CancelledError:  # whoever waits has had enough of this one
                self._mark_exhausted(essay, answer)
                raise
            except _FollowUpCancelled:
                self._mark_exhausted(essay, answer)
                return None
            if text and await _is_askable(text, structure, asked, notes):
                return _FollowUp(section.key, text, answer)
            self._mark_exhausted(essay, answer)
        return None

    async def _run_call(self, essay: str, call: Coroutine[Any, Any, str | None]) -> str | None:
        """What the interviewer says. Raises ModelError, _PassedOver."""
        task = self._follow_up_tasks[essay] = asyncio.create_task(call, name="follow-up")
        try:
            await asyncio.wait({task})
        finally:
            del self._follow_up_tasks[essay]
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)  # what it has cost is written down at its end
        if task.cancelled():
            raise _FollowUpCancelled
        return task.result()

    def _lock(self, what: str, essay: str) -> asyncio.Lock:
        return self._locks.setdefault((what, essay), asyncio.Lock())

    def _mark_exhausted(self, essay: str, answer: Note) -> None:
        if len(self._exhausted_answers) >= _MAX_EXHAUSTED_ANSWERS:
            self._exhausted_answers.clear()
        self._exhausted_answers.add(_answer_key(essay, answer))

    async def add_notes(self, writer: str, essay: str, text: str) -> AddedNotes:
        """Stores a page of notes and, with an interviewer, finds a section for those whose headings name none.

        Every note stays word for word as it was handed in. Raises BadInput for a page that holds no words.
        """
        handed_in = await self._essays.add_note_page(writer, essay, text)
        if self._interviewer is None:
            return handed_in
        placed = await self._place_notes(writer, essay, handed_in.notes, self._interviewer)
        return replace(placed, notice=join_sentences(handed_in.notice, placed.notice) or None)

    async def place_notes(self, writer: str, essay: str, numbers: Collection[int] | None = None) -> AddedNotes:
        """Finds a section for the stored notes that have none; returns them, with those that still have none.

        With ``numbers`` only for the notes that bear one of them.

        Raises NoModel without an interviewer.
        """
        if self._interviewer is None:
            raise NoModel
        async with self._lock("sort", essay):
            notes = await self._essays.notes(writer, essay)
            wanted = [note for note in notes if numbers is None or note.number in numbers]
            unplaced = [note for note in wanted if note.section is None and not note.is_private]
            return await self._place_notes(writer, essay, unplaced, self._interviewer)

    async def max_placement_cost(self, writer: str, essay: str, numbers: Collection[int] | None = None) -> int | None:
        """What ``sort`` may cost at most, in nano-dollars; None where it would ask no model. Raises UnknownPrice."""
        notes = await self._essays.notes(writer, essay)
        wanted = [note for note in notes if note.section is None and not note.is_private]
        chosen = [note.number for note in wanted if numbers is None or note.number in numbers]
        if self._interviewer is None or not chosen:
            return None
        structure = self._essays.structure_of(await self._essays.get_essay(writer, essay))
        return await NotePlacer(self._store, self._clock, self._interviewer).max_cost(writer, essay, structure, chosen)

    async def _place_notes(
        self, writer: str, essay: str, notes: Sequence[Note], interviewer: Interviewer
    ) -> AddedNotes:
        structure = self._essays.structure_of(await self._essays.get_essay(writer, essay))
        numbers = {note.number for note in notes}
        notice = await NotePlacer(self._store, self._clock, interviewer).place(writer, essay, structure, numbers)
        stored = await self._essays.notes(writer, essay)
        return AddedNotes(tuple(note for note in stored if note.number in numbers), notice)

    async def add_answer(
        self, writer: str, essay: str, question: Question, text: str, *, left_out: bool = False
    ) -> Note:
        """Stores the answer, word for word, as a note under the question's section.

        It is left out as a whole where the question's answers stay private. Raises BadInput for an answer without a
        word; the question then stays open.
        """
        left_out = left_out or await self._essays.is_private_question(writer, essay, question.number)
        passage = answered(self._essays.validate_page("The answer", text), question.section, left_out=left_out)
        if not says_something(passage.text):
            raise BadInput("The answer holds no words: write some, or skip the question. It is still open.")
        at = self._clock()

        def step(tx: Transaction) -> Note:
            asked = tx.essays.question(writer, essay, question.number)
            size = stored_bytes(passage.text)
            tx.quota.check_and_record(writer, essay, Adding(size, notes=1, note_bytes=size), at)
            under = replace(passage, section=asked.section)
            note = tx.essays.add_note(writer, essay, under, at, question=asked.text)
            tx.essays.set_question_state(writer, essay, question.number, Answered.ANSWERED, at)
            return note

        note = await self._store.write(step)
        await with_privacy_parsed((note,))
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
        """Puts an answer in the place of the one that the note holds. Raises BadInput for one without a word."""
        private = await self._essays.is_private_question(writer, essay, question.number)
        seen = note_fingerprint(note.text)
        change = await self._essays.edit_note(writer, essay, note.number, text, seen=seen, left_out=private)
        await self.close_question(writer, essay, question)
        return change

    async def close_question(self, writer: str, essay: str, question: Question) -> None:
        """Leaves a question that was gone back to as it was: answered, by the note that is there."""
        await self._set_state(writer, essay, question, Answered.ANSWERED)

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
        await self._essays.delete_note(writer, essay, note.number)
        return question, note

    async def skip_question(self, writer: str, essay: str, question: Question) -> None:
        """Passes over the question; it can be returned to."""
        await self._set_state(writer, essay, question, Answered.SKIPPED)

    async def skipped_questions(self, writer: str, essay: str) -> tuple[Question, ...]:
        """The questions passed over so far, in order."""
        asked = await self.asked_questions(writer, essay)
        return tuple(question for question in asked if question.state is Answered.SKIPPED)

    async def reopen_question(self, writer: str, essay: str, question: Question) -> None:
        """Opens a question again: it is the next one put, but for those before it that are open."""
        await self._set_state(writer, essay, question, Answered.OPEN)

    async def _set_state(self, writer: str, essay: str, question: Question, state: Answered) -> None:
        at = self._clock()
        await self._store.write(lambda tx: tx.essays.set_question_state(writer, essay, question.number, state, at))

    async def progress(self, writer: str, essay: str) -> InterviewProgress:
        """Where the interview stands."""
        structure = self._essays.structure_of(await self._essays.get_essay(writer, essay))
        notes = await self._essays.notes(writer, essay)
        covered = sum(any(note.section == section.key for note in notes) for section in structure.sections)
        return InterviewProgress(covered, len(structure.sections), len(await self.asked_questions(writer, essay)))


class _FollowUpCancelled(Exception):
    """Nobody waits for a follow-up any more."""


def _find_open_question(asked: Sequence[Question]) -> Question | None:
    return next((question for question in asked if question.state is Answered.OPEN), None)


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
    return asks_for_secret(question) or brings_in(question, Noted(vouching))


def _answer_key(essay: str, note: Note) -> tuple[str, int, int]:
    """What an answer is known by: its text may be changed later, and it may then leave something else open."""
    return essay, note.number, hash(note.text)
