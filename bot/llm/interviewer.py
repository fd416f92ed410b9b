"""The interviewer: sorts notes into sections, asks the next question, and proposes titles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.essay.essay import Question
from bot.essay.facts import defang_links
from bot.llm.caller import ModelCaller
from bot.llm.prompts import Prompt, check_no_private_notes
from bot.llm.reply_schemas import NextQuestionSchema, PlacementsSchema, TitlesSchema, parse_reply
from bot.services.llm_ports import Material, NextQuestion, RawTitle, RefusedQuestion


class ClaudeInterviewer:
    """An Interviewer that asks Claude."""

    def __init__(self, caller: ModelCaller, place: Prompt, next_question: Prompt, titles: Prompt) -> None:
        self._caller = caller
        self._place = place
        self._next_question = next_question
        self._titles = titles

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

    async def next_question(
        self,
        material: Material,
        asked: Sequence[Question],
        *,
        further: bool = False,
        refused: RefusedQuestion | None = None,
    ) -> NextQuestion:
        """See Interviewer. Links in the question are made unclickable."""
        values = _question_values(material, asked, further=further, refused=refused)
        answer = await self._caller.call(
            material.writer, material.essay, self._next_question, values, schema=NextQuestionSchema
        )
        reply = parse_reply(NextQuestionSchema, answer.text)
        text = " ".join(defang_links(reply.question or "").split())
        states = {each.section: each.state for each in reply.sections if each is not None}
        return NextQuestion(reply.section.strip(), text or None, states)

    def max_next_question_cost(self, material: Material, asked: Sequence[Question]) -> int:
        """See Interviewer."""
        values = _question_values(material, asked, further=True, refused=None)
        return self._caller.max_cost(self._next_question, values, schema=NextQuestionSchema)

    async def titles(self, material: Material) -> Sequence[RawTitle]:
        """See Interviewer. Make no call without notes."""
        if not check_no_private_notes(material.notes):
            return ()
        values = {"structure": material.structure, "notes": material.notes}
        answer = await self._caller.call(material.writer, material.essay, self._titles, values, schema=TitlesSchema)
        found = parse_reply(TitlesSchema, answer.text).titles
        return [RawTitle(defang_links(each.title), each.words) for each in found if each is not None]

    def max_titles_cost(self, material: Material) -> int:
        """See Interviewer."""
        if not check_no_private_notes(material.notes):
            return 0
        values = {"structure": material.structure, "notes": material.notes}
        return self._caller.max_cost(self._titles, values, schema=TitlesSchema)


def _question_values(
    material: Material, asked: Sequence[Question], *, further: bool, refused: RefusedQuestion | None
) -> dict[str, object]:
    answered = {note.question for note in material.notes}
    return {
        "structure": material.structure,
        "notes": check_no_private_notes(material.notes),
        "asked": [question for question in asked if question.text not in answered],
        "further": further,
        "refused": refused.text if refused is not None else "",
        "reason": refused.reason if refused is not None else "",
    }
