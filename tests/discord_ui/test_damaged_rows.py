"""A damaged row of one writer's harms nobody else, and nothing else of theirs."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from dataclasses import asdict
from pathlib import Path

import pytest

from bot import bootstrap
from bot.discord_ui.messages.editor import AddressRecord
from bot.errors import StreamBroken
from bot.essay.essay import DAMAGED_NOTE_TEXT, DAMAGED_TITLE_TEXT
from bot.essay.support import Check, SentenceSupport
from bot.services.notes import note_fingerprint
from bot.services.sharing import Feedback, FeedbackKind, Share, ShareState
from bot.store.sqlite import SqliteStore
from tests.discord_ui.conftest import DRAFT, NOTES, Bot, Scripted, started
from tests.discord_ui.dm_steps import everything, question, quick, wait_until_dms_are_read
from tests.discord_ui.panel_steps import OPINION, criticised, drafted, reads, with_notes
from tests.discord_ui.panels.test_job_outcomes import HALF, revised
from tests.services.fakes import PATIENCE, says
from tests.simulators.discord import DiscordSimulator, Message, User

_ESSAYS = "essay IN (SELECT id FROM essays WHERE writer = ?)"
# Every sealed column, and which of its rows are a writer's.
SEALED = {
    ("essays", "title"): "writer = ?",
    ("notes", "text"): _ESSAYS,
    ("notes", "question"): _ESSAYS,
    ("questions", "text"): _ESSAYS,
    ("versions", "text"): _ESSAYS,
    ("versions", "remark"): _ESSAYS,
    ("support", "body"): _ESSAYS,
    ("suggested_titles", "title"): _ESSAYS,
    ("voice_samples", "text"): "writer = ?",
    ("critiques", "title"): "writer = ?",
    ("critiques", "text"): "writer = ?",
    ("critiques", "opinion"): "writer = ?",
    ("jobs", "argument"): "writer = ?",
    ("jobs", "error"): "writer = ?",
    ("job_texts", "text"): "job IN (SELECT id FROM jobs WHERE writer = ?)",
    ("job_panels", "address"): "job IN (SELECT id FROM jobs WHERE writer = ?)",
    ("dm_messages", "id"): "writer = ?",
    ("dm_messages", "text"): "writer = ?",
    ("dm_channels", "channel"): "writer = ?",
    ("dm_channels", "last_read"): "writer = ?",
    ("shares", "place"): _ESSAYS,
    ("feedback", "text"): _ESSAYS,
    ("feedback", "message"): _ESSAYS,
}
# Columns of plain words and times that are read as something else than words, with what stands there once damaged.
PLAIN = {
    ("essays", "created"): ("writer = ?", "2026-99-99"),
    ("essays", "changed"): ("writer = ?", "yesterday"),
    ("questions", "state"): (_ESSAYS, "odd"),
    ("versions", "created"): (_ESSAYS, "odd"),
    ("versions", "origin"): (_ESSAYS, "odd"),
    ("critiques", "created"): ("writer = ?", ""),
    ("jobs", "kind"): ("writer = ?", "odd"),
    ("jobs", "state"): ("writer = ?", "odd"),
    ("jobs", "created"): ("writer = ?", "odd"),
    ("jobs", "changed"): ("writer = ?", "odd"),
}


async def fill_every_sealed_column(bot: Bot, user: User, models: Scripted) -> None:
    """Leaves something in every sealed column: essays, a message that waits, a revision that broke off, critiques."""
    panel = await question(user)
    form = await (await user.click(panel, "Answer")).modal()
    await user.submit(form, {"answer": "The lift at Mill Lane broke in 2019."})
    await user.sees(reads(panel, "question 2"))
    models.script(says(f"A remark.\n\n{NOTES}"))
    await user.click(panel, "Write draft")
    await user.sees(reads(panel, "version 1"))
    writer, drafted_essay = bot.writer(user), await bot.essay(user)
    check = Check(drafted_essay.head or 0, (SentenceSupport(1, (1,)),), ())
    at = drafted_essay.changed_at
    await bot.store.write(writer, lambda tx: tx.support.save(writer, drafted_essay.id, check, at))
    await bot.store.write(writer, lambda tx: tx.essays.set_suggested_titles(writer, drafted_essay.id, ["A title"], at))
    await bot.store.write(writer, lambda tx: tx.voice.add(writer, "Words of their own.", at))
    share = Share(1, 1, ShareState.OPEN, user.dm.id, user.dm.id, None, at)
    said = Feedback(0, 1, FeedbackKind.READER, f"Said to {user.name}.", 1, at)
    await bot.store.write(writer, lambda tx: tx.sharing.add(writer, drafted_essay.id, share))
    await bot.store.write(writer, lambda tx: tx.sharing.add_feedback(writer, drafted_essay.id, said))
    await criticised(user, panel, models)
    panel = await (await user.slash(user.dm, "draft")).message()
    models.script(says(HALF, error=StreamBroken()))
    await revised(user, panel)
    await user.sees(lambda _: "Try again" in panel.buttons)
    shown_before, essay = panel, (await bot.essay(user)).id
    models.script(OPINION)
    pasted = await (await user.slash(user.dm, "critique", text=f"---\ntitle: Mine\n---\n\n{NOTES}")).message()
    await user.sees(lambda _: "Critique:" in pasted.text)
    panel = await (await user.slash(user.dm, "draft", title="The second one")).message()
    await user.click(panel, "Interview me")
    await user.sees(lambda _: "Next" in panel.buttons)
    await user.say(user.dm, f"A piece of {user.name}.")
    await user.sees(reads(panel, "1 message"))
    await leave_job_panel(bot, user, shown_before, essay)


async def leave_job_panel(bot: Bot, user: User, panel: Message, essay: str) -> None:
    """Store that a message shows the essay's last job, as a kill leaves it before the job's end could be shown."""
    last = await bot.jobs.latest_job(bot.writer(user), essay)
    assert last is not None
    job, address = last.job.id, json.dumps(asdict(AddressRecord(panel.id, channel_id=user.dm.id)))
    await bot.store.write(last.job.writer, lambda tx: tx.job_panels.save(job, panel.id, address))


def damage(database: Path, table: str, column: str, rows: str, writer: str) -> int:
    """Changes one byte in the column of each of a writer's rows; how many there were."""
    with sqlite3.connect(database) as connection:
        query = f"SELECT rowid, {column} FROM {table} WHERE {column} IS NOT NULL AND {rows}"
        found = connection.execute(query, [writer]).fetchall()
        for number, sealed in found:
            middle = len(sealed) // 2
            changed = sealed[:middle] + (b"A" if sealed[middle : middle + 1] != b"A" else b"B") + sealed[middle + 1 :]
            connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", [changed, number])
    connection.close()
    return len(found)


