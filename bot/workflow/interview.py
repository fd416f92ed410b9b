"""The interview: which question comes next, and what becomes of the answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.errors import BadInput
from bot.essay.decoding import typed
from bot.essay.essay import Answered, Note, Question
from bot.essay.notes import Passage
from bot.essay.structure import Section, Structure
from bot.essay.words import count_words
from bot.workflow.desk import Desk
from bot.workflow.ports import Clock, Store

QUESTIONS_BEFORE_A_POST = 8  # enough to hold every section of a structure once; more tires people before they see text


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an interview stands: sections that hold a note, of how many; questions put so far."""

    covered: int
    sections: int
    asked: int


class Interview:
    """Asks a writer one question at a time, none twice. Where it stands is in the store alone."""

    def __init__(self, desk: Desk, store: Store, clock: Clock) -> None:
        self._desk = desk
        self._store = store
        self._clock = clock

    async def next_question(self, writer: str, essay: str, *, further: bool = False) -> Question | None:
        """The question to put now: the one left open, else a new one; None when it is time to offer the post.

        First come the first questions of the sections that hold no note, at most QUESTIONS_BEFORE_A_POST; with
        ``further`` all that are left, section by section.
        """
        structure = self._desk.structure(await self._desk.open(writer, essay))
        asked = await self._store.questions(writer, essay)
        for question in asked:
            if question.state is Answered.OPEN:
                return question
        notes = await self._store.notes(writer, essay)
        if not further and len(asked) >= QUESTIONS_BEFORE_A_POST:
            return None
        for section, text in _candidates(structure, notes, further=further):
            if all(question.text != text for question in asked):
                return await self._store.ask(writer, essay, section.key, text, self._clock())
        return None

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
