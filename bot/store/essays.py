"""Essays with their notes, questions and versions, sealed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.errors import DamagedText, NothingToDo, UnknownEssay, UnknownVersion
from bot.essay.essay import (
    DAMAGED_NOTE_TEXT,
    DAMAGED_QUESTION_TEXT,
    DAMAGED_REMARK_TEXT,
    DAMAGED_TITLE_TEXT,
    Essay,
    Note,
    Origin,
    Question,
    QuestionOrigin,
    QuestionState,
    SectionState,
    Version,
    VersionInfo,
)
from bot.essay.notes import NewNote, join_messages
from bot.services.dm_messages import DmMessage
from bot.store.database import EncryptedDatabase, parse_enum, parse_time
from bot.store.dm_messages import messages_of_notes
from bot.store.jobs import delete_jobs
from bot.store.sealed_columns import (
    ESSAY_TITLE,
    NOTE_QUESTION,
    NOTE_TEXT,
    QUESTION_TEXT,
    SUGGESTED_TITLE,
    VERSION_REMARK,
    VERSION_TEXT,
    new_revision,
)

_ESSAY = "SELECT id, writer, structure, title, head, exported, created, changed, revision FROM essays"
_NOTE = "SELECT number, text, question, section, left_out, revision FROM notes"
_QUESTION = "SELECT number, section, text, state, origin, version FROM questions"
_VERSION = "SELECT number, parent, origin, words, notes_through, created, complete, model, unwritten"


class SqlEssays:
    """The essays of one database. See EssayStore for what each method promises."""

    def __init__(self, database: EncryptedDatabase) -> None:
        self._database = database
        self._db = database.db
        self._seal = database.seal
        self._owned: set[tuple[str, str]] = set()  # writers and essays that this transaction has found to be theirs

    def add(self, essay: Essay) -> None:
        times = [essay.created_at.isoformat(), essay.changed_at.isoformat()]
        revision = new_revision()
        title = self._seal(ESSAY_TITLE.place(essay.writer, essay.id, revision=revision), essay.title)
        self._db.execute(
            "INSERT INTO essays (id, writer, structure, title, revision, created, changed) VALUES (?,?,?,?,?,?,?)",
            [essay.id, essay.writer, essay.structure, title, revision, *times],
        )

    def get(self, writer: str, essay: str) -> Essay:
        row = self._db.execute(f"{_ESSAY} WHERE id = ? AND writer = ?", [essay, writer]).fetchone()
        if row is None:
            raise UnknownEssay(essay)
        self._owned.add((writer, essay))
        return _read_essay(self._database, row)

    def of_writer(self, writer: str) -> tuple[Essay, ...]:
        rows = self._db.execute(f"{_ESSAY} WHERE writer = ? ORDER BY changed DESC, rowid DESC", [writer]).fetchall()
        return tuple(_read_essay(self._database, row) for row in rows)

    def rename(self, writer: str, essay: str, title: str, at: datetime) -> None:
        self.mark_changed(writer, essay, at)
        revision = new_revision()
        sealed = self._seal(ESSAY_TITLE.place(writer, essay, revision=revision), title)
        self._db.execute("UPDATE essays SET title = ?, revision = ? WHERE id = ?", [sealed, revision, essay])

    def set_structure(self, writer: str, essay: str, structure: str, at: datetime) -> None:
        self.mark_changed(writer, essay, at)
        self._db.execute("UPDATE essays SET structure = ? WHERE id = ?", [structure, essay])

    def has_content(self, writer: str, essay: str) -> bool:
        self._check_owner(writer, essay)
        found = self._db.execute(
            "SELECT 1 FROM notes WHERE essay = ?1 UNION ALL SELECT 1 FROM questions WHERE essay = ?1"
            " UNION ALL SELECT 1 FROM versions WHERE essay = ?1",
            [essay],
        )
        return found.fetchone() is not None

    def delete(self, writer: str, essay: str) -> None:
        self._check_owner(writer, essay)
        self._db.execute("DELETE FROM essays WHERE id = ?", [essay])
        self._owned.discard((writer, essay))
        delete_jobs(self._db, writer, essay)
        self._database.erase_after_commit()

    def mark_changed(self, writer: str, essay: str, at: datetime) -> None:
        values = [at.isoformat(), essay, writer]
        if not self._db.execute("UPDATE essays SET changed = ? WHERE id = ? AND writer = ?", values).rowcount:
            raise UnknownEssay(essay)

    def mark_exported(self, writer: str, essay: str, version: int, at: datetime) -> None:
        self.mark_changed(writer, essay, at)
        self._db.execute("UPDATE essays SET exported = ? WHERE id = ?", [version, essay])

    def add_note(self, writer: str, essay: str, passage: NewNote, at: datetime, *, question: str | None = None) -> Note:
        self.mark_changed(writer, essay, at)
        number = self._next_note_number(essay)
        revision = new_revision()
        asked = self._seal(NOTE_QUESTION.place(writer, essay, number), question) if question is not None else None
        text = self._seal(NOTE_TEXT.place(writer, essay, number, revision=revision), passage.text)
        self._db.execute(
            "INSERT INTO notes (essay, number, section, question, text, revision, left_out, created)"
            " VALUES (?,?,?,?,?,?,?,?)",
            [essay, number, passage.section, asked, text, revision, int(passage.is_excluded), at.isoformat()],
        )
        return Note(number, passage.text, question, passage.section, passage.is_excluded)

    def notes(self, writer: str, essay: str) -> tuple[Note, ...]:
        self._check_owner(writer, essay)
        rows = self._db.execute(f"{_NOTE} WHERE essay = ? ORDER BY number", [essay]).fetchall()
        messages = messages_of_notes(self._database, essay)
        return tuple(_read_note(self._database, writer, essay, row, messages.get(row[0], ())) for row in rows)

    def note(self, writer: str, essay: str, number: int) -> Note:
        self._check_owner(writer, essay)
        row = self._db.execute(f"{_NOTE} WHERE essay = ? AND number = ?", [essay, number]).fetchone()
        if row is None:
            raise NothingToDo.no_note(number)
        messages = messages_of_notes(self._database, essay, number)
        return _read_note(self._database, writer, essay, row, messages.get(number, ()))

    def update_note(self, writer: str, essay: str, note: Note, at: datetime) -> None:
        self.mark_changed(writer, essay, at)
        revision = new_revision()
        text = self._seal(NOTE_TEXT.place(writer, essay, note.number, revision=revision), note.text)
        query = "UPDATE notes SET text = ?, revision = ?, left_out = ? WHERE essay = ? AND number = ?"
        if not self._db.execute(query, [text, revision, int(note.is_excluded), essay, note.number]).rowcount:
            raise NothingToDo.no_note(note.number)

    def exclude_note(self, writer: str, essay: str, number: int, left_out: bool, at: datetime) -> None:
        self.mark_changed(writer, essay, at)
        query = "UPDATE notes SET left_out = ? WHERE essay = ? AND number = ?"
        if not self._db.execute(query, [int(left_out), essay, number]).rowcount:
            raise NothingToDo.no_note(number)

    def place_notes(self, writer: str, essay: str, places: Mapping[int, str | None], at: datetime) -> None:
        self.mark_changed(writer, essay, at)
        for note, section in places.items():
            self._db.execute("UPDATE notes SET section = ? WHERE essay = ? AND number = ?", [section, essay, note])

    def delete_note(self, writer: str, essay: str, number: int, at: datetime) -> None:
        self.mark_changed(writer, essay, at)
        if not self._db.execute("DELETE FROM notes WHERE essay = ? AND number = ?", [essay, number]).rowcount:
            raise NothingToDo.no_note(number)
        query = "UPDATE essays SET last_deleted_note = ? WHERE id = ? AND last_deleted_note < ?"
        self._db.execute(query, [number, essay, number])
        self._database.erase_after_commit()

    def add_question(
        self,
        writer: str,
        essay: str,
        section: str,
        text: str,
        at: datetime,
        *,
        origin: QuestionOrigin = QuestionOrigin.STRUCTURE,
        version: int | None = None,
    ) -> Question:
        self.mark_changed(writer, essay, at)
        question = Question(self._next_number("questions", essay), section, text, origin=origin, version=version)
        sealed = self._seal(QUESTION_TEXT.place(writer, essay, question.number), text)
        values = [essay, question.number, section, sealed, question.state.value, at.isoformat()]
        self._db.execute(
            "INSERT INTO questions (essay, number, section, text, state, created, origin, version)"
            " VALUES (?,?,?,?,?,?,?,?)",
            [*values, origin.value, version],
        )
        return question

    def questions(self, writer: str, essay: str) -> tuple[Question, ...]:
        self._check_owner(writer, essay)
        rows = self._db.execute(f"{_QUESTION} WHERE essay = ? ORDER BY number", [essay]).fetchall()
        return tuple(_read_question(self._database, writer, essay, row) for row in rows)

    def question(self, writer: str, essay: str, number: int) -> Question:
        self._check_owner(writer, essay)
        row = self._db.execute(f"{_QUESTION} WHERE essay = ? AND number = ?", [essay, number]).fetchone()
        if row is None:
            raise NothingToDo.no_question(number)
        return _read_question(self._database, writer, essay, row)

    def set_question_state(self, writer: str, essay: str, number: int, state: QuestionState, at: datetime) -> None:
        self.mark_changed(writer, essay, at)
        query = "UPDATE questions SET state = ? WHERE essay = ? AND number = ?"
        if not self._db.execute(query, [state.value, essay, number]).rowcount:
            raise NothingToDo.no_question(number)

    def section_states(self, writer: str, essay: str) -> Mapping[str, SectionState]:
        self._check_owner(writer, essay)
        query = "SELECT section, state FROM section_states WHERE essay = ?"
        rows = self._db.execute(query, [essay]).fetchall()
        return {section: parse_enum(SectionState, state, SectionState.THIN) for section, state in rows}

    def set_section_states(self, writer: str, essay: str, states: Mapping[str, SectionState], at: datetime) -> None:
        self.mark_changed(writer, essay, at)
        self._db.execute("DELETE FROM section_states WHERE essay = ?", [essay])
        for section, state in states.items():
            query = "INSERT INTO section_states (essay, section, state) VALUES (?,?,?)"
            self._db.execute(query, [essay, section, state.value])

    def suggested_titles(self, writer: str, essay: str) -> tuple[str, ...]:
        self._check_owner(writer, essay)
        query = "SELECT number, title, revision FROM suggested_titles WHERE essay = ? ORDER BY number"
        found: list[str] = []
        for number, sealed, revision in self._db.execute(query, [essay]).fetchall():
            place = SUGGESTED_TITLE.place(writer, essay, number, revision=revision)
            title = self._database.open_or_none(place, sealed, f"a suggested title of essay {essay}")
            found += [title] if title is not None else []
        return tuple(found)

    def set_suggested_titles(self, writer: str, essay: str, titles: Sequence[str], at: datetime) -> None:
        self.mark_changed(writer, essay, at)
        self._db.execute("DELETE FROM suggested_titles WHERE essay = ?", [essay])
        for number, title in enumerate(titles, 1):
            revision = new_revision()
            sealed = self._seal(SUGGESTED_TITLE.place(writer, essay, number, revision=revision), title)
            query = "INSERT INTO suggested_titles (essay, number, title, revision) VALUES (?,?,?,?)"
            self._db.execute(query, [essay, number, sealed, revision])

    def add_version(
        self,
        writer: str,
        essay: str,
        parent: int | None,
        origin: Origin,
        text: str,
        words: int,
        notes_through: int,
        at: datetime,
        *,
        complete: bool = True,
        model: str | None = None,
        unwritten: Sequence[str] = (),
        remark: str = "",
    ) -> Version:
        self.mark_changed(writer, essay, at)
        number = self._next_number("versions", essay)
        info = VersionInfo(number, parent, origin, words, notes_through, at, complete, model, tuple(unwritten))
        self._db.execute(
            "INSERT INTO versions"
            " (essay, number, parent, origin, text, words, notes_through, created, complete, model, unwritten, remark)"
            " VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
            [
                essay,
                number,
                parent,
                origin.value,
                self._seal(VERSION_TEXT.place(writer, essay, number), text),
                words,
                notes_through,
                at.isoformat(),
                int(complete),
                model,
                json.dumps(list(unwritten)),
                self._seal(VERSION_REMARK.place(writer, essay, number), remark) if remark else None,
            ],
        )
        return Version(info, text, remark)

    def version(self, writer: str, essay: str, number: int) -> Version:
        self._check_owner(writer, essay)
        row = self._db.execute(
            f"{_VERSION}, text, remark FROM versions WHERE essay = ? AND number = ?", [essay, number]
        )
        if (found := row.fetchone()) is None:
            raise UnknownVersion(number)
        *_, sealed_text, sealed_remark = found
        what = f"version {number} of essay {essay}"
        text = self._database.open_or_none(VERSION_TEXT.place(writer, essay, number), sealed_text, what)
        if text is None:
            raise DamagedText.version(number)
        remark: str | None = ""
        if sealed_remark is not None:
            place = VERSION_REMARK.place(writer, essay, number)
            remark = self._database.open_or_none(place, sealed_remark, f"the remark on {what}")
        return Version(_read_version_info(found), text, DAMAGED_REMARK_TEXT if remark is None else remark)

    def versions(self, writer: str, essay: str) -> tuple[VersionInfo, ...]:
        self._check_owner(writer, essay)
        rows = self._db.execute(f"{_VERSION} FROM versions WHERE essay = ? ORDER BY number", [essay]).fetchall()
        return tuple(_read_version_info(row) for row in rows)

    def set_head(self, writer: str, essay: str, number: int | None, at: datetime) -> None:
        self.mark_changed(writer, essay, at)
        query = "SELECT 1 FROM versions WHERE essay = ? AND number = ?"
        if number is not None and not self._db.execute(query, [essay, number]).fetchone():
            raise UnknownVersion(number)
        self._db.execute("UPDATE essays SET head = ? WHERE id = ?", [number, essay])

    def mark_complete(self, writer: str, essay: str, number: int, at: datetime) -> None:
        self.mark_changed(writer, essay, at)
        query = "UPDATE versions SET complete = 1 WHERE essay = ? AND number = ?"
        if not self._db.execute(query, [essay, number]).rowcount:
            raise UnknownVersion(number)

    def _check_owner(self, writer: str, essay: str) -> None:
        if (writer, essay) in self._owned:
            return
        if not self._db.execute("SELECT 1 FROM essays WHERE id = ? AND writer = ?", [essay, writer]).fetchone():
            raise UnknownEssay(essay)
        self._owned.add((writer, essay))

    def _next_number(self, table: str, essay: str) -> int:
        """Return the number after the last one in an essay's notes, questions or versions."""
        query = f"SELECT coalesce(max(number), 0) + 1 FROM {table} WHERE essay = ?"  # noqa: S608 - table is one of ours
        return int(self._db.execute(query, [essay]).fetchone()[0])

    def _next_note_number(self, essay: str) -> int:
        """Return a number that no note of the essay has had, not even a deleted one."""
        query = "SELECT last_deleted_note FROM essays WHERE id = ?"
        deleted: int = self._db.execute(query, [essay]).fetchone()[0]
        return max(self._next_number("notes", essay), deleted + 1)


