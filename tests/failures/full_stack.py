"""Everything from the simulated service to the store, joined as the program joins it, as a fault finds it."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import os
import socket
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from bot.bootstrap import build_services
from bot.essay.structure import Section, Structure, WordBudget
from bot.llm.client import Dialect, ServiceConfig
from bot.llm.factory import build_models
from bot.services.checking import CheckingService
from bot.services.critiques import CritiqueService
from bot.services.drafting import DraftingService
from bot.services.essays import EssayService
from bot.services.jobs.runner import JobRunner
from bot.services.ledger import NANO_PER_USD, Budgets, RecordingLedger, Reservation, Settlement
from bot.services.llm_ports import ModelRole
from bot.settings import Settings
from bot.store.sqlite import SqliteStore
from bot.structure_files import prompts_directory
from tests.failures.faults import Conditions
from tests.services.interview_steps import WaitingInterview
from tests.simulators.claude import Answer, ClaudeSimulator, HttpError, Reply, Request

STRUCTURE = Structure(
    "short-one",
    "Short one",
    "Two sections.",
    (
        Section("missed", "What I missed", "Say it.", WordBudget(60, 90), ("What was missing?",)),
        Section("gave-up", "What I gave up", "Say it too.", WordBudget(60, 90), ("What did it cost?",)),
    ),
)
WHEN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NOTHING_AMISS = json.dumps(
    {
        "sentences": [{"sentence": 1, "notes": [1]}, {"sentence": 2, "notes": [2]}],
        "unsupported": [],
        "mended": [],
    }
)
MODELS = {
    ModelRole.WRITER: "claude-opus-5-5",
    ModelRole.CRITIC: "claude-opus-5-5",
    ModelRole.INTERVIEWER: "claude-haiku-5-5",
    ModelRole.CHECKER: "claude-opus-5-5",
}


@dataclass(eq=False)
class Stack:
    """The parts. Each run has a writer of its own in it, by whose pseudonym the service knows what to answer."""

    claude: ClaudeSimulator
    store: SqliteStore
    desk: EssayService
    interview: WaitingInterview
    writing: DraftingService
    criticism: CritiqueService
    checking: CheckingService
    jobs: JobRunner
    ledger: RecordingLedger
    answers: dict[tuple[str, bool], deque[Answer]] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)

    def will_answer(self, writer: str, *answers: Answer, to_check: bool = False) -> None:
        """Puts these in the place of what was still to be answered to this writer, ``to_check`` when a check asks."""
        pseudonym = hmac.new(self.store.pseudonym_secret, writer.encode(), hashlib.sha256).hexdigest()
        self.answers[pseudonym, to_check] = deque(answers)

    def answer(self, request: Request) -> Answer:
        """What the service answers. A request too many is refused in a way that no case is about.

        A check for which nothing is scripted is one that follows by itself: it finds nothing amiss. What else was asked
        is kept in ``asked``.
        """
        is_check = "unsupported" in (request.schema or {}).get("properties", {})
        if not is_check:
            self.asked.append(request)
        left = self.answers.get((request.body["metadata"]["user_id"], is_check))
        if left is None and is_check:
            return Reply(NOTHING_AMISS)
        return left.popleft() if left else HttpError(418)

    async def end_of_check(self, writer: str, essay: str) -> None:
        """Waits for the check that follows a text by itself, if there is one."""
        if job := await self.checking.wait_for_check(writer, essay):
            await self.jobs.wait(writer, job.id)

    async def account(self, writer: str, under: Conditions) -> None:
        """Writes down what the writer has spent today, and what calls under way hold."""
        for dollars, prompt in ((under.spent, "spent"), (under.held, "held")):
            nano = int(Decimal(dollars) * NANO_PER_USD)
            if nano:
                reservation = Reservation(writer, ModelRole.WRITER, MODELS[ModelRole.WRITER], prompt, "", nano)
                call = await self.ledger.reserve(reservation, WHEN)
                if prompt == "spent":
                    await self.ledger.settle(call, Settlement("", 0, 0, 0, 0, nano, None, 0, "end_turn"))

    async def unsettled(self, writer: str) -> int:
        """How many of the writer's calls the ledger holds at their worst, but for those that were held before."""
        count = "SELECT count(*) FROM calls WHERE settled = 0 AND writer = ? AND prompt <> 'held'"
        found = await self.store.database.run(lambda opened: opened.db.execute(count, [writer]).fetchone()[0])
        return int(found)


@asynccontextmanager
async def stack(under: Conditions) -> AsyncIterator[Stack]:
    """A stack of its own, over an empty database."""
    with tempfile.TemporaryDirectory() as directory, no_proxy(), socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
        store = SqliteStore(Path(directory) / "essays.db", None, lambda: WHEN)
        ids = (f"id-{number}" for number in itertools.count(1))
        async with ClaudeSimulator() as claude:
            ledger = RecordingLedger(store, Budgets(Decimal(under.budget), Decimal(1_000_000)))
            service = ServiceConfig(
                base_url=nobody if under.nobody else claude.base_url,
                api_key=under.key or claude.key or "",
                dialect=Dialect.CLAUDE,
                models=MODELS,
                pseudonym_secret=store.pseudonym_secret,
                silence_seconds=under.silence,
                max_retries=under.retries,
            )
            made = build_models(service, prompts_directory(), ledger, lambda: WHEN, sleep=_no_nap)
            services = build_services(
                Settings.model_construct(jobs_at_once=1_000, jobs_per_writer=1),
                models=made.ports,
                store=store,
                structures={STRUCTURE.key: STRUCTURE},
                clock=lambda: WHEN,
                new_id=lambda: next(ids),
                flush_seconds=0.05,
            )
            joined = Stack(
                claude,
                store,
                services.essays,
                WaitingInterview(
                    services.essays, services.notes, store, services.jobs, lambda: WHEN, made.ports.interviewer
                ),
                services.drafting,
                services.critiques,
                services.checking,
                services.jobs,
                ledger,
            )
            claude.responder = joined.answer
            try:
                yield joined
            finally:
                await services.close()
                await made.close()


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
