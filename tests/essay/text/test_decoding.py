"""Bytes that a person handed in are read where they can be, and refused with a sentence where not."""

from __future__ import annotations

import codecs

import pytest

from bot.errors import InvalidInput, UnreadableText
from bot.essay.text.decoding import MAX_TEXT_BYTES, decode_text, validate_typed_text


@pytest.mark.parametrize(
    ("data", "text", "guessed"),
    [
        ("Café\r\nnext\rlast".encode(), "Café\nnext\nlast", None),
        (codecs.BOM_UTF8 + "naïve".encode(), "naïve", None),
        (codecs.BOM_UTF16_LE + "naïve".encode("utf-16-le"), "naïve", None),
        (codecs.BOM_UTF32_BE + "naïve".encode("utf-32-be"), "naïve", None),
        ("“no” — naïve me. It cost £400.".encode("cp1252"), "“no” — naïve me. It cost £400.", "cp1252"),
        ("café".encode("latin-1"), "café", "cp1252"),
        ("Año tras año, el señor Núñez…".encode("cp1252"), "Año tras año, el señor Núñez…", "cp1252"),
        ("på kvällen åt vi på måndagen".encode("latin-1"), "på kvällen åt vi på måndagen", "cp1252"),
        ("銀行を辞めた。".encode("iso2022_jp"), "銀行を辞めた。", "iso2022_jp"),
        (
            "Я ушёл с работы в марте, потому что устал.".encode("cp1251"),
            "Я ушёл с работы в марте, потому что устал.",
            "cp1251",
        ),
    ],
)
def test_text_is_read_in_the_encoding_it_was_saved_in(data: bytes, text: str, guessed: str | None) -> None:
    decoded = decode_text(data, "notes")
    assert (decoded.text, decoded.guessed_encoding) == (text, guessed)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "holds no words"),
        (b" \n\t*** --- \n", "holds no words"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is not a text file"),
        (bytes(range(128, 256)) * 9, "is not a text file"),
        (codecs.BOM_UTF16_LE + b"a", "is not a text file"),
        (b"words \x07\x02 more", "is not a text file"),
        ("It’s fine.\n“So.”\n".encode() + b"\xff bad", "line 3 is not UTF-8 text"),
        (b"a" * (MAX_TEXT_BYTES + 1), "is longer than 1,000,000 bytes"),
    ],
)
def test_a_file_that_is_not_text_is_refused_with_its_name(data: bytes, sentence: str) -> None:
    with pytest.raises(UnreadableText, match=sentence) as refused:
        decode_text(data, "mine.md")
    assert str(refused.value).startswith("mine.md")


def test_typed_bytes_that_are_not_text_are_refused() -> None:
    with pytest.raises(InvalidInput, match="The title holds bytes that are no UTF-8 text"):
        validate_typed_text("caf\udce9", "The title")
    assert validate_typed_text("one\r\ntwo", "The title") == "one\ntwo"


@pytest.mark.parametrize("end", ["\r\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029"])
def test_every_kind_of_line_end_becomes_lf(end: str) -> None:
    text = f"## What I missed{end}I fixed the lift."
    assert decode_text(text.encode(), "notes.md").text == "## What I missed\nI fixed the lift."
    assert validate_typed_text(text, "The text") == "## What I missed\nI fixed the lift."


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("in March.\u200b Then", "in March. Then"),
        ("a \x1b[1;31mred\x1b[0m door \x1b]0;b\x9d", "a red door ]0;b"),
        ("\u202eone\u202c \U000e0041two", "one two"),
        ("\u05d0\u200f one \U0001f3f4\U000e0067\U000e007f", "\u05d0\u200f one \U0001f3f4\U000e0067\U000e007f"),
        ("un\u00adbreak\u2060able\ufeff", "unbreakable"),
        ("👩\u200d🔧 می\u200cخواهم", "👩\u200d🔧 می\u200cخواهم"),  # joiners are part of what is read
        ("ฉัน\u200bลาออก", "ฉัน\u200bลาออก"),  # words of Thai are parted by nothing else
    ],
)
def test_invisible_characters_are_removed_from_typed_text_unless_the_script_needs_them(text: str, read: str) -> None:
    assert validate_typed_text(text, "The text") == read
