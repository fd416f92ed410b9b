"""The writers' own texts in SQLite, sealed."""

from __future__ import annotations

from datetime import datetime

from bot.essay.voice import VoiceSample
from bot.store.database import EncryptedDatabase


class SqliteVoice:
    """The voice samples of one database. See VoiceStore for what each method promises."""

    def __init__(self, database: EncryptedDatabase) -> None:
        self._database = database
        self._db = database.db

    def add(self, writer: str, text: str, at: datetime) -> VoiceSample:
        query = "SELECT coalesce(max(number), 0) + 1 FROM voice_samples WHERE writer = ?"
        number = int(self._db.execute(query, [writer]).fetchone()[0])
        self._db.execute(
            "INSERT INTO voice_samples (writer, number, text, created) VALUES (?,?,?,?)",
            [writer, number, self._database.cipher.encrypt(text), at.isoformat()],
        )
        return VoiceSample(number, text)

    def of_writer(self, writer: str) -> tuple[VoiceSample, ...]:
        query = "SELECT number, text FROM voice_samples WHERE writer = ? ORDER BY number"
        return tuple(self._sample(*row) for row in self._db.execute(query, [writer]).fetchall())

    def delete(self, writer: str, number: int) -> None:
        self._db.execute("DELETE FROM voice_samples WHERE writer = ? AND number = ?", [writer, number])
        self._database.truncate_log_after_commit()

    def _sample(self, number: int, sealed: bytes) -> VoiceSample:
        text = self._database.decrypt_or_none(sealed, f"text {number} of a writer's own")
        return VoiceSample(number, text or "", is_damaged=text is None)
