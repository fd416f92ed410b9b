"""Run CPU-bound work outside the event loop, which must acknowledge everybody's clicks in time.

Quick work runs in a thread. Longer work runs in a worker process inside ``worker_processes``, else in another thread. A
thread competes with the event loop for Python's global lock (with hundreds of streams, ten thousand times a second),
and cannot be stopped if somebody's text takes for ever. There are up to two worker processes, so that parsing a
handed-in text does not wait for what panels compute for others. Each takes some 60 MB, so it starts when it is first
needed and ends when it was not for a while.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Generic, ParamSpec, TypeVar
from weakref import WeakValueDictionary

from bot.errors import ParsingTimedOut

if TYPE_CHECKING:
    from pebble import ProcessPool

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

THREAD_MAX_CHARACTERS = 10_000
"""The longest text that is parsed in a thread: in some 10 ms, at worst in 0.4 s."""
WORKER_CPU_SECONDS = 10.0
"""How much of a core's time work in a process may use. The longest text that is accepted takes a tenth of it."""
WORKER_TIMEOUT_SECONDS = 60.0
"""How long work in a process may take by the clock, on a machine that does much else at the same time."""
WORKER_IDLE_SECONDS = 60.0
"""How long a process without work stays: it starts in half a second, and people who work on a text pause for less."""

# One thread each: Python runs only one at a time, so more would finish nothing sooner. These are not the event loop's
# own threads, in which it resolves host names.
_quick_executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="aside")
_slow_executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="aside-slow")
_NICE_INCREMENT = 10  # half-way to the lowest priority: the event loop goes first
_PARENT_POLL_SECONDS = 1.0  # how often a worker checks that its parent is alive
_MAX_MEMORY_BYTES = 2 << 30  # of address space; some 0.3 GB are used, and the longest text needs a tenth of that
_TERMINATE_SECONDS = 0.1  # between SIGTERM, which workers ignore, and SIGKILL


class _Worker:
    """Run slow work one at a time: in a process between ``allow_process`` and ``stop``, else in the slow thread."""

    def __init__(self) -> None:
        self._may_start = False
        self._pool: ProcessPool | None = None
        self._running_count = 0
        self._ending: asyncio.TimerHandle | None = None

    def allow_process(self) -> None:
        """Let a process start when one is needed."""
        self._may_start = True

    def stop(self) -> None:
        """End the process, whatever it is doing, and start no other."""
        self._may_start = False
        self._cancel_ending()
        pool, self._pool = self._pool, None
        _end_pool(pool)

    async def run(self, work: Callable[[], T]) -> T:
        """Return the work's result. Raise ParsingTimedOut if its process was stopped for it, or crashed."""
        self._cancel_ending()
        self._running_count += 1
        try:
            if self._may_start:
                return await self._run_in_process(work)
            return await asyncio.get_running_loop().run_in_executor(_slow_executor, work)
        finally:
            self._running_count -= 1
            if not self._running_count and self._pool is not None:
                self._ending = asyncio.get_running_loop().call_later(WORKER_IDLE_SECONDS, self._end_idle)

    async def _run_in_process(self, work: Callable[[], T]) -> T:
        import pebble  # here, because it takes part of the start's time, and many a bot never needs a process

        while self._may_start:
            pool = self._pool
            if pool is None:
                pool = self._pool = _start_pool()
            try:
                # A cancelled caller must not end the process, which all others would have to wait for again.
                limited = pool.schedule(_run_limited, (work, WORKER_CPU_SECONDS), timeout=WORKER_TIMEOUT_SECONDS)
                return await asyncio.shield(asyncio.wrap_future(limited))
            except TimeoutError as error:
                log.warning("work in a process took %.0f s and was ended", WORKER_TIMEOUT_SECONDS)
                raise ParsingTimedOut from error
            except (pebble.ProcessExpired, MemoryError) as error:
                log.warning("work in a process ended it: %s", type(error).__name__)
                raise ParsingTimedOut from error
            except (BrokenProcessPool, RuntimeError):
                if pool.active:  # the work itself raised it
                    raise
                if pool is self._pool:  # else another caller has started a new one meanwhile
                    log.warning("the process for slow work ended by itself; another takes its place")
                    self._pool = None
        return await asyncio.get_running_loop().run_in_executor(_slow_executor, work)

    def _cancel_ending(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None

    def _end_idle(self) -> None:
        """End the process, beside the event loop; work that comes meanwhile starts another."""
        self._ending = None
        pool, self._pool = self._pool, None
        asyncio.get_running_loop().run_in_executor(None, _end_pool, pool)


def _run_limited(work: Callable[[], T], cpu_seconds: float) -> T:
    """Run work in its process, which the system ends once the work has used so much of a core's time."""
    if not hasattr(signal, "setitimer"):  # on Windows, where the clock alone counts
        return work()
    signal.setitimer(signal.ITIMER_VIRTUAL, cpu_seconds)
    try:
        return work()
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)


