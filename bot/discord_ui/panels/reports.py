"""The panels of what changed between two versions, and of an essay's shape."""

from __future__ import annotations

from collections.abc import Iterable

from bot.discord_ui.messages.text_limits import escape_markdown, one_line, utf8_length, utf16_length
from bot.discord_ui.panels.cards import (
    MAX_TITLE_UNITS,
    AttachedImage,
    Card,
    CardPart,
    TextBlock,
    action_button,
    button_rows,
    heading_text,
    page_buttons,
    small_print,
)
from bot.essay.diff import SentenceChange, TextComparison, WordRun
from bot.essay.essay import Essay

_MAX_PAGE_UNITS = 2_800  # of Discord's 4,000, with room for the heading and the small print
_MAX_PAGE_BYTES = 8_000  # of some 10,000
_MAX_SENTENCE_CHARACTERS = 400
_MAX_DESCRIPTION_UNITS = 1_000  # of Discord's 1,024


def changes_card(essay: Essay, found: TextComparison, old: int, new: int, page: int) -> Card:
    """Return a page of the sentences that changed from version ``old`` to ``new``, each before and after."""
    pages = _paginate(map(_change_text, found.changes))
    page = min(page, len(pages) - 1)
    parts: list[CardPart] = [
        heading_text(essay.title),
        TextBlock(f"**What changed from version {old} to version {new}.** {found.describe()}"),
        *(TextBlock(one) for one in pages[page]),
    ]
    parts.append(
        small_print(
            "− as it was, + as it is",
            f"page {page + 1} of {len(pages)}" if len(pages) > 1 else None,
        )
    )
    parts.extend(page_buttons("changes", essay.id, new, page, len(pages), str(old)))
    parts.extend(
        button_rows(action_button("History", "history", essay.id, new), action_button("Back", "open", essay.id, new))
    )
    return Card(tuple(parts))


def _change_text(change: SentenceChange) -> str:
    """Return a change on one or two lines; what differs inside a sentence is struck through, or underlined."""
    lines = []
    if change.old_line:
        lines.append(f"− {_mark(change.old_words, '~~') or _cut(change.old_line)}")
    if change.new_line:
        lines.append(f"+ {_mark(change.new_words, '__') or _cut(change.new_line)}")
    return "\n".join(lines)


def _cut(line: str) -> str:
    return escape_markdown(one_line(line, _MAX_SENTENCE_CHARACTERS))


def _mark(runs: Iterable[WordRun], sign: str) -> str:
    """Return the runs with the sign around those that changed, as many as there is room for."""
    found, left = "", _MAX_SENTENCE_CHARACTERS
    for run in runs:
        text = run.text[:left]
        left -= len(text)
        body = text.strip()
        if not body:
            found += text
            continue
        before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
        words = escape_markdown(body)
        found += f"{before}{sign}{words}{sign}{after}" if run.is_changed else f"{before}{words}{after}"
        if left <= 0:
            return f"{found.rstrip()}…"
    return found


def _paginate(texts: Iterable[str]) -> list[list[str]]:
    """Return the texts in pages that a message holds; one page without any for no text."""
    pages: list[list[str]] = [[]]
    units = size = 0
    for text in texts:
        units, size = units + utf16_length(text), size + utf8_length(text)
        if pages[-1] and (units > _MAX_PAGE_UNITS or size > _MAX_PAGE_BYTES or len(pages[-1]) >= 8):
            pages.append([])
            units, size = utf16_length(text), utf8_length(text)
        pages[-1].append(text)
    return pages


def shape_card(title: str, name: str, description: str) -> Card:
    """Return the picture of an essay's shape, with its figures for whoever does not see it."""
    return Card(
        (
            TextBlock(f"The shape of {escape_markdown(one_line(title, MAX_TITLE_UNITS))}."),
            AttachedImage(name, one_line(description, _MAX_DESCRIPTION_UNITS)),
        )
    )
