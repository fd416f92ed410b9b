"""Notes that are left out: by a mark or a button, and what is said where the text still holds them."""

from __future__ import annotations

from tests.discord_ui.conftest import Bot, Scripted
from tests.discord_ui.dm_steps import dm_messages_from_bot, notes, question, talking
from tests.discord_ui.panel_steps import drafted, reads, with_notes
from tests.simulators.discord import DiscordSimulator

__all__ = ["talking"]  # a fixture

HELD = "## What I missed\n\nI rebuilt the export service in March 2019, alone. Errors went from 15% to 2%.\n"


async def test_a_dm_message_marked_private_becomes_a_private_note_and_that_is_told(
    sim: DiscordSimulator, talking: Bot
) -> None:
    user = sim.user("writer")
    panel = await question(user)
    await user.say(user.dm, "/Private My boss drank.")
    await user.sees(
        lambda screen: "What you marked is left out, with the paragraph or list item that it stands in" in screen.text
    )
    await user.click(panel, "Next")
    await user.sees(lambda _: "question 2" in dm_messages_from_bot(sim, user)[-1].text)
    assert [(note.text, note.public_text) for note in await notes(talking, user)] == [("/Private My boss drank.", "")]


async def test_adding_notes_says_how_many_of_them_are_private(sim: DiscordSimulator, plain: Bot) -> None:
    user = sim.user("writer")
    panel = await with_notes(user, user.dm, "- [leave out] My boss drank.\n- We sold it.\n\n> /PRIVATE So did I.\n")
    assert "2 notes are left out: they stay stored, stand in no post, and no model sees them." in panel.text
    found = await plain.desk.notes(plain.writer(user), (await plain.essay(user)).id)
    assert [note.public_text for note in found] == ["", "- We sold it.", ""]


async def test_making_a_note_private_says_where_the_draft_still_holds_its_words(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel = await drafted(user, user.dm, models, HELD)
    await user.select(panel, "More", "Notes")
    await user.sees(reads(panel, "Open a note"))
    await user.select(
        panel, "Open a note", "1. I rebuilt the export service in March 2019. Errors went from 15% to 2%."
    )
    await user.sees(reads(panel, "[Leave it out]"))
    await user.click(panel, "Leave it out")
    await user.sees(reads(panel, "Words of it still stand in the text: “I rebuilt the export service in March 2019"))
    assert "Edit them out; until then no model is given the text." in panel.text
    await user.click(panel, "Back")
    await user.sees(lambda _: "Critique" in panel.buttons)
    await user.click(panel, "Critique")
    await user.sees(lambda screen: "Note 1 is left out, and these words of it stand in the text" in screen.text)
    assert [asked.what for asked in models.asked if asked.what not in ("place", "next_question")] == ["draft"]


async def test_without_a_checker_a_page_says_what_letters_alone_cannot_see(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel = await drafted(user, user.dm, models, "## What I missed\n\n田中は泣いた。\n")
    await user.select(panel, "More", "Unsupported claims")
    await user.sees(reads(panel, "This compares by letters only: numbers, dates, quotations and addresses."))
