"""The first answer to an interaction: given once, and known to be given also where Discord's word of it is lost.

Discord takes one first answer, and refuses any other with the code 40060. Behind a try of one's own, whose answer was a
fault or never came, that code means that the try was taken. At the very first try it means that somebody else has
answered: the event came to two processes.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from types import SimpleNamespace

import aiohttp
import discord

from bot.discord_ui.faults import DoneElsewhere

_ANSWERED = 40060  # "Interaction has already been acknowledged"
_KNOWN_SECONDS = 15 * 60.0  # for so long the token of an interaction lives
_KNOWN = 50_000  # at most, some 10 MB: fifty a second, all the requests that Discord allows


@dataclass(slots=True)
class _Requests:
    """How often Discord was asked: discord.py repeats on its own what has met a fault."""

    count: int = 0


_requests: ContextVar[_Requests | None] = ContextVar("requests", default=None)


def counting() -> aiohttp.TraceConfig:
    """What lets the requests of a client be counted here."""

    async def begun(_: aiohttp.ClientSession, __: SimpleNamespace, ___: aiohttp.TraceRequestStartParams) -> None:
        if (requests := _requests.get()) is not None:
            requests.count += 1

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(begun)
    return trace


async def answer(give: Callable[[], Awaitable[object]]) -> None:
    """Gives the first answer, and once more where the connection drops. Afterwards Discord has it.

    Raises DoneElsewhere where it is not this process that has given it; discord.HTTPException, OSError and
    aiohttp.ClientError where nobody has.
    """
    requests = _Requests()
    token = _requests.set(requests)
    try:
        try:
            await give()
        except (OSError, aiohttp.ClientError):
            await give()
    except discord.HTTPException as error:
        if error.code != _ANSWERED:
            raise
        if requests.count < 2:
            raise DoneElsewhere from error
    finally:
        _requests.reset(token)


class Heard:
    """Which interactions were heard in the last 15 minutes: an event may come twice, as when a session resumes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[int, float] = OrderedDict()

    def first(self, interaction: int) -> bool:
        """Whether it is heard for the first time."""
        now = self._clock()
        while self._known and (len(self._known) >= _KNOWN or now - next(iter(self._known.values())) > _KNOWN_SECONDS):
            self._known.popitem(last=False)
        if interaction in self._known:
            return False
        self._known[interaction] = now
        return True
