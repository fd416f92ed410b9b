"""mydata at the terminal, and what the host does about a person: asked, written down, without a word of theirs."""

from __future__ import annotations

import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from bot.discord_ui.interactions.responses import writer_id
from bot.store.sqlite import SqliteStore
from tests.terminal.conftest import Ran
from tests.terminal.pty_processes import Person

NOTES = "# Mill Lane\n\nThe lift at Mill Lane stopped in May 2019.\n"
ACCOUNT = 1234567890123456789


def test_what_is_stored_is_shown_exported_and_deleted(essay_bot: Callable[..., Ran], home: Path) -> None:
    assert "Stored about you: nothing." in essay_bot("mydata").out
    essay_bot("draft", "-", "--no-model", given=NOTES)
    assert "Stored about you: 1 essay, 1 version, 1 note." in essay_bot("mydata").out
    file = home / "mine.zip"
    assert essay_bot("mydata", "export", str(file)).code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(file) as archive:
        held = b"".join(archive.read(name) for name in archive.namelist())
    assert b"The lift at Mill Lane stopped" in held
    refused = essay_bot("mydata", "export", str(file))
    assert (refused.code, "is there already" in refused.err, "No model" in refused.err) == (2, True, False)
    database = essay_bot("mydata", "export", str(home / "data" / "essays.db"), "--force")
    assert (database.code, "so it is never written over" in database.err) == (2, True)
    assert essay_bot("mydata", "export", str(file), "--force").code == 0
    assert "add --yes" in essay_bot("mydata", "delete").err
    assert "Everything stored about you is deleted." in essay_bot("mydata", "delete", "--yes").err
    assert "Stored about you: nothing." in essay_bot("mydata").out
    assert essay_bot("mydata", "critiques").code == 0
    assert "There is no critique 1" in essay_bot("mydata", "delete-critique", "1", "--yes").err


def test_deleting_asks_twice(essay_bot: Callable[..., Ran], start_in_terminal: Callable[..., Person]) -> None:
    essay_bot("draft", "-", "--no-model", given=NOTES)
    for answers in (["n"], ["y", "no"]):
        one = start_in_terminal("mydata", "delete")
        one.sees("for good? [y/N]")
        one.types(answers[0])
        for answer in answers[1:]:
            one.sees("Type delete to do it")
            one.types(answer)
        assert one.leaves() == 0
    one = start_in_terminal("mydata", "delete")
    one.sees("for good? [y/N]")
    one.child.sendeof()  # Ctrl-D
    one.sees("Nothing was changed.")
    assert one.leaves() == 0
    assert "1 essay" in essay_bot("mydata").out
    one = start_in_terminal("mydata", "delete")
    one.sees("for good? [y/N]")
    one.types("y")
    one.sees("Type delete to do it")
    one.types("delete")
    one.sees("Everything stored about you is deleted.")
    assert one.leaves() == 0
    assert "Stored about you: nothing." in essay_bot("mydata").out


