"""Take from a model's reply the one question that is put to a writer."""

from __future__ import annotations

import re

from bot.essay.text.sentences import find_sentences
from bot.essay.text.spans import Span
from bot.essay.text.words import UNSPACED_LETTER, count_words

# What ends a question in one script or another: the characters that Unicode names QUESTION MARK. Greek writes the
# semicolon for its own, and Armenian sets the mark over the vowel that rises, seldom the last.
_ASKS = "?\u037e？؟፧᥅⳺⳻꘏꛷⁇⁈⁉︖﹖"
_CLOSERS = "\"'”’»)]』」*_"
_CLOSED = f"[{re.escape(_CLOSERS)}]*"
_ASKED = re.compile(rf"(?:[{_ASKS}]|(?<=[\u0370-\u03ff\u1f00-\u1fff]);)[{_ASKS}!！…]*(?P<closed>{_CLOSED})\s*")
_ARMENIAN = "՞"
# What a question ends with where its mark is left out: Japanese か, by itself or before a particle; Chinese 吗, 呢, 么.
_PARTICLE = re.compile(rf"(?:か(?:な|ね|い)?|[吗嗎呢么麼])[。．.…]*{_CLOSED}$")
_BEFORE = "#>-• "  # marks of a heading, a quotation or a list
_TELLING_WORDS = 3  # "Really?" before a question asks nothing


def extract_question(reply: str) -> str | None:
    """The first question of a reply, on one line; None where it asks nothing.

    What stands before it and behind it is left off: praise, thanks, reasons, further questions. One that is told of
    (She asked "Why?") and one of a word or two ("Really?") are passed over for a later one. In a script that has no
    question mark of its own a question may end with a particle, and one sentence alone is taken for one, since it came
    where a question was asked for.
    """
    text = " ".join(reply.split()).lstrip(_BEFORE)
    sentences = [span.extract(text) for span in find_sentences(text, Span(0, len(text)))]
    asked = [question for sentence in sentences for question in _marked(sentence)]
    if asked:
        return min(asked, key=lambda one: one[-1] in _CLOSERS or count_words(one) < _TELLING_WORDS)
    unmarked = [sentence for sentence in sentences if _is_unspaced(sentence)]
    if len(sentences) == len(unmarked) == 1:
        return unmarked[0]
    return next((sentence for sentence in unmarked if _PARTICLE.search(sentence)), None)


def _marked(sentence: str) -> list[str]:
    """The questions of a sentence. A mark inside quotation marks or brackets ends one only where they end it too."""
    found, start = [], 0
    for match in _ASKED.finditer(sentence):
        if match["closed"] and match.end() < len(sentence):
            continue
        found.append(sentence[start : match.end()].strip())
        start = match.end()
    return found or ([sentence] if _ARMENIAN in sentence else [])


def _is_unspaced(sentence: str) -> bool:
    return 2 * len(UNSPACED_LETTER.findall(sentence)) > sum(map(str.isalnum, sentence))
