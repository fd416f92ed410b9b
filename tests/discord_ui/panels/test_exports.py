"""A post in Discord as a file for where it is read: by Export, by the menu below the file, and by /export."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from bot.discord_ui.interactions.handlers import drafts
from bot.essay.essay import Note
from bot.essay.export import describe_open_points
from bot.essay.export_targets import EXPORT_TARGETS
from tests.discord_ui.conftest import Bot
from tests.discord_ui.panel_steps import answered, drafted
from tests.essay.readers import read_docx, read_html
from tests.simulators.discord import DiscordSimulator

NOTES = "## What I missed\n\nI *rebuilt* the export with Kim Olsen.\n"


async def test_the_menu_below_an_exported_file_hands_it_out_for_another_place(
    sim: DiscordSimulator, plain: Bot
) -> None:
    user = sim.user("writer")
    panel = await drafted(user, user.dm, None, NOTES)
    await plain.desk.rename_essay(plain.writer(user), (await plain.essay(user)).id, "Out *of* it")
    handed = await (await user.click(panel, "Export")).followup()
    assert list(handed.files) == ["out-of-it.md"]
    assert "Out \\*of\\* it, as Markdown." in handed.text
    assert "Names to change, where somebody should not be known by them: Kim Olsen." in handed.text

    for_linkedin = await (await user.select(handed, "Export for another place", "LinkedIn")).followup()
    ((name, data),) = for_linkedin.files.items()
    assert name == "out-of-it.txt"
    assert "I rebuilt the export with Kim Olsen.\n" in data.decode()
    assert "Out \\*of\\* it, for LinkedIn." in for_linkedin.text
    assert "Paste it into a new post." in for_linkedin.text

    in_word = await (await user.select(for_linkedin, "Export for another place", "A Word document")).followup()
    ((name, data),) = in_word.files.items()
    assert name == "out-of-it.docx"
    assert "I rebuilt the export with Kim Olsen." in [one.text for one in read_docx(data).paragraphs]
    assert list(handed.files) == ["out-of-it.md"]  # what was handed out before stays as it was
    await answered(plain)
    assert (await plain.essay(user)).is_exported


async def test_every_place_can_be_chosen_by_the_command(sim: DiscordSimulator, plain: Bot) -> None:
    user = sim.user("writer")
    await drafted(user, sim.guild("Writers"), None, NOTES)
    for target in EXPORT_TARGETS.values():
        handed = await (await user.slash(user.dm, "export", **{"for": target.key})).message()
        (name,) = handed.files
        assert name.endswith(target.extension)
        assert f", {target.phrase}." in handed.text


async def test_a_long_text_is_handed_out_whole(sim: DiscordSimulator, plain: Bot) -> None:
    user = sim.user("writer")
    panel = await drafted(user, user.dm, None, f"## What I missed\n\n{'It was loud. ' * 2_000}\n")
    handed = await (await user.click(panel, "Export")).followup()
    page = await (await user.select(handed, "Export for another place", "A web page")).followup()
    (data,) = page.files.values()
    assert read_html(data).article.get_text().count("It was loud.") == 2_000  # type: ignore[union-attr]  # it has one


async def test_what_is_open_in_an_export_is_looked_for_outside_the_event_loop(
    sim: DiscordSimulator, plain: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []

    def watched(text: str, notes: Sequence[Note]) -> str:
        threads.append(threading.get_ident())
        return describe_open_points(text, notes)

    monkeypatch.setattr(drafts, "describe_open_points", watched)
    user = sim.user("writer")
    panel = await drafted(user, user.dm, None, f"{NOTES}\n- [leave out] My boss shouted.\n")
    handed = await (await user.click(panel, "Export")).followup()
    assert "1 private passage is not in it." in handed.text
    assert threads
    assert threading.get_ident() not in threads


async def test_a_place_that_nobody_knows_is_named_and_nothing_is_handed_out(sim: DiscordSimulator, plain: Bot) -> None:
    user = sim.user("writer")
    panel = await drafted(user, user.dm, None, NOTES)
    essay = (await plain.essay(user)).id
    await user.forge_click(panel, f"essay:v1:export-for:{essay}:1:", "nowhere")
    await user.sees(lambda screen: screen.last is not None and "there is no place called nowhere." in screen.last.text)


async def test_a_button_from_before_there_were_places_still_hands_out_plain_text(
    sim: DiscordSimulator, plain: Bot
) -> None:
    user = sim.user("writer")
    panel = await drafted(user, user.dm, None, NOTES)
    essay = (await plain.essay(user)).id
    handed = await (await user.forge_click(panel, f"essay:v1:export-anyway:{essay}:1:plain")).followup()
    assert [name.rpartition(".")[2] for name in handed.files] == ["txt"]
