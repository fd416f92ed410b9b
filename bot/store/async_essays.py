"""The old asynchronous way to the essays, until every caller hands its step to ``Store.read`` or ``Store.write``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from sqlite_utils import Database

from bot.errors import DamagedText, NothingToDo, UnknownEssay, UnknownVersion
from bot.essay.essay import Essay, Note, Origin, Question, QuestionState, Version, VersionInfo
from bot.essay.export import count_body_words
from bot.essay.limits import StorageIncrease, stored_bytes
from bot.essay.notes import NewNote
from bot.services.offload import parse_in_worker
from bot.store.database import DatabaseThread, EncryptedDatabase
from bot.store.dm_messages import SqliteDmMessages
from bot.store.essays import (
    _ESSAY,
    _VERSION,
    SqliteEssays,
    _read_essay,
    _read_version_info,
    _set_question_state,
    _truncate_wal,
    check_owner,
    insert_essay,
    insert_note,
    next_note_number,
    next_number,
    read_question,
)
from bot.store.jobs import delete_jobs

T = TypeVar("T")


_INLINE_MAX_CHARACTERS = 10_000  # characters, in a millisecond
_HOLDS = """
    SELECT EXISTS (SELECT 1 FROM notes WHERE essay = :essay) OR EXISTS (SELECT 1 FROM questions WHERE essay = :essay)
        OR EXISTS (SELECT 1 FROM versions WHERE essay = :essay)
        OR EXISTS (SELECT 1 FROM dm_messages WHERE essay = :essay)
