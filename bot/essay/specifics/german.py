"""German nouns, which all have a capital, told from names by what grammar and a list of common nouns offer.

A tagger that knows German (HanTa) was tried: it needs numpy, and took a fifth of the names it had never seen for nouns.
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from functools import lru_cache

from bot.essay.specifics.german_words import (
    ARTICLES,
    DETERMINERS,
    FUNCTION_WORDS,
    HONORIFICS,
    LINKED,
    NAME_HEADS,
    NOUN_BEGINNINGS,
    NOUN_ENDINGS,
    NOUNS,
)
from bot.essay.specifics.tokens import Token

_ENDINGS_OF_CASE = ("ens", "en", "es", "em", "e", "n", "s")
_ADJECTIVE_ALONE = ("em", "es", "er")
_FEWEST_BEFORE = 3  # letters, in the first half of a compound
_FEWEST_LETTERS = 4  # of the second half of a compound: shorter ones ("ei", "rat") end many names


@lru_cache(maxsize=20_000)  # the nouns of some texts; every one is asked for several times
def forms(word: str) -> frozenset[str]:
    """A noun, without its umlauts and with each ending of case or number off: two that share one may be the same."""
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    cut = (plain.removesuffix(ending) for ending in _ENDINGS_OF_CASE)
    return frozenset({plain, *(one for one in cut if len(one) >= 3)})


def _plain(word: str) -> str:
    return max(forms(word), key=len)


_NOUNS = frozenset(map(_plain, NOUNS))
_NAME_HEADS = frozenset(map(_plain, NAME_HEADS))
_HEADS = frozenset(head for head in _NOUNS - _NAME_HEADS if len(head) >= _FEWEST_LETTERS)
_LONGEST_HEAD = max(map(len, _HEADS))
_ENDINGS = tuple((least, tuple(endings.split())) for least, endings in NOUN_ENDINGS.items())


def without_nouns(source: str, found: list[Token]) -> list[Token]:
    """The words of a German text, those that are nouns and no names counting as without a capital.

    A noun is what an article, a number or an adjective precedes, what ends as nouns do, what a list of common nouns
    holds or a compound ends in; and each further occurrence of one. A word after a form of address or another name is
    none.
    """
    # A verb that stands in small letters elsewhere is one here too: "das Warten", "Warten half".
    known = {token.word for token in found if token.word.endswith("en") and not token.capital}
    nouns: list[bool] = []
    for at, token in enumerate(found):
        told = token.capital and not token.strong and _is_told(source, found, at)
        if told and not token.opens:
            known |= forms(token.word)
        nouns.append(told)
    result: list[Token] = []
    for at, token in enumerate(found):
        if not token.capital or token.strong:
            result.append(token)
            continue
        before = result[-1] if result else None
        if token.word in FUNCTION_WORDS or token.word in HONORIFICS:
            is_noun = True
        elif before is not None and _touch(source, before, token) and (before.word in HONORIFICS or before.capital):
            # "Frau Sommer", "Anna Feld"; but not "Gespräche Ende Mai", whose first word is a noun of the list.
            is_noun = before.word not in HONORIFICS and before.opens and (nouns[at] or bool(forms(token.word) & known))
        else:
            is_noun = nouns[at] or bool(forms(token.word) & known)
        result.append(replace(token, capital=False) if is_noun else token)
    return result


def _is_told(source: str, found: list[Token], at: int) -> bool:
    return is_common_noun(found[at].word) or _is_determined(source, found, at)


@lru_cache(maxsize=20_000)
def is_common_noun(word: str) -> bool:
    """Whether a word is a noun by its ending, by the list, or as a compound of one of the list."""
    if any(len(word) - len(ending) >= least and word.endswith(ending) for least, some in _ENDINGS for ending in some):
        return True
    if any(word.startswith(start) and len(word) - len(start) >= 3 for start in NOUN_BEGINNINGS):
        return True
    if any(part in word[3:-2] for part in LINKED):
        return True
    return any(form in _NOUNS or _ends_in_a_noun(form) for form in forms(word))


def _ends_in_a_noun(form: str) -> bool:
    first = max(_FEWEST_BEFORE, len(form) - _LONGEST_HEAD)
    return any(form[start:] in _HEADS for start in range(first, len(form) - _FEWEST_LETTERS + 1))


def _is_determined(source: str, found: list[Token], at: int) -> bool:
    """Whether an article, a possessive, a number or an adjective stands before the word, adjectives between."""
    before = at - 1
    for _ in range(3):
        if before < 0 or not _touch(source, found[before], found[before + 1]):
            return False
        token = found[before]
        if token.word in ARTICLES:
            return not _after_comma(source, token)
        if token.word in DETERMINERS or token.word.isdecimal():
            return True
        if token.capital or token.word in FUNCTION_WORDS or not token.word.endswith(("e", "en", "er", "es", "em")):
            return False
        if token.word.endswith(_ADJECTIVE_ALONE):
            return True  # "mit großem Mut": no verb ends like that
        before -= 1
    return False


def _after_comma(source: str, token: Token) -> bool:
    return source[max(0, token.start - 3) : token.start].rstrip().endswith(",")


def _touch(source: str, left: Token, right: Token) -> bool:
    between = source[left.end : right.start]
    return between.isspace() and "\n\n" not in between
