"""Notes that are left out and whose words still stand in a text."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.essay.essay import Note
from bot.essay.text.reading import Reading
from bot.essay.text.scripts import LETTERS_PER_WORD, UNSPACED
from bot.essay.text.spans import Span
from bot.essay.text.words import shortened

# In words. Eight essays by different hands, held against each other, share one run of six words and 22 of four; so six
# in a row were hardly written twice by chance, and whoever changes every sixth word of a note writes it anew.
_RUN = 6.0
_SENTENCE = 4.0  # a sentence that short counts as a whole; "I was tired" stands in many texts
_QUOTED = 80  # characters, enough to find the place by
_TITLE = 2.0  # so much of a title, or of any text of less than a run, where all of it stands in the note
# A word, or a letter of a script that sets no spaces between words.
_TOKEN = re.compile(rf"{UNSPACED.pattern}|(?:(?!{UNSPACED.pattern})[^\W_])+")


@dataclass(frozen=True, slots=True)
class Standing:
    """A note that is left out, where the first of its words stand in the text, and what stands there, shortened."""

    note: Note
    span: Span
    words: str

    @property
    def told(self) -> str:
        """What a writer is told who leaves the note out."""
        return (
            f"Words of it still stand in the text: “{self.words}”. Edit them out; until then no model is "
            "given the text."
        )


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    folded: str

    @property
    def weight(self) -> float:
        """In words."""
        if len(self.folded) > 1 or self.folded.isascii():
            return 1.0
        return next((1 / math.ceil(count) for script, count in LETTERS_PER_WORD if script.match(self.folded)), 1.0)


_Run = tuple[str, ...]


def told(notes: Sequence[Note]) -> str:
    """How many of these notes are left out, in a sentence; "" where none is."""
    count = sum(note.left_out for note in notes)
    if not count:
        return ""
    if count == 1:
        return "1 note is left out: it stays stored, stands in no post, and no model sees it."
    return f"{count} notes are left out: they stay stored, stand in no post, and no model sees them."


def standing(text: str, notes: Sequence[Note]) -> tuple[Standing, ...]:
    """The notes that are left out and of which words stand in the text.

    Those are six words in a row, a shorter note, or a short sentence of one; of a text that is shorter than six words,
    such as a title, all of it. Case, accents, punctuation and line breaks do not count. A note that is not left out
    vouches for its own words, wherever they stand.
    """
    hidden = [note for note in notes if note.left_out]
    if not hidden:
        return ()
    words = _words(text)
    used = [_words(note.text) for note in notes if not note.left_out]
    vouched = {run for some in used for run, _, _ in _runs(some)}
    vouched_plain = "\n".join(map(_joined, used))
    runs = list(_runs(words))
    found = []
    for note in hidden:
        theirs = {run for run, _, _ in _runs(_words(note.text))} - vouched
        places = [(start, end) for run, start, end in runs if run in theirs]
        place = _first(places) if places else _first_whole(note, words, vouched_plain)
        if place is not None:
            span = Span(words[place[0]].start, words[place[1] - 1].end)
            found.append(Standing(note, span, shortened(" ".join(span.of(text).split()), _QUOTED)))
    return tuple(found)


def _words(text: str) -> list[_Word]:
    return [
        _Word(match.start(), match.end(), _folded(match.group()))
        for match in _TOKEN.finditer(text)
        if match.group()[0].isalnum()  # no vowel sign, and no point between names
    ]


def _folded(word: str) -> str:
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFKD", word)
    return "".join(char for char in plain if not unicodedata.combining(char)).casefold() or word


def _runs(words: Sequence[_Word]) -> Iterator[tuple[_Run, int, int]]:
    """Each shortest run of six words or more, with its half-open place among the words: equal words, equal runs."""
    end, weight = 0, 0.0
    for start in range(len(words)):
        while weight < _RUN:
            if end == len(words):
                return
            weight += words[end].weight
            end += 1
        yield tuple(word.folded for word in words[start:end]), start, end
        weight -= words[start].weight


def _whole(note: Note) -> Iterator[list[_Word]]:
    """What of a note counts as a whole though it is shorter than a run: the note itself, and its short sentences."""
    words = _words(note.text)
    if words and _weight(words) < _RUN:
        yield words
    for sentence in Reading(note.text).sentences:
        words = _words(sentence.span.of(note.text))
        if _SENTENCE <= _weight(words) < _RUN:
            yield words


def _weight(words: Sequence[_Word]) -> float:
    return sum(word.weight for word in words)


def _joined(words: Sequence[_Word]) -> str:
    return f" {' '.join(word.folded for word in words)} "


def _first_whole(note: Note, words: Sequence[_Word], vouched: str) -> tuple[int, int] | None:
    """Where something of the note stands that counts as a whole; all of the text, where that is what the note holds."""
    plain = _joined(words)
    for phrase in _whole(note):
        if _joined(phrase) in plain and _joined(phrase) not in vouched:
            return next(_places(phrase, words))
    short = _TITLE <= _weight(words) < _RUN
    return (0, len(words)) if short and plain in _joined(_words(note.text)) and plain not in vouched else None


def _places(phrase: Sequence[_Word], words: Sequence[_Word]) -> Iterator[tuple[int, int]]:
    wanted = [word.folded for word in phrase]
    for start in range(len(words) - len(wanted) + 1):
        if [word.folded for word in words[start : start + len(wanted)]] == wanted:
            yield start, start + len(wanted)


def _first(places: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The first stretch of places that overlap or touch."""
    start, end = places[0]
    for following, last in places[1:]:
        if following > end:
            break
        end = max(end, last)
    return start, end
