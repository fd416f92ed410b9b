"""The critique store port over SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from bot.errors import DamagedText, UnknownCritique
from bot.essay.critique import Critique
from bot.essay.limits import StorageIncrease, stored_bytes
from bot.services.critiques import Decision, StoredCritique
from bot.store.database import DatabaseThread, EncryptedDatabase, parse_time

_CRITIQUE = "SELECT id, writer, essay, version, structure, title, text, opinion, own, created FROM critiques"
_CRITIQUE_ADAPTER = TypeAdapter(Critique)
_DAMAGED_TITLE = "(this critique is damaged)"


class SqliteCritiques:
    """The critiques of one database. See CritiqueStore for what each method promises."""

    def __init__(self, database: EncryptedDatabase) -> None:
        self._database = database
        self._db = database.db
        self._encrypt = database.cipher.encrypt

    def add(self, critique: StoredCritique) -> None:
        self._db.execute(
            "INSERT INTO critiques (id, writer, essay, version, structure, title, text, own, created)"
            " VALUES (?,?,?,?,?,?,?,?,?)",
            [
                critique.id,
                critique.writer,
                critique.essay,
                critique.version,
                critique.structure,
                self._encrypt(critique.title) if critique.title is not None else None,
                self._encrypt(critique.text),
                int(critique.is_own),
                critique.created.isoformat(),
            ],
        )

    def delete(self, writer: str, critique: str) -> None:
        self._change("DELETE FROM critiques WHERE id = ? AND writer = ?", writer, critique)

    def save_critique(self, writer: str, critique: str, found: Critique) -> None:
        sealed = self._encrypt(_CRITIQUE_ADAPTER.dump_json(found).decode())
        self._change("UPDATE critiques SET opinion = ? WHERE id = ? AND writer = ?", writer, critique, sealed)

    def attach_to_essay(self, writer: str, critique: str, essay: str, version: int) -> None:
        query = "UPDATE critiques SET essay = ?, version = ? WHERE id = ? AND writer = ?"
        self._change(query, writer, critique, essay, version)

    def get(self, writer: str, critique: str) -> StoredCritique:
        row = self._db.execute(f"{_CRITIQUE} WHERE id = ? AND writer = ?", [critique, writer]).fetchone()
        if row is None:
            raise UnknownCritique(critique)
        return _read_critique(self._database, row)

    def latest(self, writer: str, essay: str) -> StoredCritique | None:
        row = self._db.execute(
            f"{_CRITIQUE} WHERE essay = ? AND writer = ? AND opinion IS NOT NULL"
            " ORDER BY created DESC, rowid DESC LIMIT 1",
            [essay, writer],
        ).fetchone()
        try:
            return _read_critique(self._database, row) if row else None
        except DamagedText:  # the essay is shown without
            return None

    def pasted(self, writer: str, first: int, most: int) -> tuple[Sequence[StoredCritique], int]:
        rows = self._db.execute(
            f"{_CRITIQUE} WHERE writer = ? AND essay IS NULL ORDER BY created DESC, rowid DESC LIMIT ? OFFSET ?",
            [writer, most, first],
        ).fetchall()
        query = "SELECT count(*) FROM critiques WHERE writer = ? AND essay IS NULL"
        (count,) = self._db.execute(query, [writer]).fetchall()[0]
        return [_read_listed_critique(self._database, row) for row in rows], count

    def save_decision(
        self, writer: str, critique: str, finding: int, decision: Decision, version: int | None, at: datetime
    ) -> None:
        if not self._db.execute("SELECT 1 FROM critiques WHERE id = ? AND writer = ?", [critique, writer]).fetchone():
            raise UnknownCritique(critique)
        self._db.execute(
            "INSERT INTO decisions (critique, finding, decision, version, decided) VALUES (?,?,?,?,?)"
            " ON CONFLICT (critique, finding) DO UPDATE SET decision = excluded.decision,"
            " version = excluded.version, decided = excluded.decided",
            [critique, finding, decision.value, version, at.isoformat()],
        )

    def _change(self, query: str, writer: str, critique: str, *values: object) -> None:
        """Run a statement on one critique of the writer's. Raises UnknownCritique where there is none."""
        if not self._db.execute(query, [*values, critique, writer]).rowcount:
            raise UnknownCritique(critique)


