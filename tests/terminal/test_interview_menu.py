"""At the keyboard: a question is exchanged, a note added at any time, titles suggested, open questions answered."""

from __future__ import annotations

from bot.services.llm_ports import RawTitle
from bot.terminal import LOCAL_WRITER
from tests.services.fakes import rewrites, says
from tests.terminal.scripted_terminal import END, Terminal

GAPPED = "## What I missed\n\n[NEED: Who was in the room?]\n\n## What I gave up\n\nIt cost me 4,000 euros a year.\n"


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
    assert "The draft left 1 question open." in seen
    assert "Note 3 is worked in: version 2." in seen
    text = terminal.runner.run(terminal.room.desk.current_version(LOCAL_WRITER, essay.id)).text
    assert text == GAPPED.replace("[NEED: Who was in the room?]", "Anna was in the room.")
