"""What runs beside the bot for as long as it serves: heartbeats, deletions, retention, and what the host is told.

Nobody awaits these tasks, so whatever goes wrong in one is logged, and tried again at its next look.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator, Sequence
from functools import partial

from bot.discord_ui.client import DiscordClient
from bot.discord_ui.panels.retention import deletion_warning_card
from bot.errors import BotError, StoreError
from bot.ops.health import HEARTBEAT_SECONDS, Heartbeat
from bot.services.host_alerts import HostAlerts
from bot.services.retention import PendingDeletion
from bot.services.services import Services
from bot.services.store_ports import Clock
from bot.terminal import LOCAL_WRITER

log = logging.getLogger("bot.discord")

_DELETIONS_SECONDS = 5.0  # between two looks whether the host has a person's data deleted
_ALERTS_SECONDS = 20.0  # between two looks at what the host is to be told; a message that failed is tried again then
_RETENTION_SECONDS = 600.0  # between two looks whether a day has passed


async def write_heartbeats(client: DiscordClient, heartbeat: Heartbeat) -> None:
    """Write the heartbeat at every change of the connection and every HEARTBEAT_SECONDS."""
    while True:
        heartbeat.write(client.gateway)
        client.gateway_changed.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(client.gateway_changed.wait(), HEARTBEAT_SECONDS)


async def finish_deletions(client: DiscordClient, services: Services) -> None:
    """Delete the data of people whom the host deletes by a command, which cannot stop the jobs of this process."""
    while True:
        await asyncio.sleep(_DELETIONS_SECONDS)
        if not client.is_serving():
            continue
        with logging_errors("a person's data could not be deleted, which is tried again"):
            await services.personal_data.finish_deletions(lambda writer: writer != LOCAL_WRITER)


async def send_host_alerts(client: DiscordClient, alerts: HostAlerts, clock: Clock) -> None:
    """Tell the host of whatever is due, for ever. A process that stands by for another misses no connection."""
    lost_since = None
    while True:
        lost_since = None if client.is_connected() or not client.is_serving() else (lost_since or clock())
        with logging_errors("the host could not be told of something"):
            while client.is_serving() and (alert := await alerts.next_alert(lost_since)) is not None:
                if not await client.tell_owners(alert.text) and not alert.is_tried_once:
                    break
                await alerts.mark_told(alert)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(client.gateway_changed.wait(), _ALERTS_SECONDS)


async def enforce_retention(client: DiscordClient, services: Services) -> None:
    """Do what is due each day, for ever; only while Discord is connected, so that an outage is no failed warning."""
    while True:
        if client.is_connected() and client.is_serving():
            with logging_errors("what is kept for too long could not be looked at"):
                await services.retention.run_if_due(partial(warn_writer, client, services))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(client.gateway_changed.wait(), _RETENTION_SECONDS)


async def warn_writer(
    client: DiscordClient, services: Services, writer: str, pending: Sequence[PendingDeletion]
) -> bool:
    """Send a writer the warning in their DM; return whether it was delivered. Raise nothing."""
    try:
        channel = await services.store.read(lambda tx: tx.messages.channel(writer))
    except StoreError as error:  # it is tried again the next day
        log.warning("a writer's DM could not be looked up for a warning: %s", type(error).__name__)
        return False
    if channel is None:  # they have never had a DM with the bot, and from the pseudonym none can be opened
        return False
    return await client.send_to_dm(channel.id, deletion_warning_card(pending, services.retention.essay_days or 0))


@contextlib.contextmanager
def logging_errors(failed: str) -> Iterator[None]:
    """Log what goes wrong inside, after what ``failed``, and raise nothing."""
    try:
        yield
    except BotError as error:
        log.warning("%s: %s", failed, type(error).__name__)
    except Exception:
        log.exception("%s, by a bug", failed)
