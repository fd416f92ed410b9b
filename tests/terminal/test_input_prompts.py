"""What every prompt understands besides an answer, and what an answer is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.essay.essay import Essay, Note
from bot.terminal import LOCAL_WRITER
from tests.terminal.conftest import Ran
from tests.terminal.pty_processes import Person
from tests.terminal.scripted_terminal import END, Terminal

ASKED = "your answer, or did you mean"


def begun(terminal: Terminal) -> Essay:
    terminal.room.models.script(*[None] * 9)  # on whatever is answered there is nothing more to ask
    return terminal.runner.run(terminal.room.desk.create_essay(LOCAL_WRITER, terminal.structure))


def notes(terminal: Terminal, essay: Essay) -> list[str]:
    return [note.text for note in all_notes(terminal, essay)]


def export(terminal: Terminal, essay: Essay) -> None:
    desk = terminal.room.desk
    post = terminal.runner.run(desk.export(LOCAL_WRITER, essay.id))
    terminal.runner.run(desk.mark_exported(LOCAL_WRITER, essay.id, post))


def all_notes(terminal: Terminal, essay: Essay) -> tuple[Note, ...]:
    return terminal.runner.run(terminal.room.desk.notes(LOCAL_WRITER, essay.id))


@pytest.mark.parametrize("word", ["help", "Skip", "quit", "EXIT", "back", "undo", "next", "done", "stop", "q"])
def test_an_answer_that_is_only_a_command_word_is_queried_once_and_kept_on_enter(terminal: Terminal, word: str) -> None:
    essay = begun(terminal)
    terminal.resume_and_type(essay, word, "", END, "n")
    assert sum(ASKED in prompt for prompt in terminal.keyboard.asked) == 1
    assert notes(terminal, essay) == [word]


def test_a_queried_command_word_runs_as_command_if_typed_with_a_slash_or_answered_n(terminal: Terminal) -> None:
    essay = begun(terminal)
    terminal.resume_and_type(essay, "skip", "/skip", "Skip.", "n", END, "n")
    assert notes(terminal, essay) == []
    skipped = terminal.runner.run(terminal.room.interview.skipped_questions(LOCAL_WRITER, essay.id))
    assert [question.number for question in skipped] == [1, 2]


def test_another_line_typed_after_a_queried_command_word_becomes_the_answer(terminal: Terminal) -> None:
    essay = begun(terminal)
    terminal.resume_and_type(essay, "stop", "We had to stop the press.", END, "n")
    assert notes(terminal, essay) == ["We had to stop the press."]


def test_a_paste_that_holds_a_command_word_is_an_answer(terminal: Terminal) -> None:
    essay = begun(terminal)
    terminal.resume_and_type(essay, "quit\n\nI said it twice.", END, "n")
    assert notes(terminal, essay) == ["quit\n\nI said it twice."]
    assert not any(ASKED in prompt for prompt in terminal.keyboard.asked)


def test_help_lists_the_commands_and_the_question_stays_open(terminal: Terminal) -> None:
    essay = begun(terminal)
    seen = terminal.resume_and_type(essay, "/HELP", "?", "The noise.", END, "n")
    assert seen.count("takes back your last answer: its note is deleted") == 2
    assert notes(terminal, essay) == ["The noise."]


def test_quit_stores_everything_and_assembles_no_post(terminal: Terminal) -> None:
    essay = begun(terminal)
    seen = terminal.resume_and_type(essay, "The noise.", "/quit")
    assert seen.endswith(
        f"Everything is stored as essay {essay.id}. To go on with it: essay-bot essays resume {essay.id}\n"
    )
    assert notes(terminal, essay) == ["The noise."]
    assert terminal.opened(essay.id).head is None


def test_done_goes_to_the_post_as_ctrl_d_does(terminal: Terminal) -> None:
    essay = begun(terminal)
    terminal.resume_and_type(essay, "The noise.", "/done", "n")
    assert "The noise." in terminal.text(essay).text


def test_back_offers_the_last_answer_for_editing_and_the_edit_replaces_it(terminal: Terminal) -> None:
    essay = begun(terminal)
    seen = terminal.resume_and_type(essay, "/back", "The noise.", "/back", "The quiet.", "Money.", END, "n")
    assert "This is the first question: there is none before it." in seen
    assert "Your answer, note 1, stands in the line. Enter keeps it; what you make of it takes its place." in seen
    assert terminal.keyboard.offered[:6] == ["", "", "", "The noise.", "", ""]
    assert notes(terminal, essay) == ["The quiet.", "Money."]


def test_back_and_enter_keeps_the_answer(terminal: Terminal) -> None:
    essay = begun(terminal)
    seen = terminal.resume_and_type(essay, "/private The noise.", "/back", "", "Money.", END, "n")
    assert "Your answer stays as it is." in seen
    assert [(note.text, note.is_private) for note in all_notes(terminal, essay)] == [
        ("/private The noise.", True),
        ("Money.", False),
    ]
    assert terminal.runner.run(terminal.room.interview.skipped_questions(LOCAL_WRITER, essay.id)) == ()


def test_undo_deletes_the_last_answer_and_offers_its_words_again(terminal: Terminal) -> None:
    essay = begun(terminal)
    seen = terminal.resume_and_type(essay, "/undo", "/private The noise.", "/undo", "/quit")
    assert "Nothing was answered yet, so there is nothing to take back." in seen
    assert "Taken back: note 1 is deleted, and its text stands in the line below.\n/private The noise.\n" in seen
    assert terminal.keyboard.offered[-1] == "/private The noise."
    assert notes(terminal, essay) == []


def test_the_menu_takes_commands_with_a_slash_and_says_what_makes_no_sense(terminal: Terminal) -> None:
    essay = terminal.essay("## What I missed\n\nIt.\n", "## What I missed\n\nThat.\n")
    seen = terminal.resume_and_type(essay, "/skip", "back", "/Undo", "/help", "/quit")
    assert "There is no question here to skip" in seen
    assert "Before this came the questions" in seen
    assert "Version 1" in seen
    assert "delete note N for good" in seen
    assert f"essay-bot essays resume {essay.id}" in seen.splitlines()[-1]


def test_slash_commands_work_at_the_cost_confirmation(terminal: Terminal) -> None:
    essay = terminal.essay("## What I missed\n\nIt.\n")
    seen = terminal.resume_and_type(essay, "draft", "/back", "draft", "/quit")
    assert "Nothing was begun." in seen
    assert "Everything is stored" in seen.splitlines()[-1]
    assert terminal.room.models.asked == []


def test_leaving_at_the_first_prompts_creates_no_essay(terminal: Terminal) -> None:
    terminal.types("help", "/undo", "/quit")
    terminal.session().start(None)
    seen = terminal.stdout.getvalue()
    assert "Type its number" in seen
    assert "There is nothing to undo here." in seen
    assert seen.endswith("Nothing was begun.\n")


def test_the_notes_prompt_can_be_skipped_and_queries_a_command_word(terminal: Terminal) -> None:
    terminal.room.models.script(None)
    terminal.types("1", "skip", "/skip", "The noise.", "/quit")
    terminal.session().start(None)
    (essay,) = terminal.runner.run(terminal.room.desk.list_essays(LOCAL_WRITER))
    assert notes(terminal, essay) == ["The noise."]


def test_a_refused_page_of_notes_is_offered_for_editing_again(terminal: Terminal) -> None:
    desk = terminal.room.desk
    desk.limits = replace(desk.limits, page_characters=20)
    long = "The noise of the presses in the hall."
    terminal.types("1", long, "/quit")
    terminal.session().start(None)
    assert terminal.keyboard.offered[2] == long
    assert terminal.stdout.getvalue().splitlines()[-1].startswith("Everything is stored as essay")


def test_an_exported_essay_is_offered_again_and_labelled_as_exported(terminal: Terminal) -> None:
    essay = terminal.essay("## What I missed\n\nIt.\n")
    export(terminal, essay)
    terminal.types("", "done")
    terminal.session().start(None)
    seen = terminal.stdout.getvalue()
    assert f'You have an essay that is exported: "{essay.title}" (short-one), ' in seen
    assert "Version 1" in seen
    assert f"stored as essay {essay.id}" in seen


def test_one_of_several_essays_can_be_chosen_and_back_returns_to_the_list(terminal: Terminal) -> None:
    first, second = terminal.essay("## What I missed\n\nOne.\n"), terminal.essay("## What I missed\n\nTwo.\n")
    export(terminal, first)
    terminal.types("maybe", "n", "/back", "2", "post", "done")
    terminal.session().start(None)
    seen = terminal.stdout.getvalue()
    assert "“maybe” is not one of these." in seen
    assert seen.count("Your essays, the last changed first:") == 2
    assert ", exported\n" in seen
    assert ", in progress\n" in seen
    assert f"stored as essay {second.id}" in seen
    assert len(terminal.runner.run(terminal.room.desk.list_essays(LOCAL_WRITER))) == 2


def test_in_a_real_terminal_arrow_up_recalls_no_old_answer_and_slash_commands_work(
    start_in_terminal: Callable[..., Person], essay_bot: Callable[..., Ran]
) -> None:
    person = start_in_terminal("try", "-s", "layoff")
    person.sees("0 of 6 sections have notes")
    person.sees("Answer:")
    person.types("They called at nine.")
    person.sees("1 of 6 sections have notes")
    person.sees("Answer:")
    person.types("\x1b[A\x1b[AForty letters.")
    person.sees("2 of 6 sections have notes")
    person.sees("Answer:")
    person.types("/back")
    person.sees("stands in the line")
    person.sees("Forty letters.")
    person.types(" And a call.")
    person.sees("2 of 6 sections have notes")
    person.sees("Answer:")
    person.types("/done")
    person.sees("Next [help]:")
    person.types("measures")
    person.sees("measures have nothing to say")
    person.sees("Next [help]:")
    person.types("\x1b[A")
    person.sees("measures have nothing to say")
    person.sees("Next [help]:")
    person.types("/quit")
    person.sees("Everything is stored as essay")
    assert person.leaves() == 0
    essay = essay_bot("essays").out.splitlines()[1].split()[0]
    printed = essay_bot("essays", "notes", essay)
    assert printed.code == 0
    assert printed.out.startswith("# Layoff: notes\n\n## ")
    assert printed.out.count("They called at nine.") == 1
    assert "\n\n### Note 2\n\n> " in printed.out
    assert printed.out.endswith("\n\nForty letters. And a call.\n")


def test_a_command_typed_after_an_offered_answer_runs_as_a_command(terminal: Terminal) -> None:
    essay = begun(terminal)
    terminal.resume_and_type(essay, "The noise.", "/back", "The noise./skip", "/back", "The noise. /done", "n")
    assert notes(terminal, essay) == ["The noise."]
    assert terminal.keyboard.offered.count("The noise.") == 2
