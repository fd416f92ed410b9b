"""What a person is told is true after errors, second clicks, refusals and old failures."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from bot.discord_ui.panels.presenter import WAITING_CARD_SECONDS
from bot.errors import Overloaded, StoreFull
from bot.ops.run_discord import DiscordRejectedStart, DiscordUnreachable, _raise_connection_error
from bot.store.essays import SqlEssays
from tests.discord_ui.conftest import NOTES, Bot, Scripted
from tests.discord_ui.panel_steps import OPINION, drafted, reads, with_notes
from tests.services.fakes import Gate, says
from tests.simulators.discord import Attachment, DiscordSimulator

LATIN = "Le café de l'équipe était fermé, et personne ne m'a dit pourquoi avant le mois de mai.".encode("cp1252")


async def test_leave_it_out_ticked_in_a_second_form_makes_the_same_note_private(
    sim: DiscordSimulator, plain: Bot
) -> None:
    """The same words twice are one note; that the second form asks to leave it out is done, and told."""
    user = sim.user("writer")
    panel = await (await user.slash(user.dm, "draft")).message()
    await user.click(panel, "Interview me")
    await user.sees(lambda _: "Answer" in panel.buttons)
    first = await (await user.click(panel, "Answer")).modal()
    second = await (await user.click(panel, "Answer")).modal()
    await user.submit(first, {"answer": "Nine weeks."})
    await user.sees(lambda _: "question 2" in panel.text)
    await user.submit(second, {"answer": "Nine weeks.", "left-out": True})
    await user.sees(lambda _: "Note 1 held this answer already; it is left out now." in panel.text)
    notes = await plain.desk.notes(plain.writer(user), (await plain.essay(user)).id)
    assert [(note.text, note.is_excluded) for note in notes] == [("Nine weeks.", True)]


async def test_an_answer_to_a_question_skipped_meanwhile_is_still_stored(sim: DiscordSimulator, plain: Bot) -> None:
    user = sim.user("writer")
    panel = await (await user.slash(user.dm, "draft")).message()
    await user.click(panel, "Interview me")
    await user.sees(lambda _: "Answer" in panel.buttons)
    form = await (await user.click(panel, "Answer")).modal()
    answer = next(one["custom_id"] for one in panel.parts if ":answer:" in one.get("custom_id", ""))
    await user.click(panel, "Skip")
    await user.sees(lambda _: "question 2" in panel.text)
    await user.forge_click(panel, answer)
    await user.sees(lambda _: "That question was skipped meanwhile" in panel.text)
    await user.submit(form, {"answer": "Nine weeks."})
    await user.sees(lambda _: "your answer is stored as note 1" in panel.text)


@pytest.mark.parametrize("broken", [False, True], ids=["the panel can be shown", "it cannot"])
async def test_a_panel_that_was_reading_notes_is_restored_after_an_error(
    sim: DiscordSimulator, bot: Bot, models: Scripted, monkeypatch: pytest.MonkeyPatch, broken: bool
) -> None:
    """The error is told, and nobody waits in front of "Reading your notes…" for good."""
    user = sim.user("writer")
    panel = await (await user.slash(user.dm, "draft")).message()
    gate = Gate()

    async def fail(*_: object) -> Any:
        await gate.hold()
        if broken:
            monkeypatch.setattr(SqlEssays, "get", refuse)
        raise StoreFull(Path("essays.db"))

    def refuse(*_: object) -> Any:
        raise StoreFull(Path("essays.db"))

    models.script(fail)
    form = await (await user.click(panel, "Paste notes")).modal()
    await user.submit(form, {"paste1": "A note under no heading."})
    await user.sees(lambda _: "Reading your notes" in panel.text, WAITING_CARD_SECONDS + 5)
    gate.release()
    wanted = "Show the essay" if broken else "Interview me"
    await user.sees(lambda _: wanted in panel.buttons and "The bot's disk is full" in panel.text)
    assert "Reading your notes" not in panel.text
    if not broken:
        assert "1 note stored." in panel.text


async def test_an_old_job_error_is_not_shown_once_the_writer_has_gone_on(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel = await with_notes(user, user.dm)
    models.script(says(error=Overloaded()))
    await user.click(panel, "Write draft")
    await user.sees(lambda _: "overloaded" in panel.text)
    await bot.desk.add_notes(bot.writer(user), (await bot.essay(user)).id, "One more note.")
    assert "overloaded" not in (await (await user.slash(user.dm, "draft")).message()).text


async def test_the_end_of_a_job_is_logged_in_one_line_without_the_writers_words(
    sim: DiscordSimulator, bot: Bot, models: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot.services.jobs.executor")
    user = sim.user("writer")
    await drafted(user, user.dm, models)
    essay = (await bot.essay(user)).id
    lines = [one.getMessage() for one in caplog.records if one.name == "bot.services.jobs.executor"]
    assert [line for line in lines if line.startswith("job 1, draft: done, ") and line.endswith(f" ms, {essay[:4]}")]
    assert len(lines) == 1
    assert "rebuilt" not in lines[0]


@pytest.mark.parametrize("in_server", [True, False])
async def test_a_finished_draft_that_discord_refuses_can_be_reached_by_buttons(
    sim: DiscordSimulator, bot: Bot, models: Scripted, in_server: bool
) -> None:
    user, guild = sim.user("writer"), sim.guild("Writers")
    panel = await with_notes(user, guild if in_server else user.dm)
    gate = Gate()
    models.script(says("## What I missed\n\nNothing.\n", gate))
    await user.click(panel, "Write draft")
    await gate.reached()
    await user.sees(lambda _: "Nothing." in panel.text)
    sim.fail_next("PATCH", "/webhooks/*/*/messages/@original", 400, 200000, times=1)
    gate.release()
    await user.sees(lambda _: "Discord refused to show this" in panel.text and "Show the essay" in panel.buttons)
    assert ("Continue in DM" in panel.buttons) is in_server


async def test_the_encoding_and_skipped_files_are_told_beside_a_critique(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """An older encoding, and a file of the message that was passed over."""
    user, guild = sim.user("writer"), sim.guild("Writers")
    models.script(OPINION)
    panel = await (await user.slash(user.dm, "critique", file=Attachment("my_old_text.txt", LATIN))).message()
    await user.sees(lambda _: "was read as cp1252" in panel.text and "Next" in panel.buttons)
    models.script(OPINION)
    both = [Attachment("text.md", (NOTES * 2).encode()), Attachment("cat.png", b"\x89PNG", "image/png")]
    said = await user.say(guild, "Look at this.", attachments=both)
    panel = await (await user.message_command("Critique this", said)).message()
    await user.sees(lambda _: "cat.png is a picture, which is not read" in panel.text)


async def test_markdown_in_a_title_or_file_name_is_escaped(sim: DiscordSimulator, plain: Bot) -> None:
    user = sim.user("writer")
    panel = await drafted(user, user.dm, None, NOTES)
    await plain.desk.rename_essay(plain.writer(user), (await plain.essay(user)).id, "My *own* story")
    handed = await (await user.click(panel, "Export")).followup()
    assert r"My \*own\* story, as Markdown." in handed.text
    refused = await (await user.slash(user.dm, "draft", notes=Attachment("my_own_cv.pdf", b"%PDF-1.7"))).message()
    assert r"my\_own\_cv.pdf is a PDF, which is not read" in refused.text


async def test_sort_them_puts_notes_without_a_section_into_sections(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """Where a model failed to place them first; the button is there for as long as there are such notes."""
    user = sim.user("writer")
    panel = await drafted(user, user.dm, models)
    essay = (await bot.essay(user)).id
    await bot.desk.add_notes(bot.writer(user), essay, "I answer to one person now.")
    await user.select(panel, "More", "Notes")
    await user.sees(lambda _: "Sort them" in panel.buttons)
    models.script({3: bot.desk.structures["career-switch"].sections[0].key})
    await user.click(panel, "Sort them")
    await user.sees(reads(panel, "1 of 1 note found a section."))
    assert "Sort them" not in panel.buttons


@pytest.mark.parametrize(
    ("status", "code", "kind"), [(400, 50035, DiscordRejectedStart), (503, 0, DiscordRejectedStart)]
)
async def test_commands_that_discord_refuses_are_not_reported_as_a_network_failure(
    sim: DiscordSimulator, plain: Bot, status: int, code: int, kind: type[Exception]
) -> None:
    sim.fail_next("PUT", "/applications/*/commands", status, code, times=None)
    with pytest.raises(kind, match=f"status {status} and code {code}"):
        await _raise_connection_error(asyncio.ensure_future(_sync(plain)))
    with pytest.raises(DiscordUnreachable):
        await _raise_connection_error(asyncio.ensure_future(_unreachable()))


async def _sync(bot: Bot) -> None:
    await bot.client.tree.sync()


async def _unreachable() -> None:
    raise ConnectionRefusedError
