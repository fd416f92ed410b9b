"""How long an essay takes to open, read and append to, among few essays and among very many; and to seal a text."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet

from benchmarks.timing import medians
from bot.bootstrap import new_essay_id, utc_now
from bot.essay.essay import Origin
from bot.essay.limits import WriterLimits
from bot.services.essays import EssayService
from bot.store.database import EncryptedDatabase
from bot.store.encryption import TextCipher, generate_key
from bot.store.postgres import PostgresStore
from bot.store.quota import Quota
from bot.store.sealed_columns import ESSAY_TITLE, NOTE_TEXT, VERSION_TEXT
from bot.store.sql_store import SqlStore
from bot.store.sqlite import SqliteStore
from tests.postgres_server import KEY, PostgresServer, find_programs

RUNS = 200
FEW, MANY = 100, 100_000
TEXT = "A sentence of an essay, of some length. " * 150
# What is stored is counted as for everybody; only this fast a writer is held to no rate.
QUOTA = Quota(WriterLimits(minute_bytes=10**12, day_bytes=10**12))


async def fill(store: SqlStore, essays: int) -> None:
    """Store so many essays of ten writers in a hundred, each with a note and a version."""

    def work(database: EncryptedDatabase) -> None:
        when = utc_now().isoformat()
        rows = [(f"w{n // 10}", f"e{n}") for n in range(essays)]
        with database.transaction("host") as db:
            for w, e in rows:
                title = database.seal(ESSAY_TITLE.place(w, e, revision=0), "A title")
                db.execute(
                    "INSERT INTO essays (id, writer, structure, title, head, created, changed)"
                    " VALUES (?,?,'layoff',?,1,?,?)",
                    [e, w, title, when, when],
                )
                db.execute(
                    "INSERT INTO notes (essay, number, section, text, left_out, created) VALUES (?,1,NULL,?,0,?)",
                    [e, database.seal(NOTE_TEXT.place(w, e, 1, revision=0), TEXT), when],
                )
                db.execute(
                    "INSERT INTO versions (essay, number, origin, text, words, notes_through, created)"
                    " VALUES (?,1,'assembled',?,1050,1,?)",
                    [e, database.seal(VERSION_TEXT.place(w, e, 1), TEXT), when],
                )

    await store.database.run(work)


async def use(store: SqlStore, writer: str, essay: str, number: int) -> None:
    """Opens the essay, reads its text, and appends a version."""
    essays = EssayService(store, {}, utc_now, new_essay_id)
    version = await essays.current_version(writer, essay)
    text = f"{version.text[:6000]}{number}"
    await essays.add_version(writer, essay, version.info.number, Origin.EDITED, text, 1)


def print_sealing() -> None:
    """Prints the median time of sealing and opening a note's and a version's text, and of Fernet's, as before 0.2.0."""
    key = generate_key()
    cipher, fernet = TextCipher([key]), Fernet(key)
    place = VERSION_TEXT.place("a" * 32, "e1", 1)
    for text in (TEXT[:200], TEXT):
        sealed, token = cipher.seal(place, text), fernet.encrypt(text.encode())
        times = medians(
            {
                "sealing": lambda text=text: cipher.seal(place, text),  # type: ignore[misc]  # mypy does not infer a lambda's defaults
                "opening": lambda sealed=sealed: cipher.open(place, sealed),  # type: ignore[misc]
                "Fernet encrypting": lambda text=text: fernet.encrypt(text.encode()),  # type: ignore[misc]
                "Fernet decrypting": lambda token=token: fernet.decrypt(token).decode(),  # type: ignore[misc]
            },
            RUNS,
        )
        told = ", ".join(f"{name} {seconds * 1e6:.0f} µs" for name, seconds in times.items())
        print(f"  {len(text):>5} characters: {told}")


def compare(name: str, open_store: Callable[[int], SqlStore]) -> None:
    """Print the median time of one opening, reading and appending in a store of each size, and the ratio."""
    with asyncio.Runner() as runner:
        stores = {essays: open_store(essays) for essays in (FEW, MANY)}
        for essays, store in stores.items():
            runner.run(fill(store, essays))
            if isinstance(store, PostgresStore):  # what its own vacuum does within a minute
                runner.run(store.database.run(lambda opened: opened.db.execute("ANALYZE")))
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
        for store in stores.values():
            store.close()
    for size, seconds in times.items():
        print(f"  {name}: among {size:>7} essays {seconds * 1000:6.2f} ms")
    few, many = times.values()
    print(f"  {name}: ratio {many / few:.2f} (the same: 1)")


def run() -> None:
    """Print how long sealing takes, and opening, reading and appending on SQLite, and on PostgreSQL if it is there."""
    print_sealing()
    with tempfile.TemporaryDirectory() as directory:
        compare("SQLite", lambda essays: SqliteStore(Path(directory) / f"{essays}.db", None, utc_now, QUOTA))
    if (programs := find_programs()) is None:
        print("  PostgreSQL: not installed")
        return
    server = PostgresServer.start_new(programs, fsync="on", autovacuum="on")
    try:
        compare("PostgreSQL", lambda _: PostgresStore(server.new_database(), KEY, utc_now, QUOTA))
    finally:
        server.remove()
