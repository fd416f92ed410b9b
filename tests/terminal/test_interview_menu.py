"""At the keyboard: a question is exchanged, a note added at any time, titles suggested, open questions answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.essay.essay import Essay
from bot.services.llm_ports import RawTitle
from bot.terminal import LOCAL_WRITER
from tests.services.fakes import rewrites, says
from tests.terminal.scripted_terminal import END, Terminal

GAPPED = "## What I missed\n\n[NEED: Who was in the room?]\n\n## What I gave up\n\nIt cost me 4,000 euros a year.\n"


def texts(terminal: Terminal, essay: Essay) -> list[str]:
    return [note.text for note in terminal.runner.run(terminal.room.desk.notes(LOCAL_WRITER, essay.id))]


def test_a_question_is_exchanged_and_a_note_added_beside_it(terminal: Terminal) -> None:
    essay = terminal.runner.run(terminal.room.desk.create_essay(LOCAL_WRITER, terminal.structure))
    terminal.room.models.script({1: "gave-up"}, "Who paid less?", "Who was glad?")
    seen = terminal.resume_and_type(essay, "/note My pay went down by 4,000.", "It was loud.", "/another", END, "n")
    assert "1 note stored, 1 under a section." in seen
    assert "Who paid less?" in seen
    assert "Who was glad?" in seen
    assert "A draft now: about" in seen
    notes = terminal.runner.run(terminal.room.desk.notes(LOCAL_WRITER, essay.id))
    assert [(note.text, note.section) for note in notes] == [
        ("My pay went down by 4,000.", "gave-up"),
        ("It was loud.", "missed"),
    ]


def test_in_the_menu_a_note_and_a_paste_are_stored_and_a_title_is_chosen(terminal: Terminal) -> None:
    essay = terminal.essay()
    terminal.room.models.script(
        {3: "missed"}, {4: "missed"}, [RawTitle("14 people in one room", "14 people in one room")]
    )
    seen = terminal.resume_and_type(
        essay,
        "n",
        "note In the shop it smelled of ink.",
        "One thing more:\nthe ink, which I never washed off.",
        "title",
        "1",
    )
    assert seen.count("stored, 1 under a section.") == 2
    assert "1  14 people in one room" in seen
    assert terminal.runner.run(terminal.room.desk.get_essay(LOCAL_WRITER, essay.id)).title == "14 people in one room"


def test_what_a_draft_left_open_comes_first_and_is_worked_in(terminal: Terminal) -> None:
    essay = terminal.essay()
    terminal.room.models.script(says(GAPPED), rewrites("Anna was in the room."))
    seen = terminal.resume_and_type(essay, "", "answer", "Anna was.", END)
    assert "The draft left 1 question open, which comes first." in seen
    assert "Note 3 is worked in: version 2.\n" in seen
    assert "\n+ {+Anna+} was in the {+room.+}\n" in seen  # what has changed is shown
    text = terminal.runner.run(terminal.room.desk.current_version(LOCAL_WRITER, essay.id)).text
    assert text == GAPPED.replace("[NEED: Who was in the room?]", "Anna was in the room.")


def test_titles_are_offered_before_the_draft_and_a_paste_or_note_there_is_stored(terminal: Terminal) -> None:
    essay = terminal.essay()
    terminal.room.models.script({}, [RawTitle("14 people in one room", "14 people in one room")], {}, says(GAPPED))
    terminal.types("The ink never\nwashed off.", "titles", "note The smell was glue.", "1", "")
    terminal.session().resume(essay)
    assert any("titles suggests three titles from your own words first" in asked for asked in terminal.keyboard.asked)
    assert texts(terminal, essay)[2:] == ["The ink never\nwashed off.", "The smell was glue."]
    assert terminal.opened(essay.id).title == "14 people in one room"
    assert terminal.text(essay).text == GAPPED


@pytest.mark.parametrize("first", ["Draft of an email to Kim", "title ideas", "Post mortem of May", "check this"])
def test_a_paste_whose_first_word_is_a_command_is_notes(terminal: Terminal, first: str) -> None:
    essay = terminal.essay(GAPPED)
    terminal.room.models.script({})
    seen = terminal.resume_and_type(essay, f"{first}\nThe ink never washed off.")
    assert "stored, 0 under a section." in seen
    assert "\n".join(texts(terminal, essay)[2:]) == f"{first}\nThe ink never washed off."
    assert terminal.opened(essay.id).title == essay.title


def test_a_note_a_reply_and_an_instruction_may_have_several_lines(terminal: Terminal) -> None:
    essay = terminal.essay(GAPPED)
    terminal.room.models.script({}, rewrites("Anna and Kim were."))
    terminal.resume_and_type(essay, "note The ink\nnever washed off.", "revise 1 shorter,\nand name both", "")
    assert "\n".join(texts(terminal, essay)[2:]) == "The ink\nnever washed off."
    assert terminal.text(essay).text.startswith("## What I missed\n\nAnna and Kim were.\n")


def test_what_is_open_is_counted_and_its_answers_are_not_taken_back_where_the_text_has_them(terminal: Terminal) -> None:
    essay = terminal.essay()
    gapped = "## What I missed\n\n[NEED: Who was there?]\n\n## What I gave up\n\nPay. [NEED: How much was it?]\n"
    terminal.room.models.script(says(gapped), rewrites("Anna was."), rewrites("Pay, 4,000 a year."))
    seen = terminal.resume_and_type(essay, "", "answer", "Anna was.", "/back", "/undo", "4,000 a year.", END)
    assert "2 questions are open: answer puts them." in seen
    assert seen.count("worked in at once, so there is no way back here") == 2
    assert not any(terminal.keyboard.offered)
    assert texts(terminal, essay)[2:] == ["Anna was.", "4,000 a year."]
    assert terminal.text(essay).text == "## What I missed\n\nAnna was.\n\n## What I gave up\n\nPay, 4,000 a year.\n"


def test_without_a_model_title_alone_says_what_to_type_where_one_is(terminal: Terminal) -> None:
    essay = terminal.essay("## What I missed\n\nIt.\n")
    terminal.room = replace(terminal.room, services=replace(terminal.room.services, models=None))
    seen = terminal.resume_and_type(essay, "title")
    assert "No model is at work here to suggest titles: title TEXT gives the post one.\n" in seen


def test_the_first_version_has_no_other_to_compare_with(terminal: Terminal) -> None:
    seen = terminal.resume_and_type(terminal.essay("## What I missed\n\nIt.\n"), "diff")
    assert "There is no earlier version to compare this one with: it is the first." in seen
