"""The writers' own texts, sealed."""

from __future__ import annotations

from datetime import datetime

from bot.essay.voice import VoiceSample
from bot.store.database import EncryptedDatabase
from bot.store.sealed_columns import VOICE_TEXT, new_revision


class SqlVoice:
    """The voice samples of one database. See VoiceStore for what each method promises."""

    def __init__(self, database: EncryptedDatabase) -> None:
        self._database = database
        self._db = database.db

    def add(self, writer: str, text: str, at: datetime) -> VoiceSample:
        query = "SELECT coalesce(max(number), 0) + 1 FROM voice_samples WHERE writer = ?"
        number = int(self._db.execute(query, [writer]).fetchone()[0])
        revision = new_revision()
        sealed = self._database.seal(VOICE_TEXT.place(writer, writer, number, revision=revision), text)
        self._db.execute(
            "INSERT INTO voice_samples (writer, number, text, revision, created) VALUES (?,?,?,?,?)",
            [writer, number, sealed, revision, at.isoformat()],
        )
        return VoiceSample(number, text)

    def of_writer(self, writer: str) -> tuple[VoiceSample, ...]:
        query = "SELECT number, text, revision FROM voice_samples WHERE writer = ? ORDER BY number"
        return tuple(self._sample(writer, *row) for row in self._db.execute(query, [writer]).fetchall())

    def delete(self, writer: str, number: int) -> None:
        self._db.execute("DELETE FROM voice_samples WHERE writer = ? AND number = ?", [writer, number])
        self._database.erase_after_commit()

    def _sample(self, writer: str, number: int, sealed: bytes, revision: int) -> VoiceSample:
        place = VOICE_TEXT.place(writer, writer, number, revision=revision)
        text = self._database.open_or_none(place, sealed, f"text {number} of a writer's own")
        return VoiceSample(number, text or "", is_damaged=text is None)
