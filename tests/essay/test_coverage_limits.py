"""What is said of a text without an unsupported claim is true: what cannot be seen in its language is named."""

from __future__ import annotations

import pytest

from bot.essay.blind_spots import BlindSpot, assurance, blind_spots, unseen

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
def test_each_language_and_script_has_its_blind_spots(text: str, spots: tuple[BlindSpot, ...]) -> None:
    assert blind_spots(text) == spots
    assert all(spot.value in assurance(text) for spot in spots)


def test_nothing_more_is_said_of_an_english_text() -> None:
    assert assurance("I left in May.") == FOUND
    assert unseen("I left in May.") == ""


def test_what_cannot_be_seen_is_left_to_the_writer() -> None:
    assert assurance("田中は泣いた。") == (
        f"{FOUND} Not seen in this text, so look for it yourself: most names in a script without capitals; numbers, "
        "months and weekdays in words."
    )
