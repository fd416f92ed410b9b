"""Who somebody is to the store, and where they are."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass


def writer_id(secret: bytes, user: int) -> str:
    """The writer behind a Discord account: HMAC-SHA256 over its id, the first 128 bits in hexadecimal.

    Without the store's secret nobody can tell the account from it, nor make one up that fits an account.
    """
    return "d" + hmac.new(secret, f"discord:{user}".encode(), hashlib.sha256).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something happens: in the bot's own DM with the person, in a server, or in another conversation."""

    own_dm: bool
    server: int | None

    @property
    def private_only(self) -> bool:
        """Whether what is shown here must be for the person alone, because others could see it."""
        return not self.own_dm
