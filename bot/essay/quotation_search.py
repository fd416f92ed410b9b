"""Find the words that somebody quotes from a text: exactly, else allowing for how quoting changes them.

A quotation is evidence only if a reader can find it and see something in it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cached_property

from rapidfuzz import fuzz

from bot.essay.text.languages import ENGLISH_COMMON_WORDS, ENGLISH_FUNCTION_WORDS, FOREIGN_FUNCTION_WORDS
from bot.essay.text.spans import Span
from bot.essay.text.words import count_words, word_set

_MIN_ALIGNED_WORDS = 4  # in fewer words, one different letter is a different word
# A longer quotation is a copy of the text and no evidence; the limit also bounds the work that a hostile one can make.
_MAX_ALIGNED_WORDS = 300
_MIN_TYPO_SIMILARITY = 80  # of 100, rapidfuzz's ratio of two words of five letters with one of them wrong

# Before Unicode's own folding, which would take some of these apart into a space and an accent.
_EQUIVALENT_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys("“”„«»″‟", '"'),
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("–—―‒‐‑−", "-"),
        **dict.fromkeys("*_", None),
    }
)
_QUOTATION_MARKS = "\"'"  # quotation marks, folded
_LETTER_CATEGORIES = (
    "Lu",
    "Ll",
    "Lt",
    "Lm",
    "Nd",
)  # in scripts of other letters (Lo), no space need stand between two words
_COMBINING_CATEGORIES = ("Mn", "Me", "Cf")  # accents, joiners, soft hyphens: part of the character before them


class QuotationFinder:
    """A text in which quotations are looked for, read once. All spans are code point offsets into it."""

    def __init__(self, text: str) -> None:
        self._text = text

    def locate(self, quotation: str, start: int = 0) -> Span | None:
        """See the function of this name."""
        if not count_words(quotation):
            return None
        for begin in (start, 0) if start else (0,):
            if (found := next(_find_whole_words(self._text, quotation, begin), None)) is not None:
                return found
        given = _fold(quotation)[0].strip(" ")
        wanted = _strip_quotation_marks(given)
        if not wanted:
            return None
        folded, places = self._folded
        at = (
            next(_find_whole_words(folded, given, 0), None)
            or next(_find_whole_words(folded, wanted, 0), None)
            or self._find_aligned(wanted)
        )
        if at is None:
            return None
        at = _include_quotation_marks(at, folded, given)
        return self._span(places[at.start], places[at.end - 1] + 1)

    @cached_property
    def _folded(self) -> tuple[str, list[int]]:
        return _fold(self._text)

    @cached_property
    def _words(self) -> list[Span]:
        return _word_spans(self._folded[0])

    @cached_property
    def _word_texts(self) -> list[str]:
        return [span.extract(self._folded[0]) for span in self._words]

    @cached_property
    def _joined_words(self) -> tuple[str, dict[int, int]]:
        """The words with a space before each and behind the last, and for the offset of each space, its word."""
        at, starts, pieces = 0, {}, []
        for number, word in enumerate(self._word_texts):
            starts[at] = number
            pieces.append(" " + word)
            at += len(pieces[-1])
        return "".join(pieces) + " ", starts

    def _find_aligned(self, wanted: str) -> Span | None:
        """Where the words of ``wanted`` stand in order, whatever is between them, all but one letter for letter.

        Of the two halves of the words one must then stand there unchanged; the other is compared word by word.
        """
        words = [span.extract(wanted) for span in _word_spans(wanted)]
        if not _MIN_ALIGNED_WORDS <= len(words) <= _MAX_ALIGNED_WORDS:
            return None
        middle = len(words) // 2
        for first, half in ((0, words[:middle]), (middle, words[middle:])):
            for number in self._find_runs(half):
                begin = number - first
                if begin >= 0 and begin + len(words) <= len(self._words) and self._matches_but_one(begin, words):
                    return Span(self._words[begin].start, self._words[begin + len(words) - 1].end)
        return None

    def _find_runs(self, words: list[str]) -> Iterator[int]:
        """The numbers of the words at which this run of words begins."""
        spaced, starts = self._joined_words
        run = " " + " ".join(words) + " "
        at = spaced.find(run)
        while at >= 0:
            yield starts[at]
            at = spaced.find(run, at + 1)

    def _matches_but_one(self, begin: int, words: list[str]) -> bool:
        """Whether the words from ``begin`` on are these, but for one slip; the place of that is found by halving."""
        there = self._word_texts[begin : begin + len(words)]
        low, high = 0, len(words)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if there[low:middle] == words[low:middle] else (low, middle)
        same = there[low] == words[low] or _is_typo(there[low], words[low])
        return same and there[low + 1 :] == words[low + 1 :]

    def _span(self, start: int, end: int) -> Span:
        while end < len(self._text) and unicodedata.category(self._text[end]) in _COMBINING_CATEGORIES:
            end += 1
        return Span(start, end)


def locate(text: str, quotation: str, start: int = 0) -> Span | None:
    """Where the quotation stands in the text, at or behind ``start`` if it stands there, else anywhere.

    Exactly; else with curly quotes, dashes, emphasis marks, accents, white space and case made equal and an ellipsis or
    quotation marks at either end passed over, but for marks that the text has there as well; else, from four words on,
    where all of its words stand in order with other marks between them, one of them with a letter wrong. Never from the
    middle of a word. None where the text does not say it.
    """
    return QuotationFinder(text).locate(quotation, start)


def _find_whole_words(text: str, wanted: str, start: int) -> Iterator[Span]:
    """Where ``wanted`` stands in ``text`` without beginning or ending inside a word."""
    at = text.find(wanted, start)
    while at >= 0:
        end = at + len(wanted)
        if not _is_inside_word(text, at) and not _is_inside_word(text, end):
            yield Span(at, end)
        at += 1
        while at < len(text) and _is_inside_word(text, at):  # the next place at which it may begin
            at += 1
        at = text.find(wanted, at)


def _is_inside_word(text: str, at: int) -> bool:
    """Whether the place is inside a word, or between a character and its accent."""
    if not 0 < at < len(text):
        return False
    after = unicodedata.category(text[at])
    return after == "Mn" or (after in _LETTER_CATEGORIES and unicodedata.category(text[at - 1]) in _LETTER_CATEGORIES)


def _is_typo(one: str, other: str) -> bool:
    """Whether two words differ as a slip of the keyboard does. Another number is never a slip."""
    if min(len(one), len(other)) < 4 or any(char.isdigit() for char in one + other):
        return False
    return fuzz.ratio(one, other) >= _MIN_TYPO_SIMILARITY


def _strip_quotation_marks(folded: str) -> str:
    """Without an ellipsis or quotation marks around it."""
    bare = folded.strip(" \"'").removeprefix("...").removesuffix("...")
    while bare != folded:
        folded, bare = bare, bare.strip(" \"'").removeprefix("...").removesuffix("...")
    return bare


def _include_quotation_marks(at: Span, folded: str, given: str) -> Span:
    """The place with the quotation mark at either end that was quoted with it, where the text has it there too."""
    start, end = at.start, at.end
    if given[0] in _QUOTATION_MARKS and folded[start] != given[0] and start and folded[start - 1] == given[0]:
        start -= 1
    if given[-1] in _QUOTATION_MARKS and folded[end - 1] != given[-1] and folded[end : end + 1] == given[-1]:
        end += 1
    return Span(start, end)


def _word_spans(folded: str) -> list[Span]:
    spans: list[Span] = []
    start = None
    for at, char in enumerate(folded):
        if char.isalnum():
            start = at if start is None else start
        elif start is not None:
            spans.append(Span(start, at))
            start = None
    return spans if start is None else [*spans, Span(start, len(folded))]


def _fold(text: str) -> tuple[str, list[int]]:
    """The text with what quoting changes made equal, and for each of its characters where it stood."""
    letters: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        for folded in unicodedata.normalize("NFKD", char.translate(_EQUIVALENT_CHARACTERS)).casefold():
            if folded.isspace():
                folded = " "
            elif not folded.isascii() and unicodedata.category(folded) in _COMBINING_CATEGORIES:
                continue
            if folded in " -" and letters and letters[-1] == folded:
                continue
            letters.append(folded)
            places.append(place)
    return "".join(letters), places


# Articles, pronouns, prepositions, conjunctions and auxiliaries. The other function words ("nobody", "perhaps", "very",
# "best") are themselves what an editor points at.
_UNINFORMATIVE_WORDS = word_set(
    "a an the this that these those i me my mine myself you your yours yourself he him his himself she her hers herself"
    " it its itself we us our ours ourselves they them their theirs themselves who whom whose which what there here one"
    " and or but nor so if as than then because while when where how why though although about above after at before"
    " behind below between by for from in into of off on onto out over since through to toward towards under until till"
    " up upon with within without am is are was were be been being do does did have has had having can cannot could"
    " might must shall should will would not no also too all any some such"
)
_FOREIGN_WORDS = FOREIGN_FUNCTION_WORDS - ENGLISH_FUNCTION_WORDS - ENGLISH_COMMON_WORDS
_COMMON_WORDS = _UNINFORMATIVE_WORDS | _FOREIGN_WORDS | {word for word in ENGLISH_FUNCTION_WORDS if "'" in word}
_MAX_COMMON_WORDS = 3  # "It was what it was" is common in every word, and found at a glance
_WORD_SEPARATOR = re.compile(r"[\s—–-]+")
_SHORT_HIRAGANA = re.compile(r"[\u3040-\u309f]{1,2}")  # の, です, から: particles and endings


def is_evidence(quotation: str) -> bool:
    """Whether a quotation shows a place in a text: more than a letter, or than three words that any sentence holds."""
    runs = _WORD_SEPARATOR.split(quotation.replace("’", "'"))
    words = [word for run in runs if (word := re.sub(r"^[\W_]+|[\W_]+$", "", run))]
    return len(words) > _MAX_COMMON_WORDS or any(map(_is_informative, words))


def _is_informative(word: str) -> bool:
    if len(word) == 1:
        return word.isdecimal()
    return word.isupper() or not (word.lower() in _COMMON_WORDS or _SHORT_HIRAGANA.fullmatch(word))
