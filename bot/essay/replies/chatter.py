"""What a model says to the writer where it should have written one section: a preface to it, a refusal, a question.

A section can be short, in the first person, and about not being able to do something, so what is taken for chatter is
told by its words, few as they are, and never by its length alone. What stands in the writer's own words is none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.essay.quotations import Quotable
from bot.essay.text.words import count_words

_MOST_WORDS = 80  # a refusal with its reasons and an offer; more is a text that happens to begin like one

_SECTION = r"(?:section|text|passage|paragraph|version)"
_CHANGED = r"(?:revised|rewritten|updated|edited|reworked|shortened|tightened|shorter|tighter|improved|requested)"
_PREFACE = re.compile(
    rf"""(?:(?:sure|certainly|of\ course|absolutely|okay|ok|understood)[!,.]?\s+)?
    here(?:'s|\ is)\ (?:the|your|a|my)\ (?:{_CHANGED}\ {_SECTION}|{_SECTION},?\ {_CHANGED}|new\ section)
    (?:,?\ (?:as|based|following|according|of\ (?:the|your)\ section|with|without|in|keeping|using)\b[^\n:]{{0,80}})?
    [:.]\s*(?:\n|\Z)""",
    re.IGNORECASE | re.VERBOSE,
)

_SORRY = (
    r"(?:(?:(?:i'm|i\ am)\ (?:(?:very|so|really|truly)\ )?(?:sorry|afraid)|sorry|i\ apologi[sz]e|my\ apologies"
    r"|unfortunately)[,.:]?\s+(?:but\s+)?(?:that\s+)?)?"
)
_CANNOT = (
    r"i(?:\ can't|\ cannot|\ can\ not|\ won't|\ will\ not|(?:'m|\ am)\ (?:unable|not\ able)\ to"
    r"|\ (?:must|have\ to)\ decline\ to)"
)
_REQUEST = r"(?:request|task|instruction|section|text|rewrite|revision|edit)"
# How models open a reply that is none, by language; of the ones beside English, the usual refusal alone.
_INSTEAD = tuple(
    re.compile(pattern, re.IGNORECASE | re.VERBOSE)
    for pattern in (
        rf"{_SORRY}{_CANNOT}\ (?:help|assist)(?:\ you)?\ with\ (?:that|this|(?:(?:that|this|your|the)\ {_REQUEST}))"
        r"(?=\s*(?:[.!,;:—–-]|$))",
        rf"{_SORRY}{_CANNOT}\ comply\b",
        rf"{_SORRY}{_CANNOT}\ (?:fulfill?|complete|process|accommodate)\ (?:that|this|your|the)\ {_REQUEST}\b",
        rf"{_SORRY}{_CANNOT}\ (?:help\ (?:you\ )?)?(?:rewrite|revise|rework|edit)\ (?:that|this|the|your)\ section\b",
        r"as\ an\ ai(?:,|\ (?:language\ )?model\b|\ assistant\b)",
        rf"{_SORRY}(?:there\ is\ no|i\ (?:don't|do\ not|can't|cannot)\ see\ (?:a|any|the))\ {_SECTION}\b"
        r"[^\n.?!]{0,30}\bto\ (?:rewrite|revise|edit)\b",
        r"(?:could|can|would)\ you\ (?:please\ )?(?:share|provide|paste|send|clarify|specify|tell\ me|confirm)\ "
        rf"[^\n.?!]{{0,60}}\b(?:{_REQUEST}|like\ me\ to|want\ me\ to)\b",
        r"(?:what|which|how)\ [^\n.?!]{0,40}\b(?:would\ you\ like|do\ you\ want)\ me\ to\ (?:change|revise|edit)\b",
        r"(?:es\ )?tut\ mir\ leid,\ [^\n.?!]{0,30}kann\ ich\ [^\n.?!]{0,40}\bnicht\ (?:weiter)?helfen\b",
        r"(?:je\ suis\ )?désolée?,?\ [^\n.?!]{0,20}je\ ne\ (?:peux|puis)\ pas\ (?:vous\ |t')?aider\b",
        r"lo\ siento,\ [^\n.?!]{0,20}no\ puedo\ ayudar(?:te|le)?\ con\ (?:eso|esto|es[ae]\ |tu\ |su\ )",
        r"(?:sinto\ muito|desculpe),\ [^\n.?!]{0,20}não\ posso\ ajudar(?:-lo|-la)?\ com\ (?:isso|isto|ess[ae]\ )",
        r"mi\ dispiace,\ [^\n.?!]{0,20}non\ posso\ aiutart?[il]?a?\ con\ (?:questo|questa\ |quest')",
        r"(?:sorry|het\ spijt\ me),\ [^\n.?!]{0,20}kan\ ik\ [^\n.?!]{0,30}\bniet\ (?:mee\ )?helpen\b",
    )
)


def without_preface(reply: str, given: Sequence[str]) -> str:
    """The reply without a line that only announces it, as "Here is the revised section:" does.

    ``given`` are the texts that the model was to write from; a line that stands in one of them is no preface.
    """
    begins = reply.lstrip()
    found = _PREFACE.match(_plain(begins))
    return reply if found is None or stands(found.group(), given) else begins[found.end() :]


def is_no_section(reply: str, given: Sequence[str]) -> bool:
    """Whether a reply refuses, asks the writer something back, or says nothing, in the place of a section."""
    if not 0 < count_words(reply) <= _MOST_WORDS:
        return not count_words(reply)
    begins = _plain(reply.strip())
    found = next((match for pattern in _INSTEAD if (match := pattern.match(begins))), None)
    return found is not None and not stands(found.group(), given)


def _plain(text: str) -> str:
    """The text, character for character, with the apostrophe of keyboards."""
    return text.replace("’", "'")


def stands(words: str, given: Sequence[str]) -> bool:
    """Whether the words stand in one of the given texts, as a quotation of it would."""
    return any(Quotable(text).locate(words) is not None for text in given)
