"""Two people in two servers and their DMs; one downloads everything and deletes everything, before the real process."""

from __future__ import annotations

import asyncio
import io
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.bootstrap import utc_now
from bot.discord_ui.interactions.responses import writer_id
from bot.store.backup import create_backup
from bot.store.database import EncryptedDatabase
from bot.store.personal_data import personal_tables
from bot.store.sqlite import SqliteStore
from tests.discord_ui.bot_process import ROOT, Runs, claude, environment, runs
from tests.discord_ui.panel_steps import reads
from tests.services.test_personal_data import everything
from tests.simulators.claude import ClaudeSimulator, Gate, Pause, Reply
from tests.simulators.discord import Attachment, DiscordSimulator, Guild, Message, Screen, User

__all__ = ["claude", "runs"]  # fixtures


@dataclass(eq=False)
class Someone:
    """A person with words of their own; ``word`` stands in all that they write and nowhere else."""

    user: User
    guild: Guild
    word: str
    written: list[str] = field(default_factory=list)

    def says(self, words: str) -> str:
        self.written.append(f"{words} at {self.word}.")
        return self.written[-1]

    @property
    def traces(self) -> list[str]:
        """What must be found nowhere once they are deleted: their words, names and ids."""
        ids = [self.user.id, self.user.dm.id, *(one.id for one in self.user.screen.messages)]
        return [self.word, self.user.name, *self.written, *(str(number) for number in ids)]


def has_text(words: str) -> Callable[[Screen], bool]:
    return lambda screen: words in screen.text


async def live(one: Someone) -> Message:
    """Draft in the server, have it critiqued, critique somebody's text, write in the DM, give a text of one's own."""
    user, guild = one.user, one.guild
    notes = f"## What I missed\n\n{one.says('I rebuilt the export service')}\n"
    panel = await (await user.slash(guild, "draft", notes=Attachment("mine.md", notes.encode()))).message()
    await user.click(panel, "Write draft")
    await user.sees(reads(panel, "[Critique]"))
    await user.click(panel, "Critique")
    await user.sees(reads(panel, "Fix this first"))
    text = one.says("A pasted text that is quite long enough to be read by an editor who knows the trade")
    await user.slash(guild, "critique", file=Attachment("theirs.md", text.encode()))
    await user.sees(lambda screen: screen.text.count("The critique is done.") == 2)
    sample = Attachment("voice.md", one.says("This is how I sound, mind, when I tell of my work").encode())
    await (await user.slash(guild, "voice", file=sample)).message()
    for words in ("The lift stopped", "Bernie mended it"):
        await user.say(user.dm, one.says(words))
    await user.sees(has_text("2 notes"))
    return panel


def rows_of(database: Path, user: User) -> tuple[str, dict[str, list[Any]]]:
    """Return a person's pseudonym and their rows, opened, read beside the running bot."""
    store = SqliteStore(database, None, utc_now)
    try:
        writer = writer_id(store.pseudonym_secret, user.id)
        return writer, store.database._worker.run_blocking(lambda: everything(store.database._database, writer))
    finally:
        store.close()


def sealed_cells(database: Path, writer: str) -> list[bytes]:
    """Return each sealed cell of a writer's as it lies in the file."""

    def read(opened: EncryptedDatabase) -> list[bytes]:
        found: list[bytes] = []
        for table in personal_tables(opened):
            query = f"SELECT * FROM {table.name} WHERE {table.of_writer}"
            for row in opened.db.execute(query, {"writer": writer}).fetchall():
                found += [cell[10:50] for cell in row if isinstance(cell, bytes)]
        return found

    store = SqliteStore(database, None, utc_now)
    try:
        return store.database._worker.run_blocking(lambda: read(store.database._database))
    finally:
        store.close()


def wait_for_jobs(database: Path) -> None:
    """Wait until no job is under way, such as a check after a draft."""
    end = time.monotonic() + 20
    with closing(sqlite3.connect(database)) as db:
        while db.execute("SELECT count(*) FROM jobs WHERE ended = 0").fetchone()[0] and time.monotonic() < end:
            time.sleep(0.05)


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


async def test_one_of_two_people_takes_everything_away_and_nothing_of_theirs_is_left(
    sim: DiscordSimulator, claude: ClaudeSimulator, tmp_path: Path
) -> None:
    first, second = sim.user("Wilhelmina"), sim.user("Bartholomew")
    guilds = sim.guild("Writers", members=(first,)), sim.guild("Readers", members=(second,))
    people = (Someone(first, guilds[0], "Alderholt"), Someone(second, guilds[1], "Birchington"))
    listed = {"ACCESS": "listed", "ACCESS_SERVERS": ",".join(str(guild.id) for guild in guilds)}
    process = Runs(sim, tmp_path, {**environment(sim, claude, tmp_path), **listed})
    await process.start()
    try:
        await _delete_the_first(process, people)
        process.send_signal(signal.SIGTERM)
        assert await process.ended() == 0
    finally:
        if process.child:
            process.send_signal(signal.SIGKILL)
            await process.ended()
    held = await asyncio.to_thread(files_in, tmp_path)
    assert [(name, trace) for trace in people[0].traces for name, data in held.items() if trace.encode() in data] == []


