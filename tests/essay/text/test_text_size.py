"""The length of a text is counted in words where spaces stand between them, and in characters where none do."""

from __future__ import annotations

import pytest

from bot.essay.text.parsed_text import TextSize, measure_text_size


@pytest.mark.parametrize(
    ("text", "found", "told"),
    [
        ("", TextSize(0, 0, 0), "0 words"),
        ("# Out\n\nOne word, and five more here.\n\n[NEED: the year]\n", TextSize(6, 0, 6), "6 words"),
        ("Eins zwei, 한국어 낱말.", TextSize(5, 0, 5), "5 words"),
        ("会社を辞めると言った。", TextSize(0, 10, 6), "10 characters, as much as 6 words"),
        ("## 朝\n\n会社を、辞めた。", TextSize(0, 6, 4), "6 characters, as much as 4 words"),
        ("API を使った三日間。", TextSize(1, 7, 5), "1 word and 7 characters, as much as 5 words"),
        ("朝", TextSize(0, 1, 1), "1 character, as much as 1 word"),
        ("朝" * 40_000, TextSize(0, 40_000, 25_000), "40,000 characters, as much as 25,000 words"),
        ("ที่นี่", TextSize(0, 2, 1), "2 characters, as much as 1 word"),  # the marks above are no letters
    ],
)
def test_the_size_of_a_text_is_stated_in_words_or_characters(text: str, found: TextSize, told: str) -> None:
    assert measure_text_size(text) == found
    assert str(found) == told
