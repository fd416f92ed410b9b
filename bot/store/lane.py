"""One thread for steps that must run in one place and in order, asked for from an event loop in great numbers.

Other than by a ThreadPoolExecutor, what several steps came to is handed back together. Each hand-back takes Python's
one lock from whoever has it, and with hundreds of people at once that was most of what a step cost.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent import futures
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")

_TOGETHER_SECONDS = 0.002  # no step that is done waits longer for those after it

_Waiting = asyncio.Future[Any] | futures.Future[Any]


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of a step, for whoever waits for it."""

    waiting: _Waiting
    result: Any
    error: BaseException | None

    def hand_back(self) -> None:
        if self.waiting.done():  # whoever waited is gone
            return
        if self.error is not None:
            self.waiting.set_exception(self.error)
        else:
            self.waiting.set_result(self.result)


class Lane:
    """The thread, by its ``name``. It ends with ``close``, or with the process."""

    def __init__(self, name: str) -> None:
        self._steps: SimpleQueue[tuple[Callable[[], Any], _Waiting] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    def call(self, work: Callable[[], T]) -> T:
        """What the work returns; the caller's thread stands still meanwhile."""
        waiting: futures.Future[T] = futures.Future()
        self._steps.put((work, waiting))
        try:
            return waiting.result()
        finally:
            del waiting  # an error remembers this frame, and the future remembers the error

    def run(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """What the work returns, to be awaited. It is done even if nobody does."""
        waiting: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._steps.put((work, waiting))
        return waiting

    def close(self) -> None:
        """Ends the thread when all that was asked for is done."""
        self._steps.put(None)
        self._thread.join()

    def _serve(self) -> None:
        while (step := self._steps.get()) is not None:
            until, done = time.monotonic() + _TOGETHER_SECONDS, list[_Done]()
            while step is not None:
                work, waiting = step
                done.append(_Done(waiting, *_outcome(work)))
                if time.monotonic() > until or self._steps.empty():
                    break
                step = self._steps.get()
            _hand_back(done)
            if step is None:
                return
            del step, work, waiting, done  # nothing is held while the next is waited for


def _outcome(work: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    """What the work returned or raised. Nothing here knows who waits: an error remembers what its frames held."""
    try:
        return work(), None
    except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to whoever asked
        return None, error


def _hand_back(done: list[_Done]) -> None:
    """Each to the loop or the thread that waits for it."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Done]] = {}
    for one in done:
        if isinstance(one.waiting, futures.Future):
            one.hand_back()
        else:
            by_loop.setdefault(one.waiting.get_loop(), []).append(one)
    for loop, those in by_loop.items():
        with suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(_all, those)


def _all(done: list[_Done]) -> None:
    for one in done:
        one.hand_back()
