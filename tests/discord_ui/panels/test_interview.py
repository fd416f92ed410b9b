"""The interview in Discord: the sections fill, questions are exchanged, titles suggested, open questions answered."""

from __future__ import annotations

from bot.essay.essay import SectionState
from bot.services.llm_ports import NextQuestion, RawTitle
from tests.discord_ui.conftest import DRAFT, Bot, Scripted
from tests.discord_ui.panel_steps import drafted, reads, with_notes
from tests.services.fakes import rewrites, says
from tests.simulators.discord import DiscordSimulator, Message, User


async def answer(user: User, panel: Message, words: str) -> None:
    form = await (await user.click(panel, "Answer")).modal()
    await user.submit(form, {"answer": words})


async def test_the_panel_shows_the_sections_filling_and_what_a_draft_would_come_to(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel = await (await user.slash(sim.guild("Writers"), "draft")).message()
    await user.click(panel, "Interview me")
    await user.sees(reads(panel, "□□□□□□□"))
    states = {"the-contradiction": SectionState.ENOUGH, "what-i-missed": SectionState.THIN}
    models.script(NextQuestion("what-i-missed", "How loud was the shop?", states))
    await answer(user, panel, "The noise of the presses, and my pay.")
    await user.sees(reads(panel, "How loud was the shop?"))
    assert "■◧□□□□□ 1 of 7 sections has notes · question 2" in panel.text
    assert "A draft now: about 10 of" in panel.text
    assert "5 sections are empty" in panel.text
    models.script(NextQuestion("the-label", "Who said that you were the wrong person?", {}))
    await user.click(panel, "Another question")
    await user.sees(reads(panel, "Who said that you were the wrong person?"))
    assert "What I missed" not in panel.text.splitlines()[1]


async def test_titles_are_suggested_from_the_writers_words_and_taken_by_a_button(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel = await with_notes(user, sim.guild("Writers"))
    models.script([RawTitle("From 15% to 2%", "from 15% to 2%"), RawTitle("A journey", "a journey")])
    await user.click(panel, "Suggest titles")
    await user.sees(reads(panel, "1. From 15% to 2%"))
    assert "journey" not in panel.text
    await user.click(panel, "Take 1")
    await user.sees(reads(panel, "### From 15% to 2%"))


async def test_titles_that_an_old_panel_asks_for_are_shown_with_one_way_back_to_the_text(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user, guild = sim.user("writer"), sim.guild("Writers")
    old = await with_notes(user, guild)
    models.script(says(DRAFT))
    panel = await (await user.slash(guild, "draft")).message()
    await user.click(panel, "Write draft")
    await user.sees(lambda _: "version 1" in panel.text)
    models.script([RawTitle("From 15% to 2%", "from 15% to 2%")])
    await user.click(old, "Suggest titles")
    await user.sees(reads(old, "1. From 15% to 2%"))
    assert [label for label in old.buttons if label in ("None of them", "Back to the text")] == ["Back to the text"]


async def test_what_a_draft_left_open_is_answered_and_worked_into_its_passage(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel = await drafted(user, sim.guild("Writers"), models)
    await user.click(panel, "Open questions (5)")  # the gaps that stand in the draft
    await user.sees(reads(panel, "> What were you doing"))
    await user.click(panel, "Skip")
    await user.sees(reads(panel, "> Tell me about one meeting"))
    models.script(rewrites("Mara asked at the interview whether I could manage a budget."))
    await answer(user, panel, "Mara asked about budgets.")
    await user.sees(lambda _: "Open questions (4)" in panel.buttons)
    assert "Mara asked at the interview" in panel.text
    assert "[NEED: Tell me about one meeting" not in panel.text
    assert "[NEED: What were you doing on the best working day" in panel.text
    note = (await bot.desk.notes(bot.writer(user), (await bot.essay(user)).id))[-1]
    assert (note.text, note.section) == ("Mara asked about budgets.", "the-label")
