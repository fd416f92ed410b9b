"""A model's reply without what it was wrapped in: a code fence around the whole, tags, characters that nobody sees."""

from __future__ import annotations

import re

from bot.essay.replies.asides import BRIEF_WORDS
from bot.essay.text.words import count_words

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


def unwrapped(reply: str, *, headed: bool = True) -> str:
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
    return [outside] if count_words(outside) > BRIEF_WORDS else []
