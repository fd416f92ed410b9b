"""The writer's essays: the list, one of them with what can be done, and the questions before it is deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
from bot.essay.measures.base import counted
from bot.essay.structure import Structure

_MAX_NAME_UNITS = 100  # Discord's limit for the name of a suggestion


def essay_list_card(
    found: Sequence[Essay], page: int, structures: Mapping[str, Structure], notice: str | None = None, pasted: int = 0
) -> Card:
    """One's essays, the last changed first, with a menu to choose one; ``pasted`` counts the critiques of other texts.

    The way to those stands here, because nothing else leads back to them.
    """
    count = max(1, -(-len(found) // LIST_PAGE_SIZE))
    page = min(page, count - 1)
    here = found[page * LIST_PAGE_SIZE : (page + 1) * LIST_PAGE_SIZE]
    parts: list[CardPart] = [*notice_text(notice), heading_text("Your essays")]
    if not here:
        parts.append(TextBlock("You have none yet: /draft begins one."))
    else:
        apart = distinguishing_dates(found)
        about = {one.id: ", ".join(filter(None, (_essay_summary(one, structures), apart[one.id]))) for one in here}
        parts.append(
            TextBlock("\n".join(f"**{escape_markdown(one_line(one.title, 80))}** · {about[one.id]}" for one in here))
        )
        options = tuple(SelectOption(one_line(one.title, 90), one.id, one_line(about[one.id], 100)) for one in here)
        parts.append(SelectMenu(str(CustomId("essay", "choose")), "Choose an essay", options))
        parts.append(small_print(counted(len(found), "essay"), f"page {page + 1} of {count}" if count > 1 else None))
    parts.extend(page_buttons("essays", "-", 0, page, count))
    if pasted:
        parts.append(small_print(f"{counted(pasted, 'critique')} of pasted texts"))
        parts.extend(button_rows(action_button("Critiques", "list", "-", kind="critique")))
    return Card(tuple(parts))


def distinguishing_dates(found: Sequence[Essay]) -> dict[str, str]:
    """By id, when each essay was begun where others bear its title, as exactly as it takes; else "". By UTC."""
    apart = dict.fromkeys((one.id for one in found), "")
    by_title: dict[str, list[Essay]] = {}
    for one in found:
        by_title.setdefault(one.title.casefold(), []).append(one)
    for same in by_title.values():
        if len(same) < 2:
            continue
        for exactly in ("%d %b %Y", "%d %b %Y %H:%M", "%d %b %Y %H:%M:%S", "%d %b %Y %H:%M:%S.%f"):
            begun = {one.id: f"begun {one.created:{exactly}}" for one in same}
            if len(set(begun.values())) == len(same):
                break
        apart.update(begun)
    return apart


def unique_essay_names(found: Sequence[Essay]) -> dict[str, str]:
    """By id, what an essay is called in a list of suggestions: in at most 100 characters, each by another name."""
    apart = distinguishing_dates(found)
    return {
        one.id: _essay_name(one, f" · {_essay_stage(one)}, {apart[one.id]}" if apart[one.id] else "") for one in found
    }


def _essay_name(essay: Essay, behind: str) -> str:
    return f"{one_line(essay.title, _MAX_NAME_UNITS - utf16_length(behind))}{behind}"


def _essay_summary(essay: Essay, structures: Mapping[str, Structure]) -> str:
    kind = structures[essay.structure].name if essay.structure in structures else essay.structure
    return f"{kind}, {_essay_stage(essay)}, changed {essay.changed:%d %b %Y}"


def _essay_stage(essay: Essay) -> str:
    return "exported" if essay.is_exported else f"version {essay.head}" if essay.head is not None else "notes"


def essay_actions_card(essay: Essay, structures: Mapping[str, Structure], notice: str | None = None) -> Card:
    """One essay of the list, and what can be done with it."""
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


def confirm_delete_essay_card(essay: Essay, asked: int, notice: str | None = None) -> Card:
    """The question before an essay is deleted: ``asked`` is 1 for the first time, 2 for the second and last."""
    number = essay.head or 0
    title = escape_markdown(one_line(essay.title, 80))
    words = (
        f"Delete “{title}” with its notes, versions and critiques?"
        if asked == 1
        else f"“{title}” cannot be brought back once it is deleted. Delete it for good?"
    )
    yes = (
        action_button("Yes, delete it", "delete", essay.id, number, 2, style=ButtonStyle.DANGER)
        if asked == 1
        else action_button(
            "Delete for good", "delete", essay.id, number, f"3.{change_stamp(essay)}", style=ButtonStyle.DANGER
        )
    )
    keep = action_button("Keep it", "choose", essay.id, number)
    return Card((*notice_text(notice), heading_text("Delete an essay"), TextBlock(words), *button_rows(keep, yes)))


def change_stamp(essay: Essay) -> int:
    """When the essay last changed, in milliseconds, as nine digits of a button hold it."""
    return int(essay.changed.timestamp() * 1000) % 1_000_000_000