"""
_MODEL_ORIGINS = (Origin.DRAFTED, Origin.REVISED)


class AsyncEssays:
    """Essays, a call a transaction."""

    thread: DatabaseThread

    async def add_essay(self, essay: Essay) -> None:
        def work(database: EncryptedDatabase) -> None:
            with database.transaction() as db:
                adding = StorageIncrease(stored_bytes(essay.title), essays=1)
                database.quota.check_and_record(db, essay.writer, None, adding, essay.created_at)
                insert_essay(database, db, essay)

        await self.thread.run(work)

    async def essay(self, writer: str, essay: str) -> Essay:
        def work(database: EncryptedDatabase) -> Essay:
            row = database.db.execute(f"{_ESSAY} WHERE id = ? AND writer = ?", [essay, writer]).fetchone()
            if row is None:
                raise UnknownEssay(essay)
            return _read_essay(database, row)

        return await self.thread.run(work)

    async def essays(self, writer: str) -> tuple[Essay, ...]:
        def work(database: EncryptedDatabase) -> tuple[Essay, ...]:
            rows = database.db.execute(f"{_ESSAY} WHERE writer = ? ORDER BY changed DESC, rowid DESC", [writer])
            return tuple(_read_essay(database, row) for row in rows.fetchall())

        return await self.thread.run(work)

    async def rename_essay(self, writer: str, essay: str, title: str, at: datetime) -> None:
        def work(database: EncryptedDatabase, db: Database) -> None:
            database.quota.check_and_record(db, writer, essay, StorageIncrease(stored_bytes(title)), at)
            db.execute("UPDATE essays SET title = ? WHERE id = ?", [database.cipher.encrypt(title), essay])

        await self._change_essay(writer, essay, at, work)

    async def change_structure(self, writer: str, essay: str, structure: str, title: str, at: datetime) -> None:
        def work(database: EncryptedDatabase, db: Database) -> None:
            holds = db.execute(
                "SELECT 1 FROM notes WHERE essay = ?1 UNION ALL SELECT 1 FROM questions WHERE essay = ?1"
                " UNION ALL SELECT 1 FROM versions WHERE essay = ?1",
                [essay],
            )
            if holds.fetchone():
                raise NothingToDo.structure_fixed()
            sealed = database.cipher.encrypt(title)
            db.execute("UPDATE essays SET structure = ?, title = ? WHERE id = ?", [structure, sealed, essay])

        await self._change_essay(writer, essay, at, work)

    async def delete_essay(self, writer: str, essay: str, at: datetime, *, if_empty: bool = False) -> None:
        def work(database: EncryptedDatabase) -> None:
            with database.transaction() as db:
                check_owner(db, writer, essay)
                if if_empty and db.execute(_HOLDS, {"essay": essay}).fetchone()[0]:
                    return
                SqliteDmMessages(database).record_essay_deletion(writer, essay, at)
                db.execute("DELETE FROM essays WHERE id = ?", [essay])
                delete_jobs(db, writer, essay)
            _truncate_wal(database)

        await self.thread.run(work)

    async def add_notes(
        self, writer: str, essay: str, passages: Sequence[NewNote], at: datetime, *, title: str | None = None
    ) -> tuple[Note, ...]:
        def work(database: EncryptedDatabase, db: Database) -> tuple[Note, ...]:
            size = stored_bytes(*(passage.text for passage in passages))
            database.quota.check_and_record(
                db, writer, essay, StorageIncrease(size, notes=len(passages), note_bytes=size), at
            )
            first = next_note_number(db, essay)
            notes = [
                Note(first + index, passage.text, None, passage.section, passage.is_excluded)
                for index, passage in enumerate(passages)
            ]
            for note in notes:
                insert_note(database, db, essay, note, at)
            if title is not None:
                db.execute("UPDATE essays SET title = ? WHERE id = ?", [database.cipher.encrypt(title), essay])
            return tuple(notes)

        return await _with_privacy_parsed(await self._change_essay(writer, essay, at, work))

    async def notes(self, writer: str, essay: str) -> tuple[Note, ...]:
        return await _with_privacy_parsed(
            await self.thread.run(lambda database: SqliteEssays(database).notes(writer, essay))
        )

    async def set_note_excluded(self, writer: str, essay: str, note: int, left_out: bool, at: datetime) -> None:
        def work(database: EncryptedDatabase, db: Database) -> None:
            row = db.execute("SELECT text FROM notes WHERE essay = ? AND number = ?", [essay, note]).fetchone()
            if (
                row is not None
                and not left_out
                and database.decrypt_or_none(row[0], f"note {note} of essay {essay}") is None
            ):
                raise DamagedText.note(note)
            found = db.execute(
                "UPDATE notes SET left_out = ? WHERE essay = ? AND number = ?", [int(left_out), essay, note]
            )
            if not found.rowcount:
                raise NothingToDo.no_note(note)

        await self._change_essay(writer, essay, at, work)

    async def edit_note(self, writer: str, essay: str, before: Note, passage: NewNote, at: datetime) -> Note:
        def work(database: EncryptedDatabase, db: Database) -> Note:
            query = "SELECT text FROM notes WHERE essay = ? AND number = ?"
            row = db.execute(query, [essay, before.number]).fetchone()
            size = stored_bytes(passage.text)
            grown = max(0, size - stored_bytes(before.text))
            database.quota.check_and_record(db, writer, essay, StorageIncrease(size, note_bytes=grown), at)
            stands = (
                database.decrypt_or_none(row[0], f"note {before.number} of essay {essay}") if row is not None else None
            )
            mends = row is not None and stands is None and before.is_damaged
            if not mends and stands != before.text:
                note = Note(
                    next_note_number(db, essay), passage.text, before.question, before.section, passage.is_excluded
                )
                insert_note(database, db, essay, note, at)
                return note
            values = [database.cipher.encrypt(passage.text), int(passage.is_excluded), essay, before.number]
            db.execute("UPDATE notes SET text = ?, left_out = ? WHERE essay = ? AND number = ?", values)
            return replace(before, text=passage.text, is_excluded=passage.is_excluded, is_damaged=False)

        made = await self._change_essay(writer, essay, at, work)
        return (await _with_privacy_parsed((made,)))[0]

    async def delete_note(self, writer: str, essay: str, note: int, at: datetime) -> None:
        def work(_: EncryptedDatabase, db: Database) -> None:
            if not db.execute("DELETE FROM notes WHERE essay = ? AND number = ?", [essay, note]).rowcount:
                raise NothingToDo.no_note(note)
            db.execute("DELETE FROM dm_messages WHERE essay = ? AND abs(note) = ? AND part = 0", [essay, note])
            query = "UPDATE essays SET last_deleted_note = max(last_deleted_note, ?) WHERE id = ?"
            db.execute(query, [note, essay])

        await self._change_essay(writer, essay, at, work)
        await self.thread.run(_truncate_wal)

    async def add_question(self, writer: str, essay: str, section: str, text: str, at: datetime) -> Question:
        def work(database: EncryptedDatabase, db: Database) -> Question:
            query = "SELECT number, section, text, state FROM questions WHERE essay = ? AND state = ? ORDER BY number"
            if (row := db.execute(query, [essay, QuestionState.OPEN.value]).fetchone()) is not None:
                return read_question(database, row)
            question = Question(next_number(db, "questions", essay), section, text)
            db.execute(
                "INSERT INTO questions (essay, number, section, text, state, created) VALUES (?,?,?,?,?,?)",
                [essay, question.number, section, database.cipher.encrypt(text), question.state.value, at.isoformat()],
            )
            return question

        return await self._change_essay(writer, essay, at, work)

    async def questions(self, writer: str, essay: str) -> tuple[Question, ...]:
        def work(database: EncryptedDatabase) -> tuple[Question, ...]:
            check_owner(database.db, writer, essay)
            rows = database.db.execute(
                "SELECT number, section, text, state FROM questions WHERE essay = ? ORDER BY number", [essay]
            ).fetchall()
            return tuple(read_question(database, row) for row in rows)

        return await self.thread.run(work)

    async def answer_question(self, writer: str, essay: str, question: int, passage: NewNote, at: datetime) -> Note:
        def work(database: EncryptedDatabase, db: Database) -> Note:
            row = db.execute(
                "SELECT number, section, text, state FROM questions WHERE essay = ? AND number = ?", [essay, question]
            ).fetchone()
            if row is None:
                raise NothingToDo.no_question(question)
            asked = read_question(database, row)
            size = stored_bytes(passage.text)
            database.quota.check_and_record(db, writer, essay, StorageIncrease(size, notes=1, note_bytes=size), at)
            note = Note(next_note_number(db, essay), passage.text, asked.text, asked.section, passage.is_excluded)
            insert_note(database, db, essay, note, at)
            _set_question_state(db, essay, question, QuestionState.ANSWERED)
            return note

        made = await self._change_essay(writer, essay, at, work)
        return (await _with_privacy_parsed((made,)))[0]

    async def skip_question(self, writer: str, essay: str, question: int, at: datetime) -> None:
        await self._change_essay(
            writer, essay, at, lambda _, db: _set_question_state(db, essay, question, QuestionState.SKIPPED)
        )

    async def close_question(self, writer: str, essay: str, question: int, at: datetime) -> None:
        await self._change_essay(
            writer, essay, at, lambda _, db: _set_question_state(db, essay, question, QuestionState.ANSWERED)
        )

    async def reopen_question(self, writer: str, essay: str, question: int, at: datetime) -> None:
        await self._change_essay(
            writer, essay, at, lambda _, db: _set_question_state(db, essay, question, QuestionState.OPEN)
        )

    async def add_version(
        self,
        writer: str,
        essay: str,
        parent: int | None,
        origin: Origin,
        text: str,
        notes_through: int,
        at: datetime,
        *,
        complete: bool = True,
        model: str | None = None,
    ) -> Version:
        words = await parse_in_worker(writer, len(text), count_body_words, text)

        def work(database: EncryptedDatabase, db: Database) -> Version:
            if origin not in _MODEL_ORIGINS:  # what a model writes is bounded by what it may cost
                database.quota.check_and_record(db, writer, essay, StorageIncrease(stored_bytes(text), versions=1), at)
            number = next_number(db, "versions", essay)
            info = VersionInfo(number, parent, origin, words, notes_through, at, complete, model)
            db.execute(
                "INSERT INTO versions"
                " (essay, number, parent, origin, text, words, notes_through, created, complete, model)"
                " VALUES (?,?,?,?,?,?,?,?,?,?)",
                [
                    essay,
                    info.number,
                    parent,
                    origin.value,
                    database.cipher.encrypt(text),
                    words,
                    notes_through,
                    at.isoformat(),
                    int(complete),
                    model,
                ],
            )
            db.execute("UPDATE essays SET head = ? WHERE id = ? AND head IS ?", [info.number, essay, parent])
            return Version(info, text)

        return await self._change_essay(writer, essay, at, work)

    async def version(self, writer: str, essay: str, number: int) -> Version:
        def work(database: EncryptedDatabase) -> Version:
            check_owner(database.db, writer, essay)
            row = database.db.execute(
                f"{_VERSION}, text FROM versions WHERE essay = ? AND number = ?", [essay, number]
            ).fetchone()
            if row is None:
                raise UnknownVersion(number)
            if (text := database.decrypt_or_none(row[-1], f"version {number} of essay {essay}")) is None:
                raise DamagedText.version(number)
            return Version(_read_version_info(row), text)

        return await self.thread.run(work)

    async def versions(self, writer: str, essay: str) -> tuple[VersionInfo, ...]:
        def work(database: EncryptedDatabase) -> tuple[VersionInfo, ...]:
            check_owner(database.db, writer, essay)
            rows = database.db.execute(f"{_VERSION} FROM versions WHERE essay = ? ORDER BY number", [essay])
            return tuple(_read_version_info(row) for row in rows.fetchall())

        return await self.thread.run(work)

    async def move_head(self, writer: str, essay: str, number: int | None, at: datetime) -> None:
        def work(_: EncryptedDatabase, db: Database) -> None:
            query = "SELECT 1 FROM versions WHERE essay = ? AND number = ?"
            if number is not None and not db.execute(query, [essay, number]).fetchone():
                raise UnknownVersion(number)
            db.execute("UPDATE essays SET head = ? WHERE id = ?", [number, essay])

        await self._change_essay(writer, essay, at, work)

    async def mark_complete(self, writer: str, essay: str, number: int, at: datetime) -> None:
        def work(_: EncryptedDatabase, db: Database) -> None:
            query = "UPDATE versions SET complete = 1 WHERE essay = ? AND number = ?"
            if not db.execute(query, [essay, number]).rowcount:
                raise UnknownVersion(number)

        await self._change_essay(writer, essay, at, work)

    async def place_notes(self, writer: str, essay: str, places: Mapping[int, str | None], at: datetime) -> None:
        def work(_: EncryptedDatabase, db: Database) -> None:
            for note, section in places.items():
                db.execute("UPDATE notes SET section = ? WHERE essay = ? AND number = ?", [section, essay, note])

        await self._change_essay(writer, essay, at, work)

    async def mark_exported(self, writer: str, essay: str, number: int, at: datetime) -> None:
        def work(_: EncryptedDatabase, db: Database) -> None:
            db.execute("UPDATE essays SET exported = ? WHERE id = ?", [number, essay])

        await self._change_essay(writer, essay, at, work)

    async def _change_essay(
        self, writer: str, essay: str, at: datetime, work: Callable[[EncryptedDatabase, Database], T]
    ) -> T:
        """Runs the work in a transaction, on an essay of this writer, and marks the essay as changed."""

        def changing(database: EncryptedDatabase) -> T:
            with database.transaction() as db:
                check_owner(db, writer, essay)
                result = work(database, db)
                db.execute("UPDATE essays SET changed = ? WHERE id = ?", [at.isoformat(), essay])
                return result

        return await self.thread.run(changing)


async def _with_privacy_parsed(notes: tuple[Note, ...]) -> tuple[Note, ...]:
    """The notes. What is private in long ones is found in a thread and remembered: the event loop need not do it."""
    if sum(len(note.text) for note in notes) > _INLINE_MAX_CHARACTERS:
        await asyncio.to_thread(lambda: [note.public_text for note in notes])
    return notes
