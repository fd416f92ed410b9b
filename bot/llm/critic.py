"""The critic: reads a text as an editor who does not know its author."""

from __future__ import annotations

from collections.abc import Sequence

from bot.essay.structure import Structure
from bot.llm.caller import ModelAnswer, ModelCaller
from bot.llm.prompts import Prompt
from bot.llm.reply_schemas import CritiqueSchema, parse_reply
from bot.services.llm_ports import ProgressCallback, RawCoverage, RawCritique, RawFinding, RawStrength


class ClaudeCritic:
    """The Critic port."""

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
    ) -> RawCritique:
        """See the port."""
        values = _template_values(text, structure, measured)
        answer = await self._caller.call(writer, self._critique, values, on_progress=on_progress, schema=CritiqueSchema)
        return _build_raw_critique(parse_reply(CritiqueSchema, answer.text), structure, answer)

    def max_critique_cost(self, text: str, structure: Structure | None, measured: Sequence[str]) -> int:
        """See the port."""
        return self._caller.max_cost(self._critique, _template_values(text, structure, measured), schema=CritiqueSchema)


def _template_values(text: str, structure: Structure | None, measured: Sequence[str]) -> dict[str, object]:
    return {"text": text, "structure": structure, "measured": measured}


def _build_raw_critique(said: CritiqueSchema, structure: Structure | None, answer: ModelAnswer) -> RawCritique:
    """What was said, without what says nothing: remarks without a quotation, sections that are not in the structure.

    A remark out of form is counted, since it was paid for.
    """
    quoting = {place: each for place, each in enumerate(said.remarks, 1) if each is not None and each.quotation.strip()}
    return RawCritique(
        fix_first=_single_line(said.fix_first) or "",
        findings=tuple(
            RawFinding(
                quotation=remark.quotation,
                category=remark.category,
                severity=remark.severity,
                effect=_single_line(remark.effect) or "",
                replacement=_none_if_blank(remark.replacement),
                question=_single_line(remark.question),
            )
            for remark in quoting.values()
        ),
        strengths=tuple(
            RawStrength(each.quotation, _single_line(each.why) or "")
            for each in said.strengths
            if each is not None and each.quotation.strip()
        ),
        coverage=tuple(
            RawCoverage(each.section, each.covered, _single_line(each.remark) or "")
            for each in said.sections
            if each is not None and structure is not None and structure.section(each.section) is not None
        ),
        model=answer.model,
        cost=answer.cost,
        fix_first_index=list(quoting).index(said.fix_first_remark) if said.fix_first_remark in quoting else None,
        malformed_count=sum(each is None for each in [*said.remarks, *said.strengths]),
    )


def _single_line(text: str | None) -> str | None:
    """A remark on one line, None for an empty one."""
    return " ".join((text or "").split()) or None


def _none_if_blank(text: str | None) -> str | None:
    """A replacement as it stands, None for no replacement. An empty one is none: a deletion is asked for as a question
    or put in words, since an empty string is also what a model leaves where it has nothing to offer.
    """
    return text if text and text.strip() else None
