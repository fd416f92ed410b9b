"""Measure how sentences follow each other: their lengths, openers, questions, and tenses that slip."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby, islice
from statistics import fmean, pstdev

from bot.essay.measures.base import (
    MIN_WORDS,
    MeasureHit,
    MeasureResult,
    drop_overlapping_hits,
    per_thousand,
    speech_detector,
)
from bot.essay.measures.phrases import load_word_list
from bot.essay.structure import Structure
from bot.essay.text.parsed_text import NormalizedProse, ParsedText, ProseSentence, Sentence
from bot.essay.text.spans import Span
from bot.essay.text.words import count_noun

# A standard deviation under a third of the mean is monotonous. Practised writers have 0.5 to 0.8 of it.
_MIN_SPREAD = 0.33
_MIN_SENTENCES = 12
# So many sentences in a row within so many words of each other; by chance this is in one text of twenty.
_ALIKE_RUN = 7
_ALIKE_WORDS = 3
_MAX_RUNS_ALIKE = 1.0
_OPENER_RUN = 3
_FIRST_WORD = re.compile(r"[^\W_](?:[\w'’-]*\w)?")
# These open most sentences of any honest account; only a long run of them is noticed.
_PLAIN_OPENERS = frozenset({"i", "the", "it", "he", "she", "we", "they", "a"})
_PLAIN_RUN = 5
# Runs in a thousand words: a long essay may do it twice.
_MAX_OPENER_RUNS = 1.5


def _prose_sentences(parsed: ParsedText) -> list[Sentence]:
    """Return the sentences outside block quotations and lists, whose items are alike by design."""
    return [sentence for sentence in parsed.sentences if parsed.paragraphs[sentence.paragraph_index].kind == "prose"]


def sentence_lengths(parsed: ParsedText, structure: Structure | None) -> MeasureResult:
    """Measure the lengths of sentences in words, their standard deviation, and runs of similar length."""
    sentences = _prose_sentences(parsed)
    lengths = [sentence.word_count for sentence in sentences]
    if not lengths:
        return MeasureResult({"sentences": 0}, "No sentences.")
    mean, spread = fmean(lengths), pstdev(lengths)
    runs = list(_runs_of_similar_length(sentences))
    flat = len(lengths) >= _MIN_SENTENCES and spread < _MIN_SPREAD * mean
    which = "in the run" if runs else "here and there"
    return MeasureResult(
        {
            "sentences": len(lengths),
            "shortest": min(lengths),
            "longest": max(lengths),
            "mean": round(mean, 1),
            "spread": round(spread, 1),
            "runs_alike": len(runs),
        },
        f"{count_noun(len(lengths), 'sentence')} of {_length_range(sentences)}, {mean:.1f} on average;"
        f" {count_noun(len(runs), 'run')} of {_ALIKE_RUN} or more of one length.",
        parsed.word_count >= MIN_WORDS
        and (flat or (len(runs) > 1 and per_thousand(len(runs), parsed.word_count) >= _MAX_RUNS_ALIKE)),
        f"Let one sentence {which} be very short, or join two that belong together.",
        tuple(MeasureHit(_run_span(run), f"{len(run):,} sentences of {_length_range(run)}") for run in runs),
    )


def _runs_of_similar_length(sentences: list[Sentence]) -> Iterator[list[Sentence]]:
    """Yield, from left to right, the longest runs in one section whose lengths differ by at most ``_ALIKE_WORDS``."""
    run: list[Sentence] = []
    low = high = 0  # the run's shortest and longest
    for sentence in sentences:
        count = sentence.word_count
        low, high = (min(low, count), max(high, count)) if run else (count, count)
        if run and (sentence.section_index != run[0].section_index or high - low > _ALIKE_WORDS):
            if len(run) >= _ALIKE_RUN:
                yield run
                run = []
            # Keep what still fits with the new sentence, of a run that is short.
            while run and (sentence.section_index != run[0].section_index or not _fits_run(run, sentence)):
                run = run[1:]
            lengths = [count, *(other.word_count for other in run)]
            low, high = min(lengths), max(lengths)
        run.append(sentence)
    if len(run) >= _ALIKE_RUN:
        yield run


def _fits_run(run: list[Sentence], sentence: Sentence) -> bool:
    lengths = [sentence.word_count, *(other.word_count for other in run)]
    return max(lengths) - min(lengths) <= _ALIKE_WORDS


def _length_range(run: list[Sentence]) -> str:
    low, high = min(sentence.word_count for sentence in run), max(sentence.word_count for sentence in run)
    return count_noun(high, "word") if low == high else f"{low}–{high} words"


def _run_span(run: list[Sentence]) -> Span:
    return Span(run[0].span.start, run[-1].span.end)


def openers(parsed: ParsedText, structure: Structure | None) -> MeasureResult:
    """Find runs of neighbouring sentences that open with the same word, or with the same two."""
    sentences = _prose_sentences(parsed)
    runs: list[tuple[str, list[Sentence]]] = []
    pairs: list[tuple[str, list[Sentence]]] = []
    opening = {id(sentence): _opening_words(parsed, sentence) for sentence in sentences}
    for (word, _), group in groupby(sentences, key=lambda sentence: (opening[id(sentence)][0], sentence.section_index)):
        run = list(group)
        if word and len(run) >= (_PLAIN_RUN if word in _PLAIN_OPENERS else _OPENER_RUN):
            runs.append((word, run))
    for (words, _), group in groupby(
        sentences, key=lambda sentence: (opening[id(sentence)][1], sentence.section_index)
    ):
        run = list(group)
        if words and len(run) >= _OPENER_RUN:
            pairs.append((words, run))
    longest = max((len(run) for _, run in runs), default=0)
    return MeasureResult(
        {"runs": len(runs), "longest_run": longest, "same_two_words": len(pairs)},
        f"{count_noun(len(runs), 'run')} of neighbouring sentences with the same first word"
        + (f", {longest:,} sentences at most." if runs else "."),
        parsed.word_count >= MIN_WORDS
        and (
            (len(runs) >= 2 and per_thousand(len(runs), parsed.word_count) >= _MAX_OPENER_RUNS)
            or longest >= _PLAIN_RUN + 2
        ),
        "Keep the one place where the repetition is meant; elsewhere join two of the sentences.",
        drop_overlapping_hits(
            MeasureHit(_run_span(run), f"{len(run):,} sentences open with “{words}”", 2)
            for words, run in (*pairs, *runs)
        ),
    )


def _opening_words(parsed: ParsedText, sentence: Sentence) -> tuple[str, str]:
    """Return the first word of a sentence, and its first two, in lower case; "" if it has no such words."""
    text = sentence.span.extract(parsed.prose).replace("’", "'").lower()
    words = [match.group() for match in islice(_FIRST_WORD.finditer(text), 2)]
    if not words:
        return "", ""
    # "I'd", "I've" and "I" sound like the same word.
    short, _, rest = words[0].partition("'")
    if short in _PLAIN_OPENERS and rest:
        return short, words[0]
    return words[0], " ".join(words) if len(words) > 1 else ""


_MIN_QUESTIONS = 3
_MAX_QUESTION_CHAINS = 3.0


def questions(parsed: ParsedText, structure: Structure | None) -> MeasureResult:
    """Find questions that are put to nobody: two or more in a row, or one answered at once in a few words."""
    prose = parsed.own_prose
    spoken = speech_detector(prose.text)
    hits = []
    chain: list[ProseSentence] = []
    asked = 0
    for sentence in (*prose.sentences, None):
        if sentence is not None and not (chain and sentence.source.section_index != chain[0].source.section_index):
            words = sentence.span.extract(prose.text)
            if words.rstrip("\"”’'»)]*_ ").endswith("?") and not spoken(sentence.span.end - 1):
                chain.append(sentence)
                asked += 1
                continue
        answered = sentence is not None and len(chain) == 1 and _is_short_answer(sentence, prose.text)
        if sentence is not None and answered and _answers_own_question(sentence, chain[0], prose.text):
            hits.append(
                MeasureHit(
                    prose.source_span(chain[0].span.start, sentence.span.end),
                    "a question asked to be answered at once",
                    2,
                )
            )
        if len(chain) > 1:
            hits.append(
                MeasureHit(
                    prose.source_span(chain[0].span.start, chain[-1].span.end),
                    f"{len(chain):,} questions put to nobody",
                    2,
                )
            )
        chain = []
    rate = per_thousand(len(hits), parsed.word_count)
    return MeasureResult(
        {"chains": len(hits), "questions": asked},
        f"{count_noun(len(hits), 'chain')} of questions put to nobody.",
        parsed.word_count >= MIN_WORDS and len(hits) >= _MIN_QUESTIONS and rate >= _MAX_QUESTION_CHAINS,
        "Say what you know in place of the question, or leave one of them standing without an answer.",
        tuple(hits),
    )


_SHORT_ANSWER = 3


def _is_short_answer(sentence: ProseSentence, text: str) -> bool:
    return sentence.source.word_count <= _SHORT_ANSWER or sentence.span.extract(text).lstrip().startswith("Because ")


def _answers_own_question(answer: ProseSentence, question: ProseSentence, text: str) -> bool:
    return answer.source.paragraph_index == question.source.paragraph_index and not speech_detector(text)(
        answer.span.start
    )


# With fewer sentences in the past there is no past to slip from; more in the present are intended.
_MIN_PAST_SENTENCES = 2
_MAX_PRESENT_SENTENCES = 2
_MIN_TENSE_SLIPS = 3
_MAX_TENSE_SLIPS = 3.0
_PAST_FORM = re.compile(r"\b[a-z]{2,20}(?<!ee)ed\b", re.IGNORECASE)
_ADVERB = r"(?:(?:just|only|then|also|even|suddenly|finally|simply|quickly|[a-z]{2,20}ly) )?"
# After these words comes no event, but a condition or a time.
_BEFORE = re.compile(r"\b(?:when|before|after|until|till|once|if|whether|that|as|while|where|because|than|to) $", re.I)
# A present that is no event but a state.
_STATE = re.compile(
    r"\b(?:(?:I|we|you|they|he|she|it|that|this|there|who|which) (?:am|are|is|have|has|do|does|don't|doesn't|can|will)"
    r"|(?:I|we|you|they) (?:think|know|want|like|live|work|miss|keep|love|believe|use|need|remember|suppose|own)"
    r"|\w+'(?:s|re|m|ll|ve) (?!\w+(?:ed|en)\b))\b",
    re.IGNORECASE,
)


def tenses(parsed: ParsedText, structure: Structure | None) -> MeasureResult:
    """Find sentences that tell an event in the present in a paragraph told in the past; not in speech."""
    hits = [hit for paragraph in parsed.own_prose.paragraphs for hit in _find_slips(parsed.own_prose, paragraph)]
    rate = per_thousand(len(hits), parsed.word_count)
    return MeasureResult(
        {"slips": len(hits)},
        f"{count_noun(len(hits), 'sentence')} in the present among others in the past.",
        parsed.word_count >= MIN_WORDS and len(hits) >= _MIN_TENSE_SLIPS and rate >= _MAX_TENSE_SLIPS,
        "Tell what happened in one tense; let the present begin with a paragraph of its own.",
        tuple(hits),
    )


def _find_slips(prose: NormalizedProse, paragraph: tuple[ProseSentence, ...]) -> list[MeasureHit]:
    event, intended, past = _tense_patterns()
    sentence_texts = [_blank_speech(prose.text, sentence) for sentence in paragraph]
    in_past = [bool(past.search(sentence) or _PAST_FORM.search(sentence)) for sentence in sentence_texts]
    found: list[MeasureHit] = []
    present = 0
    for number, (sentence, words) in enumerate(zip(paragraph, sentence_texts, strict=True)):
        match = event.search(words)
        beside = in_past[max(0, number - 1) : number] + in_past[number + 1 : number + 2]
        if (
            match is None
            or _BEFORE.search(words[: match.start()])
            or intended.search(words)
            or words.rstrip().endswith("?")
            or not any(beside)
        ):
            present += not in_past[number] and (match is not None or _STATE.search(words) is not None)
            continue
        start = sentence.span.start
        found.append(
            MeasureHit(
                prose.source_span(start + match.start(), start + match.end()), "in the present, among the past", 2
            )
        )
    if len(found) > _MAX_PRESENT_SENTENCES or sum(in_past) < max(_MIN_PAST_SENTENCES, 2 * len(found)) or present:
        return []
    return found


def _blank_speech(text: str, sentence: ProseSentence) -> str:
    """Return the sentence with spaces for what is between quotation marks."""
    spoken = speech_detector(text)
    return "".join(" " if spoken(at) else text[at] for at in range(sentence.span.start, sentence.span.end))


@lru_cache(maxsize=1)
def _tense_patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Return patterns of an event in the present, of words beside which a present is meant, and of the past."""
    word_list = load_word_list("tense")
    third, person, human, base = ("|".join(word_list[name]) for name in ("third", "person", "human", "base"))
    event = (
        rf"\b(?:(?i:he|she) {_ADVERB}(?:{third})"
        r"|(?!The|My|His|Her|Our|It|This|That|What|One|Two|Three|Four|Five|Six|Ten|Both|All|Some|Many|No|Their|Your|Its)"
        rf"[A-Z][a-z]+ {_ADVERB}(?:{third})"
        rf"|(?i:the|my|his|her|our|a|an|one) (?:[a-z]+ )?[a-z]+ {_ADVERB}(?:{person})"
        rf"|(?i:the|an?|my|his|her|our|one) (?:[a-z]+ ){{0,2}}(?:{human}) {_ADVERB}(?:{third})"
        rf"|\bI {_ADVERB}(?:{base})"
        rf"|(?<![a-z])(?i:we|they) {_ADVERB}(?:{base})"
        r"|(?:I am|I'm|[Hh]e is|[Hh]e's|[Ss]he is|[Ss]he's|they are|we are) (?:just )?"
        r"(?:thinking|looking|asking|standing|sitting|walking|waiting|telling|saying|shaking|holding|staring|running))\b"
    )
    intended = rf"\b(?:{'|'.join(word_list['meant'])})\b"
    past = rf"\b(?:{'|'.join(word_list['past'])})\b"
    return re.compile(event), re.compile(intended, re.IGNORECASE), re.compile(past, re.IGNORECASE)
