"""At the keyboard: marks that leave words out, and what is told of a note that is left out."""

from __future__ import annotations

import pytest

from tests.services.fakes import rewrites
from tests.terminal.scripted_terminal import END, Terminal

LEFT_OUT = "1 note is left out: it stays stored, stands in no post, and no model sees it."
HELD = "## What I missed\n\nIt was May 2019, the noise of the shop, 14 people in one room, and me.\n"


@pytest.mark.parametrize("mark", ["/private", "/PRIVATE", "/Private:", "[leave out]"])
def test_an_answer_that_begins_with_a_private_mark_is_excluded_and_the_writer_is_told(
    terminal: Terminal, mark: str
) -> None:
    essay = terminal.runner.run(terminal.room.desk.create_essay("local", terminal.structure))
    terminal.types(f"{mark} My boss drank.", END)
    terminal.session().resume(essay)
    assert LEFT_OUT in terminal.stdout.getvalue()
    (note,) = terminal.runner.run(terminal.room.desk.notes("local", essay.id))
    assert (note.text, note.public_text) == (f"{mark} My boss drank.", "")


def test_excluding_a_note_whose_words_are_in_the_text_says_where_and_what_to_do(terminal: Terminal) -> None:
    essay = terminal.essay(HELD)
    told = terminal.resume_and_type(essay, "notes out 1", "revise 1 shorter", "critique")
    assert "Words of it still stand in the text: “May 2019, the noise of the shop, 14 people in one room”." in told
    assert "Edit them out; until then no model is given the text." in told
    assert told.count("Note 1 is left out, and these words of it stand in the text") == 2
    assert terminal.room.models.asked == []


def test_without_a_checker_what_letters_alone_cannot_see_is_said(terminal: Terminal) -> None:
    essay = terminal.essay("## What I missed\n\n田中は泣いた。\n")
    seen = terminal.resume_and_type(essay, "claims")
    assert "This compares by letters only: numbers, dates, quotations and addresses." in seen
    terminal.room.models.script(rewrites("田中は泣いた。33人が去った。"))
    seen = terminal.resume_and_type(essay, "revise 1 kurz", "")
    assert "1 not found in the notes" in seen
    assert "number: 33" in seen
    assert "Names, causes, feelings and the rest are yours to check." in seen
