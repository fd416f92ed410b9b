"""What one writer may hand in and keep: the bounds, counted without a parser, and the sentence that refuses."""

from __future__ import annotations

import pytest

from bot.errors import OverLimit
from bot.essay.limits import ROW_BYTES, Adding, Limits, Usage, stored_bytes

LIMITS = Limits()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("word " * 40_001, "200,005 characters, and at most 200,000"),
        ("a\n" * 5_001, "5,001 lines, and at most 5,000"),
        ("a\n\n" * 5_001, "5,001 lines, and at most 5,000"),
        ("# a\n" * 301, "301 lines that are or underline headings, and at most 300"),
        ("a\n=\n" * 301, "301 lines that are or underline headings"),
        ("a\n\n---\n\n" * 301, "301 lines that are or underline headings"),
    ],
)
def test_a_page_of_too_much_is_refused_with_what_was_counted(text: str, told: str) -> None:
    with pytest.raises(OverLimit, match=told) as refused:
        LIMITS.check_page("The file", text)
    assert str(refused.value).startswith("The file has ")
    assert "smaller parts" in str(refused.value)


def test_a_page_of_twenty_thousand_words_is_taken() -> None:
    line = "twelve words of what happened at the works in that very year\n"
    LIMITS.check_page("The text", (f"## A heading\n\n{line * 40}\n" * 42))


@pytest.mark.parametrize(
    ("usage", "adding", "told"),
    [
        (Usage(essays=200), Adding(essays=1), "You have 200 essays"),
        (Usage(essay_notes=990), Adding(notes=11), "990 notes, and this would add 11: an essay may have 1,000"),
        (Usage(essay_versions=1_000), Adding(versions=1), "1,000 versions"),
        (Usage(essay_bytes=499_000), Adding(note_bytes=1_001), "more than 500 kB, the most that an essay may hold"),
        (Usage(), Adding(500_001, versions=1), "more than 500 kB, the most that a version may hold"),
        (Usage(bytes=20_000_000), Adding(1), "keep more than 20,000 kB"),
        (Usage(day_bytes=9_999_999), Adding(2), "10,000 kB a day.*hand it in again tomorrow"),
        (Usage(minute_bytes=999_999), Adding(2), "1,000 kB a minute.*hand it in again in a minute"),
    ],
)
def test_what_would_pass_a_bound_is_refused(usage: Usage, adding: Adding, told: str) -> None:
    with pytest.raises(OverLimit, match=told) as refused:
        LIMITS.check_adding(usage, adding)
    assert "safe" in str(refused.value)


def test_what_is_within_every_bound_is_taken() -> None:
    LIMITS.check_adding(Usage(19_000_000, 199, 400_000, 999, 999, 0, 9_000_000), Adding(100_000, 1, 1, 0, 100_000))


def test_many_small_things_count_as_more_than_their_words() -> None:
    assert stored_bytes("é", "") == 2 + 2 * ROW_BYTES
