"""Decode bytes that a person handed in, and clean text of invisible characters.

Control characters, direction marks and tags can hide instructions, reverse an address or move a terminal's cursor, and
a model may repeat them from a page that somebody pasted. Line breaks and tabs stay, and so do the joiners and variation
selectors that emoji and the scripts of Arabia and India need, where they are between such characters. In a model's text
a flag made with tags (England, Scotland, Wales) becomes a black flag, and a Japanese name with an ideographic variation
selector gets the usual form of its character.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from bot.errors import InvalidInput, UnreadableText
from bot.essay.text.words import count_words

MAX_TEXT_BYTES = 1_000_000  # about 150,000 words: a hundred times what a post is made from
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is the start of this one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SYMBOL_IN_WORD = re.compile(r"[^\W\d_][\u00a1-\u00bf\u00d7\u00f7][^\W\d_]")
_LINE_END = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
_SCRIPTS_WITH_ZERO_WIDTH_SPACE = "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Tibetan, Burmese, Khmer
_ZERO_WIDTH = re.compile(
    f"[\u00ad\u180e\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb]"
    f"|(?<![{_SCRIPTS_WITH_ZERO_WIDTH_SPACE}])\u200b|\u200b(?![{_SCRIPTS_WITH_ZERO_WIDTH_SPACE}])|(\U0001f3f4[\U000e0020-\U000e007f]+)"
    "|[\U000e0000-\U000e007f]"
)  # soft hyphen, Mongolian vowel separator, word joiner and the like, byte order mark; zero-width space; tags
# Terminal escape sequences and other control characters.
_CONTROL = re.compile("\x1b\\[[0-?]{0,60}[ -/]{0,5}[@-~]|[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_DIRECTION_MARK = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
_TEXT_CONTROLS = frozenset("\t\n\r\f\v\x85\x1b")


@dataclass(frozen=True, slots=True)
class DecodedText:
    """A text with LF line ends and no byte order mark. ``guessed_encoding`` is None unless it had to be guessed."""

    text: str
    guessed_encoding: str | None = None


def decode_text(data: bytes, name: str) -> DecodedText:
    """Decode by the byte order mark, as UTF-8, or else as the older encoding that the bytes most look like.

    Raises UnreadableText, with ``name`` in its message, if there are more than MAX_TEXT_BYTES, if it is no text, or if
    it holds no words.
    """
    if len(data) > MAX_TEXT_BYTES:
        raise UnreadableText.too_much_text(name, MAX_TEXT_BYTES)
    text, guessed = _decode_bytes(data, name)
    if any(unicodedata.category(char) == "Cc" and char not in _TEXT_CONTROLS for char in set(text)):
        raise UnreadableText.binary(name)
    if not count_words(text):
        raise UnreadableText.empty(name)
    return DecodedText(normalize_text(text), guessed)


def normalize_text(text: str) -> str:
    """Return the text with LF line ends and without invisible characters.

    A vertical tab, a form feed and Unicode's own line ends also end a line. Kept are the joiners of scripts and emoji,
    the tags of a flag, zero-width spaces in scripts that mark words by nothing else, and direction marks if the text
    holds a right-to-left script.
    """
    text = _CONTROL.sub("", text)
    if text.isascii() and not any(end in text for end in "\r\v\f"):
        return text
    text = _ZERO_WIDTH.sub(lambda match: match[1] or "", _LINE_END.sub("\n", text))
    return text if _RIGHT_TO_LEFT.search(text) else _DIRECTION_MARK.sub("", text)


def validate_typed_text(text: str, what: str) -> str:
    """Return text that a person typed, normalized.

    Raises InvalidInput, with ``what`` in its message, if it holds bytes that are not UTF-8.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidInput(f"{what} holds bytes that are no UTF-8 text: type it again. Nothing was changed.") from None
    return normalize_text(text)


def _decode_bytes(data: bytes, name: str) -> tuple[str, str | None]:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(encoding), None
            except UnicodeDecodeError:
                raise UnreadableText.binary(name) from None
    if (
        b"\x1b$" in data
    ):  # ISO-2022-JP, as in Japanese e-mail, writes each character as two ASCII letters behind this escape
        with suppress(UnicodeDecodeError):
            return data.decode("iso2022_jp"), "iso2022_jp"
    try:
        return data.decode("utf-8"), None
    except UnicodeDecodeError as error:
        first_bad_byte = error.start
    loose = data.decode("utf-8", "replace")
    # A text in an older encoding holds hardly any valid UTF-8 sequence; damaged UTF-8 holds mostly valid ones.
    if sum(char > "\x7f" and char != "\ufffd" for char in loose) > loose.count("\ufffd"):
        raise UnreadableText.bad_encoding(name, data[:first_bad_byte].count(b"\n") + 1)
    if b"\0" in data:
        raise UnreadableText.binary(name)
    if _looks_western(data):
        return data.decode("cp1252"), "cp1252"
    from charset_normalizer import from_bytes  # here, because nearly every text is UTF-8

    best = from_bytes(data).best()
    if best is None:
        raise UnreadableText.binary(name)
    return str(best), best.encoding


