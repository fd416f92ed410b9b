"""The texts that were shared in Discord, and what was said about them, sealed."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from bot.services.sharing import Feedback, FeedbackKind, Share, ShareState
from bot.store.database import EncryptedDatabase, parse_enum, parse_time
from bot.store.sealed_columns import FEEDBACK_MESSAGE, FEEDBACK_TEXT, SHARE_PLACE, new_revision

_SHARE = "SELECT number, version, state, place, revision, created FROM shares"
_FEEDBACK = "SELECT number, share, kind, text, message, revision, created FROM feedback"


class SqlSharing:
    """The shares of one database. See SharingStore for what each method promises."""

    def __init__(self, database: EncryptedDatabase) -> None:
        self._database = database
        self._db = database.db

    def owner(self, essay: str) -> str | None:
        row = self._db.execute("SELECT writer FROM essays WHERE id = ?", [essay]).fetchone()
        return str(row[0]) if row else None

    def has_any(self, essay: str) -> bool:
        return self._db.execute("SELECT 1 FROM shares WHERE essay = ? LIMIT 1", [essay]).fetchone() is not None

    def of_essay(self, writer: str, essay: str) -> tuple[Share, ...]:
        rows = self._db.execute(f"{_SHARE} WHERE essay = ? ORDER BY number", [essay]).fetchall()
        return tuple(self._share(writer, essay, *row) for row in rows)

    def standing(self, writer: str) -> tuple[tuple[str, Share], ...]:
        query = (
            "SELECT DISTINCT essay FROM shares JOIN essays ON essays.id = essay WHERE writer = ? AND state <> ?"
            " ORDER BY essay"
        )
        essays = self._db.execute(query, [writer, ShareState.CLOSED.value]).fetchall()
        return tuple(
            (essay, share)
            for (essay,) in essays
            for share in self.of_essay(writer, essay)
            if share.state is not ShareState.CLOSED
        )

    def add(self, writer: str, essay: str, share: Share) -> None:
        place, revision = self._sealed_place(writer, essay, share)
        self._db.execute(
            "INSERT INTO shares (essay, number, version, state, place, revision, created) VALUES (?,?,?,?,?,?,?)",
            [essay, share.number, share.version, share.state.value, place, revision, share.created.isoformat()],
        )

    def change(self, writer: str, essay: str, share: Share) -> bool:
        place, revision = self._sealed_place(writer, essay, share)
        changed = self._db.execute(
            "UPDATE shares SET state = ?, place = ?, revision = ? WHERE essay = ? AND number = ?",
            [share.state.value, place, revision, essay, share.number],
        )
        return changed.rowcount > 0

    def delete(self, writer: str, essay: str, number: int) -> None:
        self._db.execute("DELETE FROM shares WHERE essay = ? AND number = ?", [essay, number])
        self._database.erase_after_commit()

    def feedback(self, writer: str, essay: str) -> tuple[Feedback, ...]:
        rows = self._db.execute(f"{_FEEDBACK} WHERE essay = ?", [essay]).fetchall()
        found = (self._feedback(writer, essay, *row) for row in rows)
        return tuple(sorted(found, key=lambda one: (one.created, one.message or 0, one.number)))

    def add_feedback(self, writer: str, essay: str, item: Feedback) -> int:
        query = "SELECT coalesce(max(number), 0) + 1 FROM feedback WHERE essay = ?"
        number = int(self._db.execute(query, [essay]).fetchone()[0])
        text, message, revision = self._sealed_feedback(writer, essay, number, item)
        self._db.execute(
            "INSERT INTO feedback (essay, number, share, kind, text, message, revision, created)"
            " VALUES (?,?,?,?,?,?,?,?)",
            [essay, number, item.share, item.kind.value, text, message, revision, item.created.isoformat()],
        )
        return number

    def change_feedback(self, writer: str, essay: str, item: Feedback) -> None:
        text, message, revision = self._sealed_feedback(writer, essay, item.number, item)
        self._db.execute(
            "UPDATE feedback SET text = ?, message = ?, revision = ? WHERE essay = ? AND number = ?",
            [text, message, revision, essay, item.number],
        )
        self._database.erase_after_commit()

    def delete_feedback(self, writer: str, essay: str, numbers: Collection[int]) -> None:
        for number in numbers:
            self._db.execute("DELETE FROM feedback WHERE essay = ? AND number = ?", [essay, number])
        if numbers:
            self._database.erase_after_commit()

    def _sealed_place(self, writer: str, essay: str, share: Share) -> tuple[bytes, int]:
        revision = new_revision()
        text = json.dumps({"channel": share.channel, "thread": share.thread, "heading": share.heading})
        return self._database.seal(SHARE_PLACE.place(writer, essay, share.number, revision=revision), text), revision

    def _share(
        self, writer: str, essay: str, number: int, version: int, state: str, sealed: bytes, revision: int, created: str
    ) -> Share:
        place = SHARE_PLACE.place(writer, essay, number, revision=revision)
        text = self._database.open_or_none(place, sealed, f"where a text of essay {essay[:4]} was shared")
        found: dict[str, Any] = json.loads(text) if text is not None else {}
        return Share(
            number,
            version,
            parse_enum(ShareState, state, ShareState.CLOSED),
            found.get("channel"),
            found.get("thread"),
            found.get("heading"),
            parse_time(created),
        )

    def _sealed_feedback(self, writer: str, essay: str, number: int, item: Feedback) -> tuple[bytes, bytes | None, int]:
        revision = new_revision()
        text = self._database.seal(FEEDBACK_TEXT.place(writer, essay, number, revision=revision), item.text or "")
        if item.message is None:
            return text, None, revision
        place = FEEDBACK_MESSAGE.place(writer, essay, number, revision=revision)
        return text, self._database.seal(place, str(item.message)), revision

    def _feedback(
        self,
        writer: str,
        essay: str,
        number: int,
        share: int,
        kind: str,
        text: bytes,
        message: bytes | None,
        revision: int,
        created: str,
    ) -> Feedback:
        what = f"what was said about essay {essay[:4]}"
        opened = self._database.open_or_none(FEEDBACK_TEXT.place(writer, essay, number, revision=revision), text, what)
        sent = None
        if message is not None:
            place = FEEDBACK_MESSAGE.place(writer, essay, number, revision=revision)
            sent = self._database.open_int_or_none(place, message, what)
        return Feedback(
            number, share, parse_enum(FeedbackKind, kind, FeedbackKind.READER), opened, sent, parse_time(created)
        )
