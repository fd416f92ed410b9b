"""While a model is asked: what it is asked for, and the ways on without it."""

from __future__ import annotations

from bot.discord_ui.cards import Card, Text, Tone, rows
from bot.discord_ui.panels.common import press


def question(words: str, essay: str, version: int, mode: str, *, draft: bool) -> Card:
    """A question is looked for. ``mode`` is the panel's; ``draft`` offers to write from what there is."""
    return Card(
        (
            Text(f"**{words}**"),
            *rows(
                press("Don’t wait", "pass-over", essay, version, mode, tone=Tone.MAIN),
                press("Write draft", "write", essay, version) if draft else None,
                press("Show the essay", "open", essay, version),
            ),
        )
    )
