"""Finding phrases from a list in a text: whole words, whatever their case, in any of their forms.

How a phrase is written in the lists (``wordlists/``):

- ``(a|b c|)`` is one of these, or nothing where one is empty;
- ``take~`` is the word in any of its forms, as ``inflections.toml`` has them or as English makes them;
- ``one's`` and ``oneself`` are any of "my", "your" … and "myself", "yourself" …;
- ``_`` is any one word, ``...`` at most three;
- a hyphen may be a hyphen, a space or nothing;
- what stands behind ``&`` must follow, and is no part of the phrase;
- ``^`` in front asks for the start of a sentence, ``$`` behind for the end of one.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, TypeAlias

from bot.essay.measures.base import Mark, speech
from bot.essay.text.flow import Flow
from bot.essay.text.spans import Span
from bot.essay.text.words import word_set

_FOLDER = files("bot.essay.measures") / "wordlists"
_FIRST = re.compile(r"(?<![\w'])\w+")
_LEAD = re.compile(r"\w+")
_END = r"(?!\w|['-]\w)"
_VOWELS = "aeiou"
_POSSESSIVES = ("my", "your", "his", "her", "its", "our", "their", "one's")
_SELVES = ("myself", "yourself", "himself", "herself", "itself", "ourselves", "themselves", "oneself")
_WORD = r"[\w'-]{1,30}"
_TOKEN = re.compile(r"[()|]|[^\s()|]+")
_SPACE = ",? "
# Phrases begin with these words, and names do, which have a capital where no sentence begins: "in May", "Mrs Foster".
_NAMES = word_set("may will foster grant mark chase hope grace faith joy dawn rose bill frank art drew march")


_Sequence: TypeAlias = "list[str | list[_Sequence]]"


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase of a list: its pattern, where it must stand, and what is said of it."""

    pattern: str
    opens: bool
    closes: bool
    note: str
    weight: int

    def match(self, text: str, at: int) -> re.Match[str] | None:
        """The phrase where it stands in the text from ``at`` on, None where it does not."""
        return _compiled(self.pattern).match(text, at)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compiled when first met: few phrases of a list begin with a word of one text."""
    return re.compile(pattern, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase where it stands in a flow."""

    span: Span
    phrase: Phrase


@dataclass(frozen=True, slots=True)
class Phrases:
    """The phrases of one measure by the words that they can begin with."""

    by_first: Mapping[str, Sequence[Phrase]]

    def found(self, flow: Flow) -> list[Found]:
        """Where they stand outside speech, in order; of two that overlap the earlier, of those the longer."""
        text = flow.text
        starts, ends = edges(flow)
        spoken = speech(text)
        kept: list[Found] = []
        for word in _FIRST.finditer(text):
            at = word.start()
            known = self.by_first.get(word.group().lower())
            if known is None or (kept and at < kept[-1].span.end) or spoken(at):
                continue
            if at not in starts and word.group().istitle() and word.group().lower() in _NAMES:
                continue
            best: Found | None = None
            for phrase in known:
                if (phrase.opens and at not in starts) or (match := phrase.match(text, at)) is None:
                    continue
                if phrase.closes and match.end() not in ends:
                    continue
                if best is None or match.end() > best.span.end:
                    best = Found(Span(at, match.end()), phrase)
            if best is not None:
                kept.append(best)
        return kept

    def marks(self, flow: Flow) -> tuple[Mark, ...]:
        """The same as places in the text."""
        return tuple(
            Mark(flow.span(found.span.start, found.span.end), found.phrase.note, found.phrase.weight)
            for found in self.found(flow)
        )


def edges(flow: Flow) -> tuple[frozenset[int], frozenset[int]]:
    """Where in the flow the first words of sentences start and the last ones end."""
    starts, ends = set(), set()
    for sentence in flow.sentences:
        piece = sentence.span.of(flow.text)
        words = list(_FIRST.finditer(piece))
        if words:
            starts.add(sentence.span.start + words[0].start())
            ends.add(sentence.span.start + len(piece.rstrip(" .,;:!?…\"”’'»)]*—–-")))
    return frozenset(starts), frozenset(ends)


@lru_cache(maxsize=16)
def phrases(name: str) -> Phrases:
    """The phrases of the lists in ``wordlists/NAME.toml``, read once. Raises ValueError for a list that is no list."""
    held = word_list(name)
    by_first: dict[str, list[Phrase]] = defaultdict(list)
    for listed in held["list"]:
        for written in listed["phrases"]:
            phrase = _phrase(written, listed["note"], int(listed["weight"]))
            for word in sorted(_first_words(_parsed(written.partition(" & ")[0]))):
                by_first[word].append(phrase)
    return Phrases(by_first)


