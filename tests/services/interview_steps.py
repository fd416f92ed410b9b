"""The interview with every model's job waited for, as somebody does who never presses "Don't wait"."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bot.errors import BotError
from bot.essay.essay import Question
from bot.services.essays import AddedNotes, join_sentences
from bot.services.interview import InterviewService


@dataclass(frozen=True, slots=True)
class Step:
    """The question that is put next, None for none, and what was said of the job before it."""

    question: Question | None
    notice: str | None = None


class WaitingInterview(InterviewService):
    """See the module's docstring."""

    async def next_step(self, writer: str, essay: str, *, further: bool = False) -> Step:
        """Have a model choose the next question, wait for its end, and put it."""
        planned = await self.plan_question(writer, essay, further=further)
        error = None
        if planned is not None:
            error = (await self._jobs.wait(writer, (await planned.start()).id)).error
        return Step(await self.next_question(writer, essay, further=further), error)

    async def place_notes(self, writer: str, essay: str, numbers: Collection[int] | None = None) -> AddedNotes:
        """Place notes and wait for it; return those that were to be placed."""
        before = await self._essays.notes(writer, essay)
        wanted = {one.number for one in before if one.section is None and not one.is_private}
        planned = await self.plan_placement(writer, essay, numbers)
        error = None
        if planned is not None:
            error = (await self._jobs.wait(writer, (await planned.start()).id)).error
        chosen = wanted if numbers is None else wanted & set(numbers)
        return AddedNotes(tuple(one for one in await self._essays.notes(writer, essay) if one.number in chosen), error)

    async def add_notes(self, writer: str, essay: str, text: str) -> AddedNotes:
        """Store a page of notes and place them; return them all."""
        page = await self._essays.add_note_page(writer, essay, text)
        numbers = {note.number for note in page.notes}
        placed = await self.place_notes(writer, essay, numbers)
        stored = tuple(note for note in await self._essays.notes(writer, essay) if note.number in numbers)
        return AddedNotes(stored, join_sentences(page.notice, placed.notice) or None)


async def fault_of_question(interview: InterviewService, writer: str, essay: str) -> BotError | None:
    """Have a model choose the next question, in vain; return the fault."""
    faults: list[BotError] = []
    planned = await interview.plan_question(writer, essay, on_error=faults.append)
    assert planned is not None
    await interview._jobs.wait(writer, (await planned.start()).id)
    return faults[0] if faults else None