async def open_essay(user: User, number: int) -> Message:
    """The panel of one of the person's essays, the last changed being 0."""
    listed = await (await user.slash(user.dm, "essays")).message()
    menu = next(part for part in listed.parts if part["type"] == 3)
    await user.select(listed, "Choose an essay", menu["options"][number]["value"])
    await user.sees(lambda _: "Open" in listed.buttons)
    await user.click(listed, "Open")
    await user.sees(lambda _: "Open" not in listed.buttons)
    return listed


async def use_the_bot(bot: Bot, user: User, *, hurt: bool) -> None:
    """Does what a writer does. Whoever is ``hurt`` may be told that something is damaged, and all else is done."""
    listed = await (await user.slash(user.dm, "essays")).message()
    assert "2 essays" in listed.text
    assert hurt or DAMAGED_TITLE_TEXT not in listed.text
    for number in (0, 1):
        panel = await open_essay(user, number)
        assert "Export" in panel.buttons or {"Next", "Interview me", "Go on asking"} & set(panel.buttons)
        if "Feedback" in panel.text:
            await user.select(panel, "More", "Feedback")
            await user.sees(reads(panel, "Said by others"))
    await user.click(listed, "Critiques")
    await user.sees(reads(listed, "Critiques of pasted texts"))
    answer = await (await user.slash(user.dm, "export")).message()
    assert answer.files or (hurt and "damaged and cannot be read" in answer.text)
    (sample,) = await bot.store.read(lambda tx: tx.voice.of_writer(bot.writer(user)))
    assert hurt or not sample.is_damaged
    await user.slash(user.dm, "draft", essay=(await bot.desk.list_essays(bot.writer(user)))[0].id)
    await user.say(user.dm, f"Written later by {user.name}.")


def replace(database: Path, table: str, column: str, rows: str, writer: str, words: str) -> int:
    """Puts other words into the column of each of a writer's rows; how many there were."""
    with sqlite3.connect(database) as connection:
        changed = connection.execute(f"UPDATE {table} SET {column} = ? WHERE {rows}", [words, writer]).rowcount
    connection.close()
    return changed


