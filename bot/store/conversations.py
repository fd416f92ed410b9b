"""The conversation store port over SQLite: messages, what they became, and how far each channel was read.

That a message was heard is remembered for as long as it may be read again, also where its words are deleted. Ids of
messages and channels are sealed, as everything that comes from Discord's API; where a message must be found by
its id, a pseudonym made with the store's secret stands for it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from sqlite_utils import Database

from bot.essay.essay import Answered, Essay, Note
from bot.essay.marks import is_mark_alone, is_marked
from bot.essay.notes import Passage, answered
from bot.essay.words import has_words
from bot.store.database import SealedDatabase, StoreThread
from bot.store.essays import check_own, insert_essay, insert_note, next_number, question_of
from bot.workflow.conversation import Changed, Channel, Heard, Piece, joined

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Stored:
    """A stored piece. ``id`` is the message's, which is what puts pieces in order."""

    key: str
    id: int
    question: int | None
    note: int | None
    text: str


class SqliteConversations:
    """Conversations in the store's file. See workflow.conversation.ConversationStore for what each method promises."""

    def __init__(self, thread: StoreThread) -> None:
        self._thread = thread

    async def hear(self, message: int, text: str, new: Essay, at: datetime) -> Heard | None:
        def work(database: SealedDatabase, db: Database) -> Heard | None:
            key = _key(database, message)
            row = db.execute("SELECT essay, question, note FROM pieces WHERE message = ? AND part = 0", [key])
            if (found := row.fetchone()) is not None:
                return Heard(found[0], found[1], found[2], new=False)
            if db.execute("SELECT 1 FROM heard WHERE message = ?", [key]).fetchone():
                return None
            essay, question = _before(db, new.writer)
            if begun := essay is None:
                insert_essay(database, db, new)
                essay = new.id
            _turn(db, new.writer, essay, question)
            note, marks = None, _marks_alone(_stored(database, db, essay, None)) if question is None else []
            said = answered(joined([*(mark.text for mark in marks), text]))
            if question is None and has_words([said.text]) and _holds(db, essay):
                note = _add_note(database, db, essay, said, at)
                _tie(db, marks, note)
            number = database.sealer.seal(str(message))
            values = [key, number, essay, question, note, database.sealer.seal(text)]
            db.execute("INSERT INTO pieces VALUES (?, 0, ?, ?, ?, ?, ?)", values)
            db.execute("INSERT INTO heard VALUES (?, ?, ?)", [key, new.writer, number])
            _touch(db, essay, at)
            return Heard(essay, question, note, new=True, begun=begun)

        return await self._writing(work)

    async def hear_file(
        self,
        writer: str,
        essay: str,
        message: int,
        part: int,
        passages: Sequence[Passage],
        title: str | None,
        at: datetime,
    ) -> tuple[int, ...]:
        def work(database: SealedDatabase, db: Database) -> tuple[int, ...]:
            check_own(db, writer, essay)
            key, seal = _key(database, message), database.sealer.seal
            if db.execute("SELECT 1 FROM pieces WHERE message = ? AND part = ?", [key, part]).fetchone():
                return ()
            numbers = tuple(_add_note(database, db, essay, passage, at) for passage in passages)
            # The notes hold the words: the row only says that they do.
            values = [key, part, seal(str(message)), essay, numbers[0], seal("")]
            db.execute("INSERT INTO pieces VALUES (?, ?, ?, ?, NULL, ?, ?)", values)
            if title is not None:
                db.execute("UPDATE essays SET title = ? WHERE id = ?", [seal(title), essay])
            _touch(db, essay, at)
            return numbers

        return await self._writing(work)

    async def has_file(self, message: int, part: int) -> bool:
        def work(database: SealedDatabase) -> bool:
            values = [_key(database, message), part]
            return bool(database.db.execute("SELECT 1 FROM pieces WHERE message = ? AND part = ?", values).fetchone())

        return await self._thread.run(work)

    async def change(self, writer: str, message: int, text: str, at: datetime) -> Changed | None:
        def work(database: SealedDatabase, db: Database) -> Changed | None:
            key, sealed = _key(database, message), database.sealer.seal(text)
            found = db.execute(
                "SELECT essay, question, note, text FROM pieces JOIN essays ON essays.id = essay"
                " WHERE message = ? AND part = 0 AND writer = ?",
                [key, writer],
            ).fetchone()
            if found is None or (before := database.sealer.open(found[3])) == text:
                return None
            essay, question, note, _ = found
            db.execute("UPDATE pieces SET text = ? WHERE message = ? AND part = 0", [sealed, key])
            _touch(db, essay, at)
            if note is not None:
                said = answered(joined([piece.text for piece in _stored(database, db, essay, note)]))
                if not has_words([said.text]):
                    return Changed(essay, note, kept=True)
                # A mark that stood there before may have been overruled since; only a new one leaves the note out.
                marked = is_marked(text) and not is_marked(before)
                values = [database.sealer.seal(said.text), int(marked), essay, note]
                db.execute(
                    "UPDATE notes SET text = ?, left_out = max(left_out, ?) WHERE essay = ? AND number = ?", values
                )
                return Changed(essay, note)
            said = answered(text)
            if question is None and has_words([said.text]) and _holds(db, essay):  # it had no words when it came
                made = _add_note(database, db, essay, said, at)
                db.execute("UPDATE pieces SET note = ? WHERE message = ? AND part = 0", [made, key])
                return Changed(essay, made, made=True)
            return Changed(essay, None)

        return await self._writing(work)

    async def end(self, writer: str, essay: str, question: int | None, at: datetime) -> tuple[Note, ...]:
        def work(database: SealedDatabase, db: Database) -> tuple[Note, ...]:
            check_own(db, writer, essay)
            waiting = _stored(database, db, essay, None)
            chosen = [piece for piece in waiting if question in (None, piece.question)]
            return _end(database, db, essay, chosen, at)

        return await self._writing(work)

    async def turn_to(self, writer: str, essay: str, question: int | None, at: datetime) -> None:
        def work(database: SealedDatabase) -> None:
            query = "SELECT essay, question FROM conversations WHERE writer = ?"
            before = database.db.execute(query, [writer]).fetchone()
            if before == (essay, question) or _unknown(database.db, writer, essay):
                return
            with database.writing() as db:
                for left in {essay, before[0] if before and before[0] else essay}:
                    waiting = _stored(database, db, left, None)
                    # What was said before any question waits on until there is one, or the essay is left.
                    stays = {question} if question is not None else {None}
                    chosen = [one for one in waiting if left != essay or one.question not in stays]
                    _end(database, db, left, chosen, at)
                _turn(db, writer, essay, question)

        await self._thread.run(work)

    async def pieces(self, writer: str, essay: str) -> tuple[Piece, ...]:
        def work(database: SealedDatabase) -> tuple[Piece, ...]:
            check_own(database.db, writer, essay)
            waiting = _stored(database, database.db, essay, None)
            return tuple(Piece(piece.question, piece.text) for piece in waiting if piece.text)

        return await self._thread.run(work)

    async def channels(self) -> tuple[Channel, ...]:
        def work(database: SealedDatabase) -> tuple[Channel, ...]:
            query = "SELECT writer, channel, read FROM conversations WHERE channel IS NOT NULL ORDER BY rowid"
            unseal = database.sealer.open
            rows = database.db.execute(query).fetchall()
            return tuple(Channel(writer, int(unseal(channel)), int(unseal(read))) for writer, channel, read in rows)

        return await self._thread.run(work)

    async def meet(self, writer: str, channel: int, read: int) -> bool:
        def work(database: SealedDatabase) -> bool:
            query = "SELECT 1 FROM conversations WHERE writer = ? AND channel IS NOT NULL"
            if database.db.execute(query, [writer]).fetchone():
                return False
            seal = database.sealer.seal
            with database.writing() as db:
                db.execute(
                    "INSERT INTO conversations (writer, channel, read) VALUES (?, ?, ?) ON CONFLICT (writer)"
                    " DO UPDATE SET channel = excluded.channel, read = excluded.read",
                    [writer, seal(str(channel)), seal(str(read))],
                )
            return True

        return await self._thread.run(work)

    async def mark(self, writer: str, read: int) -> None:
        def work(database: SealedDatabase, db: Database) -> None:
            row = db.execute("SELECT read FROM conversations WHERE writer = ?", [writer]).fetchone()
            unseal = database.sealer.open
            if row is None or row[0] is None or int(unseal(row[0])) >= read:
                return
            sealed = database.sealer.seal(str(read))
            db.execute("UPDATE conversations SET read = ? WHERE writer = ?", [sealed, writer])
            heard = db.execute("SELECT message, id FROM heard WHERE writer = ?", [writer]).fetchall()
            for key in [key for key, number in heard if int(unseal(number)) <= read]:
                db.execute("DELETE FROM heard WHERE message = ?", [key])

        await self._writing(work)

    async def forget(self, writer: str) -> None:
        def work(_: SealedDatabase, db: Database) -> None:
            db.execute("DELETE FROM pieces WHERE essay IN (SELECT id FROM essays WHERE writer = ?)", [writer])
            db.execute("DELETE FROM conversations WHERE writer = ?", [writer])
            db.execute("DELETE FROM heard WHERE writer = ?", [writer])

        await self._writing(work)

    async def _writing(self, work: Callable[[SealedDatabase, Database], T]) -> T:
        """Runs the work in a transaction."""

        def writing(database: SealedDatabase) -> T:
            with database.writing() as db:
                return work(database, db)

        return await self._thread.run(writing)


