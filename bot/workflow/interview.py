"""The interview: which question comes next, and what becomes of the answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.errors import BadInput, ModelError
from bot.essay.decoding import typed
from bot.essay.essay import Answered, Note, Question
from bot.essay.notes import Passage
from bot.essay.structure import Section, Structure
from bot.essay.words import count_words
from bot.workflow.desk import Desk
from bot.workflow.models import Interviewer
from bot.workflow.ports import Clock, Store

QUESTIONS_BEFORE_A_POST = 8  # enough to hold every section of a structure once; more tires people before they see text
FOLLOW_UPS = 2  # on one section: after two, people repeat themselves


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

    async def open_question(self, writer: str, essay: str) -> Question | None:
        """The question that was put and neither answered nor skipped, if there is one. Calls no model."""
        asked = await self._store.questions(writer, essay)
        return next((question for question in asked if question.state is Answered.OPEN), None)

    async def asked(self, writer: str, essay: str) -> tuple[Question, ...]:
        """Every question put so far, in order."""
        return await self._store.questions(writer, essay)

    async def next_question(self, writer: str, essay: str, *, further: bool = False) -> Step:
        """The question to put now: the one left open, else a new one; None when it is time to offer the post.

        First come the first questions of the sections that hold no note; where room is left for it, an answer just
        given is followed up, at most FOLLOW_UPS times a section; at most QUESTIONS_BEFORE_A_POST in all. With
        ``further`` all questions of the structure that are left come, section by section.
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
                if (found := await self._follow_up(writer, structure, asked, notes)) is not None:
                    return Step(await self._store.ask(writer, essay, found[0].key, found[1], self._clock()))
            except ModelError as error:
                notice = f"The answer could not be followed up; the interview goes on. {error}"
        if not waiting:
            return Step(None, notice)
        section, text = waiting[0]
        return Step(await self._store.ask(writer, essay, section.key, text, self._clock()), notice)

    async def _follow_up(
        self, writer: str, structure: Structure, asked: Sequence[Question], notes: Sequence[Note]
    ) -> tuple[Section, str] | None:
        """A section and a question on the answer just given, if there is one and it leaves something to chase."""
        if self._interviewer is None or not asked or not notes or asked[-1].state is not Answered.ANSWERED:
            return None
        answer, section = notes[-1], structure.section(asked[-1].section)
        if section is None or answer.left_out or answer.question != asked[-1].text:
            return None
        chased = [one for one in asked if one.section == section.key and one.text not in section.questions]
        if len(chased) >= FOLLOW_UPS:
            return None
        said = [note for note in notes if note.section == section.key and not note.left_out]
        text = await self._interviewer.follow_up(writer, structure, section, said, [one.text for one in asked])
        if not text:
            return None
        # What the structure asks anyway is put in its turn, and what was asked before never again.
        known = {_plain(question) for part in structure.sections for question in part.questions}
        return None if _plain(text) in known | {_plain(one.text) for one in asked} else (section, text)

    async def hand_in(self, writer: str, essay: str, text: str) -> HandedIn:
        """Stores a page of notes and, with an interviewer, finds a section for those whose headings name none.

        Every note stays word for word as it was handed in. Raises BadInput for a page that holds no words.
        """
        notes = await self._desk.hand_in(writer, essay, text)
        unplaced = [note for note in notes if note.section is None and not note.left_out]
        if self._interviewer is None or not unplaced:
            return HandedIn(notes)
        structure = self._desk.structure(await self._desk.open(writer, essay))
        try:
            places = await self._interviewer.place(writer, structure, unplaced)
        except ModelError as error:
            return HandedIn(notes, f"The notes are stored; they could not be sorted into sections. {error}")
        keys = {section.key for section in structure.sections}
        numbers = {note.number for note in unplaced}
        known = {number: key for number, key in places.items() if number in numbers and key in keys}
        if known:
            await self._store.place_notes(writer, essay, known, self._clock())
        stored = await self._store.notes(writer, essay)
        mine = {note.number for note in notes}
        return HandedIn(tuple(note for note in stored if note.number in mine))

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


def _plain(question: str) -> str:
    return " ".join(question.casefold().split())
