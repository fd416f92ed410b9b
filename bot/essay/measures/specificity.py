"""Measure what a reader could check: names and numbers by section, and claims that nobody stands behind."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from bot.essay.facts import Fact, dates, is_generic_name, names, numbers, quotations
from bot.essay.measures.base import MIN_WORDS, MeasureHit, MeasureResult
from bot.essay.measures.phrases import load_phrases
from bot.essay.structure import Structure
from bot.essay.text.parsed_text import ParsedText
from bot.essay.text.spans import Span
from bot.essay.text.words import count_noun

# A shorter section is a bridge between two others and needs nothing of its own.
_MIN_SECTION_WORDS = 80
# A whole text without sections may run this long before a reader misses something to hold on to.
_MIN_TEXT_WORDS = 200
# Fewer words between quotation marks are a label ("Product Manager"), not something that was said.
_MIN_QUOTED_WORDS = 4
_SMALL = re.compile(r"(?:one|two|half|a|an)\b.*", re.IGNORECASE)
_TRAILING_SHARE = 1 / 3


def bare_sections(reading: ParsedText, structure: Structure | None) -> MeasureResult:
    """Sections that hold neither a number nor a name nor a date nor speech, and their share of the words."""
    flow = reading.all_prose
    telling = sorted(
        flow.source_span(specific.span.start, specific.span.end).start for specific in _telling_facts(flow.text)
    )
    bare: list[tuple[int, int]] = []
    parts = reading.sections
    least = _MIN_SECTION_WORDS if sum(part.level > 0 for part in parts) > 1 else _MIN_TEXT_WORDS
    for index, part in enumerate(parts):
        words = reading.count_section_words(index)
        at = bisect_left(telling, part.body_start)
        if words >= least and not (at < len(telling) and telling[at] < part.end):
            bare.append((index, words))
    bare_words = sum(words for _, words in bare)
    share = bare_words / reading.word_count if reading.word_count else 0.0
    return MeasureResult(
        {
            "specifics": len(telling),
            "bare_sections": len(bare),
            "bare_words": bare_words,
            "bare_share": round(share, 2),
        },
        f"{count_noun(len(bare), 'section')} without a number or a name, "
        f"{bare_words} of {count_noun(reading.word_count, 'word')}.",
        reading.word_count >= MIN_WORDS and share >= _TRAILING_SHARE,
        "Put one case into each: who, when, how many, what was said.",
        tuple(
            MeasureHit(
                Span(parts[index].start, parts[index].body_start)
                if parts[index].heading_source.strip()
                else Span(parts[index].start, parts[index].end),
                f"{count_noun(words, 'word')} without a number or a name",
            )
            for index, words in bare
        ),
    )


def _telling_facts(prose: str) -> list[Fact]:
    """The specifics that place a reader somewhere: job titles, trade abbreviations, "two jobs" and labels do not."""
    found = [number for number in numbers(prose) if not _SMALL.fullmatch(number.raw)]
    found += dates(prose)
    found += [name for name in names(prose) if not is_generic_name(name)]
    found += [speech for speech in quotations(prose) if len(speech.value.split()) >= _MIN_QUOTED_WORDS]
    return found


_SOURCED = re.compile(
    r"https?://|\]\(|\baccording to [A-Z]|\b(?:19|20)\d\d (?:survey|study|report|paper)|\(\d{4}\)|\d[\d.]{0,9}"
    r" ?(?:%|per ?cent)"
)
# Under this many words two such statements are as many as three in a longer text.
_MIN_WORDS_FOR_RATE = 500


def unsourced(reading: ParsedText, structure: Structure | None) -> MeasureResult:
    """Trends, studies and opinions that nobody is named for, outside quotations and sentences that give a source."""
    flow = reading.own_prose
    starts = [sentence.span.start for sentence in flow.sentences]
    sourced: dict[int, bool] = {}
    marks = []
    for found in load_phrases("unsourced").find(flow):
        at = bisect_right(starts, found.span.start) - 1
        if at not in sourced:
            span = flow.sentences[at].source.span
            sourced[at] = bool(_SOURCED.search(reading.text, span.start, span.end))
        if not sourced[at]:
            marks.append(
                MeasureHit(flow.source_span(found.span.start, found.span.end), found.phrase.note, found.phrase.weight)
            )
    enough = 2 if reading.word_count < _MIN_WORDS_FOR_RATE else 3
    return MeasureResult(
        {"unsourced": len(marks)},
        f"{count_noun(len(marks), 'statement')} about people or trends that nobody is named for.",
        reading.word_count >= MIN_WORDS and len(marks) >= enough,
        "Name one of them and what happened there, give the source, or take the sentence out.",
        tuple(marks),
    )
