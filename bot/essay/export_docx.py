"""Render a post as a Word document. A module of its own because importing python-docx takes a tenth of a second."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime

from docx import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.numbering import CT_Num
from docx.text.paragraph import Paragraph
from docx.text.run import Run
from markdown_it.token import Token

from bot.essay.export_html import readable_tokens
from bot.essay.text.markdown_import import replace_html_tags

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2
_MAX_LIST_LEVELS = 3  # python-docx's template has styles for lists of three levels
_MAX_TITLE_PROPERTY = 255  # what python-docx takes for a document's property
_MONOSPACED = "Courier New"
_FORMATS = {"strong": "bold", "em": "italic", "s": "strike"}


def post_to_docx(body: str, title: str, day: date) -> bytes:
    """Return a Markdown body as a .docx below its title. ``day`` is the day on which the version was made.

    Tags in the Markdown are left out, and their words kept. A picture is a link to its address.
    """
    document = _PostDocument(title, day)
    for token in readable_tokens(body):
        document.add_block(token)
    return document.to_bytes()


class _PostDocument:
    """A document to which block tokens are added one after another."""

    def __init__(self, title: str, day: date) -> None:
        self._document = Document()
        properties = self._document.core_properties
        properties.title, properties.author, properties.comments = _for_xml(title)[:_MAX_TITLE_PROPERTY], "", ""
        properties.created = properties.modified = datetime(day.year, day.month, day.day, tzinfo=UTC)
        self._heading: str | None = None  # the style of the heading that is open
        self._lists: list[int | None] = []  # for each open list its number in Word; None: it has bullets
        self._item_begun: list[bool] = []  # for each open item whether it has its first paragraph
        self._quotations = 0
        # python-docx looks for a free number, and for an address, among all that there are, each time.
        self._numbering = self._document.part.numbering_part.element
        self._last_number: int = max(num.numId for num in self._numbering.num_lst)
        self._list_definitions = [self._list_definition(level) for level in range(1, _MAX_LIST_LEVELS + 1)]
        self._link_ids: dict[str, str] = {}  # by the address
        self._rows: list[list[Sequence[Token]]] | None = None  # the cells of the open table
        self._add_words("Title", title)

    def to_bytes(self) -> bytes:
        file = io.BytesIO()
        self._document.save(file)
        return file.getvalue()

    def add_block(self, token: Token) -> None:
        match token.type:
            case "heading_open":
                self._heading = f"Heading {token.tag[1:]}"
            case "heading_close":
                self._heading = None
            case "bullet_list_open":
                self._lists.append(None)
            case "ordered_list_open":
                self._lists.append(self._number_anew(int(token.attrs.get("start", 1))))
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
            case "list_item_open":
                self._item_begun.append(False)
            case "list_item_close":
                self._item_begun.pop()
            case "blockquote_open":
                self._quotations += 1
            case "blockquote_close":
                self._quotations -= 1
            case "table_open":
                self._rows = []
            case "tr_open" if self._rows is not None:
                self._rows.append([])
            case "table_close":
                self._add_table()
            case "inline" if self._rows is not None:
                self._rows[-1].append(token.children or [])
            case "inline":
                self._add_inline(self._new_paragraph(), token.children or [])
            case "fence" | "code_block":
                paragraph = self._document.add_paragraph(style="No Spacing")
                _add_run(paragraph, token.content.rstrip("\n")).font.name = _MONOSPACED
            case "html_block":
                self._add_words(None, replace_html_tags(token.content).strip())
            case "hr":
                self._add_words(None, "* * *")

    def _add_words(self, style: str | None, words: str) -> None:
        if words:
            self._add_inline(self._new_paragraph(style), [Token("text", "", 0, content=words)])

    def _new_paragraph(self, style: str | None = None) -> Paragraph:
        """Add a paragraph in the style, else in that of what is open around it."""
        style = style or self._heading
        if style is not None or not self._lists:
            return self._document.add_paragraph(style=style or ("Quote" if self._quotations else None))
        level, number = min(len(self._lists), _MAX_LIST_LEVELS), self._lists[-1]
        suffix = f" {level}" if level > 1 else ""
        if self._item_begun[-1]:
            return self._document.add_paragraph(style=f"List Continue{suffix}")
        self._item_begun[-1] = True
        paragraph = self._document.add_paragraph(style=f"List {'Bullet' if number is None else 'Number'}{suffix}")
        if number is not None:
            properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
            properties.get_or_add_ilvl().val, properties.get_or_add_numId().val = 0, number
        return paragraph

    def _list_definition(self, level: int) -> int:
        """Return the number of the definition that the style of a level's numbered lists has."""
        style = self._document.styles[f"List Number{f' {level}' if level > 1 else ''}"]
        return int(self._numbering.num_having_numId(style.element.pPr.numPr.numId.val).abstractNumId.val)

    def _number_anew(self, start: int) -> int:
        """Return the number of a new numbering that begins with ``start``, in the style of the list's level."""
        level = min(len(self._lists) + 1, _MAX_LIST_LEVELS)
        self._last_number += 1
        numbering = CT_Num.new(self._last_number, self._list_definitions[level - 1])  # type: ignore[no-untyped-call]
        numbering.add_lvlOverride(ilvl=0).add_startOverride(start)
        self._numbering.append(numbering)
        return self._last_number

    def _add_table(self) -> None:
        rows, self._rows = self._rows or [], None
        table = self._document.add_table(len(rows), max(map(len, rows), default=1), style="Table Grid")
        for row, cells in zip(table.rows, rows, strict=True):
            for place, children in zip(row.cells, cells, strict=False):  # a short row leaves cells empty
                self._add_inline(place.paragraphs[0], children)

    def _add_inline(self, paragraph: Paragraph, children: Sequence[Token]) -> None:
        """Add the words of inline tokens with their emphasis and links."""
        formats: list[str] = []
        link: str | None = None
        for token in children:
            kind, _, end = token.type.rpartition("_")
            if kind in _FORMATS and end == "open":
                formats.append(_FORMATS[kind])
            elif kind in _FORMATS:
                formats.remove(_FORMATS[kind])
            elif token.type == "link_open":
                link = str(token.attrs.get("href", ""))
            elif token.type == "link_close":
                link = None
            elif words := _inline_words(token):
                run = _add_run(paragraph, words)
                for name in formats:
                    setattr(run.font, name, True)
                if token.type == "code_inline":
                    run.font.name = _MONOSPACED
                if link:
                    self._put_into_link(paragraph, run, link)
        if _is_right_to_left(paragraph.text):
            properties = paragraph._p.get_or_add_pPr()
            properties.insert_element_before(OxmlElement("w:bidi"), "w:adjustRightInd", "w:ind", "w:jc", "w:rPr")
            for run in paragraph.runs:
                run.font.rtl = True

    def _put_into_link(self, paragraph: Paragraph, run: Run, address: str) -> None:
        """Make a run a link; python-docx has no call for it (ECMA-376, part 1, section 17.16.22)."""
        target = _for_xml(address)
        if (link_id := self._link_ids.get(target)) is None:
            link_id = self._link_ids[target] = f"link{len(self._link_ids) + 1}"
            paragraph.part.load_rel(RELATIONSHIP_TYPE.HYPERLINK, target, link_id, is_external=True)
        link = OxmlElement("w:hyperlink")
        link.set(qn("r:id"), link_id)
        run.font.underline = True
        run._r.addprevious(link)
        link.append(run._r)


def _inline_words(token: Token) -> str:
    match token.type:
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "html_inline":
            return replace_html_tags(token.content)
    return token.content


def _add_run(paragraph: Paragraph, words: str) -> Run:
    return paragraph.add_run(_for_xml(words))


def _for_xml(text: str) -> str:
    """Return the text without the characters that no XML document can hold."""
    return _NOT_IN_XML.sub("", text)


def _is_right_to_left(text: str) -> bool:
    """Return whether the first letter of a text is one of a script that is written from right to left."""
    strong = next((kind for char in text if (kind := unicodedata.bidirectional(char)) in ("L", "R", "AL")), "L")
    return strong != "L"
