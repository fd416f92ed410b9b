"""Describe what is private in the notes, and find where its words are still in a text."""

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

# In words. Eight essays by different authors, compared with each other, share one run of six words and 22 of four: six
# in a row are hardly ever a coincidence.
_RUN_WORDS = 6.0
_SENTENCE_WORDS = 4.0  # a shorter sentence, such as "I was tired", is in many texts
_EXCERPT_CHARACTERS = 80  # enough to find the place by
_TITLE_WORDS = 2.0  # a shorter title is no leak, even if a passage holds all of it
# A word, or a letter of a script that sets no spaces between words.
_TOKEN = re.compile(rf"{UNSPACED_LETTER.pattern}|(?:(?!{UNSPACED_LETTER.pattern})[^\W_])+")


@dataclass(frozen=True, slots=True)
class LeakedPassage:
    """A note with a private passage, where the first of its words are in the text, and an excerpt of them."""

    note: Note
    span: Span
    words: str

    @property
    def message(self) -> str:
        """Return what to tell a writer who excludes the note."""
        return (
            f"Words of it still stand in the text: “{self.words}”. Edit them out; until then no model is "
            "given the text."
        )


@dataclass(frozen=True, slots=True)
class FoldedWord:
    """A word's place in a text, and the form in which it is compared."""

    start: int
    end: int
    folded: str

    @property
    def word_equivalent(self) -> float:
        """Return how many words this counts as: less than one for a letter of a script without spaces."""
        if len(self.folded) > 1 or self.folded.isascii():
            return 1.0
        return next((1 / math.ceil(count) for script, count in LETTERS_PER_WORD if script.match(self.folded)), 1.0)


def describe_private(notes: Sequence[Note]) -> str:
    """Say in a sentence how many notes and passages are left out, or return "" if none is."""
    whole = sum(note.is_private and not note.is_damaged for note in notes)
    parts = count_private_passages([note for note in notes if not note.is_private])
    counts = [count_noun(count, what) for count, what in ((whole, "note"), (parts, "passage")) if count]
    if not counts:
        return ""
    if whole + parts == 1:
        return f"{counts[0]} is left out: it stays stored, stands in no post, and no model sees it."
    return f"{' and '.join(counts)} are left out: they stay stored, stand in no post, and no model sees them."


def count_private_passages(notes: Sequence[Note]) -> int:
    """Count the private passages of these notes; a note that is wholly private counts as one."""
    return sum(len(note.private_passages) for note in notes)


def describe_privacy(note: Note) -> str:
    """Say in a word or two what is private in a note, or return "" if nothing is."""
    if note.is_private:
        return "left out" if note.is_excluded else "private"
    return f"{count_noun(len(note.private_passages), 'passage')} private" if note.private_passages else ""


def find_leaks(text: str, notes: Sequence[Note]) -> tuple[LeakedPassage, ...]:
    """Return the notes with private passages whose words are in the text.

    A match is six words in a row, or a whole passage or a whole sentence of one if it is shorter. A text of fewer than
    six words, such as a title, matches if a passage holds all of it. Case, accents, punctuation and line breaks are
    ignored. Words that the public notes hold as well do not count.
    """
    private_passages = [(note, passage) for note in notes for passage in note.private_passages]
    if not private_passages:
        return ()
    words = split_words(text)
    public_texts = [split_words(note.public_text) for note in notes if not note.is_private]
    public_runs = {run for some in public_texts for run, _, _ in word_runs(some)}
    public_words = "\n".join(map(_join_words, public_texts))
    runs = list(word_runs(words))
    found: list[LeakedPassage] = []
    for note, passage in private_passages:
        if found and found[-1].note is note:
            continue
        private_runs = {run for run, _, _ in word_runs(split_words(passage))} - public_runs
        places = [(start, end) for run, start, end in runs if run in private_runs]
        place = _first_run(places) if places else _find_short_phrase(passage, words, public_words)
        if place is not None:
            span = Span(words[place[0]].start, words[place[1] - 1].end)
            found.append(LeakedPassage(note, span, truncate(" ".join(span.extract(text).split()), _EXCERPT_CHARACTERS)))
    return tuple(found)


def split_words(text: str) -> list[FoldedWord]:
    """Return the words of a text, without their case and accents; of a script without spaces, the letters."""
    return [
        FoldedWord(match.start(), match.end(), _fold(match.group()))
        for match in _TOKEN.finditer(text)
        if match.group()[0].isalnum()  # no vowel sign, and no point between names
    ]


def _fold(word: str) -> str:
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFKD", word)
    return "".join(char for char in plain if not unicodedata.combining(char)).casefold() or word


def word_runs(words: Sequence[FoldedWord], least: float = _RUN_WORDS) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """Yield each shortest run of at least so many words, with its start and end (half-open) among the words.

    Equal words give equal runs.
    """
    end, weight = 0, 0.0
    for start in range(len(words)):
        while weight < least:
            if end == len(words):
                return
            weight += words[end].word_equivalent
            end += 1
        yield tuple(word.folded for word in words[start:end]), start, end
        weight -= words[start].word_equivalent


def _short_phrases(passage: str) -> Iterator[list[FoldedWord]]:
    """Yield what counts as a match though it is shorter than a run: the whole passage, its short sentences."""
    words = split_words(passage)
    if words and _count_words(words) < _RUN_WORDS:
        yield words
    for sentence in ParsedText(passage).sentences:
        words = split_words(sentence.span.extract(passage))
        if _SENTENCE_WORDS <= _count_words(words) < _RUN_WORDS:
            yield words


def _count_words(words: Sequence[FoldedWord]) -> float:
    return sum(word.word_equivalent for word in words)


def _join_words(words: Sequence[FoldedWord]) -> str:
    return f" {' '.join(word.folded for word in words)} "


def _find_short_phrase(passage: str, words: Sequence[FoldedWord], public_words: str) -> tuple[int, int] | None:
    """Return where a short phrase of the passage is, or the whole text if the passage holds all of it."""
    plain = _join_words(words)
    for phrase in _short_phrases(passage):
        if _join_words(phrase) in plain and _join_words(phrase) not in public_words:
            return next(_find_phrase(phrase, words))
    short = _TITLE_WORDS <= _count_words(words) < _RUN_WORDS
    return (
        (0, len(words)) if short and plain in _join_words(split_words(passage)) and plain not in public_words else None
    )


def _find_phrase(phrase: Sequence[FoldedWord], words: Sequence[FoldedWord]) -> Iterator[tuple[int, int]]:
    wanted = [word.folded for word in phrase]
    for start in range(len(words) - len(wanted) + 1):
        if [word.folded for word in words[start : start + len(wanted)]] == wanted:
            yield start, start + len(wanted)


def _first_run(places: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return the first stretch of places that overlap or touch."""
    start, end = places[0]
    for following, last in places[1:]:
        if following > end:
            break
        end = max(end, last)
    return start, end
