"""The critic: reads a text as an editor who does not know its author."""

from __future__ import annotations

from collections.abc import Sequence

from bot.essay.structure import Structure
from bot.llm.caller import Answer, Caller
from bot.llm.prompts import Prompt
from bot.llm.wire import WireCritique, parsed
from bot.workflow.models import On, Opinion, Praise, Remark, SectionRemark


class ClaudeCritic:
    """The Critic port."""

    def __init__(self, caller: Caller, critique: Prompt) -> None:
        self._caller = caller
        self._critique = critique

    async def critique(
        self, writer: str, text: str, structure: Structure | None, measured: Sequence[str], on: On
    ) -> Opinion:
        """See the port."""
        values = _values(text, structure, measured)
        answer = await self._caller.call(writer, self._critique, values, on=on, form=WireCritique)
        return _opinion(parsed(WireCritique, answer.text), structure, answer)

    def critique_at_most(self, text: str, structure: Structure | None, measured: Sequence[str]) -> int:
        """See the port."""
        return self._caller.at_most(self._critique, _values(text, structure, measured), form=WireCritique)


def _values(text: str, structure: Structure | None, measured: Sequence[str]) -> dict[str, object]:
    return {"text": text, "structure": structure, "measured": measured}


def _opinion(said: WireCritique, structure: Structure | None, answer: Answer) -> Opinion:
    """What was said, without what says nothing: remarks without a quotation, sections that are not in the structure.

    A remark out of form is counted, since it was paid for.
    """
    quoting = {place: each for place, each in enumerate(said.remarks, 1) if each is not None and each.quotation.strip()}
    return Opinion(
        fix_first=_words(said.fix_first) or "",
        remarks=tuple(
            Remark(
                quotation=remark.quotation,
                category=remark.category,
                severity=remark.severity,
                effect=_words(remark.effect) or "",
                replacement=_or_none(remark.replacement),
                question=_words(remark.question),
            )
            for remark in quoting.values()
        ),
        praise=tuple(
            Praise(each.quotation, _words(each.why) or "")
            for each in said.strengths
            if each is not None and each.quotation.strip()
        ),
        sections=tuple(
            SectionRemark(each.section, each.covered, _words(each.remark) or "")
            for each in said.sections
            if each is not None and structure is not None and structure.section(each.section) is not None
        ),
        model=answer.model,
        cost=answer.cost,
        fixes=list(quoting).index(said.fix_first_remark) if said.fix_first_remark in quoting else None,
        misshapen=sum(each is None for each in [*said.remarks, *said.strengths]),
    )


def _words(text: str | None) -> str | None:
    """A remark on one line, None for an empty one."""
    return " ".join((text or "").split()) or None


def _or_none(text: str | None) -> str | None:
    """A replacement as it stands, None for no replacement. An empty one is none: a deletion is asked for as a question
    or put in words, since an empty string is also what a model leaves where it has nothing to offer.
    """
    return text if text and text.strip() else None
