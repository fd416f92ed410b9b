"""The interview: which question comes next, and what becomes of the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakValueDictionary

from bot.errors import BadInput, ModelError, NoModel
from bot.essay.claims import Noted
from bot.essay.essay import Answered, Note, Question
from bot.essay.notes import answered
from bot.essay.questions import is_same_question, notes_for_model, questions_for_model
from bot.essay.replies.asking import brings_in
from bot.essay.replies.secrets import asks_for_secret
from bot.essay.structure import Section, Structure
from bot.essay.text.marks import says_something
from bot.workflow.aside import aside_slowly
from bot.workflow.desk import Desk, HandedIn, NoteChange, fingerprint, joined_sentences
from bot.workflow.following import open_answers
from bot.workflow.models import Interviewer
from bot.workflow.ports import Clock, Store
from bot.workflow.sorting import Sorter

QUESTIONS_BEFORE_A_POST = 8  # enough to hold every section of a structure once; more tires people before they see text
ANSWERS_TRIED = 3  # before a step goes on without a follow-up: each is a call of a second or two, and somebody waits
_REMEMBERED = 10_000  # answers, some hundred bytes each


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an interview stands: sections that hold a note, of how many; questions put so far."""

    covered: int
    sections: int
    asked: int


@dataclass(frozen=True, slots=True)
class Step:
    """The question to put now, None when it is time to offer the post; ``notice`` says what a model could not do.

    ``lasting``: the next step would meet the same, so that there is no use in asking a model then.
    """

    question: Question | None
    notice: str | None = None
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class _FollowUp:
    """A question of a model's, and the answer that it is about."""

    section: str
    text: str
    answer: Note


