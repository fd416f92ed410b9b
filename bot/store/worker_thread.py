"""A thread that runs one step after another, and returns the results of several steps together.

A ThreadPoolExecutor does not. Each return takes Python's global lock from the event loop, and with hundreds of people
at once that was most of a step's cost.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent import futures
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from queue import PriorityQueue
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")

_URGENT, _NORMAL, _LAST = range(3)  # the order in which steps are taken
_BATCH_SECONDS = 0.002  # how long the results of finished steps may wait for those of the next steps

_Waiter = asyncio.Future[Any] | futures.Future[Any]


@dataclass(frozen=True, slots=True)
class _StepResult:
    """The result of a step, and the future that waits for it."""

    waiter: _Waiter
    result: Any
    error: BaseException | None

    def deliver(self) -> None:
        if self.waiter.done():  # the waiting task was cancelled
            return
        if self.error is not None:
            self.waiter.set_exception(self.error)
        else:
            self.waiter.set_result(self.result)


class WorkerThread:
    """A thread that runs one step after another, until ``close`` or the end of the process.

    A step that is ``urgent`` comes before those that are not: somebody's click waits for what it reads, and a write
    that was asked for before it takes as long as the disk does.
    """

    def __init__(self, name: str) -> None:
        self._steps: PriorityQueue[tuple[int, int, tuple[Callable[[], Any], _Waiter] | None]] = PriorityQueue()
        self._numbers = count()
        self._thread = threading.Thread(target=self._run_steps, name=name, daemon=True)
        self._thread.start()

    def run_blocking(self, work: Callable[[], ResultT]) -> ResultT:
        """Return what the work returns, blocking the caller's thread until then."""
        waiting: futures.Future[ResultT] = futures.Future()
        self._put((work, waiting), _NORMAL)
        try:
            return waiting.result()
        finally:
            del waiting  # an error remembers this frame, and the future remembers the error

    def run(self, work: Callable[[], ResultT], *, urgent: bool = False) -> asyncio.Future[ResultT]:
        """Return a future of the work's result. The work is done even if nobody awaits it."""
        waiting: asyncio.Future[ResultT] = asyncio.get_running_loop().create_future()
        self._put((work, waiting), _URGENT if urgent else _NORMAL)
        return waiting

    def close(self) -> None:
        """End the thread once all steps are done."""
        self._put(None, _LAST)
        self._thread.join()

    def _put(self, step: tuple[Callable[[], Any], _Waiter] | None, priority: int) -> None:
        self._steps.put((priority, next(self._numbers), step))

    def _run_steps(self) -> None:
        while (step := self._steps.get()[2]) is not None:
            until, done = time.monotonic() + _BATCH_SECONDS, list[_StepResult]()
            while step is not None:
                work, waiting = step
                done.append(_StepResult(waiting, *_run_step(work)))
                if time.monotonic() > until or self._steps.empty():
                    break
                step = self._steps.get()[2]
            _deliver_results(done)
            if step is None:
                return
            del step, work, waiting, done  # nothing is held while the next is waited for


def _run_step(work: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    """Run a step; return its result and its error, one of them None.

    It knows nothing of the waiting future: an error keeps alive what its frames refer to.
    """
    try:
        return work(), None
    except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to whoever asked
        return None, error


def _deliver_results(done: list[_StepResult]) -> None:
    """Deliver each result to the loop or the thread that waits for it."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_StepResult]] = {}
    for one in done:
        if isinstance(one.waiter, futures.Future):
            one.deliver()
        else:
            by_loop.setdefault(one.waiter.get_loop(), []).append(one)
    for loop, those in by_loop.items():
        with suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(_deliver_all, those)


def _deliver_all(done: list[_StepResult]) -> None:
    for one in done:
        one.deliver()
