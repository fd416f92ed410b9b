"""What each sentence of a version rests on, in SQLite: one sealed row for the check of a version."""

from __future__ import annotations

from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from bot.errors import UnknownEssay
from bot.essay.support import Check
from bot.store.database import EncryptedDatabase

_CHECK_ADAPTER = TypeAdapter(Check)


class SqliteSupport:
    """The checks of one database. See SupportStore for what each method promises."""

    def __init__(self, database: EncryptedDatabase) -> None:
        self._database = database
        self._db = database.db
        self._encrypt = database.cipher.encrypt

    def save(self, writer: str, essay: str, check: Check, at: datetime) -> None:
        self._check_owner(writer, essay)
        self._db.execute(
            "INSERT INTO support (essay, version, body, created) VALUES (?,?,?,?)"
            " ON CONFLICT (essay, version) DO UPDATE SET body = excluded.body, created = excluded.created",
            [essay, check.version, self._encrypt(_CHECK_ADAPTER.dump_json(check).decode()), at.isoformat()],
        )

    def get(self, writer: str, essay: str, version: int) -> Check | None:
        self._check_owner(writer, essay)
        query = "SELECT body FROM support WHERE essay = ? AND version = ?"
        row = self._db.execute(query, [essay, version]).fetchone()
        body = self._database.decrypt_or_none(row[0], f"the check of version {version} of {essay}") if row else None
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
