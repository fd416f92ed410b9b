"""An export replaces no file that is there, unless that was asked for; and the file it was read from never."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import ExportFileExists
from bot.terminal.output import write_file
from tests.terminal.conftest import Ran
from tests.terminal.scripted_terminal import Terminal

Run = Callable[..., Ran]


@pytest.fixture
def notes(home: Path) -> Path:
    path = home / "n.md"
    path.write_text("## What I missed\n\nThe noise.\n")
    return path


@pytest.mark.parametrize("name", ["n.md", "./n.md", "linked.md", "hard.md", "../home/n.md"])
def test_the_notes_file_is_never_overwritten_under_any_spelling_of_its_path(
    essay_bot: Run, home: Path, notes: Path, name: str
) -> None:
    (home / "linked.md").symlink_to(notes)
    (home / "hard.md").hardlink_to(notes)
    before = notes.read_bytes()
    for output, given in ((name, "n.md"), ("n.md", name)):
        ran = essay_bot("draft", given, "-o", output, "--force")
        assert (ran.code, "never written over: give another name" in ran.err) == (2, True)
    assert notes.read_bytes() == before
    assert (home / "linked.md").is_symlink()
    assert "You have no essays yet" in essay_bot("essays").err


def test_a_notes_file_read_from_standard_input_is_not_overwritten(essay_bot: Run, notes: Path) -> None:
    before = notes.read_bytes()
    ran = essay_bot("draft", "/dev/stdin", "-o", "n.md", given=before)  # a pipe: n.md is merely there
    assert (ran.code, "is there already" in ran.err) == (2, True)
    assert notes.read_bytes() == before


def test_an_existing_file_is_overwritten_only_with_force(essay_bot: Run, home: Path, notes: Path) -> None:
    (home / "mine.md").write_text("Mine.")
    refused = essay_bot("draft", "n.md", "-o", "mine.md")
    assert (refused.code, "mine.md is there already, and was left as it is" in refused.err) == (2, True)
    assert "--force" in refused.err
    assert (home / "mine.md").read_text() == "Mine."
    assert "You have no essays yet" in essay_bot("essays").err
    assert essay_bot("draft", "n.md", "-o", "mine.md", "--force").code == 0
    essay = essay_bot("essays").out.splitlines()[1].split()[0]
    (home / "mine.md").write_text("Mine.")
    refused = essay_bot("essays", "export", essay, "-o", "mine.md")
    assert (refused.code, f"The post is stored as essay {essay}" in refused.err) == (2, True)
    assert (home / "mine.md").read_text() == "Mine."
    assert essay_bot("essays", "export", essay, "-o", "mine.md", "--force").code == 0
    assert "The noise." in (home / "mine.md").read_text()
    assert not [path for path in home.iterdir() if path.name.startswith(".mine")]


def test_the_database_is_never_overwritten(essay_bot: Run, home: Path, notes: Path) -> None:
    essay_bot("draft", "n.md")
    essay = essay_bot("essays").out.splitlines()[1].split()[0]
    for name in ("data/essays.db", "data/essays.db.key"):
        ran = essay_bot("essays", "export", essay, "-o", name, "--force")
        assert (ran.code, "never written over" in ran.err) == (2, True)
    assert essay_bot("essays").code == 0


def test_the_menu_overwrites_a_file_only_with_force(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.md").write_text("Mine.")
    essay = terminal.essay("## What I missed\n\nThe noise.\n")
    terminal.resume_and_type(essay, "export mine.md")
    assert (tmp_path / "mine.md").read_text() == "Mine."
    assert "mine.md is there already, and was left as it is" in terminal.stdout.getvalue()
    terminal.resume_and_type(essay, "export mine.md --force")
    assert "The noise." in (tmp_path / "mine.md").read_text()


def test_a_file_that_appears_while_the_post_is_written_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, flush = tmp_path / "out.md", os.fsync

    def somebody_is_quicker(handle: int) -> None:
        flush(handle)
        target.write_text("Theirs.")

    monkeypatch.setattr(os, "fsync", somebody_is_quicker)
    with pytest.raises(ExportFileExists):
        write_file(target, b"Ours.")
    assert (target.read_text(), list(tmp_path.iterdir())) == ("Theirs.", [target])


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out.md"
    target.write_text("Old.")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Exception, match="no space left"):
        write_file(target, b"New.", replace=True)
    assert (target.read_text(), list(tmp_path.iterdir())) == ("Old.", [target])


def test_the_advice_to_make_room_is_given_only_if_the_disk_is_full(essay_bot: Run, notes: Path) -> None:
    assert notes.exists()
    assert "(no such file or directory): choose another place." in essay_bot("draft", "n.md", "-o", "no/x.md").err
    assert "(is a directory): choose another place." in essay_bot("draft", "n.md", "-o", ".").err
    assert "make room there, or choose another place." in essay_bot("draft", "n.md", "-o", "/dev/full").err