@pytest.mark.parametrize(("table", "column"), [*SEALED, *PLAIN], ids=lambda one: one)
async def test_a_damaged_row_affects_no_other_row_and_no_other_writer(
    sim: DiscordSimulator, tmp_path: Path, caplog: pytest.LogCaptureFixture, table: str, column: str
) -> None:
    sim.settings.rate_limits = False
    database, models = tmp_path / "essays.db", Scripted()
    hurt, well = sim.user("hurt"), sim.user("well")
    async with started(sim, database, models) as bot:
        quick(bot)
        for user in (hurt, well):
            await fill_every_sealed_column(bot, user, models)
        writer = bot.writer(hurt)
    for user in (hurt, well):
        await user.say(user.dm, f"While away, {user.name}.")
    if (table, column) in SEALED:
        assert damage(database, table, column, SEALED[table, column], writer)
    else:
        rows, words = PLAIN[table, column]
        assert replace(database, table, column, rows, writer, words)
    async with started(sim, database, models) as bot:
        quick(bot)
        await wait_until_dms_are_read(bot)
        for user in (hurt, well):
            await use_the_bot(bot, user, hurt=user is hurt)
        for user in (hurt, well):
            async with asyncio.timeout(PATIENCE):
                while f"Written later by {user.name}." not in "\n".join(await everything(bot, user)):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
        stored = "\n".join(await everything(bot, well))
        for words in ("A piece of well.", "While away, well.", "The lift at Mill Lane broke in 2019."):
            assert words in stored
        if table != "dm_channels":
            assert "While away, hurt." in "\n".join(await everything(bot, hurt))
        essays = await bot.desk.list_essays(writer)
        for essay in essays:
            await bot.desk.delete_essay(writer, essay.id)
        assert await bot.desk.list_essays(writer) == ()
    for user in (hurt, well):
        assert str(tmp_path) not in user.screen.text
        assert "went wrong on our side" not in user.screen.text
    if (table, column) in SEALED:
        assert "is damaged and cannot be read; all else can" in caplog.text
    assert "a bug" not in caplog.text


def test_the_list_of_sealed_columns_is_complete(tmp_path: Path) -> None:
    """All that holds bytes but what is no writer's."""
    SqliteStore(tmp_path / "essays.db", None, bootstrap.utc_now).close()
    with sqlite3.connect(tmp_path / "essays.db") as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {
            (table, row[1])
            for table in tables
            for row in connection.execute(f"PRAGMA table_info({table})")
            if row[2] == "BLOB"
        }
    connection.close()
    nobodys = {("secrets", "value"), ("server_rules", "rules")}  # damaged rules: panels/test_server_rules.py
    assert found - nobodys == set(SEALED)


async def test_a_broken_database_is_told_without_showing_its_path(sim: DiscordSimulator, tmp_path: Path) -> None:
    user, database = sim.user("writer"), tmp_path / "essays.db"
    async with started(sim, database, Scripted()) as bot:
        quick(bot)
        await (await user.slash(user.dm, "draft")).message()
        await bot.store.database.run(lambda held: held.db.execute("DROP TABLE notes"))
        for act in (await user.slash(user.dm, "draft"), await user.slash(user.dm, "essays")):
            await act.message()
        await user.say(user.dm, "Hello.")
        await user.sees(lambda screen: "The bot cannot use its database" in screen.text)
        assert str(tmp_path) not in user.screen.text
        assert "essays.db" not in user.screen.text


@pytest.mark.parametrize("models", [None, Scripted()], ids=["without a model", "with one"])
async def test_a_damaged_version_is_told_and_a_new_one_can_be_made_from_the_notes(
    sim: DiscordSimulator, tmp_path: Path, models: Scripted | None
) -> None:
    """The notes are still there: a new text is made from them, and the damaged one stays in the history."""
    user, database = sim.user("writer"), tmp_path / "essays.db"
    async with started(sim, database, models) as bot:
        await drafted(user, user.dm, models)
        writer = bot.writer(user)
    damage(database, "versions", "text", _ESSAYS, writer)
    async with started(sim, database, models) as bot:
        panel = await (await user.slash(user.dm, "draft")).message()
        assert "The current text, version 1, is damaged and cannot be read." in panel.text
        await user.click(panel, "History")
        await user.sees(reads(panel, "Version 1"))
        await user.click(panel, "Back")
        await user.sees(lambda _: "Write draft" in panel.buttons or "Set into a post" in panel.buttons)
        if models:
            models.script(says(DRAFT))
        await user.click(panel, "Write draft" if models else "Set into a post")
        await user.sees(reads(panel, "version 2"))
        assert "Errors went from 15% to 2%." in await bot.text(user)


async def test_a_damaged_note_is_told_and_can_be_rewritten(sim: DiscordSimulator, tmp_path: Path) -> None:
    """It stands in no post; the others do."""
    user, database = sim.user("writer"), tmp_path / "essays.db"
    async with started(sim, database) as bot:
        panel = await with_notes(user, user.dm)
        writer = bot.writer(user)
    damage(database, "notes", "text", f"{_ESSAYS} AND number = 2", writer)
    async with started(sim, database) as bot:
        await user.click(panel, "Set into a post")
        await user.sees(reads(panel, "version 1"))
        assert "Errors went from 15% to 2%." in await bot.text(user)
        assert "private" not in panel.text
        await user.select(panel, "More", "Notes")
        await user.sees(reads(panel, "damaged: it cannot be read"))
        await user.select(panel, "Open a note", "2")
        await user.sees(reads(panel, "This note is damaged and cannot be read."))
        assert "Take it in again" not in panel.buttons
        essay = (await bot.essay(user)).id
        await bot.notes.edit(writer, essay, 2, "My pay went down.", seen=note_fingerprint(DAMAGED_NOTE_TEXT))
        note = (await bot.desk.notes(writer, essay))[1]
        assert (note.text, note.is_damaged) == ("My pay went down.", False)
