"""Names in a text: capitals that are not merely there because a sentence begins."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

from bot.essay.calendar_dates import MONTHS, WEEKDAYS
from bot.essay.languages import OTHER_FUNCTION_WORDS, is_english
from bot.essay.ordinary import (
    COMMON_WORDS,
    FUNCTION_WORDS,
    GENERIC_ACRONYMS,
    HONORIFICS,
    ORDINARY_ENDINGS,
    ROLE_WORDS,
)
from bot.essay.sections import split
from bot.essay.spans import Span
from bot.essay.specific import Specific, claimed
from bot.essay.words import word_set

# A letter or digit, then letters, digits and joints between them; C++ and C# keep their signs.
_TOKEN = re.compile(r"[^\W_](?:\w|[-'’&/.+](?=\w))*(?:\+\+|#(?!\w))?")
_POSSESSIVE = re.compile(r"['’](?:s|S)?$")
_CONTRACTION = re.compile(r"^(?P<base>[^\W_]+)['’](?:d|ll|ve|re|m|t)$")
_CONNECTORS = word_set("of de van von der den da del della di du la le bin al &")
_START_BEFORE = re.compile(r"(?:^|[.!?…:;*•>|]|\n[ \t]*\n|[.!?…][\"”’')\]]+|[\n\r])[\s\"“”‘'’(\[*_#>-]*$")
_CALENDAR = frozenset(MONTHS) | frozenset(WEEKDAYS) | frozenset(day + "s" for day in WEEKDAYS)
# How far back a sentence's beginning is looked for: a mark, its closing quotation marks and white space.
_LOOK_BACK = 12


@dataclass(frozen=True, slots=True)
class _Token:
    start: int
    end: int
    word: str
    capital: bool  # written as a name is: Capital, CamelCase, ACRONYM
    strong: bool  # by its shape alone more than a capitalised word
    opens: bool  # stands where any word would have a capital


def names(text: str) -> tuple[Specific, ...]:
    """The names of ``text`` in order: people, firms, places, products, job titles; a run of capitals is one.

    Left out: "I", months and weekdays, ordinary words at the start of a sentence, words in capitals for emphasis, and
    headings in title case. In a text that is not English any word at the start of a sentence may be an ordinary one: it
    is a name where it stands inside a sentence with its capital as well, or begins a name of several words. Values are
    case-folded, without accents, possessive endings and forms of address.
    """
    source = _without_headings(text)
    tokens = _tokens(source)
    inside = Counter(token.word for token in tokens if token.capital and not token.opens)
    small = {token.word for token in tokens if not token.capital}
    openers = FUNCTION_WORDS if is_english(token.word for token in tokens) else FUNCTION_WORDS | OTHER_FUNCTION_WORDS
    found: list[Specific] = []
    at = 0
    while at < len(tokens):
        end = _run_end(source, tokens, at)
        if end == at:
            at += 1
            continue
        run = _trimmed(tokens[at:end], inside, small, openers)
        if run:
            found.append(_specific(text, run))
        at = end
    return tuple(found)


def is_generic(name: Specific) -> bool:
    """True for a name that singles nobody out: a job title, or an abbreviation that every trade uses."""
    words = re.split(r"[\s/]+", name.value)
    return all(word in ROLE_WORDS or word in GENERIC_ACRONYMS for word in words)


def name_value(name: str) -> str:
    """One value for a name: case, accents, kinds of apostrophe, white space and a possessive ending set aside."""
    plain = _POSSESSIVE.sub("", " ".join(name.split())).replace("’", "'")
    decomposed = unicodedata.normalize("NFKD", plain)
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()


def _without_headings(text: str) -> str:
    """``text`` with headings in title case as spaces: their capitals say nothing."""
    source = claimed(text)
    pieces = []
    for part in split(text):
        heading = source[part.start : part.body_start]
        words = [word for word in part.title.split()[1:] if len(word) > 3]
        if sum(word[0].isupper() for word in words) * 2 > len(words) or len(words) < 2:
            heading = re.sub(r"[^\r\n]", " ", heading)
        pieces += [heading, source[part.body_start : part.end]]
    return "".join(pieces)


def _tokens(source: str) -> list[_Token]:
    tokens: list[_Token] = []
    for match in _TOKEN.finditer(source):
        raw = match.group()
        opens = bool(_START_BEFORE.search(source, max(0, match.start() - _LOOK_BACK), match.start()))
        if opens and tokens and tokens[-1].word in HONORIFICS and match.start() - tokens[-1].end <= 2:
            opens = False
        if raw.isalpha() and raw.islower():  # most words of a text, and names of nothing
            tokens.append(_Token(match.start(), match.end(), raw, capital=False, strong=False, opens=opens))
            continue
        base = _POSSESSIVE.sub("", raw)
        word = base.replace("’", "'").lower()
        letters = [char for char in base if char.isalpha()]
        upper = sum(char.isupper() for char in letters)
        acronym = upper > 1 and upper == len(letters)
        camel = not acronym and any(char.isupper() for char in base[1:]) and base[:1].isalpha() and "-" not in base
        capital = bool(letters) and (base[0].isupper() or camel) and word not in _CALENDAR and not base[0].isdigit()
        contraction = _CONTRACTION.match(base)
        if word in ("i", "i'm", "i'd", "i'll", "i've", "a") or (
            contraction and contraction["base"].lower() in FUNCTION_WORDS
        ):
            capital = False
        if acronym and (word in FUNCTION_WORDS or word in COMMON_WORDS) and word not in ("it", "us"):
            capital = False  # AND, NOT, NEVER: emphasis
        if acronym and word in ("it", "us") and raw != base:
            capital = False
        tokens.append(_Token(match.start(), match.start() + len(base), word, capital, acronym or camel, opens))
    return tokens


def _run_end(source: str, tokens: list[_Token], at: int) -> int:
    """The end of the run of capitals from ``at``, with "of", "van" and the like between two of them."""
    if not tokens[at].capital:
        return at
    end = at + 1
    while end < len(tokens):
        step = end
        if tokens[step].word in _CONNECTORS and not tokens[step].capital and step + 1 < len(tokens):
            if not _touching(source, tokens[step - 1], tokens[step]):
                break
            step += 1
        last, following = tokens[step - 1], tokens[step]
        if not following.capital or not _touching(source, last, following):
            break
        end = step + 1
    return end


def _touching(source: str, left: _Token, right: _Token) -> bool:
    if right.start - left.end > 4:
        return False
    between = source[left.end : right.start]
    if between.strip() == "&":
        return True
    if between.strip() == "." and "\n" not in between:
        return len(left.word) == 1 or left.word in HONORIFICS
    return between.isspace() and between.count("\n") <= 1 and not (between.count("\n") and right.opens and left.strong)


def _trimmed(run: list[_Token], inside: Counter[str], small: set[str], openers: frozenset[str]) -> list[_Token]:
    """A run without what is no part of a name; empty where nothing is left. ``openers`` are the function words of the
    text's language, or of many where it is not English.
    """
    english = openers is FUNCTION_WORDS
    while run and (run[0].word in openers or run[0].word in _CONNECTORS) and not run[0].strong:
        run = run[1:]
    while run and (run[-1].word in _CONNECTORS or (run[-1].word in FUNCTION_WORDS and not run[-1].strong)):
        run = run[:-1]
    if run and run[0].opens and not run[0].strong and not _name_at_start(run, inside, small, english=english):
        run = run[1:]
        while run and run[0].word in _CONNECTORS:
            run = run[1:]
    if len(run) > 1 and run[0].word in HONORIFICS:
        run = run[1:]
    if len(run) == 1 and (run[0].word in HONORIFICS or (len(run[0].word) == 1 and not run[0].strong)):
        return []
    return run


def _name_at_start(run: list[_Token], inside: Counter[str], small: set[str], *, english: bool) -> bool:
    """Whether a capital that any first word would have belongs to a name."""
    word = run[0].word
    if word in HONORIFICS or inside[word]:
        return True
    if len(run) > 1 and word in ROLE_WORDS and run[1].word in ROLE_WORDS:
        return True  # "Product Manager is a job"
    if not english:
        return len(run) > 1 and word not in small
    ordinary = (
        word in COMMON_WORDS or word in small or word.endswith(ORDINARY_ENDINGS) or word.rstrip("s") in COMMON_WORDS
    )
    return not ordinary and not (word.endswith("s") and word[:-1] in small)


def _specific(text: str, run: list[_Token]) -> Specific:
    span = Span(run[0].start, run[-1].end)
    value = name_value(span.of(text))
    words = [name_value(text[token.start : token.end]) for token in run]
    initials = "".join(word[0] for word in words) if len(words) > 1 else ""
    also = frozenset(word for word in words if len(word) > 1 and word not in _CONNECTORS)
    runs = frozenset(" ".join(words[start:]) for start in range(1, min(len(words), 6)))
    return Specific(
        span, "name", span.of(text), value, also | runs | ({initials} if len(initials) > 1 else frozenset())
    )
