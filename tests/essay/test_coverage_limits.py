"""What is said of a text without an unsupported claim is true: what cannot be seen in its language is named."""

from __future__ import annotations

import pytest

from bot.essay.claims import BlindSpot, describe_blind_spots, describe_no_findings, find_blind_spots

FOUND = (
    "Every number, date, name and quotation found in the text stands in the notes; "
    "what a number counts is not compared."
)


@pytest.mark.parametrize(
    ("text", "spots"),
    [
        ("I left in May, and nobody asked me why.", ()),
        ("J'ai quitté la ville, et je ne regrette rien.", (BlindSpot.FIRST_WORDS,)),
        ("Ich ging, und es war nicht leicht.", (BlindSpot.NOUNS, BlindSpot.FIRST_WORDS)),
        ("Тогда я ушёл, и никто не спросил.", (BlindSpot.NUMBERS, BlindSpot.FIRST_WORDS)),
        ("田中は泣いた。", (BlindSpot.NAMES, BlindSpot.NUMBERS)),
        ("كان أحمد هناك", (BlindSpot.NAMES, BlindSpot.NUMBERS)),
        ("მე წავედი", (BlindSpot.NAMES, BlindSpot.NUMBERS)),
        ("We called it 改善, and nobody laughed at me.", (BlindSpot.NAMES,)),
    ],
)
def test_the_coverage_limits_depend_on_the_language_and_script_of_the_text(
    text: str, spots: tuple[BlindSpot, ...]
) -> None:
    assert find_blind_spots(text) == spots
    assert all(spot.value in describe_no_findings(text) for spot in spots)


def test_an_english_text_has_no_coverage_limits() -> None:
    assert describe_no_findings("I left in May.") == FOUND
    assert describe_blind_spots("I left in May.") == ""


def test_the_writer_is_told_which_facts_the_check_cannot_see() -> None:
    assert describe_no_findings("田中は泣いた。") == (
        f"{FOUND} Not seen in this text, so look for it yourself: most names in a script without capitals; numbers, "
        "months and weekdays in words."
    )
