"""What every test shares: a clock that ticks by the minute, ids in order, a structure of two sections, a real store."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings

from bot.essay.structure import Section, Structure, WordBudget
from bot.services.essays import EssayService
from bot.services.interview import InterviewService
from bot.services.notes import NoteService
from bot.services.services import Services
from bot.store.sqlite import SqliteStore
from tests.joined_services import join_services

# No test asserts how long something takes: a busy machine would fail it.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


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


@pytest.fixture
def store(database: Path, clock: Callable[[], datetime]) -> Iterator[SqliteStore]:
    opened = SqliteStore(database, None, clock)
    yield opened
    opened.close()


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
