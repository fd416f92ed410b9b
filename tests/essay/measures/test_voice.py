"""What a draft keeps of its writer's voice: phrases, spelling, dialect; counted, and silent where nothing tells."""

from __future__ import annotations

import pytest

from bot.essay.measures.voice import (
    OwnPhrases,
    compare_spelling,
    describe_voice,
    measure_own_phrases,
)
from bot.essay.text_report import measure_text

NOTES = ["The kettle in the portakabin leaked all over my drawings.", "My organiser said we travelled light, mind."]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("## What I missed\n\nThe kettle in the portakabin leaked, all over my drawings!\n", OwnPhrases(59, 100)),
        ("In May the kettle in the portakabin leaked, which was wet.\n", OwnPhrases(35, 55)),
        ("The kettle in my hand leaked all day.\n", OwnPhrases(0, 0)),  # three in a row are chance
        ("[NEED: The kettle in the portakabin leaked when?] A word.\n", OwnPhrases(0, 0)),
        ("## The kettle in the portakabin\n", None),
        ("", None),
    ],
)
def test_phrases_of_four_words_are_the_writers_own(text: str, found: OwnPhrases | None) -> None:
    assert measure_own_phrases(text, NOTES) == found


def test_there_is_nothing_to_keep_without_notes() -> None:
    assert measure_own_phrases("A word.", []) is None
    assert describe_voice("A word.", [], (), 2) == ()


def test_a_script_without_spaces_is_compared_by_its_letters() -> None:
    assert measure_own_phrases("我在工厂工作了十四年，然后离开了。", ["我在工厂工作了十四年。"]) == OwnPhrases(100, 67)


@pytest.mark.parametrize(
    ("notes", "text", "dialect", "changed"),
    [
        ("My colour, my centre.", "The colour. We centred it and organized it.", "British", ()),
        ("My colour, my centre.", "The color. I traveled.", "British", ("color", "traveled")),
        ("The colors of the center.", "The colours.", "American", ("colours",)),
        ("I organised it.", "I organized it.", "British", ("organized",)),  # the same word, changed
        ("I learnt it.", "I learned it.", "British", ("learned",)),
        ("I was there.", "The color was grey.", "", ()),  # the notes tell nothing
        ("The colour was gray.", "A center.", "", ()),  # the notes are of two minds
        ("The program.", "The programme.", "", ("programme",)),
        ("Two analyses.", "We analyzed it.", "", ()),
    ],
)
def test_spelling_is_the_notes_own(notes: str, text: str, dialect: str, changed: tuple[str, ...]) -> None:
    found = compare_spelling(text, [notes])
    assert (found.dialect, found.changed) == (dialect, changed)


def test_words_of_a_dialect_are_kept_or_named_as_lost() -> None:
    found = compare_spelling("It cost 4 lakhs. We met the week after.", ["4 lakhs; a fortnight later, my batchmate."])
    assert (found.kept, found.lost) == (("lakhs",), ("batchmate", "fortnight"))


def described(text: str, *notes: str) -> tuple[str, ...]:
    report = measure_text(text)
    return describe_voice(report.text, notes, report.measures, report.words)


def test_all_three_are_said_in_sentences() -> None:
    said = described(
        "## What I missed\n\nThe color of the door, a fortnight long. It was a roller coaster of a year.\n",
        "The colour of the door, a fortnight long, cost 4 lakh.",
    )
    assert said == (
        "Your own phrases: 55 % of your notes' words stand in the text in runs of four or more, and make up 38 % of "
        "it.",
        "Your spelling: not as in your notes, which are British: “color”. Of 2 words of your dialect 1 kept "
        "(not “lakh”).",
        "Stock turns: 1.",
    )


def test_stock_turns_are_given_by_the_thousand_words_of_a_whole_post() -> None:
    text = "It was a roller coaster of a year. " + "We mended the looms on each of the eleven floors in June. " * 16
    assert described(text, "The looms.")[-1] == "Stock turns: 1, 5.0 in a thousand words."


def test_of_another_language_only_the_phrases_are_said() -> None:
    notes = "Der Kessel war undicht, und ich habe ihn trotzdem behalten, weil er von meiner Mutter war."
    assert [line.split(":")[0] for line in described(f"## Was fehlte\n\n{notes * 3}\n", notes)] == ["Your own phrases"]
