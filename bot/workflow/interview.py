"""The interview: which question comes next, and what becomes of the answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.errors import BadInput, ModelError, NoModel
from bot.essay.decoding import typed
from bot.essay.essay import Answered, Note, Question
from bot.essay.notes import Passage
from bot.essay.questions import is_same_question, notes_for_model, questions_for_model
from bot.essay.structure import Section, Structure
from bot.essay.words import count_words
from bot.workflow.desk import Desk
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
    """The question to put now, None when it is time to offer the post; ``notice`` says what a model could not do."""

    question: Question | None
    notice: str | None = None


@dataclass(frozen=True, slots=True)
class HandedIn:
    """The notes as they were stored and placed; ``notice`` says what a model could not do."""

    notes: tuple[Note, ...]
    notice: str | None = None


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

    async def open_question(self, writer: str, essay: str) -> Question | None:
        """The question that was put and neither answered nor skipped, if there is one. Calls no model."""
        asked = await self._store.questions(writer, essay)
        return next((question for question in asked if question.state is Answered.OPEN), None)

    async def asked(self, writer: str, essay: str) -> tuple[Question, ...]:
        """Every question put so far, in order."""
        return await self._store.questions(writer, essay)

    async def next_question(self, writer: str, essay: str, *, further: bool = False) -> Step:
        """The question to put now: the one left open, else a new one; None when it is time to offer the post.

        First come the first questions of the sections that hold no note; where room is left beside them, an answer just
        given is followed up, and after them the earlier answers that leave most open, at most FOLLOW_UPS times a
        section; at most QUESTIONS_BEFORE_A_POST in all. With ``further`` all questions of the structure that are left
        come, section by section.
        """
        structure = self._desk.structure(await self._desk.open(writer, essay))
        asked = await self._store.questions(writer, essay)
        if (left_open := next((one for one in asked if one.state is Answered.OPEN), None)) is not None:
            return Step(left_open)
        notes = await self._store.notes(writer, essay)
        waiting = [
            (section, text)
            for section, text in _candidates(structure, notes, further=further)
            if all(question.text != text for question in asked)
        ]
        room = QUESTIONS_BEFORE_A_POST - len(asked)
        if not further and room <= 0:
            return Step(None)
        notice = None
        if further or room > len(waiting):
            try:
                through = not waiting and room > 0
                found = await self._follow_up(writer, essay, structure, asked, notes, earlier=through)
                if found is not None:
                    return Step(await self._store.ask(writer, essay, found[0].key, found[1], self._clock()))
            except ModelError as error:
                notice = f"The answer could not be followed up; the interview goes on. {error}"
        if not waiting:
            return Step(None, notice)
        section, text = waiting[0]
        return Step(await self._store.ask(writer, essay, section.key, text, self._clock()), notice)

    async def _follow_up(
        self,
        writer: str,
        essay: str,
        structure: Structure,
        asked: Sequence[Question],
        notes: Sequence[Note],
        *,
        earlier: bool,
    ) -> tuple[Section, str] | None:
        """A section and a question on the answer just given, or with ``earlier`` on one before it, if one is open."""
        if self._interviewer is None:
            return None
        found = open_answers(structure, asked, notes)
        answers = [*([found.fresh] if found.fresh else []), *(found.earlier if earlier else [])]
        untried = [note for note in answers if _key(essay, note) not in self._exhausted]
        for answer in untried[:ANSWERS_TRIED]:
            if (section := structure.section(answer.section)) is None:
                continue  # a section that the structure has no more
            said = [note for note in notes_for_model(structure, notes) if note.section == section.key]
            said.sort(key=lambda note: note.number == answer.number)  # the one to ask about comes last
            shown = questions_for_model(structure, asked, notes)
            text = await self._interviewer.follow_up(writer, structure, section, said, shown)
            # What the structure asks anyway is put in its turn, and what was asked before never again, shown or not.
            known = [question for part in structure.sections for question in part.questions]
            if text and not any(is_same_question(text, old) for old in [*known, *(one.text for one in asked)]):
                return section, text
            if len(self._exhausted) >= _REMEMBERED:
                self._exhausted.clear()
            self._exhausted.add(_key(essay, answer))
        return None

    async def hand_in(self, writer: str, essay: str, text: str) -> HandedIn:
        """Stores a page of notes and, with an interviewer, finds a section for those whose headings name none.

        Every note stays word for word as it was handed in. Raises BadInput for a page that holds no words.
        """
        notes = await self._desk.hand_in(writer, essay, text)
        if self._interviewer is None:
            return HandedIn(notes)
        return await self._sorted(writer, essay, notes, self._interviewer)

    async def sort(self, writer: str, essay: str) -> HandedIn:
        """Finds a section for the stored notes that have none; returns them, with those that still have none.

        Raises NoModel without an interviewer.
        """
        if self._interviewer is None:
            raise NoModel
        notes = await self._store.notes(writer, essay)
        unplaced = [note for note in notes if note.section is None and not note.left_out]
        return await self._sorted(writer, essay, unplaced, self._interviewer)

    async def _sorted(self, writer: str, essay: str, notes: Sequence[Note], interviewer: Interviewer) -> HandedIn:
        structure = self._desk.structure(await self._desk.open(writer, essay))
        numbers = {note.number for note in notes}
        notice = await Sorter(self._store, self._clock, interviewer).place(writer, essay, structure, numbers)
        stored = await self._store.notes(writer, essay)
        return HandedIn(tuple(note for note in stored if note.number in numbers), notice)

    async def answer(self, writer: str, essay: str, question: Question, text: str, *, left_out: bool = False) -> Note:
        """Stores the answer, word for word, as a note under the question's section.

        Raises BadInput for an answer without a word; the question then stays open.
        """
        words = typed(text, "The answer")
        if not count_words(words):
            raise BadInput("The answer holds no words: write some, or skip the question. It is still open.")
        passage = Passage(words.strip("\n").rstrip(), question.section, left_out)
        return await self._store.answer(writer, essay, question.number, passage, self._clock())

    async def skip(self, writer: str, essay: str, question: Question) -> None:
        """Passes over the question; it can be returned to."""
        await self._store.skip(writer, essay, question.number, self._clock())

    async def skipped(self, writer: str, essay: str) -> tuple[Question, ...]:
        """The questions passed over so far, in order."""
        asked = await self._store.questions(writer, essay)
        return tuple(question for question in asked if question.state is Answered.SKIPPED)

    async def return_to(self, writer: str, essay: str, question: Question) -> None:
        """Opens a skipped question again: it is the next one put."""
        await self._store.reopen(writer, essay, question.number, self._clock())

    async def progress(self, writer: str, essay: str) -> Progress:
        """Where the interview stands."""
        structure = self._desk.structure(await self._desk.open(writer, essay))
        notes = await self._store.notes(writer, essay)
        covered = sum(any(note.section == section.key for note in notes) for section in structure.sections)
        return Progress(covered, len(structure.sections), len(await self._store.questions(writer, essay)))


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


def _key(essay: str, note: Note) -> tuple[str, int, int]:
    """What an answer is known by: its text may be changed later, and it may then leave something else open."""
    return essay, note.number, hash(note.text)
