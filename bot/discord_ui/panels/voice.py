"""The panel of /voice: the writer's own texts that show a model how they write."""

from __future__ import annotations

from collections.abc import Sequence

from bot.discord_ui.interactions.custom_ids import NO_SUBJECT
from bot.discord_ui.messages.text_limits import escape_markdown, one_line
from bot.discord_ui.panels.cards import (
    ButtonStyle,
    Card,
    TextBlock,
    action_button,
    button_rows,
    heading_text,
    notice_text,
    small_print,
)
from bot.essay.voice import MAX_VOICE_SAMPLES, VoiceSample, describe_sample
from bot.services.voice import VOICE_PROMISE, sample_fingerprint


def voice_card(samples: Sequence[VoiceSample], notice: str | None = None) -> Card:
    """Return the list of the texts, with buttons to add and to delete one."""
    lines = [
        f"**{sample.number}** “{escape_markdown(one_line(sample.name, 60))}”, {describe_sample(sample)}"
        for sample in samples
    ]
    buttons = [
        action_button(
            f"Delete {sample.number}",
            "voice-delete",
            NO_SUBJECT,
            argument=f"{sample.number}.{sample_fingerprint(sample)}",
            style=ButtonStyle.DANGER,
        )
        for sample in samples
    ]
    add = action_button("Add a text", "voice-add", NO_SUBJECT) if len(samples) < MAX_VOICE_SAMPLES else None
    return Card(
        (
            *notice_text(notice),
            heading_text("Your own texts"),
            TextBlock("\n".join(lines) or "There are none yet: a post, a letter, anything that sounds like you."),
            small_print(VOICE_PROMISE),
            *button_rows(add, *buttons),
        )
    )
