"""Spans, words and lines: the units in which everything else is counted."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.essay.text.markdown import ends_sentence, is_deliberate_break, is_wrapped, split_lines, starts_lowercase
from bot.essay.text.spans import Span
from bot.essay.text.words import count_words


def test_a_span_is_half_open_and_counts_code_points() -> None:
    text = "I 🌱 left in May"
    span = Span(2, 8)
    assert span.extract(text) == "🌱 left"
    assert len(span) == 6


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("one", 1),
        ("tools — Forms, Script — and more", 5),
        ("co-founder and AI/ML at 15%", 5),
        ("*** — …", 0),
        ("naïve Łódź 東京", 4),
        ("a\u2028b\u00a0c\td", 4),
        ("我在三月离开了银行。", 6),
        ("会社を、辞めた。", 4),
        ("나는 삼월에 은행을 떠났다.", 6),
        (unicodedata.normalize("NFD", "나는 삼월에 은행을 떠났다."), 6),
        ("\u200b \ufeff \u2060", 0),
        ("\u3164 a\u3164b \u1160\u115f", 1),
    ],
)
def test_a_word_is_a_run_with_a_letter_or_digit(text: str, words: int) -> None:
    assert count_words(text) == words


@given(st.text(alphabet="ab \r\n\u2028\x0c\x00"))
def test_lines_cover_every_byte_and_break_only_where_markdown_does(text: str) -> None:
    lines = split_lines(text)
    assert "".join(text[line.start : line.next_start] for line in lines) == text
    assert all("\n" not in line.text and "\r" not in line.text for line in lines)
    normal = text.replace("\r\n", "\n").replace("\r", "\n")
    assert [line.text for line in lines] == (normal.removesuffix("\n").split("\n") if text else [])


def test_the_mark_that_ends_a_sentence_may_be_inside_quotation_marks() -> None:
    assert ends_sentence("She said “no.” ")
    assert ends_sentence("really?)")
    assert not ends_sentence("She said “no”")
    assert not ends_sentence("")


def test_a_line_starts_lower_by_its_first_letter_or_digit() -> None:
    assert starts_lowercase("“then he left")
    assert not starts_lowercase("2019 was worse")
    assert not starts_lowercase("— ")


def test_a_wrapped_line_is_told_from_one_that_was_ended_on_purpose() -> None:
    assert is_deliberate_break("The Label Problem", "Product managers are many things", 70)
    assert not is_deliberate_break("and so I went to see what they had bought from", "Microsoft", 55)
    assert is_deliberate_break("x", "", 10)
    assert is_wrapped(["I went to see what they had", "bought and did not like it."])
    assert not is_wrapped(["First paragraph.", "Second paragraph."])
    assert not is_wrapped([])
