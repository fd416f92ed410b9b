"""The port of the ledger: one row for each call of a model, written before the call and settled after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.services.llm_ports import Cost, ModelRole


@dataclass(frozen=True, slots=True)
class Reservation:
    """A call about to be made: who it is for, what for, and the most it can cost.

    ``max_nano_usd`` is in nano-dollars. ``prompt`` is the prompt's file
    name, ``prompt_hash`` the start of the SHA-256 of that file with all that it includes.
    """

    writer: str
    role: ModelRole
    model: str
    prompt: str
    prompt_hash: str
    max_nano_usd: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a call came to. ``model`` is the one that answered; tokens are counted apart by how they are billed.

    ``nano_usd`` is None where neither it nor the model asked has a known price, ``first_text_ms`` where no text came.
    ``stop_reason`` is the service's own word, or the name of the fault that ended the call. ``estimated`` says that the
    service sent no final count and the figures are our own estimate.
    """

    model: str
    input_tokens: int
    cache_write_tokens: int
    cache_read_tokens: int
    output_tokens: int
    nano_usd: int | None
    first_text_ms: int | None
    total_ms: int
    stop_reason: str
    is_estimated: bool = False


@dataclass(frozen=True, slots=True)
class UsageRow:
    """Calls of one day (UTC, ISO date), role and model, added up. ``unpriced`` counts calls without a known price."""

    day: str
    role: str
    model: str
    calls: int
    input_tokens: int
    cache_read_tokens: int
    output_tokens: int
    nano_usd: int
    unpriced_calls: int


@dataclass(frozen=True, slots=True)
class Spending:
    """What a writer has spent today and this month, and everybody this month, in nano-dollars (UTC days).

    Reservations are included.
    """

    writer_day: int
    writer_month: int
    month: int


class Ledger(Protocol):
    """Where calls are written down. Never their text."""

    async def reserve(self, reservation: Reservation, at: datetime) -> int:
        """Writes the call down at its worst cost and returns its number, in one transaction with checking the budgets.

        Raises OverBudget, and writes nothing, where the worst case would pass the writer's day or month, or everybody's
        month: BudgetTooSmall where it alone does, BudgetSpent where it does with what was spent, BudgetReserved where
        it would fit if the calls that are under way cost nothing.
        """

    async def settle(self, call: int, settlement: Settlement) -> None:
        """Puts what the call came to in the place of its worst cost."""

    async def spending(self, writer: str, at: datetime) -> Spending:
        """What counts against the budgets now."""

    async def usage(self, since: datetime, writer: str | None = None) -> Sequence[UsageRow]:
        """Calls since then, by day, role and model, oldest first; one writer's, or everybody's.

        One that was never settled, because the program was killed, counts at its worst cost and without tokens.
        """


def total_cost(calls: Sequence[Settlement]) -> Cost:
    """What the calls came to in all; without dollars where the price of one is not known."""
    prices = [call.nano_usd for call in calls if call.nano_usd is not None]
    return Cost(
        nano_usd=sum(prices) if len(prices) == len(calls) else None,
        input_tokens=sum(call.input_tokens + call.cache_write_tokens + call.cache_read_tokens for call in calls),
        output_tokens=sum(call.output_tokens for call in calls),
    )


class RecordingLedger:
    """A ledger that tells what its own calls came to: another process may write calls into the same store."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._recordings: dict[object, list[Settlement]] = {}

    @contextmanager
    def record_settlements(self) -> Iterator[list[Settlement]]:
        """A list that grows by each call which is settled through this ledger while the context lasts."""
        count, calls = object(), list[Settlement]()
        self._recordings[count] = calls
        try:
            yield calls
        finally:
            del self._recordings[count]

    async def reserve(self, reservation: Reservation, at: datetime) -> int:
        """See Ledger."""
        return await self._ledger.reserve(reservation, at)

    async def settle(self, call: int, settlement: Settlement) -> None:
        """See Ledger. It counts from the moment that it is stored."""
        await self._ledger.settle(call, settlement)
        for calls in self._recordings.values():
            calls.append(settlement)

    async def spending(self, writer: str, at: datetime) -> Spending:
        """See Ledger."""
        return await self._ledger.spending(writer, at)

    async def usage(self, since: datetime, writer: str | None = None) -> Sequence[UsageRow]:
        """See Ledger."""
        return await self._ledger.usage(since, writer)
