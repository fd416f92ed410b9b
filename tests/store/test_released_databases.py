"""Databases that earlier releases made, brought up to date: every word is there, and reads as it did.

``0.1.0.sql`` was written by the code of 0.1.0; ``before-0.2.0.sql`` is the same database, gone on with by the code
just before 0.2.0.
"""

from __future__ import annotations

import io
import multiprocessing
import random
import sqlite3
import sys
import zipfile
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.bootstrap import build_services
from bot.errors import DamagedText, EncryptionKeyMissing
from bot.essay.essay import Note
from bot.services.dm_messages import DmChannel, DmMessageService, MessageChange
from bot.services.essays import EssayService
from bot.services.jobs.job import JobState
from bot.services.services import Services
from bot.settings import Settings
from bot.store.encryption import key_fingerprint
from bot.store.sealed_columns import SEALED_COLUMNS
from bot.store.sqlite import SqliteStore

Clock = Callable[[], datetime]
KEY = "YSBrZXkgZm9yIHRlc3RzLCBhbmQgZm9yIG5vdGhpbmc="
OTHER_KEY = "YW5vdGhlciBrZXkgZm9yIHRlc3RzLCBhbmQgbm9uZSE="
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["bot.store.sqlite"])
STARTED = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
ONE, TWO, WAITING, THIRD = "essay00001", "essay00010", "essay00014", "essay00200"
BEST_DAY = "What were you doing on the best working day you had in the last months of the old job?"
GLADLY = "Name one piece of work you would gladly do again. What did you make or mend?"
NOTES = (
    Note(
        1,
        "I rebuilt the whole export service.\n\nIn March 2019.\n\nErrors went from 15% to 2%.",
        BEST_DAY,
        "the-contradiction",
    ),
    Note(2, "We sold it.\n\nMy boss drank.", GLADLY, "what-i-missed", is_excluded=True),
    Note(3, "See my file."),
    Note(4, "My pay went from 61,000 to 48,500.", None, "gave-up-and-gained"),
    Note(5, "The noise of the presses.", None, "what-i-missed"),
    Note(6, "Klaus was let go.", is_excluded=True),
)


def message_id(second: int) -> int:
    """The id of the message that was written at this second."""
    return (int(STARTED.timestamp() * 1000) - 1_420_070_400_000 + second * 1000) << 22


