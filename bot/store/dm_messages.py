"""Messages as they are stored, and the notes that are made of them: each function inside the caller's transaction."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from sqlite_utils import Database

from bot.errors import DamagedText
from bot.essay.essay import Answered, Essay, Note
from bot.essay.limits import Adding, stored_bytes
from bot.essay.notes import Passage, answered
from bot.essay.text.gaps import gap
from bot.essay.text.marks import is_mark_alone, is_marked, says_something
from bot.services.dm_messages import DmChannel, MessageChange, PendingMessage, StoredMessage, join_messages
from bot.store import dm_context
from bot.store.database import DatabaseThread, EncryptedDatabase
from bot.store.essays import check_owner, insert_essay, insert_note, next_note_number, read_question

_DAMAGED_MESSAGE = gap("a message that was damaged and cannot be read")  # its writer sees that something is missing
_LAST_MESSAGE_ID = 2**63  # where a message stands among the others whose id is damaged


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A stored piece. ``id`` is the message's, which is what puts pieces in order.

    The ``note`` of a piece is kept below zero once the writer has edited that note: then it follows messages no more.
    """

    key: str
    id: int
    question: int | None
    note: int | None
    text: str
    damaged: bool = False


def read_messages(database: EncryptedDatabase, db: Database, essay: str, note: int | None) -> list[MessageRow]:
    """The messages that are a note, in order; with None, those that wait. Of a damaged one the text is a gap."""
    rows: Sequence[Sequence[Any]] = db.execute(
        "SELECT message, id, question, note, text FROM pieces WHERE essay = ? AND note IS ? AND part = 0", [essay, note]
    ).fetchall()
    what = f"a message of essay {essay}"
    found = []
    for key, sealed, asked, made, words in rows:
        number, text = database.decrypt_int_or_none(sealed, what), database.decrypt_or_none(words, what)
        at = _LAST_MESSAGE_ID if number is None else number
        found.append(MessageRow(key, at, asked, made, _DAMAGED_MESSAGE if text is None else text, text is None))
    return sorted(found, key=lambda piece: piece.id)


def has_content(db: Database, essay: str) -> bool:
    """Whether an essay holds a note, a question or a version, so that its structure is settled."""
    return bool(
        db.execute(
            "SELECT 1 FROM notes WHERE essay = ?1 UNION ALL SELECT 1 FROM questions WHERE essay = ?1"
            " UNION ALL SELECT 1 FROM versions WHERE essay = ?1",
            [essay],
        ).fetchone()
    )


def mark_changed(db: Database, essay: str, at: datetime) -> None:
    """Marks an essay as changed."""
    db.execute("UPDATE essays SET changed = ? WHERE id = ?", [at.isoformat(), essay])


def insert_passage(database: EncryptedDatabase, db: Database, essay: str, passage: Passage, at: datetime) -> int:
    """Stores a passage as a note, and returns its number."""
    note = Note(next_note_number(db, essay), passage.text, None, passage.section, passage.left_out)
    insert_note(database, db, essay, note, at)
    return note.number


def link_to_note(db: Database, keys: Sequence[str], note: int) -> None:
    """Stores that the messages are part of a note."""
    for key in keys:
        db.execute("UPDATE pieces SET note = ? WHERE message = ? AND part = 0", [note, key])


def rebuild_note(database: EncryptedDatabase, db: Database, essay: str, note: int) -> bool:
    """Gives a note the text of its messages, with the marks that stand there; False, and nothing, without a word.

    Raises DamagedText where one of them is damaged, whose words the note may still hold.
    """
    found = read_messages(database, db, essay, note)
    if any(piece.damaged for piece in found):
        raise DamagedText.answer()
    said = answered(join_messages([piece.text for piece in found]))
    if not says_something(said.text):
        return False
    values = [database.cipher.encrypt(said.text), essay, note]
    db.execute("UPDATE notes SET text = ? WHERE essay = ? AND number = ?", values)
    return True


