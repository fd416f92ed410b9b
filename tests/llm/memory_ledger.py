"""A ledger in memory, for tests of calls and for benchmarks that need no store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.errors import BudgetSpent
from bot.services.ledger import Reservation, Settlement, Spending, UsageRow


@dataclass(eq=False)
class MemoryLedger:
    """A Ledger that keeps its rows in lists and refuses calls once ``spent_up`` is set. It never forgets a row."""

    reservations: list[Reservation] = field(default_factory=list)
    settlements: dict[int, Settlement] = field(default_factory=dict)
    spent_up: bool = False

    async def reserve(self, reservation: Reservation, at: datetime) -> int:
        if self.spent_up:
            raise BudgetSpent("Your budget for today", at)
        self.reservations.append(reservation)
        return len(self.reservations)

    async def settle(self, call: int, settlement: Settlement) -> None:
        assert call not in self.settlements, "a call is settled once"
        self.settlements[call] = settlement

    async def spending(self, writer: str, at: datetime) -> Spending:
        raise NotImplementedError

    async def usage(self, since: datetime, writer: str | None = None) -> Sequence[UsageRow]:
        raise NotImplementedError

    @property
    def rows(self) -> list[Settlement]:
        """The settlements in the order of the calls; every reserved call must have one."""
        assert sorted(self.settlements) == list(range(1, len(self.reservations) + 1)), "a call was left unsettled"
        return [self.settlements[call] for call in sorted(self.settlements)]
