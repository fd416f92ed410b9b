"""What a look for claims cannot see in a text, by its language and its script; and the sentence that tells it."""

from __future__ import annotations

import unicodedata
from enum import Enum
from functools import lru_cache

from bot.essay.text.languages import language

_ALL_FOUND = (
    "Every number, date, name and quotation found in the text stands in the notes; "
    "what a number counts is not compared."
)


class BlindSpot(Enum):
    """Something that a text may claim and no look for claims finds. The value is what a person is told."""

    NUMBERS = "numbers, months and weekdays in words"
    NAMES = "most names in a script without capitals"
    FIRST_WORDS = "a name of one word that only ever begins sentences"
    NOUNS = "a name that looks like a German noun, or stands behind “der”, “die” or “das”"


@lru_cache(maxsize=512)  # a panel asks at each turn of a page; as many as have their claims remembered
def blind_spots(text: str) -> tuple[BlindSpot, ...]:
    """The blind spots of a text, the widest first; none in an English one."""
    spoken = language(text)
    found = []
    if any(map(_has_no_case, set(text))):
        found.append(BlindSpot.NAMES)
    if spoken == "other":
        found.append(BlindSpot.NUMBERS)
    if spoken == "de":
        found.append(BlindSpot.NOUNS)
    if spoken != "en" and any(char.isupper() for char in text):
        found.append(BlindSpot.FIRST_WORDS)
    return tuple(found)


def unseen(text: str) -> str:
    """A sentence that names what cannot be seen in this text; "" where there is nothing to say."""
    spots = "; ".join(spot.value for spot in blind_spots(text))
    return f"Not seen in this text, so look for it yourself: {spots}." if spots else ""


def assurance(text: str) -> str:
    """What can be said of a text in which no claim without support was found, and no more than that."""
    return f"{_ALL_FOUND} {unseen(text)}".rstrip()


def _has_no_case(char: str) -> bool:
    """Whether a letter is of a script that has no capitals, or, as in Georgian, puts none into a sentence."""
    if char in "ªº" or unicodedata.category(char) not in ("Lo", "Ll"):
        return False
    return not char.isupper() and char.title() == char and not unicodedata.name(char, "").startswith("LATIN")
