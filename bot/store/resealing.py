"""Seal stored cells anew, in small transactions, while others write: under another key, or to their places.

A cell says by its first bytes how it is sealed, so a run that was killed goes on where it ended.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from bot.store.encryption import CELL_VERSION, CellPlace, DamagedCell, TextCipher, is_fernet
from bot.store.sealed_columns import SEALED_COLUMNS, SealedColumn

if TYPE_CHECKING:  # which imports this module
    from bot.store.database import EncryptedDatabase

log = logging.getLogger(__name__)

# For so long a transaction holds the write lock, and for so long it is free then. Who waits for it (SQLite looks every
# 1 to 100 ms) gets it soon, and no click waits longer than for another's write.
_HOLD_SECONDS = 0.02
_PAUSE_SECONDS = 0.02
_OWNER = "resealing"
_ROWS = 50  # read at once
_REPORT_SECONDS = 1.0

_Open = Callable[[TextCipher, CellPlace, bytes], str | None]  # None for a cell that is to be emptied


def seal_to_places(database: EncryptedDatabase) -> None:
    """Seal each text of a release that bound none to its place. Whatever cannot be decrypted stays as it is.

    The secret for pseudonyms is sealed last, and says that it is done.
    """
    total, done, last = _count_rows(database), 0, time.monotonic()
    for table, columns in _tables():
        if table == "secrets":
            continue
        for rows in _reseal_table(database, table, columns, _open_any):
            done += rows
            if time.monotonic() - last > _REPORT_SECONDS:
                last = time.monotonic()
                log.warning("sealing each stored text to its place, once: %s of %s rows so far", done, total)
    with database.changing_keys() as db:
        for table, columns in _tables():
            if table == "secrets":
                _reseal_rows(database, table, columns, _open_any, 0, float("inf"))
        sealing = database.cipher.fingerprints[0]
        if not has_other_cells(database, of_this_release=True):
            db.execute("DELETE FROM keys WHERE fingerprint <> ?", [sealing])


def seal_with_first_key(database: EncryptedDatabase) -> tuple[int, int]:
    """Seal each cell that another key has sealed with the first one.

    Empty a cell that cannot be opened, so that another key opens it nowhere. Return how many rows were sealed and how
    many cells emptied.
    """
    emptied = 0

    def open_or_empty(cipher: TextCipher, place: CellPlace, sealed: bytes) -> str | None:
        nonlocal emptied
        try:
            return cipher.open(place, sealed)
        except DamagedCell:
            emptied += 1
            return None

    rows = 0
    for table, columns in _tables():
        rows += sum(_reseal_table(database, table, columns, open_or_empty))
    return rows, emptied


def has_other_cells(database: EncryptedDatabase, *, of_this_release: bool = False) -> bool:
    """Return whether a cell is sealed otherwise than with the first key, or with another by this release."""
    for column in SEALED_COLUMNS:
        cell, values = column.column, [database.cipher.header]
        which = f"substr({cell}, 1, 5) <> ?"
        if of_this_release:
            which, values = f"{which} AND substr({cell}, 1, 1) = ?", [*values, bytes([CELL_VERSION])]
        query = f"SELECT 1 FROM {column.table} WHERE {which} LIMIT 1"  # noqa: S608 - names of the schema
        if database.db.execute(query, values).fetchone() is not None:
            return True
    return False


def _tables() -> Iterator[tuple[str, list[SealedColumn]]]:
    for table, columns in itertools.groupby(SEALED_COLUMNS, key=lambda column: column.table):
        yield table, list(columns)


def _count_rows(database: EncryptedDatabase) -> int:
    tables = [table for table, _ in _tables()]
    return sum(database.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables)  # noqa: S608 - ours


def _open_any(cipher: TextCipher, place: CellPlace, sealed: bytes) -> str:
    return cipher.open_fernet(sealed) if is_fernet(sealed) else cipher.open(place, sealed)


def _reseal_table(
    database: EncryptedDatabase, table: str, columns: Sequence[SealedColumn], open_cell: _Open
) -> Iterator[int]:
    """Seal a table's cells anew, one transaction after another; yield how many rows each was about."""
    after: int | None = 0
    while after is not None:
        with database.transaction(_OWNER):
            after, rows = _reseal_rows(database, table, columns, open_cell, after, time.monotonic() + _HOLD_SECONDS)
        yield rows
        if after is not None:
            time.sleep(_PAUSE_SECONDS)


def _reseal_rows(
    database: EncryptedDatabase,
    table: str,
    columns: Sequence[SealedColumn],
    open_cell: _Open,
    after: int,
    until: float,
) -> tuple[int | None, int]:
    """Seal the cells of the rows behind ``after`` anew until the time is over.

    Return the last row that was looked at, None for the table's end, and how many rows were sealed.
    """
    cells = [column.column for column in columns]
    other = " OR ".join(f"substr({cell}, 1, 5) <> :header" for cell in cells)
    revision = "revision" if any(column.replaced for column in columns) else "NULL"
    read = (
        f"SELECT rowid, {columns[0].writer}, {revision}, {', '.join([*columns[0].key, *cells])} FROM {table}"  # noqa: S608 - ours
        f" WHERE rowid > :after AND ({other}) ORDER BY rowid LIMIT {_ROWS}{database.db.lock_free_rows}"
    )
    write = f"UPDATE {table} SET {', '.join(f'{cell} = ?' for cell in cells)} WHERE rowid = ?"  # noqa: S608 - ours
    header, sealed_rows = database.cipher.header, 0
    while True:
        rows = database.db.execute(read, {"header": header, "after": after}).fetchall()
        for number, writer, bound, *rest in rows:
            key, old = rest[: len(columns[0].key)], rest[len(columns[0].key) :]
            new = [
                _reseal_cell(database.cipher, column, writer, key, bound, cell, open_cell)
                for column, cell in zip(columns, old, strict=True)
            ]
            if new != old:
                database.db.execute(write, [*new, number])
                sealed_rows += 1
            after = number
        if len(rows) < _ROWS:
            return None, sealed_rows
        if time.monotonic() > until:
            return after, sealed_rows


def _reseal_cell(
    cipher: TextCipher,
    column: SealedColumn,
    writer: str | None,
    key: Sequence[Any],
    revision: int | None,
    sealed: bytes | None,
    open_cell: _Open,
) -> bytes | None:
    """Return a cell sealed with the first key, or as it is if it cannot be opened or is so sealed already."""
    if sealed is None or sealed.startswith(cipher.header):
        return sealed
    place = column.place(writer or "", *key, revision=revision if column.replaced else None)
    try:
        text = open_cell(cipher, place, sealed)
    except DamagedCell:
        return sealed
    return cipher.header if text is None else cipher.seal(place, text)
