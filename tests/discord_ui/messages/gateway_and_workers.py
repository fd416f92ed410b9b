"""A gateway and workers over one PostgreSQL, each with all objects that a process of its own would have."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import discord
from pydantic import SecretStr

from bot import bootstrap
from bot.discord_ui.client import DiscordClient, ShardedDiscordClient
from bot.discord_ui.interactions.dispatcher import InteractionDispatcher
from bot.discord_ui.interactions.responses import writer_id
from bot.discord_ui.messages.editor import EditTiming
from bot.discord_ui.messages.worker_panels import WorkerJobPanels
from bot.discord_ui.panels.presenter import Presenter
from bot.ops.worker import take_over_jobs
from bot.services.jobs.job import JobView
from bot.services.jobs.queued_runner import QueuedJobRunner
from bot.services.llm_ports import Models
from bot.services.services import Services
from bot.settings import Settings as BotSettings
from bot.store.message_locks import PostgresMessageLocks
from tests.discord_ui.conftest import OPEN
from tests.postgres_server import KEY, open_store
from tests.simulators.discord import DiscordSimulator, User, running

Clock = Callable[[], datetime]


@asynccontextmanager
async def _services(url: str, models: Models, clock: Clock) -> AsyncIterator[Services]:
    services = bootstrap.build_services(
        BotSettings.model_construct(
            database_url=SecretStr(url), database_key=SecretStr(KEY), jobs_at_once=4, database_connections=4
        ),
        models=models,
        store=open_store(url, clock),
        clock=clock,
        flush_seconds=0.01,
        is_queued=True,
    )
    try:
        await services.jobs.open(services.work_for)
        yield services
    finally:
        await services.close()


@dataclass(eq=False)
class GatewayProcess:
    """What a gateway has; the locks are its own."""

    client: DiscordClient
    services: Services
    locks: PostgresMessageLocks

    async def latest_job(self, user: User) -> JobView:
        """The last job on the person's last changed essay."""
        writer = writer_id(self.services.pseudonym_secret, user.id)
        essay = (await self.services.essays.list_essays(writer))[0]
        found = await self.services.jobs.latest_job(writer, essay.id)
        assert found is not None
        return found


@asynccontextmanager
async def gateway(
    sim: DiscordSimulator,
    url: str,
    models: Models,
    clock: Clock = bootstrap.utc_now,
    *,
    shard: int = 0,
    shards: int = 1,
) -> AsyncIterator[GatewayProcess]:
    """A gateway of one of the shards, connected to the simulator."""
    async with _services(url, models, clock) as services:
        locks = PostgresMessageLocks(url, services.pseudonym_secret)
        timing = EditTiming(interval=0.0, bucket_seconds=0.0, late_arrival=0.1)
        settings = BotSettings.model_construct(shard_count=shards)
        serves = (lambda guild: settings.shard_of(guild) == shard) if shards > 1 else None
        dispatcher = InteractionDispatcher(services, OPEN, timing, locks=locks, serves=serves)
        client = ShardedDiscordClient(dispatcher, None, (shard,), shards, None)
        try:
            async with running(client, sim):
                yield GatewayProcess(client, services, locks)
                await dispatcher.close(2.0)
                await dispatcher.job_panels.wait_until_done(2.0)
        finally:
            await locks.close()


@dataclass(eq=False)
class WorkerProcess:
    """What a worker has."""

    services: Services
    panels: WorkerJobPanels
    timing: EditTiming
    locks: PostgresMessageLocks
    tasks: list[asyncio.Task[None]]

    async def die(self) -> None:
        """Show nothing more and lose the locks, as a process that is killed."""
        for task in (*self.tasks, *self.panels._tasks()):
            task.cancel()
        await self.locks.close()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def end(self) -> None:
        """End as a worker does that is told to: its jobs are interrupted, and others go on with them."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.services.jobs.close()
        await self.panels.wait_until_done(5.0)
        await self.locks.close()


@asynccontextmanager
async def worker(
    sim: DiscordSimulator,
    url: str,
    models: Models,
    clock: Clock = bootstrap.utc_now,
    *,
    at_work: bool = True,
) -> AsyncIterator[WorkerProcess]:
    """A worker, logged in without a session. ``at_work`` False: it shows messages, and takes no job."""
    async with _services(url, models, clock) as services, discord.Client(intents=discord.Intents.none()) as client:
        await client.login(sim.token)
        locks = PostgresMessageLocks(url, services.pseudonym_secret)
        timing = EditTiming(interval=0.0, bucket_seconds=0.0, outdated_timeout=0.2, late_arrival=0.1)
        panels = WorkerJobPanels(client, Presenter(services), locks, timing)
        runner = services.jobs
        assert isinstance(runner, QueuedJobRunner)
        runner.on_begin = panels.follow
        tasks = [asyncio.create_task(panels.run())]
        if at_work:
            await runner.work()
            tasks.append(asyncio.create_task(take_over_jobs(services, runner)))
        made = WorkerProcess(services, panels, timing, locks, tasks)
        try:
            yield made
        finally:
            await made.end()
