"""Parts and multiples in words: "half of them", "a third of my pay", "twice as fast", "doubled", "die Hälfte"."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from bot.essay.specifics.specific import Specific, claimed
from bot.essay.text.languages import Language
from bot.essay.text.spans import Span

_OWNED = r"(?:the|my|our|your|his|her|their|its|this|that|these|those)"
_IDIOMS = r"(?:battle|fun|story|time|world|point|truth|chance|reason|trouble|expected|asleep)"
_NOT_ORDERED = r"(?<!first )(?<!second )(?<!other )(?<!latter )(?<!better )(?<!last )"
_ENGLISH_PARTS = {"third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10}
# Minutes, months and the like: a note in the smaller unit holds the same. "Half a mind" is no number.
_HALVES_OF = {
    "hour": "30",
    "day": "12",
    "week": "0.5 week",
    "month": "2 week",
    "year": "6",
    "decade": "5",
    "century": "50",
    "mile": "0.5 mile",
    "page": "0.5 page",
    "kilometre": "500",
    "kilometer": "500",
}
_HALF_A = re.compile(rf"\bhalf[ -]an?[ ](?P<unit>{'|'.join(_HALVES_OF)})\b(?![ ]of\b)", re.IGNORECASE)

# A word that must stand in the text, a pattern that it stands in, and what that says: "of" a part, "times" a multiple.
_Said = tuple[str, str, str]
_ENGLISH: tuple[_Said, ...] = (
    ("half", rf"{_NOT_ORDERED}\bhalf[ ]of[ ](?:{_OWNED}[ ])?(?!{_IDIOMS}\b)\w", "of 1/2"),
    ("half", rf"{_NOT_ORDERED}\bhalf[ ]{_OWNED}[ ](?!{_IDIOMS}\b)\w", "of 1/2"),
    ("half", rf"{_NOT_ORDERED}\bhalf[ ](?:were|was|are|had|have|left|stayed|went|got|quit)\b", "of 1/2"),
    ("half", r"\bhalf[ ]as[ ](?:much|many|\w+[ ]as)\b|(?<!clever )\bby[ ]half\b", "of 1/2"),
    ("halv", r"\bhalv(?:ed|ing)\b", "of 1/2"),
    *((word, rf"\b(?:a|one)[ ]{word}[ ]of\b", f"of 1/{part}") for word, part in _ENGLISH_PARTS.items()),
    # Alone it counts how often, which an editor says of words too: "the text says it twice".
    (
        "twice",
        rf"\btwice[ ](?:as|what|{_OWNED}|(?:a|every|each)[ ](?:day|week|month|year)|in[ ](?:a|one|two)[ ]\w+)\b",
        "times 2",
    ),
    ("double", rf"\bdouble[ ](?:{_OWNED}|what)\b|\bdoubled\b(?![ ](?:over|down|back|up|as)\b)", "times 2"),
    ("doubling", r"\bdoubling\b(?![ ](?:over|down|back|up|as)\b)", "times 2"),
    ("triple", rf"\btriple[ ](?:{_OWNED}|what)\b|\btripled\b", "times 3"),
    ("trebl", r"\btrebled?\b", "times 3"),
    ("thrice", r"\bthrice\b", "times 3"),
    ("quadruple", rf"\bquadruple[ ](?:{_OWNED}|what)\b|\bquadrupled\b", "times 4"),
    *(("fold", rf"\b{word}-?fold\b", f"times {times}") for word, times in (("two", 2), ("three", 3), ("four", 4))),
    ("fold", r"\bten-?fold\b", "times 10"),
)
_ABROAD: dict[Language, tuple[_Said, ...]] = {
    "de": (
        ("hälfte", r"(?<!erste )(?<!ersten )(?<!zweite )(?<!zweiten )(?<!andere )(?<!anderen )\bHälfte\b", "of 1/2"),
        ("halb", r"\bhalb[ ]so[ ]\w|\bhalbiert\w*", "of 1/2"),
        ("drittel", r"\bein[ ]Drittel\b", "of 1/3"),
        ("viertel", r"\bein[ ]Viertel[ ](?:von|vom|der|des|aller|mein|unser|ihr|sein)\w*", "of 1/4"),
        ("fünftel", r"\bein[ ]Fünftel\b", "of 1/5"),
        ("zehntel", r"\bein[ ]Zehntel\b", "of 1/10"),
        ("doppel", r"\bdoppelt[ ]so[ ]\w|\b(?:das|den|die)[ ]Doppelte\b|\bverdoppel\w*", "times 2"),
        ("dreifach", r"\b(?:das|den|die)[ ]Dreifache\b|\bverdreifach\w*", "times 3"),
    ),
    "fr": (
        ("moitié", r"(?<!première )(?<!seconde )(?<!autre )\bmoitié\b", "of 1/2"),
        ("tiers", r"\bun[ ]tiers\b", "of 1/3"),
        ("quart", r"\bun[ ]quart[ ]d(?:e|es|u)\b", "of 1/4"),
        ("doubl", r"\b(?:le|du)[ ]double\b|\bdoubl(?:é|ée|és|ait|er|a)\b", "times 2"),
        ("tripl", r"\b(?:le|du)[ ]triple\b|\btripl(?:é|ée|és|ait|er|a)\b", "times 3"),
    ),
    "es": (
        ("mitad", r"(?<!primera )(?<!segunda )(?<!otra )\bmitad\b", "of 1/2"),
        ("tercio", r"\bun[ ]tercio\b", "of 1/3"),
        ("cuarto", r"\bun[ ]cuarto[ ]de[ ](?!hora)", "of 1/4"),
        ("doble", r"\b(?:el|al|del)[ ]doble\b", "times 2"),
        ("duplic", r"\bduplic\w+", "times 2"),
        ("tripl", r"\b(?:el|al|del)[ ]triple\b|\btriplic\w+", "times 3"),
    ),
    "pt": (
        ("metade", r"(?<!primeira )(?<!segunda )(?<!outra )\bmetade\b", "of 1/2"),
        ("terço", r"\bum[ ]terço\b", "of 1/3"),
        ("quarto", r"\bum[ ]quarto[ ]d(?:e|a|o|as|os)\b", "of 1/4"),
        ("dobr", r"\b(?:o|ao|do)[ ]dobro\b|\bdobr(?:ou|aram|ei)\b", "times 2"),
        ("duplic", r"\bduplic\w+", "times 2"),
        ("tripl", r"\b(?:o|ao|do)[ ]triplo\b|\btriplic\w+", "times 3"),
    ),
    "it": (
        ("metà", r"(?<!prima )(?<!seconda )(?<!altra )\bmetà\b", "of 1/2"),
        ("terzo", r"\bun[ ]terzo[ ]d", "of 1/3"),
        ("quarto", r"\bun[ ]quarto[ ]d(?!'ora)", "of 1/4"),
        ("doppi", r"\b(?:il|al|del)[ ]doppio\b|\braddoppi\w+", "times 2"),
        ("tripl", r"\b(?:il|al|del)[ ]triplo\b|\btriplic\w+", "times 3"),
    ),
    "nl": (
        ("helft", r"(?<!eerste )(?<!tweede )(?<!andere )\bhelft\b", "of 1/2"),
        ("derde", r"\been[ ]derde\b", "of 1/3"),
        ("kwart", r"\been[ ]kwart[ ]van\b", "of 1/4"),
        ("dubbel", r"\bdubbel[ ]zo[ ]\w|\bverdubbel\w*", "times 2"),
        ("drievoud", r"\bverdrievoudig\w*", "times 3"),
    ),
}
_TIMES_AFTER = re.compile(
    r"(?:x|×)(?!\w)|[ ](?:times|mal|fois|veces|vezes|volte|keer)\b|-?(?:fold|mal|fach\w{0,2})\b", re.IGNORECASE
)
# What people call a third: of a hundred, in whole numbers.
_NEAR = {33: "of 1/3", 66: "of 2/3", 67: "of 2/3"}


@lru_cache(maxsize=8)  # as many as there are languages
def _patterns(spoken: Language) -> tuple[tuple[str, re.Pattern[str], str], ...]:
    said = _ABROAD.get(spoken, _ENGLISH)
    return tuple((word, re.compile(pattern, re.IGNORECASE), value) for word, pattern, value in said)


def shares(text: str, spoken: Language) -> list[Specific]:
    """The parts and multiples in words, in order. A note holds one where it says the same in words or in figures."""
    source = claimed(text)
    small = source.lower()
    found = []
    for word, pattern, value in _patterns(spoken):
        if word not in small:
            continue
        for match in pattern.finditer(source):
            found.append(Specific(_whole(source, match), "number", _whole(source, match).of(text), value))
    if spoken not in _ABROAD and "half" in small:
        for match in _HALF_A.finditer(source):
            span, unit = Span(*match.span()), match["unit"].lower()
            same = frozenset({_HALVES_OF[unit]})
            found.append(Specific(span, "number", span.of(text), f"0.5 {unit}", same=same))
    found.sort(key=lambda one: (one.span.start, -one.span.end))
    apart: list[Specific] = []
    for one in found:
        if not apart or one.span.start >= apart[-1].span.end:
            apart.append(one)
    return apart


def _whole(source: str, match: re.Match[str]) -> Span:
    """The place of a match, up to the end of the word that it ends in."""
    end = match.end()
    while end < len(source) and source[end].isalnum():
        end += 1
    return Span(match.start(), end)


def same_share(source: str, number: Specific) -> frozenset[str]:
    """What a number of ``source`` says as a part or a multiple: "50%" is half, "1/3" a third, and "2x" is twice."""
    percent, digits = number.value.endswith("%"), number.value.removesuffix("%")
    if not re.fullmatch(r"\d+(?:\.\d+|/\d+)?", digits):
        return frozenset()
    amount = Fraction(digits)
    if percent:
        near = _NEAR.get(int(amount)) if amount.denominator == 1 else None
        return frozenset({near or f"of {amount / 100}"})
    if 0 < amount < 1:
        return frozenset({f"of {amount}"})
    times = _TIMES_AFTER.match(source, number.span.end) or re.search(r"\d[x×]$", number.raw)
    return frozenset({f"times {amount}"}) if times else frozenset()
