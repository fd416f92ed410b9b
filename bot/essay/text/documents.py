"""A file as its text, whatever program made it: told by what is in it and never by its name.

RTF, HTML and Word's .docx are read by libraries, each after a look that what is handed to it is of bounded size and
depth. A kind whose text cannot be read well is refused, with what to do instead.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar
from xml.parsers import expat

import mammoth
from bs4 import BeautifulSoup
from bs4.element import Comment, Tag
from markdownify import MarkdownConverter
from striprtf.striprtf import rtf_to_text

from bot.errors import UnreadableText, UnsupportedFileType
from bot.essay.text.decoding import MAX_TEXT_BYTES, decode_text, normalize_text
from bot.essay.text.words import count_noun, count_words, truncate

# The words of RTF, by a library that is handed what it can tell apart.
#
# The library passes over footnotes and text boxes, ends a paragraph as it ends a line, and makes an emoji two halves.
# Its patterns for links and for the table of fonts take time out of all proportion, so it is handed neither as they
# stand.


_MAX_RTF_TOKENS = 1_000_000  # control words and braces; a second's work
_RTF_TOKEN = re.compile(r"\\bin(\d{1,9}) ?|\\([A-Za-z]{1,32})(-?\d{1,10})? ?|(\\\r?\n)|\\.|[{}]", re.DOTALL)
_RTF_PAGE_EDGES = ("header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf")
_PARAGRAPH_END = "\\par\\par "
_RTF_REPLACEMENTS = {"par": _PARAGRAPH_END, "cell": "\\tab ", "nestcell": "\\tab ", "nestrow": "\\line "}
_RTF_LINK = re.compile(r'HYPERLINK\s{1,9}"((?:https?|mailto):[^"\s{}\\]{1,2000})"', re.IGNORECASE)
_RTF_BULLET = re.compile(r"^(?:[•◦▪‣⁃∙·-]|(\d{1,3}[.)]))\t+")
_BETWEEN_ITEMS = re.compile(r"^((?:-|\d{1,3}[.)]) .*)\n\n(?=(?:-|\d{1,3}[.)]) )", re.MULTILINE)


class TooComplex(Exception):
    """An RTF of more signs, or of more words, than are read."""


@dataclass(slots=True)
class RichText:
    """The words of an RTF with LF line ends, and how much of it is not among them."""

    text: str
    pictures: int
    comments: int
    page_edges: int


@dataclass(slots=True)
class _PreparedRtf:
    """A source as the library is to see it, while it is made. ``groups`` are those set apart: the kind and the text."""

    pieces: list[str] = field(default_factory=list)
    groups: list[tuple[str, list[str]]] = field(default_factory=list)
    pictures: int = 0
    comments: int = 0


def read_rich_text(source: str, most: int) -> RichText:
    """Read an RTF. Raises TooComplex where more than ``most`` characters are left of it without its pictures."""
    taken = _prepare_rtf(source, most)
    notes = ["".join(group) for kind, group in taken.groups if kind == "footnote"]
    boxes = ["".join(group) for kind, group in taken.groups if kind == "shptxt"]
    edges = {"".join(group) for kind, group in taken.groups if kind in _RTF_PAGE_EDGES}
    edges = {_rtf_words(f"{{{edge}}}").strip() for edge in edges}
    behind = [f"{_PARAGRAPH_END}{{{box}}}" for box in boxes]
    behind += [f"{_PARAGRAPH_END}{{[^{number}]: {note}}}" for number, note in enumerate(notes, 1)]
    text = _rtf_words("".join([*taken.pieces, *behind, "}"]))
    lines = (_RTF_BULLET.sub(lambda match: f"{match[1] or '-'} ", line.strip(" \t")) for line in text.split("\n"))
    text = _BETWEEN_ITEMS.sub(r"\1\n", re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n")
    return RichText(text, taken.pictures, taken.comments, sum(count_words(edge) > 0 for edge in edges))


def _rtf_words(source: str) -> str:
    text = str(rtf_to_text(source, errors="replace"))  # type: ignore[no-untyped-call]
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")  # emoji come as two halves
    return normalize_text(whole.replace("\x00", ""))


def _prepare_rtf(source: str, most: int) -> _PreparedRtf:
    """The source without the brace that ends it and without its pictures, what stands beside the text set apart."""
    taken = _PreparedRtf()
    into = taken.pieces
    depth = at = signs = kept = notes = 0
    skipped: int | None = None  # the depth of the group that is passed over
    apart: int | None = None  # the depth of the group that is set apart
    asked: int | None = None  # where the instruction of a field begins, which is passed over
    link, linked = "", 0  # the address of a link, and the depth of the group of its words
    fonts: dict[str, str] | None = None  # the character set of each font, of a table that is passed over
    font: str | None = None
    while (sign := _RTF_TOKEN.search(source, at)) is not None:
        signs += 1
        before, at = source[at : sign.start()], sign.end()
        size, word, number, ended_line = sign[1], sign[2], sign[3], sign[4]
        if skipped is None:
            into.append(before)
            kept += len(before) + len(sign.group())
        if signs > _MAX_RTF_TOKENS or kept > most:
            raise TooComplex
        if size is not None:
            at += int(size)
            if skipped is None:
                into.append("{}")  # or what stands before and behind would be read as one word
            continue
        instead = _PARAGRAPH_END if ended_line else _RTF_REPLACEMENTS.get(word, sign.group())
        if sign.group() == "{":
            depth += 1
        elif sign.group() == "}":
            depth -= 1
            if skipped is not None and depth < skipped:
                skipped = None
                if asked is not None:
                    found = _RTF_LINK.search(source, asked, sign.start())
                    link, asked = found[1] if found is not None else "", None
                if fonts is not None:
                    into += [f"\\f{name}\\fcharset{charset} x;" for name, charset in fonts.items()]
                    fonts = None
            if linked and depth < linked:
                into.append(f" ({link})")
                kept += len(link)
                link, linked = "", 0
            if apart is not None and depth < apart:
                apart, into = None, taken.pieces
            if depth <= 0:
                return taken
        elif skipped is None and word == "pict":
            taken.pictures += 1
            skipped, instead = depth, ""
        elif skipped is None and word is not None and word.lower() == "fldinst":  # the library reads it in either case
            skipped, asked, instead = depth, at, ""
        elif skipped is None and word == "fldrslt" and link:
            linked = depth
        elif skipped is None and word == "fonttbl":
            into.append(sign.group())
            skipped, fonts = depth, {}
        elif fonts is not None and word == "f":
            font = number
        elif fonts is not None and word == "fcharset" and font is not None and number is not None:
            fonts[font], font = number.lstrip("-"), None
        elif skipped is None and word == "annotation":
            taken.comments += 1
        elif skipped is None and apart is None and word in ("footnote", "shptxt", *_RTF_PAGE_EDGES):
            if word == "footnote":
                notes += 1
                into.append(f" [^{notes}]")
            apart, into, instead = depth, [], ""
            taken.groups.append((word, into))
        if skipped is None:
            into.append(instead)
    if skipped is None:
        into.append(source[at:])
        kept += len(source) - at
    if kept > most:
        raise TooComplex
    return taken


FILE_KINDS = "Markdown, plain text, RTF, HTML or Word (.docx)"
"""The kinds that are read, as a sentence or a label names them."""
MAX_FILE_BYTES = 10_000_000
"""The most of a file with its pictures; what is left without them may have MOST_BYTES, or what is said below."""

# Far more than an essay has; a page of 40,000 tags takes some two seconds to read.
_MOST_TAGS = 40_000
_MOST_HTML_DEPTH = 100  # the library that writes Markdown calls itself for each level
_MOST_INDENTS = 2_000_000  # lines times the levels they are indented by, each of which is written for each line
_MOST_COLUMNS = 100_000  # of all cells together: one alone may say that it takes up 1,000
_MOST_XML_BYTES = 10_000_000  # of all parts together, unpacked: 200 pages of Word
_MOST_XML_ELEMENTS = 60_000
_MOST_XML_DEPTH = 60
_MOST_PARTS = 2_000
_CONTENT_TYPES, _WORD_TEXT, _WORD_COMMENTS = "[Content_Types].xml", "word/document.xml", "word/comments.xml"
_WORD_EDGE = re.compile(r"word/(?:header|footer)\d*\.xml")

_OTHER_KINDS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"\s{0,64}%PDF"), "a PDF"),
    (re.compile(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "an old or locked Office document"),
    (
        re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8[79]a|RIFF....WEBP|BM....\x00\x00\x00\x00|II\*\x00|MM\x00\*", re.DOTALL),
        "a picture",
    ),
    (re.compile(rb"....ftyp(?:hei[cfsx]|mif1|avif)", re.DOTALL), "a picture"),
    (re.compile(rb"....ftyp|ID3|OggS|RIFF....(?:WAVE|AVI )|\x1aE\xdf\xa3", re.DOTALL), "a recording"),
    (re.compile(rb"\x1f\x8b|7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|BZh[1-9]|\xfd7zXZ\x00"), "an archive"),
)
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body|title|meta)\b", re.IGNORECASE)
_FRAGMENT = re.compile(r"<([a-z][a-z0-9]*)\b", re.IGNORECASE)
_MIME = re.compile(r"(?:[\w-]{1,60}:[^\n]{0,2000}\n(?:[ \t][^\n]{0,2000}\n){0,50}){0,100}?MIME-Version:", re.IGNORECASE)
_DECLARATION = re.compile(r"<\?xml[^<>]{0,200}>", re.IGNORECASE)
_BLANKS = re.compile(r"\s{100,}")  # the library that writes Markdown is slow with them
# Tags that never have an end: the parser looks for each end of another among all of them that are not closed (<br/>).
_WITHOUT_END = re.compile(
    r"<((?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)\b[^<>]*)(?<!/)>", re.IGNORECASE
)
_RTF = b"{\\rtf"
_PICTURE_DATA = re.compile(
    rb"(data:[a-z]{1,20}/[a-z0-9.+-]{1,60}(?:;[a-z0-9=-]{1,40}){0,3};base64,)[a-z0-9+/=]+", re.IGNORECASE
)
_PART_OF_ZIP = b"PK\x01\x02"
_UNSEEN = ("script", "style", "template", "noscript", "head", "meta", "link", "svg", "object", "iframe", "canvas")
_PICTURES = ("img", "picture", "video", "audio")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5")
_EMPHASIS = ("b", "strong", "i", "em", "u", "s", "del")
# What stands on lines of its own; the library knows of some of them.
_BLOCKS = (
    *("address", "article", "aside", "blockquote", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption"),
    *("figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p"),
    *("pre", "section", "table", "tbody", "td", "th", "tr", "ul", "button", "label", "legend", "option", "summary"),
    "textarea",
)
_INDENTED = ("blockquote", "li", "dd")
_AS_BLOCKS = ("button", "label", "legend", "option", "summary", "textarea")
_BACK = "↑^↩\ufe0e "
_GOOGLE_COMMENT = re.compile(r"cmnt(?:_ref)?\d+")
_WORD_STYLES = """
p[style-name='Title'] => p.title:fresh
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
"""


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Document:
    """A file's text with LF line ends; ``guessed`` names its encoding where that had to be guessed.

    ``notices`` are sentences on how it was read, and what of it was not.
    """

    text: str
    guessed_encoding: str | None = None
    notices: tuple[str, ...] = ()


def read_document(data: bytes, name: str) -> Document:
    """Read the text of a file called ``name``.

    Pictures in it do not count against its length, up to MOST_FILE_BYTES. Raises UnreadableText for one that is too
    long, damaged, no text or without words, UnsupportedFileType for one of a kind that is not read.
    """
    if len(data) > MAX_FILE_BYTES:
        raise UnreadableText.file_too_large(name, MAX_FILE_BYTES)
    for sign, kind in _OTHER_KINDS:
        if sign.match(data):
            raise UnsupportedFileType(name, kind)
    if data.startswith(_ZIP):
        return _require_words(_word(data, name), name)
    if data[:100].lstrip().startswith(_RTF):
        return _require_words(_rich_text(data, name), name)
    decoded = decode_text(_PICTURE_DATA.sub(rb"\1", data), name)
    if _run_library(lambda: _is_html(decoded.text), name, "web page (HTML)"):
        return _require_words(_web_page(decoded.text, decoded.guessed_encoding, name), name)
    if (other := _other_markup(decoded.text)) is not None:
        raise UnsupportedFileType(name, other)
    return Document(decoded.text, decoded.guessed_encoding)


def _require_words(found: Document, name: str) -> Document:
    if not count_words(found.text):
        raise UnreadableText.empty(name)
    return found


def _run_library(read: Callable[[], T], name: str, kind: str) -> T:
    """What a library reads of a file. What it raises for a damaged one is its own affair."""
    try:
        return read()
    except TooComplex:
        raise
    except Exception:  # noqa: BLE001
        raise UnreadableText.corrupt_file(name, kind) from None


def _rich_text(data: bytes, name: str) -> Document:
    try:
        source = data.decode()
    except UnicodeDecodeError:
        source = data.decode("cp1252", "replace")
    try:
        found = _run_library(lambda: read_rich_text(source, MAX_TEXT_BYTES), name, "file of rich text (RTF)")
    except TooComplex:
        raise UnreadableText.too_complex(name, "rich text (RTF)") from None
    notices = (
        f"{name} is rich text (RTF): its words were read, without its formatting.",
        *_left_out(found.pictures, found.comments, found.page_edges),
    )
    return Document(found.text, None, notices)


def _is_html(text: str) -> bool:
    """Whether a text is a page of HTML or a piece of one, and no Markdown in which tags stand."""
    at = _past_comments(text)
    if _HTML.match(text, at):
        return True
    opening = _FRAGMENT.match(text, at)
    if opening is None or opening[1].lower() not in (*_BLOCKS, *_EMPHASIS, "span", "a") or text.rstrip()[-1:] != ">":
        return False
    if text.count("<") > _MOST_TAGS:
        return False
    try:
        soup = _Soup(_closed(text), "html.parser")
    except TooComplex:
        return True
    # In Markdown something stands outside of all tags.
    outside = soup.find_all(string=True, recursive=False)
    return all(isinstance(one, Comment) or not one.strip() for one in outside)


def _past_comments(text: str) -> int:
    """Where a text begins behind its declaration and the comments on top."""
    at = len(text) - len(text.lstrip())
    while text.startswith(("<!--", "<?xml"), at):
        sign = "-->" if text.startswith("<!--", at) else "?>"
        end = text.find(sign, at)
        if end < 0:
            break
        at = end + len(sign)
        at += len(text[at:]) - len(text[at:].lstrip())
    return at


def _other_markup(text: str) -> str | None:
    """What a text is that was written by a program and for one; None for any other."""
    if text.lstrip().startswith("<?xml"):
        return "an XML file"
    if text.lstrip().startswith("<svg"):
        return "a picture"
    return "an e-mail or a web archive (MIME)" if _MIME.match(text) else None


def _web_page(html: str, guessed: str | None, name: str) -> Document:
    kind = "a web page (HTML)"
    page = _run_library(lambda: _page(html), name, "web page (HTML)")
    if page is None:
        raise UnreadableText.too_complex(name, kind)
    notices = [f"{name} is {kind}: its text was read."]
    if page.title.casefold() not in " ".join(page.text.split()).casefold():
        notices.append(f"Its title in a browser, “{truncate(page.title, 80)}”, is no part of it.")
    return Document(page.text, guessed, (*notices, *_left_out(page.pictures, page.comments)))


def _word(data: bytes, name: str) -> Document:
    try:
        parts = _parts(data)
    except _NotWordDocument as error:
        raise UnsupportedFileType(name, error.kind) from None
    except TooComplex:
        raise UnreadableText.too_complex(name, "a Word document") from None
    except (*_BROKEN_ZIP, expat.ExpatError):
        raise UnreadableText.corrupt_file(name, "Word document") from None
    if _CONTENT_TYPES not in parts:
        raise UnreadableText.corrupt_file(name, "Word document")
    pictures: list[object] = []

    def without(picture: object) -> list[object]:
        pictures.append(picture)
        return []

    def read() -> _Page | None:
        found = mammoth.convert_to_html(
            _packed(parts), convert_image=without, style_map=_WORD_STYLES, include_embedded_style_map=False
        )
        return _page(str(found.value))

    page = _run_library(read, name, "Word document")
    if page is None:
        raise UnreadableText.too_complex(name, "a Word document")
    comments = len(re.findall(rb"<w:comment\b", parts.get(_WORD_COMMENTS, b"")))
    edges = sum(_WORD_EDGE.fullmatch(part) is not None and b"<w:t" in content for part, content in parts.items())
    left_out = _left_out(len(pictures), comments, edges)
    return Document(page.text, None, (f"{name} is a Word document: its text was read.", *left_out))


@dataclass(frozen=True, slots=True)
class _Page:
    """What a page of HTML says, as Markdown."""

    text: str
    title: str
    pictures: int
    comments: int


class _NotWordDocument(Exception):
    """A zip file that is no Word document, but ``kind``."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


_BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    RuntimeError,
    NotImplementedError,
    EOFError,
    ValueError,
    OSError,
    KeyError,
)


def _page(html: str) -> _Page | None:
    """What is written on a page of HTML; None for one of too many tags, or of too many inside each other."""
    if html.count("<") > _MOST_TAGS:
        return None
    try:
        soup = _Soup(_closed(html), "html.parser")
    except TooComplex:
        return None
    if soup.levels * (html.count("\n") + html.count("<")) > _MOST_INDENTS:
        return None
    title = " ".join(soup.title.get_text().split()) if soup.title is not None else ""
    _take_out(soup.find_all(_UNSEEN))
    pictures = soup.find_all(_PICTURES)
    _take_out(pictures)
    comments = _without_comments(soup)
    if sum(map(_columns, soup.find_all(["td", "th"]))) > _MOST_COLUMNS:
        return None
    _tidy(soup)
    text = _Markdown(heading_style="atx", bullets="-", newline_style="spaces", table_infer_header=True).convert_soup(
        soup
    )
    lines = normalize_text(text).split("\n")
    # Two spaces at the end of a line are a break, but for the last line of a paragraph.
    kept = (
        line.rstrip() + ("  " if line.endswith("  ") and line.strip() and following.strip() else "")
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
    )
    return _Page(re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n") + "\n", title, len(pictures), comments)


class _Soup(BeautifulSoup):
    """A page of bounded depth. Raises TooComplex while it is read: the parser climbs up all levels for each text.

    ``levels`` is how deep its lines are indented.
    """

    levels = 0

    def pushTag(self, tag: Tag) -> None:  # noqa: N802
        """See BeautifulSoup."""
        super().pushTag(tag)
        if len(self.tagStack) > _MOST_HTML_DEPTH:
            raise TooComplex
        self.levels = max(self.levels, sum(self.open_tag_counter[name] for name in _INDENTED))


class _Markdown(MarkdownConverter):
    """Writes Markdown in which no text of the page is taken for a tag.

    What the library would look for in a whole list or table, for each item or row again, is looked up.
    """

    _headed: dict[int, bool]  # whether a table has a head

    def convert_soup(self, soup: BeautifulSoup) -> str:
        """See MarkdownConverter."""
        self._headed = {id(body.parent): False for body in soup.find_all("tbody")}
        self._headed.update((id(above), True) for head in soup.find_all("thead") for above in head.parents)
        return str(super().convert_soup(soup))

    def convert_tr(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """See MarkdownConverter. The first row is ruled off as a head, unless its table has another."""
        if el.parent is None or el.find_previous_sibling() is not None:
            return f"|{text}\n"
        cells = el.find_all(["td", "th"])
        columns = sum(_columns(cell) for cell in cells)
        rule = f"| {' | '.join(['---'] * columns)} |\n"
        part = el.parent
        if part.name != "tbody" or not self._headed[id(part.parent)] or all(cell.name == "th" for cell in cells):
            return f"|{text}\n{rule}"
        blank = f"| {' | '.join([''] * columns)} |\n{rule}" if part.find_previous_sibling() is None else ""
        return f"{blank}|{text}\n"

    def convert_li(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """See MarkdownConverter. An item of an ordered list has its number as its value."""
        if el.parent is not None and el.parent.name == "ol":
            alone, el = Tag(name="ol", attrs={"start": str(el["value"])}), Tag(name="li")
            alone.append(el)
        return str(super().convert_li(el, text, parent_tags))  # type: ignore[misc]

    def escape(self, text: str, parent_tags: set[str]) -> str:
        """See MarkdownConverter."""
        return re.sub(r"<(?=[A-Za-z/!?])", r"\\<", str(super().escape(text, parent_tags)))  # type: ignore[misc]


def _columns(cell: Tag) -> int:
    """How many columns a cell of a table takes up; the library writes so many."""
    span = str(cell.get("colspan", ""))
    return max(1, min(1000, int(span))) if span.isdecimal() else 1


def _without_comments(soup: BeautifulSoup) -> int:
    """Take out what others remarked in the margin of a page from Google Docs; how many remarks there were."""
    comments = 0
    found: dict[int, Tag] = {}
    for link in soup.find_all("a", id=_GOOGLE_COMMENT):
        if any(id(tag) in found for tag in (link, *link.parents)):
            continue
        is_place = str(link["id"]).startswith("cmnt_ref")
        around = link.find_parent("sup" if is_place else ("div", "p"))
        remark = around if around is not None and around.name != "body" else link
        found[id(remark)] = remark
        comments += not is_place
    _take_out(found.values())
    return comments


def _take_out(tags: Iterable[Tag], *, whole: bool = True) -> None:
    """Take tags out of a page with what is in them; unless ``whole``, that stays in their place.

    The library looks for the place of each from the front of its parent: again for each of many in one.
    """
    meant = {id(tag): tag for tag in tags}
    for parent in {id(tag.parent): tag.parent for tag in meant.values() if tag.parent is not None}.values():
        place = len(parent.contents)
        while place > 0:
            place -= 1
            tag = meant.get(id(parent.contents[place]))
            if tag is None:
                continue
            tag.extract(place)
            inside = [] if whole else list(tag.contents)
            for child in reversed(inside):
                parent.insert(place, child.extract(len(tag.contents) - 1))
            place += len(inside)


def _tidy(soup: BeautifulSoup) -> None:
    """Change what the library would write down otherwise than a reader sees it."""
    titles = soup.find_all("p", class_="title")
    if len(titles) == 1:
        for heading in soup.find_all(_HEADINGS):
            heading.name = f"h{int(heading.name[1]) + 1}"
        titles[0].name = "h1"
    links = soup.find_all("a", href=re.compile("^#"))
    saying = [link for link in links if link.get_text().strip(_BACK)]
    _take_out(saying, whole=False)
    _take_out(link for link in links if not link.get_text().strip(_BACK))
    _take_out(_idle_breaks(soup))
    for ordered in soup.find_all("ol"):
        start = str(ordered.get("start", ""))
        first = int(start) if re.fullmatch(r"[0-9]{1,9}", start) else 1
        for number, item in enumerate(ordered.find_all("li", recursive=False), first):
            item["value"] = str(number)
    seen: set[int] = set()
    for block in soup.find_all(_BLOCKS):
        for parent in list(block.parents):
            if id(parent) in seen:
                break
            seen.add(id(parent))
            if parent.name in _EMPHASIS:
                parent.name = "span"
    for tag in soup.find_all(_AS_BLOCKS):
        tag.name = "div"


def _idle_breaks(soup: BeautifulSoup) -> list[Tag]:
    """The line breaks behind which nothing, or a block, follows in their parent."""
    idle: list[Tag] = []
    for parent in {id(found.parent): found.parent for found in soup.find_all("br") if found.parent}.values():
        at_end = True
        for child in reversed(parent.contents):
            if isinstance(child, Tag) and child.name == "br" and at_end:
                idle.append(child)
            elif isinstance(child, Tag) or str(child).strip():
                at_end = isinstance(child, Tag) and child.name in _BLOCKS
    return idle


def _closed(html: str) -> str:
    """The page with nothing in it that is opened and never closed, each of which the parser looks for to the end."""
    html = _WITHOUT_END.sub(r"<\1/>", _BLANKS.sub("\n", _DECLARATION.sub("", html, count=1)))
    comment = html.find("<!--", html.rfind("-->") + 1)
    html = html if comment < 0 else html[:comment]
    last = html.rfind(">") + 1
    return html[:last].replace("<![", "<!") + html[last:].replace("<", "&lt;")


def _parts(data: bytes) -> dict[str, bytes]:
    """The parts of a Word document that hold text, of bounded size and depth. Raises _NotWord, TooComplex."""
    parts: dict[str, bytes] = {}
    room = _MOST_XML_BYTES
    if data.count(_PART_OF_ZIP) > _MOST_PARTS:
        raise TooComplex
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        if _WORD_TEXT not in names:
            raise _NotWordDocument(_kind_of_zip(names))
        for name in names:
            if not name.endswith((".xml", ".rels")):
                continue
            with archive.open(name) as part:
                parts[name] = part.read(room + 1)
            room -= len(parts[name])
            if room < 0:
                raise TooComplex
    count = 0
    for content in parts.values():
        count += _check_xml(content)
        if count > _MOST_XML_ELEMENTS:
            raise TooComplex
    return parts


def _check_xml(content: bytes) -> int:
    """Count the elements of a part. Raises TooComplex for one that is deep or declares anything, ExpatError."""
    depth = count = 0

    def opened(_: str, __: object) -> None:
        nonlocal depth, count
        depth += 1
        count += 1
        if depth > _MOST_XML_DEPTH or count > _MOST_XML_ELEMENTS:
            raise TooComplex

    def closed(_: str) -> None:
        nonlocal depth
        depth -= 1

    def declared(*_: object) -> None:
        raise TooComplex

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = declared
    parser.Parse(content, True)
    return count


def _packed(parts: dict[str, bytes]) -> io.BytesIO:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    packed.seek(0)
    return packed


def _kind_of_zip(names: Iterable[str]) -> str:
    for start, kind in (
        ("xl/", "a spreadsheet"),
        ("ppt/", "a presentation"),
        ("META-INF/container.xml", "an e-book"),
        ("META-INF/manifest.xml", "an OpenDocument file"),
        ("Index/", "a document of Pages"),
        ("Index.zip", "a document of Pages"),
    ):
        if any(name.startswith(start) for name in names):
            return kind
    return "an archive"


def _left_out(pictures: int, comments: int, page_edges: int = 0) -> Iterator[str]:
    kinds = (
        (pictures, "picture", "pictures"),
        (comments, "comment", "comments"),
        (page_edges, "header or footer", "headers or footers"),
    )
    counts = [count_noun(count, one, several) for count, one, several in kinds if count]
    if counts:
        yield f"Left out of it: {', '.join(counts[:-1])}{' and ' if counts[1:] else ''}{counts[-1]}."
