"""Critiques, with the texts they are about and what was decided about each finding."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from bot.errors import DamagedText, UnknownCritique
from bot.essay.critique import Critique
from bot.services.critiques import Decision, StoredCritique
from bot.store.database import EncryptedDatabase, parse_time
from bot.store.jobs import delete_jobs
from bot.store.sealed_columns import CRITIQUE_OPINION, CRITIQUE_TEXT, CRITIQUE_TITLE, new_revision

_CRITIQUE = "SELECT id, writer, essay, version, structure, title, text, opinion, own, created, revision FROM critiques"
_CRITIQUE_ADAPTER = TypeAdapter(Critique)
_DAMAGED_TITLE = "(this critique is damaged)"


class SqlCritiques:
    """The critiques of one database. See CritiqueStore for what each method promises."""

    def __init__(self, database: EncryptedDatabase) -> None:
        self._database = database
        self._db = database.db
        self._seal = database.seal

    def add(self, critique: StoredCritique) -> None:
        title = critique.title
        title_place, text_place = (
            column.place(critique.writer, critique.id) for column in (CRITIQUE_TITLE, CRITIQUE_TEXT)
        )
        self._db.execute(
            "INSERT INTO critiques (id, writer, essay, version, structure, title, text, own, created)"
            " VALUES (?,?,?,?,?,?,?,?,?)",
            [
                critique.id,
                critique.writer,
                critique.essay,
                critique.version,
                critique.structure,
                self._seal(title_place, title) if title is not None else None,
                self._seal(text_place, critique.text),
                int(critique.is_own),
                critique.created.isoformat(),
            ],
        )

    def delete(self, writer: str, critique: str) -> None:
        self._change("DELETE FROM critiques WHERE id = ? AND writer = ?", writer, critique)
        delete_jobs(self._db, writer, critique)
        self._database.erase_after_commit()

    def save_critique(self, writer: str, critique: str, found: Critique) -> None:
        revision, text = new_revision(), _CRITIQUE_ADAPTER.dump_json(found).decode()
        sealed = self._seal(CRITIQUE_OPINION.place(writer, critique, revision=revision), text)
        query = "UPDATE critiques SET opinion = ?, revision = ? WHERE id = ? AND writer = ?"
        self._change(query, writer, critique, sealed, revision)

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
        """Run a statement on one critique of the writer's. Raise UnknownCritique if there is none."""
        if not self._db.execute(query, [*values, critique, writer]).rowcount:
            raise UnknownCritique(critique)


def _read_listed_critique(database: EncryptedDatabase, row: Sequence[Any]) -> StoredCritique:
    """Return a critique from its row; a damaged one with a title that says so, so that the others can be listed."""
    try:
        return _read_critique(database, row)
    except DamagedText:
        key, writer, essay, version, structure, _, _, _, own, created, _ = row
        return StoredCritique(
            key, writer, essay, version, structure, _DAMAGED_TITLE, "", bool(own), None, {}, parse_time(created)
        )


def _read_critique(database: EncryptedDatabase, row: Sequence[Any]) -> StoredCritique:
    """Return a critique from its row. Raise DamagedText if its text or its findings cannot be read."""
    key, writer, essay, version, structure, title, sealed, opinion, own, created, revision = row
    what = f"critique {key}"
    text, found = database.open_or_none(CRITIQUE_TEXT.place(writer, key), sealed, what), None
    if opinion is not None:
        found = database.open_or_none(CRITIQUE_OPINION.place(writer, key, revision=revision), opinion, what)
    if text is None or (found is None and opinion is not None):
        raise DamagedText.critique()
    if title is not None:
        title = database.open_or_none(CRITIQUE_TITLE.place(writer, key), title, f"the title of {what}")
    decided = database.db.execute("SELECT finding, decision FROM decisions WHERE critique = ?", [key]).fetchall()
    return StoredCritique(
        key,
        writer,
        essay,
        version,
        structure,
        title,
        text,
        bool(own),
        _CRITIQUE_ADAPTER.validate_json(found) if found else None,
        {finding: Decision(decision) for finding, decision in decided if decision in set(Decision)},
        parse_time(created),
    )
