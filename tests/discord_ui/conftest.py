"""What the tests of the Discord door share: the loopback Discord, and the bot over a real store and scripted models."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import bootstrap
from bot.discord_ui.access import AccessRules
from bot.discord_ui.client import DiscordClient
from bot.discord_ui.interactions.dispatcher import InteractionDispatcher
from bot.discord_ui.interactions.responses import writer_id
from bot.discord_ui.messages.editor import EditTiming
from bot.services.essays import EssayService
from bot.services.jobs.local_runner import LocalJobRunner
from bot.services.notes import NoteService
from bot.services.store_ports import Clock
from bot.settings import Settings as BotSettings
from bot.store.sqlite import SqliteStore
from tests.services.fakes import FakeModels, StoredJobs
from tests.simulators.discord import DiscordSimulator, Settings, User, running

OPEN = AccessRules(everyone=True, guild_ids=frozenset(), user_ids=frozenset())
NOTES = """## What I missed

I rebuilt the export service in March 2019. Errors went from 15% to 2%.

## What I gave up and what I gained

My pay went from 61,000 to 48,500. I answer to one person now.
"""
DRAFT = """## What I missed

I rebuilt the export service in March 2019. Errors went from 15% to 2%.

## What I gave up and what I gained

My pay went from 61,000 to 48,500, and I answer to one person now. It was a very big change for me.
"""


@dataclass(eq=False)
class Scripted(FakeModels):
    """Models that have nothing to ask and place nothing where nothing is scripted for that."""

    def _next(self, what: str, **given: Any) -> Any:
        if not self.answers and what in ("next_question", "place"):
            return None if what == "next_question" else {}
        return super()._next(what, **given)


@dataclass(eq=False)
class Bot:
    """The bot in this process, and what is behind it."""

    client: DiscordClient
    store: SqliteStore
    desk: EssayService
    notes: NoteService
    jobs: LocalJobRunner
    models: FakeModels | None
    timing: EditTiming
    secret: bytes = field(repr=False)

    def writer(self, user: User) -> str:
        """A person as the store knows them."""
        return writer_id(self.secret, user.id)

    async def essay(self, user: User) -> Any:
        """The person's last changed essay."""
        return (await self.desk.list_essays(self.writer(user)))[0]

    async def text(self, user: User) -> str:
        """The current text of the person's last changed essay."""
        essay = await self.essay(user)
        return (await self.desk.current_version(self.writer(user), essay.id)).text


class ClockAhead:
    """The bot's clock, which a test puts ahead."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return bootstrap.utc_now() + self.ahead


@asynccontextmanager
async def started(
    sim: DiscordSimulator,
    database: Path,
    models: FakeModels | None = None,
    *,
    access: AccessRules = OPEN,
    at_once: int = 4,
    timing: EditTiming | None = None,
    keeping: type[StoredJobs] = StoredJobs,
    clock: Clock = bootstrap.utc_now,
    store: SqliteStore | None = None,
    retention_days: int | None = None,
) -> AsyncIterator[Bot]:
    """The bot, connected to the simulator. ``models`` None: no model is configured.

    Without a ``timing`` there is no pause between two edits. A ``store`` of the database is closed at the end, like the
    one that is opened without it.
    """
    store = store or SqliteStore(database, None, clock)
    services = bootstrap.build_services(
        BotSettings.model_construct(database_path=database, jobs_at_once=at_once, retention_days=retention_days),
        models=models.ports if models else None,
        store=store,
        job_store=keeping(store),
        clock=clock,
        flush_seconds=0.01,
    )
    timing = timing or EditTiming(interval=0.0, bucket_seconds=0.0)
    door = InteractionDispatcher(services, access, timing)
    client = DiscordClient(door)
    try:
        async with running(client, sim):
            secret = services.pseudonym_secret
            try:
                assert isinstance(services.jobs, LocalJobRunner)
                yield Bot(client, store, services.essays, services.notes, services.jobs, models, timing, secret)
            finally:
                await door.close(2.0)
                await services.jobs.close()
                await door.job_panels.wait_until_done(2.0)
    finally:
        store.close()


@pytest.fixture
async def sim(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DiscordSimulator]:
    """The loopback Discord. At the end nobody was left without an answer, nothing pinged, no rate limit was broken."""
    async with DiscordSimulator(Settings(identify_interval=0)) as simulator:
        simulator.point(monkeypatch)
        yield simulator
        await asyncio.sleep(0)
        assert simulator.violations == []
        assert simulator.pings == []
        assert simulator.timeline.unanswered() == []
        assert simulator.interactions.deprecated == []


@pytest.fixture
def models() -> Scripted:
    return Scripted()


@pytest.fixture
def clock() -> ClockAhead:
    return ClockAhead()


@pytest.fixture
async def bot(sim: DiscordSimulator, tmp_path: Path, models: Scripted, clock: ClockAhead) -> AsyncIterator[Bot]:
    """The bot with scripted models."""
    async with started(sim, tmp_path / "essays.db", models, clock=clock) as made:
        yield made


@pytest.fixture
async def plain(sim: DiscordSimulator, tmp_path: Path) -> AsyncIterator[Bot]:
    """The bot without a model."""
    async with started(sim, tmp_path / "essays.db") as made:
        yield made
