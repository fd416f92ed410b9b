"""Faults on demand, for the next requests that match."""

import asyncio
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.simulators.discord.errors import ApiError
from tests.simulators.discord.timeline import Timeline

MESSAGES = {
    10003: "Unknown Channel",
    10008: "Unknown Message",
    10015: "Unknown Webhook",
    10062: "Unknown interaction",
    30046: "Maximum number of edits to messages older than 1 hour reached. Try again later",
    50001: "Missing Access",
    50007: "Cannot send messages to this user",
    50013: "Missing Permissions",
    50027: "Invalid Webhook Token",
    200000: "Message was blocked by automatic moderation",
}


@dataclass(slots=True, eq=False)
class Fault:
    """What was asked for. ``used`` counts how often it has struck."""

    method: str
    path: str
    status: int | None
    code: int
    delay: float
    applied: bool
    retry_after: float
    times: int | None
    used: int = 0
    held: asyncio.Event | None = None

    @property
    def spent(self) -> bool:
        return self.times is not None and self.used >= self.times

    def release(self) -> None:
        """Lets what ``hold`` keeps go on, and keeps nothing more."""
        assert self.held is not None
        self.held.set()

    def fail(self) -> None:
        status = self.status or 500
        headers, extra = {}, {}
        if status == 429:
            headers = {"Via": "1.1 google", "Retry-After": f"{self.retry_after:.0f}", "X-RateLimit-Scope": "shared"}
            extra = {"retry_after": self.retry_after, "global": False}
        message = MESSAGES.get(self.code, f"{status}: simulated failure")
        raise ApiError(status, self.code, message, headers=headers, extra=extra)


class Faults:
    """Paths are patterns as in a shell, without the ``/api/v10`` in front: ``/webhooks/*/messages/@original``."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._faults: list[Fault] = []

    def fail_next(
        self,
        method: str,
        path: str,
        status: int,
        code: int | None = None,
        times: int | None = 1,
        *,
        applied: bool = False,
        retry_after: float = 1.0,
    ) -> Fault:
        """Lets the next ``times`` matching requests fail (None: all).

        ``applied`` lets the request happen and loses only its answer, as a timeout behind Discord's proxies does.
        ``retry_after`` is what a 429 says, in seconds.
        """
        return self._add(Fault(method, path, status, code or 0, 0.0, applied, retry_after, times))

    def delay(self, method: str, path: str, seconds: float, times: int | None = None) -> Fault:
        """Answers matching requests later by so many seconds."""
        return self._add(Fault(method, path, None, 0, seconds, False, 0.0, times))

    def hold(self, method: str, path: str, times: int | None = 1) -> Fault:
        """Keeps matching requests on their way until :meth:`Fault.release`, even if the bot gives them up."""
        fault = Fault(method, path, None, 0, 0.0, False, 0.0, times, held=asyncio.Event())
        return self._add(fault)

    def clear(self) -> None:
        self._faults.clear()

    def _add(self, fault: Fault) -> Fault:
        self._faults.append(fault)
        return fault

    async def strike(self, method: str, path: str) -> Fault | None:
        """Waits out a delay, raises a failure, or returns one that strikes after the request was applied."""
        for fault in self._faults:
            if fault.spent or fault.method not in ("*", method) or not fnmatchcase(path, fault.path):
                continue
            fault.used += 1
            self._timeline.pulse()
            if fault.held is not None:
                await fault.held.wait()
            elif fault.status is None:
                await asyncio.sleep(fault.delay)
            elif fault.applied:
                return fault
            else:
                fault.fail()
        return None
