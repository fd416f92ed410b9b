"""Tense that slips: one sentence told in the present among sentences told in the past."""

from __future__ import annotations

import re
from functools import lru_cache

from bot.essay.measures.base import FEWEST_WORDS, Mark, Outcome, counted, per_thousand, speech
from bot.essay.measures.matching import word_list
from bot.essay.structure import Structure
from bot.essay.text.flow import Flow, FlowSentence
from bot.essay.text.reading import Reading

# Fewer sentences in the past make no past for one to fall out of; more in the present are a present of their own.
_FEWEST_PAST = 2
_MOST_PRESENT = 2
_FEWEST = 3
_MOST = 3.0
_PAST_FORM = re.compile(r"\b[a-z]{2,20}(?<!ee)ed\b", re.IGNORECASE)
_ADVERB = r"(?:(?:just|only|then|also|even|suddenly|finally|simply|quickly|[a-z]{2,20}ly) )?"
# Behind these no event is told, but when or whether one comes.
_BEFORE = re.compile(r"\b(?:when|before|after|until|till|once|if|whether|that|as|while|where|because|than|to) $", re.I)
# A present that is no event: what is so, or was so and stays so.
_STATE = re.compile(
    r"\b(?:(?:I|we|you|they|he|she|it|that|this|there|who|which) (?:am|are|is|have|has|do|does|don't|doesn't|can|will)"
    r"|(?:I|we|you|they) (?:think|know|want|like|live|work|miss|keep|love|believe|use|need|remember|suppose|own)"
    r"|\w+'(?:s|re|m|ll|ve) (?!\w+(?:ed|en)\b))\b",
    re.IGNORECASE,
)


def tenses(reading: Reading, structure: Structure | None) -> Outcome:
    """Sentences that tell an event in the present in a paragraph that tells the rest in the past; speech left out."""
    marks = [mark for paragraph in reading.flow.paragraphs for mark in _slips(reading.flow, paragraph)]
    rate = per_thousand(len(marks), reading.words)
    return Outcome(
        {"slips": len(marks)},
        f"{counted(len(marks), 'sentence')} in the present among others in the past.",
        reading.words >= FEWEST_WORDS and len(marks) >= _FEWEST and rate >= _MOST,
        "Tell what happened in one tense; let the present begin with a paragraph of its own.",
        tuple(marks),
    )


def _slips(flow: Flow, paragraph: tuple[FlowSentence, ...]) -> list[Mark]:
    event, meant, past = _patterns()
    told = [_unspoken(flow.text, sentence) for sentence in paragraph]
    in_past = [bool(past.search(sentence) or _PAST_FORM.search(sentence)) for sentence in told]
    found: list[Mark] = []
    present = 0
    for number, (sentence, words) in enumerate(zip(paragraph, told, strict=True)):
        match = event.search(words)
        beside = in_past[max(0, number - 1) : number] + in_past[number + 1 : number + 2]
        if (
            match is None
            or _BEFORE.search(words[: match.start()])
            or meant.search(words)
            or words.rstrip().endswith("?")
            or not any(beside)
        ):
            present += not in_past[number] and (match is not None or _STATE.search(words) is not None)
            continue
        start = sentence.span.start
        found.append(Mark(flow.span(start + match.start(), start + match.end()), "in the present, among the past", 2))
    if len(found) > _MOST_PRESENT or sum(in_past) < max(_FEWEST_PAST, 2 * len(found)) or present:
        return []
    return found


def _unspoken(text: str, sentence: FlowSentence) -> str:
    """The sentence with what stands between quotation marks as spaces."""
    spoken = speech(text)
    return "".join(" " if spoken(at) else text[at] for at in range(sentence.span.start, sentence.span.end))


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """An event told in the present; words beside which a present is meant; the past."""
    held = word_list("tense")
    third, person, human, base = ("|".join(held[name]) for name in ("third", "person", "human", "base"))
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
    meant = rf"\b(?:{'|'.join(held['meant'])})\b"
    past = rf"\b(?:{'|'.join(held['past'])})\b"
    return re.compile(event), re.compile(meant, re.IGNORECASE), re.compile(past, re.IGNORECASE)
