"""A file is read by what is in it, whatever it is called; what would unfold without end is refused."""

from __future__ import annotations

import io
import random
import re
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from markdownify import MarkdownConverter
from striprtf import striprtf

from bot.errors import UnreadableText, UnsupportedFileType
from bot.essay.text import documents
from bot.essay.text.decoding import MAX_TEXT_BYTES
from bot.essay.text.documents import read_document

CASES = Path(__file__).parents[2] / "data" / "handed_in"
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


NOISE = random.Random(1).randbytes(3_000_000)
_RTF = r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Times;}}"


def rich(body: str) -> bytes:
    """A file of rich text as a word processor saves it."""
    return f"{_RTF}{body}}}".encode()


def word(body: str, before: str = "", *, picture: bytes = b"", more: Mapping[str, str] | None = None) -> bytes:
    """A document as Word saves it, with some styles and one comment; ``more`` are other parts by their names."""
    parts = {
        "[Content_Types].xml": _TYPES,
        "word/document.xml": f"{before}<w:document {_WORD}><w:body>{body}</w:body></w:document>",
        "word/styles.xml": f"<w:styles {_WORD}>"
        + "".join(
            f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/></w:style>'
            for key, name in (("H", "heading 2"), ("T", "Title"), ("Q", "Quote"))
        )
        + "</w:styles>",
        "word/comments.xml": f'<w:comments {_WORD}><w:comment w:id="0"><w:p/></w:comment></w:comments>',
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        for name, content in (more or {}).items():
            archive.writestr(f"word/{name}.xml", f"<w:{name} {_WORD}>{content}</w:{name}>")
        if picture:
            archive.writestr("word/media/image1.png", picture)
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


def test_a_word_document_is_read_as_markdown_and_dropped_comments_are_reported() -> None:
    body = paragraph("What I missed", "H") + paragraph("The lift &amp; the stairs.")
    found = read_document(word(body), "notes.md")
    assert found.text == "## What I missed\n\nThe lift & the stairs.\n"
    assert found.notices[-1] == "Left out of it: 1 comment."


def test_an_emoji_in_rich_text_is_one_character() -> None:
    assert (
        read_document(rich(r"I left \uc1\u-10179?\u-8704? in March.\par"), "a").text == "I left \U0001f600 in March.\n"
    )


def test_paragraphs_of_rich_text_stand_apart_and_rows_and_items_do_not() -> None:
    body = (
        r"One.\par \tab Two\line more.\par"
        r"{\listtext\tab\bullet\tab}first\par{\listtext\tab 2.\tab}second\par "
        "2018\\cell 61,000\\cell\\row 2019\\cell 48,500\\cell\\row\nas\\\n\\\\\nTextEdit\\\nends them"
    )
    assert read_document(rich(body), "a").text == (
        "One.\n\nTwo\nmore.\n\n- first\n2. second\n\n2018\t61,000\n2019\t48,500\nas\n\n\\TextEdit\n\nends them\n"
    )


def test_footnotes_and_text_boxes_of_rich_text_are_kept_and_dropped_headers_are_reported() -> None:
    body = (
        r"{\header Draft\par}{\footer\par}The lift{\footnote\pard In {\b March}.\par} stood.\par"
        r"{\*\shpinst{\shptxt In a box\par}}{\*\annotation Kim says}{\footnote No date.}"
    )
    found = read_document(rich(body), "a")
    assert found.text == "The lift [^1] stood.\n\n[^2]\n\nIn a box\n\n[^1]: In March.\n\n[^2]: No date.\n"
    assert found.notices[-1] == "Left out of it: 1 comment and 1 header or footer."


def test_the_address_of_a_link_in_rich_text_stands_behind_its_words() -> None:
    field = r'{{\field{{\*\fldinst{{HYPERLINK "{}" \\o "a tip"}}}}{{\fldrslt {}}}}} '
    body = field.format("https://a.example/b", r"the {\b lift}") + field.format("#below", "stood") + "still."
    assert read_document(rich(body), "a").text == "the lift (https://a.example/b) stood still.\n"


def test_words_behind_a_picture_of_rich_text_with_a_wrong_length_are_kept() -> None:
    body = rb"{\rtf1 I left the house. \bin9999 There was snow.\par}"
    assert read_document(body, "a").text == "I left the house. There was snow.\n"


def test_a_letter_of_rich_text_is_read_in_the_character_set_of_its_font() -> None:
    table = r"{\fonttbl{\f0\froman\fcharset0 Times;}{\f1\fnil\fcharset204{\*\fname Arial;}Arial Cyr;}}"
    found = read_document((r"{\rtf1\ansi" + table + r"\f0 caf\'e9 \f1\'cf\'ee\'eb\'fc\par}").encode(), "a")
    assert found.text == "café Поль\n"


@pytest.mark.parametrize(
    "unit",
    [
        r'{\field{\*\fldinst{HYPERLINK "a',
        r'{\FIELD{\*\FLDINST{HYPERLINK "a',
        r'{\field{\*\fl\bin0 dinst{HYPERLINK "a',
        r"{\fonttbl\f0\fcharset0 x",
        r"{\fonttbl\f0 ",
        r"{\fonttbl\f000000000000",
        r"{\fonttbl\f0\fcharset000000000000",
    ],
)
def test_no_pattern_of_the_library_runs_on_through_rich_text(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its patterns for links and for fonts look from each beginning to the end of a line, for minutes in all."""
    sources: list[str] = []

    def spied(source: str, **options: str) -> str:
        sources.append(source)
        return ""

    monkeypatch.setattr(striprtf, "rtf_to_text", spied)
    documents.read_rich_text(f"{{\\rtf1 words {unit * 20_000}", MAX_TEXT_BYTES)
    assert "\\fldinst" not in sources[0].lower()
    assert not re.search(r"\\f\d.{40}", sources[0])


def test_twice_as_many_footnotes_take_twice_as_many_steps() -> None:
    once, twice = (steps(rich("The lift" + r"{\footnote x}" * count)) for count in (800, 1_600))
    assert twice < 2.2 * once


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (word(paragraph("I left."), picture=NOISE), False),
        (rich("I left.{\\pict\\pngblip " + NOISE[:1_500_000].hex() + "}\\par"), True),
        (_RTF.encode() + b"I left.{\\pict\\bin3000000 " + NOISE + b"}\\par}", True),
        (b"I left.\n\n![][i]\n\n[i]: <data:image/png;base64," + b"QUJD" * 500_000 + b">\n", False),
        (b"<p>I left.</p><img src='data:image/png;base64," + b"QUJD" * 500_000 + b"'>", True),
    ],
)
def test_pictures_do_not_count_against_the_length_of_a_file(data: bytes, told: bool) -> None:
    found = read_document(data, "notes")
    assert found.text.startswith("I left.")
    assert len(found.text) < 100
    assert ("1 picture" in "".join(found.notices)) == told


def test_a_file_of_more_than_ten_million_bytes_is_refused_with_what_to_do() -> None:
    with pytest.raises(UnreadableText, match=r"longer than 10,000,000 bytes: .* take the pictures out"):
        read_document(word(paragraph("I left."), picture=NOISE * 4), "notes.docx")


def test_title_quotation_and_headers_of_a_word_document_are_told_apart() -> None:
    body = paragraph("Leaving", "T") + paragraph("What I missed", "H") + paragraph("She said no.", "Q")
    found = read_document(word(body, more={"header1": "<w:p><w:r><w:t>Draft</w:t></w:r></w:p>"}), "a")
    assert found.text == "# Leaving\n\n### What I missed\n\n> She said no.\n"
    assert found.notices[-1] == "Left out of it: 1 comment and 1 header or footer."


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<h2>What I missed</h2>\n<p>The <b>lift</b>.</p>\n", "## What I missed\n\nThe **lift**.\n"),
        ("<div>One.</div><div><br></div><div>Two<br>more.<br></div>", "One.\n\nTwo  \nmore.\n"),
        ('<meta charset="utf-8"><b style="font-weight:normal"><p>I left.</p><br></b>', "I left.\n"),
        ('<p>Foot<sup><a href="#n1">[1]</a></sup></p><p>[1] Words <a href="#r1">↑</a></p>', "Foot[1]\n\n[1] Words\n"),
        (
            '<p>A<sup><a href="#cmnt1" id="cmnt_ref1">[a]</a></sup></p><div><p><a id="cmnt1">[a]</a>No, Kim</p></div>',
            "A\n",
        ),
        ("<details><summary>One</summary>two</details>", "One\n\ntwo\n"),
        ("<p>The &lt;div&gt; tag</p>", "The \\<div> tag\n"),
        ("<table><tr><td>a</td></tr><tr><td>b</td></tr></table>", "| a |\n| --- |\n| b |\n"),
    ],
)
def test_a_fragment_of_html_is_read_as_a_reader_sees_it(page: str, text: str) -> None:
    assert read_document(page.encode(), "notes.md").text == text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('<?xml version="1.0"?><note>I left</note>', "an XML file"),
        ('<svg xmlns="x"><text>I left</text></svg>', "a picture"),
        ("From: <Saved by Blink>\nSubject: a\n b\nMIME-Version: 1.0\n\n<html>", r"an e-mail or a web archive \(MIME\)"),
    ],
)
def test_xml_svg_and_mail_files_are_refused_with_the_name_of_their_kind(text: str, kind: str) -> None:
    with pytest.raises(UnsupportedFileType, match=rf"notes.md is {kind}, which is not read: copy its text into"):
        read_document(text.encode(), "notes.md")


@pytest.mark.parametrize(
    "text", ["Some <p>tags</p>.\n\n<div>x</div>\n", "<p align=center>\n\n# Title\n", "<!-- c -->\n\n# Title\n"]
)
def test_markdown_that_contains_html_tags_is_read_as_markdown(text: str) -> None:
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
def test_an_unsupported_file_type_is_named_with_what_to_do(data: bytes, kind: str) -> None:
    with pytest.raises(UnsupportedFileType, match=rf"notes.md is {kind}, which is not read: copy its text into"):
        read_document(data, "notes.md")


@pytest.mark.parametrize(
    "data",
    [
        (CASES / "damaged.docx").read_bytes(),
        word(paragraph("x"), '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">]>'),
        word("<w:tbl><w:tr><w:tc>" * 300 + paragraph("x") + "</w:tc></w:tr></w:tbl>" * 300),
        word(" " * 11_000_000 + paragraph("x")),
        word(paragraph("x") * 30_000),
        word(paragraph("x"), more={f"part{number}": "" for number in range(3_000)}),
        b"{\\rtf1 " + b"{}" * 1_000_000 + b"x}",
        rich("words " * 200_000),
        b"PK\x03\x04 and then nothing of the kind",
        b"<html>" + b"<div>" * 5_000 + b"x",
        b"<html>" + b"<b>x</b>" * 30_000,
    ],
)
def test_a_damaged_document_or_one_that_unpacks_into_too_much_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableText, match="copy its text into a"):
        read_document(data, "notes.docx")


def steps(data: bytes) -> int:
    """How many lines of Python are run while a file is read."""
    count = 0

    def trace(_: FrameType, event: str, __: object) -> Callable[..., Any]:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        read_document(data, "page.html")
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    ("opening", "unit"),
    [
        ("<p>", "<br>\n"),
        ("<p>", "<br> "),
        ("<p>", '<a href="#a">x</a>'),
        ("<ol>", "<li>x</li>"),
        ("<table><thead>", "<tr><td>x</td></tr>"),
        ("<table>", "<tbody><tr><td>x</td></tr></tbody>"),
    ],
)
def test_further_tags_of_a_page_take_no_more_steps_than_those_before(opening: str, unit: str) -> None:
    few, more, most = (steps(f"<html>words{opening}{unit * count}".encode()) for count in (150, 300, 450))
    assert most - more < 1.04 * (more - few)


@pytest.mark.parametrize(
    "page",
    [
        "<p> <br>\n" * 9_000,
        "<table>" + "<td colspan=1000>x</td>" * 10_000,
        "<blockquote>" * 90 + "x\n" * 400_000,
    ],
)
def test_a_page_that_would_be_far_longer_as_markdown_is_refused_before_it_is_written(
    page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[object] = []
    monkeypatch.setattr(MarkdownConverter, "convert_soup", lambda _, soup: written.append(soup))
    with pytest.raises(UnreadableText, match=r"of more parts than are read: copy its text into"):
        read_document(f"<html>words{page}".encode(), "page.html")
    assert written == []


@pytest.mark.parametrize("opening", ["<a ", "<!--", "<!x ", "<![", "<?x ", "</b ", "<script>"])
def test_html_with_thousands_of_unclosed_tags_is_read_quickly(opening: str) -> None:
    """Each would be looked for to the end of the page, again and again, for minutes."""
    page = f"<html><p>I left the bank.</p>{opening * 19_000}{'x ' * 300_000}"
    assert read_document(page.encode(), "page.html").text.startswith("I left the bank.")
