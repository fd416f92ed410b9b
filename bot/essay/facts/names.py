"""Find names in a text: words with a capital that do not have it merely because a sentence begins."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace

from bot.essay.facts.dates import MONTHS, WEEKDAYS
from bot.essay.facts.fact import Fact, blank_unclaimed
from bot.essay.text.gaps import GAP_REGEX
from bot.essay.text.languages import (
    ENGLISH_COMMON_WORDS,
    ENGLISH_FUNCTION_WORDS,
    ENGLISH_HONORIFICS,
    ENGLISH_WORD_ENDINGS,
    FOREIGN_FUNCTION_WORDS,
    GENERIC_ACRONYMS,
    JOB_TITLE_WORDS,
    NAMES_WITH_WORD_ENDINGS,
    Language,
    detect_language,
)
from bot.essay.text.sections import split_sections
from bot.essay.text.spans import Span
from bot.essay.text.words import word_set

# The words of a text with what their writing says: a capital, an acronym, the place where a sentence begins.


# A letter or digit, then letters, digits and joints between them; C++ and C# keep their signs.
_TOKEN = re.compile(r"[^\W_](?:\w|[-'’&/.+](?=\w))*(?:\+\+|#(?!\w))?")
POSSESSIVE = re.compile(r"['’](?:s|S)?$")
_CONTRACTION = re.compile(r"^(?P<base>[^\W_]+)['’](?:d|ll|ve|re|m|t)$")
_START_BEFORE = re.compile(r"(?:^|[.!?…:;*•>|]|\n[ \t]*\n|[.!?…][\"”’')\]]+|[\n\r])[\s\"“”‘'’(\[*_#>-]*$")
_CALENDAR = frozenset(MONTHS) | frozenset(WEEKDAYS) | frozenset(day + "s" for day in WEEKDAYS)
# How far back a sentence's beginning is looked for: a mark, its closing quotation marks and white space.
_LOOK_BACK = 12


@dataclass(frozen=True, slots=True)
class Token:
    """A word at a half-open place, in lower case."""

    start: int
    end: int
    word: str
    is_capitalized: bool  # written as a name is: Capital, CamelCase, ACRONYM
    is_distinctive: bool  # by its shape alone more than a capitalised word
    opens_sentence: bool  # stands where any word would have a capital


def tokenize(source: str) -> list[Token]:
    """The words of a text in order. "I", months, weekdays and words in capitals for emphasis count as without one."""
    found: list[Token] = []
    for match in _TOKEN.finditer(source):
        raw = match.group()
        opens = bool(_START_BEFORE.search(source, max(0, match.start() - _LOOK_BACK), match.start()))
        if opens and found and found[-1].word in ENGLISH_HONORIFICS and match.start() - found[-1].end <= 2:
            opens = False
        if raw.isalpha() and raw.islower():  # most words of a text, and names of nothing
            found.append(
                Token(match.start(), match.end(), raw, is_capitalized=False, is_distinctive=False, opens_sentence=opens)
            )
            continue
        base = POSSESSIVE.sub("", raw)
        word = base.replace("’", "'").lower()
        letters = [char for char in base if char.isalpha()]
        upper = sum(char.isupper() for char in letters)
        acronym = upper > 1 and upper == len(letters)
        camel = not acronym and any(char.isupper() for char in base[1:]) and base[:1].isalpha() and "-" not in base
        capital = bool(letters) and (base[0].isupper() or camel) and word not in _CALENDAR and not base[0].isdigit()
        contraction = _CONTRACTION.match(base)
        if word in ("i", "i'm", "i'd", "i'll", "i've", "a") or (
            contraction and contraction["base"].lower() in ENGLISH_FUNCTION_WORDS
        ):
            capital = False
        if acronym and (word in ENGLISH_FUNCTION_WORDS or word in ENGLISH_COMMON_WORDS) and word not in ("it", "us"):
            capital = False  # AND, NOT, NEVER: emphasis
        if acronym and word in ("it", "us") and raw != base:
            capital = False
        found.append(Token(match.start(), match.start() + len(base), word, capital, acronym or camel, opens))
    return found


_CONNECTORS = word_set("of de van von der den da del della di du la le bin al &")
# German gives every noun a capital: there only what follows one of these is taken for a name.
_GERMAN_HONORIFICS = word_set("herr herrn frau dr prof")


def names(text: str, spoken: Language | None = None) -> tuple[Fact, ...]:
    """The names of ``text`` in order: people, firms, places, products, job titles; a run of capitals is one.

    Left out: "I", months and weekdays, ordinary words at the start of a sentence, words in capitals for emphasis, and
    headings in title case. In a text that is not English any word at the start of a sentence may be an ordinary one: it
    is a name where it stands inside a sentence with its capital as well, or begins a name of several words. In German,
    where every noun has a capital, only what follows "Herr", "Frau" and the like is a name; in scripts without capitals
    nothing is. Values are case-folded, without accents, possessive endings and forms of address. ``spoken`` is the
    language of the text; where it is not given it is that of what stands below the headings, without gaps.
    """
    source = _without_headings(text)
    spoken = spoken or _language_of(text)
    words = tokenize(source)
    openers = ENGLISH_FUNCTION_WORDS if spoken == "en" else ENGLISH_FUNCTION_WORDS | FOREIGN_FUNCTION_WORDS
    if spoken == "de":
        following = {words[at + 1].start for at in range(len(words) - 1) if words[at].word in _GERMAN_HONORIFICS}
        words = [word if word.start in following else replace(word, is_capitalized=False) for word in words]
    inside = Counter(token.word for token in words if token.is_capitalized and not token.opens_sentence)
    small = {token.word for token in words if not token.is_capitalized}
    found: list[Fact] = []
    at = 0
    while at < len(words):
        end = _run_end(source, words, at)
        if end == at:
            at += 1
            continue
        run = _trimmed(words[at:end], inside, small, openers)
        if run:
            found.append(_name_fact(text, run))
        at = end
    return tuple(sorted(found, key=lambda name: name.span))


def is_generic_name(name: Fact) -> bool:
    """True for a name that singles nobody out: a job title, or an abbreviation that every trade uses."""
    words = re.split(r"[\s/]+", name.value)
    return all(word in JOB_TITLE_WORDS or word in GENERIC_ACRONYMS for word in words)


def normalize_name(name: str) -> str:
    """One value for a name: case, accents, kinds of apostrophe, white space and a possessive ending set aside."""
    plain = POSSESSIVE.sub("", " ".join(name.split())).replace("’", "'")
    decomposed = unicodedata.normalize("NFKD", plain)
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()


def _language_of(text: str) -> Language:
    """The language of a text. A structure's headings and questions may be in another one."""
    written = GAP_REGEX.sub(" ", text)
    return detect_language("\n".join(part.body for part in split_sections(written)))


