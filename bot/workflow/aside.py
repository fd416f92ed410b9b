"""Work that keeps a processor busy, done beside the event loop that must acknowledge everybody's clicks.

Quick work goes to a thread. What takes longer goes to a thread as well, or where ``in_a_process`` was entered to a
process of its own: a thread takes Python's one lock from the event loop each time that one reads or writes, which with
hundreds of streams is ten thousand times a second.
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
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from functools import partial
from typing import Generic, ParamSpec, TypeVar

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

# One thread each, because Python runs one at a time: more of them finish nothing sooner. Not the loop's own threads, in
# which it looks up addresses.
_quick = ThreadPoolExecutor(max_workers=1, thread_name_prefix="aside")
_slow_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="aside-slow")
_slow: list[Executor] = [_slow_thread]  # the last one is used
_NICE = 10  # half-way to the least: it takes the processor's time that the event loop leaves
_LOOK_SECONDS = 1.0  # how often the process looks whether the one that it works for is still there


async def aside(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What ``work``, of some 10 ms at most, returns: it runs in a thread, after what was asked for before it."""
    return await asyncio.get_running_loop().run_in_executor(_quick, partial(work, *args, **kwargs))


async def aside_slowly(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The same for longer work: a function of some module, whose arguments and result can be pickled."""
    loop, called = asyncio.get_running_loop(), partial(work, *args, **kwargs)
    try:
        return await loop.run_in_executor(_slow[-1], called)
    except BrokenProcessPool:
        log.exception("the process for slow work ended by itself; it is done in a thread from now on")
        _slow.append(_slow_thread)
        return await loop.run_in_executor(_slow_thread, called)


class Remembered(Generic[P, T]):
    """Slow work, and what came of it the last ``most`` times; its arguments are hashable, and it has no effects.

    What is remembered is given at once, past whatever else waits.
    """

    def __init__(self, work: Callable[P, T], most: int) -> None:
        self._work = work
        self._most = most
        self._found: OrderedDict[tuple[object, ...], T] = OrderedDict()
        self.waiting = 0  # how many wait for what is not remembered

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """What the work gives."""
        key = (*args, *sorted(kwargs.items()))
        if key not in self._found:
            self.waiting += 1
            try:
                found = await aside_slowly(self._work, *args, **kwargs)
            finally:
                self.waiting -= 1
            self._found[key] = found
            while len(self._found) > self._most:
                self._found.popitem(last=False)
            return found
        self._found.move_to_end(key)
        return self._found[key]


@contextmanager
def in_a_process() -> Iterator[None]:
    """Slow work is done in a process of its own for as long as this lasts."""
    started = multiprocessing.get_context("spawn")  # a fork would copy the threads' locks as they happen to be
    pool = ProcessPoolExecutor(1, mp_context=started, initializer=_settle, initargs=(os.getpid(),))
    pool.submit(_nothing)  # so that it is there when it is first needed
    _slow.append(pool)
    try:
        yield
    finally:
        _slow.append(_slow_thread)
        pool.shutdown(wait=False, cancel_futures=True)


def _nothing() -> None:
    """Lets the process begin."""


def _settle(parent: int) -> None:
    """In the new process: it ends with its parent, however that ends, and by no signal; it stands back behind it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with suppress(AttributeError, OSError):  # Windows has no such thing, and a machine's operator may forbid it
        os.nice(_NICE)
    threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()


def _leave_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os._exit(0)
