"""Notes that are left out and whose words still stand in a text."""

from __future__ import annotations

from collections.abc import Sequence

from bot.essay.essay import Note
from bot.essay.reading import Reading
from bot.essay.words import count_words

# Fewer words together ("I was 43 then") stand in many texts by chance.
_TELLING_WORDS = 5


def standing(text: str, notes: Sequence[Note]) -> tuple[Note, ...]:
    """The notes that are left out and of which a sentence, or all of a short one, stands in the text word for word.

    White space and case do not count. A note that is not left out vouches for its own words, wherever they stand.
    """
    shown = _plain(text)
    vouched = " \n ".join(_plain(note.text) for note in notes if not note.left_out)
    return tuple(note for note in notes if note.left_out and any(_stands(one, shown, vouched) for one in _said(note)))


def _said(note: Note) -> list[str]:
    sentences = [_plain(sentence.span.of(note.text)) for sentence in Reading(note.text).sentences]
    return [one for one in sentences if count_words(one) >= _TELLING_WORDS] or [_plain(note.text)]


def _stands(sentence: str, shown: str, vouched: str) -> bool:
    return bool(sentence) and sentence in shown and sentence not in vouched


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
