"""Which answers of an interview may be followed up, and which of them first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.essay.essay import Answered, Note, Question
from bot.essay.questions import is_own
from bot.essay.specifics import is_generic, specifics
from bot.essay.structure import Structure
from bot.essay.text.words import count_words

FOLLOW_UPS = 2  # on one section: after two, people repeat themselves


@dataclass(frozen=True, slots=True)
class OpenAnswers:
    """Answers that may be followed up: the one just given, if it is one of them, and those before it.

    ``earlier`` begins with what leaves most open: the answers without a number, name, date or quotation, and of these
    the shortest.
    """

    fresh: Note | None
    earlier: tuple[Note, ...]


def open_answers(structure: Structure, asked: Sequence[Question], notes: Sequence[Note]) -> OpenAnswers:
    """The answers that are not left out, have not been followed up, and whose section has follow-ups left.

    The newest note is the answer just given, whenever its question was asked: one that was skipped may be returned to.
    """
    answered = {(one.section, one.text): one for one in asked if one.state is Answered.ANSWERED}
    born = [one for one in asked if not is_own(structure, one.text)]
    found = []
    for note in notes:
        question = answered.get((note.section or "", note.question or ""))
        if question is None or note.is_private or structure.section(note.section) is None:
            continue
        mine = [one for one in born if one.section == question.section]
        if len(mine) < FOLLOW_UPS and not any(_is_on(one, question, note, notes) for one in mine):
            found.append(note)
    fresh = found.pop() if found and found[-1] == notes[-1] else None
    return OpenAnswers(fresh, tuple(sorted(found, key=_told)))


def _is_on(follow_up: Question, question: Question, answer: Note, notes: Sequence[Note]) -> bool:
    """Whether a follow-up of the same section came after this answer.

    By their numbers, which a return to a skipped question turns round: what was answered before it is not on it.
    """
    before = any(one.question == follow_up.text and one.number < answer.number for one in notes)
    return follow_up.number > question.number and not before


def _told(note: Note) -> tuple[bool, int, int]:
    """Least for the answer that leaves most open. A job title names nobody."""
    specific = any(one.kind != "name" or not is_generic(one) for one in specifics(note.public))
    return specific, count_words(note.public), note.number
