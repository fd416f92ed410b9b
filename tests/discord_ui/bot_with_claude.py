"""The bot in the test's own process with the real ports of llm/ before the loopback Claude."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot import bootstrap
from bot.llm.client import Dialect, ServiceConfig
from bot.llm.factory import ClaudeModels, build_models
from bot.services.ledger import Budgets, RecordingLedger
from bot.services.llm_ports import ModelRole, Models
from bot.store.sqlite import SqliteStore
from bot.structure_files import prompts_directory
from tests.discord_ui.conftest import Bot, Scripted, started
from tests.failures.full_stack import no_proxy
from tests.simulators.claude import ClaudeSimulator
from tests.simulators.discord import DiscordSimulator

SILENCE = 0.5  # seconds without a byte that are a stall here; in use they are minutes


@dataclass(eq=False)
class Served(Scripted):
    """Ports that ask a server; nothing is scripted here."""

    claude: ClaudeModels | None = None

    @property
    def ports(self) -> Models:
        assert self.claude is not None
        return self.claude.ports


async def _no_nap(_: float) -> None:
    """Waits for nothing where the ports would wait for seconds."""


@asynccontextmanager
async def served(
    sim: DiscordSimulator,
    claude: ClaudeSimulator,
    folder: Path,
    *,
    budget: str = "100",
    silence: float = SILENCE,
    checker: bool = False,
    **more: Any,
) -> AsyncIterator[Bot]:
    """The bot, asking the loopback Claude.

    ``budget`` is the writer's dollars a day, ``silence`` the seconds without a byte that are a stall. Without
    ``checker`` nothing is checked by a model, so that a test scripts no answers for that. ``more`` goes to ``started``.
    """
    store = SqliteStore(folder / "essays.db", None, bootstrap.utc_now)
    with no_proxy():
        service = ServiceConfig(
            base_url=claude.base_url,
            api_key=claude.key or "",
            dialect=Dialect.CLAUDE,
            models=dict.fromkeys(ModelRole, "claude-opus-5-5"),
            pseudonym_secret=store.pseudonym_secret,
            silence_seconds=silence,
            max_retries=0,
        )
        ledger = RecordingLedger(store, Budgets(Decimal(budget), Decimal(100)))
        made = build_models(service, prompts_directory(), ledger, bootstrap.utc_now, sleep=_no_nap)
        if not checker:
            made = replace(made, ports=replace(made.ports, checker=None))
        try:
            async with started(sim, folder / "essays.db", Served(claude=made), store=store, **more) as bot:
                yield bot
        finally:
            await made.close()
