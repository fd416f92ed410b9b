"""Run the bot in Discord: build it, serve until it is told to stop, and shut down with everything stored."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any

import aiohttp
import discord

from bot import bootstrap
from bot.discord_ui import developer_portal
from bot.discord_ui.access import AccessRules
from bot.discord_ui.client import DiscordClient, ShardedDiscordClient, request_trace
from bot.discord_ui.interactions.dispatcher import InteractionDispatcher
from bot.errors import BotError, InvalidSetting
from bot.network import find_proxy
from bot.ops.background_tasks import enforce_retention, finish_deletions, send_host_alerts, write_heartbeats
from bot.ops.health import Heartbeat
from bot.ops.logging_config import log_unhandled_task_errors
from bot.ops.single_instance import single_instance
from bot.ops.worker import Worker
from bot.services.host_alerts import HostAlerts
from bot.services.jobs.queued_runner import QueuedJobRunner
from bot.services.offload import worker_processes
from bot.services.services import Services
from bot.settings import Role, Settings
from bot.terminal import LOCAL_WRITER

if TYPE_CHECKING:
    from bot.store.shard_leases import ShardLease

log = logging.getLogger("bot.discord")

# Together under the ten seconds after which docker stop kills a process: handlers finish, panels show how their jobs
# ended, the connection closes.
_HANDLERS_SECONDS, _PANELS_SECONDS, _CLOSE_SECONDS = 2.0, 3.0, 2.0
# gc.set_threshold. With Python's 700, 10 and 10, the objects of hundreds of running drafts reached the oldest
# generation, and each collection of that stopped everything for 0.1 s, every two seconds.
_GC_THRESHOLDS = (5_000, 5, 200)
# sys.setswitchinterval. The store's thread releases the GIL at each row that it reads, and a panel takes some fifty
# rows: with Python's own 5 ms hundreds of people at once waited for many seconds, and with 0.5 ms twice as long as with
# 0.1 ms. A switch costs some microseconds.
_THREAD_SWITCH_SECONDS = 0.0001
_CLOSE_CODE_NOT_AUTHENTICATED = 4004  # gateway close event code: the token was reset while the bot ran
_CLOSE_CODE_SHARDING_REQUIRED = 4011


class DiscordUnreachable(BotError):
    """Discord cannot be reached over the network."""

    is_temporary = True

    def __init__(self) -> None:
        super().__init__("Discord cannot be reached: check the network connection. Everything stored is safe.")


class DiscordRejectedStart(BotError):
    """Discord was reached and refused a request of the start, such as the registration of commands."""

    def __init__(self, status: int, code: int) -> None:
        self.is_temporary = status >= 500 or status == 429
        again = (
            "try again in a minute" if self.is_temporary else "start it again, and report these numbers if that fails"
        )
        super().__init__(
            f"Discord answered the start with status {status} and code {code}, so the bot is not running. The network "
            f"and the token are in order, and everything stored is safe: {again}."
        )


class ConnectionClosedByDiscord(BotError):
    """Discord closed the gateway connection with a code after which reconnecting does not help."""

    def __init__(self, code: int) -> None:
        super().__init__(
            f"Discord ended the connection with code {code}, and takes no other from this bot as it is. Everything "
            "stored is safe: update the program and start it again, and report the number if that fails."
        )


class ShardsNeeded(BotError):
    """The bot is in more servers than Discord lets the configured number of shards serve."""

    def __init__(self) -> None:
        super().__init__(
            "The bot is in more servers than Discord serves by this many shards. Everything stored is safe: set "
            "SHARD_COUNT to a higher number, one for each 1,000 servers, in every gateway alike, and start it again."
        )


def missing_settings(settings: Settings, role: Role = Role.ALL) -> Iterator[str]:
    """Yield a sentence for each setting that is missing, or does not go with this role, so that the bot cannot run."""
    yield from settings.wrong_for_role(role)
    if settings.discord_token is None:
        yield f"DISCORD_TOKEN is missing. It is found at {developer_portal.TOKEN_PAGE}; put it into .env."
    elif developer_portal.application_id(settings.discord_token.get_secret_value()) is None:
        yield f"{developer_portal.MALFORMED_TOKEN}. Copy it anew at {developer_portal.TOKEN_PAGE}"


def make_client(services: Services, settings: Settings, lease: ShardLease | None = None) -> DiscordClient:
    """Build the Discord client over the services; with several shards, or one under a lease, that of several."""
    everyone = settings.access == "open"
    rules = AccessRules(everyone, settings.access_servers, settings.access_users)
    locks = services.open_message_locks() if services.open_message_locks is not None else None
    dispatcher = InteractionDispatcher(
        services,
        rules,
        is_served=lambda writer: writer != LOCAL_WRITER,
        locks=locks,
        serves=(lambda guild: settings.shard_of(guild) in settings.shards) if settings.shard_count else None,
    )
    if lease is None and len(settings.shards) == 1:
        return DiscordClient(dispatcher, http_options(settings))
    return ShardedDiscordClient(dispatcher, http_options(settings), settings.shards, settings.shard_count or 1, lease)


def http_options(settings: Settings) -> dict[str, Any]:
    """Return how a discord.Client reaches Discord's HTTP API, as arguments for it, and point the library there.

    They hold the network's proxy and this process's share of Discord's requests a second.
    """
    if settings.discord_api_url is not None:
        discord.http.Route.BASE = settings.discord_api_url
    options: dict[str, Any] = {"http_trace": request_trace(settings.discord_requests_per_second)}
    if (proxy := find_proxy(discord.http.Route.BASE)) is not None:
        auth = aiohttp.BasicAuth(proxy.username, proxy.password) if proxy.username is not None else None
        options |= {"proxy": proxy.address, "proxy_auth": auth}
    return options


async def run_discord(settings: Settings, role: Role = Role.ALL) -> None:
    """Run until SIGTERM or SIGINT, then end within ten seconds with everything stored; all, or a gateway alone.

    Raise InvalidSetting for a token that is missing or that Discord refuses, DiscordUnreachable, DiscordRejectedStart,
    ShardsNeeded, ConnectionClosedByDiscord, and what ``single_instance`` and ``build_services`` raise.
    """
    if settings.discord_token is None:
        raise InvalidSetting("DISCORD_TOKEN", f"it is missing; it is found at {developer_portal.TOKEN_PAGE}")
    prepare_process(settings)
    if role is Role.GATEWAY:
        log.info("this gateway hands jobs over: a worker must run too, or nothing is drafted, revised or critiqued")
    with _only_bot(settings), worker_processes():
        await _run_bot(settings, settings.discord_token.get_secret_value(), role)


def prepare_process(settings: Settings) -> None:
    """Set up Python for many people at once, and log what is set in vain."""
    sys.setswitchinterval(_THREAD_SWITCH_SECONDS)
    for unused in settings.unused_settings:
        log.info("%s", unused)


def warn_of_unpriced_models(settings: Settings) -> None:
    """Log which models are not called because their price is not known."""
    if settings.has_model and (unpriced := bootstrap.unpriced_models(settings)):
        log.warning(
            "The price of %s is not known, so it is not called: set MODEL_PRICES, as =0/0 if it costs nothing",
            ", ".join(unpriced),
        )


@contextlib.contextmanager
def _only_bot(settings: Settings) -> Iterator[None]:
    """Be the only bot that serves a file, as ``single_instance`` is; on PostgreSQL each shard has a lease."""
    with contextlib.nullcontext() if settings.database_url is not None else single_instance(settings.database_path):
        yield


def _shard_lease(settings: Settings) -> ShardLease | None:
    """Return the lease of the shards that the settings name; None where there is one process, on a file."""
    if settings.database_url is None:
        return None
    from bot.store.shard_leases import ShardLease  # its driver comes with an extra, which build_services has imported

    return ShardLease(settings.database_url.get_secret_value(), settings.shards, settings.shard_count or 1)


async def _run_bot(settings: Settings, token: str, role: Role) -> None:
    services = bootstrap.build_services(settings, is_queued=True)
    warn_of_unpriced_models(settings)
    try:
        # What an earlier process left; the terminal recovers its own jobs, and offers them: somebody sits there.
        await services.jobs.open(services.work_for, lambda writer: writer != LOCAL_WRITER)
        lease = _shard_lease(settings)
        client = make_client(services, settings, lease)
        if client.serves_dms and (left := await services.personal_data.finish_deletions(lambda w: w != LOCAL_WRITER)):
            log.info("deletions of a person's data that were cut short: %d, done now", left)
        gc.collect()
        gc.freeze()  # never collect what the start has made: going through it stopped everything for 0.1 s
        gc.set_threshold(*_GC_THRESHOLDS)
        heartbeat = Heartbeat(settings.database_path, bootstrap.utc_now)
        alerts = HostAlerts(services.store, services.ledger, bootstrap.utc_now)
        beside = [asyncio.create_task(write_heartbeats(client, heartbeat), name="heartbeat")]
        if client.serves_dms:  # what one process does for all
            beside += [
                asyncio.create_task(send_host_alerts(client, alerts, bootstrap.utc_now), name="host-alerts"),
                asyncio.create_task(finish_deletions(client, services), name="deletions"),
                asyncio.create_task(enforce_retention(client, services), name="retention"),
            ]
        try:
            async with serve_metrics(settings, services, client.is_connected):
                worker = (
                    Worker(services, client)
                    if role is Role.ALL and isinstance(services.jobs, QueuedJobRunner)
                    else None
                )
                await _serve_until_stopped(client, services, token, worker, lease)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
    finally:
        await services.close()
    heartbeat.stop()


def stop_on_signals() -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set, and log the errors of tasks that nobody awaits."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    log_unhandled_task_errors(loop)
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows, where Ctrl-C ends the loop itself
            loop.add_signal_handler(number, stopping.set)
    return stopping


@contextlib.asynccontextmanager
async def serve_metrics(
    settings: Settings, services: Services, is_connected: Callable[[], bool]
) -> AsyncIterator[None]:
    """Serve the process's metrics inside, and count the stalls of its event loop, if METRICS_PORT is set."""
    if settings.metrics_port is None:
        yield
        return
    from bot.ops.metrics_server import count_loop_stalls, metrics_server  # the library takes 0.1 s

    with metrics_server(settings.metrics_port, services.jobs, is_connected):
        stalls = asyncio.create_task(count_loop_stalls(), name="stalls")
        try:
            yield
        finally:
            stalls.cancel()
            await asyncio.gather(stalls, return_exceptions=True)


