"""A writer's rows in every table with sealed cells, and the cells as they open."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from bot.essay.critique import Critique
from bot.essay.essay import Essay, Note, Origin
from bot.essay.notes import NewNote
from bot.essay.support import Check
from bot.services.critiques import StoredCritique
from bot.services.dm_messages import DmChannel
from bot.services.jobs.job import JobKind, JobOutcome, JobState
from bot.services.server_rules import ServerRules
from bot.services.sharing import Feedback, FeedbackKind, Share, ShareState
from bot.services.store_ports import Transaction
from bot.store.database import EncryptedDatabase
from bot.store.sealed_columns import SEALED_COLUMNS, SealedColumn

Cell = tuple[str | int, ...]
"""A cell: its table, its column, and its row's key."""
FIRST_MESSAGE = 1_400_000_000_000_000_000


def essay_ids(writer: str) -> tuple[str, str]:
    return f"{writer}-1", f"{writer}-2"


def message_id(writer: str, number: int) -> int:
    return FIRST_MESSAGE + sum(writer.encode()) * 1000 + number


def fill(tx: Transaction, writer: str, at: datetime) -> None:
    """Leave two rows of the writer's in every table with sealed cells, but one where a writer has only one."""
    tx.messages.add_channel(DmChannel(writer, message_id(writer, 0), message_id(writer, 0)))
    for number, essay in enumerate(essay_ids(writer), 1):
        words = f"of {writer}, {number}"
        tx.essays.add(Essay(essay, writer, "layoff", f"Title {words}", None, None, at, at))
        tx.essays.add_note(writer, essay, NewNote(f"Note {words}"), at, question=f"Asked {words}")
        tx.essays.add_question(writer, essay, "missed", f"Question {words}", at)
        tx.essays.add_version(writer, essay, None, Origin.DRAFTED, f"Text {words}", 1, 1, at, remark=f"Said {words}")
        tx.essays.set_suggested_titles(writer, essay, [f"Suggested {words}"], at)
        tx.support.save(writer, essay, Check(1, (), (), problem=f"Check {words}"), at)
        tx.voice.add(writer, f"Voice {words}", at)
        tx.servers.set_rules(f"server-{essay}", ServerRules(day_budget=Decimal(number)), at)
        critique = f"critique-{essay}"
        pasted = StoredCritique(critique, writer, None, None, None, f"T {words}", f"C {words}", True, None, {}, at)
        tx.critiques.add(pasted)
        tx.critiques.save_critique(writer, critique, opinion(words))
        job = tx.jobs.add(writer, essay, JobKind.DRAFT, None, f"Argument {words}", at, running=True)
        tx.jobs.append_text({job.id: f"Piece {words}"})
        tx.job_panels.save(job.id, message_id(writer, number), f"Address {words}")
        tx.jobs.end(job.id, JobOutcome(JobState.FAILED, error=f"Error {words}"), at)
        tx.messages.add(writer, message_id(writer, number), essay, 1, f"Message {words}")
        tx.sharing.add(writer, essay, Share(1, 1, ShareState.OPEN, 1, number, f"Heading {words}", at))
        tx.sharing.add_feedback(writer, essay, _said(f"Feedback {words}", message_id(writer, number + 4), at))


def replace_all(tx: Transaction, writer: str, at: datetime) -> None:
    """Replace what a writer, a model or the program can replace, all of the first essay's."""
    essay, other = essay_ids(writer)[0], message_id(writer, 1)
    tx.essays.rename(writer, essay, "Another title", at)
    tx.essays.update_note(writer, essay, Note(1, "Another note"), at)
    tx.essays.set_suggested_titles(writer, essay, ["Another suggestion"], at)
    tx.support.save(writer, essay, Check(1, (), (), problem="Another check"), at)
    for number in (1, 2):
        tx.voice.delete(writer, number)
    for number in (1, 2):
        tx.voice.add(writer, f"Another voice {number}", at)
    tx.critiques.save_critique(writer, f"critique-{essay}", opinion("another"))
    job = tx.jobs.latest(writer, essay)
    assert job is not None
    tx.job_panels.save(job.id, other, "Another address")
    tx.jobs.end(job.id, JobOutcome(JobState.FAILED, error="Another error"), at)
    tx.messages.set_text(writer, other, "Another message")
    tx.servers.set_rules(f"server-{essay}", ServerRules(day_budget=Decimal(100)), at)
    tx.messages.set_last_read(writer, message_id(writer, 9))
    tx.sharing.change(writer, essay, Share(1, 1, ShareState.CLOSED, 1, 7, "Another heading", at))
    tx.sharing.change_feedback(writer, essay, _said("Other feedback", message_id(writer, 8), at))


def _said(text: str, message: int, at: datetime) -> Feedback:
    return Feedback(1, 1, FeedbackKind.READER, text, message, at)


def opinion(words: str) -> Critique:
    return Critique(
        fix_first=f"Opinion {words}", findings=(), strengths=(), coverage=(), dropped=0, held_back=0, model="a-model"
    )


def sealed_cells(database: EncryptedDatabase) -> Mapping[Cell, bytes]:
    return {
        (column.table, column.column, *key): sealed
        for column in SEALED_COLUMNS
        for _, _, sealed, *key in _rows(database, column)
    }


def opened_cells(database: EncryptedDatabase) -> Mapping[Cell, str | None]:
    """Return every cell as it opens where it stands; None for one that does not."""
    found: dict[Cell, str | None] = {}
    for column in SEALED_COLUMNS:
        for writer, revision, sealed, *key in _rows(database, column):
            place = column.place(writer, *key, revision=revision if column.replaced else None)
            found[column.table, column.column, *key] = database.open_or_none(place, sealed, "a cell")
    return found


def put(database: EncryptedDatabase, cell: Cell, sealed: bytes) -> None:
    table, name, *key = cell
    column = next(column for column in SEALED_COLUMNS if (column.table, column.column) == (table, name))
    row = " AND ".join(f"{part} = ?" for part in column.key)
    assert database.db.execute(f"UPDATE {table} SET {name} = ? WHERE {row}", [sealed, *key]).rowcount == 1


def _rows(database: EncryptedDatabase, column: SealedColumn) -> list[tuple[Any, ...]]:
    revision = "revision" if column.replaced else "NULL"
    query = f"SELECT {column.writer}, {revision}, {column.column}, {', '.join(column.key)} FROM {column.table}"
    return list(database.db.execute(f"{query} WHERE {column.column} IS NOT NULL").fetchall())