def _key(database: SealedDatabase, message: int) -> str:
    """Stands for a message: HMAC-SHA256 over its id, the first 128 bits in hexadecimal."""
    return hmac.new(database.secret, f"discord-message:{message}".encode(), hashlib.sha256).hexdigest()[:32]


def _before(db: Database, writer: str) -> tuple[str | None, int | None]:
    """The essay that a message goes to, and the open question before the writer; None where there is none."""
    turned = db.execute(
        "SELECT c.essay, q.number FROM conversations c LEFT JOIN questions q"
        " ON q.essay = c.essay AND q.number = c.question AND q.state = ? WHERE c.writer = ? AND c.essay IS NOT NULL",
        [Answered.OPEN.value, writer],
    ).fetchone()
    if turned is not None:
        return turned[0], turned[1]
    last = "SELECT id, head FROM essays WHERE writer = ? ORDER BY changed DESC, rowid DESC LIMIT 1"
    row = db.execute(last, [writer]).fetchone()
    if row is None:
        return None, None
    query = "SELECT min(number) FROM questions WHERE essay = ? AND state = ?"
    asked = db.execute(query, [row[0], Answered.OPEN.value]).fetchone()[0] if row[1] is None else None
    return row[0], asked


def _turn(db: Database, writer: str, essay: str, question: int | None) -> None:
    db.execute(
        "INSERT INTO conversations (writer, essay, question) VALUES (?, ?, ?) ON CONFLICT (writer)"
        " DO UPDATE SET essay = excluded.essay, question = excluded.question",
        [writer, essay, question],
    )


