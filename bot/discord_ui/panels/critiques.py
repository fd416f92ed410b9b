"""The panels of a critique, page by page (what to fix first, findings, what works), and the list of critiques."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
from bot.essay.critique import FINDINGS_SHOWN_FIRST, Action, Critique, EarlierState, describe_outcome
from bot.essay.facts import defang_links
from bot.essay.structure import Structure
from bot.essay.text.words import count_noun
from bot.services.critique_validation import FIX_FIRST_FALLBACK
from bot.services.critiques import Decision, StoredCritique

_MAX_REPLACEMENT_UNITS = 1_100
_MAX_EARLIER_LINES = 15  # of some 90 characters each, beside what to fix first, in a message of 4,000
_MAX_OVERLAPS = 5
_APPLY_LABELS: Mapping[Action | None, str] = {Action.REPLACE: "Apply", Action.CUT: "Take out"}


def critique_card(
    stored: StoredCritique,
    critique: Critique,
    structure: Structure | None,
    page: int,
    version: int,
    *,
    applicable: bool,
    notice: str | None = None,
) -> Card:
    """Return a page of a critique: 0 is what to fix first, then comes one for each finding, the last is what works.

    Next goes from the last of the findings that are shown first to what works, and **Show the rest** to the other
    findings. ``version`` is the essay's current version, 0 for a pasted text. ``applicable`` says whether the words
    that this page's finding quotes are still in the essay.
    """
    count = len(critique.findings)
    last = count + 1
    page = min(page, last)
    title = stored.title or "The text"
    parts: list[CardPart] = [*notice_text(notice), heading_text(f"Critique: {one_line(title, 50)}")]
    if page == 0:
        parts.extend((*_fix_first_parts(critique), *_earlier_parts(critique)))
    elif page == last:
        parts.extend(_strengths_parts(critique, structure))
    else:
        parts.extend(_finding_parts(critique, page - 1, stored.decisions.get(page - 1)))
    parts.append(Separator())
    parts.append(_critique_small_print(critique, page))
    shown_first = min(count, FINDINGS_SHOWN_FIRST)
    following = next_page(critique, page)
    rest = count - shown_first
    turning_buttons = (
        action_button("Back", "show", stored.id, version, shown_first if page == last else page - 1, kind="critique")
        if page
        else None,
        action_button("Next", "show", stored.id, version, following, style=ButtonStyle.PRIMARY, kind="critique")
        if page < last
        else None,
        action_button(f"Show the rest ({rest})", "show", stored.id, version, shown_first + 1, kind="critique")
        if rest and page in (0, shown_first, last)
        else None,
    )
    finding = critique.findings[page - 1] if 0 < page < last else None
    of_essay = stored.essay is not None
    decision = stored.decisions.get(page - 1) if finding else None
    finding_buttons = (
        action_button(_APPLY_LABELS[finding.action], "apply", stored.id, version, page - 1, kind="critique")
        if finding is not None and of_essay and finding.action in _APPLY_LABELS and applicable
        else None,
        action_button("Answer", "answer", stored.id, version, page - 1, kind="critique")
        if finding is not None and of_essay and finding.action is Action.ASK and decision is not Decision.ANSWERED
        else None,
        action_button("Dismiss", "dismiss", stored.id, version, page - 1, kind="critique")
        if finding is not None and of_essay and decision is None
        else None,
    )
    parts.extend(button_rows(*turning_buttons, *finding_buttons))
    parts.extend(
        button_rows(
            action_button("Report", "report", stored.id, version, kind="critique"),
            action_button("Back to the text", "open", stored.essay, version) if stored.essay is not None else None,
            action_button("Make it my draft", "adopt", stored.id, 0, kind="critique")
            if stored.essay is None and stored.is_own
            else None,
        )
    )
    return Card(tuple(parts))


def next_page(critique: Critique, page: int) -> int:
    """Return the page behind this one: what works comes behind the last of the findings that are shown first."""
    count = len(critique.findings)
    return count + 1 if page == min(count, FINDINGS_SHOWN_FIRST) else min(page, count) + 1


def _fix_first_parts(critique: Critique) -> list[CardPart]:
    said = describe_outcome(critique)
    if not critique.findings:
        return [TextBlock(said)]
    fix = critique.fix_first or FIX_FIRST_FALLBACK
    first = TextBlock(f"**Fix this first**\n{_plain_remark(fix, 800)}")
    return [TextBlock(said), first] if said else [first]


def _earlier_parts(critique: Critique) -> list[CardPart]:
    """Say what has become of the findings of the last critique; those that are still there have pages of their own."""
    if not critique.earlier:
        return []
    gone = [one for one in critique.earlier if one.state is not EarlierState.STILL_THERE]
    lines = [f"- “{_plain_remark_line(one.quotation, 60)}” {one.state.value}" for one in gone[:_MAX_EARLIER_LINES]]
    if len(gone) > _MAX_EARLIER_LINES:
        lines.append(f"- and {len(gone) - _MAX_EARLIER_LINES} more")
    return [TextBlock("\n".join((critique.describe_earlier(), *lines)))]


def _finding_parts(critique: Critique, index: int, decision: Decision | None) -> list[CardPart]:
    finding = critique.findings[index]
    told = [
        f"**{finding.severity.value.capitalize()}: {finding.category.value}**",
        escape_markdown(one_line(finding.section, 60)) if finding.section else "",
        critique.label(index),
        decision.value if decision else "",
    ]
    if finding.is_cut:
        quoted = block_quote(defang_links(finding.quotation), _MAX_REPLACEMENT_UNITS)
        is_shortened = utf16_length(finding.quotation) > _MAX_REPLACEMENT_UNITS
        more = (
            f"\n-# Its first {_MAX_REPLACEMENT_UNITS:,} characters; Take out removes all of it." if is_shortened else ""
        )
        quoted = f"Take out:\n{quoted}{more}"
    else:
        quoted = block_quote(defang_links(finding.quotation))
    parts: list[CardPart] = [
        TextBlock(f"{' · '.join(filter(None, told))}\n{quoted}"),
        TextBlock(_plain_remark(finding.effect, 400)),
    ]
    if others := critique.overlapping(index):
        numbers = ", ".join(str(other + 1) for other in others[:_MAX_OVERLAPS])
        more_others = f" and {len(others) - _MAX_OVERLAPS} more" if len(others) > _MAX_OVERLAPS else ""
        noun = "finding" if len(others) == 1 else "findings"
        parts.append(small_print(f"on words of {noun} {numbers}{more_others} too: one may undo the other"))
    if finding.replacement is not None:
        is_shortened = utf16_length(finding.replacement) > _MAX_REPLACEMENT_UNITS
        more = f"\n-# Its first {_MAX_REPLACEMENT_UNITS:,} characters; Apply puts in all of it." if is_shortened else ""
        parts.append(
            TextBlock(f"**Instead**\n{block_quote(defang_links(finding.replacement), _MAX_REPLACEMENT_UNITS)}{more}")
        )
    elif finding.question:
        parts.append(TextBlock(f"**A question only you can answer**\n{_plain_remark(finding.question, 400)}"))
    return parts


def _plain_remark(text: str, max_units: int) -> str:
    """Return a model's words so that Discord makes neither Markdown nor links of them."""
    return escape_markdown(shorten(defang_links(text), max_units))


