"""The turn "not X but Y" in its several forms: something denied so that something else can be said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from bot.essay.measures.base import FEWEST_WORDS, Mark, Outcome, counted, per_thousand, without_overlaps
from bot.essay.structure import Structure
from bot.essay.text.reading import Reading, Sentence
from bot.essay.text.spans import Span
from bot.essay.text.words import word_set

_PRONOUN = r"(?:I|it|this|that|they|he|she|we|you|these|those)"
_BE = r"(?:'s|'m|'re|\ is|\ was|\ are|\ were|\ am)"
_GAP = r"[^.;:?!—–]"

# "not just X but Y", "not because X but because Y", "not as X but as Y", "not tired but bored".
_NOT_JUST_BUT = re.compile(rf"(?:\bnot|n't) (?:just|only|merely|simply|so much|because)\b{_GAP}{{1,160}}?\bbut\b", re.I)
_SAME_WORD_TWICE = re.compile(
    rf"\bnot (?P<word>as|to|in|for|with|by|from|about|an?|the|on|at|of|how|what|who|when|where|that|my|your"
    rf"|our)\b{_GAP}{{1,120}}?"
    r"\bbut (?:rather |also |instead )?(?P<again>[a-z]+)\b",
    re.I,
)
_NOT_WORD_BUT = re.compile(
    rf"(?:\bnot|\b(?:is|was|are|were)n't) (?:[\w'-]{{1,30}} ){{1,3}}but (?!{_PRONOUN}\b|the\b|my\b|there\b|not\b"
    rf"|for\b|that\b)",
    re.I,
)
_CONCESSIVE = re.compile(rf"\bbut (?:then )?(?:{_PRONOUN}|there|my [a-z]+|the [a-z]+ (?:was|is|had|were))\b", re.I)

# "Y, not X": a denial set behind what is true, at the end of a clause.
_COMMA_NOT = re.compile(
    r"(?:,|—|–| -) ?(?P<lead>not (?:just |only |merely |simply )?)(?P<next>[\w'-]{1,30})(?P<rest>[^.;:?!,—–]{0,160})",
    re.I,
)
_NO_CONTRAST = word_set(
    "even yet knowing to that least long quite much many all every always necessarily once one sure having wanting"
    " counting"
    ""
    " until including surprisingly unlike being realising realizing understanding thinking daring trying caring"
    " really at"
    " unreasonably unusually infrequently without unless if when i he she it we they you only for so too far very"
    " altogether entirely unkindly"
)

# "I'm not X — I'm Y", "it isn't X, it's Y", inside one sentence.
_JOINED = re.compile(
    rf"\b(?P<one>{_PRONOUN})(?P<be>{_BE})(?:n't| not| never)\b{_GAP}{{1,140}}?[—–;:,]\s*(?:but )?"
    rf"(?P<two>{_PRONOUN})(?P<be2>{_BE})(?!n't| not| never)\b",
    re.I,
)
_LESS = re.compile(rf"\bless (?:about|an?|of an?|like|because)\b{_GAP}{{1,100}}?\b(?:than|more)\b", re.I)

# Two sentences: the first denies, the second starts over with the same verb.
_DENIES = re.compile(
    r"(?P<subject>[\w'-]{1,40})(?P<be>'s|'m|'re|\ is|\ was|\ are|\ were|\ am)(?:n't| not| never)(?: really| ever)?"
    r" (?P<next>[\w'-]{1,40})",
    re.I,
)
_ASSERTS = re.compile(
    rf"\W*(?:But |No, )?(?P<subject>{_PRONOUN})(?P<be>{_BE})(?!n't| not| never)\b *(?P<next>[\w'-]{{0,40}})", re.I
)
# What follows a clause of its own is answered by that clause, not by the next sentence.
_MOVES_ON = re.compile(r", (?:and|but|so|which|because)\b", re.I)
_CONDITION = re.compile(r"\W*(?:if|when|unless|whether|until|because)\b", re.I)
_DIDNT = re.compile(
    r"\b(?P<subject>I|it|this|that|they|he|she|we|you|nobody) (?:didn't|don't|doesn't|did not|do not|does not|never) "
    r"(?:just |only |really )?(?P<verb>[a-z]{2,20})",
    re.I,
)
_RATHER = re.compile(
    rf"\W*(?:(?:It|This|That){_BE} (?:more (?:like|of|about)|rather|closer to|just|simply|only)\b|Instead\b"
    rf"|Rather\b|If anything\b)",
    re.I,
)
_SAME_VERB = re.compile(rf"\W*(?P<subject>{_PRONOUN}) (?:just |only |simply )?(?P<verb>[a-z]{{2,20}})\b", re.I)
_SEEMS = re.compile(
    r"\b(?:sounds?|sounded|seems?|seemed|looks?|looked|feels?|felt|think|thought|thinks|assumes?|assumed|might"
    r"|should|supposed"
    r"|expect(?:ed)?|told|said|says|call(?:ed|s)?)\b",
    re.I,
)
_FLAT_DENIAL = re.compile(
    rf"\W*(?:But |And )?{_PRONOUN}(?:'s not|'re not|'m not| (?:isn't|wasn't|aren't|weren't|doesn't|didn't|don't"
    rf"|won't|hadn't"
    r"|is not|was not|are not|were not|did not|does not|do not))\W*",
    re.I,
)
_NOT_FRAGMENT = re.compile(
    r"\W*Not (?:just |only |because )?(?P<word>an?|the|because|for|to|in|as|from|about|my|his|her|with|by)\b", re.I
)
_AFTER_FRAGMENT = re.compile(r"\W*(?:But )?(?P<word>[A-Za-z]+)", re.I)
_NOMINAL = word_set(
    "just only merely simply about because that a an the my your our his her their what who where how when one some"
    " someone something"
)


def turns(reading: Reading) -> tuple[Mark, ...]:
    """Every turn of the kind "not X but Y" in the text, in order; overlapping ones count once."""
    prose = reading.prose.replace("’", "'").replace("\n", " ").replace("\r", " ")
    marks = [mark for sentence in reading.sentences for mark in _within(prose, sentence)]
    for first, second in pairwise(reading.sentences):
        if first.part == second.part and second.paragraph - first.paragraph <= 1:
            note = _across(first.span.of(prose), second.span.of(prose), first, second)
            if note:
                marks.append(Mark(Span(first.span.start, second.span.end), note))
    return without_overlaps(sorted(marks, key=lambda mark: mark.span))


def _within(prose: str, sentence: Sentence) -> Iterator[Mark]:
    start, end = sentence.span.start, sentence.span.end
    for pattern, note in (
        (_NOT_JUST_BUT, "not just X but Y"),
        (_NOT_WORD_BUT, "not X but Y"),
        (_LESS, "less X, more Y"),
    ):
        for match in pattern.finditer(prose, start, end):
            if pattern is _NOT_WORD_BUT and _verb_denied(prose, match.start()):
                continue
            if not _CONCESSIVE.match(prose, match.end() - 3, end):
                yield Mark(Span(*match.span()), note)
    for match in _SAME_WORD_TWICE.finditer(prose, start, end):
        again = match["again"].lower()
        if again == match["word"].lower() or {again, match["word"].lower()} <= {"a", "an", "the"}:
            yield Mark(Span(*match.span()), "not X but Y")
    for match in _COMMA_NOT.finditer(prose, start, end):
        following = match["next"].lower()
        if following not in _NO_CONTRAST and not re.search(r"\bbut\b", match["rest"]) and match.start() > start:
            yield Mark(Span(match.start("next") - len(match["lead"]), match.end()), "Y, not X")
    for match in _JOINED.finditer(prose, start, end):
        if _same_be(match["be"], match["be2"]) and _refers(match["one"], match["two"]):
            yield Mark(Span(*match.span()), "it is not X, it is Y")


def _verb_denied(prose: str, at: int) -> bool:
    """True where "not" belongs to a verb, as in "did not eat but": what follows is no contrast of two things."""
    return bool(
        re.search(
            r"\b(?:did|do|does|could|would|will|can|should|had|have|has|may|might|must) $",
            prose[max(0, at - 8) : at],
            re.I,
        )
    )


def _across(first: str, second: str, one: Sentence, two: Sentence) -> str:
    """The note for a turn made by two neighbouring sentences, or ""."""
    if _CONDITION.match(first):
        return ""
    if two.words <= 4 and _FLAT_DENIAL.fullmatch(second) and _SEEMS.search(first):
        return "seems X. It is not"
    if (asserts := _ASSERTS.match(second)) is not None:
        moves_on = max((match.start() for match in _MOVES_ON.finditer(first)), default=-1)
        for denies in _DENIES.finditer(first):
            if not _same_be(denies["be"], asserts["be"]) or moves_on >= denies.end():
                continue
            subject = asserts["subject"].lower()
            if subject in ("it", "they", "that", "this", "these", "those"):
                return "it is not X. It is Y"
            nominal = denies["next"].lower() in _NOMINAL and asserts["next"].lower() in _NOMINAL
            if subject == denies["subject"].lower() and nominal:
                return "it is not X. It is Y"
    if (didnt := _DIDNT.search(first)) is not None:
        if _RATHER.match(second):
            return "not X. Rather Y"
        same = _SAME_VERB.match(second)
        if same and same["subject"].lower() == didnt["subject"].lower() and _same_verb(didnt["verb"], same["verb"]):
            return "did not do X. Did Y"
    if (fragment := _NOT_FRAGMENT.match(first)) is not None and one.words <= 9 and two.words <= 12:
        after = _AFTER_FRAGMENT.match(second)
        if after and (
            after["word"].lower() == fragment["word"].lower()
            or {after["word"].lower(), fragment["word"].lower()} <= {"a", "an", "the", "just"}
        ):
            return "Not X. Y"
    return ""


def _same_be(one: str, other: str) -> bool:
    kinds = {"'s": "is", "is": "is", "'re": "are", "are": "are", "'m": "am", "am": "am", "was": "was", "were": "was"}
    return kinds[one.strip().lower()] == kinds[other.strip().lower()]


def _refers(one: str, two: str) -> bool:
    return one.lower() == two.lower() or two.lower() in ("it", "they", "that", "this")


def _same_verb(base: str, form: str) -> bool:
    """True for "want" and "wanted", "need" and "needed", "stop" and "stopped"."""
    base, form = base.lower(), form.lower()
    return form == base or form in (base + "ed", base + "d", base + "s", base + base[-1] + "ed", base[:-1] + "ied")


def not_but(reading: Reading, structure: Structure | None) -> Outcome:
    """Turns counted, and how many come in a thousand words."""
    marks = turns(reading)
    rate = per_thousand(len(marks), reading.words)
    raised = reading.words >= FEWEST_WORDS and len(marks) >= 3 and rate >= 5
    return Outcome(
        {"turns": len(marks), "per_1000_words": rate},
        f"{counted(len(marks), 'turn')} of the kind “not X but Y”, {rate} in a thousand words.",
        raised,
        "Say what it was, and let the reader do without what it was not: keep the one or two turns that correct a real"
        " belief.",
        marks,
    )
