"""Runs one fault through everything: simulator, SDK, ports, job, store; and says what a person has of it."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from bot.catalogue import prompts_directory
from bot.essay.essay import Note, Version
from bot.essay.structure import Section, Structure, WordBudget
from bot.llm.build import make_models
from bot.llm.caller import Dialect
from bot.store.essays import SqliteStore
from bot.store.jobs import SqliteJobs
from bot.store.ledger import NANO, Budgets, SqliteLedger
from bot.workflow.desk import Desk
from bot.workflow.jobs import Job, JobState
from bot.workflow.models import Role
from bot.workflow.runner import JobRunner
from bot.workflow.spending import Reservation, Settlement
from bot.workflow.writing import Writing
from tests.failures.cases import DRAFT, Case
from tests.simulators.claude import ClaudeSimulator, Reply

SILENCE = 0.5  # seconds without a byte that are a stall here; in use they are minutes
NOTES = "## What I missed\n\nThe build broke on a Tuesday.\n\n## What I gave up\n\nMy pay went from 61,000 to 48,500.\n"
STRUCTURE = Structure(
    "short-one",
    "Short one",
    "Two sections.",
    (
        Section("missed", "What I missed", "Say it.", WordBudget(5, 20), ("What was missing?",)),
        Section("gave-up", "What I gave up", "Say it too.", WordBudget(5, 20), ("What did it cost?",)),
    ),
)
WHEN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a person has after a fault. ``unsettled`` counts calls that the ledger holds at their worst."""

    case: Case
    job: Job
    notes: tuple[Note, ...]
    versions: tuple[Version, ...]
    unsettled: int
    next_state: JobState

    @property
    def sees(self) -> str:
        """What the person is told, with what differs from run to run left out."""
        if self.job.error is None:
            cut = self.versions and not self.versions[-1].info.complete
            return "The draft so far, and Continue." if cut else "The draft."
        told = re.sub(r"http://127\.0\.0\.1:\d+", "ADDRESS", self.job.error)
        return re.sub(r"req_\w+", "ID", told)

    @property
    def kept(self) -> str:
        """What is stored afterwards."""
        notes = "All notes"
        if not self.versions:
            return f"{notes}." if not self.job.text else f"{notes}; what came, with the job."
        whole = "complete" if self.versions[-1].info.complete else "incomplete: what came"
        return f"{notes}; version {self.versions[-1].info.number}, {whole}."


@contextmanager
def no_proxy() -> Iterator[None]:
    """Without the proxies that the environment names: the SDK would send even loopback requests through them."""
    names = [name for name in os.environ if name.upper() in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")]
    held = {name: os.environ.pop(name) for name in names}
    try:
        yield
    finally:
        os.environ.update(held)


async def _no_nap(_: float) -> None:
    """Waits for nothing where the ports would wait for seconds."""


async def run(case: Case) -> Outcome:
    """A draft of an essay with two notes, as the case has it fail; then a second one, which the service answers."""
    with tempfile.TemporaryDirectory() as directory, no_proxy(), socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
        store = SqliteStore(Path(directory) / "essays.db", None, lambda: WHEN)
        async with ClaudeSimulator() as claude:
            ledger = SqliteLedger(store.thread, Budgets(Decimal(case.budget), Decimal(100)))
            spent = int(Decimal(case.spent) * NANO)
            call = await ledger.reserve(Reservation("me", Role.WRITER, "claude-opus-5-5", "draft.md", "", spent), WHEN)
            await ledger.settle(call, Settlement("claude-opus-5-5", 0, 0, 0, 0, spent, None, 0, "end_turn"))
            made = make_models(
                api_key=case.key or claude.key or "",
                base_url=nobody if case.nobody else claude.base_url,
                dialect=Dialect.CLAUDE,
                models=dict.fromkeys(Role, "claude-opus-5-5"),
                prompts=prompts_directory(),
                ledger=ledger,
                clock=lambda: WHEN,
                secret=store.thread.secret,
                silence=SILENCE,
                total=case.total,
                retries=case.retries,
                sleep=_no_nap,
            )
            desk = Desk(store, {STRUCTURE.key: STRUCTURE}, lambda: WHEN, lambda: "one")
            jobs = JobRunner(SqliteJobs(store.thread), lambda: WHEN, at_once=1, per_writer=1, flush_seconds=0.05)
            writing = Writing(desk, store, jobs, made.models, lambda: WHEN)
            await desk.begin("me", STRUCTURE)
            await desk.hand_in("me", "one", NOTES)
            claude.script(*case.answers)
            async with asyncio.timeout(30):
                job = await _drafted(jobs, writing)
                notes = await desk.notes("me", "one")
                versions = [await store.version("me", "one", info.number) for info in await desk.history("me", "one")]
                claude.script(Reply(DRAFT))
                following = await _drafted(jobs, writing)
            unsettled = await store.thread.run(
                lambda opened: opened.db.execute("SELECT count(*) FROM calls WHERE settled = 0").fetchone()[0]
            )
            await jobs.close()
            await made.close()
        store.close()
    return Outcome(case, job, notes, tuple(versions), unsettled, following.state)


async def _drafted(jobs: JobRunner, writing: Writing) -> Job:
    return await jobs.wait("me", (await writing.draft("me", "one")).id)
