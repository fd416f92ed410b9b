"""What each sentence of a version rests on: one sealed row for the check of a version."""

from __future__ import annotations

from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from bot.errors import UnknownEssay
from bot.essay.support import Check
from bot.store.database import EncryptedDatabase
from bot.store.sealed_columns import SUPPORT_BODY, new_revision

_CHECK_ADAPTER = TypeAdapter(Check)


class SqlSupport:
    """The checks of one database. See SupportStore for what each method promises."""

    def __init__(self, database: EncryptedDatabase) -> None:
        self._database = database
        self._db = database.db

    def save(self, writer: str, essay: str, check: Check, at: datetime) -> None:
        self._check_owner(writer, essay)
        revision, text = new_revision(), _CHECK_ADAPTER.dump_json(check).decode()
        body = self._database.seal(SUPPORT_BODY.place(writer, essay, check.version, revision=revision), text)
        self._db.execute(
            "INSERT INTO support (essay, version, body, revision, created) VALUES (?,?,?,?,?)"
            " ON CONFLICT (essay, version) DO UPDATE SET body = excluded.body, revision = excluded.revision,"
            " created = excluded.created",
            [essay, check.version, body, revision, at.isoformat()],
        )

    def get(self, writer: str, essay: str, version: int) -> Check | None:
        self._check_owner(writer, essay)
        query = "SELECT body, revision FROM support WHERE essay = ? AND version = ?"
        if (row := self._db.execute(query, [essay, version]).fetchone()) is None:
            return None
        place = SUPPORT_BODY.place(writer, essay, version, revision=row[1])
        body = self._database.open_or_none(place, row[0], f"the check of version {version} of {essay}")
        try:
            return _CHECK_ADAPTER.validate_json(body) if body is not None else None
        except ValidationError:  # written by a newer release
            return None

    def versions(self, writer: str, essay: str) -> tuple[int, ...]:
        self._check_owner(writer, essay)
        rows = self._db.execute("SELECT version FROM support WHERE essay = ? ORDER BY version", [essay]).fetchall()
        return tuple(row[0] for row in rows)

    def _check_owner(self, writer: str, essay: str) -> None:
        if not self._db.execute("SELECT 1 FROM essays WHERE id = ? AND writer = ?", [essay, writer]).fetchone():
            raise UnknownEssay(essay)
