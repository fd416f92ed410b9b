"""The conversation store port over SQLite: messages, what they became, and how far each channel was read.

That a message was heard is remembered for as long as it may be read again, also where its words are deleted. Ids of
messages and channels are sealed, as everything that comes from Discord's API; where a message must be found by
its id, a pseudonym made with the store's secret stands for it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlite_utils import Database

from bot.essay.essay import Essay, Note
from bot.essay.limits import Adding, stored_bytes
from bot.essay.notes import Passage, answered
from bot.essay.text.marks import is_marked, says_something
from bot.store import turns
from bot.store.database import SealedDatabase, StoreThread
from bot.store.essays import check_own, insert_essay
from bot.store.pieces import add_note, end, holds, renew, settle, stored, tie, touch
from bot.workflow.conversation import Changed, Channel, Heard, Piece

T = TypeVar("T")


class SqliteConversations:
    """Conversations in the store's file. See workflow.conversation.ConversationStore for what each method promises."""

    def __init__(self, thread: StoreThread, private: Collection[str] = ()) -> None:
        """``private`` are the questions whose answers stay private."""
        self._thread = thread
        self._private = private

    async def hear(
        self, message: int, text: str, new: Essay, at: datetime, written: datetime | None = None
    ) -> Heard | None:
        def work(database: SealedDatabase, db: Database) -> Heard | None:
            key, seal = _key(database, message), database.sealer.seal
            row = db.execute("SELECT essay, question, note FROM pieces WHERE message = ? AND part = 0", [key])
            if (found := row.fetchone()) is not None:
                note = abs(found[2]) if found[2] is not None else None
                return Heard(found[0], found[1], note, new=False)
            if db.execute("SELECT 1 FROM heard WHERE message = ?", [key]).fetchone():
                return None
            place = turns.now(db, new.writer) if written is None else turns.then(db, new.writer, written)
            if place is not None:
                essay, question = place
                size, begins = stored_bytes(text), int(essay is None)
                adding = Adding(size, essays=begins, notes=int(question is None), note_bytes=size)
                # One that is read late counts when it was written.
                database.quota.admit(db, new.writer, essay, adding, written or at)
            db.execute("INSERT INTO heard VALUES (?, ?, ?)", [key, new.writer, seal(str(message))])
            if place is None:
                return None
            if begun := essay is None:
                insert_essay(database, db, new)
                essay = new.id
            if written is None or turns.standing(db, new.writer) is None:
                turns.turn(db, new.writer, essay, question, at)
            values = [key, seal(str(message)), essay, question, seal(text)]
            db.execute("INSERT INTO pieces VALUES (?, 0, ?, ?, ?, NULL, ?)", values)
            waits = turns.now(db, new.writer) == (essay, question) and (question is not None or not holds(db, essay))
            note = None if waits else settle(database, db, essay, question, key, at, self._private)
            touch(db, essay, at)
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
            size = stored_bytes(*(passage.text for passage in passages))
            database.quota.admit(db, writer, essay, Adding(size, notes=len(passages), note_bytes=size), at)
            numbers = tuple(add_note(database, db, essay, passage, at) for passage in passages)
            # The notes hold the words: the row only says that they do.
            values = [key, part, seal(str(message)), essay, numbers[0], seal("")]
            db.execute("INSERT INTO pieces VALUES (?, ?, ?, ?, NULL, ?, ?)", values)
            if title is not None:
                db.execute("UPDATE essays SET title = ? WHERE id = ?", [seal(title), essay])
            touch(db, essay, at)
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
            if found is None or (was := database.opened(found[3], f"a message of essay {found[0]}")) == text:
                return None
            before = was or ""
            essay, question, note, _ = found
            size = stored_bytes(text)
            grown = max(0, size - stored_bytes(before))
            database.quota.admit(db, writer, essay, Adding(size, note_bytes=grown), at)
            db.execute("UPDATE pieces SET text = ? WHERE message = ? AND part = 0", [sealed, key])
            touch(db, essay, at)
            if note is not None and note < 0:
                return Changed(essay, -note, apart=True)
            if note is not None:
                kept = not renew(database, db, essay, note)
                return Changed(essay, note, kept=kept, marks=not kept and (is_marked(text) or is_marked(before)))
            said = answered(text)
            if question is None and says_something(said.text) and holds(db, essay):  # it had no words when it came
                made = add_note(database, db, essay, said, at)
                tie(db, [key], made)
                return Changed(essay, made, made=True)
            return Changed(essay, None)

        return await self._writing(work)

    async def end(self, writer: str, essay: str, question: int | None, at: datetime) -> tuple[Note, ...]:
        def work(database: SealedDatabase, db: Database) -> tuple[Note, ...]:
            check_own(db, writer, essay)
            waiting = stored(database, db, essay, None)
            chosen = [piece for piece in waiting if question in (None, piece.question)]
            return end(database, db, essay, chosen, at, self._private)

        return await self._writing(work)

    async def turn_to(self, writer: str, essay: str, question: int | None, at: datetime) -> None:
        def work(database: SealedDatabase) -> None:
            before = turns.standing(database.db, writer)
            if before == (essay, question) or _unknown(database.db, writer, essay):
                return
            with database.writing() as db:
                for left in {essay, before[0] if before is not None else essay}:
                    waiting = stored(database, db, left, None)
                    # What was said before any question waits on until there is one, or the essay is left.
                    chosen = [one for one in waiting if left != essay or one.question != question]
                    end(database, db, left, chosen, at, self._private)
                turns.turn(db, writer, essay, question, at)

        await self._thread.run(work)

    async def pieces(self, writer: str, essay: str) -> tuple[Piece, ...]:
        def work(database: SealedDatabase) -> tuple[Piece, ...]:
            check_own(database.db, writer, essay)
            waiting = stored(database, database.db, essay, None)
            return tuple(Piece(piece.question, piece.text) for piece in waiting if piece.text)

        return await self._thread.run(work)

    async def channels(self) -> tuple[Channel, ...]:
        def work(database: SealedDatabase) -> tuple[Channel, ...]:
            query = "SELECT writer, channel, read FROM conversations ORDER BY rowid"
            found = [_channel(database, row) for row in database.db.execute(query).fetchall()]
            return tuple(channel for channel in found if channel is not None)

        return await self._thread.run(work)

    async def meet(self, writer: str, channel: int, read: int) -> bool:
        def work(database: SealedDatabase) -> bool:
            query = "SELECT writer, channel, read FROM conversations WHERE writer = ?"
            row = database.db.execute(query, [writer]).fetchone()
            if row is not None and _channel(database, row) is not None:
                return False
            seal = database.sealer.seal
            with database.writing() as db:
                db.execute(
                    "DELETE FROM conversations WHERE writer = ?", [writer]
                )  # damaged, and known again from now on
                values = [writer, seal(str(channel)), seal(str(read))]
                db.execute("INSERT INTO conversations (writer, channel, read) VALUES (?, ?, ?)", values)
            return True

        return await self._thread.run(work)

    async def mark(self, writer: str, read: int, until: datetime) -> None:
        def work(database: SealedDatabase, db: Database) -> None:
            row = db.execute("SELECT read FROM conversations WHERE writer = ?", [writer]).fetchone()
            before = database.opened_number(row[0], "how far a DM was read") if row is not None else None
            if row is None or (before is not None and before >= read):
                return
            sealed = database.sealer.seal(str(read))
            db.execute("UPDATE conversations SET read = ? WHERE writer = ?", [sealed, writer])
            heard = db.execute("SELECT message, id FROM heard WHERE writer = ?", [writer]).fetchall()
            for key, sealed_id in heard:
                number = database.opened_number(sealed_id, "the id of a message that was heard")
                if number is not None and number <= read:
                    db.execute("DELETE FROM heard WHERE message = ?", [key])
            turns.settled(db, writer, until)

        await self._writing(work)

    async def forget(self, writer: str) -> None:
        def work(_: SealedDatabase, db: Database) -> None:
            db.execute("DELETE FROM pieces WHERE essay IN (SELECT id FROM essays WHERE writer = ?)", [writer])
            db.execute("DELETE FROM conversations WHERE writer = ?", [writer])
            db.execute("DELETE FROM heard WHERE writer = ?", [writer])
            turns.forget(db, writer)

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


def _channel(database: SealedDatabase, row: Sequence[Any]) -> Channel | None:
    """A writer's channel; None where it is damaged. It is known again once they write there."""
    channel, read = (database.opened_number(sealed, f"the DM of {row[0][:8]}") for sealed in row[1:])
    return Channel(row[0], channel, read) if channel is not None and read is not None else None


def _unknown(db: Database, writer: str, essay: str) -> bool:
    return not db.execute("SELECT 1 FROM essays WHERE id = ? AND writer = ?", [essay, writer]).fetchone()