def test_the_host_answers_a_request_about_a_person(essay_bot: Callable[..., Ran], home: Path) -> None:
    """By Discord id or pseudonym; each is asked for, written down, and prints no word of an essay."""
    essay_bot("draft", "-", "--no-model", given=NOTES)
    (database,) = home.rglob("essays.db")
    writer = _hand_over(database)
    assert "add --yes" in essay_bot("person", "show", str(ACCOUNT)).err
    assert "Nothing was done about a person yet." in essay_bot("person", "log").err
    shown = essay_bot("person", "show", str(ACCOUNT), "--yes").out
    assert writer in shown
    assert "essays: 1" in shown
    file = home / "theirs.zip"
    exported = essay_bot("person", "export", writer[:8], str(file), "--yes")  # as the log names them
    assert "Nothing is stored of anybody" in essay_bot("person", "show", f"{writer[:8]}ffffff", "--yes").err
    namesake = f"{writer[:-1]}{'1' if writer[-1] == '0' else '0'}"
    with sqlite3.connect(database) as db:
        db.execute("INSERT INTO audit_log (at, action, writer) VALUES ('2026-11-29', 'show', ?)", [namesake])
    assert f"Several pseudonyms begin with {writer[:8]}" in essay_bot("person", "show", writer[:8], "--yes").err
    with sqlite3.connect(database) as db:
        db.execute("DELETE FROM audit_log WHERE writer = ?", [namesake])
    assert zipfile.is_zipfile(file)
    for action in ("block", "unblock", "block"):
        assert essay_bot("person", action, writer, "--yes").code == 0
    assert "marks: blocked" in essay_bot("person", "show", writer[:8], "--yes").out  # as the log names them
    assert "Nothing is stored of anybody" in essay_bot("person", "show", "d0123456", "--yes").err
    deleted = essay_bot("person", "delete", str(ACCOUNT), "--yes")
    assert deleted.code == 0
    after = essay_bot("person", "show", writer, "--yes").out
    assert "essays" not in after
    log = essay_bot("person", "log").out
    actions = [line.split()[2:] for line in log.splitlines()]
    done = ["show", "export", "block", "unblock", "block", "show", "delete", "show"]
    assert actions == [[action, writer] for action in done]
    for ran in (shown, exported.err, deleted.err, after, log):
        assert "Mill Lane" not in ran
        assert str(ACCOUNT) not in ran
    for wrong in ("local", "12", "d123", "nobody"):
        assert "A person is named by their Discord id" in essay_bot("person", "show", wrong, "--yes").err


def _hand_over(database: Path) -> str:
    """Make the essay at the terminal that of a person in Discord; return their pseudonym."""
    from datetime import UTC, datetime

    store = SqliteStore(database, None, lambda: datetime.now(UTC))
    writer = writer_id(store.pseudonym_secret, ACCOUNT)
    store.close()
    with sqlite3.connect(database) as db:
        db.execute("UPDATE essays SET writer = ?", [writer])
    return writer


def test_a_person_whose_text_stands_in_discord_is_left_to_the_bot_unless_the_host_says_otherwise(
    essay_bot: Callable[..., Ran], home: Path
) -> None:
    essay_bot("draft", "-", "--no-model", given=NOTES)
    (database,) = home.rglob("essays.db")
    writer = _hand_over(database)
    with sqlite3.connect(database) as db:
        db.execute("INSERT INTO shares SELECT id, 1, 1, 'open', X'00', 0, '2026-11-29T00:00:00+00:00' FROM essays")
    waiting = essay_bot("person", "delete", writer, "--yes")
    assert "The bot takes it down and then deletes everything" in waiting.err
    shown = essay_bot("person", "show", writer, "--yes").out
    assert "marks: deleting" in shown
    assert "essays: 1" in shown
    assert "is deleted." in essay_bot("person", "delete", writer, "--leave-shared", "--yes").err
    assert "essays" not in essay_bot("person", "show", writer, "--yes").out


def test_a_deletion_says_if_a_reader_of_the_database_keeps_its_log_from_being_emptied(
    essay_bot: Callable[..., Ran], home: Path
) -> None:
    essay_bot("draft", "-", "--no-model", given=NOTES)
    (database,) = home.rglob("essays.db")
    with closing(sqlite3.connect(database, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT COUNT(*) FROM essays").fetchone()
        kept = essay_bot("mydata", "delete", "--yes")
    assert "Everything stored about you is deleted." in kept.err
    assert "the log beside it, whose name ends in -wal, still holds what was deleted, encrypted." in kept.err
    essay_bot("draft", "-", "--no-model", given=NOTES)
    assert "-wal" not in essay_bot("mydata", "delete", "--yes").err


def test_a_deletion_that_was_killed_goes_on_with_the_next_command(essay_bot: Callable[..., Ran], home: Path) -> None:
    essay_bot("draft", "-", "--no-model", given=NOTES)
    (database,) = home.rglob("essays.db")
    with sqlite3.connect(database) as db:
        db.execute("INSERT INTO writer_marks VALUES ('local', 'deleting', '2026-11-29T00:00:00+00:00')")
    assert "You have no essays yet" in essay_bot("essays").err