def _plain_remark_line(text: str, max_units: int) -> str:
    """Return a model's words in the same way, on one line."""
    return escape_markdown(one_line(defang_links(text), max_units))


def _strengths_parts(critique: Critique, structure: Structure | None) -> list[CardPart]:
    parts: list[CardPart] = []
    if critique.strengths:
        shown = "\n".join(
            f"{block_quote(defang_links(one_line(one.quotation, 200)))}\n{_plain_remark_line(one.why, 160)}"
            for one in critique.strengths[:3]
        )
        parts.append(TextBlock(f"**What works**\n{shown}"))
    if critique.coverage:
        lines = []
        for one in critique.coverage[:12]:
            section = structure.find_section(one.section) if structure else None
            name = section.heading if section else one.section
            lines.append(
                f"- {escape_markdown(one_line(name, 40))}: **{one.covered.value}**. "
                f"{_plain_remark_line(one.remark, 70)}"
            )
        parts.append(TextBlock("**The structure**\n" + "\n".join(lines)))
    return parts or [TextBlock("No strengths were named that could be shown with a quotation.")]


def _critique_small_print(critique: Critique, page: int) -> TextBlock:
    place = f"finding {page} of {len(critique.findings)}" if 0 < page <= len(critique.findings) else None
    not_shown_counts = (
        (critique.dropped, "whose quotation is not in the text, or says nothing"),
        (critique.repeated, "on words that another quotes"),
        (critique.misshapen, "out of form"),
        (critique.held_back, "lesser"),
    )
    not_shown = ", ".join(f"{count} {what}" for count, what in not_shown_counts if count)
    return small_print(
        place or count_noun(len(critique.findings), "finding"),
        f"not shown: {not_shown}" if not_shown and not place else None,
        f"{critique.reworded} told in our words" if critique.reworded and not place else None,
        f"{critique.stripped} without wording or question" if critique.stripped and not place else None,
        f"AI-written by {critique.model}",
    )


