"""An event loop whose clock leaps while nothing happens, so that minutes of waiting pass in a moment."""

from __future__ import annotations

import asyncio
import selectors

_IDLE = 0.5  # seconds without any event: by then, whatever is under way waits for the clock alone


class _Leaps(selectors.DefaultSelector):
    """Waits no longer than _IDLE for the next event; ``leapt`` is how many seconds of waiting were passed over."""

    leapt = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= _IDLE:
            return super().select(timeout)
        found = super().select(_IDLE)
        if not found:
            self.leapt += timeout - _IDLE
        return found


class LeapingLoop(asyncio.SelectorEventLoop):
    """A loop whose time goes to the next timer at once where no socket and no thread has anything to say."""

    def __init__(self) -> None:
        self._leaps = _Leaps()
        super().__init__(self._leaps)

    def time(self) -> float:
        return super().time() + self._leaps.leapt
