"""Read the text of a file, whose kind is recognized by its content and never by its name.

RTF, HTML and Word's .docx are read by libraries, after checks that their size and depth are bounded. A kind whose text
cannot be read well is refused, with what to do instead. The libraries are imported when a file first needs one: they
take a quarter of a second of a program's start, and most writers hand in plain text.
"""

from __future__ import annotations

import codecs
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar
from xml.parsers import expat

from bot.errors import UnreadableText, UnsupportedFileType
from bot.essay.text.decoding import MAX_TEXT_BYTES, decode_text, normalize_text
from bot.essay.text.words import count_noun, count_words, truncate

FILE_KINDS = "Markdown, plain text, RTF, HTML or Word (.docx)"
"""The kinds that are read, as named in sentences and labels."""
MAX_FILE_BYTES = 10_000_000
"""The largest file with its pictures. Without them it may have MAX_TEXT_BYTES, or what the limits below allow."""

_MAX_XML_BYTES = 10_000_000  # of all parts together, unpacked; some 200 pages of Word
_MAX_XML_ELEMENTS = 60_000
_MAX_XML_DEPTH = 60
_MAX_ZIP_ENTRIES = 2_000
_CONTENT_TYPES_PART = "[Content_Types].xml"
_WORD_DOCUMENT_PART = "word/document.xml"
_WORD_COMMENTS_PART = "word/comments.xml"
_WORD_HEADER_OR_FOOTER = re.compile(r"word/(?:header|footer)\d*\.xml")

_UNSUPPORTED_KINDS: tuple[tuple[re.Pattern[bytes], str], ...] = (
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
_ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
_HTML_START = re.compile(r"<(?:!doctype\s+html|html|head|body|title|meta)\b", re.IGNORECASE)
_FRAGMENT = re.compile(r"<([a-z][a-z0-9]*)\b", re.IGNORECASE)
_MIME_START = re.compile(
    r"(?:[\w-]{1,60}:[^\n]{0,2000}\n(?:[ \t][^\n]{0,2000}\n){0,50}){0,100}?MIME-Version:", re.IGNORECASE
)
_RTF_SIGNATURE = b"{\\rtf"
_PICTURE_DATA = re.compile(
    rb"(data:[a-z]{1,20}/[a-z0-9.+-]{1,60}(?:;[a-z0-9=-]{1,40}){0,3};base64,)[a-z0-9+/=]+", re.IGNORECASE
)
_ZIP_ENTRY_SIGNATURE = b"PK\x01\x02"
_WORD_STYLES = """
p[style-name='Title'] => p.title:fresh
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
"""


T = TypeVar("T")


class TooComplex(Exception):
    """A document that is larger, deeper or has more parts than its reader accepts."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file's text with LF line ends.

    ``guessed_encoding`` is None unless the encoding had to be guessed. ``notices`` are sentences on how the file was
    read and what was left out.
    """

    text: str
    guessed_encoding: str | None = None
    notices: tuple[str, ...] = ()


def read_document(data: bytes, name: str) -> Document:
    """Read the text of a file; ``name`` is what messages call it.

    A file may have MAX_FILE_BYTES, of which pictures do not count against the length of its text. Raises UnreadableText
    if it is too long, damaged, no text or without words, and UnsupportedFileType if its kind is not read.
    """
    if len(data) > MAX_FILE_BYTES:
        raise UnreadableText.file_too_large(name, MAX_FILE_BYTES)
    for signature, kind in _UNSUPPORTED_KINDS:
        if signature.match(data):
            raise UnsupportedFileType(name, kind)
    if data.startswith(_ZIP_SIGNATURES):
        return _require_words(_read_word(data, name), name)
    if data[:100].lstrip().startswith(_RTF_SIGNATURE):
        return _require_words(_read_rtf(data, name), name)
    decoded = decode_text(_PICTURE_DATA.sub(rb"\1", data), name)
    if _run_library(lambda: _is_html(decoded.text), name, "web page (HTML)"):
        return _require_words(_read_web_page(decoded.text, decoded.guessed_encoding, name), name)
    if (other := _detect_other_markup(decoded.text)) is not None:
        raise UnsupportedFileType(name, other)
    return Document(decoded.text, decoded.guessed_encoding)


def is_plain_text(data: bytes) -> bool:
    """Return whether ``read_document`` takes a file for plain text or Markdown in UTF-8, which it reads at once.

    A file of another kind may be packed, and guessing an encoding can take a second.
    """
    start = data[:100].lstrip()
    if start.startswith((b"<", _RTF_SIGNATURE, codecs.BOM_UTF8, *_ZIP_SIGNATURES)) or b"\x1b$" in data:
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _require_words(found: Document, name: str) -> Document:
    if not count_words(found.text):
        raise UnreadableText.empty(name)
    return found


def _run_library(read: Callable[[], T], name: str, kind: str) -> T:
    """Call a library. Raise UnreadableText for whatever it raises on a damaged file, but let TooComplex through."""
    try:
        return read()
    except TooComplex:
        raise
    except Exception:  # noqa: BLE001
        raise UnreadableText.corrupt_file(name, kind) from None


def _read_rtf(data: bytes, name: str) -> Document:
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
        *_describe_left_out(found.pictures, found.comments, found.page_edges),
    )
    return Document(found.text, None, notices)


