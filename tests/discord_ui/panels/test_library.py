"""All that a writer has can be found again: critiques of pasted texts, exported essays, essays of one title."""

from __future__ import annotations

from bot.errors import StreamBroken
from tests.discord_ui.conftest import NOTES, Bot, Scripted
from tests.discord_ui.panel_steps import OPINION, answered, criticised, drafted, reads
from tests.services.fakes import Gate, says
from tests.simulators.discord import DiscordSimulator

PASTE = "I rebuilt the export service in March 2019. Errors went from 15% to 2%. It was a very big change for me."
NAME = "I rebuilt the export service in March 2019. Errors went from 15% to 2%. It…"


async def test_a_critique_of_a_pasted_text_can_be_reopened_after_a_client_restart(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """The message that tells its end says where, and brings it itself while it stands there."""
    user, guild = sim.user("writer"), sim.guild("Writers")
    models.script(OPINION)
    panel = await (await user.slash(guild, "critique", text=PASTE)).message()
    await user.sees(lambda screen: "Later you find it by /essays, Critiques." in screen.text)
    told = user.screen.messages[-1]
    await user.click(told, "Show the critique")
    await user.sees(reads(told, "Fix this first"))
    assert "Fix this first" in panel.text
    user.restart_client()
    listed = await (await user.slash(guild, "essays")).message()
    assert "1 critique of pasted texts" in listed.text
    await user.click(listed, "Critiques")
    await user.sees(reads(listed, "**I rebuilt the export service in March 2019."))
    await user.select(listed, "Open a critique", NAME)
    await user.sees(reads(listed, "Fix this first"))


async def test_a_failed_critique_can_be_reopened_and_retried(sim: DiscordSimulator, bot: Bot, models: Scripted) -> None:
    user = sim.user("writer")
    models.script(StreamBroken())
    await user.slash(user.dm, "critique", text=PASTE)
    await user.sees(lambda screen: "The text is stored: /essays, Critiques, opens it again." in screen.text)
    listed = await (await user.slash(user.dm, "essays")).message()
    await user.click(listed, "Critiques")
    await user.sees(reads(listed, "no findings yet"))
    await user.select(listed, "Open a critique", NAME)
    await user.sees(lambda _: "Try again" in listed.buttons)
    models.script(OPINION)
    await user.click(listed, "Try again")
    await user.sees(reads(listed, "Fix this first"))


async def test_the_message_that_a_critique_is_done_says_where_it_is_and_can_open_it(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel = await drafted(user, sim.guild("Writers"), models)
    await criticised(user, panel, models)
    await user.sees(lambda screen: "Later you find it by /draft: More, Last critique." in screen.text)
    told = user.screen.messages[-1]
    await user.click(told, "Show the critique")
    await user.sees(reads(told, "Fix this first"))


async def test_draft_after_an_export_begins_a_new_essay_and_links_to_the_exported_one(
    sim: DiscordSimulator, plain: Bot
) -> None:
    """What was handed over as it stands is finished. A newer note makes it unfinished again."""
    user = sim.user("writer")
    panel = await drafted(user, user.dm, None, NOTES)
    essay = await plain.essay(user)
    await plain.desk.rename_essay(plain.writer(user), essay.id, "Nine weeks")
    await (await user.click(panel, "Export")).followup()
    await answered(plain)
    fresh = await (await user.slash(user.dm, "draft")).message()
    assert "“Nine weeks” is exported as it stands, so this is a new essay." in fresh.text
    await user.click(fresh, "Open the last one")
    await user.sees(lambda _: "version 1" in fresh.text and "Nine weeks" in fresh.text)
    await plain.desk.add_notes(plain.writer(user), essay.id, "One more note.")
    assert "version 1" in (await (await user.slash(user.dm, "draft")).message()).text


async def test_draft_returns_to_an_exported_essay_with_a_later_critique(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """While its critique is written, and after that: the panel says that /draft brings it back."""
    user, gate = sim.user("writer"), Gate()
    await user.slash(user.dm, "draft", title="Another")
    panel = await drafted(user, user.dm, models)
    await (await user.click(panel, "Export")).followup()
    await answered(bot)
    assert "Another" in (await (await user.slash(user.dm, "draft")).message()).text
    models.script(says(gate))
    await user.click(panel, "Critique")
    await user.sees(reads(panel, "/draft brings it back"))
    assert "Reading the text…" in (await (await user.slash(user.dm, "draft")).message()).text
    await user.click(panel, "Stop")
    await user.sees(reads(panel, "Stopped before there was a critique."))
    assert "version 1" in (await (await user.slash(user.dm, "draft")).message()).text


async def test_essays_with_one_title_are_told_apart_and_each_command_takes_the_fitting_one(
    sim: DiscordSimulator, plain: Bot
) -> None:
    """In the suggestions and in the list; /export by the title takes the one that has a post, /draft the unfinished."""
    user = sim.user("writer")
    panel = await drafted(user, user.dm, None, NOTES)
    await (await user.click(panel, "Export")).followup()
    await answered(plain)
    await (await user.slash(user.dm, "draft")).message()
    act = await user.autocomplete(user.dm, "draft", "essay", "career")
    names = [str(one["name"]) for one in await act.choices()]
    assert len(set(names)) == 2
    assert {name.split(", begun ")[0] for name in names} == {"Career switch · notes", "Career switch · exported"}
    assert all(len(name) <= 100 for name in names)
    listed = await (await user.slash(user.dm, "essays")).message()
    assert len({line for line in listed.text.splitlines() if ", begun " in line}) == 2
    handed = await (await user.slash(user.dm, "export", essay="Career switch")).message()
    assert list(handed.files) == ["career-switch.md"]
    assert "Interview me" in (await (await user.slash(user.dm, "draft", essay="career switch")).message()).buttons
    exported = next(name for name in names if "exported" in name)
    assert "version 1" in (await (await user.slash(user.dm, "draft", essay=exported)).message()).text
