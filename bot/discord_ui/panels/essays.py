"""The panels of the writer's essays: the list, one of them, and the confirmation of its deletion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.discord_ui.interactions.custom_ids import CustomId
from bot.discord_ui.messages.text_limits import escape_markdown, one_line, utf16_length
from bot.discord_ui.panels.cards import (
    LIST_PAGE_SIZE,
    ButtonStyle,
    Card,
    CardPart,
    SelectMenu,
    SelectOption,
    TextBlock,
    action_button,
    button_rows,
    heading_text,
    notice_text,
    page_buttons,
    small_print,
)
from bot.essay.essay import Essay
from bot.essay.structure import Structure
from bot.essay.text.words import count_noun

_MAX_NAME_UNITS = 100  # Discord's limit for an autocomplete choice


def essay_list_card(
    essays: Sequence[Essay],
    page: int,
    structures: Mapping[str, Structure],
    notice: str | None = None,
    critique_count: int = 0,
    deletions: Mapping[str, datetime] | None = None,
) -> Card:
    """Return a page of the writer's essays, the last changed first, with a menu to choose one.

    ``critique_count`` is the number of critiques of pasted texts, which can be reached only from here. ``deletions``
    says, by id, when essays are deleted because nobody has touched them for long.
    """
    deletions = deletions or {}
    page_count = max(1, -(-len(essays) // LIST_PAGE_SIZE))
    page = min(page, page_count - 1)
    shown = essays[page * LIST_PAGE_SIZE : (page + 1) * LIST_PAGE_SIZE]
    parts: list[CardPart] = [*notice_text(notice), heading_text("Your essays")]
    if not shown:
        parts.append(TextBlock("You have none yet: /draft begins one."))
    else:
        dates = distinguishing_dates(essays)
        about = {
            essay.id: ", ".join(
                filter(
                    None,
                    (_describe_deletion(deletions.get(essay.id)), _essay_summary(essay, structures), dates[essay.id]),
                )
            )
            for essay in shown
        }
        parts.append(
            TextBlock(
                "\n".join(f"**{escape_markdown(one_line(essay.title, 80))}** · {about[essay.id]}" for essay in shown)
            )
        )
        options = tuple(
            SelectOption(one_line(essay.title, 90), essay.id, one_line(about[essay.id], 100)) for essay in shown
        )
        parts.append(SelectMenu(str(CustomId("essay", "choose")), "Choose an essay", options))
        parts.append(
            small_print(
                count_noun(len(essays), "essay"), f"page {page + 1} of {page_count}" if page_count > 1 else None
            )
        )
    parts.extend(page_buttons("essays", "-", 0, page, page_count))
    if deletions:
        parts.append(
            small_print(
                f"{count_noun(len(deletions), 'essay')} of these you have not touched for long: to be deleted, unless "
                "you keep or change them"
            )
        )
        parts.extend(button_rows(action_button("Keep all", "retain", "-")))
    if critique_count:
        parts.append(small_print(f"{count_noun(critique_count, 'critique')} of pasted texts"))
        parts.extend(button_rows(action_button("Critiques", "list", "-", kind="critique")))
    return Card(tuple(parts))


def _describe_deletion(due: datetime | None) -> str:
    return f"deleted on {due:%Y-%m-%d}" if due is not None else ""


def distinguishing_dates(essays: Sequence[Essay]) -> dict[str, str]:
    """Return by id when each essay was begun (UTC), as exactly as is needed to tell apart those with one title.

    The date is "" if no other essay has the title.
    """
    dates = dict.fromkeys((essay.id for essay in essays), "")
    by_title: dict[str, list[Essay]] = {}
    for essay in essays:
        by_title.setdefault(essay.title.casefold(), []).append(essay)
    for namesakes in by_title.values():
        if len(namesakes) < 2:
            continue
        for date_format in ("%d %b %Y", "%d %b %Y %H:%M", "%d %b %Y %H:%M:%S", "%d %b %Y %H:%M:%S.%f"):
            begun = {essay.id: f"begun {essay.created_at:{date_format}}" for essay in namesakes}
            if len(set(begun.values())) == len(namesakes):
                break
        dates.update(begun)
    return dates


def unique_essay_names(essays: Sequence[Essay]) -> dict[str, str]:
    """Return by id a name for each essay, for a list of suggestions: at most 100 characters, no two alike."""
    dates = distinguishing_dates(essays)
    return {
        essay.id: _essay_name(essay, f" · {_essay_stage(essay)}, {dates[essay.id]}" if dates[essay.id] else "")
        for essay in essays
    }


def _essay_name(essay: Essay, suffix: str) -> str:
    return f"{one_line(essay.title, _MAX_NAME_UNITS - utf16_length(suffix))}{suffix}"


def _essay_summary(essay: Essay, structures: Mapping[str, Structure]) -> str:
    kind = structures[essay.structure].name if essay.structure in structures else essay.structure
    return f"{kind}, {_essay_stage(essay)}, changed {essay.changed_at:%d %b %Y}"


def _essay_stage(essay: Essay) -> str:
    return "exported" if essay.is_exported else f"version {essay.head}" if essay.head is not None else "notes"


def essay_actions_card(essay: Essay, structures: Mapping[str, Structure], notice: str | None = None) -> Card:
    """Return the panel of one essay of the list, with its actions."""
    number = essay.head or 0
    return Card(
        (
            *notice_text(notice),
            heading_text(essay.title),
            TextBlock(_essay_summary(essay, structures)),
            *button_rows(
                action_button("Open", "open", essay.id, number, style=ButtonStyle.PRIMARY),
                action_button("Rename", "rename", essay.id, number),
                action_button("Delete", "delete", essay.id, number, 1, style=ButtonStyle.DANGER),
                action_button("All essays", "essays", "-"),
            ),
        )
    )


def confirm_delete_essay_card(essay: Essay, step: int, notice: str | None = None) -> Card:
    """Ask for confirmation before an essay is deleted; ``step`` is 1 for the first question, 2 for the last."""
    number = essay.head or 0
    title = escape_markdown(one_line(essay.title, 80))
    words = (
        f"Delete “{title}” with its notes, versions and critiques? What you shared of it in Discord is taken down too."
        if step == 1
        else f"“{title}” cannot be brought back once it is deleted. Delete it for good?"
    )
    yes = (
        action_button("Yes, delete it", "delete", essay.id, number, 2, style=ButtonStyle.DANGER)
        if step == 1
        else action_button(
            "Delete for good", "delete", essay.id, number, f"3.{change_stamp(essay)}", style=ButtonStyle.DANGER
        )
    )
    keep = action_button("Keep it", "choose", essay.id, number)
    return Card((*notice_text(notice), heading_text("Delete an essay"), TextBlock(words), *button_rows(keep, yes)))


def change_stamp(essay: Essay) -> int:
    """Return the milliseconds of the essay's last change, cut to the nine digits that a custom id can hold."""
    return int(essay.changed_at.timestamp() * 1000) % 1_000_000_000
