"""The states of the gateway connection, without discord.py: a health check reads them too."""

from __future__ import annotations

from enum import StrEnum


class GatewayState(StrEnum):
    """The state of the connection to Discord's gateway."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    LOST = "lost"
    STANDING_BY = "standing by"
    """Another process serves the shards, and this one will once that is gone."""
    NOT_NEEDED = "not needed"
    """A worker has no connection to it."""
