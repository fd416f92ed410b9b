"""How sentences follow one another: their lengths, and how they open."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import groupby
from statistics import fmean, pstdev

from bot.essay.measures.base import FEWEST_WORDS, Mark, Outcome, counted, per_thousand
from bot.essay.structure import Structure
from bot.essay.text.reading import Reading, Sentence
from bot.essay.text.spans import Span

# A spread under a third of the mean is a metronome: prose by practised writers lies between 0.5 and 0.8.
_LEAST_SPREAD = 0.33
_FEWEST_SENTENCES = 12
# So many sentences in a row within so many words of each other. By chance, with a usual spread, one text in twenty.
_ALIKE_RUN = 7
_ALIKE_WORDS = 3
_MOST_RUNS_ALIKE = 1.0
_OPENER_RUN = 3
_FIRST_WORD = re.compile(r"[^\W_](?:[\w'’-]*\w)?")
# Said of oneself or of a thing, these open most sentences of any honest account; only a long run of them is heard.
_PLAIN_OPENERS = frozenset({"i", "the", "it", "he", "she", "we", "they", "a"})
_PLAIN_RUN = 5
# Runs in a thousand words: a long essay may do it twice.
_MOST_RUNS = 1.5


def _prose(reading: Reading) -> list[Sentence]:
    """The sentences outside lists: items are alike by design."""
    return [sentence for sentence in reading.sentences if reading.paragraphs[sentence.paragraph].kind != "item"]


def sentence_lengths(reading: Reading, structure: Structure | None) -> Outcome:
    """Lengths of sentences in words, their spread (standard deviation), and runs of alike ones."""
    sentences = _prose(reading)
    lengths = [sentence.words for sentence in sentences]
    if not lengths:
        return Outcome({"sentences": 0}, "No sentences.")
    mean, spread = fmean(lengths), pstdev(lengths)
    runs = list(_alike(sentences))
    flat = len(lengths) >= _FEWEST_SENTENCES and spread < _LEAST_SPREAD * mean
    return Outcome(
        {
            "sentences": len(lengths),
            "shortest": min(lengths),
            "longest": max(lengths),
            "mean": round(mean, 1),
            "spread": round(spread, 1),
            "runs_alike": len(runs),
        },
        f"{counted(len(lengths), 'sentence')} of {_range(sentences)}, {mean:.1f} on average;"
        f" {counted(len(runs), 'run')} of {_ALIKE_RUN} or more of one length.",
        reading.words >= FEWEST_WORDS
        and (flat or (len(runs) > 1 and per_thousand(len(runs), reading.words) >= _MOST_RUNS_ALIKE)),
        "Let one sentence in the run be very short, or join two that belong together.",
        tuple(Mark(_over(run), f"{len(run)} sentences of {_range(run)}") for run in runs),
    )


def _alike(sentences: list[Sentence]) -> Iterator[list[Sentence]]:
    """Longest runs within one part whose lengths differ by at most ``_ALIKE_WORDS``, taken from left to right."""
    run: list[Sentence] = []
    for sentence in sentences:
        lengths = [sentence.words, *(other.words for other in run[-_ALIKE_RUN * 4 :])]
        if run and (sentence.part != run[0].part or max(lengths) - min(lengths) > _ALIKE_WORDS):
            if len(run) >= _ALIKE_RUN:
                yield run
                run = []
            else:
                # What still fits with the new sentence stays.
                while run and (run[0].part != sentence.part or not _fits(run, sentence)):
                    run = run[1:]
        run = [*run, sentence] if len(run) < _ALIKE_RUN * 4 else [*run[1:], sentence]
    if len(run) >= _ALIKE_RUN:
        yield run


def _fits(run: list[Sentence], sentence: Sentence) -> bool:
    lengths = [sentence.words, *(other.words for other in run)]
    return max(lengths) - min(lengths) <= _ALIKE_WORDS


def _range(run: list[Sentence]) -> str:
    low, high = min(sentence.words for sentence in run), max(sentence.words for sentence in run)
    return counted(high, "word") if low == high else f"{low}–{high} words"


def _over(run: list[Sentence]) -> Span:
    return Span(run[0].span.start, run[-1].span.end)


def openers(reading: Reading, structure: Structure | None) -> Outcome:
    """Runs of neighbouring sentences that open with the same word."""
    sentences = _prose(reading)
    first = _opener_of(reading)
    runs: list[tuple[str, list[Sentence]]] = []
    for (word, _), group in groupby(sentences, key=lambda sentence: (first(sentence), sentence.part)):
        run = list(group)
        if word and len(run) >= (_PLAIN_RUN if word in _PLAIN_OPENERS else _OPENER_RUN):
            runs.append((word, run))
    longest = max((len(run) for _, run in runs), default=0)
    return Outcome(
        {"runs": len(runs), "longest_run": longest},
        f"{counted(len(runs), 'run')} of neighbouring sentences with the same first word"
        + (f", {longest} sentences at most." if runs else "."),
        reading.words >= FEWEST_WORDS
        and ((len(runs) >= 2 and per_thousand(len(runs), reading.words) >= _MOST_RUNS) or longest >= _PLAIN_RUN + 2),
        "Keep the one place where the repetition is meant; elsewhere join two of the sentences.",
        tuple(Mark(_over(run), f"{len(run)} sentences open with “{word}”") for word, run in runs),
    )


def _opener_of(reading: Reading) -> Callable[[Sentence], str]:
    def opener(sentence: Sentence) -> str:
        match = _FIRST_WORD.search(reading.prose, sentence.span.start, sentence.span.end)
        word = match.group().lower().replace("’", "'") if match else ""
        # "I'd", "I've" and "I" are heard as one word.
        return word.split("'")[0] if word.split("'")[0] in _PLAIN_OPENERS else word

    return opener
