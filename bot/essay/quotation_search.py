"""Find the words that somebody quotes from a text, exactly or allowing for how quoting changes them.

A quotation is evidence only if a reader can find it and learn something from it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cached_property
from itertools import islice

from rapidfuzz import fuzz

from bot.essay.text.languages import ENGLISH_COMMON_WORDS, ENGLISH_FUNCTION_WORDS, FOREIGN_FUNCTION_WORDS
from bot.essay.text.spans import Span
from bot.essay.text.words import count_words, word_set

_MIN_ALIGNED_WORDS = 4  # in a shorter quotation, one different letter may be a different word
# A longer quotation is a copy of the text and no evidence. The limit also bounds the work that a hostile one causes.
_MAX_ALIGNED_WORDS = 300
_MIN_END_WORDS = 3  # of the first and the last words of a passage: fewer stand in many places
_ELLIPSIS = re.compile(r"\s*\[?(?:…|\.\.\.)\]?\s*")
_MIN_TYPO_SIMILARITY = 80  # of 100, rapidfuzz's ratio of two words of five letters with one of them wrong

# Applied before Unicode's own folding, which would split some of these into a space and an accent.
_EQUIVALENT_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys("“”„«»″‟", '"'),
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("–—―‒‐‑−", "-"),
        **dict.fromkeys("*_", None),
    }
)
_QUOTATION_MARKS = "\"'"  # quotation marks, folded
_LETTER_CATEGORIES = ("Lu", "Ll", "Lt", "Lm", "Nd")  # without Lo: some of its scripts set no space between words
_COMBINING_CATEGORIES = ("Mn", "Me", "Cf")  # accents, joiners, soft hyphens: they belong to the character before


class QuotationFinder:
    """Finds quotations in one text, which is prepared once. All spans are code point offsets into it."""

    def __init__(self, text: str) -> None:
        self._text = text

    def locate(self, quotation: str, start: int = 0) -> Span | None:
        """Return where the quotation is in the text, or None; see the function ``locate``."""
        if not count_words(quotation):
            return None
        for begin in (start, 0) if start else (0,):
            if (found := next(_find_whole_words(self._text, quotation, begin), None)) is not None:
                return found
        folded_quotation = _fold(quotation)[0].strip(" ")
        wanted = _strip_quotation_marks(folded_quotation)
        if not wanted:
            return None
        folded, places = self._folded
        at = (
            next(_find_whole_words(folded, folded_quotation, 0), None)
            or next(_find_whole_words(folded, wanted, 0), None)
            or self._find_aligned(wanted)
        )
        if at is None:
            return None
        at = _include_quotation_marks(at, folded, folded_quotation)
        return self._span(places[at.start], places[at.end - 1] + 1)

    def locate_passage(self, quotation: str) -> Span | None:
        """Return where a passage is that is quoted whole, or by its first and its last words with "…" between them.

        Both must stand once, the last words once behind the first; else the passage is not known.
        """
        if (whole := self.locate(quotation)) is not None:
            return whole
        ends = [end for end in _ELLIPSIS.split(quotation) if end.strip()]
        if len(ends) != 2 or min(map(count_words, ends)) < _MIN_END_WORDS:
            return None
        first, last = ends
        head, tail = self.locate(first), self.locate(last)
        if head is None or tail is None or tail.start < head.end:
            return None
        return Span(head.start, tail.end) if self._stands_once(first) and self._stands_once(last) else None

    def _stands_once(self, quotation: str) -> bool:
        wanted = _strip_quotation_marks(_fold(quotation)[0].strip(" "))
        return sum(1 for _ in islice(_find_whole_words(self._folded[0], wanted, 0), 2)) <= 1

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
        """Return the words with a space before each and after the last.

        With them comes, by the offset of each of these spaces, the number of the word behind it.
        """
        at, starts, pieces = 0, {}, []
        for number, word in enumerate(self._word_texts):
            starts[at] = number
            pieces.append(" " + word)
            at += len(pieces[-1])
        return "".join(pieces) + " ", starts

    def _find_aligned(self, wanted: str) -> Span | None:
        """Return where the words of ``wanted`` follow each other, whatever is between them, with at most one typo.

        One half of the words must then be there unchanged, and is searched for; the other half is compared word by
        word.
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
        """Yield the number of each word at which this run of words begins."""
        spaced, starts = self._joined_words
        run = " " + " ".join(words) + " "
        at = spaced.find(run)
        while at >= 0:
            yield starts[at]
            at = spaced.find(run, at + 1)

    def _matches_but_one(self, begin: int, words: list[str]) -> bool:
        """Return whether the words from ``begin`` on are these, with at most one typo, found by bisection."""
        there = self._word_texts[begin : begin + len(words)]
        low, high = 0, len(words)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if there[low:middle] == words[low:middle] else (low, middle)
        same_word = there[low] == words[low] or _is_typo(there[low], words[low])
        return same_word and there[low + 1 :] == words[low + 1 :]

    def _span(self, start: int, end: int) -> Span:
        while end < len(self._text) and unicodedata.category(self._text[end]) in _COMBINING_CATEGORIES:
            end += 1
        return Span(start, end)


