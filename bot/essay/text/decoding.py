"""Decode bytes that a person handed in, and clean text of characters that nobody sees.

Control characters, marks of direction and tags can hide instructions, turn an address around or move a terminal's
cursor; what a model writes may repeat them from a page that somebody pasted. Kept are line breaks, tabs, and the
joiners and selectors that emoji and the scripts of Arabia and India need, where they stand between such characters. An
emoji made with tags (the flags of England, Scotland and Wales) is left with its first sign, a black flag; a Japanese
name with an ideographic variation selector with the usual form of its character.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from charset_normalizer import from_bytes

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
)  # soft hyphen, Mongolian vowel separator, word joiner and its invisible kin, byte order mark; zero-width space; tags
# What moves a terminal's cursor or sets its colours, and whatever else of this kind shows nowhere.
_CONTROL = re.compile("\x1b\\[[0-?]{0,60}[ -/]{0,5}[@-~]|[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_DIRECTION_MARK = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
_TEXT_CONTROLS = frozenset("\t\n\r\f\v\x85\x1b")


@dataclass(frozen=True, slots=True)
class DecodedText:
    """A text with LF line ends and no byte order mark; ``guessed`` names the encoding where it had to be guessed."""

    text: str
    guessed_encoding: str | None = None


def decode_text(data: bytes, name: str) -> DecodedText:
    """The text in the bytes: by their byte order mark, as UTF-8, else as the older encoding they most look like.

    Raises UnreadableText, naming ``name``, for no words, for more than MOST_BYTES, and for what is no text.
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
    """The text as a reader sees it: every line ended by LF, whichever system it came from, and nothing that does not
    show.

    A vertical tab, a form feed and Unicode's own line ends end a line too. Joiners stay, which some scripts and emoji
    are spelt with, and so do the tags of a flag, a zero-width space in a script that marks its words by nothing else,
    and marks of direction beside a script that runs from right to left.
    """
    text = _CONTROL.sub("", text)
    if text.isascii() and not any(end in text for end in "\r\v\f"):
        return text
    text = _ZERO_WIDTH.sub(lambda match: match[1] or "", _LINE_END.sub("\n", text))
    return text if _RIGHT_TO_LEFT.search(text) else _DIRECTION_MARK.sub("", text)


def validate_typed_text(text: str, what: str) -> str:
    """Text that a person typed, with LF line ends.

    Raises InvalidInput, naming ``what``, where it holds bytes that are no characters in UTF-8.
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
        raise UnreadableText.bad_encoding(name, data[:first_bad].count(b"\n") + 1)
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
    return accented <= max(2, letters // 3) and not _SYMBOL_IN_WORD.search(text)


# Categories of Unicode 17: Cc, Cf, Co, noncharacters; fillers and blanks that are letters or signs by name alone.
# Signs of category Cf that show (U+0600 to U+0605, U+06DD, U+070F and their like) are not among them.
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
_EMOJI_BASES = "0123456789#*\u203c\u2049\u3030\u303d\u2139"  # emoji that are no signs (category S) by themselves
_VIRAMA = 9  # the combining class of the sign that a joiner may stand behind, whatever follows
_NEEDS_NEXT_CHARACTER = ("\r", _NON_JOINER, _JOINER)  # what becomes of it depends on what comes behind it


class InvisibleCharacterFilter:
    """A text that comes in pieces, without what nobody sees. Mutable."""

    def __init__(self) -> None:
        self._before = ""
        self._held = ""

    def feed(self, piece: str) -> str:
        """What shows of all that came and has not been given out, but for a last character that needs the next."""
        text = self._held + piece
        self._held = text[-1:] if text.endswith(_NEEDS_NEXT_CHARACTER) else ""
        return self._filter(text, len(text) - len(self._held))

    def flush(self) -> str:
        """What was held back for a character that never came."""
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
    """The text without what nobody sees; whatever ends a line is a line feed."""
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
    """What stays in the place of a suspect."""
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
    if not before:
        return False
    if sign == _JOINER and after and (_can_be_emoji(before) or before == _EMOJI_STYLE) and _can_be_emoji(after):
        return True
    if _JOINING_LETTER.match(before) is None:
        return False
    return unicodedata.combining(before) == _VIRAMA or _JOINING_LETTER.match(after) is not None


def _can_be_emoji(char: str) -> bool:
    """Whether a character can be an emoji; one that is younger than this Python's Unicode has no category yet."""
    return unicodedata.category(char) in ("So", "Sk", "Sm") or (unicodedata.category(char) == "Cn" and char > "\uffff")
