"""The critic: has a model read a text as an editor who does not know its author."""

from __future__ import annotations

from collections.abc import Sequence

from bot.essay.critique import Action
from bot.essay.structure import Structure
from bot.llm.caller import ModelAnswer, ModelCaller
from bot.llm.prompts import Prompt
from bot.llm.reply_schemas import CritiqueSchema, parse_reply
from bot.services.llm_ports import ProgressCallback, RawCoverage, RawCritique, RawFinding, RawStrength


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
        earlier: Sequence[str] = (),
    ) -> RawCritique:
        """See Critic."""
        values = _template_values(text, structure, measured, earlier)
        answer = await self._caller.call(
            writer, "", self._critique, values, on_progress=on_progress, schema=CritiqueSchema
        )
        return _build_raw_critique(parse_reply(CritiqueSchema, answer.text), structure, answer)

    def max_critique_cost(
        self, text: str, structure: Structure | None, measured: Sequence[str], *, earlier: Sequence[str] = ()
    ) -> int:
        """See Critic."""
        values = _template_values(text, structure, measured, earlier)
        return self._caller.max_cost(self._critique, values, schema=CritiqueSchema)


def _template_values(
    text: str, structure: Structure | None, measured: Sequence[str], earlier: Sequence[str]
) -> dict[str, object]:
    return {"text": text, "structure": structure, "measured": measured, "earlier": earlier}


def _build_raw_critique(reply: CritiqueSchema, structure: Structure | None, answer: ModelAnswer) -> RawCritique:
    """Return a reply without remarks that quote nothing and sections that are not in the structure.

    Count malformed items, since they were paid for.
    """
    quoting = {
        number: each for number, each in enumerate(reply.remarks, 1) if each is not None and each.quotation.strip()
    }
    return RawCritique(
        fix_first=_single_line(reply.fix_first) or "",
        findings=tuple(
            RawFinding(
                quotation=remark.quotation,
                category=remark.category,
                severity=remark.severity,
                effect=_single_line(remark.effect) or "",
                replacement=_none_if_blank(remark.replacement) if remark.action is not Action.ASK else None,
                question=_single_line(remark.question),
                is_cut=remark.action is Action.CUT,
            )
            for remark in quoting.values()
        ),
        strengths=tuple(
            RawStrength(each.quotation, _single_line(each.why) or "")
            for each in reply.strengths
            if each is not None and each.quotation.strip()
        ),
        coverage=tuple(
            RawCoverage(each.section, each.covered, _single_line(each.remark) or "")
            for each in reply.sections
            if each is not None and structure is not None and structure.find_section(each.section) is not None
        ),
        model=answer.model,
        cost=answer.cost,
        fix_first_index=list(quoting).index(reply.fix_first_remark) if reply.fix_first_remark in quoting else None,
        malformed_count=sum(each is None for each in [*reply.remarks, *reply.strengths]),
        earlier_that_hold=tuple(reply.earlier_that_hold),
    )


def _single_line(text: str | None) -> str | None:
    """Return a text on one line, None for an empty one."""
    return " ".join((text or "").split()) or None


def _none_if_blank(text: str | None) -> str | None:
    """Return a replacement as it stands, None for a blank one.

    A blank one is no cut, which the critic says in so many words: it is what a model leaves that has nothing to offer.
    """
    return text if text and text.strip() else None
