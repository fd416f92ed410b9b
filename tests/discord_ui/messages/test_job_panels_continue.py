"""Continue, as often as it takes: every section comes once, whatever a reply holds of what was missing."""

from __future__ import annotations

from tests.discord_ui.conftest import NOTES, Bot, Scripted
from tests.discord_ui.messages.test_job_panels import HEADING, numbers, paragraphs
from tests.discord_ui.panel_steps import SECTION, with_notes
from tests.services.fakes import says
from tests.simulators.discord import DiscordSimulator, Message

THIRD = "What it actually looked like"
OF_THREE = f"{NOTES}\n## {THIRD}\n\nIn May 2020 I asked for it in writing.\n"
UNFINISHED = "The text is not finished yet: Continue writes the rest."


def can_be_continued(panel: Message, version: int) -> bool:
    """Whether the panel shows that version as one that can be continued."""
    return f"version {version}" in panel.text and {"Continue", "Keep as it is"} <= set(panel.buttons)


async def test_continue_writes_every_missing_section_once_however_short_the_replies(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """Three sections have notes. A draft breaks off in the first; one reply brings one of them, the next is cut, …"""
    user = sim.user("writer")
    panel = await with_notes(user, sim.guild("Writers"), OF_THREE)
    models.script(says(HEADING, paragraphs(0, 1), paragraphs(1, 2)[:20], cut=True))
    await user.click(panel, "Write draft")
    await user.sees(lambda screen: can_be_continued(panel, 1) and screen.text.count(UNFINISHED) == 1)
    models.script(says(HEADING, paragraphs(0, 2)))
    await user.click(panel, "Continue")
    await user.sees(lambda screen: can_be_continued(panel, 2) and screen.text.count(UNFINISHED) == 2)
    assert "The model ended before all of it was written. What came is stored" in panel.text
    models.script(says(f"## {SECTION}\n\n", paragraphs(4, 6), paragraphs(6, 7)[:20], cut=True))
    await user.click(panel, "Continue")
    await user.sees(lambda _: can_be_continued(panel, 3))
    models.script(says(HEADING, paragraphs(90, 91), f"## {SECTION}\n\n", paragraphs(4, 7)))  # one was not asked for
    await user.click(panel, "Continue")
    await user.sees(lambda _: can_be_continued(panel, 4))
    models.script(says(f"## {THIRD}\n\n", paragraphs(2, 4)))
    await user.click(panel, "Continue")
    await user.sees(lambda screen: "What was missing is written." in screen.text)
    assert "unfinished" not in panel.text
    assert "Continue" not in panel.buttons
    text = await bot.text(user)
    assert numbers(text) == list(range(7))
    assert [text.count(f"## {heading}\n") for heading in ("What I missed", THIRD, SECTION)] == [1, 1, 1]
    asked = [one.given["sections"] for one in models.asked if one.what == "finish"]
    assert asked[1:] == [("steps", "gave-up-and-gained")] * 2 + [("steps",)]
