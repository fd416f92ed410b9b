"""A critique: first the one thing to fix, then the findings one at a time, then what works."""

from __future__ import annotations

from collections.abc import Sequence

from bot.discord_ui.interactions.custom_ids import CustomId
from bot.discord_ui.messages.text_limits import escape_markdown, one_line, shorten, utf16_length
from bot.discord_ui.panels.cards import (
    ButtonStyle,
    Card,
    CardPart,
    SelectMenu,
    SelectOption,
    Separator,
    TextBlock,
    action_button,
    block_quote,
    button_rows,
    heading_text,
    notice_text,
    page_buttons,
    small_print,
)
from bot.essay.critique import Critique, Finding
from bot.essay.measures.base import counted
from bot.essay.specifics import unlinked
from bot.essay.structure import Structure
from bot.services.critiques import Decision, StoredCritique

_MAX_REPLACEMENT_UNITS = 1_100


def critique_card(
    critiqued: StoredCritique,
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
    parts: list[CardPart] = [*notice_text(notice), heading_text(f"Critique: {one_line(title, 50)}")]
    if page == 0:
        parts.extend(_fix_first_parts(found))
    elif page == last:
        parts.extend(_strengths_parts(found, structure))
    else:
        parts.extend(_finding_parts(found.findings[page - 1], critiqued.decisions.get(page - 1)))
    parts.append(Separator())
    parts.append(_critique_small_print(found, page))
    turn = (
        action_button("Back", "show", critiqued.id, version, page - 1, kind="critique") if page else None,
        action_button("Next", "show", critiqued.id, version, page + 1, style=ButtonStyle.PRIMARY, kind="critique")
        if page < last
        else None,
    )
    finding = found.findings[page - 1] if 0 < page < last else None
    own = critiqued.essay is not None
    decided = critiqued.decisions.get(page - 1) if finding else None
    act = (
        action_button("Apply", "apply", critiqued.id, version, page - 1, kind="critique")
        if finding is not None and own and finding.replacement is not None and applicable
        else None,
        action_button("Dismiss", "dismiss", critiqued.id, version, page - 1, kind="critique")
        if finding is not None and own and decided is None
        else None,
    )
    parts.extend(button_rows(*turn, *act))
    if critiqued.essay is not None:
        parts.extend(button_rows(action_button("Back to the text", "open", critiqued.essay, version)))
    elif critiqued.is_own:
        parts.extend(button_rows(action_button("Make it my draft", "adopt", critiqued.id, 0, kind="critique")))
    return Card(tuple(parts))


def _fix_first_parts(found: Critique) -> list[CardPart]:
    if not found.findings:
        return [TextBlock("The editor found nothing to object to that could be shown with a quotation.")]
    fix = found.fix_first or "Begin with the first finding: it is the gravest."
    return [TextBlock(f"**Fix this first**\n{_plain_remark(fix, 800)}")]


def _finding_parts(finding: Finding, decided: Decision | None) -> list[CardPart]:
    state = {Decision.APPLIED: " · applied", Decision.DISMISSED: " · dismissed"}.get(decided, "") if decided else ""
    parts: list[CardPart] = [
        TextBlock(
            f"**{finding.severity.value.capitalize()}: {finding.category.value}**{state}\n"
            f"{block_quote(unlinked(finding.quotation))}"
        ),
        TextBlock(_plain_remark(finding.effect, 400)),
    ]
    if finding.replacement is not None:
        cut = utf16_length(finding.replacement) > _MAX_REPLACEMENT_UNITS
        more = f"\n-# Its first {_MAX_REPLACEMENT_UNITS:,} characters; Apply puts in all of it." if cut else ""
        parts.append(
            TextBlock(f"**Instead**\n{block_quote(unlinked(finding.replacement), _MAX_REPLACEMENT_UNITS)}{more}")
        )
    elif finding.question:
        parts.append(TextBlock(f"**A question only you can answer**\n{_plain_remark(finding.question, 400)}"))
    return parts


def _plain_remark(words: str, most: int) -> str:
    """What the editor says, of which Discord makes neither Markdown nor a link."""
    return escape_markdown(shorten(unlinked(words), most))


def _plain_remark_line(words: str, most: int) -> str:
    """The same on one line."""
    return escape_markdown(one_line(unlinked(words), most))


def _strengths_parts(found: Critique, structure: Structure | None) -> list[CardPart]:
    parts: list[CardPart] = []
    if found.strengths:
        shown = "\n".join(
            f"{block_quote(unlinked(one_line(one.quotation, 200)))}\n{_plain_remark_line(one.why, 160)}"
            for one in found.strengths[:3]
        )
        parts.append(TextBlock(f"**What works**\n{shown}"))
    if found.coverage:
        lines = []
        for one in found.coverage[:12]:
            section = structure.section(one.section) if structure else None
            name = section.heading if section else one.section
            lines.append(
                f"- {escape_markdown(one_line(name, 40))}: **{one.covered.value}**. "
                f"{_plain_remark_line(one.remark, 70)}"
            )
        parts.append(TextBlock("**The structure**\n" + "\n".join(lines)))
    return parts or [TextBlock("No strengths were named that could be shown with a quotation.")]


def _critique_small_print(found: Critique, page: int) -> TextBlock:
    at = f"finding {page} of {len(found.findings)}" if 0 < page <= len(found.findings) else None
    unshown = (
        (found.dropped, "whose quotation is not in the text, or says nothing"),
        (found.repeated, "on words that another quotes"),
        (found.misshapen, "out of form"),
        (found.held_back, "lesser"),
    )
    told = ", ".join(f"{count} {what}" for count, what in unshown if count)
    return small_print(
        at or counted(len(found.findings), "finding"),
        f"not shown: {told}" if told and not at else None,
        f"{found.reworded} told in our words" if found.reworded and not at else None,
        f"AI-written by {found.model}",
    )


def no_critique_card(critiqued: StoredCritique, notice: str, *, with_model: bool) -> Card:
    """A critique whose work ended before the critic had spoken."""
    return Card(
        (
            *notice_text(notice),
            heading_text(f"Critique: {one_line(critiqued.title or 'The text', 50)}"),
            TextBlock("The text is stored; there are no findings yet."),
            *button_rows(
                action_button("Try again", "retry", critiqued.id, 0, kind="critique", style=ButtonStyle.PRIMARY)
                if with_model
                else None,
                action_button("Make it my draft", "adopt", critiqued.id, 0, kind="critique")
                if critiqued.is_own and critiqued.essay is None
                else None,
                action_button("Back to the text", "open", critiqued.essay) if critiqued.essay is not None else None,
            ),
        )
    )


def critique_list_card(found: Sequence[StoredCritique], page: int, count: int) -> Card:
    """One page of the critiques of texts that are no essay's, the last first, of ``count`` pages."""
    parts: list[CardPart] = [heading_text("Critiques of pasted texts")]
    if found:
        names = {one.id: one_line(one.title or one.text, 80) for one in found}
        parts.append(
            TextBlock("\n".join(f"**{escape_markdown(names[one.id])}** · {_findings_summary(one)}" for one in found))
        )
        options = tuple(SelectOption(names[one.id], one.id, _findings_summary(one)) for one in found)
        parts.append(SelectMenu(str(CustomId("critique", "choose")), "Open a critique", options))
    else:
        parts.append(TextBlock("There is none: /critique asks for one."))
    if count > 1:
        parts.append(small_print(f"page {page + 1} of {count}"))
    parts.extend(page_buttons("list", "-", 0, page, count, kind="critique"))
    parts.extend(button_rows(action_button("All essays", "essays", "-")))
    return Card(tuple(parts))


def _findings_summary(critiqued: StoredCritique) -> str:
    told = counted(len(critiqued.critique.findings), "finding") if critiqued.critique else "no findings yet"
    return f"{told}, {critiqued.created:%d %b %Y %H:%M} UTC"
