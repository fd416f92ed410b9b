"""How long opening, reading and appending to one essay takes among few essays and among very many."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.timing import medians
from bot.essay.essay import Essay, Origin
from bot.essay.limits import WriterLimits
from bot.store.database import EncryptedDatabase
from bot.store.quota import Quota
from bot.store.sqlite import SqliteStore

RUNS = 200
FEW, MANY = 100, 100_000
TEXT = "A sentence of an essay, of some length. " * 150
# What is stored is counted as for everybody; only this fast a writer is held to no rate.
QUOTA = Quota(WriterLimits(minute_bytes=10**12, day_bytes=10**12))


def filled(path: Path, essays: int) -> SqliteStore:
    """A store with so many essays of ten writers in a hundred, each with a note and a version."""
    store = SqliteStore(path, None, lambda: datetime.now(UTC), QUOTA)

    async def fill() -> None:
        def work(database: EncryptedDatabase) -> None:
            title, text = database.cipher.encrypt("A title"), database.cipher.encrypt(TEXT)
            when, numbers = datetime.now(UTC).isoformat(), range(essays)
            with database.transaction() as db:
                db.conn.executemany(
                    "INSERT INTO essays (id, writer, structure, title, head, created, changed) VALUES (?,?,?,?,1,?,?)",
                    ((f"e{n}", f"w{n // 10}", "layoff", title, when, when) for n in numbers),
                )
                db.conn.executemany(
                    "INSERT INTO notes (essay, number, section, text, left_out, created) VALUES (?,1,NULL,?,0,?)",
                    ((f"e{n}", text, when) for n in numbers),
                )
                db.conn.executemany(
                    "INSERT INTO versions (essay, number, origin, text, words, notes_through, created)"
                    " VALUES (?,1,'assembled',?,1050,1,?)",
                    ((f"e{n}", text, when) for n in numbers),
                )

        await store.thread.run(work)

    asyncio.run(fill())
    return store


async def use(store: SqliteStore, writer: str, essay: str, number: int) -> None:
    """Opens the essay, reads its text, and appends a version."""
    opened: Essay = await store.essay(writer, essay)
    assert opened.head is not None
    version = await store.version(writer, essay, opened.head)
    now = datetime.now(UTC)
    await store.add_version(writer, essay, opened.head, Origin.EDITED, f"{version.text[:6000]}{number}", 1, now)


def run() -> None:
    """Prints the median time of one opening, reading and appending in each store, and the ratio."""
    with tempfile.TemporaryDirectory() as directory, asyncio.Runner() as runner:
        stores = {essays: filled(Path(directory) / f"{essays}.db", essays) for essays in (FEW, MANY)}
        turns = itertools.count()
        times = medians(
            {
                f"{essays:,}": lambda store=store, essays=essays: runner.run(  # type: ignore[misc]  # mypy does not infer a lambda's defaults
                    use(store, f"w{essays // 20}", f"e{essays // 2}", next(turns))
                )
                for essays, store in stores.items()
            },
            RUNS,
        )
        for name, seconds in times.items():
            print(f"  among {name:>7} essays {seconds * 1000:6.2f} ms")
        few, many = times.values()
        print(f"  ratio {many / few:.2f} (the same: 1)")
        for store in stores.values():
            store.close()
