"""The key is replaced while others write, through a kill at any moment; afterwards the old one opens nothing."""

from __future__ import annotations

import asyncio
import errno
import multiprocessing
import random
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from filelock import FileLock

from bot.errors import EncryptionKeyMissing, InvalidEncryptionKey, RotationFailed
from bot.essay.essay import Origin
from bot.store.encryption import generate_key, key_fingerprint, parse_keys, replace_key_file
from bot.store.rotation import rotate_key
from bot.store.sqlite import SqliteDatabase, SqliteStore
from tests.store.sealed_story import essay_ids, fill, opened_cells, put, sealed_cells
from tests.store.test_database import stored_bytes

Clock = Callable[[], datetime]
NOW = datetime(2026, 11, 29, tzinfo=UTC)
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["bot.store.rotation"])


def rotate(path: Path, keys: str | None = None) -> None:
    rotate_key(path, keys, lambda: NOW)


@pytest.fixture
async def filled(store: SqliteStore) -> SqliteStore:
    for writer in ("ann", "bob"):
        await store.write(writer, lambda tx, writer=writer: fill(tx, writer, NOW))  # type: ignore[misc]  # mypy does not infer a lambda's defaults
    return store


def keys_in_file(database: Path) -> str:
    return database.with_name("essays.db.key").read_text()


def key_file_mode(database: Path) -> int:
    return database.with_name("essays.db.key").stat().st_mode & 0o777


def put_keys_into_file(database: Path, keys: str) -> None:
    database.with_name("essays.db.key").write_text(keys)


def named_keys(database: Path) -> list[str]:
    with sqlite3.connect(database) as connection:
        found = [row[0] for row in connection.execute("SELECT fingerprint FROM keys")]
    connection.close()
    return found


def header(key: str) -> bytes:
    """What a cell begins with that this key has sealed."""
    return b"\x01" + bytes.fromhex(key_fingerprint(key.strip().encode()))


async def test_after_a_rotation_every_text_reads_as_before_and_the_old_key_opens_nothing(
    filled: SqliteStore, database: Path
) -> None:
    old, before = keys_in_file(database), await filled.database.read(opened_cells)
    done = await asyncio.to_thread(rotate_key, database, None, lambda: NOW)
    new, mode = keys_in_file(database), key_file_mode(database)
    assert (len(new.split()), new == old, mode) == (1, False, 0o600)
    assert (done.sealing, done.before, done.emptied) == (
        key_fingerprint(new.strip().encode()),
        (key_fingerprint(old.strip().encode()),),
        0,
    )
    assert named_keys(database) == [done.sealing]
    assert header(new) in stored_bytes(database)
    assert header(old) not in stored_bytes(database)
    assert (database.parent / "essays.db-wal").stat().st_size == 0
    after = await filled.database.read(opened_cells)  # by the bot that ran all the while
    filled.close()
    assert after == before
    put_keys_into_file(database, old)
    with pytest.raises(EncryptionKeyMissing):
        SqliteStore(database, None, lambda: NOW)


async def test_a_running_bot_seals_with_the_new_key_and_refuses_what_the_old_one_sealed(
    filled: SqliteStore, database: Path
) -> None:
    old, essay = await filled.database.read(sealed_cells), essay_ids("ann")[0]
    await asyncio.to_thread(rotate, database)
    await filled.write("ann", lambda tx: tx.essays.rename("ann", essay, "Renamed", NOW))
    cells = await filled.database.read(sealed_cells)
    assert {sealed[:5] for sealed in cells.values()} == {header(keys_in_file(database))}
    assert (await filled.read(lambda tx: tx.essays.get("ann", essay))).title == "Renamed"
    version = next(cell for cell in old if cell[:2] == ("versions", "text"))
    await filled.database.write("me", lambda opened: put(opened, version, old[version]))
    assert (await filled.database.read(opened_cells))[version] is None


async def test_a_damaged_text_is_emptied_so_that_the_old_key_opens_it_nowhere(
    filled: SqliteStore, database: Path
) -> None:
    old = keys_in_file(database)
    await filled.database.write(
        "me", lambda opened: opened.db.execute("UPDATE versions SET text = (SELECT text FROM versions WHERE rowid = 2)")
    )
    done = await asyncio.to_thread(rotate_key, database, None, lambda: NOW)
    damaged = [cell for cell, text in (await filled.database.read(opened_cells)).items() if text is None]
    assert (done.emptied, len(damaged), {cell[0] for cell in damaged}) == (3, 3, {"versions"})
    assert header(old) not in stored_bytes(database)