def _is_html(text: str) -> bool:
    """Return whether a text is a page or fragment of HTML, rather than Markdown with tags in it."""
    at = _skip_comments(text)
    if _HTML_START.match(text, at):
        return True
    opening = _FRAGMENT.match(text, at)
    if opening is None or text.rstrip()[-1:] != ">":
        return False
    from bot.essay.text import html_pages

    return html_pages.is_fragment(text, opening[1].lower())


def _skip_comments(text: str) -> int:
    """Return where the text begins after an XML declaration and comments."""
    at = len(text) - len(text.lstrip())
    while text.startswith(("<!--", "<?xml"), at):
        closing = "-->" if text.startswith("<!--", at) else "?>"
        end = text.find(closing, at)
        if end < 0:
            break
        at = end + len(closing)
        at += len(text[at:]) - len(text[at:].lstrip())
    return at


def _detect_other_markup(text: str) -> str | None:
    """Return what kind of file, written by one program for another, the text is; None if it is none."""
    if text.lstrip().startswith("<?xml"):
        return "an XML file"
    if text.lstrip().startswith("<svg"):
        return "a picture"
    return "an e-mail or a web archive (MIME)" if _MIME_START.match(text) else None


def _read_web_page(html: str, guessed: str | None, name: str) -> Document:
    from bot.essay.text import html_pages

    kind = "a web page (HTML)"
    page = _run_library(lambda: html_pages.convert_html(html), name, "web page (HTML)")
    if page is None:
        raise UnreadableText.too_complex(name, kind)
    notices = [f"{name} is {kind}: its text was read."]
    if page.title.casefold() not in " ".join(page.text.split()).casefold():
        notices.append(f"Its title in a browser, “{truncate(page.title, 80)}”, is no part of it.")
    return Document(page.text, guessed, (*notices, *_describe_left_out(page.pictures, page.comments)))


def _read_word(data: bytes, name: str) -> Document:
    import mammoth

    from bot.essay.text import html_pages

    try:
        parts = _unzip_xml_parts(data)
    except _NotWordDocument as error:
        raise UnsupportedFileType(name, error.kind) from None
    except TooComplex:
        raise UnreadableText.too_complex(name, "a Word document") from None
    except (*_BROKEN_ZIP, expat.ExpatError):
        raise UnreadableText.corrupt_file(name, "Word document") from None
    if _CONTENT_TYPES_PART not in parts:
        raise UnreadableText.corrupt_file(name, "Word document")
    pictures: list[object] = []

    def drop_picture(picture: object) -> list[object]:
        pictures.append(picture)
        return []

    def read() -> html_pages.ConvertedPage | None:
        found = mammoth.convert_to_html(
            _zip_parts(parts), convert_image=drop_picture, style_map=_WORD_STYLES, include_embedded_style_map=False
        )
        return html_pages.convert_html(str(found.value))

    page = _run_library(read, name, "Word document")
    if page is None:
        raise UnreadableText.too_complex(name, "a Word document")
    comments = len(re.findall(rb"<w:comment\b", parts.get(_WORD_COMMENTS_PART, b"")))
    page_edges = sum(
        _WORD_HEADER_OR_FOOTER.fullmatch(part) is not None and b"<w:t" in content for part, content in parts.items()
    )
    left_out = _describe_left_out(len(pictures), comments, page_edges)
    return Document(page.text, None, (f"{name} is a Word document: its text was read.", *left_out))


