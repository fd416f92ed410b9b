"""What the Discord door is given to work with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from bot.essay.structure import Structure
from bot.services.critiques import CritiqueService
from bot.services.dm_messages import DmMessageService
from bot.services.drafting import DraftingService
from bot.services.essays import EssayService
from bot.services.interview import InterviewService
from bot.services.jobs.runner import JobRunner
from bot.services.ledger import Ledger
from bot.services.store_ports import Clock, Store


class KeyValueStore(Protocol):
    """Small things of the door's own that outlive the process. Nothing a person wrote."""

    async def get(self, name: str) -> str | None:
        """What was last kept under the name, None where nothing was."""

    async def set(self, name: str, value: str) -> None:
        """Keeps a value under a name, in place of the one before."""

    async def delete(self, name: str) -> None:
        """Keeps nothing under the name any more."""


@dataclass(frozen=True, slots=True)
class DiscordServices:
    """The workflow, joined by the app. Budgets are in US dollars; ``secret`` makes the writers' ids."""

    structures: Mapping[str, Structure]
    essays: EssayService
    interview: InterviewService
    drafting: DraftingService
    critiques: CritiqueService
    dm_messages: DmMessageService
    jobs: JobRunner
    ledger: Ledger
    key_value: KeyValueStore
    has_model: bool
    store: Store
    pseudonym_secret: bytes
    clock: Clock
    budget_writer_day: Decimal
    budget_writer_month: Decimal
    budget_month: Decimal