class Interview:
    """Asks a writer one question at a time, none twice. Where it stands is in the store alone.

    With an interviewer it also sorts notes and chases what an answer leaves open; where the interviewer fails, the
    interview goes on without it and says so.
    """

    def __init__(self, desk: Desk, store: Store, clock: Clock, interviewer: Interviewer | None = None) -> None:
        self._desk = desk
        self._store = store
        self._clock = clock
        self._interviewer = interviewer
        # Answers on which the interviewer had nothing to ask. Forgetting them costs a call and nothing else.
        self._exhausted: set[tuple[str, int, int]] = set()
        # By what is done and the essay: a second one waits for what the first comes to, and then asks no model.
        self._alone: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        self._calls: dict[str, asyncio.Task[str | None]] = {}  # for follow-ups, by essay

    async def open_question(self, writer: str, essay: str) -> Question | None:
        """The question that was put and neither answered nor skipped, if there is one. Calls no model."""
        return _open(await self._store.questions(writer, essay))

    async def asked(self, writer: str, essay: str) -> tuple[Question, ...]:
        """Every question put so far, in order."""
        return await self._store.questions(writer, essay)

    async def next_question(self, writer: str, essay: str, *, further: bool = False, follow_up: bool = True) -> Step:
        """The question to put now: the one left open, else a new one; None when it is time to offer the post.

        First come the first questions of the sections that hold no note; where room is left beside them, an answer just
        given is followed up, and after them the earlier answers that leave most open, at most FOLLOW_UPS times a
        section; at most QUESTIONS_BEFORE_A_POST in all. With ``further`` all questions of the structure that are left
        come, section by section. Without ``follow_up`` no model is asked.

        Where the wait for a follow-up is cancelled, that answer is passed over for good; nothing else changes. While it
        lasts, everything else may go on: at its end the question is chosen by how things stand then.
        """
        if self._interviewer is None or not follow_up:
            return Step(await self._put(writer, essay, further=further))
        fault, found = None, None
        async with self._turn("ask", essay):
            try:
                found = await self._find(writer, essay, self._interviewer, further=further)
            except ModelError as error:
                fault = error
            question = await self._put(writer, essay, further=further, found=found)
        if fault is None:
            return Step(question)
        told = f"The answer is stored; it could not be followed up. {fault.happened}"
        return Step(question, told, lasting=fault.lasts)

    async def pass_over(self, writer: str, essay: str) -> bool:
        """Has whoever waits for a follow-up go on without; whether anybody waits. Its answer is passed over for good.

        Raises UnknownEssay.
        """
        await self._desk.open(writer, essay)
        call = self._calls.get(essay)
        return call is not None and call.cancel()

    async def _put(self, writer: str, essay: str, *, further: bool, found: _FollowUp | None = None) -> Question | None:
        """The question left open; else what was found, if its answer still stands; else the structure's next."""
        structure = self._desk.structure(await self._desk.open(writer, essay))
        asked = await self._store.questions(writer, essay)
        if (left_open := _open(asked)) is not None:
            return left_open
        if not further and len(asked) >= QUESTIONS_BEFORE_A_POST:
            return None
        notes = await self._store.notes(writer, essay)
        if found is not None and found.answer in notes:
            return await self._store.ask(writer, essay, found.section, found.text, self._clock())
        for section, text in _waiting(structure, asked, notes, further=further):
            return await self._store.ask(writer, essay, section.key, text, self._clock())
        return None

    async def _find(self, writer: str, essay: str, interviewer: Interviewer, *, further: bool) -> _FollowUp | None:
        """A question on an answer, where there is room for one."""
        structure = self._desk.structure(await self._desk.open(writer, essay))
        asked = await self._store.questions(writer, essay)
        notes = await self._store.notes(writer, essay)
        waiting = len(list(_waiting(structure, asked, notes, further=further)))
        room = QUESTIONS_BEFORE_A_POST - len(asked)
        if _open(asked) is not None or not (room > waiting or further):
            return None
        found = await aside_slowly(open_answers, structure, asked, notes)
        earlier = found.earlier if not waiting and room > 0 else ()
        answers = [*([found.fresh] if found.fresh else []), *earlier]
        untried = [note for note in answers if _key(essay, note) not in self._exhausted]
        for answer in untried[:ANSWERS_TRIED]:
            if (section := structure.section(answer.section)) is None:
                continue  # a section that the structure has no more
            said = [note for note in notes_for_model(structure, notes) if note.section == section.key]
            said.sort(key=lambda note: note.number == answer.number)  # the one to ask about comes last
            shown = questions_for_model(structure, asked, notes)
            try:
                text = await self._called(essay, interviewer.follow_up(writer, structure, section, said, shown))
            except asyncio.CancelledError:  # whoever waits has had enough of this one
                self._exhaust(essay, answer)
                raise
            except _PassedOver:
                self._exhaust(essay, answer)
                return None
            if text and await _can_be_put(text, structure, asked, notes):
                return _FollowUp(section.key, text, answer)
            self._exhaust(essay, answer)
        return None

    async def _called(self, essay: str, call: Coroutine[Any, Any, str | None]) -> str | None:
        """What the interviewer says. Raises ModelError, _PassedOver."""
        task = self._calls[essay] = asyncio.create_task(call, name="follow-up")
        try:
            await asyncio.wait({task})
        finally:
            del self._calls[essay]
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)  # what it has cost is written down at its end
        if task.cancelled():
            raise _PassedOver
        return task.result()

    def _turn(self, what: str, essay: str) -> asyncio.Lock:
        return self._alone.setdefault((what, essay), asyncio.Lock())

    def _exhaust(self, essay: str, answer: Note) -> None:
        if len(self._exhausted) >= _REMEMBERED:
            self._exhausted.clear()
        self._exhausted.add(_key(essay, answer))

    async def hand_in(self, writer: str, essay: str, text: str) -> HandedIn:
        """Stores a page of notes and, with an interviewer, finds a section for those whose headings name none.

        Every note stays word for word as it was handed in. Raises BadInput for a page that holds no words.
        """
        handed_in = await self._desk.hand_in_page(writer, essay, text)
        if self._interviewer is None:
            return handed_in
        placed = await self._sorted(writer, essay, handed_in.notes, self._interviewer)
        return replace(placed, notice=joined_sentences(handed_in.notice, placed.notice) or None)

    async def sort(self, writer: str, essay: str, numbers: Collection[int] | None = None) -> HandedIn:
        """Finds a section for the stored notes that have none; returns them, with those that still have none.

        With ``numbers`` only for the notes that bear one of them.

        Raises NoModel without an interviewer.
        """
        if self._interviewer is None:
            raise NoModel
        async with self._turn("sort", essay):
            notes = await self._store.notes(writer, essay)
            wanted = [note for note in notes if numbers is None or note.number in numbers]
            unplaced = [note for note in wanted if note.section is None and not note.is_private]
            return await self._sorted(writer, essay, unplaced, self._interviewer)

    async def sort_at_most(self, writer: str, essay: str, numbers: Collection[int] | None = None) -> int | None:
        """What ``sort`` may cost at most, in nano-dollars; None where it would ask no model. Raises UnknownPrice."""
        notes = await self._store.notes(writer, essay)
        wanted = [note for note in notes if note.section is None and not note.is_private]
        chosen = [note.number for note in wanted if numbers is None or note.number in numbers]
        if self._interviewer is None or not chosen:
            return None
        structure = self._desk.structure(await self._desk.open(writer, essay))
        return await Sorter(self._store, self._clock, self._interviewer).at_most(writer, essay, structure, chosen)

    async def _sorted(self, writer: str, essay: str, notes: Sequence[Note], interviewer: Interviewer) -> HandedIn:
        structure = self._desk.structure(await self._desk.open(writer, essay))
        numbers = {note.number for note in notes}
        notice = await Sorter(self._store, self._clock, interviewer).place(writer, essay, structure, numbers)
        stored = await self._store.notes(writer, essay)
        return HandedIn(tuple(note for note in stored if note.number in numbers), notice)

    async def answer(self, writer: str, essay: str, question: Question, text: str, *, left_out: bool = False) -> Note:
        """Stores the answer, word for word, as a note under the question's section.

        It is left out as a whole where the question's answers stay private. Raises BadInput for an answer without a
        word; the question then stays open.
        """
        left_out = left_out or await self._desk.keeps_private(writer, essay, question.number)
        passage = answered(self._desk.page("The answer", text), question.section, left_out=left_out)
        if not says_something(passage.text):
            raise BadInput("The answer holds no words: write some, or skip the question. It is still open.")
        return await self._store.answer(writer, essay, question.number, passage, self._clock())

    async def given(self, writer: str, essay: str, question: Question) -> Note | None:
        """The note that answered the question last, wherever it was moved since; None where none did."""
        notes = await self._store.notes(writer, essay)
        return next((note for note in reversed(notes) if note.question == question.text), None)

    async def go_back(self, writer: str, essay: str, question: Question) -> Question | None:
        """Opens the question before this one again, whose answer stays; None where this is the first."""
        before = [one for one in await self._store.questions(writer, essay) if one.number < question.number]
        if not before:
            return None
        await self.return_to(writer, essay, before[-1])
        return before[-1]

    async def answer_anew(self, writer: str, essay: str, question: Question, note: Note, text: str) -> NoteChange:
        """Puts an answer in the place of the one that the note holds. Raises BadInput for one without a word."""
        private = await self._desk.keeps_private(writer, essay, question.number)
        seen = fingerprint(note.text)
        change = await self._desk.edit_note(writer, essay, note.number, text, seen=seen, left_out=private)
        await self.keep_answer(writer, essay, question)
        return change

    async def keep_answer(self, writer: str, essay: str, question: Question) -> None:
        """Leaves a question that was gone back to as it was: answered, by the note that is there."""
        await self._store.close_question(writer, essay, question.number, self._clock())

    async def take_back(self, writer: str, essay: str, at: Question) -> tuple[Question, Note] | None:
        """Deletes the answer to the question that one is ``at``, or else the last one, and opens its question again.

        Returns both as they were; None where nothing was answered.
        """
        asked = {one.text: one for one in await self._store.questions(writer, essay)}
        answers = [note for note in await self._store.notes(writer, essay) if note.question in asked]
        if not answers:
            return None
        note = next((one for one in reversed(answers) if one.question == at.text), answers[-1])
        question = asked[note.question or ""]
        await self.return_to(writer, essay, question)
        await self._desk.delete_note(writer, essay, note.number)
        return question, note

    async def skip(self, writer: str, essay: str, question: Question) -> None:
        """Passes over the question; it can be returned to."""
        await self._store.skip(writer, essay, question.number, self._clock())

    async def skipped(self, writer: str, essay: str) -> tuple[Question, ...]:
        """The questions passed over so far, in order."""
        asked = await self._store.questions(writer, essay)
        return tuple(question for question in asked if question.state is Answered.SKIPPED)

    async def return_to(self, writer: str, essay: str, question: Question) -> None:
        """Opens a question again: it is the next one put, but for those before it that are open."""
        await self._store.reopen(writer, essay, question.number, self._clock())

    async def progress(self, writer: str, essay: str) -> Progress:
        """Where the interview stands."""
        structure = self._desk.structure(await self._desk.open(writer, essay))
        notes = await self._store.notes(writer, essay)
        covered = sum(any(note.section == section.key for note in notes) for section in structure.sections)
        return Progress(covered, len(structure.sections), len(await self._store.questions(writer, essay)))


