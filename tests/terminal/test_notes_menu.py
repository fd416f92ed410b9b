"""Notes in the terminal's menu: listed, shown, edited, moved, deleted, left out and taken in."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.essay.essay import Essay
from bot.terminal import LOCAL_WRITER
from tests.terminal.scripted_terminal import Terminal


@pytest.fixture
def essay(terminal: Terminal) -> Essay:
    """An essay whose text is set from its notes."""
    made = terminal.runner.run(terminal.room.desk.create_essay(LOCAL_WRITER, terminal.structure))
    terminal.runner.run(
        terminal.room.desk.add_notes(LOCAL_WRITER, made.id, "Loose words.\n\n## What I missed\n\nThe noise.\n")
    )
    terminal.runner.run(terminal.room.desk.assemble_post(LOCAL_WRITER, made.id))
    return made


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "editor.sh"
    script.write_text('#!/bin/sh\necho "Typed in the editor." > "$1"\n')
    script.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(script))


def texts(terminal: Terminal, essay: Essay) -> list[tuple[str, str | None]]:
    return [(note.text, note.section) for note in terminal.runner.run(terminal.room.desk.notes(LOCAL_WRITER, essay.id))]


def test_a_note_is_shown_whole_and_nothing_changes(terminal: Terminal, essay: Essay) -> None:
    seen = terminal.resume_and_type(essay, "notes 2", "note 1", "notes all", "notes 9", "notes x")
    assert "Note 2  What I missed\n\nThe noise.\n" in seen
    assert "Note 1  (no section)\n\nLoose words.\n" in seen
    assert "## What I missed\n\n### Note 2\n\nThe noise.\n\n## Unsorted notes\n\n### Note 1\n\nLoose words.\n" in seen
    assert "There is no note 9" in seen
    assert len(texts(terminal, essay)) == 2


@pytest.mark.usefixtures("editor")
def test_a_note_is_edited_and_the_post_follows(terminal: Terminal, essay: Essay) -> None:
    seen = terminal.resume_and_type(essay, "notes edit 2")
    assert "Note 2 is changed. The text follows: it is version 2 now." in seen
    assert texts(terminal, essay) == [("Loose words.", None), ("Typed in the editor.", "missed")]
    assert "Typed in the editor." in terminal.text(essay).text


@pytest.mark.parametrize("where", ["2", "gave-up", "what i gave", "What I gave up"])
def test_a_note_is_moved_by_a_sections_number_key_or_the_start_of_its_name(
    terminal: Terminal, essay: Essay, where: str
) -> None:
    seen = terminal.resume_and_type(essay, f"notes move 1 {where}", "notes move 2 none", "notes move 1 Nowhere")
    assert "Note 1 is under What I gave up now. The text follows" in seen
    assert "Note 2 is under no section now." in seen
    assert "There is no section Nowhere: the sections are 1 What I missed; 2 What I gave up." in seen
    assert texts(terminal, essay) == [("Loose words.", "gave-up"), ("The noise.", None)]


def test_deleting_asks_first_and_says_that_it_is_final(terminal: Terminal, essay: Essay) -> None:
    seen = terminal.resume_and_type(
        essay, "notes delete 2", "", "notes delete 2", "maybe", "notes delete 2", "y", "note 2"
    )
    assert seen.count("Nothing was deleted.") == 2
    assert any("cannot be brought back" in prompt for prompt in terminal.keyboard.asked)
    assert "Note 2 is deleted. The text follows: it is version 2 now." in seen
    assert "There is no note 2" in seen
    assert texts(terminal, essay) == [("Loose words.", None)]


def test_every_command_cancels_the_confirmation_of_a_deletion(terminal: Terminal, essay: Essay) -> None:
    terminal.resume_and_type(essay, "notes delete 2", "/back", "notes delete 2", "/quit")
    assert len(texts(terminal, essay)) == 2


def test_a_note_is_excluded_and_included_again_by_command(terminal: Terminal, essay: Essay) -> None:
    seen = terminal.resume_and_type(essay, "notes out 2", "notes out 2", "notes in 2")
    assert seen.count("Note 2 is left out") == 2
    assert "Note 2 is taken in again." in seen
    assert "The noise." in terminal.text(essay).text


@pytest.mark.usefixtures("editor")
def test_a_text_edited_by_the_writer_does_not_follow_a_changed_note_and_the_writer_is_told(
    terminal: Terminal, essay: Essay
) -> None:
    terminal.runner.run(terminal.change(essay.id, "## What I missed\n\nThe noise.\n"))
    seen = terminal.resume_and_type(essay, "notes edit 2")
    assert "Note 2 is changed. The text stays as it is, since it is no longer set from notes alone." in seen
    assert "Words that no note holds now still stand in it: “The noise”." in seen
    assert terminal.text(essay).info.number == 2


def test_excluding_or_including_a_note_says_that_the_post_is_updated(terminal: Terminal, essay: Essay) -> None:
    seen = terminal.resume_and_type(essay, "notes out 2", "notes in 2")
    assert "Note 2 is left out: it stays stored, and no model sees it. The text follows: it is version 2 now." in seen
    assert "Note 2 is taken in again. The text follows: it is version 3 now." in seen


@pytest.mark.parametrize("leaves", ["/quit", "ctrl-c"])
def test_answers_are_added_to_the_post_however_the_interview_is_left(
    terminal: Terminal, essay: Essay, leaves: str
) -> None:
    def ctrl_c() -> str:
        raise KeyboardInterrupt

    terminal.room.models.script(*[None] * 9)
    if leaves == "/quit":
        terminal.resume_and_type(essay, "answer", "The smell of paint.", leaves)
    else:
        with pytest.raises(KeyboardInterrupt):
            terminal.resume_and_type(essay, "answer", "The smell of paint.", ctrl_c)
    assert "The smell of paint." in terminal.text(essay).text
