"""Quoted words are found where they stand: exactly, in other marks, or with one slip; else they are said nowhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.essay.quotation_search import QuotationFinder, locate
from bot.essay.text.spans import Span
from bot.essay.text.words import count_words

TEXT = (
    "I was paid 4,000 euros — in *cash* — and told: “Don’t come back before\nChristmas, please.” Nobody asked.\n\n"
    "The second **big** reorganisation took my team of 14 people. Nobody asked, again.\n"
)


def found(quotation: str, text: str = TEXT) -> str | None:
    span = locate(text, quotation)
    return None if span is None else span.extract(text)


@pytest.mark.parametrize(
    ("quotation", "stands"),
    [
        ("Nobody asked", "Nobody asked"),
        ("told: \"Don't come back", "told: “Don’t come back"),
        ("4,000 euros - in cash - and told", "4,000 euros — in *cash* — and told"),
        ("4,000 euros -- in cash", "4,000 euros — in *cash"),
        ("come back before Christmas", "come back before\nChristmas"),
        ("  the SECOND big   reorganisation ", "The second **big** reorganisation"),
        ("“...took my team of 14 people...”", "took my team of 14 people"),
        ("…took my team", "took my team"),
        ("_Nobody_ asked", "Nobody asked"),
        ("Don't come back, before Christmas please", "Don’t come back before\nChristmas, please"),
        ("The second big reorganization took my team", "The second **big** reorganisation took my team"),
        ("took my taem of 14 people", None),
        ('"Don\'t come back before Christmas, please."', "“Don’t come back before\nChristmas, please.”"),
        ("\"Don't come back", "“Don’t come back"),
        ("\"Don't come back, before Christmas", "“Don’t come back before\nChristmas"),
        ('Christmas, please." Nobody', "Christmas, please.” Nobody"),
        ('"Nobody asked"', "Nobody asked"),
    ],
)
def test_a_quotation_with_other_punctuation_marks_is_found_in_the_text(quotation: str, stands: str | None) -> None:
    if stands is None:  # two letters changed places in a word of four: too little is left to tell it from another word
        assert found(quotation) is None
    else:
        assert found(quotation) == stands


@pytest.mark.parametrize(
    "quotation",
    [
        "It was a journey of growth",
        "Nobody was asked",
        "I was not paid 4,000 euros in cash",
        "took my team of 15 people",
        "took my team of 14 persons and the dog",
        "paid 4,001 euros in cash and told",
        "took his team of 14 people",
        "asked. The second big reorganisation took my team of 14 people. Nobody asked, again. And more",
        "ash",
        "body asked",
        "Nobody ask",
        "",
        "—",
        '" \' "',
        "*_*",
        "nobody axed",
    ],
)
def test_a_quotation_that_is_not_in_the_text_is_not_found(quotation: str) -> None:
    assert locate(TEXT, quotation) is None


def test_a_quotation_does_not_match_inside_a_longer_word() -> None:
    text = "I called and rolled. Then I led the team."
    assert locate(text, "led") == Span(text.index("led the"), text.index("led the") + 3)
    assert locate(text, "all") is None


def test_of_two_equal_passages_the_first_after_the_start_offset_is_found() -> None:
    first, second = TEXT.index("Nobody"), TEXT.rindex("Nobody")
    assert locate(TEXT, "Nobody asked") == Span(first, first + 12)
    assert locate(TEXT, "Nobody asked", first + 1) == Span(second, second + 12)
    assert locate(TEXT, "Nobody asked", second + 1) == Span(first, first + 12)


@pytest.mark.parametrize(
    ("text", "quotation", "stands"),
    [
        ("The oﬃce of the ﬁrm closed.", "office of the firm", "oﬃce of the ﬁrm"),
        ("Meine Straße, mein Haus.", "meine STRASSE", "Meine Straße"),
        ("I went to the cafe\u0301 on Monday.", "the café on", "the cafe\u0301 on"),
        ("I went to the café.", "to the cafe\u0301", "to the café"),
        ("We ate at the cafe\u0301.", "at the cafe", "at the cafe\u0301"),
        ("It was 👍🏽 good, they said ❤️ so.", "good, they said ❤ so", "good, they said ❤️ so"),
        ("We 👩‍💻 shipped it.", "We 👩‍💻 shipped", "We 👩‍💻 shipped"),
        ("An un\u00adbreakable wo\u200brd.", "unbreakable word", "un\u00adbreakable wo\u200brd"),
        ("It cost ½ of it; I earned 5½ k.", "earned 5½ k", "earned 5½ k"),
        ("Я ушёл в мае, никто не спросил.", "я ушел в мае", "Я ушёл в мае"),
        ("我在五月离开了公司。没有人问。", "五月离开了公司", "五月离开了公司"),
        ("मैंने मई में नौकरी छोड़ी।", "मई में नौकरी", "मई में नौकरी"),
        ("a\u00a0b\u2003c said it", "a b c said", "a\u00a0b\u2003c said"),
        ("The `build` broke.", "build broke", None),
    ],
)
def test_quotations_with_ligatures_accents_emoji_or_other_scripts_are_found(
    text: str, quotation: str, stands: str | None
) -> None:
    assert found(quotation, text) == stands


@given(st.text(), st.data())
def test_whole_words_copied_from_any_text_are_found_with_the_same_wording(text: str, data: st.DataObject) -> None:
    words = text.split(" ")
    start = data.draw(st.integers(0, len(words) - 1))
    quotation = " ".join(words[start : data.draw(st.integers(start + 1, len(words)))])
    span = locate(text, quotation)
    if count_words(quotation) and not quotation.startswith(("\u0300", "\u0301")):
        assert span is None or 0 <= span.start < span.end <= len(text)
    if all(char.isascii() for char in text) and count_words(quotation):
        assert span is not None
        assert span.extract(text) == quotation


@given(st.text(max_size=60), st.text(max_size=30))
def test_the_span_found_for_any_quotation_lies_within_the_text(text: str, quotation: str) -> None:
    span = locate(text, quotation)
    assert span is None or 0 <= span.start < span.end <= len(text)


HOSTILE = [
    ("ab " * 20_000, "ab " * 297 + "x y"),
    ("ab " * 20_000, "x y " + "ab " * 297),
    ("the of " * 8_000, "the of the of " * 200 + "zz"),
    ("a" * 60_000, "a" * 3_000 + " b c d e"),
    ("a" * 60_000, "a" * 30_000),
    ("aa " * 20_000, "aa " * 9_999 + "a"),
    ("a b" * 20_000, "'" * 50_000 + "x" + "." * 50_000),
    ("*" * 60_000, "* a *" * 5_000),
    ("\u0301" * 60_000, "e\u0301 " * 5_000),
    ("-" * 60_000 + "a b c d", "a - b - c - e"),
]


@pytest.mark.parametrize(("text", "quotation"), HOSTILE, ids=range(len(HOSTILE)))
def test_a_quotation_crafted_to_be_slow_is_handled_quickly(text: str, quotation: str) -> None:
    """Sixty thousand characters, the longest text that is critiqued; some of these took minutes by sliding windows."""
    found = locate(text, quotation)
    assert found is None or found.extract(text)


def test_many_quotations_can_be_located_in_a_text_that_is_read_once() -> None:
    text = " ".join(f"Sentence {number} said something plain." for number in range(2_000))
    quotable = QuotationFinder(text)
    for number in range(40):
        assert quotable.locate(f"“sentence {number} told – something") is None
        assert quotable.locate(f"sentence {number} said; something plain") is not None
