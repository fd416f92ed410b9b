"""Bytes that a person handed in, as text; or why they are none."""

from __future__ import annotations

import codecs
import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass

from charset_normalizer import from_bytes

from bot.errors import BadInput, UnreadableText
from bot.essay.text.words import count_words

MOST_BYTES = 1_000_000  # about 150,000 words: a hundred times what a post is made from
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is the start of this one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SIGN_IN_WORD = re.compile(r"[^\W\d_][\u00a1-\u00bf\u00d7\u00f7][^\W\d_]")
_LINE_END = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
_WORD_MARKED = "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Tibetan, Burmese, Khmer
_WITHOUT_WIDTH = re.compile(
    f"[\u00ad\u180e\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb]"
    f"|(?<![{_WORD_MARKED}])\u200b|\u200b(?![{_WORD_MARKED}])|(\U0001f3f4[\U000e0020-\U000e007f]+)"
    "|[\U000e0000-\U000e007f]"
)  # soft hyphen, Mongolian vowel separator, word joiner and its invisible kin, byte order mark; zero-width space; tags
# What moves a terminal's cursor or sets its colours, and whatever else of this kind shows nowhere.
_CONTROL = re.compile("\x1b\\[[0-?]{0,60}[ -/]{0,5}[@-~]|[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
_TEXT_CONTROLS = frozenset("\t\n\r\f\v\x85\x1b")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text with LF line ends and no byte order mark; ``guessed`` names the encoding where it had to be guessed."""

    text: str
    guessed: str | None = None


def decode(data: bytes, name: str) -> Decoded:
    """The text in the bytes: by their byte order mark, as UTF-8, else as the older encoding they most look like.

    Raises UnreadableText, naming ``name``, for no words, for more than MOST_BYTES, and for what is no text.
    """
    if len(data) > MOST_BYTES:
        raise UnreadableText.too_long(name, MOST_BYTES)
    text, guessed = _decoded(data, name)
    if any(unicodedata.category(char) == "Cc" and char not in _TEXT_CONTROLS for char in set(text)):
        raise UnreadableText.binary(name)
    if not count_words(text):
        raise UnreadableText.empty(name)
    return Decoded(with_line_feeds(text), guessed)


def with_line_feeds(text: str) -> str:
    """The text as a reader sees it: every line ended by LF, whichever system it came from, and nothing that does not
    show.

    A vertical tab, a form feed and Unicode's own line ends end a line too. Joiners stay, which some scripts and emoji
    are spelt with, and so do the tags of a flag, a zero-width space in a script that marks its words by nothing else,
    and marks of direction beside a script that runs from right to left.
    """
    text = _CONTROL.sub("", text)
    if text.isascii() and not any(end in text for end in "\r\v\f"):
        return text
    text = _WITHOUT_WIDTH.sub(lambda match: match[1] or "", _LINE_END.sub("\n", text))
    return text if _RIGHT_TO_LEFT.search(text) else _DIRECTIONS.sub("", text)


def typed(text: str, what: str) -> str:
    """Text that a person typed, with LF line ends.

    Raises BadInput, naming ``what``, where it holds bytes that are no characters in UTF-8.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadInput(f"{what} holds bytes that are no UTF-8 text: type it again. Nothing was changed.") from None
    return with_line_feeds(text)


def _decoded(data: bytes, name: str) -> tuple[str, str | None]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(encoding), None
            except UnicodeDecodeError:
                raise UnreadableText.binary(name) from None
    if b"\x1b$" in data:  # how Japanese e-mail begins its characters, each of two letters of ASCII
        with suppress(UnicodeDecodeError):
            return data.decode("iso2022_jp"), "iso2022_jp"
    try:
        return data.decode("utf-8"), None
    except UnicodeDecodeError as error:
        first_bad = error.start
    loose = data.decode("utf-8", "replace")
    # A text in an older encoding holds next to no sequence that is good UTF-8; a damaged one holds mostly such.
    if sum(char > "\x7f" and char != "\ufffd" for char in loose) > loose.count("\ufffd"):
        raise UnreadableText.damaged(name, data[:first_bad].count(b"\n") + 1)
    if b"\0" in data:
        raise UnreadableText.binary(name)
    if _looks_western(data):
        return data.decode("cp1252"), "cp1252"
    best = from_bytes(data).best()
    if best is None:
        raise UnreadableText.binary(name)
    return str(best), best.encoding


def _looks_western(data: bytes) -> bool:
    """Whether the bytes read as Windows-1252 without a sign of another alphabet.

    A guesser confuses the Western and the Central European code pages in short texts. A text of another alphabet
    read as Western gives itself away: most of its letters are accented, or signs such as ¿ and ³ stand inside words.
    """
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return False
    letters = sum(char.isalpha() for char in text)
    accented = sum(char.isalpha() and not char.isascii() for char in text)
    # French or Spanish may reach 20 of 100 letters, a word alone hold two; Russian read this way is near 100.
    return accented <= max(2, letters // 3) and not _SIGN_IN_WORD.search(text)