def _read_essay(database: EncryptedDatabase, row: Sequence[Any]) -> Essay:
    key, writer, structure, title, head, exported, created, changed, revision = row
    times = parse_time(created), parse_time(changed)
    place = ESSAY_TITLE.place(writer, key, revision=revision)
    shown = database.open_or_none(place, title, f"the title of essay {key}")
    return Essay(key, writer, structure, DAMAGED_TITLE_TEXT if shown is None else shown, head, exported, *times)


def _read_note(
    database: EncryptedDatabase, writer: str, essay: str, row: Sequence[Any], messages: Sequence[DmMessage]
) -> Note:
    """Return a note from its row; ``messages`` are those of a note that is a view over them.

    If one of them is damaged, it may have marked the others as private, so the whole note is left out.
    """
    number, text, question, section, left_out, revision = row
    what = f"note {number} of essay {essay}"
    asked = None
    if question is not None:
        asked = database.open_or_none(NOTE_QUESTION.place(writer, essay, number), question, f"the question of {what}")
    if text is None:
        words: str | None = join_messages([message.text for message in messages])
        left_out = left_out or any(message.damaged for message in messages)
    else:
        words = database.open_or_none(NOTE_TEXT.place(writer, essay, number, revision=revision), text, what)
    if words is None:
        return Note(number, DAMAGED_NOTE_TEXT, asked, section, is_excluded=True, is_damaged=True)
    return Note(number, words, asked, section, bool(left_out))


def _read_question(database: EncryptedDatabase, writer: str, essay: str, row: Sequence[Any]) -> Question:
    number, section, text, state, origin, version = row
    words = database.open_or_none(QUESTION_TEXT.place(writer, essay, number), text, f"question {number} of an essay")
    return Question(
        number,
        section,
        DAMAGED_QUESTION_TEXT if words is None else words,
        parse_enum(QuestionState, state, QuestionState.OPEN),
        parse_enum(QuestionOrigin, origin, QuestionOrigin.STRUCTURE),
        version,
    )


def _read_version_info(row: Sequence[Any]) -> VersionInfo:
    number, parent, origin, words, notes_through, created, complete, model, unwritten = row[:9]
    how = parse_enum(Origin, origin, Origin.REVISED)  # a damaged origin counts as a model's, which claims least
    keys = tuple(json.loads(unwritten or "[]"))
    return VersionInfo(number, parent, how, words, notes_through, parse_time(created), bool(complete), model, keys)
