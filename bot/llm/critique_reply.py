"""Read a critique as a model writes it, between tags.

A finding is ``<finding category="…" severity="…"><quotation>…</quotation><effect>…</effect>``, what it wants done, and
``</finding>``: ``<replacement>…</replacement>``, ``<cut/>`` or ``<question>…</question>``. Beside the findings stand
``<strength><quotation>…</quotation><why>…</why></strength>``, ``<section key="…" covered="…">…</section>``,
``<earlier_that_hold>2, 5</earlier_that_hold>`` and ``<fix_first finding="3">…</fix_first>``. Words between tags quote
a text letter for letter, where JSON would need escapes. What stands elsewhere is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from bot.errors import BadReply
from bot.essay.critique import Category, CoverageLevel, Severity
from bot.essay.structure import Structure
from bot.essay.tags import TagReader
from bot.llm.caller import ModelAnswer
from bot.llm.reply_schemas import normalize_word
from bot.services.llm_ports import RawCoverage, RawCritique, RawFinding, RawStrength

_ITEMS = ("finding", "strength", "section", "earlier_that_hold", "fix_first")
_FIELDS = ("quotation", "effect", "replacement", "cut", "question", "why")
_TAGS = TagReader(*_ITEMS, *_FIELDS)
_NUMBER = re.compile(r"(?<![\d.-])\d{1,6}(?!\.?\d)")  # of a finding: there are never more


@dataclass
class _Item:
    """One item of a reply, with the text in it and its fields, the first of each name. ``is_whole`` once it ended."""

    name: str
    attributes: Mapping[str, str]
    text: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    is_whole: bool = False


def parse_critique(answer: ModelAnswer, structure: Structure | None) -> RawCritique:
    """Return the critique in a model's answer, as far as it came.

    A finding that broke off, or quotes nothing, or says nothing of what it quotes, is counted and left out; one whose
    quotation is blank is left out. A section that the structure does not have is left out. Raise BadReply where the
    answer holds no item in this form, or findings of which none can be read, and where it broke off before the first.
    """
    items = list(_read_items(answer.text))
    findings = [_finding(item) for item in items if item.name == "finding"]
    strengths = [_strength(item) for item in items if item.name == "strength"]
    is_cut_off = answer.is_truncated or any(not item.is_whole for item in items[-1:])
    if not items or (not any(findings) and (findings or is_cut_off)):
        raise BadReply.truncated() if answer.is_truncated else BadReply.invalid_format()
    quoting = {number: each for number, each in enumerate(findings, 1) if each is not None and each.quotation}
    fix_first = next((item for item in items if item.name == "fix_first" and item.is_whole), None)
    fixed = _numbers(fix_first.attributes.get("finding", "")) if fix_first else ()
    return RawCritique(
        fix_first=_one_line(fix_first.text) if fix_first else "",
        findings=tuple(quoting.values()),
        strengths=tuple(each for each in strengths if each is not None and each.quotation),
        coverage=tuple(
            RawCoverage(
                item.attributes.get("key", ""), _covered(item.attributes.get("covered", "")), _one_line(item.text)
            )
            for item in items
            if item.name == "section" and structure is not None and structure.find_section(item.attributes.get("key"))
        ),
        model=answer.model,
        cost=answer.cost,
        fix_first_index=list(quoting).index(fixed[0]) if fixed and fixed[0] in quoting else None,
        malformed_count=sum(each is None for each in [*findings, *strengths]),
        earlier_that_hold=tuple(
            number for item in items if item.name == "earlier_that_hold" for number in _numbers(item.text)
        ),
        is_cut_off=is_cut_off,
    )


def _read_items(text: str) -> Iterator[_Item]:
    """Yield the items of a reply. One ends at its closing tag, or where another begins; the last may have broken off.

    A field of an item ends at any tag of ours, so that one left open costs nothing of what follows.
    """
    item: _Item | None = None
    field_name = ""  # "" for what stands in the item itself
    for piece in _TAGS.read(text):
        if isinstance(piece, str):
            if item is not None and field_name:
                item.fields.setdefault(field_name, piece.strip())
            elif item is not None:
                item.text += piece
        elif piece.name in _FIELDS:
            field_name = "" if piece.is_closing or piece.is_empty else piece.name
            if item is not None and piece.is_empty:
                item.fields.setdefault(piece.name, "")
        else:
            if item is not None and (piece.name == item.name or not piece.is_closing):
                yield replace(item, is_whole=True)
                item = None
            if not piece.is_closing:
                item, field_name = _Item(piece.name, piece.attributes), ""
                if piece.is_empty:
                    yield replace(item, is_whole=True)
                    item = None
    if item is not None:
        yield item


def _finding(item: _Item) -> RawFinding | None:
    """Return a finding, None for one that broke off or of which too much is missing."""
    fields = item.fields
    offered = fields.keys() & {"effect", "replacement", "cut", "question"}
    if not item.is_whole or "quotation" not in fields or not offered:
        return None
    return RawFinding(
        quotation=fields["quotation"],
        category=_category(item.attributes.get("category", "")),
        severity=_severity(item.attributes.get("severity", "")),
        effect=_one_line(fields.get("effect", "")),
        # A blank one is no cut, for which there is a tag: it is what a model leaves that has nothing to offer.
        replacement=fields.get("replacement") or None,
        question=_one_line(fields.get("question", "")) or None,
        is_cut="cut" in fields,
    )


def _strength(item: _Item) -> RawStrength | None:
    if not item.is_whole or not item.fields.keys() >= {"quotation", "why"}:
        return None
    return RawStrength(item.fields["quotation"], _one_line(item.fields["why"]))


def _category(word: str) -> Category:
    """Return a category, the vaguest for a label of the model's own, so that no finding is lost for its label.

    People agree on where a fault is, seldom on its name (LAMP, arXiv 2409.14509).
    """
    return next((one for one in Category if normalize_word(one) == normalize_word(word)), Category.UNCLEAR)


def _severity(word: str) -> Severity:
    """Return a severity, the middle one for an unknown word: it is neither put first nor lost at the end."""
    return next((one for one in Severity if one == normalize_word(word)), Severity.SERIOUS)


def _covered(word: str) -> CoverageLevel:
    """Return how far a section is covered, the middle grade for an unknown word."""
    return next((one for one in CoverageLevel if one == normalize_word(word)), CoverageLevel.THIN)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(one) for one in _NUMBER.findall(text))


def _one_line(text: str) -> str:
    return " ".join(text.split())
