"""The end of the room: what could not be entered is told, and the connections are closed all the same."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import replace
from pathlib import Path

import anthropic
import pytest

from bot.errors import StoreBusy
from bot.essay.structure import Structure
from bot.llm import sdk
from bot.llm.client import ServiceConfig
from bot.llm.sdk import create_client
from tests.llm.conftest import NOTES
from tests.llm.memory_ledger import MemoryLedger
from tests.llm.port_calls import PORTS, Calling
from tests.simulators.claude import ClaudeSimulator, Gate, Pause


class Slow(MemoryLedger):
    """Enters a call when it is let; the first fails then, and the second takes a little longer."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.let = asyncio.Semaphore(0), asyncio.Event()

    async def settle(self, call: int, settlement: object) -> None:
        self.asked.release()
        await self.let.wait()
        if call == 1:
            raise StoreBusy(Path("essays.db"))
        await asyncio.sleep(0)
        await super().settle(call, settlement)  # type: ignore[arg-type]  # passed through as it came


async def stopped_twice(calling: Calling, ledger: Slow, gates: list[Gate]) -> None:
    """Calls are stopped, and again while they are entered, so that nobody waits for their entries; then all ends."""
    async with calling.under() as models:
        calls = [
            asyncio.ensure_future(calling.port.send(models, calling.structure, NOTES[1], calling.on)) for _ in gates
        ]
        for gate in gates:
            await gate.reached()
        for call in calls:
            call.cancel()
        for _ in calls:
            await ledger.asked.acquire()
        for call in calls:
            call.cancel()
        await asyncio.wait(calls)
        ledger.let.set()


async def test_close_raises_for_a_settlement_that_failed_and_closes_the_connections(
    claude: ClaudeSimulator, structure: Structure, monkeypatch: pytest.MonkeyPatch
) -> None:
    clients: list[anthropic.AsyncAnthropic] = []

    def connected(service: ServiceConfig, certificates: ssl.SSLContext) -> anthropic.AsyncAnthropic:
        clients.append(create_client(service, certificates))
        return clients[-1]

    monkeypatch.setattr(sdk, "create_client", connected)
    ledger, gates = Slow(), [Gate(), Gate()]
    calling = Calling(PORTS["draft"], claude, structure, ledger)
    claude.script(*(replace(calling.good, pauses=(Pause(0, gate),)) for gate in gates))
    with pytest.raises(StoreBusy):
        await stopped_twice(calling, ledger, gates)
    assert clients[0].is_closed()
    assert list(ledger.settlements) == [2]
