"""What the tests of the Discord door share: the loopback Discord, and the bot over a real store and scripted models."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot import app
from bot.discord_ui.access import Access
from bot.discord_ui.client import Client
from bot.discord_ui.door import Door
from bot.discord_ui.people import writer_id
from bot.discord_ui.tools import Tools
from bot.essay.structure import private_questions
from bot.store.conversations import SqliteConversations
from bot.store.critiques import SqliteCritiques
from bot.store.essays import SqliteStore
from bot.store.jobs import SqliteJobs
from bot.store.ledger import Budgets, SqliteLedger
from bot.store.memory import SqliteMemory
from bot.workflow.conversation import Conversation
from bot.workflow.criticism import Criticism
from bot.workflow.desk import Desk
from bot.workflow.interview import Interview
from bot.workflow.runner import JobRunner
from bot.workflow.writing import Writing
from tests.simulators.discord import DiscordSimulator, Settings, User, running
from tests.workflow.fakes import FakeModels

OPEN = Access(everyone=True, servers=frozenset(), users=frozenset())
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
        if not self.answers and what in ("follow_up", "place"):
            return None if what == "follow_up" else {}
        return super()._next(what, **given)


@dataclass(eq=False)
class Bot:
    """The bot in this process, and what is behind it."""

    client: Client
    store: SqliteStore
    desk: Desk
    jobs: JobRunner
    models: FakeModels | None
    secret: bytes = field(repr=False)

    def writer(self, user: User) -> str:
        """A person as the store knows them."""
        return writer_id(self.secret, user.id)

    async def essay(self, user: User) -> Any:
        """The person's last changed essay."""
        return (await self.desk.essays(self.writer(user)))[0]

    async def text(self, user: User) -> str:
        """The current text of the person's last changed essay."""
        essay = await self.essay(user)
        return (await self.desk.current(self.writer(user), essay.id)).text


@asynccontextmanager
async def started(
    sim: DiscordSimulator,
    database: Path,
    models: FakeModels | None = None,
    *,
    access: Access = OPEN,
    at_once: int = 4,
    edit_seconds: float = 0.0,
    keeping: type[SqliteJobs] = SqliteJobs,
) -> AsyncIterator[Bot]:
    """The bot, connected to the simulator. ``models`` None: no model is configured."""
    store = SqliteStore(database, None, app.now)
    jobs = JobRunner(keeping(store.thread), app.now, at_once=at_once, per_writer=2, flush_seconds=0.01)
    structures, ports = app.catalogue(), models.ports if models else None
    desk = Desk(store, structures, app.now, app.new_id)
    writing = Writing(desk, store, jobs, ports, app.now)
    criticism = Criticism(desk, store, SqliteCritiques(store.thread), jobs, ports, app.now, app.new_id)
    budgets = Budgets(Decimal(3), Decimal(50))
    tools = Tools(
        structures=structures,
        desk=desk,
        interview=Interview(desk, store, app.now, ports.interviewer if ports else None),
        writing=writing,
        criticism=criticism,
        conversation=Conversation(
            desk, SqliteConversations(store.thread, private_questions(structures)), app.now, app.new_id
        ),
        jobs=jobs,
        ledger=SqliteLedger(store.thread, budgets),
        memory=SqliteMemory(store.thread),
        with_model=ports is not None,
        secret=store.thread.secret,
        clock=app.now,
        budget_writer_day=budgets.writer_day,
        budget_writer_month=Decimal(10),
        budget_month=budgets.month,
    )
    door = Door(tools, access)
    door.live._edit_seconds = edit_seconds
    client = Client(door)
    try:
        async with running(client, sim):
            yield Bot(client, store, desk, jobs, models, store.thread.secret)
            await door.close(2.0)
            await jobs.close()
            await door.live.finish(2.0)
    finally:
        store.close()


@pytest.fixture
async def sim(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DiscordSimulator]:
    """The loopback Discord. At the end nobody was left without an answer, nothing pinged, no rate limit was broken."""
    async with DiscordSimulator(Settings()) as simulator:
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
async def bot(sim: DiscordSimulator, tmp_path: Path, models: Scripted) -> AsyncIterator[Bot]:
    """The bot with scripted models."""
    async with started(sim, tmp_path / "essays.db", models) as made:
        yield made


@pytest.fixture
async def plain(sim: DiscordSimulator, tmp_path: Path) -> AsyncIterator[Bot]:
    """The bot without a model."""
    async with started(sim, tmp_path / "essays.db") as made:
        yield made
