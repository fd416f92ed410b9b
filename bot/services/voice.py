"""A writer's own texts that show a model how they write: add, list and delete them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from bot.errors import InvalidInput
from bot.essay.limits import StorageIncrease, stored_bytes
from bot.essay.text.markdown_import import describe_removed, import_markdown
from bot.essay.text.privacy_marks import has_words_besides_marks, trim_blank_lines
from bot.essay.voice import MAX_SAMPLE_CHARACTERS, MAX_VOICE_SAMPLES, VoiceSample
from bot.services.essays import EssayService
from bot.services.offload import parse_in_worker
from bot.services.store_ports import Clock, Store, Transaction

VOICE_PROMISE = (
    "They show a model how you write: it takes their manner, and no fact of theirs. A passage marked [private] stays "
    "stored, and no model sees it."
)


@dataclass(frozen=True, slots=True)
class AddedSample:
    """A sample as it was stored; ``notice`` says what was left out of the text."""

    sample: VoiceSample
    notice: str | None = None


class VoiceService:
    """Keep a writer's samples, at most MAX_VOICE_SAMPLES. Every step is stored before it returns."""

    def __init__(self, essays: EssayService, store: Store, clock: Clock) -> None:
        self._essays = essays
        self._store = store
        self._clock = clock

    async def samples(self, writer: str) -> tuple[VoiceSample, ...]:
        """Return the writer's samples, in the order they were added."""
        return await self._store.read(lambda tx: tx.voice.of_writer(writer))

    async def add(self, writer: str, text: str) -> AddedSample:
        """Store a sample; the same text twice is stored once.

        Raise InvalidInput for a text without words or of more than MAX_SAMPLE_CHARACTERS, or where there are as many
        samples as there may be; LimitExceeded.
        """
        page = await parse_in_worker(writer, len(text), import_markdown, self._essays.validate_page("The text", text))
        kept = trim_blank_lines(page.text)
        if not has_words_besides_marks(kept):
            raise InvalidInput("There are no words in it: give a text that you have written. Nothing was stored.")
        if len(kept) > MAX_SAMPLE_CHARACTERS:
            raise InvalidInput(
                f"The text has {len(kept):,} characters, and {MAX_SAMPLE_CHARACTERS:,} are enough to hear how you "
                "write: hand in the part that sounds most like you. Nothing was stored."
            )
        at = self._clock()

        def step(tx: Transaction) -> VoiceSample:
            present = tx.voice.of_writer(writer)
            if same := next((one for one in present if one.text == kept), None):  # the second of two clicks
                return same
            if len(present) >= MAX_VOICE_SAMPLES:
                raise InvalidInput(
                    f"There are {MAX_VOICE_SAMPLES} texts of yours already: delete one first. Nothing was stored."
                )
            tx.quota.check_and_record(writer, None, StorageIncrease(stored_bytes(kept)), at)
            return tx.voice.add(writer, kept, at)

        return AddedSample(await self._store.write(writer, step), describe_removed(page.removed, "text"))

    async def delete(self, writer: str, number: int, *, seen: str | None = None) -> VoiceSample:
        """Delete a sample for good and return it; ``seen`` is the fingerprint of the one that is meant.

        Raise InvalidInput if there is none of this number, or another by now.
        """

        def step(tx: Transaction) -> VoiceSample:
            for sample in tx.voice.of_writer(writer):
                if sample.number == number and seen in (None, sample_fingerprint(sample)):
                    tx.voice.delete(writer, number)
                    return sample
            raise InvalidInput(f"There is no text {number} among yours any more. Nothing was deleted.")

        return await self._store.write(writer, step)


def sample_fingerprint(sample: VoiceSample) -> str:
    """Return 48 bits in hexadecimal that stand for a sample's text, as in a button."""
    return hashlib.sha256(sample.text.encode()).hexdigest()[:12]
