"""A structure of three sections and a text in its form, for the tests of what becomes of a model's reply."""

from __future__ import annotations

from bot.essay.structure import Section, Structure, WordBudget
from bot.essay.text.sections import split_sections

STRUCTURE = Structure(
    "three",
    "Three",
    "Three sections.",
    (
        Section("missed", "What I missed", "Say it.", WordBudget(5, 20), ("What was missing?",)),
        Section("steps", "What it actually looked like", "Say it.", WordBudget(5, 20), ("Which steps?",)),
        Section("now", "Where I am now", "Say it.", WordBudget(5, 20), ("What is open?",)),
    ),
)
KEYS = tuple(section.key for section in STRUCTURE.sections)
HEADINGS = tuple(section.heading for section in STRUCTURE.sections)
FIRST = "## What I missed\n\nThe build broke.\n"
SECOND = "## What it actually looked like\n\nFirst a year of evenings.\n"
THIRD = "## Where I am now\n\nStill undecided.\n"
GOOD = f"{FIRST}\n{SECOND}\n{THIRD}"


def headings(text: str) -> list[tuple[int, str]]:
    return [(part.level, part.title) for part in split_sections(text) if part.level]
