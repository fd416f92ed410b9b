"""Say what of the notes is private, and find where their words still stand in a text."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.essay.essay import Note
from bot.essay.text.parsed_text import ParsedText
from bot.essay.text.spans import Span
from bot.essay.text.words import LETTERS_PER_WORD, UNSPACED_LETTER, count_noun, truncate

# In words. Eight essays by different hands, held against each other, share one run of six words and 22 of four; so six
# in a row were hardly written twice by chance, and whoever changes every sixth word of a note writes it anew.
_RUN_WORDS = 6.0
_SENTENCE_WORDS = 4.0  # a sentence that short counts as a whole; "I was tired" stands in many texts
_EXCERPT_CHARACTERS = 80  # characters, enough to find the place by
_TITLE_WORDS = 2.0  # so much of a title, or of any text of less than a run, where all of it stands in the note
# A word, or a letter of a script that sets no spaces between words.
_TOKEN = re.compile(rf"{UNSPACED_LETTER.pattern}|(?:(?!{UNSPACED_LETTER.pattern})[^\W_])+")


@dataclass(frozen=True, slots=True)
class LeakedPassage:
    """A note with a private passage, where its first words stand in the text, and what stands there, shortened."""

    note: Note
    span: Span
    words: str

    @property
    def message(self) -> str:
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
    def word_equivalent(self) -> float:
        """In words."""
        if len(self.folded) > 1 or self.folded.isascii():
            return 1.0
        return next((1 / math.ceil(count) for script, count in LETTERS_PER_WORD if script.match(self.folded)), 1.0)


_WordRun = tuple[str, ...]


def describe_private(notes: Sequence[Note]) -> str:
    """How many of these notes are left out, and how many passages of others, in a sentence; "" where none is."""
    whole = sum(note.is_private and not note.is_damaged for note in notes)
    parts = count_private_passages([note for note in notes if not note.is_private])
    said = [count_noun(count, what) for count, what in ((whole, "note"), (parts, "passage")) if count]
    if not said:
        return ""
    if whole + parts == 1:
        return f"{said[0]} is left out: it stays stored, stands in no post, and no model sees it."
    return f"{' and '.join(said)} are left out: they stay stored, stand in no post, and no model sees them."


def count_private_passages(notes: Sequence[Note]) -> int:
    """How many private passages these notes hold; one that is left out whole counts as one."""
    return sum(len(note.private_passages) for note in notes)


def describe_privacy(note: Note) -> str:
    """What of a note is private, in a word or two; "" where nothing is."""
    if note.is_private:
        return "left out" if note.is_excluded else "private"
    return f"{count_noun(len(note.private_passages), 'passage')} private" if note.private_passages else ""


def find_leaks(text: str, notes: Sequence[Note]) -> tuple[LeakedPassage, ...]:
    """The notes with private passages of which words stand in the text.

    Those are six words in a row, a shorter passage, or a short sentence of one; of a text that is shorter than six
    words, such as a title, all of it. Case, accents, punctuation and line breaks do not count. What is not private
    vouches for its own words, wherever they stand.
    """
    hidden = [(note, passage) for note in notes for passage in note.private_passages]
    if not hidden:
        return ()
    words = _split_words(text)
    used = [_split_words(note.public_text) for note in notes if not note.is_private]
    vouched = {run for some in used for run, _, _ in _word_runs(some)}
    vouched_plain = "\n".join(map(_join_words, used))
    runs = list(_word_runs(words))
    found: list[LeakedPassage] = []
    for note, passage in hidden:
        if found and found[-1].note is note:
            continue
        theirs = {run for run, _, _ in _word_runs(_split_words(passage))} - vouched
        places = [(start, end) for run, start, end in runs if run in theirs]
        place = _first_run(places) if places else _find_short_phrase(passage, words, vouched_plain)
        if place is not None:
            span = Span(words[place[0]].start, words[place[1] - 1].end)
            found.append(LeakedPassage(note, span, truncate(" ".join(span.extract(text).split()), _EXCERPT_CHARACTERS)))
    return tuple(found)


def _split_words(text: str) -> list[_Word]:
    return [
        _Word(match.start(), match.end(), _fold(match.group()))
        for match in _TOKEN.finditer(text)
        if match.group()[0].isalnum()  # no vowel sign, and no point between names
    ]


def _fold(word: str) -> str:
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFKD", word)
    return "".join(char for char in plain if not unicodedata.combining(char)).casefold() or word


def _word_runs(words: Sequence[_Word]) -> Iterator[tuple[_WordRun, int, int]]:
    """Each shortest run of six words or more, with its half-open place among the words: equal words, equal runs."""
    end, weight = 0, 0.0
    for start in range(len(words)):
        while weight < _RUN_WORDS:
            if end == len(words):
                return
            weight += words[end].word_equivalent
            end += 1
        yield tuple(word.folded for word in words[start:end]), start, end
        weight -= words[start].word_equivalent


def _short_phrases(passage: str) -> Iterator[list[_Word]]:
    """What of a passage counts as a whole though it is shorter than a run: all of it, and its short sentences."""
    words = _split_words(passage)
    if words and _count_words(words) < _RUN_WORDS:
        yield words
    for sentence in ParsedText(passage).sentences:
        words = _split_words(sentence.span.extract(passage))
        if _SENTENCE_WORDS <= _count_words(words) < _RUN_WORDS:
            yield words


def _count_words(words: Sequence[_Word]) -> float:
    return sum(word.word_equivalent for word in words)


def _join_words(words: Sequence[_Word]) -> str:
    return f" {' '.join(word.folded for word in words)} "


def _find_short_phrase(passage: str, words: Sequence[_Word], vouched: str) -> tuple[int, int] | None:
    """Where something of the passage stands that counts as a whole; all of the text, where the passage holds it."""
    plain = _join_words(words)
    for phrase in _short_phrases(passage):
        if _join_words(phrase) in plain and _join_words(phrase) not in vouched:
            return next(_find_phrase(phrase, words))
    short = _TITLE_WORDS <= _count_words(words) < _RUN_WORDS
    return (0, len(words)) if short and plain in _join_words(_split_words(passage)) and plain not in vouched else None


def _find_phrase(phrase: Sequence[_Word], words: Sequence[_Word]) -> Iterator[tuple[int, int]]:
    wanted = [word.folded for word in phrase]
    for start in range(len(words) - len(wanted) + 1):
        if [word.folded for word in words[start : start + len(wanted)]] == wanted:
            yield start, start + len(wanted)


def _first_run(places: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The first stretch of places that overlap or touch."""
    start, end = places[0]
    for following, last in places[1:]:
        if following > end:
            break
        end = max(end, last)
    return start, end
