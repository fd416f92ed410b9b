"""Name the states of the connection to Discord, without importing discord: a health check reads them too."""

from __future__ import annotations

from enum import StrEnum


class GatewayState(StrEnum):
    """How it stands with the connection to Discord."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    LOST = "lost"
