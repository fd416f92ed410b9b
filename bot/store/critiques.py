"""The critique store port over SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from bot.errors import DamagedText, UnknownCritique
from bot.essay.critique import Critique
from bot.essay.limits import Adding, stored_bytes
from bot.store.database import SealedDatabase, StoreThread, moment
from bot.workflow.critiqued import Critiqued, Decision

_CRITIQUE = "SELECT id, writer, essay, version, structure, title, text, opinion, own, created FROM critiques"
_JSON = TypeAdapter(Critique)
_DAMAGED = "(this critique is damaged)"


class SqliteCritiques:
    """Critiques in the store's file, their words sealed. See workflow.criticism.CritiqueStore for what is promised."""

    def __init__(self, thread: StoreThread) -> None:
        self._thread = thread

    async def add_critique(self, critiqued: Critiqued) -> None:
        def work(database: SealedDatabase) -> None:
            seal = database.sealer.seal
            with database.writing() as db:
                adding = Adding(stored_bytes(critiqued.text))
                database.quota.admit(db, critiqued.writer, None, adding, critiqued.created)
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
                        int(critiqued.own),
                        critiqued.created.isoformat(),
                    ],
                )

        await self._thread.run(work)

    async def remove_critique(self, writer: str, critique: str) -> None:
        def work(database: SealedDatabase) -> None:
            with database.writing() as db:
                if not db.execute("DELETE FROM critiques WHERE id = ? AND writer = ?", [critique, writer]).rowcount:
                    raise UnknownCritique(critique)

        await self._thread.run(work)

    async def put_critique(self, writer: str, critique: str, found: Critique) -> None:
        def work(database: SealedDatabase) -> None:
            sealed = database.sealer.seal(_JSON.dump_json(found).decode())
            with database.writing() as db:
                query = "UPDATE critiques SET opinion = ? WHERE id = ? AND writer = ?"
                if not db.execute(query, [sealed, critique, writer]).rowcount:
                    raise UnknownCritique(critique)

        await self._thread.run(work)

    async def attach(self, writer: str, critique: str, essay: str, version: int) -> None:
        def work(database: SealedDatabase) -> None:
            with database.writing() as db:
                query = "UPDATE critiques SET essay = ?, version = ? WHERE id = ? AND writer = ?"
                if not db.execute(query, [essay, version, critique, writer]).rowcount:
                    raise UnknownCritique(critique)

        await self._thread.run(work)

    async def critiqued(self, writer: str, critique: str) -> Critiqued:
        def work(database: SealedDatabase) -> Critiqued:
            row = database.db.execute(f"{_CRITIQUE} WHERE id = ? AND writer = ?", [critique, writer]).fetchone()
            if row is None:
                raise UnknownCritique(critique)
            return _critiqued(database, row)

        return await self._thread.run(work)

    async def latest_critique(self, writer: str, essay: str) -> Critiqued | None:
        def work(database: SealedDatabase) -> Critiqued | None:
            row = database.db.execute(
                f"{_CRITIQUE} WHERE essay = ? AND writer = ? AND opinion IS NOT NULL"
                " ORDER BY created DESC, rowid DESC LIMIT 1",
                [essay, writer],
            ).fetchone()
            try:
                return _critiqued(database, row) if row else None
            except DamagedText:  # the essay is shown without
                return None

        return await self._thread.run(work)

    async def pasted_critiques(self, writer: str, first: int, most: int) -> tuple[Sequence[Critiqued], int]:
        def work(database: SealedDatabase) -> tuple[Sequence[Critiqued], int]:
            rows = database.db.execute(
                f"{_CRITIQUE} WHERE writer = ? AND essay IS NULL ORDER BY created DESC, rowid DESC LIMIT ? OFFSET ?",
                [writer, most, first],
            ).fetchall()
            query = "SELECT count(*) FROM critiques WHERE writer = ? AND essay IS NULL"
            (count,) = database.db.execute(query, [writer]).fetchall()[0]
            return [_listed(database, row) for row in rows], count

        return await self._thread.run(work)

    async def decide(
        self, writer: str, critique: str, finding: int, decision: Decision, version: int | None, at: datetime
    ) -> None:
        def work(database: SealedDatabase) -> None:
            with database.writing() as db:
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


def _listed(database: SealedDatabase, row: Sequence[Any]) -> Critiqued:
    """A critique; of a damaged one, that it is damaged, so that the others can be listed."""
    try:
        return _critiqued(database, row)
    except DamagedText:
        key, writer, essay, version, structure, _, _, _, own, created = row
        return Critiqued(key, writer, essay, version, structure, _DAMAGED, "", bool(own), None, {}, moment(created))


def _critiqued(database: SealedDatabase, row: Sequence[Any]) -> Critiqued:
    """A critique. Raises DamagedText where its text or what was found in it cannot be read."""
    key, writer, essay, version, structure, title, sealed, opinion, own, created = row
    what = f"critique {key}"
    text, found = database.opened(sealed, what), database.opened(opinion, what) if opinion is not None else ""
    if text is None or found is None:
        raise DamagedText.critique()
    decided = database.db.execute("SELECT finding, decision FROM decisions WHERE critique = ?", [key]).fetchall()
    return Critiqued(
        key,
        writer,
        essay,
        version,
        structure,
        database.opened(title, f"the title of {what}") if title is not None else None,
        text,
        bool(own),
        _JSON.validate_json(found) if found else None,
        {finding: Decision(decision) for finding, decision in decided if decision in set(Decision)},
        moment(created),
    )
