"""Running a bot: in the test's own process, or in one that can be killed."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from tests.simulators.discord.server import DiscordSimulator


class Bot(Protocol):
    """What is asked of a discord.py client."""

    async def start(self, token: str) -> None: ...

    async def close(self) -> None: ...


@asynccontextmanager
async def running(bot: Bot, sim: DiscordSimulator) -> AsyncIterator[None]:
    """Starts ``bot`` and waits until it is connected; closes it at the end. ``sim.point(monkeypatch)`` comes first.

    Raises whatever the bot raised while it started.
    """
    before = sim.gateway.connected
    task = asyncio.create_task(bot.start(sim.token))
    connected = asyncio.create_task(sim.gateway.wait_connected(besides=before))
    try:
        await asyncio.wait({task, connected}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            await task
        await connected
        yield
    finally:
        connected.cancel()
        await bot.close()
        await asyncio.gather(task, connected, return_exceptions=True)


@asynccontextmanager
async def process(
    sim: DiscordSimulator, command: Sequence[str], folder: Path, more: Mapping[str, str], cwd: Path | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Starts ``command`` as a process that finds the simulator, and waits until its bot is connected.

    Args:
        folder: an empty directory for its sitecustomize.py.
        more: further environment variables, the bot's token among them.

    Whatever is left of it at the end is killed. Raises AssertionError when it exits before it connects.
    """
    before = sim.gateway.connected
    started = await asyncio.create_subprocess_exec(*command, cwd=cwd, env={**sim.environment(folder), **more})
    gone = asyncio.create_task(started.wait())
    joined = asyncio.create_task(sim.gateway.wait_connected(30, besides=before))
    try:
        await asyncio.wait({gone, joined}, return_when=asyncio.FIRST_COMPLETED)
        if not joined.done():
            raise AssertionError(f"the process ended with {gone.result()} before it connected")
        await joined
        yield started
    finally:
        joined.cancel()
        if started.returncode is None:
            started.kill()
        await asyncio.gather(gone, joined, return_exceptions=True)
