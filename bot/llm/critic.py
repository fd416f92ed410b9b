"""The critic: has a model read a text as an editor who does not know its author."""

from __future__ import annotations

from collections.abc import Sequence

from bot.essay.structure import Structure
from bot.llm.caller import ModelCaller
from bot.llm.critique_reply import parse_critique
from bot.llm.drafter import essay_values
from bot.llm.prompts import Prompt
from bot.services.llm_ports import Material, ProgressCallback, RawCritique


class ClaudeCritic:
    """A Critic that asks Claude."""

    def __init__(self, caller: ModelCaller, critique: Prompt) -> None:
        self._caller = caller
        self._critique = critique

    async def critique(
        self,
        writer: str,
        text: str,
        structure: Structure | None,
        measured: Sequence[str],
        on_progress: ProgressCallback,
        *,
        essay: Material | None = None,
        earlier: Sequence[str] = (),
    ) -> RawCritique:
        """See Critic."""
        values = _template_values(text, structure, measured, essay, earlier)
        answer = await self._caller.call(
            writer, essay.essay if essay else "", self._critique, values, on_progress=on_progress
        )
        return parse_critique(answer, structure)

    def max_critique_cost(
        self,
        text: str,
        structure: Structure | None,
        measured: Sequence[str],
        *,
        essay: Material | None = None,
        earlier: Sequence[str] = (),
    ) -> int:
        """See Critic."""
        return self._caller.max_cost(self._critique, _template_values(text, structure, measured, essay, earlier))


def _template_values(
    text: str,
    structure: Structure | None,
    measured: Sequence[str],
    essay: Material | None,
    earlier: Sequence[str],
) -> dict[str, object]:
    """Return what the prompt is given. What an essay has cached for its revisions is sent in the same words."""
    pasted = {"structure": structure, "notes": (), "text": text, "base": "", "changes": ()}
    return {**(essay_values(essay) if essay else pasted), "measured": measured, "earlier": earlier}
