"""The shape of an essay: lengths against budgets, what could be checked, sentences, and where findings stand."""

from __future__ import annotations

from bot.essay.shape import NOT_IN_NOTES, OPENING, measure_shape
from bot.essay.text.parsed_text import ParsedText
from bot.essay.text.spans import Span
from tests.essay.sample_structure import STRUCTURE

TEXT = """Before all of it.

## What I missed

In May 2019 Anna Kovacs said "You will be back by Christmas". There were 14 of us.

## Something else

It was over.
"""


def test_words_are_counted_by_section_and_sections_without_a_heading_come_last() -> None:
    shape = measure_shape(ParsedText(TEXT), STRUCTURE)
    assert [(one.heading, one.length) for one in shape.sections] == [
        (OPENING, "4 words"),
        ("What I missed", "17 of 5–20 words"),
        ("Something else", "3 words"),
        ("What it actually looked like", "0 of 5–20 words"),
        ("Where I am now", "0 of 5–20 words"),
    ]
    assert shape.length == "24 of 15–60 words"


def test_a_text_of_another_structure_has_no_budgets() -> None:
    shape = measure_shape(ParsedText("## Alone\n\nIt was over.\n"), STRUCTURE)
    assert [(one.heading, one.length) for one in shape.sections] == [("Alone", "3 words")]
    assert shape.budget is None


def test_what_could_be_checked_is_counted_where_it_stands() -> None:
    shape = measure_shape(ParsedText(TEXT), STRUCTURE)
    assert [one.evidence for one in shape.sections[:3]] == [(0, 0, 0, 0), (1, 2, 1, 6), (0, 0, 0, 0)]
    assert shape.evidence == "1 number, 2 names, 1 date, 6 spoken words."


def test_the_sentences_and_the_places_of_findings_are_told_in_order() -> None:
    at = TEXT.index("It was over")
    shape = measure_shape(ParsedText(TEXT), STRUCTURE, [(Span(at, at + 3), NOT_IN_NOTES), (Span(0, 6), "grave")])
    assert shape.sentence_words == (4, 12, 5, 3)
    assert shape.rhythm == "4 sentences of 6 words on average, from 3 to 12."
    assert [(place.kind, round(place.at, 1)) for place in shape.places] == [("grave", 0.0), (NOT_IN_NOTES, 0.9)]
    assert [one.findings for one in shape.sections] == [1, 0, 1, 0, 0]
    assert shape.findings == "1 grave, 1 not in the notes."


def test_the_description_holds_the_figures_and_stays_short_whatever_the_headings() -> None:
    text = "".join(f"## {'Long ' * 40}{number}\n\nA word or two of it.\n\n" for number in range(40))
    said = measure_shape(ParsedText(text)).describe()
    assert len(said) <= 1_000
    assert said.startswith("240 words in 40 sections. Words by section: ")
    assert "; and 32 more." in said
    assert "40 sentences of 6 words on average, from 6 to 6." in said


def test_a_text_without_a_word_has_a_shape_too() -> None:
    shape = measure_shape(ParsedText(""))
    assert (shape.words, shape.sections, shape.describe()) == (
        0,
        (),
        "0 words in 0 sections. What could be checked: nothing. No sentence yet.",
    )


def test_a_chinese_text_is_counted_in_its_letters_and_sentences() -> None:
    shape = measure_shape(ParsedText("## 我错过了什么\n\n我在2019年五月离开了公司。办公室里很安静。\n"))
    assert len(shape.sentence_words) == 2
    assert shape.sections[0].heading == "我错过了什么"
    assert shape.sections[0].words > 10
