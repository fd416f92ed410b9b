"""Runs the bot in Discord, from the settings to the last stored word."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import sys
from collections.abc import Iterator

import aiohttp
import discord

from bot import app
from bot.app import Workshop
from bot.discord_ui import portal
from bot.discord_ui.access import Access
from bot.discord_ui.client import Client
from bot.discord_ui.door import Door
from bot.discord_ui.tools import Tools
from bot.errors import BadSetting, BotError
from bot.heartbeat import BEAT_SECONDS, Heartbeat
from bot.logs import tell_of_lost_errors
from bot.network import proxy_for
from bot.settings import Settings
from bot.sole import only_server
from bot.terminal import WRITER
from bot.workflow.aside import in_a_process

log = logging.getLogger("bot.discord")

# Together under the ten seconds after which an operator's tools kill a process: those inside come to their end, the
# panels show theirs, the connection closes.
_INSIDE_SECONDS, _PANEL_SECONDS, _GOODBYE_SECONDS = 2.0, 3.0, 2.0
# After so many new objects the young ones are looked through for what is held by nothing but itself; after so many of
# those the middle ones, after so many of those all. With Python's 700, 10 and 10 what hundreds of drafts hold grew old
# before they ended, and looking through all that is old stopped everything for 0.1 s, every two seconds.
_COLLECT = (5_000, 5, 200)
# How long a thread that computes keeps Python's one lock from another that wants it. The store's thread gives it up at
# each row that it reads, and a panel takes some fifty: with Python's own 5 ms hundreds of people at once waited for
# many seconds, and with 0.5 ms still for twice as long as with this. To change hands costs some microseconds.
_SWITCH_SECONDS = 0.0001
_NOT_AUTHENTICATED = 4004  # Gateway close event codes; where a token was made anew while the bot ran


class NoDiscord(BotError):
    """Discord cannot be reached."""

    passes = True

    def __init__(self) -> None:
        super().__init__("Discord cannot be reached: check the network connection. Everything stored is safe.")


class DiscordRefused(BotError):
    """Discord can be reached, and would not: above all it did not take the commands."""

    def __init__(self, status: int, code: int) -> None:
        self.passes = status >= 500 or status == 429
        again = "try again in a minute" if self.passes else "start it again, and report these numbers if that fails"
        super().__init__(
            f"Discord answered the start with status {status} and code {code}, so the bot is not running. The network "
            f"and the token are in order, and everything stored is safe: {again}."
        )


class ConnectionEnded(BotError):
    """Discord has ended the connection for good, for a reason that the client cannot mend by itself."""

    def __init__(self, code: int) -> None:
        super().__init__(
            f"Discord ended the connection with code {code}, and takes no other from this bot as it is. Everything "
            "stored is safe: update the program and start it again, and report the number if that fails."
        )


def missing(settings: Settings) -> Iterator[str]:
    """A line for each setting without which the bot cannot run, and where it is found."""
    if settings.discord_token is None:
        yield f"DISCORD_TOKEN is missing. It is found at {portal.TOKEN_PAGE}; put it into .env."
    elif portal.application_id(settings.discord_token.get_secret_value()) is None:
        yield f"{portal.MALFORMED}. Copy it anew at {portal.TOKEN_PAGE}"


def make_client(workshop: Workshop, settings: Settings) -> Client:
    """The client over a workshop."""
    tools = Tools(
        structures=workshop.catalogue,
        desk=workshop.desk,
        interview=workshop.interview,
        writing=workshop.writing,
        criticism=workshop.criticism,
        conversation=workshop.conversation,
        jobs=workshop.jobs,
        ledger=workshop.ledger,
        memory=workshop.memory,
        with_model=workshop.models is not None,
        secret=workshop.secret,
        clock=app.now,
        budget_writer_day=settings.budget_writer_day,
        budget_writer_month=settings.writer_month,
        budget_month=settings.budget_month,
    )
    everyone = settings.access == "open"
    door = Door(tools, Access(everyone, settings.access_servers, settings.access_users))
    proxy = proxy_for(discord.http.Route.BASE)
    if proxy is None:
        return Client(door)
    return Client(
        door, proxy.address, aiohttp.BasicAuth(proxy.name, proxy.password) if proxy.name is not None else None
    )


async def run_discord(settings: Settings) -> None:
    """Runs until SIGTERM or SIGINT, and then ends within ten seconds with everything stored.

    Raises BadSetting for a token that is missing or that Discord does not take, NoDiscord, DiscordRefused, and what
    ``only_server`` and ``app.open_workshop`` raise.
    """
    if settings.discord_token is None:
        raise BadSetting("DISCORD_TOKEN", f"it is missing; it is found at {portal.TOKEN_PAGE}")
    sys.setswitchinterval(_SWITCH_SECONDS)
    with only_server(settings.database_path), in_a_process():
        await _run(settings, settings.discord_token.get_secret_value())


async def _run(settings: Settings, token: str) -> None:
    workshop = await app.open_workshop(settings)
    if settings.has_model and (unpriced := app.unpriced_models(settings)):
        log.warning(
            "No price is known of %s, so that it is not called: set MODEL_PRICES, as =0/0 if it costs nothing",
            ", ".join(unpriced),
        )
    try:
        # What an earlier process left under way is told of and offered again; the terminal looks after its own.
        await workshop.jobs.recover(workshop.work_of, lambda writer: writer != WRITER)
        client = make_client(workshop, settings)
        gc.collect()
        gc.freeze()  # what is there from the start is not looked through again: that stopped everything for 0.1 s
        gc.set_threshold(*_COLLECT)
        heartbeat = Heartbeat(settings.database_path, app.now)
        beating = asyncio.create_task(_beat(client, heartbeat), name="heartbeat")
        try:
            await _serve(client, workshop, token)
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
    finally:
        await workshop.close()
    heartbeat.stop()


async def _beat(client: Client, heartbeat: Heartbeat) -> None:
    """Writes down, at every change and every BEAT_SECONDS, how it stands with the connection."""
    while True:
        heartbeat.beat(client.gateway)
        client.gateway_changed.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(client.gateway_changed.wait(), BEAT_SECONDS)


async def _serve(client: Client, workshop: Workshop, token: str) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    tell_of_lost_errors(loop)
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows, where Ctrl-C ends the loop itself
            loop.add_signal_handler(number, stopping.set)
    running = asyncio.create_task(client.start(token), name="discord")
    asked = asyncio.create_task(stopping.wait(), name="stop-signal")
    try:
        await asyncio.wait({running, asked}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await _started(running)
    finally:
        asked.cancel()
        await stop(client, workshop)
        running.cancel()
        await asyncio.gather(running, asked, return_exceptions=True)


async def _started(running: asyncio.Task[None]) -> None:
    not_taken = BadSetting("DISCORD_TOKEN", f"Discord does not take it; make a new one at {portal.TOKEN_PAGE}")
    try:
        await running
    except discord.LoginFailure:
        raise not_taken from None
    except discord.ConnectionClosed as error:
        raise (not_taken if error.code == _NOT_AUTHENTICATED else ConnectionEnded(error.code)) from None
    except discord.HTTPException as error:
        raise DiscordRefused(error.status, error.code) from error
    except (aiohttp.ClientError, OSError, discord.GatewayNotFound) as error:
        raise NoDiscord from error


async def stop(client: Client, workshop: Workshop) -> None:
    """Lets nobody in, interrupts what is being written, shows that, and leaves."""
    log.info("stopping")
    await client.door.close(_INSIDE_SECONDS)
    await workshop.jobs.close()
    await client.door.live.finish(_PANEL_SECONDS)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(client.close(), _GOODBYE_SECONDS)
