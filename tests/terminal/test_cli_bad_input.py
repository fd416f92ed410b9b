"""Whatever is wrong is told in one sentence on standard error, with exit code 2 and without a traceback."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.terminal.conftest import PROGRAM, Ran
from tests.terminal.pty_processes import Person

Run = Callable[..., Ran]


def refused(ran: Ran, words: str) -> None:
    assert ran.code == 2, ran
    assert words in ran.err
    assert len(ran.err.splitlines()) == 1, ran.err
    assert ran.out == ""


@pytest.mark.parametrize("command", ["draft", "critique"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no words"),
        (b" \n\n\t", "holds no words"),
        (b"\x00\x01\x02", "is not a text file"),
        (b"a " * 2_500_000, "is longer than 1,000,000 bytes"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(
    essay_bot: Run, home: Path, command: str, content: bytes, words: str
) -> None:
    (home / "notes.md").write_bytes(content)
    refused(essay_bot(command, "notes.md"), words)
    refused(essay_bot(command, "-", given=content), words)
    assert "You have no essays yet" in essay_bot("essays").err


@pytest.mark.parametrize("command", ["draft", "critique"])
def test_a_path_without_a_file_is_reported(essay_bot: Run, home: Path, command: str) -> None:
    refused(essay_bot(command, "nowhere.md"), "There is no file nowhere.md: check the path.")
    refused(essay_bot(command, "."), "is a directory")
    refused(essay_bot(command, "n" * 300), "cannot be read")


def test_a_file_in_a_legacy_encoding_is_read_and_the_encoding_is_reported(essay_bot: Run, home: Path) -> None:
    (home / "notes.txt").write_bytes("What I missed\r\n\r\nThe café.\r\n".encode("cp1252"))
    ran = essay_bot("draft", "notes.txt")
    assert ran.code == 0
    assert "The café.\n" in ran.out
    assert "read as cp1252" in ran.err


def test_windows_line_ends_and_a_byte_order_mark_are_removed(essay_bot: Run) -> None:
    ran = essay_bot("draft", "-", given=b"\xef\xbb\xbf## What I missed\r\n\r\nOne.\r\n\r\nTwo.\r\n")
    assert "## What I missed\n\nOne.\n\nTwo.\n" in ran.out


def test_a_file_of_headings_alone_is_refused_and_creates_no_essay(essay_bot: Run) -> None:
    refused(essay_bot("draft", "-", given="## What I missed\n"), "no words under the headings")
    assert "You have no essays yet" in essay_bot("essays").err


def test_an_essay_or_structure_that_does_not_exist_is_reported(essay_bot: Run) -> None:
    refused(essay_bot("draft", "-", "-s", "carer-switch", given="Words."), "did you mean career-switch")
    refused(essay_bot("structures", "nope"), "There is no structure called nope")
    refused(essay_bot("frobnicate"), "No such command")
    refused(essay_bot("report", "1"), "No such command 'report'. Did you mean 'essays report'?")
    refused(essay_bot("draft"), "Missing argument 'NOTES'")
    missing = "Missing argument 'ESSAY'. Its number is in the list that essay-bot essays shows, as in 1."
    refused(essay_bot("essays", "export"), missing)
    for command in ("export", "resume", "diff"):
        more = ("1", "2") if command == "diff" else ()
        said = "You have no essay 999: essay-bot essays lists those you have."
        refused(essay_bot("essays", command, "999", *more), said)
    refused(
        essay_bot("draft", "-", "-s", "It rained.", given="Words."), "no structure called It rained. The structures"
    )


@pytest.mark.parametrize("command", ["draft", "critique", "try"])
def test_an_empty_structure_is_refused(essay_bot: Run, command: str) -> None:
    refused(essay_bot(command, *([] if command == "try" else ["-"]), "-s", " ", given="Words."), "-s was given no")
    assert "You have no essays yet" in essay_bot("essays").err


def test_help_names_the_structure_of_a_draft_that_is_given_none(essay_bot: Run) -> None:
    said = " ".join(essay_bot("draft", "--help").out.split())
    assert "Else career-switch, or the one of which NOTES have most headings." in said


def test_the_demo_in_a_directory_that_cannot_be_written_says_that_the_sample_is_not_stored(
    home: Path, environment: dict[str, str]
) -> None:
    done = subprocess.run(
        [str(PROGRAM), "try", "--demo"], capture_output=True, cwd="/proc", env=environment, check=False, timeout=60
    )
    said = done.stderr.decode()
    assert done.returncode == 2
    assert "cannot be written" in said
    assert said.endswith("The sample is not stored: run this again in a directory that can be written.\n")
    assert "stored as" not in said


def test_text_that_is_typed_for_a_command_can_be_ended_and_the_program_says_how(
    start_in_terminal: Callable[..., Person],
) -> None:
    person = start_in_terminal("draft", "-")
    person.sees("Type or paste the text; Ctrl-D on a line of its own ends it")
    person.types("It was raining.")
    person.child.sendeof()
    person.sees("Stored as essay")
    assert person.leaves() == 0


@pytest.mark.parametrize("target", ["no/such/place.md", ".", "n" * 300, "notes.md/post.md", "/proc/post.md"])
def test_an_unwritable_output_path_is_reported_before_any_work_begins(essay_bot: Run, home: Path, target: str) -> None:
    (home / "notes.md").write_text("A file, and no directory.")
    ran = essay_bot("draft", "-", "-o", target, given="Some words.")
    refused(ran, "cannot be written")
    assert "No model was asked: nothing was spent, and nothing was stored." in ran.err
    assert "You have no essays yet" in essay_bot("essays").err
    assert not list(home.glob(".*"))


def test_a_full_disk_at_the_output_is_reported(essay_bot: Run, home: Path) -> None:
    ran = essay_bot("draft", "-", "-o", "/dev/full", given="Some words.")
    assert (ran.code, "no space left" in ran.err) == (2, True)
    assert "The post is stored as essay" in ran.err
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [str(PROGRAM), "structures"], stdout=full, stderr=subprocess.PIPE, cwd=home, check=False, timeout=60
        )
    assert done.returncode == 2
    assert b"standard output cannot be written (no space left on device)" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [["structures"], ["--help"], ["critique", "--json", "-"], ["draft", "-"]])
def test_a_pipe_closed_by_its_reader_ends_the_command_quietly(
    home: Path, environment: dict[str, str], arguments: list[str]
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [str(PROGRAM), *arguments],
        input=b"## What I missed\n\nWords.\n",
        stdout=writing,
        stderr=subprocess.PIPE,
        cwd=home,
        env=environment,
        check=False,
        timeout=60,
    )
    os.close(writing)
    assert done.returncode == 141  # as a shell says it of a tool that SIGPIPE ended
    assert b"Stored as essay" in done.stderr if "draft" in arguments else done.stderr == b""
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


def test_a_database_of_another_program_is_refused(essay_bot: Run, home: Path) -> None:
    other = home / "other.db"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()
    refused(
        essay_bot("draft", "-", given="Words.", more={"DATABASE_PATH": str(other)}),
        "is not a Career Essay Bot database",
    )


def test_a_missing_key_is_named(essay_bot: Run, home: Path) -> None:
    essay_bot("draft", "-", given="Words.")
    (home / "data" / "essays.db.key").unlink()
    refused(essay_bot("essays"), "is encrypted with the key whose fingerprint is")


def test_a_key_is_replaced_only_where_somebody_said_so_and_there_is_a_database(essay_bot: Run, home: Path) -> None:
    key_file = home / "data" / "essays.db.key"
    refused(essay_bot("rotate-key", "--yes"), "There is no database at")
    assert not key_file.exists()
    essay_bot("draft", "-", given="Words.")
    old = key_file.read_text()
    refused(essay_bot("rotate-key"), "This asks first, and there is no terminal to answer in: add --yes.")
    key_file.unlink()
    refused(essay_bot("rotate-key", "--yes"), "is encrypted with the key whose fingerprint is")
    key_file.write_text(old)
    ran = essay_bot("rotate-key", "--yes")
    assert (ran.code, key_file.read_text() != old) == (0, True)
    assert "opens nothing in it now. Backups made before still need it." in ran.err


def test_an_invalid_setting_is_named_without_showing_its_secret(essay_bot: Run, home: Path) -> None:
    ran = essay_bot("essays", more={"DATABASE_KEY": "hunter2"})
    refused(ran, "What stands in DATABASE_KEY is not an encryption key")
    assert "hunter2" not in ran.err
    (home / ".env").write_bytes(b"DATABASE_PATH=caf\xe9\n")
    refused(essay_bot("essays"), ".env")


def test_ctrl_c_exits_with_130_and_a_message(home: Path, environment: dict[str, str]) -> None:
    process = subprocess.Popen(
        [str(PROGRAM), "draft", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=home,
        env={**environment, "PYTHONUNBUFFERED": "1"},
    )
    # The program blocks on reading its input, which is never closed; the signal meets it there or on its way there.
    assert process.stdin is not None
    process.stdin.write(b"Some words")
    process.stdin.flush()
    wait_until_reading(process.pid)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == b""
    assert b"Stopped by Ctrl-C. What was stored is safe." in err
    assert b"Traceback" not in err


def wait_until_reading(pid: int) -> None:
    """Returns when the process sleeps in a read of its standard input."""
    while Path(f"/proc/{pid}/wchan").read_text() not in {"pipe_read", "anon_pipe_read", "pipe_wait"}:
        if not Path(f"/proc/{pid}").exists():
            raise AssertionError("the program ended before it read")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("structures >&-", 2),
        ("try --demo >&-", 2),
        ("draft - >&- </dev/null", 2),
        ("draft - <&-", 2),
        ("try <&-", 0),
        ("--help >/dev/full", 2),
        ("critique nosuch 2>/dev/full", 2),
        ("critique nosuch 2>&-", 2),
        ("structures layoff 2>&-", 0),
    ],
)
def test_closed_and_full_streams_end_without_a_traceback(
    home: Path, environment: dict[str, str], command: str, code: int
) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{PROGRAM} {command}"], capture_output=True, cwd=home, env=environment, check=False, timeout=60
    )
    assert done.returncode == code, done
    assert b"Traceback" not in done.stderr


def test_an_ascii_only_terminal_shows_question_marks_for_other_characters(essay_bot: Run) -> None:
    ran = essay_bot("structures", "layoff", more={"PYTHONIOENCODING": "ascii"})
    assert ran.code == 0


def test_a_deleted_working_directory_is_reported(home: Path, environment: dict[str, str]) -> None:
    script = f"mkdir gone; cd gone; rmdir ../gone; {PROGRAM} try --demo"
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, cwd=home, env=environment, check=False, timeout=60
    )
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_a_post_can_be_exported_while_the_disk_of_the_database_is_full(essay_bot: Run, home: Path) -> None:
    essay_bot("draft", "-", given="Some words.")
    essay = essay_bot("essays").out.splitlines()[1].split()[0]
    (home / "data" / "essays.db").chmod(0o400)
    (home / "data").chmod(0o500)
    try:
        ran = essay_bot("essays", "export", essay)
    finally:
        (home / "data").chmod(0o700)
    assert "Some words." in ran.out


def test_an_exported_post_can_be_used_as_notes_for_a_draft(essay_bot: Run) -> None:
    first = essay_bot("draft", "-", "-s", "layoff", "-t", "Mine", given="## The call\n\nAt nine.\n\nLoose.\n").out
    again = essay_bot("draft", "-", given=first).out
    assert again == first