def _holds(db: Database, essay: str) -> bool:
    """Whether an essay holds a note, a question or a version, so that its structure is settled."""
    return bool(
        db.execute(
            "SELECT 1 FROM notes WHERE essay = ?1 UNION ALL SELECT 1 FROM questions WHERE essay = ?1"
            " UNION ALL SELECT 1 FROM versions WHERE essay = ?1",
            [essay],
        ).fetchone()
    )


def _unknown(db: Database, writer: str, essay: str) -> bool:
    return not db.execute("SELECT 1 FROM essays WHERE id = ? AND writer = ?", [essay, writer]).fetchone()


def _touch(db: Database, essay: str, at: datetime) -> None:
    db.execute("UPDATE essays SET changed = ? WHERE id = ?", [at.isoformat(), essay])


def _stored(database: SealedDatabase, db: Database, essay: str, note: int | None) -> list[_Stored]:
    """The messages that are a note, in order; with None, those that wait."""
    rows: Sequence[Sequence[Any]] = db.execute(
        "SELECT message, id, question, note, text FROM pieces WHERE essay = ? AND note IS ? AND part = 0", [essay, note]
    ).fetchall()
    unseal = database.sealer.open
    found = [_Stored(key, int(unseal(number)), asked, made, unseal(text)) for key, number, asked, made, text in rows]
    return sorted(found, key=lambda piece: piece.id)


def _add_note(database: SealedDatabase, db: Database, essay: str, passage: Passage, at: datetime) -> int:
    note = Note(next_number(db, "notes", essay), passage.text, None, passage.section, passage.left_out)
    insert_note(database, db, essay, note, at)
    return note.number


def _marks_alone(waiting: Sequence[_Stored]) -> list[_Stored]:
    """The messages that answer nothing and are a mark alone: the next message is what they leave out."""
    return [piece for piece in waiting if piece.question is None and is_mark_alone(piece.text)]


def _tie(db: Database, pieces: Sequence[_Stored], note: int) -> None:
    """Stores that the pieces are part of a note."""
    for piece in pieces:
        db.execute("UPDATE pieces SET note = ? WHERE message = ? AND part = 0", [note, piece.key])


def _end(
    database: SealedDatabase, db: Database, essay: str, waiting: Sequence[_Stored], at: datetime
) -> tuple[Note, ...]:
    """Makes one note of all that answers a question, and one of each message that answers none.

    A message that is a mark alone belongs to the next one.
    """
    groups: dict[object, list[_Stored]] = {}
    marks: list[_Stored] = []
    for piece in waiting:
        if piece.question is not None:
            groups.setdefault(piece.question, []).append(piece)
        elif is_mark_alone(piece.text):
            marks.append(piece)
        else:
            groups[piece.key] = [*marks, piece]
            marks = []
    notes: list[Note] = []
    for group in groups.values():
        said = answered(joined([piece.text for piece in group]))
        if not has_words([said.text]):
            continue
        number, asked = next_number(db, "notes", essay), group[0].question
        note = Note(number, said.text, left_out=said.left_out)
        if asked is not None:
            query = "SELECT number, section, text, state FROM questions WHERE essay = ? AND number = ?"
            question = question_of(database, db.execute(query, [essay, asked]).fetchone())
            note = replace(note, question=question.text, section=question.section)
            state = [Answered.ANSWERED.value, essay, asked]
            db.execute("UPDATE questions SET state = ? WHERE essay = ? AND number = ?", state)
        insert_note(database, db, essay, note, at)
        _tie(db, group, number)
        notes.append(note)
    if notes:
        _touch(db, essay, at)
    return tuple(notes)