class _NotWordDocument(Exception):
    """A zip file that is no Word document; ``kind`` says what it is."""

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


def _unzip_xml_parts(data: bytes) -> dict[str, bytes]:
    """Return the XML parts of a Word document, by name.

    Raises _NotWordDocument, or TooComplex if they are too large or too deep.
    """
    parts: dict[str, bytes] = {}
    room = _MAX_XML_BYTES
    if data.count(_ZIP_ENTRY_SIGNATURE) > _MAX_ZIP_ENTRIES:
        raise TooComplex
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        if _WORD_DOCUMENT_PART not in names:
            raise _NotWordDocument(_describe_zip(names))
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
        if count > _MAX_XML_ELEMENTS:
            raise TooComplex
    return parts


def _check_xml(content: bytes) -> int:
    """Count the elements of a part. Raise TooComplex if it is deep or declares anything, ExpatError if it is broken."""
    depth = count = 0

    def opened(_: str, __: object) -> None:
        nonlocal depth, count
        depth += 1
        count += 1
        if depth > _MAX_XML_DEPTH or count > _MAX_XML_ELEMENTS:
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


def _zip_parts(parts: dict[str, bytes]) -> io.BytesIO:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    packed.seek(0)
    return packed


def _describe_zip(names: Iterable[str]) -> str:
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


def _describe_left_out(pictures: int, comments: int, page_edges: int = 0) -> Iterator[str]:
    kinds = (
        (pictures, "picture", "pictures"),
        (comments, "comment", "comments"),
        (page_edges, "header or footer", "headers or footers"),
    )
    counts = [count_noun(count, one, several) for count, one, several in kinds if count]
    if counts:
        yield f"Left out of it: {', '.join(counts[:-1])}{' and ' if counts[1:] else ''}{counts[-1]}."


# RTF is prepared for striprtf. That library drops footnotes and text boxes, ends a paragraph as it ends a line, and
# makes an emoji two halves. Its patterns for links and for the font table take far too long on some input, so it is
# given neither as it is.
_MAX_RTF_TOKENS = 1_000_000  # control words and braces, which take about a second
_RTF_TOKEN = re.compile(r"\\bin(\d{1,9}) ?|\\([A-Za-z]{1,32})(-?\d{1,10})? ?|(\\\r?\n)|\\.|[{}]", re.DOTALL)
_RTF_PAGE_EDGES = ("header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf")
_PARAGRAPH_END = "\\par\\par "
_RTF_REPLACEMENTS = {"par": _PARAGRAPH_END, "cell": "\\tab ", "nestcell": "\\tab ", "nestrow": "\\line "}
_RTF_LINK = re.compile(r'HYPERLINK\s{1,9}"((?:https?|mailto):[^"\s{}\\]{1,2000})"', re.IGNORECASE)
_RTF_BULLET = re.compile(r"^(?:[•◦▪‣⁃∙·-]|(\d{1,3}[.)]))\t+")
_BETWEEN_ITEMS = re.compile(r"^((?:-|\d{1,3}[.)]) .*)\n\n(?=(?:-|\d{1,3}[.)]) )", re.MULTILINE)


@dataclass(slots=True)
class RichText:
    """The words of an RTF with LF line ends, and the counts of what was left out."""

    text: str
    pictures: int
    comments: int
    page_edges: int


@dataclass(slots=True)
class _PreparedRtf:
    """An RTF prepared for striprtf; ``groups`` are collected apart, each with its kind and its pieces."""

    pieces: list[str] = field(default_factory=list)
    groups: list[tuple[str, list[str]]] = field(default_factory=list)
    pictures: int = 0
    comments: int = 0


