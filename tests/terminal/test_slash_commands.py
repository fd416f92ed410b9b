"""A line that begins with a slash is a command or is refused: it never becomes an answer that a model would see."""

from __future__ import annotations

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
    assert terminal.keyboard.offered[1] == (line if not line.startswith("/notes") else "")
    assert terminal.runner.run(terminal.room.desk.notes(LOCAL_WRITER, essay.id)) == ()
