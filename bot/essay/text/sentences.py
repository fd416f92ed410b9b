"""Split paragraphs into sentences. Made for English; elsewhere a full stop and a capital mostly decide."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.essay.text.markdown import ends_sentence, is_deliberate_break, starts_lowercase
from bot.essay.text.spans import Span
from bot.essay.text.words import word_set

# Possessive, and begun only where a run of marks begins, so that a long run which ends nothing is scanned once.
_SENTENCE_END = re.compile(r"(?<![.!?…])[.!?…]++[\"”’'»)\]]*+(?=\s|$)|[。！？।]++[”」』）]*+")
_LINE_BREAK = re.compile(r"\r\n?|\n")
_TOKEN_BEFORE = re.compile(r"[^\s(\[“\"‘'«—–]+$")
_OPENING_MARKS = " \t\r\n“\"‘'([«„—–*_-"

# Followed by a name or a number, never by a new sentence.
_NEVER_LAST = word_set(
    "mr mrs ms mx dr prof st mt sen rep gov gen col capt sgt lt cmdr rev hon pres fr sr. vs v cf e.g i.e eg ie"
    " viz approx ca fig figs eq ch pp ed eds vol messrs mme mlle no nos art sec"
    # German, Dutch, French, Spanish, Italian
    " nr bzw ggf evtl vgl sog inkl zzgl hr fr dipl ing geb abb bd hrsg mio mrd tel str ziff dhr mevr bijv env"
    " sra srta ud uds dña núm pág aprox sig dott"
)
# They end a sentence if a capital follows that begins no month, weekday or time zone.
_SOMETIMES_LAST = word_set(
    "etc inc ltd co corp llc plc jr sr esq dept est ave blvd rd al a.m p.m am pm ph.d m.d b.a m.a b.sc m.sc ba bc"
    " ad min hr hrs mins secs jan feb mar apr jun jul aug sept sep oct nov dec mon tue tues wed thu thur thurs"
    " fri sat sun usw ecc enz"
)
_CONTINUES_AFTER = word_set(
    "january february march april may june july august september october november december monday tuesday"
    " wednesday thursday friday saturday sunday est edt pst pdt cet cest gmt bst utc et pt ct"
)
# Words that open a sentence far more often than they follow an initial ("Plan B. Then we…" against "J. Smith").
_SENTENCE_STARTERS = word_set(
    "the a an i it he she we they you this that these those there then but and so or if when while as at in on by"
    " for from to my our his her their its your what who why how where no not nobody nothing everyone after"
    " before by now once"
)
_INITIALS = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]?$")
# "z. B.", "d. h.", "i. d. R.", "p. ex.": letters with a space between; any word may follow.
_SPACED_ABBREVIATION = re.compile(r"(?<![^\W\d_])(?:[^\W\d_]\.\s?)+(?:[^\W\d_]|ex)$")
_LETTER_NEXT = re.compile(r"[^\W\d_]\.")
# German ordinals have a full stop: "am 29. Juli", "im 3. Stock", "29. 7. 2019". If the month is English too, or a noun
# follows, the word before the number decides.
_GERMAN_MONTH = word_set(
    "januar jänner februar februari märz maart mai mei juni juli oktober dezember jan feb jun jul okt dez"
)
_BEFORE_ORDINAL = re.compile(
    r"(?:^|(?<=[\s(„“\"]))(?P<word>am|im|zum|zur|vom|beim|ab|bis|seit|nach|der|das|den|dem|des|ein|eine|einem|einen"
    r"|einer|mein|meine|meinem|meinen|meiner|unser|unsere|unserem|unserer|ihr|ihre|ihrem|ihrer|sein|seine|seinem"
    r"|jeder|jedes|jeden|jedem|diesem|diesen|dieser|und|oder|die)\s+\d{1,3}$",
    re.IGNORECASE,
)
_DAY_AND_MONTH = re.compile(r"\d{1,2}\.\s?(?:\d|$)")
_AFTER_DAY = re.compile(r"(?<!\d)\d{1,2}\.\s?\d{1,2}$")
_BRAND = re.compile(r"[a-z]{1,2}[A-Z]")
# How far back to look for the bracket that opened an aside; real asides are shorter.
_MAX_ASIDE_CHARACTERS = 300
_LOWER_START = re.compile(r"[^\W\d_]{2}\.\s+([^\W\d_])")


def is_lowercase_style(prose: str) -> bool:
    """Return whether more than half of the letters after full stops are lower-case, a style rather than a slip."""
    starts = _LOWER_START.findall(prose)
    return len(starts) > 1 and sum(map(str.islower, starts)) * 2 > len(starts)


def find_sentences(prose: str, within: Span, *, lower_case: bool = False, width: int | None = None) -> Iterable[Span]:
    """Yield the sentences of one paragraph of ``prose``, trimmed; those without a letter or digit are left out.

    ``lower_case`` says that sentences may start with a small letter. ``width`` is the widest line of the paragraph in
    characters; if it is given, a line that was ended on purpose ends a sentence too (logs, verse).
    """
    start = within.start
    for end in _find_ends(prose, within, lower_case, width):
        if (span := _trim_span(prose, start, end)) is not None:
            yield span
            start = end
    if (span := _trim_span(prose, start, within.end)) is not None:
        yield span


def _trim_span(prose: str, start: int, end: int) -> Span | None:
    piece = prose[start:end]
    if not any(map(str.isalnum, piece)):
        return None
    return Span(start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip()))


def _find_ends(prose: str, within: Span, lower_case: bool, width: int | None) -> Iterable[int]:
    marks = [(match.start(), match.end(), True) for match in _SENTENCE_END.finditer(prose, within.start, within.end)]
    if width is not None:
        marks += [(m.start(), m.end(), False) for m in _LINE_BREAK.finditer(prose, within.start, within.end)]
        marks.sort()
    line_start = start = within.start
    for at, end, stop in marks:
        if stop:
            closes = _ends_sentence_here(prose, start, at, end, within.end, lower_case)
        else:
            following = prose[end : min(end + 60, within.end)]
            line, line_start = prose[line_start:at], end
            closes = (
                bool(following.strip())
                and not starts_lowercase(following)
                and (is_deliberate_break(line, following, width or 0) or ends_sentence(line))
            )
        if closes:
            yield end
            start = end


def _ends_sentence_here(prose: str, start: int, at: int, end: int, limit: int, lower_case: bool) -> bool:
    """Return whether the marks between ``at`` and ``end`` end a sentence, by the words around them."""
    mark = prose[at:end]
    rest = prose[end : min(end + 40, limit)]
    following = rest.lstrip(_OPENING_MARKS)
    if not following:
        return True
    if mark[0] in "。！？।":
        return True
    if following[0] in ".!?…":
        return False  # an ellipsis with spaces: ". . ."
    if ")" in mark and mark[0] != ")" and _is_mid_sentence_aside(prose, start, at):
        return False
    first = following[0]
    word = re.match(r"[\w'’]*", following)
    next_word = word.group().lower() if word else ""
    if first.islower() and not _BRAND.match(following):
        return (
            lower_case
            and mark[-1] not in "\"”’'»"
            and _period_ends_sentence(prose, start, at, mark, next_word, first, rest)
        )
    if rest.lstrip()[:1] in "—–":
        # "Really? — Yes." is two sentences; with a lower-case word behind the dash it is one.
        return first.isupper() and next_word not in ("i", "i'm", "i’m")
    return _period_ends_sentence(prose, start, at, mark, next_word, first, rest)


def _period_ends_sentence(prose: str, start: int, at: int, mark: str, next_word: str, first: str, rest: str) -> bool:
    if mark.startswith(("...", "…")) or prose[max(start, at - 2) : at] == ". ":
        return next_word not in ("i", "i'm", "i’m", "i'd", "i’d", "i'll", "i’ll", "i've", "i’ve")
    if not mark.startswith(".") or mark.startswith(".."):
        return True
    token_match = _TOKEN_BEFORE.search(prose, max(start, at - 40), at)
    before = token_match.group() if token_match else ""
    lower = before.lower()
    if (
        before.isdecimal()
        and len(before) <= 2
        and token_match is not None
        and not prose[start : token_match.start()].strip()
    ):
        return False  # "1. First item" written inline
    if before.isdecimal() and _is_ordinal(prose[max(start, at - 24) : at], before, next_word, rest.lstrip()):
        return False
    if lower == "al":
        return rest.lstrip()[:1] not in ("(", "[") and next_word in _SENTENCE_STARTERS  # "et al. (Oxford, 2019)"
    if len(before) == 1 and before.isalpha() and _LETTER_NEXT.match(rest.lstrip()):
        return False  # "z. B."
    if before and lower not in ("m", "p") and _SPACED_ABBREVIATION.search(prose[max(start, at - 12) : at]):
        return next_word in _SENTENCE_STARTERS
    if lower in ("no", "nos", "art", "sec", "fig", "ch", "vol", "pp", "ed", "eds"):
        return not (first.isdigit() or (before[0].isupper() and lower == "fig"))
    if lower in _NEVER_LAST:
        return len(mark) > 1
    if lower in _SOMETIMES_LAST:
        if (
            lower in ("am", "pm", "min", "mar", "may", "sun", "sat", "co", "ad", "ba", "mon", "wed")
            and not before[0].isupper()
        ):
            # Ordinary words as well ("here I am."): a number before them makes them times.
            return next_word not in _CONTINUES_AFTER
        return not first.isdigit() and next_word not in _CONTINUES_AFTER and rest.lstrip()[:1] not in ("(", "[")
    if len(before) == 1 and before.isalpha() and before.isupper() and before != "I":
        return next_word in _SENTENCE_STARTERS
    if _INITIALS.match(before):
        return next_word in _SENTENCE_STARTERS
    return True


def _is_ordinal(before: str, number: str, next_word: str, rest: str) -> bool:
    """Return whether the number before the full stop is a German ordinal or part of a date in figures."""
    if len(number) > 3:
        return False
    if next_word in _GERMAN_MONTH or (rest[:1].isdigit() and (_DAY_AND_MONTH.match(rest) or _AFTER_DAY.search(before))):
        return True
    found = _BEFORE_ORDINAL.search(before)
    if found is None or rest[:1].isdigit():
        return False
    word, lead = found["word"].lower(), before[: found.start()].rstrip()
    # "I am 29. Then": English; "we all die 3. Then": nobody writes it.
    return (
        not (word in ("am", "und", "oder", "ab", "des") and lead.endswith(("I", "i")))
        and next_word not in _SENTENCE_STARTERS
    )


def _is_mid_sentence_aside(prose: str, start: int, at: int) -> bool:
    """Return whether the bracket closed here was opened in mid-sentence, so that the sentence goes on."""
    opening = prose.rfind("(", max(start, at - _MAX_ASIDE_CHARACTERS), at)
    return opening >= 0 and bool(prose[max(start, opening - _MAX_ASIDE_CHARACTERS) : opening].strip())
