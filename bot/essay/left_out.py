"""What is private: how it is told of, and where its words still stand in a text."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.essay.essay import Note
from bot.essay.measures.base import counted
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
    """A note with a private passage, where its first words stand in the text, and what stands there, shortened."""

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
    """How many of these notes are left out, and how many passages of others, in a sentence; "" where none is."""
    whole = sum(note.is_private and not note.damaged for note in notes)
    parts = private_count([note for note in notes if not note.is_private])
    said = [counted(count, what) for count, what in ((whole, "note"), (parts, "passage")) if count]
    if not said:
        return ""
    if whole + parts == 1:
        return f"{said[0]} is left out: it stays stored, stands in no post, and no model sees it."
    return f"{' and '.join(said)} are left out: they stay stored, stand in no post, and no model sees them."


def private_count(notes: Sequence[Note]) -> int:
    """How many private passages these notes hold; one that is left out whole counts as one."""
    return sum(len(note.private) for note in notes)


def state_of(note: Note) -> str:
    """What of a note is private, in a word or two; "" where nothing is."""
    if note.is_private:
        return "left out" if note.left_out else "private"
    return f"{counted(len(note.private), 'passage')} private" if note.private else ""


def standing(text: str, notes: Sequence[Note]) -> tuple[Standing, ...]:
    """The notes with private passages of which words stand in the text.

    Those are six words in a row, a shorter passage, or a short sentence of one; of a text that is shorter than six
    words, such as a title, all of it. Case, accents, punctuation and line breaks do not count. What is not private
    vouches for its own words, wherever they stand.
    """
    hidden = [(note, passage) for note in notes for passage in note.private]
    if not hidden:
        return ()
    words = _words(text)
    used = [_words(note.public) for note in notes if not note.is_private]
    vouched = {run for some in used for run, _, _ in _runs(some)}
    vouched_plain = "\n".join(map(_joined, used))
    runs = list(_runs(words))
    found: list[Standing] = []
    for note, passage in hidden:
        if found and found[-1].note is note:
            continue
        theirs = {run for run, _, _ in _runs(_words(passage))} - vouched
        places = [(start, end) for run, start, end in runs if run in theirs]
        place = _first(places) if places else _first_whole(passage, words, vouched_plain)
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


def _whole(passage: str) -> Iterator[list[_Word]]:
    """What of a passage counts as a whole though it is shorter than a run: all of it, and its short sentences."""
    words = _words(passage)
    if words and _weight(words) < _RUN:
        yield words
    for sentence in Reading(passage).sentences:
        words = _words(sentence.span.of(passage))
        if _SENTENCE <= _weight(words) < _RUN:
            yield words


def _weight(words: Sequence[_Word]) -> float:
    return sum(word.weight for word in words)


def _joined(words: Sequence[_Word]) -> str:
    return f" {' '.join(word.folded for word in words)} "


def _first_whole(passage: str, words: Sequence[_Word], vouched: str) -> tuple[int, int] | None:
    """Where something of the passage stands that counts as a whole; all of the text, where the passage holds it."""
    plain = _joined(words)
    for phrase in _whole(passage):
        if _joined(phrase) in plain and _joined(phrase) not in vouched:
            return next(_places(phrase, words))
    short = _TITLE <= _weight(words) < _RUN
    return (0, len(words)) if short and plain in _joined(_words(passage)) and plain not in vouched else None


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
