"""A damaged row in the terminal: the others are listed, read and exported, and what is damaged is told."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from tests.terminal.conftest import Ran

Run = Callable[..., Ran]


def _damage(home: Path, table: str, column: str, rows: str) -> None:
    with sqlite3.connect(home / "data" / "essays.db") as connection:
        connection.execute(f"UPDATE {table} SET {column} = cast('x' AS BLOB) WHERE {rows}")
    connection.close()


def test_a_damaged_title_or_version_leaves_all_other_essays_usable(essay_bot: Run, home: Path) -> None:
    for name in ("One", "Two"):
        (home / f"{name}.md").write_text(f"# {name}\n\n## What I missed\n\nThe noise of {name}, and 14 people.\n")
        assert essay_bot("draft", f"{name}.md").code == 0
    first = "(SELECT id FROM essays ORDER BY rowid LIMIT 1)"
    _damage(home, "essays", "title", f"id = {first}")
    _damage(home, "versions", "text", f"essay = {first}")
    listed = essay_bot("essays")
    assert listed.code == 0
    assert "(the title is damaged)" in listed.out
    assert "Two" in listed.out
    ids = [line.split()[0] for line in listed.out.splitlines()[1:3]]
    ends = {one: essay_bot("essays", "export", one) for one in ids}
    good = next(ran for ran in ends.values() if ran.code == 0)
    assert "The noise of Two, and 14 people." in good.out
    bad = next(ran for ran in ends.values() if ran.code != 0)
    assert "Version 1 is damaged and cannot be read, so this was not done. All else is as it was" in bad.err
    damaged = next(one for one, ran in ends.items() if ran.code != 0)
    assert essay_bot("essays", "delete", damaged, "--yes").code == 0
    assert "Two" in essay_bot("essays").out
