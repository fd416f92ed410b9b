"""The drafter writes the post from the notes, or the sections that a truncated draft lacks; the reviser one passage.

What a model wrote is returned as it came: ``bot.essay.tagged_draft`` reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.essay.matching import match_section
from bot.essay.structure import Section, Structure
from bot.essay.text.gaps import format_gap
from bot.essay.text.sections import TextSection, split_sections
from bot.llm.caller import ModelCaller
from bot.llm.prompts import Prompt, check_no_private_notes
from bot.services.llm_ports import Material, ModelText, ProgressCallback


class _TextWriter:
    """Makes the calls whose answer is text."""

    def __init__(self, caller: ModelCaller) -> None:
        self._caller = caller

    async def _write(
        self, material: Material, prompt: Prompt, values: Mapping[str, object], on_progress: ProgressCallback
    ) -> ModelText:
        answer = await self._caller.call(material.writer, material.essay, prompt, values, on_progress=on_progress)
        return ModelText(answer.text, answer.model, answer.is_truncated, answer.cost)


class ClaudeDrafter(_TextWriter):
    """A Drafter that asks Claude."""

    def __init__(self, caller: ModelCaller, draft: Prompt, finish: Prompt) -> None:
        super().__init__(caller)
        self._draft = draft
        self._finish = finish

    async def draft(self, material: Material, on_progress: ProgressCallback) -> ModelText:
        """See Drafter."""
        return await self._write(material, self._draft, _draft_values(material), on_progress)

    def max_draft_cost(self, material: Material) -> int:
        """See Drafter."""
        return self._caller.max_cost(self._draft, _draft_values(material))

    async def finish(self, material: Material, sections: Sequence[str], on_progress: ProgressCallback) -> ModelText:
        """See Drafter. Raise ValueError where no section of the structure is wanted."""
        return await self._write(material, self._finish, _finish_values(material, sections), on_progress)

    def max_finish_cost(self, material: Material, sections: Sequence[str]) -> int:
        """See Drafter. Raise ValueError as ``finish`` does."""
        return self._caller.max_cost(self._finish, _finish_values(material, sections))


class ClaudeReviser(_TextWriter):
    """A Reviser that asks Claude."""

    def __init__(self, caller: ModelCaller, revise: Prompt, fill: Prompt) -> None:
        super().__init__(caller)
        self._revise = revise
        self._fill = fill

    async def revise(
        self, material: Material, index: int, instruction: str, on_progress: ProgressCallback
    ) -> ModelText:
        """See Reviser."""
        return await self._write(material, self._revise, _revision_values(material, index, instruction), on_progress)

    def max_revise_cost(self, material: Material, index: int, instruction: str) -> int:
        """See Reviser."""
        return self._caller.max_cost(self._revise, _revision_values(material, index, instruction))

    async def fill(
        self, material: Material, heading: str, passage: str, note: int, on_progress: ProgressCallback
    ) -> ModelText:
        """See Reviser."""
        return await self._write(material, self._fill, _fill_values(material, heading, passage, note), on_progress)

    def max_fill_cost(self, material: Material, heading: str, passage: str, note: int) -> int:
        """See Reviser."""
        return self._caller.max_cost(self._fill, _fill_values(material, heading, passage, note))


def essay_values(material: Material) -> dict[str, object]:
    changes = _changed_parts(material.base, material.text)
    return {
        "structure": material.structure,
        "notes": check_no_private_notes(material.notes),
        "voice": material.voice,
        "text": material.text,
        "base": "" if changes is None else material.base,
        "changes": changes or (),
    }


def _changed_parts(base: str, text: str) -> Sequence[TextSection] | None:
    """Return the parts of a text that differ from its base; None where it is better sent as a whole."""
    before, now = split_sections(base), split_sections(text)
    if not base or [part.heading_source for part in before] != [part.heading_source for part in now]:
        return None
    changed = [part for old, part in zip(before, now, strict=True) if part.body != old.body]
    return changed if 2 * sum(len(part.body) for part in changed) < len(text) else None


def _draft_values(material: Material) -> dict[str, object]:
    return {
        **essay_values(material),
        "gap": format_gap,
        # An essay that was given no title bears its structure's name, which says nothing of this post.
        "title": "" if material.title == material.structure.name else material.title,
        "open_questions": material.open_questions,
        "declined_questions": material.declined_questions,
    }


def _finish_values(material: Material, sections: Sequence[str]) -> dict[str, object]:
    wanted = _requested_sections(material.structure, sections)
    return {**_draft_values(material), "wanted": wanted}


def _requested_sections(structure: Structure, sections: Sequence[str]) -> list[Section]:
    wanted = [section for section in structure.sections if section.key in sections]
    if not wanted:
        raise ValueError("there is no section to write")
    return wanted


def _revision_values(material: Material, index: int, instruction: str) -> dict[str, object]:
    part = split_sections(material.text)[index]
    section = match_section(material.structure, part.title) if part.level else None
    return {**essay_values(material), "part": part, "section": section, "instruction": instruction}


def _fill_values(material: Material, heading: str, passage: str, note: int) -> dict[str, object]:
    return {**essay_values(material), "heading": heading, "passage": passage, "note": note}
