"""The session by keyboard, through a real pseudo-terminal."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from pathlib import Path

import pexpect

from tests.terminal.conftest import Ran
from tests.terminal.pty_processes import Person

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r")


def test_a_whole_session_from_the_choice_of_a_structure_to_the_exported_file(
    start_in_terminal: Callable[..., Person], home: Path, essay_bot: Callable[..., Ran]
) -> None:
    editor = home / "editor.sh"
    editor.write_text('#!/bin/sh\necho "Typed in the editor." > "$1"\n')
    editor.chmod(0o755)
    person = start_in_terminal("try", EDITOR=str(editor))
    person.sees("No model is at work here")
    person.sees("Structure [1–9")
    person.types("2")
    person.sees("0 of 7 sections have notes")
    person.sees("Answer:")
    person.types("I fixed the press at 4 in the morning.")
    person.sees("1 of 7 sections have notes")
    person.sees("Answer:")
    person.pastes("First paragraph.\r\rSecond paragraph.")
    person.types("")
    person.sees("2 of 7 sections have notes")
    person.sees("Answer:")
    person.child.sendeof()
    person.sees("5 gaps still to fill")
    person.sees("Next [help]:")
    person.types("edit 3")
    person.sees("4 gaps still to fill")
    person.sees("Next [help]:")
    person.types("undo")
    person.sees("5 gaps still to fill")
    person.sees("Next [help]:")
    person.types("redo")
    person.sees("4 gaps still to fill")
    person.sees("Next [help]:")
    person.types("diff 1 2")
    person.sees("Typed")
    person.sees("Next [help]:")
    person.types("measures")
    person.sees("measures have nothing to say")
    person.sees("Next [help]:")
    person.types("title Out of the workshop")
    person.sees("The title is stored")
    person.sees("Next [help]:")
    person.types("frobnicate")
    person.sees("There is no such command")
    person.sees("Next [help]:")
    person.types("export")
    person.sees("Exported to")
    person.sees("Next [help]:")
    person.types("done")
    assert person.leaves() == 0
    text = (home / "out-of-the-workshop.md").read_text()
    assert "I fixed the press at 4 in the morning.\n" in text
    assert "First paragraph.\n\nSecond paragraph.\n" in text
    assert "\n\nTyped in the editor.\n" in text
    essay = essay_bot("essays").out.splitlines()[1].split()[0]
    assert essay_bot("essays", "export", essay).out == text


def test_after_a_kill_the_session_resumes_with_every_answer(
    start_in_terminal: Callable[..., Person], essay_bot: Callable[..., Ran]
) -> None:
    person = start_in_terminal("try", "-s", "layoff")
    person.sees("0 of 6 sections have notes")
    person.sees("Answer:")
    person.types("They called at nine.")
    person.sees("1 of 6 sections have notes")
    person.child.kill(signal.SIGKILL)
    person.child.wait()
    person = start_in_terminal("try")
    person.sees("You have an essay in progress")
    person.sees("1 of 6 sections with notes")
    person.types("y")
    person.sees("1 of 6 sections have notes")
    person.sees("Answer:")
    person.child.sendeof()
    person.sees("They called at nine.")
    person.sees("Next [help]:")
    person.types("done")
    assert person.leaves() == 0


def test_a_long_paste_without_bracketed_paste_is_one_answer(
    start_in_terminal: Callable[..., Person], essay_bot: Callable[..., Ran]
) -> None:
    person = start_in_terminal("try", "-s", "layoff")
    person.sees("0 of 6 sections have notes")
    person.sees("Answer:")
    long_line = "word " * 2_000
    person.child.send(f"One.\r\r{long_line}\rThree.\r")
    person.sees("1 of 6 sections have notes")
    person.sees("Answer:")
    person.child.sendeof()
    person.sees("Next [help]:")
    person.child.sendeof()
    assert person.leaves() == 0
    essay = essay_bot("essays").out.splitlines()[1].split()[0]
    assert f"\n\nOne.\n\n{long_line}\nThree.\n" in essay_bot("essays", "export", essay).out


def test_a_session_takes_private_answers_notes_by_path_and_skipped_questions(
    start_in_terminal: Callable[..., Person], home: Path, essay_bot: Callable[..., Ran]
) -> None:
    (home / "page.md").write_text("## The weeks after\n\nForty letters.\n")
    person = start_in_terminal("try", "-s", "layoff")
    person.sees("0 of 6 sections have notes")
    person.sees("Answer:")
    person.types("/private My boss cried.")
    person.sees("1 of 6 sections have notes")
    person.sees("Answer:")
    person.types("/notes nowhere.md")
    person.sees("There is no file nowhere.md")
    person.sees("Answer:")
    person.types("/notes page.md")
    person.sees("1 note stored")
    person.sees("Answer:")
    person.child.sendeof()
    person.sees("Next [help]:")
    person.types("notes")
    person.sees("private")
    person.sees("Next [help]:")
    person.types("notes in 1")
    person.sees("Note 1 is marked [private]: edit it and take the mark away to use it.")
    person.sees("Next [help]:")
    person.types("answer")
    person.sees("Answer:")
    person.types("A spreadsheet.")
    person.sees("3 of 6 sections have notes")
    person.sees("Answer:")
    person.child.sendeof()
    person.sees("Next [help]:")
    person.types("done")
    assert person.leaves() == 0
    essay = essay_bot("essays").out.splitlines()[1].split()[0]
    text = essay_bot("essays", "export", essay).out
    assert "My boss cried." not in text
    for words in ("Forty letters.", "A spreadsheet."):
        assert words in text


def test_ctrl_c_exits_with_130_and_keeps_everything_stored(
    start_in_terminal: Callable[..., Person], essay_bot: Callable[..., Ran]
) -> None:
    person = start_in_terminal("try", "-s", "layoff")
    person.sees("0 of 6 sections have notes")
    person.sees("Answer:")
    person.types("They called at nine.")
    person.sees("1 of 6 sections have notes")
    person.sees("Answer:")
    person.child.sendcontrol("c")
    person.sees("Stopped by Ctrl-C. What was stored is safe.")
    assert person.leaves() == 130
    assert "layoff" in essay_bot("essays").out


def test_no_color_is_honoured(start_in_terminal: Callable[..., Person]) -> None:
    person = start_in_terminal("structures", "layoff", NO_COLOR="1")
    person.child.expect(pexpect.EOF)
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", person.child.before or "")
