"""Tell whoever hosts the bot, in its DM with the application's owner, what they should know at once."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from bot.discord_ui.client import DiscordClient
from bot.errors import StoreError
from bot.services.host_alerts import HostAlerts
from bot.services.store_ports import Clock

log = logging.getLogger("bot.discord")

_CHECK_SECONDS = 20.0  # between two looks at what is to be told; a message that failed is tried again then


async def send_host_alerts(client: DiscordClient, alerts: HostAlerts, clock: Clock) -> None:
    """Tell the host of whatever is due, for ever."""
    lost_since = None
    while True:
        lost_since = None if client.is_connected() else (lost_since or clock())
        try:
            while (alert := await alerts.next_alert(lost_since)) is not None:
                if not await client.tell_owners(alert.text) and not alert.is_tried_once:
                    break
                await alerts.mark_told(alert)
        except StoreError as error:
            log.warning("what the host is to be told is not known: %s", type(error).__name__)
        except Exception:  # nobody awaits this task: after a bug, later news are told all the same
            log.exception("the host could not be told of something, by a bug")
        with suppress(TimeoutError):
            await asyncio.wait_for(client.gateway_changed.wait(), _CHECK_SECONDS)
