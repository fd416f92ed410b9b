"""The panel of a critique, and the form that /critique opens."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bot.discord_ui.panels.critiques import critique_card
from bot.essay.critique import Critique
from bot.services.critiques import StoredCritique
from tests.discord_ui.conftest import NOTES, Bot, Scripted
from tests.discord_ui.panel_steps import OPINION, reads
from tests.simulators.discord import Attachment, DiscordSimulator


def test_the_footer_of_a_critique_counts_the_findings_not_shown() -> None:
    """As in the terminal: not found in the text, on the same words, out of form, and lesser ones."""
    now = datetime(2026, 11, 23, tzinfo=UTC)
    about = StoredCritique("c", "w", None, 0, None, None, "Text.", True, None, {}, now)
    found = Critique("", (), (), (), dropped=2, held_back=4, model="a-model", repeated=1, misshapen=3)

    def line(found: Critique) -> str:
        card = critique_card(about, found, None, 0, 0, applicable=False)
        return next(text for text in card.text.splitlines() if text.startswith("-# "))

    assert line(found) == (
        "-# 0 findings · not shown: 2 whose quotation is not in the text, or says nothing, 1 on words that another "
        "quotes, 3 out of form, 4 lesser · AI-written by a-model"
    )
    assert line(replace(found, dropped=0, held_back=0, misshapen=0)) == (
        "-# 0 findings · not shown: 1 on words that another quotes · AI-written by a-model"
    )
    assert "not shown" not in line(replace(found, dropped=0, held_back=0, misshapen=0, repeated=0))


async def test_critique_opens_a_form_of_four_long_fields_and_a_file(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """A text and a file may come together: the file follows the text."""
    user = sim.user("writer")
    form = await (await user.slash(user.dm, "critique")).modal()
    kinds = [(part["type"], part.get("style"), part.get("max_length")) for _, part in form.fields]
    assert kinds == [(4, 2, 4_000)] * 4 + [(19, None, None)]
    models.script(OPINION)
    act = await user.submit(
        form,
        {"paste1": "A first part of ten words or so, in a field.", "Or a file": [Attachment("m.md", NOTES.encode())]},
    )
    panel = await act.message()
    await user.sees(reads(panel, "Fix this first"))
    asked = models.asked[-1]
    assert asked.what == "critique"
    assert asked.given["text"].startswith("A first part of ten words or so, in a field.\n\n## What I missed")
