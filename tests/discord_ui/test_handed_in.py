"""Files as people have them, through Discord: other dialects of Markdown, other formats, files made to do harm."""

from __future__ import annotations

from pathlib import Path

from tests.discord_ui.conftest import Bot
from tests.simulators.discord import Attachment, DiscordSimulator

CASES = Path(__file__).parents[1] / "data" / "handed_in"


def case(name: str) -> Attachment:
    return Attachment(name, (CASES / name).read_bytes())


async def test_front_matter_that_unfolds_into_gigabytes_stops_nobody(sim: DiscordSimulator, plain: Bot) -> None:
    """It is read as text, and what can be counted in it is shown."""
    user = sim.user("writer")
    answer = await (await user.slash(user.dm, "critique", file=case("yaml-aliases.md"))).message()
    assert "apart from headings" in answer.text