async def _delete_the_first(process: Runs, people: tuple[Someone, Someone]) -> None:
    leaver, stayer = people
    database, user = process.folder / "essays.db", leaver.user
    panel, others = [await live(one) for one in people]
    mine = await (await user.slash(user.dm, "mydata")).message()
    sent = await (await user.click(mine, "Download everything")).followup()
    ((name, data),) = sent.files.items()
    assert name == "my-essay-bot-data.zip"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        taken = {name: archive.read(name).decode() for name in archive.namelist()}
    whole = "\n".join(taken.values())
    assert [words for words in leaver.written if words not in whole] == []
    assert [trace for trace in (stayer.word, stayer.user.name, str(stayer.user.id)) if trace in whole] == []
    assert "It was a very big change for me." in next(text for name, text in taken.items() if "/versions/" in name)
    writer, rows = await asyncio.to_thread(rows_of, database, user)
    assert len([name for name, found in rows.items() if found]) > 12
    cells = await asyncio.to_thread(sealed_cells, database, writer)
    assert len(cells) > 15
    await asyncio.to_thread(wait_for_jobs, database)
    _, before = await asyncio.to_thread(rows_of, database, stayer.user)
    await user.click(mine, "Delete everything")
    await user.sees(reads(mine, "It cannot be brought back"))
    form = await (await user.click(mine, "Go on to delete")).modal()
    await user.submit(form, {"word": "delete"})
    await user.sees(reads(mine, "Everything is deleted"))
    await asyncio.to_thread(create_backup, database, process.folder / "backup.db")
    held = await asyncio.to_thread(files_in, process.folder)
    assert {"backup.db", "essays.db", "essays.db-wal"} <= held.keys()
    sought = [*(trace.encode() for trace in leaver.traces), *cells]
    assert [(name, trace) for trace in sought for name, data in held.items() if trace in data] == []
    kept = {name: data for name, data in held.items() if not name.endswith(".log")}
    assert [name for name, data in kept.items() if writer.encode() in data] == []
    _, left = await asyncio.to_thread(rows_of, database, user)
    assert {name: found for name, found in left.items() if found} == {}
    _, after = await asyncio.to_thread(rows_of, database, stayer.user)
    assert after == before
    await user.click(panel, "Next")
    await user.sees(has_text("was deleted or is not yours"))
    await stayer.user.click(others, "Next")
    await stayer.user.sees(reads(others, "> It was a very big change for me."))


def host(runs: Runs, *arguments: str) -> str:
    """Run a command of the host's beside the bot; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", "person", *arguments, "--yes"],
        env={**runs.more, "PYTHONPATH": str(ROOT)},
        cwd=runs.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout + done.stderr


async def test_the_host_blocks_and_deletes_a_person_for_whom_the_running_bot_writes(
    sim: DiscordSimulator, claude: ClaudeSimulator, runs: Runs
) -> None:
    """The bot sees it within seconds, without a restart: it stops the job, and keeps nothing of it."""
    user, gate = sim.user("Wilhelmina"), Gate()
    claude.responder = lambda _: Reply("It was a very big change for me. " * 40, pauses=(Pause(400, gate),))
    notes = Attachment("mine.md", b"## What I missed\n\nI rebuilt the export service at Alderholt.\n")
    panel = await (await user.slash(user.dm, "draft", notes=notes)).message()
    await user.click(panel, "Write draft")
    await gate.reached(20)
    shown = await asyncio.to_thread(host, runs, "show", str(user.id))
    assert "jobs under way: 1" in shown
    await asyncio.to_thread(host, runs, "block", str(user.id))
    assert "has blocked you" in (await (await user.slash(user.dm, "draft")).message()).text
    assert "is deleted" in await asyncio.to_thread(host, runs, "delete", str(user.id))
    after = await asyncio.to_thread(host, runs, "show", str(user.id))
    assert [line.split(":")[0].strip() for line in after.splitlines()[4:]] == ["audit_log", "writer_marks"]
    await asyncio.to_thread(host, runs, "unblock", str(user.id))
    mine = await (await user.slash(user.dm, "mydata")).message()
    assert "only what the host noted about you" in mine.text


async def test_a_deletion_that_was_killed_half_way_is_done_at_the_next_start(
    sim: DiscordSimulator, claude: ClaudeSimulator, runs: Runs
) -> None:
    user = sim.user("Wilhelmina")
    notes = Attachment("mine.md", b"## What I missed\n\nI rebuilt the export service at Alderholt.\n")
    await (await user.slash(user.dm, "draft", notes=notes)).message()
    database = runs.folder / "essays.db"
    writer, rows = await asyncio.to_thread(rows_of, database, user)
    assert rows["essays"]
    await runs.kill()

    def mark() -> None:
        with closing(sqlite3.connect(database)) as db, db:
            db.execute("INSERT INTO writer_marks VALUES (?, 'deleting', '2026-11-29T00:00:00+00:00')", [writer])

    await asyncio.to_thread(mark)
    await runs.start()
    _, left = await asyncio.to_thread(rows_of, database, user)
    assert {name: found for name, found in left.items() if found} == {}
    assert "deletions of a person's data that were cut short: 1, done now" in runs.log
