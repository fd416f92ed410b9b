"""Read a page of HTML as Markdown, by libraries, after checks that its size and depth are bounded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bs4 import BeautifulSoup
from bs4.element import Comment, Tag
from markdownify import MarkdownConverter

from bot.essay.text.decoding import normalize_text
from bot.essay.text.documents import TooComplex

# Far more than an essay has. A page of 40,000 tags takes some two seconds to read.
_MAX_TAGS = 40_000
_MAX_HTML_DEPTH = 100  # markdownify recurses for each level
_MAX_INDENTS = 2_000_000  # lines times levels of indent, which are written on each line
_MAX_COLUMNS = 100_000  # of all cells together; a single cell may claim 1,000
_DECLARATION = re.compile(r"<\?xml[^<>]{0,200}>", re.IGNORECASE)
_BLANKS = re.compile(r"\s{100,}")  # markdownify is slow with them
# Tags that have no end tag. Unless they are closed (<br/>), the parser searches them for each end tag.
_VOID_TAG = re.compile(
    r"<((?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)\b[^<>]*)(?<!/)>", re.IGNORECASE
)
_INVISIBLE_TAGS = (
    *("script", "style", "template", "noscript", "head", "meta", "link", "svg", "object", "iframe", "canvas"),
)
_PICTURE_TAGS = ("img", "picture", "video", "audio")
_HEADING_TAGS = ("h1", "h2", "h3", "h4", "h5")
_EMPHASIS_TAGS = ("b", "strong", "i", "em", "u", "s", "del")
# Tags of blocks; markdownify knows only some of them.
_BLOCK_TAGS = (
    *("address", "article", "aside", "blockquote", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption"),
    *("figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p"),
    *("pre", "section", "table", "tbody", "td", "th", "tr", "ul", "button", "label", "legend", "option", "summary"),
    "textarea",
)
_INDENTED_TAGS = ("blockquote", "li", "dd")
_TAGS_MADE_BLOCKS = ("button", "label", "legend", "option", "summary", "textarea")
_BACK_LINK_CHARACTERS = "↑^↩\ufe0e "
_GOOGLE_COMMENT = re.compile(r"cmnt(?:_ref)?\d+")


@dataclass(frozen=True, slots=True)
class ConvertedPage:
    """A page of HTML as Markdown."""

    text: str
    title: str
    pictures: int
    comments: int


def is_fragment(text: str, first_tag: str) -> bool:
    """Return whether a text that begins with this tag, and ends with one, is HTML rather than Markdown with tags."""
    if first_tag not in (*_BLOCK_TAGS, *_EMPHASIS_TAGS, "span", "a") or text.count("<") > _MAX_TAGS:
        return False
    try:
        soup = _BoundedSoup(_close_unclosed(text), "html.parser")
    except TooComplex:
        return True
    # Markdown has text outside of all tags.
    outside = soup.find_all(string=True, recursive=False)
    return all(isinstance(one, Comment) or not one.strip() for one in outside)


def convert_html(html: str) -> ConvertedPage | None:
    """Convert a page of HTML to Markdown; return None if it has too many tags, levels or columns."""
    if html.count("<") > _MAX_TAGS:
        return None
    try:
        soup = _BoundedSoup(_close_unclosed(html), "html.parser")
    except TooComplex:
        return None
    if soup.levels * (html.count("\n") + html.count("<")) > _MAX_INDENTS:
        return None
    title = " ".join(soup.title.get_text().split()) if soup.title is not None else ""
    _remove_tags(soup.find_all(_INVISIBLE_TAGS))
    pictures = soup.find_all(_PICTURE_TAGS)
    _remove_tags(pictures)
    comments = _remove_comments(soup)
    if sum(map(_column_span, soup.find_all(["td", "th"]))) > _MAX_COLUMNS:
        return None
    _fix_structure(soup)
    text = _MarkdownWriter(
        heading_style="atx", bullets="-", newline_style="spaces", table_infer_header=True
    ).convert_soup(soup)
    lines = normalize_text(text).split("\n")
    # Two spaces at the end of a line are a line break, except on the last line of a paragraph.
    trimmed = (
        line.rstrip() + ("  " if line.endswith("  ") and line.strip() and following.strip() else "")
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
    )
    return ConvertedPage(
        re.sub(r"\n{3,}", "\n\n", "\n".join(trimmed)).strip("\n") + "\n", title, len(pictures), comments
    )


class _BoundedSoup(BeautifulSoup):
    """A parsed page of bounded depth.

    ``levels`` is the most levels of indentation in it. Raises TooComplex while parsing, because the parser climbs up
    all levels for each text.
    """

    levels = 0

    def pushTag(self, tag: Tag) -> None:  # noqa: N802
        """See BeautifulSoup."""
        super().pushTag(tag)
        if len(self.tagStack) > _MAX_HTML_DEPTH:
            raise TooComplex
        self.levels = max(self.levels, sum(self.open_tag_counter[name] for name in _INDENTED_TAGS))


class _MarkdownWriter(MarkdownConverter):
    """Writes Markdown in which no text of the page becomes a tag.

    What markdownify would search for in the whole list or table, for each item or row again, is looked up instead.
    """

    _headed: dict[int, bool]  # by a table's id: whether it has a head

    def convert_soup(self, soup: BeautifulSoup) -> str:
        """See MarkdownConverter."""
        self._headed = {id(body.parent): False for body in soup.find_all("tbody")}
        self._headed.update((id(above), True) for head in soup.find_all("thead") for above in head.parents)
        return str(super().convert_soup(soup))

    def convert_tr(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """See MarkdownConverter. The first row becomes the head, unless its table has another."""
        if el.parent is None or el.find_previous_sibling() is not None:
            return f"|{text}\n"
        cells = el.find_all(["td", "th"])
        columns = sum(_column_span(cell) for cell in cells)
        rule = f"| {' | '.join(['---'] * columns)} |\n"
        part = el.parent
        if part.name != "tbody" or not self._headed[id(part.parent)] or all(cell.name == "th" for cell in cells):
            return f"|{text}\n{rule}"
        blank = f"| {' | '.join([''] * columns)} |\n{rule}" if part.find_previous_sibling() is None else ""
        return f"{blank}|{text}\n"

    def convert_li(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """See MarkdownConverter. An item of an ordered list has its number in ``value``."""
        if el.parent is not None and el.parent.name == "ol":
            alone, el = Tag(name="ol", attrs={"start": str(el["value"])}), Tag(name="li")
            alone.append(el)
        return str(super().convert_li(el, text, parent_tags))  # type: ignore[misc]

    def escape(self, text: str, parent_tags: set[str]) -> str:
        """See MarkdownConverter."""
        return re.sub(r"<(?=[A-Za-z/!?])", r"\\<", str(super().escape(text, parent_tags)))  # type: ignore[misc]


def _column_span(cell: Tag) -> int:
    """Return how many columns a table cell takes up; markdownify writes as many."""
    span = str(cell.get("colspan", ""))
    return max(1, min(1000, int(span))) if span.isdecimal() else 1


def _remove_comments(soup: BeautifulSoup) -> int:
    """Remove the comments in the margin of a page from Google Docs, and return how many there were."""
    comments = 0
    found: dict[int, Tag] = {}
    for link in soup.find_all("a", id=_GOOGLE_COMMENT):
        if any(id(tag) in found for tag in (link, *link.parents)):
            continue
        is_reference = str(link["id"]).startswith("cmnt_ref")
        around = link.find_parent("sup" if is_reference else ("div", "p"))
        remark = around if around is not None and around.name != "body" else link
        found[id(remark)] = remark
        comments += not is_reference
    _remove_tags(found.values())
    return comments


def _remove_tags(tags: Iterable[Tag], *, keep_content: bool = False) -> None:
    """Remove tags from a page; with ``keep_content``, what is in them takes their place.

    BeautifulSoup would search for each tag from the front of its parent, which is slow if many share one.
    """
    removed = {id(tag): tag for tag in tags}
    for parent in {id(tag.parent): tag.parent for tag in removed.values() if tag.parent is not None}.values():
        place = len(parent.contents)
        while place > 0:
            place -= 1
            tag = removed.get(id(parent.contents[place]))
            if tag is None:
                continue
            tag.extract(place)
            inside = list(tag.contents) if keep_content else []
            for child in reversed(inside):
                parent.insert(place, child.extract(len(tag.contents) - 1))
            place += len(inside)


def _fix_structure(soup: BeautifulSoup) -> None:
    """Change what markdownify would write differently from what a reader sees."""
    titles = soup.find_all("p", class_="title")
    if len(titles) == 1:
        for heading in soup.find_all(_HEADING_TAGS):
            heading.name = f"h{int(heading.name[1]) + 1}"
        titles[0].name = "h1"
    links = soup.find_all("a", href=re.compile("^#"))
    worded = [link for link in links if link.get_text().strip(_BACK_LINK_CHARACTERS)]
    _remove_tags(worded, keep_content=True)
    _remove_tags(link for link in links if not link.get_text().strip(_BACK_LINK_CHARACTERS))
    _remove_tags(_trailing_breaks(soup))
    for ordered in soup.find_all("ol"):
        start = str(ordered.get("start", ""))
        first = int(start) if re.fullmatch(r"[0-9]{1,9}", start) else 1
        for number, item in enumerate(ordered.find_all("li", recursive=False), first):
            item["value"] = str(number)
    seen: set[int] = set()
    for block in soup.find_all(_BLOCK_TAGS):
        for parent in list(block.parents):
            if id(parent) in seen:
                break
            seen.add(id(parent))
            if parent.name in _EMPHASIS_TAGS:
                parent.name = "span"
    for tag in soup.find_all(_TAGS_MADE_BLOCKS):
        tag.name = "div"


def _trailing_breaks(soup: BeautifulSoup) -> list[Tag]:
    """Return the line breaks at the end of their parent or directly before a block."""
    trailing: list[Tag] = []
    for parent in {id(found.parent): found.parent for found in soup.find_all("br") if found.parent}.values():
        at_end = True
        for child in reversed(parent.contents):
            if isinstance(child, Tag) and child.name == "br" and at_end:
                trailing.append(child)
            elif isinstance(child, Tag) or str(child).strip():
                at_end = isinstance(child, Tag) and child.name in _BLOCK_TAGS
    return trailing


def _close_unclosed(html: str) -> str:
    """Close or remove what is opened and never closed: the parser would search for its end again and again."""
    html = _VOID_TAG.sub(r"<\1/>", _BLANKS.sub("\n", _DECLARATION.sub("", html, count=1)))
    comment = html.find("<!--", html.rfind("-->") + 1)
    html = html if comment < 0 else html[:comment]
    last = html.rfind(">") + 1
    return html[:last].replace("<![", "<!") + html[last:].replace("<", "&lt;")