@pytest.fixture(params=["0.1.0", "before-0.2.0"])
def release(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def upgraded(release: str, tmp_path: Path) -> AsyncIterator[SqliteStore]:
    path = tmp_path / "essays.db"
    made = sqlite3.connect(path)
    made.executescript((Path(__file__).parents[1] / "data/databases" / f"{release}.sql").read_text())
    made.close()
    store = SqliteStore(path, KEY, lambda: STARTED + timedelta(days=5))
    yield store
    store.close()


@pytest.fixture
def services(upgraded: SqliteStore) -> Services:
    """The services without a model, with the structures that come with the program."""
    return build_services(
        Settings.model_construct(),
        with_model=False,
        store=upgraded,
        clock=lambda: STARTED + timedelta(days=5),
        new_id=lambda: "new-essay",
    )


@pytest.fixture
def desk(services: Services) -> EssayService:
    return services.essays


@pytest.fixture
def talk(services: Services) -> DmMessageService:
    return services.dm_messages


async def waiting(talk: DmMessageService, writer: str, essay: str) -> list[tuple[int | None, str]]:
    """Return which question each message answers that waits to become a note, and its text."""
    return [(message.question, message.text) for message in await talk.pending_messages(writer, essay)]


async def test_notes_versions_and_waiting_messages_of_an_earlier_release_read_as_they_did(
    release: str, desk: EssayService, talk: DmMessageService
) -> None:
    assert await desk.notes("writer-a", ONE) == NOTES
    assert [one.number for one in await desk.versions("writer-a", ONE)] == [1, 2]
    assert (await desk.version("writer-a", ONE, 2)).text.endswith("\nMore of it.\n")
    assert "My boss drank" not in (await desk.current_version("writer-a", ONE)).text
    said = ("They told us on a Monday.", "By video.")
    if release == "0.1.0":
        assert await waiting(talk, "writer-a", TWO) == [(1, text) for text in said]
    else:
        assert [note.text for note in await desk.notes("writer-a", TWO)] == ["\n\n".join(said)]
        packed, badge = await desk.notes("writer-a", THIRD)
        assert (packed.text, packed.public_text) == (
            "I packed on a Friday.\n\n[private] Nobody said goodbye.",
            "I packed on a Friday.",
        )
        assert badge.text == "The badge opened the door for a week."
        assert await waiting(talk, "writer-a", THIRD) == [(2, "This answer waits.")]
    said = ("Hello, I changed jobs.", "In May.")
    assert await waiting(talk, "writer-b", WAITING) == [(None, text) for text in said]
    assert len(await desk.list_essays("writer-b")) == 1


async def test_an_edit_of_an_older_message_still_reaches_its_note(
    release: str, desk: EssayService, talk: DmMessageService
) -> None:
    """But for a note whose text is not that of its messages: one the writer edited, or from which 0.1.0 took a mark."""
    changed = await talk.edit_message("writer-a", message_id(3), "In May 2019.")
    assert changed == MessageChange(ONE, 1)
    assert (await desk.note("writer-a", ONE, 1)).text == NOTES[0].text.replace("March", "May")
    apart = await talk.edit_message("writer-a", message_id(5), "We gave it away.")
    assert apart == MessageChange(ONE, 2, note_detached=True)
    assert await desk.note("writer-a", ONE, 2) == NOTES[1]
    if release != "0.1.0":
        assert await talk.edit_message("writer-a", message_id(42), "It opened it.") == MessageChange(
            THIRD, 2, note_detached=True
        )


async def test_messages_of_an_earlier_release_are_known_and_deleted_ones_do_not_come_back(
    release: str, desk: EssayService, talk: DmMessageService
) -> None:
    again = await talk.add_message("writer-a", message_id(2), "I rebuilt the export service.")
    assert again is not None
    assert (again.essay, again.note, again.is_new) == (ONE, 1, False)
    assert await talk.add_message("writer-b", message_id(30), "This is to be forgotten.") is None
    assert await talk.has_file("writer-a", message_id(7), 1)
    assert not await talk.has_file("writer-a", message_id(7), 2)
    if release != "0.1.0":
        assert await talk.add_message("writer-a", message_id(43), "To be deleted with its note.") is None
        third = await talk.add_message("writer-a", message_id(60), "And more.")
        assert third is not None
        assert (third.essay, third.question) == (THIRD, 2)
        await talk.finish_answer("writer-a", THIRD, 2)
        assert [note.number for note in await desk.notes("writer-a", THIRD)] == [1, 2, 4]
    assert {channel.writer: channel.id for channel in await talk.channels()} == {
        "writer-a": 810_000_000_000_000_001,
        "writer-b": 810_000_000_000_000_002,
    }
    assert DmChannel("writer-b", 810_000_000_000_000_002, message_id(0)) in await talk.channels()


async def test_what_waits_in_a_database_of_an_earlier_release_becomes_notes_when_the_writer_goes_on(
    release: str, desk: EssayService, talk: DmMessageService
) -> None:
    await desk.change_structure("writer-b", WAITING, desk.structures["layoff"])
    await talk.finish_all_answers("writer-b", WAITING)
    assert [note.text for note in await desk.notes("writer-b", WAITING)] == ["Hello, I changed jobs.", "In May."]


async def test_a_job_that_an_earlier_release_had_under_way_is_offered_again(upgraded: SqliteStore) -> None:
    (left,) = await upgraded.read(lambda tx: tx.jobs.abandoned())
    assert (left.writer, left.subject, left.state) == ("writer-a", ONE, JobState.RUNNING)
    assert left.text.startswith("## What I missed")


def earlier_database(path: Path, release: str, *, copies: int = 0) -> None:
    """Make a database of a release, half of its texts encrypted with another key, with so many more versions."""
    made = sqlite3.connect(path)
    made.executescript((Path(__file__).parents[1] / "data/databases" / f"{release}.sql").read_text())
    old, other = Fernet(KEY), Fernet(OTHER_KEY)
    made.execute("INSERT INTO keys VALUES (?, ?)", [key_fingerprint(OTHER_KEY.encode()), STARTED.isoformat()])
    for table, column in (("notes", "text"), ("versions", "text"), ("essays", "title")):
        rows = made.execute(f"SELECT rowid, {column} FROM {table} WHERE rowid % 2 AND {column} NOT NULL").fetchall()
        assert rows
        for number, sealed in rows:
            again = other.encrypt(old.decrypt(sealed))
            made.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", [again, number])
    text = other.encrypt(b"One more version. " * 300)
    made.executemany(
        "INSERT INTO versions (essay, number, origin, text, words, notes_through, created)"
        " VALUES (?, ?, 'edited', ?, 1, 0, ?)",
        ((ONE, number, text, STARTED.isoformat()) for number in range(3, 3 + copies)),
    )
    made.commit()
    made.close()


def open_and_close(path: Path, keys: str) -> None:
    SqliteStore(path, keys, lambda: STARTED).close()


def starts_of_cells(path: Path) -> set[bytes]:
    with sqlite3.connect(path) as opened:
        found = {
            row[0]
            for column in SEALED_COLUMNS
            for row in opened.execute(
                f"SELECT substr({column.column}, 1, 5) FROM {column.table} WHERE {column.column} NOT NULL"
            )
        }
    opened.close()
    return found


async def test_texts_of_two_keys_are_sealed_with_the_first_and_the_other_is_not_needed_any_more(
    release: str, tmp_path: Path
) -> None:
    path = tmp_path / "essays.db"
    earlier_database(path, release)
    with pytest.raises(EncryptionKeyMissing):
        open_and_close(path, KEY)
    open_and_close(path, f"{KEY},{OTHER_KEY}")
    assert starts_of_cells(path) == {b"\x01" + bytes.fromhex(key_fingerprint(KEY.encode()))}
    store = SqliteStore(path, KEY, lambda: STARTED)
    assert await store.read(lambda tx: tx.essays.notes("writer-a", ONE)) == NOTES
    assert (await store.read(lambda tx: tx.essays.version("writer-a", ONE, 2))).text.endswith("\nMore of it.\n")
    store.close()


async def test_what_is_put_back_from_an_earlier_release_is_refused_once_all_is_sealed_to_its_place(
    release: str, tmp_path: Path
) -> None:
    path = tmp_path / "essays.db"
    earlier_database(path, release)
    with sqlite3.connect(path) as opened:
        (old,) = opened.execute("SELECT text FROM versions WHERE number = 1").fetchone()
    opened.close()
    open_and_close(path, f"{KEY},{OTHER_KEY}")
    with sqlite3.connect(path) as opened:
        opened.execute("UPDATE versions SET text = ? WHERE number = 1", [old])
    opened.close()
    store = SqliteStore(path, f"{KEY},{OTHER_KEY}", lambda: STARTED)
    with pytest.raises(DamagedText):
        await store.read(lambda tx: tx.essays.version("writer-a", ONE, 1))
    assert (await store.read(lambda tx: tx.essays.version("writer-a", ONE, 2))).text
    store.close()


async def test_a_text_that_was_damaged_before_stays_as_it_is_and_keeps_no_other_from_being_sealed(
    release: str, tmp_path: Path
) -> None:
    path = tmp_path / "essays.db"
    earlier_database(path, release)
    with sqlite3.connect(path) as opened:
        opened.execute("UPDATE versions SET text = cast('gAAAAA-damaged' AS BLOB) WHERE number = 1")
    opened.close()
    open_and_close(path, f"{KEY},{OTHER_KEY}")
    assert starts_of_cells(path) == {b"\x01" + bytes.fromhex(key_fingerprint(KEY.encode())), b"gAAAA"}
    store = SqliteStore(path, KEY, lambda: STARTED)
    with pytest.raises(DamagedText):
        await store.read(lambda tx: tx.essays.version("writer-a", ONE, 1))
    assert await store.read(lambda tx: tx.essays.notes("writer-a", ONE)) == NOTES
    store.close()


async def test_an_upgrade_that_is_killed_while_it_seals_goes_on_with_the_next_start(
    release: str, tmp_path: Path
) -> None:
    path, seed, copies = tmp_path / "essays.db", random.SystemRandom().randrange(2**32), 2000
    sys.stdout.write(f"seed {seed}\n")  # shown where the test fails
    chance = random.Random(seed)
    earlier_database(path, release, copies=copies)
    keys = f"{KEY},{OTHER_KEY}"
    for _ in range(6):
        process = PROCESSES.Process(target=open_and_close, args=(path, keys))
        process.start()
        process.join(chance.uniform(0, 0.5))
        process.kill()
        process.join()
    store = SqliteStore(path, keys, lambda: STARTED)
    assert len(await store.read(lambda tx: tx.essays.versions("writer-a", ONE))) == copies + 2
    for number in range(3, 3 + copies, 97):
        found = await store.read(lambda tx, number=number: tx.essays.version("writer-a", ONE, number))  # type: ignore[misc]  # mypy does not infer a lambda's defaults
        assert found.text == "One more version. " * 300
    assert await store.read(lambda tx: tx.essays.notes("writer-a", ONE)) == NOTES
    store.close()
    assert starts_of_cells(path) == {b"\x01" + bytes.fromhex(key_fingerprint(KEY.encode()))}


async def test_a_persons_data_from_an_earlier_release_is_handed_over_and_deleted(
    services: Services, desk: EssayService
) -> None:
    before = await desk.list_essays("writer-b")
    (part,) = [one async for one in services.personal_data.export("writer-a")]
    with zipfile.ZipFile(io.BytesIO(part.data)) as archive:
        whole = "\n".join(archive.read(name).decode() for name in archive.namelist())
    for note in NOTES:
        assert all(line in whole for line in note.text.splitlines())
    assert "\nMore of it.\n" in whole
    await services.personal_data.delete("writer-a")
    assert (await services.personal_data.summary("writer-a")).counts == {}
    assert await desk.list_essays("writer-b") == before


def test_an_upgrade_that_takes_longer_says_how_far_it_is(
    release: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bot.store.resealing._REPORT_SECONDS", -1)
    earlier_database(tmp_path / "essays.db", release, copies=10)
    open_and_close(tmp_path / "essays.db", f"{KEY},{OTHER_KEY}")
    assert "sealing each stored text to its place, once: " in caplog.text
    caplog.clear()
    open_and_close(tmp_path / "essays.db", KEY)
    assert caplog.text == ""
