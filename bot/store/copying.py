"""Copy a SQLite store into an empty PostgreSQL database, in batches, and go on where a killed copy ended.

Rows are copied as they are, with their sealed cells, the fingerprints of the keys and the secret for pseudonyms. While
a copy is not finished the database is marked, and no bot opens it. In the end every row is read back and compared, and
every sealed cell is opened.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.errors import CopyFailed
from bot.store import postgres_schema
from bot.store.connection import Table
from bot.store.encryption import DamagedCell
from bot.store.postgres import PostgresDatabase, connect, describe_url, translate_errors
from bot.store.sealed_columns import SEALED_COLUMNS
from bot.store.sqlite import SqliteDatabase

_BATCH_ROWS = 200  # of some 10 KB each, in one transaction


@dataclass(frozen=True, slots=True)
class CopiedTable:
    """A table of which all rows are copied: how many it has, and how many of them an earlier run had copied."""

    name: str
    rows: int
    before: int


@dataclass(frozen=True, slots=True)
class CheckedCopy:
    """A whole copy that was compared: rows in all, cells that were opened, and cells that were damaged before."""

    rows: int
    opened: int
    damaged: int


def copy_store(
    path: Path, keys: str | None, url: str, now: Callable[[], datetime]
) -> Iterator[CopiedTable | CheckedCopy]:
    """Copy the database at ``path``, with the value of DATABASE_KEY, to the one at ``url``.

    Yield each table once it is copied, and at last what was checked. Nobody else may write to the source meanwhile.
    Raise CopyFailed, StoreError.
    """
    if not path.is_file():
        raise CopyFailed.no_database(path)
    source = SqliteDatabase(path, keys, now)
    try:
        with source.transaction(""):  # it keeps a terminal from writing
            name = describe_url(url)
            with translate_errors(name), connect(url) as connection:
                target = PostgresDatabase(connection, source.keys, None, name)
                _begin(source, target, now())
                tables = _in_order(source.db.tables())
                for table in tables:
                    yield _copy_table(source, target, table)
                checked = _check(source, target, tables)
                _finish(source, target, tables)
                yield checked
    finally:
        source.close()


def _begin(source: SqliteDatabase, target: PostgresDatabase, at: datetime) -> None:
    """Mark the target as a copy of this source that is not finished. Raise CopyFailed if it holds anything else."""
    identity = hashlib.sha256(source.sealed_secret()).hexdigest()
    with target.writing("schema"):
        begun = postgres_schema.unfinished_copy(target.db)
        if begun is not None:
            if begun != identity:
                raise CopyFailed.other_copy(target.name)
            return
        if postgres_schema.exists(target.db, str(target.name)):
            raise CopyFailed.not_empty(target.name)
        postgres_schema.migrate(target.db, str(target.name), at)
        postgres_schema.mark_copy(target.db, identity)


def _in_order(tables: Sequence[Table]) -> list[Table]:
    """Return the tables, each after those that its rows refer to."""
    found: list[Table] = []
    waiting = list(tables)
    while waiting:
        names = {table.name for table in waiting}
        found += [table for table in waiting if not names & {key.table for key in table.foreign_keys}]
        waiting = [table for table in waiting if table not in found]
    return found


def _copy_table(source: SqliteDatabase, target: PostgresDatabase, table: Table) -> CopiedTable:
    columns = ", ".join(("rowid", *table.columns))
    marks = ", ".join(["%s"] * (len(table.columns) + 1))
    insert = f"INSERT INTO {table.name} ({columns}) VALUES ({marks})".encode()  # noqa: S608 - names of the schema
    query = f"SELECT count(*), coalesce(max(rowid), 0) FROM {table.name}"  # noqa: S608 - a name of the schema
    before, last = target.db.execute(query).fetchone()
    copied = before
    for rows in _batches(source.db.execute, table, last):
        with target.writing("copy"):
            target.db.raw.cursor().executemany(insert, rows)
        copied += len(rows)
    return CopiedTable(table.name, copied, before)


def _batches(execute: Callable[..., Any], table: Table, last: int) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the rows of a table behind the one with the number ``last``, in order; each begins with its number."""
    columns = ", ".join(("rowid", *table.columns))
    query = f"SELECT {columns} FROM {table.name} WHERE rowid > ? ORDER BY rowid LIMIT {_BATCH_ROWS}"  # noqa: S608 - names of the schema
    while rows := [tuple(row) for row in execute(query, [last]).fetchall()]:
        yield rows
        last = rows[-1][0]


def _check(source: SqliteDatabase, target: PostgresDatabase, tables: Sequence[Table]) -> CheckedCopy:
    """Compare all rows, and open the sealed cells of the target. Raise CopyFailed if a row differs."""
    rows = 0
    for table in tables:
        theirs = _batches(target.db.execute, table, 0)
        for ours in _batches(source.db.execute, table, 0):
            if next(theirs, None) != ours:
                raise CopyFailed.differs(target.name, table.name)
            rows += len(ours)
        if next(theirs, None) is not None:
            raise CopyFailed.differs(target.name, table.name)
    target.follow_keys()
    opened, damaged = _open_cells(target)
    return CheckedCopy(rows, opened, damaged)


def _open_cells(target: PostgresDatabase) -> tuple[int, int]:
    """Open every sealed cell in its place. Return how many opened, and how many did not."""
    opened = damaged = 0
    for column in SEALED_COLUMNS:
        revision, last = "revision" if column.replaced else "NULL", 0
        query = (
            f"SELECT rowid, {column.column}, {column.writer}, {revision}, {', '.join(column.key)} FROM {column.table}"  # noqa: S608 - names of the schema
            f" WHERE rowid > ? AND {column.column} IS NOT NULL ORDER BY rowid LIMIT {_BATCH_ROWS}"
        )
        while found := target.db.execute(query, [last]).fetchall():
            for number, sealed, writer, bound, *key in found:
                last = number
                try:
                    target.cipher.open(column.place(writer or "", *key, revision=bound), sealed)
                    opened += 1
                except DamagedCell:  # its row equals the source's, where it does not open either
                    damaged += 1
    return opened, damaged


def _finish(source: SqliteDatabase, target: PostgresDatabase, tables: Sequence[Table]) -> None:
    """Have ids go on where the source's ended, and take the mark away."""
    given: Mapping[str, int] = dict(source.db.execute("SELECT name, seq FROM sqlite_sequence").fetchall())
    with target.writing("schema"):
        for table in tables:
            for column in ("rowid", "id"):
                if column not in ("rowid", *table.columns):
                    continue
                sequence = target.db.execute("SELECT pg_get_serial_sequence(?, ?)", [table.name, column]).fetchone()[0]
                if sequence is None:
                    continue
                query = f"SELECT max({column}) FROM {table.name}"  # noqa: S608 - names of the schema
                last = max(given.get(table.name, 0), target.db.execute(query).fetchone()[0] or 0)
                if last:
                    target.db.execute("SELECT setval(CAST(? AS TEXT), CAST(? AS BIGINT))", [sequence, last])
        postgres_schema.unmark_copy(target.db)
    target.db.execute("ANALYZE")  # the server reads whole tables until it knows how their rows are spread
