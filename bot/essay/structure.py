"""A structure: the ordered sections of a kind of career essay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WordBudget:
    """How long a text should be, in words, both ends included."""

    low: int
    high: int

    def __contains__(self, words: object) -> bool:
        return isinstance(words, int) and self.low <= words <= self.high

    def __str__(self) -> str:
        return f"{self.low}–{self.high}"


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a structure.

    ``key`` is unique within the structure and safe in a file, a URL or a button id; ``purpose`` says what the part
    does for a reader; ``questions`` draw the material out of a writer, the most productive first; answers to those that
    are also in ``private`` stay private. The first is never one of them: it is what the section needs.
    """

    key: str
    heading: str
    purpose: str
    budget: WordBudget
    questions: tuple[str, ...]
    private_questions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Structure:
    """A kind of career essay. Section keys are unique; the order is the reader's."""

    key: str
    name: str
    description: str
    sections: tuple[Section, ...]

    @property
    def budget(self) -> WordBudget:
        """The whole post's budget: the sum over its sections, in words."""
        return WordBudget(
            sum(section.budget.low for section in self.sections), sum(section.budget.high for section in self.sections)
        )

    def is_private_question(self, question: str | None) -> bool:
        """Whether answers to a question stay private: they stand in no post, and no model sees them."""
        return any(question in section.private_questions for section in self.sections)

    def find_section(self, key: str | None) -> Section | None:
        """The section with this key, or None where there is none."""
        return next((section for section in self.sections if section.key == key), None)


def collect_private_questions(structures: Mapping[str, Structure]) -> frozenset[str]:
    """The questions of all structures whose answers stay private."""
    return frozenset(
        question
        for structure in structures.values()
        for section in structure.sections
        for question in section.private_questions
    )
