"""Remove what a model says around a text: announcements, remarks, offers, a code fence or tags around the whole.

Only what is plain counts. A line too many can be seen and taken out; a line too few is lost, and nobody would know.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.essay.quotation_search import QuotationFinder
from bot.essay.text.words import count_words

# What a model says to the writer where it should have written one section: a preface to it, a refusal, a question.
#
# A section can be short, in the first person, and about not being able to do something, so what is taken for chatter is
# told by its words, few as they are, and never by its length alone. What stands in the writer's own words is none.


_MAX_REFUSAL_WORDS = 80  # a refusal with its reasons and an offer; more is a text that happens to begin like one

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


def remove_preface(reply: str, given: Sequence[str]) -> str:
    """The reply without a line that only announces it, as "Here is the revised section:" does.

    ``given`` are the texts that the model was to write from; a line that stands in one of them is no preface.
    """
    begins = reply.lstrip()
    found = _PREFACE.match(_straighten_apostrophes(begins))
    return reply if found is None or is_in_given_texts(found.group(), given) else begins[found.end() :]


def is_not_a_section(reply: str, given: Sequence[str]) -> bool:
    """Whether a reply refuses, asks the writer something back, or says nothing, in the place of a section."""
    if not 0 < count_words(reply) <= _MAX_REFUSAL_WORDS:
        return not count_words(reply)
    begins = _straighten_apostrophes(reply.strip())
    found = next((match for pattern in _INSTEAD if (match := pattern.match(begins))), None)
    return found is not None and not is_in_given_texts(found.group(), given)


def _straighten_apostrophes(text: str) -> str:
    """The text, character for character, with the apostrophe of keyboards."""
    return text.replace("’", "'")


def is_in_given_texts(words: str, given: Sequence[str]) -> bool:
    """Whether the words stand in one of the given texts, as a quotation of it would."""
    return any(QuotationFinder(text).locate(words) is not None for text in given)


MAX_BRIEF_WORDS = 40  # "Here is the draft, from your notes alone:" is a sentence or two; more is text
_MAX_ASIDE_WORDS = 80  # an announcement or an offer with all its reasons

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
    said = _strip_markup(line)
    if _ASSENT_ALONE.fullmatch(said):
        return True
    found = _HERE_IS.match(said)
    if found is None or count_words(said) > _MAX_ASIDE_WORDS:
        return False
    return found["more"].strip() in ("", ".", ":", "!") or _OF_THE_TASK.search(said) is not None


def remove_announcement(opening: str, given: Sequence[str] = (), *, leads_on: bool) -> str:
    """What a reply opens with, without the paragraphs that only announce the text.

    Where it ``leads_on`` to a heading, that is in any language the last one, if it is a brief line, ends in a colon and
    holds no number and no quotation. What stands in one of the ``given`` texts is the writer's own and stays.
    """
    paragraphs = [paragraph for paragraph in _BLANK_LINE.split(opening) if any(map(str.isalnum, paragraph))]
    kept = [
        paragraph
        for number, paragraph in enumerate(paragraphs, 1)
        if not (is_announcement(paragraph) or (leads_on and number == len(paragraphs) and _leads_on(paragraph)))
        or is_in_given_texts(paragraph, given)
    ]
    return "\n\n".join(kept)


def remove_closing(text: str, given: Sequence[str] = ()) -> str:
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
        if _is_closing(last) and not is_in_given_texts(last, given):
            taken = True
        elif not (taken and last.strip() and not any(map(str.isalnum, last))):
            break
        kept, end = (text[:above] + "\n" if above else ""), above
    return kept


def _is_closing(paragraph: str) -> bool:
    said = _strip_markup(paragraph)
    if _COUNT.fullmatch(said):
        return True
    speaks = (_OFFER.match(said) and _OF_A_TEXT.search(said)) or (_REMARK.match(said) and _OF_THE_MAKING.search(said))
    return speaks is not None and count_words(said) <= _MAX_ASIDE_WORDS


def _leads_on(paragraph: str) -> bool:
    """Whether something is to follow at once, and nothing is told yet."""
    said = paragraph.strip(_MARKUP)
    is_line = "\n" not in said and count_words(said) <= MAX_BRIEF_WORDS
    return is_line and said.endswith((":", "：")) and not _FACTS.search(said)


def _strip_markup(text: str) -> str:
    return text.strip(_MARKUP).replace("’", "'")


_FENCE = re.compile(r"^[ \t]*(?P<marks>`{3,}|~{3,})[ \t]*(?P<kind>markdown|md)?[ \t]*$", re.MULTILINE | re.IGNORECASE)
_HEADING = re.compile(r"^ {0,3}#{1,6}(?=[ \t]|$)", re.MULTILINE)
_LOWER_HEADING = re.compile(r"^ {0,3}#{2,6}(?=[ \t]|$)", re.MULTILINE)
_UNSEEN = "\ufeff\u200b\u2060"

# What a model puts its answer between, or repeats of the tags in its request. None of them marks up words.
_NAMES = (
    r"(?:post|draft|essay|article|sections?|text|content|document|answer|output|response|result|reply|final|rest|body"
    r"|artifact|markdown|note|passage|heading|title|instruction)"
)
_TAG = re.compile(rf"</?{_NAMES}(?:[ \t][^<>\n]*)?/?>", re.IGNORECASE)
_TAG_LINE = re.compile(rf"[ \t{_UNSEEN}]*(?:{_TAG.pattern}[ \t]*)+", re.IGNORECASE)
_TAG_BEFORE_HEADING = re.compile(rf"{_TAG_LINE.pattern}(?=#{{1,6}}[ \t])", re.IGNORECASE)
_ANY_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")


def unwrap(reply: str, *, headed: bool = True) -> str:
    """The reply out of its wrapping; cut short or not.

    With ``headed`` a code fence is taken for one around the whole where headings stand in it; else where it is the only
    one and either says that Markdown is in it or has nothing outside. What stands outside it is left out if it is
    brief: the model itself set it apart from the text.
    """
    return _untagged(_unfenced(_untagged(reply.lstrip(_UNSEEN)), headed=headed)).lstrip(_UNSEEN)


def _untagged(text: str) -> str:
    """Without the tags that stand alone on a line, in front of a heading or at the very end, but for those in code."""
    if "<" not in text:
        return text
    while (closing := _TAG.fullmatch(text := text.rstrip(), max(0, text.rfind("<")))) is not None:
        text = text[: closing.start()]
    kept = []
    fence = ""
    for line in text.splitlines(keepends=True):
        found = _ANY_FENCE.match(line)
        if found is not None and (not fence or found[1].startswith(fence)):
            fence = "" if fence else found[1]
        if not fence and _TAG_LINE.fullmatch(line.rstrip("\r\n")):
            continue
        kept.append(line if fence else _TAG_BEFORE_HEADING.sub("", line))
    return "".join(kept)


def _unfenced(text: str, *, headed: bool) -> str:
    opening = _FENCE.search(text)
    if opening is None:
        return text
    before, inner = text[: opening.start()], text[opening.end() :]
    marks = re.compile(rf"^[ \t]*{re.escape(opening['marks'])}[^\n]*$", re.MULTILINE)
    fences = list(marks.finditer(inner))
    closed = len(fences) % 2 == 1  # else all that is closed was opened inside, and the fence around the whole never was
    after = inner[fences[-1].end() :] if closed else ""
    is_said = opening["kind"] is not None
    if not _is_around(before, inner, after, fences=len(fences), is_said=is_said, headed=headed):
        return text
    within = inner[: fences[-1].start()] if closed else inner
    return "\n\n".join([*_more_than_brief(before), within, *_more_than_brief(after)])


def _is_around(before: str, inner: str, after: str, *, fences: int, is_said: bool, headed: bool) -> bool:
    """Whether a fence is one around the whole. ``fences`` stand behind its first; ``is_said``: it names Markdown."""
    if _LOWER_HEADING.search(before) or _HEADING.search(after):
        return False
    has_headings = _HEADING.search(inner) is not None
    if headed:
        return has_headings and (is_said or not _more_than_brief(before + after))
    if fences != 1 or _more_than_brief(before):
        return False
    return (is_said and not _more_than_brief(after)) or (
        (has_headings or not before.strip()) and not any(map(str.isalnum, after))
    )


def _more_than_brief(outside: str) -> list[str]:
    return [outside] if count_words(outside) > MAX_BRIEF_WORDS else []
