"""Messages as they are stored, and the notes that are made of them: each function inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from bot.errors import DamagedText
from bot.essay.essay import Answered, Note
from bot.essay.notes import Passage, answered
from bot.essay.text.gaps import gap
from bot.essay.text.marks import is_mark_alone, says_something
from bot.store.database import SealedDatabase
from bot.store.essays import insert_note, next_note, question_of
from bot.workflow.conversation import joined

_DAMAGED = gap("a message that was damaged and cannot be read")  # its writer sees that something is missing
_LAST = 2**63  # where a message stands among the others whose id is damaged


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored piece. ``id`` is the message's, which is what puts pieces in order.

    The ``note`` of a piece is kept below zero once the writer has edited that note: then it follows messages no more.
    """

    key: str
    id: int
    question: int | None
    note: int | None
    text: str
    damaged: bool = False


def stored(database: SealedDatabase, db: Database, essay: str, note: int | None) -> list[Stored]:
    """The messages that are a note, in order; with None, those that wait. Of a damaged one the text is a gap."""
    rows: Sequence[Sequence[Any]] = db.execute(
        "SELECT message, id, question, note, text FROM pieces WHERE essay = ? AND note IS ? AND part = 0", [essay, note]
    ).fetchall()
    what = f"a message of essay {essay}"
    found = []
    for key, sealed, asked, made, words in rows:
        number, text = database.opened_number(sealed, what), database.opened(words, what)
        at = _LAST if number is None else number
        found.append(Stored(key, at, asked, made, _DAMAGED if text is None else text, text is None))
    return sorted(found, key=lambda piece: piece.id)


def holds(db: Database, essay: str) -> bool:
    """Whether an essay holds a note, a question or a version, so that its structure is settled."""
    return bool(
        db.execute(
            "SELECT 1 FROM notes WHERE essay = ?1 UNION ALL SELECT 1 FROM questions WHERE essay = ?1"
            " UNION ALL SELECT 1 FROM versions WHERE essay = ?1",
            [essay],
        ).fetchone()
    )


def touch(db: Database, essay: str, at: datetime) -> None:
    """Marks an essay as changed."""
    db.execute("UPDATE essays SET changed = ? WHERE id = ?", [at.isoformat(), essay])


def add_note(database: SealedDatabase, db: Database, essay: str, passage: Passage, at: datetime) -> int:
    """Stores a passage as a note, and returns its number."""
    note = Note(next_note(db, essay), passage.text, None, passage.section, passage.left_out)
    insert_note(database, db, essay, note, at)
    return note.number


def tie(db: Database, keys: Sequence[str], note: int) -> None:
    """Stores that the messages are part of a note."""
    for key in keys:
        db.execute("UPDATE pieces SET note = ? WHERE message = ? AND part = 0", [note, key])


def renew(database: SealedDatabase, db: Database, essay: str, note: int) -> bool:
    """Gives a note the text of its messages, with the marks that stand there; False, and nothing, without a word.

    Raises DamagedText where one of them is damaged, whose words the note may still hold.
    """
    found = stored(database, db, essay, note)
    if any(piece.damaged for piece in found):
        raise DamagedText.answer()
    said = answered(joined([piece.text for piece in found]))
    if not says_something(said.text):
        return False
    values = [database.sealer.seal(said.text), essay, note]
    db.execute("UPDATE notes SET text = ? WHERE essay = ? AND number = ?", values)
    return True


def settle(
    database: SealedDatabase,
    db: Database,
    essay: str,
    question: int | None,
    key: str,
    at: datetime,
    private: Collection[str],
) -> int | None:
    """Makes a note of a message for which nothing is left to wait; its number, None where it holds no words.

    With marks alone that came before it; where it answers a question, with what waits as an answer to that. If the
    answer has become a note already, it is part of that one; and so is a mark alone of what was written next. Where a
    message of that note is damaged, it becomes another one.
    """
    waiting = stored(database, db, essay, None)
    piece = next(one for one in waiting if one.key == key)
    note = _next_note(database, db, essay, piece) if _is_mark(piece) else _note_of(db, essay, question)
    if note is not None and not any(one.damaged for one in stored(database, db, essay, note)):
        tie(db, [key], note)
        renew(database, db, essay, note)
        return note
    if question is not None:
        chosen = [one for one in waiting if one.question == question]
    else:
        chosen = [one for one in waiting if one == piece or (_is_mark(one) and one.id < piece.id)]
    made = end(database, db, essay, chosen, at, private)
    return made[0].number if made else None


def _note_of(db: Database, essay: str, question: int | None) -> int | None:
    """The note that messages have become which answered a question; None for None, or where it was edited."""
    query = "SELECT max(note) FROM pieces WHERE essay = ? AND question = ? AND part = 0 AND note > 0"
    found: int | None = db.execute(query, [essay, question]).fetchone()[0]
    return found


def _next_note(database: SealedDatabase, db: Database, essay: str, mark: Stored) -> int | None:
    """The note of the first message after a mark that answers no question; None where none has become one."""
    query = "SELECT DISTINCT note FROM pieces WHERE essay = ? AND question IS NULL AND part = 0 AND note > 0"
    notes = [number for (number,) in db.execute(query, [essay]).fetchall()]
    after = [one for note in notes for one in stored(database, db, essay, note) if one.id > mark.id]
    return min(after, key=lambda one: one.id).note if after else None


def end(
    database: SealedDatabase,
    db: Database,
    essay: str,
    waiting: Sequence[Stored],
    at: datetime,
    private: Collection[str],
) -> tuple[Note, ...]:
    """Makes one note of all that answers a question, and one of each message that answers none.

    A message that is a mark alone belongs to the next one. An answer to a ``private`` question is left out.
    """
    groups: dict[object, list[Stored]] = {}
    marks: list[Stored] = []
    for piece in waiting:
        if piece.question is not None:
            groups.setdefault(piece.question, []).append(piece)
        elif _is_mark(piece):
            marks.append(piece)
        else:
            groups[piece.key] = [*marks, piece]
            marks = []
    notes: list[Note] = []
    for group in groups.values():
        said = answered(joined([piece.text for piece in group]))
        if not says_something(said.text):
            continue
        number, asked = next_note(db, essay), group[0].question
        note = Note(number, said.text)
        if asked is not None:
            query = "SELECT number, section, text, state FROM questions WHERE essay = ? AND number = ?"
            question = question_of(database, db.execute(query, [essay, asked]).fetchone())
            note = replace(note, question=question.text, section=question.section, left_out=question.text in private)
            state = [Answered.ANSWERED.value, essay, asked]
            db.execute("UPDATE questions SET state = ? WHERE essay = ? AND number = ?", state)
        insert_note(database, db, essay, note, at)
        tie(db, [piece.key for piece in group], number)
        notes.append(note)
    if notes:
        touch(db, essay, at)
    return tuple(notes)


def _is_mark(piece: Stored) -> bool:
    """Whether a message answers nothing and is a mark alone: the next message is what it leaves out."""
    return piece.question is None and is_mark_alone(piece.text)
