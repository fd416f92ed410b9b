"""How long an essay takes to open, read and append to, among few essays and among very many; and to seal a text."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet

from benchmarks.timing import medians
from bot.bootstrap import new_essay_id, utc_now
from bot.essay.essay import Origin
from bot.essay.limits import WriterLimits
from bot.services.essays import EssayService
from bot.store.database import EncryptedDatabase
from bot.store.encryption import TextCipher, generate_key
from bot.store.quota import Quota
from bot.store.sealed_columns import ESSAY_TITLE, NOTE_TEXT, VERSION_TEXT
from bot.store.sqlite import SqliteStore

RUNS = 200
FEW, MANY = 100, 100_000
TEXT = "A sentence of an essay, of some length. " * 150
# What is stored is counted as for everybody; only this fast a writer is held to no rate.
QUOTA = Quota(WriterLimits(minute_bytes=10**12, day_bytes=10**12))


def filled(path: Path, essays: int) -> SqliteStore:
    """A store with so many essays of ten writers in a hundred, each with a note and a version."""
    store = SqliteStore(path, None, utc_now, QUOTA)

    async def fill() -> None:
        def work(database: EncryptedDatabase) -> None:
            when = utc_now().isoformat()
            rows = [(f"w{n // 10}", f"e{n}") for n in range(essays)]
            with database.transaction("me") as db:
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

    asyncio.run(fill())
    return store


async def use(store: SqliteStore, writer: str, essay: str, number: int) -> None:
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


def run() -> None:
    """Prints the median time of one opening, reading and appending in each store, and the ratio; and of sealing."""
    print_sealing()
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
