"""Work that keeps a processor busy, done beside the event loop that must acknowledge everybody's clicks.

Quick work goes to a thread. What takes longer goes to a thread as well, or where ``in_a_process`` was entered to a
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

from bot.errors import TooSlowToRead

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

QUICK_CHARACTERS = 10_000
"""A text of so many is read in some 10 ms, and the worst in 0.4 s, in which a thread hinders nobody."""
MOST_SECONDS = 10.0
"""After so long work in a process is ended. The longest text that is taken is read in a tenth of it."""

# One thread each, because Python runs one at a time: more of them finish nothing sooner. Not the loop's own threads, in
# which it looks up addresses.
_quick = ThreadPoolExecutor(max_workers=1, thread_name_prefix="aside")
_slow_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="aside-slow")
_NICE = 10  # half-way to the least: it takes the processor's time that the event loop leaves
_LOOK_SECONDS = 1.0  # how often the process looks whether the one that it works for is still there
_MOST_MEMORY = 2 << 30  # bytes of addresses; some 0.3 GB are used, and a text of the longest needs a tenth of that
_KILL_SECONDS = 0.1  # between asking a process to end and ending it; ours does not listen


class _Lane:
    """Slow work in one line: in a process between ``begin`` and ``end``, else in the slow thread."""

    def __init__(self) -> None:
        self._pool: pebble.ProcessPool | None = None

    def begin(self) -> None:
        """Has a process made, which is there when it is first needed."""
        self._pool = pebble.ProcessPool(
            max_workers=1,
            initializer=_settle,
            initargs=(os.getpid(),),
            context=multiprocessing.get_context("spawn"),  # a fork would copy the threads' locks as they happen to be
        )
        self._pool.schedule(_nothing)

    def end(self) -> None:
        """Ends the process, whatever it is at."""
        if self._pool is not None:
            self._pool.stop()  # type: ignore[no-untyped-call]
            self._pool.join()
            self._pool = None

    async def run(self, work: Callable[[], T]) -> T:
        """What the work gives. Raises TooSlowToRead where its process had to be ended, or ended over it."""
        while (pool := self._pool) is not None:
            try:
                # A caller that goes away must not end the process: that would cost all others its new beginning.
                return await asyncio.shield(asyncio.wrap_future(pool.schedule(work, timeout=MOST_SECONDS)))
            except TimeoutError as error:
                log.warning("work in a process took %.0f s and was ended", MOST_SECONDS)
                raise TooSlowToRead from error
            except (pebble.ProcessExpired, MemoryError) as error:
                log.warning("work in a process ended it: %s", type(error).__name__)
                raise TooSlowToRead from error
            except (BrokenProcessPool, RuntimeError):
                if pool.active:  # it was the work's own
                    raise
                if pool is self._pool:  # who comes second finds the new one
                    log.warning("the process for slow work ended by itself; another takes its place")
                    self.begin()
        return await asyncio.get_running_loop().run_in_executor(_slow_thread, work)


_reading, _looking = _Lane(), _Lane()
_turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


async def aside(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What ``work``, of some 10 ms at most, returns: it runs in a thread, after what was asked for before it."""
    return await asyncio.get_running_loop().run_in_executor(_quick, partial(work, *args, **kwargs))


async def aside_slowly(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The same for longer work: a function of some module, whose arguments and result can be pickled.

    Raises TooSlowToRead where it had to be ended.
    """
    return await _looking.run(partial(work, *args, **kwargs))


async def read_aside(writer: str, characters: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The same for what parses a text of so many ``characters`` that a ``writer`` sent or keeps.

    One at a time for each writer, so that nobody waits for more than one of another's. Raises TooSlowToRead.
    """
    if characters <= QUICK_CHARACTERS:
        return await aside(work, *args, **kwargs)
    turn = _turns.setdefault(writer, asyncio.Lock())
    async with turn:
        return await _reading.run(partial(work, *args, **kwargs))


class Remembered(Generic[P, T]):
    """Slow work, and what came of it the last ``most`` times; its arguments are hashable, and it has no effects.

    What is remembered is given at once, past whatever else waits; that it takes too long is remembered as well. Several
    who ask for the same at once wait for one.
    """

    def __init__(self, work: Callable[P, T], most: int) -> None:
        self._work = work
        self._most = most
        self._found: OrderedDict[tuple[object, ...], asyncio.Task[T]] = OrderedDict()
        self.waiting = 0  # how many wait for what is not remembered

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """What the work gives. Raises TooSlowToRead."""
        key = (*args, *sorted(kwargs.items()))
        task = self._found.get(key)
        if task is None or not _is_of_use(task):
            task = self._found[key] = asyncio.create_task(aside_slowly(self._work, *args, **kwargs))
            task.add_done_callback(partial(self._forget_failure, key))
            while len(self._found) > self._most:
                self._found.popitem(last=False)
        self._found.move_to_end(key)
        if task.done():
            return task.result()
        self.waiting += 1
        try:
            return await asyncio.shield(task)
        finally:
            self.waiting -= 1

    def _forget_failure(self, key: tuple[object, ...], task: asyncio.Task[T]) -> None:
        failed = task.cancelled() or (task.exception() is not None and not isinstance(task.exception(), TooSlowToRead))
        if failed and self._found.get(key) is task:
            del self._found[key]


def _is_of_use(task: asyncio.Task[T]) -> bool:
    """Whether a task has something to give, or will: not where its event loop is gone."""
    return not task.cancelled() if task.done() else task.get_loop() is asyncio.get_running_loop()


@contextmanager
def in_a_process() -> Iterator[None]:
    """Slow work is done in processes of their own for as long as this lasts, and ended after MOST_SECONDS."""
    pebble.CONSTS.term_timeout = _KILL_SECONDS
    for lane in (_reading, _looking):
        lane.begin()
    try:
        yield
    finally:
        for lane in (_reading, _looking):
            lane.end()


def _nothing() -> None:
    """Lets the process begin."""


def _settle(parent: int) -> None:
    """In the new process: it ends with its parent, however that ends, and by no signal; it stands back behind it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with suppress(AttributeError, OSError):  # Windows has no such thing, and a machine's operator may forbid it
        os.nice(_NICE)
    with suppress(ImportError, ValueError, OSError):  # nor this
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()


def _leave_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os._exit(0)
