"""Reports, the picture of a shape, and what changed, from the buttons and the menu of a panel."""

from __future__ import annotations

from tests.discord_ui.conftest import Bot, Scripted
from tests.discord_ui.panel_steps import criticised, drafted
from tests.simulators.discord import DiscordSimulator


async def test_a_critique_is_handed_over_as_a_page_and_the_shape_as_a_picture_with_its_figures(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel = await drafted(user, user.dm, models)
    shape = await (await user.select(panel, "More", "Shape")).followup()
    ((name, data),) = shape.files.items()
    assert name.endswith("-shape.png")
    assert data.startswith(b"\x89PNG")
    (picture,) = [part for part in shape.parts if part["type"] == 12]
    assert "Words by section" in picture["items"][0]["description"]
    await criticised(user, panel, models)
    handed = await (await user.click(panel, "Report")).followup()
    ((name, data),) = handed.files.items()
    assert name.endswith("-report.html")
    assert "Finding 1: vague, grave" in data.decode()
    assert "no model was asked" in handed.text


async def test_what_changed_is_shown_by_sentence_before_and_after(sim: DiscordSimulator, plain: Bot) -> None:
    user = sim.user("writer")
    panel = await drafted(user, user.dm, None, "## The contradiction\n\nThe noise of the shop in May. It was over.\n")
    form = await (await user.click(panel, "Edit")).modal()
    await user.submit(form, {"body0": "The noise of the shop in June. It was over."})
    await user.sees(lambda _: "version 2" in panel.text)
    await user.select(panel, "More", "What changed")
    await user.sees(lambda _: "What changed from version 1 to version 2." in panel.text)
    assert "− The noise of the shop in ~~May.~~\n+ The noise of the shop in __June.__" in panel.text
    assert "It was over" not in panel.text
    await user.click(panel, "History")
    await user.sees(lambda _: "Read a version" in panel.text)
    await user.select(panel, "Read a version", "Version 1")
    await user.sees(lambda _: "[What changed]" in panel.text)
    await user.click(panel, "What changed")
    await user.sees(lambda _: "What changed from version 1 to version 2." in panel.text)
