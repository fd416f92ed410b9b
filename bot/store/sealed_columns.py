"""Every column whose cells are sealed to their place: whose its rows are, what names a row, whether cells are replaced.

The names of tables and columns here are part of each sealed cell. A migration that renames one seals its cells anew.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.store.encryption import CellPlace


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A sealed column. ``writer`` is the SQL expression for the writer whose row it is.

    A column whose cells can be ``replaced``, or whose rows' keys can be given again, is bound to the row's revision.
    """

    table: str
    column: str
    key: tuple[str, ...]
    writer: str = "writer"
    replaced: bool = False

    def place(self, writer: str, *key: str | int, revision: int | None = None) -> CellPlace:
        """Return the place of one cell. A column that can be replaced needs the row's revision, another has none."""
        if len(key) != len(self.key) or (revision is not None) != self.replaced:
            raise TypeError(f"not a place in {self.table}.{self.column}")
        return CellPlace(self.table, self.column, writer, key, revision or 0)


def new_revision() -> int:
    """Draw a revision, for a row that is new or one of whose cells is replaced. It equals none before it."""
    return secrets.randbits(63)


_OF_ESSAY = "(SELECT writer FROM essays WHERE essays.id = essay)"
_OF_JOB = "(SELECT writer FROM jobs WHERE jobs.id = job)"
_IN_ESSAY = ("essay", "number")

ESSAY_TITLE = SealedColumn("essays", "title", ("id",), replaced=True)
NOTE_TEXT = SealedColumn("notes", "text", _IN_ESSAY, _OF_ESSAY, replaced=True)
NOTE_QUESTION = SealedColumn("notes", "question", _IN_ESSAY, _OF_ESSAY)
QUESTION_TEXT = SealedColumn("questions", "text", _IN_ESSAY, _OF_ESSAY)
VERSION_TEXT = SealedColumn("versions", "text", _IN_ESSAY, _OF_ESSAY)
VERSION_REMARK = SealedColumn("versions", "remark", _IN_ESSAY, _OF_ESSAY)
SUPPORT_BODY = SealedColumn("support", "body", ("essay", "version"), _OF_ESSAY, replaced=True)
SUGGESTED_TITLE = SealedColumn("suggested_titles", "title", _IN_ESSAY, _OF_ESSAY, replaced=True)
VOICE_TEXT = SealedColumn("voice_samples", "text", ("writer", "number"), replaced=True)
CRITIQUE_TITLE = SealedColumn("critiques", "title", ("id",))
CRITIQUE_TEXT = SealedColumn("critiques", "text", ("id",))
CRITIQUE_OPINION = SealedColumn("critiques", "opinion", ("id",), replaced=True)
JOB_ARGUMENT = SealedColumn("jobs", "argument", ("id",))
JOB_ERROR = SealedColumn("jobs", "error", ("id",), replaced=True)
JOB_PIECE = SealedColumn("job_texts", "text", ("job", "id"), _OF_JOB, replaced=True)
JOB_PANEL_ADDRESS = SealedColumn("job_panels", "address", ("job", "message"), _OF_JOB, replaced=True)
DM_MESSAGE_ID = SealedColumn("dm_messages", "id", ("message", "part"))
DM_MESSAGE_TEXT = SealedColumn("dm_messages", "text", ("message", "part"), replaced=True)
DM_CHANNEL = SealedColumn("dm_channels", "channel", ("writer",), replaced=True)
DM_LAST_READ = SealedColumn("dm_channels", "last_read", ("writer",), replaced=True)
SHARE_PLACE = SealedColumn("shares", "place", _IN_ESSAY, _OF_ESSAY, replaced=True)
FEEDBACK_TEXT = SealedColumn("feedback", "text", _IN_ESSAY, _OF_ESSAY, replaced=True)
FEEDBACK_MESSAGE = SealedColumn("feedback", "message", _IN_ESSAY, _OF_ESSAY, replaced=True)
SERVER_RULES = SealedColumn("server_rules", "rules", ("server",), "''", replaced=True)
SECRET = SealedColumn("secrets", "value", ("name",), "''")

SEALED_COLUMNS = (
    ESSAY_TITLE,
    NOTE_TEXT,
    NOTE_QUESTION,
    QUESTION_TEXT,
    VERSION_TEXT,
    VERSION_REMARK,
    SUPPORT_BODY,
    SUGGESTED_TITLE,
    VOICE_TEXT,
    CRITIQUE_TITLE,
    CRITIQUE_TEXT,
    CRITIQUE_OPINION,
    JOB_ARGUMENT,
    JOB_ERROR,
    JOB_PIECE,
    JOB_PANEL_ADDRESS,
    DM_MESSAGE_ID,
    DM_MESSAGE_TEXT,
    DM_CHANNEL,
    DM_LAST_READ,
    SHARE_PLACE,
    FEEDBACK_TEXT,
    FEEDBACK_MESSAGE,
    SERVER_RULES,
    SECRET,  # the last: while the secret is not sealed to its place, others may not be
)

_BY_NAME = {(column.table, column.column): column for column in SEALED_COLUMNS}


def place_in_row(table: str, column: str, writer: str, row: Mapping[str, Any]) -> CellPlace:
    """Return the place of a cell in a writer's row, which is given by the names of its columns."""
    found = _BY_NAME[table, column]
    key = (row[name] for name in found.key)
    return found.place(writer, *key, revision=row["revision"] if found.replaced else None)
