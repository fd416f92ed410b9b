"""What one writer may hand in and keep: the bounds, counted without a parser, and the sentence that refuses."""

from __future__ import annotations

import pytest

from bot.errors import LimitExceeded
from bot.essay.limits import ROW_BYTES, StorageIncrease, StorageUsage, WriterLimits, stored_bytes

LIMITS = WriterLimits()


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
def test_a_page_over_the_limit_is_refused_with_the_count(text: str, told: str) -> None:
    with pytest.raises(LimitExceeded, match=told) as refused:
        LIMITS.check_page("The file", text)
    assert str(refused.value).startswith("The file has ")
    assert "smaller parts" in str(refused.value)


def test_a_page_of_twenty_thousand_words_is_taken() -> None:
    line = "twelve words of what happened at the works in that very year\n"
    LIMITS.check_page("The text", (f"## A heading\n\n{line * 40}\n" * 42))


@pytest.mark.parametrize(
    ("usage", "adding", "told"),
    [
        (StorageUsage(essays=200), StorageIncrease(essays=1), "You have 200 essays"),
        (
            StorageUsage(essay_notes=990),
            StorageIncrease(notes=11),
            "990 notes, and this would add 11: an essay may have 1,000",
        ),
        (StorageUsage(essay_versions=1_000), StorageIncrease(versions=1), "1,000 versions"),
        (
            StorageUsage(essay_bytes=499_000),
            StorageIncrease(note_bytes=1_001),
            "more than 500 kB, the most that an essay may hold",
        ),
        (StorageUsage(), StorageIncrease(500_001, versions=1), "more than 500 kB, the most that a version may hold"),
        (StorageUsage(bytes=20_000_000), StorageIncrease(1), "keep more than 20,000 kB"),
        (StorageUsage(day_bytes=9_999_999), StorageIncrease(2), "10,000 kB a day.*hand it in again tomorrow"),
        (StorageUsage(minute_bytes=999_999), StorageIncrease(2), "1,000 kB a minute.*hand it in again in a minute"),
    ],
)
def test_adding_more_than_a_limit_allows_is_refused(usage: StorageUsage, adding: StorageIncrease, told: str) -> None:
    with pytest.raises(LimitExceeded, match=told) as refused:
        LIMITS.check_increase(usage, adding)
    assert "safe" in str(refused.value)


def test_adding_within_every_limit_is_allowed() -> None:
    LIMITS.check_increase(
        StorageUsage(19_000_000, 199, 400_000, 999, 999, 0, 9_000_000), StorageIncrease(100_000, 1, 1, 0, 100_000)
    )


def test_each_stored_row_counts_for_some_bytes_besides_its_text() -> None:
    assert stored_bytes("é", "") == 2 + 2 * ROW_BYTES
