"""Names in a text: capitals that are not merely there because a sentence begins."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from bot.essay.specifics import german_words
from bot.essay.specifics.east_asian import marked_names
from bot.essay.specifics.german import without_nouns
from bot.essay.specifics.specific import Specific, claimed
from bot.essay.specifics.tokens import POSSESSIVE, Token, tokens
from bot.essay.text.languages import OTHER_FUNCTION_WORDS, Language, language
from bot.essay.text.ordinary import (
    COMMON_WORDS,
    FUNCTION_WORDS,
    GENERIC_ACRONYMS,
    HONORIFICS,
    NAMES_LIKE_WORDS,
    ORDINARY_ENDINGS,
    ROLE_WORDS,
)
from bot.essay.text.sections import split
from bot.essay.text.spans import Span
from bot.essay.text.words import word_set

_CONNECTORS = word_set("of de van von der den da del della di du la le bin al &")
# In German the others are articles: "sah Anna den Chef".
_GERMAN_CONNECTORS = word_set("von van zu de &")


def names(text: str, spoken: Language | None = None) -> tuple[Specific, ...]:
    """The names of ``text`` in order: people, firms, places, products, job titles; a run of capitals is one.

    Left out: "I", months and weekdays, ordinary words at the start of a sentence, words in capitals for emphasis, and
    headings in title case. In a text that is not English any word at the start of a sentence may be an ordinary one: it
    is a name where it stands inside a sentence with its capital as well, or begins a name of several words. German
    nouns are left out as far as they can be told; in scripts without capitals only what east_asian finds is a name.
    Values are case-folded, without accents, possessive endings and forms of address. ``spoken`` is the language of the
    text, looked for where it is not given.
    """
    source = _without_headings(text)
    spoken = spoken or language(text)
    words = tokens(source)
    connectors = _CONNECTORS
    openers = FUNCTION_WORDS if spoken == "en" else FUNCTION_WORDS | OTHER_FUNCTION_WORDS
    if spoken == "de":
        words, connectors = without_nouns(source, words), _GERMAN_CONNECTORS
        openers |= german_words.FUNCTION_WORDS
    inside = Counter(token.word for token in words if token.capital and not token.opens)
    small = {token.word for token in words if not token.capital}
    found = [_plain(text, start, end) for start, end in marked_names(source)]
    at = 0
    while at < len(words):
        end = _run_end(source, words, at, connectors)
        if end == at:
            at += 1
            continue
        run = _trimmed(words[at:end], inside, small, openers)
        if run:
            found.append(_specific(text, run))
        at = end
    return tuple(sorted(found, key=lambda name: name.span))


def is_generic(name: Specific) -> bool:
    """True for a name that singles nobody out: a job title, or an abbreviation that every trade uses."""
    words = re.split(r"[\s/]+", name.value)
    return all(word in ROLE_WORDS or word in GENERIC_ACRONYMS for word in words)


def name_value(name: str) -> str:
    """One value for a name: case, accents, kinds of apostrophe, white space and a possessive ending set aside."""
    plain = POSSESSIVE.sub("", " ".join(name.split())).replace("’", "'")
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


def _run_end(source: str, tokens: list[Token], at: int, connectors: frozenset[str]) -> int:
    """The end of the run of capitals from ``at``, with "of", "van" and the like between two of them."""
    if not tokens[at].capital:
        return at
    end = at + 1
    while end < len(tokens):
        step = end
        if tokens[step].word in connectors and not tokens[step].capital and step + 1 < len(tokens):
            if not _touching(source, tokens[step - 1], tokens[step]):
                break
            step += 1
        last, following = tokens[step - 1], tokens[step]
        if not following.capital or not _touching(source, last, following):
            break
        end = step + 1
    return end


def _touching(source: str, left: Token, right: Token) -> bool:
    if right.start - left.end > 4:
        return False
    between = source[left.end : right.start]
    if between.strip() == "&":
        return True
    if between.strip() == "." and "\n" not in between:
        return len(left.word) == 1 or left.word in HONORIFICS
    return between.isspace() and between.count("\n") <= 1 and not (between.count("\n") and right.opens and left.strong)


def _trimmed(run: list[Token], inside: Counter[str], small: set[str], openers: frozenset[str]) -> list[Token]:
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


def _name_at_start(run: list[Token], inside: Counter[str], small: set[str], *, english: bool) -> bool:
    """Whether a capital that any first word would have belongs to a name."""
    word = run[0].word
    if word in HONORIFICS or word in NAMES_LIKE_WORDS or inside[word]:
        return True
    if len(run) > 1 and word in ROLE_WORDS and run[1].word in ROLE_WORDS:
        return True  # "Product Manager is a job"
    if not english:
        return len(run) > 1 and word not in small
    ordinary = (
        word in COMMON_WORDS or word in small or word.endswith(ORDINARY_ENDINGS) or word.rstrip("s") in COMMON_WORDS
    )
    return not ordinary and not (word.endswith("s") and word[:-1] in small)


def _plain(text: str, start: int, end: int) -> Specific:
    return Specific(Span(start, end), "name", text[start:end], name_value(text[start:end]))


def _specific(text: str, run: list[Token]) -> Specific:
    span = Span(run[0].start, run[-1].end)
    value = name_value(span.of(text))
    words = [name_value(text[token.start : token.end]) for token in run]
    initials = "".join(word[0] for word in words) if len(words) > 1 else ""
    also = frozenset(word for word in words if len(word) > 1 and word not in _CONNECTORS)
    runs = frozenset(" ".join(words[start:]) for start in range(1, min(len(words), 6)))
    return Specific(
        span, "name", span.of(text), value, also | runs | ({initials} if len(initials) > 1 else frozenset())
    )
