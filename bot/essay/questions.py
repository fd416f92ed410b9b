"""Decide which questions a model may see, when two questions are the same, and whether one of a model's may be put."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rapidfuzz import fuzz, utils

from bot.essay.essay import Note, Question
from bot.essay.structure import Structure
from bot.essay.text.privacy_marks import has_private_mark

# rapidfuzz's ratio (0 to 100) without case and punctuation. A question with one word moved or left out reaches 90; two
# that differ in the person ("What did your manager say?", "What did your mother say?") do not.
_MIN_SAME_QUESTION_SIMILARITY = 90
# A question of so many words is still the same with words added before ("Tell me,") or after it ("word for word"), up
# to half as many. A shorter one is not: "What did it cost in sleep?" is another question than "What did it cost?"
_MIN_CONTAINED_WORDS = 5

MAX_QUESTION_CHARACTERS = 300  # the structures' own questions end there too
# The characters that Unicode names QUESTION MARK; Greek's own looks like a semicolon.
_QUESTION_MARKS = re.compile("[?\u037e？؟፧՞᥅⳺⳻꘏꛷⁇⁈⁉︖﹖]+")
_QUOTATION = re.compile('["“„«「『](?P<words>[^"“”„«»「」『』]+)["”“»」』]')
_ADDRESS = re.compile(r"\S*(?:://|@)\S+")
_NUMBER = re.compile(r"\d{2,}")  # "name 3 pieces of work" gives nothing away

PRIVATE_ANSWER_NOTICE = "Your answer stays private: it stands in no post and no model sees it."
"""Shown beside a question whose answers stay private."""


def is_structure_question(structure: Structure, question: str) -> bool:
    """Return whether a question is the structure's own.

    Any other was asked about an answer, and may quote it.
    """
    return any(question in section.questions for section in structure.sections)


def is_same_question(one: str, other: str) -> bool:
    """Return whether two questions are nearly equal, or one is the other with a few words before or after it."""
    shorter, longer = sorted((utils.default_process(one).split(), utils.default_process(other).split()), key=len)
    extra_words, wanted = len(longer) - len(shorter), " ".join(shorter)
    if fuzz.ratio(wanted, " ".join(longer)) >= _MIN_SAME_QUESTION_SIMILARITY:
        return True
    if len(shorter) < _MIN_CONTAINED_WORDS or 2 * extra_words > len(shorter):
        return False
    return any(
        fuzz.ratio(wanted, " ".join(longer[at : at + len(shorter)])) >= _MIN_SAME_QUESTION_SIMILARITY
        for at in (0, extra_words)
    )


def why_not_askable(text: str, asked: Sequence[str], given: Sequence[str]) -> str | None:
    """Return why a model's question cannot be put, to go on after "because"; None where it can.

    ``asked`` are all questions so far. ``given`` are the texts that may vouch for a number, a quotation or an address
    in it: one that nobody gave would come back as a fact in the answer.
    """
    bare = _QUOTATION.sub("", text)
    if len(text) > MAX_QUESTION_CHARACTERS:
        return f"it is longer than {MAX_QUESTION_CHARACTERS} characters"
    if len(_QUESTION_MARKS.findall(bare)) > 1:
        return "it asks more than one thing"
    if not any(map(str.isalpha, bare)):
        return "it asks nothing"
    if has_private_mark(text):
        return "it holds the mark of what is to be left out"
    if any(is_same_question(text, old) for old in asked):
        return "it was asked before"
    words = " ".join(" ".join(given).split()).casefold()
    if any(address.strip(".,?!").casefold() not in words for address in _ADDRESS.findall(text)):
        return "it names an address that nobody gave"
    numbers = {number[-2:] for number in _NUMBER.findall(words)}  # '19 for 2019, and the other way round
    if any(number not in words and number[-2:] not in numbers for number in _NUMBER.findall(text)):
        return "it names a number that nobody gave"
    if any(found["words"].strip(" ,.?!").casefold() not in words for found in _QUOTATION.finditer(text)):
        return "it quotes words that nobody wrote"
    return None


def notes_for_model(structure: Structure, notes: Sequence[Note]) -> tuple[Note, ...]:
    """Return the notes that a model may see, without their private passages.

    If anything in a section is private, a model's questions are taken off that section's notes, since they may repeat
    it. The store keeps them, and they are shown again once nothing there is private.
    """
    private_sections = _private_sections(notes)
    return tuple(
        replace(note, text=note.public_text, question=None)
        if note.question is not None
        and note.section in private_sections
        and not is_structure_question(structure, note.question)
        else replace(note, text=note.public_text)
        for note in notes
        if not note.is_private
    )


def questions_for_model(structure: Structure, asked: Sequence[Question], notes: Sequence[Note]) -> tuple[Question, ...]:
    """Return the questions asked so far that a model may see, in order.

    The rule is that of ``notes_for_model``. ``notes`` are all the notes of the essay.
    """
    private_sections = _private_sections(notes)
    return tuple(
        one for one in asked if one.section not in private_sections or is_structure_question(structure, one.text)
    )


def _private_sections(notes: Sequence[Note]) -> frozenset[str | None]:
    """Return the sections (None for no section) in which something is private."""
    return frozenset(note.section for note in notes if note.is_excluded or note.private_passages)
