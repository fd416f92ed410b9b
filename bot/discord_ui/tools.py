"""What the Discord door is given to work with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from bot.essay.structure import Structure
from bot.workflow.conversation import Conversation
from bot.workflow.criticism import Criticism
from bot.workflow.desk import Desk
from bot.workflow.interview import Interview
from bot.workflow.ports import Clock
from bot.workflow.runner import JobRunner
from bot.workflow.spending import Ledger
from bot.workflow.writing import Writing


class Memory(Protocol):
    """Small things of the door's own that outlive the process. Nothing a person wrote."""

    async def recall(self, name: str) -> str | None:
        """What was last kept under the name, None where nothing was."""

    async def keep(self, name: str, value: str) -> None:
        """Keeps a value under a name, in place of the one before."""

    async def forget(self, name: str) -> None:
        """Keeps nothing under the name any more."""


@dataclass(frozen=True, slots=True)
class Tools:
    """The workflow, joined by the app. Budgets are in US dollars; ``secret`` makes the writers' ids."""

    structures: Mapping[str, Structure]
    desk: Desk
    interview: Interview
    writing: Writing
    criticism: Criticism
    conversation: Conversation
    jobs: JobRunner
    ledger: Ledger
    memory: Memory
    with_model: bool
    secret: bytes
    clock: Clock
    budget_writer_day: Decimal
    budget_writer_month: Decimal
    budget_month: Decimal
