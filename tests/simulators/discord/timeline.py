"""Everything anyone saw, in order, and a way to wait for the next change without sleeping."""

# ruff: noqa: ASYNC109 - how long to wait is part of a test helper's interface; when time is up it says what was seen

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from tests.simulators.discord.clock import Clock
from tests.simulators.discord.json_types import Json

T = TypeVar("T")

Kind = Literal[
    "posted",  # a message appeared
    "edited",
    "deleted",
    "modal",
    "typing",
    "acknowledged",
    "no response",
    "choices",
    "said",  # a person wrote a message
    "acted",  # a person used a command, pressed, chose or submitted
]


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that could be seen.

    Attributes:
        at: seconds since 1970.
        seen_by: names of the accounts before whose eyes it happened.
        text: what was readable, see :func:`screen_text`.
        payload: the whole message or modal object at that moment, enough to draw it; empty for the other kinds.
        latency: for "acknowledged", seconds since the event was sent to the bot.
    """

    at: float
    kind: Kind
    seen_by: tuple[str, ...]
    text: str = ""
    message_id: int | None = None
    interaction_id: int | None = None
    payload: Json | None = None
    latency: float | None = None


class Timeline:
    """The record, and the pulse that wakes whoever waits."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[asyncio.Future[None], str | None] = {}
        self.moments: list[Moment] = []

    def add(
        self,
        kind: Kind,
        seen_by: tuple[str, ...],
        text: str = "",
        *,
        message_id: int | None = None,
        interaction_id: int | None = None,
        payload: Json | None = None,
        latency: float | None = None,
        wake: tuple[str, ...] = (),
    ) -> None:
        """Records a moment and wakes who waits for these people, or for anyone."""
        # The payload is kept as it is: an edit replaces a message's lists and never changes them in place.
        found = Moment(self._clock.now(), kind, seen_by, text, message_id, interaction_id, payload, latency)
        self.moments.append(found)
        self.pulse((*seen_by, *wake))

    def of(self, *kinds: Kind) -> list[Moment]:
        return [moment for moment in self.moments if moment.kind in kinds]

    def states(self, message_id: int) -> list[Moment]:
        """Every visible state of one message, oldest first."""
        return [one for one in self.of("posted", "edited", "deleted", "said") if one.message_id == message_id]

    def seen_by(self, name: str) -> list[Moment]:
        return [moment for moment in self.moments if name in moment.seen_by]

    def latencies(self) -> list[float]:
        """Seconds to each acknowledgement, in the order they came."""
        return [one.latency for one in self.of("acknowledged") if one.latency is not None]

    def unanswered(self) -> list[Moment]:
        """Every time a person was told that the application did not respond."""
        return self.of("no response")

    def pulse(self, names: tuple[str, ...] | None = None) -> None:
        """Wakes those who wait for one of ``names`` or for anything; without ``names`` everyone."""
        for waiter in [one for one, name in self._waiting.items() if names is None or name is None or name in names]:
            del self._waiting[waiter]
            if not waiter.done():
                waiter.set_result(None)

    async def until(
        self, look: Callable[[], T | None], timeout: float, otherwise: Callable[[], str], *, watching: str | None = None
    ) -> T:
        """Waits until ``look()`` is truthy and returns that; it is called again after every change.

        With ``watching`` only changes before the eyes of the person of that name count, which keeps hundreds of waiting
        people cheap.

        Raises:
            AssertionError: after ``timeout`` real seconds, with the text of ``otherwise()``.
        """
        deadline = asyncio.get_running_loop().time() + timeout
        while not (found := look()):
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting[waiter] = watching
            try:
                async with asyncio.timeout_at(deadline):
                    await waiter
            except TimeoutError:
                raise AssertionError(f"after {timeout} s: {otherwise()}") from None
            finally:
                self._waiting.pop(waiter, None)
        return found