def _start_pool() -> ProcessPool:
    import pebble

    pebble.CONSTS.term_timeout = _TERMINATE_SECONDS
    return pebble.ProcessPool(
        max_workers=1,
        initializer=_initialize_worker,
        initargs=(os.getpid(),),
        context=multiprocessing.get_context("spawn"),  # a fork would copy locks that threads hold
    )


def _end_pool(pool: ProcessPool | None) -> None:
    if pool is not None:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


_parsing_worker, _analysis_worker = _Worker(), _Worker()
_writer_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run ``work`` that takes at most some 10 ms in a thread, after all work before it, and return its result."""
    return await asyncio.get_running_loop().run_in_executor(_quick_executor, partial(work, *args, **kwargs))


async def in_slow_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run longer work that holds Python's global lock for little of its time, such as compressing, in a thread.

    It may take seconds, and returns more than is well handed from process to process. Return its result.
    """
    return await asyncio.get_running_loop().run_in_executor(_slow_executor, partial(work, *args, **kwargs))


async def in_worker(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run longer work in a worker process, and return its result.

    ``work`` must be a module's function, with arguments and a result that can be pickled. Raise ParsingTimedOut if it
    was stopped.
    """
    return await _analysis_worker.run(partial(work, *args, **kwargs))


async def in_background(size: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run ``work`` over ``size`` characters, for which nobody waits, and return its result.

    It must be of the kind that is bounded for a short text: that runs in the slow thread, a longer one in a worker
    process. Raise ParsingTimedOut if it was stopped.
    """
    if size <= THREAD_MAX_CHARACTERS:
        return await in_slow_thread(work, *args, **kwargs)
    return await in_worker(work, *args, **kwargs)


async def parse_in_worker(writer: str, size: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run ``work``, which parses a text of ``size`` characters from ``writer``, and return its result.

    A short text is parsed in a thread, a longer one in a worker process. Each writer has one at a time there, so that
    nobody waits for more than one text of each other writer; ``writer`` is "" for files and what is shared, of which
    there is one at a time in all. Raise ParsingTimedOut if it was stopped.
    """
    if size <= THREAD_MAX_CHARACTERS:
        return await in_thread(work, *args, **kwargs)
    writer_lock = _writer_locks.setdefault(writer, asyncio.Lock())
    async with writer_lock:
        return await _parsing_worker.run(partial(work, *args, **kwargs))


class AsyncLRUCache(Generic[P, T]):
    """Run slow work in a worker process and remember its last ``max_size`` results.

    The work must have hashable arguments and no side effects. Remembered results are returned without waiting; so is
    ParsingTimedOut. Callers that ask for the same at once share one run.
    """

    def __init__(self, work: Callable[P, T], max_size: int) -> None:
        self._work = work
        self._max_size = max_size
        self._tasks: OrderedDict[tuple[object, ...], asyncio.Task[T]] = OrderedDict()
        self.waiting_count = 0  # callers that wait for a run

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return the work's result. Raise ParsingTimedOut if the work was stopped."""
        key = (*args, *sorted(kwargs.items()))
        task = self._tasks.get(key)
        if task is None or not _is_reusable(task):
            task = self._tasks[key] = asyncio.create_task(in_worker(self._work, *args, **kwargs))
            task.add_done_callback(partial(self._forget_failure, key))
            while len(self._tasks) > self._max_size:
                self._tasks.popitem(last=False)
        self._tasks.move_to_end(key)
        if task.done():
            return task.result()
        self.waiting_count += 1
        try:
            return await asyncio.shield(task)
        finally:
            self.waiting_count -= 1

    def _forget_failure(self, key: tuple[object, ...], task: asyncio.Task[T]) -> None:
        failed = task.cancelled() or (
            task.exception() is not None and not isinstance(task.exception(), ParsingTimedOut)
        )
        if failed and self._tasks.get(key) is task:
            del self._tasks[key]


def _is_reusable(task: asyncio.Task[T]) -> bool:
    """Return whether a task has a result or will have one; False if its event loop is gone."""
    return not task.cancelled() if task.done() else task.get_loop() is asyncio.get_running_loop()


@contextmanager
def worker_processes() -> Iterator[None]:
    """Run slow work in worker processes while in this context, each for at most WORKER_CPU_SECONDS of a core's time."""
    for worker in (_parsing_worker, _analysis_worker):
        worker.allow_process()
    try:
        yield
    finally:
        for worker in (_parsing_worker, _analysis_worker):
            worker.stop()


def lower_priority(increment: int) -> None:
    """Let other processes of the machine go before this one, by ``increment`` steps of ``nice``, where that can be."""
    with suppress(AttributeError, OSError):  # missing on Windows, and may be forbidden
        os.nice(increment)


def _initialize_worker(parent: int) -> None:
    """Set up the new process: it ends with its parent and by no signal, and has a lower priority."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    lower_priority(_NICE_INCREMENT)
    with suppress(ImportError, ValueError, OSError):  # missing on Windows, and may be forbidden
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY_BYTES, _MAX_MEMORY_BYTES))
    threading.Thread(target=_exit_with_parent, args=(parent,), daemon=True).start()


def _exit_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_PARENT_POLL_SECONDS)
    os._exit(0)
