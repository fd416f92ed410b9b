"""Work that keeps a processor busy, done beside the event loop that must acknowledge everybody's clicks.

Quick work goes to a thread. What takes longer goes to a thread as well, or where ``worker_processes`` was entered to a
process of its own: a thread takes Python's one lock from the event loop each time that one reads or writes, which with
hundreds of streams is ten thousand times a second; and it cannot be ended, where a text from a stranger takes for ever.
There are two such processes, so that who hands in a text does not wait behind what panels want to know of others.
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
from typing import Generic, ParamSpec, TypeVar
from weakref import WeakValueDictionary

import pebble

from bot.errors import ParsingTimedOut

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

THREAD_MAX_CHARACTERS = 10_000
"""A text of so many is read in some 10 ms, and the worst in 0.4 s, in which a thread hinders nobody."""
WORKER_TIMEOUT_SECONDS = 10.0
"""After so long work in a process is ended. The longest text that is taken is read in a tenth of it."""

# One thread each, because Python runs one at a time: more of them finish nothing sooner. Not the loop's own threads, in
# which it looks up addresses.
_quick_executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="aside")
_slow_executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="aside-slow")
_NICE_INCREMENT = 10  # half-way to the least: it takes the processor's time that the event loop leaves
_PARENT_POLL_SECONDS = 1.0  # how often the process looks whether the one that it works for is still there
_MAX_MEMORY_BYTES = 2 << 30  # bytes of addresses; some 0.3 GB are used, and a text of the longest needs a tenth of that
_TERMINATE_SECONDS = 0.1  # between asking a process to end and ending it; ours does not listen


class _Worker:
    """Slow work in one line: in a process between ``begin`` and ``end``, else in the slow thread."""

    def __init__(self) -> None:
        self._pool: pebble.ProcessPool | None = None

    def start(self) -> None:
        """Has a process made, which is there when it is first needed."""
        self._pool = pebble.ProcessPool(
            max_workers=1,
            initializer=_initialize_worker,
            initargs=(os.getpid(),),
            context=multiprocessing.get_context("spawn"),  # a fork would copy the threads' locks as they happen to be
        )
        self._pool.schedule(_noop)

    def stop(self) -> None:
        """Ends the process, whatever it is at."""
        if self._pool is not None:
            self._pool.stop()  # type: ignore[no-untyped-call]
            self._pool.join()
            self._pool = None

    async def run(self, work: Callable[[], T]) -> T:
        """What the work gives. Raises ParsingTimedOut where its process had to be ended, or ended over it."""
        while (pool := self._pool) is not None:
            try:
                # A caller that goes away must not end the process: that would cost all others its new beginning.
                return await asyncio.shield(asyncio.wrap_future(pool.schedule(work, timeout=WORKER_TIMEOUT_SECONDS)))
            except TimeoutError as error:
                log.warning("work in a process took %.0f s and was ended", WORKER_TIMEOUT_SECONDS)
                raise ParsingTimedOut from error
            except (pebble.ProcessExpired, MemoryError) as error:
                log.warning("work in a process ended it: %s", type(error).__name__)
                raise ParsingTimedOut from error
            except (BrokenProcessPool, RuntimeError):
                if pool.active:  # it was the work's own
                    raise
                if pool is self._pool:  # who comes second finds the new one
                    log.warning("the process for slow work ended by itself; another takes its place")
                    self.start()
        return await asyncio.get_running_loop().run_in_executor(_slow_executor, work)


_parsing_worker, _analysis_worker = _Worker(), _Worker()
_writer_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What ``work``, of some 10 ms at most, returns: it runs in a thread, after what was asked for before it."""
    return await asyncio.get_running_loop().run_in_executor(_quick_executor, partial(work, *args, **kwargs))


async def in_worker(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The same for longer work: a function of some module, whose arguments and result can be pickled.

    Raises ParsingTimedOut where it had to be ended.
    """
    return await _analysis_worker.run(partial(work, *args, **kwargs))


async def parse_in_worker(writer: str, size: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The same for what parses a text of so many ``characters`` that a ``writer`` sent or keeps.

    One at a time for each writer, so that nobody waits for more than one of another's. Raises ParsingTimedOut.
    """
    if size <= THREAD_MAX_CHARACTERS:
        return await in_thread(work, *args, **kwargs)
    turn = _writer_locks.setdefault(writer, asyncio.Lock())
    async with turn:
        return await _parsing_worker.run(partial(work, *args, **kwargs))


class AsyncLRUCache(Generic[P, T]):
    """Slow work, and what came of it the last ``most`` times; its arguments are hashable, and it has no effects.

    What is remembered is given at once, past whatever else waits; that it takes too long is remembered as well. Several
    who ask for the same at once wait for one.
    """

    def __init__(self, work: Callable[P, T], most: int) -> None:
        self._work = work
        self._max_size = most
        self._tasks: OrderedDict[tuple[object, ...], asyncio.Task[T]] = OrderedDict()
        self.waiting_count = 0  # how many wait for what is not remembered

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """What the work gives. Raises ParsingTimedOut."""
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
    """Whether a task has something to give, or will: not where its event loop is gone."""
    return not task.cancelled() if task.done() else task.get_loop() is asyncio.get_running_loop()


@contextmanager
def worker_processes() -> Iterator[None]:
    """Slow work is done in processes of their own for as long as this lasts, and ended after MOST_SECONDS."""
    pebble.CONSTS.term_timeout = _TERMINATE_SECONDS
    for lane in (_parsing_worker, _analysis_worker):
        lane.start()
    try:
        yield
    finally:
        for lane in (_parsing_worker, _analysis_worker):
            lane.stop()


def _noop() -> None:
    """Lets the process begin."""


def _initialize_worker(parent: int) -> None:
    """In the new process: it ends with its parent, however that ends, and by no signal; it stands back behind it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with suppress(AttributeError, OSError):  # Windows has no such thing, and a machine's operator may forbid it
        os.nice(_NICE_INCREMENT)
    with suppress(ImportError, ValueError, OSError):  # nor this
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY_BYTES, _MAX_MEMORY_BYTES))
    threading.Thread(target=_exit_with_parent, args=(parent,), daemon=True).start()


def _exit_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_PARENT_POLL_SECONDS)
    os._exit(0)
