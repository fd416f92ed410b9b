"""The bot as two gateways and two workers over one PostgreSQL, as processes before a loopback Discord and Claude."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.discord_ui.bot_process import Runs, environment
from tests.simulators.claude import ClaudeSimulator
from tests.simulators.discord import DiscordSimulator

SHARDS = 2
START_SECONDS = 60.0  # a gateway may have to wait until another has identified, and the machine is shared


class Supervised(Runs):
    """One of several processes of the bot, which is started again when it is killed."""

    async def start(self, *, connects: bool = True) -> None:
        """See Runs; others may start at the same time."""
        before = self.sim.gateway.connected
        await super().start(connects=False)
        if connects and self.shards:
            await self.sim.gateway.wait_shards(*self.shards, timeout=START_SECONDS, besides=before)
            connected = [one for one in self.sim.gateway.connected if one not in before]
            self.sessions = [one for one in connected if one.shard[0] in self.shards]

    async def end(self) -> None:
        """kill -9, if it runs."""
        if self.child:
            self.send_signal(signal.SIGKILL)
            await self.ended()


class Processes:
    """Gateways by their shard, and workers. Each has a folder of its own, with its logs."""

    def __init__(self, sim: DiscordSimulator, claude: ClaudeSimulator, folder: Path, database: dict[str, str]) -> None:
        base = {**environment(sim, claude, folder), **database}

        def make(name: str, role: str, more: dict[str, str], shards: tuple[int, ...]) -> Supervised:
            place = folder / name
            place.mkdir()
            sign_of_life = {"DATABASE_PATH": str(place / "essays.db")}
            return Supervised(sim, place, {**base, **more, **sign_of_life}, ("--role", role), shards)

        self.gateways = [
            make(f"gateway{number}", "gateway", {"SHARD_COUNT": str(SHARDS), "SHARD_IDS": str(number)}, (number,))
            for number in range(SHARDS)
        ]
        self.workers = [make(f"worker{number}", "worker", {}, ()) for number in range(2)]

    @property
    def all(self) -> list[Supervised]:
        return [*self.gateways, *self.workers]

    @property
    def log(self) -> str:
        return "".join(one.log for one in self.all)


@asynccontextmanager
async def ended_at_last(processes: Processes) -> AsyncIterator[Processes]:
    """Leave none of them behind."""
    try:
        yield processes
    finally:
        await asyncio.gather(*(one.end() for one in processes.all))
