"""A critique as a model writes it: between tags, in the form that `prompts/critique.md` asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def finding_tags(
    quotation: str | None,
    category: str = "vague",
    severity: str = "serious",
    effect: str | None = "",
    *,
    replacement: str | None = None,
    cut: bool = False,
    question: str | None = None,
) -> str:
    """One finding. What is None has no tag."""
    fields = {"quotation": quotation, "effect": effect, "replacement": replacement, "question": question}
    inside = [f"<{name}>{text}</{name}>" for name, text in fields.items() if text is not None]
    if cut:
        inside.append("<cut/>")
    return "\n".join((f'<finding category="{category}" severity="{severity}">', *inside, "</finding>"))


def critique_tags(
    findings: Sequence[Mapping[str, Any] | str] = (),
    *,
    strengths: Mapping[str, str] | None = None,
    sections: Sequence[tuple[str, str, str]] = (),
    fix_first: str = "",
    fixes: object = None,
    earlier_that_hold: str | None = None,
) -> str:
    """A whole critique. ``strengths`` says why by quotation; a section is its key, how far it is covered, a remark;
    ``fixes`` is the number of the finding that ``fix_first`` is about."""
    parts = [] if earlier_that_hold is None else [f"<earlier_that_hold>{earlier_that_hold}</earlier_that_hold>"]
    parts += [one if isinstance(one, str) else finding_tags(**one) for one in findings]
    parts += [
        f"<strength><quotation>{words}</quotation><why>{why}</why></strength>"
        for words, why in (strengths or {}).items()
    ]
    parts += [f'<section key="{key}" covered="{covered}">{remark}</section>' for key, covered, remark in sections]
    number = "" if fixes is None else f' finding="{fixes}"'
    return "\n".join((*parts, f"<fix_first{number}>{fix_first}</fix_first>"))
