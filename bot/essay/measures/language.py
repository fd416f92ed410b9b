"""Whether a text is English enough for measures that look for English words."""

from __future__ import annotations

import re

from bot.essay.text.languages import language, script_of
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
# Fewer words tell nothing: a list of jobs in English has no such word in a dozen, nor has it in any other language.
_FEWEST = 60
_CHARACTERS = 20_000
_NAMES = {"fr": "French", "de": "German", "es": "Spanish", "pt": "Portuguese", "it": "Italian", "nl": "Dutch"}


def other_language(reading: Reading) -> str | None:
    """None for English prose and for what is too short to tell; else what to say of the language, after a clause.

    Where the language is known it is named: ", and the text is in German". Looks at 2,000 words.
    """
    sample = reading.prose[:_CHARACTERS]
    if (script := script_of(sample)) is not None:
        return f", and the text is in {script}"
    words = [word.strip(".,;:!?\"“”()'’—").lower().replace("’", "'") for word in sample.split(None, _SAMPLE)[:_SAMPLE]]
    words = [word for word in words if re.search(r"\w", word)]
    share = sum(word in _STOP_WORDS for word in words) / len(words) if words else 0.0
    if share >= _ENOUGH:
        return None
    name = _NAMES.get(language(sample))
    if name is not None and len(words) >= _FEWEST_NAMED:
        return f", and the text is in {name}"
    return ", and few stand here" if len(words) >= _FEWEST and language(sample) != "en" else None


_FEWEST_NAMED = 20
