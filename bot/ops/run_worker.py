"""Run a worker: take jobs out of the queue and show them in their messages, without a session of Discord's."""

from __future__ import annotations

import asyncio
import contextlib
import logging

import discord

from bot import bootstrap
from bot.discord_ui.gateway_state import GatewayState
from bot.errors import InvalidSetting
from bot.ops.health import HEARTBEAT_SECONDS, Heartbeat
from bot.ops.run_discord import (
    http_options,
    log_in,
    prepare_process,
    serve_metrics,
    stop_on_signals,
    warn_of_unpriced_models,
)
from bot.ops.worker import Worker
from bot.services.offload import lower_priority, worker_processes
from bot.services.services import Services
from bot.settings import Settings

log = logging.getLogger("bot.worker")

_NICE_INCREMENT = 5  # a gateway on the same machine goes first: Discord waits three seconds for it, and for no worker
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
    lower_priority(_NICE_INCREMENT)
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
    stopping = stop_on_signals()
    await services.jobs.open(services.work_for)
    services.prepare_models()  # it is there for nothing else
    worker = Worker(services, client)
    heartbeat = Heartbeat(settings.database_path, bootstrap.utc_now)
    async with serve_metrics(settings, services, lambda: False):
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
