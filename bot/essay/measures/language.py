"""Whether a text is English enough for measures that look for English words."""

from __future__ import annotations

from bot.essay.text.reading import Reading
from bot.essay.text.words import word_set

# The commonest words of English that are no common words of its neighbours ("die", "was" and "in" are German).
_STOP_WORDS = word_set(
    "the and of to that my it for with on but not you this have had be at from are were they what which when who there"
    " would about because how is as we she his her their them then than i it's i'm don't didn't"
)
# In English prose these make up more than a third of the words, in other languages under a twentieth.
_ENOUGH = 0.15
_SAMPLE = 2000


def is_english(reading: Reading) -> bool:
    """True for English prose. Fewer than twenty words decide nothing and count as English. Looks at 2,000 words."""
    words = [
        word.strip(".,;:!?\"“”()'’—").lower().replace("’", "'") for word in reading.prose.split(None, _SAMPLE)[:_SAMPLE]
    ]
    words = [word for word in words if word]
    return len(words) < 20 or sum(word in _STOP_WORDS for word in words) / len(words) >= _ENOUGH
