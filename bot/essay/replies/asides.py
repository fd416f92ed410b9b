"""What a model says to the writer around a text: an announcement before it, a remark or an offer behind it.

Only what is plain counts. A line too many can be seen and taken out; a line too few is lost, and nobody would know.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.essay.replies.chatter import stands
from bot.essay.text.words import count_words

BRIEF_WORDS = 40  # "Here is the draft, from your notes alone:" is a sentence or two; more is text
_MOST_WORDS = 80  # an announcement or an offer with all its reasons

_BLANK_LINE = re.compile(r"(?:\r\n?|\n)(?:[ \t]*(?:\r\n?|\n))+")
_MARKUP = "*_~>()[] \t\r\n"
_FACTS = re.compile(r"[\d\"“”„«»「『]")

_ASSENT = r"(?:sure|certainly|absolutely|of\ course|understood|okay|ok|great|got\ it|thanks|thank\ you)"
_HERE_IS = re.compile(
    rf"""(?:{_ASSENT}\b[^\n.!:]{{0,40}}[.!,]?\s+)?
    (?:here(?:'s|\ is|\ are)|below\ (?:is|are))\ (?:the|your|a|an|my)\ (?:[\w'-]+\ ){{0,3}}?
    (?:post|draft|essay|article|text|version|sections?|continuation)\b(?P<more>.*)""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_OF_THE_TASK = re.compile(
    r"\b(?:(?:your|the) notes|based on|you (?:asked|requested|wanted)|as requested|in markdown|gaps?|sections?)\b",
    re.IGNORECASE,
)
_ASSENT_ALONE = re.compile(rf"{_ASSENT}(?: thing)?!", re.IGNORECASE)

# Authors write to their readers in the same manner ("Let me know if you have been there"; "If you need to fill a gap in
# your CV, …"), so that an offer counts only where it speaks of a text, and a remark only where it speaks of the task.
_WOULD = r"(?:if\ you|let\ me\ know)"
_OFFER = re.compile(
    rf"""(?:i\ hope\ (?:this|that|the|it)\b[^.!?]*[.!?]\s*(?:and\ )?)?(?:please\ )?(?:
    let\ me\ know\b
    |(?:would|do)\ you\ (?:like|want)\b
    |(?:shall|should)\ i\b
    |feel\ free\ to\b
    |if\ (?:you|anything)\b(?=.*\bi(?:'ll|'d\ be|'m|\ can|\ could|\ will|\ am)\b)
    |(?:i(?:'m|\ am|'d\ be|\ would\ be)\ )?(?:also\ )?happy\ to\b(?=.*\b{_WOULD}\b)
    |i\ (?:can|could)\b(?=.*\b{_WOULD}\b)
    )""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_OF_A_TEXT = re.compile(
    r"""\b(?:the|this|an?|another|any|either|each|which|different)\ (?:\w+\ )?
    (?:tone|draft|section|wording|version|revision|rewrite)s?\b
    |\bme\ to\ (?:add|adjust|change|cut|expand|make|revise|rewrite|shorten|tweak|write)\b
    |\byour\ notes\b""",
    re.IGNORECASE | re.VERBOSE,
)
_REMARK = re.compile(
    r"(?:please |a (?:quick )?|quick )?note\b|i(?:'ve| have)\b|this (?:draft|version|post|section|revision)\b",
    re.IGNORECASE,
)
_OF_THE_MAKING = re.compile(r"\b(?:your notes|word ?count|placeholders?)\b|\[need\b", re.IGNORECASE)
_COUNT = re.compile(
    r"(?:(?:total|final) )?(?:word ?count\b[^\n]{0,40}|(?:(?:about|approx\w*\.?|~|≈) ?)?\d[\d,.]* words\.?)",
    re.IGNORECASE,
)


def is_announcement(line: str) -> bool:
    """Whether a line or paragraph says that the text comes now, as "Here is the draft, from your notes alone" does."""
    said = _plain(line)
    if _ASSENT_ALONE.fullmatch(said):
        return True
    found = _HERE_IS.match(said)
    if found is None or count_words(said) > _MOST_WORDS:
        return False
    return found["more"].strip() in ("", ".", ":", "!") or _OF_THE_TASK.search(said) is not None


def without_announcement(opening: str, given: Sequence[str] = (), *, leads_on: bool) -> str:
    """What a reply opens with, without the paragraphs that only announce the text.

    Where it ``leads_on`` to a heading, that is in any language the last one, if it is a brief line, ends in a colon and
    holds no number and no quotation. What stands in one of the ``given`` texts is the writer's own and stays.
    """
    paragraphs = [paragraph for paragraph in _BLANK_LINE.split(opening) if any(map(str.isalnum, paragraph))]
    kept = [
        paragraph
        for number, paragraph in enumerate(paragraphs, 1)
        if not (is_announcement(paragraph) or (leads_on and number == len(paragraphs) and _leads_on(paragraph)))
        or stands(paragraph, given)
    ]
    return "\n\n".join(kept)


def without_closing(text: str, given: Sequence[str] = ()) -> str:
    """The text without paragraphs at its end that speak to the writer of the text, and without a rule above them.

    Such are an offer to change it, a remark on how it was made, and a count of its words, in English. What stands in
    one of the ``given`` texts stays.
    """
    end = len(text.rstrip())
    breaks = [(0, 0), *(found.span() for found in _BLANK_LINE.finditer(text[:end]))]
    kept, taken = text, False
    while breaks:
        above, start = breaks.pop()
        last = text[start:end]
        if _is_closing(last) and not stands(last, given):
            taken = True
        elif not (taken and last.strip() and not any(map(str.isalnum, last))):
            break
        kept, end = (text[:above] + "\n" if above else ""), above
    return kept


def _is_closing(paragraph: str) -> bool:
    said = _plain(paragraph)
    if _COUNT.fullmatch(said):
        return True
    speaks = (_OFFER.match(said) and _OF_A_TEXT.search(said)) or (_REMARK.match(said) and _OF_THE_MAKING.search(said))
    return speaks is not None and count_words(said) <= _MOST_WORDS


def _leads_on(paragraph: str) -> bool:
    """Whether something is to follow at once, and nothing is told yet."""
    said = paragraph.strip(_MARKUP)
    is_line = "\n" not in said and count_words(said) <= BRIEF_WORDS
    return is_line and said.endswith((":", "：")) and not _FACTS.search(said)


def _plain(text: str) -> str:
    return text.strip(_MARKUP).replace("’", "'")
