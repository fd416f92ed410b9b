"""A note that is left out is found again where its words still stand in a text."""

from __future__ import annotations

import pytest

from bot.essay.essay import Note
from bot.essay.private_text import describe_private, find_leaks

SECRET = "Marcus Feld told me he would sack half of the team before Easter."


def found(text: str, *left_out: str, used: tuple[str, ...] = ()) -> list[str]:
    notes = [Note(number, note, is_excluded=True) for number, note in enumerate(left_out, 1)]
    return [
        one.words for one in find_leaks(text, [*notes, *(Note(number, note) for number, note in enumerate(used, 50))])
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"## What I missed\n\n{SECRET}\n", SECRET.rstrip(".")),
        (f"In spring {SECRET[:-1]}, and I wrote nothing down.", SECRET.rstrip(".")),
        ("MARCUS FELD told me\nhe would *sack* the dog.", "MARCUS FELD told me he would *sack"),
        ("Then Marcus Feld — “told me he would” — cried.", "Marcus Feld — “told me he would"),
        ("The noise. Half of the team before Easter was gone.", "Half of the team before Easter"),
    ],
)
def test_six_private_words_in_a_row_are_found_whatever_marks_surround_them(text: str, words: str) -> None:
    assert found(text, SECRET) == [words]


@pytest.mark.parametrize(
    "text", ["Marcus Feld told me he left.", "He would sack half of us.", "Yes. My boss was kind.", "", "…"]
)
def test_fewer_than_six_private_words_in_a_row_are_not_reported(text: str) -> None:
    assert found(text, SECRET) == []


def test_a_short_private_note_or_sentence_is_found_only_as_a_whole() -> None:
    assert found("It was dana, of course.", "Dana") == ["dana"]
    assert found("I know: my boss drank daily!", "My boss drank daily. That is all that I will ever say of it.") == [
        "my boss drank daily"
    ]
    assert found("I was tired of it all, and of them.", "I was tired. That is all that I will say.") == []


def test_a_title_is_reported_if_a_private_note_holds_all_of_it() -> None:
    assert found("Marcus Feld", SECRET) == ["Marcus Feld"]
    assert found("Before Easter", SECRET, used=("It was before Easter.",)) == []
    assert found("Easter", SECRET) == []


def test_in_a_script_without_spaces_two_characters_count_as_a_word() -> None:
    assert found("彼は、部長が会社の金を盗んだと言った。", "部長が会社の金を盗んだ。誰にも言うな。") == [
        "部長が会社の金を盗んだ"
    ]
    assert found("部長が来た。会社は暗かった。", "部長が会社の金を盗んだ。誰にも言うな。") == []


def test_private_words_that_a_public_note_holds_too_are_allowed() -> None:
    assert found(SECRET, SECRET, used=(f"She said: {SECRET} It was known.",)) == []
    assert found("It was Dana.", "Dana", used=("Dana left.",)) == []
    assert found(SECRET, used=(SECRET,)) == []


def test_a_long_private_passage_is_quoted_only_as_far_as_is_needed_to_find_it() -> None:
    (words,) = found("word " * 200, "word " * 200)
    assert len(words) <= 80
    assert words.endswith("…")


def test_the_number_of_excluded_notes_is_stated() -> None:
    notes = [Note(1, "one"), Note(2, "two", is_excluded=True), Note(3, "three", is_excluded=True)]
    assert describe_private(notes[:1]) == ""
    assert (
        describe_private(notes[:2]) == "1 note is left out: it stays stored, stands in no post, and no model sees it."
    )
    assert describe_private(notes).startswith("2 notes are left out: they stay stored")
