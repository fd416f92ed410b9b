"""Whether a reader could check anything: names and numbers by section, and claims that nobody stands behind."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from bot.essay.measures.base import FEWEST_WORDS, Mark, Outcome, counted
from bot.essay.measures.matching import phrases
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
    flow = reading.whole_flow
    telling = sorted(flow.span(specific.span.start, specific.span.end).start for specific in _telling(flow.text))
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


_SOURCED = re.compile(
    r"https?://|\]\(|\baccording to [A-Z]|\b(?:19|20)\d\d (?:survey|study|report|paper)|\(\d{4}\)|\d[\d.]{0,9}"
    r" ?(?:%|per ?cent)"
)
# Under this many words two such statements are as many as three in a longer text.
_DENSE = 500


def unsourced(reading: Reading, structure: Structure | None) -> Outcome:
    """Trends, studies and opinions that nobody is named for, outside quotations and sentences that give a source."""
    flow = reading.flow
    starts = [sentence.span.start for sentence in flow.sentences]
    sourced: dict[int, bool] = {}
    marks = []
    for found in phrases("unsourced").found(flow):
        at = bisect_right(starts, found.span.start) - 1
        if at not in sourced:
            span = flow.sentences[at].source.span
            sourced[at] = bool(_SOURCED.search(reading.text, span.start, span.end))
        if not sourced[at]:
            marks.append(Mark(flow.span(found.span.start, found.span.end), found.phrase.note, found.phrase.weight))
    enough = 2 if reading.words < _DENSE else 3
    return Outcome(
        {"unsourced": len(marks)},
        f"{counted(len(marks), 'statement')} about people or trends that nobody is named for.",
        reading.words >= FEWEST_WORDS and len(marks) >= enough,
        "Name one of them and what happened there, give the source, or take the sentence out.",
        tuple(marks),
    )
