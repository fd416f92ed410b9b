"""A backup made while the bot writes is one moment of the database, whole and private; else none is made."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.errors import BackupFailed, ForeignDatabase, NewerDatabase
from bot.essay.essay import Origin
from bot.essay.structure import Structure
from bot.store import backup
from bot.store.backup import create_backup
from bot.store.sqlite import SqliteStore
from tests.joined_services import join_services

Clock = Callable[[], datetime]
SENTENCES = 400
BACKUPS = 6

WRITER = """
import asyncio, itertools, sys
from pathlib import Path
from bot.bootstrap import utc_now
from bot.essay.essay import Origin
from bot.services.essays import EssayService
from bot.store.sqlite import SqliteStore
from bot.store.quota import Quota

async def main():
    store = SqliteStore(Path(sys.argv[1]), None, utc_now, Quota(exempt_writers={"me"}))
    essays = EssayService(store, {}, utc_now, lambda: "one")
    for n in itertools.count(2):
        await essays.add_version("me", "one", n - 1, Origin.EDITED, f"Version {n}. " * 400, 0)
        if n == 2:
            print("writing", flush=True)

asyncio.run(main())
"""


async def begin(store: SqliteStore, structure: Structure, clock: Clock) -> None:
    """Essay one, with its first version."""
    essays = join_services(store, structure, clock, lambda: "one").essays
    await essays.create_essay("me", structure, "A title")
    await essays.add_version("me", "one", None, Origin.IMPORTED, "Version 1. " * SENTENCES, 0)


@pytest.fixture
def written(database: Path, structure: Structure, clock: Clock) -> Path:
    """A closed database with one essay."""

    async def write() -> None:
        store = SqliteStore(database, None, clock)
        await begin(store, structure, clock)
        store.close()

    asyncio.run(write())
    return database


@contextmanager
def writing(database: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that appends one version after another; killed at the end."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(database)], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": "."}
    ) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == b"writing\n"
            yield child
        finally:
            child.kill()


@pytest.fixture
def writer(written: Path) -> Iterator[Path]:
    """The database while another process writes to it."""
    with writing(written) as child:
        yield written
        assert child.poll() is None, "the writer was to write all the while"


def newest(database: Path) -> int:
    with closing(sqlite3.connect(database)) as db:
        return int(db.execute("SELECT max(number) FROM versions").fetchone()[0])


async def test_a_backup_made_while_another_process_writes_holds_every_version_whole(
    writer: Path, tmp_path: Path, clock: Clock
) -> None:
    counts = []
    for number in range(BACKUPS):
        before = newest(writer)
        made = create_backup(writer, tmp_path / f"{number}.db")
        after = newest(writer)
        assert before <= made.versions <= after
        counts.append(made.versions)

        restored = tmp_path / f"restored-{number}" / "essays.db"
        restored.parent.mkdir()
        restored.write_bytes(made.path.read_bytes())
        restored.with_name("essays.db.key").write_bytes(writer.with_name("essays.db.key").read_bytes())
        store = SqliteStore(restored, None, clock)
        essays = join_services(store, None, clock).essays
        versions = await essays.versions("me", "one")
        assert [info.number for info in versions] == list(range(1, made.versions + 1))
        for info in versions:
            assert (await essays.version("me", "one", info.number)).text == f"Version {info.number}. " * SENTENCES
        assert (await essays.get_essay("me", "one")).head == made.versions
        store.close()
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]  # it went on writing


def test_a_backup_is_one_file_that_its_owner_alone_can_read_and_nothing_else_is_left_beside_it(
    writer: Path, tmp_path: Path
) -> None:
    target = tmp_path / "kept" / "backup.db"
    target.parent.mkdir()
    made = create_backup(writer, target)
    assert [path.name for path in target.parent.iterdir()] == ["backup.db"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert (made.path, made.size_bytes, made.essays) == (target, target.stat().st_size, 1)
    with closing(sqlite3.connect(f"file:{target}?mode=ro", uri=True)) as copy:
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert [path.name for path in target.parent.iterdir()] == ["backup.db"]


def test_a_backup_does_not_contain_the_key_and_names_the_key_it_needs(written: Path, tmp_path: Path) -> None:
    made = create_backup(written, tmp_path / "backup.db")
    key = written.with_name("essays.db.key").read_bytes().strip()
    assert key not in made.path.read_bytes()
    with closing(sqlite3.connect(written)) as db:
        assert list(made.key_fingerprints) == [row[0] for row in db.execute("SELECT fingerprint FROM keys")]


def test_a_backup_after_a_crash_includes_text_that_is_only_in_the_write_ahead_log(
    written: Path, tmp_path: Path
) -> None:
    with writing(written):
        pass
    assert written.with_name("essays.db-wal").stat().st_size > 0
    assert create_backup(written, tmp_path / "backup.db").versions >= 2


def test_a_backup_blocks_no_writer_and_finishes_despite_constant_writes(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every pause another connection writes and empties the log, as a deletion does, and is not told to wait."""
    busy: list[int] = []
    with closing(sqlite3.connect(written, timeout=0)) as other:

        def pause(_: float) -> None:
            with other:
                other.execute("UPDATE essays SET changed = ?", [f"pause {len(busy)}"])
            busy.append(other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])

        monkeypatch.setattr(backup, "_STEP_PAGES", 5)
        monkeypatch.setattr(backup, "time", SimpleNamespace(sleep=pause))
        made = create_backup(written, tmp_path / "backup.db")
    assert busy == [0] * len(busy)
    assert len(busy) > 5
    with closing(sqlite3.connect(made.path)) as copy:
        assert copy.execute("SELECT changed FROM essays").fetchone()[0] == f"pause {len(busy) - 1}"


