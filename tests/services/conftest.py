"""What the tests of the workflow with models share: everything joined over a real store, with scripted models."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime

import pytest

from bot.essay.structure import Structure
from bot.services.critiques import CritiqueService
from bot.services.drafting import DraftingService
from bot.services.essays import EssayService
from bot.services.jobs.local_runner import LocalJobRunner
from bot.services.jobs.runner import JobRunner
from bot.services.notes import NoteService
from bot.services.services import Services
from bot.store.sql_store import SqlStore
from tests.joined_services import join_services
from tests.services.fakes import FakeModels, RecordingJobs
from tests.services.interview_steps import WaitingInterview

Clock = Callable[[], datetime]
FLUSH_SECONDS = 0.01  # a test waits for flushes by watching, so a quick one only makes it quick


@dataclass(frozen=True, slots=True)
class Room:
    """All that a writer can do, the scripted models behind it, and the stores under it."""

    store: SqlStore
    stored_jobs: RecordingJobs
    desk: EssayService
    notes: NoteService
    jobs: JobRunner
    models: FakeModels
    writing: DraftingService
    criticism: CritiqueService
    interview: WaitingInterview
    clock: Clock
    services: Services

    async def essay_with_notes(self, structure: Structure, notes: str | None = None, writer: str = "me") -> str:
        """A new essay that holds a page of notes; its id."""
        essay = await self.desk.create_essay(writer, structure)
        await self.desk.add_notes(writer, essay.id, notes or NOTES)
        return essay.id


NOTES = """## What I missed

In May 2019 the noise of the shop, 14 people in one room.

## What I gave up

It cost me 4,000 euros a year. Anna said "You will be back by Christmas".
"""


def joined(
    store: SqlStore,
    structure: Structure,
    clock: Clock,
    *,
    at_once: int = 4,
    per_writer: int = 2,
    checker: bool = False,
) -> Room:
    """The room over a store. ``close`` its jobs at the end. With a ``checker`` each draft is checked."""
    numbers = itertools.count(1)

    def new_id() -> str:
        return f"id-{next(numbers)}"

    models = FakeModels()
    stored = RecordingJobs(store)
    services = join_services(
        store,
        structure,
        clock,
        new_id,
        models=models.checking_ports if checker else models.ports,
        job_store=stored,
        jobs_at_once=at_once,
        jobs_per_writer=per_writer,
        flush_seconds=FLUSH_SECONDS,
    )
    return Room(
        store,
        stored,
        services.essays,
        services.notes,
        services.jobs,
        models,
        services.drafting,
        services.critiques,
        WaitingInterview(services.essays, services.notes, store, services.jobs, clock, models),
        clock,
        services,
    )


@pytest.fixture
async def room(store: SqlStore, structure: Structure, clock: Clock) -> AsyncIterator[Room]:
    made = joined(store, structure, clock)
    yield made
    await made.jobs.close()


@pytest.fixture
def stored(store: SqlStore) -> RecordingJobs:
    return RecordingJobs(store)


@pytest.fixture
async def jobs(request: pytest.FixtureRequest, stored: RecordingJobs, clock: Clock) -> AsyncIterator[JobRunner]:
    """A runner of two jobs at once, one a writer; with the parameter "queue" as it is in a worker of several."""
    runner: JobRunner
    if getattr(request.node, "callspec", None) and request.node.callspec.params.get("store") == "queue":
        from tests.services.jobs.queue_steps import open_runner

        runner = await open_runner(request.getfixturevalue("postgres_url"), stored, clock, {})
    else:
        runner = LocalJobRunner(stored, clock, max_running=2, max_per_writer=1, flush_seconds=0.01)
    yield runner
    await runner.close()
