"""A note that is left out is found again where its words still stand in a text."""

from __future__ import annotations

from bot.essay.essay import Note
from bot.essay.left_out import standing

SECRET = Note(1, "My boss drank in the stock room. Yes.", left_out=True)


def test_a_sentence_of_a_note_that_is_left_out_is_found_in_a_text() -> None:
    text = "## What I missed\n\nThe noise. my boss drank in\nthe stock room.\n"
    assert standing(text, [SECRET, Note(2, "The noise.")]) == (SECRET,)


def test_other_words_and_notes_that_are_in_do_not_count() -> None:
    assert standing("Yes. My boss was kind.", [SECRET]) == ()
    assert standing("The noise was there for years.", [Note(2, "The noise was there for years.")]) == ()


def test_words_that_another_note_holds_too_may_stand() -> None:
    both = [SECRET, Note(2, "She said: my boss drank in the stock room. It was known.")]
    assert standing("My boss drank in the stock room.", both) == ()


def test_a_short_note_counts_as_a_whole() -> None:
    assert standing("It was Dana.", [Note(1, "Dana", left_out=True)]) != ()
