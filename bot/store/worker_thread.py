"""A thread that runs one step after another, and returns the results of several steps together.

A ThreadPoolExecutor does not. Each return takes Python's global lock from the event loop, and with hundreds of people
at once that was most of a step's cost.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent import futures
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")

_URGENT, _NORMAL, _LAST = range(3)  # the order in which steps are taken
_BATCH_SECONDS = 0.002  # how long the results of finished steps may wait for those of the next steps

Waiter = asyncio.Future[Any] | futures.Future[Any]
_Step = tuple[Callable[[], Any], Waiter | None]


@dataclass(frozen=True, slots=True)
class StepResult:
    """The result of a step, and the future that waits for it."""

    waiter: Waiter
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
        # One entry in the queue for each step, which says only that there is one more: its put and get are in C, where
        # those of a PriorityQueue hand Python's global lock to and fro.
        self._asked: SimpleQueue[None] = SimpleQueue()
        self._steps: tuple[deque[_Step | None], ...] = tuple(deque() for _ in range(_LAST + 1))
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

    def run_together(self, work: Callable[[], Iterable[StepResult]]) -> None:
        """Have ``work`` done, which does what several wait for at once, and hand each of them its result."""
        self._put((work, None), _NORMAL)

    def close(self) -> None:
        """End the thread once all steps are done."""
        self._put(None, _LAST)
        self._thread.join()

    def _put(self, step: _Step | None, priority: int) -> None:
        self._steps[priority].append(step)
        self._asked.put(None)

    def _next_step(self) -> _Step | None:
        """Return the first of the most urgent steps, once there is any; None at the end."""
        self._asked.get()
        return next(steps for steps in self._steps if steps).popleft()

    def _run_steps(self) -> None:
        while (step := self._next_step()) is not None:
            until, done = time.monotonic() + _BATCH_SECONDS, list[StepResult]()
            while step is not None:
                work, waiting = step
                if waiting is None:
                    done += work()
                else:
                    done.append(StepResult(waiting, *run_step(work)))
                if time.monotonic() > until or self._asked.empty():
                    break
                step = self._next_step()
            _deliver_results(done)
            if step is None:
                return
            del step, work, waiting, done  # nothing is held while the next is waited for


def run_step(work: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    """Run a step; return its result and its error, one of them None.

    It knows nothing of the waiting future: an error keeps alive what its frames refer to.
    """
    try:
        return work(), None
    except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to whoever asked
        return None, error


def _deliver_results(done: list[StepResult]) -> None:
    """Deliver each result to the loop or the thread that waits for it."""
    by_loop: dict[asyncio.AbstractEventLoop, list[StepResult]] = {}
    for one in done:
        if isinstance(one.waiter, futures.Future):
            one.deliver()
        else:
            by_loop.setdefault(one.waiter.get_loop(), []).append(one)
    for loop, those in by_loop.items():
        with suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(_deliver_all, those)


def _deliver_all(done: list[StepResult]) -> None:
    for one in done:
        one.deliver()
