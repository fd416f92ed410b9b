"""The drafter writes the post from the notes, or the sections that a truncated draft lacks; the reviser one section."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.errors import BadReply
from bot.essay.model_output.boilerplate import is_not_a_section, remove_preface
from bot.essay.model_output.reply_parsing import is_not_a_post, parse_revision
from bot.essay.structure import Section, Structure
from bot.essay.text.gaps import format_gap
from bot.essay.text.sections import split_sections
from bot.llm.caller import ModelAnswer, ModelCaller
from bot.llm.prompts import Prompt, check_no_private_notes
from bot.services.llm_ports import Material, ModelText, ProgressCallback


class ClaudeDrafter:
    """A Drafter that asks Claude."""

    def __init__(self, caller: ModelCaller, draft: Prompt, finish: Prompt) -> None:
        self._caller = caller
        self._draft = draft
        self._finish = finish

    async def draft(self, material: Material, on_progress: ProgressCallback) -> ModelText:
        """See Drafter. Raise BadReply for a reply that is no draft, such as a refusal in prose."""
        answer = await self._caller.call(
            material.writer, material.essay, self._draft, _draft_values(material), on_progress=on_progress
        )
        return _validated_draft(answer, material.structure, material.structure.sections)

    def max_draft_cost(self, material: Material) -> int:
        """See Drafter."""
        return self._caller.max_cost(self._draft, _draft_values(material))

    async def finish(self, material: Material, sections: Sequence[str], on_progress: ProgressCallback) -> ModelText:
        """See Drafter. Raise BadReply as ``draft`` does, ValueError where no section of the structure is wanted."""
        values = _finish_values(material, sections)
        answer = await self._caller.call(material.writer, material.essay, self._finish, values, on_progress=on_progress)
        return _validated_draft(answer, material.structure, _requested_sections(material.structure, sections))

    def max_finish_cost(self, material: Material, sections: Sequence[str]) -> int:
        """See Drafter. Raise ValueError as ``finish`` does."""
        return self._caller.max_cost(self._finish, _finish_values(material, sections))


def _draft_values(material: Material) -> dict[str, object]:
    return {
        "gap": format_gap,
        "structure": material.structure,
        "title": material.title,
        "notes": check_no_private_notes(material.notes),
    }


def _finish_values(material: Material, sections: Sequence[str]) -> dict[str, object]:
    wanted = _requested_sections(material.structure, sections)
    return {**_draft_values(material), "text": material.text, "wanted": wanted}


def _requested_sections(structure: Structure, sections: Sequence[str]) -> list[Section]:
    wanted = [section for section in structure.sections if section.key in sections]
    if not wanted:
        raise ValueError("there is no section to write")
    return wanted


def _validated_draft(answer: ModelAnswer, structure: Structure, wanted: Sequence[Section]) -> ModelText:
    if not answer.is_truncated and is_not_a_post(answer.text, structure, [section.key for section in wanted]):
        raise BadReply.not_the_requested_text()
    return model_text(answer)


def model_text(answer: ModelAnswer) -> ModelText:
    """Return an answer as the ports give it."""
    return ModelText(answer.text, answer.model, answer.is_truncated, answer.cost)


class ClaudeReviser:
    """A Reviser that asks Claude."""

    def __init__(self, caller: ModelCaller, revise: Prompt) -> None:
        self._caller = caller
        self._revise = revise

    async def revise(
        self, material: Material, index: int, instruction: str, on_progress: ProgressCallback
    ) -> ModelText:
        """See Reviser. Strip a heading, code fence or announcement around the section, and drop other sections.

        Raise BadReply for a reply that holds nothing else, or that is no section, such as a refusal in prose.
        """
        text, values = material.text, _revision_values(material, index, instruction)
        answer = await self._caller.call(material.writer, material.essay, self._revise, values, on_progress=on_progress)
        result = model_text(answer)
        given = [text, instruction, *(note.text for note in material.notes)]
        body = remove_preface(parse_revision(result.text, text, index, given), given)
        if not result.is_truncated and is_not_a_section(body, given):
            raise BadReply.not_the_requested_text()
        return replace(result, text=body)

    def max_revise_cost(self, material: Material, index: int, instruction: str) -> int:
        """See Reviser."""
        return self._caller.max_cost(self._revise, _revision_values(material, index, instruction))


def _revision_values(material: Material, index: int, instruction: str) -> dict[str, object]:
    return {
        "structure": material.structure,
        "notes": check_no_private_notes(material.notes),
        "text": material.text,
        "section": split_sections(material.text)[index],
        "instruction": instruction,
    }