class _PassedOver(Exception):
    """Nobody waits for a follow-up any more."""


def _open(asked: Sequence[Question]) -> Question | None:
    return next((question for question in asked if question.state is Answered.OPEN), None)


def _waiting(
    structure: Structure, asked: Sequence[Question], notes: Sequence[Note], *, further: bool
) -> Iterator[tuple[Section, str]]:
    """The structure's questions that were not put yet, in order."""
    for section, text in _candidates(structure, notes, further=further):
        if all(question.text != text for question in asked):
            yield section, text


def _candidates(structure: Structure, notes: Sequence[Note], *, further: bool) -> Iterator[tuple[Section, str]]:
    """The questions worth putting, in order: one for each section without a note; then the rest, if they are wanted."""
    covered = {note.section for note in notes}
    for section in structure.sections:
        if section.key not in covered:
            yield section, section.questions[0]
    if further:
        for section in structure.sections:
            for text in section.questions:
                yield section, text


async def _can_be_put(question: str, structure: Structure, asked: Sequence[Question], notes: Sequence[Note]) -> bool:
    """Whether a question of a model's is a new one, and brings in nothing that the writer or the structure did not."""
    own = [question for part in structure.sections for question in part.questions]
    # What the structure asks anyway is put in its turn, and what was asked before never again, shown or not.
    if any(is_same_question(question, old) for old in [*own, *(one.text for one in asked)]):
        return False
    said = [note.text for note in notes_for_model(structure, notes)]
    headings = [part.heading for part in structure.sections]
    vouching = [*said, *own, *headings, *questions_for_model(structure, asked, notes)]
    return not await aside_slowly(_brings_in, question, vouching)


def _brings_in(question: str, vouching: Sequence[str]) -> bool:
    return asks_for_secret(question) or brings_in(question, Noted(vouching))


def _key(essay: str, note: Note) -> tuple[str, int, int]:
    """What an answer is known by: its text may be changed later, and it may then leave something else open."""
    return essay, note.number, hash(note.text)
