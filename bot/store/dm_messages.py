"""The messages of each writer's DM, and how far each DM was read.

Discord's ids of messages and channels are encrypted, like all data from its API. A message is found by a keyed
pseudonym of its id, and sorted by the decrypted id.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.errors import UnknownEssay
from bot.essay.text.gaps import format_gap
from bot.services.dm_messages import DmChannel, DmContext, DmMessage
from bot.store.database import EncryptedDatabase, parse_time
from bot.store.sealed_columns import DM_CHANNEL, DM_LAST_READ, DM_MESSAGE_ID, DM_MESSAGE_TEXT, new_revision

_OF_CHANNEL = (DM_CHANNEL, DM_LAST_READ)
_DAMAGED_MESSAGE = format_gap("a message that was damaged and cannot be read")  # the writer sees what is missing
_LAST_MESSAGE_ID = 2**63  # sorts a message with a damaged id after all others
_RECENT = 100  # how many rows are searched for the message that follows another
_MESSAGE = "SELECT m.message, m.id, m.essay, m.question, m.note, m.text, m.writer, m.revision FROM dm_messages m"
_CHANNEL = (
    "SELECT writer, channel, last_read, revision FROM dm_channels WHERE channel IS NOT NULL AND last_read IS NOT NULL"
)


class SqlDmMessages:
    """The DM messages of one database. See DmMessageStore for what each method promises."""

    def __init__(self, database: EncryptedDatabase) -> None:
        self._database = database
        self._db = database.db
        self._seal = database.seal

    def get(self, writer: str, message: int) -> DmMessage | None:
        query = f"{_MESSAGE} WHERE m.message = ? AND m.part = 0 AND m.writer = ?"
        row = self._db.execute(query, [self._key(message), writer]).fetchone()
        return self._read_message(row) if row is not None else None

    def add(
        self, writer: str, message: int, essay: str | None, question: int | None, text: str, *, part: int = 0
    ) -> None:
        if essay is not None:
            self._check_owner(writer, essay)
        key, revision, sealed = self._key(message), new_revision(), None
        if essay is not None:
            sealed = self._seal(DM_MESSAGE_TEXT.place(writer, key, part, revision=revision), text)
        sealed_id = self._seal(DM_MESSAGE_ID.place(writer, key, part), str(message))
        self._db.execute(
            "INSERT INTO dm_messages (message, part, id, writer, essay, question, text, revision)"
            " VALUES (?,?,?,?,?,?,?,?)",
            [key, part, sealed_id, writer, essay, question, sealed, revision],
        )

    def has_part(self, writer: str, message: int, part: int) -> bool:
        query = "SELECT 1 FROM dm_messages WHERE message = ? AND part = ? AND writer = ?"
        return self._db.execute(query, [self._key(message), part, writer]).fetchone() is not None

    def set_text(self, writer: str, message: int, text: str) -> None:
        key, revision = self._key(message), new_revision()
        sealed = self._seal(DM_MESSAGE_TEXT.place(writer, key, 0, revision=revision), text)
        which = "message = ? AND part = 0 AND writer = ? AND essay IS NOT NULL"
        query = f"UPDATE dm_messages SET text = ?, revision = ? WHERE {which}"  # noqa: S608 - from the line above
        self._db.execute(query, [sealed, revision, key, writer])

    def waiting(self, writer: str, essay: str) -> tuple[DmMessage, ...]:
        self._check_owner(writer, essay)
        return self._in_order(f"{_MESSAGE} WHERE m.essay = ? AND m.note IS NULL AND m.part = 0", [essay])

    def of_note(self, writer: str, essay: str, note: int) -> tuple[DmMessage, ...]:
        self._check_owner(writer, essay)
        return self._in_order(f"{_MESSAGE} WHERE m.essay = ? AND m.note = ? AND m.part = 0", [essay, note])

    def following(self, writer: str, message: int) -> DmMessage | None:
        query = f"{_MESSAGE} WHERE m.writer = ? AND m.part = 0 AND m.essay IS NOT NULL ORDER BY m.rowid DESC LIMIT ?"
        later = (one for one in self._in_order(query, [writer, _RECENT]) if one.id > message)
        return next(later, None)

    def has_messages(self, writer: str, essay: str) -> bool:
        self._check_owner(writer, essay)
        return self._db.execute("SELECT 1 FROM dm_messages WHERE essay = ?", [essay]).fetchone() is not None

    def make_note(self, writer: str, essay: str, messages: Sequence[DmMessage], note: int) -> None:
        self._check_owner(writer, essay)
        for message in messages:
            query = "UPDATE dm_messages SET note = ? WHERE message = ? AND part = 0 AND essay = ?"
            self._db.execute(query, [note, message.key, essay])
        query = "UPDATE notes SET text = NULL, revision = ? WHERE essay = ? AND number = ?"
        self._db.execute(query, [new_revision(), essay, note])

    def is_view(self, writer: str, essay: str, note: int) -> bool:
        self._check_owner(writer, essay)
        query = "SELECT 1 FROM notes WHERE essay = ? AND number = ? AND text IS NULL"
        return self._db.execute(query, [essay, note]).fetchone() is not None

    def note_answering(self, writer: str, essay: str, question: int) -> int | None:
        self._check_owner(writer, essay)
        found: int | None = self._db.execute(
            "SELECT max(m.note) FROM dm_messages m JOIN notes n ON n.essay = m.essay AND n.number = m.note"
            " WHERE m.essay = ? AND m.question = ? AND m.part = 0 AND n.text IS NULL",
            [essay, question],
        ).fetchone()[0]
        return found

    def was_asked_by(self, writer: str, essay: str, question: int, at: datetime) -> bool:
        self._check_owner(writer, essay)
        query = "SELECT 1 FROM questions WHERE essay = ? AND number = ? AND created <= ?"
        return self._db.execute(query, [essay, question, at.isoformat()]).fetchone() is not None

    def delete_messages_of_note(self, writer: str, essay: str, note: int) -> None:
        self._check_owner(writer, essay)
        self._forget("essay = ? AND note = ? AND part = 0", [essay, note])

    def record_essay_deletion(self, writer: str, essay: str, at: datetime) -> None:
        self._check_owner(writer, essay)
        self._forget("essay = ?", [essay])
        self._db.execute("UPDATE dm_channels SET deleted = ? WHERE writer = ?", [at.isoformat(), writer])

    def last_essay_deletion(self, writer: str) -> datetime | None:
        row = self._db.execute("SELECT deleted FROM dm_channels WHERE writer = ?", [writer]).fetchone()
        return parse_time(row[0]) if row is not None and row[0] is not None else None

    def context(self, writer: str) -> DmContext | None:
        query = "SELECT essay, question FROM dm_channels WHERE writer = ? AND essay IS NOT NULL"
        row = self._db.execute(query, [writer]).fetchone()
        return DmContext(*row) if row is not None else None

    def set_context(self, writer: str, essay: str, question: int | None) -> None:
        self._check_owner(writer, essay)
        self._db.execute(
            "INSERT INTO dm_channels (writer, essay, question) VALUES (?1, ?2, ?3)"
            " ON CONFLICT (writer) DO UPDATE SET essay = ?2, question = ?3",
            [writer, essay, question],
        )

    def channels(self) -> tuple[DmChannel, ...]:
        found = [self._read_channel(row) for row in self._db.execute(f"{_CHANNEL} ORDER BY rowid").fetchall()]
        return tuple(channel for channel in found if channel is not None)

    def channel(self, writer: str) -> DmChannel | None:
        row = self._db.execute(f"{_CHANNEL} AND writer = ?", [writer]).fetchone()
        return self._read_channel(row) if row is not None else None

    def add_channel(self, channel: DmChannel) -> bool:
        if self.channel(channel.writer) is not None:
            return False
        revision = new_revision()
        where, read = (column.place(channel.writer, channel.writer, revision=revision) for column in _OF_CHANNEL)
        self._db.execute(
            "INSERT INTO dm_channels (writer, channel, last_read, revision) VALUES (?1, ?2, ?3, ?4)"
            " ON CONFLICT (writer) DO UPDATE SET channel = ?2, last_read = ?3, revision = ?4",
            [channel.writer, self._seal(where, str(channel.id)), self._seal(read, str(channel.last_read)), revision],
        )
        return True

    def set_last_read(self, writer: str, message: int) -> None:
        row = self._db.execute(f"{_CHANNEL} AND writer = ?", [writer]).fetchone()
        if row is None:
            return
        channel, before = self._open_channel(row)
        if before is not None and before >= message:
            return
        revision = new_revision()
        where, read = (column.place(writer, writer, revision=revision) for column in _OF_CHANNEL)
        # Both are bound to the revision. A channel that is damaged stays so until the writer's next message tells it.
        values = [self._seal(where, str(channel)) if channel is not None else row[1], self._seal(read, str(message))]
        query = "UPDATE dm_channels SET channel = ?, last_read = ?, revision = ? WHERE writer = ?"
        self._db.execute(query, [*values, revision, writer])
        query = "SELECT rowid, message, part, id FROM dm_messages WHERE writer = ? AND essay IS NULL"
        for row_id, key, part, sealed_id in self._db.execute(query, [writer]).fetchall():
            place = DM_MESSAGE_ID.place(writer, key, part)
            number = self._database.open_int_or_none(place, sealed_id, "the id of a message")
            if number is not None and number <= message:
                self._db.execute("DELETE FROM dm_messages WHERE rowid = ?", [row_id])

    def _forget(self, which: str, values: Sequence[Any]) -> None:
        """Remove the words of messages. Their rows stay for as long as the messages may be read again."""
        nothing = "essay = NULL, question = NULL, note = NULL, text = NULL, revision = ?"
        query = f"UPDATE dm_messages SET {nothing} WHERE {which}"  # noqa: S608 - made of what stands in this file
        self._db.execute(query, [new_revision(), *values])
        self._database.erase_after_commit()

    def _check_owner(self, writer: str, essay: str) -> None:
        if not self._db.execute("SELECT 1 FROM essays WHERE id = ? AND writer = ?", [essay, writer]).fetchone():
            raise UnknownEssay(essay)

    def _key(self, message: int) -> str:
        """Return a message's pseudonym: HMAC-SHA256 over its id, the first 128 bits in hexadecimal."""
        secret = self._database.pseudonym_secret
        return hmac.new(secret, f"discord-message:{message}".encode(), hashlib.sha256).hexdigest()[:32]

    def _in_order(self, query: str, values: Sequence[Any]) -> tuple[DmMessage, ...]:
        found = (self._read_message(row) for row in self._db.execute(query, values).fetchall())
        return tuple(sorted(found, key=lambda message: message.id))

    def _read_message(self, row: Sequence[Any]) -> DmMessage:
        return _read_message(self._database, row)

    def _read_channel(self, row: Sequence[Any]) -> DmChannel | None:
        """Return a writer's DM from its row; None if it is damaged, until they write there again."""
        channel, read = self._open_channel(row)
        return DmChannel(row[0], channel, read) if channel is not None and read is not None else None

    def _open_channel(self, row: Sequence[Any]) -> tuple[int | None, int | None]:
        """Return the channel's id and how far it was read; None for what is damaged."""
        writer, channel, read, revision = row
        what, places = f"the DM of {writer[:8]}", [c.place(writer, writer, revision=revision) for c in _OF_CHANNEL]
        return (
            self._database.open_int_or_none(places[0], channel, what),
            self._database.open_int_or_none(places[1], read, what),
        )


