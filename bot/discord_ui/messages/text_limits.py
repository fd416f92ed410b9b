"""How long a text is to Discord, and where it may be cut without breaking a character."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left

# How far back a cut is moved to keep a character whole. The longest in use, a family of four with skin tones, has
# eleven code points; a letter with more marks than this may be cut.
_MAX_GRAPHEME_LENGTH = 64
_MAX_FLAG_HALVES = 2 * _MAX_GRAPHEME_LENGTH  # of more flags in a row than this, one may be cut
_JOINER = "\u200d"


def utf16_length(text: str) -> int:
    """Return the length in UTF-16 units.

    Discord does not say whether it counts these or code points; these are never fewer.
    """
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf8_length(text: str) -> int:
    """Return the length in bytes of UTF-8."""
    return len(text.encode())


def fitting_end(text: str, max_units: int, max_bytes: int | None = None, start: int = 0) -> int:
    """Return the end of the longest stretch from ``start`` that is within both limits, wherever that cuts."""
    window = text[start : start + max_units]  # no character is less than one unit

    def too_long(end: int) -> bool:
        return utf16_length(window[:end]) > max_units or (
            max_bytes is not None and len(window[:end].encode("utf-8", "surrogatepass")) > max_bytes
        )

    return start + bisect_left(range(1, len(window) + 1), True, key=too_long)


def grapheme_boundary(text: str, at: int) -> int:
    """Return ``at``, or a position shortly before it, where the text can be cut without breaking a character.

    A character is what a reader takes for one (after Unicode's UAX #29): a letter with its marks, an emoji with its
    skin tone and all that is joined to it, a flag, a syllable of Hangul, CR with LF.
    """
    found = at
    while found > max(0, at - _MAX_GRAPHEME_LENGTH):
        if not _is_inside_grapheme(text, found):
            return found
        found -= 1
    return 0 if found == 0 else at


def _is_inside_grapheme(text: str, at: int) -> bool:
    """Return whether a cut at ``at`` would break a character."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if before == "\r" and after == "\n":
        return True
    if before in "\r\n" or after in "\r\n":
        return False
    if before == _JOINER or after == _JOINER:
        return True
    code = ord(after)
    if unicodedata.category(after) in ("Mn", "Me", "Mc") or 0x1F3FB <= code <= 0x1F3FF or 0xE0020 <= code <= 0xE007F:
        return True
    if 0x1160 <= code <= 0x11FF:
        return 0x1100 <= ord(before) <= 0x11FF or 0xAC00 <= ord(before) <= 0xD7A3
    if _is_flag_half(after) and _is_flag_half(before):
        halves = 0
        while halves < _MAX_FLAG_HALVES and at - 1 - halves >= 0 and _is_flag_half(text[at - 1 - halves]):
            halves += 1
        return halves % 2 == 1
    return False


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def shorten(text: str, max_units: int) -> str:
    """Return the text, or as much of its beginning as fits into ``max_units`` with an ellipsis, cut at a word."""
    if utf16_length(text) <= max_units:
        return text
    end = fitting_end(text, max_units - 1)
    cut = text[: grapheme_boundary(text, end)]
    at_word = cut.rsplit(None, 1)[0] if len(cut.split(None, 1)) > 1 and not text[len(cut) :][:1].isspace() else cut
    # A single endless word is cut where it is; a word is given up only while most of the text stays.
    return (at_word if len(at_word) > len(cut) // 2 else cut).rstrip() + "…"


def one_line(text: str, max_units: int) -> str:
    """Return the text on one line, shortened to ``max_units``."""
    return shorten(" ".join(text.split()), max_units)


def escape_markdown(text: str) -> str:
    """Return the text with Discord's Markdown escaped, so that it is shown as it is."""
    return "".join(f"\\{char}" if char in "\\*_~`|>#[]()<-" else char for char in text)
