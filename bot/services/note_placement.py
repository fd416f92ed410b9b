"""Placing notes in sections with a model, batch by batch: what one batch came to is stored before the next."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from bot.errors import BudgetReserved, ModelError, NotPlaced, Stalled, TookTooLong
from bot.essay.essay import Note
from bot.essay.questions import notes_for_model
from bot.essay.structure import Structure
from bot.essay.text.words import count_noun
from bot.services.jobs.job import Job
from bot.services.llm_ports import Interviewer, Material, ProgressCallback
from bot.services.store_ports import Clock, Store, Transaction

NOTES_STORED = "The notes are stored; "
MAX_NOTES_PER_CALL = 100  # a place takes up to 25 tokens as JSON: they fill little more than half of place.md's room
MAX_CHARACTERS_PER_CALL = 40_000  # some 10,000 tokens, which a fast model reads with care; a longer note goes alone
MAX_CALLS_PER_JOB = 6  # as many as the longest page takes; whoever has more is asked to press once more
# Beside what lasts: other work holds the budget for minutes; and after a call that took minutes, the writer has waited
# enough.
_ABORTING_ERRORS = (BudgetReserved, Stalled, TookTooLong)


@dataclass(frozen=True, slots=True)
class PlacementWork:
    """Find a section for notes, by number, that have none. No note is altered, and none that has a section is moved."""

    store: Store
    clock: Clock
    interviewer: Interviewer
    writer: str
    essay: str
    structure: Structure
    numbers: frozenset[int]

    async def run(self, _: ProgressCallback) -> None:
        """Place the notes. Raises NotPlaced, which says what could not be done; the rest is placed.

        A batch that fails is passed over and the rest goes on, unless the fault is one that the rest would meet too.
        """
        wanted = await self.store.read(self._unplaced)
        left, failed = len(wanted), 0
        faults: list[ModelError] = []
        for batch in islice(batch_notes(wanted), MAX_CALLS_PER_JOB):
            left -= len(batch)
            try:
                await self._place_batch(batch)
            except ModelError as error:
                failed += len(batch)
                faults.append(error)
                if error.is_lasting or isinstance(error, _ABORTING_ERRORS):
                    failed += left
                    break
        if faults:
            which = "they" if failed == len(wanted) else f"{failed} of {len(wanted)}"
            told = " ".join(dict.fromkeys(fault.message_without_assurance for fault in faults))
            raise NotPlaced(f"{NOTES_STORED}{which} could not be sorted into sections. {told}")
        if left:
            looked = len(wanted) - left
            were, are = "was" if looked == 1 else "were", "is" if left == 1 else "are"
            raise NotPlaced(
                f"{count_noun(looked, 'note')} {were} looked at, {left} {are} left: sort once more for those."
            )

    async def max_cost(self) -> int:
        wanted = await self.store.read(self._unplaced)
        return sum(self.interviewer.max_place_notes_cost(self._material(batch)) for batch in batch_notes(wanted))

    async def keep_partial(self, _: str) -> None:
        return None

    def _material(self, notes: Sequence[Note]) -> Material:
        return Material(self.writer, self.essay, self.structure, "", tuple(notes))

    async def _place_batch(self, batch: Sequence[Note]) -> None:
        # What was left out or placed while the batches before were under way is neither sent nor moved.
        numbers = {note.number for note in batch}
        notes = [note for note in await self.store.read(self._unplaced) if note.number in numbers]
        if not notes:
            return
        places = await self.interviewer.place_notes(self._material(notes))

        def store(tx: Transaction) -> None:
            still = {note.number: note.text for note in self._unplaced(tx)}
            known = {
                note.number: places[note.number]
                for note in notes
                if still.get(note.number) == note.text and self.structure.find_section(places.get(note.number))
            }
            if known:
                tx.essays.place_notes(self.writer, self.essay, known, self.clock())

        await self.store.write(self.writer, store)

    def _unplaced(self, tx: Transaction) -> tuple[Note, ...]:
        return unplaced_notes(self.structure, tx.essays.notes(self.writer, self.essay), self.numbers)


def unplaced_notes(structure: Structure, notes: Sequence[Note], numbers: Collection[int]) -> tuple[Note, ...]:
    """Return those of the notes with these numbers that have no section, as a model may see them."""
    shown = notes_for_model(structure, notes)
    return tuple(note for note in shown if note.section is None and note.number in numbers)


def placed_numbers(job: Job) -> set[int]:
    """Return the numbers of the notes that a placement job was told to place."""
    return set(json.loads(job.argument or "[]"))


def batch_notes(notes: Sequence[Note]) -> Iterator[Sequence[Note]]:
    """Yield the notes in order, in runs of at most MAX_NOTES_PER_CALL and, but for a single note,
    MAX_CHARACTERS_PER_CALL."""
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
