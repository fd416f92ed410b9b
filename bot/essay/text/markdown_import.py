"""Make Markdown from other programs plain: keep what people see, and remove what is meant for a program.

That is front matter, comments, HTML tags, Obsidian's links, tags and callouts, and what Google Docs exports. Code stays
as it is. Every step takes time in proportion to the text.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from bot.essay.text.decoding import normalize_text
from bot.essay.text.front_matter import read_front_matter, read_properties
from bot.essay.text.markdown import parse_blocks
from bot.essay.text.parsed_text import find_code_spans
from bot.essay.text.privacy_marks import has_private_mark
from bot.essay.text.sections import heading_text
from bot.essay.text.words import count_noun, truncate, word_set

# Every repetition is bounded, or stops at a character that the next attempt starts from: time stays linear.
_HTML_TAG = re.compile(r"(?<!\\)<(/?)([A-Za-z][A-Za-z0-9]{0,14})((?:[\s/][^<>]{0,2000})?)>([ \t]*)")
_HTML_LINK = re.compile(
    r"<a\s(?:[^<>]{0,1000}\s)?href=(?:\"([^\"<>\s]{1,1000})\"|'([^'<>\s]{1,1000})')[^<>]{0,1000}>([^<>\[\]]{1,500})</a>"
)
_SUPERSCRIPT = re.compile(r"<sup(?:\s[^<>]{0,300})?>([0-9+-]{1,20})</sup>", re.IGNORECASE)
_ATTRIBUTE = r"\s%s=(?:\"([^\"]*)\"|'([^']*)')"
_SRC_ATTRIBUTE = re.compile(_ATTRIBUTE % "src", re.IGNORECASE)
_ALT_ATTRIBUTE = re.compile(_ATTRIBUTE % "alt", re.IGNORECASE)
_SUPERSCRIPT_DIGITS = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")
# Blocks of a single line: a heading, a table row.
_SINGLE_LINE_BLOCK = re.compile(r"[ \t>]{0,20}(?:#{1,6}[ \t]|\|)")

_BLOCK_TAGS = word_set(
    "address article aside blockquote body br caption center col colgroup dd details div dl dt fieldset figcaption"
    " figure footer form h1 h2 h3 h4 h5 h6 head header hr html iframe legend li link main menu meta nav noscript ol"
    " optgroup option p pre script search section style summary table tbody td template textarea tfoot th thead title"
    " tr track ul"
)
_INLINE_TAGS = word_set(
    "a abbr audio b bdi bdo big button canvas cite code data datalist del dfn em embed font i img input ins kbd label"
    " map mark meter object output picture progress q rp rt ruby s samp select slot small source span strike strong sub"
    " sup svg time tt u var video wbr"
)


def replace_html_tags(text: str, on_removed: Callable[[str], None] | None = None) -> str:
    """Return the text without HTML tags; call ``on_removed`` with each. What is no known tag stays.

    Links and pictures become Markdown's. A tag of a block or a line break becomes a line end.
    """
    if "<" not in text:
        return text
    text = _SUPERSCRIPT.sub(lambda match: match[1].translate(_SUPERSCRIPT_DIGITS), text)
    text = _HTML_LINK.sub(lambda match: f"[{match[3]}]({match[1] or match[2]})", text)

    def replace_tag(match: re.Match[str]) -> str:
        name = match[2].lower()
        if name == "img" and (source := _SRC_ATTRIBUTE.search(match[3])):
            alternative = _ALT_ATTRIBUTE.search(match[3])
            words = next(filter(None, alternative.groups()), "") if alternative is not None else ""
            return f"![{re.sub(r'[][]', ' ', words)}](<{next(filter(None, source.groups()), '')}>){match[4]}"
        if name not in _BLOCK_TAGS and name not in _INLINE_TAGS:
            return match.group()
        if on_removed is not None:
            on_removed(match.group().rstrip())
        if name in _INLINE_TAGS:
            return match[4]
        line = text.rfind("\n", 0, match.start()) + 1
        return " " if _SINGLE_LINE_BLOCK.match(text, line, match.start()) else "\n"

    return _HTML_TAG.sub(replace_tag, text)


class RemovedKind(Enum):
    """What is removed from a page, with its name in the singular and the plural."""

    FRONT_MATTER = ("front matter", "front matter")
    COMMENT = ("comment", "comments")
    TAG = ("tag", "tags")
    PICTURE = ("picture", "pictures")
    PICTURE_DATA = ("picture that is written out", "pictures that are written out")
    EMBED = ("embedded file", "embedded files")
    LINK = ("address of a link", "addresses of links")
    CALLOUT = ("kind of callout", "kinds of callouts")
    HEADING_ID = ("id of a heading", "ids of headings")
    BLOCK_ID = ("id of a paragraph", "ids of paragraphs")
    QUERY = ("query of Obsidian", "queries of Obsidian")
    HTML = ("tag of HTML", "tags of HTML")
    GAP = ("gap", "gaps")


@dataclass(frozen=True, slots=True)
class RemovedItem:
    """Something that was removed from a page; ``source`` is how it was written there."""

    kind: RemovedKind
    source: str


@dataclass(frozen=True, slots=True)
class ImportedMarkdown:
    """A page as plain Markdown with LF line ends, the title from its front matter, and what was removed, in order."""

    text: str
    title: str | None
    removed: tuple[RemovedItem, ...]


_LEAVE_OUT_MARK = "[leave out]"
_MAX_NAMED_ITEMS = 5  # so many of a kind are named to the writer, to keep the sentence short
_MAX_NAMED_CHARACTERS = 60

# While the rest is processed, code is replaced by its number between these two characters.
_CODE_PLACEHOLDER = "\ue000{}\ue001"
_CODE_PLACEHOLDER_REGEX = re.compile("\ue000(\\d+)\ue001")
_PRIVATE_USE = re.compile("[\ue000\ue001]")

# In Markdown itself, a definition of a link that leads nowhere serves as a comment.
_CODE_OR_COMMENT_START = re.compile(
    r"`+|<!--|%%|^ {0,3}\[[^\[\]\n]{1,60}\]:[ \t]*(?:#|<>)[ \t]*(?P<hidden>[\"'(][^\n]*[\"')])[ \t]*$", re.MULTILINE
)
# Every repetition below is bounded, or stops at a character that the next attempt starts from: time stays linear.
_DATA_DEFINITION = re.compile(r"^ {0,3}\[([^\[\]\n]{1,200})\]:[ \t]*<?data:[^\n]*(?:\n|\Z)", re.MULTILINE | re.I)
_DATA_TARGET = r"\([ \t]*(?:<data:[^<>\n]*>[^()<>\n]{0,300}|data:[^()<>\n]*)\)"
_DATA_PICTURE = re.compile(r"!\[([^\[\]]{0,500})\]" + _DATA_TARGET, re.I)
_DATA_LINK = re.compile(r"(?<!!)\[([^\[\]]{0,500})\]" + _DATA_TARGET, re.I)
_PICTURE_REFERENCE = re.compile(r"!\[([^\[\]\n]{0,500})\](?:\[([^\[\]\n]{0,200})\])?(?!\()")
_EMBED = re.compile(r"!\[\[([^\[\]\n]{1,500})\]\]")
_WIKI_LINK = re.compile(r"\[\[([^\[\]\n|]{1,500})(?:\\?\|([^\[\]\n]{0,500}))?\]\](?!\()")
_BLOCK_OF_PAGE = re.compile(r"#\^[\w-]{1,200}\Z")
_PICTURE_SIZE = re.compile(r"(!\[)(?:([^\[\]\n|]{0,500})\|)?\d{1,4}(?:x\d{1,4})?(?=\]\()")
_MARKDOWN_LINK = re.compile(
    r"(!?)\[([^\[\]\n]{0,300}(?:\[[^\[\]\n]{0,100}\][^\[\]\n]{0,100}){0,2})\]"
    r"\([ \t]{0,3}(<[^<>\n]{0,500}>|[^\s()<>]{0,500}(?:\([^\s()<>]{0,200}\)[^\s()<>]{0,200}){0,2})"
    r"(?:[ \t]{1,3}(?:\"[^\"\n]{0,300}\"|'[^'\n]{0,300}'))?[ \t]{0,3}\)"
)
_WEB_TARGET = re.compile(r"<?(?:https?|mailto|tel|sms|ftp):|<?//|<?www\.", re.I)
_QUERY = re.compile(r"[> \t]{0,20}(?:`{3,}|~{3,})[ \t]*(?:dataview|dataviewjs|tasks|query)[ \t]*(?:\n|\Z)", re.I)
_NO_BREAK_SPACES = re.compile(r"^((?:[ \t]*>)*[ \t]*(?:#{1,6}|[-*+]|\d{1,9}[.)]|>))[\u00a0\u202f]+(?=\S)", re.MULTILINE)
_WORD_BULLET = re.compile("^([ \t]*)[\uf000-\uf0ff](?=[ \t])", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")
_ALTERNATIVE = re.compile(r"!\[([^\]]+)\]|\balt=(?:\"([^\"]+)\"|'([^']+)')")
_OBJECT_REPLACEMENT = "\ufffc"  # where a picture stood before the text was copied
_CALLOUT = re.compile(r"((?: {0,3}>)+)[ \t]{0,3}\[!([\w-]{1,60})(?:\|[^\[\]\n]{0,60})?\][+-]?[ \t]*(.*)")
_HIGHLIGHT = re.compile(r"(?<![\w=])==(?=[^\s=])([^=]{1,2000})(?<=[^\s=])==(?![\w=])")
_HASHTAG = re.compile(r"(?<!\S)#([^\W\d][\w/-]{0,200})#?(?![\w#/-])")
_SENTENCE_END = tuple('.!?…:;。！？)]"”’»*_\ue001')
_BLOCK_ID = re.compile(r"(?:^|(?<=[ \t]))\^(?=[\d-]*[A-Za-z])[A-Za-z0-9-]{1,60}[ \t]*$", re.MULTILINE)
_HEADING = re.compile(r"^( {0,3}#{1,6}[ \t]+)(\S[^\n]*)$", re.MULTILINE)
_HEADING_ID = re.compile(r"\{[#.][\w:.-]{1,200}(?:[ \t]+[\w#.:=\"-]{1,200}){0,9}[ \t]*\}[ \t]*(?=#*[ \t]*\Z)")
_ALL_BOLD = re.compile(r"(\*\*|__)((?:(?!\1).)+)\1")
_ESCAPE = re.compile(r"(^[ \t]*)?\\([.),:;'\"?/$%&@^{}=~!+#>\-_])", re.MULTILINE)
_ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,31}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});")
_MARKDOWN_SYNTAX = frozenset("\\`*_[]<>|#~")


def import_markdown(text: str) -> ImportedMarkdown:
    """Make a page that somebody handed in plain; it may be any string."""
    text = normalize_text(text)
    removed_items: list[RemovedItem] = []
    title = None
    found = read_front_matter(text) or read_properties(text)
    if found is not None:
        removed_items.append(RemovedItem(RemovedKind.FRONT_MATTER, text[: found.end]))
        title = _plain_title(found.title)
        text = text[found.end :].lstrip("\n")
    text, comments = _split_off_comments(text)
    removed_items += [RemovedItem(RemovedKind.COMMENT, comment) for comment in comments]
    cleaner = _MarkdownCleaner(text)
    plain = cleaner.clean(cut=bool(comments))
    return ImportedMarkdown(plain, title, (*removed_items, *cleaner.removed))


def _plain_title(title: str | None) -> str | None:
    if title is None:
        return None
    cleaner = _MarkdownCleaner(_split_off_comments(title)[0])
    return heading_text(" ".join(cleaner.clean().split())) or None


def extract_comments(text: str) -> tuple[str, tuple[RemovedItem, ...]]:
    """Return the text as ``remove_comments`` does, and the comments."""
    rest, comments = _split_off_comments(text)
    return rest, tuple(RemovedItem(RemovedKind.COMMENT, comment) for comment in comments)


def remove_comments(text: str) -> str:
    """Return the text without comments of HTML (``<!-- … -->``), Obsidian (``%% … %%``) and Markdown (``[//]: # (…)``).

    A comment that opens a line and is never closed goes on to the end, as in HTML. One that holds a private mark is
    replaced by a mark. Inside code there are no comments.
    """
    return _split_off_comments(text)[0]


def describe_removed(removed: Sequence[RemovedItem], of: str = "notes") -> str | None:
    """Say in a sentence what was removed, for the writer; return None if nothing was."""
    kinds = [
        kind
        for kind in RemovedKind
        if kind is not RemovedKind.PICTURE_DATA or all(one.kind is not RemovedKind.PICTURE for one in removed)
    ]
    parts = [
        part for kind in kinds if (part := _describe_kind(kind, [one.source for one in removed if one.kind is kind]))
    ]
    return f"Left out of the {of}: {', '.join(parts)}." if parts else None


def _describe_kind(kind: RemovedKind, words: Sequence[str]) -> str:
    if not words:
        return ""
    singular, plural = kind.value
    count = count_noun(len(words), singular, plural)
    if kind is RemovedKind.PICTURE_DATA:
        return count
    bare = [
        said for one in words if (said := " ".join(_strip_markers(kind, one).split())) or kind is RemovedKind.COMMENT
    ]
    if not bare:
        return count if kind is RemovedKind.PICTURE else ""
    shown = [truncate(one, _MAX_NAMED_CHARACTERS) for one in bare[:_MAX_NAMED_ITEMS]]
    if kind is RemovedKind.FRONT_MATTER:
        return f"the front matter ({shown[0]})"
    quoted = ", ".join(f"“{one}”" for one in shown)
    return f"{count} ({quoted}{', …' if len(bare) > _MAX_NAMED_ITEMS else ''})"


def _strip_markers(kind: RemovedKind, words: str) -> str:
    """Return the words without the syntax around them."""
    if kind is RemovedKind.COMMENT:
        hidden = _CODE_OR_COMMENT_START.fullmatch(words)
        words = hidden["hidden"][1:-1] if hidden is not None and hidden["hidden"] else words
        return words.removeprefix("<!--").removesuffix("-->").strip("%")
    if kind is RemovedKind.PICTURE:
        alternative = _ALTERNATIVE.search(words)
        return next(filter(None, alternative.groups()), "") if alternative is not None else ""
    if kind is RemovedKind.QUERY:
        return words.strip("`~ \n")
    if kind is RemovedKind.FRONT_MATTER:
        names = [line.partition(":")[0] for line in words.split("\n") if re.match(r"[^\s#:-][^:]*:", line)]
        # The title is used, not removed. Front matter of our own export is nothing that a writer has to be told of.
        found = read_front_matter(words) or read_properties(words)
        used = "title" if found is not None and found.title is not None else ""
        return "" if "written_by" in names else ", ".join(name for name in names if name.casefold() != used)
    return words


def _find_code_blocks(text: str) -> list[tuple[int, int]]:
    """Return the half-open ranges of code blocks, in order, without the line end after each."""
    blocks = parse_blocks(text)
    found: list[tuple[int, int]] = []
    for first, end in sorted(blocks.code_blocks):
        start, stop = blocks.lines[first].start, blocks.lines[end - 1].end
        if start < stop and (not found or found[-1][1] <= start):
            found.append((start, stop))
    return found


def _split_off_comments(text: str) -> tuple[str, list[str]]:
    if not any(sign in text for sign in ("<!--", "%%", "]:")):
        return text, []
    code, spans = _find_code_blocks(text), dict(find_code_spans(text))
    starts = [start for start, _ in code]
    last_close = text.rfind("-->")
    pieces: list[str] = []
    comments: list[str] = []
    kept = at = 0  # kept: the end of what was copied; at: where to look for the next opening
    while (opening := _CODE_OR_COMMENT_START.search(text, at)) is not None:
        start = opening.start()
        block = bisect_right(starts, start) - 1
        if block >= 0 and start < code[block][1]:
            at = code[block][1]
            continue
        end = None
        if opening.group()[0] == "`":
            at = spans.get(start, opening.end())
            continue
        if start and text[start - 1] == "\\":
            at = opening.end()
            continue
        end = opening.end() if opening["hidden"] else _find_comment_end(text, start, opening.group(), last_close)
        if end is None:
            at = opening.end()
            continue
        comment = text[start:end]
        mark = _LEAVE_OUT_MARK if has_private_mark(comment) else ""
        start, end = (start, end) if mark else _include_whitespace(text, start, end, kept)
        pieces += [text[kept:start], mark]
        comments.append(comment)
        kept = at = end
    pieces.append(text[kept:])
    return "".join(pieces), comments


def _find_comment_end(text: str, start: int, sign: str, last_close: int) -> int | None:
    """Return where the comment that opens at ``start`` ends; None if it is no comment.

    ``last_close`` is where the text's last ``-->`` stands, so that none is looked for behind it.
    """
    if sign == "%%":
        if start and (text[start - 1].isalnum() or text[start - 1] == "%"):
            return None
        end = text.find("%%", start + 2)
        return None if end < 0 else end + 2
    if last_close >= start + 2:
        return text.index("-->", start + 2) + 3
    return len(text) if _opens_line(text, start) else None


def _opens_line(text: str, at: int) -> bool:
    """Return whether nothing but white space stands before ``at`` in its line."""
    while at and text[at - 1] != "\n":
        at -= 1
        if not text[at].isspace():
            return False
    return True


def _include_whitespace(text: str, start: int, end: int, floor: int) -> tuple[int, int]:
    """Widen a range by white space that would be left over: its whole line, or a space beside it."""
    line_start = max(text.rfind("\n", 0, start) + 1, floor)
    before = text[line_start:start]
    stop = text.find("\n", end)
    stop = len(text) if stop < 0 else stop
    ends_line = not text[end:stop].strip()
    if ends_line and not before.strip() and (line_start == 0 or text[line_start - 1] == "\n"):
        return line_start, min(stop + 1, len(text))
    if not before.strip():
        while text[end : end + 1] in (" ", "\t"):
            end += 1
        return start, end
    if ends_line:
        return start - (len(before) - len(before.rstrip(" \t"))), stop
    if before[-1:] == " " and text[end : end + 1] == " ":
        return start, end + 1
    return start, end


class _MarkdownCleaner:
    """Makes one page plain, step by step; front matter and comments are removed before."""

    def __init__(self, text: str) -> None:
        self.removed: list[RemovedItem] = []
        self._hidden_code: list[str] = []
        self._text = self._hide_code(text)

    def clean(self, *, cut: bool = False) -> str:
        """Return the page as plain Markdown; if anything was ``cut`` out of it, without runs of blank lines."""
        self._clean_text()
        if cut or self.removed:
            self._text = _BLANK_LINES.sub("\n\n", self._text)
        return self._restore_code(self._text)

    def _clean_text(self) -> None:
        self._text = _NO_BREAK_SPACES.sub(r"\1 ", _WORD_BULLET.sub(r"\1•", self._text))
        if not any(sign in self._text for sign in f"[#=^\\&<{_OBJECT_REPLACEMENT}"):
            return
        self._text = replace_html_tags(
            self._text, lambda tag: self.removed.append(RemovedItem(RemovedKind.HTML, self._restore_code(tag)))
        )
        self._remove_pictures()
        self._text = _EMBED.sub(lambda match: self._remove(RemovedKind.EMBED, match), self._text)
        self._text = _WIKI_LINK.sub(self._replace_wiki_link, self._text)
        self._text = _MARKDOWN_LINK.sub(self._replace_link, self._text)
        self._replace_callouts()
        self._text = _HIGHLIGHT.sub(_remove_highlight, self._text)
        self._text = "\n".join(self._remove_hashtags(self._text.split("\n")))
        self._text = _BLOCK_ID.sub(lambda match: self._remove(RemovedKind.BLOCK_ID, match), self._text)
        self._text = _HEADING.sub(self._clean_heading, self._text)
        self._text = _ESCAPE.sub(_remove_escape, self._text)
        self._text = _ENTITY.sub(_replace_entity, self._text)

    def _hide_code(self, text: str) -> str:
        code = _find_code_blocks(text)
        starts = [start for start, _ in code]
        stretches = list(code)
        for start, end in find_code_spans(text):
            block = bisect_right(starts, start) - 1
            inside = block >= 0 and start < code[block][1]
            if not inside and (block + 1 == len(code) or end <= starts[block + 1]):
                stretches.append((start, end))
        pieces: list[str] = []
        at = 0
        for start, end in sorted(stretches):
            kept = self._handle_query(text[start:end]) if _QUERY.match(text, start) else self._hide(text[start:end])
            pieces += [self._without_private_use(text[at:start]), kept]
            at = end
        return "".join([*pieces, self._without_private_use(text[at:])])

    def _handle_query(self, code: str) -> str:
        self.removed.append(RemovedItem(RemovedKind.QUERY, code))
        return ""

    def _hide(self, text: str) -> str:
        self._hidden_code.append(text)
        return _CODE_PLACEHOLDER.format(len(self._hidden_code) - 1)

    def _without_private_use(self, text: str) -> str:
        return _PRIVATE_USE.sub(lambda match: self._hide(match.group()), text)

    def _restore_code(self, text: str) -> str:
        return _CODE_PLACEHOLDER_REGEX.sub(lambda match: self._hidden_code[int(match[1])], text)

    def _remove(self, kind: RemovedKind, match: re.Match[str]) -> str:
        self.removed.append(RemovedItem(kind, self._restore_code(match.group().strip())))
        return ""

    def _remove_pictures(self) -> None:
        labels: set[str] = set()
        self.removed += [RemovedItem(RemovedKind.PICTURE, "")] * self._text.count(_OBJECT_REPLACEMENT)
        self._text = _PICTURE_SIZE.sub(r"\1\2", self._text.replace(_OBJECT_REPLACEMENT, ""))

        def remove_definition(match: re.Match[str]) -> str:
            labels.add(match[1].casefold())
            return self._remove(RemovedKind.PICTURE_DATA, match)

        def remove_reference(match: re.Match[str]) -> str:
            is_removed_picture = (match[2] or match[1]).casefold() in labels
            return self._remove(RemovedKind.PICTURE, match) if is_removed_picture else match.group()

        self._text = _DATA_DEFINITION.sub(remove_definition, self._text)
        self._text = _DATA_PICTURE.sub(lambda match: self._remove(RemovedKind.PICTURE, match), self._text)
        self._text = _DATA_LINK.sub(self._replace_data_link, self._text)
        if labels:
            self._text = _PICTURE_REFERENCE.sub(remove_reference, self._text)

    def _replace_data_link(self, match: re.Match[str]) -> str:
        self.removed.append(RemovedItem(RemovedKind.PICTURE_DATA, match.group()))
        return match[1]

    def _replace_wiki_link(self, match: re.Match[str]) -> str:
        target, shown = match[1], match[2]
        if shown is None or not shown.strip():
            page = _BLOCK_OF_PAGE.sub("", target)
            if page and page != target:
                self.removed.append(RemovedItem(RemovedKind.LINK, self._restore_code(target)))
                return page
            return target.removeprefix("#").removeprefix("^").replace("#", " > ")
        self.removed.append(RemovedItem(RemovedKind.LINK, self._restore_code(target)))
        return shown

    def _replace_link(self, match: re.Match[str]) -> str:
        """Return only the words of a link that leads nowhere outside of where the page was written."""
        is_picture, words, target = match[1], match[2], match[3]
        if _WEB_TARGET.match(target) or words.startswith("^") or has_private_mark(f"[{words}]"):
            return match.group()
        if is_picture:
            return self._remove(RemovedKind.PICTURE, match)
        self.removed.append(RemovedItem(RemovedKind.LINK, self._restore_code(target)))
        return words

    def _replace_callouts(self) -> None:
        if "[!" not in self._text:
            return
        found: list[str] = []
        depth = outermost = 0  # levels of the innermost and outermost callout that the line before is in
        for line in self._text.split("\n"):
            match = _CALLOUT.fullmatch(line)
            if match is not None:
                depth = match[1].count(">")
                outermost = min(outermost or depth, depth)
                self.removed.append(RemovedItem(RemovedKind.CALLOUT, match[2]))
                found += [match[3]] if match[3] else []
                continue
            if depth:
                line, depth = _strip_quote_marks(line, outermost, depth)
                outermost = outermost if depth else 0
            found.append(line)
        self._text = "\n".join(found)

    def _remove_hashtags(self, lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            if "#" not in line:
                yield line
                continue
            tags = list(_HASHTAG.finditer(line))
            end = len(line)
            last = len(tags)
            while last and not line[tags[last - 1].end() : end].strip():
                last -= 1
                end = tags[last].start()
            head = line[:end].rstrip()
            if last < len(tags) and (not head.strip("-*+> \t") or head.endswith(_SENTENCE_END)):
                self.removed += [RemovedItem(RemovedKind.TAG, tag.group()) for tag in tags[last:]]
                line = head
            yield _HASHTAG.sub(r"\1", line)

    def _clean_heading(self, match: re.Match[str]) -> str:
        title = _HEADING_ID.sub(lambda one: self._remove(RemovedKind.HEADING_ID, one), match[2]).rstrip()
        if whole := _ALL_BOLD.fullmatch(title):
            title = whole[2].strip()
        return match[1] + title


def _strip_quote_marks(line: str, fewest: int, most: int) -> tuple[str, int]:
    """Return the line without up to ``most`` quotation marks, and how many those were.

    A line with less than ``fewest`` is returned as it is, with 0.
    """
    rest, depth = line, 0
    while depth < most and (match := re.match(r" {0,3}> ?", rest)) is not None:
        rest, depth = rest[match.end() :], depth + 1
    return (rest, depth) if depth >= fewest else (line, 0)


def _remove_highlight(match: re.Match[str]) -> str:
    return match.group() if "\n\n" in match[1] else match[1]


def _remove_escape(match: re.Match[str]) -> str:
    """Return the character alone, unless it needs the backslash to be taken literally."""
    opens_line, sign = match[1], match[2]
    text, end = match.string, match.end()
    following = text[end : end + 1]
    before = text[match.start(2) - 2 : match.start(2) - 1]
    needed = (
        (opens_line is not None and sign in "#>=+-~")
        or (sign == "_" and not (before.isalnum() and following.isalnum()))
        or (sign == "!" and following == "[")
        or (sign == "&" and _ENTITY.match(text, end - 1) is not None)
        or (sign == "~" and "~" in (before, following))
        or (sign == ")" and not before.isdigit())
        or before == "\\"
    )
    return match.group() if needed else f"{opens_line or ''}{sign}"


def _replace_entity(match: re.Match[str]) -> str:
    sign = html.unescape(match.group())
    if sign == match.group() or match.string[match.start() - 1 : match.start()] == "\\":
        return match.group()
    if sign == "&" and re.match(r"#?\w{1,32};", match.string[match.end() : match.end() + 40]):
        return match.group()
    if sign.isspace() or not sign.isprintable():
        return " "
    return f"\\{sign}" if sign in _MARKDOWN_SYNTAX else sign
