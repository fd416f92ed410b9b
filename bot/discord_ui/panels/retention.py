"""What a writer is sent before essays are deleted that they have not touched for long."""

from __future__ import annotations

from collections.abc import Sequence

from bot.discord_ui.interactions.custom_ids import NO_SUBJECT, CustomId
from bot.discord_ui.messages.text_limits import escape_markdown, one_line
from bot.discord_ui.panels.cards import (
    LIST_PAGE_SIZE,
    MAX_MENU_OPTIONS,
    ButtonStyle,
    Card,
    SelectMenu,
    SelectOption,
    TextBlock,
    action_button,
    button_rows,
    heading_text,
    small_print,
)
from bot.essay.text.words import count_noun
from bot.services.retention import PendingDeletion


def deletion_warning_card(pending: Sequence[PendingDeletion], essay_days: int) -> Card:
    """Return the warning about the essays, the first to be deleted first."""
    listed = sorted(pending, key=lambda one: (one.due, one.title))
    lines = [f"“{escape_markdown(one_line(one.title, 80))}”, on {one.due:%Y-%m-%d}" for one in listed[:LIST_PAGE_SIZE]]
    if (more := len(listed) - len(lines)) > 0:
        lines.append(f"and {more} more")
    several = len(listed) > 1
    menu = SelectMenu(
        str(CustomId("essay", "retain", NO_SUBJECT)),
        "Keep one of them",
        tuple(
            SelectOption(one_line(one.title, 90) or one.essay, one.essay, f"deleted on {one.due:%Y-%m-%d}")
            for one in listed[:MAX_MENU_OPTIONS]
        ),
    )
    return Card(
        (
            heading_text("About to be deleted"),
            TextBlock(
                f"You have done nothing with {count_noun(len(listed), 'essay')} of yours for long. Whoever hosts the "
                f"bot has essays deleted that nobody touches for {essay_days} days, with their notes and versions:\n"
                + "\n".join(lines)
            ),
            *((menu,) if several else ()),
            *button_rows(
                action_button(
                    "Keep all" if several else "Keep",
                    "retain",
                    NO_SUBJECT if several else listed[0].essay,
                    argument="all" if several else "",  # the menu's id is the same otherwise
                    style=ButtonStyle.PRIMARY,
                ),
                action_button("All essays", "essays", NO_SUBJECT),
            ),
            small_print("Keep counts as touched today; so does any change", "/export and /mydata give you the texts"),
        )
    )
