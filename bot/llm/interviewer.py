"""The interviewer: sorts notes into sections and asks follow-up questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.essay.facts import defang_links
from bot.essay.model_output.question_extraction import extract_question
from bot.essay.questions import is_same_question
from bot.essay.structure import Section
from bot.llm.caller import ModelCaller
from bot.llm.prompts import Prompt, check_no_private_notes
from bot.llm.reply_schemas import PlacementsSchema, QuestionSchema, parse_reply
from bot.services.llm_ports import Material

MAX_QUESTION_CHARACTERS = 300  # the structures' own questions end there too


class ClaudeInterviewer:
    """An Interviewer that asks Claude."""

    def __init__(self, caller: ModelCaller, place: Prompt, follow_up: Prompt) -> None:
        self._caller = caller
        self._place = place
        self._follow_up = follow_up

    async def place_notes(self, material: Material) -> Mapping[int, str]:
        """See Interviewer. Make no call without notes."""
        notes, structure = check_no_private_notes(material.notes), material.structure
        if not notes:
            return {}
        values = {"structure": structure, "notes": notes}
        answer = await self._caller.call(material.writer, material.essay, self._place, values, schema=PlacementsSchema)
        numbers = {note.number for note in notes}
        found = [each for each in parse_reply(PlacementsSchema, answer.text).placements if each is not None]
        return {
            each.note: each.section for each in found if each.note in numbers and structure.find_section(each.section)
        }

    def max_place_notes_cost(self, material: Material) -> int:
        """See Interviewer."""
        if not check_no_private_notes(material.notes):
            return 0
        values = {"structure": material.structure, "notes": material.notes}
        return self._caller.max_cost(self._place, values, schema=PlacementsSchema)

    async def follow_up(self, material: Material, section: Section, asked: Sequence[str]) -> str | None:
        """See Interviewer. Make no call without notes. Return None for a reply that asks no new, short question."""
        if not check_no_private_notes(material.notes):
            return None
        values = {"section": section, "notes": material.notes, "asked": asked}
        answer = await self._caller.call(
            material.writer, material.essay, self._follow_up, values, schema=QuestionSchema
        )
        return extract_new_question(parse_reply(QuestionSchema, answer.text).question or "", asked)

    def max_follow_up_cost(self, material: Material, section: Section, asked: Sequence[str]) -> int:
        """See Interviewer."""
        if not check_no_private_notes(material.notes):
            return 0
        values = {"section": section, "notes": material.notes, "asked": asked}
        return self._caller.max_cost(self._follow_up, values, schema=QuestionSchema)


def extract_new_question(reply: str, asked: Sequence[str]) -> str | None:
    """Return the question of a reply, None if it is too long or nearly one of those asked."""
    question = extract_question(defang_links(reply))
    if (
        question is None
        or len(question) > MAX_QUESTION_CHARACTERS
        or any(is_same_question(question, old) for old in asked)
    ):
        return None
    return question
