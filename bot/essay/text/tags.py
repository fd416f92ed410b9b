"""Tags of HTML that stand in Markdown, as notes apps and mail programs write them: what a reader sees of them."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.essay.text.words import word_set

# Every repetition is bounded or stops at a character that the next attempt starts from, so time stays linear.
_TAG = re.compile(r"(?<!\\)<(/?)([A-Za-z][A-Za-z0-9]{0,14})((?:[\s/][^<>]{0,2000})?)>([ \t]*)")
_LINK = re.compile(
    r"<a\s(?:[^<>]{0,1000}\s)?href=(?:\"([^\"<>\s]{1,1000})\"|'([^'<>\s]{1,1000})')[^<>]{0,1000}>([^<>\[\]]{1,500})</a>"
)
_RAISED = re.compile(r"<sup(?:\s[^<>]{0,300})?>([0-9+-]{1,20})</sup>", re.IGNORECASE)
_ATTRIBUTE = r"\s%s=(?:\"([^\"]*)\"|'([^']*)')"
_SOURCE = re.compile(_ATTRIBUTE % "src", re.IGNORECASE)
_ALTERNATIVE = re.compile(_ATTRIBUTE % "alt", re.IGNORECASE)
_RAISED_SIGNS = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")
# A line in which no other may begin: a heading, a row of a table.
_ONE_LINE = re.compile(r"[ \t>]{0,20}(?:#{1,6}[ \t]|\|)")

_BLOCKS = word_set(
    "address article aside blockquote body br caption center col colgroup dd details div dl dt fieldset figcaption"
    " figure footer form h1 h2 h3 h4 h5 h6 head header hr html iframe legend li link main menu meta nav noscript ol"
    " optgroup option p pre script search section style summary table tbody td template textarea tfoot th thead title"
    " tr track ul"
)
_INLINE = word_set(
    "a abbr audio b bdi bdo big button canvas cite code data datalist del dfn em embed font i img input ins kbd label"
    " map mark meter object output picture progress q rp rt ruby s samp select slot small source span strike strong sub"
    " sup svg time tt u var video wbr"
)


def plain_tags(text: str, left_out: Callable[[str], None] | None = None) -> str:
    """The text without tags of HTML, each of which is told to ``removed_comments``; what is no known tag stays.

    A link and a picture become Markdown's; a tag that begins or ends a block, or a line, becomes a line end.
    """
    if "<" not in text:
        return text
    text = _RAISED.sub(lambda match: match[1].translate(_RAISED_SIGNS), text)
    text = _LINK.sub(lambda match: f"[{match[3]}]({match[1] or match[2]})", text)

    def seen(match: re.Match[str]) -> str:
        name = match[2].lower()
        if name == "img" and (source := _SOURCE.search(match[3])):
            alternative = _ALTERNATIVE.search(match[3])
            words = next(filter(None, alternative.groups()), "") if alternative is not None else ""
            return f"![{re.sub(r'[][]', ' ', words)}](<{next(filter(None, source.groups()), '')}>){match[4]}"
        if name not in _BLOCKS and name not in _INLINE:
            return match.group()
        if left_out is not None:
            left_out(match.group().rstrip())
        if name in _INLINE:
            return match[4]
        line = text.rfind("\n", 0, match.start()) + 1
        return " " if _ONE_LINE.match(text, line, match.start()) else "\n"

    return _TAG.sub(seen, text)
