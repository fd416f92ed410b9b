"""All that is stored of one writer, found by the schema itself, so that a new table cannot be forgotten.

A table is a writer's where it has a column ``writer``, or a foreign key to a table that is one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from bot.services.personal_data import AuditEntry, HostAction, StoredTable, WriterMark
from bot.store.connection import Table, column_names
from bot.store.database import EncryptedDatabase, parse_enum, parse_time
from bot.store.sealed_columns import place_in_row

DAMAGED = "(damaged: it cannot be read)"
NOT_HANDED_OVER = "(how the bot reaches a message of its own; it opens nothing else)"
# What stays when a writer's data is deleted: the host's record of what was done, and who is blocked.
_KEPT_TABLES = frozenset({"audit_log", "writer_marks"})
# Names with a writer among their words, such as that of a membership.
_WORDS, _WORD = "' ' || name || ' '", "' ' || CAST(:writer AS TEXT) || ' '"
_REMEMBERED = f"replace({_WORDS}, {_WORD}, '') <> {_WORDS}"
_NO_ROW = "1 = 0"
# An address may hold a token that lets whoever has it write as the bot for some minutes.
_WITHHELD = frozenset({("job_panels", "address")})
_OF_THE_STORE = frozenset({"revision", "rowid"})  # they bind and order rows, and say nothing of anybody
_JSON_COLUMNS = frozenset(
    {("support", "body"), ("critiques", "opinion"), ("versions", "unwritten"), ("shares", "place")}
)


@dataclass(frozen=True, slots=True)
class _Table:
    """A table that holds something of writers, and SQL conditions on ``:writer`` and ``:essay``.

    ``of_writer`` selects all of a writer's rows, ``of_essay`` those that belong to one essay and ``of_none`` those that
    belong to none; None where a table has no such rows.
    """

    name: str
    of_writer: str
    of_essay: str | None
    of_none: str | None


class SqlPersonalData:
    """The writers of one database. See PersonStore for what each method promises."""

    def __init__(self, database: EncryptedDatabase) -> None:
        self._database = database
        self._db = database.db

    def mark(self, writer: str, mark: WriterMark, at: datetime) -> None:
        query = "INSERT INTO writer_marks (writer, mark, since) VALUES (?, ?, ?) ON CONFLICT (writer, mark) DO NOTHING"
        self._db.execute(query, [writer, mark.value, at.isoformat()])

    def unmark(self, writer: str, mark: WriterMark) -> None:
        self._db.execute("DELETE FROM writer_marks WHERE writer = ? AND mark = ?", [writer, mark.value])
        self._database.erase_after_commit()

    def marks(self, writer: str) -> frozenset[WriterMark]:
        rows = self._db.execute("SELECT mark FROM writer_marks WHERE writer = ?", [writer]).fetchall()
        return frozenset(WriterMark(mark) for (mark,) in rows if mark in set(WriterMark))

    def marked(self, mark: WriterMark) -> tuple[str, ...]:
        query = "SELECT writer FROM writer_marks WHERE mark = ? ORDER BY since, writer"
        return tuple(writer for (writer,) in self._db.execute(query, [mark.value]).fetchall())

    def beginning_with(self, start: str) -> tuple[str, ...]:
        tables = [table.name for table in self._db.tables() if "writer" in table.columns]
        query = " UNION ".join(
            f"SELECT writer FROM {name} WHERE substr(writer, 1, ?1) = ?2"  # noqa: S608 - names of the schema
            for name in tables
        )
        return tuple(writer for (writer,) in self._db.execute(f"{query} ORDER BY 1", [len(start), start]).fetchall())

    def counts(self, writer: str) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for table in self._tables:
            query = f"SELECT count(*) FROM {table.name} WHERE {table.of_writer}"  # noqa: S608 - names of the schema
            if count := int(self._db.execute(query, {"writer": writer}).fetchone()[0]):
                found[table.name] = count
        return found

    def rows(self, writer: str, essay: str | None) -> tuple[StoredTable, ...]:
        found: list[StoredTable] = []
        for table in self._tables:
            condition = table.of_none if essay is None else table.of_essay
            if condition is not None and (rows := list(self._rows(table.name, condition, writer, essay))):
                found.append(StoredTable(table.name, tuple(rows)))
        return tuple(found)

    def delete(self, writer: str) -> None:
        # What a call cost stays in the host's budgets, without whose it was and at what hour.
        self._db.execute(
            "UPDATE calls SET writer = '', at = substr(at, 1, 10) || 'T00:00:00+00:00' WHERE writer = ?", [writer]
        )
        owned = [table for table in self._tables if table.name not in _KEPT_TABLES]
        for table in reversed(owned):  # what refers to a row goes before it
            query = f"DELETE FROM {table.name} WHERE {table.of_writer}"  # noqa: S608 - names of the schema
            self._db.execute(query, {"writer": writer})
        self._database.erase_after_commit()

    def has_erased(self) -> bool:
        return self._database.has_erased

    def record(self, action: HostAction, writer: str, at: datetime) -> None:
        query = "INSERT INTO audit_log (at, action, writer) VALUES (?, ?, ?)"
        self._db.execute(query, [at.isoformat(), action.value, writer])

    def audit_log(self) -> tuple[AuditEntry, ...]:
        rows = self._db.execute("SELECT at, action, writer FROM audit_log ORDER BY id").fetchall()
        return tuple(
            AuditEntry(parse_time(at), parse_enum(HostAction, action, HostAction.SHOW), writer)
            for at, action, writer in rows
        )

    @cached_property
    def _tables(self) -> tuple[_Table, ...]:
        return personal_tables(self._database)

    def _rows(self, table: str, condition: str, writer: str, essay: str | None) -> Iterator[Mapping[str, Any]]:
        query = f"SELECT * FROM {table} WHERE {condition} ORDER BY rowid"  # noqa: S608 - names of the schema
        cursor = self._db.execute(query, {"writer": writer, "essay": essay})
        names = column_names(cursor)
        for row in cursor.fetchall():
            cells = dict(zip(names, row, strict=True))
            opened = {name: self._value(table, name, writer, cells) for name in cells if name not in _OF_THE_STORE}
            yield opened

    def _value(self, table: str, column: str, writer: str, row: Mapping[str, Any]) -> Any:
        """Return a cell as it is handed over: opened, and what is JSON taken apart."""
        if (table, column) in _WITHHELD:
            return NOT_HANDED_OVER
        value = row[column]
        if isinstance(value, bytes):
            place = place_in_row(table, column, writer, row)
            opened = self._database.open_or_none(place, value, f"a {column} in {table}")
            value = DAMAGED if opened is None else opened
        if (table, column) in _JSON_COLUMNS and value is not None and value != DAMAGED:
            try:
                return json.loads(value)
            except ValueError:
                return value
        return value


def personal_tables(database: EncryptedDatabase) -> tuple[_Table, ...]:
    """Return the tables that hold something of writers, each after those that its rows refer to."""
    tables = {table.name: table for table in database.db.tables()}
    found: dict[str, _Table] = {}
    waiting = {name: {key.table for key in table.foreign_keys} for name, table in tables.items()}
    while ready := [name for name, parents in waiting.items() if not parents & waiting.keys()]:
        for name in ready:
            del waiting[name]
            if (table := _personal_table(tables[name], found)) is not None:
                found[name] = table
    return tuple(found.values())


def _personal_table(table: Table, found: Mapping[str, _Table]) -> _Table | None:
    """Return what of a table is a writer's; None for one that holds nothing of theirs."""
    name = table.name
    parents = [key for key in table.foreign_keys if key.table in found and key.on_delete != "SET NULL"]
    if name == "remembered":
        return _Table(name, _REMEMBERED, None, _REMEMBERED)
    if name == "essays":
        return _Table(name, "writer = :writer", "writer = :writer AND id = :essay", None)
    if name == "jobs":  # on an essay or on a critique of a pasted text
        essays = "SELECT id FROM essays WHERE writer = :writer"
        of_essay, of_none = "subject = :essay", f"subject NOT IN ({essays})"
        return _Table(name, *_within("writer = :writer", of_essay, of_none))
    if "writer" in table.columns:
        if (belongs := next((key.column for key in parents if key.table == "essays"), None)) is not None:
            return _Table(name, *_within("writer = :writer", f"{belongs} = :essay", f"{belongs} IS NULL"))
        return _Table(name, "writer = :writer", None, "writer = :writer")
    if not parents:
        return None
    key = parents[0]
    of = found[key.table]
    conditions = [
        f"{key.column} IN (SELECT {key.other_column} FROM {key.table} WHERE {condition})"  # noqa: S608 - names of the schema
        for condition in (of.of_writer, of.of_essay or _NO_ROW, of.of_none or _NO_ROW)
    ]
    return _Table(name, *conditions)


def _within(whole: str, of_essay: str, of_none: str) -> tuple[str, str, str]:
    return whole, f"{whole} AND {of_essay}", f"{whole} AND {of_none}"