def _without_headings(text: str) -> str:
    """``text`` with headings in title case as spaces: their capitals say nothing."""
    source = blank_unclaimed(text)
    pieces = []
    for part in split_sections(text):
        heading = source[part.start : part.body_start]
        words = [word for word in part.title.split()[1:] if len(word) > 3]
        if sum(word[0].isupper() for word in words) * 2 > len(words) or len(words) < 2:
            heading = re.sub(r"[^\r\n]", " ", heading)
        pieces += [heading, source[part.body_start : part.end]]
    return "".join(pieces)


def _run_end(source: str, tokens: list[Token], at: int) -> int:
    """The end of the run of capitals from ``at``, with "of", "van" and the like between two of them."""
    if not tokens[at].is_capitalized:
        return at
    end = at + 1
    while end < len(tokens):
        step = end
        if tokens[step].word in _CONNECTORS and not tokens[step].is_capitalized and step + 1 < len(tokens):
            if not _are_adjacent(source, tokens[step - 1], tokens[step]):
                break
            step += 1
        last, following = tokens[step - 1], tokens[step]
        if not following.is_capitalized or not _are_adjacent(source, last, following):
            break
        end = step + 1
    return end


def _are_adjacent(source: str, left: Token, right: Token) -> bool:
    if right.start - left.end > 4:
        return False
    between = source[left.end : right.start]
    if between.strip() == "&":
        return True
    if between.strip() == "." and "\n" not in between:
        return len(left.word) == 1 or left.word in ENGLISH_HONORIFICS
    return (
        between.isspace()
        and between.count("\n") <= 1
        and not (between.count("\n") and right.opens_sentence and left.is_distinctive)
    )


def _trimmed(run: list[Token], inside: Counter[str], small: set[str], openers: frozenset[str]) -> list[Token]:
    """A run without what is no part of a name; empty where nothing is left. ``openers`` are the function words of the
    text's language, or of many where it is not English.
    """
    english = openers is ENGLISH_FUNCTION_WORDS
    while run and (run[0].word in openers or run[0].word in _CONNECTORS) and not run[0].is_distinctive:
        run = run[1:]
    while run and (
        run[-1].word in _CONNECTORS or (run[-1].word in ENGLISH_FUNCTION_WORDS and not run[-1].is_distinctive)
    ):
        run = run[:-1]
    if (
        run
        and run[0].opens_sentence
        and not run[0].is_distinctive
        and not _name_at_start(run, inside, small, english=english)
    ):
        run = run[1:]
        while run and run[0].word in _CONNECTORS:
            run = run[1:]
    if len(run) > 1 and run[0].word in ENGLISH_HONORIFICS:
        run = run[1:]
    if len(run) == 1 and (run[0].word in ENGLISH_HONORIFICS or (len(run[0].word) == 1 and not run[0].is_distinctive)):
        return []
    return run


def _name_at_start(run: list[Token], inside: Counter[str], small: set[str], *, english: bool) -> bool:
    """Whether a capital that any first word would have belongs to a name."""
    word = run[0].word
    if word in ENGLISH_HONORIFICS or word in NAMES_WITH_WORD_ENDINGS or inside[word]:
        return True
    if len(run) > 1 and word in JOB_TITLE_WORDS and run[1].word in JOB_TITLE_WORDS:
        return True  # "Product Manager is a job"
    if not english:
        return len(run) > 1 and word not in small
    ordinary = (
        word in ENGLISH_COMMON_WORDS
        or word in small
        or word.endswith(ENGLISH_WORD_ENDINGS)
        or word.rstrip("s") in ENGLISH_COMMON_WORDS
    )
    return not ordinary and not (word.endswith("s") and word[:-1] in small)


def _name_fact(text: str, run: list[Token]) -> Fact:
    span = Span(run[0].start, run[-1].end)
    value = normalize_name(span.extract(text))
    words = [normalize_name(text[token.start : token.end]) for token in run]
    initials = "".join(word[0] for word in words) if len(words) > 1 else ""
    also = frozenset(word for word in words if len(word) > 1 and word not in _CONNECTORS)
    runs = frozenset(" ".join(words[start:]) for start in range(1, min(len(words), 6)))
    return Fact(
        span, "name", span.extract(text), value, also | runs | ({initials} if len(initials) > 1 else frozenset())
    )