class SqliteCritiqueStore:
    """Critiques in the store's file, their words sealed. See workflow.criticism.CritiqueStore for what is promised."""

    def __init__(self, thread: DatabaseThread) -> None:
        self._thread = thread

    async def add_critique(self, critiqued: StoredCritique) -> None:
        def work(database: EncryptedDatabase) -> None:
            seal = database.cipher.encrypt
            with database.transaction() as db:
                adding = StorageIncrease(stored_bytes(critiqued.text))
                database.quota.check_and_record(db, critiqued.writer, None, adding, critiqued.created)
                db.execute(
                    "INSERT INTO critiques (id, writer, essay, version, structure, title, text, own, created)"
                    " VALUES (?,?,?,?,?,?,?,?,?)",
                    [
                        critiqued.id,
                        critiqued.writer,
                        critiqued.essay,
                        critiqued.version,
                        critiqued.structure,
                        seal(critiqued.title) if critiqued.title is not None else None,
                        seal(critiqued.text),
                        int(critiqued.is_own),
                        critiqued.created.isoformat(),
                    ],
                )

        await self._thread.run(work)

    async def delete_critique(self, writer: str, critique: str) -> None:
        def work(database: EncryptedDatabase) -> None:
            with database.transaction() as db:
                if not db.execute("DELETE FROM critiques WHERE id = ? AND writer = ?", [critique, writer]).rowcount:
                    raise UnknownCritique(critique)

        await self._thread.run(work)

    async def save_critique(self, writer: str, critique: str, found: Critique) -> None:
        def work(database: EncryptedDatabase) -> None:
            sealed = database.cipher.encrypt(_CRITIQUE_ADAPTER.dump_json(found).decode())
            with database.transaction() as db:
                query = "UPDATE critiques SET opinion = ? WHERE id = ? AND writer = ?"
                if not db.execute(query, [sealed, critique, writer]).rowcount:
                    raise UnknownCritique(critique)

        await self._thread.run(work)

    async def attach_to_essay(self, writer: str, critique: str, essay: str, version: int) -> None:
        def work(database: EncryptedDatabase) -> None:
            with database.transaction() as db:
                query = "UPDATE critiques SET essay = ?, version = ? WHERE id = ? AND writer = ?"
                if not db.execute(query, [essay, version, critique, writer]).rowcount:
                    raise UnknownCritique(critique)

        await self._thread.run(work)

    async def critique(self, writer: str, critique: str) -> StoredCritique:
        def work(database: EncryptedDatabase) -> StoredCritique:
            row = database.db.execute(f"{_CRITIQUE} WHERE id = ? AND writer = ?", [critique, writer]).fetchone()
            if row is None:
                raise UnknownCritique(critique)
            return _read_critique(database, row)

        return await self._thread.run(work)

    async def latest_critique(self, writer: str, essay: str) -> StoredCritique | None:
        def work(database: EncryptedDatabase) -> StoredCritique | None:
            row = database.db.execute(
                f"{_CRITIQUE} WHERE essay = ? AND writer = ? AND opinion IS NOT NULL"
                " ORDER BY created DESC, rowid DESC LIMIT 1",
                [essay, writer],
            ).fetchone()
            try:
                return _read_critique(database, row) if row else None
            except DamagedText:  # the essay is shown without
                return None

        return await self._thread.run(work)

    async def pasted_critiques(self, writer: str, first: int, most: int) -> tuple[Sequence[StoredCritique], int]:
        def work(database: EncryptedDatabase) -> tuple[Sequence[StoredCritique], int]:
            rows = database.db.execute(
                f"{_CRITIQUE} WHERE writer = ? AND essay IS NULL ORDER BY created DESC, rowid DESC LIMIT ? OFFSET ?",
                [writer, most, first],
            ).fetchall()
            query = "SELECT count(*) FROM critiques WHERE writer = ? AND essay IS NULL"
            (count,) = database.db.execute(query, [writer]).fetchall()[0]
            return [_read_listed_critique(database, row) for row in rows], count

        return await self._thread.run(work)

    async def save_decision(
        self, writer: str, critique: str, finding: int, decision: Decision, version: int | None, at: datetime
    ) -> None:
        def work(database: EncryptedDatabase) -> None:
            with database.transaction() as db:
                own = db.execute("SELECT 1 FROM critiques WHERE id = ? AND writer = ?", [critique, writer])
                if not own.fetchone():
                    raise UnknownCritique(critique)
                db.execute(
                    "INSERT INTO decisions (critique, finding, decision, version, decided) VALUES (?,?,?,?,?)"
                    " ON CONFLICT (critique, finding) DO UPDATE SET decision = excluded.decision,"
                    " version = excluded.version, decided = excluded.decided",
                    [critique, finding, decision.value, version, at.isoformat()],
                )

        await self._thread.run(work)


def _read_listed_critique(database: EncryptedDatabase, row: Sequence[Any]) -> StoredCritique:
    """A critique; of a damaged one, that it is damaged, so that the others can be listed."""
    try:
        return _read_critique(database, row)
    except DamagedText:
        key, writer, essay, version, structure, _, _, _, own, created = row
        return StoredCritique(
            key, writer, essay, version, structure, _DAMAGED_TITLE, "", bool(own), None, {}, parse_time(created)
        )


def _read_critique(database: EncryptedDatabase, row: Sequence[Any]) -> StoredCritique:
    """A critique. Raises DamagedText where its text or what was found in it cannot be read."""
    key, writer, essay, version, structure, title, sealed, opinion, own, created = row
    what = f"critique {key}"
    text, found = (
        database.decrypt_or_none(sealed, what),
        database.decrypt_or_none(opinion, what) if opinion is not None else "",
    )
    if text is None or found is None:
        raise DamagedText.critique()
    decided = database.db.execute("SELECT finding, decision FROM decisions WHERE critique = ?", [key]).fetchall()
    return StoredCritique(
        key,
        writer,
        essay,
        version,
        structure,
        database.decrypt_or_none(title, f"the title of {what}") if title is not None else None,
        text,
        bool(own),
        _CRITIQUE_ADAPTER.validate_json(found) if found else None,
        {finding: Decision(decision) for finding, decision in decided if decision in set(Decision)},
        parse_time(created),
    )
