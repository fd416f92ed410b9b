"""What panels promise: who else can read the text, what an export holds, and which files are read."""

from __future__ import annotations

import pytest

from bot.essay.essay import Note
from bot.essay.export import describe_open_points
from tests.discord_ui.conftest import Bot, Scripted
from tests.discord_ui.panel_steps import reads, with_notes
from tests.simulators.discord import DiscordSimulator

KEY = "whoever hosts the bot holds the key"
SENT = "what a model is asked about is sent to its service"


async def test_the_first_panel_and_help_say_who_holds_the_key_and_who_is_sent_the_text(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user, guild = sim.user("writer"), sim.guild("Writers")
    panel = await (await user.slash(guild, "draft")).message()
    line = next(one for one in panel.text.splitlines() if "Only you can see this." in one)
    assert "stored, encrypted" in line
    assert KEY in line
    assert SENT in line
    said = await (await user.slash(guild, "help")).message()
    assert KEY in said.text
    assert SENT in said.text


async def test_without_a_model_no_panel_says_that_text_is_sent(sim: DiscordSimulator, plain: Bot) -> None:
    user = sim.user("writer")
    for command in ("draft", "help"):
        said = await (await user.slash(user.dm, command)).message()
        assert KEY in said.text
        assert "is sent" not in said.text


async def test_an_export_says_how_many_gaps_and_private_passages_there_are(sim: DiscordSimulator, plain: Bot) -> None:
    user = sim.user("writer")
    notes = "## What I missed\n\nThe lift broke in 2019.\n\n[private] I was paid 61,000.\n"
    panel = await with_notes(user, user.dm, notes)
    assert "1 of 7 sections of “Career switch” has one" in panel.text
    await user.click(panel, "Set into a post")
    await user.sees(reads(panel, "version 1"))
    gaps = (await plain.text(user)).count("[NEED:")
    assert f"{gaps} gaps marked NEED · 1 private passage not in it" in panel.text
    expected = f"It has {gaps} gaps to fill, marked [NEED: …]. 1 private passage is not in it."
    handed = await (await user.click(panel, "Export")).followup()
    assert expected in handed.text
    handed = await (await user.slash(user.dm, "export")).message()
    assert expected in handed.text


@pytest.mark.parametrize(
    ("text", "private", "said"),
    [
        ("No gap.", 0, ""),
        ("[NEED: a year]", 0, "It has 1 gap to fill, marked [NEED: …]."),
        ("No gap.", 2, "2 private passages are not in it."),
        (
            "One.\n\n[private] Two.\n",
            0,
            "1 passage of the text itself is marked private: the Markdown file contains it, a file for any other place "
            "does not.",
        ),
    ],
)
def test_the_sentence_beside_an_export_counts_gaps_and_private_passages(text: str, private: int, said: str) -> None:
    notes = [Note(number, "Words.", is_excluded=number <= private) for number in range(1, 4)]
    assert describe_open_points(text, notes) == said


async def test_without_a_model_no_panel_offers_to_write_a_draft(sim: DiscordSimulator, plain: Bot) -> None:
    user = sim.user("writer")
    panel = await with_notes(user, user.dm)
    assert "Set the notes into a post now, or answer more first" in panel.text
    assert "draft now" not in panel.text


async def test_an_empty_paste_or_message_is_answered_with_every_supported_file_type(
    sim: DiscordSimulator, plain: Bot
) -> None:
    user = sim.user("writer")
    kinds = "Markdown, plain text, RTF, HTML or Word (.docx)"
    panel = await with_notes(user, user.dm)
    form = await (await user.click(panel, "Paste notes")).modal()
    assert kinds in form.text
    told = await (await user.submit(form, {"paste1": "\u200b"})).followup()
    assert f"attach a file: {kinds}." in told.text
    await user.say(user.dm, "\u200b")
    await user.sees(lambda screen: f"write it, or send a file of it: {kinds}." in screen.text)
