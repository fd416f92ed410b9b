"""The words of a text with what their writing says: a capital, an acronym, the place where a sentence begins."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.essay.specifics.calendar_dates import MONTHS, WEEKDAYS
from bot.essay.text.ordinary import COMMON_WORDS, FUNCTION_WORDS, HONORIFICS

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
    capital: bool  # written as a name is: Capital, CamelCase, ACRONYM
    strong: bool  # by its shape alone more than a capitalised word
    opens: bool  # stands where any word would have a capital


def tokens(source: str) -> list[Token]:
    """The words of a text in order. "I", months, weekdays and words in capitals for emphasis count as without one."""
    found: list[Token] = []
    for match in _TOKEN.finditer(source):
        raw = match.group()
        opens = bool(_START_BEFORE.search(source, max(0, match.start() - _LOOK_BACK), match.start()))
        if opens and found and found[-1].word in HONORIFICS and match.start() - found[-1].end <= 2:
            opens = False
        if raw.isalpha() and raw.islower():  # most words of a text, and names of nothing
            found.append(Token(match.start(), match.end(), raw, capital=False, strong=False, opens=opens))
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
            contraction and contraction["base"].lower() in FUNCTION_WORDS
        ):
            capital = False
        if acronym and (word in FUNCTION_WORDS or word in COMMON_WORDS) and word not in ("it", "us"):
            capital = False  # AND, NOT, NEVER: emphasis
        if acronym and word in ("it", "us") and raw != base:
            capital = False
        found.append(Token(match.start(), match.start() + len(base), word, capital, acronym or camel, opens))
    return found
