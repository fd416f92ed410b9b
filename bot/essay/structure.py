"""A structure: the ordered sections of a kind of career essay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WordBudget:
    """How long a text should be, in words; both ends are allowed."""

    low: int
    high: int

    def __contains__(self, words: object) -> bool:
        return isinstance(words, int) and self.low <= words <= self.high

    def __str__(self) -> str:
        return f"{self.low:,}–{self.high:,}"


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a structure.

    ``key`` is unique within the structure and safe in a file name, a URL and a button's id. ``purpose`` is what the
    section does for a reader. ``questions`` ask a writer for material, the most productive first. Answers to
    ``private_questions`` stay private; the first question is never one of them, because the section depends on it.
    """

    key: str
    heading: str
    purpose: str
    budget: WordBudget
    questions: tuple[str, ...]
    private_questions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Structure:
    """A kind of career essay: its sections in the reader's order, each with a unique key."""

    key: str
    name: str
    description: str
    sections: tuple[Section, ...]

    @property
    def budget(self) -> WordBudget:
        """Return the budget of the whole post, the sum of its sections'."""
        return WordBudget(
            sum(section.budget.low for section in self.sections), sum(section.budget.high for section in self.sections)
        )

    def is_private_question(self, question: str | None) -> bool:
        """Return whether answers to a question stay private: kept from posts and from models."""
        return any(question in section.private_questions for section in self.sections)

    def find_section(self, key: str | None) -> Section | None:
        """Return the section with this key, or None."""
        return next((section for section in self.sections if section.key == key), None)


def collect_private_questions(structures: Mapping[str, Structure]) -> frozenset[str]:
    """Return the private questions of all structures."""
    return frozenset(
        question
        for structure in structures.values()
        for section in structure.sections
        for question in section.private_questions
    )