def messages_of_notes(database: EncryptedDatabase, essay: str, note: int | None = None) -> dict[int, list[DmMessage]]:
    """Return the messages, in the order of their ids, of each note that is a view over them, or of this ``note``."""
    rows = database.db.execute(
        f"{_MESSAGE} JOIN notes n ON n.essay = m.essay AND n.number = m.note"
        " WHERE m.essay = ?1 AND m.part = 0 AND n.text IS NULL AND (CAST(?2 AS BIGINT) IS NULL OR m.note = ?2)",
        [essay, note],
    ).fetchall()
    found: dict[int, list[DmMessage]] = {}
    for message in sorted((_read_message(database, row) for row in rows), key=lambda message: message.id):
        found.setdefault(message.note or 0, []).append(message)
    return found


def _read_message(database: EncryptedDatabase, row: Sequence[Any]) -> DmMessage:
    key, sealed, essay, question, note, words, writer, revision = row
    what = f"a message of essay {essay}"
    number = database.open_int_or_none(DM_MESSAGE_ID.place(writer, key, 0), sealed, what)
    text: str | None = ""
    if words is not None:
        text = database.open_or_none(DM_MESSAGE_TEXT.place(writer, key, 0, revision=revision), words, what)
    return DmMessage(
        key,
        _LAST_MESSAGE_ID if number is None else number,
        essay,
        question,
        note,
        _DAMAGED_MESSAGE if text is None else text,
        damaged=text is None,
    )
