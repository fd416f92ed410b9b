"""The database is made private, sealed, and refused with a sentence where it cannot be used; a kill leaves it whole."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.errors import (
    DamagedText,
    EncryptionKeyMissing,
    ForeignDatabase,
    InvalidEncryptionKey,
    NewerDatabase,
    StoreFull,
    StoreUnavailable,
    UnknownEssay,
)
from bot.essay.essay import Essay, QuestionState
from bot.essay.notes import NewNote
from bot.essay.structure import Structure
from bot.services.essays import EssayService
from bot.services.store_ports import Transaction
from bot.store.migrations import MIGRATION_NAMES
from bot.store.sqlite import SqliteStore
from tests.joined_services import join_services

Clock = Callable[[], datetime]
WORDS = ["Zanzibar", "quagmire", "umbrageous", "perspicacious", "velocipede"]


async def write(store: SqliteStore, structure: Structure, clock: Clock, essay: str = "one") -> EssayService:
    """An essay whose title, note, question, answer and versions each hold one of WORDS."""
    desk = join_services(store, structure, clock, lambda: essay).essays
    await desk.create_essay("me", structure, WORDS[0])
    await desk.add_notes("me", essay, f"## What I missed\n\nThe {WORDS[1]}.\n")
    asked, answer, now = f"What of the {WORDS[2]}?", NewNote(f"A {WORDS[3]} one.", "gave-up"), clock()

    def step(tx: Transaction) -> None:
        question = tx.essays.add_question("me", essay, "gave-up", asked, now)
        tx.essays.add_note("me", essay, answer, now, question=question.text)
        tx.essays.set_question_state("me", essay, question.number, QuestionState.ANSWERED, now)

    await store.write("me", step)
    first = await desk.assemble_post("me", essay)
    await desk.edit_text("me", essay, first, f"{first.text}\nMy {WORDS[4]}.\n")
    return desk


def stored_bytes(database: Path) -> bytes:
    return b"".join(path.read_bytes() for path in database.parent.iterdir() if path.name.startswith(database.name))


async def test_without_the_key_the_database_files_hold_no_readable_word_of_an_essay(
    database: Path, store: SqliteStore, structure: Structure, clock: Clock
) -> None:
    await write(store, structure, clock)
    held = stored_bytes(database)  # the newest pages are in the log beside the database
    assert (database.parent / "essays.db-wal").stat().st_size > 10_000
    store.close()
    held += stored_bytes(database)  # and now all are in the database
    assert (await opened_with_the_key(database, clock)).title == WORDS[0]
    for word in WORDS:
        assert word.encode() not in held


async def opened_with_the_key(database: Path, clock: Clock) -> Essay:
    """The essay as the key opens it: shows that the words are there to be read, for whoever has the key."""
    store = SqliteStore(database, None, clock)
    essay = await store.read(lambda tx: tx.essays.get("me", "one"))
    store.close()
    return essay


def test_the_database_and_its_key_can_be_read_by_their_owner_alone(database: Path, store: SqliteStore) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in database.parent.iterdir()}
    assert {"essays.db", "essays.db.key"} <= set(modes)
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(database.parent.stat().st_mode) == 0o700


async def test_without_its_key_the_database_is_refused_naming_the_key_and_opens_again_with_it(
    database: Path, structure: Structure, clock: Clock
) -> None:
    store = SqliteStore(database, None, clock)
    await write(store, structure, clock)
    store.close()
    key_file = database.with_name("essays.db.key")
    kept = key_file.rename(database.with_name("kept"))
    with pytest.raises(
        EncryptionKeyMissing, match=r"whose fingerprint is [0-9a-f]{8}, and that key is neither in DATABASE_KEY"
    ):
        SqliteStore(database, None, clock)
    assert not key_file.exists()
    with pytest.raises(EncryptionKeyMissing):
        SqliteStore(database, Fernet.generate_key().decode(), clock)
    store = SqliteStore(database, kept.read_text(), clock)
    assert (await store.read(lambda tx: tx.essays.get("me", "one"))).title == WORDS[0]
    store.close()


async def test_after_a_key_change_new_text_uses_the_new_key_and_old_text_stays_readable(
    database: Path, structure: Structure, clock: Clock
) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    store = SqliteStore(database, old, clock)
    await write(store, structure, clock)
    store.close()
    store = SqliteStore(database, f"{new}, {old}", clock)
    now = clock()
    await store.write("me", lambda tx: tx.essays.rename("me", "one", "Renamed", now))
    assert "noise" not in (await store.read(lambda tx: tx.essays.version("me", "one", 1))).text
    store.close()
    with pytest.raises(EncryptionKeyMissing):
        SqliteStore(database, old, clock)
    with pytest.raises(EncryptionKeyMissing):
        SqliteStore(database, new, clock)


def test_the_steps_of_the_schema_are_taken_in_the_order_of_their_numbers() -> None:
    assert sorted(MIGRATION_NAMES) == MIGRATION_NAMES


def test_an_invalid_key_is_refused_with_the_place_it_came_from(database: Path, clock: Clock) -> None:
    with pytest.raises(InvalidEncryptionKey, match="What stands in DATABASE_KEY is not an encryption key") as refused:
        SqliteStore(database, "a secret that is no key", clock)
    assert "a secret" not in str(refused.value)
    assert not database.exists()
    key_file = database.with_name("essays.db.key")
    database.parent.mkdir()
    key_file.write_text("")
    with pytest.raises(InvalidEncryptionKey, match=str(key_file)):
        SqliteStore(database, None, clock)


def test_a_database_of_another_program_is_refused_and_left_unchanged(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(ForeignDatabase, match="is not a Career Essay Bot database"):
        SqliteStore(path, None, clock)
    assert path.read_bytes() == before
    text = tmp_path / "notes.txt"
    text.write_text("These are notes, and no database at all. " * 50)
    with pytest.raises(ForeignDatabase):
        SqliteStore(text, None, clock)
    assert [found.name for found in tmp_path.iterdir() if found.suffix == ".key"] == []


def test_a_database_of_a_newer_release_is_refused(database: Path, clock: Clock) -> None:
    SqliteStore(database, None, clock).close()
    with sqlite3.connect(database) as newer:
        newer.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, ?)",
            ["career-essay-bot", "9999_later", "2030-01-01"],
        )
    newer.close()
    with pytest.raises(NewerDatabase, match="upgrade the program"):
        SqliteStore(database, None, clock)


def test_a_path_where_no_database_can_be_created_is_reported(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file" / "essays.db"):
        with pytest.raises(StoreUnavailable, match="cannot be used"):
            SqliteStore(path, None, clock)


async def test_a_full_disk_is_reported_and_everything_stored_before_is_safe(
    database: Path, store: SqliteStore, structure: Structure, clock: Clock
) -> None:
    desk = await write(store, structure, clock)
    # SQLite's own limit on pages gives the very error of a full disk.
    await store.database.run(lambda opened: opened.db.execute("PRAGMA max_page_count = 1").fetchall())
    with pytest.raises(StoreFull, match="The disk that holds"):
        await desk.add_notes("me", "one", f"## What I missed\n\n{'more ' * 20_000}\n")
    assert len(await desk.notes("me", "one")) == 2
    assert WORDS[4] in (await desk.current_version("me", "one")).text


async def test_what_is_asked_of_a_closed_database_fails_at_once(store: SqliteStore) -> None:
    """Else whoever asks would wait for ever, and hold up the end of the process."""
    store.close()
    for step in (store.read, partial(store.write, "me")):
        with pytest.raises(StoreUnavailable, match="it was closed"):
            await step(lambda _: None)


async def test_a_changed_byte_of_encrypted_text_is_detected(database: Path, structure: Structure, clock: Clock) -> None:
    store = SqliteStore(database, None, clock)
    await write(store, structure, clock)
    store.close()
    with sqlite3.connect(database) as broken:
        broken.execute("UPDATE versions SET text = cast(substr(text, 1, 60) || 'A' AS BLOB) WHERE number = 1")
    broken.close()
    store = SqliteStore(database, None, clock)
    with pytest.raises(DamagedText, match="damaged"):
        await store.read(lambda tx: tx.essays.version("me", "one", 1))
    assert WORDS[4] in (await store.read(lambda tx: tx.essays.version("me", "one", 2))).text
    store.close()


async def test_deleting_an_essay_leaves_none_of_its_bytes_in_the_files(
    database: Path, store: SqliteStore, structure: Structure, clock: Clock
) -> None:
    desk = await write(store, structure, clock)
    sealed = await store.database.run(
        lambda opened: [row[0] for row in opened.db.execute("SELECT text FROM versions").fetchall()]
    )
    assert all(text[:60] in stored_bytes(database) for text in sealed)
    await desk.delete_essay("me", "one")
    assert not any(text[:60] in stored_bytes(database) for text in sealed)
    with pytest.raises(UnknownEssay):
        await desk.notes("me", "one")


CHILD = """
import asyncio, itertools, sys
from pathlib import Path
from bot.bootstrap import utc_now
from bot.essay.essay import Origin
from bot.services.essays import EssayService
from bot.services.store_ports import Transaction
from bot.store.sqlite import SqliteStore

async def main():
    essays = EssayService(SqliteStore(Path(sys.argv[1]), None, utc_now), {}, utc_now, lambda: "one")
    for n in itertools.count(2):
        await essays.add_version("me", "one", n, Origin.EDITED, f"Version {n}. " * 400, 0)
        print(n, flush=True)

asyncio.run(main())
"""


async def test_a_kill_at_any_moment_leaves_every_stored_version_whole(
    database: Path, structure: Structure, clock: Clock
) -> None:
    store = SqliteStore(database, None, clock)
    await write(store, structure, clock)
    store.close()
    for most in (1, 4, 9):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(database)], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": "."}
        )
        assert child.stdout is not None
        told = [int(child.stdout.readline()) for _ in range(most)]
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        store = SqliteStore(database, None, clock)
        essays = join_services(store, None, clock).essays
        versions = await essays.versions("me", "one")
        assert len(versions) >= len(told) + 2
        for info in versions[2:]:
            text = (await essays.version("me", "one", info.number)).text
            assert text == f"{text[: text.index('.') + 2]}" * 400
        assert (await essays.get_essay("me", "one")).head in {info.number for info in versions}
        store.close()
