"""What of a text nobody sees: control characters, marks of direction, tags and other characters that can hide words.

What a model writes may repeat them from a page that somebody pasted, where they hide instructions, turn an address
around or move a terminal's cursor. Kept are line breaks, tabs, and the joiners and selectors that emoji and the scripts
of Arabia and India need, where they stand between such characters. An emoji made with tags (the flags of England,
Scotland and Wales) is left with its first sign, a black flag; a Japanese name with an ideographic variation selector
with the usual form of its character.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# Categories of Unicode 17: Cc, Cf, Co, noncharacters; fillers and blanks that are letters or signs by name alone.
# Signs of category Cf that show (U+0600 to U+0605, U+06DD, U+070F and their like) are not among them.
_SUSPECT = re.compile(
    "\r\n?|[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ue000-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0xE0000, 0x10000))
    + "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff]"
)
_BREAKS = ("\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029")
_NON_JOINER, _JOINER = "\u200c", "\u200d"
_TEXT_STYLE, _EMOJI_STYLE = "\ufe0e", "\ufe0f"
# Letters that join, or are kept from joining: Arabic to Syriac and N'Ko, Indic to Sinhala, Tibetan and Burmese, Khmer
# and Mongolian, Arabic Extended and its presentation forms.
_JOINING = re.compile("[\u0600-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u18af\ufb50-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc]")
_STYLED = "0123456789#*\u203c\u2049\u3030\u303d\u2139"  # emoji that are no signs (category S) by themselves
_VIRAMA = 9  # the combining class of the sign that a joiner may stand behind, whatever follows
_WAITS = ("\r", _NON_JOINER, _JOINER)  # what becomes of it depends on what comes behind it


class Visible:
    """A text that comes in pieces, without what nobody sees. Mutable."""

    def __init__(self) -> None:
        self._before = ""
        self._held = ""

    def shown(self, piece: str) -> str:
        """What shows of all that came and has not been given out, but for a last character that needs the next."""
        text = self._held + piece
        self._held = text[-1:] if text.endswith(_WAITS) else ""
        return self._taken(text, len(text) - len(self._held))

    def rest(self) -> str:
        """What was held back for a character that never came."""
        text, self._held = self._held, ""
        return self._taken(text, len(text))

    def _taken(self, text: str, end: int) -> str:
        if not end:
            return ""
        start = len(self._before)
        whole = self._before + text
        self._before = text[end - 1]
        return "".join(_pieces(whole, start, start + end))


def visible(text: str) -> str:
    """The text without what nobody sees; whatever ends a line is a line feed."""
    if _SUSPECT.search(text) is None:
        return text
    return "".join(_pieces(text, 0, len(text)))


def _pieces(text: str, start: int, end: int) -> Iterator[str]:
    for found in _SUSPECT.finditer(text, start, end):
        yield text[start : found.start()]
        yield _kept(text, found)
        start = found.end()
    yield text[start:end]


def _kept(text: str, found: re.Match[str]) -> str:
    """What stays in the place of a suspect."""
    sign = found.group()
    if sign[0] in _BREAKS:
        return "\n"
    before, after = text[max(0, found.start() - 1) : found.start()], text[found.end() : found.end() + 1]
    if sign in (_NON_JOINER, _JOINER):
        return sign if _joins(sign, before, after) else ""
    if sign in (_TEXT_STYLE, _EMOJI_STYLE):
        return sign if before and (before in _STYLED or _is_sign(before)) else ""
    return ""


def _joins(sign: str, before: str, after: str) -> bool:
    if not before:
        return False
    if sign == _JOINER and after and (_is_sign(before) or before == _EMOJI_STYLE) and _is_sign(after):
        return True
    if _JOINING.match(before) is None:
        return False
    return unicodedata.combining(before) == _VIRAMA or _JOINING.match(after) is not None


def _is_sign(char: str) -> bool:
    """Whether a character can be an emoji; one that is younger than this Python's Unicode has no category yet."""
    return unicodedata.category(char) in ("So", "Sk", "Sm") or (unicodedata.category(char) == "Cn" and char > "\uffff")