def make_note_of_message(
    database: EncryptedDatabase,
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
    waiting = read_messages(database, db, essay, None)
    piece = next(one for one in waiting if one.key == key)
    note = (
        _note_after_mark(database, db, essay, piece)
        if _is_unasked_mark(piece)
        else _note_of_question(db, essay, question)
    )
    if note is not None and not any(one.damaged for one in read_messages(database, db, essay, note)):
        link_to_note(db, [key], note)
        rebuild_note(database, db, essay, note)
        return note
    if question is not None:
        chosen = [one for one in waiting if one.question == question]
    else:
        chosen = [one for one in waiting if one == piece or (_is_unasked_mark(one) and one.id < piece.id)]
    made = make_notes(database, db, essay, chosen, at, private)
    return made[0].number if made else None


def _note_of_question(db: Database, essay: str, question: int | None) -> int | None:
    """The note that messages have become which answered a question; None for None, or where it was edited."""
    query = "SELECT max(note) FROM pieces WHERE essay = ? AND question = ? AND part = 0 AND note > 0"
    found: int | None = db.execute(query, [essay, question]).fetchone()[0]
    return found


def _note_after_mark(database: EncryptedDatabase, db: Database, essay: str, mark: MessageRow) -> int | None:
    """The note of the first message after a mark that answers no question; None where none has become one."""
    query = "SELECT DISTINCT note FROM pieces WHERE essay = ? AND question IS NULL AND part = 0 AND note > 0"
    notes = [number for (number,) in db.execute(query, [essay]).fetchall()]
    after = [one for note in notes for one in read_messages(database, db, essay, note) if one.id > mark.id]
    return min(after, key=lambda one: one.id).note if after else None


def make_notes(
    database: EncryptedDatabase,
    db: Database,
    essay: str,
    waiting: Sequence[MessageRow],
    at: datetime,
    private: Collection[str],
) -> tuple[Note, ...]:
    """Makes one note of all that answers a question, and one of each message that answers none.

    A message that is a mark alone belongs to the next one. An answer to a ``private`` question is left out.
    """
    groups: dict[object, list[MessageRow]] = {}
    marks: list[MessageRow] = []
    for piece in waiting:
        if piece.question is not None:
            groups.setdefault(piece.question, []).append(piece)
        elif _is_unasked_mark(piece):
            marks.append(piece)
        else:
            groups[piece.key] = [*marks, piece]
            marks = []
    notes: list[Note] = []
    for group in groups.values():
        said = answered(join_messages([piece.text for piece in group]))
        if not says_something(said.text):
            continue
        number, asked = next_note_number(db, essay), group[0].question
        note = Note(number, said.text)
        if asked is not None:
            query = "SELECT number, section, text, state FROM questions WHERE essay = ? AND number = ?"
            question = read_question(database, db.execute(query, [essay, asked]).fetchone())
            note = replace(note, question=question.text, section=question.section, left_out=question.text in private)
            state = [Answered.ANSWERED.value, essay, asked]
            db.execute("UPDATE questions SET state = ? WHERE essay = ? AND number = ?", state)
        insert_note(database, db, essay, note, at)
        link_to_note(db, [piece.key for piece in group], number)
        notes.append(note)
    if notes:
        mark_changed(db, essay, at)
    return tuple(notes)


def _is_unasked_mark(piece: MessageRow) -> bool:
    """Whether a message answers nothing and is a mark alone: the next message is what it leaves out."""
    return piece.question is None and is_mark_alone(piece.text)


# The conversation store port over SQLite: messages, what they became, and how far each channel was read.
#
# That a message was heard is remembered for as long as it may be read again, also where its words are deleted. Ids of
# messages and channels are sealed, as everything that comes from Discord's API; where a message must be found by
# its id, a pseudonym made with the store's secret stands for it.


T = TypeVar("T")


class SqliteDmMessages:
    """The messages of one database. See DmMessageStore in the storage ports for what each method promises."""

    def __init__(self, database: EncryptedDatabase) -> None:
        self._database = database
        self._db = database.db

    def has_messages(self, writer: str, essay: str) -> bool:
        check_owner(self._db, writer, essay)
        return self._db.execute("SELECT 1 FROM pieces WHERE essay = ?", [essay]).fetchone() is not None

    def pending(self, writer: str, essay: str) -> tuple[PendingMessage, ...]:
        check_owner(self._db, writer, essay)
        waiting = read_messages(self._database, self._db, essay, None)
        return tuple(PendingMessage(piece.question, piece.text) for piece in waiting if piece.text)

    def detach_note(self, writer: str, essay: str, note: int) -> None:
        check_owner(self._db, writer, essay)
        query = "UPDATE pieces SET note = -note WHERE essay = ? AND note = ? AND part = 0"
        self._db.execute(query, [essay, note])

    def delete_messages_of_note(self, writer: str, essay: str, note: int) -> None:
        check_owner(self._db, writer, essay)
        self._db.execute("DELETE FROM pieces WHERE essay = ? AND abs(note) = ? AND part = 0", [essay, note])

    def record_essay_deletion(self, writer: str, essay: str, at: datetime) -> None:
        dm_context.record_essay_deletion(self._db, writer, essay, at)


class SqliteDmMessageStore:
    """Conversations in the store's file. See workflow.conversation.DmMessageStore for what each method promises."""

    def __init__(self, thread: DatabaseThread, private_questions: Collection[str] = ()) -> None:
        """``private`` are the questions whose answers stay private."""
        self._thread = thread
        self._private_questions = private_questions

    async def add_message(
        self, message: int, text: str, new: Essay, at: datetime, written: datetime | None = None
    ) -> StoredMessage | None:
        def work(database: EncryptedDatabase, db: Database) -> StoredMessage | None:
            key, seal = _message_key(database, message), database.cipher.encrypt
            row = db.execute("SELECT essay, question, note FROM pieces WHERE message = ? AND part = 0", [key])
            if (found := row.fetchone()) is not None:
                note = abs(found[2]) if found[2] is not None else None
                return StoredMessage(found[0], found[1], note, is_new=False)
            if db.execute("SELECT 1 FROM heard WHERE message = ?", [key]).fetchone():
                return None
            place = (
                dm_context.context_now(db, new.writer)
                if written is None
                else dm_context.context_at(db, new.writer, written)
            )
            if place is not None:
                essay, question = place
                size, begins = stored_bytes(text), int(essay is None)
                adding = Adding(size, essays=begins, notes=int(question is None), note_bytes=size)
                # One that is read late counts when it was written.
                database.quota.check_and_record(db, new.writer, essay, adding, written or at)
            db.execute("INSERT INTO heard VALUES (?, ?, ?)", [key, new.writer, seal(str(message))])
            if place is None:
                return None
            if begun := essay is None:
                insert_essay(database, db, new)
                essay = new.id
            if written is None or dm_context.current_context(db, new.writer) is None:
                dm_context.set_context(db, new.writer, essay, question, at)
            values = [key, seal(str(message)), essay, question, seal(text)]
            db.execute("INSERT INTO pieces VALUES (?, 0, ?, ?, ?, NULL, ?)", values)
            waits = dm_context.context_now(db, new.writer) == (essay, question) and (
                question is not None or not has_content(db, essay)
            )
            note = (
                None if waits else make_note_of_message(database, db, essay, question, key, at, self._private_questions)
            )
            mark_changed(db, essay, at)
            return StoredMessage(essay, question, note, is_new=True, essay_created=begun)

        return await self._in_transaction(work)

    async def add_file(
        self,
        writer: str,
        essay: str,
        message: int,
        part: int,
        passages: Sequence[Passage],
        title: str | None,
        at: datetime,
    ) -> tuple[int, ...]:
        def work(database: EncryptedDatabase, db: Database) -> tuple[int, ...]:
            check_owner(db, writer, essay)
            key, seal = _message_key(database, message), database.cipher.encrypt
            if db.execute("SELECT 1 FROM pieces WHERE message = ? AND part = ?", [key, part]).fetchone():
                return ()
            size = stored_bytes(*(passage.text for passage in passages))
            database.quota.check_and_record(db, writer, essay, Adding(size, notes=len(passages), note_bytes=size), at)
            numbers = tuple(insert_passage(database, db, essay, passage, at) for passage in passages)
            # The notes hold the words: the row only says that they do.
            values = [key, part, seal(str(message)), essay, numbers[0], seal("")]
            db.execute("INSERT INTO pieces VALUES (?, ?, ?, ?, NULL, ?, ?)", values)
            if title is not None:
                db.execute("UPDATE essays SET title = ? WHERE id = ?", [seal(title), essay])
            mark_changed(db, essay, at)
            return numbers

        return await self._in_transaction(work)

    async def has_file(self, message: int, part: int) -> bool:
        def work(database: EncryptedDatabase) -> bool:
            values = [_message_key(database, message), part]
            return bool(database.db.execute("SELECT 1 FROM pieces WHERE message = ? AND part = ?", values).fetchone())

        return await self._thread.run(work)

    async def edit_message(self, writer: str, message: int, text: str, at: datetime) -> MessageChange | None:
        def work(database: EncryptedDatabase, db: Database) -> MessageChange | None:
            key, sealed = _message_key(database, message), database.cipher.encrypt(text)
            found = db.execute(
                "SELECT essay, question, note, text FROM pieces JOIN essays ON essays.id = essay"
                " WHERE message = ? AND part = 0 AND writer = ?",
                [key, writer],
            ).fetchone()
            if found is None or (was := database.decrypt_or_none(found[3], f"a message of essay {found[0]}")) == text:
                return None
            before = was or ""
            essay, question, note, _ = found
            size = stored_bytes(text)
            grown = max(0, size - stored_bytes(before))
            database.quota.check_and_record(db, writer, essay, Adding(size, note_bytes=grown), at)
            db.execute("UPDATE pieces SET text = ? WHERE message = ? AND part = 0", [sealed, key])
            mark_changed(db, essay, at)
            if note is not None and note < 0:
                return MessageChange(essay, -note, note_detached=True)
            if note is not None:
                kept = not rebuild_note(database, db, essay, note)
                return MessageChange(
                    essay,
                    note,
                    note_unchanged=kept,
                    privacy_may_change=not kept and (is_marked(text) or is_marked(before)),
                )
            said = answered(text)
            if (
                question is None and says_something(said.text) and has_content(db, essay)
            ):  # it had no words when it came
                made = insert_passage(database, db, essay, said, at)
                link_to_note(db, [key], made)
                return MessageChange(essay, made, note_created=True)
            return MessageChange(essay, None)

        return await self._in_transaction(work)

    async def make_notes(self, writer: str, essay: str, question: int | None, at: datetime) -> tuple[Note, ...]:
        def work(database: EncryptedDatabase, db: Database) -> tuple[Note, ...]:
            check_owner(db, writer, essay)
            waiting = read_messages(database, db, essay, None)
            chosen = [piece for piece in waiting if question in (None, piece.question)]
            return make_notes(database, db, essay, chosen, at, self._private_questions)

        return await self._in_transaction(work)

    async def set_context(self, writer: str, essay: str, question: int | None, at: datetime) -> None:
        def work(database: EncryptedDatabase) -> None:
            before = dm_context.current_context(database.db, writer)
            if before == (essay, question) or _is_unknown_essay(database.db, writer, essay):
                return
            with database.transaction() as db:
                for left in {essay, before[0] if before is not None else essay}:
                    waiting = read_messages(database, db, left, None)
                    # What was said before any question waits on until there is one, or the essay is left.
                    chosen = [one for one in waiting if left != essay or one.question != question]
                    make_notes(database, db, left, chosen, at, self._private_questions)
                dm_context.set_context(db, writer, essay, question, at)

        await self._thread.run(work)

    async def pending_messages(self, writer: str, essay: str) -> tuple[PendingMessage, ...]:
        def work(database: EncryptedDatabase) -> tuple[PendingMessage, ...]:
            check_owner(database.db, writer, essay)
            waiting = read_messages(database, database.db, essay, None)
            return tuple(PendingMessage(piece.question, piece.text) for piece in waiting if piece.text)

        return await self._thread.run(work)

    async def channels(self) -> tuple[DmChannel, ...]:
        def work(database: EncryptedDatabase) -> tuple[DmChannel, ...]:
            query = "SELECT writer, channel, read FROM conversations ORDER BY rowid"
            found = [_read_channel(database, row) for row in database.db.execute(query).fetchall()]
            return tuple(channel for channel in found if channel is not None)

        return await self._thread.run(work)

    async def add_channel(self, writer: str, channel: int, read: int) -> bool:
        def work(database: EncryptedDatabase) -> bool:
            query = "SELECT writer, channel, read FROM conversations WHERE writer = ?"
            row = database.db.execute(query, [writer]).fetchone()
            if row is not None and _read_channel(database, row) is not None:
                return False
            seal = database.cipher.encrypt
            with database.transaction() as db:
                db.execute(
                    "DELETE FROM conversations WHERE writer = ?", [writer]
                )  # damaged, and known again from now on
                values = [writer, seal(str(channel)), seal(str(read))]
                db.execute("INSERT INTO conversations (writer, channel, read) VALUES (?, ?, ?)", values)
            return True

        return await self._thread.run(work)

    async def set_last_read(self, writer: str, read: int, until: datetime) -> None:
        def work(database: EncryptedDatabase, db: Database) -> None:
            row = db.execute("SELECT read FROM conversations WHERE writer = ?", [writer]).fetchone()
            before = database.decrypt_int_or_none(row[0], "how far a DM was read") if row is not None else None
            if row is None or (before is not None and before >= read):
                return
            sealed = database.cipher.encrypt(str(read))
            db.execute("UPDATE conversations SET read = ? WHERE writer = ?", [sealed, writer])
            heard = db.execute("SELECT message, id FROM heard WHERE writer = ?", [writer]).fetchall()
            for key, sealed_id in heard:
                number = database.decrypt_int_or_none(sealed_id, "the id of a message that was heard")
                if number is not None and number <= read:
                    db.execute("DELETE FROM heard WHERE message = ?", [key])
            dm_context.prune_before(db, writer, until)

        await self._in_transaction(work)

    async def delete_writer(self, writer: str) -> None:
        def work(_: EncryptedDatabase, db: Database) -> None:
            db.execute("DELETE FROM pieces WHERE essay IN (SELECT id FROM essays WHERE writer = ?)", [writer])
            db.execute("DELETE FROM conversations WHERE writer = ?", [writer])
            db.execute("DELETE FROM heard WHERE writer = ?", [writer])
            dm_context.delete_contexts(db, writer)

        await self._in_transaction(work)

    async def _in_transaction(self, work: Callable[[EncryptedDatabase, Database], T]) -> T:
        """Runs the work in a transaction."""

        def writing(database: EncryptedDatabase) -> T:
            with database.transaction() as db:
                return work(database, db)

        return await self._thread.run(writing)


def _message_key(database: EncryptedDatabase, message: int) -> str:
    """Stands for a message: HMAC-SHA256 over its id, the first 128 bits in hexadecimal."""
    return hmac.new(database.pseudonym_secret, f"discord-message:{message}".encode(), hashlib.sha256).hexdigest()[:32]


def _read_channel(database: EncryptedDatabase, row: Sequence[Any]) -> DmChannel | None:
    """A writer's channel; None where it is damaged. It is known again once they write there."""
    channel, read = (database.decrypt_int_or_none(sealed, f"the DM of {row[0][:8]}") for sealed in row[1:])
    return DmChannel(row[0], channel, read) if channel is not None and read is not None else None


def _is_unknown_essay(db: Database, writer: str, essay: str) -> bool:
    return not db.execute("SELECT 1 FROM essays WHERE id = ? AND writer = ?", [essay, writer]).fetchone()
