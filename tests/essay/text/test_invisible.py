"""What nobody sees is taken out of a text, however it is cut into pieces; what scripts and emoji need stays."""

from __future__ import annotations

import sys
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.essay.text.decoding import InvisibleCharacterFilter, remove_invisible

KEPT = [
    "Plain words.\n\n\tAnd a tab.",
    "Ärger, naïve, Ελλάδα, Москва, 東京, 서울",
    "می‌خواهم",  # Persian, with a non-joiner
    "क्‍ष र्‍य",  # Devanagari, with joiners
    "ශ්‍රී",  # Sinhala
    "ന്‍",  # Malayalam, old: a joiner behind a virama ends the word
    "👩‍💻 👨‍👩‍👧 ❤️ ☎︎ 1️⃣ 🏳️‍🌈 👍🏽",
    "\u0600\u0661",  # an Arabic sign of number shows
    "\U0001fae9",  # younger than some Pythons
    "e\u0301",
    "A no-break\u00a0space and a thin\u2009one.",
    "\ufffd",
]
TAKEN = [
    ("a\x00b\x07c\x1b[31md\x7fe\x9bf", "abc[31mdef"),
    (
        "one\r\ntwo\rthree\x0bfour\x0cfive\x85six\u2028seven\u2029eight",
        "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight",
    ),
    ("\ufeffzero\u200bwidth\u2060space", "zerowidthspace"),
    ("abc\u202etxt.exe\u202c", "abctxt.exe"),
    ("\u2066left\u2069 \u200eto\u200f \u061cright", "left to right"),
    ("soft\u00adhyphen", "softhyphen"),
    ("hi" + "".join(chr(0xE0000 + ord(char)) for char in "obey") + "\U000e007f", "hi"),
    ("hi" + "".join(chr(0xE0100 + number) for number in range(16)), "hi"),
    ("😀" + "\ufe0f" * 5 + "\ufe01\ufe0e", "😀\ufe0f"),
    ("a\ufe0fb\ufe01c", "abc"),
    ("\ufff9base\ufffaruby\ufffb\ufffc", "baseruby"),
    ("\ue000\uf8ff\U000f0000\U0010fffd", ""),
    ("\ufdd0\uffff\U0001fffe", ""),
    ("hid\u200dden hid\u200cden", "hidden hidden"),
    ("\u200d\u200d\u200c", ""),
    ("👩\u200d\u200d💻", "👩💻"),
    ("\u3164\u115f\uffa0\u2800\u034f", ""),
    ("\u206a\u206f\U0001d173\U00013430\U0001bca0", ""),
]
anything = st.text(st.sampled_from("ab \n\r👩💻\u200c\u200d\ufe0f\u202eمیक्") | st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize("text", KEPT)
def test_visible_characters_are_kept_unchanged(text: str) -> None:
    assert remove_invisible(text) == text


@pytest.mark.parametrize(("text", "shown"), TAKEN)
def test_invisible_characters_are_removed(text: str, shown: str) -> None:
    assert remove_invisible(text) == shown


@given(anything, st.lists(st.integers(0, 40)))
def test_filtering_a_text_in_chunks_gives_the_same_as_filtering_it_whole(text: str, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    came = InvisibleCharacterFilter()
    pieces = [came.feed(text[start:end]) for start, end in pairwise(places)]
    assert "".join([*pieces, came.flush()]) == remove_invisible(text)


def test_control_format_and_private_use_characters_are_removed_between_letters() -> None:
    """Over all of Unicode, each between two Latin letters."""
    shows = [chr(code) for code in (*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD)]
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        if unicodedata.category(char) in ("Cc", "Cf", "Co") and char not in ("\n", "\t", *shows):
            assert remove_invisible(f"a{char}b").replace("\n", "") == "ab", hex(code)