def no_critique_card(stored: StoredCritique, notice: str, *, with_model: bool) -> Card:
    """Return the panel of a critique whose job ended without a result."""
    return Card(
        (
            *notice_text(notice),
            heading_text(f"Critique: {one_line(stored.title or 'The text', 50)}"),
            TextBlock("The text is stored; there are no findings yet."),
            *button_rows(
                action_button("Try again", "retry", stored.id, 0, kind="critique", style=ButtonStyle.PRIMARY)
                if with_model
                else None,
                action_button("Make it my draft", "adopt", stored.id, 0, kind="critique")
                if stored.is_own and stored.essay is None
                else None,
                action_button("Back to the text", "open", stored.essay) if stored.essay is not None else None,
            ),
        )
    )


def critique_list_card(critiques: Sequence[StoredCritique], page: int, page_count: int) -> Card:
    """Return a page, of ``page_count``, of the critiques of pasted texts, the newest first."""
    parts: list[CardPart] = [heading_text("Critiques of pasted texts")]
    if critiques:
        names = {one.id: critique_name(one) for one in critiques}
        parts.append(
            TextBlock("\n".join(f"**{escape_markdown(names[one.id])}** · {findings_summary(one)}" for one in critiques))
        )
        options = tuple(SelectOption(names[one.id], one.id, findings_summary(one)) for one in critiques)
        parts.append(SelectMenu(str(CustomId("critique", "choose")), "Open a critique", options))
    else:
        parts.append(TextBlock("There is none: /critique asks for one."))
    if page_count > 1:
        parts.append(small_print(f"page {page + 1} of {page_count}"))
    parts.extend(page_buttons("list", "-", 0, page, page_count, kind="critique"))
    parts.extend(button_rows(action_button("All essays", "essays", "-")))
    return Card(tuple(parts))


def critique_name(stored: StoredCritique) -> str:
    """Return what a list calls a critique: its title, or how its text begins."""
    return one_line(stored.title or stored.text, 80)


def findings_summary(stored: StoredCritique) -> str:
    """Return how many findings a critique has, and when it was asked for."""
    findings = count_noun(len(stored.critique.findings), "finding") if stored.critique else "no findings yet"
    return f"{findings}, {stored.created:%d %b %Y %H:%M} UTC"
