"""The interviewer: sorts notes into sections and asks one question on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.essay.essay import Note
from bot.essay.questions import is_same_question
from bot.essay.structure import Section, Structure
from bot.llm.caller import Caller
from bot.llm.material import shown
from bot.llm.prompts import Prompt
from bot.llm.wire import WirePlacements, WireQuestion, parsed

QUESTION_LENGTH = 300  # characters; the structures' own questions end there too
# What ends a question in one script or another: the characters that Unicode names QUESTION MARK. Greek writes the
# semicolon for its own, and Armenian sets the mark over the vowel that rises, seldom the last.
_ASKS = "?\u037e？؟፧᥅⳺⳻꘏꛷⁇⁈⁉︖﹖"
_ARMENIAN = "՞"
_GREEK_END = re.compile(r"[\u0370-\u03ff\u1f00-\u1fff];$")
_CLOSERS = "\"'”’»)]』」*_ "


class ClaudeInterviewer:
    """The Interviewer port."""

    def __init__(self, caller: Caller, place: Prompt, follow_up: Prompt) -> None:
        self._caller = caller
        self._place = place
        self._follow_up = follow_up

    async def place(self, writer: str, structure: Structure, notes: Sequence[Note]) -> Mapping[int, str]:
        """See the port. Without notes no call is made."""
        if not shown(notes):
            return {}
        values = {"structure": structure, "notes": notes}
        answer = await self._caller.call(writer, self._place, values, form=WirePlacements)
        numbers = {note.number for note in notes}
        found = [each for each in parsed(WirePlacements, answer.text).placements if each is not None]
        return {each.note: each.section for each in found if each.note in numbers and structure.section(each.section)}

    async def follow_up(
        self, writer: str, structure: Structure, section: Section, notes: Sequence[Note], asked: Sequence[str]
    ) -> str | None:
        """See the port. Without notes no call is made; what comes back is None unless it is one new, short question."""
        if not shown(notes):
            return None
        values = {"section": section, "notes": notes, "asked": asked}
        answer = await self._caller.call(writer, self._follow_up, values, form=WireQuestion)
        question = (parsed(WireQuestion, answer.text).question or "").strip()
        return question if is_new_question(question, asked) else None


def is_new_question(question: str, asked: Sequence[str]) -> bool:
    """Whether this is one line, a question of bearable length, and none of those asked, nor nearly."""
    if not question or len(question) > QUESTION_LENGTH or len(question.splitlines()) != 1:
        return False
    end = question.rstrip(_CLOSERS)
    if not (end.endswith(tuple(_ASKS)) or _GREEK_END.search(end) or _ARMENIAN in question):
        return False
    return not any(is_same_question(question, old) for old in asked)
