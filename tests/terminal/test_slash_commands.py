"""A line that begins with a slash is a command or is refused: it never becomes an answer that a model would see."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.terminal import LOCAL_WRITER
from tests.terminal.scripted_terminal import END, Terminal


@pytest.mark.parametrize("command", ["/private", "/Private", "/PRIVATE", "/private:"])
def test_a_private_answer_is_excluded_however_the_command_is_typed(terminal: Terminal, command: str) -> None:
    essay = terminal.runner.run(terminal.room.desk.create_essay(LOCAL_WRITER, terminal.structure))
    terminal.resume_and_type(essay, f"{command} My boss drank.", END, "n")
    (note,) = terminal.runner.run(terminal.room.desk.notes(LOCAL_WRITER, essay.id))
    assert (note.text, note.public_text) == (f"{command} My boss drank.", "")
    assert terminal.room.models.asked == []


@pytest.mark.parametrize("line", ["/secret My boss drank.", "/privat: My boss drank.", "/nots page.md"])
def test_a_mistyped_command_is_refused_and_the_question_stays_open(terminal: Terminal, line: str) -> None:
    essay = terminal.runner.run(terminal.room.desk.create_essay(LOCAL_WRITER, terminal.structure))
    seen = terminal.resume_and_type(essay, line, END, "n")
    assert f"There is no {line.split()[0]} here: /help shows what there is. The question is still open." in seen
    assert terminal.keyboard.offered[1] == ""  # else what is typed behind it would be part of an answer
    assert terminal.runner.run(terminal.room.desk.notes(LOCAL_WRITER, essay.id)) == ()


@pytest.mark.parametrize("line", ["/private", "/foo", "/skip this", "/note", "/notes -"])
def test_a_refused_command_is_not_put_back_into_the_line(terminal: Terminal, line: str) -> None:
    essay = terminal.runner.run(terminal.room.desk.create_essay(LOCAL_WRITER, terminal.structure))
    terminal.resume_and_type(essay, line, "/quit")
    assert terminal.keyboard.offered == ["", ""]
    assert terminal.runner.run(terminal.room.desk.notes(LOCAL_WRITER, essay.id)) == ()


def test_a_refused_private_answer_is_put_back_into_the_line(terminal: Terminal) -> None:
    desk = terminal.room.desk
    desk.limits = replace(desk.limits, page_characters=20)
    essay = terminal.runner.run(desk.create_essay(LOCAL_WRITER, terminal.structure))
    line = "/private My boss drank at work."
    terminal.resume_and_type(essay, line, "/quit")
    assert terminal.keyboard.offered == ["", line]


def test_note_without_a_text_says_how_to_give_one(terminal: Terminal) -> None:
    essay = terminal.runner.run(terminal.room.desk.create_essay(LOCAL_WRITER, terminal.structure))
    terminal.room.models.script(None)
    seen = terminal.resume_and_type(essay, "/note", "It was loud.", END, "/note", "n")
    said = "Type the note behind /note, as in: /note It was raining."
    assert f"{said} The question is still open." in seen
    assert seen.count(said) == 2  # at the offer of a draft, too


def test_before_an_essay_is_open_a_note_is_refused_and_afterwards_it_is_stored(terminal: Terminal) -> None:
    said = "No essay is open yet to add notes to, so nothing was stored."
    terminal.types("/note It was raining.", "One line.\n\nAnother.", "1", "/note It rained.", "/quit")
    terminal.session().start(None)
    assert terminal.stdout.getvalue().count(said) == 2
    (essay,) = terminal.runner.run(terminal.room.desk.list_essays(LOCAL_WRITER))
    assert [one.text for one in terminal.runner.run(terminal.room.desk.notes(LOCAL_WRITER, essay.id))] == ["It rained."]
    terminal.types("/note It was raining.", "/quit")
    terminal.session().start(None)
    assert terminal.stdout.getvalue().count(said) == 3