@lru_cache(maxsize=1)
def _irregular() -> Mapping[str, str]:
    forms: dict[str, str] = word_list("inflections")["forms"]
    return forms


@lru_cache(maxsize=16)
def word_list(name: str) -> dict[str, Any]:
    """What ``wordlists/NAME.toml`` holds."""
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _phrase(written: str, note: str, weight: int) -> Phrase:
    taken, _, ahead = written.partition(" & ")
    pattern = _pattern(_parsed(taken), first=True) + _END
    if ahead:
        pattern += f"(?={_pattern(_parsed(ahead), first=False)}{_END})"
    return Phrase(pattern, written.startswith("^"), written.endswith("$"), note, weight)


def _parsed(written: str) -> _Sequence:
    """A written phrase as a sequence of words and of choices between sequences. Raises ValueError for odd brackets."""
    tokens = _TOKEN.findall(written.removeprefix("^").removesuffix("$"))
    sequences: list[_Sequence] = [[]]
    choices: list[list[_Sequence]] = []
    for token in tokens:
        match token:
            case "(":
                choices.append([[]])
                sequences.append(choices[-1][-1])
            case "|" if choices:
                choices[-1].append([])
                sequences[-1] = choices[-1][-1]
            case ")" if choices:
                sequences.pop()
                sequences[-1].append(choices.pop())
            case _:
                sequences[-1].append(token)
    if choices or len(sequences) != 1:
        raise ValueError(f"brackets do not fit in the phrase: {written}")
    return sequences[0]


def _pattern(sequence: _Sequence, *, first: bool) -> str:
    """The pattern of a sequence, with a space before each word but the ``first`` of the phrase."""
    pattern = ""
    for element in sequence:
        if isinstance(element, str):
            pattern += _spaced(element, "" if first else _SPACE)
            first = False
            continue
        options = "|".join(_pattern(option, first=first) for option in element if option)
        if all(element):
            pattern += f"(?:{options})"
            first = False
        else:  # the space belongs to what follows a choice that may be nothing at the start
            pattern += f"(?:(?:{options}){_SPACE})?" if first else f"(?:{options})?"
    return pattern


def _spaced(word: str, space: str) -> str:
    """A word's pattern with the space before it; forms of "be" and "have" may be short and joined to what is before."""
    if word == "...":
        return f"(?:{space}{_WORD}){{0,3}}?"
    short = (
        {"be~": "(?:s|re|m)", "is~": "(?:s|re)", "have~": "(?:ve|s|d)", "will": "ll", "would": "d"}.get(word)
        if space
        else None
    )
    forms = "|".join(map(_literal, _forms(word)))
    if word == "_":
        forms = _WORD
    plain = f"{space}(?:{forms})"
    return f"(?:{plain}|'{short})" if short else plain


def _literal(word: str) -> str:
    return re.escape(word).replace(r"\-", "[- ]?")


def _forms(word: str) -> tuple[str, ...]:
    """A word of a list as it may stand in a text."""
    if word == "one's":
        return _POSSESSIVES
    if word == "oneself":
        return _SELVES
    return inflected(word[:-1]) if word.endswith("~") else (word,)


def inflected(word: str) -> tuple[str, ...]:
    """The forms of a verb or noun, its base first."""
    head, _, last = word.rpartition("-")
    lead = f"{head}-" if head else ""
    if (known := _irregular().get(last)) is not None:
        return tuple(lead + form for form in (last, *known.split()))
    if last.endswith("e"):
        made = (last, last + "s", last + "d", last[:-1] + "ing")
    elif last.endswith("y") and last[-2:-1] not in _VOWELS:
        made = (last, last[:-1] + "ies", last[:-1] + "ied", last + "ing")
    elif last.endswith(("s", "x", "z", "ch", "sh")):
        made = (last, last + "es", last + "ed", last + "ing")
    elif re.fullmatch(r"[^aeiou]*[aeiou][bdgmnprt]", last):
        made = (last, last + "s", last + last[-1] + "ed", last + last[-1] + "ing")
    else:
        made = (last, last + "s", last + "ed", last + "ing")
    return tuple(lead + form for form in made)


def _first_words(sequence: _Sequence) -> set[str]:
    """Every word, in lower case and up to an apostrophe or hyphen, that a phrase can begin with."""
    if not sequence:
        raise ValueError("a phrase that can be empty")
    element, rest = sequence[0], sequence[1:]
    if not isinstance(element, str):
        return set().union(*(_first_words([*option, *rest]) for option in element))
    found: set[str] = set()
    for form in _forms(element):
        lead = _LEAD.match(form)
        if lead is None or form == "_":
            raise ValueError(f"a phrase must begin with a word, not with {element}")
        found.add(lead.group().lower())
        if "-" in form:
            found.add(form.replace("-", "").split("'")[0].lower())
    return found
