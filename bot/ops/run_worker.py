"""Run a worker: take jobs out of the queue and show them in their messages, without a session of Discord's."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import discord

from bot import bootstrap
from bot.discord_ui.gateway_state import GatewayState
from bot.errors import InvalidSetting
from bot.ops.health import HEARTBEAT_SECONDS, Heartbeat
from bot.ops.logging_config import log_unhandled_task_errors
from bot.ops.run_discord import http_options, log_in, prepare_process, warn_of_unpriced_models
from bot.ops.worker import Worker
from bot.services.offload import worker_processes
from bot.services.services import Services
from bot.settings import Settings

log = logging.getLogger("bot.worker")

# With all else under the ten seconds after which docker stop kills a process.
_PANELS_SECONDS = 4.0


async def run_worker(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT, then end within ten seconds with everything stored.

    Raise InvalidSetting for a token that is missing or that Discord refuses, DiscordUnreachable, DiscordRejectedStart,
    and what ``build_services`` raises.
    """
    if settings.discord_token is None:
        raise InvalidSetting("DISCORD_TOKEN", "it is missing")
    prepare_process(settings)
    with worker_processes():
        services = bootstrap.build_services(settings, is_queued=True)
        try:
            warn_of_unpriced_models(settings)
            client = discord.Client(
                intents=discord.Intents.none(),
                allowed_mentions=discord.AllowedMentions.none(),
                max_messages=None,
                **http_options(settings),
            )
            async with client:
                await log_in(client, settings.discord_token.get_secret_value())
                await _work_until_stopped(services, settings, client)
        finally:
            await services.close()


async def _work_until_stopped(services: Services, settings: Settings, client: discord.Client) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    log_unhandled_task_errors(loop)
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows, where Ctrl-C ends the loop itself
            loop.add_signal_handler(number, stopping.set)
    await services.jobs.recover(services.work_for)
    services.prepare_models()  # it is there for nothing else
    worker = Worker(services, client)
    heartbeat = Heartbeat(settings.database_path, bootstrap.utc_now)
    async with _beside(services, settings):
        await worker.start()
        log.info("ready; it takes at most %d jobs at once", settings.jobs_at_once)
        try:
            while not stopping.is_set():
                heartbeat.write(GatewayState.NOT_NEEDED)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), HEARTBEAT_SECONDS)
            log.info("stopping")
        finally:
            await worker.stop(_PANELS_SECONDS)
            heartbeat.stop()


@asynccontextmanager
async def _beside(services: Services, settings: Settings) -> AsyncIterator[None]:
    """Serve the process's metrics inside, if that is wanted."""
    if settings.metrics_port is None:
        yield
        return
    from bot.ops.metrics_server import count_loop_stalls, metrics_server  # the library takes 0.1 s

    with metrics_server(settings.metrics_port, services.jobs, lambda: False):
        stalls = asyncio.create_task(count_loop_stalls(), name="stalls")
        try:
            yield
        finally:
            stalls.cancel()
