"""A file is read by what is in it, whatever it is called; what would unfold without end is refused."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from bot.errors import UnreadableText, WrongFile
from bot.essay.text.documents import read_document

CASES = Path(__file__).parents[2] / "data" / "handed_in"
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def word(body: str, before: str = "") -> bytes:
    """A document as Word saves it, with one style for headings and one comment."""
    parts = {
        "[Content_Types].xml": _TYPES,
        "word/document.xml": f"{before}<w:document {_WORD}><w:body>{body}</w:body></w:document>",
        "word/styles.xml": f'<w:styles {_WORD}><w:style w:type="paragraph" w:styleId="H"><w:name w:val="heading 2"/>'
        "</w:style></w:styles>",
        "word/comments.xml": f'<w:comments {_WORD}><w:comment w:id="0"><w:p/></w:comment></w:comments>',
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()


def paragraph(text: str, style: str = "") -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>'


def test_rich_text_is_read_as_its_words() -> None:
    found = read_document((CASES / "rtf-notes.rtf").read_bytes(), "notes.txt")
    assert found.text == ("I left the bank in March 2019.\n\nMy pay went from 61,000 to 48,500 and I’d do it again.\n")


def test_a_web_page_is_read_as_markdown() -> None:
    found = read_document((CASES / "article.html").read_bytes(), "notes.md")
    assert found.text.startswith("# Leaving the bank\n\nI left the bank in March 2019.")
    assert "## What I missed\n\nThe lift" in found.text
    assert "margin" not in found.text


def test_a_word_document_is_read_as_markdown_and_its_comments_are_told() -> None:
    body = paragraph("What I missed", "H") + paragraph("The lift &amp; the stairs.")
    found = read_document(word(body), "notes.md")
    assert found.text == "## What I missed\n\nThe lift & the stairs.\n"
    assert found.notices[-1] == "Left out of it: 1 comment."


@pytest.mark.parametrize(
    "text", ["Some <p>tags</p>.\n\n<div>x</div>\n", "<p align=center>\n\n# Title\n", "<!-- c -->\n\n# Title\n"]
)
def test_markdown_in_which_tags_stand_is_markdown(text: str) -> None:
    assert read_document(text.encode(), "notes.html").text == text


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7 text", "a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "an old or locked Office document"),
        (b"\x89PNG\r\n", "a picture"),
        (b"\xff\xd8\xff\xe0", "a picture"),
        (b"\x1f\x8brest", "an archive"),
    ],
)
def test_a_kind_that_is_not_read_is_named_with_what_to_do(data: bytes, kind: str) -> None:
    with pytest.raises(WrongFile, match=rf"notes.md is {kind}, which is not read: copy its text into"):
        read_document(data, "notes.md")


@pytest.mark.parametrize(
    "data",
    [
        (CASES / "damaged.docx").read_bytes(),
        word(paragraph("x"), '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">]>'),
        word("<w:tbl><w:tr><w:tc>" * 300 + paragraph("x") + "</w:tc></w:tr></w:tbl>" * 300),
        word(" " * 11_000_000 + paragraph("x")),
        word(paragraph("x") * 30_000),
        b"PK\x03\x04 and then nothing of the kind",
        b"<html>" + b"<div>" * 5_000 + b"x",
        b"<html>" + b"<b>x</b>" * 30_000,
    ],
)
def test_what_is_damaged_or_unfolds_into_too_much_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableText, match="copy its text into a"):
        read_document(data, "notes.docx")


@pytest.mark.parametrize("opening", ["<a ", "<!--", "<!x ", "<![", "<?x ", "</b ", "<script>"])
def test_what_is_opened_and_never_closed_is_read_at_once(opening: str) -> None:
    """Each would be looked for to the end of the page, again and again, for minutes."""
    page = f"<html><p>I left the bank.</p>{opening * 19_000}{'x ' * 300_000}"
    assert read_document(page.encode(), "page.html").text.startswith("I left the bank.")
