"""Time and ids. A test can move the clock forward; ids stay young, because discord.py computes expiry from them."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

DISCORD_EPOCH_MS = 1420070400000  # "Snowflakes" in Discord's API reference: first second of 2015


class Clock:
    """Real time plus whatever a test has added with :meth:`advance`."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._watchers: list[Callable[[], None]] = []
        self._last_id = 0

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Moves time forward at once and lets whatever has fallen due happen: deadlines, token and link expiry.

        The bot's own clock does not move: an ``interaction.expires_at`` it computed stays as it was.
        """
        self._offset += seconds
        for watcher in self._watchers:
            watcher()

    def on_advance(self, watcher: Callable[[], None]) -> None:
        self._watchers.append(watcher)

    def isoformat(self) -> str:
        return datetime.fromtimestamp(self.now(), UTC).isoformat()

    def snowflake(self) -> int:
        """A new id whose upper bits are the present moment; ids only grow."""
        minted = (int(self.now() * 1000) - DISCORD_EPOCH_MS) << 22
        self._last_id = max(minted, self._last_id + 1)
        return self._last_id