def _looks_western(data: bytes) -> bool:
    """Return whether the bytes read well as Windows-1252, without a sign of another alphabet.

    charset_normalizer confuses the Western and Central European code pages in short texts. A text of another alphabet
    read as Western shows it: most of its letters are accented, or signs such as ¿ and ³ are inside words.
    """
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return False
    letters = sum(char.isalpha() for char in text)
    accented = sum(char.isalpha() and not char.isascii() for char in text)
    # In French or Spanish up to 20 of 100 letters are accented, and two in a single word; in Russian read so, nearly
    # all.
    return accented <= max(2, letters // 3) and not _SYMBOL_IN_WORD.search(text)


# By the categories of Unicode 17: Cc, Cf, Co, noncharacters, and blank fillers that count as letters or symbols. Those
# of category Cf that can be seen (U+0600 to U+0605, U+06DD, U+070F and the like) are not among them.
_INVISIBLE_CHARACTER = re.compile(
    "\r\n?|[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ue000-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0xE0000, 0x10000))
    + "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff]"
)
_LINE_BREAKS = ("\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029")
_NON_JOINER, _JOINER = "\u200c", "\u200d"
_TEXT_STYLE, _EMOJI_STYLE = "\ufe0e", "\ufe0f"
# Letters that join, or are kept from joining: Arabic to Syriac and N'Ko, Indic to Sinhala, Tibetan and Burmese, Khmer
# and Mongolian, Arabic Extended and its presentation forms.
_JOINING_LETTER = re.compile(
    "[\u0600-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u18af\ufb50-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc]"
)
_EMOJI_BASES = "0123456789#*\u203c\u2049\u3030\u303d\u2139"  # emoji that are no symbols (category S) by themselves
_VIRAMA = 9  # the combining class of the signs that a joiner may follow, whatever is behind it
_NEEDS_NEXT_CHARACTER = ("\r", _NON_JOINER, _JOINER)  # what becomes of it depends on the next character


class InvisibleCharacterFilter:
    """Removes invisible characters from a text that arrives in pieces. Mutable."""

    def __init__(self) -> None:
        self._before = ""
        self._held = ""

    def feed(self, piece: str) -> str:
        """Return what can be seen of the text so far and was not returned yet, but for an undecided last character."""
        text = self._held + piece
        self._held = text[-1:] if text.endswith(_NEEDS_NEXT_CHARACTER) else ""
        return self._filter(text, len(text) - len(self._held))

    def flush(self) -> str:
        """Return what was held back for a next character that never came."""
        text, self._held = self._held, ""
        return self._filter(text, len(text))

    def _filter(self, text: str, end: int) -> str:
        if not end:
            return ""
        start = len(self._before)
        whole = self._before + text
        self._before = text[end - 1]
        return "".join(_visible_pieces(whole, start, start + end))


def remove_invisible(text: str) -> str:
    """Return the text without invisible characters and with LF line ends."""
    if _INVISIBLE_CHARACTER.search(text) is None:
        return text
    return "".join(_visible_pieces(text, 0, len(text)))


def _visible_pieces(text: str, start: int, end: int) -> Iterator[str]:
    for found in _INVISIBLE_CHARACTER.finditer(text, start, end):
        yield text[start : found.start()]
        yield _replacement(text, found)
        start = found.end()
    yield text[start:end]


def _replacement(text: str, found: re.Match[str]) -> str:
    """Return what replaces a character that may be invisible."""
    sign = found.group()
    if sign[0] in _LINE_BREAKS:
        return "\n"
    before, after = text[max(0, found.start() - 1) : found.start()], text[found.end() : found.end() + 1]
    if sign in (_NON_JOINER, _JOINER):
        return sign if _is_needed_joiner(sign, before, after) else ""
    if sign in (_TEXT_STYLE, _EMOJI_STYLE):
        return sign if before and (before in _EMOJI_BASES or _can_be_emoji(before)) else ""
    return ""


def _is_needed_joiner(sign: str, before: str, after: str) -> bool:
    """Return whether a joiner between these characters is part of an emoji or of a script that needs it."""
    if not before:
        return False
    if sign == _JOINER and after and (_can_be_emoji(before) or before == _EMOJI_STYLE) and _can_be_emoji(after):
        return True
    if _JOINING_LETTER.match(before) is None:
        return False
    return unicodedata.combining(before) == _VIRAMA or _JOINING_LETTER.match(after) is not None


def _can_be_emoji(char: str) -> bool:
    """Return whether a character may be an emoji. One newer than this Python's Unicode has no category yet."""
    return unicodedata.category(char) in ("So", "Sk", "Sm") or (unicodedata.category(char) == "Cn" and char > "\uffff")
