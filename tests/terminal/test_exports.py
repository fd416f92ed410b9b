"""A post goes where it is read: by its place, by a file's ending, by standard output, and by the clipboard."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli.main import cli
from bot.essay.export_targets import EXPORT_TARGETS
from bot.terminal.exports import MAX_CLIPBOARD_BYTES, clipboard_sequence
from tests.essay.readers import read_docx, read_html
from tests.terminal.conftest import Ran
from tests.terminal.pty_processes import Person
from tests.terminal.scripted_terminal import Terminal

Run = Callable[..., Ran]
Start = Callable[..., Person]
NOTES = "# Out of the workshop\n\n## What I missed\n\nThe *noise*. Kim Olsen ran the lift.\n"


@pytest.fixture
def essay(essay_bot: Run, home: Path) -> str:
    """The id of an essay made of NOTES, which stand in n.md."""
    (home / "n.md").write_text(NOTES)
    essay_bot("draft", "n.md", "-o", "drafted.md")
    return essay_bot("essays").out.splitlines()[1].split()[0]


def from_clipboard(person: Person) -> str:
    """What a terminal is asked to take into its clipboard."""
    person.child.expect("\x1b\\]52;c;([A-Za-z0-9+/=]+)\x07")
    found = person.child.match
    assert isinstance(found, re.Match)
    return base64.b64decode(found.group(1)).decode()


def test_a_place_gets_what_it_takes_and_the_writer_is_told_what_to_do_there(essay_bot: Run, essay: str) -> None:
    ran = essay_bot("essays", "export", essay, "--for", "devto")
    assert ran.code == 0
    assert ran.out.startswith('---\ntitle: "Out of the workshop"\npublished: false\n')
    assert "It is published once you change published to true." in ran.err
    assert "Names to change, where somebody should not be known by them: Kim Olsen." in ran.err
    assert essay_bot("essays", "export", essay, "--format", "text").out.startswith("Out of the workshop\n\n")


def test_a_place_that_nobody_knows_is_refused_before_anything_is_done(essay_bot: Run, home: Path, essay: str) -> None:
    ran = essay_bot("essays", "export", essay, "--for", "linkdin", "-o", "x.txt")
    assert (ran.code, ran.out) == (2, "")
    assert "Nothing was exported: there is no place called linkdin. Did you mean linkedin?" in ran.err
    assert not (home / "x.txt").exists()
    drafts = essay_bot("essays").out
    assert essay_bot("draft", "n.md", "--for", "nowhere").code == 2
    assert essay_bot("essays").out == drafts


@pytest.mark.parametrize("name", ["post.docx", "post.html", "post.txt", "post.md"])
def test_the_ending_of_the_file_says_what_it_holds(essay_bot: Run, home: Path, essay: str, name: str) -> None:
    assert essay_bot("essays", "export", essay, "-o", name).code == 0
    data = (home / name).read_bytes()
    match name.rpartition(".")[2]:
        case "docx":
            assert "The noise. Kim Olsen ran the lift." in [one.text for one in read_docx(data).paragraphs]
        case "html":
            assert read_html(data).find("em", string="noise")
        case "txt":
            assert data.startswith(b"Out of the workshop\n\n")
        case _:
            assert data == (home / "drafted.md").read_bytes()


def test_a_file_that_is_there_is_left_as_it_is_whatever_the_place(essay_bot: Run, home: Path, essay: str) -> None:
    (home / "mine.docx").write_text("Mine.")
    ran = essay_bot("essays", "export", essay, "-o", "mine.docx")
    assert (ran.code, "mine.docx is there already, and was left as it is" in ran.err) == (2, True)
    assert (home / "mine.docx").read_text() == "Mine."
    assert essay_bot("essays", "export", essay, "-o", "mine.docx", "--force").code == 0
    assert read_docx((home / "mine.docx").read_bytes()).paragraphs


def test_what_is_no_text_is_not_shown_in_a_terminal(start_in_terminal: Start, essay: str) -> None:
    person = start_in_terminal("essays", "export", essay, "--for", "docx")
    person.sees("A Word document cannot be shown in a terminal: name a file for it, as in -o post.docx.")
    assert person.leaves() == 2


def test_help_names_every_place(essay_bot: Run) -> None:
    export = cli.commands["essays"].commands["export"]  # type: ignore[attr-defined]  # it is a group
    (option,) = [one for one in export.params if one.name == "place"]
    named = re.findall(r"\w+", option.help.split(";")[0].partition(":")[2])
    assert [one for one in named if one != "or"] == list(EXPORT_TARGETS)


def test_copying_without_a_terminal_says_what_to_do_instead(essay_bot: Run, essay: str) -> None:
    ran = essay_bot("essays", "export", essay, "--for", "linkedin", "--copy")
    assert (ran.code, ran.out) == (2, "")
    assert "Nothing was copied: only a terminal has a clipboard, and standard output is none here." in ran.err


def test_a_terminal_is_given_the_post_for_its_clipboard(start_in_terminal: Start, essay: str) -> None:
    person = start_in_terminal("essays", "export", essay, "--for", "linkedin", "--copy")
    copied = from_clipboard(person)
    assert copied.startswith("Out of the workshop\n\n")
    person.sees(f"{len(copied):,} characters went to the terminal's clipboard.")
    person.sees("Paste it into a new post.")
    assert person.leaves() == 0


def test_a_rich_text_is_not_copied_as_its_tags(start_in_terminal: Start, essay: str) -> None:
    person = start_in_terminal("essays", "export", essay, "--for", "medium", "--copy")
    person.sees("a terminal's clipboard holds plain text alone, and Medium needs more.")
    assert person.leaves() == 2


def test_a_text_that_no_clipboard_takes_is_not_sent_to_it(start_in_terminal: Start, essay_bot: Run, home: Path) -> None:
    (home / "long.md").write_text(f"## What I missed\n\n{'It was loud. ' * 6_000}\n")
    essay_bot("draft", "long.md", "-o", "long-post.md")
    person = start_in_terminal("essays", "export", "1", "--copy")
    person.sees(f"a terminal's clipboard takes {MAX_CLIPBOARD_BYTES:,}.")
    assert person.leaves() == 2


def test_multiplexers_are_given_a_sequence_that_they_pass_on() -> None:
    data = b"word " * 200
    bare = clipboard_sequence(data, {})
    assert bare == f"\x1b]52;c;{base64.b64encode(data).decode()}\x07"
    tmux = clipboard_sequence(data, {"TMUX": "default,1,0"})
    passed = re.fullmatch("(.*?\x07)\x1bPtmux;(.*)\x1b\\\\", tmux)
    assert passed is not None
    assert passed[1] == passed[2].replace("\x1b\x1b", "\x1b") == bare
    screen = clipboard_sequence(data, {"STY": "1.tty"})
    chunks = re.findall("\x1bP(.*?)\x1b\\\\", screen)
    assert "".join(chunks) == bare
    assert max(len(f"\x1bP{chunk}\x1b\\") for chunk in chunks) <= 256


def test_the_menu_exports_for_a_place_and_by_a_file_s_ending(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    essay = terminal.essay("## What I missed\n\nThe noise.\n")
    lines = ("hugo", "--for linkdin x.txt", "--for", "--for text post.text", "LinkedIn in.txt", "post.docx")
    terminal.resume_and_type(essay, *(f"export {line}" for line in (*lines, "--force docx post.docx", "linked in")))
    shown = " ".join(terminal.stdout.getvalue().split())
    (hugo,) = tmp_path.glob("*.md")
    assert "draft: true\n" in hugo.read_text()
    assert "Put it into content/posts. It is a draft until you change draft to false." in shown
    assert "there is no place called linkdin. Did you mean linkedin?" in shown
    assert not list(tmp_path.glob("*for*"))
    assert (tmp_path / "post.text").read_text().endswith("The noise.\n")
    assert (tmp_path / "in.txt").read_text().endswith("The noise.\n")
    assert read_docx((tmp_path / "post.docx").read_bytes()).paragraphs
    assert "post.docx is there already" not in shown
    assert "there is no place called linked. Did you mean linkedin?" in shown
    assert "A file is named with its ending, as in: export post.md" in shown
    assert not list(tmp_path.glob("*linked*"))


def test_the_menu_says_that_nothing_was_copied_where_there_is_no_terminal(terminal: Terminal) -> None:
    essay = terminal.essay("## What I missed\n\nThe noise.\n")
    terminal.resume_and_type(essay, "copy --for linkedin", "copy nowhere")
    shown = terminal.stdout.getvalue()
    assert "Nothing was copied: only a terminal has a clipboard" in shown
    assert "there is no place called nowhere." in shown


def test_copy_in_the_menu_reaches_the_clipboard(start_in_terminal: Start, essay: str) -> None:
    person = start_in_terminal("essays", "resume", essay)
    person.sees("Next [help]")
    person.types("copy linkedin")
    assert from_clipboard(person).startswith("Out of the workshop\n\n")
    person.sees("characters went to the terminal's clipboard.")
    person.types("done")
    assert person.leaves() == 0
