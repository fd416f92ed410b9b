"""The whole way from /draft to the file without a model; with one it is in test_story_process.py."""

from __future__ import annotations

from bot.essay.export import read_export
from tests.discord_ui.conftest import Bot
from tests.simulators.discord import DiscordSimulator, Message


async def test_an_essay_can_be_made_from_draft_to_export_without_a_model(sim: DiscordSimulator, plain: Bot) -> None:
    """Interview, the notes set into a post, an edit, undo, and the file; nothing offers what cannot be done."""
    user = sim.user("writer")
    panel: Message = await (await user.slash(user.dm, "draft")).message()
    assert "No model is configured" in panel.text
    await user.click(panel, "Interview me")
    await user.sees(lambda _: "Answer" in panel.buttons)
    form = await (await user.click(panel, "Answer")).modal()
    await user.submit(form, {"answer": "I fixed the lift at Mill Lane."})
    await user.sees(lambda _: "1 of 7" in panel.text)
    await user.click(panel, "Set into a post")
    await user.sees(lambda _: "I fixed the lift at Mill Lane." in panel.text)
    assert "your own words, no model wrote any of it" in panel.text
    assert not {"Revise", "Critique"} & set(panel.buttons)
    form = await (await user.click(panel, "Edit")).modal()
    await user.submit(form, {"body0": "I fixed the lift at Mill Lane, twice."})
    await user.sees(lambda _: "Mill Lane, twice." in panel.text)
    await user.select(panel, "More", "Undo")
    await user.sees(lambda _: "Mill Lane, twice." not in panel.text)
    await user.click(panel, "Measure")
    await user.sees(lambda _: "apart from headings" in panel.text)
    await user.click(panel, "Back")
    await user.sees(lambda _: "Export" in panel.buttons)
    handed = await (await user.click(panel, "Export")).followup()
    (data,) = handed.files.values()
    assert read_export(data.decode())[1] == await plain.text(user)
