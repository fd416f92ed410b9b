"""A quotation is evidence where it shows something; a word that stands in every sentence shows nothing."""

from __future__ import annotations

import pytest

from bot.essay.evidence import is_evidence


@pytest.mark.parametrize(
    "quotation",
    [
        *("the", "The", "I", "a", "and we", "I’m", "“the”", "**We**", "it is not", "in—the", "", "…", "C"),
        *("der", "und ich", "la", "elle", "и", "の", "です", "我"),
    ],
)
def test_up_to_three_words_of_every_sentence_are_none(quotation: str) -> None:
    assert not is_evidence(quotation)


@pytest.mark.parametrize(
    "quotation",
    [
        *("humbled", "very", "nobody", "7", "in May", "the best", "I left", "they said", "U.S.", "It was what it was"),
        *("Kündigung", "後悔", "会社を辞めた"),
    ],
)
def test_one_telling_word_is_enough_and_so_is_a_run_of_common_ones(quotation: str) -> None:
    assert is_evidence(quotation)
