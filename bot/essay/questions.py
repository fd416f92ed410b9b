"""Tell which questions a model may be shown, and when two of them are the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rapidfuzz import fuzz, utils

from bot.essay.essay import Note, Question
from bot.essay.structure import Structure

# Of 100, after case and punctuation: the same question with a word turned round or left out comes to 90 and more,
# two questions in one mould about different people ("What did your manager say?", "What did your mother say?") to less.
_MIN_SAME_QUESTION_SIMILARITY = 90
# The words that a question must have to be known again with a head ("Tell me,") or a tail ("word for word") of half as
# many at most: "What did it cost?" is another question than "What did it cost in sleep?"
_MIN_CONTAINED_WORDS = 5

PRIVATE_ANSWER_NOTICE = "Your answer stays private: it stands in no post and no model sees it."
"""What is said beside a question whose answers stay private."""


def is_structure_question(structure: Structure, question: str) -> bool:
    """Whether a question is the structure's own; any other was born of an answer and may quote it."""
    return any(question in section.questions for section in structure.sections)


def is_same_question(one: str, other: str) -> bool:
    """Whether two questions are the same, or nearly, or one is the other with a few words before or behind it."""
    short, long = sorted((utils.default_process(one).split(), utils.default_process(other).split()), key=len)
    more, wanted = len(long) - len(short), " ".join(short)
    if fuzz.ratio(wanted, " ".join(long)) >= _MIN_SAME_QUESTION_SIMILARITY:
        return True
    if len(short) < _MIN_CONTAINED_WORDS or 2 * more > len(short):
        return False
    return any(
        fuzz.ratio(wanted, " ".join(long[at : at + len(short)])) >= _MIN_SAME_QUESTION_SIMILARITY for at in (0, more)
    )


def notes_for_model(structure: Structure, notes: Sequence[Note]) -> tuple[Note, ...]:
    """The notes that a model may see, each as it may see it: without private passages.

    A question that was born of an answer is taken off where something of its section is private, whichever came first:
    it may hold those words. It stays in the store, and is shown again once nothing there is private.
    """
    closed = _private_sections(notes)
    return tuple(
        replace(note, text=note.public_text, question=None)
        if note.question is not None and note.section in closed and not is_structure_question(structure, note.question)
        else replace(note, text=note.public_text)
        for note in notes
        if not note.is_private
    )


def questions_for_model(structure: Structure, asked: Sequence[Question], notes: Sequence[Note]) -> tuple[str, ...]:
    """The questions put so far that a model may see, in order, by the same rule: ``notes`` are all of the essay's."""
    closed = _private_sections(notes)
    return tuple(one.text for one in asked if one.section not in closed or is_structure_question(structure, one.text))


def _private_sections(notes: Sequence[Note]) -> frozenset[str | None]:
    """The sections that hold something private."""
    return frozenset(note.section for note in notes if note.is_excluded or note.private_passages)