async def _serve_until_stopped(
    client: DiscordClient,
    services: Services,
    token: str,
    worker: Worker | None = None,
    lease: ShardLease | None = None,
) -> None:
    stopping = stop_on_signals()
    running = asyncio.create_task(_serve(client, token, worker, lease), name="discord")
    asked = asyncio.create_task(stopping.wait(), name="stop-signal")
    try:
        await asyncio.wait({running, asked}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await _raise_connection_error(running)
    finally:
        asked.cancel()
        await shut_down(client, services, worker)
        running.cancel()
        await asyncio.gather(running, asked, return_exceptions=True)
        if lease is not None:  # once nothing renews it
            await lease.release()


async def _serve(client: DiscordClient, token: str, worker: Worker | None, lease: ShardLease | None) -> None:
    await client.login(token)
    if worker is not None:
        await worker.start()
    if lease is None or not isinstance(client, ShardedDiscordClient):
        await client.connect()
        return
    await lease.acquire(client.stand_by)
    await client.dispatcher.resume_jobs(client)
    both = {
        asyncio.create_task(client.connect(), name="gateway"),
        asyncio.create_task(_keep_shards(client, lease), name="shards"),
    }
    try:
        ended, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for one in ended:
            one.result()
    finally:
        for one in both:
            one.cancel()
        await asyncio.gather(*both, return_exceptions=True)


async def _keep_shards(client: ShardedDiscordClient, lease: ShardLease) -> None:
    """Hold the lease while the client is connected; close the sessions when it is lost, and begin new ones with it."""
    while True:
        await lease.keep()
        log.warning("the lease of the shards could not be kept, so their sessions end until it is had again")
        client.dispatcher.job_panels.let_go()
        await client.disconnect_shards()
        await lease.acquire(client.stand_by)
        log.info("the lease of the shards is had again")
        await client.dispatcher.resume_jobs(client)
        await client.connect_shards()


async def log_in(client: discord.Client, token: str) -> None:
    """Log in over HTTP. Raise InvalidSetting, DiscordUnreachable, DiscordRejectedStart."""
    await _raise_connection_error(asyncio.ensure_future(client.login(token)))


async def _raise_connection_error(running: asyncio.Future[None]) -> None:
    not_taken = InvalidSetting(
        "DISCORD_TOKEN", f"Discord does not take it; make a new one at {developer_portal.TOKEN_PAGE}"
    )
    try:
        await running
    except discord.LoginFailure:
        raise not_taken from None
    except discord.ConnectionClosed as error:
        if error.code == _CLOSE_CODE_NOT_AUTHENTICATED:
            raise not_taken from None
        if error.code == _CLOSE_CODE_SHARDING_REQUIRED:
            raise ShardsNeeded from None
        raise ConnectionClosedByDiscord(error.code) from None
    except discord.HTTPException as error:
        raise DiscordRejectedStart(error.status, error.code) from error
    except (aiohttp.ClientError, OSError, discord.GatewayNotFound) as error:
        raise DiscordUnreachable from error


async def shut_down(client: DiscordClient, services: Services, worker: Worker | None = None) -> None:
    """Refuse new interactions, interrupt running jobs, show how they ended, and disconnect."""
    log.info("stopping")
    await client.dispatcher.close(_HANDLERS_SECONDS)
    if worker is not None:
        await worker.stop(_PANELS_SECONDS)
    await services.jobs.close()
    await client.dispatcher.job_panels.wait_until_done(_PANELS_SECONDS)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(client.close(), _CLOSE_SECONDS)
