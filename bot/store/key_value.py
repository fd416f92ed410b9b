"""Small things a door keeps for itself between two starts, such as which commands Discord was told of."""

from __future__ import annotations

from bot.store.database import EncryptedDatabase


class SqliteKeyValues:
    """Values by name. They are not sealed: nothing that a person wrote may be kept here. See KeyValueStore."""

    def __init__(self, database: EncryptedDatabase) -> None:
        self._db = database.db

    def get(self, name: str) -> str | None:
        row = self._db.execute("SELECT value FROM remembered WHERE name = ?", [name]).fetchone()
        return str(row[0]) if row else None

    def set(self, name: str, value: str) -> None:
        self._db.execute(
            "INSERT INTO remembered VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [name, value],
        )

    def delete(self, name: str) -> None:
        self._db.execute("DELETE FROM remembered WHERE name = ?", [name])

    def delete_all(self, prefix: str) -> None:
        self._db.execute("DELETE FROM remembered WHERE substr(name, 1, length(?1)) = ?1", [prefix])