def test_a_backup_overwrites_an_existing_file_only_if_asked_to(written: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup.db"
    target.write_text("An older backup.")
    target.chmod(0o644)
    with pytest.raises(BackupFailed, match="is there already"):
        create_backup(written, target)
    assert target.read_text() == "An older backup."
    assert create_backup(written, target, replace=True).versions == 1
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


@pytest.mark.parametrize("ending", ["", "-wal", "-shm", ".key", ".running", ".lock"])
def test_a_backup_never_overwrites_a_file_of_the_database_itself(written: Path, tmp_path: Path, ending: str) -> None:
    own = written.with_name(written.name + ending)
    before = own.read_bytes() if own.exists() else None
    link = tmp_path / "link.db"
    link.symlink_to(own)
    for target in (own, link):
        with pytest.raises(BackupFailed, match="own files"):
            create_backup(written, target, replace=True)
    if before is not None:
        (tmp_path / "second-name.db").hardlink_to(own)
        with pytest.raises(BackupFailed, match="own files"):
            create_backup(written, tmp_path / "second-name.db", replace=True)
        assert own.read_bytes() == before


def test_a_damaged_database_makes_no_backup_and_the_older_one_is_kept(written: Path, tmp_path: Path) -> None:
    target = tmp_path / "kept" / "backup.db"
    target.parent.mkdir()
    older = create_backup(written, target).path.read_bytes()
    with closing(sqlite3.connect(written)) as db:
        root, size = db.execute(
            "SELECT rootpage, page_size FROM sqlite_schema, pragma_page_size WHERE name = 'versions'"
        ).fetchone()
    with written.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\x7f" * size)
    with pytest.raises(BackupFailed, match="is damaged"):
        create_backup(written, target, replace=True)
    assert target.read_bytes() == older
    assert [path.name for path in target.parent.iterdir()] == ["backup.db"]


def test_a_backup_to_a_full_disk_fails_clearly_and_leaves_no_partial_file(written: Path, tmp_path: Path) -> None:
    """The limit on a file's size, which any process can set for itself, stands for the end of the disk."""
    target = tmp_path / "kept" / "backup.db"
    target.parent.mkdir()
    limited = (  # 60,000 bytes hold SQLite's index of the log beside the source, and not the copy
        "import resource, sys; from pathlib import Path; from bot.store.backup import create_backup\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))\n"
        "create_backup(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", limited, str(written), str(target)],
        env={**os.environ, "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "BackupFailed: The backup" in ended.stderr
    assert "cannot be written" in ended.stderr
    assert list(target.parent.iterdir()) == []


def test_a_file_that_is_not_a_database_of_this_release_is_not_backed_up(written: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup.db"
    with pytest.raises(BackupFailed, match="There is no database at"):
        create_backup(tmp_path / "absent.db", target)
    recipes = tmp_path / "recipes.db"
    with closing(sqlite3.connect(recipes)) as db, db:
        db.execute("CREATE TABLE recipes (name TEXT)")
    (tmp_path / "notes.db").write_text("These are notes, and no database at all. " * 50)
    for other in (recipes, tmp_path / "notes.db"):
        with pytest.raises(ForeignDatabase):
            create_backup(other, target)
    with closing(sqlite3.connect(written)) as db, db:
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, ?)",
            ["career-essay-bot", "9999_later", "2030-01-01"],
        )
    with pytest.raises(NewerDatabase):
        create_backup(written, target)
    for place in (tmp_path, tmp_path / "absent" / "backup.db", recipes / "backup.db"):
        with pytest.raises(BackupFailed, match=r"no backup was made|none was made"):
            create_backup(written, place)
    assert not target.exists()
