"""The schema, one named step after another. A step that has been released is never changed: add a new one.

Columns of type BLOB hold sealed text. All else (keys, numbers, times) tells nothing that a person wrote.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("career-essay-bot")


@migrations(name="0001_essays")
def _essays(db: Database) -> None:
    for statement in (
        """
        CREATE TABLE keys (
            fingerprint TEXT PRIMARY KEY,
            since TEXT NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE essays (
            id TEXT PRIMARY KEY,
            writer TEXT NOT NULL,
            structure TEXT NOT NULL,
            title BLOB NOT NULL,
            head INTEGER,
            exported INTEGER,
            created TEXT NOT NULL,
            changed TEXT NOT NULL
        ) STRICT
        """,
        "CREATE INDEX essays_by_writer ON essays (writer, changed)",
        """
        CREATE TABLE notes (
            essay TEXT NOT NULL REFERENCES essays (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            section TEXT,
            question BLOB,
            text BLOB NOT NULL,
            left_out INTEGER NOT NULL,
            created TEXT NOT NULL,
            PRIMARY KEY (essay, number)
        ) STRICT
        """,
        """
        CREATE TABLE questions (
            essay TEXT NOT NULL REFERENCES essays (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            section TEXT NOT NULL,
            text BLOB NOT NULL,
            state TEXT NOT NULL,
            created TEXT NOT NULL,
            PRIMARY KEY (essay, number)
        ) STRICT
        """,
        """
        CREATE TABLE versions (
            essay TEXT NOT NULL REFERENCES essays (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            parent INTEGER,
            origin TEXT NOT NULL,
            text BLOB NOT NULL,
            words INTEGER NOT NULL,
            notes_through INTEGER NOT NULL,
            created TEXT NOT NULL,
            PRIMARY KEY (essay, number)
        ) STRICT
        """,
    ):
        db.execute(statement)
