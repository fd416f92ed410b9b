"""A critique: first the one thing to fix, then the findings one at a time, then what works."""

from __future__ import annotations

from bot.discord_ui.cards import Card, CardPart, Rule, Text, Tone, rows
from bot.discord_ui.lengths import brief, one_line, plain, units
from bot.discord_ui.panels.common import counted, heading, notices, press, quoted, small
from bot.essay.critique import Critique, Finding
from bot.essay.specifics import unlinked
from bot.essay.structure import Structure
from bot.workflow.critiqued import Critiqued, Decision

_REPLACEMENT_UNITS = 1_100


def card(
    critiqued: Critiqued,
    found: Critique,
    structure: Structure | None,
    page: int,
    version: int,
    *,
    applicable: bool,
    notice: str | None = None,
) -> Card:
    """One page of a critique: 0 is what to fix first, then one for each finding, the last is what works.

    ``version`` is the essay's current one, 0 for a text that is no essay's. ``applicable`` says whether the words of
    the finding on this page still stand in the essay.
    """
    last = len(found.findings) + 1
    page = min(page, last)
    title = critiqued.title or "The text"
    parts: list[CardPart] = [*notices(notice), heading(f"Critique: {one_line(title, 50)}")]
    if page == 0:
        parts.extend(_first(found))
    elif page == last:
        parts.extend(_works(found, structure))
    else:
        parts.extend(_finding(found.findings[page - 1], critiqued.decisions.get(page - 1)))
    parts.append(Rule())
    parts.append(_facts(found, page))
    turn = (
        press("Back", "show", critiqued.id, version, page - 1, kind="critique") if page else None,
        press("Next", "show", critiqued.id, version, page + 1, tone=Tone.MAIN, kind="critique")
        if page < last
        else None,
    )
    finding = found.findings[page - 1] if 0 < page < last else None
    own = critiqued.essay is not None
    decided = critiqued.decisions.get(page - 1) if finding else None
    act = (
        press("Apply", "apply", critiqued.id, version, page - 1, kind="critique")
        if finding is not None and own and finding.replacement is not None and applicable
        else None,
        press("Dismiss", "dismiss", critiqued.id, version, page - 1, kind="critique")
        if finding is not None and own and decided is None
        else None,
    )
    parts.extend(rows(*turn, *act))
    if critiqued.essay is not None:
        parts.extend(rows(press("Back to the text", "open", critiqued.essay, version)))
    elif critiqued.own:
        parts.extend(rows(press("Make it my draft", "adopt", critiqued.id, 0, kind="critique")))
    return Card(tuple(parts))


def _first(found: Critique) -> list[CardPart]:
    if not found.findings:
        return [Text("The editor found nothing to object to that could be shown with a quotation.")]
    fix = found.fix_first or "Begin with the first finding: it is the gravest."
    return [Text(f"**Fix this first**\n{_said(fix, 800)}")]


def _finding(finding: Finding, decided: Decision | None) -> list[CardPart]:
    state = {Decision.APPLIED: " · applied", Decision.DISMISSED: " · dismissed"}.get(decided, "") if decided else ""
    parts: list[CardPart] = [
        Text(
            f"**{finding.severity.value.capitalize()}: {finding.category.value}**{state}\n"
            f"{quoted(unlinked(finding.quotation))}"
        ),
        Text(_said(finding.effect, 400)),
    ]
    if finding.replacement is not None:
        cut = units(finding.replacement) > _REPLACEMENT_UNITS
        more = f"\n-# Its first {_REPLACEMENT_UNITS:,} characters; Apply puts in all of it." if cut else ""
        parts.append(Text(f"**Instead**\n{quoted(unlinked(finding.replacement), _REPLACEMENT_UNITS)}{more}"))
    elif finding.question:
        parts.append(Text(f"**A question only you can answer**\n{_said(finding.question, 400)}"))
    return parts


def _said(words: str, most: int) -> str:
    """What the editor says, of which Discord makes neither Markdown nor a link."""
    return plain(brief(unlinked(words), most))


def _remark(words: str, most: int) -> str:
    """The same on one line."""
    return plain(one_line(unlinked(words), most))


def _works(found: Critique, structure: Structure | None) -> list[CardPart]:
    parts: list[CardPart] = []
    if found.strengths:
        shown = "\n".join(
            f"{quoted(unlinked(one_line(one.quotation, 200)))}\n{_remark(one.why, 160)}" for one in found.strengths[:3]
        )
        parts.append(Text(f"**What works**\n{shown}"))
    if found.coverage:
        lines = []
        for one in found.coverage[:12]:
            section = structure.section(one.section) if structure else None
            name = section.heading if section else one.section
            lines.append(f"- {plain(one_line(name, 40))}: **{one.covered.value}**. {_remark(one.remark, 70)}")
        parts.append(Text("**The structure**\n" + "\n".join(lines)))
    return parts or [Text("No strengths were named that could be shown with a quotation.")]


def _facts(found: Critique, page: int) -> Text:
    at = f"finding {page} of {len(found.findings)}" if 0 < page <= len(found.findings) else None
    unshown = (
        (found.dropped, "whose quotation is not in the text, or says nothing"),
        (found.repeated, "on words that another quotes"),
        (found.misshapen, "out of form"),
        (found.held_back, "lesser"),
    )
    told = ", ".join(f"{count} {what}" for count, what in unshown if count)
    return small(
        at or counted(len(found.findings), "finding"),
        f"not shown: {told}" if told and not at else None,
        f"{found.reworded} told in our words" if found.reworded and not at else None,
        f"AI-written by {found.model}",
    )


def unspoken(critiqued: Critiqued, notice: str, *, with_model: bool) -> Card:
    """A critique whose work ended before the critic had spoken."""
    return Card(
        (
            *notices(notice),
            heading(f"Critique: {one_line(critiqued.title or 'The text', 50)}"),
            Text("The text is stored; there are no findings yet."),
            *rows(
                press("Try again", "retry", critiqued.id, 0, kind="critique", tone=Tone.MAIN) if with_model else None,
                press("Make it my draft", "adopt", critiqued.id, 0, kind="critique")
                if critiqued.own and critiqued.essay is None
                else None,
                press("Back to the text", "open", critiqued.essay) if critiqued.essay is not None else None,
            ),
        )
    )
