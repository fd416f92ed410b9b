"""What stands before a writer in their DM, and what stood there before: each function inside the caller's transaction.

A turn is kept, and that an essay was deleted, for as long as a message from then may still be read.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlite_utils import Database

from bot.essay.essay import Answered


class DmContext(NamedTuple):
    """Where a message goes: an essay, None where there is none, and the number of the question that it answers."""

    essay: str | None
    question: int | None


def current_context(db: Database, writer: str) -> tuple[str, int | None] | None:
    """The essay and question last turned to, which may have ended; None where there is nothing, or it is deleted."""
    row = db.execute(
        "SELECT t.essay, t.question, e.id FROM turns t LEFT JOIN essays e ON e.id = t.essay"
        " WHERE t.writer = ? ORDER BY t.number DESC LIMIT 1",
        [writer],
    ).fetchone()
    return (row[0], row[1]) if row is not None and row[2] is not None else None


def set_context(db: Database, writer: str, essay: str, question: int | None, at: datetime) -> None:
    """Stores what stands before the writer from now on."""
    if current_context(db, writer) != (essay, question):
        values = [writer, at.isoformat(), essay, question]
        db.execute("INSERT INTO turns (writer, since, essay, question) VALUES (?, ?, ?, ?)", values)


def context_now(db: Database, writer: str) -> DmContext:
    """Where a message goes that is written now: to what stands there, else to the last changed essay."""
    if (stands := current_context(db, writer)) is None:
        return _last_changed_essay(db, writer, None)
    query = "SELECT number FROM questions WHERE essay = ? AND number = ? AND state = ?"
    asked = db.execute(query, [*stands, Answered.OPEN.value]).fetchone()
    return DmContext(stands[0], asked[0] if asked else None)


def context_at(db: Database, writer: str, written: datetime) -> DmContext | None:
    """Where a message goes that was written at that time and is read only now; None where that was deleted since.

    The question stood there then; it may have ended since. Where nothing stood there, it is one of an essay that there
    was, and where there was none, the message answers no question of what there is now.
    """
    at = written.isoformat()
    row = db.execute(
        "SELECT t.essay, t.question, e.id, g.deleted FROM turns t LEFT JOIN essays e ON e.id = t.essay"
        " LEFT JOIN gone g ON g.essay = t.essay WHERE t.writer = ? AND t.since <= ? ORDER BY t.number DESC LIMIT 1",
        [writer, at],
    ).fetchone()
    if row is not None:
        essay, question, lives, deleted = row
        if lives is not None:
            return DmContext(essay, question)
        if deleted is not None and deleted > at:
            return None
    if (found := _last_changed_essay(db, writer, at)).essay is not None:
        return found
    query = "SELECT 1 FROM gone WHERE writer = ? AND created <= ? AND deleted > ?"
    if db.execute(query, [writer, at, at]).fetchone():
        return None
    return DmContext(context_now(db, writer).essay, None)


def record_essay_deletion(db: Database, writer: str, essay: str, at: datetime) -> None:
    """An essay is about to be deleted. That is remembered where a message in a DM may be read later."""
    db.execute(
        "INSERT INTO gone (essay, writer, created, deleted) SELECT id, writer, created, ? FROM essays"
        " WHERE id = ? AND EXISTS (SELECT 1 FROM conversations WHERE writer = ?)",
        [at.isoformat(), essay, writer],
    )


def prune_before(db: Database, writer: str, until: datetime) -> None:
    """No message written before that time will be read any more: what was there only for them goes."""
    at = until.isoformat()
    db.execute("DELETE FROM gone WHERE writer = ? AND deleted <= ?", [writer, at])
    db.execute(
        "DELETE FROM turns WHERE writer = ?1"
        " AND number < (SELECT max(number) FROM turns WHERE writer = ?1 AND since <= ?2)",
        [writer, at],
    )


def delete_contexts(db: Database, writer: str) -> None:
    """Removes all of a writer's."""
    db.execute("DELETE FROM turns WHERE writer = ?", [writer])
    db.execute("DELETE FROM gone WHERE writer = ?", [writer])


def _last_changed_essay(db: Database, writer: str, by: str | None) -> DmContext:
    """The last changed essay, and its open question while it has no text; with ``by`` of those there were by then."""
    row = db.execute(
        "SELECT id, head FROM essays WHERE writer = ?1 AND (?2 IS NULL OR created <= ?2)"
        " ORDER BY changed DESC, rowid DESC LIMIT 1",
        [writer, by],
    ).fetchone()
    if row is None:
        return DmContext(None, None)
    query = "SELECT min(number) FROM questions WHERE essay = ?1 AND state = ?2 AND (?3 IS NULL OR created <= ?3)"
    asked = db.execute(query, [row[0], Answered.OPEN.value, by]).fetchone()[0] if row[1] is None else None
    return DmContext(row[0], asked)
