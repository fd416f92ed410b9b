"""Measure what a reader could check: names and numbers by section, and claims without a source."""

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

# A shorter section is a bridge between two others, and needs no facts of its own.
_MIN_SECTION_WORDS = 80
# A text without sections may be this long before a reader misses facts.
_MIN_TEXT_WORDS = 200
# Fewer words between quotation marks are a label ("Product Manager"), not something that was said.
_MIN_QUOTED_WORDS = 4
_SMALL_NUMBER = re.compile(r"(?:one|two|half|a|an)\b.*", re.IGNORECASE)
_MAX_BARE_SHARE = 1 / 3


def bare_sections(parsed: ParsedText, structure: Structure | None) -> MeasureResult:
    """Find sections without a number, name, date or speech, and their share of the words."""
    prose = parsed.all_prose
    fact_starts = sorted(
        prose.source_span(fact.span.start, fact.span.end).start for fact in _particular_facts(prose.text)
    )
    bare: list[tuple[int, int]] = []
    parts = parsed.sections
    min_words = _MIN_SECTION_WORDS if sum(part.level > 0 for part in parts) > 1 else _MIN_TEXT_WORDS
    for index, part in enumerate(parts):
        words = parsed.count_section_words(index)
        at = bisect_left(fact_starts, part.body_start)
        if words >= min_words and not (at < len(fact_starts) and fact_starts[at] < part.end):
            bare.append((index, words))
    bare_words = sum(words for _, words in bare)
    share = bare_words / parsed.word_count if parsed.word_count else 0.0
    return MeasureResult(
        {
            "specifics": len(fact_starts),
            "bare_sections": len(bare),
            "bare_words": bare_words,
            "bare_share": round(share, 2),
        },
        f"{count_noun(len(bare), 'section')} without a number or a name, "
        f"{bare_words} of {count_noun(parsed.word_count, 'word')}.",
        parsed.word_count >= MIN_WORDS and share >= _MAX_BARE_SHARE,
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


def _particular_facts(text: str) -> list[Fact]:
    """Return the particular facts: no job titles, trade abbreviations, labels, or numbers as in "two jobs"."""
    found = [number for number in numbers(text) if not _SMALL_NUMBER.fullmatch(number.raw)]
    found += dates(text)
    found += [name for name in names(text) if not is_generic_name(name)]
    found += [speech for speech in quotations(text) if len(speech.value.split()) >= _MIN_QUOTED_WORDS]
    return found


_SOURCED = re.compile(
    r"https?://|\]\(|\baccording to [A-Z]|\b(?:19|20)\d\d (?:survey|study|report|paper)|\(\d{4}\)|\d[\d.]{0,9}"
    r" ?(?:%|per ?cent)"
)
# In a shorter text two such statements count as much as three in a longer one.
_MIN_WORDS_FOR_RATE = 500


def unsourced(parsed: ParsedText, structure: Structure | None) -> MeasureResult:
    """Find trends, studies and opinions that nobody is named for, outside quotations and sentences with a source."""
    prose = parsed.own_prose
    starts = [sentence.span.start for sentence in prose.sentences]
    sourced: dict[int, bool] = {}
    hits = []
    for found in load_phrases("unsourced").find(prose):
        at = bisect_right(starts, found.span.start) - 1
        if at not in sourced:
            span = prose.sentences[at].source.span
            sourced[at] = bool(_SOURCED.search(parsed.text, span.start, span.end))
        if not sourced[at]:
            hits.append(
                MeasureHit(prose.source_span(found.span.start, found.span.end), found.phrase.note, found.phrase.weight)
            )
    enough = 2 if parsed.word_count < _MIN_WORDS_FOR_RATE else 3
    return MeasureResult(
        {"unsourced": len(hits)},
        f"{count_noun(len(hits), 'statement')} about people or trends that nobody is named for.",
        parsed.word_count >= MIN_WORDS and len(hits) >= enough,
        "Name one of them and what happened there, give the source, or take the sentence out.",
        tuple(hits),
    )