def locate(text: str, quotation: str, start: int = 0) -> Span | None:
    """Return where the quotation is in the text, searching from ``start`` first and then from the top; else None.

    It is searched for three times, each more lenient:

    - exactly;
    - ignoring differences in quotation marks, dashes, emphasis, accents, white space and case, and an ellipsis or
      quotation marks at either end;
    - if it has at least four words, ignoring whatever is between the words, with a typo in one of them.

    A match never begins or ends inside a word. It takes in quotation marks at its ends if the text has them too.
    """
    return QuotationFinder(text).locate(quotation, start)


def _find_whole_words(text: str, wanted: str, start: int) -> Iterator[Span]:
    """Yield where ``wanted`` is in ``text`` without beginning or ending inside a word."""
    at = text.find(wanted, start)
    while at >= 0:
        end = at + len(wanted)
        if not _is_inside_word(text, at) and not _is_inside_word(text, end):
            yield Span(at, end)
        at += 1
        while at < len(text) and _is_inside_word(text, at):  # go on to where a word may begin
            at += 1
        at = text.find(wanted, at)


def _is_inside_word(text: str, at: int) -> bool:
    """Return whether the offset is inside a word, or between a character and its accent."""
    if not 0 < at < len(text):
        return False
    after = unicodedata.category(text[at])
    return after == "Mn" or (after in _LETTER_CATEGORIES and unicodedata.category(text[at - 1]) in _LETTER_CATEGORIES)


def _is_typo(one: str, other: str) -> bool:
    """Return whether two words differ by no more than a typing slip; another number is never one."""
    if min(len(one), len(other)) < 4 or any(char.isdigit() for char in one + other):
        return False
    return fuzz.ratio(one, other) >= _MIN_TYPO_SIMILARITY


def _strip_quotation_marks(folded: str) -> str:
    """Return the text without an ellipsis or quotation marks around it."""
    bare = folded.strip(" \"'").removeprefix("...").removesuffix("...")
    while bare != folded:
        folded, bare = bare, bare.strip(" \"'").removeprefix("...").removesuffix("...")
    return bare


def _include_quotation_marks(at: Span, folded: str, quoted: str) -> Span:
    """Extend the span by the quotation mark at either end that both the quotation and the text have."""
    start, end = at.start, at.end
    if quoted[0] in _QUOTATION_MARKS and folded[start] != quoted[0] and start and folded[start - 1] == quoted[0]:
        start -= 1
    if quoted[-1] in _QUOTATION_MARKS and folded[end - 1] != quoted[-1] and folded[end : end + 1] == quoted[-1]:
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
    """Return the text without what quoting may change, and for each of its characters the offset in the original."""
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


# Articles, pronouns, prepositions, conjunctions and auxiliaries. Other function words ("nobody", "perhaps", "very",
# "best") are what an editor may be pointing at.
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
_MAX_COMMON_WORDS = 3  # "It was what it was" holds common words only, but is easily found
_WORD_SEPARATOR = re.compile(r"[\s—–-]+")
_SHORT_HIRAGANA = re.compile(r"[\u3040-\u309f]{1,2}")  # の, です, から: particles and endings


def is_evidence(quotation: str) -> bool:
    """Return whether a quotation says enough: more than three words, or one that not every sentence holds."""
    runs = _WORD_SEPARATOR.split(quotation.replace("’", "'"))
    words = [word for run in runs if (word := re.sub(r"^[\W_]+|[\W_]+$", "", run))]
    return len(words) > _MAX_COMMON_WORDS or any(map(_is_informative, words))


def _is_informative(word: str) -> bool:
    if len(word) == 1:
        return word.isdecimal()
    return word.isupper() or not (word.lower() in _COMMON_WORDS or _SHORT_HIRAGANA.fullmatch(word))
