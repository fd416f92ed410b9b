"""Whether a reader could check anything: names and numbers by section, and claims that nobody stands behind."""

from __future__ import annotations

import re
from bisect import bisect_left

from bot.essay.measures.base import FEWEST_WORDS, Mark, Outcome, any_of, counted, without_overlaps
from bot.essay.specifics import Specific, dates, is_generic, names, numbers, quotations
from bot.essay.structure import Structure
from bot.essay.text.reading import Reading
from bot.essay.text.spans import Span

# A shorter section is a bridge between two others and needs nothing of its own.
_SECTION_WORDS = 80
# A whole text without sections may run this long before a reader misses something to hold on to.
_TEXT_WORDS = 200
# Fewer words between quotation marks are a label ("Product Manager"), not something that was said.
_SAID_WORDS = 4
_SMALL = re.compile(r"(?:one|two|half|a|an)\b.*", re.IGNORECASE)
_TRAILING_SHARE = 1 / 3


def bare_sections(reading: Reading, structure: Structure | None) -> Outcome:
    """Sections that hold neither a number nor a name nor a date nor speech, and their share of the words."""
    telling = sorted(specific.span.start for specific in _telling(reading.prose))
    bare: list[tuple[int, int]] = []
    parts = reading.parts
    least = _SECTION_WORDS if sum(part.level > 0 for part in parts) > 1 else _TEXT_WORDS
    for index, part in enumerate(parts):
        words = reading.part_words(index)
        at = bisect_left(telling, part.body_start)
        if words >= least and not (at < len(telling) and telling[at] < part.end):
            bare.append((index, words))
    bare_words = sum(words for _, words in bare)
    share = bare_words / reading.words if reading.words else 0.0
    return Outcome(
        {
            "specifics": len(telling),
            "bare_sections": len(bare),
            "bare_words": bare_words,
            "bare_share": round(share, 2),
        },
        f"{counted(len(bare), 'section')} without a number or a name, "
        f"{bare_words} of {counted(reading.words, 'word')}.",
        reading.words >= FEWEST_WORDS and share >= _TRAILING_SHARE,
        "Put one case into each: who, when, how many, what was said.",
        tuple(
            Mark(
                Span(parts[index].start, parts[index].body_start)
                if parts[index].heading_raw.strip()
                else Span(parts[index].start, parts[index].end),
                f"{counted(words, 'word')} without a number or a name",
            )
            for index, words in bare
        ),
    )


def _telling(prose: str) -> list[Specific]:
    """The specifics that place a reader somewhere: job titles, trade abbreviations, "two jobs" and labels do not."""
    found = [number for number in numbers(prose) if not _SMALL.fullmatch(number.raw)]
    found += dates(prose)
    found += [name for name in names(prose) if not is_generic(name)]
    found += [speech for speech in quotations(prose) if len(speech.value.split()) >= _SAID_WORDS]
    return found


_PEOPLE = (
    "(?:companies|organi[sz]ations|teams|firms|employers|businesses|startups|leaders|managers|executives|founders"
    "|experts"
    "|researchers|economists|analysts|observers|critics|commentators|scientists|professionals|recruiters|engineers"
    "|developers|designers|workers|employees|graduates|industries)"
)
_WORDS = r"(?:[\w-]{1,30} ){0,3}?"
_TREND = any_of(
    rf"more (?:and more )?{_WORDS}{_PEOPLE} (?!than\b){_WORDS}(?:are|want|need|now|have|expect|prefer)",
    r"(?:the|our|this) (?:industry|market|field|profession|world|landscape|future|workplace|sector|economy) (?:is|are) "
    rf"{_WORDS}(?:starting|beginning|changing|moving|shifting|evolving|catching|becoming|growing|heading|transforming)",
    r"an? (?:growing|increasing|rising) (?:number|share|body|trend)|in today's [\w-]{1,30}|now more than ever",
    r"in an? (?:increasingly|ever-changing|fast-paced|rapidly)",
)
_STUDY = any_of(
    r"(?:studies|research|science|data|statistics|surveys|evidence) (?:has |have |clearly |consistently )?"
    r"(?:shows?|shown|suggests?|proves?|proven|indicates?|tells? us|says?)"
)
_UNNAMED = any_of(
    rf"(?:many|most|some|several) (?:[\w-]{{1,30}} )?{_PEOPLE} (?:would |will |now )?(?:say|believe|agree|argue"
    rf"|think|claim"
    "|know|assume|consider|feel)",
    rf"{_PEOPLE} (?:agree|say|believe|argue) that",
)
_NOBODY = any_of(
    "it(?: is|'s) (?:often |widely |generally |commonly |well )(?:said|known|believed|accepted|agreed|thought"
    "|understood)",
    "(?:what )?everyone (?:agreed (?:was|is|that|it)|agrees|knows|says|believes|thinks)|every(?:one|body) (?:knows"
    "|agrees)",
    "we all know|people (?:often )?say that|they say that|it has been said",
)
_VAGUE = (
    (_TREND, "a trend without a source"),
    (_STUDY, "a source without a name"),
    (_UNNAMED, "people without names"),
    (_NOBODY, "nobody in particular"),
)
_SOURCED = re.compile(
    r"https?://|\]\(|\baccording to [A-Z]|\b(?:19|20)\d\d (?:survey|study|report|paper)|\(\d{4}\)|\d[\d.]{0,9}"
    r" ?(?:%|per ?cent)"
)
# Under this many words two such statements are as many as three in a longer text.
_DENSE = 500


def unsourced(reading: Reading, structure: Structure | None) -> Outcome:
    """Trends, studies and opinions that nobody is named for, outside quotations and sentences that give a source."""
    prose = reading.prose
    sentences = reading.sentences
    starts = [sentence.span.start for sentence in sentences]
    spoken = quotations(prose)
    said = [speech.span.start for speech in spoken]
    sourced: dict[int, bool] = {}
    marks = []
    for pattern, note in _VAGUE:
        for match in pattern.finditer(prose):
            at = bisect_left(starts, match.start() + 1) - 1
            spoken_at = bisect_left(said, match.start() + 1) - 1
            if at < 0 or (spoken_at >= 0 and match.start() < spoken[spoken_at].span.end):
                continue
            if at not in sourced:
                sourced[at] = bool(_SOURCED.search(reading.text, sentences[at].span.start, sentences[at].span.end))
            if not sourced[at]:
                marks.append(Mark(Span(*match.span()), note))
    kept = without_overlaps(marks)
    enough = 2 if reading.words < _DENSE else 3
    return Outcome(
        {"unsourced": len(kept)},
        f"{counted(len(kept), 'statement')} about people or trends that nobody is named for.",
        reading.words >= FEWEST_WORDS and len(kept) >= enough,
        "Name one of them and what happened there, give the source, or take the sentence out.",
        kept,
    )
