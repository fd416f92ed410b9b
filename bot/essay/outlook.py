"""What a draft would come to now: words, and the sections whose notes are not enough yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.essay.essay import Note, SectionState
from bot.essay.structure import Section, Structure
from bot.essay.text.words import count_words


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a draft would come to: about ``words`` of ``target``, with the state of each section in order."""

    words: int
    target: int
    states: tuple[tuple[Section, SectionState], ...]

    @property
    def summary(self) -> str:
        """Say it in one sentence without a full stop: "about 500 of 900 words; “The call” is thin"."""
        told = [f"about {self.words:,} of {self.target:,} words"]
        for state, word in ((SectionState.THIN, "thin"), (SectionState.EMPTY, "empty")):
            found = [f"“{section.heading}”" for section, stands in self.states if stands is state]
            if found:
                which = " and ".join(found) if len(found) <= 2 else f"{len(found)} sections"
                told.append(f"{which} {'is' if len(found) == 1 else 'are'} {word}")
        return "; ".join(told)


def draft_outlook(structure: Structure, notes: Sequence[Note], judged: Mapping[str, SectionState]) -> Outlook:
    """Return what a draft would come to.

    A draft says about as much as its notes, within each section's budget; a note without a section serves wherever
    there is room. ``judged`` are the states that the interviewer saw last. Where it has not judged a section, that has
    enough once its notes have the fewest words of its budget.
    """
    counts = {section.key: 0 for section in structure.sections}
    unsorted = 0
    for note in notes:
        words = count_words(note.public_text)
        if note.section in counts:
            counts[note.section] += words
        else:
            unsorted += words
    usable = sum(min(counts[section.key], section.budget.high) for section in structure.sections) + unsorted
    budget = structure.budget
    target = (budget.low + budget.high) // 2
    states = tuple(
        (section, _section_state(counts[section.key], section, judged.get(section.key)))
        for section in structure.sections
    )
    return Outlook(_rounded(min(usable, budget.high)), _rounded(target), states)


def _section_state(words: int, section: Section, judged: SectionState | None) -> SectionState:
    if judged is None and not words:
        return SectionState.EMPTY
    if judged is None:
        return SectionState.ENOUGH if words >= section.budget.low else SectionState.THIN
    return SectionState.THIN if words and judged is SectionState.EMPTY else judged  # a note came since


def _rounded(words: int) -> int:
    """Round to what can be foreseen: tens, and fifties from 200 on."""
    step = 50 if words >= 200 else 10
    return (words + step // 2) // step * step