@pytest.mark.parametrize("kills", [4, pytest.param(50, marks=pytest.mark.slow)])
async def test_a_rotation_killed_at_random_moments_while_others_write_loses_nothing(
    filled: SqliteStore, database: Path, kills: int
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    sys.stdout.write(f"seed {seed}\n")  # shown where the test fails
    chance, essay = random.Random(seed), essay_ids("ann")[0]
    text, written = "A sentence of some length. " * 100, 1
    for _ in range(150):
        written += 1
        await filled.write("ann", lambda tx: tx.essays.add_version("ann", essay, None, Origin.EDITED, text, 1, 0, NOW))
    stopping = asyncio.Event()

    async def write() -> None:
        nonlocal written
        while not stopping.is_set():
            await filled.write(
                "ann", lambda tx: tx.essays.add_version("ann", essay, None, Origin.EDITED, text, 1, 0, NOW)
            )
            written += 1
            await asyncio.sleep(0)

    whole = await asyncio.to_thread(run_until, database, None)
    writing, starts, killed = asyncio.create_task(write()), 0, 0
    keys = {keys_in_file(database)}
    while killed < kills:
        starts += 1
        killed += await asyncio.to_thread(run_until, database, chance.uniform(0, whole)) > 0
        keys.add(keys_in_file(database))
    stopping.set()
    await writing
    sys.stdout.write(f"{killed} of {starts} were killed\n")
    await asyncio.to_thread(rotate, database)  # run again: ends what was begun, and is at peace
    cells, opened = await filled.database.read(sealed_cells), await filled.database.read(opened_cells)
    assert None not in opened.values()
    assert len(await filled.read(lambda tx: tx.essays.versions("ann", essay))) == written
    (last,) = keys_in_file(database).split()
    assert named_keys(database) == [key_fingerprint(last.encode())]
    assert {sealed[:5] for sealed in cells.values()} == {header(last)}
    others = {key for held in keys for key in held.split()} - {last}
    held = stored_bytes(database)
    assert not any(header(key) in held for key in others)
    filled.close()
    reopened = SqliteStore(database, last, lambda: NOW)
    assert await reopened.database.read(opened_cells) == opened
    reopened.close()


def run_until(database: Path, seconds: float | None) -> float:
    """Rotate in a process of its own and kill it after so many seconds; 0 if it ended before.

    With None let it end, and return how long it took.
    """
    process, began = PROCESSES.Process(target=rotate, args=(database,)), time.monotonic()
    process.start()
    process.join(seconds)
    if process.is_alive():
        process.kill()
        process.join()
        return seconds or 0
    assert process.exitcode == 0
    return 0 if seconds is not None else time.monotonic() - began


async def test_the_first_key_of_the_setting_seals_everything(database: Path) -> None:
    old, new = (generate_key().decode() for _ in range(2))
    store = SqliteStore(database, old, lambda: NOW)
    await store.write("ann", lambda tx: fill(tx, "ann", NOW))
    before = await store.database.read(opened_cells)
    store.close()
    with pytest.raises(
        RotationFailed, match="put a new key and a comma before it, restart the bot, and run this again"
    ):
        rotate(database, old)
    bot = SqliteStore(database, f"{new},{old}", lambda: NOW)
    done = await asyncio.to_thread(rotate_key, database, f"{new},{old}", lambda: NOW)
    assert (done.sealing, done.unused_keys) == (key_fingerprint(new.encode()), (key_fingerprint(old.encode()),))
    assert not database.with_name("essays.db.key").exists()
    assert await bot.database.read(opened_cells) == before
    bot.close()
    with pytest.raises(EncryptionKeyMissing):
        SqliteStore(database, old, lambda: NOW)
    SqliteStore(database, new, lambda: NOW).close()


async def test_a_rotation_that_cannot_be_begun_is_refused_with_a_sentence_and_changes_nothing(
    filled: SqliteStore, database: Path
) -> None:
    before = await filled.database.read(sealed_cells)
    with pytest.raises(RotationFailed, match="There is no database at"):
        rotate(database.with_name("none.db"))
    with (
        FileLock(database.with_name("essays.db.rotating"), mode=0o600),
        pytest.raises(RotationFailed, match="Another rotate-key is at work"),
    ):
        rotate(database)
    right = keys_in_file(database)
    for wrong, error in ((generate_key().decode(), EncryptionKeyMissing), ("no key", InvalidEncryptionKey)):
        put_keys_into_file(database, wrong)
        with pytest.raises(error):
            rotate(database)
        assert keys_in_file(database) == wrong
    put_keys_into_file(database, right)
    assert await filled.database.read(sealed_cells) == before
    assert named_keys(database) == [key_fingerprint(parse_keys(right, "the file")[0])]


async def test_a_key_file_that_cannot_be_written_is_told_and_the_next_rotation_goes_on(
    filled: SqliteStore, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, old = await filled.database.read(sealed_cells), keys_in_file(database)

    def full(path: Path, keys: Sequence[bytes]) -> None:
        if len(keys) == most:
            raise OSError(errno.ENOSPC, "No space left on device")
        replace_key_file(path, keys)

    monkeypatch.setattr("bot.store.rotation.replace_key_file", full)
    most = 2  # the new key before the old one
    with pytest.raises(RotationFailed, match=r"The new key cannot be written to .* \(no space left on device\)"):
        rotate(database)
    assert await filled.database.read(sealed_cells) == before
    assert keys_in_file(database) == old
    most = 1  # the new key alone
    with pytest.raises(RotationFailed, match="the old one cannot be taken out of"):
        rotate(database)
    new, *_ = keys_in_file(database).split()
    most = 0
    rotate(database)
    assert keys_in_file(database) == f"{new}\n"
    assert None not in (await filled.database.read(opened_cells)).values()


async def test_an_opened_database_follows_a_key_that_another_process_names(database: Path) -> None:
    """What a rotation does first: from then on every process seals with the new key."""
    one = SqliteDatabase(database, None, lambda: NOW)
    old, new = keys_in_file(database).strip(), generate_key().decode()
    put_keys_into_file(database, f"{new}\n{old}\n")
    SqliteDatabase(database, None, lambda: NOW).close()
    with one.transaction("me"):
        assert one.cipher.fingerprints == tuple(key_fingerprint(key.encode()) for key in (new, old))
    one.close()
