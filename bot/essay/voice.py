"""A writer's own texts, given as examples of how they write: manner for the drafter, and never a source."""

from __future__ import annotations

from dataclasses import dataclass

from bot.essay.text.privacy_marks import public_text
from bot.essay.text.words import count_noun, count_words, truncate

MAX_VOICE_SAMPLES = 3
MAX_SAMPLE_CHARACTERS = 20_000  # a long post; more of it would not be sent anyway
# How much of each sample a model is sent: some 650 words. Three cost about 3,000 tokens, once in five minutes.
EXCERPT_CHARACTERS = 4_000
_NAME_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class VoiceSample:
    """A text of the writer's own, as it was handed in, private marks included; a damaged one has no text."""

    number: int
    text: str
    is_damaged: bool = False

    @property
    def name(self) -> str:
        """The first words of the text, on one line."""
        if self.is_damaged:
            return "(damaged: it cannot be read)"
        line = next((line for line in self.text.splitlines() if count_words(line)), "")
        return truncate(" ".join(line.lstrip("# ").split()), _NAME_CHARACTERS)

    @property
    def excerpt(self) -> str:
        """What a model is sent of it: the beginning, without private passages, up to the end of a sentence."""
        text = public_text(self.text)
        if len(text) <= EXCERPT_CHARACTERS:
            return text
        cut = text[:EXCERPT_CHARACTERS]
        end = max(cut.rfind("\n\n"), *(cut.rfind(sign) + 1 for sign in (". ", "? ", ".\n", "。")))
        return cut[:end].rstrip() if end > EXCERPT_CHARACTERS // 2 else truncate(text, EXCERPT_CHARACTERS)


def describe_sample(sample: VoiceSample) -> str:
    """Say how long a sample is, and how much of it a model is sent."""
    if sample.is_damaged:
        return "no model sees it"
    words, sent = count_words(sample.text), count_words(sample.excerpt)
    if not sent:
        return f"{count_noun(words, 'word')}, all private: no model sees it"
    said = count_noun(words, "word")
    return said if sent == words else f"{said}; a model is sent {sent:,} of them"
