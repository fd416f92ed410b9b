"""What every test shares: a clock that ticks by the minute, ids in order, a structure of two sections, a real store."""

from __future__ import annotations

import itertools
import shutil
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from bot.essay.structure import Section, Structure, WordBudget
from bot.services.essays import EssayService
from bot.services.interview import InterviewService
from bot.services.notes import NoteService
from bot.services.services import Services
from bot.store import sqlite
from bot.store.sql_store import SqlStore
from bot.store.sqlite import SqliteStore
from tests.joined_services import join_services

if TYPE_CHECKING:
    from tests.postgres_server import PostgresServer

# No test asserts how long something takes: a busy machine would fail it.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
# In a script's background, or with nohup, these signals are ignored, also by the programs that a test starts and then
# sends them to. A handler is not inherited.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
for number in (signal.SIGHUP, signal.SIGQUIT):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, lambda *_: None)
# A test's own process waits for no disk: what is committed outlives a process that is killed without it.
sqlite.SYNCHRONOUS = "OFF"


@pytest.fixture
def clock() -> Callable[[], datetime]:
    """Each call is a minute after the one before."""
    minutes = itertools.count()
    return lambda: datetime(2026, 11, 23, 9, 0, tzinfo=UTC) + timedelta(minutes=next(minutes))


@pytest.fixture
def structure() -> Structure:
    return Structure(
        key="short-one",
        name="Short one",
        description="Two sections, for tests.",
        sections=(
            Section("missed", "What I missed", "Say it.", WordBudget(5, 20), ("What was missing?", "Since when?")),
            Section("gave-up", "What I gave up", "Say it too.", WordBudget(5, 20), ("What did it cost?", "Who paid?")),
        ),
    )


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "data" / "essays.db"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is marked with both_databases on PostgreSQL too, but for tests that look into SQLite's file.

    Tests of a runner of jobs, and of what follows jobs, run there with each of the two runners.
    """
    names = set(metafunc.fixturenames)
    if "store" in names and "database" not in names and metafunc.definition.get_closest_marker("both_databases"):
        on_postgres = ["postgres", "queue"] if {"jobs", "checked"} & names else ["postgres"]
        marked = [pytest.param(name, marks=pytest.mark.postgres) for name in on_postgres]
        metafunc.parametrize("store", ["sqlite", *marked], indirect=True)


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as it is made, with its key beside it; to copy one is quicker than to make one."""
    path = tmp_path_factory.mktemp("new") / "essays.db"
    SqliteStore(path, None, lambda: datetime(2026, 11, 23, 9, 0, tzinfo=UTC)).close()
    return path


@pytest.fixture
def store(request: pytest.FixtureRequest, clock: Callable[[], datetime]) -> Iterator[SqlStore]:
    opened: SqlStore
    if getattr(request, "param", "sqlite") == "sqlite":
        database: Path = request.getfixturevalue("database")
        shutil.copytree(request.getfixturevalue("new_database").parent, database.parent, dirs_exist_ok=True)
        opened = SqliteStore(database, None, clock)
    else:
        from tests.postgres_server import open_store  # the driver is imported by tests that use it

        opened = open_store(request.getfixturevalue("postgres_url"), clock)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    from tests.postgres_server import PostgresServer, find_programs

    if (programs := find_programs()) is None:
        pytest.skip("there is no PostgreSQL: install Debian's package postgresql")
    server = PostgresServer.start_new(programs)
    yield server
    server.remove()


@pytest.fixture
def own_server(postgres_server: PostgresServer) -> Iterator[PostgresServer]:
    """A server that a test may stop and start: no other test has it."""
    server = type(postgres_server).start_new(postgres_server.programs)
    yield server
    server.remove()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    """The address of a database that holds nobody's rows; the key that seals in it, if there is one, is KEY."""
    return postgres_server.emptied_database()


@pytest.fixture
def services(store: SqliteStore, structure: Structure, clock: Callable[[], datetime]) -> Services:
    """The services without a model."""
    numbers = itertools.count(1)
    return join_services(store, structure, clock, lambda: f"essay-{next(numbers)}")


@pytest.fixture
def desk(services: Services) -> EssayService:
    return services.essays


@pytest.fixture
def notes(services: Services) -> NoteService:
    return services.notes


@pytest.fixture
def interview(services: Services) -> InterviewService:
    return services.interview
