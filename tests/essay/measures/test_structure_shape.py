"""Words by section against a budget, and endings."""

from __future__ import annotations

from bot.essay.structure import Section, Structure, WordBudget
from bot.essay.text.words import count_words
from tests.essay.measures.sample_texts import ENDINGS, PLAIN, measured

STRUCTURE = Structure(
    "kind",
    "Kind",
    "description",
    (
        Section("the-call", "The call", "p", WordBudget(80, 200), ()),
        Section("what-i-built", "What I built", "p", WordBudget(100, 200), ()),
        Section("today", "If it is you today", "p", WordBudget(100, 150), ()),
    ),
)


def test_without_a_structure_words_are_only_counted() -> None:
    result = measured("One two three.")["section_words"]
    assert (result.figures, result.is_raised) == ({"words": 3}, False)
    assert measured("One.", Structure("k", "n", "d", ()))["section_words"].figures == {"words": 1}


def test_words_are_counted_by_section_and_the_opening_counts_for_the_first() -> None:
    text = f"# My title\n\n{PLAIN}\n## What I built\n\n{PLAIN}\n### A detail\n\nTwo words.\n\n"
    text += "## If it's you today\n\nShort.\n"
    result = measured(text, STRUCTURE)["section_words"]
    opening = result.figures["the-call"]
    assert opening == count_words(PLAIN)
    assert result.figures["what-i-built"] == count_words(PLAIN) + 2
    assert result.figures["today"] == 1
    assert result.is_raised
    assert [mark.span.extract(text) for mark in result.hits] == ["## If it's you today\n"]
    assert "If it is you today" in result.summary
    assert result.advice.startswith("Tell more")  # nothing is too long


def test_sections_within_their_budget_are_not_raised_and_missing_ones_are_named() -> None:
    text = f"# The call\n\n{PLAIN}\n# What I built\n\n{PLAIN}"
    result = measured(text, STRUCTURE)["section_words"]
    assert not result.is_raised
    assert result.figures["missing"] == 1
    assert "without words yet: If it is you today" in result.summary


def test_headings_of_another_structure_raise_nothing() -> None:
    text = f"{PLAIN}\n## Elsewhere\n\n{PLAIN}\n## Another\n\n{PLAIN}\n"
    result = measured(text, STRUCTURE)["section_words"]
    assert not result.is_raised
    assert result.figures["of_the_structure"] == 0
    assert "its headings are its own" in result.summary


def test_a_section_is_matched_by_one_heading_only() -> None:
    text = f"## What I built\n\n{PLAIN}\n## What I built there\n\nThree more words.\n\n## The call\n\n{PLAIN}"
    assert measured(text, STRUCTURE)["section_words"].figures["what-i-built"] == count_words(PLAIN) + 3


def test_a_long_opening_is_marked_over_its_text() -> None:
    text = PLAIN * 2 + f"\n## What I built\n\n{PLAIN}"
    result = measured(text, STRUCTURE)["section_words"]
    assert [mark.span.start for mark in result.hits] == [0]
    assert result.advice.startswith("Cut the longest")


def test_closing_gestures_are_counted_and_named_in_the_summary() -> None:
    result = measured(PLAIN + PLAIN + ENDINGS)["endings"]
    assert result.figures["closing_gestures"] == 5
    assert "an address to the reader" in result.summary
    assert measured(PLAIN)["endings"].figures["closing_gestures"] == 0
