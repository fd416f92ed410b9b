"""Work that keeps a processor busy, done beside the event loop that must acknowledge everybody's clicks."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

# One thread, because Python runs one at a time: more of them take turns with the event loop and finish nothing sooner.
# Not the loop's own threads, in which it looks up addresses. Another for what takes long and nobody must wait for.
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="aside")
_slow_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="aside-slow")


async def aside(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What ``work`` returns, having run in the one thread for such work, after what was asked for before it."""
    return await asyncio.get_running_loop().run_in_executor(_thread, partial(work, *args, **kwargs))


async def aside_slowly(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The same for work of more than some 20 ms: it comes after other such work, and holds up none that is quick."""
    return await asyncio.get_running_loop().run_in_executor(_slow_thread, partial(work, *args, **kwargs))


class Remembered(Generic[P, T]):
    """Slow work, and what came of it the last ``most`` times; its arguments are hashable, and it has no effects.

    What is remembered is given at once, past whatever else waits for the thread.
    """

    def __init__(self, work: Callable[P, T], most: int) -> None:
        self._work = work
        self._most = most
        self._found: OrderedDict[tuple[object, ...], T] = OrderedDict()

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """What the work gives."""
        key = (*args, *sorted(kwargs.items()))
        if key not in self._found:
            self._found[key] = await aside_slowly(self._work, *args, **kwargs)
            while len(self._found) > self._most:
                self._found.popitem(last=False)
        self._found.move_to_end(key)
        return self._found[key]