def read_rich_text(source: str, max_characters: int) -> RichText:
    """Read an RTF. Raise TooComplex if it has more than ``max_characters`` without its pictures, or too many tokens."""
    prepared = _prepare_rtf(source, max_characters)
    footnotes = ["".join(group) for kind, group in prepared.groups if kind == "footnote"]
    boxes = ["".join(group) for kind, group in prepared.groups if kind == "shptxt"]
    page_edges = {"".join(group) for kind, group in prepared.groups if kind in _RTF_PAGE_EDGES}
    page_edges = {_rtf_words(f"{{{edge}}}").strip() for edge in page_edges}
    appended = [f"{_PARAGRAPH_END}{{{box}}}" for box in boxes]
    appended += [f"{_PARAGRAPH_END}{{[^{number}]: {note}}}" for number, note in enumerate(footnotes, 1)]
    text = _rtf_words("".join([*prepared.pieces, *appended, "}"]))
    lines = (_RTF_BULLET.sub(lambda match: f"{match[1] or '-'} ", line.strip(" \t")) for line in text.split("\n"))
    text = _BETWEEN_ITEMS.sub(r"\1\n", re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n")
    return RichText(text, prepared.pictures, prepared.comments, sum(count_words(edge) > 0 for edge in page_edges))


def _rtf_words(source: str) -> str:
    from striprtf.striprtf import rtf_to_text

    text = str(rtf_to_text(source, errors="replace"))  # type: ignore[no-untyped-call]
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")  # emoji come as two surrogates
    return normalize_text(whole.replace("\x00", ""))


def _prepare_rtf(source: str, max_characters: int) -> _PreparedRtf:
    """Prepare an RTF for striprtf, without pictures and the last brace.

    Footnotes, text boxes, headers and footers are collected apart.
    """
    prepared = _PreparedRtf()
    target = prepared.pieces
    depth = at = token_count = kept_count = footnotes = 0
    skipped_depth: int | None = None  # the depth of the group that is skipped
    apart_depth: int | None = None  # the depth of the group that is collected apart
    field_start: int | None = None  # where the instruction of a field begins; it is skipped
    link, link_depth = "", 0  # the address of a link, and the depth of the group with its words
    charsets: dict[str, str] | None = None  # the character set of each font; the table itself is skipped
    font: str | None = None
    while (token := _RTF_TOKEN.search(source, at)) is not None:
        token_count += 1
        before, at = source[at : token.start()], token.end()
        binary_size, word, number, escaped_line_end = token[1], token[2], token[3], token[4]
        if skipped_depth is None:
            target.append(before)
            kept_count += len(before) + len(token.group())
        if token_count > _MAX_RTF_TOKENS or kept_count > max_characters:
            raise TooComplex
        if binary_size is not None:
            if (behind := at + int(binary_size)) <= len(source):  # else its length is wrong, and these are words
                at = behind
            if skipped_depth is None:
                target.append("{}")  # keeps what is before and behind from becoming one word
            continue
        replacement = _PARAGRAPH_END if escaped_line_end else _RTF_REPLACEMENTS.get(word, token.group())
        if token.group() == "{":
            depth += 1
        elif token.group() == "}":
            depth -= 1
            if skipped_depth is not None and depth < skipped_depth:
                skipped_depth = None
                if field_start is not None:
                    found = _RTF_LINK.search(source, field_start, token.start())
                    link, field_start = found[1] if found is not None else "", None
                if charsets is not None:
                    target += [f"\\f{name}\\fcharset{charset} x;" for name, charset in charsets.items()]
                    charsets = None
            if link_depth and depth < link_depth:
                target.append(f" ({link})")
                kept_count += len(link)
                link, link_depth = "", 0
            if apart_depth is not None and depth < apart_depth:
                apart_depth, target = None, prepared.pieces
            if depth <= 0:
                return prepared
        elif skipped_depth is None and word == "pict":
            prepared.pictures += 1
            skipped_depth, replacement = depth, ""
        elif skipped_depth is None and word is not None and word.lower() == "fldinst":  # striprtf ignores its case
            skipped_depth, field_start, replacement = depth, at, ""
        elif skipped_depth is None and word == "fldrslt" and link:
            link_depth = depth
        elif skipped_depth is None and word == "fonttbl":
            target.append(token.group())
            skipped_depth, charsets = depth, {}
        elif charsets is not None and word == "f":
            font = number
        elif charsets is not None and word == "fcharset" and font is not None and number is not None:
            charsets[font], font = number.lstrip("-"), None
        elif skipped_depth is None and word == "annotation":
            prepared.comments += 1
        elif skipped_depth is None and apart_depth is None and word in ("footnote", "shptxt", *_RTF_PAGE_EDGES):
            if word == "footnote":
                footnotes += 1
                target.append(f" [^{footnotes}]")
            apart_depth, target, replacement = depth, [], ""
            prepared.groups.append((word, target))
        if skipped_depth is None:
            target.append(replacement)
    if skipped_depth is None:
        target.append(source[at:])
        kept_count += len(source) - at
    if kept_count > max_characters:
        raise TooComplex
    return prepared
