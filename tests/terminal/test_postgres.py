"""The program over PostgreSQL, as a person runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from tests.postgres_server import KEY, PostgresServer
from tests.terminal.conftest import Ran

pytestmark = pytest.mark.postgres

Run = Callable[..., Ran]
OTHER_KEY = "YW5vdGhlciBrZXkgZm9yIHRlc3RzLCBhbmQgbm9uZSE="


@pytest.fixture
def server(postgres_server: PostgresServer) -> dict[str, str]:
    """The settings for a new database."""
    return {"DATABASE_URL": postgres_server.new_database(), "DATABASE_KEY": KEY}


def words(ran: Ran) -> str:
    return " ".join(f"{ran.out} {ran.err}".split())


def test_an_essay_is_written_listed_and_exported_and_no_file_is_made(
    essay_bot: Run, server: Mapping[str, str], environment: dict[str, str]
) -> None:
    del environment["DATABASE_PATH"]
    assert "which the first essay makes" in words(essay_bot("check", more=server))
    assert essay_bot("draft", "-", given="## What I missed\n\nThe noise of 14 people.\n", more=server).code == 0
    assert "1" in essay_bot("essays", more=server).out
    assert "The noise of 14 people." in essay_bot("essays", "notes", "1", more=server).out
    ran = essay_bot("check", more=server)
    assert (ran.code, "encrypted with the key in DATABASE_KEY" in words(ran)) == (0, True)
    assert "postgresql://" in ran.out


def test_a_backup_says_how_it_is_made_there(essay_bot: Run, server: Mapping[str, str]) -> None:
    ran = essay_bot("backup", "essays.backup", more=server)
    assert ran.code != 0
    assert "pg_dump" in ran.err
    assert "keep a copy of DATABASE_KEY" in words(ran)


def test_the_key_is_replaced_by_the_first_in_the_setting(essay_bot: Run, server: dict[str, str]) -> None:
    essay_bot("draft", "-", given="## What I missed\n\nThe noise of 14 people.\n", more=server)
    both = {**server, "DATABASE_KEY": f"{OTHER_KEY},{KEY}"}
    assert "put a new key and a comma before it" in words(essay_bot("rotate-key", "--yes", more=server))
    ran = essay_bot("rotate-key", "--yes", more=both)
    assert (ran.code, "opens nothing in it now" in words(ran)) == (0, True)
    assert "is encrypted with the key whose fingerprint is" in words(essay_bot("essays", more=server))
    only = {**server, "DATABASE_KEY": OTHER_KEY}
    assert "The noise of 14 people." in essay_bot("essays", "notes", "1", more=only).out


def test_check_names_a_missing_key_and_a_server_that_is_away_without_the_password(essay_bot: Run) -> None:
    away = {"DATABASE_URL": "postgresql://someone:hunter2@127.0.0.1:1/essays"}
    ran = essay_bot("check", more=away)
    assert (ran.code, "DATABASE_KEY wrong" in words(ran)) == (2, True)
    ran = essay_bot("check", more={**away, "DATABASE_KEY": KEY})
    assert (ran.code, "database failed" in words(ran), "hunter2" in words(ran)) == (1, True, False)
    ran = essay_bot("essays", more={**away, "DATABASE_KEY": KEY})
    assert (ran.code, "cannot be used" in ran.err, "hunter2" in ran.err) == (75, True, False)
