"""How sentences follow one another: their lengths, and how they open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby, islice
from statistics import fmean, pstdev

from bot.essay.measures.base import FEWEST_WORDS, Mark, Outcome, counted, per_thousand, speech, without_overlaps
from bot.essay.structure import Structure
from bot.essay.text.flow import FlowSentence
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
    """The sentences outside lists, whose items are alike by design, and outside quoted blocks."""
    return [sentence for sentence in reading.sentences if reading.paragraphs[sentence.paragraph].kind == "prose"]


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
    """Runs of neighbouring sentences that open with the same word, or with the same two."""
    sentences = _prose(reading)
    runs: list[tuple[str, list[Sentence]]] = []
    pairs: list[tuple[str, list[Sentence]]] = []
    opening = {id(sentence): _opening(reading, sentence) for sentence in sentences}
    for (word, _), group in groupby(sentences, key=lambda sentence: (opening[id(sentence)][0], sentence.part)):
        run = list(group)
        if word and len(run) >= (_PLAIN_RUN if word in _PLAIN_OPENERS else _OPENER_RUN):
            runs.append((word, run))
    for (words, _), group in groupby(sentences, key=lambda sentence: (opening[id(sentence)][1], sentence.part)):
        run = list(group)
        if words and len(run) >= _OPENER_RUN:
            pairs.append((words, run))
    longest = max((len(run) for _, run in runs), default=0)
    return Outcome(
        {"runs": len(runs), "longest_run": longest, "same_two_words": len(pairs)},
        f"{counted(len(runs), 'run')} of neighbouring sentences with the same first word"
        + (f", {longest} sentences at most." if runs else "."),
        reading.words >= FEWEST_WORDS
        and ((len(runs) >= 2 and per_thousand(len(runs), reading.words) >= _MOST_RUNS) or longest >= _PLAIN_RUN + 2),
        "Keep the one place where the repetition is meant; elsewhere join two of the sentences.",
        without_overlaps(
            Mark(_over(run), f"{len(run)} sentences open with “{words}”", 2) for words, run in (*pairs, *runs)
        ),
    )


def _opening(reading: Reading, sentence: Sentence) -> tuple[str, str]:
    """The first word of a sentence, and the first two, in lower case; "" where there are none."""
    text = sentence.span.of(reading.prose).replace("’", "'").lower()
    words = [match.group() for match in islice(_FIRST_WORD.finditer(text), 2)]
    if not words:
        return "", ""
    # "I'd", "I've" and "I" are heard as one word.
    short, _, rest = words[0].partition("'")
    if short in _PLAIN_OPENERS and rest:
        return short, words[0]
    return words[0], " ".join(words) if len(words) > 1 else ""


_FEWEST_QUESTIONS = 3
_MOST_CHAINS = 3.0


def questions(reading: Reading, structure: Structure | None) -> Outcome:
    """Questions that the author puts to nobody: two or more in a row, or one answered in a few words."""
    flow = reading.flow
    spoken = speech(flow.text)
    marks = []
    chain: list[FlowSentence] = []
    asked = 0
    for sentence in (*flow.sentences, None):
        if sentence is not None and not (chain and sentence.source.part != chain[0].source.part):
            words = sentence.span.of(flow.text)
            if words.rstrip("\"”’'»)]*_ ").endswith("?") and not spoken(sentence.span.end - 1):
                chain.append(sentence)
                asked += 1
                continue
        answered = sentence is not None and len(chain) == 1 and _answers(sentence, flow.text)
        if sentence is not None and answered and _self_answered(sentence, chain[0], flow.text):
            marks.append(
                Mark(flow.span(chain[0].span.start, sentence.span.end), "a question asked to be answered at once", 2)
            )
        if len(chain) > 1:
            marks.append(
                Mark(flow.span(chain[0].span.start, chain[-1].span.end), f"{len(chain)} questions put to nobody", 2)
            )
        chain = []
    rate = per_thousand(len(marks), reading.words)
    return Outcome(
        {"chains": len(marks), "questions": asked},
        f"{counted(len(marks), 'chain')} of questions put to nobody.",
        reading.words >= FEWEST_WORDS and len(marks) >= _FEWEST_QUESTIONS and rate >= _MOST_CHAINS,
        "Say what you know in place of the question, or leave one of them standing without an answer.",
        tuple(marks),
    )


_SHORT_ANSWER = 3


def _answers(sentence: FlowSentence, text: str) -> bool:
    return sentence.source.words <= _SHORT_ANSWER or sentence.span.of(text).lstrip().startswith("Because ")


def _self_answered(answer: FlowSentence, question: FlowSentence, text: str) -> bool:
    return answer.source.paragraph == question.source.paragraph and not speech(text)(answer.span.start)
