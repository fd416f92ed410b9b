"""Do once a day what keeps nothing longer than it is needed, and warn writers before an essay is deleted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from bot.discord_ui.client import DiscordClient
from bot.discord_ui.panels.retention import deletion_warning_card
from bot.errors import BotError
from bot.services.retention import PendingDeletion
from bot.services.services import Services

log = logging.getLogger("bot.discord")

_LOOK_SECONDS = 600.0  # between two looks whether a day has passed


async def enforce_retention(client: DiscordClient, services: Services) -> None:
    """Do what is due each day, for ever; only while Discord is connected, so that an outage is no failed warning."""
    while True:
        if client.is_connected():
            try:
                await services.retention.run_if_due(partial(warn_writer, client, services))
            except BotError as error:
                log.warning("what is kept for too long could not be looked at: %s", type(error).__name__)
            except Exception:  # nobody awaits this task: after a bug, the next day is tried all the same
                log.exception("what is kept for too long could not be looked at, by a bug")
        with suppress(TimeoutError):
            await asyncio.wait_for(client.gateway_changed.wait(), _LOOK_SECONDS)


async def warn_writer(
    client: DiscordClient, services: Services, writer: str, pending: Sequence[PendingDeletion]
) -> bool:
    """Send a writer the warning in their DM; return whether it was delivered. Raise StoreError."""
    channel = await services.store.read(lambda tx: tx.messages.channel(writer))
    if channel is None:  # they have never had a DM with the bot, and from the pseudonym none can be opened
        return False
    return await client.send_to_dm(channel.id, deletion_warning_card(pending, services.retention.essay_days or 0))
