"""Sorting notes into sections with a model, batch by batch: what one batch came to is stored before the next."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import islice

from bot.errors import BudgetReserved, ModelError, Stalled, TookTooLong
from bot.essay.essay import Note
from bot.essay.measures.base import counted
from bot.essay.questions import notes_for_model
from bot.essay.structure import Structure
from bot.services.llm_ports import Interviewer
from bot.services.store_ports import Clock, Store

MAX_NOTES_PER_CALL = 100  # a place takes up to 25 tokens as JSON: they fill little more than half of place.md's room
MAX_CHARACTERS_PER_CALL = 40_000  # some 10,000 tokens, which a fast model reads with care; a longer note goes alone
MAX_CALLS_PER_STEP = 6  # of one step: as many as the longest page takes; whoever has more is asked to press once more
# Beside what lasts: other work holds the budget for minutes; and after a call that took minutes, the writer has waited
# enough.
_ABORTING_ERRORS = (BudgetReserved, Stalled, TookTooLong)


class NotePlacer:
    """Puts notes that have no section into one. No note is altered, and none that has a section is moved."""

    def __init__(self, store: Store, clock: Clock, interviewer: Interviewer) -> None:
        self._store = store
        self._clock = clock
        self._interviewer = interviewer

    async def place(self, writer: str, essay: str, structure: Structure, numbers: Collection[int]) -> str | None:
        """Sorts those of the notes with these numbers that have no section; returns what could not be done, if so.

        A batch that fails is passed over and the rest goes on, unless the fault is one that the rest would meet too.
        """
        wanted = await self._unplaced_notes(writer, essay, structure, numbers)
        left, failed = len(wanted), 0
        faults: list[ModelError] = []
        for batch in islice(batch_notes(wanted), MAX_CALLS_PER_STEP):
            left -= len(batch)
            try:
                await self._place_batch(writer, essay, structure, [note.number for note in batch])
            except ModelError as error:
                failed += len(batch)
                faults.append(error)
                if error.is_lasting or isinstance(error, _ABORTING_ERRORS):
                    failed += left
                    break
        if not faults:
            if not left:
                return None
            looked = len(wanted) - left
            were, are = "was" if looked == 1 else "were", "is" if left == 1 else "are"
            return f"{counted(looked, 'note')} {were} looked at, {left} {are} left: sort once more for those."
        which = "they" if failed == len(wanted) else f"{failed} of {len(wanted)}"
        told = " ".join(dict.fromkeys(fault.message_without_assurance for fault in faults))
        return f"The notes are stored; {which} could not be sorted into sections. {told}"

    async def max_cost(self, writer: str, essay: str, structure: Structure, numbers: Collection[int]) -> int:
        """What ``place`` may cost at most, in nano-dollars; 0 where there is nothing to sort. Raises UnknownPrice."""
        wanted = await self._unplaced_notes(writer, essay, structure, numbers)
        return sum(self._interviewer.max_place_notes_cost(structure, batch) for batch in batch_notes(wanted))

    async def _place_batch(self, writer: str, essay: str, structure: Structure, numbers: Collection[int]) -> None:
        # What was left out or placed while the batches before were under way is neither sent nor moved.
        if not (notes := await self._unplaced_notes(writer, essay, structure, numbers)):
            return
        places = await self._interviewer.place_notes(writer, structure, notes)
        still = {note.number for note in await self._unplaced_notes(writer, essay, structure, numbers)}
        known = {number: key for number, key in places.items() if number in still and structure.section(key)}
        if known:
            now = self._clock()
            await self._store.write(lambda tx: tx.essays.place_notes(writer, essay, known, now))

    async def _unplaced_notes(
        self, writer: str, essay: str, structure: Structure, numbers: Collection[int]
    ) -> tuple[Note, ...]:
        notes = notes_for_model(structure, await self._store.read(lambda tx: tx.essays.notes(writer, essay)))
        return tuple(note for note in notes if note.section is None and note.number in numbers)


def batch_notes(notes: Sequence[Note]) -> Iterator[Sequence[Note]]:
    """The notes in order, in runs of at most NOTES_AT_ONCE and, but for a single note, CHARACTERS_AT_ONCE."""
    batch: list[Note] = []
    size = 0
    for note in notes:
        if batch and (len(batch) == MAX_NOTES_PER_CALL or size + len(note.text) > MAX_CHARACTERS_PER_CALL):
            yield batch
            batch, size = [], 0
        batch.append(note)
        size += len(note.text)
    if batch:
        yield batch
