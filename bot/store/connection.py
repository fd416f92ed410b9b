"""What the stores need of a connection to a database: the same queries run on SQLite and on PostgreSQL.

Marks in a query are SQLite's: ``?``, ``?1`` and ``:name``. Truth is stored as 0 and 1, and a time as its ISO text.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Values = Sequence[Any] | Mapping[str, Any]


class Cursor(Protocol):
    """The result of a query, as the Python Database API 2.0 has it (PEP 249)."""

    @property
    def rowcount(self) -> int:
        """How many rows a statement has inserted, changed or deleted."""

    @property
    def description(self) -> Sequence[Any] | None:
        """One item a column, which begins with its name."""

    def fetchone(self) -> Any:
        """Return the next row, None at the end."""

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A column that names a row of another table; ``on_delete`` is what happens then, such as CASCADE."""

    column: str
    table: str
    other_column: str
    on_delete: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the program's, with its columns in order."""

    name: str
    columns: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]


class Connection(Protocol):
    """A connection to a database. Each table has a column ``rowid`` that numbers its rows as they came."""

    keep_rows: str
    """What ends a query whose rows nobody may change or delete before the transaction ends; "" where nobody can."""

    lock_free_rows: str
    """What ends a query that passes over rows which another transaction changes; "" where none does."""

    def execute(self, query: str, values: Values = (), /) -> Cursor:
        """Run one statement."""

    def next_id(self, table: str) -> str:
        """Return an SQL expression for the ``id`` of a table's next row, another one in each row that is selected.

        No row has had it before, not even a deleted one of a table whose ids are never given twice.
        """

    def tables(self) -> Sequence[Table]:
        """Return all tables but the database's own."""


def column_names(cursor: Cursor) -> list[str]:
    """Return the names of the columns of a query's result."""
    return [column[0] for column in cursor.description or ()]


def marks(values: Collection[Any]) -> str:
    """Return a mark for each of the values, for ``IN (...)``; without values what nothing is in."""
    return ",".join("?" * len(values)) or "NULL"  # PostgreSQL has no empty list
