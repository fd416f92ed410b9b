"""A quotation is evidence where it shows something; a word that stands in every sentence shows nothing."""

from __future__ import annotations

import pytest

from bot.essay.quotation_search import is_evidence


@pytest.mark.parametrize(
    "quotation",
    [
        *("the", "The", "I", "a", "and we", "I’m", "“the”", "**We**", "it is not", "in—the", "", "…", "C"),
        *("der", "und ich", "la", "elle", "и", "の", "です", "我"),
    ],
)
def test_up_to_three_common_words_are_too_little_to_quote_as_evidence(quotation: str) -> None:
    assert not is_evidence(quotation)


@pytest.mark.parametrize(
    "quotation",
    [
        *("humbled", "very", "nobody", "7", "in May", "the best", "I left", "they said", "U.S.", "It was what it was"),
        *("Kündigung", "後悔", "会社を辞めた"),
    ],
)
def test_one_distinctive_word_or_a_longer_run_of_common_words_is_evidence(quotation: str) -> None:
    assert is_evidence(quotation)
